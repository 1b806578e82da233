# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import tomllib
from typing import Any

import pytest
from metaspatial.backend.learn.grpo_settings import PRESETS, GRPOSettings, preset
from metaspatial.backend.rewards.schedule import Schedule


def settings(**more: Any) -> GRPOSettings:
    return GRPOSettings(**{"model": "m", "rooms": "r", "out": "o", **more})


def test_presets_are_sound_settings() -> None:
    names = tomllib.loads(PRESETS.read_text(encoding="utf-8"))
    assert set(names) == {"small-cpu", "qwen-3b-lora", "qwen-7b-lora", "qwen-7b-full"}
    for name in names:
        made = settings(**preset(name))
        assert 3 <= made.group <= 8
        assert made.accumulate(1) >= 1
    assert settings(**preset("qwen-7b-full")).accumulate(8) == 4
    with pytest.raises(ValueError, match="there are small-cpu, qwen-3b-lora"):
        preset("huge")


def test_the_published_numbers_are_the_defaults() -> None:
    made = settings()
    assert (made.learning_rate, made.beta, made.epsilon, made.temperature, made.discount) == (1e-6, 0.01, 0.2, 1.0, 0.9)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"group": 1}, "it takes two"),
        ({"turns": 0}, "turns is 0"),
        ({"discount": 0.0}, "more than 0 and at most 1"),
        ({"picture": 10}, "28 to 2048"),
        ({"iterations": 2, "save_every": 5}, "multiple of iterations"),
        ({"credit": "turn", "bonus": 0.1}, "whole trajectories"),
        ({"max_answer": 9000}, "no room for a prompt"),
        ({"without": "physic"}, "parts are format"),
        ({"without": "format,physics,function"}, "nothing could be learned"),
        ({"vllm": "server"}, "needs vllm_url"),
    ],
)
def test_what_cannot_work_is_refused(more: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        settings(**more)


def test_a_step_that_does_not_come_out_even_is_refused() -> None:
    with pytest.raises(ValueError, match="16 for a step"):
        settings(group=8, rooms_per_step=2, batch=3).accumulate(2)


@pytest.mark.parametrize("without", ["", "physics", "function", "format", "physics,function", "render"])
def test_ablations_count_nothing_and_hold_nothing_up(without: str) -> None:
    made = settings(without=without)
    for stage in made.stages:
        assert all(stage.weights[part] == 0.0 for part in made.left_out)
    assert all(stage.until for stage in made.stages[:-1]), "a stage without a goal would be the last one"
    assert not made.stages[-1].until
    Schedule(made.stages)


def test_without_stages_there_is_one() -> None:
    assert len(settings(staged=False).stages) == 1
