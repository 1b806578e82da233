# SPDX-License-Identifier: GPL-3.0-or-later
"""A room drawn in a real window by real clicks and keys; and the arrow at a piece's front, clicked.

With METASPATIAL_PICTURES set to a folder, keeps screenshots there: draw_*.png and front_*.png.
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from metaspatial.tests.real_blender.window import screen as screens

pytestmark = [pytest.mark.real_blender, pytest.mark.slow]

EMPTY = """
import bpy, sys
bpy.ops.wm.read_homefile(use_empty=True)
bpy.ops.wm.save_as_mainfile(filepath=sys.argv[-1])
"""
FURNISHED = """
import bpy, sys
bpy.ops.wm.read_homefile(use_empty=True)
assert bpy.ops.metaspatial.add_sample(sample="bedroom") == {"FINISHED"}
bed = next(obj for obj in bpy.data.objects if obj.name.lower().startswith("bed"))
bpy.context.view_layer.objects.active = bed
bed.select_set(True)
bpy.ops.wm.save_as_mainfile(filepath=sys.argv[-1])
"""


@contextmanager
def window(programs: tuple[str, str], environment: dict[str, str], making: str) -> Iterator[Any]:
    """A window on the file that a script makes."""
    with tempfile.TemporaryDirectory(prefix="metaspatial-screen-", dir="/tmp") as folder:
        script, blend = Path(folder, "make.py"), Path(folder, "made.blend")
        script.write_text(making)
        command = [programs[0], "-b", "--python-exit-code", "3", "-P", str(script), "--", str(blend)]
        subprocess.run(command, env=environment, check=True, timeout=120, stdout=subprocess.DEVNULL)
        with screens.opened(*programs, blend, Path(folder), environment, "drawing_gui.py") as opened:
            yield opened
        log = Path(folder, "log").read_text(errors="replace")
        assert "Traceback" not in log, log


def keep(screen: Any, name: str) -> None:
    """A screenshot, where one asked for them."""
    folder = os.environ.get("METASPATIAL_PICTURES")
    if folder:
        screen.picture(screen.out / name, mouse_away=False)
        shutil.copy(screen.out / name, Path(folder, name))


def aim(screen: Any, x: float, y: float) -> None:
    """Bring the mouse over metres on the floor and wait until the drawing knows."""

    def there(state: dict[str, Any]) -> bool:
        (zero_x, zero_y), (metre_x, metre_y) = state["zero"], state["metre"]
        return abs((metre_x - zero_x) + (metre_y - zero_y)) < 0.01  # straight from above

    def known(state: dict[str, Any]) -> bool:
        pointer = state["drawing"]["pointer"]
        return pointer is not None and math.dist(pointer, (x, y)) < 0.04

    for _ in range(10):  # the view may still be on its way to where it was moved
        state = screen.wait("the view from above", there)
        (zero_x, zero_y), (metre_x, metre_y) = state["zero"], state["metre"]
        screen.point(round(zero_x + x * (metre_x - zero_x)), round(zero_y + y * (metre_y - zero_y)))
        with contextlib.suppress(AssertionError):
            screen.wait(f"the mouse at {x}, {y}", known, seconds=5)
            return
    raise AssertionError(f"the mouse does not get to {x}, {y}")


def put(screen: Any, x: float, y: float) -> None:
    """Click over metres on the floor and wait for what it brings."""
    aim(screen, x, y)
    before = screen.state["drawing"]
    screen.press_button()
    done = ("corners", "openings", "stage")
    screen.wait(f"a click at {x}, {y}", lambda state: any(state["drawing"][key] != before[key] for key in done))


def begin(screen: Any) -> dict[str, Any]:
    """Click the button of the panel; what was there before."""
    before = screen.wait("the panel to miss a room", lambda state: state["problem"])
    screen.click_first()
    screen.wait("the drawing to begin", lambda state: state["drawing"])
    return before


def test_clicks_draw_a_room_with_a_door_and_one_undo_takes_it_back(
    programs: tuple[str, str], environment: dict[str, str]
) -> None:
    with window(programs, environment, EMPTY) as screen:
        before = begin(screen)
        put(screen, 0.02, -0.01)
        put(screen, 5.01, 0.0)
        aim(screen, 5.0, 1.5)
        screen.press("2", "period", "2", "5")
        screen.wait("the typed length", lambda state: state["drawing"]["typed"] == "2.25")
        keep(screen, "draw_typed.png")
        screen.press("BackSpace", "BackSpace", "BackSpace", "Return")
        screen.wait("the typed wall", lambda state: state["drawing"]["corners"][-1] == [5.0, 2.0])
        put(screen, 2.0, 2.0)
        aim(screen, 3.0, -1.0)
        screen.wait("what is wrong", lambda state: "cross" in state["drawing"]["problem"])
        keep(screen, "draw_refused.png")
        put(screen, 2.0, 4.0)
        put(screen, 0.0, 4.0)
        aim(screen, 0.0, 0.0)
        keep(screen, "draw_closing.png")
        put(screen, 0.0, 0.0)
        screen.wait("the doors' turn", lambda state: state["drawing"]["stage"] == "openings")
        put(screen, 2.5, 0.05)
        screen.press("w")
        screen.wait("windows to be chosen", lambda state: state["drawing"]["kind"] == "window")
        put(screen, 0.1, 2.0)
        aim(screen, 1.0, 3.9)
        keep(screen, "draw_openings.png")
        screen.press("Return")
        after = screen.wait("the room", lambda state: state["room"])
        assert after["room"] == "5.00 × 4.00 m, 2.60 m high, 1 door, 1 window"
        assert len([name for name in after["objects"] if name.startswith("Wall")]) == 6
        assert after["drawing"] is None
        assert (after["perspective"], after["rotation"]) == (before["perspective"], before["rotation"])
        keep(screen, "draw_done.png")
        screen.key("ctrl+z")
        screen.wait("one undo to take it away", lambda state: not state["objects"] and not state["collections"])


@pytest.mark.parametrize("way_out", ["Escape", "right click"])
def test_cancelling_leaves_nothing_behind(programs: tuple[str, str], environment: dict[str, str], way_out: str) -> None:
    with window(programs, environment, EMPTY) as screen:
        before = begin(screen)
        for corner in ((0, 0), (3, 0)):
            put(screen, *corner)
        screen.drag(2, 60, 40)  # as one would turn the view
        screen.press_button(4)
        screen.wait("the view to move", lambda state: state["zero"] != before["zero"])
        put(screen, 3, 3)
        assert screen.state["rotation"] == [1.0, 0.0, 0.0, 0.0]
        if way_out == "Escape":
            screen.press("Escape")
        else:
            screen.press_button(3)
        after = screen.wait("the end", lambda state: state["drawing"] is None)
        for what in ("objects", "collections", "perspective", "rotation", "zero"):
            assert after[what] == before[what]


def test_a_click_on_the_arrow_turns_the_front_and_undo_turns_it_back(
    programs: tuple[str, str], environment: dict[str, str]
) -> None:
    with window(programs, environment, FURNISHED) as screen:
        before = screen.wait("the arrow", lambda state: state["arrow"])
        assert before["front"] == "AUTO"
        keep(screen, "front_before.png")
        screen.point(*map(round, before["arrow"]))
        time.sleep(1.0)  # until it is lit
        screen.press_button()
        after = screen.wait("the front to turn", lambda state: state["front"] == "POS_X", seconds=20)
        assert after["active"] == before["active"]
        keep(screen, "front_after.png")
        screen.key("ctrl+z")
        screen.wait("the undo", lambda state: state["front"] == "AUTO")
