# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures policies on scenes with Blender's eyes: physics on real meshes, pictures, and a judge who looks at them.

    blender -b -P blender_scripts/evaluate.py -- --policies random,solver --scenes samples --out DIR --report
    python blender_scripts/evaluate.py --scenes generated:0-49 --workers 2 --out DIR

The options are those of `metaspatial evaluate`, and these two: `--size` of the pictures, and `--packages`, a folder
with the Python packages that Blender's own Python lacks. DIR gets what that command writes, and blender.log with what
Blender itself has to say. Ends with status 0 when all is well, 1 when something unexpected goes wrong, 2 for bad input,
4 when no policy gave any answer, 130 when interrupted.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))
from bootstrap import arguments, keep_chatter, use_this_tree

use_this_tree()
from metaspatial.backend import workers  # noqa: E402
from metaspatial.backend.console import BAD_INPUT, INTERRUPTED, Stop, say  # noqa: E402
from metaspatial.backend.evaluate.command import Surroundings, add_arguments  # noqa: E402
from metaspatial.backend.evaluate.command import run as run_command  # noqa: E402
from metaspatial.metaspatial_addon.instruments import Instruments, with_shapes  # noqa: E402

IS_APPLICATION = bool(bpy.app.binary_path)
"""Whether this is Blender itself, and not Python with the bpy package."""


def main() -> int:
    given = parser().parse_args(arguments())
    try:
        _check(given)
        return run(given)
    except Stop as stop:
        say(str(stop))
        return stop.status
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except Exception:  # Blender itself would print it, too, and end with 0
        traceback.print_exc()
        say(f"something unexpected went wrong; {given.out / 'blender.log'} may say more")
        return 1


def run(given: argparse.Namespace) -> int:
    """Evaluate with Blender's tools. Raises Stop."""
    around = Surroundings(
        tools=Instruments(given.size),
        start=workers.program(_worker_command(given)),
        prepare=with_shapes,
        settings={"engine": "bvh", "pictures": given.size or None},
        made_with={"blender": bpy.app.version_string},
        pictures=bool(given.size),
        mend=_mend,
    )
    return run_command(given, around)


def parser() -> argparse.ArgumentParser:
    """The options, for `run`."""
    parser = argparse.ArgumentParser(
        prog="evaluate.py", description="Measures policies on scenes, with Blender's physics and pictures."
    )
    add_arguments(parser)
    parser.add_argument("--size", type=int, default=512, help="side of the pictures, 0 for none (default 512)")
    parser.add_argument("--packages", type=Path, metavar="DIR", help="a folder of packages for Blender's Python")
    return parser


def use_packages(folder: Path | None) -> None:
    """Let Python find packages in a folder, after its own. Raises Stop."""
    if folder is None:
        return
    if not folder.is_dir():
        raise Stop(BAD_INPUT, f"--packages {folder}: there is no such folder")
    sys.path.append(str(folder.resolve()))


def _check(given: argparse.Namespace) -> None:
    """Refuse what can be refused before anything is touched, and make the folder."""
    if given.size != 0 and not 16 <= given.size <= 8192:
        raise Stop(BAD_INPUT, "--size must be 16 to 8192 pixels, or 0 for no pictures")
    use_packages(given.packages)
    log = given.out / "blender.log"
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        keep_chatter(log)
    except OSError as error:
        raise Stop(BAD_INPUT, f"{log} can't be written: {error.strerror or error}") from error


def _worker_command(given: argparse.Namespace) -> list[str]:
    """Another Blender that runs this script, to work for this one."""
    script, options = str(Path(__file__).resolve()), ["--out", "."]
    if given.packages:
        options += ["--packages", str(given.packages.resolve())]
    if IS_APPLICATION:
        return [bpy.app.binary_path, "--background", "--factory-startup", "--python", script, "--", *options]
    return [sys.executable, script, *options]


def _mend(packages: Sequence[str]) -> str:
    """How to give packages to this Python."""
    wanted = " ".join(f'"{package}"' for package in packages)
    if not IS_APPLICATION:
        return f'"{sys.executable}" -m pip install {wanted}'
    folder = Path.home() / "metaspatial-packages"
    return f'"{sys.executable}" -m pip install --target "{folder}" {wanted}, then add --packages "{folder}"'


if __name__ == "__main__":
    if workers.is_worker():
        use_packages(parser().parse_args(arguments()).packages)
        workers.serve()
    else:
        sys.exit(main())
