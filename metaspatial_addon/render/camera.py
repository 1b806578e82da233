# SPDX-License-Identifier: GPL-3.0-or-later
"""Where to look at a room from: cameras that hold its whole floor, and which walls stand in the way. No bpy.

A camera depends on the room only, never on the layout, so pictures of two layouts can be compared.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...backend.scene import Room
from ...backend.scene.geometry import Array, Wall, signed_distance, walls

ELEVATION = math.radians(48.0)
"""Of the perspective view: high enough to see the floor between furniture, low enough to see its fronts."""
SIDEWAYS = math.radians(28.0)
"""How far the perspective view is turned off north, to one side or the other."""
FIELD_OF_VIEW = math.radians(36.0)
"""Of the wider side of the picture; narrow, as for interiors, so that far furniture is not dwarfed."""
MARGIN = 0.05
"""Share of the picture kept free along each edge."""


@dataclass(frozen=True)
class Camera:
    """A pinhole (or, with `ortho_scale`, parallel) camera in the room frame.

    `axes` are the rows right, up, back of an orthonormal frame, as Blender's cameras have them; `field_of_view` is
    across the picture's wider side, radians; `ortho_scale` is the wider side's length, metres.
    """

    position: Array
    axes: Array
    field_of_view: float = FIELD_OF_VIEW
    ortho_scale: float | None = None

    @property
    def matrix(self) -> Array:
        """Camera to room, shape (4, 4)."""
        result = np.eye(4)
        result[:3, :3] = self.axes.T
        result[:3, 3] = self.position
        return result

    def project(self, points: Array, aspect: float) -> Array:
        """Picture coordinates of points (n, 3): x and y in -1…1 inside the picture of width / height `aspect`."""
        right, up, back = ((np.asarray(points, float) - self.position) @ self.axes.T).T
        wide, high = _half_sides(self.field_of_view, aspect)
        if self.ortho_scale is not None:
            half = self.ortho_scale / 2
            wide, high = (half, half / aspect) if aspect >= 1 else (half * aspect, half)
            return np.stack([right / wide, up / high], -1)
        return np.stack([right / (-back * wide), up / (-back * high)], -1)


def perspective(room: Room, aspect: float) -> Camera:
    """The view into the room as into a doll's house, from the south-east or south-west.

    North is away from the eye, as it is up in the plan; of the two sides the one that shows more of the openings.
    """
    axes = _axes(_best_azimuth(room), ELEVATION)
    points = [(x, y, 0.0) for x, y in room.floor]
    points += [(*end, room.height) for wall in standing_walls(room, _far_eye(axes)) for end in (wall.start, wall.end)]
    return Camera(_fit(np.array(points, float), axes, aspect), axes)


def top(room: Room, aspect: float) -> Camera:
    """The plan: straight down, north up."""
    length, width = room.extent
    margin = 0.25
    wide, high = (length + 2 * margin) / (1 - 2 * MARGIN), (width + 2 * margin) / (1 - 2 * MARGIN)
    across = max(wide, high * aspect)
    scale = across if aspect >= 1 else across / aspect
    return Camera(np.array([length / 2, width / 2, room.height + 5.0]), np.eye(3), ortho_scale=scale)


def standing_walls(room: Room, eye: Array) -> tuple[Wall, ...]:
    """The walls that hide no floor from `eye` (x, y, z): those that the doll's house needs not cut away."""
    inside = _floor_points(room)
    return tuple(wall for wall in walls(room) if not _hides(wall, room.height, inside, eye))


def _hides(wall: Wall, height: float, floor_points: Array, eye: Array) -> bool:
    """Whether the eye is behind the wall, or a sight-line from one of the floor points runs through it."""
    inward, along = np.array(wall.inward), np.array(wall.along)
    eye_depth = float((eye[:2] - wall.start) @ inward)
    if eye_depth < 0.02 * float(np.linalg.norm(eye[:2] - wall.start)):
        return True
    depth = (floor_points - wall.start) @ inward
    behind = floor_points[depth < -1e-6]
    t = depth[depth < -1e-6] / (depth[depth < -1e-6] - eye_depth)
    across = (behind + t[:, None] * (eye[:2] - behind) - wall.start) @ along
    return bool(np.any((across > 0) & (across < wall.length) & (t * eye[2] < height)))


def _far_eye(axes: Array) -> Array:
    """An eye so far away that all its sight-lines run along the view's axis."""
    return 1e4 * axes[2]


def _floor_points(room: Room) -> Array:
    """Points of the floor, some 0.25 m apart, and its corners drawn in a little."""
    length, width = room.extent
    x, y = np.meshgrid(
        np.linspace(0.02, length - 0.02, max(9, int(length / 0.25))),
        np.linspace(0.02, width - 0.02, max(9, int(width / 0.25))),
    )
    points = np.stack([x.ravel(), y.ravel()], -1)
    return points[signed_distance(room.floor, points) > 0.01]


def _best_azimuth(room: Room) -> float:
    """Direction from the room to the eye."""
    candidates = [-math.pi / 2 + turn for turn in (SIDEWAYS, -SIDEWAYS)]
    return max(candidates, key=lambda azimuth: round(_seen(room, azimuth), 3))


def _seen(room: Room, azimuth: float) -> float:
    axes = _axes(azimuth, ELEVATION)
    kept = {wall.index: float(np.dot(wall.inward, axes[2][:2])) for wall in standing_walls(room, _far_eye(axes))}
    openings = sum(o.width * o.height * kept.get(o.wall, 0.0) for o in room.openings)
    return openings + 0.25 * sum(walls(room)[index].length * share for index, share in kept.items())


def _axes(azimuth: float, elevation: float) -> Array:
    back = np.array([
        math.cos(elevation) * math.cos(azimuth), math.cos(elevation) * math.sin(azimuth), math.sin(elevation)
    ])  # fmt: skip
    right = np.array([-math.sin(azimuth), math.cos(azimuth), 0.0])
    return np.array([right, np.cross(back, right), back])


def _fit(points: Array, axes: Array, aspect: float) -> Array:
    """The nearest eye from which all points are in the picture, with its margin: closed form per picture axis."""
    right, up, back = (points @ axes.T).T
    depth = -back
    slopes = [side * (1 - 2 * MARGIN) for side in _half_sides(FIELD_OF_VIEW, aspect)]
    bounds = [
        (np.max(across - slope * depth), np.max(-across - slope * depth))
        for across, slope in zip((right, up), slopes, strict=True)
    ]
    eye_depth = min(-(low + high) / (2 * slope) for (low, high), slope in zip(bounds, slopes, strict=True))
    centers = [(low - high) / 2 for low, high in bounds]
    return np.array([centers[0], centers[1], -eye_depth]) @ axes


def _half_sides(field_of_view: float, aspect: float) -> tuple[float, float]:
    """Half the picture's width and height at unit depth."""
    half = math.tan(field_of_view / 2)
    return (half, half / aspect) if aspect >= 1 else (half * aspect, half)
