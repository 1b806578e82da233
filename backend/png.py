# SPDX-License-Identifier: GPL-3.0-or-later
"""PNG files as arrays and back, by nothing but numpy."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}


def encode_png(pixels: Pixels) -> bytes:
    """A PNG of an (height, width, 3) array of 8-bit sRGB."""
    height, width, _ = pixels.shape
    rows = np.zeros((height, 1 + width * 3), np.uint8)
    flat = pixels.reshape(height, width * 3)
    rows[:, 0] = 2  # each row as its difference to the one above: smaller files for free
    rows[0, 1:] = flat[0]
    rows[1:, 1:] = flat[1:] - flat[:-1]
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(rows.tobytes(), 4)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def decode_png(data: bytes) -> Pixels:
    """The (height, width, 3) pixels of an 8-bit PNG without interlacing. Raises ValueError for anything else."""
    if not data.startswith(SIGNATURE):
        raise ValueError("not a PNG file")
    header, packed = b"", []
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            header = body
        elif kind == b"IDAT":
            packed.append(body)
        at += 12 + length
    if len(header) != 13 or not packed:
        raise ValueError("the PNG file is cut short")
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if depth != 8 or interlaced or colour not in _CHANNELS:
        raise ValueError("only 8-bit grey or RGB PNG files without interlacing can be read")
    try:
        raw = zlib.decompress(b"".join(packed))
    except zlib.error as error:
        raise ValueError(f"the PNG file is damaged: {error}") from None
    channels = _CHANNELS[colour]
    if len(raw) != height * (1 + width * channels):
        raise ValueError("the PNG file is cut short")
    rows = np.frombuffer(raw, np.uint8).reshape(height, 1 + width * channels)
    pixels = _unfilter(rows, channels).reshape(height, width, channels)
    return np.repeat(pixels[..., :1], 3, -1) if channels < 3 else np.ascontiguousarray(pixels[..., :3])


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _unfilter(rows: Pixels, channels: int) -> Pixels:
    """Undoes PNG's row filters: none, left, up, average, Paeth."""
    result = np.zeros((rows.shape[0], rows.shape[1] - 1), np.uint8)
    above = np.zeros(rows.shape[1] - 1, np.uint8)
    for y, row in enumerate(rows):
        kind, line = int(row[0]), row[1:]
        if kind == 0:
            result[y] = line
        elif kind == 1:
            result[y] = np.cumsum(line.reshape(-1, channels), axis=0, dtype=np.uint8).ravel()
        elif kind == 2:
            result[y] = line + above
        elif kind in (3, 4):
            result[y] = _unfilter_slow(kind, line.tolist(), above.tolist(), channels)
        else:
            raise ValueError(f"the PNG file is damaged: row filter {kind}")
        above = result[y]
    return result


def _unfilter_slow(kind: int, line: list[int], above: list[int], channels: int) -> list[int]:
    for i, value in enumerate(line):
        a = line[i - channels] if i >= channels else 0
        b = above[i]
        if kind == 3:
            line[i] = (value + (a + b) // 2) & 255
            continue
        c = above[i - channels] if i >= channels else 0
        p = a + b - c
        da, db, dc = abs(p - a), abs(p - b), abs(p - c)
        line[i] = (value + (a if da <= db and da <= dc else b if db <= dc else c)) & 255
    return line
