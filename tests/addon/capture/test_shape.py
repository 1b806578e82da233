# SPDX-License-Identifier: GPL-3.0-or-later
"""Boxes that contain a mesh: conservative, few, and with room left where there is room."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metaspatial.metaspatial_addon.capture.shape import LIMIT, parts_of
from metaspatial.tests.addon.capture.test_outline import box


def mesh(*boxes):
    """Vertices and triangles of boxes, centred."""
    triangles = np.concatenate([box(low, high) for low, high in boxes])
    points = triangles.reshape(-1, 3)
    points = points - (points.min(0) + points.max(0)) / 2
    return points, np.arange(len(points)).reshape(-1, 3)


def legs(length, width, height, thick=0.05):
    xs, ys = (0, length - thick), (0, width - thick)
    return [((x, y, 0), (x + thick, y + thick, height)) for x in xs for y in ys]


TABLE = mesh(((0, 0, 0.72), (1.5, 0.9, 0.76)), *legs(1.5, 0.9, 0.72))
CHAIR = mesh(((0, 0, 0.44), (0.45, 0.45, 0.48)), ((0, 0.41, 0.48), (0.45, 0.45, 0.9)), *legs(0.45, 0.45, 0.44, 0.04))


def holds(parts, points, slack=1e-6):
    """Whether every point lies in some part."""
    inside = np.zeros(len(points), bool)
    for part in parts:
        inside |= (np.abs(points - np.array(part.center)) <= np.array(part.size) / 2 + slack).all(1)
    return inside.all()


def surface(vertices, triangles, seed=0, count=4000):
    random = np.random.default_rng(seed)
    chosen = vertices[triangles[random.integers(len(triangles), size=count)]]
    weights = random.dirichlet((1, 1, 1), count)
    return np.einsum("sc,scd->sd", weights, chosen)


def is_free(parts, point):
    return not any(np.all(np.abs(np.array(point) - part.center) < np.array(part.size) / 2) for part in parts)


def test_below_a_table_there_is_room_for_knees():
    parts = parts_of(*TABLE)
    assert 2 <= len(parts) <= LIMIT
    assert holds(parts, surface(*TABLE))
    assert is_free(parts, (0, 0, -0.1))
    assert is_free(parts, (0.5, -0.3, 0.2))


def test_a_chair_has_room_above_its_seat():
    parts = parts_of(*CHAIR)
    assert holds(parts, surface(*CHAIR))
    assert is_free(parts, (0, -0.1, 0.2))


def test_a_corner_sofa_leaves_its_corner_free():
    sofa = mesh(((0, 0, 0), (0.9, 1.8, 0.8)), ((0.9, 0.9, 0), (2.4, 1.8, 0.8)))
    parts = parts_of(*sofa)
    assert len(parts) == 2
    assert is_free(parts, (0.6, -0.5, 0))


def test_the_hollow_inside_of_a_closed_box_is_not_room():
    cupboard = mesh(((0, 0, 0), (0.9, 0.5, 0.9)), ((0, 0, 0.9), (0.2, 0.5, 2.4)))
    parts = parts_of(*cupboard)
    assert parts
    assert not is_free(parts, (0, 0, -0.7))


@pytest.mark.parametrize(
    "shape", [mesh(((0, 0, 0), (2, 1, 0.5))), mesh(((0, 0, 0), (1, 1, 0.001)))], ids=["box", "rug"]
)
def test_what_fills_its_box_has_no_parts(shape):
    assert parts_of(*shape) == ()


def test_no_triangles_make_no_parts():
    assert parts_of(np.zeros((0, 3)), np.zeros((0, 3), int)) == ()


@settings(max_examples=15)
@given(
    seed=st.integers(0, 10**6),
    count=st.integers(1, 40),
    reach=st.floats(0.02, 1.5),
    stretch=st.tuples(st.floats(0.1, 3), st.floats(0.1, 3), st.floats(0.1, 3)),
)
def test_parts_contain_any_mesh_and_stay_in_its_box(seed, count, reach, stretch):
    random = np.random.default_rng(seed)
    corners = random.uniform(-1, 1, (count, 1, 3)) + random.uniform(-reach, reach, (count, 3, 3))
    points = (corners * stretch).reshape(-1, 3)
    points = points - (points.min(0) + points.max(0)) / 2
    triangles = np.arange(len(points)).reshape(-1, 3)
    parts = parts_of(points, triangles)
    if not parts:
        return
    assert len(parts) <= LIMIT
    assert holds(parts, points)
    assert holds(parts, surface(points, triangles, seed))
    half = np.abs(points).max(0)
    for part in parts:
        assert (np.abs(part.center) + np.array(part.size) / 2 <= half + 2e-5).all()
        assert min(part.size) >= 0.001
