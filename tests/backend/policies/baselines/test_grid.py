# SPDX-License-Identifier: GPL-3.0-or-later
"""Holodeck's grid search: hard rules hold, wishes are followed, what does not fit is left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from metaspatial.backend.dialogue import open_dialogue, parse_answer
from metaspatial.backend.policies.baselines.grid import BUFFER, GridPolicy, place_on_grid
from metaspatial.backend.policies.baselines.grid_scores import Constraint, constraints_of, graded
from metaspatial.backend.policies.baselines.wishes import wishes_of
from metaspatial.backend.rewards.boxes import BoxEngine
from metaspatial.backend.rewards.relations import satisfaction
from metaspatial.backend.scene import Furniture, Pose, Relation, Scene
from metaspatial.tests.backend.policies.rooms import bedroom, door, furniture, living_room, rectangle, studio, window


@pytest.mark.parametrize("scene", [bedroom(), living_room(), studio()], ids=lambda scene: scene.name)
@pytest.mark.parametrize("seed", [0, 1])
def test_nothing_overlaps_leaves_the_room_floats_or_blocks_a_door(scene: Scene, seed: int) -> None:
    layout, missing = place_on_grid(scene, seed, seconds=0.2)
    report = BoxEngine().measure(scene, layout)
    assert not report.penetrations
    assert not report.outside
    assert not report.floating
    assert not report.sunk
    assert not [blocked for blocked in report.blocked if blocked.opening.startswith("door")]
    assert set(report.unplaced) == set(missing)


def test_what_does_not_fit_is_left_out_and_named() -> None:
    scene = Scene(rectangle(2.5, 2.5, door(0, 0.2)), furniture(bed=2, wardrobe=2, chair=1))
    text = GridPolicy(0).answer(open_dialogue(scene))
    answer = parse_answer(scene, text)
    missing = [piece.id for piece in scene.movable if piece.id not in answer.layout]
    assert missing
    assert answer.think == f"No free place on the grid for {', '.join(missing)}."


def test_with_no_time_at_all_one_whole_roll_out_is_made() -> None:
    layout, missing = place_on_grid(bedroom(), 0, seconds=0.0)
    assert not missing
    assert len(layout) == len(bedroom().furniture)


def test_more_roll_outs_never_place_fewer_pieces_of_a_full_room() -> None:
    scene = Scene(rectangle(3.2, 2.8, door(0, 0.2)), furniture(bed=1, wardrobe=1, desk=1, dresser=1, armchair=1))
    one, all_of_them = (place_on_grid(scene, 5, seconds)[1] for seconds in (0.0, 30.0))
    assert len(all_of_them) <= len(one)


def test_pieces_stand_five_centimetres_apart_and_at_an_edge_half_a_centimetre_off_it() -> None:
    scene = Scene(rectangle(5.0, 4.0), furniture(wardrobe=1), (Relation("wardrobe_1", "against", "wall"),))
    pose = place_on_grid(scene)[0]["wardrobe_1"]
    half = scene.furniture[0].size[1] / 2
    gaps = (pose.x - half, 5.0 - pose.x - half, pose.y - half, 4.0 - pose.y - half)
    assert min(gaps, key=abs) == pytest.approx(BUFFER / 2 - 0.045, abs=1e-6)


def test_relations_are_followed() -> None:
    relations = (
        Relation("coffee_table_1", "in_front_of", "sofa_1", adjacent=True),
        Relation("armchair_1", "facing", "coffee_table_1"),
        Relation("bookshelf_1", "against", "wall"),
        Relation("plant_1", "far_from", "sofa_1"),
        Relation("painting_1", "above", "sofa_1"),
        Relation("vase_1", "on", "coffee_table_1"),
        Relation("rug_1", "under", "coffee_table_1"),
    )
    pieces = furniture(sofa=1, coffee_table=1, armchair=1, bookshelf=1, plant=1, painting=1, vase=1, rug=1)
    scene = Scene(rectangle(5.0, 4.5, door(0, 0.3)), pieces, relations)
    layout, missing = place_on_grid(scene)
    assert not missing
    grades = [satisfaction(scene, layout, relation).grade for relation in relations]
    assert min(grades) > 0.9


def test_a_preference_in_words_is_followed() -> None:
    scene = Scene(rectangle(6.0, 4.0), furniture(bed=1, desk=1), preference="The desk far from the bed.")
    layout, _ = place_on_grid(scene)
    assert satisfaction(scene, layout, Relation("desk_1", "far_from", "bed_1")).grade == 1.0


def test_wall_pieces_keep_off_windows_and_doors() -> None:
    scene = Scene(
        rectangle(3.0, 3.0, door(0, 1.0), *(window(wall, 0.5, 2.0, f"window_{wall}") for wall in (1, 2))),
        furniture(painting=3),
    )
    layout, missing = place_on_grid(scene)
    assert not missing
    assert BoxEngine().measure(scene, layout).valid


def test_fixed_pieces_of_any_yaw_are_in_the_way() -> None:
    island = replace(furniture(kitchen_island=1)[0], fixed=True, pose=Pose(2.0, 2.0, 0.46, 33.0))
    scene = Scene(rectangle(4.0, 4.0), (island, *furniture(dresser=2, chair=2, vase=1)))
    layout, missing = place_on_grid(scene)
    assert not missing
    assert BoxEngine().measure(scene, layout).valid


def constraints(*relations: Relation) -> tuple[Constraint, ...]:
    pieces = furniture(chair=1, dining_table=1, tv=1, tv_stand=1, sofa=1)
    scene = Scene(rectangle(6.0, 5.0, window(2, 2.0)), pieces, (Relation("tv_1", "on", "tv_stand_1"), *relations))
    return constraints_of(wishes_of(scene), relations[0].subject)


def test_relations_become_holodecks_constraints() -> None:
    asked = constraints(
        Relation("chair_1", "facing", "dining_table_1"), Relation("chair_1", "near", "dining_table_1", adjacent=True)
    )
    assert asked == (
        Constraint("middle"),
        Constraint("face to", "dining_table_1"),
        Constraint("near", "dining_table_1"),
    )


def test_a_television_is_meant_by_its_stand() -> None:
    assert Constraint("face to", "tv_stand_1") in constraints(Relation("sofa_1", "facing", "tv_1"))


def test_holodeck_has_no_word_for_a_window() -> None:
    assert constraints(Relation("sofa_1", "near", "window")) == (Constraint("edge"),)


@pytest.mark.parametrize(
    ("kind", "place", "wanted"),
    [
        ("in front of", (2.0, 1.0, 0.0), 0.5),
        ("in front of", (2.0, 3.0, 0.0), 0.0),
        ("in front of", (2.6, 1.0, 0.0), 0.0),
        ("behind", (2.0, 3.0, 0.0), 0.5),
        ("left of", (3.5, 2.0, 0.0), 0.5),  # the target looks south: its left hand is in the east
        ("right of", (0.5, 2.0, 0.0), 0.5),
        ("right of", (3.5, 2.0, 0.0), 0.0),
        ("face to", (2.0, 4.0, 0.0), 0.5),
        ("face to", (2.0, 4.0, 180.0), 0.0),
        ("face to", (0.5, 2.2, 90.0), 0.5),
        ("face to", (0.5, 4.2, 90.0), 0.0),
        ("face same as", (4.0, 4.0, 360.0), 0.5),
        ("face same as", (4.0, 4.0, 90.0), 0.0),
        ("center aligned", (2.04, 4.0, 0.0), 0.5),
        ("center aligned", (2.06, 4.0, 0.0), 0.0),
    ],
)
def test_a_satisfied_constraint_adds_its_weight(kind: str, place: tuple[float, float, float], wanted: float) -> None:
    target = ((2.0, 2.0, 0.0), (1.0, 0.8, 0.7))
    constraint = Constraint(kind, "target")  # pyright: ignore[reportArgumentType]
    grade = graded([constraint], {"target": target}, np.array([place]), (0.5, 0.5, 0.9), np.ones(1), 0.3)
    assert grade[0] == pytest.approx(1.0 + wanted)


def test_near_pays_less_up_to_eighty_centimetres_and_far_more_all_the_way() -> None:
    target = {"target": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))}
    places = np.array([(1.0, 0.0, 0.0), (1.4, 0.0, 0.0), (1.8, 0.0, 0.0), (4.0, 0.0, 0.0)])  # 0, 0.4, 0.8, 3 m away
    size = (1.0, 1.0, 1.0)
    near = graded([Constraint("near", "target")], target, places, size, np.zeros(4), 0.3)
    far = graded([Constraint("far", "target")], target, places, size, np.zeros(4), 0.3)
    assert near == pytest.approx([1.8, 0.9, 0.0, 0.0])
    assert far == pytest.approx([0.0, 1.8 * 0.4 / 3, 1.8 * 0.8 / 3, 1.8])


def test_a_constraint_to_what_has_no_place_counts_nothing() -> None:
    grade = graded([Constraint("near", "gone")], {}, np.zeros((1, 3)), (1.0, 1.0, 1.0), np.ones(1), 0.3)
    assert grade[0] == 1.0


def test_a_room_too_small_for_anything_is_left_empty() -> None:
    scene = Scene(rectangle(1.2, 1.2), (Furniture("slab_1", "unknown", (3.0, 3.0, 1.0)),))
    layout, missing = place_on_grid(scene)
    assert len(layout) == 0
    assert missing == ("slab_1",)
