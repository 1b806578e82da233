# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether pieces will go into a room, told in microseconds and on the safe side, without arranging them."""

from __future__ import annotations

from collections.abc import Sequence

from ...scene import CATEGORIES, Room
from ...scene.geometry import opening_zone, walls
from .pieces import Draft
from .rooms import floor_area, main_rectangle, wall_runs

CROWDED = 0.8
"""Share of the free floor that pieces and half of the room people need before them may take."""
RUN_SHARE = 0.75
"""Share of the free stretches of wall that pieces with their backs to walls may take: corners are used once only."""
HANGING_SHARE = 0.6
"""The same for what hangs on walls, of stretches without windows."""
ROUND_TABLE = 1.5
"""Room for chairs and people at both sides of a table with seats, metres."""


def fits(room: Room, drafts: Sequence[Draft], cover: float) -> bool:
    """Whether the pieces cover at most this share of the floor, and have walls, and space to be used in."""
    return not misfit(room, drafts, cover)


def misfit(room: Room, drafts: Sequence[Draft], cover: float) -> str:
    """What there is too little of for the pieces, in words for whoever chose them; "" if they fit."""
    standing = [d for d in drafts if CATEGORIES[d.category].mount == "floor" and not CATEGORIES[d.category].walkable]
    area = floor_area(room)
    taken = sum(d.size[0] * d.size[1] for d in standing)
    if taken > cover * area:
        return f"the pieces cover {taken:.1f} m² of a floor of {area:.1f} m²; {cover * area:.1f} m² at most may be"
    doors = (opening_zone(room, o)[0] for o in room.openings if o.kind == "door")
    free = area - sum(length * depth for length, depth, _ in doors)
    needed = taken + sum(_needed(d) for d in standing) / 2
    if needed > CROWDED * free:
        return (
            f"the pieces and the people who use them need {needed:.1f} m² of a floor of {area:.1f} m², of which"
            f" {CROWDED * free:.1f} m² are to be had"
        )
    if large := _too_large(room, drafts):
        return f"{large} is too large for a room of {room.extent[0]:g} × {room.extent[1]:g} m"
    return (
        "" if _walls_suffice(room, standing, drafts) else "the walls are too short for all that stands or hangs there"
    )


def _needed(draft: Draft) -> float:
    """Floor people need to use a piece, m²."""
    category = CATEGORIES[draft.category]
    length, width, _ = draft.size
    if draft.seats:
        return (length + ROUND_TABLE) * (width + ROUND_TABLE) - length * width
    return category.access * length + category.side_access * width


def _too_large(room: Room, drafts: Sequence[Draft]) -> str:
    """The first piece that, with its seats or the room before it, is not for the floor's main rectangle; "" if none."""
    long, short = sorted(main_rectangle(room), reverse=True)
    for draft in drafts:
        category = CATEGORIES[draft.category]
        length, width, _ = draft.size
        if category.mount == "floor":
            around = ROUND_TABLE if draft.seats else 0.0
            depth = around or max(category.access, 0.5 if category.side_access else 0.1)
            a, b = sorted((length + around + 0.1, width + depth), reverse=True)
            if a > long or b > short:
                return draft.id
    return ""


def _walls_suffice(room: Room, standing: Sequence[Draft], drafts: Sequence[Draft]) -> bool:
    every = walls(room)
    lows = [b - a for wall in every for a, b in wall_runs(room, wall, low=True)]
    highs = [b - a for wall in every for a, b in wall_runs(room, wall)]
    sill = min((o.sill for o in room.openings if o.kind == "window"), default=room.height)
    backed = [d for d in standing if CATEGORIES[d.category].back == "wall"]
    tall = [d for d in backed if d.size[2] > sill]
    hanging = [d for d in drafts if CATEGORIES[d.category].mount == "wall"]
    return (
        _share(lows, backed) <= RUN_SHARE
        and _share(highs, tall) <= RUN_SHARE
        and _share(highs, hanging) <= HANGING_SHARE
        and _longest(backed) + 0.1 <= max(lows, default=0.0)
        and max(_longest(tall), _longest(hanging)) + 0.1 <= max(highs, default=0.0)
    )


def _share(runs: Sequence[float], pieces: Sequence[Draft]) -> float:
    """How much of the runs long enough for the shortest piece the pieces take side by side."""
    if not pieces:
        return 0.0
    shortest = min(d.size[0] for d in pieces)
    useful = sum(run for run in runs if run >= shortest + 0.05)
    return sum(d.size[0] + 0.05 for d in pieces) / useful if useful else 9.0


def _longest(pieces: Sequence[Draft]) -> float:
    return max((d.size[0] for d in pieces), default=0.0)
