# SPDX-License-Identifier: GPL-3.0-or-later
"""How pieces are held up, read off where they stand now: by the floor, a wall, the ceiling, or another piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from ...backend.scene import Mount, Room, category_of
from ...backend.scene.geometry import signed_distance
from .pieces import Measured
from .settings import AUTO

CONTACT = 0.03
"""Largest gap between a piece's bottom and what it rests on, metres."""
RAISED = 0.15
"""Bottoms lower than this stand on the floor, metres."""

_NEAR_WALL = 0.08
_NEAR_CEILING = 0.15
_HUNG = 0.8
_FLAT = 0.45


@dataclass(frozen=True, eq=False)
class Mounting:
    """A piece with its category as corrected by its place, its mount, and what it rests on now, if on any piece.

    `keeps`: it should go on resting there, as nothing else tells where it belongs. `afloat`: nothing shows what holds
    the piece up.
    """

    piece: Measured
    mount: Mount
    support: Measured | None = None
    keeps: bool = False
    afloat: bool = False


def mounting_of(piece: Measured, others: Sequence[Measured], room: Room) -> Mounting:
    """Mount of a piece among the others. What the user set stays; else the category decides where it plausibly can."""
    support = support_of(piece, others)
    wanted = piece.item.settings.mount
    if wanted != AUTO:
        return Mounting(piece, cast(Mount, wanted.lower()), support, keeps=wanted == "ON" and support is not None)
    if piece.item.settings.category == AUTO:
        piece = replace(piece, category=_by_place(piece, room))
    category = category_of(piece.category)
    raised = piece.bottom > RAISED
    hung = raised and piece.reach(room) < _NEAR_WALL and support is None
    if category.name == "unknown":
        return _unknown(piece, support, room, hung)
    if category.mount == "floor":
        if support is not None:
            return Mounting(piece, "on", support, keeps=True)
        if hung and piece.bottom > _HUNG:
            return Mounting(piece, "wall")
    if category.mount == "on" and support is None and raised:
        if piece.top > room.height - _NEAR_CEILING:
            return Mounting(piece, "ceiling")
        if hung:
            return Mounting(piece, "wall")
    return Mounting(piece, category.mount, support)


def support_of(piece: Measured, others: Sequence[Measured]) -> Measured | None:
    """The piece under this one: its centre is above it and its bottom on its top. Rugs carry nothing."""
    if piece.bottom <= RAISED:
        return None
    under = [
        other
        for other in others
        if other is not piece
        and not category_of(other.category).walkable
        and abs(piece.bottom - other.top) <= CONTACT
        and other.covers(piece.pose.x, piece.pose.y)
    ]
    return min(under, key=lambda other: abs(piece.bottom - other.top)) if under else None


def carrier_of(piece: Measured, others: Sequence[Measured]) -> Measured | None:
    """The piece inside whose box this one lies above its bottom: books in a shelf, pillows before a bed's headboard.

    What stands on top of something lies where that lies: a television on its stand isn't in the sofa heaped over both.
    """
    if piece.bottom <= RAISED or category_of(piece.category).mount in ("wall", "ceiling"):
        return None
    support = support_of(piece, others)
    if support is not None and support.bottom < piece.bottom - CONTACT:
        return carrier_of(support, others)
    around = [
        other
        for other in others
        if other is not piece
        and other.bottom < piece.bottom - 0.05
        and other.top > piece.pose.z
        and other.top > piece.bottom + CONTACT
        and _volume(other) > 2 * _volume(piece)
        and float(signed_distance(other.footprint, piece.footprint).min()) > -0.1 * max(piece.size[:2]) - 0.02
    ]
    return min(around, key=_volume) if around else None


def _unknown(piece: Measured, support: Measured | None, room: Room, hung: bool) -> Mounting:
    if support is not None:
        return Mounting(piece, "on", support, keeps=True)
    if piece.bottom <= RAISED:
        return Mounting(piece, "floor")
    if piece.top > room.height - _NEAR_CEILING:
        return Mounting(piece, "ceiling")
    if hung and min(piece.size[:2]) <= _FLAT:
        return Mounting(piece, "wall")
    return Mounting(piece, "floor", afloat=True)


def _by_place(piece: Measured, room: Room) -> str:
    """A "lamp" may stand, hang or be put on something; its size and place tell which."""
    if piece.category == "table_lamp":
        if piece.top > room.height - _NEAR_CEILING and piece.bottom > 1.2:
            return "ceiling_lamp"
        if piece.bottom <= RAISED and piece.size[2] > 1.0:
            return "floor_lamp"
    if piece.category == "plant" and piece.bottom > RAISED and piece.size[2] < 0.6:
        return "small_plant"
    return piece.category


def _volume(piece: Measured) -> float:
    return piece.size[0] * piece.size[1] * piece.size[2]
