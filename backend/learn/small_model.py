# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""Small Qwen2.5-VL models from nothing: the architecture of the 3B and 7B checkpoints, a thousandth of their size.

A folder that `build` makes is a Qwen2.5-VL folder like the hub's: `AutoModelForImageTextToText` loads the model, and
`AutoProcessor` (or, without torchvision, `processor.load_processor`) what prepares its text and pictures.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerFast, Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

from .guide import ENTRY

PATCH, MERGE = 14, 2
TOKEN_SIDE = PATCH * MERGE
"""Pixels of a side of the square that becomes one token."""


@dataclass(frozen=True, slots=True)
class Size:
    """How big a model is. Widths must be multiples of 64 (a head's width)."""

    layers: int
    width: int
    inner: int
    heads: int
    kv_heads: int
    vision_layers: int
    vision_width: int
    vision_inner: int
    pixels: int
    """Side in pixels of the square with the area that larger pictures are brought down to."""


SIZES: dict[str, Size] = {
    #             layers width inner heads kv  vision: layers width inner  pixels
    "tiny":  Size(3,     192,  512,  3,    1,          1,     64,   192,   112),
    "slim":  Size(5,     192,  512,  3,    1,          2,     64,   192,   168),
    "small": Size(6,     256,  704,  4,    2,          2,     64,   192,   168),
    "wide":  Size(6,     384,  1024, 6,    2,          2,     96,   256,   168),
    "deep":  Size(12,    256,  704,  4,    2,          2,     64,   192,   168),
}  # fmt: skip
"""Presets. With a vocabulary of 2,000 tokens they have 1.8, 2.7, 5.3, 11 and 10 million parameters."""

HEAD = 64
_MROPE = [8, 12, 12]
"""How a head's 32 pairs of numbers are shared among time, height and width: half of what the 7B has, 16, 24, 24."""


def build(
    folder: str | Path, tokenizer: PreTrainedTokenizerFast, size: Size, seed: int = 0, *, held: bool = False
) -> None:
    """Write a model of random weights, with its tokenizer and processor, into a folder.

    `held` has it held to the form of answers whenever it writes (`guide`). The same seed, size and tokenizer give the
    same weights.
    """
    folder = Path(folder)
    tokenizer.save_pretrained(folder)
    write_processor(folder, size.pixels)
    model = new_model(tokenizer, size, seed)
    if held:
        setattr(model.config, ENTRY, True)
    model.save_pretrained(folder)


def new_model(tokenizer: PreTrainedTokenizerFast, size: Size, seed: int = 0) -> Qwen2_5_VLForConditionalGeneration:
    """A model of random weights (float32) for this tokenizer."""
    torch.manual_seed(seed)
    model = Qwen2_5_VLForConditionalGeneration(configure(tokenizer, size))
    _order_numbers(model.get_input_embeddings().weight.data, tokenizer)
    model.generation_config.do_sample = False
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    return model


def configure(tokenizer: PreTrainedTokenizerFast, size: Size) -> Qwen2_5_VLConfig:
    """The configuration of a model of this size for this tokenizer."""
    ids: dict[str, Any] = {key: tokenizer.convert_tokens_to_ids(token) for key, token in _TOKENS.items()}
    return Qwen2_5_VLConfig(
        text_config={
            "vocab_size": math.ceil(len(tokenizer) / 64) * 64,
            "hidden_size": size.width,
            "intermediate_size": size.inner,
            "num_hidden_layers": size.layers,
            "num_attention_heads": size.heads,
            "num_key_value_heads": size.kv_heads,
            "head_dim": HEAD,
            "max_position_embeddings": 8192,
            "rope_parameters": {"rope_type": "default", "mrope_section": _MROPE, "rope_theta": 10_000.0},
            "tie_word_embeddings": True,
            "initializer_range": size.width**-0.5,
            "bos_token_id": tokenizer.pad_token_id,
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
        },
        vision_config={
            "depth": size.vision_layers,
            "hidden_size": size.vision_width,
            "intermediate_size": size.vision_inner,
            "num_heads": size.vision_width // 32,
            "out_hidden_size": size.width,
            "patch_size": PATCH,
            "spatial_merge_size": MERGE,
            "temporal_patch_size": 2,
            "window_size": 112,
            "fullatt_block_indexes": list(range(size.vision_layers)),
            "initializer_range": size.width**-0.5,
        },
        tie_word_embeddings=True,
        **ids,
    )


def write_processor(folder: Path, pixels: int) -> None:
    """The files of the processor as the hub's Qwen2.5-VL folders have them, which every version of it reads."""
    common = {
        "patch_size": PATCH,
        "merge_size": MERGE,
        "temporal_patch_size": 2,
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711],
        "processor_class": "Qwen2_5_VLProcessor",
        "min_pixels": (2 * TOKEN_SIDE) ** 2,
        "max_pixels": pixels**2,
    }
    _write(folder / "preprocessor_config.json", {"image_processor_type": "Qwen2VLImageProcessor", **common})
    _write(folder / "video_preprocessor_config.json", {"video_processor_type": "Qwen2VLVideoProcessor", **common})
    settings = folder / "tokenizer_config.json"
    _write(settings, {**json.loads(settings.read_text(encoding="utf-8")), "processor_class": "Qwen2_5_VLProcessor"})


def _write(file: Path, document: dict[str, Any]) -> None:
    file.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


_TOKENS = {
    "image_token_id": "<|image_pad|>",
    "video_token_id": "<|video_pad|>",
    "vision_start_token_id": "<|vision_start|>",
    "vision_end_token_id": "<|vision_end|>",
}


def _order_numbers(embeddings: torch.Tensor, tokenizer: PreTrainedTokenizerFast) -> None:
    """Let tokens of near numbers begin near each other: waves of the number's value fill half of their vectors.

    What a small model would have to find out for each of a hundred fractions it is told: that .34 lies between .33 and
    .35.
    """
    width = embeddings.shape[1]
    scale = float(embeddings.std())
    for token, id in tokenizer.get_vocab().items():
        kind = next((k for k, form in enumerate(_NUMBERS) if re.fullmatch(form, token)), None)
        if kind is None:
            continue
        value = float(token.replace("_", ""))
        unit = (10.0, 1.0, 30.0)[kind]
        count = width // 4
        periods = unit * 2.0 * torch.pow(torch.tensor(1 / 32), torch.arange(count) / count)
        angles = 2 * math.pi * value / periods
        embeddings[id, : 2 * count] = scale * math.sqrt(2) * torch.cat([angles.sin(), angles.cos()])


_NUMBERS = (r"\d", r"\.\d\d?", r"_\d\d?")
"""Whole digits, fractions, numbers of names."""
