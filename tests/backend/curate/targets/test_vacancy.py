# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a room, as it is told, has room: what may be chosen is free, and what is free may be chosen."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metaspatial.backend.curate.targets.form import Form, form_of
from metaspatial.backend.curate.targets.vacancy import (
    ground_of,
    middles_at,
    middles_on,
    spans_along_x,
    spans_along_y,
)
from metaspatial.backend.dialogue import open_dialogue, parse_answer
from metaspatial.backend.learn.examples import chat_messages
from metaspatial.backend.rewards.scorer import Scorer
from metaspatial.backend.scene import Furniture, Opening, Pose, Room, Scene

ROOM = Room(
    ((0, 0), (4, 0), (4, 2), (2, 2), (2, 3.5), (0, 3.5)),
    2.6,
    (Opening("door_1", "door", 0, 0.2, 0.8, 2.0), Opening("window_1", "window", 5, 1.0, 1.0, 1.0, 0.9)),
)
SCENE = Scene(
    ROOM,
    (
        Furniture("sofa_1", "sofa", (1.8, 0.9, 0.8)),
        Furniture("desk_1", "desk", (1.2, 0.6, 0.75)),
        Furniture("lamp_1", "table_lamp", (0.2, 0.2, 0.4), mount="on"),
        Furniture("painting_1", "painting", (0.6, 0.03, 0.5), mount="wall"),
        Furniture("wardrobe_1", "wardrobe", (1.0, 0.6, 2.0), fixed=True, pose=Pose(3.5, 1.7, 1.0, 0.0)),
    ),
)


def told() -> str:
    return open_dialogue(SCENE).messages[-1].text


def test_the_floor_is_read_from_the_words() -> None:
    ground = ground_of(told())
    assert ground is not None
    assert ground.extent == (0.0, 4.0, 0.0, 3.5)
    assert ground.outside == ((2.0, 4.0, 2.0, 3.5),)
    assert [name for name, _ in ground.walls].count("east_wall") == 2
    assert ground.fixed[0] == pytest.approx((3.0, 4.0, 1.4, 2.0))
    low = ground.taken(0.5, "floor")
    assert len(ground.taken(2.0, "floor")) == len(low) + 1, "only what is tall hides the window"
    assert ground.taken(2.0, "ceiling") == ground.taken(0.01, "floor") == ground.outside


def test_slanted_walls_are_not_guessed_at() -> None:
    slanted = Scene(Room(((0, 0), (4, 0), (3, 3), (0, 3)), 2.6), SCENE.furniture[:1])
    assert ground_of(open_dialogue(slanted).messages[-1].text) is None


def test_a_hall_is_not_looked_at_on_a_grid_of_centimetres() -> None:
    """A square kilometre would be a matrix of gigabytes."""
    hall = Scene(Room(((0, 0), (1000, 0), (1000, 1000), (0, 1000)), 2.6), SCENE.furniture[:1])
    form = form_of(chat_messages(open_dialogue(hall).messages))
    assert form is not None
    assert form.ground is None
    assert form.begins("<think>sofa_1 standing free rotation 0, takes 1.9 by 1, x 500 to 501.9 mid 500.95, y")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([(1.9, 1.0), (1.0, 1.9), (0.6, 0.6), (2.6, 0.4)]), st.randoms(use_true_random=False))
def test_whatever_is_chosen_is_free(sides: tuple[float, float], dice: random.Random) -> None:
    ground = ground_of(told())
    assert ground is not None
    blocked = ground.taken(0.8, "floor")
    wall = dice.choice(["", "north_wall", "east_wall", "south_wall", "west_wall"])
    along_x = spans_along_x(ground, sides, blocked, wall)
    if not along_x:
        assert wall, "there is room in the middle for all of these"
        return
    x = along_x[dice.choice([*along_x])]
    along_y = spans_along_y(ground, sides, blocked, wall, x)
    y = along_y[dice.choice([*along_y])]
    assert (x[1] - x[0], y[1] - y[0]) == pytest.approx(sides)
    for x0, x1, y0, y1 in blocked:
        assert min(x[1], x1) - max(x[0], x0) < 1e-3 or min(y[1], y1) - max(y[0], y0) < 1e-3
    if wall == "east_wall":
        assert x[1] == pytest.approx(4.0) or x[1] == pytest.approx(2.0)
    if wall == "south_wall":
        assert y[0] == 0.0


def test_what_is_free_may_be_said_in_each_way() -> None:
    ground = ground_of(told())
    assert ground is not None
    free = spans_along_x(ground, (1.0, 1.0), (), "")
    assert {"0.5 to 1.5 mid 1", "1.5 to 0.5 mid 1", "mid 1 from 0.5 to 1.5"} <= set(free)
    assert set(spans_along_x(ground, (1.0, 1.0), (), "west_wall")) == {"0 to 1 mid 0.5"}


def test_a_picture_hangs_on_its_wall_and_a_lamp_stands_on_its_desk() -> None:
    ground = ground_of(told())
    assert ground is not None
    assert {x for x, _ in middles_at(ground, 0.6, 0.03, "east_wall")} == {"3.985", "1.985"}
    assert all(0.3 <= float(x) <= 1.7 for x, _ in middles_at(ground, 0.6, 0.03, "north_wall") if float(x) < 2)
    on = middles_on((1.0, 2.2, 0.0, 0.6), (0.2, 0.2))
    assert ("1.6", "0.3") in on
    assert all(1.1 <= float(x) <= 2.1 and 0.1 <= float(y) <= 0.5 for x, y in on)
    assert middles_on((1.0, 1.2, 0.0, 0.2), (0.5, 0.5)) == [("1.1", "0.1")], "what is too large stands in the middle"


@settings(max_examples=5, deadline=None)
@given(st.randoms(use_true_random=False))
def test_whoever_goes_on_by_any_allowed_letter_puts_nothing_into_another(dice: random.Random) -> None:
    form = form_of(chat_messages(open_dialogue(SCENE).messages))
    assert form is not None
    answer = walk(form, dice)
    read = parse_answer(SCENE, answer)
    assert not read.problems
    on_the_floor = {"sofa_1", "desk_1", "wardrobe_1"}
    issues = Scorer().score(SCENE, read.layout).issues
    assert not [one.message for one in issues if one.kind == "overlap" and set(one.pieces) <= on_the_floor]
    assert not [one.message for one in issues if one.kind == "outside" and set(one.pieces) <= on_the_floor]


def walk(form: Form, dice: random.Random) -> str:
    """An answer by random letters, in which the rarer ends of reasons, lines and numbers are taken when they can be."""
    text = ""
    while (whole := form.completed(text)) is None:
        few = sorted({way[0] for way in form.ways(text)}) or list(", abcdefghijklmnopqrstuvwxyz_0123456789.-\n<")
        allowed = [letter for letter in few if form.begins(text + letter)]
        assert allowed, f"nothing can follow {text!r}"
        ends = [letter for letter in allowed if letter in ",\n<"]
        text += dice.choice(ends if ends and dice.random() < 0.5 else allowed)
    return whole
