# SPDX-License-Identifier: GPL-3.0-or-later
"""The furniture list, and what one does with pieces: look again, give roles, select those an issue is about."""

import json

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty

from . import session
from .framing import frame_selected
from .properties import FRONTS, ROLES
from .words import told

ROLE_ICONS = {identifier: icon for identifier, _, _, icon, _ in ROLES}


_categories: list[tuple[str, str, str]] = []


def _category_items(operator: object, context: bpy.types.Context | None) -> list[tuple[str, str, str]]:
    """All categories. Kept here, because Blender does not keep the strings itself."""
    if not _categories:
        from ...backend.scene import CATEGORIES  # not above: numpy comes with it

        names = sorted(CATEGORIES)
        _categories.append(("AUTO", "From the name", "Told from each object's name"))
        _categories.extend((name, name.replace("_", " ").capitalize(), "") for name in names)
    return _categories


class METASPATIAL_UL_pieces(bpy.types.UIList):
    """One captured piece a row: what it is called, what it is, whether it may move."""

    def draw_item(
        self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0
    ):  # fmt: skip
        row = layout.row(align=True)
        split = row.split(factor=0.55, align=True)
        name = split.row(align=True)
        lock = "LOCKED" if item.fixed else "UNLOCKED"
        name.operator("metaspatial.lock_row", text="", icon=lock, emboss=False).row = index
        name.label(text=item.object, translate=False)
        named = split.row(align=True)
        named.active = item.category != "unknown"
        named.label(text=item.category.replace("_", " "), translate=False)
        obj = session.object_of(item)
        if obj is not None:
            row.prop(obj.metaspatial, "role", text="", icon=ROLE_ICONS[obj.metaspatial.role], icon_only=True)


class METASPATIAL_OT_look(bpy.types.Operator):
    """Look at the room again: its shape, its openings, the furniture in it"""

    bl_idname = "metaspatial.look"
    bl_label = "Look at the Room"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.mode == "OBJECT" and not session.busy()

    def execute(self, context: bpy.types.Context) -> set[str]:
        if session.look(context) is None:
            self.report({"WARNING"}, session.state(context).problem)
            return {"CANCELLED"}
        return {"FINISHED"}


class METASPATIAL_OT_select_piece(bpy.types.Operator):
    """Select these pieces, and show them in the view"""

    bl_idname = "metaspatial.select_pieces"
    bl_label = "Select Pieces"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    pieces: StringProperty(options={"HIDDEN", "SKIP_SAVE"})
    message: StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        return f"{properties.message}\n{told('Click to select and show')}"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.mode == "OBJECT"

    def execute(self, context: bpy.types.Context) -> set[str]:
        wanted = set(json.loads(self.pieces or "[]"))
        rows = [row for row in session.state(context).pieces if row.id in wanted]
        if not session.select(context, rows):
            self.report({"WARNING"}, told("Those pieces are gone or hidden."))
            return {"CANCELLED"}
        frame_selected(context)
        return {"FINISHED"}


class METASPATIAL_OT_select_object(bpy.types.Operator):
    """Select the object that a remark is about, and show it in the view"""

    bl_idname = "metaspatial.select_object"
    bl_label = "Select Object"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    object: StringProperty(options={"HIDDEN", "SKIP_SAVE"})
    message: StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        return f"{properties.message}\n{told('Click to select and show')}" if properties.object else properties.message

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.mode == "OBJECT"

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not self.object:
            return {"CANCELLED"}  # a remark on the room as a whole
        obj = context.view_layer.objects.get(self.object)
        if obj is None or not session.select_objects(context, [obj]):
            self.report({"WARNING"}, told("{name} is gone or hidden.", name=self.object))
            return {"CANCELLED"}
        frame_selected(context)
        return {"FINISHED"}


class METASPATIAL_OT_set_role(bpy.types.Operator):
    """Give all selected objects this role"""

    bl_idname = "metaspatial.set_role"
    bl_label = "Set Role"
    bl_options = {"REGISTER", "UNDO"}

    role: EnumProperty(name="Role", items=ROLES)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _editable_selection(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        for obj in _editable(context):
            obj.metaspatial.role = self.role
        return {"FINISHED"}


class METASPATIAL_OT_set_category(bpy.types.Operator):
    """Say what all selected objects are"""

    bl_idname = "metaspatial.set_category"
    bl_label = "Set Category"
    bl_options = {"REGISTER", "UNDO"}
    bl_property = "category"

    category: EnumProperty(name="Category", items=_category_items)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _editable_selection(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.invoke_search_popup(self)
        return {"INTERFACE"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        for obj in _editable(context):
            obj.metaspatial.category = "" if self.category == "AUTO" else self.category
        return {"FINISHED"}


class METASPATIAL_OT_turn_front(bpy.types.Operator):
    """Say that the selected objects' front is a quarter turn further, counter-clockwise; nothing is turned"""

    bl_idname = "metaspatial.turn_front"
    bl_label = "Turn Front"
    bl_options = {"REGISTER", "UNDO"}

    quarters: IntProperty(name="Quarter turns", default=1, min=-3, max=3)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _editable_selection(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        turns = [identifier for identifier, *_ in FRONTS[1:]]
        for obj in _editable(context):
            own = obj.metaspatial
            here = turns.index(own.front) if own.front in turns else 0
            own.front = turns[(here + self.quarters) % len(turns)]
        return {"FINISHED"}


def _editable(context: bpy.types.Context) -> list[bpy.types.Object]:
    return [obj for obj in context.selected_objects if obj.is_editable]


def _editable_selection(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    if not _editable(context):
        cls.poll_message_set(told("Select objects of this file first"))
        return False
    return True


CLASSES = (
    METASPATIAL_UL_pieces, METASPATIAL_OT_look, METASPATIAL_OT_select_piece, METASPATIAL_OT_select_object,
    METASPATIAL_OT_set_role, METASPATIAL_OT_set_category, METASPATIAL_OT_turn_front,
)  # fmt: skip
