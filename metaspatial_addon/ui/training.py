# SPDX-License-Identifier: GPL-3.0-or-later
"""Training from the panel: begin, watch, stop, go on, and have the model that came out arrange.

The training is a process of its own (`backend.learn.runs`): Blender may be closed meanwhile, and finds it again.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from . import pictures, session
from .arrange import Arranging
from .panel import write
from .preferences import ADDON, MetaSpatialPreferences, preferences
from .words import told

if TYPE_CHECKING:
    from ...backend.learn.runs import Run
    from ..capture import Capture

_TICK = 2.0
FOLDER = "training"


class METASPATIAL_OT_training_begin(bpy.types.Operator):
    """Train the model on rooms by its own attempts, in a process of its own: Blender can be used or closed meanwhile"""

    bl_idname = "metaspatial.training_begin"
    bl_label = "Train"
    bl_options = {"INTERNAL"}

    resume: bpy.props.BoolProperty(options={"SKIP_SAVE", "HIDDEN"})  # pyright: ignore[reportInvalidTypeForm]
    anew: bpy.props.BoolProperty(options={"SKIP_SAVE", "HIDDEN"})  # pyright: ignore[reportInvalidTypeForm]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if preferences(context) is None:
            cls.poll_message_set(told("MetaSpatial is not installed as an extension."))
            return False
        return session.state(context).training not in ("beginning", "running")

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ...backend.learn import runs  # not above: Blender's start need not wait for it
        from ...backend.serve import find_python

        own = preferences(context)
        if own is None:
            return {"CANCELLED"}
        python = find_python(bpy.path.abspath(own.python.strip()))
        if not python:
            _tell(context, told(_NO_PYTHON), alert=True)
            self.report({"WARNING"}, told(_NO_PYTHON))
            return {"CANCELLED"}
        kept = runs.options_of(folder(context)) if self.resume else []
        line = ""
        try:
            if self.anew:
                line = _set_aside(context, own)
            options = ["--physics", "auto", *(kept or self._options(context, own))]
        except (session.Refused, runs.RunError, OSError) as error:
            _tell(context, str(error), alert=True)
            self.report({"WARNING"}, str(error))
            return {"CANCELLED"}
        try:
            runs.begin(folder(context), options, python=python, resume=self.resume)
        except runs.RunError as error:
            look(context)  # it may be one that this Blender did not begin
            _tell(context, str(error), alert=True)
            self.report({"WARNING"}, str(error))
            return {"CANCELLED"}
        _tell(context, "", alert=False)
        look(context)
        if line:
            self.report({"INFO"}, line)
        return {"FINISHED"}

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        if properties.anew:
            return told("Train with what is chosen above; the training before is kept in a folder beside it")
        return told(cls.__doc__ or "")

    def _options(self, context: bpy.types.Context, own: MetaSpatialPreferences) -> list[str]:
        """What the panel's choices come to. Raises `session.Refused`, OSError."""
        choices = context.scene.metaspatial  # type: ignore[attr-defined]
        rooms = _this_room(context) if choices.training_source == "ROOM" else _rooms(own.training_rooms)
        options = ["--preset", choices.training_preset, "--rooms", rooms]
        options += ["--steps", str(choices.training_steps), "--turns", str(choices.training_turns)]
        if choices.training_preset == "small-cpu" and own.checkpoint.strip():
            options += ["--model", bpy.path.abspath(own.checkpoint.strip())]
        return options


class METASPATIAL_OT_training_stop(bpy.types.Operator):
    """End the training after its present step; it can be gone on with"""

    bl_idname = "metaspatial.training_stop"
    bl_label = "Stop Training"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return session.state(context).training in ("beginning", "running")

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ...backend.learn import runs

        try:
            runs.stop(folder(context))
        except OSError as error:
            self.report({"WARNING"}, told("It can't be told to stop: {reason}", reason=error.strerror or error))
            return {"CANCELLED"}
        _tell(context, told("Stops after this step."), alert=False)
        return {"FINISHED"}


class METASPATIAL_OT_training_use(bpy.types.Operator):
    """Have the engine *Server* run the trained model on this computer from now on: what it has come to so far"""

    bl_idname = "metaspatial.training_use"
    bl_label = "Use the Trained Model"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return preferences(context) is not None and session.state(context).training_usable

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ...backend.learn import runs

        own, model = preferences(context), runs.look(folder(context)).latest
        if own is None or model is None:
            self.report({"WARNING"}, told("There is no trained model yet"))
            return {"CANCELLED"}
        own.checkpoint = str(model)
        context.scene.metaspatial.engine = "CHAT"  # type: ignore[attr-defined]
        _tell(context, told("The engine Server runs {model} from its next start.", model=model), alert=False)
        if session.now.server is None and bpy.ops.metaspatial.server_start.poll():
            bpy.ops.metaspatial.server_start()
        return {"FINISHED"}


class METASPATIAL_OT_training_compare(Arranging):
    """Have this room arranged by the model before and after its training, to step from one to the other"""

    bl_idname = "metaspatial.training_compare"
    bl_label = "Compare in this Room"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not session.state(context).training_usable:
            cls.poll_message_set(told("There is no trained model yet"))
            return False
        return super().poll(context)

    def start(self, context: bpy.types.Context, seen: Capture) -> None:
        from ...backend.learn import runs
        from ...backend.serve import find_python
        from . import engines

        own, out = preferences(context), folder(context)
        python = find_python(bpy.path.abspath(own.python.strip())) if own is not None else ""
        if not python:
            raise session.Refused(told(_NO_PYTHON))
        before, after = runs.base_of(out), runs.look(out).latest
        if before is None or after is None:
            raise session.Refused(told("The model that this training began with is not in a folder of this computer."))
        engines.begin_comparison(context, seen, (before, after), python)


class METASPATIAL_OT_training_look(bpy.types.Operator):
    """See how the training stands"""

    bl_idname = "metaspatial.training_look"
    bl_label = "Look at the Training"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        look(context)
        return {"FINISHED"}


class METASPATIAL_PT_training(bpy.types.Panel):
    bl_idname = "METASPATIAL_PT_training"
    bl_label = "Train a Model"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "MetaSpatial"
    bl_order = 4
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        own, choices = preferences(context), context.scene.metaspatial  # type: ignore[attr-defined]
        shown, layout = session.state(context), self.layout
        if own is None:
            write(context, layout, told("MetaSpatial is not installed as an extension."), icon="INFO")
            return
        going = shown.training in ("beginning", "running")
        column = layout.column()
        column.enabled = not going
        row = column.row(align=True)
        row.prop(choices, "training_source", text="")
        if choices.training_source == "ROOMS":
            row.prop(own, "training_rooms", text="")
        row.operator("preferences.addon_show", text="", icon="PREFERENCES", emboss=False).module = ADDON
        column.prop(choices, "training_preset", text="")
        row = column.row(align=True)
        row.prop(choices, "training_steps")
        row.prop(choices, "training_turns")
        if shown.training == "running":
            layout.progress(factor=shown.training_fraction, text=shown.training_text, type="BAR")
            if shown.training_physics >= 0:
                layout.progress(factor=shown.training_physics, text="Physics", type="BAR")
            if shown.training_function >= 0:
                layout.progress(factor=shown.training_function, text="Function", type="BAR")
        elif shown.training in ("beginning", "ended", "done"):
            row = layout.row(align=True)
            row.label(text=f"{_stage(shown.training)} {shown.training_text}".strip(), translate=False)
            row.operator("metaspatial.training_look", text="", icon="FILE_REFRESH", emboss=False)
        row = layout.row(align=True)
        row.scale_y = 1.3
        if going:
            row.alert = True
            row.operator("metaspatial.training_stop", text="Stop", icon="PAUSE")
        elif shown.training == "ended" and shown.training_resumable:
            row.operator("metaspatial.training_begin", text="Go on", icon="PLAY").resume = True
            row.operator("metaspatial.training_begin", text="Begin Anew", icon="FILE_NEW").anew = True
        elif shown.training != "done":
            row.operator("metaspatial.training_begin", icon="PLAY")
        else:
            row.operator("metaspatial.training_use", icon="CHECKMARK")
            row.operator("metaspatial.training_begin", text="Begin Anew", icon="FILE_NEW").anew = True
        if shown.training in ("ended", "running") and shown.training_usable:
            layout.operator("metaspatial.training_use", text="Use the Last Checkpoint", icon="CHECKMARK")
        if shown.training_usable:
            layout.operator("metaspatial.training_compare", icon="ARROW_LEFTRIGHT")
        for file in filter(None, shown.training_pictures.split("\n")):
            if icon := pictures.icon(file):
                layout.template_icon(icon, scale=9.0)
        if shown.training_line:
            write(context, layout, shown.training_line, icon="ERROR" if shown.training_alert else "INFO")
        if shown.training != "none":
            layout.operator("wm.path_open", text="Curves and Trajectories", icon="FILE_FOLDER").filepath = str(
                folder(context)
            )


_NO_PYTHON = (
    "Training needs a Python with torch and TRL, and none is set. Make one in a terminal, with MetaSpatial's sources:  "
    'python3 -m venv model  and  model/bin/pip install torch ".[learn]"  and name model/bin/python in the preferences.'
)


def folder(context: bpy.types.Context) -> Path:
    """Where the training lies: what the preferences say, or a folder of the extension's own, which updates leave."""
    own = preferences(context)
    if own is not None and own.training_folder.strip():
        return Path(bpy.path.abspath(own.training_folder.strip()))
    try:
        return Path(bpy.utils.extension_path_user(ADDON, path=FOLDER, create=True))
    except ValueError:  # not an extension: an add-on folder, or tests
        return Path(bpy.utils.user_resource("DATAFILES", path="metaspatial", create=True)) / FOLDER


def _set_aside(context: bpy.types.Context, own: MetaSpatialPreferences) -> str:
    """Make room for another training. What there was stays what the engine runs; a sentence about it."""
    from ...backend.learn import runs

    was = folder(context).resolve()
    aside = runs.set_aside(was)
    used = Path(bpy.path.abspath(own.checkpoint.strip())) if own.checkpoint.strip() else None
    if used is not None and used.resolve().is_relative_to(was):
        own.checkpoint = str(aside / used.resolve().relative_to(was))
    return told("The training before is kept in {folder}.", folder=aside)


def look(context: bpy.types.Context) -> None:
    """Show how the training stands, and again as long as it goes on."""
    from ...backend.learn import runs

    _show(context, runs.look(folder(context)))
    going = session.state(context).training in ("beginning", "running")
    if going and not bpy.app.background and not bpy.app.timers.is_registered(_follow):
        bpy.app.timers.register(_follow, first_interval=_TICK)


def find() -> None:
    """Show a training that goes on, or has ended, since another Blender or another file."""
    if preferences(bpy.context) is not None:
        look(bpy.context)


def stop_looking() -> None:
    for timer in (_follow, find):
        if bpy.app.timers.is_registered(timer):
            bpy.app.timers.unregister(timer)


def _follow() -> float | None:
    from ...backend.learn import runs

    context = bpy.context
    run = runs.look(folder(context))
    _show(context, run)
    return _TICK if run.stage in ("beginning", "running") else None


def _show(context: bpy.types.Context, run: Run) -> None:
    shown = session.state(context)
    was, shown.training = shown.training, run.stage
    shown.training_resumable = run.resumable
    shown.training_fraction = run.step / run.steps if run.steps else 0.0
    shown.training_usable = run.latest is not None
    shown.training_physics = run.figures.get("parts/physics", -1.0)
    shown.training_function = run.figures.get("parts/function", -1.0)
    shown.training_pictures = "\n".join(map(str, run.pictures))
    if not bpy.app.background:
        pictures.read([str(picture) for picture in run.pictures])
    words = [told("step {step} of {steps}", step=run.step, steps=run.steps)] if run.steps else []
    if "reward" in run.figures:
        words.append(told("return {grade}", grade=f"{run.figures['reward']:.2f}"))
    if run.stage == "running" and "seconds_left" in run.figures:
        words.append(told("{time} left", time=_time(run.figures["seconds_left"])))
    shown.training_text = ", ".join(words)
    if run.stage == "ended" or (run.stage != was and run.stage == "done"):
        _tell(context, run.line, alert=run.stage == "ended" and not run.resumable)
    elif run.stage == "beginning":
        shown.training_line, shown.training_alert = run.line, False
    session.redraw(context)


def _stage(stage: str) -> str:
    return {"beginning": told("Beginning…"), "ended": told("Not finished"), "done": told("Done")}[stage]


def _time(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60}:{minutes % 60:02} h" if minutes >= 60 else f"{max(1, minutes)} min"


def _tell(context: bpy.types.Context, line: str, *, alert: bool) -> None:
    shown = session.state(context)
    shown.training_line, shown.training_alert = line, alert
    session.redraw(context)


def _this_room(context: bpy.types.Context) -> str:
    """The room of this file, as a document beside the training. Raises `session.Refused`, OSError."""
    import json

    from ...backend.scene import scene_to_json

    seen = session.look(context)
    if seen is None or not seen.scene.movable:
        raise session.Refused(session.state(context).problem or told("No piece in this room is movable."))
    file = folder(context) / "rooms" / "this_room.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(scene_to_json(seen.scene), indent=1), encoding="utf-8")
    return str(file)


def _rooms(text: str) -> str:
    """A folder as Blender writes it, or what is no folder as it is."""
    text = text.strip()
    return bpy.path.abspath(text) if text.startswith("//") else text


CLASSES = (
    METASPATIAL_OT_training_begin,
    METASPATIAL_OT_training_stop,
    METASPATIAL_OT_training_use,
    METASPATIAL_OT_training_compare,
    METASPATIAL_OT_training_look,
    METASPATIAL_PT_training,
)
