# SPDX-License-Identifier: GPL-3.0-or-later
"""Cutting polygons: nothing gets lost, nothing is twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend.scene import Pose
from metaspatial.backend.scene.geometry import footprint, signed_distance
from metaspatial.metaspatial_addon.overlay.polygons import area, difference, intersection, triangulated
from metaspatial.tests.strategies import floors, metres

boxes = st.builds(
    lambda length, width, x, y, turn: tuple(map(tuple, footprint((length, width), Pose(x, y, 0.0, turn)).tolist())),
    metres(0.2, 4),
    metres(0.2, 4),
    metres(-1, 9),
    metres(-1, 9),
    st.integers(0, 359),
)


@given(floors())
def test_the_triangles_of_a_room_are_the_room(floor):
    assert sum(map(area, triangulated(floor))) == pytest.approx(area(floor))


@given(boxes, floors())
def test_what_is_in_and_what_is_out_make_up_the_whole(box, floor):
    inside = [shared for triangle in triangulated(floor) if (shared := intersection(box, triangle))]
    outside = difference(box, floor)
    assert sum(map(area, [*inside, *outside])) == pytest.approx(area(box), abs=1e-4)
    for piece in outside:
        middle = tuple(sum(values) / len(piece) for values in zip(*piece, strict=True))
        assert signed_distance(floor, middle) < 1e-3


@given(boxes, boxes)
def test_sharing_is_mutual(a, b):
    assert area(intersection(a, b)) == pytest.approx(area(intersection(b, a)), abs=1e-5)


def test_polygons_side_by_side_share_nothing():
    unit = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    beside = tuple((x + 1.0, y) for x, y in unit)
    assert intersection(unit, beside) == ()
    assert difference(unit, beside) == [unit]
    assert difference(unit, unit) == []
