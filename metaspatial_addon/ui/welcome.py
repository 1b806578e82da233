# SPDX-License-Identifier: GPL-3.0-or-later
"""What those who are new to it read first: three lines and the sample rooms, until something was arranged once."""

from __future__ import annotations

import bpy

from . import sample, session
from .panel import write
from .preferences import preferences
from .words import told

STEPS = (
    ("HOME", "Open your room, or add a sample."),
    ("PLAY", "Press Arrange."),
    ("LOOP_BACK", "Not to your taste? Undo it."),
)


class METASPATIAL_OT_dismiss_welcome(bpy.types.Operator):
    """Leave out these first steps from now on; the preferences bring them back"""

    bl_idname = "metaspatial.dismiss_welcome"
    bl_label = "Hide First Steps"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return wanted(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        dismiss(context)
        return {"FINISHED"}


class METASPATIAL_PT_welcome(bpy.types.Panel):
    bl_idname = "METASPATIAL_PT_welcome"
    bl_label = "First Steps"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "MetaSpatial"
    bl_order = -1

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return wanted(context)

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        self.layout.operator("metaspatial.dismiss_welcome", text="", icon="X", emboss=False)

    def draw(self, context: bpy.types.Context) -> None:
        layout, furnished = self.layout, bool(session.state(context).pieces)
        column = layout.column(align=True)
        for number, (icon, words) in enumerate(STEPS):
            done = number == 0 and furnished
            write(context, column, told(words), icon="CHECKMARK" if done else icon)
        if not furnished:
            layout.menu(sample.METASPATIAL_MT_samples.bl_idname, icon="ADD")


def wanted(context: bpy.types.Context) -> bool:
    """Whether to explain anything: not to those who have arranged something or had enough of it."""
    own = preferences(context)
    return own is not None and not own.welcomed


def dismiss(context: bpy.types.Context) -> None:
    """Not again, in the files and the Blenders to come."""
    own = preferences(context)
    if own is not None and not own.welcomed:
        own.welcomed = True
        context.preferences.is_dirty = True  # so that Blender saves it with the rest
        session.redraw(context)


CLASSES = (METASPATIAL_OT_dismiss_welcome, METASPATIAL_PT_welcome)
