# SPDX-License-Identifier: GPL-3.0-or-later
"""An object's transform channels: read and written back bit for bit, or turned and shifted with all else preserved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from mathutils import Euler, Matrix, Quaternion, Vector

_RIGID = 1e-5


@dataclass(frozen=True, slots=True)
class Transform:
    """The raw channels that decide where an object is, as Blender stores them: no decomposed matrix, so no rounding."""

    location: tuple[float, ...]
    rotation_euler: tuple[float, ...]
    rotation_quaternion: tuple[float, ...]
    rotation_axis_angle: tuple[float, ...]
    scale: tuple[float, ...]
    parent_inverse: tuple[tuple[float, ...], ...]

    def write(self, obj: bpy.types.Object) -> None:
        """Give the object exactly these channels. Those that already hold are not touched."""
        for name in ("location", "rotation_euler", "rotation_quaternion", "rotation_axis_angle", "scale"):
            value = getattr(self, name)
            if tuple(getattr(obj, name)) != value:
                setattr(obj, name, value)
        if tuple(map(tuple, obj.matrix_parent_inverse)) != self.parent_inverse:
            obj.matrix_parent_inverse = self.parent_inverse


def transform_of(obj: bpy.types.Object) -> Transform:
    """The object's channels as they are now."""
    return Transform(
        tuple(obj.location),
        tuple(obj.rotation_euler),
        tuple(obj.rotation_quaternion),
        tuple(obj.rotation_axis_angle),
        tuple(obj.scale),
        tuple(map(tuple, obj.matrix_parent_inverse)),
    )


def apply_motion(obj: bpy.types.Object, motion: Matrix, *, turns: bool) -> None:
    """Write the channels that take the object through a rigid `motion` of the world.

    Only location and, if it `turns`, the rotation of the object's own rotation mode are written: scale (mirrored too),
    deltas and the other modes' channels stay as they are. Under a parent whose scale would shear the result, no
    location and rotation can express the motion; then it goes into the parent inverse, which can.
    """
    world, basis = _array(obj.matrix_world), _array(obj.matrix_basis)
    parent = world @ np.linalg.inv(basis)
    local = np.linalg.inv(parent) @ _array(motion) @ parent
    turn = local[:3, :3]
    if np.abs(turn @ turn.T - np.eye(3)).max() > _RIGID:
        obj.matrix_parent_inverse = Matrix(_array(obj.matrix_parent_inverse) @ local)
        return
    delta = np.array(obj.delta_location, float)
    place = turn @ (np.array(obj.location, float) + delta) + local[:3, 3] - delta
    obj.location = place.tolist()
    if turns:
        _turn(obj, Matrix(turn))


def _turn(obj: Any, turn: Matrix) -> None:
    """Rotate by `turn` in the parent's space, in the object's own rotation mode."""
    if obj.rotation_mode == "QUATERNION":
        delta = obj.delta_rotation_quaternion.normalized().to_matrix()
        old = Quaternion(obj.rotation_quaternion)
        new = (delta.transposed() @ turn @ delta).to_quaternion() @ old
        obj.rotation_quaternion = new if new.dot(old) >= 0 else -new
        return
    if obj.rotation_mode == "AXIS_ANGLE":
        angle, *axis = obj.rotation_axis_angle
        old = Quaternion(Vector(axis), angle) if Vector(axis).length > 0 else Quaternion()
        delta = obj.delta_rotation_euler.to_matrix()
        axis, angle = ((delta.transposed() @ turn @ delta).to_quaternion() @ old).to_axis_angle()
        obj.rotation_axis_angle = (angle, *axis)
        return
    old = Euler(obj.rotation_euler, obj.rotation_mode)
    delta = obj.delta_rotation_euler.to_matrix()
    new = delta.transposed() @ turn @ delta @ old.to_matrix()
    obj.rotation_euler = new.to_euler(obj.rotation_mode, old)


def _array(matrix: Any) -> np.ndarray:
    return np.array(matrix, float)
