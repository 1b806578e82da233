# SPDX-License-Identifier: GPL-3.0-or-later
"""An arrow at the foot of the active piece's front; a click on it says that the front is a quarter turn further."""

from __future__ import annotations

import math
from typing import Any

import bpy
from mathutils import Matrix, Vector

from . import session
from .properties import FRONTS
from .words import told

COLOUR, LIT = (0.25, 0.68, 1.0), (1.0, 0.78, 0.25)
_TURNS = tuple(identifier for identifier, *_ in FRONTS[1:])
_AHEAD = 0.15
"""Gap between a piece and its arrow, as a share of the arrow's length."""
_SHAPE = (
    (-0.10, 0.0), (0.10, 0.0), (0.10, -0.55), (-0.10, 0.0), (0.10, -0.55), (-0.10, -0.55),
    (-0.30, -0.50), (0.30, -0.50), (0.0, -1.0),
)  # fmt: skip
"""Triangles of an arrow along -Y, which is the front's direction at rotation 0."""


class METASPATIAL_OT_turn_active_front(bpy.types.Operator):
    """The front of the active piece is a quarter turn further, counter-clockwise; the piece itself stays as it is"""

    bl_idname = "metaspatial.turn_active_front"
    bl_label = "Turn This Front"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.mode == "OBJECT" and not session.busy()

    def execute(self, context: bpy.types.Context) -> set[str]:
        piece = active_piece(context)
        if piece is None:
            self.report({"WARNING"}, told("The active object is no piece of the list"))
            return {"CANCELLED"}
        if not piece.is_editable:
            where = piece.library.filepath if piece.library else told("another file")
            text = told("{name} is linked from {file}: its front can be turned there, or in a library override")
            self.report({"WARNING"}, text.format(name=piece.name, file=where))
            return {"CANCELLED"}
        own: Any = piece.metaspatial  # type: ignore[attr-defined]
        own.front = _TURNS[(_TURNS.index(front_of(piece)) + 1) % len(_TURNS)]
        return {"FINISHED"}


class METASPATIAL_GT_front(bpy.types.Gizmo):
    """A flat arrow."""

    bl_idname = "METASPATIAL_GT_front"

    __slots__ = ("shape",)

    def setup(self) -> None:
        if not hasattr(self, "shape"):
            self.shape = self.new_custom_shape("TRIS", [(x, y, 0.0) for x, y in _SHAPE])

    def draw(self, context: bpy.types.Context) -> None:
        self.draw_custom_shape(self.shape)

    def draw_select(self, context: bpy.types.Context, select_id: int) -> None:
        self.draw_custom_shape(self.shape, select_id=select_id)


class METASPATIAL_GGT_front(bpy.types.GizmoGroup):
    """The arrow of the active piece, while the add-on's tab is open or its overlay is on."""

    bl_idname = "METASPATIAL_GGT_front"
    bl_label = "Front of a Piece"
    bl_space_type = "VIEW_3D"
    bl_region_type = "WINDOW"
    bl_options = {"3D", "PERSISTENT"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return (
            context.mode == "OBJECT" and not session.busy() and is_wanted(context) and active_piece(context) is not None
        )

    def setup(self, context: bpy.types.Context) -> None:
        arrow = self.gizmos.new(METASPATIAL_GT_front.bl_idname)
        arrow.target_set_operator(METASPATIAL_OT_turn_active_front.bl_idname)
        arrow.color, arrow.alpha = COLOUR, 0.85
        arrow.color_highlight, arrow.alpha_highlight = LIT, 1.0
        arrow.scale_basis = 0.6
        self.arrow = arrow

    def draw_prepare(self, context: bpy.types.Context) -> None:
        piece = active_piece(context)
        place = None if piece is None else arrow_matrix(piece)
        self.arrow.hide = place is None
        if place is not None:
            self.arrow.matrix_basis = place


def is_wanted(context: bpy.types.Context) -> bool:
    """Whether one works with the add-on in this view: its tab is open, or its overlay shows the fronts."""
    space, area = context.space_data, context.area
    if area is None or not isinstance(space, bpy.types.SpaceView3D) or not space.show_gizmo:
        return False
    overlay = getattr(context.scene, "metaspatial_overlay", None)
    if overlay is not None and overlay.show and overlay.fronts and space.overlay.show_overlays:
        return True
    if not space.show_region_ui:
        return False
    sidebars = (region for region in area.regions if region.type == "UI")
    return any(getattr(region, "active_panel_category", "") == "MetaSpatial" for region in sidebars)


def active_piece(context: bpy.types.Context) -> bpy.types.Object | None:
    """The piece of the list that the active object is, or is a part of."""
    obj = context.active_object
    rows = {(row.object, row.library) for row in session.state(context).pieces}
    while obj is not None:
        if (obj.name, obj.library.filepath if obj.library else "") in rows:
            return obj
        obj = obj.parent
    return None


def front_of(piece: bpy.types.Object) -> str:
    """The local axis that is the piece's front, from wherever capture takes it."""
    from ..capture.settings import settings_of  # not above: numpy comes with it

    front = settings_of(piece, {}).front
    return front if front in _TURNS else _TURNS[0]


def arrow_matrix(piece: bpy.types.Object) -> Matrix | None:
    """Where the arrow lies: its -Y out of the front's lower edge, level. None for what has no size."""
    import numpy as np  # not above: Blender's start need not wait for it

    from ..capture.frame import yaw_of

    corners = _corners(piece)
    if not corners:
        return None
    yaw = math.radians(yaw_of(np.array(piece.matrix_world), front_of(piece)))
    back = Matrix.Rotation(-yaw, 4, "Z")
    turned = [back @ corner for corner in corners]
    low = [min(corner[axis] for corner in turned) for axis in range(3)]
    high = [max(corner[axis] for corner in turned) for axis in range(3)]
    edge = Vector(((low[0] + high[0]) / 2, low[1] - _AHEAD * min(high[1] - low[1], 0.5), low[2] + 0.002))
    return Matrix.Rotation(yaw, 4, "Z") @ Matrix.Translation(edge)


def _corners(piece: bpy.types.Object) -> list[Vector]:
    """World corners of the boxes of a piece's parts, those of collection instances too."""
    found = []
    for obj in (piece, *piece.children_recursive):
        if obj.type == "EMPTY" and obj.instance_type == "COLLECTION" and obj.instance_collection is not None:
            shift = Matrix.Translation(-obj.instance_collection.instance_offset)
            for inner in obj.instance_collection.all_objects:
                if inner.type == "MESH":
                    place = obj.matrix_world @ shift @ inner.matrix_world
                    found += [place @ Vector(corner) for corner in inner.bound_box]
        elif obj.type in {"MESH", "CURVE", "SURFACE", "FONT", "META"} and obj.visible_get():
            found += [obj.matrix_world @ Vector(corner) for corner in obj.bound_box]
    return found


CLASSES = (METASPATIAL_OT_turn_active_front, METASPATIAL_GT_front, METASPATIAL_GGT_front)
