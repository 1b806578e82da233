# SPDX-License-Identifier: GPL-3.0-or-later
"""Scene graphs of MetaSpatial and I-Design, read into scenes.

Such a graph is a list of objects, layout elements (walls, ceiling, middle of the room) among them. Its z_angle turns
clockwise from north; here, and only here, it becomes our rotation. What can't be used is left out and noted; what makes
the graph useless raises `SceneError` with the path in the graph.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .anchors import is_reserved
from .category import category_of, infer_category
from .check import MAX_COORDINATE, MAX_LABEL, MAX_ROTATION, MAX_SIZE, SceneError, check_number, validate
from .fields import items_of, load_json, number_of, shown, text_of
from .model import Furniture, Mount, Pose, Predicate, Relation, Room, Scene, Vector3

FLATTEST = 0.01
"""Metres given to a side that the graph leaves at zero."""

_PLACES = {
    "south_wall": "south_wall",
    "north_wall": "north_wall",
    "west_wall": "west_wall",
    "east_wall": "east_wall",
    "ceiling": "ceiling",
    "floor": "floor",
    "middle_of_the_room": "middle",
}
_PREPOSITIONS: dict[str, Predicate] = {
    "on": "on",
    "in the middle of": "on",  # the constraint checker of both projects treats it so
    "under": "under",
    "above": "above",
    "left of": "left_of",
    "right of": "right_of",
    "in front": "in_front_of",
    "in front of": "in_front_of",
    "behind": "behind",
    "in the corner": "in_corner",
}
_WALLS = ("south_wall", "north_wall", "west_wall", "east_wall")
_BESIDE = ("left_of", "right_of", "in_front_of", "behind")


@dataclass(frozen=True, slots=True)
class Import:
    """The scene that was read, and what had to be left out or changed, in sentences."""

    scene: Scene
    notes: tuple[str, ...]


def scene_from_idesign(
    data: object, *, room_size: Vector3 | None = None, preference: str = "", name: str = ""
) -> Import:
    """Read a scene graph, given as JSON text or parsed data: a list, or an object with `objects_in_room`.

    The room is a rectangle of `room_size` (length along x, width along y, height; metres) or, without it, the one that
    the layout elements span. Ids keep their spelling as far as ours allow it. `position` becomes the pose, z_angle
    its rotation; without a position the angle is left out, for it only repeats `facing`. "on" a wall means "against" it
    for what stands on the floor, and mounting for what doesn't. Raises `SceneError`.
    """
    return _Reader(data).read(room_size, preference, name)


class _Reader:
    def __init__(self, data: object) -> None:
        self.notes: list[str] = []
        self.elements: dict[str, tuple[Mapping[str, Any], str]] = {}
        self.objects: list[tuple[Mapping[str, Any], str]] = []
        self.ids: dict[str, str] = {}  # as in the graph -> ours
        self.relations: list[Relation] = []
        for entry, path in _entries(data):
            self._sort_in(entry, path)

    def read(self, room_size: Vector3 | None, preference: str, name: str) -> Import:
        room = self._room(room_size)
        for entry, _ in self.objects:
            self._relate(entry)
        furniture = tuple(self._piece(entry, path) for entry, path in self.objects)
        scene = Scene(room, furniture, tuple(self.relations), preference, name)
        validate(scene)
        return Import(scene, tuple(self.notes))

    def _sort_in(self, entry: object, path: str) -> None:
        if not isinstance(entry, Mapping):
            raise SceneError(path, f"must be an object, not {shown(entry)}")
        raw = entry.get("new_object_id", entry.get("object_id"))
        if raw is None:
            raise SceneError(f"{path}.new_object_id", "is missing; give every object an id such as 'chair_1'")
        id = text_of(raw, f"{path}.new_object_id")
        place = _place(id)
        if place:
            self.elements[place] = entry, path
            return
        if entry.get("itemType") in ("wall", "floor", "ceiling"):
            self.notes.append(f"{id[:80]!r} is a part of the room that isn't known; it is left out")
            return
        if id in self.ids:
            raise SceneError(
                f"{path}.new_object_id", f"{id!r} is the id of an earlier object; every id must be different"
            )
        self.ids[id] = self._allowed(id)
        self.objects.append((entry, path))

    def _allowed(self, id: str) -> str:
        """The id in our spelling, different from all earlier ones."""
        plain = re.sub(r"[^A-Za-z0-9_.\-]+", "_", id).strip("_.-")[:56]
        if not plain or is_reserved(plain):
            plain = f"{plain or 'object'}_1"
        result, number = plain, 1
        while result in self.ids.values():
            number += 1
            result = f"{plain}_{number}"
        if result != id:
            self.notes.append(f"{id[:80]!r} is called {result!r} here")
        return result

    def _room(self, size: Vector3 | None) -> Room:
        if size is None:
            size = self._spanned()
        length, width, height = size
        for value, label in ((length, "length"), (width, "width"), (height, "height")):
            check_number(value, f"room {label}", 0.1, MAX_SIZE)
        return Room(((0.0, 0.0), (length, 0.0), (length, width), (0.0, width)), height)

    def _spanned(self) -> Vector3:
        """Length, width and height from where the layout elements are, or else from their sizes."""
        length = self._first(
            ("position", "x", "east_wall"),
            ("size_in_meters", "length", "south_wall"),
            ("size_in_meters", "length", "north_wall"),
        )
        width = self._first(
            ("position", "y", "north_wall"),
            ("size_in_meters", "width", "west_wall"),
            ("size_in_meters", "length", "west_wall"),
        )
        height = self._first(("position", "z", "ceiling"), *(("size_in_meters", "height", wall) for wall in _WALLS))
        if not (length and width and height):
            sides = (("length", length), ("width", width), ("height", height))
            lacking = " and ".join(name for name, side in sides if not side)
            raise SceneError("", f"the layout elements don't give the room's {lacking}; state the room's size")
        return length, width, height

    def _first(self, *places: tuple[str, str, str]) -> float:
        """The first number above zero that a layout element has at (group, key, element); 0 without any."""
        for group, key, place in places:
            entry, path = self.elements.get(place, ({}, ""))
            values = entry.get(group)
            if isinstance(values, Mapping) and values.get(key) is not None:
                here = f"{path}.{group}.{key}"
                value = number_of(values[key], here)
                if value:
                    check_number(value, here, 0.1, MAX_SIZE)
                    return value
        return 0.0

    def _piece(self, entry: Mapping[str, Any], path: str) -> Furniture:
        id = self.ids[entry.get("new_object_id", entry.get("object_id"))]
        category = infer_category(id)
        return Furniture(
            id=id,
            category=category,
            size=self._size(entry, id, path),
            mount=self._mount(entry, id, category),
            style=self._words(entry, "style", path),
            material=self._words(entry, "material", path),
            pose=self._pose(entry, id, path),
        )

    def _size(self, entry: Mapping[str, Any], id: str, path: str) -> Vector3:
        raw = entry.get("size_in_meters")
        if not isinstance(raw, Mapping):
            raise SceneError(
                f"{path}.size_in_meters", f"must be an object with length, width, height, not {shown(raw)}"
            )
        sides = []
        for key in ("length", "width", "height"):
            here = f"{path}.size_in_meters.{key}"
            if key not in raw:
                raise SceneError(here, "is missing; add it")
            side = number_of(raw[key], here)
            if 0 <= side < FLATTEST / 10:
                self.notes.append(f"{id} has no {key}; {FLATTEST:g} m are taken")
                side = FLATTEST
            check_number(side, here, FLATTEST / 10, MAX_SIZE)
            sides.append(side)
        return sides[0], sides[1], sides[2]

    def _pose(self, entry: Mapping[str, Any], id: str, path: str) -> Pose | None:
        position = entry.get("position")
        if position is None:
            return None
        if not isinstance(position, Mapping) or any(position.get(axis) is None for axis in "xyz"):
            self.notes.append(f"{id} has an incomplete position; it is left out")
            return None
        x, y, z = (number_of(position[axis], f"{path}.position.{axis}") for axis in "xyz")
        for axis, value in (("x", x), ("y", y), ("z", z)):
            check_number(value, f"{path}.position.{axis}", -MAX_COORDINATE, MAX_COORDINATE)
        rotation = entry.get("rotation")
        turn = rotation.get("z_angle") if isinstance(rotation, Mapping) else None
        if turn is None:
            self.notes.append(f"{id} has no z_angle; it faces north as at 0")
            turn = 0.0
        angle = number_of(turn, f"{path}.rotation.z_angle")
        check_number(angle, f"{path}.rotation.z_angle", -MAX_ROTATION, MAX_ROTATION, unit="degrees")
        return Pose(x, y, z, (180.0 - angle) % 360.0)

    def _mount(self, entry: Mapping[str, Any], id: str, category: str) -> Mount:
        anchors = [
            relation.anchor for relation in self.relations if (relation.subject, relation.predicate) == (id, "on")
        ]
        usual = category_of(category).mount
        if "ceiling" in anchors:
            return "ceiling"
        if any(anchor in self.ids.values() for anchor in anchors):
            return "on"
        if entry.get("is_on_the_floor", usual == "floor") is True:
            return "floor"
        if any(relation.subject == id and relation.anchor in _WALLS for relation in self.relations):
            return "wall"
        if usual == "floor":
            self.notes.append(f"{id} is not on the floor but on nothing else either; it is put on the floor")
        return usual

    def _words(self, entry: Mapping[str, Any], key: str, path: str) -> str:
        return text_of(entry.get(key) or "", f"{path}.{key}")[:MAX_LABEL]

    def _relate(self, entry: Mapping[str, Any]) -> None:
        id = entry.get("new_object_id", entry.get("object_id"))
        placement = entry.get("placement")
        placement = placement if isinstance(placement, Mapping) else {}
        floor = entry.get("is_on_the_floor") is True
        for group, key in (("room_layout_elements", "layout_element_id"), ("objects_in_room", "object_id")):
            links = placement.get(group)
            for link in links if isinstance(links, list | tuple) else ():
                if not isinstance(link, Mapping):
                    self.notes.append(f"{self.ids[id]} has a placement that is {shown(link)}; it is left out")
                    continue
                self._link(id, link.get("preposition"), link.get(key), link.get("is_adjacent", True) is True, floor)
        facing = entry.get("facing")
        if facing:
            self._face(id, facing)

    def _link(self, id: str, preposition: object, target: object, adjacent: bool, floor: bool) -> None:
        subject = self.ids[id]
        anchor = self._anchor(target)
        predicate = _PREPOSITIONS.get(" ".join(preposition.lower().split())) if isinstance(preposition, str) else None
        if predicate is None or anchor is None:
            why = f"unknown preposition {shown(preposition)}" if predicate is None else f"there is no {shown(target)}"
            self.notes.append(f"a relation of {subject} is left out: {why}")
        elif anchor == subject:
            self.notes.append(f"a relation of {subject} to itself is left out")
        elif predicate == "on" and self._carries(subject, anchor):
            self.notes.append(f"{subject} on {anchor} is left out: they would carry each other")
        else:
            if predicate == "on" and anchor in _WALLS and floor:
                predicate = "against"
            self._add(Relation(subject, predicate, anchor, adjacent and predicate in _BESIDE))

    def _face(self, id: str, target: object) -> None:
        subject, anchor = self.ids[id], self._anchor(target)
        if anchor in (None, subject, "ceiling", "floor"):
            self.notes.append(f"{subject} can't face {shown(target)}; that is left out")
        else:
            self._add(Relation(subject, "facing", str(anchor)))

    def _anchor(self, target: object) -> str | None:
        if not isinstance(target, str):
            return None
        return self.ids.get(target) or _place(target)

    def _add(self, relation: Relation) -> None:
        if relation not in self.relations:
            self.relations.append(relation)

    def _carries(self, below: str, above: str) -> bool:
        """Whether `above` already stands, by way of others, on `below`."""
        todo, seen = [above], set()
        while todo:
            id = todo.pop()
            if id == below:
                return True
            if id not in seen:
                seen.add(id)
                todo += [r.anchor for r in self.relations if r.subject == id and r.predicate == "on"]
        return False


def _entries(data: object) -> list[tuple[object, str]]:
    if isinstance(data, str | bytes):
        data = load_json(data)
    if isinstance(data, Mapping) and "objects_in_room" in data:
        return items_of(data["objects_in_room"], "objects_in_room")
    return items_of(data, "")


def _place(id: str) -> str | None:
    """Our name for a layout element's id, however it spells its spaces; None for any other id."""
    return _PLACES.get(re.sub(r"[\s_\-]+", "_", id.strip().lower()))
