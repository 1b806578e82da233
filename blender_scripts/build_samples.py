# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the sample rooms: a .blend and a picture each, as the movers left them or arranged by the embedded solver.

blender -b -P blender_scripts/build_samples.py -- --out DIR [--arrange] [sample …]
python blender_scripts/build_samples.py --out DIR [--arrange] [sample …]
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))
from bootstrap import ROOT, arguments, keep_chatter, quietly, use_this_tree

use_this_tree()
from metaspatial.backend.scene import Layout, Scene, scene_from_json  # noqa: E402
from metaspatial.metaspatial_addon.furnish.library import Source, assets_in_folder, build_from  # noqa: E402
from metaspatial.metaspatial_addon.furnish.scene import build_scene, moving_day  # noqa: E402
from metaspatial.metaspatial_addon.render import BlenderRenderer  # noqa: E402

SAMPLES = ROOT / "samples"


def main() -> int:
    names = sorted(path.stem for path in SAMPLES.glob("*.json"))
    parser = argparse.ArgumentParser(prog="build_samples.py", description="Builds the sample rooms.")
    parser.add_argument("samples", nargs="*", metavar="sample", help=f"which ones: {', '.join(names)} (default: all)")
    parser.add_argument("--out", type=Path, required=True, help="folder for the files; made if missing")
    parser.add_argument("--arrange", action="store_true", help="let the solver arrange them (default: moving day)")
    parser.add_argument(
        "--models", type=Path, help="folder of your own .glb, .gltf and .blend models, named by category"
    )
    parser.add_argument("--seed", type=int, default=0, help="another seed gives another arrangement (default 0)")
    parser.add_argument("--seconds", type=float, default=10.0, help="time for the solver per room (default 10)")
    parser.add_argument("--view", choices=("perspective", "top", "both"), default="perspective")
    parser.add_argument("--quality", choices=("fast", "normal", "high"), default="normal")
    parser.add_argument("--size", type=_size, default=(960, 720), help="of the picture (default 960x720)")
    given = parser.parse_args(arguments())
    unknown = [name for name in given.samples if name not in names]
    if unknown:
        parser.error(f"no such sample: {', '.join(unknown)}; there are {', '.join(names)}")
    if given.models is not None and not given.models.is_dir():
        parser.error(f"there is no folder {given.models}")
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        keep_chatter(given.out / "blender.log")
    except OSError as error:
        parser.error(f"{given.out} can't be written to: {error.strerror or error}")
    print(f"Blender's own messages go to {given.out / 'blender.log'}", flush=True)
    source = Source(assets_in_folder(given.models)) if given.models else Source()
    for name in given.samples or names:
        scene = scene_from_json((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
        layout = _arranged(scene, given.seed, given.seconds) if given.arrange else moving_day(scene, given.seed)
        blend, picture = given.out / f"{name}.blend", given.out / f"{name}.png"
        bpy.ops.wm.read_factory_settings(use_empty=True)
        built = build_scene(scene, layout, source=source)
        for note in built.notes:
            print(f"{name}: {note}", file=sys.stderr)
        with quietly():
            bpy.ops.wm.save_as_mainfile(filepath=str(blend.resolve()), compress=True)
        maker = partial(build_from, source)
        with BlenderRenderer(view=given.view, quality=given.quality, make_piece=maker) as renderer:
            picture.write_bytes(renderer.render(scene, layout, given.size))
        missing = sorted(piece.id for piece in scene.furniture if piece.id not in layout)
        print(f"{name}: {len(layout)} pieces -> {blend}, {picture}", flush=True)
        if missing:
            print(f"{name}: parked beside the room: {', '.join(missing)}", flush=True)
    return 0


def _arranged(scene: Scene, seed: int, seconds: float) -> Layout:
    from metaspatial.backend.policies.solver import solve

    return solve(scene, seed=seed, seconds=seconds)[0].layout


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT, such as 960x720")
    return int(width), int(height)


if __name__ == "__main__":
    sys.exit(main())
