# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers on disk, one JSON file each, by the hash of all that was asked: none is paid for twice."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .answer import MAX_ANSWER

_MAX_FILE = 8 * MAX_ANSWER  # escaped characters take six bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """A raw answer. `cut` where the model used up its tokens; `refused` is what was wrong with it, "" if nothing."""

    text: str
    cut: bool = False
    prompt_tokens: int = 0
    completion_tokens: int = 0
    room: str = ""
    model: str = ""
    refused: str = ""


def default_folder() -> Path:
    """`metaspatial/answers` in the user's cache folder."""
    from ...serve.state import state_folder

    return state_folder() / "answers"


def key_of(question: Any) -> str:
    """The hash of a JSON document, the same in every process."""
    text = json.dumps(question, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


class Answers:
    """Reads and writes answers; safe for many threads and processes on one folder.

    Files appear whole or not at all. What can't be read counts as absent; what can't be written raises OSError.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> Kept | None:
        try:
            with self._path(key).open("rb") as file:
                data = json.loads(file.read(_MAX_FILE))
            kept = Kept(**data)
        except (OSError, ValueError, TypeError, RecursionError):
            return None
        whole = isinstance(kept.text, str) and isinstance(kept.cut, bool)
        counted = all(isinstance(count, int) for count in (kept.prompt_tokens, kept.completion_tokens))
        return kept if whole and counted else None

    def keep(self, key: str, kept: Kept) -> None:
        path = self._path(key)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(".new", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                json.dump(asdict(kept), file, indent=1)
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"
