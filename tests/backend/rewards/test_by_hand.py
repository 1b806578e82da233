# SPDX-License-Identifier: GPL-3.0-or-later
"""Layouts small enough to grade on paper. Each test's comment is the sum.

Physics: faults count beyond the tolerance of 5 mm. With lim(x) = x / (1 + x), errors are lim(2 depth / thickness) for
an overlap, metres + 2 share outside, height / 0.1 m in the air or sunk, depth / 0.3 m before an opening. A piece is
absent by a = (1 - (1 - share outside) (1 - lim(height / 0.1)))^2, which adds a to every other piece's errors and
a (n - 1) to its own; everybody's errors grow by 0.75 max(lim(sum of lim(depth / 0.3) of what blocks doors), largest a).
A piece whose errors sum to e is graded (1 + e)^-2; physics is the mean.

Function: a relation is graded (1 + metres / 0.75)^-2 or (1 + degrees / 45)^-2 beyond its tolerance, free floor
(1 + metres / 0.4)^-2; the layout's grade is the mean over pieces that are asked something, times the product of 1 - a.

Total: 0.2 format + 0.4 physics + 0.4 function, without function (format + 2 physics) / 3.
"""

import pytest
from metaspatial.backend.dialogue import parse_answer
from metaspatial.backend.rewards.scorer import Scorer
from metaspatial.backend.scene import Furniture, Layout, Opening, Pose, Relation, Room, Scene

FLOOR = ((0, 0), (5, 0), (5, 4), (0, 4))
ROOM = Room(FLOOR, 2.7)
DOOR = Room(FLOOR, 2.7, (Opening("door_1", "door", 0, 2.0, 0.9, 2.0, swing="in"),))
A, B = Furniture("box_1", "box", (0.4, 0.4, 0.4)), Furniture("box_2", "box", (0.4, 0.4, 0.4))


def graded(room, placed, *relations):
    scene = Scene(room, tuple(piece for piece, _ in placed), relations)
    return Scorer().score(scene, Layout({piece.id: Pose(*pose) for piece, pose in placed if pose}))


def test_two_boxes_in_each_other():
    # 0.105 m deep: error lim(2 * 0.1 / 0.4) = lim(0.5) = 1/3 for both; (4/3)^-2 = 0.5625
    score = graded(ROOM, [(A, (2.0, 2.0, 0.2)), (B, (2.295, 2.0, 0.2))])
    assert score.physics == pytest.approx(0.5625)
    assert score.function is None
    assert score.total == pytest.approx((1 + 2 * 0.5625) / 3)  # 0.7083


def test_a_box_in_the_air():
    # 0.105 m high: error 1, a = (1 - 1/2)^2 = 0.25; everybody: 0.75 * 0.25 = 0.1875
    # box_1: 1 + 0.25 * 1 + 0.1875 = 1.4375; box_2: 0.25 + 0.1875 = 0.4375
    score = graded(ROOM, [(A, (2.0, 2.0, 0.305)), (B, (3.0, 2.0, 0.2))])
    assert score.physics == pytest.approx((2.4375**-2 + 1.4375**-2) / 2)  # 0.3261


def test_a_box_half_outside():
    # reach 0.2 m, 0.195 beyond the tolerance; share 1/2: error 0.195 + 1; a = 0.25; everybody 0.1875
    score = graded(ROOM, [(A, (0.0, 2.0, 0.2))])
    assert score.physics == pytest.approx((1 + 1.195 + 0.1875) ** -2)  # 0.1762


def test_a_box_in_the_floor():
    # sunk 0.055 m: 0.05 / 0.1 = 0.5; as much outside: 0.05 + 2 * 0.055 / 0.4 = 0.325; a = 0.1375^2
    score = graded(ROOM, [(A, (2.0, 2.0, 0.145))])
    assert score.physics == pytest.approx((1 + 0.5 + 0.325 + 0.75 * 0.1375**2) ** -2)  # 0.2956


def test_a_box_before_the_door():
    # The leaf sweeps 0.9 m; 0.305 m deep: own error 1; shut lim(lim(1)) = lim(0.5) = 1/3, everybody 0.25
    score = graded(DOOR, [(A, (2.45, 0.795, 0.2)), (B, (4.0, 3.0, 0.2))])
    assert score.physics == pytest.approx((2.25**-2 + 1.25**-2) / 2)  # 0.4188


def test_one_of_two_is_missing():
    # a = 1: the other's error is 1 + 0.75; the missing one is 0. Function is asked of box_1, but times 1 - a = 0.
    score = graded(ROOM, [(A, (2.0, 2.0, 0.2)), (B, None)], Relation("box_1", "in_corner", "corner"))
    assert (score.format, score.function) == (0.5, 0.0)
    assert score.physics == pytest.approx(2.75**-2 / 2)  # 0.0661
    assert score.total == pytest.approx(0.2 * 0.5 + 0.4 * 2.75**-2 / 2)  # 0.1264


def test_near_but_not_near_enough():
    # 1.75 m between them, 1 m allowed: (1 + 0.75 / 0.75)^-2 = 0.25, asked of box_1 alone
    score = graded(ROOM, [(A, (1.0, 2.0, 0.2)), (B, (3.15, 2.0, 0.2))], Relation("box_1", "near", "box_2"))
    assert score.function == pytest.approx(0.25)
    assert score.total == pytest.approx(0.2 + 0.4 + 0.4 * 0.25)  # 0.7


def test_near_and_facing_are_both_asked():
    # box_2 is where a front looks at 90 degrees. At 15 it is 75 off, 30 allowed: (1 + 45 / 45)^-2 = 0.25; 0.25 as above
    asked = (Relation("box_1", "near", "box_2"), Relation("box_1", "facing", "box_2"))
    score = graded(ROOM, [(A, (1.0, 2.0, 0.2, 90.0)), (B, (3.15, 2.0, 0.2))], *asked)
    assert score.function == pytest.approx(0.25)
    turned = graded(
        ROOM, [(B, (3.15, 2.0, 0.2)), (Furniture("box_1", "box", (0.4,) * 3), (1.0, 2.0, 0.2, 15.0))], *asked
    )
    off = next(issue for issue in turned.issues if issue.kind == "facing")
    assert (off.amount, off.unit) == (pytest.approx(45.0), "°")
    gap = next(issue for issue in turned.issues if issue.kind == "near").amount
    assert turned.function == pytest.approx(0.25 * (1 + gap / 0.75) ** -2)
    assert gap == pytest.approx(0.75, abs=0.05)  # the turned box's corner comes 4.5 cm nearer


def test_a_corner_is_two_walls():
    # 0.95 m from the west wall, 0.2 allowed: 0.75; flush with the south wall: 0.25. Both 0.95 off: hypot(0.75, 0.75)
    one = graded(ROOM, [(A, (1.15, 0.2, 0.2))], Relation("box_1", "in_corner", "corner"))
    assert one.function == pytest.approx(0.25)
    both = graded(ROOM, [(A, (1.15, 1.15, 0.2))], Relation("box_1", "in_corner", "corner"))
    assert both.function == pytest.approx((1 + 2**0.5) ** -2)  # 0.1716


def test_a_wardrobe_that_can_not_be_opened_wide():
    # 0.6 m needed, a narrow crate leaves 0.2, 0.05 allowed: (1 + 0.35 / 0.4)^-2; people get to it beside the crate
    wardrobe, crate = Furniture("wardrobe_1", "wardrobe", (1.5, 0.6, 2.1)), Furniture("box_1", "box", (0.3, 0.4, 0.4))
    score = graded(ROOM, [(wardrobe, (2.5, 3.7, 1.05)), (crate, (2.5, 3.0, 0.2))])
    assert score.function == pytest.approx(1.875**-2)  # 0.2844


def test_a_bare_answer_with_a_stranger():
    # 1 of 2 pieces and an entry of no piece: 1 of 3; no answer tags, no reasoning: two kinds of wrapping, 0.04
    scene = Scene(ROOM, (A, B))
    pose = '"x":2,"y":2,"z":0.2,"rotation":0'
    text = f'[{{"new_object_id":"box_1",{pose}}},{{"new_object_id":"box_3",{pose}}}]'
    answer = parse_answer(scene, text)
    score = Scorer().score(scene, answer.layout, answer.problems)
    harmless = {problem.kind for problem in answer.problems if problem.severity == "harmless"}
    assert harmless == {"no_answer_tags", "no_think"}
    assert score.format == pytest.approx(1 / 3 * 0.96)  # 0.32
    costs = [issue.amount for issue in score.issues if issue.part == "format"]
    assert sum(costs) == pytest.approx(1 - score.format)
    assert {issue.unit for issue in score.issues if issue.part == "format"} == {"of 1"}
