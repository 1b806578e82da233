# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sound scene is. The same checks serve documents, importers and scenes captured from Blender.

A check that fails raises `SceneError` with the path of the bad field, named as in a scene document
(`furniture[3].size[1]`), the reason, and how to mend it.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Sequence

from .anchors import PLACES, anchor_kind, is_reserved
from .geometry import is_simple, polygon_area
from .model import (
    MOUNTS,
    OPENING_KINDS,
    PREDICATES,
    SWINGS,
    Furniture,
    Layout,
    Opening,
    Pose,
    Relation,
    Room,
    Scene,
)

MAX_PIECES = 500
MAX_OPENINGS = 100
MAX_VERTICES = 100
MAX_RELATIONS = 2000
MAX_PARTS = 32
MAX_LABEL = 200
MAX_PREFERENCE = 2000
MAX_COORDINATE = 1000.0
"""Metres. Far beyond any room; keeps slips of unit (millimetres) out."""
MIN_SIZE, MAX_SIZE = 0.001, 100.0
"""Metres; the smallest and largest side of furniture, parts and openings."""
MAX_ROTATION = 36000.0
MIN_AREA = 0.01
MIN_WALL = 0.001
ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}"

_TOUCH = 1e-6
_PART_SLACK = 0.01


class SceneError(ValueError):
    """A scene or layout that can't be used: the `path` of the bad field ("" for the whole) and the `reason`."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason


def validate(scene: Scene) -> None:
    """Raise `SceneError` unless the scene keeps every rule of docs/scene-format.md."""
    check_room(scene.room)
    if polygon_area(scene.room.floor) < 0:
        raise SceneError("room.floor", "the polygon runs clockwise; list its vertices counter-clockwise")
    check_contents(scene)


def check_room(room: Room) -> None:
    """Floor, height and openings, whichever way round the floor polygon runs."""
    _check_floor(room.floor)
    check_number(room.height, "room.height", 0.1, MAX_SIZE)
    _check_count(room.openings, "room.openings", MAX_OPENINGS)
    for index, opening in enumerate(room.openings):
        _check_opening(room, opening, f"room.openings[{index}]")
    _check_openings_apart(room)


def check_contents(scene: Scene) -> None:
    """Ids, furniture, relations and texts of a scene whose room is sound and counter-clockwise."""
    check_text(scene.name, "name", MAX_LABEL)
    check_text(scene.preference, "preference", MAX_PREFERENCE)
    _check_count(scene.furniture, "furniture", MAX_PIECES)
    for index, piece in enumerate(scene.furniture):
        _check_piece(piece, f"furniture[{index}]")
    _check_ids(scene)
    _check_count(scene.relations, "relations", MAX_RELATIONS)
    for index, relation in enumerate(scene.relations):
        check_relation(scene, relation, f"relations[{index}]")
    check_stacks(scene)


def check_layout(layout: Layout, scene: Scene | None = None) -> None:
    """Finite poses; with a scene, also that every id is one of its pieces. Paths are `poses[id].x`."""
    known = None if scene is None else [piece.id for piece in scene.furniture]
    for id, pose in layout.poses.items():
        check_id(id, f"poses[{id!r}]")
        if known is not None and id not in known:
            raise SceneError(f"poses[{id!r}]", f"the scene has no piece {id!r}{suggest(id, known)}")
        check_pose(pose, f"poses[{id!r}]")


def check_pose(pose: Pose, path: str) -> None:
    for axis in ("x", "y", "z"):
        check_number(getattr(pose, axis), f"{path}.{axis}", -MAX_COORDINATE, MAX_COORDINATE)
    check_number(pose.rotation, f"{path}.rotation", -MAX_ROTATION, MAX_ROTATION, unit="degrees")


def check_number(value: float, path: str, low: float, high: float, unit: str = "metres") -> None:
    if not math.isfinite(value):
        raise SceneError(path, f"{value} is not a finite number; give a plain number of {unit}")
    if not low <= value <= high:
        raise SceneError(path, f"{value:g} is out of range; it must be {low:g} to {high:g} {unit}")


def check_text(text: str, path: str, limit: int) -> None:
    if len(text) > limit:
        raise SceneError(path, f"{len(text)} characters are too many; use {limit} at most")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise SceneError(path, "contains half of a surrogate pair, which is no character; remove it")


def check_id(id: str, path: str) -> None:
    if not re.fullmatch(ID_PATTERN, id):
        raise SceneError(
            path, f"{id[:80]!r} can't be an id; use 1 to 64 letters, digits, '_', '.', '-', the first a letter or digit"
        )
    if is_reserved(id):
        raise SceneError(path, f"{id!r} names a place of the room; choose another id, such as '{id}_1'")


def check_choice(value: str, path: str, choices: Collection[str]) -> None:
    if value not in choices:
        raise SceneError(path, f"{value[:80]!r} is unknown{suggest(value, choices)}; use one of {', '.join(choices)}")


def suggest(word: str, known: Collection[str]) -> str:
    """ ", did you mean 'this'?" where something close is known, else nothing."""
    close = difflib.get_close_matches(word[:80], list(known), 1)
    return f", did you mean {close[0]!r}?" if close else ""


def _check_count(items: Sequence[object], path: str, limit: int) -> None:
    if len(items) > limit:
        raise SceneError(path, f"{len(items)} entries are too many; {limit} at most")


def _check_floor(floor: Sequence[tuple[float, float]]) -> None:
    path = "room.floor"
    _check_count(floor, path, MAX_VERTICES)
    if len(floor) < 3:
        raise SceneError(path, f"{len(floor)} vertices make no floor; give at least 3")
    for index, vertex in enumerate(floor):
        for axis, value in enumerate(vertex):
            check_number(value, f"{path}[{index}][{axis}]", -MAX_COORDINATE, MAX_COORDINATE)
    for index, vertex in enumerate(floor):
        if math.dist(vertex, floor[index - 1]) < MIN_WALL:
            other = (index - 1) % len(floor)
            hint = "; the polygon closes by itself" if index == 0 else ""
            raise SceneError(f"{path}[{max(index, other)}]", f"repeats vertex {min(index, other)}; remove one{hint}")
    if not is_simple(floor):
        raise SceneError(path, "the polygon crosses or touches itself; list the vertices in order around the room")
    if abs(polygon_area(floor)) < MIN_AREA:
        raise SceneError(path, f"the floor's area is under {MIN_AREA} m²; give the vertices in metres")
    for axis, name in enumerate("xy"):
        least = min(vertex[axis] for vertex in floor)
        if abs(least) > _TOUCH:
            raise SceneError(
                path,
                f"the smallest {name} is {least:g}, but the origin is the minimum corner of the floor;"
                f" subtract {least:g} from every {name}, those of the poses too",
            )


def _check_opening(room: Room, opening: Opening, path: str) -> None:
    check_id(opening.id, f"{path}.id")
    check_choice(opening.kind, f"{path}.kind", OPENING_KINDS)
    check_choice(opening.swing, f"{path}.swing", SWINGS)
    n = len(room.floor)
    if not 0 <= opening.wall < n:
        raise SceneError(f"{path}.wall", f"there is no wall {opening.wall}; the floor's walls are 0 to {n - 1}")
    check_number(opening.width, f"{path}.width", MIN_SIZE, MAX_COORDINATE)
    check_number(opening.height, f"{path}.height", MIN_SIZE, MAX_COORDINATE)
    check_number(opening.sill, f"{path}.sill", 0.0, MAX_SIZE)
    check_number(opening.offset, f"{path}.offset", -_TOUCH, MAX_COORDINATE)
    length = math.dist(room.floor[opening.wall], room.floor[(opening.wall + 1) % n])
    if opening.width > length + _TOUCH:
        raise SceneError(
            f"{path}.width", f"{opening.width:g} m is wider than wall {opening.wall}, which is {length:g} m long"
        )
    end = opening.offset + opening.width
    if end > length + _TOUCH:
        raise SceneError(
            f"{path}.offset",
            f"the opening ends at {end:g} m, beyond the end of wall {opening.wall} ({length:g} m);"
            f" use an offset of {max(length - opening.width, 0):g} m at most",
        )
    top = opening.sill + opening.height
    if top > room.height + _TOUCH:
        raise SceneError(
            f"{path}.height", f"sill and height reach {top:g} m, above the room's height of {room.height:g} m"
        )


def _check_openings_apart(room: Room) -> None:
    for index, opening in enumerate(room.openings):
        for other_index, other in enumerate(room.openings[:index]):
            beside = (
                opening.offset + opening.width <= other.offset + _TOUCH
                or other.offset + other.width <= opening.offset + _TOUCH
            )
            above = (
                opening.sill + opening.height <= other.sill + _TOUCH
                or other.sill + other.height <= opening.sill + _TOUCH
            )
            if opening.wall == other.wall and not beside and not above:
                raise SceneError(
                    f"room.openings[{index}].offset",
                    f"{opening.id!r} overlaps {other.id!r} (room.openings[{other_index}]) on wall {opening.wall};"
                    " move or narrow one of them",
                )


def _check_piece(piece: Furniture, path: str) -> None:
    check_id(piece.id, f"{path}.id")
    if not re.fullmatch(ID_PATTERN, piece.category):
        raise SceneError(f"{path}.category", f"{piece.category[:80]!r} can't be a category; use a word such as 'chair'")
    check_choice(piece.mount, f"{path}.mount", MOUNTS)
    for axis, side in enumerate(piece.size):
        check_number(side, f"{path}.size[{axis}]", MIN_SIZE, MAX_SIZE)
    for name in ("label", "style", "material"):
        check_text(getattr(piece, name), f"{path}.{name}", MAX_LABEL)
    if piece.pose is not None:
        check_pose(piece.pose, f"{path}.pose")
    elif piece.fixed:
        raise SceneError(f"{path}.pose", f"{piece.id!r} is fixed but has no pose; give its pose or unset 'fixed'")
    _check_count(piece.parts, f"{path}.parts", MAX_PARTS)
    for index, part in enumerate(piece.parts):
        for axis, (center, side) in enumerate(zip(part.center, part.size, strict=True)):
            here = f"{path}.parts[{index}]"
            check_number(side, f"{here}.size[{axis}]", MIN_SIZE, MAX_SIZE)
            check_number(center, f"{here}.center[{axis}]", -MAX_SIZE, MAX_SIZE)
            if abs(center) + side / 2 > piece.size[axis] / 2 + _PART_SLACK:
                raise SceneError(
                    f"{here}.center[{axis}]",
                    "the part reaches out of the piece's box, from whose centre it is measured",
                )


def _check_ids(scene: Scene) -> None:
    seen: dict[str, str] = {}
    entries = [(opening.id, f"room.openings[{i}]") for i, opening in enumerate(scene.room.openings)]
    entries += [(piece.id, f"furniture[{i}]") for i, piece in enumerate(scene.furniture)]
    for id, path in entries:
        if id in seen:
            raise SceneError(f"{path}.id", f"{id!r} is already the id of {seen[id]}; every id must be different")
        seen[id] = path


def check_relation(scene: Scene, relation: Relation, path: str) -> None:
    """One relation of a scene: its subject, predicate, anchor and distance. Circles of "on" are `check_stacks`'."""
    ids = [piece.id for piece in scene.furniture]
    if relation.subject not in ids:
        raise SceneError(
            f"{path}.subject", f"there is no piece {relation.subject[:80]!r}{suggest(relation.subject, ids)}"
        )
    check_choice(relation.predicate, f"{path}.predicate", PREDICATES)
    if relation.anchor == relation.subject:
        raise SceneError(f"{path}.anchor", f"{relation.subject!r} can't stand in relation to itself")
    if not re.fullmatch(ID_PATTERN, relation.anchor) or anchor_kind(scene, relation.anchor) is None:
        known = [*ids, *(opening.id for opening in scene.room.openings), *PLACES]
        why = (
            "the room has no such place" if is_reserved(relation.anchor) else "no piece, opening or place is called so"
        )
        raise SceneError(
            f"{path}.anchor", f"{relation.anchor[:80]!r} is unknown: {why}{suggest(relation.anchor, known)}"
        )
    if relation.distance is not None:
        if relation.predicate not in ("near", "far_from"):
            raise SceneError(
                f"{path}.distance", f"{relation.predicate!r} takes no distance; only 'near' and 'far_from' do"
            )
        check_number(relation.distance, f"{path}.distance", 0.0, MAX_COORDINATE)


def check_stacks(scene: Scene) -> None:
    """No piece may stand, by way of others, on itself."""
    ids = {piece.id for piece in scene.furniture}
    below: dict[str, list[tuple[str, int]]] = {}
    for index, relation in enumerate(scene.relations):
        if relation.predicate == "on" and relation.anchor in ids:
            below.setdefault(relation.subject, []).append((relation.anchor, index))
    done: set[str] = set()
    for first in below:
        chain: list[str] = []
        todo = [(first, False, -1)]
        while todo:
            id, leaving, index = todo.pop()
            if leaving:
                chain.pop()
                done.add(id)
            elif id in chain:
                circle = " on ".join([*chain[chain.index(id) :], id])
                raise SceneError(f"relations[{index}]", f"the pieces would carry each other in a circle: {circle}")
            elif id not in done:
                chain.append(id)
                todo.append((id, True, index))
                todo.extend((anchor, False, at) for anchor, at in below.get(id, ()))
