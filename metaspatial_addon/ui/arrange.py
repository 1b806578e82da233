# SPDX-License-Identifier: GPL-3.0-or-later
"""Arrange, refine, cancel, place, restore: thin shells around the session's job.

Nothing moves before the job is through. Then one operator, `metaspatial.apply_layout`, writes all transforms as one
undo step; arranging itself makes none. No postponed annotations here: Blender reads them as they are.
"""

import logging
from typing import TYPE_CHECKING

import bpy
from bpy.props import BoolProperty, IntProperty

from . import session
from .words import told

if TYPE_CHECKING:
    from ..capture import Capture

_log = logging.getLogger(__name__)
_TICK = 0.03


class Arranging(bpy.types.Operator):
    """What finds arrangements: `refining` what stands there, of the selected pieces only with `only_selected`."""

    bl_options = {"REGISTER"}
    refining = False
    only_selected = False

    _timer: bpy.types.Timer | None = None

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.scene is None or context.mode != "OBJECT":
            cls.poll_message_set(told("Furniture is arranged in Object Mode"))
            return False
        if session.busy():
            cls.poll_message_set(told("An arrangement is on its way"))
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not self._begin(context):
            return {"CANCELLED"}
        manager = context.window_manager
        self._timer = manager.event_timer_add(_TICK, window=context.window)
        manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """For scripts: arrange now and return when it is done."""
        if not self._begin(context):
            return {"CANCELLED"}
        job = session.current_job()
        while job.working:
            job.pump(wait=0.5)
        return self._end(context)

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        job = session.now.job
        if job is None:  # another file was loaded
            self._remove_timer(context)
            return {"CANCELLED"}
        if event.type == "ESC" and event.value == "PRESS" and job.working:
            job.cancel()
        elif event.type == "TIMER" and job.pump():
            session.show_progress(context)
        if job.working:
            return {"RUNNING_MODAL"} if event.type == "ESC" else {"PASS_THROUGH"}
        self._remove_timer(context)
        return self._end(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender takes the operator away: another file, or the end."""
        session.abort()
        self._remove_timer(context)
        session.state(context).working = False

    def _begin(self, context: bpy.types.Context) -> bool:
        shown = session.state(context)
        shown.message, shown.alert, shown.offer_solver, shown.variants = "", False, False, 0
        seen = session.look(context, only_selected=self.only_selected)
        if seen is None:
            return self._refuse(context, shown.problem)
        if not seen.scene.movable:
            return self._refuse(context, _nothing(self.only_selected))
        try:
            self.start(context, seen)
        except session.Refused as error:
            return self._refuse(context, str(error), offer_solver=True)
        session.show_progress(context)
        return True

    def start(self, context: bpy.types.Context, seen: "Capture") -> None:
        """Start the session's job on what was captured. Raises `session.Refused`."""
        from . import engines  # not above: all that arranging takes comes with it

        engines.begin(context, seen, refining=self.refining)

    def _refuse(self, context: bpy.types.Context, message: str, *, offer_solver: bool = False) -> bool:
        session.show_end(context, message, alert=True, offer_solver=offer_solver)
        self.report({"WARNING"}, message)
        return False

    def _end(self, context: bpy.types.Context) -> set[str]:
        """Place what was found, or say why nothing was."""
        job = session.current_job()
        session.close_renderer()
        if self.only_selected:
            session.look_again_soon()
        if job.stage == "ready":
            try:
                bpy.ops.metaspatial.apply_layout("EXEC_DEFAULT", True)
            except RuntimeError as error:
                job.fail(_report_text(error))
        if job.stage == "done":
            session.show_progress(context)
            self.report({"INFO"}, session.state(context).message)
            return {"FINISHED"}
        if job.stage == "cancelled":
            session.show_end(context, told("Stopped; nothing was moved."))
            self.report({"INFO"}, session.state(context).message)
            return {"CANCELLED"}
        if job.details:
            _log.error("%s", job.details)
        session.show_end(context, job.error, alert=True, offer_solver=session.now.by_model)
        self.report({"WARNING"}, job.error)
        return {"CANCELLED"}

    def _remove_timer(self, context: bpy.types.Context) -> None:
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None


class METASPATIAL_OT_arrange(Arranging):
    """Arrange the furniture. Nothing moves until the arrangement is found; Esc stops"""

    bl_idname = "metaspatial.arrange"
    bl_label = "Arrange"


class METASPATIAL_OT_arrange_selected(Arranging):
    """Arrange the selected pieces; everything else stays and is kept clear of"""

    bl_idname = "metaspatial.arrange_selected"
    bl_label = "Arrange Selected"
    only_selected = True


class METASPATIAL_OT_refine(Arranging):
    """Better the room as it stands: the engine is shown it with its faults. Nothing moves unless it gets better"""

    bl_idname = "metaspatial.refine"
    bl_label = "Refine"
    refining = True


class METASPATIAL_OT_arrange_with_solver(bpy.types.Operator):
    """Choose the built-in solver, which needs no model, and arrange"""

    bl_idname = "metaspatial.arrange_with_solver"
    bl_label = "Arrange with the Solver"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return METASPATIAL_OT_arrange.poll(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.metaspatial.engine = "SOLVER"
        return bpy.ops.metaspatial.arrange("INVOKE_DEFAULT")


class METASPATIAL_OT_cancel(bpy.types.Operator):
    """Stop arranging; nothing has moved yet"""

    bl_idname = "metaspatial.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return session.busy()

    def execute(self, context: bpy.types.Context) -> set[str]:
        session.abort()
        return {"FINISHED"}


class METASPATIAL_OT_apply_layout(bpy.types.Operator):
    """Put the furniture where the last arrangement says"""

    bl_idname = "metaspatial.apply_layout"
    bl_label = "Arrange Furniture"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    variant: IntProperty(
        name="Variant", description="Which of the arrangements found; the first has the best score", min=1, default=1
    )
    settle: BoolProperty(
        name="Settle", description="Move pieces the least that makes the arrangement valid", default=True
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        job = session.now.job
        return job is not None and job.stage in ("ready", "done") and session.now.capture is not None

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.use_property_split = True
        if session.state(context).variants > 1:
            self.layout.prop(self, "variant")
        found = session.current_job().result
        if found[min(self.variant, len(found)) - 1].moved:
            self.layout.prop(self, "settle")

    def execute(self, context: bpy.types.Context) -> set[str]:
        from . import engines

        self.variant = min(self.variant, len(session.current_job().result))
        try:
            engines.put(context, self.variant - 1, settled=self.settle)
        except session.Refused as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        job = session.current_job()
        if job.stage == "ready":
            job.finish()
        session.show_arrangement(context)
        return {"FINISHED"}


class METASPATIAL_OT_restore(bpy.types.Operator):
    """Put every piece back where it stood before the last arrangement"""

    bl_idname = "metaspatial.restore"
    bl_label = "Restore"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if session.busy() or session.now.before is None:
            cls.poll_message_set(told("Nothing was arranged yet"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        from . import engines

        message, alert = engines.put_back(context)
        session.state(context).stale = True
        session.show_end(context, message, alert=alert)
        self.report({"WARNING" if alert else "INFO"}, message)
        return {"FINISHED"}


def _nothing(only_selected: bool) -> str:
    if only_selected:
        return told("Nothing that is selected is a movable piece of this room.")
    return told("There is nothing to arrange: no piece in the room is movable.")


def _report_text(error: RuntimeError) -> str:
    """The operator's own report without Blender's "Error: "."""
    return str(error).strip().removeprefix("Error: ").splitlines()[0]


CLASSES = (
    METASPATIAL_OT_arrange, METASPATIAL_OT_arrange_selected, METASPATIAL_OT_refine, METASPATIAL_OT_arrange_with_solver,
    METASPATIAL_OT_cancel, METASPATIAL_OT_apply_layout, METASPATIAL_OT_restore,
)  # fmt: skip
