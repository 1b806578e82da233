# SPDX-License-Identifier: GPL-3.0-or-later
"""Floor outlines from triangles, however a room is modelled."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend.scene.geometry import is_simple, polygon_area, signed_distance
from metaspatial.metaspatial_addon.capture.outline import (
    OutlineError,
    dominant_angle,
    floor_outline,
    square_up,
)

FACES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))


def box(low, high):
    """The twelve triangles of a box, normals outward."""
    low, high = np.array(low, float), np.array(high, float)
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]) * (high - low) + low
    return np.array([corners[list(t)] for a, b, c, d in FACES for t in ((a, b, c), (a, c, d))])


def slabs(*rectangles):
    return np.concatenate([box((x0, y0, -0.1), (x1, y1, 0.0)) for x0, y0, x1, y1 in rectangles])


WALLS = np.concatenate(
    [
        box((-0.2, -0.2, 0), (5.2, 0, 2.6)),
        box((-0.2, 4, 0), (5.2, 4.2, 2.6)),
        box((-0.2, 0, 0), (0, 4, 2.6)),
        box((5, 0, 0), (5.2, 4, 2.6)),
    ]
)
SLAB = slabs((-0.2, -0.2, 5.2, 4.2))
ROOM = box((0, 0, 0), (5, 4, 2.6))
SHELL = np.concatenate([box((-0.2, -0.2, -0.2), (5.2, 4.2, 2.8)), ROOM[:, ::-1]])
WITH_DOORWAY = np.concatenate(
    [
        box((-0.2, -0.2, 0), (1, 0, 2.6)),
        box((2, -0.2, 0), (5.2, 0, 2.6)),
        box((1, -0.2, 2.05), (2, 0, 2.6)),
        WALLS[12:],
    ]
)


def corners(outline):
    return {(round(float(x), 3) + 0.0, round(float(y), 3) + 0.0) for x, y in outline.polygon}


@pytest.mark.parametrize(
    "triangles",
    [
        pytest.param(ROOM, id="box, normals outward"),
        pytest.param(ROOM[:, ::-1], id="box, normals inward"),
        pytest.param(SHELL, id="shell with thickness"),
        pytest.param(SHELL[:, ::-1], id="shell, normals flipped"),
        pytest.param(np.concatenate([SLAB, WALLS]), id="walls on a wider slab"),
        pytest.param(np.concatenate([SLAB, WITH_DOORWAY]), id="walls with a doorway on a slab"),
        pytest.param(WALLS, id="walls only"),
        pytest.param(WITH_DOORWAY, id="walls with a doorway only"),
        pytest.param(np.concatenate([ROOM[[0, 1]], ROOM]), id="a floor twice"),
    ],
)
def test_the_inner_floor_is_found_however_the_room_is_modelled(triangles):
    outline = floor_outline(triangles)
    assert corners(outline) == {(0, 0), (5, 0), (5, 4), (0, 4)}
    assert outline.floor == pytest.approx(0.0)
    assert outline.height == pytest.approx(2.6)
    assert outline.others == 0


def test_a_flat_floor_tells_no_height():
    assert floor_outline(slabs((0, 0, 3, 3))[:, :, :] * [1, 1, 0]).height is None


def test_a_low_skirting_is_no_ceiling():
    triangles = np.concatenate([slabs((0, 0, 3, 3)), box((0, 0, 0), (3, 0.02, 0.1))])
    assert floor_outline(triangles).height is None


def test_a_concave_floor_of_overlapping_objects_becomes_one_polygon():
    outline = floor_outline(slabs((0, 0, 6, 2), (0, 1, 3, 5)))
    assert corners(outline) == {(0, 0), (6, 0), (6, 2), (3, 2), (3, 5), (0, 5)}


def test_a_u_shaped_floor_keeps_its_notch():
    outline = floor_outline(slabs((0, 0, 6, 2), (0, 2, 2, 5), (4, 2, 6, 5)))
    assert len(outline.polygon) == 8
    assert polygon_area(outline.polygon) == pytest.approx(24)


def test_boards_with_joints_are_one_floor():
    boards = slabs(*[(i * 0.2, 0, i * 0.2 + 0.195, 4) for i in range(20)])
    outline = floor_outline(boards)
    assert corners(outline) == {(0, 0), (3.995, 0), (3.995, 4), (0, 4)}


def test_a_finely_divided_floor_has_no_extra_corners():
    steps = np.linspace(0, 4, 33)
    cells = [(a, b, c, d) for a, c in pairwise(steps) for b, d in pairwise(steps)]
    triangles = [
        t for a, b, c, d in cells for t in (((a, b, 0), (c, b, 0), (c, d, 0)), ((a, b, 0), (c, d, 0), (a, d, 0)))
    ]
    assert corners(floor_outline(np.array(triangles, float))) == {(0, 0), (4, 0), (4, 4), (0, 4)}


def test_vertices_half_a_millimetre_apart_are_one():
    left, right = slabs((0, 0, 2, 3)), slabs((2.0005, 0.0003, 4, 3))
    outline = floor_outline(np.concatenate([left, right]))
    assert len(square_up(outline.polygon)) == 4


def test_of_two_rooms_the_furnished_one_is_taken():
    divider = np.concatenate(
        [
            box((2.9, 0, 0), (3, 1.5, 2.6)),
            box((2.9, 2.5, 0), (3, 4, 2.6)),
            box((2.9, 1.5, 2.05), (3, 2.5, 2.6)),
        ]
    )
    flat = np.concatenate([SLAB, WALLS, divider])
    outline = floor_outline(flat, np.array([[4.0, 2.0], [4.0, 1.0]]))
    assert corners(outline) == {(3, 0), (5, 0), (5, 4), (3, 4)}
    assert outline.others == 1


def test_a_ceiling_beam_does_not_halve_a_room_with_furniture_on_both_sides():
    beam = box((2.4, 0, 2.3), (2.6, 4, 2.6))
    outline = floor_outline(np.concatenate([SLAB, WALLS, beam]), np.array([[1.0, 2.0], [4.0, 2.0]]))
    assert corners(outline) == {(0, 0), (5, 0), (5, 4), (0, 4)}


def test_a_column_is_counted_as_a_hole():
    column = box((2, 2, 0), (2.3, 2.3, 2.6))
    outline = floor_outline(np.concatenate([SLAB, WALLS, column]))
    assert corners(outline) == {(0, 0), (5, 0), (5, 4), (0, 4)}
    assert outline.holes == 1


def test_other_walls_bound_a_floor_that_runs_below_them():
    outline = floor_outline(SLAB, None, WALLS)
    assert corners(outline) == {(0, 0), (5, 0), (5, 4), (0, 4)}
    assert outline.height == pytest.approx(2.6)


@pytest.mark.parametrize(
    "triangles",
    [np.zeros((0, 3, 3)), box((0, 0, 0), (0.3, 0.3, 0.3)), WALLS[:24]],
    ids=["nothing", "a small box", "two walls"],
)
def test_what_is_no_room_is_refused(triangles):
    with pytest.raises(OutlineError):
        floor_outline(triangles)


@given(
    heights=st.lists(st.floats(1.2, 6.0), min_size=1, max_size=5),
    widths=st.lists(st.floats(0.8, 4.0), min_size=5, max_size=5),
    angle=st.floats(-180, 180),
    shift=st.tuples(st.floats(-800, 800), st.floats(-800, 800)),
)
def test_any_staircase_floor_anywhere_is_found(heights, widths, angle, shift):
    """Columns of different depth side by side, turned and far away, in the single precision Blender stores."""
    edges = np.concatenate([[0], np.cumsum(widths)])
    floor = slabs(*[(edges[i], 0, edges[i + 1], h) for i, h in enumerate(heights)])
    a = math.radians(angle)
    turn = np.array([[math.cos(a), -math.sin(a), 0], [math.sin(a), math.cos(a), 0], [0, 0, 1]])
    world = (floor @ turn.T + [*shift, 3.0]).astype(np.float32).astype(float)
    outline = floor_outline(world)
    area = sum(w * h for w, h in zip(widths, heights, strict=False))
    assert polygon_area(outline.polygon) == pytest.approx(area, abs=0.02)
    assert is_simple([tuple(p) for p in outline.polygon])
    middle = np.array([(edges[i] + edges[i + 1]) / 2 for i in range(len(heights))])
    inside = np.stack([middle, np.full(len(heights), 0.5), np.zeros(len(heights))], 1) @ turn.T + [*shift, 0]
    assert (signed_distance(outline.polygon, inside[:, :2]) > 0.3).all()
    off = (math.degrees(dominant_angle(outline.polygon)) - angle + 45) % 90 - 45
    assert abs(off) < 0.5
