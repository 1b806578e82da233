# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding rooms from many threads at once, where finding is waiting: for a language model's answer, most of all."""

from __future__ import annotations

import base64
import contextlib
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol, overload

from ..scene import scene_from_json, scene_to_json
from ..workers import attempt
from .journal import Journal
from .making import Made, dropped, sound
from .source import BadRoom, Found, Source, threads_of


class Session(Protocol):
    """Who is told what became of each room."""

    def keep(self, made: Made) -> None: ...
    def found(self) -> None: ...
    def fail(self, key: str, why: str) -> None: ...


def find_all(
    source: Source,
    keys: Sequence[str],
    found: Journal,
    session: Session,
    on_found: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> None:
    """Find rooms from many threads at once, each kept as soon as it is there; whoever stops does not wait for them."""
    todo: queue.SimpleQueue[str] = queue.SimpleQueue()
    for key in keys:
        todo.put(key)
    # as long as the threads are many: none runs ahead of who looks whether the server is still there
    ended: queue.Queue[tuple[str, Found | BadRoom | None, str]] = queue.Queue(threads_of(source))
    stop = threading.Event()

    def find(key: str) -> Found | BadRoom:
        try:
            found = source.find(key)
            sound(found)  # what can't be read again must not be kept
        except BadRoom as error:
            return error
        return found

    def work() -> None:
        with contextlib.suppress(queue.Empty):
            while not stop.is_set():
                key = todo.get_nowait()
                hand_over((key, *attempt(find, key)))

    def hand_over(result: tuple[str, Found | BadRoom | None, str]) -> None:
        while not stop.is_set():
            with contextlib.suppress(queue.Full):
                ended.put(result, timeout=1.0)
                return

    for _ in range(min(threads_of(source), len(keys))):
        threading.Thread(target=work, daemon=True).start()
    left = len(keys)
    try:
        while left and not cancelled():
            with contextlib.suppress(queue.Empty):
                key, result, error = ended.get(timeout=0.2)
                left -= 1
                if result is None:
                    session.fail(key, error)
                elif isinstance(result, BadRoom):
                    session.keep(dropped(key, result))
                else:
                    session.found()
                    found.add(_found_line(key, result))
                on_found(len(keys) - left, len(keys))
    finally:
        stop.set()


class FoundOnes(Sequence["str | Found"]):
    """What has been found already, read when it is asked for."""

    def __init__(self, found: Journal, keys: Sequence[str]) -> None:
        self._found = found
        self._keys = keys

    def __len__(self) -> int:
        return len(self._keys)

    @overload
    def __getitem__(self, index: int) -> str | Found: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str | Found]: ...
    def __getitem__(self, index: int | slice) -> str | Found | Sequence[str | Found]:
        if isinstance(index, slice):
            return FoundOnes(self._found, self._keys[index])
        line = self._found[self._keys[index]]
        picture = None if line["picture"] is None else base64.b64decode(line["picture"])
        return Found(line["key"], scene_from_json(line["scene"]), line["room"], picture, line["answer"], line["kind"])


def _found_line(key: str, found: Found) -> dict[str, Any]:
    picture = None if found.picture is None else base64.b64encode(found.picture).decode("ascii")
    return {
        "key": key,
        "scene": scene_to_json(found.scene),
        "room": found.room,
        "picture": picture,
        "answer": found.answer,
        "kind": found.kind,
    }
