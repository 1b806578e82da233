# SPDX-License-Identifier: GPL-3.0-or-later
"""Several arrangements to choose from: step through them in the room itself, and keep one.

No postponed annotations here: Blender reads them as they are.
"""

import bpy
from bpy.props import IntProperty

from . import session
from .words import told


class METASPATIAL_OT_show_variant(bpy.types.Operator):
    """Put the furniture where another of the arrangements found has it"""

    bl_idname = "metaspatial.show_variant"
    bl_label = "Show Another Variant"
    bl_options = {"REGISTER", "UNDO"}

    step: IntProperty(name="Step", description="1 for the next one, -1 for the one before", default=1)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if session.busy() or not _several(context):
            cls.poll_message_set(told("Arrange with more than one variant first"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        from . import engines

        count = len(session.current_job().result)
        stands = engines.standing(context)
        try:
            engines.put(context, ((-1 if stands is None and self.step > 0 else stands or 0) + self.step) % count)
        except session.Refused as error:
            session.show_end(context, str(error), alert=True)
            self.report({"WARNING"}, str(error))
            return {"CANCELLED"}
        session.show_arrangement(context)
        return {"FINISHED"}


class METASPATIAL_OT_keep(bpy.types.Operator):
    """Keep the arrangement that stands there, and forget the others"""

    bl_idname = "metaspatial.keep"
    bl_label = "Keep"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return not session.busy() and _several(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        session.state(context).variants = 0
        return {"FINISHED"}


def draw_variants(context: bpy.types.Context, layout: bpy.types.UILayout) -> None:
    """The row that steps through them, where there are several."""
    shown = session.state(context)
    if not _several(context):
        return
    row = layout.box().row(align=True)
    row.operator("metaspatial.show_variant", text="", icon="TRIA_LEFT").step = -1
    middle = row.row()
    middle.alignment = "CENTER"
    if session.current_job().name == session.COMPARISON:
        middle.label(text="Before training" if shown.variant == 1 else "After training")
    else:
        middle.label(text=f"{shown.variant} / {shown.variants}", translate=False)
    middle.label(text=f"{100 * shown.total:.0f} %", translate=False)
    row.operator("metaspatial.show_variant", text="", icon="TRIA_RIGHT").step = 1
    row.separator()
    row.operator("metaspatial.keep", icon="CHECKMARK")


def _several(context: bpy.types.Context) -> bool:
    job = session.now.job
    return job is not None and job.stage == "done" and session.state(context).variants > 1


CLASSES = (METASPATIAL_OT_show_variant, METASPATIAL_OT_keep)
