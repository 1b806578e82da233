# SPDX-License-Identifier: GPL-3.0-or-later
"""Sizes of single pieces: those of ProcTHOR's assets where it has the category, else a range of common trade sizes."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TypedDict

from ...scene import CATEGORIES
from ...scene.model import Vector3
from .dice import Dice, snap

Span = tuple[float, float]


class Groups(TypedDict):
    """What ProcTHOR puts together; tools/procthor_groups.py says what the tables are."""

    seats: list[tuple[list[float], list[int]]]
    carried: dict[str, dict[str, float]]
    windows: list[tuple[float, float]]


_HERE = Path(__file__).parent
_STEP = 0.01
_FINE_STEP = 0.002
"""For heights of a centimetre: half of it, where the centre of a piece on the floor is, is a whole millimetre too."""

TRADE: dict[str, tuple[Span, Span, Span]] = {
    "crib": ((0.66, 0.78), (1.24, 1.4), (0.85, 1.05)),
    "wardrobe": ((0.8, 2.0), (0.55, 0.65), (1.9, 2.3)),
    "vanity": ((0.8, 1.3), (0.4, 0.5), (0.74, 0.8)),
    "office_chair": ((0.55, 0.66), (0.55, 0.66), (0.9, 1.2)),
    "bar_stool": ((0.36, 0.46), (0.36, 0.46), (0.65, 0.8)),
    "bench": ((0.9, 1.5), (0.35, 0.45), (0.42, 0.5)),
    "school_desk": ((0.6, 0.75), (0.45, 0.55), (0.7, 0.76)),
    "cabinet": ((0.6, 1.2), (0.35, 0.5), (0.75, 1.3)),
    "coat_rack": ((0.4, 0.5), (0.4, 0.5), (1.6, 1.85)),
    "stove": ((0.5, 0.6), (0.6, 0.63), (0.88, 0.93)),
    "kitchen_sink": ((0.6, 1.0), (0.6, 0.63), (0.88, 0.93)),
    "kitchen_island": ((1.2, 1.8), (0.7, 0.9), (0.88, 0.94)),
    "dishwasher": ((0.45, 0.6), (0.58, 0.62), (0.82, 0.88)),
    "bathtub": ((1.5, 1.8), (0.7, 0.8), (0.54, 0.62)),
    "shower": ((0.8, 1.0), (0.8, 1.0), (1.95, 2.1)),
    "washbasin": ((0.45, 0.9), (0.4, 0.5), (0.82, 0.9)),
    "lectern": ((0.5, 0.65), (0.42, 0.52), (1.05, 1.2)),
    "piano": ((1.44, 1.54), (0.55, 0.65), (1.1, 1.3)),
    "rug": ((0.8, 2.8), (0.5, 2.0), (0.008, 0.015)),
    "mirror": ((0.4, 0.8), (0.03, 0.05), (0.6, 1.1)),
    "wall_shelf": ((0.6, 1.0), (0.18, 0.25), (0.2, 0.3)),
    "wall_cabinet": ((0.5, 0.9), (0.3, 0.36), (0.6, 0.75)),
    "clock": ((0.25, 0.4), (0.04, 0.06), (0.25, 0.4)),
    "wall_lamp": ((0.14, 0.24), (0.12, 0.2), (0.2, 0.35)),
    "blackboard": ((1.8, 3.0), (0.06, 0.1), (1.0, 1.2)),
    "ceiling_lamp": ((0.35, 0.7), (0.35, 0.7), (0.2, 0.45)),
    "ceiling_fan": ((1.0, 1.3), (1.0, 1.3), (0.25, 0.4)),
    "monitor": ((0.5, 0.72), (0.16, 0.22), (0.38, 0.5)),
    "toilet": ((0.36, 0.42), (0.6, 0.72), (0.74, 0.85)),
    "kitchen_counter": ((0.6, 1.8), (0.6, 0.63), (0.88, 0.94)),
}
"""Length, width and height, metres, of what ProcTHOR has no or too few sizes of."""
_SQUARE = frozenset({"office_chair", "bar_stool", "shower", "ceiling_lamp", "ceiling_fan", "coat_rack"})
_ROUND = frozenset({"clock"})
"""As high as long."""
_BOUNDS: dict[str, Vector3] = {
    "fridge": (1.0, 0.8, 2.0), "armchair": (1.2, 1.1, 1.3), "dresser": (1.9, 0.7, 1.5),
    "sofa": (2.75, 1.2, 1.1), "desk": (2.0, 0.95, 1.0), "dining_table": (2.4, 1.3, 0.85),
}  # fmt: skip
"""The largest sizes wanted of categories with a few very large assets, metres."""
_SPARE = 1.33
_HIGHEST_BED = 1.4
"""Higher beds are bunk and canopy beds, of which the box says little."""


def pick_size(dice: Dice, category: str, limit: Vector3, least: float = 0.0) -> Vector3 | None:
    """A size (length, width, height) within `limit`, turned a quarter if need be, and at least `least` long.

    None where there is none so small.
    """
    if category in TRADE:
        return _trade(dice, category, limit, least)
    fitting = [size for size in procthor_sizes().get(category, ()) if _fits(size, limit) and size[0] >= least]
    return dice.pick(fitting) if fitting else None


@cache
def procthor_sizes() -> dict[str, tuple[Vector3, ...]]:
    """Sizes of assets by category, plausible ones only, smallest plan first."""
    table = json.loads((_HERE.parents[1] / "scene" / "procthor_sizes.json").read_text())
    return {
        category: tuple(
            (length, width, height)
            for length, width, height in sizes
            if _fits((length, width, height), _BOUNDS.get(category, (9.0, 9.0, 9.0)))
            and not (category in ("bed", "single_bed") and height > _HIGHEST_BED)
            and not (category == "coffee_table" and height < 0.25)
        )
        for category, sizes in table.items()
    }


@cache
def procthor_groups() -> Groups:
    return json.loads((_HERE / "procthor_groups.json").read_text())


@cache
def windows() -> tuple[tuple[float, float], ...]:
    """Widths and heights of ProcTHOR's windows, metres."""
    return tuple((width, height) for width, height in procthor_groups()["windows"])


@cache
def plausible(category: str) -> tuple[Vector3, Vector3]:
    """The least and most length, width and height of a category that some real piece may have, metres.

    From the sizes here, ProcTHOR's and the category's usual one, with a third to spare on either side.
    """
    known = [CATEGORIES[category].size, *procthor_sizes().get(category, ())]
    if category in TRADE:
        known += [(x, y, z) for x, y, z in zip(*TRADE[category], strict=True)]
    low = [round(min(size[axis] for size in known) / _SPARE, 3) for axis in range(3)]
    high = [round(max(size[axis] for size in known) * _SPARE, 3) for axis in range(3)]
    return (low[0], low[1], low[2]), (high[0], high[1], high[2])


def carried(host: str, category: str) -> float:
    """How often ProcTHOR's pieces of category `host` carry one of `category`, 0…1."""
    like = {"nightstand": "side_table", "shelf": "bookshelf", "cabinet": "dresser"}.get(host, host)
    return procthor_groups()["carried"].get(like, {}).get(category, 0.0)


def _trade(dice: Dice, category: str, limit: Vector3, least: float) -> Vector3 | None:
    spans = TRADE[category]
    most = [min(high, bound) for (_, high), bound in zip(spans, limit, strict=True)]
    if most[0] < least or any(top < low for top, (low, _) in zip(most, spans, strict=True)):
        return None
    step = _FINE_STEP if category == "rug" else _STEP
    length, width, height = (
        dice.between(max(low, 0.0 if axis else least), top, step if axis == 2 else _STEP)
        for axis, ((low, _), top) in enumerate(zip(spans, most, strict=True))
    )
    if category == "rug":
        width = snap(length * dice.between(0.58, 0.75), _STEP)
    if category in _SQUARE:
        width = min(length, most[1])
        length = width
    if category in _ROUND:
        height = min(length, most[2])
    return length, width, height


def _fits(size: Vector3, limit: Vector3) -> bool:
    upright = size[2] <= limit[2]
    return upright and ((size[0] <= limit[0] and size[1] <= limit[1]) or (size[1] <= limit[0] and size[0] <= limit[1]))
