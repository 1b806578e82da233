# SPDX-License-Identifier: GPL-3.0-or-later
"""Two models' answers to one room, each asked in a process of its own Python."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from metaspatial.backend.dialogue import parse_answer
from metaspatial.backend.learn.compared import answers_of
from metaspatial.backend.learn.examples import Example
from metaspatial.backend.policies.policy import Cancelled, PolicyError

pytestmark = pytest.mark.learn


@pytest.mark.slow
def test_each_model_answers_the_room(held_model: Path, examples: list[Example]) -> None:
    scene = examples[0].scene
    answers = answers_of(scene, [held_model, held_model], python=sys.executable)
    assert len(answers) == 2
    assert answers[0] == answers[1], "greedy, so the same model says the same"
    assert set(parse_answer(scene, answers[0]).layout.poses) == {"bed_1", "nightstand_1"}


@pytest.mark.slow
def test_why_a_model_does_not_answer(tmp_path: Path, examples: list[Example]) -> None:
    with pytest.raises(PolicyError, match="nothing"):
        answers_of(examples[0].scene, [tmp_path / "nothing"], python=sys.executable)


def test_a_python_that_is_none_is_named(tmp_path: Path, examples: list[Example]) -> None:
    with pytest.raises(PolicyError, match=r"no/python can't be used"):
        answers_of(examples[0].scene, [tmp_path], python="/no/python")


def test_it_can_be_stopped(tmp_path: Path, examples: list[Example]) -> None:
    with pytest.raises(Cancelled):
        answers_of(examples[0].scene, [tmp_path], python=sys.executable, cancelled=lambda: True)
