# SPDX-License-Identifier: GPL-3.0-or-later
"""Which render engine works here. Workbench needs OpenGL, and where there is none Blender does not raise: it aborts the
whole process. So a child process tries first."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import bpy

WORKBENCH = "BLENDER_WORKBENCH"
CYCLES = "CYCLES"
_SECONDS = 60
_TRIAL = """
import bpy
scene = bpy.data.scenes.new("Trial")
scene.camera = bpy.data.objects.new("Trial", bpy.data.cameras.new("Trial"))
scene.collection.objects.link(scene.camera)
scene.render.engine = "BLENDER_WORKBENCH"
scene.render.resolution_x = scene.render.resolution_y = 8
scene.render.filepath = {path!r}
bpy.ops.render.render(write_still=True, scene=scene.name)
"""


def best_engine() -> str:
    """Workbench where OpenGL works, else Cycles. EEVEE is never chosen: without a GPU it takes seconds per picture."""
    return WORKBENCH if workbench_works() else CYCLES


@cache
def workbench_works() -> bool:
    """Whether a Workbench picture can be made without killing the process. Tried once per process, in a child."""
    if not bpy.app.background:
        return True  # a window is open, so OpenGL is there
    with tempfile.TemporaryDirectory(prefix="metaspatial_") as folder:
        picture = Path(folder, "trial.png")
        try:
            subprocess.run(  # noqa: S603 - our own interpreter or Blender, with our own script
                _command(_TRIAL.format(path=str(picture))),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return picture.is_file() and picture.stat().st_size > 0


def _command(script: str) -> list[str]:
    if _is_module():
        return [sys.executable, "-c", script]
    return [bpy.app.binary_path, "--background", "--factory-startup", "--python-expr", script]


def _is_module() -> bool:
    """Whether Blender is the `bpy` wheel in somebody's Python, rather than the program."""
    return not bpy.app.binary_path or bool(getattr(bpy.app, "module", False))
