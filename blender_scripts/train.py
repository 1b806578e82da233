# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains a vision language model on rooms by GRPO, with Blender's physics and pictures in the very same process.

    blender -b -P blender_scripts/train.py -- --preset small-cpu --model DIR --rooms DIR --out DIR --packages DIR
    python blender_scripts/train.py --preset qwen-3b-lora --rooms DIR --out DIR
    accelerate launch --num_processes 4 blender_scripts/train.py --preset qwen-7b-full --rooms DIR --out DIR
    python blender_scripts/train.py --physics boxes --rooms DIR --out DIR

The options are those of `metaspatial grpo`, and these: `--physics boxes` does without Blender (no pictures, on a
machine that has none), `--physics auto` takes Blender where it is at hand; `--engine` names Blender's render engine
instead of trying which one works; `--packages`, or the variable METASPATIAL_PACKAGES, is a folder with torch and TRL
for Blender's own Python. DIR gets checkpoints, curves, plots, trajectories, status.json, the model, and blender.log
with what Blender itself has to say. A training that is killed goes on with --resume; a file called `stop` in DIR ends
it with a checkpoint. Ends with status 0 when all is well, 1 when the training has run away or something unexpected goes
wrong, 2 for bad input, 4 without a judge that was asked for, 130 when interrupted.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from bootstrap import arguments, use_this_tree

use_this_tree()
import shell  # noqa: E402
from metaspatial.backend.console import BAD_INPUT, Stop, say  # noqa: E402
from metaspatial.backend.learn import grpo_command  # noqa: E402

if TYPE_CHECKING:
    from metaspatial.backend.learn.grpo_settings import GRPOSettings
    from metaspatial.backend.rewards.physics import PhysicsEngine
    from metaspatial.backend.rewards.score import Renderer

VARIABLE = "METASPATIAL_PACKAGES"
ENGINES = {"workbench": "BLENDER_WORKBENCH", "cycles": "CYCLES"}


def main() -> int:
    given = parser().parse_args(arguments())
    return shell.ended(lambda: run(given), Path(given.out) / "blender.log")


def run(given: argparse.Namespace) -> int:
    """Train with the instruments that the options name. Raises Stop."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin starve whatever else wants to run
    grpo_command.settings_from(given)  # what is wrong with them is said before anything else
    packages = given.packages or os.environ.get(VARIABLE)
    shell.use_packages(Path(packages) if packages else None)
    if not _blender(given.physics):
        return grpo_command.run(given, grpo_command.Surroundings(mend=shell.install))
    grpo_command.check_packages(shell.install)
    rank = int(os.environ.get("RANK", "0"))  # each process has its own log
    shell.log_chatter(Path(given.out) / ("blender.log" if rank == 0 else f"blender-{rank}.log"))
    import bpy  # noqa: F401  # with it come Blender's other modules
    from metaspatial.metaspatial_addon.instruments import with_shapes

    around = grpo_command.Surroundings(_engine, _Rendering(given.engine), with_shapes, shell.install)
    return grpo_command.run(given, around)


def _blender(physics: str) -> bool:
    """Whether to measure and picture with Blender. Raises Stop where it is asked for and not there."""
    if physics == "boxes":
        return False
    if importlib.util.find_spec("bpy") is not None:
        return True
    if physics == "auto":
        say("no Blender in this Python: layouts are measured by their boxes, and there are no pictures")
        return False
    raise Stop(
        BAD_INPUT,
        "there is no Blender in this Python: run it as `blender -b -P blender_scripts/train.py -- …`, install bpy, "
        "or measure by boxes and without pictures: --physics boxes",
    )


def parser() -> argparse.ArgumentParser:
    """The options, for `run`."""
    parser = argparse.ArgumentParser(
        prog="train.py", description="Trains a model on rooms by GRPO, with Blender's physics and pictures."
    )
    grpo_command.add_arguments(parser)
    parser.add_argument(
        "--physics",
        choices=("bvh", "boxes", "auto"),
        default="bvh",
        help="boxes: without Blender and pictures; auto: so where there is no Blender (default: bvh)",
    )
    parser.add_argument("--engine", choices=sorted(ENGINES), help="who renders (default: Workbench if OpenGL works)")
    parser.add_argument(
        "--packages", metavar="DIR", help=f"a folder of packages for Blender's Python (default: {VARIABLE}, if set)"
    )
    return parser


class _Rendering:
    """Makes the renderer, once its engine is known to work: tried in a child process, for a bad driver kills."""

    def __init__(self, engine: str | None) -> None:
        self.engine = engine

    def __call__(self, settings: GRPOSettings) -> Renderer:
        from metaspatial.backend.scene import Layout
        from metaspatial.metaspatial_addon.render import BlenderRenderer, RenderError

        renderer: Any = BlenderRenderer(quality="fast", engine=ENGINES[self.engine] if self.engine else None)
        try:
            renderer.render(_trial(), Layout(), (settings.picture, settings.picture))
        except RenderError as error:
            raise Stop(BAD_INPUT, f"no picture can be made here: {error}") from error
        say(f"pictures of {settings.picture} px by {renderer.engine.removeprefix('BLENDER_').title()}")
        return renderer


def _trial() -> Any:
    from metaspatial.backend.scene import Room, Scene

    return Scene(Room(((0.0, 0.0), (3.0, 0.0), (3.0, 3.0), (0.0, 3.0)), 2.5), ())


def _engine() -> PhysicsEngine:
    from metaspatial.metaspatial_addon.furnish.meshes import parametric_mesh
    from metaspatial.metaspatial_addon.physics import BvhEngine

    return BvhEngine(parametric_mesh)


if __name__ == "__main__":
    sys.exit(main())
