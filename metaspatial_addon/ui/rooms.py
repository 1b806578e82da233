# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a room of what is selected: a floor, walls, a plane, a shell in one piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import bpy

from . import session
from .words import told

if TYPE_CHECKING:
    from ..capture import Capture

_MOST_NAMES = 3


class METASPATIAL_OT_room_from_selection(bpy.types.Operator):
    """Take the selected floor, walls or whole shell for the room; tells what was found"""

    bl_idname = "metaspatial.room_from_selection"
    bl_label = "Room from Selection"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.mode != "OBJECT" or session.busy():
            cls.poll_message_set("Rooms are made in Object Mode, while nothing else is on its way")
            return False
        if not context.selected_objects:
            cls.poll_message_set("Select the floor, the walls or a mesh that is the whole room first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ..capture import CaptureError, capture

        shell, left_out = _sorted(context.selected_objects)
        if not shell:
            self.report({"ERROR"}, told("Nothing that is selected can be a room: select its floor, its walls or both"))
            return {"CANCELLED"}
        before = _Before(context, shell)
        own: Any = context.scene.metaspatial
        made = _choose(context, own, shell)
        try:
            settings = replace(session.capture_settings(context.scene), source="INSIDE", collection=None)
            seen = capture(context, settings)
        except (CaptureError, session.Refused) as error:
            before.restore(own, made)
            self.report({"ERROR"}, told("The selection is no room: {reason}", reason=error))
            return {"CANCELLED"}
        self.report({"INFO"}, ". ".join([found_in_words(seen), *_remarks(seen, shell, left_out)]))
        session.look(context)
        return {"FINISHED"}


def found_in_words(seen: Capture) -> str:
    """Size, area, height, doors and windows of a captured room in a sentence."""
    from ...backend.scene.geometry import polygon_area

    room = seen.scene.room
    length, width = room.extent
    kinds = [opening.kind for opening in room.openings]
    values = {
        "length": length, "width": width, "area": polygon_area(room.floor), "height": room.height,
        "doors": kinds.count("door"), "windows": kinds.count("window"),
    }  # fmt: skip
    text = told(
        "Room of {length:.2f} × {width:.2f} m, {area:.1f} m², {height:.2f} m high; doors: {doors}, windows: {windows}"
    )
    return text.format(**values)


def room_objects(context: bpy.types.Context) -> list[bpy.types.Object]:
    """What can be seen in the scene and is a part of a room by its role or name."""
    from ..capture.names import name_kind  # not above: numpy comes with it
    from ..capture.settings import settings_of

    found = []
    for obj in context.view_layer.objects:
        role = settings_of(obj, {}).role
        named = role == "AUTO" and name_kind(obj.name) == "room"
        if obj.type == "MESH" and (role == "ROOM" or named) and obj.visible_get():
            found.append(obj)
    return found


class _Before:
    """What the operator may change, to put it back where the selection turns out to be no room."""

    def __init__(self, context: bpy.types.Context, shell: Sequence[bpy.types.Object]) -> None:
        own: Any = context.scene.metaspatial
        self.choice = own.room, own.room_object, own.room_collection
        self.roles = [(obj, obj.metaspatial.role) for obj in shell if obj.is_editable]  # type: ignore[attr-defined]

    def restore(self, own: Any, made: bpy.types.Collection | None) -> None:
        own.room, own.room_object, own.room_collection = self.choice
        for obj, role in self.roles:
            if obj.metaspatial.role != role:  # type: ignore[attr-defined]
                obj.metaspatial.role = role  # type: ignore[attr-defined]
        if made is not None:
            bpy.data.collections.remove(made)


def _sorted(selected: Sequence[bpy.types.Object]) -> tuple[list[bpy.types.Object], list[bpy.types.Object]]:
    """What of the selection may be the room's shell; and solid things that are furniture by name or role.

    Doors and windows are neither: capture finds them by themselves.
    """
    from ...backend.scene import infer_category
    from ..capture.geometry import SOLID_TYPES
    from ..capture.names import name_kind
    from ..capture.settings import settings_of

    shell, furniture = [], []
    for obj in selected:
        instance = obj.type == "EMPTY" and obj.instance_type == "COLLECTION"
        if obj.type not in SOLID_TYPES and not instance:
            continue
        role, kind = settings_of(obj, {}).role, name_kind(obj.name)
        if role in ("DOOR", "WINDOW") or (role == "AUTO" and kind in ("door", "window")):
            continue
        by_name = role == "AUTO" and kind != "room" and infer_category(obj.name) != "unknown"
        alone = len(selected) == 1  # who selects one thing means it
        (furniture if (by_name or role in ("MOVABLE", "FIXED")) and not alone else shell).append(obj)
    return shell, furniture


def _choose(context: bpy.types.Context, own: Any, shell: Sequence[bpy.types.Object]) -> bpy.types.Collection | None:
    """Set the room to the shell: one object as such, several by their role, or as a collection where others look like
    a room too. Returns a collection that had to be made."""
    if len(shell) == 1:
        own.room, own.room_object = "OBJECT", shell[0]
        return None
    for obj in shell:
        if obj.is_editable:
            obj.metaspatial.role = "ROOM"  # type: ignore[attr-defined]
    if all(obj.is_editable for obj in shell) and all(obj in shell for obj in room_objects(context)):
        own.room = "AUTO"
        return None
    made = None
    collection = _collection_of(context, shell)
    if collection is None:
        collection = made = bpy.data.collections.new("Room")
        for obj in shell:
            made.objects.link(obj)
        context.scene.collection.children.link(made)
    own.room, own.room_collection = "COLLECTION", collection
    return made


def _collection_of(context: bpy.types.Context, shell: Sequence[bpy.types.Object]) -> bpy.types.Collection | None:
    """The collection from which capture takes just this shell, if there is one."""
    from ..capture import CaptureError, CaptureSettings
    from ..capture.room import picked_objects

    wanted = {obj.session_uid for obj in shell}
    for collection in (context.scene.collection, *context.scene.collection.children_recursive):
        if not wanted <= {obj.session_uid for obj in collection.all_objects}:
            continue
        try:
            picked = picked_objects(context, CaptureSettings(room=collection))
        except CaptureError:
            continue
        if {obj.session_uid for obj in picked} == wanted and collection != context.scene.collection:
            return collection
    return None


def _remarks(seen: Capture, shell: Sequence[bpy.types.Object], left_out: Sequence[bpy.types.Object]) -> list[str]:
    """What else the user may wonder about: what capture assumed, and which of the selection isn't in the room."""
    assumed = [note.reason for note in seen.notes if note.what == "room" and not note.object_name]
    lines = [reason[:1].upper() + reason[1:] for reason in assumed]
    used = {ref.uid for ref in seen.room}
    unused = [obj for obj in shell if obj.session_uid not in used]
    if unused:
        lines.append(told("Hidden or without faces, so not in it: {names}", names=_names(unused)))
    if left_out:
        lines.append(told("Furniture, so not a part of the room: {names}", names=_names(left_out)))
    return lines


def _names(objects: Sequence[bpy.types.Object]) -> str:
    names = ", ".join(obj.name for obj in objects[:_MOST_NAMES])
    more = len(objects) - _MOST_NAMES
    return told("{names} and {count} more", names=names, count=more) if more > 0 else names


CLASSES = (METASPATIAL_OT_room_from_selection,)
