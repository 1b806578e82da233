# SPDX-License-Identifier: GPL-3.0-or-later
"""One record of a published dataset as a room: its texts are parsed and checked, never executed, never trusted.

The problem's text ends with a scene graph as JSON; the answer is JSON with the room's name, size and preference, or a
layout: `<think>…</think><answer>[{"new_object_id", "x", "y", "z"}, …]</answer>`, or the list alone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...dialogue import format_answer
from ...dialogue.extract import find_entries
from ...scene import Scene, SceneError, current_layout
from ...scene.fields import load_json
from ...scene.idesign import scene_from_idesign
from ...scene.model import Vector3
from ..source import BadRoom, Found
from .pictures import picture_of

MAX_PROBLEM = 2_000_000
"""Characters of a problem's text."""
REFERENCE = "scene_graph-backtracked.json"
SAME = 0.01
"""Metres by which the room's size may differ where it is told twice."""
ELEMENTS = frozenset({"south_wall", "north_wall", "west_wall", "east_wall", "middle of the room", "ceiling"})

_NUMBER = r"(\d{1,6}(?:\.\d{1,12})?)"
_HEADING = re.compile(r"^[ \t]*#{1,4} Input JSON Data", re.MULTILINE)
_GRAPH = re.compile(r"\[\s{0,200}\{\s{0,200}\"")
_SIZE = re.compile(r"Room Dimensions:([^\n]{0,200})")
_PREFERENCE = re.compile(r"## User Preferences[ \t]*\n(.*?)(?=\n[ \t]*##|\Z)", re.DOTALL)
_ROOM_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,99}")

Positions = Mapping[str, Mapping[str, float]]
"""x, y, z and z_angle (clockwise degrees from north) by the graph's own ids."""


def found_in(key: str, record: Mapping[str, Any], folder: Path, graphs: Path | None = None) -> Found:
    """The room of a record: `images`, `problem`, `answer`. Raises BadRoom.

    Pictures given as paths are read from `folder` and below it, reference layouts from `graphs`. The scene has the
    poses that the problem tells, none as a rule; a layout in the answer, or else the room's reference layout, is the
    answer of the room, in our form and without its reasoning, which nobody has checked.
    """
    problem = record.get("problem")
    if not isinstance(problem, str) or not problem.strip():
        raise BadRoom("the record has no problem text")
    if len(problem) > MAX_PROBLEM:
        raise BadRoom(f"the problem text is too long: {len(problem)} characters")
    about, entries = _read_answer(record.get("answer"))
    graph = _graph_in(problem)
    size = _size(about, problem)
    preference = _preference(about, problem)
    room_name = about.get("room_name")
    name = room_name if isinstance(room_name, str) and _ROOM_NAME.fullmatch(room_name) else ""
    scene = _scene(graph, size, preference, name)
    positions = _answered(entries, graph) if entries is not None else _referred(graphs, name, graph)
    answer = None
    if positions is not None:
        placed = _scene([_placed(entry, positions) for entry in graph], size, preference, name)
        answer = format_answer(current_layout(placed))
    room = about.get("room", name)
    if not isinstance(room, str) or not room:
        room = hashlib.sha256(json.dumps([graph, size], sort_keys=True).encode()).hexdigest()[:16]
    return Found(key, scene, room[:200], picture_of(record.get("images"), folder), answer)


def _read_answer(raw: Any) -> tuple[Mapping[str, Any], list[Any] | None]:
    """What the answer says of the room, and its entries where it is a layout."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return {}, None
    if not isinstance(raw, str):
        raise BadRoom(f"the answer is no text: {type(raw).__name__}")
    if raw.lstrip().startswith("{"):
        try:
            data = load_json(raw.strip())
        except SceneError as error:
            raise BadRoom(f"the answer can't be read: {error}") from error
        if isinstance(data, Mapping) and "new_object_id" not in data:
            return data, None
    found = find_entries(raw)
    faults = [problem.message for problem in found.problems if problem.severity == "fault"]
    if faults or found.entries is None:
        raise BadRoom(f"the answer is neither about the room nor a layout: {'; '.join(faults)[:200]}")
    return {}, found.entries


def _graph_in(problem: str) -> list[Any]:
    """The scene graph: the JSON list after the heading, or else the first list of objects."""
    headings = list(_HEADING.finditer(problem))
    text = problem[headings[-1].end() :] if headings else problem
    start = _GRAPH.search(text)
    end = text.rfind("]")
    if start is None or end < start.start():
        raise BadRoom("the problem has no scene graph")
    try:
        graph = load_json(text[start.start() : end + 1])
    except SceneError as error:
        raise BadRoom(f"the scene graph can't be read: {error}") from error
    if not isinstance(graph, list):
        raise BadRoom("the scene graph is no list")
    return graph


def _size(about: Mapping[str, Any], problem: str) -> Vector3 | None:
    """Length, width and height as the answer and the problem tell them; None where neither does."""
    told: Any = about.get("size_of_room")
    first = None
    if told is not None:
        sides: list[Any] = [told.get(axis) for axis in "xyz"] if isinstance(told, Mapping) else []
        if len(sides) != 3 or any(isinstance(side, bool) or not isinstance(side, int | float) for side in sides):
            raise BadRoom("the answer's size of the room is not three numbers")
        first = (float(sides[0]), float(sides[1]), float(sides[2]))
    second = _size_in(problem)
    if first and second and max(abs(a - b) for a, b in zip(first, second, strict=True)) > SAME:
        raise BadRoom(f"the room's size is told twice and differs: {first} in the answer, {second} in the problem")
    return first or second


def _size_in(problem: str) -> Vector3 | None:
    line = _SIZE.search(problem)
    if line is None:
        return None
    keyed = [re.search(rf"['\"]{axis}['\"]:\s{{0,10}}{_NUMBER}", line[1]) for axis in "xyz"]
    texts = [match[1] for match in keyed if match] if all(keyed) else re.findall(_NUMBER, line[1])[:3]
    return (float(texts[0]), float(texts[1]), float(texts[2])) if len(texts) == 3 else None


def _preference(about: Mapping[str, Any], problem: str) -> str:
    told = about.get("user_preference")
    if isinstance(told, str):
        return told.strip()
    match = _PREFERENCE.search(problem)
    return match[1].strip() if match else ""


def _scene(graph: list[Any], size: Vector3 | None, preference: str, name: str) -> Scene:
    try:
        return scene_from_idesign(graph, room_size=size, preference=preference, name=name).scene
    except SceneError as error:
        raise BadRoom(f"the scene graph can't be used: {error}") from error


def _answered(entries: list[Any], graph: list[Any]) -> Positions:
    """The answer's positions; rotations that it doesn't tell are the graph's."""
    turns = {id: entry.get("rotation") for id, entry in _objects(graph).items()}
    positions: dict[str, Mapping[str, float]] = {}
    for entry in entries:
        id = entry.get("new_object_id") if isinstance(entry, Mapping) else None
        if not isinstance(id, str) or id not in turns:
            raise BadRoom(f"the answer has an unknown object: {str(id)[:60]!r}")
        if id in positions:
            raise BadRoom(f"the answer has an object twice: {id[:60]!r}")
        numbers: dict[str, Any] = {axis: entry.get(axis) for axis in "xyz"}
        if "rotation" in entry:  # as in our own answers, counter-clockwise
            rotation = entry["rotation"]
            numbers["z_angle"] = 180.0 - rotation if _is_number(rotation) else None
        else:
            known = turns[id]
            numbers["z_angle"] = known.get("z_angle") if isinstance(known, Mapping) else None
        if not all(map(_is_number, numbers.values())):
            raise BadRoom(f"the answer has an object without numbers: {id[:60]!r}")
        positions[id] = {name: float(value) for name, value in numbers.items()}
    return _complete(positions, turns, "the answer")


def _referred(graphs: Path | None, name: str, graph: list[Any]) -> Positions | None:
    """The positions of a room's reference layout, where there is one."""
    file = graphs / name / REFERENCE if graphs is not None and name else None
    if file is None or not file.is_file():
        return None
    try:
        reference = load_json(file.read_bytes())
    except SceneError as error:
        raise BadRoom(f"the reference layout can't be read: {error}") from error
    if not isinstance(reference, list):
        raise BadRoom("the reference layout is no list")
    wanted, positions = _objects(graph), {}
    for id, entry in _objects(reference).items():
        place, turn = entry.get("position"), entry.get("rotation")
        numbers: dict[str, Any] = {axis: place.get(axis) for axis in "xyz"} if isinstance(place, Mapping) else {}
        numbers["z_angle"] = turn.get("z_angle") if isinstance(turn, Mapping) else None
        if id in wanted and len(numbers) == 4 and all(map(_is_number, numbers.values())):
            positions[id] = {name: float(value) for name, value in numbers.items()}
    return _complete(positions, wanted, "the reference layout")


def _complete(positions: Positions, wanted: Mapping[str, Any], what: str) -> Positions:
    lacking = sorted(set(wanted) - set(positions))
    if lacking:
        raise BadRoom(f"{what} has no place for an object: {', '.join(lacking)[:200]}")
    return positions


def _objects(graph: list[Any]) -> dict[str, Mapping[str, Any]]:
    """The entries that are furniture, by id."""
    return {
        entry["new_object_id"]: entry
        for entry in graph
        if isinstance(entry, Mapping)
        and isinstance(entry.get("new_object_id"), str)
        and entry["new_object_id"] not in ELEMENTS
        and "itemType" not in entry
    }


def _placed(entry: Any, positions: Positions) -> Any:
    id = entry.get("new_object_id") if isinstance(entry, Mapping) else None
    place = positions.get(id) if isinstance(id, str) else None
    if place is None:
        return entry
    position = {axis: place[axis] for axis in "xyz"}
    return {**entry, "position": position, "rotation": {"z_angle": place["z_angle"]}}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e6
