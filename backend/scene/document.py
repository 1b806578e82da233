# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes and layouts as JSON documents. The format is described in docs/scene-format.md and the two schema files here.

Reading turns a document into the model's dataclasses and leaves every question of meaning to `check`, so that scenes
from files and scenes from code obey the same rules.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

from .category import category_of
from .check import SceneError, check_contents, check_id, check_layout, check_room
from .fields import fields_of, flag_of, items_of, load_json, number_of, shown, text_of, vector_of
from .geometry import polygon_area
from .model import Furniture, Layout, Opening, Part, Point2, Pose, Relation, Room, Scene, Vector3

SCENE_FORMAT = "metaspatial-scene"
LAYOUT_FORMAT = "metaspatial-layout"
VERSION = 1

__all__ = ["SceneError", "layout_from_json", "layout_to_json", "scene_from_json", "scene_to_json"]


def scene_from_json(data: object) -> Scene:
    """The scene of a document, given as JSON text (str or bytes) or as parsed data.

    A clockwise floor is turned round: the vertices reversed, the openings and "wall_2"-like anchors renumbered with it.
    Raises `SceneError` for anything else that docs/scene-format.md doesn't allow.
    """
    raw = _document(data, SCENE_FORMAT, ("room", "furniture", "relations", "preference", "name"), ("room", "furniture"))
    scene = Scene(
        room=_room(raw["room"], "room"),
        furniture=tuple(_piece(item, path) for item, path in items_of(raw["furniture"], "furniture")),
        relations=tuple(_relation(item, path) for item, path in items_of(raw.get("relations", []), "relations")),
        preference=text_of(raw.get("preference", ""), "preference"),
        name=text_of(raw.get("name", ""), "name"),
    )
    check_room(scene.room)
    scene = _counter_clockwise(scene)
    check_contents(scene)
    return scene


def scene_to_json(scene: Scene) -> dict[str, Any]:
    """The scene's document, ready for `json.dump`; fields with their default value are left out."""
    result: dict[str, Any] = {"format": SCENE_FORMAT, "version": VERSION}
    if scene.name:
        result["name"] = scene.name
    if scene.preference:
        result["preference"] = scene.preference
    result["room"] = {
        "floor": [list(vertex) for vertex in scene.room.floor],
        "height": scene.room.height,
        "openings": [_without_defaults(opening) for opening in scene.room.openings],
    }
    result["furniture"] = [{**_without_defaults(piece), "mount": piece.mount} for piece in scene.furniture]
    result["relations"] = [_without_defaults(relation) for relation in scene.relations]
    return result


def layout_from_json(data: object, scene: Scene | None = None) -> Layout:
    """The layout of a document, given as text or parsed data. Raises `SceneError`; with a scene, unknown ids too."""
    raw = _document(data, LAYOUT_FORMAT, ("poses",), ("poses",))
    poses: dict[str, Pose] = {}
    for item, path in items_of(raw["poses"], "poses"):
        fields = fields_of(item, path, ("id", "x", "y", "z", "rotation"), ("id", "x", "y", "z"))
        id = text_of(fields["id"], f"{path}.id")
        if id in poses:
            raise SceneError(f"{path}.id", f"{id!r} has a pose already; give each piece one pose")
        check_id(id, f"{path}.id")
        poses[id] = _pose_of(fields, path)
    layout = Layout(poses)
    check_layout(layout, scene)
    return layout


def layout_to_json(layout: Layout) -> dict[str, Any]:
    """The layout's document, ready for `json.dump`."""
    poses = [{"id": id, **_plain(pose)} for id, pose in layout.poses.items()]
    return {"format": LAYOUT_FORMAT, "version": VERSION, "poses": poses}


def _document(data: object, format: str, keys: Sequence[str], required: Sequence[str]) -> Mapping[str, Any]:
    if isinstance(data, str | bytes):
        data = load_json(data)
    if isinstance(data, list):
        raise SceneError("", f"a list, not a {format} document; import I-Design scene graphs with scene_from_idesign")
    raw = fields_of(data, "", ("$schema", "format", "version", *keys), ("format", "version"))
    if raw["format"] != format:
        raise SceneError("format", f"must be {format!r}, not {shown(raw['format'])}")
    if isinstance(raw["version"], bool) or raw["version"] != VERSION:
        raise SceneError(
            "version", f"must be {VERSION}, not {shown(raw['version'])}; update MetaSpatial to read newer files"
        )
    return fields_of(raw, "", ("$schema", "format", "version", *keys), required)


def _room(data: object, path: str) -> Room:
    raw = fields_of(data, path, ("floor", "height", "openings"), ("floor", "height"))
    return Room(
        floor=tuple(cast("Point2", vector_of(item, here, 2)) for item, here in items_of(raw["floor"], f"{path}.floor")),
        height=number_of(raw["height"], f"{path}.height"),
        openings=tuple(_opening(item, here) for item, here in items_of(raw.get("openings", []), f"{path}.openings")),
    )


def _opening(data: object, path: str) -> Opening:
    keys = ("id", "kind", "wall", "offset", "width", "height", "sill", "swing")
    raw = fields_of(data, path, keys, keys[:6])
    wall = number_of(raw["wall"], f"{path}.wall")
    if not wall.is_integer():
        raise SceneError(f"{path}.wall", f"must be a whole number, not {wall:g}")
    return Opening(
        id=text_of(raw["id"], f"{path}.id"),
        kind=cast("Any", text_of(raw["kind"], f"{path}.kind")),
        wall=int(wall),
        offset=number_of(raw["offset"], f"{path}.offset"),
        width=number_of(raw["width"], f"{path}.width"),
        height=number_of(raw["height"], f"{path}.height"),
        sill=number_of(raw.get("sill", 0.0), f"{path}.sill"),
        swing=cast("Any", text_of(raw.get("swing", "none"), f"{path}.swing")),
    )


def _piece(data: object, path: str) -> Furniture:
    keys = ("id", "category", "size", "mount", "label", "style", "material", "fixed", "pose", "parts")
    raw = fields_of(data, path, keys, keys[:3])
    category = text_of(raw["category"], f"{path}.category")
    return Furniture(
        id=text_of(raw["id"], f"{path}.id"),
        category=category,
        size=cast("Vector3", vector_of(raw["size"], f"{path}.size", 3)),
        mount=cast("Any", text_of(raw.get("mount", category_of(category).mount), f"{path}.mount")),
        label=text_of(raw.get("label", ""), f"{path}.label"),
        style=text_of(raw.get("style", ""), f"{path}.style"),
        material=text_of(raw.get("material", ""), f"{path}.material"),
        fixed=flag_of(raw.get("fixed", False), f"{path}.fixed"),
        pose=_pose(raw["pose"], f"{path}.pose") if raw.get("pose") is not None else None,
        parts=tuple(_part(item, here) for item, here in items_of(raw.get("parts", []), f"{path}.parts")),
    )


def _part(data: object, path: str) -> Part:
    raw = fields_of(data, path, ("center", "size"), ("center", "size"))
    center, size = vector_of(raw["center"], f"{path}.center", 3), vector_of(raw["size"], f"{path}.size", 3)
    return Part(cast("Vector3", center), cast("Vector3", size))


def _pose(data: object, path: str) -> Pose:
    return _pose_of(fields_of(data, path, ("x", "y", "z", "rotation"), ("x", "y", "z")), path)


def _pose_of(raw: Mapping[str, Any], path: str) -> Pose:
    x, y, z, rotation = (number_of(raw.get(key, 0.0), f"{path}.{key}") for key in ("x", "y", "z", "rotation"))
    return Pose(x, y, z, rotation)


def _relation(data: object, path: str) -> Relation:
    keys = ("subject", "predicate", "anchor", "adjacent", "distance")
    raw = fields_of(data, path, keys, keys[:3])
    return Relation(
        subject=text_of(raw["subject"], f"{path}.subject"),
        predicate=cast("Any", text_of(raw["predicate"], f"{path}.predicate")),
        anchor=text_of(raw["anchor"], f"{path}.anchor"),
        adjacent=flag_of(raw.get("adjacent", False), f"{path}.adjacent"),
        distance=number_of(raw["distance"], f"{path}.distance") if raw.get("distance") is not None else None,
    )


def _counter_clockwise(scene: Scene) -> Scene:
    room = scene.room
    if polygon_area(room.floor) > 0:
        return scene
    n = len(room.floor)
    renumbered = {f"wall_{i}": f"wall_{(n - 2 - i) % n}" for i in range(n)}
    openings = []
    for opening in room.openings:
        length = math.dist(room.floor[opening.wall], room.floor[(opening.wall + 1) % n])
        offset = max(length - opening.offset - opening.width, 0.0)
        openings.append(dataclasses.replace(opening, wall=(n - 2 - opening.wall) % n, offset=offset))
    relations = (dataclasses.replace(r, anchor=renumbered.get(r.anchor, r.anchor)) for r in scene.relations)
    turned = Room(room.floor[::-1], room.height, tuple(openings))
    return dataclasses.replace(scene, room=turned, relations=tuple(relations))


def _without_defaults(item: Any) -> dict[str, Any]:
    return {
        field.name: _plain(getattr(item, field.name))
        for field in dataclasses.fields(item)
        if field.default is dataclasses.MISSING or getattr(item, field.name) != field.default
    }


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
