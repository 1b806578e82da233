# SPDX-License-Identifier: GPL-3.0-or-later
"""Rooms: floor polygons on a 5 cm grid with doors and windows that leave them furnishable."""

from __future__ import annotations

from typing import Literal

from ...scene import Opening, Room
from ...scene.geometry import Wall, footprint, opening_zone, polygon_area, walls
from ...scene.model import Point2
from .dice import Dice, snap
from .room_types import RoomType
from .sizes import windows

Shape = Literal["rectangle", "L", "T", "cut"]
SHAPES: tuple[Shape, ...] = ("rectangle", "L", "T", "cut")

ARM = 1.8
"""Narrowest arm of an angular room, metres."""
_OFF_CORNER = 0.1
_BETWEEN = 0.3


def build_room(dice: Dice, room_type: RoomType, shape: Shape, long: float, short: float, height: float) -> Room:
    """A room with these sides (of its bounds) before snapping, turned and mirrored at random, and with its openings."""
    return with_openings(dice, room_type, Room(_floor(dice, shape, snap(long), snap(short)), height))


def with_openings(dice: Dice, room_type: RoomType, room: Room) -> Room:
    """The room with doors and windows drawn as the room type has them, in place of those it has."""
    doors = _doors(dice, room_type, room)
    return Room(room.floor, room.height, (*doors, *_windows(dice, room_type, room, doors)))


def pick_shape(dice: Dice, room_type: RoomType, short: float) -> Shape:
    """A plain rectangle mostly; angular where the short side leaves arms wide enough."""
    if not dice.chance(room_type.angular):
        return "rectangle"
    if short < ARM / 0.75:
        return "cut"
    return dice.weighted(("L", "T", "cut"), (5.0, 1.5 if short >= 3.2 else 0.0, 3.0))


def shape_of_floor(floor: tuple[Point2, ...]) -> Shape:
    """Which of the shapes a generated floor is."""
    square = all(abs(wall.inward[0] * wall.inward[1]) < 1e-6 for wall in walls(Room(floor, 2.5)))
    if not square:
        return "cut"
    kinds: dict[int, Shape] = {4: "rectangle", 6: "L", 8: "T"}
    return kinds[len(floor)]


def floor_area(room: Room) -> float:
    return polygon_area(room.floor)


def main_rectangle(room: Room) -> Point2:
    """Sides (x, y) of the largest rectangle with the room's own corners as its grid that lies in the floor, metres."""
    xs, ys = (sorted({point[axis] for point in room.floor}) for axis in (0, 1))
    best = (0.0, 0.0)
    for i, left in enumerate(xs):
        for right in xs[i + 1 :]:
            for j, low in enumerate(ys):
                for high in ys[j + 1 :]:
                    if (right - left) * (high - low) > best[0] * best[1] and _inside(room, left, right, low, high):
                        best = (right - left, high - low)
    return best


def wall_runs(room: Room, wall: Wall, *, low: bool = False, depth: float = 0.6) -> list[tuple[float, float]]:
    """Stretches (from, to) along a wall before which furniture `depth` deep may stand, clear of doors.

    Windows end a stretch too, unless the furniture is `low`er than their sills.
    """
    taken = []
    for opening in room.openings:
        if opening.kind == "window" and low:
            continue
        (length, deep, _), pose = opening_zone(room, opening)
        across = []
        for px, py in footprint((length, deep), pose).tolist():
            dx, dy = px - wall.start[0], py - wall.start[1]
            (ax, ay), (nx, ny) = wall.along, wall.inward
            across.append((dx * ax + dy * ay, dx * nx + dy * ny))
        if min(d for _, d in across) < depth - 1e-6 and max(d for _, d in across) > 1e-6:
            taken.append((round(min(a for a, _ in across), 4), round(max(a for a, _ in across), 4)))
    runs, start = [], 0.0  # rounded, lest the last digits of cosines decide
    for begin, end in sorted(taken):
        if begin > start:
            runs.append((start, min(begin, wall.length)))
        start = max(start, end)
    if start < wall.length:
        runs.append((start, wall.length))
    return [(a, b) for a, b in runs if b - a > 0.05]


def _floor(dice: Dice, shape: Shape, long: float, short: float) -> tuple[Point2, ...]:
    """Counter-clockwise, minimum corner at the origin; the cut or notch is at the upper right corner at first."""
    a, b = long, short
    points: list[Point2] = [(0.0, 0.0), (a, 0.0), (a, b), (0.0, b)]
    if shape == "cut":
        most = min(1.1, a / 3, b / 3)
        cut, other = dice.between(0.45, most, 0.05), dice.between(0.45, most, 0.05)
        points = [(0.0, 0.0), (a, 0.0), (a, snap(b - cut)), (snap(a - other), b), (0.0, b)]
    elif shape == "L":
        p = dice.between(0.22 * a, min(0.5 * a, a - ARM), 0.05)
        q = dice.between(0.22 * b, max(0.22 * b, min(0.5 * b, b - ARM)), 0.05)
        points = [(0.0, 0.0), (a, 0.0), (a, snap(b - q)), (snap(a - p), snap(b - q)), (snap(a - p), b), (0.0, b)]
    elif shape == "T":
        most = (a - ARM) / 2
        p, r = (dice.between(min(0.6, most), min(0.3 * a, most), 0.05) for _ in range(2))
        q = dice.between(0.22 * b, max(0.22 * b, min(0.45 * b, b - ARM)), 0.05)
        top = snap(b - q)
        points = [(0.0, 0.0), (a, 0.0), (a, top), (snap(a - p), top), (snap(a - p), b), (r, b), (r, top), (0.0, top)]
    if dice.chance(0.5):
        points = [(snap(a - x), y) for x, y in points][::-1]
    if dice.chance(0.5):
        points = [(x, snap(b - y)) for x, y in points][::-1]
    if dice.chance(0.5):
        points = [(y, x) for x, y in points][::-1]
    first = min(range(len(points)), key=lambda k: (points[k][1], points[k][0]))
    return tuple(points[first:] + points[:first])


def _doors(dice: Dice, room_type: RoomType, room: Room) -> list[Opening]:
    two = floor_area(room) > 14 and dice.chance(0.18)
    doors: list[Opening] = []
    for number in range(1, 2 + two):
        passage = dice.chance(room_type.passage)
        width = dice.between(1.0, 1.6, 0.05) if passage else dice.between(0.75, 1.0, 0.05)
        height = min(dice.between(2.0, 2.15, 0.05), snap(room.height - 0.1))
        swing = "none" if passage else dice.weighted(("in", "out", "none"), (6.0, 2.0, 1.0))
        places = [
            wall
            for wall in walls(room)
            if wall.length >= width + 0.5 and not any(wall.index == door.wall for door in doors) and _straight(wall)
        ]
        if not places:
            if doors:
                break
            places = [max(walls(room), key=lambda wall: wall.length)]
        wall = dice.weighted(places, [wall.length for wall in places])
        last = snap(wall.length - width - _OFF_CORNER)
        near = dice.between(_OFF_CORNER, min(0.35, last), 0.05)
        offset = dice.between(_OFF_CORNER, last, 0.05)
        if dice.chance(0.65):  # doors are near corners mostly
            offset = near if dice.chance(0.5) else snap(wall.length - width - near)
        doors.append(Opening(f"door_{number}", "door", wall.index, offset, width, height, 0.0, swing))
    return doors


def _windows(dice: Dice, room_type: RoomType, room: Room, doors: list[Opening]) -> list[Opening]:
    wanted = dice.whole(*room_type.windows)
    small = room_type.sill[0] > 1.1
    result: list[Opening] = []
    for _ in range(4 * wanted):
        if len(result) == wanted:
            break
        wall = dice.pick([wall for wall in walls(room) if wall.length >= 1.2 and _straight(wall)])
        if any(door.wall == wall.index for door in doors) and dice.chance(0.75):
            continue
        fitting = [w for w in windows() if w[0] <= min(0.6 * wall.length, 1.25 if small else 9.0)]
        if not fitting:
            continue
        width, height = dice.pick(fitting)
        sill = dice.between(*room_type.sill, 0.05)
        height = min(height, snap(room.height - 0.2 - sill))
        offset = dice.between(0.25, wall.length - width - 0.25, 0.05)
        if dice.chance(0.3):
            offset = snap((wall.length - width) / 2)
        beside = (o for o in (*doors, *result) if o.wall == wall.index)
        clear = all(offset + width + _BETWEEN <= o.offset or o.offset + o.width + _BETWEEN <= offset for o in beside)
        if clear and height >= 0.4 and offset >= 0.1 and offset + width <= wall.length - 0.1:
            number = len(result) + 1
            result.append(Opening(f"window_{number}", "window", wall.index, offset, width, round(height, 2), sill))
    return result


def _straight(wall: Wall) -> bool:
    return abs(wall.inward[0] * wall.inward[1]) < 1e-6


def _inside(room: Room, left: float, right: float, low: float, high: float) -> bool:
    """Whether no wall runs through the inside of this rectangle and its middle is in the room."""
    for wall in walls(room):
        (ax, ay), (bx, by) = wall.start, wall.end
        # Clip the wall to the rectangle, shrunk a little: anything left crosses it.
        first, last = 0.0, 1.0
        inside = True
        for p, d, least, most in ((ax, bx - ax, left, right), (ay, by - ay, low, high)):
            least, most = least + 1e-6, most - 1e-6
            if abs(d) < 1e-12:
                inside = inside and least < p < most
            else:
                one, two = sorted(((least - p) / d, (most - p) / d))
                first, last = max(first, one), min(last, two)
        if inside and first < last:
            return False
    return _holds(room.floor, ((left + right) / 2, (low + high) / 2))


def _holds(floor: tuple[Point2, ...], point: Point2) -> bool:
    x, y = point
    odd = False
    for k, (ax, ay) in enumerate(floor):
        bx, by = floor[k - 1]
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            odd = not odd
    return odd
