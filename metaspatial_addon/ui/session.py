# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel's one arrangement at a time: its job, the capture it works on, what came out; and what the panel shows.

What the panel draws is copied to `window_manager.metaspatial`, so that drawing costs nothing. Imported when Blender
starts: whatever is heavier than ``bpy`` itself (numpy, requests) is imported where it is used.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import bpy

from .retold import retold
from .words import counted, told

if TYPE_CHECKING:
    from ...backend.rewards.score import Issue
    from ...backend.serve import Server
    from ..capture import Capture, CaptureSettings, ObjectRef
    from ..jobs import Arrangement, Job
    from ..placement import Transform
    from ..render import BlenderRenderer
    from .properties import MetaSpatialPiece, MetaSpatialState

_log = logging.getLogger(__name__)
_SOON = 0.25
REMARKS = ("ignored", "fixed", "carried", "room", "opening", "info")
"""What capture remarks on, in the order of the list."""
PARTS = ("physics", "function", "format", "render")
COMPARISON = "comparison"
"""The name of a job whose variants are those of a model before and after its training, in this order."""


class Refused(Exception):
    """It can't be done as things are. The text says why and how to mend it."""


@dataclass
class Session:
    """`capture` and `arrangement` are those of the last job; `before` tells where everything stood before that.

    A job's result is its variants, best first: `variant` is the one that was placed last, `stands` tells by a state of
    the room which of them it is and where everything stood before. `refining`: the job began from how it stood.
    `server` is the model server that was started here for the engine "Server", `small` that of the small model;
    `by_model` whether the last job asks a model.
    """

    job: Job[tuple[Arrangement, ...]] | None = None
    capture: Capture | None = None
    arrangement: Arrangement | None = None
    before: Mapping[ObjectRef, Transform] | None = None
    variant: int = 0
    stands: dict[str, tuple[int, Mapping[ObjectRef, Transform]]] = field(default_factory=dict)
    refining: bool = False
    renderer: BlenderRenderer | None = None
    server: Server | None = None
    small: Server | None = None
    by_model: bool = False


now = Session()
listeners: list[Callable[[bpy.types.Context, Capture | None], None]] = []
"""Who wants to know what was captured whenever the room was looked at; None where there was none."""


def state(context: bpy.types.Context) -> MetaSpatialState:
    return context.window_manager.metaspatial  # type: ignore[attr-defined]


def current_job() -> Job[tuple[Arrangement, ...]]:
    """The last job that was started. Raises RuntimeError where there is none."""
    if now.job is None:
        raise RuntimeError("Nothing was arranged yet.")
    return now.job


def busy() -> bool:
    """A job is on its way: not over, or ready and not placed yet."""
    return now.job is not None and not now.job.over


def abort(reason: str = "") -> None:
    """Stop whatever is running. Nothing has moved yet, so nothing needs undoing."""
    if now.job is not None and not now.job.over:
        if reason:
            now.job.fail(reason)
        else:
            now.job.cancel()


def forget() -> None:
    """Another file: what was captured belongs to the old one."""
    abort()
    now.job = now.capture = now.arrangement = now.before = None
    now.stands = {}


def capture_settings(scene: bpy.types.Scene, *, only_selected: bool = False) -> CaptureSettings:
    """The scene's choices in capture's words; `only_selected` lets nothing else move. Raises `Refused` where one is
    missing."""
    from ..capture import CaptureSettings

    own = scene.metaspatial  # type: ignore[attr-defined]
    room = {"OBJECT": own.room_object, "COLLECTION": own.room_collection}.get(own.room)
    if own.room != "AUTO" and room is None:
        raise Refused(told("Pick the room's mesh or collection, or let the room be found."))
    source = "SELECTED" if only_selected else own.source
    if source == "COLLECTION" and own.furniture_collection is None:
        raise Refused(told("Pick the collection that holds the furniture."))
    collection = own.furniture_collection if source == "COLLECTION" else None
    return CaptureSettings(room=room, source=source, collection=collection, preference=own.preference.strip())


def look(context: bpy.types.Context, *, only_selected: bool = False) -> Capture | None:
    """Capture the room and show it in the list; None if there is none, with the reason shown."""
    from ..capture import CaptureError, capture

    shown = state(context)
    shown.looked = True
    try:
        seen = capture(context, capture_settings(context.scene, only_selected=only_selected))
    except (CaptureError, Refused) as error:
        shown.pieces.clear()
        shown.remarks.clear()
        shown.room = ""
        shown.problem = retold(str(error))
        seen = None
    else:
        shown.problem = ""
        show_capture(context, seen)
    _tell(context, seen)
    return seen


def _tell(context: bpy.types.Context, seen: Capture | None) -> None:
    for listener in listeners:
        listener(context, seen)


def look_again_soon() -> None:
    """Refresh the list once the user pauses, if there is a list: without an event loop nobody sees one."""
    if bpy.app.background:
        return
    if bpy.app.timers.is_registered(_look_again):
        bpy.app.timers.unregister(_look_again)
    bpy.app.timers.register(_look_again, first_interval=_SOON)


def stop_looking() -> None:
    if bpy.app.timers.is_registered(_look_again):
        bpy.app.timers.unregister(_look_again)


def _look_again() -> None:
    if busy():
        return
    context = bpy.context
    if context.window is None and context.window_manager.windows:
        with context.temp_override(window=context.window_manager.windows[0]):
            look_quietly(bpy.context)
    elif context.window is not None:
        look_quietly(context)
    redraw(context)


def look_quietly(context: bpy.types.Context) -> None:
    """`look`, where nobody is there to catch what goes wrong."""
    try:
        look(context)
    except Exception:
        _log.exception("The room could not be looked at")
        state(context).problem = told("The room could not be looked at; see the system console.")


def clear_panel(context: bpy.types.Context) -> None:
    """Show nothing: what was there belongs to another file."""
    shown = state(context)
    for lines in (shown.pieces, shown.remarks, shown.issues, shown.notes):
        lines.clear()
    shown.room = shown.problem = shown.message = shown.text = shown.stream = ""
    shown.working = shown.scored = shown.offer_solver = shown.looked = False
    shown.variants = 0
    _tell(context, None)


def show_capture(context: bpy.types.Context, seen: Capture) -> None:
    """Copy what was captured to the list."""
    shown = state(context)
    room = seen.scene.room
    length, width = room.extent
    kinds = [opening.kind for opening in room.openings]
    shown.room = told("{length} × {width} m, {height} m high", length=f"{length:.2f}", width=f"{width:.2f}",
                      height=f"{room.height:.2f}")  # fmt: skip
    if count := kinds.count("door"):
        shown.room += ", " + counted(count, "{count} door", "{count} doors")
    if count := kinds.count("window"):
        shown.room += ", " + counted(count, "{count} window", "{count} windows")
    chosen = shown.pieces[shown.piece].id if 0 <= shown.piece < len(shown.pieces) else ""
    reasons = {note.object_name: retold(note.reason) for note in seen.notes if note.object_name}
    shown.pieces.clear()
    for piece in seen.scene.furniture:
        row = shown.pieces.add()
        reference = seen.objects[piece.id]
        row.name = row.object = reference.name
        row.library = reference.library
        row.id = piece.id
        row.category = piece.category
        row.size = " × ".join(f"{side:.2f}" for side in piece.size)
        row.fixed = piece.fixed
        row.reason = reasons.get(reference.name, "")
    shown.remarks.clear()
    for note in sorted(seen.notes, key=lambda note: REMARKS.index(note.what)):
        remark = shown.remarks.add()
        remark.object, remark.what, remark.reason = note.object_name, note.what, retold(note.reason)
    shown.piece = next((index for index, row in enumerate(shown.pieces) if row.id == chosen), 0)


def show_progress(context: bpy.types.Context) -> None:
    """Copy the job's state to the panel."""
    shown, job = state(context), now.job
    shown.working = busy()
    if job is not None:
        shown.fraction = job.fraction
        shown.text = job.text
        shown.stream = job.stream[-2000:]
    redraw(context)


def show_end(context: bpy.types.Context, message: str, *, alert: bool = False, offer_solver: bool = False) -> None:
    """How it ended, in a sentence."""
    shown = state(context)
    shown.working = False
    shown.message = message
    shown.alert = alert
    shown.offer_solver = offer_solver
    redraw(context)


def show_arrangement(context: bpy.types.Context) -> None:
    """The score with its issues, what settling moved, what found no place; and a sentence about it all."""
    shown, done, seen = state(context), now.arrangement, now.capture
    if done is None or seen is None:
        return
    names = {id: reference.name for id, reference in seen.objects.items()}
    score = done.score
    shown.scored, shown.stale = True, False
    shown.total = score.total
    shown.total_before = -1.0 if done.before is None else done.before.total
    for part in PARTS:
        grade = getattr(score, part)
        setattr(shown, part, -1.0 if grade is None else grade)
    show_issues(context, score.issues, seen)
    shown.notes.clear()
    for id, reason in done.unplaced.items():
        line = told("{name} stays where it was: {reason}", name=names.get(id, id), reason=retold(reason, names))
        _add_line(shown.notes, line, "unplaced", (id,))
    for id, metres in sorted(done.moved.items(), key=lambda item: -item[1]):
        line = told("Settled {name} by {metres} m", name=names.get(id, id), metres=f"{metres:.2f}")
        _add_line(shown.notes, line, "moved", (id,))
    if reason := done.trajectory.failure:
        _add_line(shown.notes, told("The best turn is kept; a later one failed: {reason}", reason=reason), "failed", ())
    shown.variant, shown.variants = now.variant + 1, len(current_job().result)
    message = _outcome(done, seen)
    if done.unplaced:
        message += " " + told("{count} found no place.", count=len(done.unplaced))
    show_end(context, message, alert=bool(done.unplaced))
    from .welcome import dismiss  # not above: that module looks at this one

    dismiss(context)


def _outcome(done: Arrangement, seen: Capture) -> str:
    pieces = seen.scene.movable
    if not now.refining:
        placed = sum(piece.id in done.layout for piece in pieces)
        return counted(placed, "Arranged {count} piece.", "Arranged {count} pieces.")
    moved = sum(done.layout.get(piece.id) not in (None, piece.pose) for piece in pieces)
    if not moved:
        return told("Nothing better was found.")
    return counted(moved, "Refined: {count} piece moved.", "Refined: {count} pieces moved.")


def show_issues(context: bpy.types.Context, issues: Sequence[Issue], seen: Capture) -> None:
    """The score's issues, in the user's words, with the names of objects."""
    lines, names = state(context).issues, {id: reference.name for id, reference in seen.objects.items()}
    lines.clear()
    for issue in issues:
        _add_line(lines, retold(issue.message, names), issue.part, issue.pieces)


def object_of(row: MetaSpatialPiece) -> bpy.types.Object | None:
    """The object behind a row of the list."""
    return bpy.data.objects.get((row.object, row.library or None))


def select(context: bpy.types.Context, rows: Sequence[MetaSpatialPiece]) -> bool:
    """Select the objects of these rows and no others; the first becomes active. False if none can be selected."""
    return select_objects(context, [obj for row in rows if (obj := object_of(row)) is not None])


def select_objects(context: bpy.types.Context, objects: Sequence[bpy.types.Object]) -> bool:
    """Select these and no others; the first becomes active. False if none can be selected."""
    layer = context.view_layer
    found = [obj for obj in objects if obj.visible_get(view_layer=layer)]
    if not found:
        return False
    for obj in context.selected_objects:
        obj.select_set(False)
    for obj in found:
        obj.select_set(True)
    layer.objects.active = found[0]
    return True


def close_renderer() -> None:
    """Take away what rendering the dialogue's pictures has put into the file."""
    if now.renderer is not None:
        now.renderer.close()
        now.renderer = None


def redraw(context: bpy.types.Context) -> None:
    """Ask for the sidebars of all 3D views to be drawn again."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()


def _add_line(lines: Any, message: str, part: str, pieces: Sequence[str]) -> None:
    row = lines.add()
    row.message, row.part, row.pieces = message, part, json.dumps(list(pieces))
