# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""Trajectories of a model that is held to a form: complete answers, and learning only from what was its own choice."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from metaspatial.backend.learn import generate as generate_module
from metaspatial.backend.learn.examples import Example
from metaspatial.backend.learn.grpo import Instruments, train
from metaspatial.backend.learn.held import logprobs_among
from metaspatial.backend.learn.rollout import World
from metaspatial.backend.learn.trainer import TrajectoryTrainer
from metaspatial.backend.rewards.score import Score
from metaspatial.backend.rewards.scorer import Scorer
from metaspatial.backend.weights import shipped_model
from metaspatial.tests.backend.learn.trainers import Camera, East, built, generated, gradients, quiet, settings

pytestmark = pytest.mark.learn


@pytest.fixture
def trainer(held_model: Path, rooms: Path, tmp_path: Path, examples: list[Example]) -> TrajectoryTrainer:
    chosen = settings(held_model, rooms, tmp_path, turns=2, max_answer=300)
    return built(chosen, examples[:4], world=World(Scorer(), Camera()))


def logprobs_of(trainer: TrajectoryTrainer, out: dict[str, Any]) -> torch.Tensor:
    ids = torch.cat([out["prompt_ids"], out["completion_ids"]], 1)
    mask = torch.cat([out["prompt_mask"], out["completion_mask"]], 1)
    names = ("pixel_values", "image_grid_thw", "num_images", "mm_token_type_ids")
    pictured = {name: out[name] for name in names if name in out}
    with torch.no_grad():
        found, entropies, _ = trainer._get_per_token_logps_and_entropies(
            trainer.model, ids, mask, out["completion_ids"].shape[1], compute_entropy=True, **pictured
        )
    assert entropies is not None
    assert bool((entropies >= 0).all())
    return found


def test_log_probabilities_among_choices_by_hand() -> None:
    logits = torch.tensor([[[1.0, 2.0, 3.0], [0.0, 0.0, 5.0]]], requires_grad=True)
    choices = torch.tensor([[[True, True, False], [False, False, True]]])
    logprobs, entropies = logprobs_among(logits, torch.tensor([[1, 2]]), choices)
    share = math.exp(2) / (math.exp(1) + math.exp(2))
    expected = -(share * math.log(share) + (1 - share) * math.log(1 - share))
    assert logprobs.tolist() == [pytest.approx([math.log(share), 0.0])]
    assert entropies.tolist() == [pytest.approx([expected, 0.0])]
    (logprobs.sum() + entropies.sum()).backward()
    assert logits.grad is not None
    assert bool(torch.isfinite(logits.grad).all())
    assert logits.grad[0, 0, 2] == 0, "what could not be chosen is not learned about"
    assert bool((logits.grad[0, 1] == 0).all()), "where nothing was chosen, nothing is learned"


def test_a_model_that_knows_nothing_answers_in_full_in_every_turn(trainer: TrajectoryTrainer) -> None:
    generated(trainer)
    for episode in trainer._episodes:
        assert episode.trajectory is not None
        assert episode.ended[0]
        assert set(episode.trajectory.turns[0].layout.poses) == {"bed_1", "nightstand_1"}
        assert not episode.trajectory.turns[0].problems
        if len(episode.spans) == 1:  # by chance it was perfect at once
            continue
        until = episode.spans[1][0]
        read = trainer.encoder.tokenizer.decode(episode.completion_ids[:until])
        assert read.startswith(episode.trajectory.turns[0].answer_text + "<|im_end|>"), "the first answer, whole"


@pytest.mark.parametrize("seen", [True, False], ids=["pictures", "text"])
def test_sampling_and_loss_agree_on_every_choice(
    held_model: Path,
    rooms: Path,
    tmp_path: Path,
    examples: list[Example],
    seen: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was drawn from, by rows read in pieces of several tokens, is what the loss sees of the whole."""
    chosen = settings(held_model, rooms, tmp_path, turns=2, max_answer=300)
    trainer = built(chosen, examples[:4], world=World(Scorer(), Camera() if seen else None))
    known: list[float] = []
    original = generate_module._drawn

    def drawn(scores: torch.Tensor, allowed: list[int], temperature: float, top_p: float) -> int:
        made = original(scores, allowed, temperature, top_p)
        if len(allowed) != 1:
            logprobs = (scores[allowed] if allowed else scores).log_softmax(-1)
            known.append(logprobs[allowed.index(made) if allowed else made].item())
        return made

    monkeypatch.setattr(generate_module, "_drawn", drawn)
    out = generated(trainer)
    assert ("pixel_values" in out) is seen
    learned, own = logprobs_of(trainer, out), (out["completion_mask"] * out["tool_mask"]).bool()
    assert sum(sum(episode.own) for episode in trainer._episodes) == int(own.sum()) == len(known) > 100
    torch.testing.assert_close(learned[own].sort().values, torch.tensor(known).sort().values, atol=2e-4, rtol=0)
    assert bool((learned[own] < 0).all()), "its own is what it chose among several"
    assert int(own.sum()) < int(out["completion_mask"].sum()) / 2, "most of an answer follows from the rest of it"


def test_what_it_could_not_but_write_teaches_nothing(trainer: TrajectoryTrainer) -> None:
    out = generated(trainer)
    own = (out["completion_mask"] * out["tool_mask"]).bool()
    gradient = gradients(trainer, out)
    assert bool((gradient[own] != 0).all())
    assert bool((gradient[~own] == 0).all())


def test_choices_stay_with_their_rows_through_a_step(held_model: Path, rooms: Path, tmp_path: Path) -> None:
    """Shuffled and in batches of one, every token still is among its choices; KL is measured among them, too."""
    chosen = settings(held_model, rooms, tmp_path, turns=1, batch=1, steps=2, max_answer=400)
    done = train(chosen, Instruments(renderer=Camera()), on_line=quiet)
    assert done.steps == 2


def test_credit_by_piece_is_the_pieces_own(
    held_model: Path, rooms: Path, tmp_path: Path, examples: list[Example]
) -> None:
    chosen = settings(held_model, rooms, tmp_path, turns=1, max_answer=400, credit="piece")
    trainer = built(chosen, examples[:4], world=World(Scorer(), Camera()))
    out = generated(trainer)
    assert out["advantages"].shape == out["completion_ids"].shape
    owned = 0
    for row, episode in enumerate(trainer._episodes):
        assert episode.trajectory is not None
        (worth,) = trainer._worth[row]
        assert set(worth) == {"bed_1", "nightstand_1"}
        text = ""
        for place, id in enumerate(episode.completion_ids):
            text += trainer.encoder.tokenizer.decode([id])
            thought = text.removeprefix("<think>")
            line = thought.rpartition("\n")[2]
            owner = next((name for name in worth if line.startswith(f"{name} ") and "<" not in thought), None)
            if owner:
                assert out["advantages"][row, place].item() == pytest.approx(worth[owner], abs=1e-4)
                owned += 1
    assert owned > 100
    trainer.current_gradient_accumulation_steps = 1
    assert torch.isfinite(trainer.compute_loss(trainer.model, out))


class Failing:
    """Can't measure what comes second."""

    def __init__(self) -> None:
        self.asked = 0

    def score(self, scene: Any, layout: Any, problems: Any = ()) -> Score:
        self.asked += 1
        if self.asked == 2:
            raise ArithmeticError("a mesh without faces")
        return Scorer().score(scene, layout, problems)


def test_what_fails_after_an_answer_teaches_nothing_and_stops_nothing(
    held_model: Path, rooms: Path, tmp_path: Path, examples: list[Example]
) -> None:
    chosen = settings(held_model, rooms, tmp_path, turns=1, max_answer=400)
    trainer = built(chosen, examples[:4], world=World(Failing(), Camera()))
    out = generated(trainer)
    own = out["completion_mask"] * out["tool_mask"]
    assert [bool(row.any()) for row in own] == [True, False, True, True]
    assert out["advantages"][1] == 0.0
    trainer.current_gradient_accumulation_steps = 1
    assert torch.isfinite(trainer.compute_loss(trainer.model, out))


@pytest.mark.parametrize("more", [{"top_p": 0.9}, {"checkpoint_activations": True}], ids=str)
def test_what_a_held_model_can_not_do_is_refused(
    held_model: Path, rooms: Path, tmp_path: Path, examples: list[Example], more: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=next(iter(more))):
        built(settings(held_model, rooms, tmp_path, turns=1, **more), examples[:4])


@pytest.mark.slow
def test_the_small_model_learns_where_pieces_should_be(
    rooms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """East is good, so beds come to stand there; the form of its answers it can't lose."""
    monkeypatch.setattr("metaspatial.backend.learn.grpo.Scorer", lambda engine: East())
    chosen = settings(
        shipped_model(), rooms, tmp_path, turns=1, steps=12, group=8, batch=16, max_answer=400, learning_rate=3e-4,
        beta=0.0, staged=False, record_every=1,
    )  # fmt: skip
    done = train(chosen, on_line=quiet)
    assert done.first is not None
    assert done.last is not None
    assert done.last > done.first + 0.05
    rows = [
        json.loads(line)
        for file in (tmp_path / "trajectories").glob("*.jsonl")
        for line in file.read_text().splitlines()
    ]
    assert len(rows) == 12 * 16
    assert all(row["turns"][0]["answer"].endswith("]</answer>") for row in rows)
