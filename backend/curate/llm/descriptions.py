# SPDX-License-Identifier: GPL-3.0-or-later
"""Rooms described in a sentence, with their sizes: the published ones, less those that can't be rooms."""

from __future__ import annotations

import hashlib
import json
import lzma
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SIDES = (1.5, 25.0)
"""Shortest and longest side of a floor, metres."""
HEIGHTS = (2.0, 8.0)
"""Lowest and highest room, metres."""
AREAS = (4.0, 150.0)
"""Smallest floor that has space for a door and three pieces, and largest that 25 pieces furnish, m²."""
LENGTHS = (20, 600)
"""Fewest and most characters of a description."""
MAX_FILE = 50_000_000
MAX_RECORDS = 200_000

_SHIPPED = Path(__file__).parent / "room_descriptions.jsonl.xz"
_OUTDOORS = frozenset(
    [
        "garden",
        "patio",
        "balcony",
        "terrace",
        "porch",
        "veranda",
        "courtyard",
        "market",
        "marketplace",
        "stall",
        "treehouse",
    ]
)
_HEAD_ENDS = re.compile(
    r",|\b(?:with|where|filled|featuring|overlooking|adorned|surrounded|lined|for|in|on|under|tucked|that|of|leading|"
    r"perfect|complete|and|at|from|by|opening|boasting)\b"
)


@dataclass(frozen=True, slots=True)
class Description:
    """A room in words. `size` is length x, width y and height, metres; `key` its place in the collection and a hash."""

    key: str
    text: str
    size: tuple[float, float, float]

    @property
    def room(self) -> str:
        """The same for the same words, whatever their case and punctuation."""
        return f"description {_digest(self.text)[:16]}"


@dataclass(frozen=True, slots=True)
class Descriptions:
    """Those that can be used, and how many can't, by reason."""

    kept: tuple[Description, ...]
    dropped: Mapping[str, int]


def descriptions() -> tuple[Description, ...]:
    """The published descriptions (MetaSpatial's, Apache-2.0) that can be rooms, in their order."""
    return shipped().kept


@cache
def shipped() -> Descriptions:
    """The published descriptions, and what was left out of them."""
    with lzma.open(_SHIPPED, "rt", encoding="utf-8") as file:
        return clean([json.loads(line) for line in file])


def read_descriptions(path: Path) -> Descriptions:
    """Descriptions of one's own: a JSON list, or a record a line, of {"description", "size": {"x", "y", "z"}}.

    Raises OSError, and ValueError for what is no such file.
    """
    raw = path.read_bytes()[: MAX_FILE + 1]
    if len(raw) > MAX_FILE:
        raise ValueError(f"{path} has more than {MAX_FILE // 1_000_000} MB; split it")
    try:
        text = raw.decode("utf-8-sig")
        records = json.loads(text) if text.lstrip()[:1] == "[" else [_line(line) for line in text.splitlines() if line]
    except (ValueError, RecursionError):
        raise ValueError(f'{path} is no list of {{"description": …, "size": {{"x", "y", "z"}}}} in JSON') from None
    if len(records) > MAX_RECORDS:
        raise ValueError(f"{path} has more than {MAX_RECORDS:,} records; split it")
    return clean(records)


def clean(records: Iterable[object]) -> Descriptions:
    """The records that can be rooms, and the number of the others by the first reason against each. Never raises."""
    kept: list[Description] = []
    dropped: dict[str, int] = {}
    said: set[str] = set()
    for number, record in enumerate(records):
        reason = _fault(record)
        if not reason and isinstance(record, Mapping):
            size = record["size"]
            text = " ".join(record["description"].split())
            key = f"description_{number:05d}_{_digest(text)[:8]}"
            one = Description(key, text, (float(size["x"]), float(size["y"]), float(size["z"])))
            if one.room not in said:
                said.add(one.room)
                kept.append(one)
                continue
            reason = "said before, in the same words"
        dropped[reason] = dropped.get(reason, 0) + 1
    return Descriptions(tuple(kept), dropped)


def _fault(record: object) -> str:
    """Why a record can't be used, or ""."""
    if not isinstance(record, Mapping) or "description" not in record or not isinstance(record.get("size"), Mapping):
        return "no description with a size"
    text = record["description"]
    if not isinstance(text, str) or not LENGTHS[0] <= len(text) <= LENGTHS[1] or not _is_text(text):
        return f"a description that is no text of {LENGTHS[0]} to {LENGTHS[1]} characters"
    return _size_fault([record["size"].get(axis) for axis in "xyz"]) or ("out of doors" if _outdoors(text) else "")


def _size_fault(sides: Sequence[Any]) -> str:
    if any(isinstance(side, bool) or not isinstance(side, int | float) for side in sides):
        return "a size that is no number"
    if not all(abs(side) < 1e12 and math.isfinite(side) for side in sides):
        return "a size that is no number"
    if any(side <= 0 for side in sides):
        return "a size of zero or less"
    x, y, height = sides
    if max(sides) >= 100 or min(sides) < 0.1:
        return "sizes that can't be metres"
    if min(x, y) < SIDES[0]:
        return f"narrower than {SIDES[0]:g} m"
    if height < HEIGHTS[0]:
        return f"lower than {HEIGHTS[0]:g} m"
    if x * y < AREAS[0]:
        return f"under {AREAS[0]:g} m²"
    if max(x, y) > SIDES[1] or x * y > AREAS[1]:
        return f"over {AREAS[1]:g} m² or {SIDES[1]:g} m long"
    return f"higher than {HEIGHTS[1]:g} m" if height > HEIGHTS[1] else ""


def _outdoors(text: str) -> bool:
    """Whether what is described, the last word before its first "with" or comma, has no walls of its own."""
    words = _plain(_HEAD_ENDS.split(text, 1)[0]).split()
    return bool(words) and words[-1] in _OUTDOORS


def _is_text(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text) and any(char.isalpha() for char in text)


def _digest(text: str) -> str:
    return hashlib.sha256(_plain(text).encode()).hexdigest()


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _line(line: str) -> object:
    """One record; a line that is broken is a bad record, not a bad file."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
