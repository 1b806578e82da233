# SPDX-License-Identifier: GPL-3.0-or-later
"""Layouts written into a .blend: exactly, wholly or not at all, and back again bit for bit."""

from __future__ import annotations

import math

import bpy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mathutils import Matrix
from metaspatial.backend.scene import Layout, Pose, current_layout
from metaspatial.metaspatial_addon.capture import CaptureSettings, ObjectSettings, capture
from metaspatial.metaspatial_addon.placement import PlacementError, place, restore, transform_of
from metaspatial.tests.addon.capture import blend


@pytest.fixture(autouse=True)
def _room():
    blend.empty_file()
    blend.box_room(6, 5, 2.6)


def take(**settings):
    return capture(bpy.context, CaptureSettings(**settings))


def plain(obj):
    pass


def quaternion(obj):
    obj.rotation_mode = "QUATERNION"
    obj.rotation_quaternion = (0.9, 0.0, 0.0, 0.4358899)
    obj.rotation_euler = (1, 2, 3)


def axis_angle(obj):
    obj.rotation_mode = "AXIS_ANGLE"
    obj.rotation_axis_angle = (0.7, 0, 0, 1)


def other_euler_order(obj):
    obj.rotation_mode = "ZXY"
    obj.rotation_euler = (0.2, -0.3, 0.4)


def deltas(obj):
    obj.delta_location = (0.1, -0.2, 0.0)
    obj.delta_rotation_euler = (0.1, 0.2, 0.3)
    obj.delta_scale = (1.1, 0.9, 1.0)


def delta_quaternion(obj):
    quaternion(obj)
    obj.delta_rotation_quaternion = (0.8, 0.0, 0.1, 0.6)


def mirrored(obj):
    obj.scale = (-1, 1, 1)


def mirrored_and_turned(obj):
    obj.scale = (1, -1.5, 0.7)
    obj.rotation_euler = (0.1, 0.0, 2.0)


def uneven(obj):
    obj.scale = (2, 0.5, 1.2)


def wound_up(obj):
    obj.rotation_euler.z = math.radians(30 + 720)


def lying(obj):
    obj.rotation_euler = (math.pi / 2, 0.0, 0.5)


def tilted(obj):
    obj.rotation_euler = (0.4, 0.5, 0.6)


def under_turned_parent(obj):
    empty = blend.add("Cabinet group", None, (1, 1, 0.3), turn=40)
    empty.rotation_euler.x = 0.3
    blend.parent(obj, empty)
    obj.parent.scale = (2, 2, 2)


def under_uneven_parent(obj):
    empty = blend.add("Stuff", None, (1, 1, 0), turn=20)
    empty.scale = (1.6, 0.8, 1.0)
    blend.parent(obj, empty, keep=False)


def under_bone(obj):
    armature = bpy.data.armatures.new("Rig")
    rig = blend.add("Stuff", armature, (0.5, 0.5, 0), turn=25)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    bone = armature.edit_bones.new("Bone")
    bone.head, bone.tail = (0, 0, 0), (0.2, 0.3, 1)
    bpy.ops.object.mode_set(mode="OBJECT")
    obj.parent, obj.parent_type, obj.parent_bone = rig, "BONE", "Bone"


MAKES = [
    plain, quaternion, axis_angle, other_euler_order, deltas, delta_quaternion, mirrored, mirrored_and_turned, uneven,
    wound_up, lying, tilted, under_turned_parent, under_uneven_parent, under_bone,
]  # fmt: skip


def chair():
    obj = blend.add("Chair", blend.box_mesh("Chair", (0.5, 0.6, 0.9), (-0.2, -0.3, 0)), (2, 2, 0.2))
    blend.parent(blend.box("Cushion", (2, 2, 0.7), (0.3, 0.3, 0.1)), obj)
    obj["note"] = "mine"
    return obj


AS_MOVABLE = {"Chair": ObjectSettings(role="MOVABLE", category="chair", mount="FLOOR")}


@pytest.mark.parametrize("make", MAKES)
def test_placing_at_the_captured_poses_writes_nothing(make):
    make(chair())
    captured = take(overrides=AS_MOVABLE)
    before = blend.matrices()
    placed = place(bpy.context, captured, current_layout(captured.scene))
    assert placed.moved == ()
    assert blend.matrices() == before


@pytest.mark.parametrize("turn", [0.0, 137.0])
@pytest.mark.parametrize("make", MAKES)
def test_a_placed_object_is_where_the_layout_says_and_otherwise_as_it_was(make, turn):
    obj = chair()
    make(obj)
    captured = take(overrides=AS_MOVABLE)
    piece = blend.piece_of(captured, "Chair")
    assert piece.pose is not None
    before = {name: np.array(matrix) for name, matrix in blend.matrices().items()}
    kept = tuple(obj.scale), obj.rotation_mode, tuple(obj.delta_location), tuple(obj.delta_scale), obj.parent
    old_euler = tuple(obj.rotation_euler)
    goal = Pose(4.1, 1.3, piece.pose.z + 0.25, piece.pose.rotation + turn)
    placed = place(bpy.context, captured, Layout({piece.id: goal}))
    assert placed.moved == (piece.id,)
    motion = (
        Matrix.Translation((goal.x, goal.y, goal.z))
        @ Matrix.Rotation(math.radians(turn), 4, "Z")
        @ Matrix.Translation((-piece.pose.x, -piece.pose.y, -piece.pose.z))
    )
    after = {name: np.array(matrix) for name, matrix in blend.matrices().items()}
    for name in before:
        expected = np.array(motion) @ before[name] if name in ("Chair", "Cushion") else before[name]
        assert np.abs(after[name] - expected).max() < 1e-5, name
    assert kept == (tuple(obj.scale), obj.rotation_mode, tuple(obj.delta_location), tuple(obj.delta_scale), obj.parent)
    assert obj["note"] == "mine"
    if obj.rotation_mode in ("QUATERNION", "AXIS_ANGLE") or turn == 0.0:
        assert tuple(obj.rotation_euler) == old_euler
    if make is wound_up:
        assert obj.rotation_euler.z == pytest.approx(math.radians(750 + (turn + 180) % 360 - 180), abs=1e-4)
    again = blend.piece_of(take(overrides=AS_MOVABLE), "Chair")
    assert again.pose is not None
    if make not in (tilted, delta_quaternion, under_bone):  # what is tilted has no yaw of its own
        assert (again.pose.x, again.pose.y, again.pose.z) == pytest.approx((goal.x, goal.y, goal.z), abs=1e-4)
        assert math.cos(math.radians(again.pose.rotation - goal.rotation)) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("make", MAKES)
def test_restoring_is_bit_for_bit(make):
    obj = chair()
    make(obj)
    captured = take(overrides=AS_MOVABLE)
    before, channels = blend.matrices(), transform_of(obj)
    placed = place(bpy.context, captured, Layout({blend.piece_of(captured, "Chair").id: Pose(4, 1, 0.5, 33)}))
    assert blend.matrices() != before
    assert restore(bpy.context, placed.before) == ()
    assert transform_of(obj) == channels
    assert blend.matrices() == before


@settings(max_examples=10)
@given(
    x=st.floats(-100, 100),
    y=st.floats(-100, 100),
    z=st.floats(-5, 5),
    rotation=st.floats(-720, 720),
    scale=st.tuples(*[st.floats(0.05, 4)] * 3),
    tilt=st.tuples(*[st.floats(-3, 3)] * 3),
    unit=st.sampled_from([1, 0.01]),
)
def test_any_pose_of_any_object_can_be_reached(x, y, z, rotation, scale, tilt, unit):
    blend.empty_file()
    bpy.context.scene.unit_settings.scale_length = unit
    blend.box_room(6 / unit, 5 / unit, 2.6 / unit)
    obj = blend.box("Chair", (2 / unit, 2 / unit, 0.2 / unit), [s / unit for s in (0.5, 0.6, 0.9)])
    obj.scale, obj.rotation_euler = scale, tilt
    captured = take(overrides=AS_MOVABLE)
    piece = blend.piece_of(captured, "Chair")
    place(bpy.context, captured, Layout({piece.id: Pose(x, y, z, rotation)}))
    mesh = captured.mesh_of(piece)
    angle = math.radians(rotation)
    turn = np.array([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]])
    expected = (mesh.vertices @ turn.T + [x, y, z]) / unit
    got = np.array([obj.matrix_world @ v.co for v in obj.data.vertices])
    assert np.abs(np.sort(got, axis=0) - np.sort(expected, axis=0)).max() < 2e-4 / unit


def test_instances_of_a_collection_move_and_their_source_does_not():
    collection = bpy.data.collections.new("Armchair")
    part = bpy.data.objects.new("part", blend.box_mesh("part", (0.8, 0.8, 0.8), (-0.4, -0.4, 0)))
    collection.objects.link(part)
    empty = blend.add("Armchair", None, (2, 2, 0))
    empty.instance_type, empty.instance_collection = "COLLECTION", collection
    captured = take()
    place(bpy.context, captured, Layout({"armchair_1": Pose(4, 3, 0.4, 90)}))
    assert tuple(empty.location) == pytest.approx((4, 3, 0), abs=1e-6)
    assert tuple(part.location) == (0, 0, 0)


def test_fixed_pieces_are_skipped_with_the_reason_and_stay_exactly():
    obj = blend.box("Chair", (2, 2, 0), (0.5, 0.5, 0.9))
    obj.keyframe_insert("location", frame=1)
    captured = take()
    before = blend.matrices()
    placed = place(bpy.context, captured, Layout({"chair_1": Pose(4, 3, 0.45, 90)}))
    assert blend.matrices() == before
    assert placed.moved == ()
    assert [(s.id, "animation" in s.reason) for s in placed.skipped] == [("chair_1", True)]


def test_linked_library_objects_are_fixed_and_local_ones_with_linked_meshes_move(tmp_path):
    library = tmp_path / "library.blend"
    sofa = blend.box("Sofa", (2, 2, 0), (2, 0.9, 0.8))
    bpy.data.libraries.write(str(library), {sofa})
    blend.empty_file()
    blend.box_room(6, 5, 2.6)
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.objects = ["Sofa"]
    linked = bpy.data.objects["Sofa", str(library)]
    bpy.context.scene.collection.objects.link(linked)
    own = blend.add("Sofa", linked.data, (4, 4, 0))
    captured = take()
    fixed, movable = sorted(captured.scene.furniture, key=lambda piece: not piece.fixed)
    assert (fixed.fixed, movable.fixed) == (True, False)
    assert any("linked from" in note.reason for note in captured.notes)
    placed = place(bpy.context, captured, Layout({p.id: Pose(3, 3, 0.4, 90) for p in captured.scene.furniture}))
    assert placed.moved == (movable.id,)
    assert tuple(linked.location) == (2, 2, 0)
    assert tuple(own.location) == pytest.approx((3, 3, 0), abs=1e-6)


def test_library_overrides_move(tmp_path):
    library = tmp_path / "library.blend"
    bpy.data.libraries.write(str(library), {blend.box("Sofa", (2, 2, 0), (2, 0.9, 0.8))})
    blend.empty_file()
    blend.box_room(6, 5, 2.6)
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.objects = ["Sofa"]
    override = bpy.data.objects["Sofa", str(library)].override_create()
    bpy.context.scene.collection.objects.link(override)
    captured = take()
    assert place(bpy.context, captured, Layout({"sofa_1": Pose(3, 3, 0.4, 0)})).moved == ("sofa_1",)
    assert tuple(override.location) == pytest.approx((3, 3, 0), abs=1e-6)


def test_carried_things_keep_their_place_on_what_carries_them():
    bed = blend.box("Bed", (2, 2, 0), (1.6, 2.0, 1.1), turn=10)
    pillow = blend.box("Pillow", (2, 2.6, 0.6), (0.6, 0.4, 0.15))
    captured = take()
    bpy.context.view_layer.update()
    relative = np.array(bed.matrix_world.inverted() @ pillow.matrix_world)
    place(bpy.context, captured, Layout({"bed_1": Pose(4, 3, 0.55, 100)}))
    assert np.abs(np.array(bed.matrix_world.inverted() @ pillow.matrix_world) - relative).max() < 1e-5


def test_a_failure_half_way_changes_nothing(monkeypatch):
    from metaspatial.metaspatial_addon.placement import placing

    for n in range(3):
        blend.box("Chair", (1 + n, 2, 0), (0.5, 0.5, 0.9), turn=17 * n)
    captured = take()
    before = blend.matrices()
    apply, calls = placing.apply_motion, []

    def breaks(obj, motion, *, turns):
        calls.append(obj)
        if len(calls) == 3:
            raise RuntimeError("out of order")
        apply(obj, motion, turns=turns)

    monkeypatch.setattr(placing, "apply_motion", breaks)
    layout = Layout({id: Pose(3, 3, 0.45, 45) for id in captured.objects})
    with pytest.raises(PlacementError, match="out of order"):
        place(bpy.context, captured, layout)
    assert len(calls) == 3
    assert blend.matrices() == before


def test_an_object_that_something_else_moves_back_is_named_and_all_is_undone():
    blend.box("Bed", (4, 4, 0), (1, 1, 0.5))
    obj = blend.box("Chair", (2, 2, 0), (0.5, 0.5, 0.9))
    captured = take()
    obj.constraints.new("LIMIT_LOCATION").use_max_x = True
    obj.constraints[0].max_x = 2.5
    before = blend.matrices()
    with pytest.raises(PlacementError, match="'Chair' didn't go"):
        place(bpy.context, captured, Layout({"chair_1": Pose(4, 2, 0.45, 0), "bed_1": Pose(2, 2, 0.25, 0)}))
    assert blend.matrices() == before


def test_an_object_deleted_meanwhile_is_named():
    blend.box("Bed", (4, 4, 0), (1, 1, 0.5))
    obj = blend.box("Chair", (2, 2, 0), (0.5, 0.5, 0.9))
    captured = take()
    bpy.data.objects.remove(obj)
    before = blend.matrices()
    with pytest.raises(PlacementError, match="'Chair' is gone"):
        place(bpy.context, captured, Layout({"chair_1": Pose(4, 2, 0.45, 0), "bed_1": Pose(2, 2, 0.25, 0)}))
    assert blend.matrices() == before


@pytest.mark.parametrize("layout", [{"sofa_9": Pose(1, 1, 1)}, {"chair_1": Pose(math.nan, 1, 1)}])
def test_a_layout_that_is_not_for_this_scene_is_refused(layout):
    blend.box("Chair", (2, 2, 0), (0.5, 0.5, 0.9))
    captured = take()
    with pytest.raises(PlacementError):
        place(bpy.context, captured, Layout(layout))


def test_pieces_without_a_pose_stay_and_are_named():
    blend.box("Chair", (2, 2, 0), (0.5, 0.5, 0.9))
    captured = take()
    assert [s.id for s in place(bpy.context, captured, Layout()).skipped] == ["chair_1"]


def test_restore_names_what_is_gone():
    obj = blend.box("Chair", (2, 2, 0), (0.5, 0.5, 0.9))
    captured = take()
    placed = place(bpy.context, captured, Layout({"chair_1": Pose(4, 2, 0.45, 0)}))
    bpy.data.objects.remove(obj)
    assert restore(bpy.context, placed.before) == ("Chair",)


class METASPATIAL_TEST_OT_place(bpy.types.Operator):
    bl_idname = "metaspatial_test.place"
    bl_label = "Place"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context):
        captured = take(overrides=AS_MOVABLE)
        layout = Layout({p.id: Pose(3, 3, p.pose.z, p.pose.rotation + 33) for p in captured.scene.movable})
        place(context, captured, layout)
        return {"FINISHED"}


def test_one_undo_step_takes_everything_back_bit_for_bit():
    make_all = (quaternion, deltas, mirrored, under_uneven_parent)
    for make in make_all:
        make(chair())
    bpy.utils.register_class(METASPATIAL_TEST_OT_place)
    try:
        before = blend.matrices()
        bpy.ops.ed.undo_push(message="before")
        bpy.ops.metaspatial_test.place("EXEC_DEFAULT", True)
        after = blend.matrices()
        assert after != before
        bpy.ops.ed.undo()
        assert blend.matrices() == before
        bpy.ops.ed.redo()
        assert blend.matrices() == after
    finally:
        bpy.utils.unregister_class(METASPATIAL_TEST_OT_place)
