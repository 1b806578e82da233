# SPDX-License-Identifier: GPL-3.0-or-later
"""Solids to build furniture from, in pure numpy: metres, +X right, -Y front, +Z up.

Every function returns a closed `Solid` whose faces wind counter-clockwise seen from outside; faces are planar and
convex or nearly so. Ranges are (low, high) pairs; one that an extreme size turned around or emptied is mended, never
refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Range = tuple[float, float]
Point = tuple[float, float, float]

THINNEST = 2e-4
"""No part is thinner than this, metres."""


@dataclass(frozen=True, eq=False)
class Solid:
    """One closed part: vertices (n, 3), faces as vertex indices, and the role or finish that paints it."""

    vertices: Floats
    faces: tuple[tuple[int, ...], ...]
    paint: str


def block(x: Range, y: Range, z: Range, paint: str, bevel: float = 0.004) -> Solid:
    """A box with chamfered edges (none when `bevel` is 0)."""
    low, high = np.array([span(axis) for axis in (x, y, z)]).T
    bevel = min(bevel, 0.24 * float((high - low).min()))
    if bevel < 1e-4:
        return tapered((x, y, z[0]), (x, y, z[1]), paint)
    signs = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    corners = np.where(signs, high, low)
    inward = np.where(signs, -bevel, bevel)
    vertices = np.repeat(corners + inward, 3, axis=0)  # three per corner, each pushed out to the face of one axis
    for axis in range(3):
        vertices[axis::3, axis] = corners[:, axis]
    at = {tuple(sign): 3 * number for number, sign in enumerate(signs.tolist())}
    faces: list[tuple[int, ...]] = []
    for axis in range(3):
        a, b = (axis + 1) % 3, (axis + 2) % 3
        for side in (0, 1):
            signs_around = [_with(axis, side, a, i, b, j) for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))]
            faces.append(tuple(at[sign] + axis for sign in signs_around))
        for i in (0, 1):
            for j in (0, 1):
                one, two = _with(axis, 0, a, i, b, j), _with(axis, 1, a, i, b, j)
                faces.append((at[one] + a, at[two] + a, at[two] + b, at[one] + b))
    faces += [(first, first + 1, first + 2) for first in at.values()]
    middle = (low + high) / 2
    outward = []
    for face in faces:
        p, q, r = vertices[list(face[:3])]
        outward.append(face if float(np.cross(q - p, r - p) @ (p - middle)) > 0 else face[::-1])
    return Solid(np.asarray(vertices, float), tuple(outward), paint)


def plain(x: Range, y: Range, z: Range, paint: str) -> Solid:
    """A box with sharp edges."""
    return block(x, y, z, paint, 0.0)


def tapered(bottom: tuple[Range, Range, float], top: tuple[Range, Range, float], paint: str) -> Solid:
    """A six-sided solid from one rectangle (x range, y range, z) up to another: legs, wedges, shades."""
    rings = []
    z0, z1 = span((bottom[2], top[2]))
    for (x, y, _), z in ((bottom, z0), (top, z1)):
        (x0, x1), (y0, y1) = span(x), span(y)
        rings.append([(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)])
    return loft(rings, paint)


def cushion(
    x: Range, y: Range, z: Range, paint: str, radius: float = 0.05, puff: float = 0.02, fine: bool = False
) -> Solid:
    """A soft rounded box; `puff` is how far its broad faces swell in the middle, inside the ranges."""
    low, high = np.array([span(axis) for axis in (x, y, z)]).T
    half = (high - low) / 2
    steps = (0.0, math.tan(math.pi / 8), 1.0) if fine else (0.0, 1.0)
    round_ = np.minimum(radius, 0.9 * half)
    lines = []
    for axis in range(3):
        arc = [half[axis] - round_[axis] * (1 - t) for t in steps]
        inner = [0.0] if half[axis] > 2.5 * round_[axis] or fine else []
        lines.append(np.array([-v for v in reversed(arc)] + inner + arc))
    vertices, faces = _surface_grid(lines)
    core = np.clip(vertices, -(half - round_), half - round_)
    away = (vertices - core) / round_
    away /= np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-12)
    out = core + away * round_
    if puff > 0:
        thin = int(np.argmin(half))
        puff = min(puff, 0.5 * float(half[thin]))
        others = [axis for axis in range(3) if axis != thin]
        swell = np.prod([1 - (out[:, axis] / half[axis]) ** 2 for axis in others], axis=0)
        out[:, thin] *= (half[thin] - puff * (1 - swell)) / half[thin]
        out[:, thin] *= half[thin] / max(float(np.abs(out[:, thin]).max()), 1e-9)
    return _solid(out + (low + high) / 2, faces, paint)


def pillow(x: Range, y: Range, z: Range, paint: str) -> Solid:
    """A pillow lying flat: full in the middle, thin at the seam, its sides drawn in between the corners."""
    low, high = np.array([span(axis) for axis in (x, y, z)]).T
    half = (high - low) / 2
    count = 6
    u = np.linspace(-1, 1, count + 1)
    vertices, faces = _surface_grid([u, u, np.array([-1.0, 1.0])])
    a, b = vertices[:, 0], vertices[:, 1]
    thick = 0.06 + 0.94 * np.sqrt(np.clip((1 - a**4) * (1 - b**4), 0, 1))
    shape = np.stack([a * (1 - 0.10 * (1 - b**2)), b * (1 - 0.10 * (1 - a**2)), vertices[:, 2] * thick], axis=1)
    shape[:, :2] /= np.abs(shape[:, :2]).max(axis=0)
    return _solid(shape * half + (low + high) / 2, faces, paint)


def loft(rings: Sequence[ArrayLike], paint: str, closed: bool = False) -> Solid:
    """Skin over rings of equally many points; the ends are capped (a one-point ring closes to a tip).

    `closed` joins the last ring to the first instead: a tyre, a frame.
    """
    points = [np.asarray(ring, dtype=float).reshape(-1, 3) for ring in rings]
    starts = np.cumsum([0] + [len(ring) for ring in points])
    faces: list[tuple[int, ...]] = []
    pairs = list(zip(range(len(points)), [*range(1, len(points)), 0], strict=True))
    for one, two in pairs if closed else pairs[:-1]:
        m, n, a, b = len(points[one]), len(points[two]), int(starts[one]), int(starts[two])
        for i in range(max(m, n)):
            j = (i + 1) % max(m, n)
            if m == 1:
                faces.append((a, b + j, b + i))
            elif n == 1:
                faces.append((a + i, a + j, b))
            else:
                faces.append((a + i, a + j, b + j, b + i))
    if not closed:
        if len(points[0]) > 2:
            faces.append(tuple(range(len(points[0])))[::-1])
        if len(points[-1]) > 2:
            faces.append(tuple(range(int(starts[-2]), int(starts[-1]))))
    return _solid(np.concatenate(points), faces, paint)


def ring(
    center: tuple[float, float], size: tuple[float, float], z: float, sides: int = 24, square: float = 2.0
) -> Floats:
    """Points of a level ellipse, or with `square` above 2 of a rounded rectangle: size[0] along x, size[1] along y."""
    angles = np.linspace(0, 2 * math.pi, sides, endpoint=False) + math.pi / sides
    power = 2 / square
    cos, sin = np.cos(angles), np.sin(angles)
    x = np.sign(cos) * np.abs(cos) ** power
    y = np.sign(sin) * np.abs(sin) ** power
    x, y = x / np.abs(x).max(), y / np.abs(y).max()
    return np.stack([center[0] + x * size[0] / 2, center[1] + y * size[1] / 2, np.full(sides, z)], axis=1)


def lathe(
    profile: Iterable[tuple[float, float]],
    paint: str,
    at: Point = (0.0, 0.0, 0.0),
    sides: int = 16,
    axis: str = "z",
    squash: float = 1.0,
    closed: bool = False,
) -> Solid:
    """A (radius, height) profile turned about the axis through `at`; `squash` scales it along the local y.

    Radius 0 closes to a tip. `closed` profiles are loops that keep off the axis.
    """
    rings: list[Floats] = []
    profile = list(profile)
    for number, (radius, height) in enumerate(profile):
        if radius <= 0 and not closed and number in (0, len(profile) - 1):
            rings.append(np.array([[0.0, 0.0, height]]))
        else:
            radius = max(radius, THINNEST / 2)
            rings.append(ring((0.0, 0.0), (2 * radius, 2 * radius * squash), height, sides))
    return moved(_along(loft(rings, paint, closed), axis), at)


def cylinder(
    at: Point, radius: float, height: float, paint: str, top: float | None = None, sides: int = 16, axis: str = "z"
) -> Solid:
    """A cylinder or cone stump standing on `at` and running `height` along the axis, edges softened."""
    radius = max(radius, THINNEST / 2)
    top = radius if top is None else max(top, THINNEST / 2)
    soft = min(0.004, 0.2 * abs(height), 0.3 * radius, 0.3 * top)
    profile = [(radius - soft, 0.0), (radius, soft), (top, height - soft), (top - soft, height)]
    if sides <= 8:
        profile = [(radius, 0.0), (top, height)]
    return lathe(profile, paint, at, sides, axis)


def ball(center: Point, radius: float, paint: str, sides: int = 10, stretch: float = 1.0) -> Solid:
    """A ball, `stretch` times as high as wide."""
    turns = np.linspace(-math.pi / 2, math.pi / 2, max(sides // 2, 3) + 1)
    profile = [(radius * math.cos(t), radius * stretch * math.sin(t)) for t in turns]
    profile[0], profile[-1] = (0.0, -radius * stretch), (0.0, radius * stretch)
    return lathe(profile, paint, center, sides)


def torus(center: Point, radius: float, thick: float, paint: str, sides: int = 20, axis: str = "z") -> Solid:
    """A ring of round section, `thick` in diameter, `radius` to the middle of the section."""
    angles = np.linspace(0, 2 * math.pi, 6, endpoint=False)
    thick = min(thick, 1.6 * radius)
    profile = [(radius + thick / 2 * math.cos(a), thick / 2 * math.sin(a)) for a in angles]
    return lathe(profile, paint, center, sides, axis, closed=True)


def bowl(
    at: Point, outer: Sequence[tuple[float, float]], wall: float, paint: str, sides: int = 20, floor: float = 0.0
) -> Solid:
    """A hollow vessel open at the top: outer profile from the bottom up, walls `wall` thick, inside down to `floor`."""
    inner = [(max(radius - wall, 0.3 * radius), height) for radius, height in reversed(outer) if height > floor]
    bottom = inner[-1][0] if inner else 0.5 * outer[0][0]
    return lathe([*outer, *inner, (bottom * 0.95, floor)], paint, at, sides)


def tube(points: ArrayLike, radius: ArrayLike, paint: str, sides: int = 8) -> Solid:
    """A round bar along a path; one radius, or one per point."""
    path = np.asarray(points, dtype=float)
    radii = np.broadcast_to(np.asarray(radius, dtype=float), (len(path),))
    ways = np.gradient(path, axis=0) if len(path) > 2 else np.repeat(path[1:] - path[:1], 2, axis=0)
    ways /= np.maximum(np.linalg.norm(ways, axis=1, keepdims=True), 1e-12)
    across = np.cross(ways[0], (0.0, 0.0, 1.0) if abs(ways[0][2]) < 0.9 else (1.0, 0.0, 0.0))
    angles = np.linspace(0, 2 * math.pi, sides, endpoint=False) + math.pi / sides
    rings = []
    for point, way, reach in zip(path, ways, radii, strict=True):
        across = across - way * float(across @ way)
        across /= max(float(np.linalg.norm(across)), 1e-12)
        other = np.cross(way, across)
        rings.append(point + reach * (np.outer(np.cos(angles), across) + np.outer(np.sin(angles), other)))
    return loft(rings, paint)


def curve(points: Sequence[ArrayLike], count: int = 8) -> Floats:
    """`count` points along the Bézier curve of the given control points."""
    control = np.asarray(points, dtype=float)
    t = np.linspace(0, 1, count)[:, None]
    degree = len(control) - 1
    weights = [math.comb(degree, i) * (1 - t) ** (degree - i) * t**i for i in range(degree + 1)]
    return np.sum([weight * point for weight, point in zip(weights, control, strict=True)], axis=0)


def bow(x: Range, y: float, z: Range, sag: float, thick: float, paint: str, count: int = 8, lean: float = 0.0) -> Solid:
    """An upright board bent in plan: its middle lies `sag` behind (+Y) its ends; `lean` moves its top back."""
    (x0, x1), (z0, z1) = span(x), span(z)
    rings = []
    for s in np.linspace(0, 1, count + 1):
        across, back = x0 + (x1 - x0) * s, y + sag * (1 - (2 * s - 1) ** 2)
        rings.append(
            [
                (across, back, z0),
                (across, back + thick, z0),
                (across, back + thick + lean, z1),
                (across, back + lean, z1),
            ]
        )
    return loft(rings, paint)


def leaf(
    base: ArrayLike, heading: float, rise: float, length: float, width: float, droop: float, paint: str, steps: int = 5
) -> Solid:
    """A thin closed blade from `base`: heading and rise in radians, `droop` how much its end bends down."""
    angle, reach, height = rise, 0.0, 0.0
    spine = []
    for _ in range(steps + 1):
        spine.append((reach, height, angle))
        angle -= droop / steps
        reach += length / steps * math.cos(angle)
        height += length / steps * math.sin(angle)
    away = np.array([math.cos(heading), math.sin(heading), 0.0])
    side = np.array([-away[1], away[0], 0.0])
    rings: list[Floats] = []
    for step, (reach, height, angle) in enumerate(spine):
        center = np.asarray(base, dtype=float) + away * reach + np.array([0.0, 0.0, height])
        t = step / steps
        half = width / 2 * math.sin(math.pi * min(0.97, 0.06 + 0.94 * t) ** 0.75)
        normal = np.array([0.0, 0.0, 1.0]) * math.cos(angle) - away * math.sin(angle)
        thick = max(0.0012, 0.05 * width)
        if step in (0, steps):
            rings.append(center[None])
        else:
            fold = normal * 0.18 * half
            rings.append(
                np.array(
                    [
                        center + side * half + fold,
                        center - normal * thick,
                        center - side * half + fold,
                        center + normal * thick,
                    ]
                )
            )
    return loft(rings, paint)


def turned(solid: Solid, degrees: float, axis: str = "z", about: Point = (0.0, 0.0, 0.0)) -> Solid:
    """The solid turned about an axis through a point, right-handed."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    a, b = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    local = solid.vertices - np.asarray(about)
    out = local.copy()
    out[:, a], out[:, b] = cos * local[:, a] - sin * local[:, b], sin * local[:, a] + cos * local[:, b]
    return Solid(np.asarray(out + np.asarray(about), float), solid.faces, solid.paint)


def moved(solid: Solid, offset: Point) -> Solid:
    """The solid shifted."""
    return Solid(solid.vertices + np.asarray(offset, dtype=float), solid.faces, solid.paint)


def mirrored(solid: Solid) -> Solid:
    """The solid mirrored left to right, still facing outwards."""
    return Solid(solid.vertices * (-1.0, 1.0, 1.0), tuple(face[::-1] for face in solid.faces), solid.paint)


def volume(vertices: Floats, faces: Iterable[Sequence[int]]) -> float:
    """Signed volume enclosed by outward faces, cubic metres."""
    fan = np.array([(face[0], face[i], face[i + 1]) for face in faces for i in range(1, len(face) - 1)])
    a, b, c = vertices[fan[:, 0]], vertices[fan[:, 1]], vertices[fan[:, 2]]
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


def span(pair: Range) -> Range:
    """The range the right way round and at least `THINNEST` wide."""
    low, high = (pair[0], pair[1]) if pair[0] <= pair[1] else (pair[1], pair[0])
    lack = (THINNEST - (high - low)) / 2
    return (low - lack, high + lack) if lack > 0 else (low, high)


def _solid(vertices: Floats, faces: Sequence[tuple[int, ...]], paint: str) -> Solid:
    local = vertices - vertices.mean(axis=0)
    outward = volume(local, faces) >= 0
    return Solid(vertices, tuple(faces) if outward else tuple(face[::-1] for face in faces), paint)


def _with(axis: int, side: int, a: int, i: int, b: int, j: int) -> tuple[int, ...]:
    sign = [0, 0, 0]
    sign[axis], sign[a], sign[b] = side, i, j
    return tuple(sign)


def _along(solid: Solid, axis: str) -> Solid:
    """A solid built along +z laid along another axis ("-y" runs towards the front)."""
    if axis == "z":
        return solid
    order = {"x": [2, 0, 1], "y": [1, 2, 0], "-y": [1, 2, 0]}[axis]
    vertices = solid.vertices[:, order]
    if axis == "-y":  # half a turn about x keeps the handedness
        vertices = vertices * (1.0, -1.0, -1.0)
    return Solid(vertices, solid.faces, solid.paint)


def _surface_grid(lines: Sequence[Floats]) -> tuple[Floats, list[tuple[int, ...]]]:
    """Vertices and outward quads of a box surface cut along the given coordinates per axis."""
    counts = [len(line) - 1 for line in lines]
    index: dict[tuple[int, ...], int] = {}
    faces: list[tuple[int, ...]] = []
    for axis in range(3):
        a, b = (axis + 1) % 3, (axis + 2) % 3
        for side in (0, counts[axis]):
            for i in range(counts[a]):
                for j in range(counts[b]):
                    quad = []
                    for di, dj in ((0, 0), (1, 0), (1, 1), (0, 1)):
                        key = [0, 0, 0]
                        key[axis], key[a], key[b] = side, i + di, j + dj
                        quad.append(index.setdefault(tuple(key), len(index)))
                    faces.append(tuple(quad) if side else tuple(quad[::-1]))
    vertices = np.array([[lines[axis][key[axis]] for axis in range(3)] for key in index])
    return vertices, faces
