# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated annealing that never accepts a move against a hard rule: what a learned system must beat to be of use.

After P. Merrell et al., "Interactive Furniture Layout Using Interior Design Guidelines", SIGGRAPH 2011, section 5
(Metropolis sampling of a density exp(−β · cost) with moves of single pieces and swaps), and L.-F. Yu et al., "Make it
Home: Automatic Optimization of Furniture Arrangement", SIGGRAPH 2011, section 5 (annealing). From both: the moves
(shift by a normal step, turn, swap) and the Metropolis rule with a falling temperature.

What differs: nothing may ever overlap, leave the room or stand in the way of a door or a window, where both papers let
the cost say so; a move that would is not made. The cost is what is missing of the wishes' relations (1 − grade each)
and of the free floor that pieces need to be used (share of its depth), instead of either paper's terms and weights;
pieces may also jump to a random place, half the time at a wall, and a piece without a place costs ten. What stands on a
piece moves with it. The start puts pieces in the wishes' order at random free places.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ...dialogue import Dialogue, format_answer
from ...rewards.clearance import clearances
from ...rewards.relations import satisfaction
from ...scene import Layout, Pose, Relation, Scene
from ...scene.geometry import Array, walls
from ..policy import Cancelled
from ..solver.feasible import feasible
from ..solver.problem import MARGIN, Problem, compile_problem
from .random_placement import YAWS, hang
from .wishes import Wishes, wishes_of

UNPLACED = 10.0
HOT, COLD = 0.5, 0.005
"""Temperature at the first and the last step, in units of cost."""
FAR, CLOSE = 0.8, 0.03
"""Standard deviation of a shift at the first and the last step, metres."""
TRIES = 24
"""Random places looked at for one jump."""
STARTS = 20
"""As many times more for a piece's first place."""
DEPTH = 0.6
"""Missing free depth that counts 1, metres."""


@dataclass(frozen=True, slots=True)
class AnnealingPolicy:
    """Answers with the cheapest layout seen in so many steps; the same for the same scene and seed."""

    seed: int = 0
    steps: int = 2500
    name: str = "annealing"

    def answer(
        self,
        dialogue: Dialogue,
        *,
        cancelled: Callable[[], bool] = lambda: False,
        on_text: Callable[[str], None] = lambda text: None,
    ) -> str:
        """The layout; the thought names what found no place."""
        scene = dialogue.scene
        layout = anneal(scene, self.seed, self.steps, cancelled, on_text)
        missing = [piece.id for piece in scene.movable if piece.id not in layout]
        thought = f"No free place found for {', '.join(missing)}." if missing else "Everything has a place."
        return format_answer(layout, thought, scene=scene)


def anneal(
    scene: Scene,
    seed: int = 0,
    steps: int = 2500,
    cancelled: Callable[[], bool] = lambda: False,
    on_text: Callable[[str], None] = lambda text: None,
) -> Layout:
    """The cheapest layout seen, with the fixed pieces in it. Raises `Cancelled`."""
    wishes = wishes_of(scene)
    rng = np.random.default_rng(seed)
    room = _Rules(wishes, rng)
    cost = _Cost(wishes)
    poses = {piece.id: piece.pose for piece in scene.fixed if piece.pose is not None}
    for id in sorted(wishes.order, key=lambda id: (wishes.mounts[id] == "on", len(wishes.stack(id)))):
        if cancelled():
            raise Cancelled
        for _ in range(STARTS):
            if moved := room.jumped(id, poses):
                poses = moved
                break
    value = cost.of(poses)
    best, lowest = poses, value
    for step in range(steps):
        if cancelled():
            raise Cancelled
        share = step / steps
        trial = room.moved(poses, FAR * (CLOSE / FAR) ** share) if wishes.order else None
        if trial is not None:
            after = cost.of(trial, poses)
            if after <= value or rng.random() < math.exp((value - after) / (HOT * (COLD / HOT) ** share)):
                poses, value = trial, after
                cost.keep()
                if value < lowest:
                    best, lowest = poses, value
        if (step + 1) % 50 == 0 or step + 1 == steps:
            on_text(f"Annealing… {100 * (step + 1) / steps:.0f} %")
    return Layout({piece.id: best[piece.id] for piece in scene.furniture if piece.id in best})


Poses = dict[str, Pose]


@dataclass(slots=True)
class _Rules:
    """Moves that break no hard rule."""

    wishes: Wishes
    rng: np.random.Generator
    problem: Problem = field(init=False)

    def __post_init__(self) -> None:
        self.problem = compile_problem(self.wishes.scene)

    def moved(self, poses: Poses, far: float) -> Poses | None:
        """`poses` after one random move, or None where that breaks a rule."""
        id = self.wishes.order[self.rng.integers(len(self.wishes.order))]
        if id not in poses:
            return self.jumped(id, poses)
        pick = self.rng.random()
        pose = poses[id]
        if pick < 0.3:
            return self.jumped(id, poses)
        if pick < 0.4 and self.wishes.stands(id):
            return self._swapped(id, poses)
        if pick < 0.55 and self.wishes.mounts[id] != "wall":
            turned = replace(pose, rotation=(pose.rotation + 90.0 * self.rng.integers(1, 4)) % 360.0)
            return self._checked({id: turned}, poses)
        dx, dy = (float(value) for value in self.rng.normal(0.0, far, 2))
        if self.wishes.mounts[id] == "wall":  # along its wall
            angle = math.radians(pose.rotation)
            dx, dy = dx * math.cos(angle), dx * math.sin(angle)
        return self._checked({id: replace(pose, x=pose.x + dx, y=pose.y + dy)}, poses)

    def jumped(self, id: str, poses: Poses) -> Poses | None:
        """The piece at the first of some random places that is free."""
        candidates = self._places(id, poses)
        if not len(candidates):
            return None
        others = {other: pose for other, pose in poses.items() if other != id and other not in self._carried(id, poses)}
        free = candidates[self._free(id, candidates, others)]
        if not len(free):
            return None
        x, y, z, rotation = (float(value) for value in free[0])
        return self._checked({id: Pose(x, y, z, rotation)}, poses)

    def _swapped(self, id: str, poses: Poses) -> Poses | None:
        others = [other for other in self.wishes.order if other in poses and other != id and self.wishes.stands(other)]
        if not others:
            return None
        other = others[self.rng.integers(len(others))]
        a, b = poses[id], poses[other]
        return self._checked({id: replace(b, z=a.z), other: replace(a, z=b.z)}, poses)

    def _checked(self, change: Mapping[str, Pose], poses: Poses) -> Poses | None:
        """`poses` with these pieces, and what stands on them, moved, or None where that breaks a rule."""
        moves = dict(change)
        for id, pose in change.items():
            for carried in self._carried(id, poses) - change.keys():
                moves[carried] = _along(poses[id], pose, poses[carried])
        trial = {**poses, **moves}
        for id, pose in moves.items():
            row = np.array([[pose.x, pose.y, pose.z, pose.rotation]])
            if not self._free(id, row, trial)[0] or not self._rests(id, trial):
                return None
        return trial

    def _free(self, id: str, candidates: Array, poses: Mapping[str, Pose]) -> NDArray[np.bool_]:
        n = self.problem.n
        rows, placed = np.zeros((n, 4)), np.zeros(n, bool)
        for other, pose in poses.items():
            i = self.problem.index[other]
            rows[i] = pose.x, pose.y, pose.z, pose.rotation
            placed[i] = True
        return feasible(self.problem, self.problem.index[id], candidates, rows, placed)

    def _carried(self, id: str, poses: Poses) -> set[str]:
        """What stands on the piece, or on something that does."""
        return {
            other
            for other in poses
            if self.wishes.mounts[other] == "on"
            and id in self.wishes.stack(other)
            and other != id
            and not self.wishes.scene.piece(other).fixed
        }

    def _rests(self, id: str, poses: Poses) -> bool:
        """Whether a small piece's centre is above its carrier."""
        host = self.wishes.hosts.get(id)
        if self.wishes.mounts[id] != "on" or host is None or host not in poses:
            return True
        below, size = poses[host], self.wishes.scene.piece(host).size
        angle = math.radians(below.rotation)
        dx, dy = poses[id].x - below.x, poses[id].y - below.y
        u, v = dx * math.cos(angle) + dy * math.sin(angle), dy * math.cos(angle) - dx * math.sin(angle)
        return abs(u) <= size[0] / 2 and abs(v) <= size[1] / 2

    def _places(self, id: str, poses: Poses) -> Array:
        """Random places (m, 4) for a piece, by how it is mounted; none while its carrier has none."""
        piece, room, rng = self.wishes.scene.piece(id), self.wishes.scene.room, self.rng
        mount, host = self.wishes.mounts[id], self.wishes.hosts.get(id)
        if mount == "wall":
            hung = (hang(piece, room, rng) for _ in range(TRIES))
            return np.array([(pose.x, pose.y, pose.z, pose.rotation) for pose in hung])
        yaw = rng.choice(YAWS, TRIES)
        if mount == "on" and host is not None:
            if host not in poses:
                return np.zeros((0, 4))
            below, size = poses[host], self.wishes.scene.piece(host).size
            slack = np.maximum(np.array(size[:2]) - piece.size[:2], 0.0) / 2
            u, v = rng.uniform(-1.0, 1.0, (2, TRIES)) * slack[:, None]
            c, s = math.cos(math.radians(below.rotation)), math.sin(math.radians(below.rotation))
            z = np.full(TRIES, below.z + (size[2] + piece.size[2]) / 2)
            return np.stack([below.x + u * c - v * s, below.y + u * s + v * c, z, np.full(TRIES, below.rotation)], -1)
        x, y = rng.uniform(0.0, 1.0, (2, TRIES)) * np.array(room.extent)[:, None]
        height = room.height - piece.size[2] / 2 if mount == "ceiling" else piece.size[2] / 2
        rows = np.stack([x, y, np.full(TRIES, height), yaw], -1)
        if mount == "floor":
            for k in range(0, TRIES, 2):
                rows[k] = self._at_wall(piece.size, height)
        return rows

    def _at_wall(self, size: tuple[float, float, float], height: float) -> tuple[float, float, float, float]:
        sides = walls(self.wishes.scene.room)
        wall = sides[self.rng.integers(len(sides))]
        half = size[0] / 2 + MARGIN
        offset = self.rng.uniform(half, max(wall.length - half, half))
        return *wall.point(offset, size[1] / 2 + MARGIN), height, wall.facing


def _along(before: Pose, after: Pose, carried: Pose) -> Pose:
    """Where a carried piece goes when its carrier moves."""
    turn = math.radians(after.rotation - before.rotation)
    dx, dy = carried.x - before.x, carried.y - before.y
    x = after.x + dx * math.cos(turn) - dy * math.sin(turn)
    y = after.y + dx * math.sin(turn) + dy * math.cos(turn)
    z = carried.z + after.z - before.z
    return Pose(x, y, z, (carried.rotation + after.rotation - before.rotation) % 360.0)


class _Cost:
    """What is missing of the wishes. Relations are only graded again when one of their pieces moved."""

    def __init__(self, wishes: Wishes) -> None:
        self._relations: list[Relation] = [relation for asked in wishes.relations.values() for relation in asked]
        self._scene = wishes.scene
        self._movable = wishes.order
        self._of: dict[str, list[int]] = {}
        for k, relation in enumerate(self._relations):
            for id in {relation.subject, relation.anchor}:
                self._of.setdefault(id, []).append(k)
        self._kept = self._trial = np.zeros(len(self._relations))

    def of(self, poses: Poses, before: Poses | None = None) -> float:
        """The cost of these poses; `before` are those that were kept last."""
        layout = Layout(poses)
        again: Iterable[int] = range(len(self._relations))
        if before is not None:
            moved = [id for id in poses if poses[id] is not before.get(id)]
            again = {k for id in moved for k in self._of.get(id, ())}
        self._trial = self._kept.copy()
        for k in again:
            self._trial[k] = 1.0 - satisfaction(self._scene, layout, self._relations[k]).grade
        if before is None:
            self.keep()
        cramped = sum(min(short / DEPTH, 1.0) for short in clearances(self._scene, layout).values())
        return float(self._trial.sum()) + cramped + UNPLACED * sum(id not in poses for id in self._movable)

    def keep(self) -> None:
        """The poses looked at last are those that the next ones differ from."""
        self._kept = self._trial
