# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder that one process at a time writes into."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

FILE = ".lock"


class Held(RuntimeError):
    """Another process has the folder."""


@contextlib.contextmanager
def held(folder: Path, work: str) -> Iterator[None]:
    """The folder, made if need be, and kept from others who do such `work` until the end. Raises Held, OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / FILE).open("w") as lock:
        try:
            _take(lock)
        except OSError:
            raise Held(f"another {work} is writing into {folder}: wait for it, or give another --out") from None
        yield


def is_held(folder: Path) -> bool:
    """Whether some process has the folder."""
    try:
        lock = (folder / FILE).open("r+")
    except OSError:
        return False
    with lock:
        try:
            _take(lock)
        except OSError:
            return True
    return False


def _take(lock: IO[str]) -> None:
    """Have the file, until it is closed. Raises OSError where another process has it."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
