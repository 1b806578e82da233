# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""TRL's trainer on trajectories: what it learns from, and what it leaves behind."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import trl
from metaspatial.backend.learn import trainer as trainer_module
from metaspatial.backend.learn.examples import Example
from metaspatial.backend.learn.grpo import Instruments, train
from metaspatial.backend.learn.returns import advantages
from metaspatial.backend.learn.rollout import World
from metaspatial.backend.learn.trainer import PRIVATE, TrajectoryTrainer
from metaspatial.backend.rewards.scorer import Scorer
from metaspatial.tests.backend.learn.trainers import Camera, built, generated, gradients, quiet, settings

pytestmark = pytest.mark.learn


@pytest.fixture
def trainer(model: Path, rooms: Path, tmp_path: Path, examples: list[Example]) -> TrajectoryTrainer:
    return built(settings(model, rooms, tmp_path), examples[:4])


def test_trl_is_as_this_was_built_for() -> None:
    """What is overridden or called is private to TRL: this fails loudly when it changes."""
    assert trl.__version__.startswith("1.16."), "read TRL's changes to GRPOTrainer, then this test's other assertions"
    for name, parameters in PRIVATE.items():
        assert tuple(inspect.signature(getattr(trl.GRPOTrainer, name)).parameters) == parameters, name
    source = inspect.getsource(trl.GRPOTrainer)
    for line in (
        # what `_generate` gives, and that its pictures are looked at behind the first prompt
        "return prompt_ids, completion_ids, tool_mask, completions, logprobs, extra_fields, images, tool_images",
        "if self.tools and any(imgs for imgs in tool_images) and self._is_vlm:",
        "self._standalone_tools = tools",
        # feedback is no part of the loss
        'mask = completion_mask if "tool_mask" not in inputs else completion_mask * inputs["tool_mask"]',
        # advantages may be one a token
        "if advantages.dim() == 1:",
        # a trajectory without a return has no advantage
        "advantages = torch.nan_to_num(advantages, nan=0.0)",
        # KL is measured from the model of that name
        "self.ref_model = create_model_from_path(get_config_model_id(self.model.config), **model_init_kwargs)",
        # the rows of a process are a slice of all rows, in order
        "self.accelerator.process_index * len(prompts),",
    ):
        assert line in source, line


@pytest.mark.parametrize("seen", [True, False], ids=["pictures", "text"])
def test_sampling_and_loss_agree_on_every_token_of_every_turn(
    model: Path, rooms: Path, tmp_path: Path, examples: list[Example], seen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = built(
        settings(model, rooms, tmp_path, turns=3), examples[:4], world=World(Scorer(), Camera() if seen else None)
    )
    known: list[list[torch.Tensor]] = []
    original = type(trainer.model).generate

    def generate(self: Any, *args: Any, **options: Any) -> Any:
        made = original(self, *args, **options, output_logits=True, return_dict_in_generate=True)
        start = made.sequences.shape[1] - len(made.logits)
        logprobs = torch.stack([logits.log_softmax(-1) for logits in made.logits], 1)
        known.append(list(logprobs.gather(-1, made.sequences[:, start:, None]).squeeze(-1)))
        return made.sequences

    monkeypatch.setattr(type(trainer.model), "generate", generate)
    out = generated(trainer)
    ids = torch.cat([out["prompt_ids"], out["completion_ids"]], 1)
    mask = torch.cat([out["prompt_mask"], out["completion_mask"]], 1)
    pictured = {
        name: out[name] for name in ("pixel_values", "image_grid_thw", "num_images", "mm_token_type_ids") if name in out
    }
    assert bool(pictured) is seen
    with torch.no_grad():
        learned, _, _ = trainer._get_per_token_logps_and_entropies(
            trainer.model, ids, mask, out["completion_ids"].shape[1], **pictured
        )
    compared = 0
    assert len(known) == 3
    for row, episode in enumerate(trainer._episodes):
        assert len(episode.spans) == 3
        for turn, (start, end) in enumerate(episode.spans):
            torch.testing.assert_close(learned[row, start:end], known[turn][row][: end - start], atol=2e-4, rtol=0)
            compared += end - start
    assert compared == int((out["completion_mask"] * out["tool_mask"]).sum()) > 0


def test_feedback_is_read_and_not_learned(trainer: TrajectoryTrainer) -> None:
    """The gradient of the loss by the log-probabilities is 0 exactly on what the model did not write."""
    out = generated(trainer)
    own = (out["completion_mask"] * out["tool_mask"]).bool()
    assert bool((~own & out["completion_mask"].bool()).any()), "there is feedback"
    gradient = gradients(trainer, out)
    assert bool((gradient[own] != 0).all())
    assert bool((gradient[~own] == 0).all())


def test_advantages_are_those_worked_out_by_hand(trainer: TrajectoryTrainer) -> None:
    worth = iter([[0.2, 0.8], [0.6, 0.1], [0.3, 0.3], [0.5, 0.9]])
    trainer.settings = replace(trainer.settings, kind="best")
    original = trainer_module.totals_of_group
    trainer_module.totals_of_group = lambda group, weights: [next(worth) for _ in group]  # type: ignore[assignment]
    try:
        out = generated(trainer)
    finally:
        trainer_module.totals_of_group = original
    expected = advantages([0.8, 0.6]) + advantages([0.3, 0.9])
    assert out["advantages"].tolist() == pytest.approx(expected, abs=1e-4)


def test_credit_by_turn_gives_each_turn_its_own(
    model: Path, rooms: Path, tmp_path: Path, examples: list[Example]
) -> None:
    trainer = built(settings(model, rooms, tmp_path, credit="turn", kind="last"), examples[:4])
    out = generated(trainer)
    assert out["advantages"].shape == out["completion_ids"].shape
    for row, episode in enumerate(trainer._episodes):
        for (start, end), value in zip(episode.spans, trainer._values[row], strict=True):
            assert out["advantages"][row, start:end].tolist() == pytest.approx([value] * (end - start))
        others = torch.ones(out["advantages"].shape[1], dtype=torch.bool)
        for start, end in episode.spans:
            others[start:end] = False
        assert not out["advantages"][row][others].any()
    trainer.current_gradient_accumulation_steps = 1
    assert torch.isfinite(trainer.compute_loss(trainer.model, out))


def test_a_room_that_fails_teaches_nothing_and_stops_nothing(
    model: Path, rooms: Path, tmp_path: Path, examples: list[Example]
) -> None:
    class Picky:
        def score(self, scene: Any, layout: Any, problems: Any = ()) -> Any:
            if scene == examples[0].scene:
                raise ArithmeticError("a mesh without faces")
            return Scorer().score(scene, layout, problems)

    lines: list[str] = []
    trainer = built(settings(model, rooms, tmp_path), examples[:4], world=World(Picky(), Camera()))
    trainer._on_line = lines.append
    out = generated(trainer)
    assert out["advantages"][:2].tolist() == [0.0, 0.0]
    assert not (out["completion_mask"] * out["tool_mask"])[:2].any()
    assert (out["completion_mask"] * out["tool_mask"])[2:].any()
    trainer.current_gradient_accumulation_steps = 1
    assert torch.isfinite(trainer.compute_loss(trainer.model, out))
    assert lines == [f"room {examples[0].room} is left out: a mesh without faces"]


def test_rooms_without_a_validation_split_are_trained_in(model: Path, tmp_path: Path) -> None:
    """What the panel offers at first: generated rooms, and a preset that validates."""
    lines: list[str] = []
    chosen = settings(model, Path("generated:0-1"), tmp_path, steps=1, turns=1, validate_every=1, max_answer=8)
    assert train(chosen, on_line=lines.append).steps == 1
    assert "2 rooms to learn in, 0 to validate on (name some by --validation, or curate them)" in lines


def test_figures_curves_and_trajectories_are_there(model: Path, rooms: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    chosen = settings(model, rooms, tmp_path, steps=2, validate_every=2, record_every=1)
    train(chosen, Instruments(renderer=Camera()), on_line=lines.append)
    assert any(line.startswith("step 1 of 2: return") and "format" in line and "left" in line for line in lines)
    assert any("validation" in line and "collide" in line for line in lines)
    assert list((tmp_path / "curves").rglob("events.out.tfevents*"))
    assert {"reward.png", "parts.png", "length.png"} <= {path.name for path in (tmp_path / "plots").iterdir()}
    files = sorted((tmp_path / "trajectories").glob("*.jsonl"))
    assert len(files) == 2
    rows = [json.loads(line) for line in files[0].read_text().splitlines()]
    assert len(rows) == 4
    for row in rows:
        assert len(row["turns"]) == 2
        for turn in row["turns"]:
            assert (tmp_path / "trajectories" / turn["picture"]).read_bytes().startswith(b"\x89PNG")
        assert row["turns"][1]["feedback"]
    status = json.loads((tmp_path / "status.json").read_text())
    assert (status["state"], status["step"]) == ("done", 2)


@pytest.mark.slow
@pytest.mark.usefixtures("toy")
def test_a_toy_is_learned(model: Path, rooms: Path, tmp_path: Path) -> None:
    """East is good, so soon there are more digits."""
    done = train(
        settings(model, rooms, tmp_path, steps=25, group=8, batch=16, learning_rate=5e-3, beta=0.0, staged=False),
        on_line=quiet,
    )
    assert done.first is not None
    assert done.last is not None
    assert done.last > done.first + 0.2


@pytest.mark.slow
def test_two_processes_learn_as_one_with_twice_the_batch(model: Path, rooms: Path, tmp_path: Path) -> None:
    """The same rooms in the same steps; what is sampled differs, so the first step's figures are compared."""
    script = tmp_path / "run.py"
    script.write_text(
        "import os, sys\n"
        "from pathlib import Path\n"
        "from metaspatial.backend.learn.grpo import train\n"
        "from metaspatial.backend.learn.grpo_settings import GRPOSettings\n"
        f"train({settings(model, rooms, tmp_path / 'two', batch=2, steps=3, record_every=1)!r})\n"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2",
               "--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no", str(script)]  # fmt: skip
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    train(settings(model, rooms, tmp_path / "one", batch=4, steps=3, record_every=1), on_line=quiet)

    def learned_in(run: str, step: int) -> list[str]:
        files = sorted((tmp_path / run / "trajectories").glob(f"step_{step:06d}_*.jsonl"))
        return [json.loads(line)["room"] for file in files for line in file.read_text().splitlines()]

    for step in range(3):
        assert learned_in("two", step) == learned_in("one", step)
    assert len(sorted((tmp_path / "two" / "trajectories").glob("*.jsonl"))) == 6
    assert (tmp_path / "two" / "model" / "model.safetensors").exists()
