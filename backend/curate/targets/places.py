# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a piece may go, in the one order in which a lesson tries: its place beside another, then along the walls.

Each block of candidates comes with the words that say why; the first candidate that is free and satisfies the piece's
relations is taken, so the order is what a model has to learn.
"""

from __future__ import annotations

from collections.abc import Iterator

from .beside import beside_piece
from .board import Board
from .loose import hung, on_ceiling, on_tops, rug
from .spots import Block, along_walls, before_windows, in_corners, in_middle, is_window, lattice

_TABLES = frozenset({"dining_table", "kitchen_island", "school_desk", "coffee_table"})
_AT_WINDOWS = frozenset({"under", "near", "in_front_of", "against", "centered_on"})


def blocks(board: Board, i: int, first_wall: int) -> Iterator[Block]:
    """All places of piece `i`, best first."""
    mount = board.mounts[i]
    if mount == "wall":
        yield from hung(board, i, first_wall)
    elif mount == "ceiling":
        yield from on_ceiling(board, i)
    elif mount == "on":
        yield from on_tops(board, i)
    elif board.problem.walkable[i]:
        yield from rug(board, i)
    else:
        yield from _standing(board, i, first_wall)


def _standing(board: Board, i: int, first_wall: int) -> Iterator[Block]:
    problem = board.problem
    free = problem.categories[i].back == "free"
    for wish in problem.wishes_of[i]:
        if wish.anchor >= 0 and board.placed[wish.anchor]:
            yield from beside_piece(board, i, wish)
    for wish in problem.wishes_of[i]:
        if wish.kind == "opening" and wish.relation.predicate in _AT_WINDOWS and is_window(board, wish):
            yield before_windows(board, i, wish)
        elif wish.relation.predicate == "in_corner" or (
            wish.kind == "corner" and wish.relation.predicate != "far_from"
        ):
            yield in_corners(board, i, first_wall)
        elif wish.kind == "middle" and wish.relation.predicate not in ("far_from", "facing"):
            yield in_middle(board, i)
    pieces = problem.pieces
    if free and pieces[i].category in _TABLES:
        yield lattice(board, i)
    named = [w.walls for w in problem.wishes_of[i] if w.kind == "wall" and w.relation.predicate in ("against", "on")]
    only = set.intersection(*({wall.index for wall in walls} for walls in named)) if named else None
    yield along_walls(board, i, first_wall, only)
    if free or not named:
        yield lattice(board, i)
