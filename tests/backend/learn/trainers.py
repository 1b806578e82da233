# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""What tests of the trainer share: trainings while one waits, and trainers to look inside."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from metaspatial.backend.learn.examples import Example
from metaspatial.backend.learn.grpo import load_model
from metaspatial.backend.learn.grpo_settings import GRPOSettings
from metaspatial.backend.learn.processor import load_processor
from metaspatial.backend.learn.rollout import LearningRoom, World
from metaspatial.backend.learn.trainer import TrajectoryTrainer
from metaspatial.backend.rewards.score import Score
from metaspatial.backend.rewards.scorer import Scorer
from PIL import Image
from trl import GRPOConfig


class East:
    """A scorer that likes the bed in the east."""

    def score(self, scene: Any, layout: Any, problems: Any = ()) -> Score:
        good = layout["bed_1"].x / 5
        return Score(good, physics=good)


class Camera:
    """Pictures of a colour that depends on the layout."""

    def render(self, scene: Any, layout: Any, size: tuple[int, int] = (56, 56)) -> bytes:
        shade = sum(int(100 * (pose.x + pose.y)) for pose in layout.poses.values()) % 256
        out = io.BytesIO()
        Image.new("RGB", size, (shade, 255 - shade, 128)).save(out, "PNG")
        return out.getvalue()


def settings(model: Path, rooms: Path, out: Path, **more: Any) -> GRPOSettings:
    chosen = {
        "steps": 4, "group": 2, "rooms_per_step": 2, "batch": 4, "turns": 2, "learning_rate": 1e-3, "max_answer": 12,
        "picture": 56, "save_every": 100, "record_every": 0, **more,
    }  # fmt: skip
    return GRPOSettings(model=str(model), rooms=str(rooms), out=str(out), **chosen)


def quiet(line: str) -> None:
    pass


def built(chosen: GRPOSettings, examples: Sequence[Example], **more: Any) -> TrajectoryTrainer:
    """A trainer by hand, to look inside."""
    accumulate = chosen.accumulate(1)
    arguments = GRPOConfig(
        output_dir=chosen.out, max_steps=chosen.steps, num_generations=chosen.group, num_generations_eval=1,
        per_device_train_batch_size=chosen.batch, gradient_accumulation_steps=accumulate,
        steps_per_generation=accumulate, max_completion_length=chosen.max_answer, beta=chosen.beta,
        learning_rate=chosen.learning_rate, use_cpu=True, bf16=False, gradient_checkpointing=False, report_to=[],
        disable_tqdm=True, save_strategy="no", logging_steps=1, seed=chosen.seed,
    )  # fmt: skip
    learned = [LearningRoom(one.room, one.scene) for one in examples]
    return TrajectoryTrainer(
        load_model(chosen), chosen, learned, more.pop("world", World(Scorer(), Camera())), args=arguments,
        processor=load_processor(chosen.model), on_line=quiet, **more,
    )  # fmt: skip


def generated(trainer: TrajectoryTrainer) -> dict[str, Any]:
    """One step's tensors, as the loss gets them but for their shuffled order."""
    rows = [trainer.train_dataset[k] for k in (0, 0, 1, 1)]
    trainer.model.train()
    return trainer._generate_and_score_completions(rows)


def gradients(trainer: TrajectoryTrainer, out: dict[str, Any]) -> torch.Tensor:
    """How the loss of a step in which all is equally good changes with each log-probability: (rows, tokens)."""
    out = {**out, "advantages": torch.ones_like(out["advantages"])}
    caught: list[torch.Tensor] = []
    original = trainer._get_per_token_logps_and_entropies

    def logps(*args: Any, **options: Any) -> Any:
        made = original(*args, **options)
        made[0].retain_grad()
        caught.append(made[0])
        return made

    trainer._get_per_token_logps_and_entropies = logps  # type: ignore[method-assign]
    trainer.current_gradient_accumulation_steps = 1
    trainer.compute_loss(trainer.model, out).backward()
    assert caught[0].grad is not None
    return caught[0].grad
