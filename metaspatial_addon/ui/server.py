# SPDX-License-Identifier: GPL-3.0-or-later
"""The model server from the panel: start one on this computer, stop it, test whichever is set.

All three take their time on a thread; one at a time. While a server of ours runs, it is the one that is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import bpy

from . import session
from .preferences import chat_settings, preferences, refusal
from .words import told

if TYPE_CHECKING:
    from ..jobs import Desk, Job

_TICK = 0.1
_errand: Job[tuple[str, bool]] | None = None
"""What runs now: its result is a sentence, and whether it is a warning."""


class METASPATIAL_OT_server_start(bpy.types.Operator):
    """Start the model server on this computer, in the Python environment that the preferences name"""

    bl_idname = "metaspatial.server_start"
    bl_label = "Start Server"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        own = preferences(context)
        if own is None:
            cls.poll_message_set("The preferences of MetaSpatial are missing: it is not installed as an extension")
            return False
        return _errand is None and session.now.server is None

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ...backend import serve  # not above: Blender's start need not wait for an HTTP client

        own = preferences(context)
        if own is None:
            return {"CANCELLED"}
        python, model = serve.find_python(bpy.path.abspath(own.python.strip())), own.checkpoint.strip()
        if not python:
            _show(serve.NO_PYTHON, alert=True)
            self.report({"WARNING"}, serve.NO_PYTHON)
            return {"CANCELLED"}
        replaces = bool(model) and session.now.small is not None
        if replaces:
            session.now.small = None

        def work(desk: Desk) -> tuple[str, bool]:
            try:
                if replaces:  # one server at a time: the small model's, started by arranging, makes way
                    serve.stop()
                running = serve.status()
                if running is None or not running.ready:
                    running = serve.start(
                        model, python=python, on_progress=lambda text: desk.tell(text=text), cancelled=desk.cancelled
                    )
            except serve.ServeError as error:
                return str(error), True
            session.now.server = running
            return told("{model} runs on this computer.", model=running.model), False

        return _run("server start", work, told("Starting…"))


class METASPATIAL_OT_server_stop(bpy.types.Operator):
    """Stop the model server on this computer, or give up starting it"""

    bl_idname = "metaspatial.server_stop"
    bl_label = "Stop Server"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _errand is not None or session.now.server is not None or session.now.small is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ...backend import serve

        stop_errand()
        _show("", alert=False)
        if session.now.server is None and session.now.small is None:
            return {"FINISHED"}
        session.now.server = session.now.small = None

        def work(desk: Desk) -> tuple[str, bool]:
            try:
                serve.stop()
            except serve.ServeError as error:
                return str(error), True
            return told("Stopped."), False

        return _run("server stop", work, told("Stopping…"))


class METASPATIAL_OT_server_test(bpy.types.Operator):
    """Ask the server whether it is there, has the model, answers, and sees pictures"""

    bl_idname = "metaspatial.server_test"
    bl_label = "Test Server"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _errand is None

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ...backend.policies.chat import check

        if reason := refusal(context):
            _show(reason, alert=True)
            self.report({"WARNING"}, reason)
            return {"CANCELLED"}
        settings = chat_settings(context)

        def work(desk: Desk) -> tuple[str, bool]:
            found = check(settings, cancelled=desk.cancelled)
            return found.message, not found.ok

        return _run("server test", work, "Testing…")


def stop_errand() -> None:
    """Give up what runs."""
    global _errand
    if _errand is not None:
        _errand.cancel()
        _errand = None
    if bpy.app.timers.is_registered(_follow):
        bpy.app.timers.unregister(_follow)


def _run(name: str, work: Callable[[Desk], tuple[str, bool]], text: str) -> set[str]:
    """Do it on a thread; without an event loop, wait for it."""
    global _errand
    from ..jobs import Job

    _errand = Job(name, work).start()
    _show(text, alert=False)
    if not bpy.app.background:
        bpy.app.timers.register(_follow, first_interval=_TICK)
        return {"FINISHED"}
    while _errand.working:
        _errand.pump(wait=0.2)
    _follow()
    return {"FINISHED"}


def _follow() -> float | None:
    """Pump the errand until it is through, then show what came out."""
    global _errand
    if _errand is None:
        return None
    if _errand.pump() and _errand.text:
        _show(_errand.text, alert=False)
    if _errand.working:
        return _TICK
    errand, _errand = _errand, None
    if errand.stage == "ready":
        message, alert = errand.result
        _show(message, alert=alert)
    elif errand.stage == "failed":
        _show(errand.error, alert=True)
    return None


def _show(message: str, *, alert: bool) -> None:
    shown = session.state(bpy.context)
    shown.server, shown.server_alert = message, alert
    session.redraw(bpy.context)


CLASSES = (METASPATIAL_OT_server_start, METASPATIAL_OT_server_stop, METASPATIAL_OT_server_test)
