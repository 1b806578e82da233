# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor polygon and height of a room from its triangles. Pure numpy; metres, +Z up, any plan position and yaw.

Whatever way the room is modelled (a box, a shell with thickness, a slab under separate walls, walls without a floor),
the floor is the region of the plan that the floor's faces cover and the walls' section doesn't cut off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...backend.scene.geometry import polygon_area, signed_distance
from .planar import SNAP, arrange, boundary, faces, inner_point, merge_collinear, straighten, winding

Floats = NDArray[np.float64]

LEAST_FLOOR = 0.5
"""Smallest area that counts as a floor or ceiling, m²."""
SLAB = 0.6
"""Thickest floor slab, metres: its upper side is taken for the floor."""
GROUT = 0.006
"""Half the widest joint between boards or tiles that still make one floor, metres."""

_LEVEL = 0.02
_FLAT = math.cos(math.radians(5.0))
_SECTIONS = (0.93, 0.7, 0.45)
_LEAST_WALL, _LEAST_HEIGHT = 0.3, 1.5
_MOST_SEGMENTS = 6000
_BAND = 0.45


class OutlineError(ValueError):
    """No floor polygon can be made of these triangles; the text says why."""


@dataclass(frozen=True, eq=False)
class Outline:
    """Floor polygon (n, 2), counter-clockwise; its level z; the room's height, None where nothing shows it."""

    polygon: Floats
    floor: float
    height: float | None
    holes: int = 0
    others: int = 0
    """Further floor areas that don't belong to this polygon."""


def floor_outline(triangles: Floats, centers: Floats | None = None, walls: Floats | None = None) -> Outline:
    """The room of triangles (n, 3, 3). Of several rooms, the one with most of the plan points `centers` (k, 2).

    `walls` (m, 3, 3) are further triangles that bound the room and tell its height, but are no floor.
    Raises OutlineError.
    """
    if len(triangles) == 0:
        raise OutlineError("it has no faces")
    shift = np.append((triangles[..., :2].min((0, 1)) + triangles[..., :2].max((0, 1))) / 2, 0.0)
    triangles = triangles - shift
    everything = triangles if walls is None else np.concatenate([triangles, walls - shift])
    centers = np.zeros((0, 2)) if centers is None else centers - shift[:2]
    levels = _levels(triangles)
    floor = _floor_level(levels)
    if floor is not None:
        region = _region(triangles[floor.members][..., :2])
        if _is_ring(region):  # the undersides of walls
            floor = None
    z = floor.z if floor is not None else float(triangles[..., 2].min())
    region = region if floor is not None else np.zeros((0, 2, 2))
    choice = _best_room(everything, region, z, centers, walls_only=floor is None)
    if choice is None:
        raise OutlineError("it has no level floor face, and its walls don't close around one")
    polygon, holes, others = choice
    if polygon_area(polygon) < LEAST_FLOOR / 2:
        raise OutlineError(f"its floor covers only {polygon_area(polygon):.2f} m²")
    height = _height(everything, levels if walls is None else _levels(everything), polygon, z)
    return Outline(polygon + shift[:2], z, height, holes, others)


def floor_area(triangles: Floats) -> float:
    """Area of the level that would be the floor, m²; 0 when nothing is level and wide enough."""
    level = _floor_level(_levels(triangles))
    return level.area if level is not None else 0.0


def dominant_angle(polygon: Floats) -> float:
    """Angle in radians, within ±45°, by which the longest walls are turned from the axes."""
    edge = np.roll(polygon, -1, axis=0) - polygon
    length = np.hypot(edge[:, 0], edge[:, 1])
    angle = np.arctan2(edge[:, 1], edge[:, 0])
    quarter = math.pi / 2

    def apart(other: Floats) -> Floats:
        return (other - angle[:, None] + quarter / 2) % quarter - quarter / 2

    near = np.abs(apart(angle[None])) < math.radians(1.0)
    best = int((near * length).sum(1).argmax())
    difference = (angle - angle[best] + quarter / 2) % quarter - quarter / 2
    weight = np.where(near[best], length, 0.0)
    result = angle[best] + float((difference * weight).sum() / weight.sum())
    result = (result + quarter / 2) % quarter - quarter / 2
    return 0.0 if abs(result) < 1e-4 else float(result)


def square_up(polygon: Floats, tolerance: float = 2 * SNAP) -> Floats:
    """Give vertices whose x or y differ by no more than float noise the same x or y."""
    result = polygon.copy()
    for axis in (0, 1):
        order = np.argsort(polygon[:, axis])
        groups = np.split(order, np.nonzero(np.diff(polygon[order, axis]) > tolerance)[0] + 1)
        for group in groups:
            result[group, axis] = polygon[group, axis].mean()
    return straighten(result, SNAP)


@dataclass(frozen=True, eq=False)
class _Level:
    z: float
    up: float
    down: float
    members: NDArray[np.int64]

    @property
    def area(self) -> float:
        return max(self.up, self.down)


def _levels(triangles: Floats) -> list[_Level]:
    """Heights at which horizontal faces lie, lowest first, with the areas that face up and down."""
    normal = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    size = np.linalg.norm(normal, axis=1)
    flat = np.nonzero((np.abs(normal[:, 2]) > _FLAT * size) & (size > 1e-12))[0]
    height = triangles[flat, :, 2].mean(1)
    order = np.argsort(height, kind="stable")
    flat, height = flat[order], height[order]
    result = []
    for group in np.split(np.arange(len(flat)), np.nonzero(np.diff(height) > _LEVEL)[0] + 1):
        if len(group) == 0:
            continue
        members = flat[group]
        area = normal[members, 2] / 2
        weight = np.abs(area)
        up, down = float(area[area > 0].sum()), float(-area[area < 0].sum())
        result.append(_Level(float(np.average(height[group], weights=weight)), up, down, members))
    return result


def _floor_level(levels: list[_Level]) -> _Level | None:
    """The lowest substantial level; of a slab, its upper side."""
    most = max((level.area for level in levels), default=0.0)
    wide = [level for level in levels if level.area >= max(LEAST_FLOOR, 0.3 * most)]
    if not wide:
        return None
    lowest = wide[0]
    upper = [
        level
        for level in wide[1:]
        if level.z - lowest.z <= SLAB
        and (level.up > level.down) != (lowest.up > lowest.down)
        and level.area >= 0.4 * lowest.area
    ]
    return upper[0] if upper else lowest


def _region(triangles: Floats) -> Floats:
    """Directed boundary (m, 2, 2) of the union of plan triangles; narrow joints between them are closed."""
    edges = boundary(triangles)
    union = _union(edges)
    pieces, _ = faces(arrange(union))
    if len(pieces) > 8:
        grown = [_offset(straighten(piece), GROUT) for piece in pieces if polygon_area(piece) > (2 * GROUT) ** 2]
        closed = _union(np.concatenate([np.stack([p, np.roll(p, -1, axis=0)], 1) for p in grown]))
        loops, _ = faces(arrange(closed))
        if len(loops) < len(pieces) / 4:
            shrunk = [_offset(straighten(loop), -GROUT) for loop in loops]
            return np.concatenate([np.stack([p, np.roll(p, -1, axis=0)], 1) for p in shrunk])
    return union


def _union(directed: Floats) -> Floats:
    """Boundary of where the winding number isn't 0, with the covered side on the left."""
    if len(directed) > _MOST_SEGMENTS:
        raise OutlineError(
            f"its floor has too ragged an outline ({len(directed)} edges); use a simple plane as the floor"
        )
    segments = arrange(directed).segments
    if len(segments) == 0:
        return segments
    middle = segments.mean(1)
    along = segments[:, 1] - segments[:, 0]
    side = np.stack([-along[:, 1], along[:, 0]], 1) / np.linalg.norm(along, axis=1)[:, None] * (SNAP / 4)
    left, right = winding(directed, middle + side) != 0, winding(directed, middle - side) != 0
    return np.concatenate([segments[left & ~right], segments[right & ~left][:, ::-1]])


def _is_ring(region: Floats) -> bool:
    """Whether the region is a narrow band, open or around a larger hole, as the undersides of walls are."""
    _, outer = faces(arrange(region))
    if len(region) == 0 or not outer:
        return True
    a, b = region[:, 0], region[:, 1]
    covered = float(np.sum(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / 2)
    width = 2 * covered / float(np.linalg.norm(b - a, axis=1).sum())
    return width < _BAND or covered < 0.4 * max(-polygon_area(loop) for loop in outer)


def _best_room(
    triangles: Floats, region: Floats, z: float, centers: Floats, *, walls_only: bool
) -> tuple[Floats, int, int] | None:
    """The floor polygon that a section through the walls leaves, tried at several heights."""
    tall = float(triangles[..., 2].max()) - z
    sections = [_section(triangles, z + tall * share) for share in _SECTIONS] if tall > _LEAST_WALL else []
    sections = [each for each in sections if 0 < len(each) <= _MOST_SEGMENTS]
    options = []
    for section in sections or [np.zeros((0, 2, 2))]:
        loops, outer = faces(arrange(np.concatenate([merge_collinear(region), section])))
        if walls_only:
            loops = [loop for loop in loops if _is_wide(loop)]
        else:
            loops = [loop for loop in loops if winding(region, inner_point(loop)[None])[0] != 0]
        loops = [straighten(loop) for loop in loops]
        loops = [loop for loop in loops if len(loop) > 2 and polygon_area(loop) > SNAP]
        if loops:
            counts = [int((signed_distance(loop, centers) > 0).sum()) if len(centers) else 0 for loop in loops]
            best = max(range(len(loops)), key=lambda i: (counts[i], polygon_area(loops[i])))
            room = loops[best]
            holes = sum(bool(np.all(signed_distance(room, hole) > SNAP)) for hole in outer)
            others = sum(_is_wide(loop) for loop in loops) - _is_wide(room)
            options.append((counts[best], polygon_area(room), room, holes, others))
    if not options:
        return None
    most = max(option[0] for option in options)
    options = [option for option in options if option[0] >= 0.9 * most]
    if most == 0:
        largest = max(option[1] for option in options)
        options = [option for option in options if option[1] >= 0.85 * largest]
    _, _, room, holes, others = min(options, key=lambda option: (len(option[2]), -option[1]))
    return room, holes, others


def _is_wide(loop: Floats) -> bool:
    """Whether a region could be a floor, rather than the inside of a wall."""
    length = float(np.linalg.norm(np.roll(loop, -1, axis=0) - loop, axis=1).sum())
    return polygon_area(loop) > LEAST_FLOOR and 2 * polygon_area(loop) / length > _BAND


def _section(triangles: Floats, z: float) -> Floats:
    """Plan segments (m, 2, 2) in which the plane at height z cuts the triangles."""
    above = triangles[..., 2] >= z
    cut = triangles[above.any(1) & ~above.all(1)]
    if len(cut) == 0:
        return np.zeros((0, 2, 2))
    above = cut[..., 2] >= z
    lone = np.where(above.sum(1) == 1, above.argmax(1), (~above).argmax(1))
    row = np.arange(len(cut))
    tip = cut[row, lone]
    ends = []
    for step in (1, 2):
        other = cut[row, (lone + step) % 3]
        share = (z - tip[:, 2]) / (other[:, 2] - tip[:, 2])
        ends.append(tip[:, :2] + share[:, None] * (other - tip)[:, :2])
    return merge_collinear(np.stack(ends, 1))


def _height(triangles: Floats, levels: list[_Level], polygon: Floats, floor: float) -> float | None:
    """Up to the ceiling, else to the top of the walls around the polygon; None when neither is there."""
    area = polygon_area(polygon)
    for level in levels:
        if level.z - floor >= _LEAST_HEIGHT and level.area >= 0.4 * area:
            middles = triangles[level.members][..., :2].mean(1)
            normal = np.cross(triangles[level.members, 1] - triangles[level.members, 0],
                              triangles[level.members, 2] - triangles[level.members, 0])[:, 2]  # fmt: skip
            over = signed_distance(polygon, middles) > -SNAP
            if np.abs(normal[over]).sum() / 2 / max(1, _sheets(level)) >= 0.4 * area:
                return level.z - floor
    points = triangles.reshape(-1, 3)
    near = points[signed_distance(polygon, points[:, :2]) > -0.6]
    top = float(near[:, 2].max()) - floor if len(near) else 0.0
    return top if top >= _LEAST_HEIGHT else None


def _sheets(level: _Level) -> int:
    return 2 if min(level.up, level.down) > 0.5 * level.area else 1


def _offset(polygon: Floats, distance: float) -> Floats:
    """The polygon with every edge moved outwards by `distance` (mitred corners)."""
    edge = np.roll(polygon, -1, axis=0) - polygon
    outward = np.stack([edge[:, 1], -edge[:, 0]], 1) / np.linalg.norm(edge, axis=1)[:, None]
    before = np.roll(outward, 1, axis=0)
    bisector = outward + before
    scale = 1.0 / np.maximum(1.0 + np.sum(outward * before, axis=1), 0.2)
    return polygon + bisector * scale[:, None] * distance
