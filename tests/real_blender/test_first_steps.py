# SPDX-License-Identifier: GPL-3.0-or-later
"""The first minute of somebody new: Blender's own start-up scene, a sample from the menu, a click, and it is arranged.

With METASPATIAL_PICTURES set to a folder, keeps screenshots there: first_steps.png, first_sample.png and
first_arranged.png.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from metaspatial.tests.real_blender.window import screen as screens

pytestmark = [pytest.mark.real_blender, pytest.mark.slow]

SAVE = "import bpy, sys; bpy.ops.wm.save_as_mainfile(filepath=sys.argv[-1])"
MENU, BEDROOM = 97, 121
"""How far below the sidebar's top the menu of samples is, and its first entry once it is open, in pixels."""


@pytest.fixture
def screen(programs: tuple[str, str], environment: dict[str, str]) -> Iterator[Any]:
    """A window with Blender's start-up scene and the extension, both as they come."""
    with tempfile.TemporaryDirectory(prefix="metaspatial-first-", dir="/tmp") as folder:
        blend, out = Path(folder, "startup.blend"), Path(folder, "out")
        command = [programs[0], "-b", "--python-expr", SAVE, "--", str(blend)]
        subprocess.run(command, env=environment, check=True, timeout=120, stdout=subprocess.DEVNULL)
        out.mkdir()
        with screens.opened(*programs, blend, out, environment) as opened:
            yield opened
        log = (out / "log").read_text(errors="replace")
        assert "Traceback" not in log, log


def keep(screen: Any, name: str) -> None:
    folder = os.environ.get("METASPATIAL_PICTURES")
    if folder:
        screen.picture(screen.out / name)
        shutil.copy(screen.out / name, Path(folder, name))


def test_a_sample_and_a_click_and_it_is_arranged(screen: Any) -> None:
    start = screen.wait("the start-up scene", lambda state: "Cube" in state["matrices"])
    assert not start["pieces"]
    screen.wait("the look at it", lambda state: state["looked"])
    keep(screen, "first_steps.png")
    top = screen.box[1]
    screen._click(top + MENU, 20)
    screen._click(top + BEDROOM, 20)
    before = screen.wait("the sample", lambda state: "bed_1" in state["pieces"], seconds=120)
    assert "Cube" not in before["pieces"]
    assert not before["welcomed"]
    keep(screen, "first_sample.png")
    screen.click_arrange()
    after = screen.wait("the arrangement", lambda state: state["scored"] and not state["working"], seconds=120)
    assert after["message"].startswith("Arranged ")
    assert after["welcomed"]
    keep(screen, "first_arranged.png")
