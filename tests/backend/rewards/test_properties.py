# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for the score of any layout of any sound scene."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from metaspatial.backend.rewards.relations import satisfaction
from metaspatial.backend.rewards.scorer import Scorer
from metaspatial.backend.rewards.total import reweighed
from metaspatial.backend.rewards.weights import STAGES
from metaspatial.backend.scene import Furniture, Layout, Opening, Pose, Relation, Room, Scene
from metaspatial.backend.scene.geometry import signed_distance
from metaspatial.backend.scene.model import PREDICATES
from metaspatial.tests.strategies import layouts, metres, pieces, poses, scenes

SCORER = Scorer()
PARTS = ("total", "format", "physics", "function")
relaxed = settings(deadline=None, max_examples=25)


def grades(score):
    return tuple(getattr(score, part) for part in PARTS)


def same(a, b, off=1e-6):
    return all(x is y is None or x == pytest.approx(y, abs=off) for x, y in zip(grades(a), grades(b), strict=True))


@st.composite
def arranged(draw, complete=False, max_pieces=5, **of_scene):
    scene = draw(scenes(max_pieces=max_pieces, **of_scene))
    return scene, draw(layouts(scene, complete))


@relaxed
@given(arranged())
def test_every_grade_is_from_0_to_1(case):
    scene, layout = case
    score = SCORER.score(scene, layout)
    movable = {piece.id for piece in scene.movable}
    assert all(0.0 <= grade <= 1.0 for grade in grades(score) if grade is not None)
    assert score.pieces.keys() == movable
    assert all(0.0 <= grade <= 1.0 for each in score.pieces.values() for grade in each.values())
    assert all(math.isfinite(issue.amount) and issue.amount >= 0.0 for issue in score.issues)
    assert score.total > 0.999 or score.issues


@relaxed
@given(arranged())
def test_the_same_layout_always_has_the_same_score(case):
    scene, layout = case
    assert Scorer().score(scene, layout) == SCORER.score(dataclasses.replace(scene), layout)


@relaxed
@given(arranged(), st.randoms())
def test_the_order_of_furniture_and_relations_does_not_matter(case, random):
    scene, layout = case
    assume(_unambiguous(scene))
    furniture, relations = list(scene.furniture), list(scene.relations)
    random.shuffle(furniture)
    random.shuffle(relations)
    shuffled = dataclasses.replace(scene, furniture=tuple(furniture), relations=tuple(relations))
    turned = Layout(dict(reversed(layout.poses.items())))
    assert same(SCORER.score(shuffled, turned), SCORER.score(scene, layout))


def _unambiguous(scene):
    """No piece is asked to stand on two things: the first of them decides how it is mounted."""
    on = [relation.subject for relation in scene.relations if relation.predicate == "on"]
    return len(on) == len(set(on))


@relaxed
@given(arranged(fixed=False), st.data())
def test_taking_a_piece_away_never_pays(case, data):
    scene, layout = case
    assume(len(layout.poses))
    id = data.draw(st.sampled_from(sorted(layout.poses)))
    angle, distance = data.draw(st.floats(0, math.tau)), data.draw(st.floats(15.0, 300.0))
    pose = layout[id]
    away = dataclasses.replace(pose, x=pose.x + distance * math.cos(angle), y=pose.y + distance * math.sin(angle))
    gone = Layout({other: pose for other, pose in layout.poses.items() if other != id})
    before = SCORER.score(scene, layout)
    for layout_without in (gone, layout.moved({id: away})):
        after = SCORER.score(scene, layout_without)
        assert after.physics <= before.physics + 1e-9
        assert (after.function or 0.0) <= (before.function or 0.0) + 1e-9
        assert after.total <= before.total + 1e-9
    for stage in STAGES:
        assert reweighed(after, stage.weights).total <= reweighed(before, stage.weights).total + 1e-9


@relaxed
@given(arranged(fixed=False, max_pieces=4), st.data())
def test_taking_pieces_away_one_after_the_other_never_pays(case, data):
    scene, layout = case
    last = SCORER.score(scene, layout).total
    for id in data.draw(st.permutations(sorted(layout.poses))):
        layout = Layout({other: pose for other, pose in layout.poses.items() if other != id})
        total = SCORER.score(scene, layout).total
        assert total <= last + 1e-9
        last = total


def _met(scene, layout):
    """Relations of the scene that the layout meets fully, of pieces that are there."""
    return [relation for relation in scene.relations if satisfaction(scene, layout, relation).grade == 1.0]


@relaxed
@given(arranged(complete=True), st.data())
def test_a_satisfied_relation_given_again_changes_nothing(case, data):
    scene, layout = case
    met = _met(scene, layout)
    assume(met)
    again = dataclasses.replace(scene, relations=(*scene.relations, data.draw(st.sampled_from(met))))
    assert SCORER.score(again, layout) == SCORER.score(scene, layout)


@relaxed
@given(arranged())
def test_walls_dilute_nothing(case):
    """The same floor drawn with more walls: the same grades."""
    scene, layout = case
    room = dataclasses.replace(scene.room, openings=())
    (ax, ay), (bx, by) = room.floor[:2]
    corners = [((1 - t) * ax + t * bx, (1 - t) * ay + t * by) for t in (0.25, 0.5, 0.75)]
    finer = dataclasses.replace(room, floor=(room.floor[0], *corners, *room.floor[1:]))
    grades = [SCORER.score(dataclasses.replace(scene, room=r, relations=()), layout).physics for r in (room, finer)]
    assert grades[0] == pytest.approx(grades[1], abs=1e-6)


ROOM = Room(((0, 0), (6, 0), (6, 5), (0, 5)), 2.7, (Opening("door_1", "door", 0, 0.4, 0.9, 2.0, swing="in"),))
TWELVE = (
    Furniture("bed_1", "bed", (1.6, 2.0, 0.5)),
    Furniture("wardrobe_1", "wardrobe", (1.5, 0.6, 2.1)),
    *(Furniture(f"box_{k}", "box", (0.4, 0.4, 0.4)) for k in range(10)),
)
FREE = Layout(
    {
        "bed_1": Pose(3.0, 4.0, 0.25, 0),
        "wardrobe_1": Pose(5.69, 2.5, 1.05, 270),
        **{f"box_{k}": Pose(0.3 + 0.5 * (k % 2), 1.6 + 0.5 * (k // 2), 0.2, 0) for k in range(10)},
    }
)
SCENE = Scene(ROOM, TWELVE)


def physics(**poses):
    return SCORER.score(SCENE, FREE.moved(poses)).physics


def test_the_free_layout_is_sound():
    assert SCORER.score(SCENE, FREE).physics == 1.0


FAULTS = {
    "deeper in another": (lambda d: {"box_0": Pose(2.0, 1.0, 0.2), "box_2": Pose(2.4 - d, 1.0, 0.2)}, 0.4),
    "farther outside": (lambda d: {"wardrobe_1": Pose(5.7 + d, 2.5, 1.05, 270)}, 900.0),
    "higher in the air": (lambda d: {"bed_1": Pose(3.0, 4.0, 0.25 + d, 0)}, 2.0),
    "deeper in the floor": (lambda d: {"bed_1": Pose(3.0, 4.0, 0.25 - d, 0)}, 0.45),
    "deeper in the door's way": (lambda d: {"box_0": Pose(0.85, 1.1 - d, 0.2)}, 0.39),
}


@pytest.mark.parametrize("fault", FAULTS)
@relaxed
@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_smaller_fault_always_scores_higher(fault, one, other):
    """Measured by the engine, from nothing to the whole: strictly above the tolerance, never lower below it."""
    place, most = FAULTS[fault]
    small, large = sorted((one * most, other * most))
    assume(large - small > 1e-4 * max(1.0, large))
    assert physics(**place(small)) >= physics(**place(large))
    if large > 0.006:
        assert physics(**place(small)) > physics(**place(large))


@pytest.mark.parametrize("fault", FAULTS)
@relaxed
@given(st.floats(0.0, 1.0))
def test_a_hair_more_of_a_fault_costs_a_hair_more(fault, share):
    place, most = FAULTS[fault]
    amount = share * min(most, 1.0)
    assert physics(**place(amount)) - physics(**place(amount + 1e-4)) < 0.005


@pytest.mark.parametrize(
    ("id", "pose", "least", "most"),
    [
        ("box_0", Pose(3.0, 4.0, 0.2), 0.10, 0.20),  # wholly inside the bed, where nobody sees it
        ("box_0", Pose(0.85, 0.5, 0.2), 0.15, 0.45),  # before the door
        ("box_0", Pose(0.3, 1.6, 0.7), 0.30, 0.85),  # half a metre in the air
        ("box_0", Pose(9.0, 1.6, 0.2), 0.70, 0.95),  # outside
    ],
    ids=["inside another", "before the door", "in the air", "outside"],
)
def test_one_bad_piece_of_twelve_matters(id, pose, least, most):
    """What physics loses: 1 of 12 and its neighbour at least, most of everything where it is gone.

    By MetaSpatial's formula, an overlapping pair among twelve costs 0.0013 and a piece outside nothing.
    """
    assert least < 1.0 - physics(**{id: pose}) < most


def _turned(scene, layout, quarter):
    """The same room turned about the vertical by quarters, back at the origin, its walls named anew."""
    angle = quarter * math.pi / 2
    c, s = round(math.cos(angle)), round(math.sin(angle))
    floor = np.array(scene.room.floor) @ np.array([[c, s], [-s, c]])
    off = -floor.min(0)
    room = dataclasses.replace(scene.room, floor=tuple(map(tuple, (floor + off).tolist())))

    def turned(pose):
        return Pose(
            pose.x * c - pose.y * s + off[0],
            pose.x * s + pose.y * c + off[1],
            pose.z,
            (pose.rotation + 90 * quarter) % 360,
        )

    sides = ("south_wall", "east_wall", "north_wall", "west_wall")

    def named(anchor):
        return sides[(sides.index(anchor) + quarter) % 4] if anchor in sides else anchor

    furniture = tuple(
        dataclasses.replace(piece, pose=None if piece.pose is None else turned(piece.pose)) for piece in scene.furniture
    )
    relations = tuple(dataclasses.replace(relation, anchor=named(relation.anchor)) for relation in scene.relations)
    poses = {id: turned(pose) for id, pose in layout.poses.items()}
    return dataclasses.replace(scene, room=room, furniture=furniture, relations=relations), Layout(poses)


@relaxed
@given(arranged(max_pieces=5), st.integers(1, 3))
def test_turning_the_whole_room_changes_nothing(case, quarter):
    """But for what lies on a cell's very border of the walkway's grid, so function is compared with a margin."""
    scene, layout = case
    a, b = SCORER.score(scene, layout), SCORER.score(*_turned(scene, layout, quarter))
    assert b.physics == pytest.approx(a.physics, abs=1e-6)
    assert b.format == a.format
    if a.function is not None:
        assert b.function == pytest.approx(a.function, abs=0.02)


MIRRORED = {"left_of": "right_of", "right_of": "left_of"}


@relaxed
@given(st.floats(-1, 1), st.floats(-1, 1), st.integers(0, 3), st.sampled_from(["left_of", "right_of"]), st.booleans())
def test_left_and_right_are_mirror_images(dx, dy, quarter, predicate, adjacent):
    """In a room mirrored about its middle, left becomes right and every grade stays."""
    table, chair = Furniture("desk_1", "desk", (1.2, 0.6, 0.75)), Furniture("box_1", "box", (0.4, 0.5, 0.4))
    room = Room(((0, 0), (6, 0), (6, 6), (0, 6)), 2.7)

    def function(x, rotation, word):
        scene = Scene(room, (table, chair), (Relation("box_1", word, "desk_1", adjacent),))
        layout = Layout({"desk_1": Pose(3.0, 3.0, 0.375, rotation), "box_1": Pose(x, 3.0 + 2 * dy, 0.2)})
        return SCORER.score(scene, layout).pieces["box_1"]["function"]

    rotation = 90.0 * quarter
    mirrored = function(3.0 - 2 * dx, -rotation % 360, MIRRORED[predicate])
    assert function(3.0 + 2 * dx, rotation, predicate) == pytest.approx(mirrored, abs=1e-6)


@st.composite
def related(draw):
    """Two pieces in a room without openings, and a relation between them."""
    one, other = draw(pieces(ROOM, 1, fixed=False)), draw(pieces(ROOM, 2, fixed=False))
    relation = Relation(other.id, draw(st.sampled_from(PREDICATES)), one.id, draw(st.booleans()))
    return Scene(ROOM, (one, other), (relation,)), Layout({p.id: draw(poses(ROOM)) for p in (one, other)})


@relaxed
@given(related(), metres(-3, 3), metres(-3, 3))
def test_a_dependant_moves_with_its_anchor(case, dx, dy):
    """A relation is measured from where its anchor stands: moved together, both keep it."""
    scene, layout = case
    poses = {id: dataclasses.replace(pose, x=pose.x + dx, y=pose.y + dy) for id, pose in layout.poses.items()}
    before, after = (satisfaction(scene, each, scene.relations[0]) for each in (layout, Layout(poses)))
    assert after.grade == pytest.approx(before.grade, abs=1e-6)


def test_the_room_of_these_tests_has_its_pieces_inside():
    points = [(pose.x, pose.y) for pose in FREE.poses.values()]
    assert (signed_distance(ROOM.floor, points) > 0).all()
