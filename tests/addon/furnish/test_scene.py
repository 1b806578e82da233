# SPDX-License-Identifier: GPL-3.0-or-later
import math
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from metaspatial.backend.scene import Furniture, Layout, Opening, Pose, Room, Scene, scene_from_json  # noqa: E402
from metaspatial.backend.scene.geometry import footprint, outside_distance  # noqa: E402
from metaspatial.metaspatial_addon.furnish.room import ROLE  # noqa: E402
from metaspatial.metaspatial_addon.furnish.scene import build_scene, moving_day  # noqa: E402

SAMPLES = sorted((Path(__file__).parents[3] / "samples").glob("*.json"))
ROOM = Room(
    ((0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0)), 2.5, (Opening("door_1", "door", 0, 0.3, 0.9, 2.05, 0.0, "in"),)
)
SCENE = Scene(
    ROOM,
    (
        Furniture("bed_1", "bed", (1.6, 2.1, 0.9), pose=Pose(1.0, 1.9, 0.45, 90.0)),
        Furniture("plant_1", "plant", (0.4, 0.4, 1.0)),
        Furniture("stove_1", "stove", (0.6, 0.6, 0.9), fixed=True, pose=Pose(3.7, 2.7, 0.45, 0.0)),
    ),
    name="Test room",
)


@pytest.fixture(autouse=True)
def _empty_file():
    bpy.ops.wm.read_factory_settings(use_empty=True)


def bounds(built):
    points = np.array([(built.matrix_world @ v.co)[:] for v in built.data.vertices])
    return points.min(0), points.max(0)


def test_pieces_stand_where_their_poses_say():
    built = build_scene(SCENE)
    bpy.context.view_layer.update()
    low, high = bounds(built.pieces["bed_1"])
    assert low == pytest.approx((1.0 - 1.05, 1.9 - 0.8, 0.0), abs=2e-3)
    assert high == pytest.approx((1.0 + 1.05, 1.9 + 0.8, 0.9), abs=2e-3)
    low, _ = bounds(built.pieces["plant_1"])
    assert low[0] > 4.2  # unplaced: parked outside
    moved = build_scene(SCENE, Layout({"plant_1": Pose(2.0, 1.0, 0.5, 45.0)}))
    assert moved.pieces["plant_1"].matrix_world.translation[:] == pytest.approx((2.0, 1.0, 0.0))
    assert moved.pieces["plant_1"].matrix_world.to_euler().z == pytest.approx(math.pi / 4)


def test_parked_pieces_do_not_overlap():
    scene = scene_from_json((SAMPLES[0].parent / "living_room.json").read_text())
    built = build_scene(scene, Layout())
    bpy.context.view_layer.update()
    boxes = [bounds(each) for each in built.pieces.values()]
    for i, (low, high) in enumerate(boxes):
        assert low[0] > scene.room.extent[0] + 0.5
        for other_low, other_high in boxes[:i]:
            assert (low[:2] >= other_high[:2] - 1e-3).any() or (high[:2] <= other_low[:2] + 1e-3).any()


def test_the_file_is_ready_to_use():
    built = build_scene(SCENE, collection_name="Flat")
    scene = bpy.context.scene
    assert scene.unit_settings.system == "METRIC"
    assert scene.unit_settings.scale_length == 1.0
    assert scene.camera == built.camera
    assert built.collection.name == "Flat"
    assert [child.name for child in built.collection.children] == ["Room", "Furniture"]
    assert built.collection.children["Room"][ROLE] == "room"
    assert set(built.collection.children["Furniture"].objects) == set(built.pieces.values())


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_moving_day_leaves_a_mess_inside_the_room(path):
    scene = scene_from_json(path.read_text())
    layout = moving_day(scene, 1)
    assert layout == moving_day(scene, 1)
    assert layout != moving_day(scene, 2)
    floor = np.array(scene.room.floor)
    for id, pose in layout.poses.items():
        piece = scene.piece(id)
        assert outside_distance(floor, footprint(piece.size, pose)) == 0
        assert pose.z == pytest.approx(piece.size[2] / 2)
    assert len(layout) >= len(scene.furniture) - (2 if path.stem == "too_small" else 0)


def test_movers_leave_fixed_pieces_alone():
    assert moving_day(SCENE)["stove_1"] == SCENE.piece("stove_1").pose
