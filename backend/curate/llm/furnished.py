# SPDX-License-Identifier: GPL-3.0-or-later
"""From a model's choice to a scene that can be arranged: what it asks for goes together, and goes into the room."""

from __future__ import annotations

from dataclasses import replace

from ...rewards.relations import asks_nothing
from ...scene import CATEGORIES, Room, Scene, SceneError, validate
from ...scene.preference import preferred_relations, with_preferences
from ..generate.consistency import contradictions
from ..generate.fit import misfit
from ..generate.pieces import Draft
from ..generate.wishes import possible
from .answer import MAX_FAULTS, BadAnswer, Choice

COVER = 0.45
"""Largest share of the floor that pieces may cover, as in generated scenes."""
_ALONE = ("against", "in_corner", "under", "near", "far_from", "facing")
"""Predicates to places of the room that can be tried with one piece alone."""


class Crowded(BadAnswer):
    """The pieces don't all fit into the room."""


def furnished(room: Room, choice: Choice, name: str) -> Scene:
    """The scene of a choice, its preference's relations among its own.

    Raises BadAnswer: `Crowded` where the pieces don't fit, which is looked at first; else for what can't be together,
    can't be in this room, or for a preference that asks nothing.
    """
    _check_fit(room, choice)
    order = {piece.id: place for place, piece in enumerate(choice.furniture)}
    scene = Scene(room, choice.furniture, choice.relations, choice.preference, name)
    scene = replace(scene, relations=tuple(r for r in scene.relations if not asks_nothing(scene, r)))
    faults: list[str] = []
    asked = preferred_relations(replace(scene, relations=()))
    if not any(not asks_nothing(scene, relation) for relation in asked):
        faults.append(
            "a preference that asks nothing: name one of the pieces by its category and say where it goes, as in"
            ' "Put the desk under the window."'
        )
    scene = with_preferences(scene)
    faults += [f"a contradiction: {reason}" for reason in contradictions(scene)]
    if not faults:
        faults = _impossible(scene)
    if not faults:
        scene = replace(scene, relations=tuple(sorted(scene.relations, key=lambda relation: order[relation.subject])))
        try:
            validate(scene)
        except SceneError as error:
            faults = [f"not a valid scene: {error}"]
    if faults:
        raise BadAnswer(faults[:MAX_FAULTS])
    return scene


def _check_fit(room: Room, choice: Choice) -> None:
    drafts = [Draft(piece.id, piece.category, piece.size) for piece in choice.furniture if piece.mount != "on"]
    for draft in drafts:
        if CATEGORIES[draft.category].knee and draft.category == "dining_table":
            draft.seats = sum(
                CATEGORIES[piece.category].seat
                and any(r.subject == piece.id and r.anchor == draft.id for r in choice.relations)
                for piece in choice.furniture
            )
    reason = misfit(room, drafts, COVER)
    if reason:
        raise Crowded([f"the pieces don't fit: {reason}; leave some out or choose smaller ones"])


def _impossible(scene: Scene) -> list[str]:
    """Pieces that nowhere in the empty room could be as is asked of them."""
    faults = []
    ids = {piece.id for piece in scene.furniture}
    for piece in scene.furniture:
        own = [r for r in scene.relations if r.subject == piece.id and r.anchor not in ids and r.predicate in _ALONE]
        if piece.mount == "floor" and own and not possible(scene.room, piece, own):
            said = " and ".join(f"{r.predicate} {r.anchor}" for r in own)
            faults.append(f"impossible in this room: {piece.id} ({piece.size[0]:g} m long) {said}")
    return faults
