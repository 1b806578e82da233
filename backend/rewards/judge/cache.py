# SPDX-License-Identifier: GPL-3.0-or-later
"""Votes on disk, one JSON file each, by the hash of all that a vote depends on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .rubric import BadVote, Vote, marks_of

MAX_FILE = 65_536
"""Bytes of an entry that are read; a longer file is not one of ours."""
STALE = 3600.0
"""Seconds after which an unfinished file is taken for one of a process that died."""


def default_folder() -> Path:
    """`metaspatial/judge` in the user's cache folder."""
    from ...serve.state import state_folder

    return state_folder() / "judge"


def key_of(document: Any) -> str:
    """The hash of a JSON document, the same in every process."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


class VoteCache:
    """Reads and writes votes; safe for many threads and processes on one folder.

    Entries appear whole or not at all. What can't be read is treated as absent and written anew; what can't be written
    is left out: a cache never fails a judgement. The longest unused entries go once there are more than `max_entries`
    or `max_bytes`.
    """

    def __init__(self, folder: Path, max_entries: int = 100_000, max_bytes: int = 100_000_000) -> None:
        self.folder = folder
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._every = max(1, min(256, max_entries // 10))
        self._writes = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> Vote | None:
        path = self._path(key)
        try:
            with path.open("rb") as file:
                data = json.loads(file.read(MAX_FILE))
            if data["key"] != key:
                return None
            vote = Vote(marks_of(data["marks"]), str(data["remark"]))
        except (OSError, ValueError, KeyError, TypeError, RecursionError, BadVote):
            return None
        with contextlib.suppress(OSError):  # used now: the last to go
            os.utime(path)
        return vote

    def put(self, key: str, vote: Vote) -> None:
        path = self._path(key)
        entry: Mapping[str, Any] = {"key": key, "marks": dict(vote.marks), "remark": vote.remark}
        with contextlib.suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(".new", dir=path.parent)
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    json.dump(entry, file)
                os.replace(name, path)
            except OSError:
                with contextlib.suppress(OSError):
                    os.unlink(name)
                raise
        with self._lock:
            due = self._writes % self._every == 0
            self._writes += 1
        if due:
            self.prune()

    def prune(self) -> None:
        """Remove the longest unused entries, down to nine tenths of the bounds, if the bounds are passed."""
        entries: list[tuple[float, int, Path]] = []
        now = time.time()
        for path in self.folder.glob("??/*"):
            with contextlib.suppress(OSError):
                found = path.stat()
                if path.suffix == ".json":
                    entries.append((found.st_mtime, found.st_size, path))
                elif path.suffix == ".new" and now - found.st_mtime > STALE:
                    path.unlink()
        count, size = len(entries), sum(entry[1] for entry in entries)
        if count <= self._max_entries and size <= self._max_bytes:
            return
        for _, bytes_, path in sorted(entries, key=lambda entry: entry[:2]):
            if count <= self._max_entries * 0.9 and size <= self._max_bytes * 0.9:
                break
            with contextlib.suppress(OSError):
                path.unlink()
            count, size = count - 1, size - bytes_

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"
