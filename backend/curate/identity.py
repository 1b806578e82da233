# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rooms are the same, and so belong into the same split, whatever their names and whichever way they are turned.

A room's content is its floor, its height, its openings and what stands in it: kinds, mounts and sizes. Names, ids,
styles, relations, the preference and the order of anything don't count; nor does turning or mirroring the room, since
the floor is told as its sides and angles, all round from the place and in the sense that come first in order.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from typing import Any

from ..scene import Furniture, Opening, Room, Scene

GRAIN = 0.05
"""Metres that lengths are told in: copies that differ by less mostly count as the same."""
_SHIFT = 0.0123457
"""Where the grains begin: nowhere near a round number, so that arithmetic can't push one over an edge."""


def content_key(scene: Scene) -> str:
    """The key of a room's content: equal for copies that are renamed, turned, mirrored, or otherwise wished."""
    pieces = sorted(_piece(piece) for piece in scene.furniture)
    told = repr((_outline(scene.room), _grains(scene.room.height), pieces))
    return hashlib.sha256(told.encode()).hexdigest()[:24]


def same_rooms(keys: Iterable[Sequence[str]]) -> list[str]:
    """One key for each item, the same for items that have any key in common, directly or through others.

    It is the least of the first keys of all that belong together, so it doesn't depend on the items' order.
    """
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = name = parent[parent[name]]
        return name

    items = [tuple(item) for item in keys]
    for item in items:
        for other in item[1:]:
            parent[root(other)] = root(item[0])
    least: dict[str, str] = {}
    for item in items:
        group = root(item[0])
        least[group] = min(least.get(group, item[0]), item[0])
    return [least[root(item[0])] for item in items]


def split_of(room: str, validation: float, test: float) -> str:
    """The split of a room's key: by the key alone, so that a room is in the same split of every dataset that has it.

    `validation` and `test` are shares of all rooms, reached on average.
    """
    share = int.from_bytes(hashlib.sha256(f"metaspatial split {room}".encode()).digest()[:7], "big") / 2**56
    return "test" if share < test else "validation" if share < test + validation else "train"


def _outline(room: Room) -> list[Any]:
    """The floor's sides with their openings and the angles between them, from the place and in the sense that give the
    least list of all."""
    floor, n = room.floor, len(room.floor)
    sides = [math.dist(floor[k], floor[(k + 1) % n]) for k in range(n)]
    angles = [_angle(floor[k - 1], floor[k], floor[(k + 1) % n]) for k in range(n)]
    on: list[list[Opening]] = [[] for _ in range(n)]
    for opening in room.openings:
        on[opening.wall].append(opening)
    told = []
    for mirrored in (False, True):
        order = range(n - 1, -1, -1) if mirrored else range(n)
        openings = [sorted(_opening(opening, sides[k], mirrored) for opening in on[k]) for k in order]
        corners = [angles[(k + 1) % n] if mirrored else angles[k] for k in order]
        walk = list(zip(corners, (_grains(sides[k]) for k in order), openings, strict=True))
        told += [walk[k:] + walk[:k] for k in range(n)]
    return min(told)


def _angle(before: Sequence[float], at: Sequence[float], after: Sequence[float]) -> int:
    """By how much the outline turns there, whole degrees."""
    a = math.atan2(at[1] - before[1], at[0] - before[0])
    b = math.atan2(after[1] - at[1], after[0] - at[0])
    return round(math.degrees(b - a)) % 360


def _opening(opening: Opening, side: float, mirrored: bool) -> tuple[Any, ...]:
    offset = side - opening.offset - opening.width if mirrored else opening.offset
    lengths = offset, opening.width, opening.height, opening.sill
    return (opening.kind, opening.swing, *map(_grains, lengths))


def _piece(piece: Furniture) -> tuple[Any, ...]:
    return piece.category, piece.mount, piece.fixed, *map(_grains, piece.size)


def _grains(metres: float) -> int:
    return math.floor((round(metres, 6) + _SHIFT) / GRAIN)
