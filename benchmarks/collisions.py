# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's BVH engine against the Flexible Collision Library: `python benchmarks/collisions.py`, on the same meshes.

FCL is asked through trimesh, as SceneEval and Infinigen Indoors ask it: which objects touch, with contact depths, after
every object has moved. The BVH engine answers more in its time: depths as the least distance that parts two objects,
what is outside, floating, blocked. Figures are processor time per layout; the ratio says how many times faster the BVH
engine is. The last columns count the pairs that both, only the BVH engine and only FCL find overlapping.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import bpy  # noqa: F401  mathutils comes with it
import numpy as np
import trimesh
from metaspatial.backend.policies.solver import solve
from metaspatial.backend.scene import Layout, Pose, Scene
from metaspatial.benchmarks.physics import bedroom, cube, furnished, pillow, scattered, shifted
from metaspatial.metaspatial_addon.physics import BvhEngine
from trimesh.collision import CollisionManager

TOUCHING = 0.005


def main() -> None:
    scene = bedroom()
    solved = solve(scene, seed=0)[0].layout
    kinds = {
        "boxes, 12 triangles": {piece.id: cube(piece.size) for piece in scene.furniture},
        "furniture as drawn": furnished(scene),
        "5,000 triangles each": {piece.id: pillow(piece.size) for piece in scene.furniture},
    }
    print(f"{'meshes':22} {'layouts':9} {'BVH ms':>8} {'FCL ms':>9} {'ratio':>7}  {'both':>5} {'BVH':>4} {'FCL':>4}")
    for name, meshes in kinds.items():
        for layouts_name, layouts in (("arranged", shifted(scene, solved)[:10]), ("random", scattered(scene)[:10])):
            compare(name, layouts_name, scene, layouts, meshes)


def compare(name: str, layouts_name: str, scene: Scene, layouts: Sequence[Layout], meshes: dict[str, Any]) -> None:
    engine = BvhEngine(lambda piece: meshes[piece.id])
    manager = CollisionManager()
    for id, mesh in meshes.items():
        manager.add_object(id, trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False))

    def with_fcl(layout: Layout) -> set[frozenset[str]]:
        for id, pose in layout.poses.items():
            manager.set_transform(id, matrix(pose))
        found: Any = manager.in_collision_internal(return_names=True, return_data=True)
        contacts = found[2]
        return {frozenset(contact.names) for contact in contacts if contact.depth > TOUCHING}

    def with_bvh(layout: Layout) -> set[frozenset[str]]:
        return {frozenset((found.a, found.b)) for found in engine.measure(scene, layout).penetrations}

    bvh, fcl = median(with_bvh, layouts), median(with_fcl, layouts)
    # Pairs with a rug may share space: the engine knows, FCL does not.
    rugs = {piece.id for piece in scene.furniture if piece.category == "rug"}
    ours = [with_bvh(layout) for layout in layouts]
    theirs = [{pair for pair in with_fcl(layout) if not pair & rugs} for layout in layouts]
    both = sum(len(a & b) for a, b in zip(ours, theirs, strict=True))
    only_ours = sum(len(a - b) for a, b in zip(ours, theirs, strict=True))
    only_theirs = sum(len(b - a) for a, b in zip(ours, theirs, strict=True))
    counts = f"{both:5} {only_ours:4} {only_theirs:4}"
    print(f"{name:22} {layouts_name:9} {bvh:8.2f} {fcl:9.2f} {fcl / bvh:7.1f}  {counts}")


def median(measure: Callable[[Layout], object], layouts: Sequence[Layout]) -> float:
    """Milliseconds of processor time per layout: the median of three rounds, after one call more."""
    measure(layouts[0])
    rounds = []
    for _ in range(3):
        start = time.process_time()
        for layout in layouts:
            measure(layout)
        rounds.append((time.process_time() - start) / len(layouts))
    return statistics.median(rounds) * 1e3


def matrix(pose: Pose) -> np.ndarray:
    angle = np.radians(pose.rotation)
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0, pose.x], [s, c, 0, pose.y], [0, 0, 1, pose.z], [0, 0, 0, 1]], float)


if __name__ == "__main__":
    main()
