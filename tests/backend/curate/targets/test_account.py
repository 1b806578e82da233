# SPDX-License-Identifier: GPL-3.0-or-later
"""Reasoning about layouts that no teacher made: its numbers are the layout's, its words are true."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from metaspatial.backend.curate.generate import generate_scene
from metaspatial.backend.curate.targets import derived, lesson_from, repair
from metaspatial.backend.curate.targets.think import clauses
from metaspatial.backend.policies.solver import place_all
from metaspatial.backend.scene import Furniture, Layout, Pose, Relation, Scene
from metaspatial.tests.backend.curate.rooms import room

BED = Pose(1.0, 2.2, 0.25)
"""Its back to the north wall."""


def lesson_with(nightstand: Pose, *relations: Relation):
    scene = replace(room(), furniture=room().furniture[:2], relations=relations)
    return lesson_from(scene, Layout({"nightstand_1": nightstand, "bed_1": BED}))


@pytest.mark.parametrize("seed", [1, 4, 6])
def test_the_numbers_are_the_layouts(seed: int) -> None:
    scene = generate_scene(seed, pieces=(4, 6))
    lesson = lesson_from(scene, place_all(scene).layout)
    said = derived(scene, lesson.think)
    assert list(said) == list(lesson.layout)
    for id, pose in lesson.layout.poses.items():
        assert math.dist((said[id].x, said[id].y, said[id].z), (pose.x, pose.y, pose.z)) < 0.002
        assert abs((said[id].rotation - pose.rotation + 180.0) % 360.0 - 180.0) <= 0.05


def test_hosts_come_before_what_stands_on_them_and_unmet_relations_are_told() -> None:
    near, far = Relation("nightstand_1", "near", "bed_1"), Relation("nightstand_1", "far_from", "bed_1")
    lesson = lesson_with(Pose(1.95, 3.0, 0.25), near, far)
    assert list(lesson.layout) == ["bed_1", "nightstand_1"]
    assert lesson.unmet == (far,)


@pytest.mark.parametrize(
    ("relation", "words"),
    [
        (
            Relation("nightstand_1", "near", "bed_1"),
            "nightstand_1 beside bed_1 at north_wall, takes 0.45 by 0.4, x 2.175 to 1.725 mid 1.95,",
        ),
        (Relation("nightstand_1", "left_of", "bed_1"), "nightstand_1 left of bed_1 at north_wall,"),
        (Relation("nightstand_1", "right_of", "bed_1"), "nightstand_1 at north_wall,"),
        (Relation("nightstand_1", "near", "door"), "nightstand_1 at north_wall,"),
        (Relation("nightstand_1", "far_from", "door"), "nightstand_1 far from a door at north_wall,"),
    ],
)
def test_only_what_is_true_is_said(relation: Relation, words: str) -> None:
    assert clauses(lesson_with(Pose(1.95, 3.0, 0.25), relation).think)["nightstand_1"].startswith(words)


def test_no_wall_is_named_that_is_not_behind() -> None:
    for pose in (Pose(1.95, 2.5, 0.25), Pose(1.95, 3.0, 0.25, 180.0), Pose(1.95, 3.0, 0.25, 33.5)):
        assert "wall" not in clauses(lesson_with(pose).think)["nightstand_1"]


def test_a_piece_askew_has_its_middle_and_its_angle() -> None:
    lesson = lesson_with(Pose(2.5, 1.5, 0.25, 33.5))
    assert clauses(lesson.think)["nightstand_1"] == "nightstand_1 rotation 33.5, x 2.5, y 1.5"
    assert derived(lesson.scene, lesson.think)["nightstand_1"].rotation == 33.5


def test_fixed_pieces_stand_and_are_not_spoken_of() -> None:
    bed = Furniture("bed_1", "bed", (1.4, 2.0, 0.5), fixed=True, pose=BED)
    scene = Scene(room().room, (bed, room().furniture[1]))
    lesson = lesson_from(scene, Layout({"nightstand_1": Pose(1.95, 3.0, 0.25)}))
    assert lesson.layout["bed_1"] == BED
    assert list(clauses(lesson.think)) == ["nightstand_1"]


def test_repairs_can_be_made_of_it() -> None:
    scene = room()
    assert repair(lesson_from(scene, place_all(scene).layout), 1) is not None
