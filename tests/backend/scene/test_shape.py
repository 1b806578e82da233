# SPDX-License-Identifier: GPL-3.0-or-later
"""The default shapes: inside the box, as wide as the box, with the room beneath a table free."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend.scene import CATEGORIES, Furniture, Part
from metaspatial.backend.scene.shape import shape_of

sizes = st.tuples(*[st.floats(0.05, 4.0)] * 3)


@given(st.sampled_from(sorted(CATEGORIES)), sizes)
def test_the_parts_fill_the_box_from_side_to_side_and_never_leave_it(category, size):
    parts = shape_of(Furniture("a", category, size))
    for axis in range(3):
        low = min(part.center[axis] - part.size[axis] / 2 for part in parts)
        high = max(part.center[axis] + part.size[axis] / 2 for part in parts)
        assert low == pytest.approx(-size[axis] / 2, abs=1e-9)
        assert high == pytest.approx(size[axis] / 2, abs=1e-9)
    assert all(min(part.size) > 0 for part in parts)


def test_own_parts_win_over_the_defaults():
    own = (Part((0, 0, 0), (0.1, 0.1, 0.1)),)
    assert shape_of(Furniture("t", "dining_table", (1.4, 0.9, 0.75), parts=own)) == own


def test_a_table_is_open_below_its_top():
    parts = shape_of(Furniture("t", "dining_table", (1.4, 0.9, 0.75)))
    at_knees = [p for p in parts if abs(p.center[0]) < p.size[0] / 2 and p.center[2] - p.size[2] / 2 < 0.2]
    assert not at_knees


def test_a_chair_has_its_back_at_the_back():
    seat, back = shape_of(Furniture("c", "chair", (0.48, 0.54, 0.88)))
    assert seat.center[2] + seat.size[2] / 2 == pytest.approx(0.48 - 0.44)
    assert back.center[1] > 0.2
