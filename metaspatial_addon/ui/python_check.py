# SPDX-License-Identifier: GPL-3.0-or-later
"""What the preferences' Python has of what the models need: asked on a thread, shown in the preferences.

Nothing is installed from here: what is missing is said, with the command for the user's own terminal.
"""

import textwrap
from typing import TYPE_CHECKING

import bpy
from bpy.props import StringProperty

from . import session
from .words import told

if TYPE_CHECKING:
    from ...backend.packages import Finding, Report
    from ..jobs import Desk, Job

_TICK = 0.1
GOOD = "COLORSET_03_VEC"
"""Blender's green."""
USES = {"small": "Small model", "serving": "Other models", "training": "Training"}

_job: "Job[Report] | None" = None
_report: "Report | None" = None
_failure = ""


class METASPATIAL_OT_check_python(bpy.types.Operator):
    """See whether the Python of the preferences has what the models need; installs nothing"""

    bl_idname = "metaspatial.check_python"
    bl_label = "Check Python"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _job is None

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ...backend import packages  # not above: Blender's start need not wait for it
        from ...backend.serve import find_python
        from ..jobs import Job
        from .preferences import preferences

        global _job, _report, _failure
        own = preferences(context)
        python = find_python(bpy.path.abspath(own.python.strip()) if own is not None else "")

        def work(desk: "Desk") -> "Report":
            return packages.check(python, cancelled=desk.cancelled)

        _job, _report, _failure = Job("Python check", work).start(), None, ""
        if bpy.app.background:  # no event loop to go on in
            while _job.working:
                _job.pump(wait=0.2)
            _follow()
        else:
            bpy.app.timers.register(_follow, first_interval=_TICK, persistent=True)
        _redraw(context)
        return {"FINISHED"}


class METASPATIAL_OT_copy_command(bpy.types.Operator):
    """Copy this command to the clipboard, to run it in a terminal"""

    bl_idname = "metaspatial.copy_command"
    bl_label = "Copy Command"
    bl_options = {"INTERNAL"}

    command: StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        return told("Copy to the clipboard, to run it in a terminal:") + f"\n{properties.command}"

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not self.command:
            self.report({"WARNING"}, "There is no command to copy.")
            return {"CANCELLED"}
        context.window_manager.clipboard = self.command
        self.report({"INFO"}, "Copied. Paste it into a terminal, and check again afterwards.")
        return {"FINISHED"}


def draw(context: bpy.types.Context, layout: bpy.types.UILayout) -> None:
    """The button, and what came out last."""
    row = layout.row()
    row.alignment = "RIGHT"
    row.operator("metaspatial.check_python", text="Checking…" if _job is not None else "Check", icon="CONSOLE")
    if _failure:
        _lines(context, layout, _failure, "ERROR")
    if _report is None:
        return
    box = layout.box().column()
    if _report.python:
        head = f"{_report.python} ({_report.version})" if _report.version else _report.python
        box.label(text=head, icon=GOOD if _report.well else "NONE", translate=False)
    if _report.problem:
        _lines(context, box, _report.problem, "ERROR", _report.command)
    for finding in _report.findings:
        use = told(USES[finding.use])
        if finding.well:
            _lines(context, box, told("{use}: all is there", use=use), GOOD)
        else:
            _lines(context, box, f"{use}: {_lack(finding)}", "ERROR", finding.command)


def stop() -> None:
    """Give up what runs, and forget what was found."""
    global _job, _report, _failure
    if _job is not None:
        _job.cancel()
    _job, _report, _failure = None, None, ""
    if bpy.app.timers.is_registered(_follow):
        bpy.app.timers.unregister(_follow)


def _follow() -> float | None:
    """Pump the job until it is through."""
    global _job, _report, _failure
    if _job is None:
        return None
    _job.pump()
    if _job.working:
        return _TICK
    if _job.stage == "ready":
        _report = _job.result
    elif _job.stage == "failed":
        _failure = _job.error
    _job = None
    _redraw(bpy.context)
    return None


def _lack(finding: "Finding") -> str:
    words = []
    if finding.missing:
        words.append(told("{packages} missing", packages=", ".join(finding.missing)))
    return ", ".join([*words, *finding.unfit])


def _lines(context: bpy.types.Context, layout: bpy.types.UILayout, text: str, icon: str, command: str = "") -> None:
    """A text in as many lines as the preferences' width asks for, and below it what mends it."""
    width = context.region.width / context.preferences.system.ui_scale if context.region is not None else 500
    column = layout.column(align=True)
    column.alert = icon == "ERROR"
    for number, line in enumerate(textwrap.wrap(text, max(int((width - 110) / 6.6), 30))):
        column.label(text=line, icon=icon if number == 0 else "BLANK1", translate=False)
    if command:
        row = layout.split(factor=0.8)
        row.label(text=command, icon="BLANK1", translate=False)
        row.operator("metaspatial.copy_command", text="Copy", icon="COPYDOWN").command = command


def _redraw(context: bpy.types.Context) -> None:
    session.redraw(context)
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "PREFERENCES":
                area.tag_redraw()


CLASSES = (METASPATIAL_OT_check_python, METASPATIAL_OT_copy_command)
