# SPDX-License-Identifier: GPL-3.0-or-later
"""Gradient descent on overlaps and relations, with projection into the room: the optimisation of LayoutVLM.

F.-Y. Sun et al., "LayoutVLM: Differentiable Optimization of 3D Layout via Vision-Language Models", CVPR 2025 (arXiv
2412.02193), section 4 (scene layout representation, differentiable objectives, optimisation). Re-implemented from the
description alone, without the authors' program, which has no licence:
- the pieces are placed group by group; when one is added, all so far move together;
- `losses`: overlaps in the plan times shared height, and the relations distance, on top of, align with, point towards,
  against wall, those of pieces placed before weighing a hundred times as much;
- 400 steps of Adam a group, rate 0.01 falling by a factor of 0.96, the gradient no longer than 1;
- every 100 steps, pieces outside the floor polygon are set 1 cm inside it, in at most three attempts;
- the best layout of every tenth step is kept.

What differs: no vision language model proposes the poses, so they are drawn at random (`proposed`), only turned as
their relations ask; nor relations (`relations_of` makes them of `wishes`), nor groups: what relations tie together is
one. How often the rate falls is not stated: here every twentieth step, or nothing could move further than 25 cm (as it
is, 2.8 m a group). Heights are not optimised, they follow from how a piece is mounted; wall pieces are set on their
wall and small ones on their carrier in the end. As in LayoutVLM doors and windows do not exist and a chair may not
slide under a table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...dialogue import Dialogue, format_answer
from ...scene import Layout, Pose, Scene
from ...scene.geometry import Array, outside_distance, signed_distance, to_room
from ..policy import Cancelled
from .random_placement import scatter
from .relations_of import Plan, plan_of
from .wishes import Wishes, wishes_of

RATE = 0.01
DECAY = 0.96
STEPS_PER_DECAY = 20
STEPS_PER_PROJECTION = 100
STEPS_PER_CHECK = 10
LONGEST = 1.0
"""Length to which a longer gradient is cut."""
INSIDE = 0.01
"""How far inside the room the projection sets a piece, metres."""
ATTEMPTS = 3
GROUPS = 4
"""Groups that are placed one after another; whatever is in none of the largest is the last."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class GradientPolicy:
    """Answers with the layout that the descent from a random one ends at; the same for the same scene and seed."""

    seed: int = 0
    iterations: int = 400
    name: str = "gradient"

    def answer(
        self,
        dialogue: Dialogue,
        *,
        cancelled: Callable[[], bool] = lambda: False,
        on_text: Callable[[str], None] = lambda text: None,
    ) -> str:
        """Every movable piece, wherever the descent left it."""
        layout = descend(dialogue.scene, self.seed, self.iterations, cancelled, on_text)
        return format_answer(layout, "Everything was moved down the gradient.", scene=dialogue.scene)


def descend(
    scene: Scene,
    seed: int = 0,
    iterations: int = 400,
    cancelled: Callable[[], bool] = lambda: False,
    on_text: Callable[[str], None] = lambda text: None,
) -> Layout:
    """Place group by group, `iterations` steps each. The layout has the fixed pieces in it. Raises `Cancelled`."""
    if cancelled():
        raise Cancelled
    wishes = wishes_of(scene)
    plan = plan_of(wishes, proposed(wishes, np.random.default_rng(seed)))
    poses, present = plan.start.copy(), ~plan.free
    groups = groups_of(wishes)
    for k, group in enumerate(groups):
        new = np.zeros(len(poses), bool)
        new[[plan.index[id] for id in group]] = True
        present = present | new

        def progress(share: float, k: int = k) -> None:
            if cancelled():
                raise Cancelled
            on_text(f"Descending… {100 * (k + share) / len(groups):.0f} %")

        poses = _settled(plan, poses, present, new, iterations, progress)
    return plan.layout(poses)


def proposed(wishes: Wishes, rng: np.random.Generator) -> Layout:
    """In place of a model's proposal: a random pose for every piece, on its carrier for what stands on another."""
    layout = scatter(wishes.scene, rng)
    for id in wishes.order:
        host = wishes.hosts.get(id)
        if wishes.mounts[id] == "on" and host is not None:
            below, size = layout[host], wishes.scene.piece(host).size
            x, y = to_room(below, (rng.uniform(-0.5, 0.5) * size[0], rng.uniform(-0.5, 0.5) * size[1]))
            layout = layout.moved({id: Pose(x, y, layout[id].z, below.rotation)})
    return layout


def groups_of(wishes: Wishes) -> tuple[tuple[str, ...], ...]:
    """The movable pieces' ids by what relations tie together, that of the largest piece first; `GROUPS` at most."""
    movable = {piece.id for piece in wishes.scene.movable}
    group = {id: {id} for id in movable}
    for id in movable:
        others = {relation.anchor for relation in wishes.relations[id]} | {wishes.hosts.get(id, id)}
        for other in others & movable:
            if group[other] is not group[id]:
                group[id] |= group[other]
                for member in group[id]:
                    group[member] = group[id]
    area = {piece.id: piece.size[0] * piece.size[1] for piece in wishes.scene.movable}
    every = {min(members): members for members in group.values()}
    ranked = sorted(every.values(), key=lambda members: (-max(area[id] for id in members), min(members)))
    merged = [*ranked[: GROUPS - 1], set().union(*ranked[GROUPS - 1 :])]
    return tuple(tuple(id for id in wishes.order if id in members) for members in merged if members)


def _settled(
    plan: Plan, poses: Array, present: Mask, new: Mask, iterations: int, progress: Callable[[float], None]
) -> Array:
    """The best poses found from these by gradient descent with projection, inside the room."""
    moving = present & plan.free
    poses = projected(plan, poses, moving)
    best, lowest = poses, plan.loss(poses, present, new)[0]
    first, second = np.zeros_like(poses), np.zeros_like(poses)
    rate = RATE
    for step in range(1, iterations + 1):
        gradient = plan.loss(poses, present, new)[1]
        gradient[~moving] = 0.0
        length = float(np.linalg.norm(gradient))
        if length > LONGEST:
            gradient *= LONGEST / length
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        poses = poses - rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        if step % STEPS_PER_DECAY == 0:
            rate *= DECAY
        if step % STEPS_PER_PROJECTION == 0:
            poses = projected(plan, poses, moving)
        if step % STEPS_PER_CHECK == 0:
            value = plan.loss(poses, present, new)[0]
            if value < lowest:
                best, lowest = poses, value
            progress(step / iterations)
    return projected(plan, best, moving)


def projected(plan: Plan, poses: Array, moving: Mask) -> Array:
    """These poses (n, 3) with pieces that reach out of the room moved into it, as far as three attempts get them."""
    poses = poses.copy()
    floor = np.array(plan.scene.room.floor)
    for _ in range(ATTEMPTS):
        corners = _corners(poses, plan.half)
        out = moving & (
            (signed_distance(floor, corners) < INSIDE - 1e-9).any(-1) | (outside_distance(floor, corners) > 0)
        )
        if not out.any():
            break
        poses[out, :2] += _inwards(floor, corners[out])
    return poses


def _corners(poses: Array, half: Array) -> Array:
    c, s = np.cos(poses[:, 2])[:, None], np.sin(poses[:, 2])[:, None]
    u, v = half[:, :1] * (-1, 1, 1, -1), half[:, 1:] * (-1, -1, 1, 1)
    return poses[:, None, :2] + np.stack([u * c - v * s, u * s + v * c], -1)


def _inwards(floor: Array, corners: Array) -> Array:
    """The moves (m, 2) that bring the corners (m, 4, 2), and the middles of the sides, inside the floor polygon.

    Every point that is outside, or not far enough inside, moves to the nearest point of the walls and a little on; a
    piece moves by the furthest of its points' moves in each direction.
    """
    points = np.concatenate([corners, (corners + np.roll(corners, -1, axis=1)) / 2], axis=1)
    start, end = floor, np.roll(floor, -1, axis=0)
    along = end - start
    length = np.linalg.norm(along, axis=-1)
    inward = np.stack([-along[:, 1], along[:, 0]], -1) / length[:, None]
    to = points[..., None, :] - start
    t = np.clip((to * along).sum(-1) / length**2, 0.0, 1.0)
    nearest = start + t[..., None] * along
    wall = np.linalg.norm(points[..., None, :] - nearest, axis=-1).argmin(-1)
    foot = np.take_along_axis(nearest, wall[..., None, None], -2)[..., 0, :]
    depth = signed_distance(floor, points)
    moves = foot + INSIDE * inward[wall] - points
    moves[depth >= INSIDE - 1e-9] = 0.0
    return moves.max(1, initial=0.0) + moves.min(1, initial=0.0)
