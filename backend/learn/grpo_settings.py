# SPDX-License-Identifier: GPL-3.0-or-later
"""What decides a training by GRPO, and its presets in `grpo.toml`."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..rewards.weights import STAGES, Stage
from .returns import Returns

PRESETS = Path(__file__).with_name("grpo.toml")
PARTS = ("format", "physics", "function", "render")


@dataclass(frozen=True, slots=True)
class GRPOSettings:
    """A training by GRPO. The same settings, rooms and machine give the same weights, but for a judge's moods."""

    model: str
    """A Qwen2.5-VL folder, or an id on the Hugging Face hub."""
    rooms: str
    """A curated folder, scene documents, or generated:0-49."""
    out: str
    """The folder for checkpoints, curves, trajectories, and the model at the end."""
    validation: str = ""
    """Rooms to measure on, in the same forms; "" takes the validation split of a curated folder, if there is one."""

    symmetries: bool = False
    """Learn in each room turned by quarters and mirrored, too: eight rooms instead of one, without another label."""
    steps: int = 200
    """Optimizer steps."""
    group: int = 8
    """Trajectories from each room, compared with each other."""
    rooms_per_step: int = 2
    """Rooms of one step, over all processes."""
    batch: int = 8
    """Trajectories that a process learns from at once; smaller takes less memory, and gives the same weights but for
    the loss bnpo or an entropy bonus, which are means over these."""
    turns: int = 3
    """Most answers of a trajectory; 1 is GRPO as usual."""
    iterations: int = 1
    """Optimizer steps from the same trajectories."""

    kind: Literal["last", "best", "discounted"] = "discounted"
    """What of a trajectory's scores is its return."""
    discount: float = 0.9
    bonus: float = 0.0
    """Paid for each point above the group's best first answer."""
    credit: Literal["trajectory", "turn", "piece"] = "trajectory"
    """What a token's advantage is: its trajectory's; that of its turn's return to go; or, where it places a piece, what
    this piece is worth by itself beside the same piece in the group. The last is much the least noisy: two gradients
    of the small model, each of 128 trajectories, have a cosine of 0.04 with it, and of 0.004 with the first."""
    scale: Literal["group", "batch", "none"] = "group"
    """What a group's differences are divided by: their own spread, as GRPO does, so that hardly any difference weighs
    as much as a large one; that of all groups of a step; nothing."""
    staged: bool = True
    """Weights of the score by stages: form first, then physics and function, the judged picture last."""
    without: str = ""
    """Parts of the score that count nothing, for ablations: "physics", "function,render"."""

    learning_rate: float = 1e-6
    warmup: float = 0.0
    """Share of the steps over which the learning rate rises."""
    schedule: Literal["constant", "linear", "cosine"] = "constant"
    weight_decay: float = 0.01
    clip: float = 1.0
    """Largest norm of a step's gradient."""
    beta: float = 0.01
    """Weight of the KL divergence from the model at the beginning; 0 needs no such model."""
    epsilon: float = 0.2
    """How far a token's probability may go from what it was before it is no longer pushed."""
    entropy: float = 0.0
    """Weight of the entropy bonus."""
    loss: Literal["dapo", "dr_grpo", "grpo", "bnpo"] = "dapo"
    temperature: float = 1.0
    top_p: float = 1.0
    lora_rank: int = 0
    """0 trains all weights."""

    max_answer: int = 1024
    """Tokens of the longest answer."""
    max_length: int = 8192
    """Tokens of the longest trajectory, its prompts and pictures included. One that grows longer ends there."""
    picture: int = 224
    """Side in pixels of the rendered pictures; 0 for none. Without Blender, a curated room's own picture is shown."""
    seed: int = 0
    save_every: int = 10
    """Steps between checkpoints."""
    keep: int = 2
    """Checkpoints that are kept."""
    log_every: int = 1
    validate_every: int = 0
    """Steps between measurements on the validation rooms, greedy; 0: never."""
    record_every: int = 10
    """Steps between those whose trajectories are written down, of steps that have new ones; 0: never."""
    checkpoint_activations: bool = False
    """Less memory, more time."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """What is calculated in. auto: bfloat16 on GPUs that have it, else float32."""
    vllm: Literal["", "server", "colocate"] = ""
    """Let vLLM write the answers: on GPUs of its own, or on the same ones."""
    vllm_url: str = ""
    """The address of the server that `trl vllm-serve` runs."""
    vllm_memory: float = 0.3
    """Share of the GPU that a colocated vLLM takes."""
    trackers: str = "tensorboard"
    """Where curves go: tensorboard, wandb, trackio, mlflow, …; several with commas."""

    def __post_init__(self) -> None:
        whole = ("steps", "rooms_per_step", "batch", "turns", "iterations", "max_answer", "max_length")
        for name in (*whole, "save_every", "keep", "log_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be at least 1")
        for name in ("learning_rate", "clip", "temperature", "top_p"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be more than 0")
        for name in ("beta", "bonus", "entropy", "validate_every", "record_every", "lora_rank"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it can't be less than 0")
        if self.group < 2:
            raise ValueError(f"group is {self.group}; trajectories are compared with each other, so it takes two")
        if not 0 < self.discount <= 1:
            raise ValueError(f"discount is {self.discount}; it must be more than 0 and at most 1")
        if self.picture and not 28 <= self.picture <= 2048:
            raise ValueError(f"picture is {self.picture}; give 28 to 2048 pixels, or 0 for no pictures")
        if self.save_every % self.iterations:
            raise ValueError(
                f"save_every is {self.save_every} and iterations {self.iterations}: a checkpoint between steps from "
                "the same trajectories could not be gone on with; make save_every a multiple of iterations"
            )
        if self.credit != "trajectory" and self.bonus:
            raise ValueError(f"bonus belongs to whole trajectories; with credit {self.credit}, leave it 0")
        if self.max_answer >= self.max_length:
            raise ValueError(
                f"max_answer {self.max_answer} leaves no room for a prompt in max_length {self.max_length}"
            )
        if unknown := [part for part in self.left_out if part not in PARTS]:
            raise ValueError(f"without names {unknown[0]!r}; parts are {', '.join(PARTS)}")
        if set(self.left_out) >= {"format", "physics", "function"}:
            raise ValueError("without leaves out all that is measured; nothing could be learned from")
        if self.vllm == "server" and not self.vllm_url:
            raise ValueError(
                "vllm server needs vllm_url, such as http://localhost:8000; start it with `trl vllm-serve`"
            )

    @property
    def returns(self) -> Returns:
        return Returns(self.kind, self.discount, self.bonus)

    @property
    def left_out(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.without.split(",") if part.strip())

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of the score's weights. One that would only wait for parts that are left out is passed over."""
        stages = [
            dataclasses.replace(
                stage,
                weights={part: 0.0 if part in self.left_out else weight for part, weight in stage.weights.items()},
                until={part: goal for part, goal in stage.until.items() if part not in self.left_out},
            )
            for stage in STAGES
        ]
        waiting = [stage for stage in stages[:-1] if stage.until] if self.staged else []
        return (*waiting, stages[-1])

    def accumulate(self, processes: int) -> int:
        """Batches of one step for each process. Raises ValueError where they don't come out even."""
        step = self.rooms_per_step * self.group
        if step % (self.batch * processes):
            raise ValueError(
                f"{self.rooms_per_step} rooms of {self.group} trajectories are {step} for a step: "
                f"that can't be shared by {processes} processes in batches of {self.batch}"
            )
        return step // (self.batch * processes)


def preset(name: str) -> dict[str, Any]:
    """The values of a preset. Raises ValueError naming the presets there are."""
    known = tomllib.loads(PRESETS.read_text(encoding="utf-8"))
    if name not in known:
        raise ValueError(f"there is no preset {name!r}; there are {', '.join(known)}")
    return known[name]


FIELDS = {field.name: field for field in dataclasses.fields(GRPOSettings)}
CHANGEABLE = (
    *("out", "save_every", "keep", "log_every", "validation", "validate_every", "record_every", "trackers"),
    *("checkpoint_activations", "vllm_url", "vllm_memory"),
)
"""Settings that may differ when a training is gone on with: they don't change the weights."""
