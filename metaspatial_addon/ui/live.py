# SPDX-License-Identifier: GPL-3.0-or-later
"""The present layout, measured again whenever a piece was moved, while the overlay or the live score is on.

A depsgraph handler takes note that something changed, and a timer looks what: where the captured pieces stand now is
told from their matrices; only what needs it is captured again, once the user pauses. Neither handler nor drawing
changes any data. Off, there is no handler, no timer and no cost.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import bpy
from bpy.app.handlers import persistent

from . import session

if TYPE_CHECKING:
    from ...backend.rewards.physics import PhysicsEngine, PhysicsReport
    from ...backend.rewards.score import Score
    from ...backend.scene import Layout, Scene
    from ..capture import Capture, Following
    from ..overlay import Figure, Kept
    from ..physics.trees import Trees

_log = logging.getLogger(__name__)
EVERY = 0.05
"""Seconds between two measurements, at least."""
PAUSE = 0.3
"""Seconds without a change after which the room is captured again, if that takes it."""
_BUSY = 0.25


@dataclass
class Live:
    """What is followed, and what was measured of it last: `final` on the meshes, before that on their boxes.

    `version` counts what there was to show.
    """

    on: bool = False
    dirty: bool = False
    again: bool = True
    changed: float = 0.0
    scene_uid: int = 0
    capture: Capture | None = None
    following: Following | None = None
    layout: Layout | None = None
    final: bool = False
    report: PhysicsReport | None = None
    score: Score | None = None
    figure: Figure | None = None
    drawn: Kept = field(default_factory=dict)
    version: int = 0
    milliseconds: float = 0.0
    reshaped: set[int] = field(default_factory=set)
    followed: frozenset[int] = frozenset()
    trees: Trees | None = None


now = Live()


def wanted(scene: bpy.types.Scene) -> bool:
    """Whether the scene asks for its overlay or its live score."""
    own = getattr(scene, "metaspatial_overlay", None)
    return own is not None and (own.show or own.score)


def switch() -> None:
    """Start or stop, as the scenes in the windows ask for."""
    on = any(wanted(scene) for scene in _scenes())
    handlers = bpy.app.handlers.depsgraph_update_post
    if on and _changed not in handlers:
        handlers.append(_changed)
    elif not on and _changed in handlers:
        handlers.remove(_changed)
    now.on = on
    if on:
        now.again = now.following is None or now.again
        now.layout = None
        _wake()
    else:
        forget()
    redraw()


def forget() -> None:
    """Let go of everything that was captured and measured."""
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)
    if now.trees is not None:
        now.trees.stop()
    on, version = now.on, now.version
    now.__init__(on=on, version=version + 1)


def tick() -> float | None:
    """What the timer does: measure what has changed. Seconds until it wants to be called again, or None."""
    if not (now.on and now.dirty):
        return None
    if session.busy() or bpy.app.is_job_running("RENDER"):
        return _BUSY
    started = time.perf_counter()
    try:
        with _window() as context:
            wait = _update(context) if context is not None else None
    except Exception:
        _log.exception("The layout could not be measured")
        now.dirty = False
        return None
    return None if wait is None else max(wait, EVERY, time.perf_counter() - started)


def finish() -> None:
    """Go on until there is nothing to measure any more. For scripts, which have no timers."""
    while True:
        if now.trees is not None:
            now.trees.wait()
        now.changed = 0.0
        if tick() is None:
            return


def redraw() -> None:
    """Ask for the 3D views and their sidebars to be drawn again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


@persistent
def _changed(scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    """Something in the file changed: have a look at it, later."""
    now.changed = time.monotonic()
    for update in depsgraph.updates:
        if update.is_updated_geometry and isinstance(update.id, bpy.types.Object):
            now.reshaped.add(update.id.original.session_uid)
        elif update.is_updated_transform and isinstance(update.id, bpy.types.Object):
            uid = update.id.original.session_uid
            if uid not in now.followed:
                now.reshaped.add(uid)
    _wake()


@persistent
def _before_load(*_: Any) -> None:
    forget()


@persistent
def _after_load(*_: Any) -> None:
    _watch_scenes()
    _on_switch()


@persistent
def _after_undo(*_: Any) -> None:
    if now.on:
        now.again, now.changed = True, time.monotonic()
        _wake()
    _on_switch()


HANDLERS = (
    (bpy.app.handlers.load_pre, _before_load),
    (bpy.app.handlers.load_post, _after_load),
    (bpy.app.handlers.undo_post, _after_undo),
    (bpy.app.handlers.redo_post, _after_undo),
)
_owner = object()
_on_switch: Callable[[], None] = switch


def register(on_switch: Callable[[], None]) -> None:
    """`on_switch` is called whenever a file or another scene may ask for something else."""
    global _on_switch
    _on_switch = on_switch
    for handlers, function in HANDLERS:
        handlers.append(function)
    session.listeners.append(_looked)
    _watch_scenes()


def unregister() -> None:
    now.on = False
    forget()
    bpy.msgbus.clear_by_owner(_owner)
    if _looked in session.listeners:
        session.listeners.remove(_looked)
    for handlers, function in (*HANDLERS, (bpy.app.handlers.depsgraph_update_post, _changed)):
        if function in handlers:
            handlers.remove(function)


def _watch_scenes() -> None:
    """Have another scene in a window noticed: it may ask for something else."""
    bpy.msgbus.clear_by_owner(_owner)
    bpy.msgbus.subscribe_rna(key=(bpy.types.Window, "scene"), owner=_owner, args=(), notify=_on_switch)


def _wake() -> None:
    """Have the timer look soon, where there are timers."""
    now.dirty = True
    if not bpy.app.background and not bpy.app.timers.is_registered(tick):
        bpy.app.timers.register(tick, first_interval=EVERY / 5)


def _scenes() -> list[bpy.types.Scene]:
    windows = bpy.context.window_manager.windows
    return [window.scene for window in windows] or [bpy.context.scene]


@contextlib.contextmanager
def _window() -> Iterator[bpy.types.Context | None]:
    """The context of a window whose scene asks for it: a timer has none of its own."""
    context = bpy.context
    if context.window is not None or not context.window_manager.windows:
        yield context if wanted(context.scene) else None
        return
    window = next((window for window in context.window_manager.windows if wanted(window.scene)), None)
    if window is None:
        yield None
        return
    with context.temp_override(window=window):
        yield bpy.context


def _update(context: bpy.types.Context) -> float | None:
    """Measure the present layout, if it is another. Seconds until the next look, or None until something changes."""
    if context.mode != "OBJECT":
        now.again = True
        return None
    if now.scene_uid != context.scene.session_uid:
        now.again, now.following = True, None
    now.dirty = False
    objects = now.reshaped
    now.reshaped = set()
    if not now.again and objects and _matters(objects):
        now.again = True
    layout = None
    if now.following is not None:
        layout, apart = now.following.layout(context)
        now.again = now.again or apart
    if now.again:
        wait = now.changed + PAUSE - time.monotonic()
        if now.following is None or wait <= 0.0:
            now.scene_uid = context.scene.session_uid
            session.look_quietly(context)  # which tells `_looked`
            layout = None if now.following is None else now.following.layout(context)[0]
            now.again = False
        else:
            now.dirty = True
    final = now.trees is not None and not now.trees.working
    if layout is not None and (layout != now.layout or final != now.final):
        _measure(context, layout, final)
    if not final and now.trees is not None:
        now.dirty = True
    if not now.dirty:
        return None
    return max(now.changed + PAUSE - time.monotonic(), 0.0) if now.again else EVERY


def _matters(uids: set[int]) -> bool:
    """Whether objects that were reshaped, or moved without being followed, may be in the room."""
    if uids & now.followed:
        return True
    from ..capture.geometry import SOLID_TYPES

    return any(obj.session_uid in uids and (obj.type in SOLID_TYPES or obj.type == "EMPTY") for obj in bpy.data.objects)


def _looked(context: bpy.types.Context, seen: Capture | None) -> None:
    """The room was captured: follow its pieces from here."""
    if not now.on or not wanted(context.scene):
        return
    now.scene_uid = context.scene.session_uid
    now.capture, now.layout, now.again = seen, None, False
    now.drawn.clear()
    if seen is None:
        now.following, now.followed = None, frozenset()
        now.report = now.score = now.figure = None
        now.version += 1
        redraw()
        return
    from ..capture import Following
    from ..physics.trees import Trees

    now.following = Following.begin(context, seen)
    now.followed = frozenset(now.following.uids)
    if now.trees is None:
        now.trees = Trees()
    now.trees.want(seen)
    _wake()


def _measure(context: bpy.types.Context, layout: Layout, final: bool) -> None:
    from ...backend.rewards.scorer import Scorer
    from ..overlay import figure_of

    seen, trees = now.capture, now.trees
    if seen is None or trees is None:
        return
    started = time.perf_counter()
    own = context.scene.metaspatial_overlay
    engine = _Noting(trees.engine if final else trees.boxes)
    now.score = None
    if own.score:
        now.score = Scorer(engine).score(seen.scene, layout)
    else:
        engine.measure(seen.scene, layout)
    now.report, now.figure = engine.report, None
    if own.show and now.report is not None:
        now.figure = figure_of(seen.scene, layout, now.report, own.layers(), now.drawn).moved(seen.room_to_world.copy())
    now.layout, now.final = layout, final
    now.version += 1
    if now.score is not None:
        _show(context, now.score, layout, seen)
    now.milliseconds = (time.perf_counter() - started) * 1e3
    redraw()


def _show(context: bpy.types.Context, score: Score, layout: Layout, seen: Capture) -> None:
    """The score in the panel. What is told of an arrangement goes with it."""
    shown = session.state(context)
    shown.scored, shown.stale = True, False
    if not _is_arranged(layout):
        shown.total_before = -1.0
        shown.notes.clear()
    shown.total = score.total
    for part in session.PARTS:
        grade = getattr(score, part)
        setattr(shown, part, -1.0 if grade is None else grade)
    session.show_issues(context, score.issues, seen)


def _is_arranged(layout: Layout) -> bool:
    """Whether all stands where the last arrangement put it."""
    done = session.now.arrangement
    if done is None:
        return False
    poses = ((pose, layout.get(id)) for id, pose in done.layout.poses.items())
    return all(
        here is not None and max(abs(here.x - pose.x), abs(here.y - pose.y), abs(here.z - pose.z)) < 1e-4
        and abs((here.rotation - pose.rotation + 180.0) % 360.0 - 180.0) < 1e-2
        for pose, here in poses
    )  # fmt: skip


class _Noting:
    """An engine that remembers its last report."""

    def __init__(self, engine: PhysicsEngine) -> None:
        self._engine = engine
        self.report: PhysicsReport | None = None

    def measure(self, scene: Scene, layout: Layout) -> PhysicsReport:
        self.report = self._engine.measure(scene, layout)
        return self.report
