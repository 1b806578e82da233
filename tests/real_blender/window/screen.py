# SPDX-License-Identifier: GPL-3.0-or-later
"""A Blender window on a screen of its own, and a mouse and a keyboard for it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SIZE = (1280, 960)
BUTTON = 84
"""Red, green and blue of a button in Blender's default theme."""
LIT = (71, 114, 179)
"""And of a list's chosen row."""
ROW, LOCK, ARROW = 21, 37, 38
"""Pixels from row to row of a list; from the sidebar's left to the locks, and to the arrow to the variant before."""


class Screen:
    """A virtual screen with one Blender. `out` gets the log, the state, and pictures."""

    def __init__(self, chroot: str, out: Path, environment: dict[str, str]) -> None:
        self.chroot, self.out = chroot, out
        self.environment = {**environment, "LIBGL_ALWAYS_SOFTWARE": "1"}
        self.box: tuple[int, int, int, int] = (0, 0, 0, 0)

    @property
    def state(self) -> dict[str, Any]:
        """What the Blender under test last told."""
        return json.loads((self.out / "state").read_text(encoding="utf-8"))

    def wait(self, what: str, condition: Callable[[dict[str, Any]], object], seconds: float = 60.0) -> dict[str, Any]:
        """The state once `condition` holds for it. Fails with `what` when it does not in time."""
        deadline = time.monotonic() + seconds
        while True:
            state = self.state
            if condition(state):
                return state
            assert time.monotonic() < deadline, f"{what} did not happen: { {**state, 'matrices': {}, 'pulse': {}} }"
            time.sleep(0.1)

    def click_arrange(self) -> None:
        """Click the tall button."""
        self._click(*next((each for each in self._buttons() if each[1] > 26), (0, 0)))

    def click_first(self) -> None:
        """Click the first button of the sidebar."""
        self._click(*next(iter(self._buttons()), (0, 0)))

    def click_restore(self) -> None:
        """Click the last button below the tall one, before the score."""
        buttons = self._buttons()
        tall = next((index for index, each in enumerate(buttons) if each[1] > 26), len(buttons))
        self._click(*(buttons[tall + 1 :] or [(0, 0)])[0])

    def _click(self, y: int, height: int) -> None:
        assert height, "the button is not in sight"
        x, _, width, _ = self.box
        self._do("mousemove", str(x + width // 2), str(y))
        time.sleep(0.3)
        self._do("mousemove_relative", "1", "0")
        time.sleep(0.3)
        self._do("click", "1")

    def _buttons(self, right: int = 70) -> list[tuple[int, int]]:
        """Middle and height of the sidebar's plain buttons from above, in the screen's pixels, so far `right` in it."""
        left, top, _, height = self.box
        return self._plain(self._look()[top : top + height, left + right], top)

    def _look(self) -> Any:
        """What is on the screen: rows, columns, red, green, blue."""
        import numpy as np
        from PIL import Image

        path = self.out / "look.png"
        self.picture(path)
        with Image.open(path) as picture:
            return np.asarray(picture.convert("RGB")).astype(int)

    @staticmethod
    def _plain(line: Any, first: int, least: int = 15) -> list[tuple[int, int]]:
        """Middles and lengths of the stretches of a line of pixels that have the colour of buttons."""
        found, start = [], None
        for at, pixel in enumerate([*line.tolist(), [0, 0, 0]]):
            plain = all(abs(value - BUTTON) <= 2 for value in pixel)
            if plain and start is None:
                start = at
            elif not plain and start is not None:
                if at - start >= least:
                    found.append((first + (start + at) // 2, at - start))
                start = None
        return found

    def click_lock(self, row: int) -> None:
        """Click the lock of a row of the list of pieces, which is below the list's first row, which is lit."""
        left, top, _, height = self.box
        column = self._look()[top : top + height, left + LOCK + 10]
        first = next(y for y, pixel in enumerate(column.tolist()) if self._lit(pixel))
        self.point(left + LOCK, top + first + ROW // 2 + row * ROW)
        self.press_button()
        time.sleep(0.3)

    @staticmethod
    def _lit(pixel: list[int]) -> bool:
        return all(abs(value - own) <= 3 for value, own in zip(pixel, LIT, strict=True))

    def click_step(self, step: int) -> None:
        """Click the arrow to the variant before (-1) or after (1) the one that stands."""
        left, _, width, _ = self.box
        tall = next(k for k, (_, height) in enumerate(self._buttons(ARROW)) if height > 26)
        y, _ = self._buttons(ARROW)[tall + 2]
        across = self._plain(self._look()[y + 6, left : left + width], left, 12)
        self.point(across[0 if step < 0 else 1][0], y)
        self.press_button()

    def search(self, words: str) -> None:
        """Find a menu's entry by Blender's own search, over the viewport, and choose it."""
        self.key("F3")
        self._do("type", "--delay", "50", words)
        time.sleep(1.0)
        self.press("Return")

    def point(self, x: int, y: int) -> None:
        """Bring the mouse to a place of the screen."""
        self._do("mousemove", str(x - 1), str(y))
        time.sleep(0.2)
        self._do("mousemove_relative", "1", "0")
        time.sleep(0.2)

    def press_button(self, button: int = 1) -> None:
        """Click where the mouse is: left 1, middle 2, right 3; 4 and 5 are the wheel."""
        self._do("click", str(button))

    def drag(self, button: int, right: int, down: int) -> None:
        """Move the mouse by pixels with a button held."""
        self._do("mousedown", str(button))
        for _ in range(4):
            self._do("mousemove_relative", "--", str(right // 4), str(down // 4))
            time.sleep(0.1)
        self._do("mouseup", str(button))

    def press(self, *keys: str) -> None:
        """Press keys one after the other, the mouse staying where it is."""
        for key in keys:
            self._do("key", key)
            time.sleep(0.1)

    def hover(self) -> None:
        """Move the mouse over the viewport."""
        x, top, _, height = self.box
        self._do("mousemove", str(x // 2), str(top + height // 2))
        time.sleep(0.3)
        self._do("mousemove_relative", "1", "0")
        time.sleep(0.3)

    def key(self, *keys: str) -> None:
        """Press keys over the viewport, one after the other, where Blender takes them as its own."""
        self.hover()
        for each in keys:
            self._do("key", each)
            time.sleep(0.3)

    def picture(self, path: Path, *, mouse_away: bool = True) -> None:
        """A screenshot of it all, once all is drawn; unless told otherwise the mouse is where nothing lights up."""
        from PIL import Image

        if mouse_away:
            self._do("mousemove", "300", "900")
        last = b""
        for _ in range(30):
            time.sleep(1.0)
            self._run("import", "-window", "root", str(path))
            with Image.open(path) as picture:
                seen = picture.convert("RGB").tobytes()
            if seen == last:
                return
            last = seen
        raise AssertionError("the window does not come to rest")

    def _do(self, *action: str) -> None:
        self._run("xdotool", *action)

    def _run(self, *command: str) -> None:
        subprocess.run([self.chroot, *command], env=self.environment, check=True, timeout=60)


@contextlib.contextmanager
def opened(
    blender: str,
    chroot: str,
    blend: Path,
    out: Path,
    environment: dict[str, str],
    script: str = "gui.py",
    size: tuple[int, int] = SIZE,
) -> Iterator[Screen]:
    """Blender with `blend` in a window, at the add-on's tab; both it and its screen are gone afterwards.

    `script` runs in it, beside this file: it tells what is going on.
    """
    screen = Screen(chroot, out, environment)
    read, write = os.pipe()
    depth = f"{size[0]}x{size[1]}x24"
    server = subprocess.Popen(
        [chroot, "Xvfb", "-displayfd", str(write), "-screen", "0", depth, "-nolisten", "tcp"],
        env=environment, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    process = None
    try:
        with os.fdopen(read) as numbers:
            screen.environment["DISPLAY"] = f":{numbers.readline().strip()}"
        place = ["--window-geometry", "0", "0", *map(str, size)]
        command = [blender, *place, str(blend), "-P", str(HERE / script), "--", str(out)]
        with (out / "log").open("wb") as log:
            process = subprocess.Popen(command, env=screen.environment, stdout=log, stderr=log)
        _wait_for(out / "ready", process, out / "log")
        _wait_for(out / "state", process, out / "log")
        x, top, width, height = map(int, (out / "ready").read_text().split())
        screen.box = (x, top, width, height)
        yield screen
        (out / "quit").touch()
        assert process.wait(timeout=30) == 0, (out / "log").read_text(errors="replace")
    finally:
        for each in (process, server):
            if each is not None and each.poll() is None:
                each.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    each.wait(timeout=10)
                if each.poll() is None:
                    each.kill()
                    each.wait()


def _wait_for(path: Path, process: subprocess.Popen[bytes], log: Path, seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert process.poll() is None, f"Blender ended: {log.read_text(errors='replace')}"
        assert time.monotonic() < deadline, f"no window after {seconds:.0f} s: {log.read_text(errors='replace')}"
        time.sleep(0.1)
