# SPDX-License-Identifier: GPL-3.0-or-later
"""PNG files as arrays and back, without Blender's image data-blocks, and pictures put side by side."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
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
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def decode_png(data: bytes) -> Pixels:
    """The (height, width, 3) pixels of an 8-bit PNG without interlacing. Raises ValueError for anything else."""
    if not data.startswith(_SIGNATURE):
        raise ValueError("not a PNG file")
    header, packed = b"", []
    at = len(_SIGNATURE)
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


def decode_bmp(data: bytes) -> Pixels:
    """The (height, width, 3) pixels of an uncompressed 24- or 32-bit BMP, as Blender writes them."""
    if data[:2] != b"BM" or len(data) < 54:
        raise ValueError("not a BMP file")
    start, _, width, height, _, bits = struct.unpack("<IIiiHH", data[10:30])
    if bits not in (24, 32):
        raise ValueError(f"BMP of {bits} bits per pixel cannot be read")
    stride = (width * bits // 8 + 3) // 4 * 4
    if len(data) < start + stride * abs(height):
        raise ValueError("the BMP file is cut short")
    rows = np.frombuffer(data, np.uint8, stride * abs(height), start).reshape(abs(height), stride)
    pixels = rows[:, : width * bits // 8].reshape(abs(height), width, bits // 8)[..., 2::-1]
    return np.ascontiguousarray(pixels[::-1] if height > 0 else pixels)


def side_by_side(*pictures: bytes, gap: int = 8) -> bytes:
    """PNG pictures of one height from left to right, `gap` white pixels between them. ValueError if heights differ."""
    arrays = [decode_png(picture) for picture in pictures]
    if len({array.shape[0] for array in arrays}) != 1:
        raise ValueError("pictures of different heights cannot be put side by side")
    spacer = np.full((arrays[0].shape[0], gap, 3), 255, np.uint8)
    row = [part for array in arrays for part in (spacer, array)][1:]
    return encode_png(np.concatenate(row, axis=1))


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
