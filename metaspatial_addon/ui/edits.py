# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of many pieces at once, and the menus that offer them: beside the list, and on a right click in the view."""

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty

from . import session
from .properties import FRONTS, MOUNTS, ROLES
from .words import told

LOCKS = (
    ("TOGGLE", "Toggle", "Lock them; where all are locked already, unlock them"),
    ("LOCK", "Lock", "They stay where they are, and everything else keeps clear of them"),
    ("UNLOCK", "Unlock", "They may be moved again"),
)
CHOICES = (
    ("PIECE", "Select the Active Piece", "The piece of the active row"),
    ("CATEGORY", "Select All of Its Category", "All pieces that are the same as the one of the active row"),
    ("ALL", "Select All Pieces", "All pieces of the list"),
)


class METASPATIAL_OT_lock(bpy.types.Operator):
    """Lock all selected pieces where they are, or unlock them where all are locked"""

    bl_idname = "metaspatial.lock"
    bl_label = "Lock or Unlock"
    bl_options = {"REGISTER", "UNDO"}

    action: EnumProperty(name="Action", items=LOCKS)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _something_selected(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        pieces = selected_pieces(context)
        locked = [obj.metaspatial.role == "FIXED" for obj in pieces]
        lock = not all(locked) if self.action == "TOGGLE" else self.action == "LOCK"
        for obj, already in zip(pieces, locked, strict=True):
            if lock != already:
                obj.metaspatial.role = "FIXED" if lock else _unlocked(context, obj)
        return {"FINISHED"}


class METASPATIAL_OT_lock_row(bpy.types.Operator):
    """Lock this piece where it is, or let it be moved again"""

    bl_idname = "metaspatial.lock_row"
    bl_label = "Lock or Unlock"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    row: IntProperty(options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return not session.busy()

    def execute(self, context: bpy.types.Context) -> set[str]:
        rows = session.state(context).pieces
        row = rows[self.row] if 0 <= self.row < len(rows) else None
        obj = None if row is None else session.object_of(row)
        if row is None or obj is None:
            self.report({"WARNING"}, told("Those pieces are gone or hidden."))
            return {"CANCELLED"}
        role = _unlocked(context, obj) if row.fixed else "FIXED"
        if not obj.is_editable or role == obj.metaspatial.role:  # what it is holds it, not a choice
            self.report({"WARNING"}, ": ".join(text for text in (row.object, row.reason) if text))
            return {"CANCELLED"}
        obj.metaspatial.role = role
        return {"FINISHED"}


class METASPATIAL_OT_set_mount(bpy.types.Operator):
    """Say what carries all selected pieces: the floor, a wall, the ceiling, another piece"""

    bl_idname = "metaspatial.set_mount"
    bl_label = "Set What Carries It"
    bl_options = {"REGISTER", "UNDO"}

    mount: EnumProperty(name="Stands on", items=MOUNTS)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _something_selected(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        for obj in selected_pieces(context):
            obj.metaspatial.mount = self.mount
        return {"FINISHED"}


class METASPATIAL_OT_set_front(bpy.types.Operator):
    """Say which of their own axes is the front of all selected pieces; nothing is turned"""

    bl_idname = "metaspatial.set_front"
    bl_label = "Set Front"
    bl_options = {"REGISTER", "UNDO"}

    front: EnumProperty(name="Front", items=FRONTS)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _something_selected(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        for obj in selected_pieces(context):
            obj.metaspatial.front = self.front
        return {"FINISHED"}


class METASPATIAL_OT_select_rows(bpy.types.Operator):
    """Select pieces of the list, to edit them together"""

    bl_idname = "metaspatial.select_rows"
    bl_label = "Select from the List"
    bl_options = {"REGISTER", "UNDO"}

    which: EnumProperty(name="Which", items=CHOICES)
    extend: BoolProperty(name="Extend", description="Keep what is selected already")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.mode != "OBJECT" or not len(session.state(context).pieces):
            cls.poll_message_set("There is nothing in the list")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        shown = session.state(context)
        active = shown.pieces[min(shown.piece, len(shown.pieces) - 1)]
        rows = [
            row for row in shown.pieces
            if self.which == "ALL"
            or (self.which == "CATEGORY" and row.category == active.category)
            or row.id == active.id
        ]  # fmt: skip
        kept = list(context.selected_objects) if self.extend else []
        found = [obj for row in rows if (obj := session.object_of(row)) is not None]
        first = session.object_of(active)
        found.sort(key=lambda obj: obj != first)
        if not session.select_objects(context, found):
            self.report({"WARNING"}, told("Those pieces are gone or hidden."))
            return {"CANCELLED"}
        for obj in kept:
            obj.select_set(True)
        return {"FINISHED"}


class METASPATIAL_MT_role(bpy.types.Menu):
    bl_idname = "METASPATIAL_MT_role"
    bl_label = "Role"

    def draw(self, context: bpy.types.Context) -> None:
        for identifier, name, _, icon, _ in ROLES:
            self.layout.operator("metaspatial.set_role", text=name, icon=icon).role = identifier


class METASPATIAL_MT_mount(bpy.types.Menu):
    bl_idname = "METASPATIAL_MT_mount"
    bl_label = "Stands on"

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.operator_enum("metaspatial.set_mount", "mount")


class METASPATIAL_MT_front(bpy.types.Menu):
    bl_idname = "METASPATIAL_MT_front"
    bl_label = "Front"

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.operator("metaspatial.turn_front", text="A Quarter Turn Further", icon="LOOP_FORWARDS")
        self.layout.separator()
        self.layout.operator_enum("metaspatial.set_front", "front")


class METASPATIAL_MT_pieces(bpy.types.Menu):
    """What can be said about all selected objects at once."""

    bl_idname = "METASPATIAL_MT_pieces"
    bl_label = "MetaSpatial"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.operator("metaspatial.lock", text="Lock", icon="LOCKED").action = "LOCK"
        layout.operator("metaspatial.lock", text="Unlock", icon="UNLOCKED").action = "UNLOCK"
        layout.separator()
        layout.menu(METASPATIAL_MT_role.bl_idname)
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator("metaspatial.set_category", text="Category…", icon="VIEWZOOM")
        layout.menu(METASPATIAL_MT_mount.bl_idname)
        layout.menu(METASPATIAL_MT_front.bl_idname)
        layout.separator()
        layout.operator("metaspatial.room_from_selection", icon="HOME")


class METASPATIAL_MT_list(bpy.types.Menu):
    """The same, beside the list, with ways to select from it."""

    bl_idname = "METASPATIAL_MT_list"
    bl_label = "Pieces"

    def draw(self, context: bpy.types.Context) -> None:
        _draw_selecting(self.layout)
        self.layout.separator()
        self.layout.label(text="The selected objects")
        METASPATIAL_MT_pieces.draw(self, context)


def selected_pieces(context: bpy.types.Context) -> list[bpy.types.Object]:
    """The selected objects of this file; for a part of a piece of the list, the piece."""
    rows = {(row.object, row.library) for row in session.state(context).pieces}
    found: dict[bpy.types.Object, None] = {}
    for obj in context.selected_objects:
        piece, above = obj, obj
        while above is not None:
            if (above.name, above.library.filepath if above.library else "") in rows:
                piece = above
                break
            above = above.parent
        if piece.is_editable:
            found[piece] = None
    return list(found)


def _unlocked(context: bpy.types.Context, obj: bpy.types.Object) -> str:
    """The role of a piece that is unlocked: what Automatic would hold all the same, as built in, has to be Movable."""
    from ..capture.names import name_kind  # not above: numpy comes with it

    return "MOVABLE" if name_kind(obj.name) == "built_in" else "AUTO"


def _something_selected(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    if not any(obj.is_editable for obj in context.selected_objects):
        cls.poll_message_set("Select objects of this file first")
        return False
    return True


def _draw_selecting(layout: bpy.types.UILayout) -> None:
    for identifier, name, _ in CHOICES:
        row = layout.operator("metaspatial.select_rows", text=name)
        row.which = identifier


def draw_object_menu(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    """For the Object menu, which F3 searches too, and for the right click in the view."""
    if context.mode == "OBJECT":
        self.layout.separator()
        self.layout.menu(METASPATIAL_MT_pieces.bl_idname)


def draw_list_menu(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    """For the right click on a row of the list."""
    rows = getattr(context, "ui_list", None)
    if rows is not None and rows.bl_idname == "METASPATIAL_UL_pieces":
        self.layout.separator()
        _draw_selecting(self.layout)
        self.layout.menu(METASPATIAL_MT_pieces.bl_idname, text="The Selected Objects")


CLASSES = (
    METASPATIAL_OT_lock, METASPATIAL_OT_lock_row, METASPATIAL_OT_set_mount, METASPATIAL_OT_set_front,
    METASPATIAL_OT_select_rows,
    METASPATIAL_MT_role, METASPATIAL_MT_mount, METASPATIAL_MT_front, METASPATIAL_MT_pieces, METASPATIAL_MT_list,
)  # fmt: skip
