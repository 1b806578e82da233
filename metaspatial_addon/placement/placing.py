# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves captured objects to a layout's poses. All or nothing: a failure leaves the file as it was."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix

from ...backend.scene import Layout, Pose, SceneError
from ...backend.scene.check import check_layout
from ...backend.scene.geometry import angle_between
from ..capture import Capture, ObjectRef, refer
from .transform import Transform, apply_motion, transform_of

SAME_PLACE = 1e-6
"""Poses nearer than this (metres, degrees) are the same, and the object isn't written."""

_TOLERANCE = 1e-4
"""Largest error of a written matrix, as a share of its largest coordinate plus one."""


class PlacementError(RuntimeError):
    """The layout could not be written; nothing was changed. The text names the object and the reason."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A piece that was left where it is, although the layout has another pose for it or none at all."""

    id: str
    object_name: str
    reason: str


@dataclass(frozen=True)
class Placement:
    """Ids of the pieces that moved, those left alone, and every written object's transform from before."""

    moved: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    before: Mapping[ObjectRef, Transform]


def place(context: bpy.types.Context, capture: Capture, layout: Layout) -> Placement:
    """Write the layout's poses to the captured objects; pieces whose pose doesn't change are not written at all.

    The captured poses must still hold (see `capture.is_stale`). Raises PlacementError, with the file unchanged.
    """
    try:
        check_layout(layout, capture.scene)
    except SceneError as error:
        raise PlacementError(f"The layout can't be placed: {error}") from error
    context.view_layer.update()
    steps, skipped = _plan(capture, layout)
    before = {refer(obj): transform_of(obj) for _, obj, _, _ in steps}
    expected = [(obj, motion @ obj.matrix_world) for _, obj, motion, _ in steps]
    try:
        for _, obj, motion, turns in steps:
            apply_motion(obj, motion, turns=turns)
        context.view_layer.update()
        for obj, matrix in expected:
            _verify(obj, matrix)
    except BaseException as error:
        _write_back(before)
        context.view_layer.update()
        if isinstance(error, PlacementError) or not isinstance(error, Exception):
            raise
        raise PlacementError(f"Blender refused to move the furniture: {error}. Nothing was changed.") from error
    moved = tuple(dict.fromkeys(id for id, _, _, _ in steps))
    return Placement(moved, skipped, before)


def restore(context: bpy.types.Context, before: Mapping[ObjectRef, Transform]) -> tuple[str, ...]:
    """Give objects back their transforms, bit for bit. Returns the names of those that are no longer there."""
    missing = _write_back(before)
    context.view_layer.update()
    return missing


def restore_to(context: bpy.types.Context, before: Mapping[ObjectRef, Transform]) -> Mapping[ObjectRef, Transform]:
    """Like `restore`; returns the transforms that were there, by which it can be taken back."""
    there = {ref: transform_of(obj) for ref in before if (obj := ref.get()) is not None}
    restore(context, before)
    return there


def _plan(
    capture: Capture, layout: Layout
) -> tuple[list[tuple[str, bpy.types.Object, Matrix, bool]], tuple[Skipped, ...]]:
    """What to move: id, object, motion of the world, whether it turns. Raises PlacementError for lost objects."""
    steps, skipped = [], []
    to_world = capture.room_to_world
    to_room = to_world.inverted()
    for piece in capture.scene.furniture:
        ref = capture.objects[piece.id]
        new, old = layout.get(piece.id), piece.pose
        if new is None:
            if not piece.fixed:
                skipped.append(Skipped(piece.id, ref.name, "the layout has no pose for it"))
            continue
        if old is None or _is_same(new, old):
            continue
        if piece.fixed:
            reason = next((n.reason for n in capture.notes if n.what == "fixed" and n.object_name == ref.name), "")
            skipped.append(Skipped(piece.id, ref.name, f"it stays in place: {reason}" if reason else "it is fixed"))
            continue
        turns = angle_between(new.rotation, old.rotation) > SAME_PLACE
        motion = to_world @ _pose_matrix(new) @ _pose_matrix(old).inverted() @ to_room
        for each in (ref, *capture.carried.get(piece.id, ())):
            obj = each.get()
            if obj is None:
                raise PlacementError(
                    f"{each.name!r} is gone since the room was captured. Nothing was changed; try again."
                )
            if not obj.is_editable:
                raise PlacementError(f"{obj.name!r} can't be edited any more. Nothing was changed; try again.")
            steps.append((piece.id, obj, motion, turns))
    return steps, tuple(skipped)


def _is_same(a: Pose, b: Pose) -> bool:
    return (
        max(abs(a.x - b.x), abs(a.y - b.y), abs(a.z - b.z)) <= SAME_PLACE
        and angle_between(a.rotation, b.rotation) <= SAME_PLACE
    )


def _pose_matrix(pose: Pose) -> Matrix:
    return Matrix.Translation((pose.x, pose.y, pose.z)) @ Matrix.Rotation(math.radians(pose.rotation), 4, "Z")


def _verify(obj: bpy.types.Object, expected: Matrix) -> None:
    """Raise PlacementError unless the object is where it was put."""
    is_, wanted = np.array(obj.matrix_world, float), np.array(expected, float)
    error = float(np.abs(is_ - wanted).max())
    if not error <= _TOLERANCE * (1.0 + float(np.abs(wanted).max())):
        raise PlacementError(
            f"{obj.name!r} didn't go where it was put (off by {error:.3g} units): something else in the file moves it."
            " Set its role to Fixed. Nothing was changed."
        )


def _write_back(before: Mapping[ObjectRef, Transform]) -> tuple[str, ...]:
    missing = []
    for ref, transform in before.items():
        obj = ref.get()
        if obj is None:
            missing.append(ref.name)
        else:
            transform.write(obj)
    return tuple(missing)
