# SPDX-License-Identifier: GPL-3.0-or-later
import io

import numpy as np
import pytest

pytest.importorskip("bpy")
Image = pytest.importorskip("PIL.Image")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from metaspatial.metaspatial_addon.render.picture import (  # noqa: E402
    decode_bmp,
    decode_png,
    encode_png,
    side_by_side,
)


def noise(height, width, seed=0):
    smooth = np.linspace(0, 255, width)[None, :, None] * np.ones((height, 1, 3))
    grain = np.random.default_rng(seed).integers(0, 9, (height, width, 3))
    return np.clip(smooth + grain, 0, 255).astype(np.uint8)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 100))
@settings(deadline=None, max_examples=30)
def test_png_out_and_in(height, width, seed):
    pixels = noise(height, width, seed)
    data = encode_png(pixels)
    assert np.array_equal(decode_png(data), pixels)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), pixels)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA"])
def test_reads_pngs_of_others(mode):
    picture = Image.fromarray(noise(33, 47)).convert(mode)
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    assert np.array_equal(decode_png(file.getvalue()), np.asarray(picture.convert("RGB")))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_reads_bmp(mode):
    picture = Image.fromarray(noise(10, 13)).convert(mode)
    file = io.BytesIO()
    picture.save(file, "BMP")
    assert np.array_equal(decode_bmp(file.getvalue()), np.asarray(picture.convert("RGB")))


@given(st.binary(max_size=200), st.integers(0, 200))
@settings(deadline=None, max_examples=100)
def test_broken_files_are_value_errors(junk, cut):
    good = encode_png(noise(5, 7))
    for data in (junk, good[: min(cut, len(good) - 20)], good[:40] + junk):
        with pytest.raises(ValueError, match=r"PNG"):
            decode_png(data)


def test_side_by_side():
    left, right = noise(6, 4), noise(6, 9, 1)
    both = decode_png(side_by_side(encode_png(left), encode_png(right), gap=2))
    assert both.shape == (6, 15, 3)
    assert np.array_equal(both[:, :4], left)
    assert (both[:, 4:6] == 255).all()
    assert np.array_equal(both[:, 6:], right)
    with pytest.raises(ValueError, match="heights"):
        side_by_side(encode_png(left), encode_png(noise(7, 4)))
