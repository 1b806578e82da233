# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains a vision language model on rooms by GRPO, with Blender's physics and pictures in the very same process.

    blender -b -P blender_scripts/train.py -- --preset small-cpu --model DIR --rooms DIR --out DIR --packages DIR
    python blender_scripts/train.py --preset qwen-3b-lora --rooms DIR --out DIR
    accelerate launch --num_processes 4 blender_scripts/train.py --preset qwen-7b-full --rooms DIR --out DIR
    python blender_scripts/train.py --physics boxes --rooms DIR --out DIR

The options are those of `metaspatial grpo`, and these: `--physics boxes` does without Blender (no pictures, on a
machine that has none); `--engine` names Blender's render engine instead of trying which one works; `--packages`, or the
variable METASPATIAL_PACKAGES, is a folder with torch and TRL for Blender's own Python. DIR gets checkpoints, curves,
plots, trajectories, status.json, the model, and blender.log with what Blender itself has to say. A training that is
killed goes on with --resume; a file called `stop` in DIR ends it with a checkpoint. Ends with status 0 when all is
well, 1 when the training has run away or something unexpected goes wrong, 2 for bad input, 4 without a judge that was
asked for, 130 when interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from bootstrap import keep_chatter, use_this_tree

use_this_tree()
from metaspatial.backend.console import BAD_INPUT, INTERRUPTED, Stop, say  # noqa: E402
from metaspatial.backend.learn import grpo_command  # noqa: E402

if TYPE_CHECKING:
    from metaspatial.backend.learn.grpo_settings import GRPOSettings
    from metaspatial.backend.rewards.physics import PhysicsEngine
    from metaspatial.backend.rewards.score import Renderer

VARIABLE = "METASPATIAL_PACKAGES"
ENGINES = {"workbench": "BLENDER_WORKBENCH", "cycles": "CYCLES"}


def main() -> int:
    given = parser().parse_args(_arguments())
    try:
        return run(given)
    except Stop as stop:
        say(str(stop))
        return stop.status
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except Exception:  # Blender itself would print it, too, and end with 0
        traceback.print_exc()
        say(f"something unexpected went wrong; {Path(given.out) / 'blender.log'} may say more")
        return 1


def run(given: argparse.Namespace) -> int:
    """Train with the instruments that the options name. Raises Stop."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin starve whatever else wants to run
    grpo_command.settings_from(given)  # what is wrong with them is said before anything else
    use_packages(given.packages or os.environ.get(VARIABLE))
    if given.physics == "boxes":
        return grpo_command.run(given, grpo_command.Surroundings(mend=_mend))
    try:
        import bpy  # noqa: F401
    except ImportError:
        raise Stop(
            BAD_INPUT,
            "there is no Blender in this Python: run it as `blender -b -P blender_scripts/train.py -- …`, install bpy, "
            "or measure by boxes and without pictures: --physics boxes",
        ) from None
    grpo_command.check_packages(_mend)
    _keep_chatter(Path(given.out))
    from metaspatial.metaspatial_addon.instruments import with_shapes

    around = grpo_command.Surroundings(_engine, _Rendering(given.engine), with_shapes, _mend)
    return grpo_command.run(given, around)


def parser() -> argparse.ArgumentParser:
    """The options, for `run`."""
    parser = argparse.ArgumentParser(
        prog="train.py", description="Trains a model on rooms by GRPO, with Blender's physics and pictures."
    )
    grpo_command.add_arguments(parser)
    parser.add_argument(
        "--physics", choices=("bvh", "boxes"), default="bvh", help="boxes: without Blender and pictures (default: bvh)"
    )
    parser.add_argument("--engine", choices=sorted(ENGINES), help="who renders (default: Workbench if OpenGL works)")
    parser.add_argument(
        "--packages", metavar="DIR", help=f"a folder of packages for Blender's Python (default: {VARIABLE}, if set)"
    )
    return parser


def use_packages(folder: str | None) -> None:
    """Let Python find packages in a folder, after its own. Raises Stop."""
    if not folder:
        return
    if not Path(folder).is_dir():
        raise Stop(BAD_INPUT, f"--packages {folder}: there is no such folder")
    sys.path.append(str(Path(folder).resolve()))


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


def _keep_chatter(out: Path) -> None:
    """Blender prints a line a picture. Each process has its own log."""
    rank = int(os.environ.get("RANK", "0"))
    log = out / ("blender.log" if rank == 0 else f"blender-{rank}.log")
    try:
        out.mkdir(parents=True, exist_ok=True)
        keep_chatter(log)
    except OSError as error:
        raise Stop(BAD_INPUT, f"{log} can't be written: {error.strerror or error}") from error


def _arguments() -> list[str]:
    """The script's own arguments, in Blender those after `--`."""
    if "--" in sys.argv:
        return sys.argv[sys.argv.index("--") + 1 :]
    return [] if _is_application() else sys.argv[1:]


def _is_application() -> bool:
    bpy = sys.modules.get("bpy")
    return bpy is not None and bool(bpy.app.binary_path)


def _mend(packages: Sequence[str]) -> str:
    """How to give packages to this Python."""
    wanted = " ".join(f'"{package}"' for package in packages)
    if not _is_application():
        return f'"{sys.executable}" -m pip install {wanted}'
    folder = Path.home() / "metaspatial-packages"
    return f'"{sys.executable}" -m pip install --target "{folder}" {wanted}, then add --packages "{folder}"'


if __name__ == "__main__":
    sys.exit(main())
