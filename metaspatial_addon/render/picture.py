# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures without Blender's image data-blocks: its BMP files as arrays, and PNG files put side by side."""

from __future__ import annotations

import struct

import numpy as np

from ...backend.png import Pixels, decode_png, encode_png


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
