# SPDX-License-Identifier: GPL-3.0-or-later
"""The story of a first evening, by mouse and keys: arranged, undone, two pieces locked, another wanted, refined, kept.

With METASPATIAL_PICTURES set to a folder, keeps screenshots there: story_*.png.
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

BEDROOM = """
import bpy, sys
bpy.ops.wm.read_homefile(use_empty=True)
assert bpy.ops.metaspatial.add_sample(sample="bedroom") == {"FINISHED"}
own = bpy.context.scene.metaspatial
own.seconds, own.variants = 2, 3
bpy.ops.wm.save_as_mainfile(filepath=sys.argv[-1])
"""


@pytest.fixture
def screen(programs: tuple[str, str], environment: dict[str, str]) -> Iterator[Any]:
    """A window on the sample bedroom, with the solver and three variants chosen."""
    with tempfile.TemporaryDirectory(prefix="metaspatial-story-", dir="/tmp") as folder:
        script, blend, out = Path(folder, "make.py"), Path(folder, "bedroom.blend"), Path(folder, "out")
        script.write_text(BEDROOM)
        command = [programs[0], "-b", "--python-exit-code", "3", "-P", str(script), "--", str(blend)]
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


def test_a_first_evening(screen: Any) -> None:
    before = screen.wait("the list of pieces", lambda state: state["pieces"])["matrices"]

    screen.click_arrange()
    arranged = screen.wait("the arrangement", lambda state: state["scored"] and not state["working"], seconds=120)
    assert arranged["total"] > 0.9
    screen.key("ctrl+z")
    screen.wait("the undo", lambda state: state["matrices"] == before)
    screen.key("ctrl+shift+z")
    liked = screen.wait("the redo", lambda state: state["matrices"] == arranged["matrices"])["matrices"]

    two = screen.state["pieces"][:2]
    for row in (0, 1):
        screen.click_lock(row)
    screen.wait("two locks", lambda state: state["locked"] == sorted(two))
    keep(screen, "story_locked.png")

    screen.click_arrange()
    screen.wait("the start", lambda state: state["working"])
    again = screen.wait("another", lambda state: state["scored"] and not state["working"], seconds=120)
    assert_where(again, liked, two)
    assert again["variants"] >= 2, "the solver found but one way around two pieces"
    assert again["total"] > 0.8
    keep(screen, "story_variants.png")

    screen.click_step(1)
    other = screen.wait("the next variant", lambda state: state["variant"] == 2)
    assert other["matrices"] != again["matrices"]
    assert_where(other, liked, two)
    screen.click_step(-1)
    screen.wait("the first, bit for bit", lambda state: state["matrices"] == again["matrices"])

    screen.search("refine")
    screen.wait("the start", lambda state: state["working"], seconds=30)
    refined = screen.wait("the end", lambda state: not state["working"], seconds=120)
    assert refined["message"].startswith(("Refined", "Nothing better"))
    assert refined["total"] >= again["total"] - 1e-6
    assert_where(refined, liked, two)
    keep(screen, "story_refined.png")


def assert_where(state: dict[str, Any], matrices: dict[str, Any], names: list[str]) -> None:
    """These objects are exactly where they were."""
    assert {name: state["matrices"][name] for name in names} == {name: matrices[name] for name in names}
