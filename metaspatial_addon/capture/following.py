# SPDX-License-Identifier: GPL-3.0-or-later
"""Where captured pieces stand now, told from their objects' matrices alone: no mesh is looked at again."""

from __future__ import annotations

import math
from collections.abc import Set
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

from ...backend.scene import Layout, Pose, current_layout
from .capturing import Capture
from .geometry import SOLID_TYPES
from .reference import ObjectRef

_RIGID = 1e-4
"""How far a motion's matrix may be from a turn about the vertical."""


@dataclass(frozen=True, eq=False)
class Following:
    """A capture's objects as they stood when it was made.

    `tracked` has each with its world matrix, whether it was visible, and the piece that it moves with, if any;
    `passengers` those that a piece carries without being their parent.
    """

    captured: Capture
    tracked: tuple[tuple[ObjectRef, Matrix, bool, str], ...]
    passengers: frozenset[int]
    seen: frozenset[int]

    @staticmethod
    def begin(context: bpy.types.Context, captured: Capture) -> Following:
        """Follow the pieces from where they are now. Call it right after the capture, before anything moves."""
        owners = {ref.uid: id for id, ref in captured.objects.items()}
        carried = {ref.uid: id for id, refs in captured.carried.items() for ref in refs}
        tracked, passengers = [], set()
        for ref in captured.tracked:
            obj = ref.get()
            if obj is not None:
                owner = _owner(obj, owners)
                if not owner and (owner := _owner(obj, carried)):
                    passengers.add(ref.uid)
                tracked.append((ref, obj.matrix_world.copy(), obj.visible_get(), owner))
        return Following(captured, tuple(tracked), frozenset(passengers), _visible(context))

    @property
    def uids(self) -> Set[int]:
        """The session ids of all objects that are followed."""
        return {ref.uid for ref, *_ in self.tracked}

    def layout(self, context: bpy.types.Context) -> tuple[Layout | None, bool]:
        """Where the pieces stand now, and whether to capture again before that is relied on.

        The layout is None when it can't be told without capturing again: an object is gone, new, hidden or shown, was
        scaled or tilted, moved without its piece, or belongs to the room or to a fixed piece and was moved. It is told,
        but not for long, when what lies in a piece did not move along.
        """
        motions: dict[str, Matrix | None] = {}
        left: list[tuple[str, Matrix | None]] = []
        for ref, before, visible, piece in self.tracked:
            obj = ref.get()
            if obj is None or obj.visible_get() != visible:
                return None, True
            now = obj.matrix_world
            motion = None if now == before else now @ before.inverted_safe()
            if ref.uid in self.passengers:
                left.append((piece, motion))
            elif not piece:
                if motion is not None:
                    return None, True
            elif piece not in motions:
                motions[piece] = motion
            elif not _alike(motions[piece], motion):
                return None, True
        if _visible(context) != self.seen:
            return None, True
        layout = self._moved({piece: motion for piece, motion in motions.items() if motion is not None})
        apart = any(not _alike(motions.get(piece), motion) for piece, motion in left)
        return layout, layout is None or apart

    def _moved(self, motions: dict[str, Matrix]) -> Layout | None:
        scene = self.captured.scene
        to_world = np.array(self.captured.room_to_world.copy(), float)  # frozen, it could not be read
        to_room = np.linalg.inv(to_world)
        poses = {}
        for id, motion in motions.items():
            piece = scene.piece(id)
            pose = None if piece.fixed or piece.pose is None else _carried(piece.pose, to_room @ motion @ to_world)
            if pose is None:
                return None
            poses[id] = pose
        return current_layout(scene).moved(poses)


def _carried(pose: Pose, motion: NDArray[np.float64]) -> Pose | None:
    """A pose after a motion of the room frame; None if that is more than a shift and a turn about the vertical."""
    cos, sin = motion[0, 0], motion[1, 0]
    upright = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    if abs(math.hypot(cos, sin) - 1.0) > _RIGID or np.abs(motion[:3, :3] - upright).max() > _RIGID:
        return None
    x, y, z = (motion[:3, :3] @ (pose.x, pose.y, pose.z) + motion[:3, 3]).tolist()
    return Pose(x, y, z, (pose.rotation + math.degrees(math.atan2(sin, cos))) % 360.0)


def _alike(a: Matrix | None, b: Matrix | None) -> bool:
    """Whether two motions are the same, but for rounding."""
    if a is None or b is None:
        return a is b
    size = 1.0 + max(abs(value) for value in a.translation)
    return all(
        abs(p - q) <= 1e-4 * size for one, other in zip(a, b, strict=True) for p, q in zip(one, other, strict=True)
    )


def _owner(obj: bpy.types.Object, owners: dict[int, str]) -> str:
    """The piece whose root is the object or the nearest of its parents; "" for what belongs to the room."""
    at: bpy.types.Object | None = obj
    while at is not None:
        if at.session_uid in owners:
            return owners[at.session_uid]
        at = at.parent
    return ""


def _visible(context: bpy.types.Context) -> frozenset[int]:
    """The session ids of everything solid that can be seen."""
    objects = context.view_layer.objects
    return frozenset(obj.session_uid for obj in objects if obj.type in SOLID_TYPES and obj.visible_get())
