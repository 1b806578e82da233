# SPDX-License-Identifier: GPL-3.0-or-later
"""The free floor that pieces need to be used: before a wardrobe, beside a bed."""

from __future__ import annotations

from dataclasses import dataclass

from .category import category_of
from .model import Furniture

_HEAD_SHARE = 0.35
"""Share of a bed's length that its head end takes, where the nightstand stands."""


@dataclass(frozen=True, slots=True)
class UseZone:
    """A rectangle of floor in the piece's own frame: centre (x, y), length along x, width along y, metres."""

    x: float
    y: float
    length: float
    width: float


def use_zones(piece: Furniture) -> tuple[UseZone, ...]:
    """What `Category.access` and `side_access` ask for. Of two zones (left and right) one suffices; () for no need."""
    category = category_of(piece.category)
    length, width, _ = piece.size
    if category.access:
        return (UseZone(0.0, -(width + category.access) / 2, length, category.access),)
    if category.side_access:
        off = (length + category.side_access) / 2
        reach = (1 - _HEAD_SHARE) * width
        return tuple(UseZone(side * off, -_HEAD_SHARE * width / 2, category.side_access, reach) for side in (-1, 1))
    return ()
