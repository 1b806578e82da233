# SPDX-License-Identifier: GPL-3.0-or-later
"""Where rooms come from: seeds, descriptions, datasets, .blend files. Whatever is a `Source` can be curated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ..scene import Scene


class BadRoom(ValueError):
    """A record that can't be used. The message is the reason, in words for people; equal reasons are counted together
    up to the first colon, so put what is particular to one record after it ("a piece has no place: bed_1 …")."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a source has under a key.

    `room` tells rooms apart for the split: what a source knows to be the same room has the same `room`, and goes into
    the same split (as does, whatever `room` says, what turns out to be the same room turned, mirrored or renamed).
    `picture` is a PNG of the room that the source brings along, `answer` an answer text of its own to learn from.
    `kind` is the type of room where the source knows it: "bedroom".
    """

    key: str
    scene: Scene
    room: str
    picture: bytes | None = None
    answer: str | None = None
    kind: str = ""


@runtime_checkable
class Source(Protocol):
    """A collection of rooms, each under a key. It can be pickled: workers get it once.

    A source that waits for others, such as a server, may have an attribute `threads` (int): so many rooms are sought at
    once, `find` being called from that many threads of the process that curates, however many workers make something of
    them. One that costs something may have a method `summary()` that tells what this process has spent, in a line, or
    "". One whose pictures and answers are of real objects, such as a user's own, may have `authentic` = True: they are
    taken as they are. Otherwise a picture is rendered where there is a renderer, and an answer with physical faults is
    not taught. One whose rooms may crash the process that opens them may have `perilous` = True: they are made in a
    process apart, which another one replaces then.
    """

    @property
    def name(self) -> str:
        """Short: "generated"."""
        ...

    @property
    def licence(self) -> str:
        """The licence of what is made from it, as an SPDX identifier where there is one."""
        ...

    @property
    def citation(self) -> str:
        """What to cite, or the empty string."""
        ...

    def keys(self) -> Sequence[str]:
        """All keys there are, each once, in a stable order. Cheap."""
        ...

    def find(self, key: str) -> Found:
        """The room under a key, the same every time. Raises BadRoom where it can't be used; that room is dropped.

        After any other error (a server that is gone, a file that can't be read) the room is not dropped: the same
        command asks for it again another time. Where that happens to many in a row, the work ends at once.
        """
        ...


def summary_of(source: Source) -> str:
    """What finding rooms has cost in this process, in a line; "" where there is nothing to tell."""
    tell = getattr(source, "summary", None)
    return str(tell()) if callable(tell) else ""


def threads_of(source: Source) -> int:
    """How many rooms are to be sought at once in this process; 0 where each is sought where it is made."""
    return max(0, int(getattr(source, "threads", 0)))
