# SPDX-License-Identifier: GPL-3.0-or-later
"""A scene as LayoutVLM's optimisation sees it: poses, and our relations in its words (source: see `gradient`)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...rewards.places import middle_of
from ...rewards.relations import TOLERANCES
from ...scene import Furniture, Layout, Pose, Relation, Scene, category_of
from ...scene.anchors import anchor_kind, corners, openings_of, walls_of
from ...scene.geometry import Array, Wall, rotation_facing, walls
from .losses import Align, AtWall, Distance, Loss, OnTop, Point, Term
from .wishes import Wishes

CLOSE = 0.1
"""Distance of centres that should coincide, metres."""
OVER_HOST = 0.05
"""Least room between a wall piece and what it hangs over, metres."""
_SIDES = {"in_front_of": 0.0, "behind": math.pi, "left_of": math.pi / 2, "right_of": -math.pi / 2}
"""The direction of the anchor in which the subject is, radians from its front."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is optimised. Rows are the pieces in the scene's order, then points of the room that relations refer to."""

    scene: Scene
    index: dict[str, int]
    start: Array
    """Poses (n, 3): x, y in metres, yaw in radians."""
    heights: Array
    """Of the boxes' centres (n,), metres."""
    half: Array
    free: NDArray[np.bool_]
    walls: dict[int, Wall]
    """What wall pieces hang on, by row."""
    carriers: dict[int, OnTop]
    """What small pieces stand on, by row."""
    loss: Loss

    def layout(self, poses: Array) -> Layout:
        """The poses as a layout: wall pieces flush with their walls, small pieces on top, fixed pieces as they were."""
        poses = self._carried(poses)
        result = {}
        for id, i in self.index.items():
            piece = self.scene.piece(id)
            x, y, angle = (float(value) for value in poses[i])
            z = float(self.heights[i])
            if piece.fixed and piece.pose is not None:
                result[id] = piece.pose
            elif i in self.walls:
                wall = self.walls[i]
                half = min(piece.size[0], wall.length) / 2
                along = (x - wall.start[0]) * wall.along[0] + (y - wall.start[1]) * wall.along[1]
                x, y = wall.point(min(max(along, half), wall.length - half), piece.size[1] / 2)
                result[id] = Pose(x, y, z, wall.facing)
            else:
                result[id] = Pose(x, y, z, math.degrees(angle) % 360.0)
        return Layout(result)

    def _carried(self, poses: Array) -> Array:
        """The poses with small pieces moved onto what carries them."""
        poses = poses.copy()
        for i, term in self.carriers.items():
            x, y, angle = poses[term.b]
            c, s = math.cos(angle), math.sin(angle)
            dx, dy = poses[i, 0] - x, poses[i, 1] - y
            u = min(max(dx * c + dy * s, -term.slack[0]), term.slack[0])
            v = min(max(dy * c - dx * s, -term.slack[1]), term.slack[1])
            poses[i, :2] = x + u * c - v * s, y + u * s + v * c
        return poses


def plan_of(wishes: Wishes, start: Layout) -> Plan:
    """The scene from `start`, which has a pose for every piece."""
    return _Planner(wishes, start).plan()


@dataclass(slots=True)
class _Planner:
    wishes: Wishes
    start: Layout
    rows: list[tuple[float, float, float]] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)
    walls: dict[int, Wall] = field(default_factory=dict)
    index: dict[str, int] = field(default_factory=dict)
    facing: set[tuple[int, int]] = field(default_factory=set)

    def plan(self) -> Plan:
        scene = self.wishes.scene
        for piece in scene.furniture:
            pose = self.start[piece.id]
            self.index[piece.id] = len(self.rows)
            self.rows.append((pose.x, pose.y, math.radians(pose.rotation)))
        heights = [self._height(piece) for piece in scene.furniture]
        for id in self.wishes.order:
            self._ask(scene.piece(id))
        self._turn()
        points = len(self.rows) - len(heights)
        half = np.array([piece.size[:2] for piece in scene.furniture] + [(0.0, 0.0)] * points, float).reshape(-1, 2) / 2
        tall: Array = np.array([piece.size[2] / 2 for piece in scene.furniture] + [0.0] * points, float)
        middles: Array = np.array(heights + [0.0] * points, float)
        free = np.array([not piece.fixed for piece in scene.furniture] + [False] * points, bool)
        hung = {i: wall for i, wall in self.walls.items() if self._hangs(scene.furniture[i].id) and free[i]}
        carriers = {term.a: term for term in self.terms if isinstance(term, OnTop) and free[term.a]}
        loss = Loss(half, middles - tall, middles + tall, self.terms)
        return Plan(
            scene, self.index, np.array(self.rows, float).reshape(-1, 3), middles, half, free, hung, carriers, loss
        )

    def _turn(self) -> None:
        """Let pieces start with the yaw that their wall, or else the first they should face, asks for.

        LayoutVLM's self-consistent decoding keeps a relation only if the proposed pose agrees with it.
        """
        at_wall = {term.a: term.facing for term in self.terms if isinstance(term, AtWall)}
        facing = {
            term.a: self._towards(term)
            for term in reversed(self.terms)
            if isinstance(term, Point) and (term.a, term.b) in self.facing
        }
        for i, angle in {**facing, **at_wall}.items():
            self.rows[i] = *self.rows[i][:2], angle

    def _towards(self, term: Point) -> float:
        (ax, ay, _), (bx, by, _) = self.rows[term.a], self.rows[term.b]
        return math.radians(rotation_facing((bx - ax, by - ay)))

    def _hangs(self, id: str) -> bool:
        return self.wishes.mounts[id] == "wall"

    def _height(self, piece: Furniture) -> float:
        """Of the box's centre: on the floor, the carrier or the ceiling, or where the start hung it."""
        tall, mount = piece.size[2], self.wishes.mounts[piece.id]
        z = self.start[piece.id].z
        if piece.fixed or mount in ("floor", "ceiling"):
            return z
        host = self.wishes.hosts.get(piece.id)
        top = 0.0
        if host is not None and piece.id not in self.wishes.stack(piece.id):  # not where two hang by each other
            other = self.wishes.scene.piece(host)
            top = self._height(other) + other.size[2] / 2
        if mount == "on":
            return top + tall / 2
        return min(max(z, top + OVER_HOST + tall / 2), max(self.wishes.scene.room.height - tall / 2, tall / 2))

    def _ask(self, piece: Furniture) -> None:
        i = self.index[piece.id]
        mount, host = self.wishes.mounts[piece.id], self.wishes.hosts.get(piece.id)
        if mount == "wall":
            wall = self.walls.get(self.index[host]) if host else None
            asked = [r.anchor for r in self.wishes.relations[piece.id] if r.predicate in ("against", "on")]
            named = [wall for anchor in asked for wall in walls_of(self.wishes.scene.room, anchor)]
            self._back_to(i, piece, [wall] if wall and not named else named or walls(self.wishes.scene.room))
        if mount == "on" and host:
            other = self.wishes.scene.piece(host)
            slack = [max(other.size[k] - piece.size[k], 0.0) / 2 for k in (0, 1)]
            self.terms.append(OnTop(i, self.index[host], (slack[0], slack[1])))
        for relation in self.wishes.relations[piece.id]:
            kind = anchor_kind(self.wishes.scene, relation.anchor)
            if kind == "object":
                self._of_piece(relation, i, piece)
            elif kind == "wall" and relation.predicate == "against" and mount != "wall":
                self._back_to(i, piece, walls_of(self.wishes.scene.room, relation.anchor))
            elif relation.predicate == "in_corner" or kind == "corner":
                self._corner(i, piece)
            elif kind in ("opening", "middle"):
                self._of_place(relation, i, piece, kind)

    def _of_piece(self, relation: Relation, i: int, piece: Furniture) -> None:
        if relation.anchor == piece.id:
            return
        other = self.wishes.scene.piece(relation.anchor)
        j = self.index[relation.anchor]
        reach = min(piece.size[:2]) / 2 + min(other.size[:2]) / 2
        gap = relation.distance if relation.distance is not None else TOLERANCES.near
        adjacent = Distance(i, j, 0.0, reach + TOLERANCES.adjacent)
        match relation.predicate:
            case "near" | "against":
                self.terms.append(adjacent if relation.adjacent else Distance(i, j, 0.0, reach + gap))
            case "far_from":
                away = relation.distance if relation.distance is not None else TOLERANCES.far
                self.terms.append(Distance(i, j, reach + away, math.inf))
            case "facing":
                self.terms.append(Point(i, j))
                self.facing.add((i, j))
            case "aligned_with":
                self.terms.append(Align(i, j))
            case "in_front_of" | "behind" | "left_of" | "right_of":
                self.terms.append(Point(j, i, _SIDES[relation.predicate]))
                if relation.adjacent:
                    self.terms.append(adjacent)
            case "centered_on" if not _stacks(piece) and not _stacks(other):
                self.terms.append(adjacent)
            case "under" | "above" | "centered_on":
                self.terms.append(Distance(i, j, 0.0, CLOSE if piece.mount != "wall" else reach))
            case "on" if category_of(other.category).walkable:
                self.terms.append(Distance(i, j, 0.0, reach))

    def _of_place(self, relation: Relation, i: int, piece: Furniture, kind: str) -> None:
        room = self.wishes.scene.room
        points = [middle_of(room)]
        if kind == "opening":
            every = walls(room)
            points = [every[o.wall].point(o.offset + o.width / 2) for o in openings_of(room, relation.anchor)]
        j = self._nearest(i, points)
        half = min(piece.size[:2]) / 2
        match relation.predicate:
            case "facing":
                self.terms.append(Point(i, j))
                self.facing.add((i, j))
            case "far_from":
                away = relation.distance if relation.distance is not None else TOLERANCES.far
                self.terms.append(Distance(i, j, half + away, math.inf))
            case "centered_on" if kind == "middle":
                self.terms.append(Distance(i, j, 0.0, CLOSE))
            case _:
                gap = relation.distance if relation.distance is not None else TOLERANCES.near
                self.terms.append(Distance(i, j, 0.0, half + (TOLERANCES.adjacent if relation.adjacent else gap)))

    def _corner(self, i: int, piece: Furniture) -> None:
        """In the nearest corner: against the wall that ends there, its centre no further than its size asks for."""
        room = self.wishes.scene.room
        j = self._nearest(i, corners(room))
        ends = [wall for wall in walls(room) if self.rows[j][:2] in (wall.start, wall.end)]
        self._back_to(i, piece, ends)
        self.terms.append(Distance(i, j, 0.0, math.hypot(*piece.size[:2]) / 2))

    def _nearest(self, i: int, points: Iterable[tuple[float, float]]) -> int:
        """A new row for that of the points which is nearest to where the piece starts."""
        x, y, _ = self.rows[i]
        px, py = min(points, key=lambda point: math.hypot(point[0] - x, point[1] - y))
        self.rows.append((px, py, 0.0))
        return len(self.rows) - 1

    def _back_to(self, i: int, piece: Furniture, choice: Iterable[Wall]) -> None:
        """Against that wall which is nearest to where the piece starts, of those long enough if any is."""
        if i in self.walls:
            return
        every = list(choice)
        x, y, _ = self.rows[i]
        long_enough = [wall for wall in every if wall.length >= piece.size[0]]
        wall = min(long_enough or every, key=lambda wall: _distance_to(wall, x, y))
        self.walls[i] = wall
        half = piece.size[0] / 2, piece.size[1] / 2
        self.terms.append(AtWall(i, half, wall.start, wall.inward, math.radians(wall.facing)))


def _distance_to(wall: Wall, x: float, y: float) -> float:
    dx, dy = x - wall.start[0], y - wall.start[1]
    along = min(max(dx * wall.along[0] + dy * wall.along[1], 0.0), wall.length)
    px, py = wall.point(along)
    return math.hypot(x - px, y - py)


def _stacks(piece: Furniture) -> bool:
    """Whether the piece may share its place in the plan with another."""
    return piece.mount in ("on", "ceiling") or category_of(piece.category).walkable
