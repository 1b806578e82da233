# SPDX-License-Identifier: GPL-3.0-or-later
"""Where pieces are after they were moved, told from their objects' matrices: what a new capture would say."""

import math

import bpy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mathutils import Matrix
from metaspatial.backend.scene import current_layout
from metaspatial.metaspatial_addon.capture import CaptureSettings, Following, capture
from metaspatial.tests.addon.capture import blend


@pytest.fixture(autouse=True)
def room():
    blend.empty_file()
    blend.box_room()
    bed, lamp = blend.box("Bed", (2.0, 2.0, 0.0), (1.6, 2.0, 0.5)), blend.box("Plant", (4.0, 3.0, 0.0), (0.4, 0.4, 1.0))
    pillow = blend.box("Pillow", (2.0, 2.5, 0.5), (0.5, 0.3, 0.1))
    blend.parent(pillow, bed)
    bpy.context.view_layer.update()
    return bed, lamp, pillow


def followed():
    seen = capture(bpy.context, CaptureSettings())
    return Following.begin(bpy.context, seen)


def layout_of(following):
    bpy.context.view_layer.update()
    return following.layout(bpy.context)


def assert_same(layout, other):
    assert set(layout) == set(other)
    for id in layout:
        for name in ("x", "y", "z"):
            assert getattr(layout[id], name) == pytest.approx(getattr(other[id], name), abs=2e-5)
        assert math.cos(math.radians(layout[id].rotation - other[id].rotation)) == pytest.approx(1.0, abs=1e-8)


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shift=st.tuples(st.floats(-0.4, 0.4), st.floats(-0.4, 0.4), st.floats(0.0, 0.1)),
    turn=st.integers(-180, 180),
    room_turn=st.sampled_from((0, 30, 90, -45)),
    unit=st.sampled_from((1.0, 0.01)),
)
def test_a_moved_piece_is_where_a_new_capture_finds_it(shift, turn, room_turn, unit):
    blend.empty_file()
    blend.box_room()
    blend.box("Bed", (2.0, 2.0, 0.0), (1.6, 2.0, 0.5))
    blend.box("Plant", (4.0, 3.0, 0.0), (0.4, 0.4, 1.0))
    bpy.context.scene.unit_settings.scale_length = unit
    bpy.context.view_layer.update()
    world = Matrix.Rotation(math.radians(room_turn), 4, "Z") @ Matrix.Scale(1.0 / unit, 4)
    for obj in bpy.data.objects:
        obj.matrix_world = world @ obj.matrix_world
    bpy.context.view_layer.update()
    following = followed()
    assert_same(layout_of(following)[0], current_layout(following.captured.scene))
    bed = bpy.data.objects["Bed"]
    bed.location = [at + by / unit for at, by in zip(bed.location, shift, strict=True)]
    bed.rotation_euler.z += math.radians(turn)
    layout, again = layout_of(following)
    assert not again
    assert_same(layout, current_layout(capture(bpy.context, CaptureSettings()).scene))


def test_what_was_not_moved_is_exactly_where_it_was(room):
    following = followed()
    room[1].location.x -= 0.5
    layout, _ = layout_of(following)
    assert layout["bed_1"] == following.captured.scene.piece("bed_1").pose
    room[1].location.x += 0.5
    assert layout_of(following)[0] == current_layout(following.captured.scene)


@pytest.mark.parametrize(
    "change",
    [
        lambda bed, plant, pillow: setattr(bed.scale, "x", 1.5),
        lambda bed, plant, pillow: setattr(bed.rotation_euler, "x", 0.3),
        lambda bed, plant, pillow: setattr(pillow.location, "x", pillow.location.x + 0.4),
        lambda bed, plant, pillow: bpy.data.objects.remove(plant),
        lambda bed, plant, pillow: plant.hide_set(True),
        lambda bed, plant, pillow: blend.box("Chair", (1.0, 0.5, 0.0), (0.5, 0.5, 0.9)),
        lambda bed, plant, pillow: setattr(bpy.data.objects["Room"].location, "x", 0.5),
    ],
)
def test_what_matrices_do_not_tell_wants_a_new_capture(room, change):
    following = followed()
    change(*room)
    assert layout_of(following) == (None, True)


def test_a_renamed_piece_is_still_followed(room):
    following = followed()
    room[0].name = "Another name"
    room[0].location.x += 0.2
    layout, again = layout_of(following)
    assert not again
    assert layout["bed_1"].x == pytest.approx(following.captured.scene.piece("bed_1").pose.x + 0.2, abs=1e-5)
