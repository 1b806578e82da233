# SPDX-License-Identifier: GPL-3.0-or-later
"""The overlay in a real window: what is wrong is red where it is wrong, and follows a piece that is moved by keys.

With METASPATIAL_PICTURES set to a folder, keeps screenshots there: overlay.png and overlay_moved.png.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from metaspatial.tests.real_blender.window import screen as screens

pytestmark = [pytest.mark.real_blender, pytest.mark.slow]

PUSH = """
import bpy, json, sys
bpy.ops.wm.read_homefile(use_empty=True)
bpy.ops.metaspatial.add_sample(sample="bedroom")
bpy.context.scene.metaspatial.seconds = 1
assert bpy.ops.metaspatial.arrange() == {"FINISHED"}
rows = {row.category: row.object for row in bpy.context.window_manager.metaspatial.pieces}
bed, wardrobe, stand = (bpy.data.objects[rows[kind]] for kind in ("bed", "wardrobe", "nightstand"))
stand.location.x += 0.25 if stand.location.x < bed.location.x else -0.25
place = wardrobe.location
axis = max((0, 1), key=lambda axis: abs(place[axis] - (2.2, 1.9)[axis]))
place[axis] += 0.4 if place[axis] > (2.2, 1.9)[axis] else -0.4
for obj in bpy.context.selected_objects:
    obj.select_set(False)
bpy.context.view_layer.objects.active = stand
stand.select_set(True)
bpy.context.scene.metaspatial_overlay.show = bpy.context.scene.metaspatial_overlay.score = True
bpy.ops.wm.save_as_mainfile(filepath=sys.argv[-1])
"""


@pytest.fixture(scope="module")
def pushed(programs: tuple[str, str], environment: dict[str, str]) -> Path:
    """An arranged bedroom whose nightstand was pushed into the bed, and whose wardrobe through the wall."""
    script, blend = Path(environment["SCRATCH"], "push.py"), Path(environment["SCRATCH"], "pushed.blend")
    script.write_text(PUSH)
    command = [programs[0], "-b", "--python-exit-code", "3", "-P", str(script), "--", str(blend)]
    subprocess.run(command, env=environment, check=True, timeout=180, stdout=subprocess.DEVNULL)
    return blend


def test_conflicts_are_red_and_follow_what_is_moved(
    programs: tuple[str, str], environment: dict[str, str], pushed: Path
) -> None:
    with tempfile.TemporaryDirectory(prefix="metaspatial-screen-", dir="/tmp") as out:
        with screens.opened(*programs, pushed, Path(out), environment) as screen:
            first = screen.wait("the live score", lambda state: state["scored"])
            assert not first["stale"]
            assert first["total"] < 0.9
            shot = look(screen, "overlay.png")
            ((x, y),) = screen.state["places"].values()  # the nightstand
            assert reds(shot, x, y) > 100
            screen.key("g", "x", "5", "Return")  # out of the house with it
            moved = screen.wait("the score of what was moved", lambda state: state["total"] != first["total"])
            assert not moved["stale"]
            assert reds(look(screen, "overlay_moved.png"), x, y) < 10
        log = Path(out, "log").read_text(errors="replace")
        assert "Traceback" not in log, log
        assert "could not be" not in log, log


def reds(path: Path, x: int, y: int, around: int = 25) -> int:
    """How many pixels around one of a screenshot are red as conflicts are."""
    from PIL import Image

    with Image.open(path) as picture:
        near = np.asarray(picture.convert("RGB"), float)[y - around : y + around, x - around : x + around]
    red, green, blue = np.moveaxis(near, -1, 0)
    return int(((red > 120) & (red > 1.5 * green) & (red > 1.5 * blue)).sum())


def look(screen: Any, name: str) -> Path:
    """A screenshot, which is kept where one asked for it."""
    shot = screen.out / name
    screen.picture(shot)
    folder = os.environ.get("METASPATIAL_PICTURES")
    if folder:
        shutil.copy(shot, Path(folder, name))
    return shot
