# SPDX-License-Identifier: GPL-3.0-or-later
"""A file that keeps results as they come, a line of JSON each, and survives being cut off in the middle of one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any


class Journal:
    """Lines under keys, in a file that only grows. What is in it when it is opened is there again; a last line that was
    cut off is not. Only keys and places are held in memory. A context manager."""

    def __init__(self, path: Path) -> None:
        """Open or make the file; from a line on that is none, what it had is forgotten. Raises OSError."""
        self.path = path
        self._places: dict[str, int] = {}
        self._file = path.open("a+b")
        end = 0
        self._file.seek(0)
        for line in self._file:
            try:
                key = json.loads(line)["key"]
            except (ValueError, KeyError, TypeError):
                break
            if not line.endswith(b"\n"):
                break
            self._places[key] = end
            end += len(line)
        self._file.truncate(end)
        self._end = end

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __getitem__(self, key: str) -> dict[str, Any]:
        self._file.seek(self._places[key])
        return json.loads(self._file.readline())

    def add(self, line: dict[str, Any]) -> None:
        """Append a line, which has a "key"; it is in the file when this returns, whatever happens to this process."""
        text = json.dumps(line, separators=(",", ":")).encode("ascii") + b"\n"  # whatever is in a text
        self._file.seek(0, 2)
        self._file.write(text)
        self._file.flush()
        self._places[line["key"]] = self._end
        self._end += len(text)

    def remove(self) -> None:
        """Close the file and delete it."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
