# SPDX-License-Identifier: GPL-3.0-or-later
"""The boxes that an object's shape is made of, where its whole box would claim room that is free.

A chair slides under a table because a table is a top on legs, not a block. Pieces may carry their own `parts`; tables
and chairs that carry none get the usual ones here.
"""

from __future__ import annotations

from .category import category_of
from .model import Furniture, Part

TOP_THICKNESS = 0.05
"""Assumed thickness of a table's top, metres."""
LEG_WIDTH = 0.06
"""Assumed width of a table's legs, metres."""
SEAT_HEIGHT = 0.48
"""Assumed height of a chair's seat, metres; a low chair's is 55 % of its height."""
_BACK_SHARE = 0.18
_WITH_BACK = frozenset({"chair", "office_chair"})


def shape_of(piece: Furniture) -> tuple[Part, ...]:
    """The boxes that together make up the piece, in its own frame (origin at its box's centre); at least one.

    Its own `parts`, or else a top on four legs for tables with knee room, a seat with a back for chairs, and the whole
    box for everything else.
    """
    if piece.parts:
        return piece.parts
    category = category_of(piece.category)
    if category.knee:
        return _table(piece)
    if piece.category in _WITH_BACK:
        return _chair(piece)
    return (Part((0.0, 0.0, 0.0), piece.size),)


def _table(piece: Furniture) -> tuple[Part, ...]:
    length, width, height = piece.size
    top = min(TOP_THICKNESS, height / 4)
    leg_x, leg_y = min(LEG_WIDTH, length / 4), min(LEG_WIDTH, width / 4)
    x, y = (length - leg_x) / 2, (width - leg_y) / 2
    leg = (leg_x, leg_y, height - top)
    return (
        Part((0.0, 0.0, (height - top) / 2), (length, width, top)),
        *(Part((sx * x, sy * y, -top / 2), leg) for sx in (-1, 1) for sy in (-1, 1)),
    )


def _chair(piece: Furniture) -> tuple[Part, ...]:
    length, width, height = piece.size
    seat = min(SEAT_HEIGHT, 0.55 * height)
    back = _BACK_SHARE * width
    return (
        Part((0.0, 0.0, (seat - height) / 2), (length, width, seat)),
        Part((0.0, (width - back) / 2, seat / 2), (length, back, height - seat)),
    )
