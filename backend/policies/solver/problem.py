# SPDX-License-Identifier: GPL-3.0-or-later
"""A scene compiled to arrays: what the search needs again and again, computed once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...scene import Category, Furniture, Part, Relation, Scene, category_of
from ...scene.anchors import AnchorKind, anchor_kind, corners, openings_of, walls_of
from ...scene.geometry import Wall, opening_zone, outside_distance, reflex_vertices, walls
from ...scene.model import Point2
from ...scene.shape import shape_of
from ...scene.use import use_zones
from .boxes import Array, Boxes, join
from .ties import Tie, tie_pieces

MARGIN = 0.01
"""Gap kept between pieces and to walls, metres: twice the tolerance of 5 mm, so that rounding is safe."""

SEAT_BACK_ROOM = 0.4
"""Free depth behind a seat at a table, to pull it out, metres."""


@dataclass(frozen=True, slots=True)
class Zones:
    """Places that must be free to use a piece, one row each: owner, centre and half sizes in the owner's frame, weight.

    `pair` numbers zones of which one of two suffices (the two sides of a bed); -1 elsewhere.
    """

    owner: NDArray[np.int64]
    cx: Array
    cy: Array
    hx: Array
    hy: Array
    weight: Array
    pair: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Wish:
    """An asked-for relation with its anchor looked up: piece number (-1: a place), the walls or openings it means."""

    relation: Relation
    subject: int
    anchor: int
    kind: AnchorKind
    walls: tuple[Wall, ...]
    openings: tuple[tuple[Wall, float, float, float], ...]  # wall, middle x, middle y, width


@dataclass(frozen=True, slots=True)
class Problem:
    """One scene for the search. Pieces are numbered as in `scene.furniture`; poses are rows x, y, z, degrees."""

    scene: Scene
    pieces: tuple[Furniture, ...]
    categories: tuple[Category, ...]
    index: dict[str, int]
    half: Array  # (n, 2) plan half sizes
    height: Array  # (n,)
    fixed: NDArray[np.bool_]
    fixed_pose: Array  # (n, 4), nan where free
    walkable: NDArray[np.bool_]
    knee: NDArray[np.bool_]
    seat: NDArray[np.bool_]
    parts: tuple[tuple[Part, ...], ...]
    mount: tuple[str, ...]
    ties: dict[str, Tie]
    host: NDArray[np.int64]  # -1: none
    children: tuple[tuple[int, ...], ...]
    friends: NDArray[np.bool_]  # (n, n): zone overlaps that are meant to be
    wishes: tuple[Wish, ...]
    wishes_of: tuple[tuple[Wish, ...], ...]  # by subject
    wishes_to: tuple[tuple[Wish, ...], ...]  # by anchor
    corners: tuple[Point2, ...]
    zones: Zones
    polygon: Array
    rectangle: bool
    reflex: Array
    walls: tuple[Wall, ...]
    doors: Boxes
    windows: Boxes

    @property
    def n(self) -> int:
        return len(self.pieces)

    def boxes(self, poses: Array, index: Any) -> Boxes:
        """Boxes of pieces `index` at `poses`."""
        return Boxes.at(poses, self.half[index], self.height[index])

    def outside(self, boxes: Boxes) -> Array:
        """How far each box reaches out of the floor polygon, metres; below 0 is the gap left (rectangles only)."""
        corners = boxes.corners()
        if self.rectangle:
            low, high = self.polygon.min(0), self.polygon.max(0)
            return np.max(np.maximum(low - corners, corners - high), (-2, -1))
        return outside_distance(self.polygon, corners)


def compile_problem(scene: Scene) -> Problem:
    """Compile a valid scene. Fixed pieces must carry a pose (`document.validate` sees to it)."""
    pieces = scene.furniture
    n = len(pieces)
    categories = tuple(category_of(piece.category) for piece in pieces)
    index = {piece.id: i for i, piece in enumerate(pieces)}
    ties = tie_pieces(scene)
    host = np.full(n, -1)
    for tie in ties.values():
        host[index[tie.piece]] = index[tie.host]
    fixed_pose = np.full((n, 4), np.nan)
    for i, piece in enumerate(pieces):
        if piece.fixed and piece.pose is not None:
            fixed_pose[i] = piece.pose.x, piece.pose.y, piece.pose.z, piece.pose.rotation
    sizes = np.array([piece.size for piece in pieces], float).reshape(n, 3)
    polygon = np.array(scene.room.floor)
    wishes = _wishes(scene, ties, index)
    return Problem(
        scene=scene,
        pieces=pieces,
        categories=categories,
        index=index,
        half=_half_sizes(sizes, pieces, ties, index),
        height=sizes[:, 2],
        fixed=np.array([piece.fixed for piece in pieces], bool),
        fixed_pose=fixed_pose,
        walkable=np.array([category.walkable for category in categories], bool),
        knee=np.array([category.knee for category in categories], bool),
        seat=np.array([category.seat for category in categories], bool),
        parts=tuple(shape_of(piece) for piece in pieces),
        mount=tuple(piece.mount for piece in pieces),
        ties=ties,
        host=host,
        children=tuple(tuple(int(j) for j in np.flatnonzero(host == i)) for i in range(n)),
        friends=_friends(host, n, pieces, ties),
        wishes=wishes,
        wishes_of=tuple(tuple(w for w in wishes if w.subject == i) for i in range(n)),
        wishes_to=tuple(tuple(w for w in wishes if w.anchor == i and w.subject != i) for i in range(n)),
        corners=corners(scene.room),
        zones=_zones(pieces, categories, ties),
        polygon=polygon,
        rectangle=_is_rectangle(polygon),
        reflex=reflex_vertices(polygon),
        walls=walls(scene.room),
        doors=_opening_boxes(scene, "door"),
        windows=_opening_boxes(scene, "window"),
    )


def _half_sizes(sizes: Array, pieces: tuple[Furniture, ...], ties: dict[str, Tie], index: dict[str, int]) -> Array:
    """Plan half sizes, (n, 2). A stand is as wide as the television that will stand on it."""
    half = sizes[:, :2] / 2
    for tie in ties.values():
        i, h = index[tie.piece], index[tie.host]
        if tie.slot == "on_top" and pieces[h].category == "tv_stand" and not pieces[h].fixed:
            half[h, 0] = max(half[h, 0], half[i, 0] + MARGIN)
    return half


_SHARING = ("tuck", "around", "in_front", "seating", "under_group", "foot", "on_top", "board")


def _friends(host: NDArray[np.int64], n: int, pieces: tuple[Furniture, ...], ties: dict[str, Tie]) -> NDArray[np.bool_]:
    """friends[i, j]: piece j may stand in the use zone of piece i, as a chair does before its desk."""
    friends = np.eye(n, dtype=bool)
    shares = [i for i in range(n) if pieces[i].id in ties and ties[pieces[i].id].slot in _SHARING]
    for i in shares:
        siblings = [j for j in shares if host[j] == host[i]]
        friends[i, host[i]] = friends[host[i], i] = True
        friends[i, siblings] = True
    return friends


def _wishes(scene: Scene, ties: dict[str, Tie], index: dict[str, int]) -> tuple[Wish, ...]:
    """The asked-for relations. A television's stand anchors in its stead: the stand is placed long before."""
    wishes = []
    every = walls(scene.room)
    for relation in scene.relations:
        tie = ties.get(relation.anchor)
        if tie and tie.slot == "on_top" and tie.host != relation.subject and relation.predicate != "on":
            relation = replace(relation, anchor=tie.host)
        kind = anchor_kind(scene, relation.anchor)
        openings = []
        for opening in openings_of(scene.room, relation.anchor) if kind == "opening" else ():
            wall = every[opening.wall]
            openings.append((wall, *wall.point(opening.offset + opening.width / 2), opening.width))
        wishes.append(
            Wish(
                relation,
                index[relation.subject],
                index.get(relation.anchor, -1),
                kind or "object",
                walls_of(scene.room, relation.anchor) if kind == "wall" else (),
                tuple(openings),
            )
        )
    return tuple(wishes)


def _zones(pieces: tuple[Furniture, ...], categories: tuple[Category, ...], ties: dict[str, Tie]) -> Zones:
    rows: list[tuple[int, float, float, float, float, float, int]] = []
    for i, (piece, category) in enumerate(zip(pieces, categories, strict=True)):
        if piece.mount != "floor":
            continue
        hx, hy = piece.size[0] / 2, piece.size[1] / 2
        zones = use_zones(piece)
        for zone in zones:
            rows.append((i, zone.x, zone.y, zone.length / 2, zone.width / 2, 1.0, i if len(zones) > 1 else -1))
        tie = ties.get(piece.id)
        if category.seat and tie and tie.slot in ("around", "tuck"):
            rows.append((i, 0.0, hy + SEAT_BACK_ROOM / 2, hx, SEAT_BACK_ROOM / 2, 0.6, -1))
    table = np.array(rows, float).reshape(len(rows), 7)
    return Zones(
        table[:, 0].astype(int),
        table[:, 1],
        table[:, 2],
        table[:, 3],
        table[:, 4],
        table[:, 5],
        table[:, 6].astype(int),
    )


def _opening_boxes(scene: Scene, kind: str) -> Boxes:
    boxes = []
    for opening in scene.room.openings:
        if opening.kind == kind:
            size, pose = opening_zone(scene.room, opening)
            row = np.array([[pose.x, pose.y, pose.z, pose.rotation]])
            boxes.append(Boxes.at(row, np.array([[size[0] / 2, size[1] / 2]]), np.array([size[2]])))
    if boxes:
        return join(boxes)
    return Boxes.at(np.zeros((0, 4)), np.zeros((0, 2)), np.zeros(0))


def _is_rectangle(polygon: Array) -> bool:
    low, high = polygon.min(0), polygon.max(0)
    return len(polygon) == 4 and all(
        any(np.allclose(corner, point, atol=1e-9) for point in polygon)
        for corner in (low, high, (low[0], high[1]), (high[0], low[1]))
    )
