# SPDX-License-Identifier: GPL-3.0-or-later
"""Judging beside scoring: layouts wait for the judge's verdict while the next ones are being made."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

from ..rewards.score import Judge, Verdict
from .record import Record

_Work = tuple[Record, tuple[bytes, ...]]


class Judging:
    """Asks a judge in threads of its own. They are daemons: a judge that is silent must not keep anyone from ending."""

    def __init__(self, judge: Judge, threads: int = 4) -> None:
        self._judge = judge
        self._left = 0
        self._todo: queue.SimpleQueue[_Work] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[Record, Verdict]] = queue.SimpleQueue()
        for _ in range(threads):
            threading.Thread(target=self._run, name="judging", daemon=True).start()

    def ask(self, record: Record, pictures: tuple[bytes, ...]) -> None:
        """Have this record's layout judged by its pictures."""
        self._left += 1
        self._todo.put((record, pictures))

    def verdicts(self, wait: float = 0.0) -> Iterator[tuple[Record, Verdict]]:
        """Those that are there, waiting up to `wait` seconds for the first."""
        while self._left:
            try:
                found = self._done.get(timeout=wait) if wait else self._done.get_nowait()
            except queue.Empty:
                return
            wait = 0.0
            self._left -= 1
            yield found

    @property
    def left(self) -> int:
        """How many verdicts have not been taken yet."""
        return self._left

    def _run(self) -> None:
        while True:
            record, pictures = self._todo.get()
            try:
                verdict = self._judge.judge(record.scene, pictures)
            except (
                Exception
            ) as error:  # a judge says what fails in its verdict; one that raises is no worse than silent
                verdict = Verdict(None, missing=f"{type(error).__name__}: {error}")
            self._done.put((record, verdict))
