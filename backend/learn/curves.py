# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""A training's curves as pictures: drawn with Pillow, which every training has."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

PLOTS: Mapping[str, Mapping[str, str]] = {
    "reward": {"reward": "return", "turns/first": "first turn", "turns/last": "last turn", "turns/best": "best turn"},
    "parts": {
        "parts/format": "format", "parts/physics": "physics", "parts/function": "function", "parts/render": "render",
    },
    "length": {
        "completions/min_length": "shortest", "completions/mean_length": "mean", "completions/max_length": "longest",
    },
    "validation": {
        "validation/layouts/collide": "layouts that collide", "validation/layouts/leave_room": "that leave the room",
        "validation/turns/last": "score of the last turn",
    },
    "training": {"entropy": "entropy", "kl": "KL", "grad_norm": "gradient norm"},
}  # fmt: skip
"""The pictures, and the figures in each with their names."""
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9")
_SIZE, _LEFT, _TOP, _RIGHT, _BOTTOM = (800, 480), 64, 28, 16, 40

Points = list[tuple[float, float]]


def draw_curves(history: Sequence[Mapping[str, Any]], folder: Path) -> list[Path]:
    """Draw those of `PLOTS` that a training's history has figures for; the PNG files. Raises OSError.

    `history` is a `TrainerState.log_history`: rows with a `step` and some figures each.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, figures in PLOTS.items():
        lines = {title: points for key, title in figures.items() if (points := _points(history, key))}
        if lines:
            growing, file = folder / f".{name}.png", folder / f"{name}.png"
            plot(name, lines).save(growing, "PNG")
            growing.replace(file)
            made.append(file)
    return made


def plot(title: str, lines: Mapping[str, Points]) -> Image.Image:
    """Lines over steps, each with its running mean when there are many points, and a legend."""
    picture = Image.new("RGB", _SIZE, "white")
    pen = ImageDraw.Draw(picture)
    every = [point for points in lines.values() for point in points]
    (x0, x1), (y0, y1) = _span([x for x, _ in every]), _span([y for _, y in every])
    width, height = _SIZE[0] - _LEFT - _RIGHT, _SIZE[1] - _TOP - _BOTTOM

    def at(x: float, y: float) -> tuple[float, float]:
        return _LEFT + (x - x0) / (x1 - x0) * width, _TOP + (y1 - y) / (y1 - y0) * height

    for value in _ticks(y0, y1):
        _, y = at(x0, value)
        pen.line([(_LEFT, y), (_SIZE[0] - _RIGHT, y)], fill="#dddddd")
        pen.text((4, y - 6), f"{value:g}", fill="#444444")
    for value in _ticks(x0, x1):
        x, _ = at(value, y0)
        pen.text((x - 6, _SIZE[1] - _BOTTOM + 6), f"{value:g}", fill="#444444")
    pen.text((_LEFT, 8), f"{title}, by step", fill="black")
    for k, (name, points) in enumerate(lines.items()):
        colour = _COLOURS[k % len(_COLOURS)]
        smooth = _smoothed(points)
        if smooth is not points:
            pen.line([at(x, y) for x, y in points], fill=_pale(colour))
        if len(smooth) > 1:
            pen.line([at(x, y) for x, y in smooth], fill=colour, width=2)
        else:
            x, y = at(*smooth[0])
            pen.ellipse([x - 3, y - 3, x + 3, y + 3], fill=colour)
        pen.line([(_LEFT + 8 + 150 * k, _SIZE[1] - 10), (_LEFT + 28 + 150 * k, _SIZE[1] - 10)], fill=colour, width=2)
        pen.text((_LEFT + 32 + 150 * k, _SIZE[1] - 16), name, fill="black")
    return picture


def _points(history: Sequence[Mapping[str, Any]], key: str) -> Points:
    found = [(float(row["step"]), row[key]) for row in history if isinstance(row.get(key), int | float)]
    return [(step, float(value)) for step, value in found if math.isfinite(value)]


def _smoothed(points: Points, window: int = 15) -> Points:
    """The mean of each point and those shortly before it; the points themselves while they are few."""
    if len(points) < 3 * window:
        return points
    means = []
    for k in range(len(points)):
        some = points[max(0, k - window + 1) : k + 1]
        means.append((points[k][0], sum(y for _, y in some) / len(some)))
    return means


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high - low > 1e-9 else (low - 0.5, high + 0.5)


def _ticks(low: float, high: float) -> list[float]:
    """Round values from `low` to `high`, five or so."""
    rough = (high - low) / 5
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough)
    first = math.ceil(low / step)
    return [round(k * step, 10) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _pale(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return (red + 2 * 255) // 3, (green + 2 * 255) // 3, (blue + 2 * 255) // 3
