# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""Supervised fine-tuning of any Qwen2.5-VL on dialogues with pictures, by TRL's `SFTTrainer`.

`train` reads from top to bottom: the examples, the model, the trainer, and going on where an earlier run was stopped.
What is learned is what the assistant says, nothing else.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from torch.utils.data import Sampler
from torch.utils.tensorboard import SummaryWriter
from transformers import AutoModelForImageTextToText, PrinterCallback, TrainerCallback, TrainerState
from transformers.integrations import TensorBoardCallback
from trl import SFTConfig, SFTTrainer

from .checkpoints import CHECKPOINT, SAVING, STATE, last_checkpoint, make_whole, same_run
from .dataset import load_examples
from .encode import Encoder, TooLong, batch
from .examples import ExampleError
from .muon import MuonAdamW
from .processor import copy_processor, load_processor
from .settings import SFTSettings

CURVES = "curves"
"""For TensorBoard."""
CHANGEABLE = ("out", "save_every", "keep", "log_every", "evaluate_every", "checkpoint_activations")
"""Settings that may differ when a training is gone on with: they don't change the weights."""
MODEL = "model"
"""The folder, in a run's folder, of the model at the end."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A finished training: the folder of the model, steps done in all, and the last measured losses."""

    folder: Path
    steps: int
    loss: float | None
    validation_loss: float | None


def train(settings: SFTSettings, *, on_line: Callable[[str], None] = print, until: int | None = None) -> Trained:
    """Train, or go on with a training that was stopped at any moment, and write the model.

    `until` ends this run at that step, with a checkpoint, as if it had been stopped there. Raises `ExampleError` for
    data that can't be used, `TooLong` for examples of more tokens than `max_length`, and ValueError for going on with a
    training that had other settings.
    """
    out = Path(settings.out)
    last = last_checkpoint(out)
    same_run(out, dataclasses.asdict(settings), CHANGEABLE, going_on=last is not None)
    if last and (finished := _finished(out, last)):
        return finished
    processor = load_processor(settings.model)
    encoder = Encoder(processor, learned=settings.learned, longest=settings.max_length)
    data, lengths = _measured(load_examples(settings.data, "train"), encoder, settings)
    held_out = _validation(settings, encoder)
    on_line(f"{len(data)} examples of {min(lengths)} to {max(lengths)} tokens")
    model = load_model(settings, last)
    on_line(f"{sum(p.numel() for p in model.parameters()) / 1e6:.1f} million parameters, {model.device.type}")

    trainer = Trainer(
        model=model,
        args=_arguments(settings),
        processing_class=processor,
        train_dataset=data,
        eval_dataset=held_out,
        data_collator=_Collator(encoder),
        peft_config=_lora(settings),
        callbacks=[
            Progress(on_line),
            TensorBoardCallback(SummaryWriter(str(out / CURVES))),
            *([_Until(until)] if until else []),
        ],
        lengths=lengths,
        settings=settings,
    )
    trainer.remove_callback(PrinterCallback)
    if last:
        on_line(f"going on from {last}")
    if last and (state := TrainerState.load_from_json(str(last / STATE))).global_step >= state.max_steps:
        trainer.state = state  # nothing is left to do; `Trainer.train` would add a step
        trainer._load_from_checkpoint(str(last))
    else:
        trainer.train(resume_from_checkpoint=str(last) if last else None)
    return _finish(trainer, settings)


def load_model(settings: SFTSettings, checkpoint: Path | None = None) -> Any:
    """The model to train; from a checkpoint where all weights are trained.

    Trainer's own resumption finds none of Qwen2.5-VL's weights (they are saved under older names), says so in a
    warning, and goes on from the first weights; building the model from the checkpoint is what restores them.
    """
    source = str(checkpoint) if checkpoint and not settings.lora_rank else settings.model
    half = settings.lora_rank and precision(settings) == "bfloat16"
    model = AutoModelForImageTextToText.from_pretrained(source, dtype=torch.bfloat16 if half else torch.float32)
    model.register_forward_pre_hook(_without_filling, with_kwargs=True)
    return model


def precision(settings: SFTSettings) -> str:
    """What the model calculates in."""
    if settings.precision != "auto":
        return settings.precision
    return "bfloat16" if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else "float32"


class Trainer(SFTTrainer):
    """TRL's, with batches of examples of like length, and checkpoints that are whole or not there at all."""

    def __init__(self, *args: Any, lengths: Sequence[int], settings: SFTSettings, **options: Any) -> None:
        super().__init__(*args, **options)
        self._lengths = lengths
        self._settings = settings
        self._saving = False

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        return LengthSampler(self._lengths, self.args.train_batch_size, self.args.seed)

    def create_optimizer(self, *args: Any, **options: Any) -> torch.optim.Optimizer:
        if self._settings.optimizer == "muon" and self.optimizer is None:
            self.optimizer = MuonAdamW(self.model, self.args.learning_rate, self.args.weight_decay)
        return super().create_optimizer(*args, **options)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        if self._settings.lora_rank:  # else `load_model` has done it, for the reason that it gives
            super()._load_from_checkpoint(resume_from_checkpoint, model)

    def _get_output_dir(self, trial: Any) -> str:
        folder = super()._get_output_dir(trial)
        return os.path.join(folder, SAVING) if self._saving else folder

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        out = Path(self.args.output_dir)
        if self.args.should_save:
            shutil.rmtree(out / SAVING, ignore_errors=True)
        self.accelerator.wait_for_everyone()
        self._saving = True
        try:
            super()._save_checkpoint(model, trial)
        finally:
            self._saving = False
        self.accelerator.wait_for_everyone()
        if self.args.should_save:
            copy_processor(self._settings.model, out / SAVING / f"{CHECKPOINT}{self.state.global_step}")
            make_whole(out, self.state.global_step, self._settings.keep)

    def create_model_card(self, *args: Any, **options: Any) -> None:
        """TRL would write one that says less than the run's settings do."""


class LengthSampler(Sampler[int]):
    """All examples once, in batches of like length that come in random order. Another epoch mixes them anew."""

    def __init__(self, lengths: Sequence[int], batch: int, seed: int, *, pool: int = 32) -> None:
        self.lengths, self.batch, self.seed, self.pool = lengths, batch, seed, pool
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        dice = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        order = torch.randperm(len(self.lengths), generator=dice).tolist()
        some = self.batch * self.pool  # sorted in pools, so that an example meets others in each epoch
        batches = []
        for start in range(0, len(order), some):
            pool = sorted(order[start : start + some], key=lambda k: self.lengths[k])
            batches += [pool[k : k + self.batch] for k in range(0, len(pool), self.batch)]
        short = [b for b in batches if len(b) < self.batch]  # the last one, which must stay the last
        batches = [b for b in batches if len(b) == self.batch]
        for k in torch.randperm(len(batches), generator=dice).tolist():
            yield from batches[k]
        for rest in short:
            yield from rest


class Progress(TrainerCallback):
    """A line now and then: step, loss, speed, time left."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self.on_line = on_line
        self.start = (time.monotonic(), 0)

    def on_train_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        self.start = (time.monotonic(), state.global_step)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **more: Any) -> None:
        logs = logs or {}
        began, first = self.start
        seconds, steps = time.monotonic() - began, state.global_step - first
        if "eval_loss" in logs:
            self.on_line(f"step {state.global_step}: validation loss {logs['eval_loss']:.4f}")
        if "loss" in logs and steps:
            each = seconds / steps
            speed = args.train_batch_size * args.gradient_accumulation_steps / each
            self.on_line(
                f"step {state.global_step} of {state.max_steps}: loss {logs['loss']:.4f}, "
                f"tokens right {100 * logs.get('mean_token_accuracy', 0):.1f} %, {speed:.1f} examples/s, "
                f"{duration(each * (state.max_steps - state.global_step))} left"
            )


class _Until(TrainerCallback):
    """Ends a run at a step, with a checkpoint."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        if state.global_step >= self.step:
            control.should_save = control.should_training_stop = True


class _Collator:
    """Rows of the dataset as a batch for the model."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        encoded = [self.encoder.encode(row["messages"], row["images"]) for row in rows]
        return batch(encoded, self.encoder.tokenizer.pad_token_id, self.encoder.image_id)


def duration(seconds: float) -> str:
    """ "2 h 05 min"."""
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min" if minutes else "< 1 min"


def _measured(data: Dataset, encoder: Encoder, settings: SFTSettings) -> tuple[Dataset, list[int]]:
    """The columns that training needs, and each example's tokens."""
    data = data.select_columns(["messages", "images"])
    lengths = [encoder.length(row["messages"], row["images"]) for row in data]  # type: ignore[call-overload, index]
    if not lengths:
        raise ExampleError(f"{settings.data}: holds no examples to learn from")
    over = sum(length > settings.max_length for length in lengths)
    if over:
        raise TooLong(
            f"{over} of {len(lengths)} examples have more than {settings.max_length} tokens, up to {max(lengths)}; "
            "allow more (max_length), leave them out, or show smaller pictures"
        )
    return data, lengths


def _validation(settings: SFTSettings, encoder: Encoder) -> Dataset | None:
    return (
        _measured(load_examples(settings.data, "validation"), encoder, settings)[0] if settings.evaluate_every else None
    )


def _arguments(settings: SFTSettings) -> SFTConfig:
    half = precision(settings) == "bfloat16"
    floor = {"min_lr_rate": settings.lowest} if settings.schedule == "cosine" else {}
    return SFTConfig(
        output_dir=settings.out,
        max_steps=settings.steps or -1,
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch,
        per_device_eval_batch_size=settings.batch,
        gradient_accumulation_steps=settings.accumulate,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine_with_min_lr" if settings.schedule == "cosine" else settings.schedule,
        lr_scheduler_kwargs=floor,
        warmup_steps=settings.warmup,
        weight_decay=settings.weight_decay,
        adam_beta2=0.95,
        max_grad_norm=settings.clip,
        seed=settings.seed,
        data_seed=settings.seed,
        bf16=half,
        use_cpu=not torch.cuda.is_available(),
        gradient_checkpointing=settings.checkpoint_activations,
        max_length=None,  # too long is an error, said before training begins
        remove_unused_columns=False,
        save_strategy="steps",
        save_steps=settings.save_every,
        eval_strategy="steps" if settings.evaluate_every else "no",
        eval_steps=settings.evaluate_every or None,
        logging_steps=settings.log_every,
        report_to=[],
        disable_tqdm=True,
        prediction_loss_only=True,
    )


def _lora(settings: SFTSettings) -> Any:
    if not settings.lora_rank:
        return None
    from peft import LoraConfig

    return LoraConfig(
        r=settings.lora_rank,
        lora_alpha=2 * settings.lora_rank,
        lora_dropout=0.0,
        target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
        task_type="CAUSAL_LM",
    )


def _without_filling(model: Any, args: Any, options: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Leave out a mask that only hides filling on the right: causal attention never looks there, and is faster bare."""
    mask = options.get("attention_mask")
    if model.training and mask is not None and mask.ndim == 2 and bool((mask[:, 1:] <= mask[:, :-1]).all()):
        options = {**options, "attention_mask": None}
    return args, options


def _finish(trainer: Trainer, settings: SFTSettings) -> Trained:
    """Write the model, unless the run ended before its last step."""
    out, state = Path(settings.out), trainer.state
    folder = out / MODEL
    if state.global_step >= state.max_steps and trainer.args.should_save:
        growing = out / SAVING / MODEL
        shutil.rmtree(growing, ignore_errors=True)
        model = trainer.accelerator.unwrap_model(trainer.model)
        if settings.lora_rank:
            model = model.merge_and_unload()
        model.save_pretrained(growing)
        copy_processor(settings.model, growing)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(growing, folder)
        shutil.rmtree(out / SAVING, ignore_errors=True)
    return Trained(folder, state.global_step, *_last_losses(state))


def _finished(out: Path, last: Path) -> Trained | None:
    """What an earlier run has ended with, if it did: its examples need not be measured again to find that out."""
    state = TrainerState.load_from_json(str(last / STATE))
    if state.global_step < state.max_steps or not (out / MODEL / "config.json").exists():
        return None
    return Trained(out / MODEL, state.global_step, *_last_losses(state))


def _last_losses(state: TrainerState) -> tuple[float | None, float | None]:
    losses = [entry["loss"] for entry in state.log_history if "loss" in entry]
    measured = [entry["eval_loss"] for entry in state.log_history if "eval_loss" in entry]
    return losses[-1] if losses else None, measured[-1] if measured else None
