# SPDX-License-Identifier: GPL-3.0-or-later
"""The score: a furnished bedroom scores high, every known way of cheating scores low, and better is always higher."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from metaspatial.backend.dialogue import format_answer, parse_answer
from metaspatial.backend.rewards.physics import PhysicsReport
from metaspatial.backend.rewards.scorer import Scorer, total_of
from metaspatial.backend.rewards.soundness import soundness
from metaspatial.backend.scene import Furniture, Layout, Pose, Relation, Scene
from metaspatial.tests.backend.rewards import bedroom
from metaspatial.tests.backend.rewards.bedroom import ROOM

LEFT_OUT = {"painting_1", "plant_1"}
FURNITURE = tuple(piece for piece in bedroom.FURNITURE if piece.id not in LEFT_OUT)
RELATIONS = tuple(relation for relation in bedroom.RELATIONS if relation.subject not in LEFT_OUT)
SCENE = Scene(ROOM, FURNITURE, RELATIONS)
GOOD = Layout({id: pose for id, pose in bedroom.HONEST.poses.items() if id not in LEFT_OUT})
SCORER = Scorer()


def score(layout, scene=SCENE, problems=()):
    return SCORER.score(scene, layout, problems)


def messages(result):
    return [issue.message for issue in result.issues]


def test_a_good_bedroom_is_nearly_perfect():
    result = score(GOOD)
    assert (result.format, result.physics) == (1.0, 1.0)
    assert result.function == pytest.approx(1.0, abs=0.02), messages(result)
    assert result.render is None


def at(**poses):
    return GOOD.moved(poses)


STACKED = Layout({piece.id: Pose(2.5, 2.0, piece.size[2] / 2) for piece in FURNITURE})
TOWER = Layout({piece.id: Pose(2.5, 2.0, 0.3 + 0.5 * k) for k, piece in enumerate(FURNITURE)})
AWAY = Layout({id: Pose(pose.x + 100, pose.y, pose.z, pose.rotation) for id, pose in GOOD.poses.items()})
JUST_OUT = Layout({id: Pose(pose.x + 6, pose.y, pose.z, pose.rotation) for id, pose in GOOD.poses.items()})
ALOFT = Layout({id: Pose(pose.x, pose.y, pose.z + 1.0, pose.rotation) for id, pose in GOOD.poses.items()})
CROWDED = Layout({piece.id: Pose(4.0, 0.8, piece.size[2] / 2) for piece in FURNITURE})


@pytest.mark.parametrize(
    ("layout", "most"),
    [(STACKED, 0.3), (TOWER, 0.3), (AWAY, 0.25), (JUST_OUT, 0.25), (ALOFT, 0.3), (CROWDED, 0.3), (Layout(), 0.0)],
    ids=["stacked on a point", "stacked upwards", "100 m away", "next door", "in the air", "in a corner", "empty"],
)
def test_degenerate_layouts_score_low(layout, most):
    assert score(layout).total <= most


def answered(text, scene=SCENE):
    answer = parse_answer(scene, text)
    return score(answer.layout, scene, answer.problems)


GOOD_TEXT = format_answer(GOOD, "The bed goes to the north wall.")
ONE = '{"new_object_id": "bed_1", "x": 2.2, "y": 3.0, "z": 0.25, "rotation": 0}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I would put the bed to the wall.",
        '<think>a</think><answer>{"bed_1": {"x": 1, "y": 1, "z": 1}}</answer>',
        "<think>a</think><answer>[1, 2, 3, 4, 5, 6, 7, 8]</answer>",
        "<think>a</think><answer>[" + ",".join([ONE] * 8) + "]</answer>",
        GOOD_TEXT.replace('"x"', '"u"'),
        GOOD_TEXT.replace('"z"', '"u"'),
        GOOD_TEXT.replace("3.75", "NaN").replace("2.2", "Infinity").replace("1.7", "NaN").replace("1.6", "NaN"),
        GOOD_TEXT.replace('"y":', '"y":"').replace(',"z"', '","z"'),
    ],
    ids=["nothing", "prose", "keyed by id", "integers", "copies", "no x", "no z", "not numbers", "text"],
)
def test_answers_of_another_shape_score_low(text):
    assert answered(text).total < 0.2


def test_a_good_answer_loses_little_by_its_wrapping():
    assert answered(GOOD_TEXT).total == score(GOOD).total
    fenced = answered("Here you are:\n```json\n" + GOOD_TEXT.split("<answer>")[1].split("</answer>")[0] + "\n```")
    assert 0.9 < fenced.total < score(GOOD).total


def test_one_unknown_piece_and_one_missing_piece_cost_in_proportion():
    strange = answered(GOOD_TEXT.replace("rug_1", "rug_9"))
    assert strange.format == pytest.approx(7 / 9)
    assert strange.total < 0.75
    assert "rug_1 is not placed" in messages(strange)


@pytest.mark.parametrize("id", [piece.id for piece in FURNITURE])
@pytest.mark.parametrize("where", ["gone", "outside", "in the air", "in the wardrobe", "before the door"])
def test_one_bad_piece_among_the_good_matters(id, where):
    piece = SCENE.piece(id)
    half = piece.size[2] / 2
    spot = {
        "outside": Pose(7.5, 2.0, half),
        "in the air": Pose(GOOD[id].x, GOOD[id].y, GOOD[id].z + 0.7, GOOD[id].rotation),
        "in the wardrobe": Pose(0.31, 2.1, half, 90),
        "before the door": Pose(0.75, 0.5, half),
    }
    if (id, where) in {("wardrobe_1", "in the wardrobe"), ("rug_1", "before the door"), ("rug_1", "in the wardrobe")}:
        return
    layout = at(**{id: spot[where]}) if where != "gone" else Layout({k: v for k, v in GOOD.poses.items() if k != id})
    assert score(layout).total < score(GOOD).total - 0.03


def test_blocking_the_door_costs_all_that_is_behind_it():
    shut = score(at(wardrobe_1=Pose(0.85, 0.31, 1.05, 180)))
    assert shut.total < 0.5
    assert any(message.startswith("door_1 is blocked by") for message in messages(shut))
    assert any("no way from the door" in message for message in messages(shut))


def test_all_relations_count_not_one_of_them():
    both = Scene(ROOM, FURNITURE, (*RELATIONS, Relation("bed_1", "in_corner", "corner")))
    assert score(GOOD, both).function < score(GOOD).function - 0.02
    repeated = Scene(ROOM, FURNITURE, RELATIONS + (RELATIONS[0],) * 20)
    assert score(GOOD, repeated) == score(GOOD)


def test_a_bad_anchor_does_not_damn_what_stands_right():
    moved = score(at(bed_1=Pose(2.2, 2.2, 0.25, 0)))
    lamp = [issue for issue in moved.issues if "lamp_1" in issue.pieces]
    assert not lamp
    assert moved.function > 0.6


def test_issues_say_what_and_how_much():
    result = score(at(bed_1=Pose(2.2, 3.3, 0.25, 0), desk_1=Pose(0.5, 1.7, 0.375, 90), lamp_1=Pose(3.3, 3.75, 0.8)))
    said = messages(result)
    assert "bed_1 reaches 0.30 m out through the north wall" in said
    assert "lamp_1 is 0.10 m off the top of what could carry it" in said
    assert any(m.startswith("wardrobe_1 is 0.") and m.endswith("m inside desk_1") for m in said)
    assert any(m.startswith("desk_1 should be near window_1; it is ") for m in said)
    assert any(m.startswith("chair_1 should face desk_1; turn it by about ") for m in said)
    amounts = {issue.kind: issue.amount for issue in result.issues}
    assert amounts["outside"] == pytest.approx(0.3)
    assert all(math.isfinite(issue.amount) for issue in result.issues)


def test_fixed_pieces_are_not_graded_and_can_not_be_moved_away():
    fixed = Furniture("wardrobe_1", "wardrobe", (1.5, 0.6, 2.1), fixed=True, pose=Pose(2.2, 2.0, 1.05))
    scene = Scene(ROOM, tuple(fixed if piece.id == "wardrobe_1" else piece for piece in FURNITURE))
    moved_away = GOOD.moved({"wardrobe_1": Pose(0.31, 2.1, 1.05, 90)})
    assert score(moved_away, scene) == score(GOOD.moved({"wardrobe_1": fixed.pose}), scene)
    assert score(moved_away, scene).physics < 1.0
    nothing_to_do = Scene(ROOM, (fixed,))
    assert score(Layout(), nothing_to_do).total == 1.0


def test_missing_parts_leave_their_weight_to_the_others():
    parts = {"format": 1.0, "physics": 0.5, "function": 0.5}
    assert total_of(parts | {"render": None}) == total_of(parts) == pytest.approx(0.6)
    assert total_of(parts | {"render": 1.0}) > total_of(parts)
    assert total_of({"render": None}) == 0.0


poses = st.builds(Pose, st.floats(-3, 8), st.floats(-3, 7), st.floats(-1, 4), st.floats(-360, 360))
layouts = st.fixed_dictionaries({}, optional={piece.id: poses for piece in FURNITURE}).map(Layout)


@settings(deadline=None)
@given(layouts)
def test_every_score_is_between_0_and_1(layout):
    result = score(layout)
    for part in (result.total, result.format, result.physics, result.function):
        assert 0.0 <= part <= 1.0
    assert result.issues or result.total > 0.99


@settings(deadline=None)
@given(layouts, st.sampled_from(FURNITURE), st.floats(0, 360), st.floats(8.0, 200.0))
def test_leaving_the_room_never_pays(layout, piece, direction, distance):
    assume(piece.id in layout and score(layout).physics is not None)
    inside = layout.moved({piece.id: Pose(2.5, 2.0, max(piece.size[2] / 2, 0.1), 0)})
    x, y = 2.5 + distance * math.cos(math.radians(direction)), 2.0 + distance * math.sin(math.radians(direction))
    away = inside.moved({piece.id: Pose(x, y, inside[piece.id].z, 0)})
    gone = Layout({id: pose for id, pose in inside.poses.items() if id != piece.id})
    if piece.mount == "floor":
        assert score(away).total <= score(inside).total
        assert score(gone).total <= score(inside).total


@settings(deadline=None)
@given(st.floats(0.0, 3.0), st.floats(0.02, 1.0))
def test_the_farther_out_the_lower(reach, step):
    def out(distance):
        return score(at(desk_1=Pose(4.7 + distance, 1.7, 0.375, 270))).physics

    assert out(reach + step) < out(reach)


@settings(deadline=None)
@given(st.floats(0.0, 0.5), st.floats(0.02, 0.2))
def test_the_deeper_inside_another_the_lower(depth, step):
    def into(distance):
        return score(
            at(chair_1=Pose(2.2, 0.5, 0.475), rug_1=Pose(4, 3, 0.005), desk_1=Pose(3.09 - distance, 0.5, 0.375))
        ).physics

    scene_depth = depth + step
    assume(scene_depth < 0.5)
    assert into(scene_depth) <= into(depth)


@given(
    st.lists(st.floats(0.006, 5.0), min_size=8, max_size=8),
    st.integers(0, 7),
    st.sampled_from(["outside", "floating", "sunk", "penetrations", "blocked"]),
    st.floats(1.01, 3.0),
)
def test_a_smaller_fault_always_scores_higher(amounts, which, kind, factor):
    from metaspatial.backend.rewards.physics import Blocked, Penetration

    ids = [piece.id for piece in FURNITURE]

    def grade(scale):
        own = [amount * (scale if k == which else 1.0) for k, amount in enumerate(amounts)]
        if kind == "penetrations":
            faults = tuple(Penetration(ids[k], ids[(k + 1) % 8], own[k]) for k in range(8))
        elif kind == "blocked":
            faults = tuple(Blocked(ids[k], "door_1", own[k]) for k in range(8))
        else:
            faults = dict(zip(ids, own, strict=True))
        return soundness(SCENE, PhysicsReport(**{kind: faults})).grade

    assert grade(factor) < grade(1.0) < 1.0
