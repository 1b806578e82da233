# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder that one process at a time writes into."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

FILE = ".lock"


class Held(RuntimeError):
    """Another process has the folder."""


@contextlib.contextmanager
def held(folder: Path, work: str) -> Iterator[None]:
    """The folder, made if need be, and kept from others who do such `work` until the end. Raises Held, OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / FILE).open("w") as lock:
        try:
            import fcntl
        except ImportError:  # Windows: two at once into one folder are the user's own lookout
            yield
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Held(f"another {work} is writing into {folder}: wait for it, or give another --out") from None
        yield


def is_held(folder: Path) -> bool:
    """Whether some process has the folder; on Windows, nobody can know."""
    try:
        import fcntl

        with (folder / FILE).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (ImportError, OSError):
        return False
    return False
