# SPDX-License-Identifier: GPL-3.0-or-later
"""The model server from the panel: start one on this computer, stop it, test whichever is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from . import session
from .preferences import chat_settings, refusal

if TYPE_CHECKING:
    from ...backend.policies.chat import Check
    from ..jobs import Job

_TICK = 0.1
_test: Job[Check] | None = None


class METASPATIAL_OT_server_test(bpy.types.Operator):
    """Ask the server whether it is there, has the model, answers, and sees pictures"""

    bl_idname = "metaspatial.server_test"
    bl_label = "Test Server"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _test is None

    def execute(self, context: bpy.types.Context) -> set[str]:
        global _test
        from ...backend.policies.chat import check  # not above: an HTTP client comes with it
        from ..jobs import Job

        if reason := refusal(context):
            _show(context, reason, alert=True)
            self.report({"WARNING"}, reason)
            return {"CANCELLED"}
        settings = chat_settings(context)
        _test = Job("server test", lambda desk: check(settings, cancelled=desk.cancelled)).start()
        _show(context, "Testing…", alert=False)
        if bpy.app.background:
            while _test.working:
                _test.pump(wait=0.2)
            _follow()
        else:
            bpy.app.timers.register(_follow, first_interval=_TICK)
        return {"FINISHED"}


def _follow() -> float | None:
    """Pump the test until it is through, then show what came out."""
    global _test
    if _test is None:
        return None
    _test.pump()
    if _test.working:
        return _TICK
    if _test.stage == "ready":
        _show(bpy.context, _test.result.message, alert=not _test.result.ok)
    elif _test.stage == "failed":
        _show(bpy.context, _test.error, alert=True)
    _test = None
    return None


def stop_testing() -> None:
    """Give up a running test."""
    global _test
    if _test is not None:
        _test.cancel()
        _test = None
    if bpy.app.timers.is_registered(_follow):
        bpy.app.timers.unregister(_follow)


def _show(context: bpy.types.Context, message: str, *, alert: bool) -> None:
    shown = session.state(context)
    shown.server, shown.server_alert = message, alert
    session.redraw(context)


CLASSES = (METASPATIAL_OT_server_test,)
