# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from metaspatial.backend.png import SIGNATURE, decode_png, encode_png

PICTURES = st.tuples(st.integers(1, 9), st.integers(1, 9)).flatmap(lambda size: arrays(np.uint8, (*size, 3)))


@given(PICTURES)
def test_what_is_written_is_read_again(pixels: np.ndarray) -> None:
    assert np.array_equal(decode_png(encode_png(pixels)), pixels)


@given(PICTURES, st.data())
def test_every_row_filter_of_the_format_is_understood(pixels: np.ndarray, data: st.DataObject) -> None:
    """Filters as the PNG specification (section 9) defines them, written here byte by byte."""
    height, width, _ = pixels.shape
    kinds = data.draw(st.lists(st.integers(0, 4), min_size=height, max_size=height))
    flat = pixels.reshape(height, width * 3).astype(int)
    rows = bytearray()
    for y, kind in enumerate(kinds):
        rows.append(kind)
        for x in range(width * 3):
            left = flat[y, x - 3] if x >= 3 else 0
            above = flat[y - 1, x] if y else 0
            corner = flat[y - 1, x - 3] if y and x >= 3 else 0
            guess = (0, left, above, (left + above) // 2, _paeth(left, above, corner))[kind]
            rows.append(int(flat[y, x] - guess) & 255)
    assert np.array_equal(decode_png(_file(width, height, 2, bytes(rows))), pixels)


def _paeth(a: int, b: int, c: int) -> int:
    return min((a, b, c), key=lambda value: abs(a + b - c - value))


@pytest.mark.parametrize(("colour", "channels"), [(0, 1), (4, 2), (6, 4)])
def test_grey_and_transparent_files_are_read_as_colours(colour: int, channels: int) -> None:
    pixel = bytes(range(10, 10 + channels))
    read = decode_png(_file(1, 1, colour, b"\0" + pixel))
    assert read.tolist() == [[[10, 10, 10] if channels < 3 else [10, 11, 12]]]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda file: b"GIF89a" + file, "not a PNG"),
        (lambda file: file[:20], "cut short"),
        (lambda file: file[: len(SIGNATURE) + 25], "cut short"),
        (lambda file: file.replace(file[41:50], bytes(9)), "damaged"),
    ],
)
def test_what_is_no_whole_file_is_refused(damage, said: str) -> None:  # type: ignore[no-untyped-def]
    file = encode_png(np.full((8, 8, 3), 77, np.uint8))
    with pytest.raises(ValueError, match=said):
        decode_png(damage(file))


def test_what_cannot_be_read_is_named() -> None:
    with pytest.raises(ValueError, match="only 8-bit"):
        decode_png(_file(1, 1, 3, b"\0\0"))
    with pytest.raises(ValueError, match="row filter 9"):
        decode_png(_file(1, 1, 2, b"\x09abc"))


def _file(width: int, height: int, colour: int, rows: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return SIGNATURE + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
