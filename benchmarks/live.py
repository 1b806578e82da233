# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed of the live score and the overlay while one piece is dragged: `python benchmarks/live.py`.

A room of 30 pieces of 20,000 triangles each; one of them goes 2 cm on every time. "arranged" is a room as it usually is
while one works on it, with a few small overlaps; in the "heaped" one, pieces lie anywhere, most of them in each other.
Figures are the median processor time, in milliseconds, of one update, with its goal, whether that is met on this
machine now, and the ratio of the same when everything is measured anew.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import bpy  # noqa: F401  mathutils comes with it
import numpy as np
from metaspatial.backend.rewards.physics import PhysicsReport
from metaspatial.backend.rewards.scorer import Scorer
from metaspatial.backend.scene import CATEGORIES, Furniture, Layout, Opening, Pose, Room, Scene
from metaspatial.metaspatial_addon.overlay import figure_of
from metaspatial.metaspatial_addon.physics import BvhEngine
from physics import pillow

KINDS = (
    "bed", "nightstand", "wardrobe", "desk", "office_chair", "armchair", "coffee_table", "bookshelf", "sofa", "plant",
)  # fmt: skip
ROUNDS = 24
GOAL = 30.0


def main() -> None:
    room = Room(((0, 0), (9, 0), (9, 7), (0, 7)), 2.7, (Opening("door", "door", 0, 0.5, 0.9, 2.0, swing="in"),))
    shapes = {kind: pillow(CATEGORIES[kind].size, 100, 100) for kind in KINDS}
    pieces = tuple(Furniture(f"piece_{i}", KINDS[i % 10], CATEGORIES[KINDS[i % 10]].size) for i in range(30))
    scene = Scene(room, pieces)
    print(f"{'live':34} {'layouts':9} {'ms':>8} {'goal':>6} {'':6} {'anew':>7}")
    for kind, layout in (("arranged", gridded(scene)), ("heaped", scattered(scene))):
        engine = BvhEngine(lambda piece: shapes[piece.category])
        for piece in pieces:
            engine.prepare(piece)
        scorer = Scorer(engine)

        noting, kept = Noting(engine), {}

        def shown(layout: Layout, noting: Noting = noting, kept: dict = kept) -> None:
            Scorer(noting).score(scene, layout)
            figure_of(scene, layout, noting.report, kept=kept).moved(np.eye(4))

        for name, update in (
            ("physics", lambda layout, engine=engine: engine.measure(scene, layout)),
            ("score", lambda layout, scorer=scorer: scorer.score(scene, layout)),
            ("score and overlay", shown),
        ):
            took, anew = dragged(update, layout), dragged(update, layout, forget=engine)
            verdict = "met" if took <= GOAL else "missed"
            print(f"{name + ', one piece moved':34} {kind:9} {took:8.2f} {GOAL:6g} {verdict:6} {anew / took:7.1f}")


class Noting:
    """An engine that remembers its last report, as the live score's does."""

    def __init__(self, engine: BvhEngine) -> None:
        self.engine, self.report = engine, PhysicsReport()

    def measure(self, scene: Scene, layout: Layout) -> PhysicsReport:
        self.report = self.engine.measure(scene, layout)
        return self.report


def dragged(update: Callable[[Layout], object], layout: Layout, forget: BvhEngine | None = None) -> float:
    """Milliseconds of processor time of one update, while one piece after the other moves on by 2 cm.

    With an engine to `forget`, all that it has measured is forgotten every time, but not the trees.
    """
    update(layout)
    times = []
    poses = dict(layout.poses)
    for round_ in range(ROUNDS):
        id = f"piece_{round_ % 30}"
        poses[id] = replace(poses[id], x=poses[id].x + 0.02)
        if forget is not None:
            forget.forget()
        start = time.process_time()
        update(Layout(dict(poses)))
        times.append(time.process_time() - start)
    return statistics.median(times) * 1e3


def gridded(scene: Scene) -> Layout:
    """Six columns of five pieces, some of them a little in each other."""
    poses = {}
    for i, piece in enumerate(scene.furniture):
        poses[piece.id] = Pose(0.9 + 1.5 * (i % 6), 0.8 + 1.4 * (i // 6), piece.size[2] / 2, 90.0 * (i % 4))
    return Layout(poses)


def scattered(scene: Scene) -> Layout:
    rng = np.random.default_rng(0)
    length, width = scene.room.extent
    poses = {}
    for piece in scene.furniture:
        x, y = rng.uniform(0.5, length - 0.5), rng.uniform(0.5, width - 0.5)
        poses[piece.id] = Pose(x, y, piece.size[2] / 2, float(rng.choice([0.0, 90.0, 180.0, 270.0])))
    return Layout(poses)


if __name__ == "__main__":
    main()
