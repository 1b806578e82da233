# SPDX-License-Identifier: GPL-3.0-or-later
"""The relations that a user asks for between objects of the file, as relations of the captured scene.

They are kept on the Blender scene (`scene.metaspatial_relations`, where it is registered) as pointers to objects, so
renaming changes nothing. What can't be asked of this room now is left out, with the reason in words; it's no error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import bpy

from ...backend.scene import Predicate, Relation, Scene, SceneError
from ...backend.scene.anchors import anchor_kind
from ...backend.scene.check import MAX_RELATIONS, check_relation, check_stacks
from .note import Note
from .reference import ObjectRef, refer


@dataclass(frozen=True, slots=True)
class AskedRelation:
    """A relation as it was asked for.

    `subject`: an object; `anchor`: an object (a piece, a door or a window) or the name of a place as in `Relation`
    ("north_wall", "corner"…). None is an object that is gone.
    """

    subject: ObjectRef | None
    predicate: str
    anchor: ObjectRef | str | None
    adjacent: bool = False
    distance: float | None = None


@dataclass(frozen=True)
class LeftOut:
    """Why a relation isn't asked: a sentence with {gaps}, and what goes into them."""

    sentence: str
    values: Mapping[str, str]

    def __str__(self) -> str:
        return self.sentence.format(**self.values)


@dataclass(frozen=True)
class Whereabouts:
    """What became of the file's objects: ids of pieces and openings by session uid, the uids of the room's parts, and
    what was noted of single objects.
    """

    pieces: Mapping[int, str]
    openings: Mapping[int, str]
    room: frozenset[int]
    notes: Sequence[Note] = ()


def asked_relations(scene: bpy.types.Scene) -> tuple[AskedRelation, ...]:
    """The scene's enabled relations; () where none are kept. Those that are only suggested don't count."""
    rows: Any = getattr(getattr(scene, "metaspatial_relations", None), "rows", ())
    return tuple(asked_of(row) for row in rows if row.enabled and not row.suggested)


def asked_of(row: Any) -> AskedRelation:
    """One row of `scene.metaspatial_relations` as data."""
    anchor = row.place or (None if row.anchor is None else refer(row.anchor))
    predicate = row.predicate.lower()
    takes_distance = predicate in ("near", "far_from") and row.distance > 0
    distance = round(row.distance, 4) if takes_distance else None
    return AskedRelation(None if row.subject is None else refer(row.subject), predicate, anchor, row.adjacent, distance)


def with_asked(
    scene: Scene, asked: Iterable[AskedRelation], where: Whereabouts
) -> tuple[Scene, dict[AskedRelation, LeftOut]]:
    """`scene` with the relations asked for that hold water in it, and why the others don't.

    What a piece is asked to stand on replaces what capture has found it standing on.
    """
    left_out: dict[AskedRelation, LeftOut] = {}
    for one in dict.fromkeys(asked):
        relation = _translated(one, where)
        if isinstance(relation, Relation):
            relation = _possible(scene, relation) or relation
        if isinstance(relation, LeftOut):
            left_out[one] = relation
        elif relation not in scene.relations:
            scene = replace(scene, relations=(*_freed(scene, relation), relation))
    return scene, left_out


def _translated(asked: AskedRelation, where: Whereabouts) -> Relation | LeftOut:
    """The relation by ids, or why its objects have none."""
    if asked.subject is None:
        return LeftOut("The piece it is about is gone.", {})
    subject = where.pieces.get(asked.subject.uid)
    if subject is None:
        return _missing(asked.subject, where)
    if asked.anchor is None:
        return LeftOut("What it refers to is gone.", {})
    if isinstance(asked.anchor, str):
        anchor = asked.anchor
    else:
        found = where.pieces.get(asked.anchor.uid) or where.openings.get(asked.anchor.uid)
        if found is None:
            return _missing(asked.anchor, where)
        anchor = found
    return Relation(subject, cast("Predicate", asked.predicate), anchor, asked.adjacent, asked.distance)


def _missing(ref: ObjectRef, where: Whereabouts) -> LeftOut:
    """Why an object is no piece of the captured room."""
    obj = ref.get()
    name = {"name": ref.name if obj is None else obj.name}
    if obj is None or not obj.users_scene:
        return LeftOut("{name} is gone from the scene.", name)
    if ref.uid in where.room:
        return LeftOut("{name} is part of the room, no piece of furniture. Choose a wall or another place.", name)
    if ref.uid in where.openings:
        return LeftOut("{name} is a door or window and does not move.", name)
    note = next((n for n in where.notes if n.object_name == obj.name and n.what in ("ignored", "carried")), None)
    if note is None:
        return LeftOut("{name} is not among the pieces of this room.", name)
    if note.what == "carried":
        return LeftOut("{name} moves along with another piece: {reason}.", {**name, "reason": note.reason})
    return LeftOut("{name} is ignored: {reason}.", {**name, "reason": note.reason})


def _possible(scene: Scene, relation: Relation) -> LeftOut | None:
    """Why a relation between things that are there can't be asked, None if it can."""
    kind = anchor_kind(scene, relation.anchor)
    if relation.subject == relation.anchor:
        return LeftOut("Both sides are the same piece.", {})
    if kind is None:
        return LeftOut("This room has no {place}.", {"place": relation.anchor.replace("_", " ")})
    pieces = {piece.id: piece for piece in scene.furniture}
    anchor = pieces.get(relation.anchor)
    if pieces[relation.subject].fixed and (anchor is None or anchor.fixed):
        return LeftOut("It stays where it is, so nothing can be asked of it.", {})
    if len(scene.relations) >= MAX_RELATIONS:
        return LeftOut("There are too many relations.", {})
    try:
        check_relation(scene, relation, "relation")
        check_stacks(replace(scene, relations=(*_freed(scene, relation), relation)))
    except SceneError as error:
        return LeftOut("It can't be asked: {reason}.", {"reason": error.reason})
    return None


def _freed(scene: Scene, relation: Relation) -> tuple[Relation, ...]:
    """The relations that stay once the subject is asked to stand on another piece."""
    on = relation.predicate == "on" and any(piece.id == relation.anchor for piece in scene.furniture)
    ids = {piece.id for piece in scene.furniture} if on else set()
    return tuple(
        r for r in scene.relations if not (r.subject == relation.subject and r.predicate == "on" and r.anchor in ids)
    )
