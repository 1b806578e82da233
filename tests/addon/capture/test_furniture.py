# SPDX-License-Identifier: GPL-3.0-or-later
"""Furniture of a .blend: what is a piece, what it is, where it stands, what must stay."""

from __future__ import annotations

import math

import bpy
import numpy as np
import pytest
from metaspatial.metaspatial_addon.capture import CaptureError, CaptureSettings, ObjectSettings, capture, is_stale
from metaspatial.tests.addon.capture import blend


@pytest.fixture(autouse=True)
def _room():
    blend.empty_file()
    blend.box_room(6, 5, 2.6)


def take(**settings):
    return capture(bpy.context, CaptureSettings(**settings))


def test_size_pose_and_category_of_a_turned_and_scaled_object():
    sofa = blend.box("Sofa_big.002", (2, 1, 0), (1, 1, 1), turn=30)
    sofa.scale = (2.2, 0.9, 0.85)
    piece = blend.piece_of(take(), "Sofa_big.002")
    assert (piece.id, piece.category, piece.label) == ("sofa_1", "sofa", "Sofa big")
    assert piece.size == pytest.approx((2.2, 0.9, 0.85))
    assert (piece.pose.x, piece.pose.y, piece.pose.z, piece.pose.rotation) == pytest.approx((2, 1, 0.425, 30), abs=1e-4)


@pytest.mark.parametrize(
    ("front", "rotation", "size"),
    [
        ("NEG_Y", 0, (1, 0.5, 0.7)),
        ("POS_X", 90, (0.5, 1, 0.7)),
        ("POS_Y", 180, (1, 0.5, 0.7)),
        ("NEG_X", 270, (0.5, 1, 0.7)),
    ],
)
def test_the_front_direction_turns_pose_and_box(front, rotation, size):
    blend.box("Desk", (2, 2, 0), (1, 0.5, 0.7))
    piece = blend.piece_of(take(overrides={"Desk": ObjectSettings(front=front)}), "Desk")
    assert piece.pose.rotation == pytest.approx(rotation)
    assert piece.size == pytest.approx(size)


def test_settings_of_custom_properties_and_property_groups_and_the_order_they_count_in():
    desk = blend.box("xyz", (2, 2, 0), (1, 0.5, 0.7))
    desk["metaspatial_category"] = "desk"
    desk["metaspatial_role"] = "fixed"
    desk["metaspatial_label"] = "Grandma's desk"
    piece = blend.piece_of(take(), "xyz")
    assert (piece.category, piece.fixed, piece.label) == ("desk", True, "Grandma's desk")
    piece = blend.piece_of(take(overrides={"xyz": ObjectSettings(role="MOVABLE", category="Harp!", mount="ON")}), "xyz")
    assert (piece.category, piece.fixed, piece.mount, piece.id) == ("harp", False, "on", "harp_1")


def test_an_imported_y_up_model_keeps_its_upright_box():
    chair = blend.add("Chair", blend.box_mesh("Chair", (0.5, 0.9, 0.4), (-0.25, 0, -0.2)), (2, 2, 0))
    chair.rotation_euler = (math.pi / 2, 0, math.radians(40))
    piece = blend.piece_of(take(), "Chair")
    assert piece.size == pytest.approx((0.5, 0.4, 0.9), abs=1e-4)
    assert piece.pose.rotation == pytest.approx(40, abs=1e-3)


def test_a_tilted_object_is_boxed_as_it_is():
    plank = blend.box("Plank", (2, 2, 0), (1, 0.2, 0.2))
    plank.rotation_euler = (math.radians(40), math.radians(30), 0)
    piece = blend.piece_of(take(), "Plank")
    bpy.context.view_layer.update()
    corners = np.array([plank.matrix_world @ v.co for v in plank.data.vertices])
    assert piece.size == pytest.approx(np.ptp(corners, axis=0), abs=1e-5)
    assert piece.pose.rotation == 0


def test_a_mirrored_object_faces_where_its_mirrored_front_does():
    desk = blend.box("Desk", (2, 2, 0), (1, 0.5, 0.7))
    desk.scale = (1, -1, 1)
    assert blend.piece_of(take(), "Desk").pose.rotation == pytest.approx(180)


def test_a_hierarchy_below_a_scaled_parent_is_one_piece():
    top = blend.box("Table", (2, 2, 0.7), (1.5, 0.9, 0.05))
    leg = blend.box("Leg", (2.6, 2, 0), (0.1, 0.1, 0.7))
    blend.parent(leg, top)
    blend.parent(blend.add("Lamp inside", bpy.data.lights.new("Light", "POINT"), (2, 2, 0.5)), leg)
    top.scale = (2, 1, 1)
    captured = take()
    assert len(captured.scene.furniture) == 1
    piece = blend.piece_of(captured, "Table")
    assert piece.size == pytest.approx((3.0, 0.9, 0.75), abs=1e-5)
    assert piece.pose.z == pytest.approx(0.375)


def test_an_empty_above_parts_is_a_piece_and_an_empty_above_pieces_is_a_folder():
    group = blend.add("Chair", None, (1, 1, 0))
    for name, z, h in (("Seat", 0.44, 0.04), ("Back", 0.48, 0.4)):
        blend.parent(blend.box(name, (1, 1, z), (0.45, 0.45, h)), group)
    folder = blend.add("Furniture", None)
    blend.parent(blend.box("Bed", (3, 3, 0), (1.4, 2, 0.6)), folder)
    blend.parent(blend.box("Wardrobe", (5, 1, 0), (1, 0.6, 2)), folder)
    captured = take()
    assert sorted(ref.name for ref in captured.objects.values()) == ["Bed", "Chair", "Wardrobe"]


def heap_below(name: str) -> None:
    """A bed and a wardrobe at the same place, below an empty."""
    folder = blend.add(name, None)
    blend.parent(blend.box("Bed", (3, 2, 0), (1.4, 2, 0.6)), folder)
    blend.parent(blend.box("Wardrobe", (3, 2, 0), (1, 0.6, 2)), folder)


def test_a_heap_below_an_empty_called_furniture_is_several_pieces():
    heap_below("Furniture")
    assert sorted(ref.name for ref in take().objects.values()) == ["Bed", "Wardrobe"]


def test_a_heap_below_any_other_empty_is_one_piece_and_a_note_says_how_to_part_it():
    heap_below("Group")
    captured = take()
    assert [ref.name for ref in captured.objects.values()] == ["Group"]
    ((what, reason),) = blend.notes_on(captured, "Group")
    assert what == "info"
    assert "one piece" in reason


def test_decor_on_a_wall_is_no_part_of_the_room():
    blend.box("Wall text", (3, 4.97, 1.5), (1.2, 0.04, 0.4))
    assert blend.piece_of(take(), "Wall text").mount == "wall"


def test_a_collection_instance_is_one_piece():
    collection = bpy.data.collections.new("Armchair asset")
    for name, z in (("part a", 0.0), ("part b", 0.4)):
        part = bpy.data.objects.new(name, blend.box_mesh(name, (0.8, 0.8, 0.4), (-0.4, -0.4, z)))
        collection.objects.link(part)
    empty = blend.add("Empty", None, (2, 2, 0), turn=90)
    empty.instance_type = "COLLECTION"
    empty.instance_collection = collection
    piece = blend.piece_of(take(), "Empty")
    assert piece.category == "armchair"
    assert piece.size == pytest.approx((0.8, 0.8, 0.8))
    assert piece.pose.rotation == pytest.approx(90, abs=1e-3)


def test_curves_texts_and_metaballs_have_their_evaluated_shape():
    curve = bpy.data.curves.new("Curve", "CURVE")
    curve.dimensions = "3D"
    spline = curve.splines.new("POLY")
    spline.points.add(1)
    spline.points[0].co, spline.points[1].co = (0, 0, 0, 1), (0, 0, 1.5, 1)
    curve.bevel_depth = 0.05
    blend.add("Floor lamp", curve, (1, 1, 0))
    text = bpy.data.curves.new("Text", "FONT")
    text.body, text.extrude = "X", 0.1
    blend.add("Letter box", text, (3, 3, 0.1))
    captured = take()
    assert blend.piece_of(captured, "Floor lamp").size == pytest.approx((0.1, 0.1, 1.5), abs=0.01)
    assert blend.piece_of(captured, "Letter box").size[2] == pytest.approx(0.2, abs=0.01)


def test_modifiers_count():
    shelf = blend.box("Bookshelf", (2, 2, 0), (0.5, 0.3, 1.8))
    array = shelf.modifiers.new("Array", "ARRAY")
    array.count = 3
    assert blend.piece_of(take(), "Bookshelf").size == pytest.approx((1.5, 0.3, 1.8))


def test_linked_duplicates_share_their_mesh_and_others_do_not():
    first = blend.box("Chair", (1, 1, 0), (0.45, 0.5, 0.9))
    blend.add("Chair.001", first.data, (2, 3, 0), turn=77)
    blend.add("Chair.002", first.data, (3, 3, 0)).scale = (1, 1, 1.1)
    captured = take()
    a, b, c = (captured.mesh_of(blend.piece_of(captured, name)) for name in ("Chair", "Chair.001", "Chair.002"))
    assert a is b
    assert a is not c
    assert np.ptp(c.vertices, axis=0) == pytest.approx((0.45, 0.5, 0.99), abs=1e-5)
    assert np.abs(a.vertices.max(0) + a.vertices.min(0)).max() < 1e-6


def test_a_table_has_parts_and_a_box_has_none():
    top = blend.box("Table", (2, 2, 0.72), (1.5, 0.9, 0.04))
    for x in (1.3, 2.7):
        blend.parent(blend.box("Leg", (x, 2, 0), (0.06, 0.8, 0.72)), top)
    blend.box("Stool", (5, 2, 0), (0.4, 0.4, 0.45))
    captured = take()
    assert len(blend.piece_of(captured, "Table").parts) == 3
    assert blend.piece_of(captured, "Stool").parts == ()


def test_names_of_all_kinds_are_labels_and_never_ids():
    awkward = 'Chair "quoted" <b> 🪑\t\n', "椅子", "C" * 60, "'; DROP TABLE", "Chair"
    for n, name in enumerate(awkward):
        blend.box(name, (1 + n * 0.8, 2, 0), (0.5, 0.5, 0.9))
    captured = take()
    assert sorted(piece.id for piece in captured.scene.furniture) == [
        "chair_1", "chair_2", "chair_3", "dining_table_1", "object_1",
    ]  # fmt: skip
    labels = {piece.label for piece in captured.scene.furniture}
    assert {"椅子", "Chair quoted b 🪑", "Chair"} <= labels


def test_what_rests_on_something_keeps_doing_so():
    blend.box("Dresser", (2, 2, 0), (1.2, 0.5, 0.9))
    blend.box("Thing", (2.2, 2, 0.9), (0.2, 0.2, 0.2))
    blend.box("Table lamp", (1.8, 2, 0.9), (0.2, 0.2, 0.4))
    captured = take()
    thing, lamp = blend.piece_of(captured, "Thing"), blend.piece_of(captured, "Table lamp")
    assert thing.mount == lamp.mount == "on"
    assert [(r.subject, r.predicate, r.anchor) for r in captured.scene.relations] == [(thing.id, "on", "dresser_1")]


def test_what_lies_within_a_piece_travels_with_it():
    blend.box("Bed", (2, 2, 0), (1.6, 2.0, 1.1))
    blend.box("Pillow", (2, 2.6, 0.6), (0.6, 0.4, 0.15))
    captured = take()
    assert [piece.id for piece in captured.scene.furniture] == ["bed_1"]
    assert [ref.name for ref in captured.carried["bed_1"]] == ["Pillow"]


def test_in_a_heap_what_stands_on_one_piece_is_not_carried_by_another():
    blend.box("Sofa", (2, 2, 0), (2.2, 1.0, 0.9))
    blend.box("TV stand", (2, 2, 0), (1.4, 0.4, 0.5))
    blend.box("TV", (2, 2, 0.5), (1.1, 0.08, 0.65))
    captured = take()
    assert captured.carried == {}
    assert blend.piece_of(captured, "TV").mount == "on"


def test_a_stack_within_a_shelf_travels_with_the_shelf():
    blend.box("Bookshelf", (2, 2, 0), (0.9, 0.4, 1.8))
    blend.box("Box", (2, 2, 0.8), (0.3, 0.2, 0.2))
    blend.box("Vase", (2, 2, 1.0), (0.1, 0.1, 0.3))
    captured = take()
    assert sorted(ref.name for ref in captured.carried["bookshelf_1"]) == ["Box", "Vase"]


@pytest.mark.parametrize(
    ("name", "location", "size", "mount", "category"),
    [
        ("Cube", (3, 4.95, 1.2), (1, 0.05, 0.6), "wall", "unknown"),
        ("Cube", (3, 3, 2.3), (0.4, 0.4, 0.3), "ceiling", "unknown"),
        ("Cabinet", (3, 4.83, 1.4), (0.8, 0.34, 0.7), "wall", "cabinet"),
        ("TV", (3, 4.95, 1.0), (1.1, 0.06, 0.6), "wall", "tv"),
        ("Lamp", (3, 3, 0), (0.4, 0.4, 1.6), "floor", "floor_lamp"),
        ("Lamp", (3, 3, 2.2), (0.4, 0.4, 0.35), "ceiling", "ceiling_lamp"),
        ("Painting", (3, 4.97, 1.2), (0.8, 0.04, 0.6), "wall", "painting"),
    ],
)
def test_how_a_piece_is_held_shows_in_its_place(name, location, size, mount, category):
    blend.box(name, location, size)
    piece = blend.piece_of(take(), name)
    assert (piece.mount, piece.category, piece.fixed) == (mount, category, False)


def keyframe(obj):
    obj.keyframe_insert("location", frame=1)


def drive(obj):
    obj.driver_add("rotation_euler", 2).driver.expression = "0.5"


def nla(obj):
    keyframe(obj)
    action = obj.animation_data.action
    strip = obj.animation_data.nla_tracks.new().strips.new("s", 1, action)
    if hasattr(strip, "action_slot"):
        strip.action_slot = action.slots[0]
    obj.animation_data.action = None


def constrain(obj):
    obj.constraints.new("COPY_LOCATION").target = blend.add("Target", None, (3, 3, 0))


def rigid_body(obj):
    bpy.ops.rigidbody.world_add()
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.select_all(action="DESELECT")
    obj.select_set(True)
    bpy.ops.rigidbody.object_add(type="ACTIVE")


def hook(obj):
    obj.modifiers.new("Mirror", "MIRROR").mirror_object = blend.add("Far", None, (4, 4, 0))


def animated_parent(obj):
    empty = blend.add("Moving", None)
    keyframe(empty)
    blend.parent(obj, empty)
    folder = blend.box("Wardrobe", (5, 4, 0), (1, 0.6, 2))
    blend.parent(folder, empty)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (keyframe, "animation of location"),
        (drive, "animation of rotation_euler"),
        (nla, "animation of location"),
        (constrain, "constraint 'Copy Location'"),
        (rigid_body, "rigid body"),
        (hook, "modifier 'Mirror' refers to 'Far'"),
        (lambda obj: setattr(obj, "lock_location", (True, False, False)), "location is locked"),
        (lambda obj: setattr(obj, "lock_rotation", (False, False, True)), "rotation is locked"),
        (lambda obj: obj.modifiers.new("Cloth", "CLOTH"), "simulated"),
        (animated_parent, "parent 'Moving'"),
    ],
)
def test_what_could_not_be_moved_is_fixed_and_says_why(make, reason):
    make(blend.box("Chair", (1, 1, 0), (0.5, 0.5, 0.9)))
    captured = take()
    piece = blend.piece_of(captured, "Chair")
    assert piece.fixed
    assert piece.pose is not None
    ((what, why),) = blend.notes_on(captured, "Chair")
    assert what == "fixed"
    assert reason in why


def test_harmless_animation_and_passive_things_do_not_fix():
    chair = blend.box("Chair", (1, 1, 0), (0.5, 0.5, 0.9))
    chair.keyframe_insert("color", frame=1)
    muted = chair.constraints.new("COPY_LOCATION")
    muted.mute = True
    chair.lock_rotation = (True, True, False)
    assert not blend.piece_of(take(), "Chair").fixed


def test_what_carries_something_immovable_stays_too():
    blend.box("Dresser", (2, 2, 0), (1.2, 0.5, 0.9))
    keyframe(blend.box("Vase", (2, 2, 0.9), (0.2, 0.2, 0.3)))
    captured = take()
    assert blend.piece_of(captured, "Dresser").fixed
    assert "carries 'Vase'" in blend.notes_on(captured, "Dresser")[0][1]


def test_built_in_things_stay_unless_their_role_says_otherwise():
    blend.box("Radiator", (3, 4.9, 0.1), (1, 0.1, 0.6))
    assert blend.piece_of(take(), "Radiator").fixed
    assert not blend.piece_of(take(overrides={"Radiator": ObjectSettings(role="MOVABLE")}), "Radiator").fixed


def hide_in_layer_collection(obj):
    collection = bpy.data.collections.new("Hidden")
    bpy.context.scene.collection.children.link(collection)
    collection.objects.link(obj)
    bpy.context.scene.collection.objects.unlink(obj)
    layer = bpy.context.view_layer.layer_collection.children["Hidden"]
    layer.exclude = True
    return layer


def close_the_eye_of_its_collection(obj):
    layer = hide_in_layer_collection(obj)
    layer.exclude, layer.hide_viewport = False, True


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda obj: obj.hide_set(True), "hidden"),
        (lambda obj: setattr(obj, "hide_viewport", True), "hidden"),
        (hide_in_layer_collection, "view layer"),
        (close_the_eye_of_its_collection, "hidden"),
        (lambda obj: obj.data.clear_geometry(), "no faces"),
        (lambda obj: setattr(obj, "location", (20, 0, 0)), "outside the room"),
        (lambda obj: obj.__setitem__("metaspatial_role", "IGNORED"), "role is Ignored"),
    ],
)
def test_what_is_left_out_says_why(make, reason):
    make(blend.box("Chair", (1, 1, 0), (0.5, 0.5, 0.9)))
    captured = take()
    assert captured.scene.furniture == ()
    ((what, why),) = blend.notes_on(captured, "Chair")
    assert what == "ignored"
    assert reason in why


def test_lights_cameras_and_empties_are_silently_no_furniture():
    blend.add("Light", bpy.data.lights.new("Light", "AREA"), (2, 2, 2))
    blend.add("Camera", bpy.data.cameras.new("Camera"), (2, 2, 2))
    blend.add("Rig", bpy.data.armatures.new("Rig"), (2, 2, 0))
    blend.add("Empty", None)
    captured = take()
    assert captured.scene.furniture == ()
    assert captured.notes == ()


def test_selected_objects_are_arranged_and_the_rest_is_in_the_way():
    blend.box("Bed", (2, 2, 0), (1.4, 2, 0.5)).select_set(True)
    blend.box("Thing", (2, 2, 0.5), (0.3, 0.3, 0.3))
    blend.box("Wardrobe", (5, 1, 0), (1, 0.6, 2))
    captured = take(source="SELECTED")
    assert not blend.piece_of(captured, "Bed").fixed
    assert blend.piece_of(captured, "Wardrobe").fixed
    assert [ref.name for ref in captured.carried["bed_1"]] == ["Thing"]


def test_a_collection_may_stand_beside_the_room():
    collection = bpy.data.collections.new("To place")
    bpy.context.scene.collection.children.link(collection)
    collection.objects.link(blend.box("Sofa", (12, 2, 0), (2, 0.9, 0.8)))
    captured = take(source="COLLECTION", collection="To place")
    piece = blend.piece_of(captured, "Sofa")
    assert not piece.fixed
    assert piece.pose.x == pytest.approx(12)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"source": "SELECTED"}, "Nothing is selected"),
        ({"source": "COLLECTION"}, "Choose the collection"),
        ({"source": "COLLECTION", "collection": "Nope"}, "'Nope'"),
    ],
)
def test_a_choice_of_nothing_is_an_error(settings, message):
    bpy.ops.object.select_all(action="DESELECT")
    with pytest.raises(CaptureError, match=message):
        take(**settings)


def test_staleness_notices_moves_new_things_and_shape_changes_but_not_materials():
    chair = blend.box("Chair", (1, 1, 0), (0.5, 0.5, 0.9))
    captured = take()
    chair.data.materials.append(bpy.data.materials.new("Red"))
    assert not is_stale(captured, bpy.context)
    chair.location.x += 0.01
    assert is_stale(captured, bpy.context)
    chair.location.x -= 0.01
    chair.location.x = 1.0
    assert not is_stale(captured, bpy.context)
    extra = blend.box("New", (3, 3, 0), (0.5, 0.5, 0.9))
    assert is_stale(captured, bpy.context)
    bpy.data.objects.remove(extra)
    chair.data.vertices[0].co.x -= 0.2
    chair.data.update()
    assert is_stale(captured, bpy.context)
    bpy.data.objects.remove(chair)
    assert is_stale(captured, bpy.context)


def test_references_find_renamed_objects():
    chair = blend.box("Chair", (1, 1, 0), (0.5, 0.5, 0.9))
    captured = take()
    chair.name = "Throne"
    blend.box("Chair", (3, 3, 0), (0.5, 0.5, 0.9))
    assert captured.objects["chair_1"].get() == chair


def test_three_hundred_objects_are_captured_each_once():
    mesh = blend.box_mesh("Chair", (0.2, 0.2, 0.5), (-0.1, -0.1, 0))
    for i in range(300):
        blend.add("Chair", mesh, (0.2 + i % 20 * 0.28, 0.2 + i // 20 * 0.3, 0))
    captured = take()
    assert len(captured.scene.furniture) == len(set(captured.objects)) == 300
    assert len({id(mesh) for mesh in captured.meshes.values()}) == 1
