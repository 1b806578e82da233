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
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))
from bootstrap import arguments, use_this_tree

use_this_tree()
import shell  # noqa: E402
from metaspatial.backend import workers  # noqa: E402
from metaspatial.backend.curate.command import Surroundings, add_arguments  # noqa: E402
from metaspatial.backend.curate.command import run as run_command  # noqa: E402
from metaspatial.backend.curate.sources import SOURCES, Entry  # noqa: E402
from metaspatial.metaspatial_addon.instruments import CurationInstruments, with_shapes  # noqa: E402


def main() -> int:
    given = parser().parse_args(arguments())
    log = _log(given.out)

    def work() -> int:
        shell.begin(given, log)
        return run(given)

    return shell.ended(work, log)


def run(given: argparse.Namespace) -> int:
    """Curate with Blender's tools. Raises Stop."""
    around = Surroundings(
        program="python blender_scripts/curate.py",
        tools=CurationInstruments(given.size),
        start=workers.program(shell.worker_command(__file__, given)),
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
    shell.add_arguments(parser, size=224)


def _log(out: Path) -> Path:
    """Beside the folder, whose files are the same however often the work was interrupted."""
    return out.resolve().with_name(f"{out.resolve().name}.log")


if __name__ == "__main__":
    if workers.is_worker():
        shell.work_for_another()
    else:
        sys.exit(main())
