# SPDX-License-Identifier: GPL-3.0-or-later
"""A layout's faults and needs as shapes: where pieces are inside each other or outside the room, what is blocked, the
floor that pieces need, the ways between them, where their fronts are.

What is measured comes from the physics report and the score's own clearances and walkways; where it is, from the boxes
that the pieces' shapes consist of. Room frame, metres, until `Figure.moved`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...backend.rewards.clearance import use_spaces
from ...backend.rewards.physics import TOLERANCE, PhysicsReport
from ...backend.rewards.places import mounts_in, places_in
from ...backend.rewards.walkway import ways_in
from ...backend.scene import Furniture, Layout, Opening, Pose, Room, Scene, category_of
from ...backend.scene.geometry import footprint, opening_zone, to_room
from ...backend.scene.shape import shape_of
from .polygons import Polygon, area, difference, intersection

Floats = NDArray[np.float32]
Point3 = tuple[float, float, float]
Style = Literal["conflict", "blocked", "cut_off", "clearance", "way", "front"]
Layer = Literal["conflicts", "clearances", "ways", "fronts"]
LabelKind = Literal["overlap", "outside", "sunk", "floating", "blocked", "cramped", "unreachable", "shut"]

LAYERS: tuple[Layer, ...] = ("conflicts", "clearances", "ways", "fronts")
LIFT = 0.015
"""How far above the floor its shapes lie, metres, so that they can be seen."""
MOST_PARTS = 24
"""Prisms of one pair of pieces."""
_ARROW = 0.22


@dataclass(frozen=True, slots=True)
class Shape:
    """Triangles (n, 3, 3) and lines (m, 2, 3). It is to be seen only where all its `pieces` are."""

    style: Style
    pieces: tuple[str, ...]
    triangles: Floats
    lines: Floats


@dataclass(frozen=True, slots=True)
class Label:
    """Something to read at a place (3,): what it is, and how much in metres, 0 where it has no size."""

    kind: LabelKind
    pieces: tuple[str, ...]
    metres: float
    at: Floats


@dataclass(frozen=True, slots=True)
class Figure:
    """What is to be seen of one layout. The labels that matter most come first."""

    shapes: tuple[Shape, ...] = ()
    labels: tuple[Label, ...] = ()

    def moved(self, matrix: ArrayLike) -> Figure:
        """The figure by a matrix (4, 4), as from the room frame to the world."""
        turn = np.asarray(matrix, float)

        every = [points.reshape(-1, 3) for each in self.shapes for points in (each.triangles, each.lines)]
        every += [label.at.reshape(1, 3) for label in self.labels]
        if not every:
            return self
        moved = (np.concatenate(every) @ turn[:3, :3].T + turn[:3, 3]).astype(np.float32)
        parts = iter(np.split(moved, np.cumsum([len(points) for points in every])[:-1]))
        shapes = tuple(
            replace(each, triangles=next(parts).reshape(-1, 3, 3), lines=next(parts).reshape(-1, 2, 3))
            for each in self.shapes
        )
        return Figure(shapes, tuple(replace(label, at=next(parts)[0]) for label in self.labels))


Kept = dict[Hashable, tuple[Hashable, Floats, Floats, Point3 | None]]
"""The shapes of conflicts, by what they are of: the poses they depend on, triangles, lines, where the label goes."""


def figure_of(
    scene: Scene,
    layout: Layout,
    report: PhysicsReport,
    layers: Iterable[Layer] = LAYERS,
    kept: Kept | None = None,
) -> Figure:
    """The figure of a layout whose physics is `report`. Pieces without a pose are not in it.

    Give the same `kept` for every layout of a scene, and what has not moved is not worked out again.
    """
    drawing = _Drawing(scene, layout, {} if kept is None else kept)
    draw: dict[Layer, Callable[[], None]] = {
        "ways": drawing.ways,
        "clearances": drawing.clearances,
        "fronts": drawing.fronts,
        "conflicts": lambda: drawing.conflicts(report),
    }
    wanted = set(layers)
    for layer, function in draw.items():
        if layer in wanted:
            function()
    return Figure(tuple(drawing.shapes), tuple(_in_order(drawing.labels)))


def _in_order(labels: Sequence[Label]) -> list[Label]:
    """What is broken before what is lacking, the largest first; of what nobody gets to, not that it is cramped."""
    far = {label.pieces for label in labels if label.kind == "unreachable"}
    told = [label for label in labels if label.kind != "cramped" or label.pieces not in far]
    return sorted(told, key=lambda label: (label.kind in ("cramped", "unreachable"), -label.metres))


@dataclass(frozen=True, slots=True)
class _Prism:
    """An upright prism over a convex polygon."""

    plan: Polygon
    bottom: float
    top: float

    @property
    def volume(self) -> float:
        return area(self.plan) * (self.top - self.bottom)

    @property
    def head(self) -> tuple[float, float, float]:
        """The middle of the top."""
        x, y, _ = _middle(self.plan)
        return x, y, self.top

    def meet(self, other: _Prism) -> _Prism | None:
        bottom, top = max(self.bottom, other.bottom), min(self.top, other.top)
        if top - bottom <= 1e-4:
            return None
        plan = intersection(self.plan, other.plan)
        return _Prism(plan, bottom, top) if plan else None

    def triangles(self) -> list:
        low, high = self._rings()
        after = range(1, len(low))
        found = [(high[0], high[i], high[i + 1]) for i in after[:-1]]
        found += [(low[0], low[i + 1], low[i]) for i in after[:-1]]
        for i in range(len(low)):
            found += [(low[i - 1], low[i], high[i]), (low[i - 1], high[i], high[i - 1])]
        return found

    def lines(self) -> list:
        low, high = self._rings()
        around = range(len(low))
        lines = [(ring[i - 1], ring[i]) for ring in (low, high) for i in around]
        return [*lines, *zip(low, high, strict=True)]

    def _rings(self) -> tuple[list, list]:
        return [(x, y, self.bottom) for x, y in self.plan], [(x, y, self.top) for x, y in self.plan]


class _Drawing:
    """Collects the shapes and labels of one layout."""

    def __init__(self, scene: Scene, layout: Layout, kept: Kept) -> None:
        places = places_in(scene)
        self.scene, self.layout = scene, layout
        self.pieces = places.pieces
        self.poses = {id: pose for id in places.pieces if (pose := places.pose(layout, id)) is not None}
        self.shapes: list[Shape] = []
        self.labels: list[Label] = []
        self._kept = kept
        self._prisms: dict[str, list[_Prism]] = {}

    def conflicts(self, report: PhysicsReport) -> None:
        """Where pieces are inside each other, outside the room, in the air, in an opening's way."""
        for fault in report.penetrations:
            a, b = fault.a, fault.b
            self._mark("overlap", (a, b), fault.depth, lambda a=a, b=b: self._shared(self._of(a), self._of(b)))
        for id, metres in report.outside.items():
            kind: LabelKind = "sunk" if report.sunk.get(id, 0.0) >= metres else "outside"
            self._mark(kind, (id,), metres, lambda id=id: _outside(self.scene.room, self._of(id)))
        for id, metres in report.floating.items():
            if id in self.poses and mounts_in(self.scene)[id] == "floor":
                self._hang(id, metres)
        blocked = {fault.opening for fault in report.blocked}
        for opening in self.scene.room.openings:
            if opening.kind == "door" or opening.id in blocked:
                self._opening(opening, opening.id in blocked)
        openings = {opening.id: opening for opening in self.scene.room.openings}
        for fault in report.blocked:
            zone, id = [_zone(self.scene.room, openings[fault.opening])], fault.piece
            shared = lambda zone=zone, id=id: self._shared(zone, self._of(id))  # noqa: E731
            self._mark("blocked", (id,), fault.depth, shared, fault.opening)

    def clearances(self) -> None:
        """The floor that people need who use the pieces. Where one of two sides is enough, the other is left out."""
        spaces: dict[str, list] = {}
        for space in use_spaces(self.scene, self.layout):
            spaces.setdefault(space.piece, []).append(space)
        for id, both in spaces.items():
            best = min(both, key=lambda space: space.short)
            for space in both:
                if best.short > 0.0 or space.short == 0.0:
                    self._floor("blocked" if best.short > 0.0 else "clearance", (id,), space.corners)
            if best.short > 0.0:
                self._label("cramped", (id,), best.short, _middle(best.corners))

    def ways(self) -> None:
        """The floor that people get to from the door, that which they don't, and what they can't get at."""
        ways = ways_in(self.scene, self.layout)
        floors: tuple[tuple[Style, NDArray[np.float64]], ...] = (("way", ways.walked), ("cut_off", ways.cut_off))
        for style, rectangles in floors:
            if len(rectangles):
                self.shapes.append(Shape(style, (), _fans(rectangles), np.empty((0, 2, 3), np.float32)))
        if ways.fronts and all(math.isinf(short) for _, short in ways.fronts.values()):
            doors = [opening for opening in self.scene.room.openings if opening.kind == "door"]
            for door in doors:
                self._label("shut", (), 0.0, _middle(_zone(self.scene.room, door).plan))
            return
        for id, (corners, short) in ways.fronts.items():
            self._floor("blocked", (id,), corners, filled=False)
            self._label("unreachable", (id,), short if math.isfinite(short) else 0.0, _middle(corners))

    def fronts(self) -> None:
        """An arrow on the ground before every piece that has a front."""
        mounts = mounts_in(self.scene)
        for id, pose in self.poses.items():
            piece = self.pieces[id]
            if _has_front(piece) and mounts[id] != "ceiling":
                self._arrow(id, piece, pose)

    def _arrow(self, id: str, piece: Furniture, pose: Pose) -> None:
        length, width, height = piece.size
        size = min(_ARROW, 0.35 * length + 0.06)
        base = -width / 2 - 0.03
        z = max(pose.z - height / 2, 0.0) + 2 * LIFT
        plan = ((-size / 2, base), (0.0, base - 0.3 * size), (size / 2, base), (0.0, base - 0.8 * size))
        left, notch, right, tip = ((*to_room(pose, point), z) for point in plan)
        lines = [(left, notch), (notch, right), (right, tip), (tip, left)]
        self._add("front", (id,), [(left, tip, notch), (notch, tip, right)], lines)

    def _opening(self, opening: Opening, blocked: bool) -> None:
        """What an opening needs free, with an arrow through a door."""
        room = self.scene.room
        zone = _zone(room, opening)
        style: Style = "blocked" if blocked else "clearance"
        if opening.kind == "window":
            self._add(style, (), [], zone.lines())
            return
        size, pose = opening_zone(room, opening)
        tip, back = -0.12 * size[1], 0.12 * size[1]  # its pose faces into the room
        arrow = [to_room(pose, point) for point in ((-0.2 * size[0], back), (0.0, tip), (0.2 * size[0], back))]
        lines = [tuple((x, y, LIFT) for x, y in pair) for pair in pairwise(arrow)]
        self._floor(style, (), zone.plan, lines)

    def _hang(self, id: str, metres: float) -> None:
        """Plumb lines below a piece in the air."""
        piece, pose = self.pieces[id], self.poses[id]
        bottom = pose.z - piece.size[2] / 2
        plan = footprint(piece.size, pose).tolist()
        lines = [((x, y, bottom), (x, y, bottom - metres)) for x, y in plan]
        ground = [(x, y, bottom - metres) for x, y in plan]
        lines += list(zip(ground, (*ground[1:], ground[0]), strict=True))
        self._add("conflict", (id,), [], lines)
        self._label("floating", (id,), metres, (pose.x, pose.y, bottom - metres / 2))

    def _mark(
        self,
        kind: LabelKind,
        pieces: tuple[str, ...],
        metres: float,
        find: Callable[[], Iterable[_Prism]],
        by: str = "",
    ) -> None:
        """The prisms of a conflict, and a label on the largest; where there is none, on the first piece."""
        poses = tuple(self.poses.get(id) for id in pieces)
        known = self._kept.get((kind, pieces, by))
        if known is None or known[0] != poses:
            prisms = sorted(find(), key=lambda prism: -prism.volume)[:MOST_PARTS]
            triangles = _points([triangle for prism in prisms for triangle in prism.triangles()], 3)
            largest = prisms[:1] or self._of(pieces[0])[:1]
            head = largest[0].head if largest else None
            lines = _points([line for prism in prisms for line in prism.lines()], 2)
            known = self._kept[kind, pieces, by] = poses, triangles, lines, head
        _, triangles, lines, head = known
        if len(triangles):
            self.shapes.append(Shape("conflict", pieces, triangles, lines))
        if head is not None:
            self._label(kind, pieces, metres, head)

    def _floor(
        self, style: Style, pieces: tuple[str, ...], plan: Polygon, lines: Sequence = (), *, filled: bool = True
    ) -> None:
        ring = [(x, y, LIFT) for x, y in plan]
        fan = [(ring[0], ring[i], ring[i + 1]) for i in range(1, len(ring) - 1)] if filled else []
        self._add(style, pieces, fan, [*zip(ring, (*ring[1:], ring[0]), strict=True), *lines])

    def _add(self, style: Style, pieces: tuple[str, ...], triangles: Sequence, lines: Sequence) -> None:
        if triangles or lines:
            self.shapes.append(Shape(style, pieces, _points(triangles, 3), _points(lines, 2)))

    def _label(self, kind: LabelKind, pieces: tuple[str, ...], metres: float, at: Sequence[float]) -> None:
        self.labels.append(Label(kind, pieces, metres, np.array(at, np.float32)))

    def _of(self, id: str) -> list[_Prism]:
        """The boxes that a piece consists of, where it stands."""
        if id not in self._prisms:
            self._prisms[id] = _boxes(self.pieces[id], self.poses[id]) if id in self.poses else []
        return self._prisms[id]

    def _shared(self, a: Sequence[_Prism], b: Sequence[_Prism]) -> Iterator[_Prism]:
        for one in a:
            for other in b:
                shared = one.meet(other)
                if shared is not None:
                    yield shared


def _boxes(piece: Furniture, pose: Pose) -> list[_Prism]:
    cos, sin = math.cos(math.radians(pose.rotation)), math.sin(math.radians(pose.rotation))
    found = []
    for part in shape_of(piece):
        (x, y, z), (length, width, height) = part.center, part.size
        around = ((x + u * length / 2, y + v * width / 2) for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1)))
        plan = tuple((pose.x + u * cos - v * sin, pose.y + u * sin + v * cos) for u, v in around)
        found.append(_Prism(plan, pose.z + z - height / 2, pose.z + z + height / 2))
    return found


def _outside(room: Room, prisms: Sequence[_Prism]) -> Iterator[_Prism]:
    """What of prisms is beyond the walls, above the ceiling or below the floor."""
    for prism in prisms:
        for plan in difference(prism.plan, room.floor):
            yield replace(prism, plan=plan)
        if prism.top > room.height + TOLERANCE:
            yield replace(prism, bottom=max(prism.bottom, room.height))
        if prism.bottom < -TOLERANCE:
            yield replace(prism, top=min(prism.top, 0.0))


def _zone(room: Room, opening: Opening) -> _Prism:
    size, pose = opening_zone(room, opening)
    plan = tuple((x, y) for x, y in footprint(size, pose).tolist())
    return _Prism(plan, pose.z - size[2] / 2, pose.z + size[2] / 2)


def _has_front(piece: Furniture) -> bool:
    """Whether it matters where it looks."""
    known = category_of(piece.category)
    if known.walkable:
        return False
    return known.name == "unknown" or known.back == "wall" or bool(known.access or known.side_access or known.seat)


def _points(shapes: Sequence, corners: int) -> Floats:
    return np.array(shapes, np.float32).reshape(-1, corners, 3)


def _middle(plan: Sequence[Sequence[float]]) -> tuple[float, float, float]:
    return sum(x for x, _ in plan) / len(plan), sum(y for _, y in plan) / len(plan), LIFT


def _fans(rectangles: NDArray[np.float64]) -> Floats:
    """Rectangles (n, 4) of west, south, east, north on the floor as triangles."""
    west, south, east, north = rectangles.T
    z = np.full(len(rectangles), LIFT / 2)
    a, b, c, d = (np.stack([x, y, z], -1) for x, y in ((west, south), (east, south), (east, north), (west, north)))
    return np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.float32)
