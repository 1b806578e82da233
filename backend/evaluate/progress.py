# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a long work is: a bar with the time left on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

EVERY = 15.0
"""Seconds between lines where there is no terminal."""


class Meter:
    """Tells `begin`, then `step` for each thing done, then `end`. Without the package rich there are lines, no bar."""

    def __init__(self, say: Callable[[str], None], what: str = "evaluating") -> None:
        self._say = say
        self._what = what
        self._total = self._done = self._at_start = 0
        self._started = self._told = time.monotonic()
        self._bar: Any = None

    def begin(self, total: int, done: int) -> None:
        """`done` of `total` are there already."""
        self._total, self._done, self._at_start = total, done, done
        self._started = self._told = time.monotonic()
        if done:
            self._say(f"{done} of {total} are done already")
        if sys.stderr.isatty() and done < total:
            self._bar = _bar()
        if self._bar is not None:
            self._bar.add_task(self._what, total=total, completed=done)
            self._bar.start()

    def step(self, what: str) -> None:
        """One more is done."""
        self._done += 1
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=self._done, description=what[:40].ljust(40))
            return
        now = time.monotonic()
        if now - self._told >= EVERY or self._done == self._total:
            self._told = now
            left = (now - self._started) / max(1, self._done - self._at_start) * (self._total - self._done)
            self._say(f"{self._done} of {self._total}" + (f", {_span(left)} left" if self._done < self._total else ""))

    def end(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def say(self, line: str) -> None:
        """A line that doesn't break the bar."""
        if self._bar is not None:
            self._bar.console.print(line, markup=False, highlight=False)
        else:
            self._say(line)


def _bar() -> Any:
    try:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeElapsedColumn as Elapsed
        from rich.progress import TimeRemainingColumn as Remaining
    except ImportError:
        return None
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Elapsed(), "left", Remaining()
    return Progress(*columns, console=Console(file=sys.stderr))


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
