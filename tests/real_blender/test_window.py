# SPDX-License-Identifier: GPL-3.0-or-later
"""The installed extension in a real window: real clicks arrange a room, real keys take it back.

With METASPATIAL_PICTURES set to a folder, keeps screenshots there: panel_before.png and panel_after.png.
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
from metaspatial.tests import chat_server as fake
from metaspatial.tests.real_blender.window import screen as screens

pytestmark = [pytest.mark.real_blender, pytest.mark.slow]

ADD_SAMPLE = """
import bpy, sys
bpy.ops.wm.read_homefile(use_empty=True)
assert bpy.ops.metaspatial.add_sample(sample="bedroom") == {"FINISHED"}
bpy.ops.wm.save_as_mainfile(filepath=sys.argv[-1])
"""


@pytest.fixture(scope="module")
def bedroom(programs: tuple[str, str], environment: dict[str, str]) -> Path:
    """A file with the sample bedroom, added by the extension itself."""
    script, blend = Path(environment["SCRATCH"], "add_sample.py"), Path(environment["SCRATCH"], "bedroom.blend")
    script.write_text(ADD_SAMPLE)
    command = [programs[0], "-b", "--python-exit-code", "3", "-P", str(script), "--", str(blend)]
    subprocess.run(command, env=environment, check=True, timeout=120, stdout=subprocess.DEVNULL)
    return blend


@pytest.fixture
def screen(programs: tuple[str, str], environment: dict[str, str], bedroom: Path) -> Iterator[Any]:
    with tempfile.TemporaryDirectory(prefix="metaspatial-screen-", dir="/tmp") as out:
        with screens.opened(*programs, bedroom, Path(out), environment) as opened:
            yield opened
        log = Path(out, "log").read_text(errors="replace")
        assert "Traceback" not in log, log


def keep(screen: Any, name: str) -> None:
    """A screenshot, where one asked for them."""
    folder = os.environ.get("METASPATIAL_PICTURES")
    if folder:
        shot = screen.out / name
        screen.picture(shot)
        shutil.copy(shot, Path(folder, name))


def test_a_click_arranges_the_room_and_one_undo_takes_it_back(screen: Any) -> None:
    before = screen.wait("the list of pieces", lambda state: state["pieces"])
    assert not before["problem"]
    keep(screen, "panel_before.png")
    screen.click_arrange()
    after = screen.wait("the arrangement", lambda state: state["scored"] and not state["working"])
    assert after["message"].startswith("Arranged ")
    moved = {name for name, matrix in before["matrices"].items() if after["matrices"][name] != matrix}
    assert len(moved) >= 10
    assert moved <= set(before["pieces"])
    keep(screen, "panel_after.png")
    screen.key("ctrl+z")
    screen.wait("the undo, bit for bit", lambda state: state["matrices"] == before["matrices"])
    screen.key("ctrl+shift+z")
    screen.wait("the redo, bit for bit", lambda state: state["matrices"] == after["matrices"])


def test_restore_is_a_click_away(screen: Any) -> None:
    before = screen.wait("the list of pieces", lambda state: state["pieces"])
    screen.click_arrange()
    screen.wait("the arrangement", lambda state: state["scored"] and not state["working"])
    screen.click_restore()
    back = screen.wait("the restoring", lambda state: state["message"].startswith("Everything is back"))
    assert back["matrices"] == before["matrices"]


def test_escape_stops_it_and_nothing_has_moved(screen: Any) -> None:
    before = screen.wait("the list of pieces", lambda state: state["pieces"])
    screen.click_arrange()
    screen.wait("the start", lambda state: state["working"])
    screen.key("Escape")
    after = screen.wait("the end", lambda state: not state["working"], seconds=15)
    assert after["message"].startswith("Stopped")
    assert after["matrices"] == before["matrices"]


@pytest.fixture
def slow_model(programs: tuple[str, str], environment: dict[str, str], bedroom: Path) -> Iterator[tuple[Any, Any]]:
    """The window with a model chosen that begins an answer and never ends it; and the model's server."""
    with fake.ChatServer() as server, tempfile.TemporaryDirectory(prefix="metaspatial-screen-", dir="/tmp") as out:
        server.script(fake.stalls("<think>The bed goes to the north wall"))
        settings = {**environment, "METASPATIAL_TEST_SERVER": server.base_url}
        with screens.opened(*programs, bedroom, Path(out), settings) as opened:
            yield opened, server
        log = Path(out, "log").read_text(errors="replace")
        assert "Traceback" not in log, log


def test_while_a_model_thinks_the_window_lives_and_escape_ends_it(slow_model: tuple[Any, Any]) -> None:
    screen, server = slow_model
    before = screen.wait("the list of pieces", lambda state: state["pieces"])
    assert before["engine"] == "CHAT"
    screen.click_arrange()
    asked = screen.wait("the model's words", lambda state: "north wall" in state["stream"])
    assert asked["working"]
    assert 0 < asked["fraction"] < 1
    assert asked["text"]
    keep(screen, "panel_thinking.png")
    assert server.chats[0].pictures == 1
    assert server.chats[0].body["stream"]
    screen.key("a")  # the window still takes keys: this one selects everything
    screen.wait("the selection", lambda state: set(before["pieces"]) <= set(state["selected"]))
    assert screen.state["working"]
    screen.key("Escape")
    after = screen.wait("the end", lambda state: not state["working"], seconds=15)
    assert after["message"].startswith("Stopped")
    assert after["matrices"] == before["matrices"]
    assert server.left.wait(10)
