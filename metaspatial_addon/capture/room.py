# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the room among the objects of a file: which objects it is, its frame in the world, its floor and height."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np
from numpy.typing import NDArray

from ...backend.scene import Room, infer_category
from ...backend.scene.geometry import signed_distance
from .frame import RoomFrame, into_yaw_frame
from .geometry import triangles_of
from .inventory import Inventory, Item
from .names import name_kind
from .note import CaptureError, Note
from .outline import Outline, OutlineError, dominant_angle, floor_area, floor_outline, square_up
from .planar import straighten
from .settings import AUTO, CaptureSettings, settings_of

Floats = NDArray[np.float64]

HEIGHT = 2.6
"""Height of a room that has neither walls nor a ceiling, metres."""

_MOST_VERTICES = 80
_MEND = "Pick the floor or room object in the panel, or name an object 'Floor' or 'Room'."


@dataclass(frozen=True, eq=False)
class FoundRoom:
    """The room without its openings, its frame, the items it is made of, and what was assumed."""

    room: Room
    frame: RoomFrame
    items: tuple[Item, ...]
    notes: tuple[Note, ...]


def picked_objects(context: bpy.types.Context, settings: CaptureSettings) -> list[bpy.types.Object]:
    """The objects of the room that the settings name; empty when it is to be found. Raises CaptureError."""
    room = settings.room
    if isinstance(room, str):
        name = room
        room = context.scene.objects.get(name) or bpy.data.collections.get(name)
        if room is None:
            raise CaptureError(f"There is no object or collection called {name!r} for the room. {_MEND}")
    if room is None:
        return []
    if isinstance(room, bpy.types.Object):
        return [room]
    inside = [obj for obj in room.all_objects if not _belongs_to_furniture(obj)]
    named = [
        obj for obj in inside if name_kind(obj.name) == "room" or settings_of(obj, settings.overrides).role == "ROOM"
    ]
    found = named or [
        obj
        for obj in inside
        if name_kind(obj.name) == "" and settings_of(obj, settings.overrides).role == AUTO and obj.type != "CAMERA"
    ]
    if not found:
        raise CaptureError(f"The collection {room.name!r} holds no object that could be a room. {_MEND}")
    return found


def find_room(inventory: Inventory, picked: Sequence[bpy.types.Object], scale: float) -> FoundRoom:
    """The room of a scene; `scale` is metres per Blender unit. Raises CaptureError."""
    pieces = inventory.of("piece")
    rooms = inventory.of("room")
    uids = {obj.session_uid for obj in picked}
    main = [item for item in rooms if item.root.session_uid in uids] if picked else rooms
    if picked and not main:
        raise CaptureError(
            f"The room {picked[0].name!r} can't be seen or has no faces; show it or pick another object."
        )
    if not main:
        main = [_widest_floor(pieces, scale)]
        pieces = [item for item in pieces if item is not main[0]]
    boxes = [_bounds(item, scale) for item in pieces]
    walls = [item for item in rooms if item not in main]
    outline = _outline(main, walls, boxes, scale)
    shell = [item for item, box in zip(pieces, boxes, strict=True) if _is_shell(item, box, outline, scale)]
    if shell:
        boxes = [box for item, box in zip(pieces, boxes, strict=True) if item not in shell]
        outline = _outline(main, [*walls, *shell], boxes, scale)
    notes = [
        Note(
            item.root.name,
            "room",
            "taken for a part of the room, by its shape; set its role to Movable if it is furniture",
        )
        for item in shell
    ]
    return _placed(outline, (*main, *walls, *shell), notes, scale)


def _outline(main: Sequence[Item], walls: Sequence[Item], boxes: Sequence[Floats], scale: float) -> Outline:
    floor = np.concatenate([triangles_of(item.shapes, scale) for item in main])
    around = [triangles_of(item.shapes, scale) for item in walls]
    centers = np.array([box.mean(0)[:2] for box in boxes]).reshape(-1, 2)
    try:
        return floor_outline(floor, centers, np.concatenate(around) if around else None)
    except OutlineError as error:
        names = ", ".join(repr(item.root.name) for item in main[:3])
        raise CaptureError(
            f"No floor can be made out in {names}: {error}."
            " Add a plane as the floor, name it 'Floor', or pick another object."
        ) from error


def _placed(outline: Outline, items: tuple[Item, ...], notes: list[Note], scale: float) -> FoundRoom:
    """Turn an outline in the world into a room in its own frame."""
    yaw = dominant_angle(outline.polygon)
    degrees = float(np.degrees(yaw))
    middle = outline.polygon.mean(0)
    flat = np.pad(outline.polygon - middle, ((0, 0), (0, 1)))
    polygon = square_up(into_yaw_frame(flat, degrees)[:, :2])
    tolerance = 0.005
    while len(polygon) > _MOST_VERTICES:
        polygon, tolerance = straighten(polygon, tolerance), tolerance * 1.5
        if len(polygon) <= _MOST_VERTICES:
            notes.append(Note("", "room", f"the floor's rounded outline was simplified to {len(polygon)} corners"))
    corner = polygon.min(0)
    polygon = polygon - corner
    polygon = np.roll(polygon, -int(np.lexsort((polygon[:, 0], polygon.sum(1).round(6)))[0]), axis=0)
    origin = into_yaw_frame(np.array([[corner[0], corner[1], 0.0]]), -degrees)[0] + [*middle, outline.floor]
    height = outline.height
    if height is None:
        height = HEIGHT
        notes.append(Note("", "room", f"no walls or ceiling show the room's height; {HEIGHT} m assumed"))
    if outline.holes:
        notes.append(Note("", "room", f"{outline.holes} hole(s) or columns within the floor are not kept free"))
    if outline.others:
        notes.append(
            Note("", "room", f"{outline.others} other floor area(s) are left out; pick the room to arrange another")
        )
    if max(np.ptp(polygon, axis=0)) > 60:
        size = " × ".join(f"{side:.0f}" for side in np.ptp(polygon, axis=0))
        notes.append(Note("", "room", f"the room is {size} m wide; is the unit scale in the scene properties right?"))
    floor = tuple((round(float(x), 6) + 0.0, round(float(y), 6) + 0.0) for x, y in polygon)
    return FoundRoom(Room(floor, round(float(height), 6)), RoomFrame(origin, yaw, scale), items, tuple(notes))


def _widest_floor(pieces: Sequence[Item], scale: float) -> Item:
    """The unnamed object with the most things above its level faces; among equals the widest."""
    best: tuple[tuple[int, float], Item] | None = None
    boxes = [_bounds(item, scale) for item in pieces]
    for item, box in zip(pieces, boxes, strict=True):
        if infer_category(item.root.name) != "unknown" or item.settings.role != AUTO or item.settings.category != AUTO:
            continue
        area = floor_area(triangles_of(item.shapes, scale))
        if area < 2.0:
            continue
        above = sum(
            bool(np.all(other.mean(0)[:2] > box[0][:2]) and np.all(other.mean(0)[:2] < box[1][:2]))
            for other in boxes
            if other is not box
        )
        if best is None or (above, area) > best[0]:
            best = ((above, area), item)
    if best is None:
        raise CaptureError(f"No room was found in this scene. {_MEND}")
    return best[1]


def _is_shell(item: Item, box: Floats, outline: Outline, scale: float) -> bool:
    """Whether an unnamed object has the shape of a wall, or of something all around or across the room."""
    unnamed = infer_category(item.root.name) == "unknown" and not item.built_in
    if not unnamed or item.settings.role != AUTO or item.settings.category != AUTO:
        return False
    room_low, room_high = outline.polygon.min(0), outline.polygon.max(0)
    overlap = np.minimum(box[1][:2], room_high) - np.maximum(box[0][:2], room_low)
    if np.all(overlap > 0) and np.prod(overlap) > 0.7 * np.prod(room_high - room_low):
        return True
    middle = outline.polygon.mean(0)
    flat = triangles_of(item.shapes, scale).reshape(-1, 3) - [*middle, outline.floor]
    turned = into_yaw_frame(flat, float(np.degrees(dominant_angle(outline.polygon))))
    size = np.ptp(turned, axis=0)
    thin, long = sorted(size[:2])
    beside = float(signed_distance(outline.polygon, box.mean(0)[:2]))
    return thin <= 0.45 and long >= 1.5 and size[2] >= 2.0 and abs(beside) <= 0.35


def _bounds(item: Item, scale: float) -> Floats:
    """World bounds in metres, shape (2, 3)."""
    points = np.concatenate([shape.world() for shape in item.shapes]) * scale
    return np.stack([points.min(0), points.max(0)])


def _belongs_to_furniture(obj: bpy.types.Object | None) -> bool:
    while obj is not None:
        if infer_category(obj.name) != "unknown" and name_kind(obj.name) != "room":
            return True
        obj = obj.parent
    return False
