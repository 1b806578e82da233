# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed of the physics engines and of the score: `python benchmarks/physics.py`. All objects moved every time.

"arranged" layouts are a solver's with every object shifted by 5 cm and turned by 5 degrees (standard deviations), so
most have a few small overlaps; in "random" ones the objects lie anywhere in the room, most of them in each other;
"valid" ones are the solver's own. Each figure is the median processor time, in milliseconds, with its goal, whether
that is met on this machine now, and its ratio to the box engine's single layout in the same run.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from metaspatial.backend.policies.solver import solve
from metaspatial.backend.rewards.boxes import BoxEngine
from metaspatial.backend.rewards.scorer import Scorer
from metaspatial.backend.scene import CATEGORIES, Furniture, Layout, Opening, Pose, Room, Scene
from metaspatial.backend.scene.document import scene_from_json

KINDS = (
    "bed", "nightstand", "wardrobe", "desk", "office_chair", "armchair", "coffee_table", "rug", "bookshelf",
    "table_lamp", "painting", "ceiling_lamp",
)  # fmt: skip
ROUNDS = 40
SAMPLES = Path(__file__).parents[1] / "samples"


def main() -> None:
    scene = bedroom()
    solved = solve(scene, seed=0)[0].layout
    arranged, random = shifted(scene, solved), scattered(scene)
    boxes = BoxEngine()
    rows: list[tuple[str, str, float, float]] = []

    def time_all(name: str, goal: float, measure: Callable[[Scene, Layout], object]) -> None:
        for kind, layouts in (("valid", [solved]), ("arranged", arranged), ("random", random)):
            rows.append((name, kind, median(measure, scene, layouts), goal))

    time_all("box engine, one layout", 0.5, boxes.measure)
    for name, layouts in (("arranged", arranged), ("random", random)):
        poses = boxes.compile(scene).poses([layouts[i % ROUNDS] for i in range(1000)])
        took = median(lambda _, p: boxes.compile(scene).measure(p), scene, [poses])
        rows.append(("box engine, batch of 1,000 layouts", name, took, 100.0))
    time_all("score with the box engine", 15.0, Scorer(boxes).score)
    try:
        import bpy  # noqa: F401  mathutils comes with it
        from metaspatial.metaspatial_addon.physics import BvhEngine
    except ImportError:
        print("no bpy here: the BVH engine is left out")
    else:
        cubes = {piece.id: cube(piece.size) for piece in scene.furniture}
        dense = {piece.id: pillow(piece.size) for piece in scene.furniture}
        time_all("BVH engine, box meshes", 3.0, BvhEngine(lambda piece: cubes[piece.id]).measure)
        engine = BvhEngine(lambda piece: dense[piece.id])
        time_all("BVH engine, 5,000-triangle meshes", 30.0, engine.measure)
        time_all("score with the BVH engine, same meshes", 15.0, Scorer(engine).score)
        drawn = furnished(scene)
        time_all("BVH engine, furnished meshes", 30.0, BvhEngine(lambda piece: drawn[piece.id]).measure)
        dining = scene_from_json((SAMPLES / "dining_kitchen.json").read_text(encoding="utf-8"))
        served = solve(dining, seed=0)[0].layout
        tables = furnished(dining)
        at_table = BvhEngine(lambda piece: tables[piece.id])
        for kind, layouts in (("valid", [served]), ("arranged", shifted(dining, served))):
            rows.append(("BVH engine, six chairs at a table", kind, median(at_table.measure, dining, layouts), 30.0))
    report(rows)


def report(rows: Sequence[tuple[str, str, float, float]]) -> None:
    base = next(took for name, kind, took, _ in rows if kind == "arranged")
    print(f"{'physics':40} {'layouts':9} {'ms':>8} {'goal':>6} {'':6} {'ratio':>7}")
    for name, layouts, took, goal in rows:
        verdict = "met" if took <= goal else "missed"
        print(f"{name:40} {layouts:9} {took:8.2f} {goal:6g} {verdict:6} {took / base:7.1f}")


def median(measure: Callable, scene: Scene, inputs: Sequence) -> float:
    """Milliseconds of processor time of one call: the median of five rounds over the inputs, after one call more."""
    measure(scene, inputs[0])
    rounds = []
    for _ in range(5):
        start = time.process_time()
        for each in inputs:
            measure(scene, each)
        rounds.append((time.process_time() - start) / len(inputs))
    return statistics.median(rounds) * 1e3


def bedroom() -> Scene:
    openings = (
        Opening("door", "door", 0, 0.5, 0.9, 2.0, swing="in"),
        Opening("window", "window", 2, 1.5, 1.6, 1.2, 0.9),
    )
    room = Room(((0.0, 0.0), (5.0, 0.0), (5.0, 4.0), (0.0, 4.0)), 2.7, openings)
    pieces = tuple(Furniture(f"{kind}_1", kind, CATEGORIES[kind].size, CATEGORIES[kind].mount) for kind in KINDS)
    return Scene(room, pieces)


def shifted(scene: Scene, layout: Layout) -> list[Layout]:
    rng = np.random.default_rng(0)
    result = []
    for _ in range(ROUNDS):
        poses = {}
        for id, pose in layout.poses.items():
            dx, dy, turn = rng.normal(0.0, (0.05, 0.05, 5.0))
            poses[id] = Pose(pose.x + dx, pose.y + dy, pose.z, pose.rotation + turn)
        result.append(Layout(poses))
    return result


def scattered(scene: Scene) -> list[Layout]:
    rng = np.random.default_rng(1)
    length, width = scene.room.extent
    return [
        Layout(
            {
                piece.id: Pose(
                    rng.uniform(0.5, length - 0.5),
                    rng.uniform(0.5, width - 0.5),
                    piece.size[2] / 2,
                    rng.uniform(0, 360),
                )
                for piece in scene.furniture
            }
        )
        for _ in range(ROUNDS)
    ]


def cube(size: Sequence[float]):
    """A box of 12 triangles."""
    from metaspatial.metaspatial_addon.physics import Mesh

    corners = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * np.array(size) / 2
    quads = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
    return Mesh(corners, np.array([(q[0], q[i], q[i + 1]) for q in quads for i in (1, 2)]))


def furnished(scene: Scene) -> dict:
    """The meshes that the add-on itself draws for a scene's pieces; equal pieces share one."""
    from metaspatial.metaspatial_addon.furnish.meshes import parametric_mesh

    return {piece.id: parametric_mesh(piece) for piece in scene.furniture}


def pillow(size: Sequence[float], rings: int = 50, segments: int = 51):
    """A rounded box of 5,000 triangles: a superellipsoid."""
    from metaspatial.metaspatial_addon.physics import Mesh

    def blunt(value):
        return np.sign(value) * np.abs(value) ** 0.3

    up, round_ = np.meshgrid(np.linspace(-np.pi / 2, np.pi / 2, rings + 1), np.arange(segments) * 2 * np.pi / segments)
    up, round_ = up.T, round_.T
    ball = (blunt(np.cos(up)) * blunt(np.cos(round_)), blunt(np.cos(up)) * blunt(np.sin(round_)), blunt(np.sin(up)))
    vertices = np.stack(ball, -1).reshape(-1, 3)
    vertices = vertices / np.abs(vertices).max(0) * np.array(size) / 2
    i, j = np.meshgrid(np.arange(rings) * segments, np.arange(segments), indexing="ij")
    a, b = (i + j).ravel(), (i + (j + 1) % segments).ravel()
    triangles = np.concatenate([np.stack([a, b, b + segments], -1), np.stack([a, b + segments, a + segments], -1)])
    return Mesh(vertices, np.asarray(triangles, np.int64))


if __name__ == "__main__":
    main()
