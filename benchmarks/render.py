# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed of pictures: `python benchmarks/render.py`. The same layouts, in this process and in a new one each.

MetaSpatial's own release starts a process per layout that imports bpy, builds the room, saves a .blend and renders it.
Here that is done side by side with `BlenderRenderer`, with the same furniture, engine, samples and size, and the ratio
of the two is printed. Then `--layouts` layouts are scored with the BVH engine and rendered in this one process, and it
is told by how much its memory grew. Figures are wall-clock.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from metaspatial.backend.policies.solver import solve
from metaspatial.backend.rewards.scorer import Scorer
from metaspatial.backend.scene import Layout, Pose, Scene, layout_from_json, layout_to_json, scene_from_json
from metaspatial.benchmarks.physics import furnished
from metaspatial.blender_scripts.bootstrap import keep_chatter

SAMPLES = Path(__file__).parents[1] / "samples"
GOAL_RATIO, GOAL_MEGABYTES = 10.0, 100.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scene", default="bedroom", help="a sample's name (default: bedroom)")
    parser.add_argument("--size", type=int, default=256, help="pixels (default: 256)")
    parser.add_argument("--processes", type=int, default=5, help="layouts rendered by a new process each (default: 5)")
    parser.add_argument("--layouts", type=int, default=1000, help="layouts of the memory test (default: 1000)")
    parser.add_argument("--alone", nargs=4, metavar=("ENGINE", "LAYOUT", "BLEND", "PICTURE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    keep_chatter(Path(tempfile.gettempdir(), "metaspatial_render.log"))
    scene = scene_from_json((SAMPLES / f"{given.scene}.json").read_text(encoding="utf-8"))
    if given.alone:
        return alone(scene, given.size, given.alone[0], *map(Path, given.alone[1:]))
    solved = solve(scene, seed=0)[0].layout
    compare(scene, shifted(solved, max(20, given.processes)), given)
    return grow(scene, shifted(solved, given.layouts), given.size)


def compare(scene: Scene, layouts: list[Layout], given: argparse.Namespace) -> None:
    """A process a layout, and all of them in this one."""
    from metaspatial.metaspatial_addon.render import BlenderRenderer

    with BlenderRenderer(quality="fast") as renderer:
        engine = renderer.engine
        apart = [in_new_process(layout, engine, given) for layout in layouts[: given.processes]]
        start = time.perf_counter()
        renderer.render(scene, layouts[0], (given.size, given.size))
        first = time.perf_counter() - start
        here = []
        for layout in layouts:
            start = time.perf_counter()
            renderer.render(scene, layout, (given.size, given.size))
            here.append(time.perf_counter() - start)
    old, new = statistics.median(apart), statistics.median(here)
    print(f"{scene.name}, {len(scene.furniture)} pieces, {given.size} px, {engine}")
    print(f"{'a new process per layout':44} {1e3 * old:8.0f} ms")
    print(f"{'the first in this process, furniture built':44} {1e3 * first:8.0f} ms")
    verdict = "met" if old / new >= GOAL_RATIO else "missed"
    print(f"{'every other layout in this process':44} {1e3 * new:8.1f} ms")
    print(f"{'ratio':44} {old / new:8.1f}    goal {GOAL_RATIO:g}, {verdict}")


def in_new_process(layout: Layout, engine: str, given: argparse.Namespace) -> float:
    """Seconds from nothing to a picture, MetaSpatial's way."""
    with tempfile.TemporaryDirectory() as folder:
        document, picture = Path(folder, "layout.json"), Path(folder, "picture.png")
        document.write_text(json.dumps(layout_to_json(layout)), encoding="utf-8")
        alone = ["--alone", engine, str(document), str(Path(folder, "room.blend")), str(picture)]
        command = [sys.executable, __file__, "--scene", given.scene, "--size", str(given.size), *alone]
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        took = time.perf_counter() - start
        if not picture.stat().st_size:
            raise SystemExit("the other process rendered nothing")
    return took


def alone(scene: Scene, size: int, engine: str, layout: Path, blend: Path, picture: Path) -> None:
    """What the new process does: everything from the start, for one layout."""
    import bpy
    from metaspatial.metaspatial_addon.furnish.scene import build_scene
    from metaspatial.metaspatial_addon.render import BlenderRenderer

    poses = layout_from_json(layout.read_text(encoding="utf-8"))
    build_scene(scene, poses)
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))
    with BlenderRenderer(quality="fast", engine=engine) as renderer:
        picture.write_bytes(renderer.render(scene, poses, (size, size)))


def grow(scene: Scene, layouts: list[Layout], size: int) -> None:
    """Score and render them all, and tell by how much the process grew after the first twentieth."""
    from metaspatial.metaspatial_addon.physics import BvhEngine
    from metaspatial.metaspatial_addon.render import BlenderRenderer

    meshes = furnished(scene)
    scorer = Scorer(BvhEngine(lambda piece: meshes[piece.id]))
    scoring = rendering = 0.0
    before = 0.0
    with BlenderRenderer(quality="fast") as renderer:
        for i, layout in enumerate(layouts):
            if i == max(1, len(layouts) // 20):
                before = megabytes()
            start = time.perf_counter()
            scorer.score(scene, layout)
            middle = time.perf_counter()
            renderer.render(scene, layout, (size, size))
            scoring, rendering = scoring + middle - start, rendering + time.perf_counter() - middle
    grown = megabytes() - before
    n = len(layouts)
    verdict = "met" if grown <= GOAL_MEGABYTES else "missed"
    print(f"{n} layouts in one process: {1e3 * scoring / n:.1f} ms to score, {1e3 * rendering / n:.1f} ms to render")
    print(f"{'memory grown':44} {grown:8.1f} MB    goal {GOAL_MEGABYTES:g}, {verdict}")


def megabytes() -> float:
    """Resident memory of this process now."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("no VmRSS in /proc/self/status: the memory can be measured on Linux only")


def shifted(layout: Layout, count: int) -> list[Layout]:
    """The layout with every piece moved by some 5 cm and turned by some 5 degrees (standard deviations)."""
    rng = np.random.default_rng(0)
    result = []
    for _ in range(count):
        moves = rng.normal(0.0, (0.05, 0.05, 5.0), (len(layout), 3))
        poses = zip(layout.poses.items(), moves, strict=True)
        result.append(Layout({id: Pose(p.x + x, p.y + y, p.z, p.rotation + turn) for (id, p), (x, y, turn) in poses}))
    return result


if __name__ == "__main__":
    main()
