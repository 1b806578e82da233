# SPDX-License-Identifier: GPL-3.0-or-later
"""Layouts and scenes from .json files onto the open room, and back into files. A file is data: bounded, never a path.

Imported when first a file is read or written, not when Blender starts.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ...backend.refine import Trajectory, Turn
from ...backend.rewards.scorer import Scorer
from ...backend.scene import (
    Furniture,
    Layout,
    Pose,
    Scene,
    SceneError,
    current_layout,
    layout_from_json,
    layout_to_json,
    scene_from_json,
    scene_to_json,
)
from ...backend.scene.document import LAYOUT_FORMAT, SCENE_FORMAT
from ...backend.scene.fields import MAX_TEXT, load_json
from ...backend.scene.geometry import angle_between
from ...backend.scene.preference import with_preferences
from ..capture import Capture
from ..furnish.scene import build_scene
from ..jobs import Arrangement
from ..physics import BvhEngine
from ..placement.placing import SAME_PLACE
from . import engines, relations, session
from .words import counted, told

_MOST_NAMES = 8


@dataclass(frozen=True)
class Fit:
    """A layout for the room that was captured, and the ids in the file that are no piece of it."""

    layout: Layout
    given: tuple[str, ...]
    strange: tuple[str, ...]


def read(path: Path) -> Layout | Scene:
    """The layout or scene document in a file. Raises `session.Refused` with what is wrong with it."""
    name = path.name
    try:
        if not path.is_file():
            raise session.Refused(told("There is no file {name}.", name=name))
        with path.open("rb") as file:
            text = file.read(MAX_TEXT + 1)
    except OSError as error:
        why = error.strerror or str(error)
        raise session.Refused(told("{name} can't be read: {reason}", name=name, reason=why)) from error
    if len(text) > MAX_TEXT:
        size = MAX_TEXT // 1_000_000
        raise session.Refused(told("{name} is too large: {size} MB at most are read.", name=name, size=size))
    try:
        return _document(load_json(text))
    except SceneError as error:
        raise session.Refused(told("{name} can't be used: {reason}", name=name, reason=error)) from error


def _document(data: object) -> Layout | Scene:
    kind = data.get("format") if isinstance(data, Mapping) else None
    if kind == LAYOUT_FORMAT:
        return layout_from_json(data)
    if kind == SCENE_FORMAT:
        return scene_from_json(data)
    raise SceneError("", f'it is neither a layout nor a scene: "format" must be "{LAYOUT_FORMAT}" or "{SCENE_FORMAT}"')


def fit(seen: Capture, layout: Layout) -> Fit:
    """What a layout says of this room's pieces; the others stay. Raises `session.Refused` where it says nothing."""
    here = {piece.id for piece in seen.scene.furniture}
    given = tuple(id for id in layout if id in here)
    strange = tuple(id for id in layout if id not in here)
    if not layout.poses:
        raise session.Refused(told("The layout is empty."))
    if not given:
        raise session.Refused(
            told("It is a layout of other pieces: none of {names} is in this room.", names=_listed(strange))
        )
    fixed = {piece.id for piece in seen.scene.fixed}
    wanted = {id: layout[id] for id in given if id not in fixed}
    return Fit(current_layout(seen.scene).moved(wanted), given, strange)


def put(context: bpy.types.Context, seen: Capture, fitting: Fit) -> str:
    """Place a layout that fits, score it, and remember where everything stood; a sentence about it.

    Raises `session.Refused`, and nothing has moved.
    """
    scene = with_preferences(seen.scene)
    scorer = Scorer(BvhEngine(seen.mesh_of))
    score, before = scorer.score(scene, fitting.layout), scorer.score(scene, current_layout(scene))
    turn = Turn(None, (), "", fitting.layout, (), score)
    trajectory = Trajectory((turn,), turn)
    engines.begin_known(
        context, seen, Arrangement(fitting.layout, score, score, before, trajectory, unsettled=fitting.layout)
    )
    job = session.current_job()
    while job.working:
        job.pump(wait=0.5)
    try:
        engines.put(context)
    except session.Refused as error:
        job.fail(str(error))
        raise
    job.finish()
    session.show_arrangement(context)
    names = {id: reference.name for id, reference in seen.objects.items()}
    count = sum(_moves(piece, fitting.layout[piece.id]) for piece in seen.scene.movable)
    message = counted(count, "Placed {count} piece.", "Placed {count} pieces.")
    if not count:
        message = told("Everything stands so already.")
    if held := [names[piece.id] for piece in seen.scene.fixed if piece.id in fitting.given]:
        message += " " + told("Locked, so left where they are: {names}.", names=_listed(held))
    if fitting.strange:
        message += " " + told("Not in this room: {names}.", names=_listed(fitting.strange))
    session.show_end(context, message, alert=bool(fitting.strange))
    return message


def _moves(piece: Furniture, pose: Pose) -> bool:
    """Whether that is elsewhere than where the piece stands."""
    old = piece.pose
    if old is None:
        return True
    apart = max(abs(pose.x - old.x), abs(pose.y - old.y), abs(pose.z - old.z))
    return max(apart, angle_between(pose.rotation, old.rotation)) > SAME_PLACE


def build(context: bpy.types.Context, scene: Scene, *, apart: bool) -> str:
    """Build a scene document's room and furniture, in a Blender scene of its own if `apart`; a sentence about it.

    Pieces without a pose are parked beside the room.
    """
    target: Any = context.scene
    name = scene.name or told("Room")
    if apart:
        target = bpy.data.scenes.new(name)
    built = build_scene(scene, target=target)
    target.metaspatial.preference = scene.preference
    relations.keep(target, scene, {**built.room.openings, **built.pieces})
    if apart and context.window is not None:
        context.window.scene = target
    session.look_again_soon()
    count = len(scene.furniture)
    if apart:
        return told("Built {name} with {count} pieces in a scene of its own.", name=name, count=count)
    return told("Built {name} with {count} pieces.", name=name, count=count)


def write(path: Path, seen: Capture, *, whole: bool) -> None:
    """Write where everything stands now, or the whole scene with it; all or nothing. Raises OSError."""
    document = scene_to_json(seen.scene) if whole else layout_to_json(current_layout(seen.scene))
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".json")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(draft).chmod(0o644)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _listed(names: Sequence[str]) -> str:
    """Names in a row, not too many."""
    shown = ", ".join(names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return told("{names} and {count} more", names=shown, count=more) if more > 0 else shown
