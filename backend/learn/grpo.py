# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""Reinforcement learning of any Qwen2.5-VL on rooms, by GRPO on trajectories of several turns.

`train` reads from top to bottom: the rooms, the model, the trainer, and going on where an earlier run was stopped.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch.utils.tensorboard import SummaryWriter
from transformers import AutoModelForImageTextToText, PrinterCallback, TrainerState
from transformers.integrations import TensorBoardCallback
from trl import GRPOConfig

from ..rewards.physics import PhysicsEngine
from ..rewards.score import Judge, Renderer
from ..rewards.scorer import Scorer
from ..scene import Scene
from .album import Album, Bench
from .checkpoints import SAVING, STATE, last_checkpoint, same_run
from .chronicle import Chronicle
from .grpo_settings import CHANGEABLE, GRPOSettings
from .learning_rooms import apart, has_split, learning_rooms
from .processor import copy_processor, load_processor
from .rollout import LearningRoom, World
from .trainer import TrajectoryTrainer
from .watch import Until, Watch

CURVES = "curves"
"""For TensorBoard."""
MODEL = "model"
"""The folder, in a run's folder, of the model at the end."""


@dataclass(frozen=True, slots=True)
class Instruments:
    """What layouts are looked at with. Without Blender: boxes, no pictures. `prepare` completes each room's scene."""

    engine: PhysicsEngine | None = None
    renderer: Renderer | None = None
    judge: Judge | None = None
    prepare: Callable[[Scene], Scene] = field(default=lambda scene: scene)


@dataclass(frozen=True, slots=True)
class Learned:
    """A training as far as it went: the folder of the model, steps done in all, the last return and its first."""

    folder: Path
    steps: int
    first: float | None
    last: float | None


def train(
    settings: GRPOSettings,
    instruments: Instruments | None = None,
    *,
    on_line: Callable[[str], None] = print,
    until: int | None = None,
) -> Learned:
    """Train, or go on with a training that was stopped at any moment, and write the model.

    `until` ends this run at that step, with a checkpoint, as if it had been stopped there. Raises `RoomsError` for
    rooms that can't be used, ValueError for settings that don't fit the machine or the run in the folder, `Diverged`
    where the numbers run away; the last checkpoint then stands.
    """
    tools = instruments or Instruments()
    out = Path(settings.out)
    last = last_checkpoint(out)
    arguments = _arguments(settings)
    main = arguments.process_index == 0
    say: Callable[[str], None] = on_line if main else _silence
    if main:
        same_run(out, {**dataclasses.asdict(settings), **_measured_by(tools)}, CHANGEABLE, going_on=last is not None)
    rooms = learning_rooms(settings.rooms, symmetric=settings.symmetries, prepare=tools.prepare)
    held_out = _validation(settings, rooms, tools)
    hint = "" if held_out or not settings.validate_every else " (name some by --validation, or curate them)"
    say(f"{len(rooms)} rooms to learn in, {len(held_out)} to validate on{hint}")
    processor = load_processor(settings.model)
    model = load_model(settings, last)
    say(f"{sum(p.numel() for p in model.parameters()) / 1e6:.1f} million parameters, {arguments.device.type}")

    album = Album(tools.renderer, settings.picture) if tools.renderer is not None and settings.picture else None
    bench = Bench(tools.judge, album) if tools.judge is not None and album is not None else None
    trainer = TrajectoryTrainer(
        model,
        settings,
        rooms,
        World(Scorer(tools.engine), album, bench),
        args=arguments,
        processor=processor,
        validation=held_out,
        on_line=say,
        on_episodes=Chronicle(
            out, settings.record_every, rank=arguments.process_index, renderer=album, on_line=on_line
        ),
        callbacks=[Watch(out, say), *_tensorboard(settings, last, main), *([Until(until)] if until else [])],
        peft_config=_lora(settings),
    )
    trainer.remove_callback(PrinterCallback)
    if last:
        say(f"going on from {last}")
    try:
        if last and (state := TrainerState.load_from_json(str(last / STATE))).global_step >= state.max_steps:
            trainer.state = state  # nothing is left to do; `Trainer.train` would add a step
            trainer._load_from_checkpoint(str(last))
            trainer.callback_handler.on_train_end(arguments, state, trainer.control)
        else:
            trainer.train(resume_from_checkpoint=str(last) if last else None)
    finally:
        if bench is not None:
            bench.close()
    return _finish(trainer, settings)


def _measured_by(tools: Instruments) -> dict[str, str]:
    """What decides a reward beside the settings: it must not change in the middle of a training."""
    judge = getattr(getattr(tools.judge, "settings", None), "model", type(tools.judge).__name__) if tools.judge else ""
    return {
        "physics": type(tools.engine).__name__ if tools.engine is not None else "boxes",
        "pictures": "rendered" if tools.renderer is not None else "",
        "judge": str(judge),
    }


def load_model(settings: GRPOSettings, checkpoint: Path | None = None) -> Any:
    """The model to train; from a checkpoint where all weights are trained, as Trainer's own resumption finds none.

    Whatever it was loaded from, it bears the name of the model at the beginning: by it TRL finds what KL is measured
    from, which must not move when a training is gone on with.
    """
    source = str(checkpoint) if checkpoint and not settings.lora_rank else settings.model
    half = settings.lora_rank and precision(settings) == "bfloat16"
    model = AutoModelForImageTextToText.from_pretrained(source, dtype=torch.bfloat16 if half else torch.float32)
    model.config._name_or_path = str(settings.model)
    return model


def precision(settings: GRPOSettings) -> str:
    """What the model calculates in."""
    if settings.precision != "auto":
        return settings.precision
    return "bfloat16" if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else "float32"


def _arguments(settings: GRPOSettings) -> GRPOConfig:
    """TRL's own settings. Raises ValueError where a step can't be shared evenly by the processes."""
    accumulate = settings.accumulate(int(os.environ.get("WORLD_SIZE", "1")))
    trackers = [name for each in settings.trackers.split(",") if (name := each.strip()) and name != "tensorboard"]
    vllm: dict[str, Any] = {}
    if settings.vllm:
        vllm = {
            "use_vllm": True,
            "vllm_mode": settings.vllm,
            "vllm_server_base_url": settings.vllm_url or None,
            "vllm_gpu_memory_utilization": settings.vllm_memory,
            "vllm_max_model_length": settings.max_length,
            # a whole trajectory is thousands of tokens: by the sequence, all of them would be masked
            "vllm_importance_sampling_mode": "token_truncate",
        }
    return GRPOConfig(
        output_dir=settings.out,
        max_steps=settings.steps,
        num_generations=settings.group,
        num_generations_eval=1,
        per_device_train_batch_size=settings.batch,
        per_device_eval_batch_size=settings.batch,
        gradient_accumulation_steps=accumulate,
        steps_per_generation=accumulate,
        num_iterations=settings.iterations,
        max_completion_length=settings.max_answer,  # of one turn
        temperature=settings.temperature,
        top_p=settings.top_p,
        beta=settings.beta,
        epsilon=settings.epsilon,
        entropy_coef=settings.entropy,
        loss_type=settings.loss,
        scale_rewards=settings.scale,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="constant_with_warmup" if settings.schedule == "constant" else settings.schedule,
        warmup_steps=settings.warmup,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.clip,
        seed=settings.seed,
        data_seed=settings.seed,
        bf16=precision(settings) == "bfloat16",
        use_cpu=not torch.cuda.is_available(),
        gradient_checkpointing=settings.checkpoint_activations,
        save_strategy="steps",
        save_steps=settings.save_every,
        eval_strategy="steps" if _validates(settings) else "no",
        eval_steps=settings.validate_every if _validates(settings) else None,
        logging_steps=settings.log_every,
        report_to=trackers,
        disable_tqdm=True,
        log_completions=False,
        log_multimodal=False,  # or every process would send its pictures to all others, for nothing
        **vllm,
    )


def _validation(settings: GRPOSettings, rooms: list[LearningRoom], tools: Instruments) -> list[LearningRoom]:
    if not _validates(settings):
        return []
    found = learning_rooms(settings.validation or settings.rooms, "validation", prepare=tools.prepare)
    apart(rooms, found)
    return found


def _validates(settings: GRPOSettings) -> bool:
    """Whether it is to be measured on rooms that are not learned in, and there are any."""
    return settings.validate_every > 0 and bool(settings.validation or has_split(settings.rooms, "validation"))


def _tensorboard(settings: GRPOSettings, last: Path | None, main: bool) -> list[TensorBoardCallback]:
    if not main or "tensorboard" not in settings.trackers:
        return []
    step = int(last.name.rpartition("-")[2]) if last else 0
    return [TensorBoardCallback(SummaryWriter(str(Path(settings.out) / CURVES), purge_step=step + 1))]


def _lora(settings: GRPOSettings) -> Any:
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


def _finish(trainer: TrajectoryTrainer, settings: GRPOSettings) -> Learned:
    """Write the model, adapters merged, unless the run ended before its last step."""
    out, state = Path(settings.out), trainer.state
    returns = [row["reward"] for row in state.log_history if row.get("reward") is not None]
    folder = out / MODEL
    if state.global_step >= state.max_steps:
        growing = out / SAVING / MODEL
        if trainer.args.should_save:
            shutil.rmtree(growing, ignore_errors=True)
        if settings.lora_rank:
            if trainer.args.should_save:
                model = trainer.accelerator.unwrap_model(trainer.model)
                model.merge_and_unload().save_pretrained(growing)
        else:
            trainer.save_model(str(growing))  # a collective where the weights are spread over processes
        if trainer.args.should_save:
            copy_processor(settings.model, growing)
            (growing / "training_args.bin").unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(growing, folder)
            shutil.rmtree(out / SAVING, ignore_errors=True)
    trainer.accelerator.wait_for_everyone()
    first, last = (returns[0], returns[-1]) if returns else (None, None)
    return Learned(folder, state.global_step, first, last)


def _silence(line: str) -> None:
    pass
