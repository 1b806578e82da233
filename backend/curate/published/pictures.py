# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of a published dataset: bytes, base64 or paths within the dataset's folder, checked, as PNG."""

from __future__ import annotations

import base64
import binascii
import io
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...png import SIGNATURE, decode_png
from ..source import BadRoom

MAX_PICTURE = 32_000_000
"""Bytes of a picture."""
MAX_SIDE = 4096
"""Pixels of a picture's side."""
_LONGEST_PATH = 500


def picture_of(images: Any, folder: Path) -> bytes | None:
    """The first image as a PNG; None where there is none. Raises BadRoom.

    An image is a PNG or another picture as bytes, as base64 text, or as a path within `folder`; bytes and path may be
    in an object, as tables of Hugging Face's `datasets` have them.
    """
    if isinstance(images, list | tuple):
        images = images[0] if images else None
    if images is None:
        return None
    raw = images.get("bytes") if isinstance(images, Mapping) else images
    if raw is None and isinstance(images, Mapping):
        raw = images.get("path")
    if isinstance(raw, str):
        raw = _from_text(raw, folder)
    if not isinstance(raw, bytes):
        raise BadRoom(f"the picture is none: {type(raw).__name__}")
    if len(raw) > MAX_PICTURE:
        raise BadRoom(f"the picture is too large: {len(raw)} bytes")
    return raw if _is_plain(raw) else _as_png(raw)


def _from_text(text: str, folder: Path) -> bytes:
    """The bytes of base64 text, or of the file in the dataset's folder that a path names."""
    if len(text) <= _LONGEST_PATH:
        try:
            file = (folder / text).resolve()
            if file.is_relative_to(folder.resolve()) and file.is_file():
                with file.open("rb") as opened:
                    return opened.read(MAX_PICTURE + 1)
        except (OSError, ValueError):  # no path at all: too long, or with characters that none has
            pass
        if Path(text).suffix:
            raise BadRoom(f"the picture's file is not in the dataset's folder: {text}")
    if len(text) > 2 * MAX_PICTURE:
        raise BadRoom(f"the picture is too large: {len(text)} characters")
    try:
        return base64.b64decode(text.partition("base64,")[2] or text, validate=True)
    except (binascii.Error, ValueError):
        raise BadRoom("the picture's text is neither a path nor base64") from None


def _is_plain(raw: bytes) -> bool:
    """Whether it is a PNG of the usual kind, whole, and no larger than it says."""
    if not raw.startswith(SIGNATURE) or raw[12:16] != b"IHDR":
        return False
    width, height = int.from_bytes(raw[16:20], "big"), int.from_bytes(raw[20:24], "big")
    if not 0 < min(width, height) <= max(width, height) <= MAX_SIDE:
        raise BadRoom(f"the picture is too large: {width} x {height} pixels")
    if not _unpacks_within(raw, height * (1 + 4 * width)):
        return False
    try:
        decode_png(raw)
    except ValueError:
        return False
    return True


def _unpacks_within(png: bytes, most: int) -> bool:
    """Whether the pixels of a PNG are at most so many bytes, found without unpacking more."""
    unpacker, at, size = zlib.decompressobj(), len(SIGNATURE), 0
    try:
        while at + 12 <= len(png):
            length, kind = int.from_bytes(png[at : at + 4], "big"), png[at + 4 : at + 8]
            if kind == b"IDAT":
                size += len(unpacker.decompress(png[at + 8 : at + 8 + length], most + 1 - size))
                if size > most:
                    return False
            at += 12 + length
    except zlib.error:
        return False
    return True


def _as_png(raw: bytes) -> bytes:
    """Another kind of picture as a PNG, where Pillow is there."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise BadRoom("the picture is no PNG that can be read, and without Pillow nothing else can") from None
    try:
        with Image.open(io.BytesIO(raw)) as picture:
            if max(picture.size) > MAX_SIDE:
                raise BadRoom(f"the picture is too large: {picture.size[0]} x {picture.size[1]} pixels")
            made = io.BytesIO()
            picture.convert("RGB").save(made, "PNG")
            return made.getvalue()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        if isinstance(error, BadRoom):
            raise
        raise BadRoom("the picture can't be read") from error
