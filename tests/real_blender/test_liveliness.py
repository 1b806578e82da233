# SPDX-License-Identifier: GPL-3.0-or-later
"""While a slow model writes, the window stays the user's: it draws, takes keys, undoes, loads and quits at once."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from metaspatial.tests import chat_server as fake
from metaspatial.tests.real_blender.window import screen as screens

pytestmark = [pytest.mark.real_blender, pytest.mark.slow]

ROOM = """
import bpy, sys
bpy.ops.wm.read_homefile(use_empty=True)
assert bpy.ops.metaspatial.add_sample(sample="bedroom") == {"FINISHED"}
for obj in bpy.context.selected_objects:
    obj.select_set(False)
bed = next(obj for obj in bpy.data.objects if obj.name.lower().startswith("bed"))
bpy.context.view_layer.objects.active = bed
bed.select_set(True)
bpy.context.scene.metaspatial.engine = "CHAT"
bpy.ops.wm.save_as_mainfile(filepath=sys.argv[-1])
"""
SIZE = (800, 960)
"""Not larger than the story needs: here all is drawn in software."""
HEARD, DRAWN = 10, 5
"""Times a second that the window looks at keys, and that the sidebar is drawn: in software, that takes it 75 ms."""
REST, SECONDS = 3.0, 4.0
"""After the room's picture was made; and what is looked at then."""
ESCAPE = 0.3
"""Seconds from the key to the end."""


@contextmanager
def asking(programs: tuple[str, str], environment: dict[str, str]) -> Iterator[Any]:
    """A window on a bedroom, whose bed is selected, and which asks a model that writes slowly and never ends."""
    with fake.ChatServer() as server, tempfile.TemporaryDirectory(prefix="metaspatial-screen-", dir="/tmp") as folder:
        server.script(fake.trickles("The bed goes to the north wall. ", pause=0.03))
        script, blend = Path(folder, "make.py"), Path(folder, "made.blend")
        script.write_text(ROOM)
        command = [programs[0], "-b", "--python-exit-code", "3", "-P", str(script), "--", str(blend)]
        subprocess.run(command, env=environment, check=True, timeout=120, stdout=subprocess.DEVNULL)
        settings = {**environment, "METASPATIAL_TEST_SERVER": server.base_url}
        with screens.opened(*programs, blend, Path(folder), settings, size=SIZE) as opened:
            opened.wait("the list of pieces", lambda state: state["pieces"])
            yield opened
        log = Path(folder, "log").read_text(errors="replace")
        assert "Traceback" not in log, log
        assert "Error" not in log, log


@pytest.fixture
def screen(programs: tuple[str, str], environment: dict[str, str]) -> Iterator[Any]:
    with asking(programs, environment) as opened:
        yield opened


def start(screen: Any) -> dict[str, Any]:
    """Click Arrange and wait for the model's words."""
    screen.click_arrange()
    return screen.wait("the model's words", lambda state: state["working"] and "north wall" in state["stream"])


def escaped(screen: Any) -> tuple[dict[str, Any], float]:
    """Press Escape over the viewport; the state once the job has ended, and the seconds from the key until then."""
    screen.hover()
    pressed = time.time()
    screen.press("Escape")
    after = screen.wait("the end", lambda state: state["pulse"]["ended"] > pressed, seconds=15)
    return after, after["pulse"]["ended"] - pressed


def test_it_draws_and_hears_and_escape_ends_it_at_once(screen: Any) -> None:
    before = screen.state["matrices"]
    delays = []
    for _ in range(3):
        start(screen)
        time.sleep(REST)
        began = time.time()
        time.sleep(SECONDS)
        pulse = screen.state["pulse"]
        drawn = sum(drawn > began for drawn in pulse["drawn"]) / SECONDS
        waits = [wait for ended, wait in pulse["waits"] if ended - wait > began]
        heard = len(waits) / SECONDS
        assert drawn >= DRAWN, f"drawn {drawn:.1f} times a second"
        assert heard >= HEARD, f"keys are looked at {heard:.1f} times a second"
        after, delay = escaped(screen)
        assert after["message"].startswith("Stopped")
        assert after["matrices"] == before
        delays.append(delay)
        print(f"drawn {drawn:.1f} and heard {heard:.1f} times a second, Esc after {delays[-1]:.3f} s")
    assert median(delays) <= ESCAPE, delays


def test_an_undo_in_mid_job_takes_back_the_users_own_step_and_stops_the_job(screen: Any) -> None:
    at_first = screen.state["matrices"]
    screen.key("g")
    screen.press("x", "1", "Return")
    moved = screen.wait("the move", lambda state: state["matrices"] != at_first)["matrices"]
    start(screen)
    screen.key("ctrl+z")
    screen.wait("the undo", lambda state: state["matrices"] == at_first)
    after = screen.wait("the end", lambda state: not state["working"], seconds=15)
    assert after["message"] == "Undo stopped the arrangement; nothing was moved."
    start(screen)
    screen.key("ctrl+shift+z")
    after = screen.wait("the redo, and the end", lambda state: state["matrices"] == moved and not state["working"])
    assert after["message"] == "Undo stopped the arrangement; nothing was moved."


def test_another_file_in_mid_job_is_clean_and_can_be_arranged(screen: Any) -> None:
    start(screen)
    screen.key("ctrl+n")
    screen.press("Return")
    after = screen.wait("the start-up scene", lambda state: "Cube" in state["matrices"], seconds=30)
    assert "bed_1" not in after["pieces"]
    screen.wait("the end", lambda state: not state["working"], seconds=15)


def test_quitting_in_mid_job_is_an_ordinary_end(screen: Any) -> None:
    start(screen)  # leaving the fixture quits, and looks at the exit status and the log
    assert screen.state["working"]
