# SPDX-License-Identifier: GPL-3.0-or-later
"""What ends a job from outside: another file, an undo, the add-on's or Blender's own end."""

from __future__ import annotations

import atexit
from typing import Any

import bpy
from bpy.app.handlers import persistent

from . import drawing, live, pictures, python_check, server, session, training
from .words import told


@persistent
def _before_load(*_: Any) -> None:
    session.forget()
    server.stop_errand()
    drawing.stop_drawing()


@persistent
def _after_load(*_: Any) -> None:
    session.clear_panel(bpy.context)
    training.find()


@persistent
def _before_undo(*_: Any) -> None:
    session.abort(told("Undo stopped the arrangement; nothing was moved."))


@persistent
def _after_undo(*_: Any) -> None:
    shown = session.state(bpy.context)
    shown.stale, shown.looked = True, False


HANDLERS = (
    (bpy.app.handlers.load_pre, _before_load),
    (bpy.app.handlers.load_post, _after_load),
    (bpy.app.handlers.undo_pre, _before_undo),
    (bpy.app.handlers.redo_pre, _before_undo),
    (bpy.app.handlers.undo_post, _after_undo),
    (bpy.app.handlers.redo_post, _after_undo),
)


def register() -> None:
    for handlers, function in HANDLERS:
        handlers.append(function)
    atexit.register(_end)
    if not bpy.app.background:
        bpy.app.timers.register(training.find, first_interval=1.0)  # once Blender is ready


def unregister() -> None:
    _end()
    atexit.unregister(_end)
    for handlers, function in HANDLERS:
        if function in handlers:
            handlers.remove(function)


def _end() -> None:
    """Leave no job, no timer: one that is still registered would keep some Blenders from exiting."""
    session.forget()
    session.stop_looking()
    live.forget()
    training.stop_looking()
    pictures.clear()
    server.stop_errand()
    python_check.stop()
