# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's own models: found by name, read without side effects, fitted to the piece."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from metaspatial.backend.scene import Furniture, Layout, Pose, Room, Scene
from metaspatial.metaspatial_addon.furnish.build import CATEGORY
from metaspatial.metaspatial_addon.furnish.library import (
    Asset,
    Source,
    assets_in_folder,
    assets_in_libraries,
    furnish,
    load_asset,
)
from metaspatial.metaspatial_addon.furnish.scene import build_scene

ROOM = Room(((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)), 2.5)
CHAIR = Furniture("chair_1", "chair", (0.5, 0.5, 1.0))


@pytest.fixture(autouse=True)
def _empty_file():
    bpy.ops.wm.read_factory_settings(use_empty=True)


def chair_object(size=(0.5, 0.5, 1.0), name: str = "Chair") -> bpy.types.Object:
    """A seat, and a back at +Y as its child, offset from the world's origin."""
    seat = block(name, (size[0], size[1], size[2] / 2), (3.0, 1.0, 0.0))
    back = block(f"{name} part", (size[0], size[1] / 5, size[2] / 2), (0.0, 0.4 * size[1], size[2] / 2))
    back.parent = seat
    return seat


def block(name: str, size: tuple[float, float, float], at: tuple[float, float, float]) -> bpy.types.Object:
    mesh = bpy.data.meshes.new(name)
    corners = [((x - 0.5) * size[0], (y - 0.5) * size[1], z * size[2]) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    mesh.from_pydata(corners, [], faces)
    thing = bpy.data.objects.new(name, mesh)
    thing.location = at
    bpy.context.scene.collection.objects.link(thing)
    return thing


def save_blend(path: Path) -> Path:
    bpy.ops.wm.save_as_mainfile(filepath=str(path), check_existing=False)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return path


def save_glb(path: Path) -> Path:
    bpy.ops.export_scene.gltf(filepath=str(path))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return path


def extent(root: bpy.types.Object) -> tuple[np.ndarray, np.ndarray]:
    """World bounds of everything below a root, instances included."""
    bpy.context.view_layer.update()
    cloud = []
    for each in bpy.context.evaluated_depsgraph_get().object_instances:
        if each.object.type == "MESH":
            cloud += [each.matrix_world @ vertex.co for vertex in each.object.data.vertices]
    points = np.array(cloud)
    return points.min(axis=0), points.max(axis=0)


def back_middle(root: bpy.types.Object) -> np.ndarray:
    """Middle of the upper half: where the back is."""
    bpy.context.view_layer.update()
    cloud = np.array(
        [
            each.matrix_world @ vertex.co
            for each in bpy.context.evaluated_depsgraph_get().object_instances
            if each.object.type == "MESH"
            for vertex in each.object.data.vertices
        ]
    )
    return cloud[cloud[:, 2] > 0.6 * cloud[:, 2].max()].mean(axis=0)


def test_files_are_found_by_their_names(tmp_path: Path):
    for name in ("oak_chair 2.glb", "Sofa.gltf", "beds/ikea.glb", "notes.txt", "thing.glb", "broken desk.blend"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = assets_in_folder(tmp_path)
    assert {category: [asset.name for asset in assets] for category, assets in found.items()} == {
        "chair": ["oak_chair 2"], "sofa": ["Sofa"], "bed": ["ikea"], "desk": ["broken desk"],
    }  # fmt: skip


@pytest.mark.parametrize("link", [False, True])
def test_a_blend_becomes_the_piece(tmp_path: Path, link: bool):
    chair_object()
    asset = Asset("chair", "chair", save_blend(tmp_path / "chair.blend"))
    root = load_asset(asset, CHAIR, Source(link=link))
    low, high = extent(root)
    np.testing.assert_allclose(low, (-0.25, -0.25, 0.0), atol=1e-5)
    np.testing.assert_allclose(high, (0.25, 0.25, 1.0), atol=1e-5)
    assert back_middle(root)[1] > 0.1
    assert root.name == "chair_1"
    assert root[CATEGORY] == "chair"
    assert root.type == "EMPTY"


def test_moving_the_root_moves_the_model(tmp_path: Path):
    chair_object()
    root = load_asset(Asset("chair", "chair", save_blend(tmp_path / "chair.blend")), CHAIR, Source())
    root.location = (5.0, 6.0, 0.0)
    low, high = extent(root)
    np.testing.assert_allclose((low + high) / 2, (5.0, 6.0, 0.5), atol=1e-5)


def test_a_glb_becomes_the_piece(tmp_path: Path):
    chair_object()
    root = load_asset(Asset("chair", "chair", save_glb(tmp_path / "chair.glb")), CHAIR, Source())
    low, high = extent(root)
    np.testing.assert_allclose(low, (-0.25, -0.25, 0.0), atol=1e-4)
    np.testing.assert_allclose(high, (0.25, 0.25, 1.0), atol=1e-4)
    assert back_middle(root)[1] > 0.1


def test_nearly_right_proportions_are_stretched_others_fitted(tmp_path: Path):
    chair_object((0.52, 0.5, 1.05))
    asset = Asset("chair", "chair", save_blend(tmp_path / "chair.blend"))
    low, high = extent(load_asset(asset, CHAIR, Source()))
    np.testing.assert_allclose(high - low, CHAIR.size, atol=1e-5)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    wide = Furniture("chair_1", "chair", (1.0, 0.5, 1.0))
    low, high = extent(load_asset(asset, wide, Source()))
    np.testing.assert_allclose((high - low) / (0.52, 0.5, 1.05), (high - low)[0] / 0.52, rtol=1e-5)
    assert (high - low <= np.array(wide.size) + 1e-5).all()
    assert high[1] == pytest.approx(0.25, abs=1e-5)
    assert low[2] == pytest.approx(0.0, abs=1e-5)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    low, high = extent(load_asset(asset, CHAIR, Source(scale="fit")))
    np.testing.assert_allclose((high - low) / (0.52, 0.5, 1.05), (high - low)[0] / 0.52, rtol=1e-5)


@pytest.mark.parametrize(("front", "turn"), [("-Y", 0), ("+Y", 180), ("-X", -90), ("+X", 90)])
def test_the_front_axis_is_turned_to_the_front(tmp_path: Path, front, turn: float):
    seat = chair_object()
    seat.rotation_euler.z = np.radians(turn)
    asset = Asset("chair", "chair", save_blend(tmp_path / "chair.blend"))
    assert back_middle(load_asset(asset, CHAIR, Source(front=front)))[1] > 0.1


@pytest.mark.parametrize("kind", ["object", "collection"])
def test_marked_assets_are_used_from_libraries(tmp_path: Path, kind: str):
    seat = chair_object(name="Windsor Chair")
    block("Chair not marked", (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    if kind == "collection":
        group = bpy.data.collections.new("Windsor Chair")
        bpy.context.scene.collection.children.link(group)
        for thing in (seat, *seat.children):
            group.objects.link(thing)
        group.asset_mark()
    else:
        seat.asset_mark()
    save_blend(tmp_path / "stock.blend")
    before = len(bpy.data.objects)
    library = bpy.context.preferences.filepaths.asset_libraries.new(name="Stock", directory=str(tmp_path))
    try:
        assets = assets_in_libraries()
    finally:
        bpy.context.preferences.filepaths.asset_libraries.remove(library)
    assert [asset.name for asset in assets["chair"]] == ["Windsor Chair"]
    assert len(bpy.data.objects) == before
    assert not bpy.data.libraries
    low, high = extent(load_asset(assets["chair"][0], CHAIR, Source(assets)))
    np.testing.assert_allclose(high - low, CHAIR.size, atol=1e-5)


def test_a_catalog_tells_what_a_name_does_not(tmp_path: Path):
    thing = block("SKU 4711", (0.5, 0.5, 1.0), (0.0, 0.0, 0.0))
    thing.asset_mark()
    identity = "6e0bb1b4-5a0f-4a3b-8ac1-1c1a3a5b0001"
    thing.asset_data.catalog_id = identity
    save_blend(tmp_path / "stock.blend")
    (tmp_path / "blender_assets.cats.txt").write_text(f"VERSION 1\n\n{identity}:Furniture/Chairs:Furniture-Chairs\n")
    assert [asset.name for asset in assets_in_folder(tmp_path)["chair"]] == ["SKU 4711"]


def test_a_scene_is_furnished_from_both(tmp_path: Path):
    chair_object()
    save_blend(tmp_path / "chair.blend")
    (tmp_path / "sofa.glb").write_bytes(b"not a model")
    sofa, desk = Furniture("sofa_1", "sofa", (2.0, 0.9, 0.9)), Furniture("desk_1", "desk", (1.4, 0.6, 0.75))
    made = furnish(Scene(ROOM, (CHAIR, sofa, desk)), Source(assets_in_folder(tmp_path)))
    assert made.sources == {"chair_1": "chair", "sofa_1": "parametric", "desk_1": "parametric"}
    assert set(made.objects) == {"chair_1", "sofa_1", "desk_1"}
    assert len(made.notes) == 1
    assert "sofa.glb" in made.notes[0]


def test_a_built_scene_stands_its_models_where_the_layout_says(tmp_path: Path):
    chair_object()
    save_glb(tmp_path / "chair.glb")
    scene = Scene(ROOM, (CHAIR, Furniture("desk_1", "desk", (1.2, 0.6, 0.75))))
    layout = Layout({"chair_1": Pose(1.0, 2.0, 0.5, 90.0), "desk_1": Pose(3.0, 2.0, 0.375)})
    built = build_scene(scene, layout, source=Source(assets_in_folder(tmp_path)))
    bpy.context.view_layer.update()
    parts = [part for part in built.pieces["chair_1"].children_recursive if part.type == "MESH"]
    points = np.array([part.matrix_world @ vertex.co for part in parts for vertex in part.data.vertices])
    low, high = points.min(axis=0), points.max(axis=0)
    assert (low + high) / 2 == pytest.approx((1.0, 2.0, 0.5), abs=1e-3)
    assert high - low == pytest.approx((0.5, 0.5, 1.0), abs=1e-3)
    assert built.pieces["desk_1"].type == "MESH"
    assert built.notes == ()


def test_drivers_do_not_come_along(tmp_path: Path):
    seat = chair_object()
    seat.driver_add("location", 0).driver.expression = "1 + 1"
    root = load_asset(Asset("chair", "chair", save_blend(tmp_path / "chair.blend")), CHAIR, Source())
    for thing in root.children_recursive:
        assert thing.animation_data is None or not thing.animation_data.drivers


def test_a_model_goes_into_the_collection_asked(tmp_path: Path):
    chair_object()
    asset = Asset("chair", "chair", save_blend(tmp_path / "chair.blend"))
    group = bpy.data.collections.new("Furniture")
    bpy.context.scene.collection.children.link(group)
    root = load_asset(asset, CHAIR, Source(), group)
    assert {holder for thing in (root, *root.children_recursive) for holder in thing.users_collection} == {group}
