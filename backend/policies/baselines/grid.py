# SPDX-License-Identifier: GPL-3.0-or-later
"""Grid search over placements: the floor solver of Holodeck.

Y. Yang et al., "Holodeck: Language Guided Generation of 3D Embodied AI Environments", CVPR 2024 (arXiv 2312.09067),
section 3.4 "Constraint-based Layout Design Module" and its depth-first solver; constants checked against the authors'
published program (Apache-2.0). Re-implemented:
- a grid whose step is a twentieth of the room's longer side; every piece may stand on every point at four yaws;
- pieces are 10 cm longer and wider than they are; they lie in the floor polygon, off each other and off door zones, and
  their front is at least 30 cm from every wall;
- pieces whose back is within a step of a wall can be pushed to it ("edge"); for those that belong there this is a must,
  for the others one more choice;
- the first piece is tried at up to 30 random places, each followed by the best place for every further piece: 30 greedy
  roll-outs within the time; the best by the sum of the placements' grades is kept;
- what finds no place is left out.

What differs: no language model writes the constraints (`wishes`); the step is a twentieth of the room's real length,
not of that in whole metres; a roll-out goes on with the next piece where Holodeck's ends at the first that does not
fit; pieces that nowhere fit at an edge may still stand in the middle; a place at an edge counts only if the piece is
inside the room there. Wall pieces, small pieces, rugs and lamps: `grid_extras`. The grades: `grid_scores`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...dialogue import Dialogue, format_answer
from ...scene import Furniture, Layout, Pose, Scene, category_of
from ...scene.geometry import Array, front, opening_zone, outside_distance, signed_distance
from ...scene.model import Vector3
from ..policy import Cancelled
from ..solver.boxes import Boxes, join, plan_overlap
from .grid_extras import place_extras
from .grid_scores import Constraint, constraints_of, graded
from .wishes import Wishes, wishes_of

DIVISIONS = 20
"""Steps along the room's longer side."""
BUFFER = 0.1
"""How much longer and wider than they are pieces count, metres."""
FRONT = 0.3
"""Least distance of a piece's front from the walls, metres."""
PUSH = 0.045
"""How far beyond touching with its buffer a piece at an edge is pushed: half a centimetre is left, metres."""
ROLLOUTS = 30
"""Places of the first piece that are tried."""
EDGE_BONUS = 1.0
"""What a place at an edge is worth besides the 1 of every place."""


@dataclass(frozen=True, slots=True)
class GridPolicy:
    """Answers with the best of 30 greedy layouts on a grid; what does not fit is not answered.

    The same for the same scene and seed unless `seconds` run out before all roll-outs are done.
    """

    seed: int = 0
    seconds: float = 30.0
    name: str = "grid"

    def answer(
        self,
        dialogue: Dialogue,
        *,
        cancelled: Callable[[], bool] = lambda: False,
        on_text: Callable[[str], None] = lambda text: None,
    ) -> str:
        """The layout; the thought names what was left out."""
        layout, missing = place_on_grid(dialogue.scene, self.seed, self.seconds, cancelled, on_text)
        thought = f"No free place on the grid for {', '.join(missing)}." if missing else "Everything has a place."
        return format_answer(layout, thought, scene=dialogue.scene)


def place_on_grid(
    scene: Scene,
    seed: int = 0,
    seconds: float = 30.0,
    cancelled: Callable[[], bool] = lambda: False,
    on_text: Callable[[str], None] = lambda text: None,
) -> tuple[Layout, tuple[str, ...]]:
    """The layout with the fixed pieces in it, and the ids of the movable pieces left out. Raises `Cancelled`."""
    wishes = wishes_of(scene)
    rng = np.random.default_rng(seed)
    best = _best_rollout(_Floor(wishes, rng), seconds, cancelled, on_text)
    if cancelled():
        raise Cancelled
    poses = {piece.id: piece.pose for piece in scene.fixed if piece.pose is not None}
    for id, (x, y, rotation) in best.items():
        poses[id] = Pose(x, y, scene.piece(id).size[2] / 2, rotation)
    poses = place_extras(wishes, poses, rng, cancelled)
    layout = Layout({piece.id: poses[piece.id] for piece in scene.furniture if piece.id in poses})
    return layout, tuple(piece.id for piece in scene.movable if piece.id not in layout)


Placement = tuple[float, float, float]
"""x, y, rotation."""


def _best_rollout(
    floor: _Floor, seconds: float, cancelled: Callable[[], bool], on_text: Callable[[str], None]
) -> dict[str, Placement]:
    end = time.monotonic() + seconds
    order = floor.order
    starts: list[tuple[Placement, float]] = []
    while order and not starts:  # the first piece that has any place at all
        first, order = order[0], order[1:]
        starts = floor.places(first, {}, ROLLOUTS)
    best: dict[str, Placement] = {}
    highest = -1.0
    for count, (start, worth) in enumerate(starts):
        placed, total = {first: start}, worth
        for id in order:
            if cancelled():
                raise Cancelled
            if highest >= 0.0 and time.monotonic() > end:
                return best
            found = floor.places(id, placed, 1)
            if found:
                placed[id] = found[0][0]
                total += found[0][1]
        if total > highest:
            best, highest = placed, total
        on_text(f"Searching the grid… {100 * (count + 1) / len(starts):.0f} %")
    return best


@dataclass(slots=True)
class _Floor:
    """The floor to stand on: every piece's places in the empty room, which no placed piece changes."""

    wishes: Wishes
    rng: np.random.Generator
    order: tuple[str, ...] = field(init=False)
    step: float = field(init=False)
    _sizes: dict[str, Vector3] = field(init=False)
    _constraints: dict[str, tuple[Constraint, ...]] = field(init=False)
    _places: dict[str, tuple[Array, Array]] = field(default_factory=dict, init=False)
    _fixed: dict[str, Placement] = field(default_factory=dict, init=False)
    _bodies: dict[str, Boxes] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        scene = self.wishes.scene
        self.order = tuple(id for id in self.wishes.order if self.wishes.stands(id))
        self._sizes = {piece.id: piece.size for piece in scene.furniture}
        self.step = max(scene.room.extent) / DIVISIONS
        self._constraints = {id: constraints_of(self.wishes, id) for id in self.order}
        for piece in scene.fixed:
            if piece.pose is not None and not category_of(piece.category).walkable:
                self._bodies[piece.id] = _body(piece, piece.pose)
                if self.wishes.stands(piece.id):
                    self._fixed[piece.id] = piece.pose.x, piece.pose.y, piece.pose.rotation

    def places(self, id: str, placed: dict[str, Placement], most: int) -> list[tuple[Placement, float]]:
        """Free places with their grades: for one the best, for more than one that many at random."""
        piece = self.wishes.scene.piece(id)
        places, worth = self._empty_room(piece)
        free = ~self._taken(piece, places, placed)
        places, worth = places[free], worth[free]
        if not len(places):
            return []
        shuffled = self.rng.permutation(len(places))
        places, worth = places[shuffled], worth[shuffled]
        constraints = self._constraints[id]
        targets = {
            other: (place, self.wishes.scene.piece(other).size) for other, place in {**self._fixed, **placed}.items()
        }
        grades = graded(constraints, targets, places, piece.size, worth, self.step)
        chosen = [int(np.argmax(grades))] if most == 1 else range(min(most, len(places)))
        return [((float(places[k, 0]), float(places[k, 1]), float(places[k, 2])), float(grades[k])) for k in chosen]

    def _taken(self, piece: Furniture, places: Array, placed: dict[str, Placement]) -> NDArray[np.bool_]:
        bodies = [body for body in self._bodies.values() if _share_height(piece, body)]
        if placed:
            poses = np.array([(x, y, 0.0, rotation) for x, y, rotation in placed.values()])
            sizes = np.array([self._sizes[id] for id in placed])
            bodies.append(Boxes.at(poses, (sizes[:, :2] + BUFFER) / 2, sizes[:, 2]))
        if not bodies:
            return np.zeros(len(places), bool)
        return (plan_overlap(_boxes(piece, places), join(bodies)) > -1e-9).any(-1)

    def _empty_room(self, piece: Furniture) -> tuple[Array, Array]:
        """Places (m, 3) inside the room and off its doors, and what each is worth before its constraints (m,)."""
        if piece.id not in self._places:
            inner = self._inner(piece)
            edge = self._pushed(piece, inner)
            must = any(constraint.kind == "edge" for constraint in self._constraints[piece.id])
            places = edge if must else np.concatenate([inner, edge])
            worth = np.ones(len(places))
            worth[len(places) - len(edge) :] += EDGE_BONUS
            off = ~self._in_doors(piece, places)
            self._places[piece.id] = places[off], worth[off]
        return self._places[piece.id]

    def _inner(self, piece: Furniture) -> Array:
        """Grid points × yaws where the piece with its buffer is in the room and its front is not at a wall."""
        room = self.wishes.scene.room
        xs, ys = (np.arange(0.0, side, self.step) for side in room.extent)
        x, y, yaw = (part.ravel() for part in np.meshgrid(xs, ys, (0.0, 90.0, 180.0, 270.0), indexing="ij"))
        places = np.stack([x, y, yaw], -1)
        places = places[signed_distance(room.floor, places[:, :2]) > 0.0]
        places = places[outside_distance(room.floor, _boxes(piece, places).corners()) <= 1e-9]
        ahead = places[:, :2] + _fronts(places) * (piece.size[1] + BUFFER) / 2
        return places[np.abs(signed_distance(room.floor, ahead)) >= FRONT]

    def _pushed(self, piece: Furniture, places: Array) -> Array:
        """Those whose back is within a step of a wall, pushed to it, where the piece is inside the room then."""
        floor = self.wishes.scene.room.floor
        ahead = _fronts(places)
        back = np.abs(signed_distance(floor, places[:, :2] - ahead * (piece.size[1] + BUFFER) / 2))
        near = (back <= self.step) & (back < np.abs(signed_distance(floor, places[:, :2])))
        pushed = places[near].copy()
        pushed[:, :2] -= ahead[near] * (back[near] + PUSH)[:, None]
        inside = outside_distance(floor, _boxes(piece, pushed, 0.0).corners()) <= 1e-9
        return np.unique(pushed[inside].round(6), axis=0)

    def _in_doors(self, piece: Furniture, places: Array) -> NDArray[np.bool_]:
        room = self.wishes.scene.room
        doors = [opening_zone(room, opening) for opening in room.openings if opening.kind == "door"]
        if not doors:
            return np.zeros(len(places), bool)
        zones = join([_zone(size, pose) for size, pose in doors])
        return (plan_overlap(_boxes(piece, places), zones) > -1e-9).any(-1)


def _fronts(places: Array) -> Array:
    return np.array([front(rotation) for rotation in places[:, 2]]).reshape(-1, 2)


def _boxes(piece: Furniture, places: Array, buffer: float = BUFFER) -> Boxes:
    poses = np.stack([places[:, 0], places[:, 1], np.full(len(places), piece.size[2] / 2), places[:, 2]], -1)
    half = (np.array(piece.size[:2]) + buffer) / 2
    return Boxes.at(poses, half, piece.size[2])


def _body(piece: Furniture, pose: Pose) -> Boxes:
    row = np.array([[pose.x, pose.y, pose.z, pose.rotation]])
    return Boxes.at(row, (np.array([piece.size[:2]]) + BUFFER) / 2, np.array([piece.size[2]]))


def _zone(size: tuple[float, float, float], pose: Pose) -> Boxes:
    row = np.array([[pose.x, pose.y, pose.z, pose.rotation]])
    return Boxes.at(row, np.array([size[:2]]) / 2, np.array([size[2]]))


def _share_height(piece: Furniture, body: Boxes) -> bool:
    return bool(body.z0[0] < piece.size[2] and body.z1[0] > 0.0)
