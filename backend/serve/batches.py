# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers to several askers at once: what waits together is written together, side by side in one batch.

The model is behind the `Writer` protocol; this file needs nothing but the standard library.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

MOST = 8
"""Answers written side by side. More would make each of them slower than two batches after each other."""
WAITING = 32
"""Askers that may wait; more are sent away."""
_GATHER = 0.02
"""Seconds that the first asker of a batch waits for company."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked: messages in the form of chat templates, their pictures as files' bytes, and how to answer."""

    messages: Sequence[Mapping[str, Any]]
    pictures: Sequence[bytes] = ()
    max_tokens: int = 2048
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0

    @property
    def manner(self) -> tuple[float, float, int]:
        """What all of one batch have in common."""
        return self.temperature, self.top_p, self.seed


@dataclass(frozen=True, slots=True)
class Written:
    """An answer. Not `complete`: it was cut off at `max_tokens`, or where its asker left."""

    text: str
    complete: bool
    prompt_tokens: int
    tokens: int


class Unreadable(ValueError):
    """This ask can't be answered; the message says why."""


class Writer(Protocol):
    """A model. It is called from one thread only."""

    def prepare(self, ask: Ask) -> Any:
        """An ask as the model takes it. Raises `Unreadable`."""
        ...

    def write(
        self,
        prepared: Sequence[Any],
        *,
        gone: Callable[[int], bool],
        on_text: Callable[[int, str], None],
        on_written: Callable[[int, Written], None],
    ) -> object:
        """Write the answers to asks of one manner side by side, told by their number in `prepared`.

        `gone` says who has left and is not written for any more, `on_text` hears an answer as it grows, `on_written`
        each one as soon as it is done.
        """
        ...


@dataclass(frozen=True, slots=True)
class Begun:
    """The ask was understood; words follow."""


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer: by the asker's fault (`theirs`) or by the server's."""

    reason: str
    theirs: bool = False


Event = Begun | str | Written | Failed
"""What an asker hears: `Begun`, the text so far any number of times, and at the end `Written`; or `Failed`."""


class Busy(Exception):
    """Too many are waiting."""


@dataclass(eq=False)
class Place:
    """An asker's place in the queue. `hear` is called from the writing thread."""

    ask: Ask
    hear: Callable[[Event], None]
    left: bool = field(default=False, init=False)

    def leave(self) -> None:
        """Nobody listens any more; what is being written for it ends."""
        self.left = True


class Batches:
    """Has a writer write what is asked, on a thread of its own, in the order of asking."""

    def __init__(self, writer: Writer, *, most: int = MOST, waiting: int = WAITING) -> None:
        self._writer, self._most, self._room = writer, most, waiting
        self._queue: deque[Place] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="metaspatial-writer", daemon=True)
        self._thread.start()

    def ask(self, ask: Ask, hear: Callable[[Event], None]) -> Place:
        """Queue up. Raises Busy."""
        place = Place(ask, hear)
        with self._changed:
            if sum(not one.left for one in self._queue) >= self._room:
                raise Busy
            self._queue.append(place)
            self._changed.notify()
        return place

    def close(self, patience: float = 5.0) -> None:
        """Stop writing; at most `patience` seconds until it has."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(patience)

    def _run(self) -> None:
        while not self._closed:
            batch = self._next()
            if batch:
                self._write(batch)

    def _next(self) -> list[Place]:
        """Those who are next, once there is one: all of one manner."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closed)
        time.sleep(_GATHER)
        with self._changed:
            waiting = [place for place in self._queue if not place.left]
            same = [place for place in waiting if place.ask.manner == waiting[0].ask.manner]
            batch = same[: self._most]
            self._queue = deque(place for place in waiting if place not in batch)
        return batch

    def _write(self, batch: Sequence[Place]) -> None:
        ready: list[tuple[Place, Any]] = []
        for place in batch:
            try:
                ready.append((place, self._writer.prepare(place.ask)))
            except Unreadable as error:
                place.hear(Failed(str(error), theirs=True))
            except Exception:  # one ask that breaks must not end the thread that answers all others
                place.hear(Failed(_unexpected()))
            else:
                place.hear(Begun())
        if not ready:
            return
        owed = {place for place, _ in ready}

        def on_written(k: int, written: Written) -> None:
            owed.discard(ready[k][0])
            ready[k][0].hear(written)

        try:
            self._writer.write(
                [prepared for _, prepared in ready],
                gone=lambda k: self._closed or ready[k][0].left,
                on_text=lambda k, text: ready[k][0].hear(text),
                on_written=on_written,
            )
            reason = "the model ended without an answer"
        except Exception:  # the same: all who wait in this batch are told, and the next one begins
            reason = _unexpected()
        for place in owed:
            place.hear(Failed(reason))


def _unexpected() -> str:
    """What went wrong, in a line; the log has all of it."""
    said = traceback.format_exc()
    print(said, flush=True)
    return said.strip().splitlines()[-1][:300]
