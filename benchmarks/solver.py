# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed of the embedded solver: `python benchmarks/solver.py [seeds]`. Rooms of three sizes, and how many are valid.

The goals on two cores: 15 pieces under 2 s, 45 under 5 s, 70 in 11 x 8 m under 10 s, all valid on 20 seeds.
"""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

from metaspatial.backend.policies.solver import solve
from metaspatial.backend.rewards.boxes import BoxEngine
from metaspatial.backend.scene import Furniture, Opening, Room, Scene, category_of, scene_from_json

SAMPLES = Path(__file__).resolve().parent.parent / "samples"


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    engine = BoxEngine()
    for scene in (sample("bedroom", 15), sample("classroom", 45), lecture_room()):
        runs, valid = [], 0
        for seed in range(seeds):
            start = time.perf_counter()
            solution = solve(scene, seed=seed)[0]
            runs.append(time.perf_counter() - start)
            valid += not solution.unplaced and engine.measure(scene, solution.layout).valid
        length, width = scene.room.extent
        print(
            f"{len(scene.furniture)} pieces in {length:g} x {width:g} m: median {statistics.median(runs):.2f} s, "
            f"slowest {max(runs):.2f} s, {valid} of {seeds} valid",
            flush=True,
        )


def sample(name: str, count: int) -> Scene:
    """The first `count` pieces of a sample room, and the relations among them."""
    scene = scene_from_json((SAMPLES / f"{name}.json").read_text())
    gone = {piece.id for piece in scene.furniture[count:]}
    relations = tuple(one for one in scene.relations if not {one.subject, one.anchor} & gone)
    return replace(scene, furniture=scene.furniture[:count], relations=relations)


def lecture_room() -> Scene:
    """34 school desks, 34 chairs, a teacher's desk and a bookshelf in 11 x 8 m."""
    room = Room(((0, 0), (11, 0), (11, 8), (0, 8)), 3.0, (Opening("door_1", "door", 0, 0.3, 0.9, 2.1),))
    counts = {"school_desk": 34, "chair": 34, "desk": 1, "bookshelf": 1}
    names = [(name, k + 1) for name, count in counts.items() for k in range(count)]
    return Scene(room, tuple(Furniture(f"{name}_{k}", name, category_of(name).size) for name, k in names))


if __name__ == "__main__":
    main()
