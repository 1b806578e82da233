# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

pytest.importorskip("bpy")

from metaspatial.backend.policies.solver import solve
from metaspatial.backend.scene import Furniture, Opening, Relation, Room, Scene
from metaspatial.metaspatial_addon.furnish.meshes import parametric_mesh
from metaspatial.metaspatial_addon.instruments import with_shapes
from metaspatial.metaspatial_addon.physics import BvhEngine

ROOM = Room(((0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0)), 2.5, (Opening("door_1", "door", 0, 0.3, 0.9, 2.05),))
DESK = Furniture("desk_1", "desk", (1.4, 0.7, 0.75))
CHAIR = Furniture("office_chair_1", "office_chair", (0.62, 0.62, 0.97))
SCENE = Scene(ROOM, (DESK, CHAIR), (Relation("office_chair_1", "in_front_of", "desk_1", adjacent=True),))


def test_a_chair_is_pushed_no_further_under_a_desk_than_the_drawn_desk_lets_it():
    scene = with_shapes(SCENE)
    assert all(piece.parts for piece in scene.furniture)
    for seed in range(3):
        layout = solve(scene, seed=seed, seconds=0.5)[0].layout
        assert BvhEngine(parametric_mesh).measure(scene, layout).valid


def test_known_parts_and_plain_boxes_stay():
    wardrobe = Furniture("wardrobe_1", "wardrobe", (1.0, 0.6, 2.0))
    shaped = with_shapes(Scene(ROOM, (DESK, wardrobe)))
    assert with_shapes(shaped) == shaped
    assert shaped.piece("wardrobe_1") == wardrobe
