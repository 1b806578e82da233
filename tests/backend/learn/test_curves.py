# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend.learn.curves import draw_curves, plot
from PIL import Image

pytestmark = pytest.mark.learn


def test_only_what_there_are_figures_for_is_drawn(tmp_path: Path) -> None:
    history = [{"step": k, "reward": 0.1 * k, "parts/format": None, "kl": float("nan")} for k in range(1, 9)]
    (made,) = draw_curves(history, tmp_path)
    assert made.name == "reward.png"
    with Image.open(made) as picture:
        assert picture.size == (800, 480)
        colours = {colour for _, colour in picture.getcolors(1 << 20) or []}
    assert (0, 0x72, 0xB2) in colours, "the first line is there"
    assert [path.name for path in tmp_path.iterdir()] == ["reward.png"]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=80))
def test_any_figures_can_be_drawn(values: list[float]) -> None:
    assert plot("any", {"line": [(float(k), value) for k, value in enumerate(values)]}).size == (800, 480)
