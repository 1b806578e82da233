# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of layouts for a page: embedded while the page stays small enough to send, else linked to where they lie."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from ..markup import Markup, escaped
from ..record import Record
from .page import Section

PAGE_BYTES = 24_000_000
"""Bytes up to which a page embeds pictures."""
_KINDS = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
)
_PLACE = re.compile("\x01(\\d+)\x01")  # no text on a page has this character: `escaped` takes it out


class _Picture(NamedTuple):
    file: Path
    kind: str
    place: int
    """First, second … of its record."""


class Pictures:
    """The pictures of a page: those of the records in each given folder, which their names are relative to.

    Only PNG, JPEG and WebP files in it or below count: a name that leads elsewhere, or to anything else, is no picture.
    While sections are made, pictures have places in them; `settled` fills these when it is known how much room is left.
    """

    def __init__(self, page_folder: Path, *sources: tuple[Path, Sequence[Record]]) -> None:
        self.linked = False
        self._page_folder = page_folder.resolve()
        # By identity, as records of different folders may be equal; they are kept, so that no other takes an identity.
        self._folders = {id(record): (folder.resolve(), record) for folder, records in sources for record in records}
        self._found: list[_Picture] = []

    def of(self, record: Record) -> list[Markup]:
        """The record's pictures as `<img>` with places; none for a record that is not of these folders."""
        if id(record) not in self._folders:
            return []
        folder, _ = self._folders[id(record)]
        alt = escaped(f"{record.scene_name} arranged by {record.policy}")
        images = []
        for place, name in enumerate(record.pictures):
            found = _picture(folder, name, place)
            if found is not None:
                images.append(Markup(f'<img src="\x01{len(self._found)}\x01" alt="{alt}" loading="lazy">'))
                self._found.append(found)
        return images

    def settled(self, sections: Sequence[Section | None], limit: int) -> list[Section | None]:
        """The sections with pictures embedded while all stay below `limit` bytes, the others linked to.

        Every record's first picture is embedded before anyone's second.
        """
        left = limit - sum(len(one.body.encode()) for one in sections if one is not None)
        sources: dict[int, str] = {}
        for number, one in sorted(enumerate(self._found), key=lambda item: item[1].place):
            size = one.file.stat().st_size * 4 // 3 + 30
            if size <= left:
                left -= size
                sources[number] = f"data:{one.kind};base64,{base64.b64encode(one.file.read_bytes()).decode()}"
            else:
                self.linked = True
                sources[number] = quote(Path(os.path.relpath(one.file, self._page_folder)).as_posix())

        def fill(one: Section) -> Section:
            return one._replace(body=Markup(_PLACE.sub(lambda match: sources[int(match[1])], one.body)))

        return [None if one is None else fill(one) for one in sections]


def _picture(folder: Path, name: str, place: int) -> _Picture | None:
    try:
        file = (folder / name).resolve()
        if not file.is_relative_to(folder) or not file.is_file():
            return None
        with file.open("rb") as opened:
            start = opened.read(16)
    except (OSError, ValueError):
        return None
    return next((_Picture(file, kind, place) for pattern, kind in _KINDS if pattern.match(start)), None)
