# SPDX-License-Identifier: GPL-3.0-or-later
"""The model that comes along, on twenty rooms that it has not been trained on, in words alone."""

from __future__ import annotations

import numpy as np
import pytest
from metaspatial.backend.curate.generate import generate_scene
from metaspatial.backend.dialogue import Answer, open_dialogue, parse_answer
from metaspatial.backend.learn.inprocess import InProcessPolicy, Sampling
from metaspatial.backend.policies.baselines.random_placement import RandomPolicy
from metaspatial.backend.rewards.score import Score
from metaspatial.backend.rewards.scorer import Scorer
from metaspatial.backend.scene import Scene
from metaspatial.backend.weights import SHIPPED

pytestmark = [pytest.mark.learn, pytest.mark.slow]

ROOMS = range(7_700_000, 7_700_020)
"""Seeds of the rooms; training takes others."""
CHANCES = 5
"""Random arrangements of each room: their mean is what is to be beaten."""


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [generate_scene(seed, pieces=(3, 8)) for seed in ROOMS]


@pytest.fixture(scope="module")
def answers(scenes: list[Scene]) -> list[Answer]:
    policy = InProcessPolicy.load(SHIPPED, Sampling(max_tokens=1200), device="cpu")
    in_order = sorted(range(len(scenes)), key=lambda k: len(scenes[k].movable))  # alike ones end together
    texts: dict[int, str] = {}
    for start in range(0, len(in_order), 10):
        batch = in_order[start : start + 10]
        written = policy.answer_many([open_dialogue(scenes[k]) for k in batch])
        texts.update(zip(batch, written, strict=True))
    return [parse_answer(scene, texts[k]) for k, scene in enumerate(scenes)]


@pytest.fixture(scope="module")
def scores(scenes: list[Scene], answers: list[Answer]) -> list[Score]:
    scorer = Scorer()
    return [scorer.score(scene, a.layout, a.problems) for scene, a in zip(scenes, answers, strict=True)]


@pytest.fixture(scope="module")
def by_chance(scenes: list[Scene]) -> list[list[Score]]:
    scorer, found = Scorer(), []
    for scene in scenes:
        tries = [RandomPolicy(seed=seed).answer(open_dialogue(scene)) for seed in range(CHANCES)]
        read = [parse_answer(scene, text) for text in tries]
        found.append([scorer.score(scene, answer.layout, answer.problems) for answer in read])
    return found


def test_its_answers_are_whole(scenes: list[Scene], answers: list[Answer]) -> None:
    """At most one of the twenty may have a fault or leave a piece out."""
    whole = [
        not answer.faults and all(piece.id in answer.layout for piece in scene.movable)
        for scene, answer in zip(scenes, answers, strict=True)
    ]
    assert sum(whole) >= len(ROOMS) - 1, [answer.faults for answer in answers if answer.faults]


@pytest.mark.parametrize("part", ["total", "physics", "function"])
def test_it_beats_chance(scores: list[Score], by_chance: list[list[Score]], part: str) -> None:
    """In every part of the score, by more than the rooms' differences could explain (95 %, paired bootstrap)."""
    own = np.array([getattr(score, part) for score in scores], dtype=float)
    chance = np.array([np.mean([getattr(score, part) for score in tries]) for tries in by_chance])
    better = own - chance
    draws = np.random.default_rng(0).choice(better, (4000, len(better)))
    low = float(np.quantile(draws.mean(axis=1), 0.025))
    assert low > 0, f"{part}: {own.mean():.3f} against {chance.mean():.3f} by chance, at least {low:+.3f}"
