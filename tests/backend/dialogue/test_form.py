# SPDX-License-Identifier: GPL-3.0-or-later
"""What can still become an answer, as a model that is held to the form is told."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metaspatial.backend.curate.targets.lessons import Course, lesson_of
from metaspatial.backend.dialogue import format_answer, open_dialogue, parse_answer, with_feedback
from metaspatial.backend.dialogue.form import Form, form_of
from metaspatial.backend.learn.examples import chat_messages
from metaspatial.backend.rewards.scorer import Scorer

TWO = Form(("bed_1", "bed_12"))
WHOLE = (
    "<think>bed_12 at east_wall, takes 1 by 2\nbed_1 there</think><answer>"
    '[{"new_object_id":"bed_1","x":-0.5,"y":12,"z":0.25,"rotation":90},'
    '{"new_object_id":"bed_12","x":1.125,"y":0,"z":0.1,"rotation":0}]</answer>'
)


def test_every_beginning_of_an_answer_can_go_on_and_nothing_follows_it() -> None:
    assert all(TWO.begins(WHOLE[:end]) for end in range(len(WHOLE) + 1))
    assert not TWO.begins(WHOLE + " ")


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("<think>", "Well: <think>"),
        ("bed_12 at", "sofa_1 at"),
        ("bed_1 there", "bed_12 there"),
        ("\nbed_1 there", ""),
        (" there", " there\n"),
        ("takes 1", "takes <b>1"),
        ("</think><", "</think> <"),
        ('"bed_1",', '"bed_12",'),
        ('"bed_1",', '"sofa_1",'),
        ('"y":12', '"y":1200'),
        ('"y":12', '"y":"12"'),
        ('"y":12', '"y":12.5.5'),
        ('"y":12', '"y":'),
        ('"y":12', '"y":01'),
        ('"x":1.125', '"x":1.1256'),
        (',"z":0.25', ""),
        ("90},{", "90},{},{"),
        ("90},", "90}],"),
        ("}]</answer>", "},</answer>"),
    ],
)
def test_what_is_no_answer_is_noticed_where_it_goes_wrong(was: str, becomes: str) -> None:
    spoilt = WHOLE.replace(was, becomes, 1)
    assert spoilt != WHOLE
    assert not TWO.begins(spoilt)
    ends = [end for end in range(len(spoilt) + 1) if not TWO.begins(spoilt[:end])]
    assert ends == list(range(ends[0], len(spoilt) + 1)), "what can't go on is never mended by more text"


def test_a_line_of_thought_has_an_end() -> None:
    assert TWO.begins("<think>bed_1 " + 240 * "a")
    assert not TWO.begins("<think>bed_1 " + 241 * "a")


def test_a_repair_may_think_less_but_answers_in_full() -> None:
    repair = Form(TWO.pieces, repairs=True)
    answer = WHOLE.partition("</think>")[2]
    for thought in ("mend bed_1\nbed_1 there", "bed_12 so\nbed_1 so", "mend bed_1, bed_12", "bed_12 so"):
        assert repair.begins(f"<think>{thought}</think>{answer}")
    for thought in ("mend bed_1\nmend bed_12", "bed_1 so\nbed_1 so", "nothing"):
        assert not repair.begins(f"<think>{thought}</think>{answer}")
    assert not TWO.begins(f"<think>mend bed_1\nbed_1 there</think>{answer}")


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000))
def test_lessons_have_the_form_that_their_own_dialogue_asks_for(seed: int) -> None:
    lesson, _ = lesson_of(seed, Course((3, 16)))
    dialogue = open_dialogue(lesson.scene)
    form = form_of(chat_messages(dialogue.messages))
    assert form == Form(tuple(piece.id for piece in lesson.scene.movable))
    answer = format_answer(lesson.layout, lesson.think, scene=lesson.scene)
    assert form.begins(answer)
    read = parse_answer(lesson.scene, answer)
    score = Scorer().score(lesson.scene, read.layout, read.problems)
    again = form_of(chat_messages(with_feedback(dialogue, answer, read.layout, score).messages))
    assert again == Form(form.pieces, repairs=True)


@settings(max_examples=50, deadline=None)
@given(st.randoms(use_true_random=False))
def test_whoever_goes_on_by_any_allowed_letter_ends_with_a_complete_answer(dice) -> None:  # type: ignore[no-untyped-def]
    """A walk by random letters, in which the rarer ends of lines and numbers are taken when they can be."""
    letters = '<>/{}[]":,._-\n abcdefghijklmnopqrstuvwxyz0123456789'
    text = ""
    while not text.endswith("</answer>"):
        allowed = [letter for letter in letters if TWO.begins(text + letter)]
        assert allowed, f"nothing can follow {text!r}"
        ends = [letter for letter in allowed if letter in '<\n",}']
        text += dice.choice(ends if ends and dice.random() < 0.4 else allowed)
    assert re.findall(r'"new_object_id":"(\w+)"', text) in (["bed_1", "bed_12"], ["bed_12", "bed_1"])


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"role": "user", "content": "Where does the bed belong?"}],
        [{"role": "system", "content": "Place (length x width x height):\n- bed_1 1x2x3"}],
        [{"role": "user", "content": "Place (length x width x height):\nnothing"}],
        [{"role": "user", "content": "Place (length x width x height):\n- bed_1 1x2x3\n- bed_1 1x2x3"}],
        [{"role": "user", "content": None}],
    ],
)
def test_other_chats_have_no_form(messages: list[dict[str, object]]) -> None:
    assert form_of(messages) is None


def test_what_users_say_does_not_add_pieces() -> None:
    lines = ("Place (length x width x height):", '- bed_1 1x2x3, "soft"', "Relations:", "- bed_2 1x2x3")
    text = "\n".join([*lines, 'Preference: "- bed_3 1x1x1"'])
    parts = [{"type": "image"}, {"type": "text", "text": text}]
    assert form_of([{"role": "user", "content": parts}]) == Form(("bed_1",))
