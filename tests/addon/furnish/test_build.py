# SPDX-License-Identifier: GPL-3.0-or-later
"""Parametric furniture as Blender objects."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Vector
from metaspatial.backend.scene import Furniture
from metaspatial.backend.scene.category import CATEGORIES
from metaspatial.metaspatial_addon.furnish import build_piece
from metaspatial.metaspatial_addon.furnish.build import CATEGORY
from metaspatial.metaspatial_addon.furnish.materials import MARK


@pytest.fixture(autouse=True)
def _empty_file():
    bpy.ops.wm.read_factory_settings(use_empty=True)


@pytest.mark.parametrize("category", [*CATEGORIES, "contraption"])
def test_every_category_builds_at_its_size(category: str):
    size = CATEGORIES[category].size if category in CATEGORIES else (0.6, 0.6, 0.8)
    thing = build_piece(Furniture(f"{category}_1", category, size))
    assert thing.name == f"{category}_1"
    assert thing[CATEGORY] == category
    assert thing.users_collection == (bpy.context.scene.collection,)
    corners = np.array([list(Vector(corner)) for corner in thing.bound_box])
    np.testing.assert_allclose(corners.min(axis=0), (-size[0] / 2, -size[1] / 2, 0.0), atol=1e-4)
    np.testing.assert_allclose(corners.max(axis=0), (size[0] / 2, size[1] / 2, size[2]), atol=1e-4)
    assert not thing.data.validate(verbose=False)
    assert all(slot.material for slot in thing.material_slots)


def test_pieces_share_materials():
    for number in range(4):
        build_piece(Furniture(f"chair_{number}", "chair", (0.48, 0.54, 0.88), material="walnut"), seed=1)
    marks = [material[MARK] for material in bpy.data.materials]
    assert len(marks) == len(set(marks))
    walnut = next(material for material in bpy.data.materials if material[MARK] == "walnut")
    assert walnut.users >= 4


def test_a_material_the_user_changed_is_kept():
    first = build_piece(Furniture("a", "chair", (0.48, 0.54, 0.88), material="oak"), seed=1)
    oak = next(slot.material for slot in first.material_slots if slot.material[MARK] == "oak")
    oak.name, oak.diffuse_color = "My oak", (0.1, 0.2, 0.3, 1.0)
    second = build_piece(Furniture("b", "chair", (0.48, 0.54, 0.88), material="oak"), seed=1)
    assert oak in [slot.material for slot in second.material_slots]
    assert tuple(oak.diffuse_color) == pytest.approx((0.1, 0.2, 0.3, 1.0))


def test_colours_show_in_both_views():
    thing = build_piece(Furniture("sofa_1", "sofa", (2.4, 0.93, 0.92), material="red leather"))
    leather = next(slot.material for slot in thing.material_slots if slot.material[MARK] == "red leather")
    shader = next(node for node in leather.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    assert tuple(leather.diffuse_color)[:3] == pytest.approx(tuple(shader.inputs["Base Color"].default_value)[:3])
    assert leather.diffuse_color[0] > 3 * leather.diffuse_color[2]


def test_a_piece_goes_into_the_collection_asked():
    group = bpy.data.collections.new("Furniture")
    thing = build_piece(Furniture("desk_1", "desk", (1.4, 0.6, 0.75)), group)
    assert thing.users_collection == (group,)


def test_flat_faces_stay_flat_and_round_ones_smooth():
    thing = build_piece(Furniture("lamp", "floor_lamp", (0.4, 0.4, 1.65)), seed=2)
    sharp = thing.data.attributes["sharp_edge"].data
    assert 0 < sum(edge.value for edge in sharp) < len(sharp)
