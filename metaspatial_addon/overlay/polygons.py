# SPDX-License-Identifier: GPL-3.0-or-later
"""Cutting polygons of the plan: few corners, plain floats. All polygons run counter-clockwise."""

from __future__ import annotations

from collections.abc import Sequence

Point = tuple[float, float]
Polygon = tuple[Point, ...]

_NOTHING = 1e-6
"""Area in square metres below which what is left of a polygon is nothing."""


def area(polygon: Sequence[Point]) -> float:
    """Signed area, positive when counter-clockwise. Formula: shoelace."""
    ends = (*polygon[1:], *polygon[:1])
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(polygon, ends, strict=True)) / 2


def halves(polygon: Polygon, start: Point, end: Point) -> tuple[Polygon, Polygon]:
    """A convex polygon cut along a line: what is left of it, and what is right. () where nothing is."""
    (sx, sy), (ex, ey) = start, end
    dx, dy = ex - sx, ey - sy
    sides = [dx * (y - sy) - dy * (x - sx) for x, y in polygon]
    if min(sides) >= 0.0:
        return polygon, ()
    if max(sides) <= 0.0:
        return (), polygon
    left: list[Point] = []
    right: list[Point] = []
    other, beyond = polygon[-1], sides[-1]
    for point, side in zip(polygon, sides, strict=True):
        if side * beyond < 0.0:
            t = side / (side - beyond)
            cut = (point[0] + t * (other[0] - point[0]), point[1] + t * (other[1] - point[1]))
            left.append(cut)
            right.append(cut)
        if side >= 0.0:
            left.append(point)
        if side <= 0.0:
            right.append(point)
        other, beyond = point, side
    return tuple(left), tuple(right)


def intersection(a: Polygon, b: Polygon) -> Polygon:
    """What two convex polygons share; () when that is nothing."""
    for start, end in zip(b, (*b[1:], *b[:1]), strict=True):
        if not a:
            break
        a, _ = halves(a, start, end)
    return _something(a)


def difference(a: Polygon, b: Sequence[Point]) -> list[Polygon]:
    """What is left of a convex polygon without another that may be concave: convex pieces that do not overlap."""
    left = [a]
    for part in [tuple(b)] if _is_convex(b) else triangulated(b):
        left = [piece for each in left for piece in _without(each, part)]
    return [piece for piece in left if _something(piece)]


def triangulated(polygon: Sequence[Point]) -> list[Polygon]:
    """A simple polygon, concave or not, as triangles: ears are cut off until none is left."""
    points = list(polygon)
    triangles: list[Polygon] = []
    while len(points) > 3:
        ear = next((i for i in range(len(points)) if _is_ear(points, i)), None)
        if ear is None:  # only corners without any turn are left
            break
        triangle = points[ear - 1], points[ear], points[ear - len(points) + 1]
        if area(triangle) > 0.0:
            triangles.append(triangle)
        del points[ear]
    if len(points) == 3 and area(points) > 0.0:
        triangles.append(tuple(points))
    return triangles


def _without(a: Polygon, b: Polygon) -> list[Polygon]:
    """What is left of a convex polygon without another convex one."""
    if not intersection(a, b):
        return [a]
    pieces = []
    for start, end in zip(b, (*b[1:], *b[:1]), strict=True):
        if not a:
            break
        a, beyond = halves(a, start, end)
        if beyond:
            pieces.append(beyond)
    return pieces


def _is_convex(polygon: Sequence[Point]) -> bool:
    return all(area((polygon[i - 2], polygon[i - 1], polygon[i])) >= 0.0 for i in range(len(polygon)))


def _is_ear(points: Sequence[Point], i: int) -> bool:
    """Whether a corner turns left, or not at all, and no other corner is in its triangle."""
    corner = points[i - 1], points[i], points[i - len(points) + 1]
    if area(corner) < 0.0:
        return False
    return not any(_inside(point, corner) for point in points if point not in corner)


def _inside(point: Point, triangle: Sequence[Point]) -> bool:
    a, b, c = triangle
    return all(area((start, end, point)) >= 0.0 for start, end in ((a, b), (b, c), (c, a)))


def _something(polygon: Polygon) -> Polygon:
    return polygon if len(polygon) > 2 and area(polygon) > _NOTHING else ()
