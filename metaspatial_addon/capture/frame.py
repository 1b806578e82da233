# SPDX-License-Identifier: GPL-3.0-or-later
"""The room frame in the world, and the yaw frame of an object."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

from ...backend.scene.geometry import rotation_facing

Floats = NDArray[np.float64]

_LEVEL = math.cos(math.radians(10.0))
_AXES = {"NEG_Y": (1, -1.0), "POS_Y": (1, 1.0), "NEG_X": (0, -1.0), "POS_X": (0, 1.0)}


@dataclass(frozen=True, eq=False)
class RoomFrame:
    """Where the room frame lies: its origin in world metres, its yaw in radians, and metres per Blender unit."""

    origin: Floats
    yaw: float
    scale: float

    def to_room(self, points: Floats) -> Floats:
        """World metres (..., 3) in the room frame."""
        return (points - self.origin) @ _turn(self.yaw)

    def matrix(self) -> Matrix:
        """Room frame (metres) to world (Blender units): a rotation about Z, a shift, and the unit scale."""
        result = Matrix.Translation(self.origin / self.scale) @ Matrix.Rotation(self.yaw, 4, "Z")
        return (result @ Matrix.Scale(1 / self.scale, 4)).freeze()


def yaw_of(matrix: Floats, front: str) -> float:
    """World yaw in degrees of an object with this world matrix and local front axis ("AUTO" is NEG_Y).

    An object that lies on its front or back, as imported Y-up models do, faces where its local Z leads; a tilted one
    is taken as it is: yaw 0.
    """
    axis, sign = _AXES.get(front, _AXES["NEG_Y"])
    columns = matrix[:3, :3] / np.maximum(np.linalg.norm(matrix[:3, :3], axis=0), 1e-12)
    ahead = columns[:, axis] * sign
    if math.hypot(ahead[0], ahead[1]) < _LEVEL:
        if abs(ahead[2]) < _LEVEL:
            return 0.0
        ahead = columns[:, 2] * (1.0 if ahead[2] < 0 else -1.0)
    return rotation_facing((float(ahead[0]), float(ahead[1])))


def into_yaw_frame(points: Floats, yaw: float) -> Floats:
    """World points (n, 3) turned back by a yaw in degrees, so that the front faces -Y."""
    return points @ _turn(math.radians(yaw))


def out_of_yaw_frame(point: Floats, yaw: float) -> Floats:
    """Inverse of `into_yaw_frame`."""
    return point @ _turn(math.radians(yaw)).T


def _turn(angle: float) -> Floats:
    """Rotation matrix by `angle`; rows times it turn back."""
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
