# SPDX-License-Identifier: GPL-3.0-or-later
"""Random placement: the floor of every table. Nobody's method; what a policy that ignores everything would get.

What is random, drawn uniformly and independently of everything else:
- standing pieces: the centre in the floor polygon, the yaw of four; the underside is on the floor;
- wall pieces: the wall by its length, the place along it where the piece fits (its middle where it does not), the
  middle's height from 1.2 to 1.8 m; the back is on the wall;
- ceiling pieces: as standing pieces, under the ceiling;
- pieces that stand on others: the carrier among all that carry things, the centre on its top, the yaw of four; on the
  floor where nothing carries things.
Relations, overlaps, doors and how far a box reaches out of the room are not looked at. Fixed pieces stay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...dialogue import Dialogue, format_answer
from ...rewards.places import mounts_in
from ...scene import Furniture, Layout, Mount, Pose, Room, Scene, category_of
from ...scene.geometry import signed_distance, to_room, walls
from ..policy import Cancelled

EYE_LEVEL = (1.2, 1.8)
"""Heights between which the middle of a wall piece is, metres."""
YAWS = (0.0, 90.0, 180.0, 270.0)


@dataclass(frozen=True, slots=True)
class RandomPolicy:
    """Answers with a random layout; the same for the same scene and seed."""

    seed: int = 0
    name: str = "random"

    def answer(
        self,
        dialogue: Dialogue,
        *,
        cancelled: Callable[[], bool] = lambda: False,
        on_text: Callable[[str], None] = lambda text: None,
    ) -> str:
        """Every movable piece somewhere."""
        if cancelled():
            raise Cancelled
        layout = scatter(dialogue.scene, np.random.default_rng(self.seed))
        return format_answer(layout, "Everything was placed at random.", scene=dialogue.scene)


def scatter(scene: Scene, rng: np.random.Generator) -> Layout:
    """A random pose for every movable piece; fixed pieces at their own."""
    mounts = mounts_in(scene)
    poses = {piece.id: piece.pose for piece in scene.fixed if piece.pose is not None}
    for piece in sorted(scene.movable, key=lambda piece: mounts[piece.id] == "on"):  # carriers first
        poses[piece.id] = _draw(piece, mounts[piece.id], scene, poses, mounts, rng)
    return Layout({piece.id: poses[piece.id] for piece in scene.furniture if piece.id in poses})


def _draw(
    piece: Furniture,
    mount: Mount,
    scene: Scene,
    poses: dict[str, Pose],
    mounts: dict[str, Mount],
    rng: np.random.Generator,
) -> Pose:
    height = piece.size[2]
    if mount == "wall":
        return hang(piece, scene.room, rng)
    carriers = [
        other
        for other in scene.furniture
        if other.id in poses and mounts[other.id] == "floor" and category_of(other.category).surface
    ]
    if mount == "on" and carriers:
        carrier = carriers[rng.integers(len(carriers))]
        below = poses[carrier.id]
        x, y = to_room(below, (rng.uniform(-0.5, 0.5) * carrier.size[0], rng.uniform(-0.5, 0.5) * carrier.size[1]))
        return Pose(x, y, below.z + (carrier.size[2] + height) / 2, YAWS[rng.integers(4)])
    x, y = _point_in(scene.room, rng)
    return Pose(x, y, scene.room.height - height / 2 if mount == "ceiling" else height / 2, YAWS[rng.integers(4)])


def hang(piece: Furniture, room: Room, rng: np.random.Generator) -> Pose:
    """A random pose on a wall, at a plausible height."""
    sides = walls(room)
    lengths = np.array([wall.length for wall in sides])
    wall = sides[rng.choice(len(sides), p=lengths / lengths.sum())]
    half = min(piece.size[0], wall.length) / 2
    x, y = wall.point(rng.uniform(half, wall.length - half), piece.size[1] / 2)
    top = max(room.height - piece.size[2] / 2, piece.size[2] / 2)
    return Pose(x, y, float(np.clip(rng.uniform(*EYE_LEVEL), piece.size[2] / 2, top)), wall.facing)


def _point_in(room: Room, rng: np.random.Generator) -> tuple[float, float]:
    while True:
        x, y = rng.uniform(0.0, room.extent)
        if signed_distance(room.floor, (x, y)) > 0.0:
            return float(x), float(y)
