# SPDX-License-Identifier: GPL-3.0-or-later
"""The geometry of a floor plan in the making: snapping, walls that may not cross, openings that fit their wall.

Metres, +X east, +Y north. Plain Python, because the panel imports it when Blender starts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

Point = tuple[float, float]
Kind = Literal["door", "window"]

GRID, FINE_GRID = 0.05, 0.01
"""What corners snap to, metres; the second while asked for precision."""
LEAST_WALL = 0.05
"""Shortest wall that can be drawn, metres."""
LEAST_AREA = 1.0
"""Smallest room, m²: a wardrobe and the space to open it."""
LARGEST = 200.0
"""Longest side of a room, metres."""
MOST_CORNERS = MOST_OPENINGS = 100
CLEAR = 0.02
"""Walls that come nearer to each other than this, metres, count as crossing."""
JAMB = 0.05
"""What stays of a wall beside an opening where the wall is long enough, and between two openings, metres."""
LEAST_OPENING = 0.3
WIDTHS: dict[Kind, float] = {"door": 0.9, "window": 1.2}

_FOLD = math.cos(math.radians(5.0))
_STRAIGHT = 0.0005


@dataclass(frozen=True)
class Problem:
    """Why something can't be drawn: a text to translate, and the values that belong into it."""

    text: str
    values: Mapping[str, str | float] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text.format(**self.values)


@dataclass(frozen=True, slots=True)
class PlannedOpening:
    """A door or window in the wall from corner `wall` of the floor to the next, `offset` from that corner; metres."""

    kind: Kind
    wall: int
    offset: float
    width: float

    @property
    def end(self) -> float:
        return self.offset + self.width


def snapped(point: Point, grid: float) -> Point:
    """The nearest point of the grid."""
    return snapped_length(point[0], grid), snapped_length(point[1], grid)


def snapped_length(value: float, grid: float) -> float:
    """The nearest multiple of the grid, without the last bits' noise."""
    return round(round(value / grid) * grid, 4) + 0.0


def straightened(start: Point, point: Point, grid: float) -> Point:
    """Where `point` lands when a wall from `start` may only run along the axes or at 45 degrees between them."""
    dx, dy = point[0] - start[0], point[1] - start[1]
    eighth = round(math.atan2(dy, dx) / (math.pi / 4)) % 8
    if eighth % 4 == 0:
        return snapped_length(point[0], grid), start[1]
    if eighth % 4 == 2:
        return start[0], snapped_length(point[1], grid)
    step = snapped_length((abs(dx) + abs(dy)) / 2, grid)
    return round(start[0] + math.copysign(step, dx), 4), round(start[1] + math.copysign(step, dy), 4)


def area_of(corners: Sequence[Point]) -> float:
    """Signed area, positive when counter-clockwise."""
    pairs = zip(corners, [*corners[1:], *corners[:1]], strict=True)
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs) / 2


def floor_of(corners: Sequence[Point]) -> tuple[Point, ...]:
    """The corners counter-clockwise, without those on a straight wall."""
    ring = list(corners) if area_of(corners) >= 0 else list(reversed(corners))
    index = 0
    while index < len(ring) > 3:
        if _distance(ring[index], ring[index - 1], ring[(index + 1) % len(ring)]) < _STRAIGHT:
            del ring[index]
        else:
            index += 1
    return tuple(ring)


def wall_problem(corners: Sequence[Point], point: Point) -> Problem | None:
    """Why no wall may go from the last corner to `point`, or None."""
    if not corners:
        return None
    if len(corners) >= MOST_CORNERS:
        return Problem("A room can have {most} corners at most.", {"most": MOST_CORNERS})
    length = math.dist(corners[-1], point)
    if length < LEAST_WALL:
        return Problem("This wall would be shorter than {least:.0f} cm.", {"least": 100 * LEAST_WALL})
    if length > LARGEST:
        return Problem("This wall would be longer than {most:.0f} m.", {"most": LARGEST})
    if len(corners) > 1 and _folds(corners[-2], corners[-1], point):
        return Problem("This wall would run back along the last one.")
    for start, end in pairwise(corners[:-1]):
        if _gap(start, end, corners[-1], point) < CLEAR:
            return Problem("This wall would cross or touch another one.")
    return None


def closing_problem(corners: Sequence[Point]) -> Problem | None:
    """Why the corners can't be closed to a room, or None. Each wall but the closing one has to be sound already."""
    if len(corners) < 3:
        return Problem("A room needs at least three corners; there are {count}.", {"count": len(corners)})
    first, last = corners[0], corners[-1]
    if math.dist(first, last) < LEAST_WALL:
        return Problem("The last wall would be shorter than {least:.0f} cm.", {"least": 100 * LEAST_WALL})
    if _folds(corners[-2], last, first) or _folds(last, first, corners[1]):
        return Problem("The wall that closes the room would run back along another one.")
    for start, end in pairwise(corners[1:-1]):
        if _gap(start, end, last, first) < CLEAR:
            return Problem("The wall that closes the room would cross or touch another one.")
    area = abs(area_of(corners))
    if area < LEAST_AREA:
        return Problem(
            "The room would cover {area:.2f} m²: too small for a wardrobe and its doors. Draw at least {least:.0f} m².",
            {"area": area, "least": LEAST_AREA},
        )
    return None


def floor_problem(corners: Sequence[Point]) -> Problem | None:
    """Why these corners make no room, or None; for those that were not drawn one by one."""
    if not all(math.isfinite(value) for corner in corners for value in corner):
        return Problem("A corner is not a pair of numbers of metres.")
    for index in range(1, len(corners)):
        problem = wall_problem(corners[:index], corners[index])
        if problem is not None:
            return Problem("Wall {number}: {problem}", {"number": index, "problem": str(problem)})
    sides = [max(values) - min(values) for values in zip(*corners, strict=True)]
    if sides and max(sides) > LARGEST:
        return Problem("The room is more than {most:.0f} m long; are the corners in metres?", {"most": LARGEST})
    return closing_problem(corners)


def opening_problem(floor: Sequence[Point], openings: Sequence[PlannedOpening], new: PlannedOpening) -> Problem | None:
    """Why `new` can't be put beside these openings into the walls of this floor, or None."""
    if len(openings) >= MOST_OPENINGS:
        return Problem("A room can have {most} doors and windows at most.", {"most": MOST_OPENINGS})
    if not 0 <= new.wall < len(floor):
        return Problem("There is no wall {number}; the first is 0.", {"number": new.wall})
    if not math.isfinite(new.width) or new.width < LEAST_OPENING:
        return Problem("Doors and windows are at least {least:.2f} m wide.", {"least": LEAST_OPENING})
    length = wall_length(floor, new.wall)
    if new.width > length + 1e-6:
        values: dict[str, str | float] = {"length": length, "width": new.width}
        if new.kind == "door":
            return Problem("This wall is {length:.2f} m long: too short for a door of {width:.2f} m.", values)
        return Problem("This wall is {length:.2f} m long: too short for a window of {width:.2f} m.", values)
    if not -1e-6 <= new.offset <= length - new.width + 1e-6:
        return Problem("The opening would reach beyond its wall.")
    for other in openings:
        if other.wall == new.wall and new.offset < other.end + JAMB - 1e-6 and other.offset < new.end + JAMB - 1e-6:
            if other.kind == "door":
                return Problem("There is a door here already.")
            return Problem("There is a window here already.")
    return None


def wall_length(floor: Sequence[Point], wall: int) -> float:
    return math.dist(floor[wall], floor[(wall + 1) % len(floor)])


def along_wall(floor: Sequence[Point], wall: int, offset: float, outward: float = 0.0) -> Point:
    """The point `offset` along a wall and `outward` from it, away from the room."""
    start, end = floor[wall], floor[(wall + 1) % len(floor)]
    length = math.dist(start, end)
    ax, ay = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    return start[0] + ax * offset + ay * outward, start[1] + ay * offset - ax * outward


def opening_at(
    floor: Sequence[Point], point: Point, kind: Kind, width: float, reach: float, grid: float, *, centred: bool = False
) -> PlannedOpening | None:
    """The opening that a click at `point` asks for: in the nearest wall within `reach`, slid to where it fits.

    None where no wall is near. In a wall that is too short it is returned all the same, for `opening_problem` to tell.
    """
    count = len(floor)
    distances = [_distance(point, floor[wall], floor[(wall + 1) % count]) for wall in range(count)]
    wall = min(range(count), key=distances.__getitem__)
    if distances[wall] > reach:
        return None
    start, end = floor[wall], floor[(wall + 1) % count]
    length = math.dist(start, end)
    middle = ((point[0] - start[0]) * (end[0] - start[0]) + (point[1] - start[1]) * (end[1] - start[1])) / length
    spare = length - width
    if centred or spare <= 2 * JAMB:
        return PlannedOpening(kind, wall, max(spare / 2, 0.0), width)
    offset = snapped_length(middle - width / 2, grid)
    return PlannedOpening(kind, wall, min(max(offset, JAMB), spare - JAMB), width)


def _folds(a: Point, b: Point, c: Point) -> bool:
    """Whether the walls a-b and b-c lie so close to each other that no room is between them."""
    u, v = (a[0] - b[0], a[1] - b[1]), (c[0] - b[0], c[1] - b[1])
    return u[0] * v[0] + u[1] * v[1] > _FOLD * math.hypot(*u) * math.hypot(*v)


def _gap(a: Point, b: Point, c: Point, d: Point) -> float:
    """Distance between the segments a-b and c-d; 0 where they cross."""
    if _side(c, d, a) * _side(c, d, b) < 0 and _side(a, b, c) * _side(a, b, d) < 0:
        return 0.0
    return min(_distance(a, c, d), _distance(b, c, d), _distance(c, a, b), _distance(d, a, b))


def _side(a: Point, b: Point, point: Point) -> float:
    return (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])


def _distance(point: Point, a: Point, b: Point) -> float:
    """Distance of a point to the segment a-b."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    square = dx * dx + dy * dy
    t = 0.0 if square == 0 else ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / square
    t = min(max(t, 0.0), 1.0)
    return math.dist(point, (a[0] + t * dx, a[1] + t * dy))
