# SPDX-License-Identifier: GPL-3.0-or-later
"""Relations that a room's furniture and its preference suggest: a nightstand by its bed, a desk's back to a wall."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ..rewards.relations import asks_nothing
from ..scene import Predicate, Relation, Scene, category_of
from ..scene.preference import with_preferences
from .solver.ties import Slot, Tie, tie_pieces

Source = Literal["preference", "habit"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A relation, and whether the preference's words or what is usual with such furniture speaks for it."""

    relation: Relation
    source: Source


class _Form(NamedTuple):
    predicate: Predicate
    adjacent: bool = False


_FORMS: dict[Slot, _Form] = {
    "beside_head": _Form("near", True),
    "beside": _Form("near", True),
    "tuck": _Form("in_front_of", True),
    "around": _Form("near", True),
    "in_front": _Form("in_front_of"),
    "foot": _Form("in_front_of", True),
    "opposite": _Form("facing"),
    "under_group": _Form("under"),
    "on_top": _Form("on"),
    "above": _Form("above"),
    "over": _Form("above"),
    "board": _Form("near"),
    "near": _Form("near"),
}
"""How a habit is said as a relation. Rows and places round a group have no short word: they are left to the solver."""


def suggested_relations(scene: Scene) -> tuple[Suggestion, ...]:
    """What may be asked of `scene` besides its own relations, the preference's wishes first.

    The habits are the solver's own, for movable pieces of which nothing else is asked; what stands by habit at a wall
    and belongs to no other piece is suggested "against" one. Every suggestion keeps the rules of scenes.
    """
    whole = with_preferences(scene)
    wished = whole.relations[len(scene.relations) :]
    habits = (*_pairs(whole), *_at_walls(whole))
    habits = tuple(relation for relation in habits if not asks_nothing(whole, relation))
    known = set(scene.relations)
    found = [Suggestion(relation, "preference") for relation in wished if relation not in known]
    return (*found, *(Suggestion(relation, "habit") for relation in habits if relation not in known))


def _pairs(scene: Scene) -> Iterator[Relation]:
    """What belongs to another piece, in the furniture's order."""
    ties = tie_pieces(scene)
    for piece in scene.movable:
        tie = ties.get(piece.id)
        if tie is not None and not tie.asked and tie.slot in _FORMS:
            yield _said(tie)


def _at_walls(scene: Scene) -> Iterator[Relation]:
    """What has its back at a wall, if neither a relation nor a habit sends it elsewhere."""
    bound = {relation.subject for relation in scene.relations}
    bound |= {tie.piece for tie in tie_pieces(scene).values() if tie.slot != "row"}
    for piece in scene.movable:
        if piece.mount == "floor" and category_of(piece.category).back == "wall" and piece.id not in bound:
            yield Relation(piece.id, "against", "wall")


def _said(tie: Tie) -> Relation:
    form = _FORMS[tie.slot]
    return Relation(tie.piece, form.predicate, tie.host, adjacent=form.adjacent)
