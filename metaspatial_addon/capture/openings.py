# SPDX-License-Identifier: GPL-3.0-or-later
"""Doors and windows: objects projected on the nearest wall of a room."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...backend.scene import Opening, Room
from ...backend.scene.geometry import Wall, signed_distance, walls
from .frame import RoomFrame
from .inventory import Item
from .note import Note

REACH = 0.6
"""Largest distance from its wall's inner face at which a door or window still belongs to it, metres."""

_LEAST = 0.2
_TOUCH = 1e-4
_THRESHOLD = 0.15
_LEAF = 0.3
"""Thickest door leaf with its handles, metres."""
_AJAR = math.radians(15.0)
"""A leaf turned further from its wall than this stands open."""
_ACROSS = math.cos(math.radians(84.0))
_SWINGS: dict[str, Literal["in", "out", "none"]] = {"IN": "in", "OUT": "out", "NONE": "none"}


@dataclass(frozen=True, eq=False)
class FoundOpenings:
    """Openings, the items each was made of, and notes on those that could not be used."""

    openings: tuple[Opening, ...]
    items: dict[str, tuple[Item, ...]]
    notes: tuple[Note, ...]


@dataclass(eq=False)
class _Span:
    """A rectangle on a wall; `top` is measured from the floor."""

    kind: Literal["door", "window"]
    wall: int
    start: float
    end: float
    sill: float
    top: float
    swing: str
    items: list[Item]

    def overlaps(self, other: _Span) -> bool:
        return (
            self.wall == other.wall
            and min(self.end, other.end) - max(self.start, other.start) > -_TOUCH
            and min(self.top, other.top) - max(self.sill, other.sill) > -_TOUCH
        )


def find_openings(items: Sequence[Item], room: Room, frame: RoomFrame) -> FoundOpenings:
    """The room's doors and windows, numbered in the order of their objects' names, open leaves last. Parts of one
    opening are joined."""
    notes: list[Note] = []
    spans: list[_Span] = []
    leaves = {id(item): leaf for item in items if (leaf := _open_leaf(item, room, frame)) is not None}
    for item in sorted(items, key=lambda item: id(item) in leaves):  # frames tell better where a door is
        leaf = leaves.get(id(item))
        span = _project(item, room, frame, notes) if leaf is None else _shut(leaf, spans, notes)
        if span is not None:
            spans = _joined(spans, span, notes)
    openings, sources = [], {}
    for span in spans:
        number = sum(opening.kind == span.kind for opening in openings) + 1
        swing = _SWINGS.get(span.swing, "in" if span.kind == "door" else "none")
        opening = Opening(
            f"{span.kind}_{number}",
            span.kind,
            span.wall,
            round(span.start, 6),
            round(span.end - span.start, 6),
            round(span.top - span.sill, 6),
            round(span.sill, 6),
            swing if span.kind == "door" else "none",
        )
        openings.append(opening)
        sources[opening.id] = tuple(span.items)
    return FoundOpenings(tuple(openings), sources, tuple(notes))


@dataclass(frozen=True, eq=False)
class _Leaf:
    """An open door leaf: its hinge as metres along its wall, and where it lies along that wall when shut."""

    item: Item
    wall: int
    hinge: float
    start: float
    end: float
    top: float


def _open_leaf(item: Item, room: Room, frame: RoomFrame) -> _Leaf | None:
    """The item as a thin leaf that stands away from its wall, or None. It shuts to the side that it leans to.

    One that stands straight out of its wall may do either; it shuts away from the nearer corner.
    """
    if item.kind != "door":
        return None
    points = frame.to_room(np.concatenate([shape.world() for shape in item.shapes]) * frame.scale)
    plan = points[:, :2]
    angles = np.radians(np.arange(180.0))
    directions = np.stack([np.cos(angles), np.sin(angles)], 1)
    across = directions[int(np.argmin([np.ptp(plan @ direction) for direction in directions]))]
    along = np.array([across[1], -across[0]])
    lengthwise, crosswise = plan @ along, plan @ across
    width = float(np.ptp(lengthwise))
    if width < 2 * _LEAST or np.ptp(crosswise) > min(_LEAF, width / 2):
        return None
    axis = across * float(crosswise.min() + crosswise.max()) / 2
    ends = [axis + along * float(lengthwise.min()), axis + along * float(lengthwise.max())]
    distance, wall, at = min(
        ((_distance(wall, end), wall, n) for n, end in enumerate(ends) for wall in walls(room)),
        key=lambda each: each[0],
    )
    hinge, free = ends[at], ends[1 - at]
    if distance > _LEAF or _distance(wall, free) < width * math.sin(_AJAR) + distance:
        return None
    s = float((hinge - wall.start) @ np.array(wall.along))
    lean = float((free - hinge) @ np.array(wall.along)) / width
    ahead = lean > 0 if abs(lean) > _ACROSS else s < wall.length / 2
    start, end = (s, s + width) if ahead else (s - width, s)
    start, end = max(start, 0.0), min(end, wall.length)
    top = min(float(points[:, 2].max()), room.height)
    return _Leaf(item, wall.index, s, start, end, top) if min(end - start, top) >= _LEAST else None


def _shut(leaf: _Leaf, spans: Sequence[_Span], notes: list[Note]) -> _Span | None:
    """The door that an open leaf belongs to: one that is there already and has its hinge, or its own."""
    for span in spans:
        if span.kind == "door" and span.wall == leaf.wall and span.start - _LEAF <= leaf.hinge <= span.end + _LEAF:
            span.items.append(leaf.item)
            return None
    name, width = leaf.item.root.name, leaf.end - leaf.start
    notes.append(Note(name, "opening", f"it stands open and is taken for a door of {width:.2f} m where it shuts"))
    return _Span("door", leaf.wall, leaf.start, leaf.end, 0.0, leaf.top, leaf.item.settings.swing, [leaf.item])


def _project(item: Item, room: Room, frame: RoomFrame, notes: list[Note]) -> _Span | None:
    points = np.concatenate([shape.world() for shape in item.shapes]) * frame.scale
    points = frame.to_room(points)
    middle = (points.min(0) + points.max(0)) / 2
    wall = min(walls(room), key=lambda wall: _distance(wall, middle))
    name, kind = item.root.name, item.kind
    if _distance(wall, middle) > REACH:
        inside = float(signed_distance(room.floor, middle[:2])) > 0
        where = "it stands away from all walls" if inside else "it belongs to no wall of this room"
        notes.append(Note(name, "ignored", f"{where}, so it is no {kind} of it"))
        return None
    along = (points[:, :2] - wall.start) @ np.array(wall.along)
    start, end = max(float(along.min()), 0.0), min(float(along.max()), wall.length)
    sill, top = max(float(points[:, 2].min()), 0.0), min(float(points[:, 2].max()), room.height)
    if kind == "door" and sill < _THRESHOLD:
        sill = 0.0
    if end - start < _LEAST or top - sill < _LEAST:
        reason = f"only {max(end - start, 0):.2f} × {max(top - sill, 0):.2f} m of it lie on a wall"
        notes.append(Note(name, "ignored", f"{reason}; a door leaf that stands open can't be measured, close it"))
        return None
    if along.min() < -0.01 or along.max() > wall.length + 0.01 or points[:, 2].max() > room.height + 0.01:
        notes.append(Note(name, "opening", f"it reaches beyond its wall and was cut to {end - start:.2f} m"))
    return _Span("door" if kind == "door" else "window", wall.index, start, end, sill, top, item.settings.swing, [item])


def _joined(spans: list[_Span], new: _Span, notes: list[Note]) -> list[_Span]:
    """Add a span: frame and leaf of one door become one; where a door and a window overlap, the door stays."""
    old = next((span for span in spans if span.overlaps(new)), None)
    if old is None:
        return [*spans, new]
    others = [span for span in spans if span is not old]
    if old.kind == new.kind:
        new.start, new.end = min(old.start, new.start), max(old.end, new.end)
        new.sill, new.top = min(old.sill, new.sill), max(old.top, new.top)
        new.swing = new.swing if new.swing != "AUTO" else old.swing
        new.items = [*old.items, *new.items]
        return _joined(others, new, notes)
    door, window = (old, new) if old.kind == "door" else (new, old)
    notes.append(Note(window.items[0].root.name, "ignored", f"it overlaps the door {door.items[0].root.name!r}"))
    return spans if door is old else _joined(others, new, notes)


def _distance(wall: Wall, point: np.ndarray) -> float:
    """Plan distance of a point to a wall."""
    to = point[:2] - np.array(wall.start)
    t = min(max(float(to @ np.array(wall.along)), 0.0), wall.length)
    return float(np.linalg.norm(point[:2] - np.array(wall.point(t))))
