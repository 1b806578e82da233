# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes and layouts as JSON documents. The format is described in docs/scene-format.md and the two schema files here.

Reading turns a document into the model's dataclasses and leaves every question of meaning to `check`, so that scenes
from files and scenes from code obey the same rules.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

from .category import category_of
from .check import SceneError, check_contents, check_id, check_layout, check_room, suggest
from .geometry import polygon_area
from .model import Furniture, Layout, Opening, Part, Point2, Pose, Relation, Room, Scene, Vector3

SCENE_FORMAT = "metaspatial-scene"
LAYOUT_FORMAT = "metaspatial-layout"
VERSION = 1
MAX_TEXT = 8_000_000
"""Longest document that is read, in characters."""

__all__ = ["SceneError", "layout_from_json", "layout_to_json", "scene_from_json", "scene_to_json"]


def scene_from_json(data: object) -> Scene:
    """The scene of a document, given as JSON text (str or bytes) or as parsed data.

    A clockwise floor is turned round: the vertices reversed, the openings and "wall_2"-like anchors renumbered with it.
    Raises `SceneError` for anything else that docs/scene-format.md doesn't allow.
    """
    raw = _document(data, SCENE_FORMAT, ("room", "furniture", "relations", "preference", "name"), ("room", "furniture"))
    scene = Scene(
        room=_room(raw["room"], "room"),
        furniture=tuple(_piece(item, path) for item, path in _items(raw["furniture"], "furniture")),
        relations=tuple(_relation(item, path) for item, path in _items(raw.get("relations", []), "relations")),
        preference=_text(raw.get("preference", ""), "preference"),
        name=_text(raw.get("name", ""), "name"),
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
    for item, path in _items(raw["poses"], "poses"):
        fields = _object(item, path, ("id", "x", "y", "z", "rotation"), ("id", "x", "y", "z"))
        id = _text(fields["id"], f"{path}.id")
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


def load_json(text: str | bytes, limit: int = MAX_TEXT) -> object:
    """Parsed JSON of bounded size. Raises `SceneError` for broken, oversized or bottomless text and repeated keys."""
    if len(text) > limit:
        raise SceneError("", f"the document has {len(text)} characters; {limit} at most are read")
    try:
        return json.loads(text, object_pairs_hook=_unrepeated)
    except RecursionError:
        raise SceneError("", "the document nests too deeply to be one of ours") from None
    except json.JSONDecodeError as error:
        raise SceneError("", f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except UnicodeDecodeError:
        raise SceneError("", "not text: save the document as UTF-8") from None
    except SceneError:
        raise
    except ValueError as error:  # integers with thousands of digits
        raise SceneError("", f"not JSON that can be read: {error}") from None


def _document(data: object, format: str, keys: Sequence[str], required: Sequence[str]) -> Mapping[str, Any]:
    if isinstance(data, str | bytes):
        data = load_json(data)
    if isinstance(data, list):
        raise SceneError("", f"a list, not a {format} document; import I-Design scene graphs with scene_from_idesign")
    raw = _object(data, "", ("$schema", "format", "version", *keys), ("format", "version"))
    if raw["format"] != format:
        raise SceneError("format", f"must be {format!r}, not {_shown(raw['format'])}")
    if isinstance(raw["version"], bool) or raw["version"] != VERSION:
        raise SceneError(
            "version", f"must be {VERSION}, not {_shown(raw['version'])}; update MetaSpatial to read newer files"
        )
    return _object(raw, "", ("$schema", "format", "version", *keys), required)


def _room(data: object, path: str) -> Room:
    raw = _object(data, path, ("floor", "height", "openings"), ("floor", "height"))
    return Room(
        floor=tuple(cast("Point2", _vector(item, here, 2)) for item, here in _items(raw["floor"], f"{path}.floor")),
        height=_number(raw["height"], f"{path}.height"),
        openings=tuple(_opening(item, here) for item, here in _items(raw.get("openings", []), f"{path}.openings")),
    )


def _opening(data: object, path: str) -> Opening:
    keys = ("id", "kind", "wall", "offset", "width", "height", "sill", "swing")
    raw = _object(data, path, keys, keys[:6])
    wall = _number(raw["wall"], f"{path}.wall")
    if not wall.is_integer():
        raise SceneError(f"{path}.wall", f"must be a whole number, not {wall:g}")
    return Opening(
        id=_text(raw["id"], f"{path}.id"),
        kind=cast("Any", _text(raw["kind"], f"{path}.kind")),
        wall=int(wall),
        offset=_number(raw["offset"], f"{path}.offset"),
        width=_number(raw["width"], f"{path}.width"),
        height=_number(raw["height"], f"{path}.height"),
        sill=_number(raw.get("sill", 0.0), f"{path}.sill"),
        swing=cast("Any", _text(raw.get("swing", "none"), f"{path}.swing")),
    )


def _piece(data: object, path: str) -> Furniture:
    keys = ("id", "category", "size", "mount", "label", "style", "material", "fixed", "pose", "parts")
    raw = _object(data, path, keys, keys[:3])
    category = _text(raw["category"], f"{path}.category")
    return Furniture(
        id=_text(raw["id"], f"{path}.id"),
        category=category,
        size=cast("Vector3", _vector(raw["size"], f"{path}.size", 3)),
        mount=cast("Any", _text(raw.get("mount", category_of(category).mount), f"{path}.mount")),
        label=_text(raw.get("label", ""), f"{path}.label"),
        style=_text(raw.get("style", ""), f"{path}.style"),
        material=_text(raw.get("material", ""), f"{path}.material"),
        fixed=_flag(raw.get("fixed", False), f"{path}.fixed"),
        pose=_pose(raw["pose"], f"{path}.pose") if raw.get("pose") is not None else None,
        parts=tuple(_part(item, here) for item, here in _items(raw.get("parts", []), f"{path}.parts")),
    )


def _part(data: object, path: str) -> Part:
    raw = _object(data, path, ("center", "size"), ("center", "size"))
    center, size = _vector(raw["center"], f"{path}.center", 3), _vector(raw["size"], f"{path}.size", 3)
    return Part(cast("Vector3", center), cast("Vector3", size))


def _pose(data: object, path: str) -> Pose:
    return _pose_of(_object(data, path, ("x", "y", "z", "rotation"), ("x", "y", "z")), path)


def _pose_of(raw: Mapping[str, Any], path: str) -> Pose:
    x, y, z, rotation = (_number(raw.get(key, 0.0), f"{path}.{key}") for key in ("x", "y", "z", "rotation"))
    return Pose(x, y, z, rotation)


def _relation(data: object, path: str) -> Relation:
    keys = ("subject", "predicate", "anchor", "adjacent", "distance")
    raw = _object(data, path, keys, keys[:3])
    return Relation(
        subject=_text(raw["subject"], f"{path}.subject"),
        predicate=cast("Any", _text(raw["predicate"], f"{path}.predicate")),
        anchor=_text(raw["anchor"], f"{path}.anchor"),
        adjacent=_flag(raw.get("adjacent", False), f"{path}.adjacent"),
        distance=_number(raw["distance"], f"{path}.distance") if raw.get("distance") is not None else None,
    )


def _object(data: object, path: str, keys: Sequence[str], required: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise SceneError(path, f"must be an object with {', '.join(required)}, not {_shown(data)}")
    for key in data:
        if key not in keys:
            name = str(key)[:80]
            raise SceneError(
                f"{path}.{name}" if path else name, f"unknown key{suggest(name, keys)}; remove or correct it"
            )
    for key in required:
        if key not in data:
            raise SceneError(f"{path}.{key}" if path else key, "is missing; add it")
    return data


def _items(data: object, path: str) -> list[tuple[object, str]]:
    if not isinstance(data, list | tuple):
        raise SceneError(path, f"must be a list, not {_shown(data)}")
    return [(item, f"{path}[{index}]") for index, item in enumerate(data)]


def _vector(data: object, path: str, length: int) -> tuple[float, ...]:
    items = _items(data, path)
    if len(items) != length:
        raise SceneError(path, f"must have {length} numbers, not {len(items)}")
    return tuple(_number(item, here) for item, here in items)


def _number(data: object, path: str) -> float:
    if isinstance(data, bool) or not isinstance(data, int | float):
        raise SceneError(path, f"must be a number, not {_shown(data)}")
    try:
        number = float(data)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise SceneError(path, f"{number} is not a finite number; give a plain number")
    return number


def _text(data: object, path: str) -> str:
    if not isinstance(data, str):
        raise SceneError(path, f"must be a text, not {_shown(data)}")
    return data


def _flag(data: object, path: str) -> bool:
    if not isinstance(data, bool):
        raise SceneError(path, f"must be true or false, not {_shown(data)}")
    return data


def _shown(data: object) -> str:
    """A value in a few characters, for error messages."""
    if data is None or isinstance(data, bool):
        return json.dumps(data)
    if isinstance(data, Mapping):
        return "an object"
    if isinstance(data, list | tuple):
        return f"a list of {len(data)}"
    if isinstance(data, int) and abs(data) > 10**40:
        return "a huge number"
    text = repr(data)
    return text if len(text) <= 60 else text[:57] + "…"


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


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise SceneError(twice[:80], "this key appears twice in one object; keep one")
    return result


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
