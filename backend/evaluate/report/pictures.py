# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of layouts for a page: embedded while there is room, else linked to where they lie."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from ..markup import Markup, tag
from ..record import Record

EMBED_BYTES = 12_000_000
"""Bytes of pictures that a page embeds (they take four thirds of that); with plans and texts it stays below 25 MB."""
_LARGEST = 2_000_000
_KINDS = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
)


class Pictures:
    """Which pictures of the records are there, and which of them fit into the page.

    Only PNG, JPEG and WebP files below `folder` count: a name that leads elsewhere, or to anything else, is no picture.
    Every record's first picture is embedded before anyone's second.
    """

    def __init__(self, page_folder: Path, folder: Path, records: Sequence[Record], limit: int) -> None:
        self.linked = 0
        self._page_folder = page_folder
        self._folder = folder.resolve()
        self._records = {id(record): record for record in records}  # another folder's may have the same names
        self._found: dict[str, tuple[Path, str, bool]] = {}
        used = 0
        for place in range(max((len(record.pictures) for record in records), default=0)):
            for record in records:
                name = record.pictures[place] if place < len(record.pictures) else ""
                found = self._picture(name) if name and name not in self._found else None
                if found is None:
                    continue
                file, kind = found
                size = file.stat().st_size
                embedded = size <= _LARGEST and used + size <= limit
                used += size if embedded else 0
                self.linked += not embedded
                self._found[name] = (file, kind, embedded)

    def of(self, record: Record) -> list[Markup]:
        """The record's pictures as `<img>`; none for a record that is not among those given at the start."""
        if id(record) not in self._records:
            return []
        return [self._image(name, record) for name in record.pictures if name in self._found]

    def _image(self, name: str, record: Record) -> Markup:
        file, kind, embedded = self._found[name]
        if embedded:
            source = f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"
        else:
            source = quote(Path(os.path.relpath(file, self._page_folder.resolve())).as_posix())
        return tag("img", src=source, alt=f"{record.scene_name} arranged by {record.policy}", loading="lazy")

    def _picture(self, name: str) -> tuple[Path, str] | None:
        try:
            file = (self._folder / name).resolve()
            if not file.is_relative_to(self._folder) or not file.is_file():
                return None
            with file.open("rb") as opened:
                start = opened.read(16)
        except (OSError, ValueError):
            return None
        return next(((file, kind) for pattern, kind in _KINDS if pattern.match(start)), None)
