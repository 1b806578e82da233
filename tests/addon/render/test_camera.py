# SPDX-License-Identifier: GPL-3.0-or-later
import math

import numpy as np
import pytest

pytest.importorskip("bpy")

from hypothesis import given, settings
from hypothesis import strategies as st
from metaspatial.backend.scene import Opening, Room
from metaspatial.metaspatial_addon.render import camera as cameras


@st.composite
def rooms(draw):
    n = draw(st.integers(3, 9))
    radii = draw(st.lists(st.floats(0.8, 20.0), min_size=n, max_size=n))
    points = [(r * math.cos(2 * math.pi * i / n), r * math.sin(2 * math.pi * i / n)) for i, r in enumerate(radii)]
    west, south = min(x for x, _ in points), min(y for _, y in points)
    return Room(tuple((x - west, y - south) for x, y in points), draw(st.floats(2.0, 6.0)))


@given(rooms(), st.sampled_from([0.5, 1.0, 4 / 3, 16 / 9]), st.sampled_from([cameras.perspective, cameras.top]))
@settings(deadline=None, max_examples=50)
def test_the_whole_floor_is_in_the_picture(room, aspect, make):
    eye = make(room, aspect)
    seen = eye.project(np.array([(x, y, 0.0) for x, y in room.floor]), aspect)
    assert np.abs(seen).max() <= 1.0
    assert np.abs(seen).max() >= 0.4  # and it is not a speck


def test_standing_walls_are_the_far_ones():
    room = Room(((0, 0), (5, 0), (5, 4), (0, 4)), 2.6, (Opening("window_1", "window", 3, 1.0, 2.0, 1.3, 0.9),))
    eye = cameras.perspective(room, 1.0)
    assert {wall.name for wall in cameras.standing_walls(room, eye.position)} == {"north_wall", "west_wall"}
    assert eye.position[1] < 0  # north is up


def test_a_wall_that_hides_a_far_arm_is_cut_though_it_faces_the_eye():
    u_shape = Room(((0, 0), (6, 0), (6, 6), (0, 6), (0, 4), (4, 4), (4, 2), (0, 2)), 3.0)
    eye = cameras.perspective(u_shape, 1.0)
    standing = {wall.index for wall in cameras.standing_walls(u_shape, eye.position)}
    assert 6 not in standing  # from (4, 2) to (0, 2): it faces south, and the northern arm is behind it
    assert 2 in standing


@given(rooms())
@settings(deadline=None, max_examples=25)
def test_no_standing_wall_hides_a_floor_corner(room):
    eye = cameras.perspective(room, 1.0)
    middle = np.mean(room.floor, axis=0)
    for wall in cameras.standing_walls(room, eye.position):
        inward = np.array(wall.inward)
        assert (eye.position[:2] - wall.start) @ inward > 0
        for corner in room.floor:
            point = np.array(corner) + 0.2 * (middle - corner)
            if not cameras.signed_distance(room.floor, point[None])[0] > 0.05:
                continue
            here, there = (point - wall.start) @ inward, (eye.position[:2] - wall.start) @ inward
            if here >= 0:
                continue
            t = here / (here - there)
            crossing = (point + t * (eye.position[:2] - point) - wall.start) @ np.array(wall.along)
            over = t * eye.position[2] > room.height - 0.35
            assert over or crossing < 0.35 or crossing > wall.length - 0.35
