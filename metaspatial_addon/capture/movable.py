# SPDX-License-Identifier: GPL-3.0-or-later
"""Why an object can't be moved by writing its transform, in words for the user."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import bpy
import numpy as np

from ..compat import animated_paths

_TRANSFORM = ("location", "rotation_", "delta_location", "delta_rotation_", "matrix_")
_SIMULATED = {"CLOTH": "cloth", "SOFT_BODY": "soft body", "FLUID": "fluid", "DYNAMIC_PAINT": "dynamic paint"}
_WORLD_SPACES = {"WORLD", "CUSTOM"}


def reason_to_stay(root: bpy.types.Object, members: Sequence[bpy.types.Object]) -> str:
    """Why the hierarchy `members` below `root` must stay where it is; "" when it may be moved."""
    return _own_reason(root) or _parent_reason(root) or _member_reason(root, members)


def _own_reason(root: bpy.types.Object) -> str:
    if not root.is_editable:
        return f"it is linked from {root.library.filepath}" if root.library else "it can't be edited"
    moved_by = _moved_by(root)
    if moved_by:
        return f"its {moved_by}"
    if any(root.lock_location):
        return "its location is locked"
    if root.lock_rotation[2] or (any(root.lock_rotation) and not _is_upright(root)):
        return "its rotation is locked"
    if _is_flat(np.array(root.matrix_world, float)) or _is_flat(np.array(root.matrix_basis, float)):
        return "its scale is zero along an axis"
    return ""


def _parent_reason(root: bpy.types.Object) -> str:
    """An animated or constrained parent would carry the piece off again."""
    parent = root.parent
    while parent is not None:
        moved_by = _moved_by(parent)
        if moved_by:
            return f"its parent {parent.name!r} is moved by its {moved_by}"
        parent = parent.parent
    if root.parent is not None and _is_flat(_parent_matrix(root)):
        return f"its parent {root.parent.name!r} has a scale of zero along an axis"
    return ""


def _member_reason(root: bpy.types.Object, members: Sequence[bpy.types.Object]) -> str:
    """Parts that wouldn't come along with the root."""
    own = {member.session_uid for member in members}
    for member in members:
        if member.session_uid != root.session_uid:
            if member.rigid_body is not None and member.rigid_body.type == "ACTIVE":
                return f"its part {member.name!r} is a rigid body"
            for constraint in _constraints(member):
                if _looks_outside(constraint, own):
                    return f"its part {member.name!r} has the constraint {constraint.name!r}"
        for modifier in member.modifiers:
            if modifier.type in _SIMULATED:
                return f"it is simulated ({_SIMULATED[modifier.type]})"
            outside = _object_outside(modifier, own)
            if outside is not None and modifier.show_viewport:
                return f"its modifier {modifier.name!r} refers to {outside.name!r}, which isn't part of it"
    return ""


def _moved_by(obj: bpy.types.Object) -> str:
    """What else decides about an object's transform."""
    for path in sorted(animated_paths(obj)):
        if path.startswith(_TRANSFORM):
            return f"animation of {path}"
    for constraint in obj.constraints:
        if not constraint.mute and constraint.influence > 0:
            return f"constraint {constraint.name!r}"
    if obj.rigid_body is not None and obj.rigid_body.type == "ACTIVE":
        return "rigid body physics"
    return ""


def _constraints(obj: bpy.types.Object) -> Iterable[Any]:
    bones = obj.pose.bones if obj.type == "ARMATURE" and obj.pose else ()
    for owner in (obj, *bones):
        for constraint in owner.constraints:
            if not constraint.mute and constraint.influence > 0:
                yield constraint


def _looks_outside(constraint: Any, own: set[int]) -> bool:
    """Whether a constraint depends on anything but the piece itself."""
    targets = [getattr(constraint, "target", None)]
    targets += [each.target for each in getattr(constraint, "targets", ())]
    uids = [target.session_uid for target in targets if target is not None]
    if uids:
        return any(uid not in own for uid in uids)
    return getattr(constraint, "owner_space", "WORLD") in _WORLD_SPACES


def _object_outside(modifier: Any, own: set[int]) -> bpy.types.Object | None:
    """An object outside the piece that the modifier's result depends on."""
    values: list[Any] = [
        getattr(modifier, p.identifier, None) for p in modifier.bl_rna.properties if p.type == "POINTER"
    ]
    if modifier.type == "NODES":
        values += [modifier.get(key) for key in modifier.keys()]  # noqa: SIM118 - Blender's groups iterate otherwise
    for value in values:
        if isinstance(value, bpy.types.Object) and value.session_uid not in own:
            return value
    return None


def _is_upright(obj: bpy.types.Object) -> bool:
    return abs(obj.matrix_world.to_3x3().col[2].normalized().z) > 0.9999


def _parent_matrix(obj: bpy.types.Object) -> np.ndarray:
    """What the parent and its inverse contribute to the world matrix."""
    return np.array(obj.matrix_world, float) @ np.linalg.inv(np.array(obj.matrix_basis, float))


def _is_flat(matrix: np.ndarray) -> bool:
    """Whether a transform has no inverse worth the name."""
    lengths = np.linalg.norm(matrix[:3, :3], axis=0)
    return bool(lengths.min() < 1e-7) or abs(np.linalg.det(matrix[:3, :3] / lengths)) < 1e-5
