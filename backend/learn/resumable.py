# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""TRL's `GRPOTrainer`, so that it can be killed at any moment, goes on to the same weights, and stops before numbers
that run away are saved."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import gather_object
from safetensors import SafetensorError
from torch.utils.data import Sampler
from transformers import TrainerCallback
from trl import GRPOTrainer

from ..rewards.schedule import Schedule
from .checkpoints import CHECKPOINT, SAVING, last_checkpoint, make_whole
from .grpo_settings import GRPOSettings
from .processor import copy_processor

STAGE = "schedule.json"
"""The file of a checkpoint that says where the schedule of weights stood."""


class Diverged(RuntimeError):
    """The training has left what numbers can hold. The message says where it stood and what may help."""


class ResumableTrainer(GRPOTrainer):
    """Keeps the stage of the score's weights with each checkpoint, which is whole or not there. To be derived from."""

    settings: GRPOSettings
    stage: Schedule
    _on_line: Callable[[str], None]
    _saving = False

    def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any = None) -> torch.Tensor:
        loss = super().training_step(model, inputs, num_items_in_batch)
        self.expect(bool(torch.isfinite(self.accelerator.gather(loss.reshape(1))).all()), "the loss")
        return loss

    def expect(self, sound: bool, what: str) -> None:
        """Raise `Diverged`, before anything is changed or saved, if something is no number. In all processes alike."""
        if sound:
            return
        last = last_checkpoint(self.args.output_dir)
        raise Diverged(
            f"step {self.state.global_step + 1}: {what} is not a finite number. "
            + (f"{last} is whole; " if last else "")
            + "begin anew in another folder, from there or from the beginning, with a lower learning rate, a larger "
            "beta or another seed"
        )

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        if self.settings.lora_rank:  # else the model was built from the checkpoint: Trainer finds none of its weights
            super()._load_from_checkpoint(resume_from_checkpoint, model)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        super()._load_optimizer_and_scheduler(checkpoint)
        if checkpoint is not None:
            state = json.loads(Path(checkpoint, STAGE).read_text(encoding="utf-8"))
            self.stage.load_state_dict(state)

    def _get_output_dir(self, trial: Any) -> str:
        folder = super()._get_output_dir(trial)
        return os.path.join(folder, SAVING) if self._saving else folder

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Save, or say why not and go on with the last checkpoint as it is: a disk may have room again next time."""
        out, step = Path(self.args.output_dir), self.state.global_step
        growing = out / SAVING / f"{CHECKPOINT}{step}"
        if self.args.should_save:
            shutil.rmtree(out / SAVING, ignore_errors=True)
        self.accelerator.wait_for_everyone()
        self._saving, failure = True, ""
        try:
            super()._save_checkpoint(model, trial)
            if self.args.should_save:
                (growing / STAGE).write_text(json.dumps(self.stage.state_dict()), encoding="utf-8")
                copy_processor(self.settings.model, growing)
        except (
            OSError,
            RuntimeError,
            SafetensorError,
        ) as error:  # torch says "PytorchStreamWriter failed" of a full disk
            failure = str(error) or type(error).__name__
        finally:
            self._saving = False
        failures = [each for each in gather_object([failure]) if each]
        if not failures and self.args.should_save:
            try:
                make_whole(out, step, self.settings.keep)
            except OSError as error:
                failures = [str(error)]
        if failures and self.args.should_save:
            shutil.rmtree(out / SAVING, ignore_errors=True)
            last = last_checkpoint(out)
            self._on_line(
                f"step {step}: the checkpoint can't be written ({failures[0]}); the training goes on, and "
                + (f"{last.name} stays the last one" if last else "there is none yet")
            )
        self.accelerator.wait_for_everyone()

    def create_model_card(self, *args: Any, **options: Any) -> None:
        """TRL would write one that says less than the run's settings do."""


class RoomSampler(Sampler[int]):
    """The rooms of a whole run as one pass: `generations` times `at_once` rooms, each `group` times in a row.

    All rooms once in an order, then once in another, … Which room comes when follows from the seed alone, so going on
    anywhere needs nothing but to pass over what was seen. `repeat`: how often TRL wants to be given the same.
    """

    def __init__(self, rooms: int, at_once: int, group: int, repeat: int, generations: int, seed: int) -> None:
        self.rooms, self.at_once, self.group = rooms, at_once, group
        self.repeat, self.generations, self.seed = repeat, generations, seed

    def __len__(self) -> int:
        return self.generations * self.at_once * self.group * self.repeat

    def __iter__(self) -> Iterator[int]:
        order = self._order()
        for _ in range(self.generations):
            some = [next(order) for _ in range(self.at_once)]
            for _ in range(self.repeat):
                for room in some:
                    yield from [room] * self.group

    def _order(self) -> Iterator[int]:
        number = 0
        while True:
            dice = torch.Generator().manual_seed(self.seed * 1_000_003 + number)
            yield from torch.randperm(self.rooms, generator=dice).tolist()
            number += 1


class Sound(TrainerCallback):
    """Looks at the gradients before they change the weights."""

    def __init__(self, trainer: ResumableTrainer) -> None:
        self.trainer = trainer

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, model: Any = None, **more: Any) -> None:
        norms = [p.grad.detach().float().norm() for p in model.parameters() if p.grad is not None]
        self.trainer.expect(not norms or bool(torch.isfinite(torch.stack(norms)).all()), "a gradient")
