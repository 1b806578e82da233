# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/metrics.md from the registry: `python -m metaspatial.backend.evaluate.metrics.page > docs/metrics.md`."""

from __future__ import annotations

from itertools import groupby

from .measure import METRICS
from .metric import Metric

_INTRODUCTION = """# Metrics

What `metaspatial evaluate` measures of every layout. This page is written from `backend/evaluate/metrics`, by
`python -m metaspatial.backend.evaluate.metrics.page`.

- **Counted** are the movable pieces, and which of all pieces can be reached and used. Fixed pieces are in others' way,
  like walls; what is wrong with them alone is not the layout's fault.
- **Unplaced** pieces: those metrics of other projects that are shares, volumes or counts look at what is placed, as
  theirs do, so leaving pieces out flatters them. Read them with `own.unplaced`. Where a row says so, the unplaced fail.
- **No value** (–) where there is nothing to measure: no relations, no openings, nothing placed.
- **Shapes** are the meshes handed in, under Blender the pieces' own, and otherwise the boxes they are made of, so a
  chair does not collide with the table it is under. "Whole boxes" are the bounding boxes, turned with the piece.
- **Rugs** lie on the floor, and so does what stands on them: by some definitions everything on a rug collides with it.
  The columns "without rugs" are ours and say how much of a value that is.
- **Random points** are drawn from generators seeded by the piece's id: the same layout has the same values, always.
- No metric asks a model. What a vision model supplies in the original is in the column "instead".
- Left out: what needs reference renders or a judge (FID, KID, KL, Pos/Rot/PSA, PMS), simulated stability, and
  InstructScene's iRecall, whose left and right are a camera's.

Flags are 0 or 1 per scene; their mean is the share of scenes. ↑ higher is better, ↓ lower.
"""
_FAMILIES = {
    "own": "This project",
    "sceneeval": "SceneEval",
    "respace": "ReSpace",
    "layoutvlm": "LayoutVLM",
    "layoutgpt": "LayoutGPT",
    "scenerevis": "SceneReVis",
    "sceneweaver": "SceneWeaver",
    "idesign": "I-Design",
    "metaspatial": "MetaSpatial",
}


def metrics_markdown() -> str:
    """The whole page."""
    parts = [_INTRODUCTION]
    for family, metrics in groupby(METRICS.values(), key=lambda metric: metric.family):
        rows = list(metrics)
        parts.append(f"\n## {_FAMILIES[family]}\n")
        sources = dict.fromkeys(row.source for row in rows)
        if family != "own":
            parts.append(f"\nSource: {'; '.join(sources)}.\n")
        parts.append("\n| name | unit | definition | tolerance | instead |\n|---|---|---|---|---|\n")
        parts += map(_row, rows)
    return "".join(parts)


def _row(metric: Metric) -> str:
    arrow = "↑" if metric.better == "higher" else "↓"
    unit = f"{metric.unit} {arrow}".strip()
    cells = (f"`{metric.name}`", unit, metric.definition, metric.tolerance, metric.instead)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    print(metrics_markdown(), end="")
