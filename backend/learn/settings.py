# SPDX-License-Identifier: GPL-3.0-or-later
"""What decides a supervised training, and its presets in `presets.toml`."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

PRESETS = Path(__file__).with_name("presets.toml")


@dataclass(frozen=True, slots=True)
class SFTSettings:
    """A supervised training. The same settings, data and machine give the same weights."""

    model: str
    """A Qwen2.5-VL folder, or an id on the Hugging Face hub."""
    data: str
    """A folder of examples."""
    out: str
    """The folder for checkpoints, curves, and the model at the end."""
    steps: int = 0
    """Optimizer steps; 0: as many as `epochs` takes."""
    epochs: float = 1.0
    batch: int = 8
    accumulate: int = 1
    """Batches for one step."""
    learning_rate: float = 2e-3
    optimizer: Literal["adamw", "muon"] = "adamw"
    """muon takes the weight matrices between layers, and AdamW all else: for models from nothing, not for LoRA."""
    schedule: Literal["cosine", "linear", "constant", "constant_with_warmup"] = "cosine"
    warmup: float = 0.03
    """Share of the steps over which the learning rate rises; from 1 on, so many steps."""
    lowest: float = 0.05
    """Share of the learning rate at which a cosine ends."""
    weight_decay: float = 0.01
    clip: float = 1.0
    """Largest norm of a step's gradient."""
    lora_rank: int = 0
    """0 trains all weights."""
    learned: Literal["last", "all", "text"] = "last"
    """What is learned of an example: its last answer, earlier ones too, or its whole text, as a model that is made from
    nothing may do first: the user's text, too, has names to repeat and sums to work out."""
    max_length: int = 2048
    """Tokens of the longest example, its pictures' included."""
    seed: int = 0
    save_every: int = 200
    """Steps between checkpoints."""
    keep: int = 2
    """Checkpoints that are kept."""
    log_every: int = 10
    evaluate_every: int = 0
    """Steps between measurements on the validation split; 0: never."""
    checkpoint_activations: bool = False
    """Less memory, more time."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """What is calculated in. auto: bfloat16 on GPUs that have it, else float32."""

    def __post_init__(self) -> None:
        for name in ("batch", "accumulate", "save_every", "keep", "log_every", "max_length"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be at least 1")
        for name in ("learning_rate", "clip", "epochs"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be more than 0")
        if self.optimizer == "muon" and self.lora_rank:
            raise ValueError("optimizer is muon and lora_rank is not 0; adapters want adamw")


def preset(name: str) -> dict[str, Any]:
    """The values of a preset. Raises ValueError naming the presets there are."""
    known = tomllib.loads(PRESETS.read_text(encoding="utf-8"))
    if name not in known:
        raise ValueError(f"there is no preset {name!r}; there are {', '.join(known)}")
    return known[name]


FIELDS = {field.name: field for field in dataclasses.fields(SFTSettings)}
