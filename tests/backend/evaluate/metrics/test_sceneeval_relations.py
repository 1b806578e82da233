# SPDX-License-Identifier: GPL-3.0-or-later
"""SceneEval's relations at their thresholds."""

from __future__ import annotations

import math

import pytest
from metaspatial.backend.evaluate.metrics.sceneeval_relations import (
    in_range,
    object_score,
    room_score,
    sceneeval_relations,
)
from metaspatial.backend.scene import Furniture, Relation
from metaspatial.tests.backend.evaluate.metrics.blocks import DOOR, arranged, cube, scene, usual

WHERE = scene(cube("a", 0.5), cube("b", 0.5))


def between(relation, a, b=(2, 2)):
    return object_score(arranged(WHERE, a=a, b=b), relation)


def to_room(relation, *at, piece=None):
    piece = piece or cube("a", 0.5)
    where = scene(piece, openings=(DOOR,))
    return room_score(arranged(where, **{piece.id: at}), relation)


def test_scores_fall_off_as_a_gaussian():
    assert in_range(0.3, (0.0, 0.5), 0.25) == 1.0
    assert in_range(0.75, (0.0, 0.5), 0.25) == pytest.approx(math.exp(-0.5))


@pytest.mark.parametrize(("gap", "met"), [(0.0, True), (0.5, True), (0.78, True), (0.81, False)])
def test_next_to_passes_up_to_where_its_score_is_a_half(gap, met):
    assert (between(Relation("a", "near", "b", adjacent=True), (2.5 + gap, 2)) >= 0.5) == met


@pytest.mark.parametrize(("gap", "met"), [(0.2, True), (1.4, True), (1.82, False)])
def test_near_is_next_to_or_near(gap, met):
    where = scene(cube("a", 0.1), cube("b", 0.1))
    found = arranged(where, a=(0.5, 2), b=(0.6 + gap, 2))
    assert (object_score(found, Relation("a", "near", "b")) >= 0.5) == met


@pytest.mark.parametrize(("gap", "met"), [(1.0, False), (1.25, True), (2.9, True)])
def test_far_is_across_or_far(gap, met):
    where = scene(cube("a", 0.1), cube("b", 0.1))
    found = arranged(where, a=(0.5, 2), b=(0.6 + gap, 2))
    assert (object_score(found, Relation("a", "far_from", "b")) >= 0.5) == met


@pytest.mark.parametrize(("turn", "met"), [(0, True), (13, True), (18, False), (90, False), (180, False)])
def test_facing_passes_up_to_about_fifteen_degrees(turn, met):
    found = arranged(WHERE, a=(2, 2.5, turn), b=(2, 0.5))
    assert (object_score(found, Relation("a", "facing", "b")) >= 0.5) == met


def test_whoever_looks_at_a_wide_piece_faces_it():
    """All rays run along the front, so where they meet it is ahead."""
    wide = scene(cube("a", 0.5), Furniture("b", "box", (4.0, 0.1, 2.0)))
    found = arranged(wide, a=(2, 2.5, 18), b=(2, 0.05))
    assert object_score(found, Relation("a", "facing", "b")) > 0.9


@pytest.mark.parametrize(
    ("predicate", "at"),
    [("left_of", (2.6, 2)), ("right_of", (1.4, 2)), ("in_front_of", (2, 1.4)), ("behind", (2, 2.6))],
)
def test_sides_are_the_anchors_own(predicate, at):
    others = {"left_of", "right_of", "in_front_of", "behind"} - {predicate}
    assert between(Relation("a", predicate, "b"), at) == 1.0
    assert all(between(Relation("a", other, "b"), at) == 0.0 for other in others)


@pytest.mark.parametrize(("y", "met"), [(2.2, True), (2.35, False)])
def test_half_of_a_piece_has_to_be_within_the_side_and_a_quarter(y, met):
    assert (between(Relation("a", "left_of", "b"), (2.6, y)) >= 0.5) == met


def test_adjacent_sides_are_next_to_it():
    far = Relation("a", "left_of", "b", adjacent=True)
    assert between(far, (3.4, 2)) < 0.5 <= between(far, (2.6, 2))


def test_on_top_and_above():
    assert between(Relation("a", "on", "b"), (2, 2, 0, 0.5)) == 1.0
    assert between(Relation("a", "on", "b"), (2.3, 2, 0, 0.5)) < 0.5
    assert between(Relation("a", "above", "b"), (2, 2, 0, 1.5)) == 1.0
    assert between(Relation("a", "under", "b"), (2, 2)) is None


@pytest.mark.parametrize(("gap", "met"), [(0.0, True), (0.3, True), (0.4, True), (0.42, False)])
def test_against_a_wall(gap, met):
    assert (to_room(Relation("a", "against", "north_wall"), 2, 3.75 - gap) >= 0.5) == met


@pytest.mark.parametrize(("gap", "met"), [(0.0, True), (0.02, True), (0.03, False)])
def test_mounted_on_a_wall(gap, met):
    relation = Relation("painting_1", "on", "wall")
    assert (to_room(relation, 2, 3.98 - gap, 0, 1.4, piece=usual("painting_1")) >= 0.5) == met


@pytest.mark.parametrize(("gap", "met"), [(0.0, True), (0.8, True), (1.2, False)])
def test_in_a_corner(gap, met):
    assert (to_room(Relation("a", "in_corner", "corner"), 3.75, 3.75 - gap) >= 0.5) == met
    assert not met or to_room(Relation("a", "in_corner", "corner"), 3.75, 2.0) < 0.5


def test_ceiling_door_and_middle():
    lamp = usual("ceiling_lamp_1")
    hung = Relation("ceiling_lamp_1", "on", "ceiling")
    assert to_room(hung, 2, 2, 0, 2.65, piece=lamp) >= 0.5 > to_room(hung, 2, 2, 0, 2.55, piece=lamp)
    by_door = Relation("a", "near", "door_1", adjacent=True)
    assert to_room(by_door, 2, 0.3) == 1.0
    assert to_room(by_door, 2, 3.5) < 0.5
    # spread 0.5 * 0.5 + 1 - 0.5 / 4 = 1.125 m: half at 1.32 m
    middle = Relation("a", "centered_on", "middle")
    assert to_room(middle, 2 + 1.3, 2) >= 0.5 > to_room(middle, 2 + 1.35, 2)


def test_shares_count_the_unplaced_as_failed_and_leave_out_what_has_no_such_relation():
    where = scene(
        cube("a", 0.5), cube("b", 0.5),
        relations=(
            Relation("a", "near", "b"), Relation("a", "near", "b"), Relation("a", "facing", "b"),
            Relation("a", "aligned_with", "b"), Relation("a", "against", "wall"), Relation("b", "aligned_with", "wall"),
        ),
    )  # fmt: skip
    both = sceneeval_relations(arranged(where, a=(2, 3.75, 90), b=(2, 3)))
    assert both == {"sceneeval.oor": 0.5, "sceneeval.oar": 1.0}
    assert sceneeval_relations(arranged(where, a=(2, 3.75))) == {"sceneeval.oor": 0.0, "sceneeval.oar": 1.0}
    assert sceneeval_relations(arranged(where, b=(2, 3))) == {"sceneeval.oor": 0.0, "sceneeval.oar": 0.0}
    assert sceneeval_relations(arranged(scene(cube("a")), a=(2, 2))) == {"sceneeval.oor": None, "sceneeval.oar": None}
