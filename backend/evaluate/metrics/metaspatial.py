# SPDX-License-Identifier: GPL-3.0-or-later
"""MetaSpatial's published score as columns, with its faults (`rewards.metaspatial`)."""

from __future__ import annotations

from collections.abc import Sequence

from ...rewards.metaspatial import metaspatial_score
from ...scene import Layout, Scene
from .metric import Metric, Value


def metaspatial(
    scene: Scene, layout: Layout, answer: str | None = None, grades: Sequence[float | None] | None = None
) -> dict[str, Value]:
    """The values of this module's metrics; `answer` is the answer's text, `grades` a judge's five marks, 1…10."""
    score = metaspatial_score(scene, layout, answer, grades)
    return {
        "metaspatial.total": score.total,
        "metaspatial.total_without_render": score.total_without_render,
        "metaspatial.format": score.format,
        "metaspatial.collision_ratio": score.collision_ratio,
        "metaspatial.constraint_ratio": score.constraint_ratio,
    }


_SOURCE = "MetaSpatial (Pan and Liu 2025), arXiv 2503.18470, PzySeere/MetaSpatial"
METRICS = (
    Metric(
        "metaspatial.total", "MetaSpatial reward", "", "higher", _SOURCE, "scene",
        "0.5 · format + sum of the judge's five marks / 50 − 0.2 · collision ratio − 0.2 · constraint ratio, 0…1.5",
        instead="missing without a judge's marks, unless the formula ends before them",
    ),
    Metric(
        "metaspatial.total_without_render", "MetaSpatial without judge", "", "higher", _SOURCE, "scene",
        "the same without the judge's marks, at most 0.5",
    ),
    Metric(
        "metaspatial.format", "MetaSpatial format", "share", "higher", _SOURCE, "scene",
        "0 without both tags, 0.1 if the answer is no JSON, 0.5 if it has another number of entries than there are"
        " pieces, else 1",
    ),
    Metric(
        "metaspatial.collision_ratio", "MetaSpatial collisions", "share", "lower", _SOURCE, "scene",
        "overlapping pairs of axis-aligned boxes / all pairs, six planes of the room counted as pieces", "1 mm",
    ),
    Metric(
        "metaspatial.constraint_ratio", "MetaSpatial constraints", "share", "lower", _SOURCE, "object",
        "pieces none of whose relations is met exactly", "none",
        "our relations as its prepositions; those without an equivalent are left out",
    ),
)  # fmt: skip
