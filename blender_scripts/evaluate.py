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
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))
from bootstrap import arguments, use_this_tree

use_this_tree()
import shell  # noqa: E402
from metaspatial.backend import workers  # noqa: E402
from metaspatial.backend.evaluate.command import Surroundings, add_arguments  # noqa: E402
from metaspatial.backend.evaluate.command import run as run_command  # noqa: E402
from metaspatial.metaspatial_addon.instruments import Instruments, with_shapes  # noqa: E402


def main() -> int:
    given = parser().parse_args(arguments())
    log = given.out / "blender.log"

    def work() -> int:
        shell.begin(given, log)
        return run(given)

    return shell.ended(work, log)


def run(given: argparse.Namespace) -> int:
    """Evaluate with Blender's tools. Raises Stop."""
    around = Surroundings(
        tools=Instruments(given.size),
        start=workers.program(shell.worker_command(__file__, given)),
        prepare=with_shapes,
        settings={"engine": "bvh", "pictures": given.size or None},
        made_with={"blender": bpy.app.version_string},
        pictures=bool(given.size),
        mend=shell.install,
    )
    return run_command(given, around)


def parser() -> argparse.ArgumentParser:
    """The options, for `run`."""
    parser = argparse.ArgumentParser(
        prog="evaluate.py", description="Measures policies on scenes, with Blender's physics and pictures."
    )
    add_arguments(parser)
    shell.add_arguments(parser, size=512)
    return parser


if __name__ == "__main__":
    if workers.is_worker():
        shell.work_for_another()
    else:
        sys.exit(main())
