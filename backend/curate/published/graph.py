# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes as MetaSpatial's scene graphs and problem texts: what `record` and `backend/scene/idesign.py` read, written.

A graph holds a rectangular room without openings, and pieces with id, size, style, material, pose in quarter turns,
whether they stand on the floor, one thing each faces, and the relations of the table below. It can't hold: other floor
plans, doors and windows; fixed pieces; turns between the quarters; labels, parts, categories that an id doesn't tell,
mounts that neither category nor relations do; relations to openings, to any wall or any corner; near, far_from and
aligned_with; distances; whether pieces on, under or above others touch them. Scenes with fixed pieces, other plans or
other turns are refused; the rest is left out.

| ours | theirs |
|---|---|
| `on` or `against` a named wall | on that wall (read back: `against` for what stands on the floor, else `on`) |
| `on` the ceiling, an object; `under`, `above` an object | the same |
| `on` or `centered_on` the middle, `on` the floor | on the middle of the room (read back: `on` the middle) |
| `in_corner` of a named wall | in the corner of that wall |
| `left_of`, `right_of`, `in_front_of`, `behind` an object | the same |
| `facing` an object, a named wall or the middle | facing; of several, the first |
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...scene import Furniture, Layout, Pose, Relation, Room, Scene, infer_category
from ...scene.anchors import walls_of

SQUARE = 0.01
"""Degrees that a yaw may be off a quarter turn."""
_WALLS = {"south_wall": 0.0, "north_wall": 180.0, "east_wall": 270.0, "west_wall": 90.0}
_MIDDLE = "middle of the room"
_BESIDE = {"left_of": "left of", "right_of": "right of", "in_front_of": "in front", "behind": "behind"}
_TOUCHING = {"on": "on", "under": "under", "above": "above"}
_LONGEST_ID = 56
_SLACK = 0.001
_PLACES = ("wall", "floor", "ceiling", "middle", "corner", "door", "window")


class CannotHold(ValueError):
    """The scene is none that a graph can hold; the message says why, what is particular to it after a colon."""


@dataclass(frozen=True, slots=True)
class Written:
    """A scene graph with positions, its objects first and the room's six elements last, and the relations left out."""

    graph: list[dict[str, Any]]
    left_out: tuple[Relation, ...]


def graph_of(scene: Scene, layout: Layout) -> Written:
    """The graph of a scene and the layout that is its reference. Raises CannotHold."""
    if not _is_rectangle(scene.room):
        raise CannotHold("the floor is no rectangle")
    if scene.fixed:
        raise CannotHold(f"a piece is fixed: {scene.fixed[0].id}")
    names = _names(scene.furniture)
    left_out: list[Relation] = []
    objects = []
    for piece in scene.furniture:
        own = [relation for relation in scene.relations if relation.subject == piece.id]
        objects.append(_object(scene.room, piece, layout.get(piece.id), own, names, left_out))
    return Written([*objects, *_elements(scene.room)], tuple(left_out))


def problem_of(scene: Scene, graph: Sequence[Mapping[str, Any]]) -> str:
    """The problem's text: the task, the room, the preference, and the graph without the objects' positions.

    It has one `<image>`; angle brackets in texts of the scene become round ones, so that they can't add another.
    """
    bare = [{key: entry[key] for key in entry if key != "position" or "itemType" in entry} for entry in graph]
    length, width = scene.room.extent
    size = json.dumps({"x": length, "y": width, "z": scene.room.height})
    lines = (
        "## Task Description",
        "The picture shows a room. Place every object of the scene graph in it: inside the room, without collisions,"
        " as the relations and the preference ask.",
        "## Room Information",
        f"- Room Dimensions: {size} (length along x, width along y, height along z; metres).",
        "- Origin: the south-west corner of the floor; x east, y north, z up.",
        f"- Room Layout Elements: {', '.join((*_WALLS, _MIDDLE, 'ceiling'))}.",
        "## User Preferences",
        " ".join(scene.preference.split()).replace("##", "# #"),
        "## Placement Rules",
        "x, y, z is the centre of an object's box; on the floor z is half its height. z_angle turns clockwise; at 0 an"
        " object faces north. length runs along x at 0 and 180, along y at 90 and 270.",
        "## Output Format",
        "Reason step by step within think tags, then give one JSON list within answer tags, an entry for each object:"
        ' [{"new_object_id": "example_1", "x": 1.25, "y": 0.4, "z": 0.375}]',
        "## Input JSON Data:",
        json.dumps(bare, indent=1, ensure_ascii=False),
    )
    return "<image>\n" + "\n".join(lines).replace("<", "(").replace(">", ")")


def _names(furniture: Sequence[Furniture]) -> dict[str, str]:
    """An id for each piece that tells its category, as far as ids do: its own where it does so already."""
    names = {piece.id: piece.id for piece in furniture if _tells(piece.id, piece.category)}
    for piece in furniture:
        if piece.id not in names:
            stem = piece.category if infer_category(piece.category) == piece.category else "object"
            taken = set(names.values())
            names[piece.id] = next(
                name for number in range(1, len(furniture) + 2) if (name := f"{stem}_{number}") not in taken
            )
    return names


def _tells(id: str, category: str) -> bool:
    plain = id.lower().replace("-", "_")
    place = plain.split("_")[0] in _PLACES or plain.endswith("_wall")
    return infer_category(id) == category and len(id) <= _LONGEST_ID and id[-1] not in "_.-" and not place


def _object(
    room: Room,
    piece: Furniture,
    pose: Pose | None,
    relations: Sequence[Relation],
    names: Mapping[str, str],
    left_out: list[Relation],
) -> dict[str, Any]:
    if pose is None:
        raise CannotHold(f"a piece has no place: {piece.id}")
    turn = round(pose.rotation / 90.0) * 90.0
    if abs(pose.rotation - turn) > SQUARE:
        raise CannotHold(f"a piece stands between quarter turns: {piece.id} at {pose.rotation:g} degrees")
    elements: list[dict[str, Any]] = []
    objects: list[dict[str, Any]] = []
    facing = ""
    for relation in relations:
        anchor = names.get(relation.anchor) or _element(room, relation.anchor)
        if anchor is None:
            left_out.append(relation)
        elif relation.predicate == "facing" and not facing and anchor != "ceiling":
            facing = anchor
        elif relation.anchor in names and relation.predicate in _BESIDE:
            objects.append(_link(anchor, _BESIDE[relation.predicate], relation.adjacent))
        elif relation.anchor in names and relation.predicate in _TOUCHING:
            objects.append(_link(anchor, _TOUCHING[relation.predicate], True))
        elif relation.anchor not in names and (preposition := _of_the_room(relation.predicate, anchor)):
            elements.append({"layout_element_id": anchor, "preposition": preposition})
        else:
            left_out.append(relation)
    return {
        "new_object_id": names[piece.id],
        "style": piece.style,
        "material": piece.material,
        "size_in_meters": dict(zip(("length", "width", "height"), piece.size, strict=True)),
        "is_on_the_floor": piece.mount == "floor",
        "facing": facing,
        "placement": {"room_layout_elements": elements, "objects_in_room": objects},
        "rotation": {"z_angle": (180.0 - turn) % 360.0},
        "cluster": {"constraint_area": dict.fromkeys(("x_neg", "x_pos", "y_neg", "y_pos"), 0.0)},
        "position": {"x": pose.x, "y": pose.y, "z": pose.z},
    }


def _link(id: str, preposition: str, adjacent: bool) -> dict[str, Any]:
    return {"object_id": id, "preposition": preposition, "is_adjacent": adjacent}


def _element(room: Room, anchor: str) -> str | None:
    """Their name of a place of the room, or None."""
    if anchor in ("middle", "floor"):
        return _MIDDLE
    if anchor == "ceiling":
        return anchor
    if anchor != "wall" and (anchor in _WALLS or anchor.startswith("wall_")):
        return next((wall.name for wall in walls_of(room, anchor)), None)
    return None


def _of_the_room(predicate: str, anchor: str) -> str | None:
    """Their preposition for a relation to an element of the room, or None."""
    if anchor in _WALLS:
        return {"on": "on", "against": "on", "in_corner": "in the corner"}.get(predicate)
    if anchor == _MIDDLE:
        return "on" if predicate in ("on", "centered_on") else None
    return "on" if predicate == "on" else None


def _elements(room: Room) -> list[dict[str, Any]]:
    """The room's walls, middle and ceiling: their training code counts on these six at the end."""
    (length, width), height = room.extent, room.height
    middles = {
        "south_wall": (length / 2, 0.0),
        "north_wall": (length / 2, width),
        "east_wall": (length, width / 2),
        "west_wall": (0.0, width / 2),
    }
    found = [
        _plane(name, "wall", (x, y, height / 2), (width if x in (0.0, length) else length, 0.0, height), _WALLS[name])
        for name, (x, y) in middles.items()
    ]
    found.append(_plane(_MIDDLE, "floor", (length / 2, width / 2, 0.0), (length, width, 0.0), 0.0))
    found.append(_plane("ceiling", "ceiling", (length / 2, width / 2, height), (length, width, 0.0), 0.0))
    return found


def _plane(name: str, kind: str, center: tuple[float, ...], size: tuple[float, ...], z_angle: float) -> dict[str, Any]:
    return {
        "new_object_id": name,
        "itemType": kind,
        "position": dict(zip("xyz", center, strict=True)),
        "size_in_meters": dict(zip(("length", "width", "height"), size, strict=True)),
        "rotation": {"z_angle": z_angle},
    }


def _is_rectangle(room: Room) -> bool:
    length, width = room.extent
    corners = ((0.0, 0.0), (length, 0.0), (length, width), (0.0, width))
    return len(room.floor) == 4 and all(
        any(math.dist(point, corner) < _SLACK for point in room.floor) for corner in corners
    )
