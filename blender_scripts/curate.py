# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes datasets of rooms with Blender's eyes: pictures of the true rooms, feedback on real meshes, .blend files.

    blender -b -P blender_scripts/curate.py -- generated --count 1000 --seed 0 --out DIR
    python blender_scripts/curate.py blend rooms/*.blend --out DIR --workers 2

The options are those of `metaspatial curate`, and these two: `--size` of the pictures, and `--packages`, a folder with
Python packages that Blender's own Python lacks. DIR gets what that command writes; what Blender itself has to say goes
to `DIR.log`. Ends with status 0 when all is well, 1 when some rooms could not be had this time, 2 for bad input,
3 when no room could be used, 4 when workers can't begin or a server is gone, 130 when interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import traceback
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))
from bootstrap import arguments, keep_chatter, use_this_tree

use_this_tree()
from metaspatial.backend import workers  # noqa: E402
from metaspatial.backend.console import BAD_INPUT, INTERRUPTED, Stop, say  # noqa: E402
from metaspatial.backend.curate.command import Surroundings, add_arguments  # noqa: E402
from metaspatial.backend.curate.command import run as run_command  # noqa: E402
from metaspatial.backend.curate.sources import SOURCES, Entry  # noqa: E402
from metaspatial.metaspatial_addon.instruments import CurationInstruments, with_shapes  # noqa: E402

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
        say(f"something unexpected went wrong; {_log(given.out)} may say more")
        return 1


def run(given: argparse.Namespace) -> int:
    """Curate with Blender's tools. Raises Stop."""
    around = Surroundings(
        program="python blender_scripts/curate.py",
        tools=CurationInstruments(given.size),
        start=workers.program(_worker_command(given)),
        prepare=with_shapes,
        settings={"engine": "bvh", "pictures": given.size or None},
        made_with={"blender": bpy.app.version_string},
        size=given.size,
    )
    return run_command(given, around)


def parser() -> argparse.ArgumentParser:
    """The options, for `run`."""
    parser = argparse.ArgumentParser(
        prog="curate.py", description="Makes datasets of rooms, with Blender's pictures and meshes."
    )
    add_arguments(parser, (*SOURCES, Entry("blend", "rooms of .blend files", _blend)), _add_own)
    return parser


def _blend() -> Any:
    return importlib.import_module("metaspatial.metaspatial_addon.harvest")


def _add_own(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--size", type=int, default=224, help="side of the pictures, 0 for none (default: 224)")
    parser.add_argument("--packages", type=Path, metavar="DIR", help="a folder of packages for Blender's Python")


def use_packages(folder: Path | None) -> None:
    """Let Python find packages in a folder, after its own. Raises Stop."""
    if folder is None:
        return
    if not folder.is_dir():
        raise Stop(BAD_INPUT, f"--packages {folder}: there is no such folder")
    sys.path.append(str(folder.resolve()))


def _check(given: argparse.Namespace) -> None:
    """Refuse what can be refused before anything is touched."""
    if given.size != 0 and not 16 <= given.size <= 8192:
        raise Stop(BAD_INPUT, "--size must be 16 to 8192 pixels, or 0 for no pictures")
    use_packages(given.packages)
    log = _log(given.out)
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        keep_chatter(log)
    except OSError as error:
        raise Stop(BAD_INPUT, f"{log} can't be written: {error.strerror or error}") from error


def _log(out: Path) -> Path:
    """Beside the folder, whose files are the same however often the work was interrupted."""
    return out.resolve().with_name(f"{out.resolve().name}.log")


def _worker_command(given: argparse.Namespace) -> list[str]:
    """Another Blender that runs this script, to work for this one."""
    script = str(Path(__file__).resolve())
    options = ["--packages", str(given.packages.resolve())] if given.packages else []
    if IS_APPLICATION:
        return [bpy.app.binary_path, "--background", "--factory-startup", "--python", script, "--", *options]
    return [sys.executable, script, *options]


def _packages_of_worker() -> Path | None:
    words = arguments()
    return Path(words[words.index("--packages") + 1]) if "--packages" in words else None


if __name__ == "__main__":
    if workers.is_worker():
        use_packages(_packages_of_worker())
        workers.serve()
    else:
        sys.exit(main())
