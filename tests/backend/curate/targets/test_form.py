# SPDX-License-Identifier: GPL-3.0-or-later
"""What can still become an answer, as a model that is held to the form is told."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from metaspatial.backend.curate.targets.form import Asked, Form, Stood, form_of
from metaspatial.backend.curate.targets.lessons import Course, lesson_of
from metaspatial.backend.curate.targets.think import derived
from metaspatial.backend.dialogue import format_answer, open_dialogue, parse_answer, with_feedback
from metaspatial.backend.learn.examples import chat_messages
from metaspatial.backend.rewards.scorer import Scorer
from metaspatial.backend.scene import Furniture, Room, Scene

BED, LAMP = Asked("bed_1", (1.46, 2.0, 0.5)), Asked("lamp_1", (0.2, 0.2, 0.4), "on")
TWO = Form((BED, LAMP), 2.6)
SCENE = Scene(
    Room(((0, 0), (4, 0), (4, 3), (0, 3)), TWO.height),
    (Furniture("bed_1", "bed", BED.size), Furniture("lamp_1", "table_lamp", LAMP.size, mount="on")),
)
HEAD = "Room: 4x3, height 2.5. Floor\nPlace (length x width x height):"
WHOLE = (
    "<think>bed_1 in a corner at east_wall, takes 2.1 by 1.5, x 4 to 1.9 mid 2.95, y mid 1 from 0.25 to 1.75\n"
    "lamp_1 on bed_1 rotation 90, x 3.1, y 0.5, top 0.5</think><answer>"
    '[{"new_object_id":"bed_1","x":2.95,"y":1,"z":0.25,"rotation":270},'
    '{"new_object_id":"lamp_1","x":3.1,"y":0.5,"z":0.7,"rotation":90}]</answer>'
)


def test_every_beginning_of_an_answer_can_go_on_and_nothing_follows_it() -> None:
    assert all(TWO.begins(WHOLE[:end]) for end in range(len(WHOLE) + 1))
    assert not TWO.begins(WHOLE + " ")


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("<think>", "Well: <think>"),
        ("bed_1 in", "sofa_1 in"),
        ("\nlamp_1 on", "\nbed_1 on"),
        (", y mid 1 from 0.25 to 1.75\n", ", y mid 1 from 0.25 to 1.75</think>"),
        ("top 0.5<", "top 0.5\n<"),
        ("in a corner at", "in a <b> corner at"),
        ("at east_wall", "at last"),
        ("rotation 90", "rotation 45"),
        ("takes 2.1 by 1.5", "takes 1.5 by 2.1"),
        ("x 4 to 1.9", "x 4 to 1.8"),
        ("mid 2.95", "mid 2.9"),
        ("from 0.25", "from 0.3"),
        ("top 0.5", "z 0.5"),
        ("</think><", "</think> <"),
        ('"bed_1",', '"sofa_1",'),
        ('"x":2.95', '"x":2.9'),
        ('"y":1,', '"y":2,'),
        ('"z":0.7', '"z":0.5'),
        ('"rotation":270', '"rotation":90'),
        ("270},{", "270},{},{"),
        ("270},", "270}],"),
        ("}]</answer>", "},</answer>"),
    ],
)
def test_what_is_no_answer_is_noticed_where_it_goes_wrong(was: str, becomes: str) -> None:
    spoilt = WHOLE.replace(was, becomes, 1)
    assert spoilt != WHOLE
    assert not TWO.begins(spoilt)
    ends = [end for end in range(len(spoilt) + 1) if not TWO.begins(spoilt[:end])]
    assert ends == list(range(ends[0], len(spoilt) + 1)), "what can't go on is never mended by more text"


def test_what_the_thought_comes_to_is_the_answer() -> None:
    thought = WHOLE.partition("<answer>")[0]
    assert TWO.completed(thought) == WHOLE
    assert TWO.completed(WHOLE[:-40]) == WHOLE
    assert TWO.completed(thought[:-1]) is None
    assert TWO.completed(thought + "<answer>{") is None


def test_what_leaves_no_choice_is_forced() -> None:
    assert TWO.forced("<think>bed_1 in a corner at east_wall,") == " takes 2.1 by 1.5, x "
    assert TWO.forced("<think>") == ""
    assert TWO.forced("<think>l") == "amp_1 "
    assert TWO.forced("<think>bed_1 in a corner at east_wall, takes 2.1 by 1.5, x 4 to 1") == ".9 mid 2.95, y "
    assert TWO.forced("<think>no piece") == TWO.forced(WHOLE) == ""


def test_a_span_is_told_from_either_end() -> None:
    for said in ("x 1.9 to 4 mid 2.95", "x 4 to 1.9 mid 2.95", "x 0 to -2.1 mid -1.05", "x mid 0 from -1.05 to 1.05"):
        assert TWO.begins(f"<think>bed_1 at east_wall, takes 2.1 by 1.5, {said}, y")


def test_a_reason_has_an_end() -> None:
    assert TWO.begins("<think>bed_1 " + 59 * "a")
    assert not TWO.begins("<think>bed_1 " + 60 * "a")
    assert TWO.begins("<think>bed_1 " + 59 * "a" + " rotation 90")
    assert not TWO.begins("<think>bed_1 " + 60 * "a" + " rotation 90")


def test_what_carries_more_than_its_length_takes_that() -> None:
    lines = ("- desk_1 1x0.5x0.7", "- tv_1 1.4x0.1x0.6, on a piece", "Relations, all required:", "- tv_1 on desk_1")
    form = form_of([{"role": "user", "content": "\n".join([HEAD, *lines])}])
    assert form is not None
    for taken in ("1.1 by 0.6", "1.5 by 0.6"):
        assert form.begins(f"<think>desk_1 at north_wall, takes {taken}, x 2 to")
    assert not form.begins("<think>desk_1 at north_wall, takes 1.2 by 0.6")


STOOD = (Stood("bed_1", "1", "1.5", "0.25", "90"), Stood("lamp_1", "3.1", "0.5", "0.7", "90"))
REPAIR = Form(TWO.pieces, TWO.height, STOOD)
MENDED = WHOLE.replace("<think>", "<think>mend bed_1\n").replace(
    "\nlamp_1 on bed_1 rotation 90, x 3.1, y 0.5, top 0.5", ""
)


def test_a_repair_says_what_it_mends_and_leaves_the_rest_where_it_is() -> None:
    assert all(REPAIR.begins(MENDED[:end]) for end in range(len(MENDED) + 1))
    assert REPAIR.completed(MENDED.partition("<answer>")[0]) == MENDED
    for was, becomes in (
        ("mend bed_1\n", ""),
        ("mend bed_1", "mend bed_1, bed_1"),
        ("mend bed_1", "mend bed_1, lamp_1"),
        ("mend bed_1", "mend lamp_1"),
        ("mend bed_1", "mend"),
        ('"x":3.1', '"x":3.2'),
    ):
        assert not REPAIR.begins(MENDED.replace(was, becomes)), becomes
    assert not TWO.begins("<think>mend bed_1")


def test_a_piece_that_had_no_place_must_be_mended() -> None:
    lacking = Form(TWO.pieces, TWO.height, STOOD[:1])
    assert not lacking.begins("<think>mend bed_1\n")
    assert lacking.begins("<think>mend bed_1, lamp_1\n")
    assert {way[0] for way in lacking.ways("<think>mend ")} == set("bl")
    assert {way[0] for way in lacking.ways("<think>mend bed_1")} == set(",")
    assert {way[0] for way in lacking.ways("<think>mend lamp_1")} == set(",\n")


def test_what_a_repair_leaves_is_in_the_way() -> None:
    """Of two cupboards the one that stays can't be stood in, and the place of the other one is free."""
    walls = (
        "- wall_0 (south_wall) (0,0) to (4,0)\n- wall_1 (east_wall) (4,0) to (4,3)\n"
        "- wall_2 (north_wall) (4,3) to (0,3)\n- wall_3 (west_wall) (0,3) to (0,0)\n"
    )
    told = [
        HEAD.replace("Floor", f"Floor:\n{walls}") + "\n- cupboard_1 0.95x0.45x2\n- cupboard_2 0.95x0.45x2",
        "Read from your answer (id x y z rotation):\n- cupboard_1 0.5 0.25 1 180\n- cupboard_2 2 0.25 1 180",
    ]
    form = form_of([{"role": "user", "content": text} for text in told])
    assert form is not None
    begun = "<think>mend cupboard_2\ncupboard_2 at south_wall, takes 1 by 0.5, x "
    assert form.begins(begun + "1 to 2 mid 1.5, y 0 to 0.5")
    assert not form.begins(begun + "0.5 to 1.5 mid 1")
    assert form.begins(begun.replace("cupboard_2\n", "cupboard_2, cupboard_1\n") + "0.5 to 1.5 mid 1")


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000))
@example(1200)  # a side table in line with an armchair at the end of its wall
def test_lessons_have_the_form_that_their_own_dialogue_asks_for(seed: int) -> None:
    lesson, _ = lesson_of(seed, Course((3, 16)))
    dialogue = open_dialogue(lesson.scene)
    form = form_of(chat_messages(dialogue.messages))
    assert form is not None
    assert [piece.name for piece in form.pieces] == [piece.id for piece in lesson.scene.movable]
    assert [piece.mount for piece in form.pieces] == [piece.mount for piece in lesson.scene.movable]
    answer = format_answer(lesson.layout, lesson.think, scene=lesson.scene)
    if not any(piece.category == "tv_stand" for piece in lesson.scene.movable):  # a wish may put a wider tv on it
        assert form.begins(answer)
        assert form.completed(answer.partition("<answer>")[0]) == answer
    read = parse_answer(lesson.scene, answer)
    score = Scorer().score(lesson.scene, read.layout, read.problems)
    again = form_of(chat_messages(with_feedback(dialogue, answer, read.layout, score).messages))
    assert again is not None
    assert again.pieces == form.pieces
    assert {one.name for one in again.stood or ()} == set(read.layout.poses)


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_whoever_goes_on_by_any_allowed_letter_ends_with_a_complete_answer(dice) -> None:  # type: ignore[no-untyped-def]
    """A walk by random letters, in which the rarer ends of reasons, lines and numbers are taken when they can be."""
    letters = '<>/{}[]":,._-\n abcdefghijklmnopqrstuvwxyz0123456789'
    text = ""
    while not text.endswith("</answer>"):
        allowed = [letter for letter in letters if TWO.begins(text + letter)]
        assert allowed, f"nothing can follow {text!r}"
        ends = [letter for letter in allowed if letter in '<\n",}']
        text += dice.choice(ends if ends and dice.random() < 0.4 else allowed)
    read = parse_answer(SCENE, text)
    thought = derived(SCENE, text.removeprefix("<think>").partition("</think>")[0])
    assert set(read.layout.poses) == set(thought.poses) == {"bed_1", "lamp_1"}
    for name, pose in thought.poses.items():
        assert dataclasses.astuple(read.layout.poses[name]) == pytest.approx(dataclasses.astuple(pose), abs=1e-3)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000))
def test_what_is_forced_is_what_every_lesson_goes_on_with(seed: int) -> None:
    lesson, _ = lesson_of(seed, Course((3, 8)))
    form = form_of(chat_messages(open_dialogue(lesson.scene).messages))
    assert form is not None
    whole = format_answer(lesson.layout, lesson.think, scene=lesson.scene)
    if form.begins(whole):  # a wish may put a wider tv on its stand
        forced = {k: form.forced(whole[:k]) for k in range(0, whole.index("</think>"), 5)}
        assert all(whole.startswith(more, k) for k, more in forced.items())
        assert sum(len(more) > 3 for more in forced.values()) > len(forced) / 5


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_what_is_remembered_of_other_texts_changes_nothing(dice) -> None:  # type: ignore[no-untyped-def]
    """A form that was asked about many texts says of each what a new one says."""
    lesson, _ = lesson_of(dice.randint(0, 10_000), Course((3, 8)))
    told = chat_messages(open_dialogue(lesson.scene).messages)
    whole, asked = format_answer(lesson.layout, lesson.think, scene=lesson.scene), form_of(told)
    assert asked is not None
    for _ in range(60):
        text = whole[: dice.randint(0, len(whole))] + dice.choice(["", "\n", " ", "m", "7", whole[-20:]])
        new = form_of(told)
        assert new is not None
        assert (asked.begins(text), asked.ways(text), asked.completed(text)) == (
            new.begins(text), new.ways(text), new.completed(text),
        )  # fmt: skip


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"role": "user", "content": "Where does the bed belong?"}],
        [{"role": "system", "content": "Place (length x width x height):\n- bed_1 1x2x3"}],
        [{"role": "user", "content": f"{HEAD}\nnothing"}],
        [
            {
                "role": "user",
                "content": f"{HEAD}\n- bed_1 1x2x3\n- bed_1 1x2x3",
            }
        ],
        [{"role": "user", "content": None}],
    ],
)
def test_other_chats_have_no_form(messages: list[dict[str, object]]) -> None:
    assert form_of(messages) is None


def test_what_users_say_does_not_add_pieces() -> None:
    lines = (
        "Room: 4x3, height 2.5. Floor",
        "Place (length x width x height):",
        '- bed_1 1x2x3, "soft"',
        "Relations:",
        "- bed_2 1x2x3",
    )
    text = "\n".join([*lines, 'Preference: "- bed_3 1x1x1"'])
    parts = [{"type": "image"}, {"type": "text", "text": text}]
    assert form_of([{"role": "user", "content": parts}]) == Form((Asked("bed_1", (1, 2, 3)),), 2.5)


WORDS = ("Room: ", "height ", "Place (length x width x height):", "- ", "wall_0 (east_wall) (", "keep free x ", "x")
NUMBERS = (
    "\n",
    "1",
    "2.5",
    "1.2.3",
    "-",
    "9" * 400,
    "0",
    ".",
    ",",
    ")",
    " on ",
    "bed_1 ",
    " at x 1 y 2 z 3 rotation 4",
    "²",
)


@given(st.lists(st.sampled_from(WORDS + NUMBERS), max_size=40).map("".join))
def test_no_chat_can_break_it(text: str) -> None:
    """A server reads what anybody sends, several at once."""
    for head in ("", f"{HEAD}\n- bed_1 1x2x0.5\n"):
        form = form_of([{"role": "user", "content": head + text}])
        if form is not None:
            assert form.begins("<think>")
            form.begins(f"<think>{form.pieces[0].name} at east_wall, takes")
