# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known about the running server, in a file that only its user can read, and the lock that says it lives.

The server process holds an exclusive lock for as long as it lives; the system releases it however the process ends.
So a state file left behind by a crash is never taken for a server, and its process id never for somebody else's.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sys
import time
from pathlib import Path
from typing import IO

FOLDER_VARIABLE = "METASPATIAL_STATE_DIR"


@dataclasses.dataclass(frozen=True)
class State:
    """Where the server listens (`url` ends in /v1), the token it wants, its process, model and backend."""

    url: str
    token: str = dataclasses.field(repr=False)
    pid: int
    model: str
    backend: str


def state_folder() -> Path:
    """The user's own folder for the server's state and log; made if need be, closed to others."""
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    folder = Path(os.environ.get(FOLDER_VARIABLE) or base / "metaspatial")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def log_file(folder: Path) -> Path:
    return folder / "serve.log"


def read_state(folder: Path) -> State | None:
    """The state of the server whose lock is held, or None: none yet, or not readable."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        return State(**json.loads(_state_file(folder).read_text(encoding="utf-8")))
    return None


def write_state(folder: Path, state: State) -> None:
    """Replace the state file in one step; from its first byte on it is readable by the user alone."""
    new = folder / f"serve.{os.getpid()}.new"
    new.unlink(missing_ok=True)
    with open_private(new) as file:
        json.dump(dataclasses.asdict(state), file)
    new.replace(_state_file(folder))


def remove_state(folder: Path) -> None:
    _state_file(folder).unlink(missing_ok=True)


def open_private(path: Path) -> IO[str]:
    """Open for writing, from empty, readable by the user alone."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with contextlib.suppress(OSError, AttributeError):  # one that was there keeps its mode otherwise
        os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8", errors="replace")


def take_lock(folder: Path, patience: float = 0.0) -> IO[str] | None:
    """The lock, held until the returned file is closed or the process ends; None where another process has it.

    Looking whether the lock is held takes it for an instant: have a little `patience` (seconds) when it matters.
    """
    deadline = time.monotonic() + patience
    while True:
        # Opened for appending: truncating a file that another process has locked fails on Windows.
        file = (folder / "serve.lock").open("a", encoding="utf-8")
        if _lock(file):
            return file
        file.close()
        if time.monotonic() > deadline:
            return None
        time.sleep(0.05)


def is_alive(folder: Path) -> bool:
    """Whether a server process holds the lock."""
    lock = take_lock(folder)
    if lock is None:
        return True
    lock.close()
    return False


def _state_file(folder: Path) -> Path:
    return folder / "serve.json"


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[str]) -> bool:
        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(file: IO[str]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
