# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""Trajectories of one room begin with the same words and pictures: these are read once, and each goes on from them.

The logits are those of each row by itself, for less than half of the work: a prompt is most of a trajectory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from .positions import positions


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as TRL has it: prompts filled up on the left, completions on the right, and pictures of all rows.

    `ids`, `mask`: (rows, prompt + completion). `kept`: places of the completions. `pixels` (patches, values), `grids`
    (pictures, 3) and `pictures` of each row, in the order of its tokens; None where there are none.
    """

    ids: torch.Tensor
    mask: torch.Tensor
    kept: int
    image_id: int
    pixels: torch.Tensor | None = None
    grids: torch.Tensor | None = None
    pictures: Sequence[int] | None = None


def logits_of(model: Any, batch: Batch) -> torch.Tensor:
    """The logits of a Qwen2.5-VL for each token of the completions: (rows, kept, vocabulary); of gaps, anything."""
    width = batch.ids.shape[1] - batch.kept
    prompts = [
        tuple(row[seen.bool()].tolist()) for row, seen in zip(batch.ids[:, :width], batch.mask[:, :width], strict=True)
    ]
    numbers = {prompt: number for number, prompt in enumerate(dict.fromkeys(prompts))}
    firsts = [prompts.index(prompt) for prompt in numbers]
    group = torch.tensor([numbers[prompt] for prompt in prompts], device=batch.ids.device)
    places = positions(model, batch.ids, batch.mask, batch.image_id, batch.grids)
    of_prompts, of_completions = _pictures(batch, prompts, firsts)
    read = model(
        input_ids=batch.ids[firsts, :width],
        attention_mask=batch.mask[firsts, :width],
        position_ids=places[:, firsts, :width],
        use_cache=True,
        logits_to_keep=1,
        **of_prompts,
    )
    cache = read.past_key_values
    cache.batch_select_indices(group)
    said = model(
        input_ids=batch.ids[:, width:],
        attention_mask=batch.mask,
        position_ids=places[:, :, width:],
        past_key_values=cache,
        use_cache=True,
        **of_completions,
    )
    return torch.cat([read.logits[group], said.logits[:, :-1]], 1)


def _pictures(
    batch: Batch, prompts: Sequence[tuple[int, ...]], firsts: Sequence[int]
) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """The pictures of the prompts, each group's once, and those of all completions; as the model takes them."""
    if batch.pixels is None or batch.grids is None or batch.pictures is None:
        return {}, {}
    patches = iter(torch.split(batch.pixels, batch.grids.prod(-1).tolist()))
    grids = iter(batch.grids)
    asked: list[Picture] = []
    shown: list[Picture] = []
    for k, count in enumerate(batch.pictures):
        left = prompts[k].count(batch.image_id)
        for _ in range(count):
            one = next(patches), next(grids)
            if left > 0 and k in firsts:
                asked.append(one)
            elif left <= 0:
                shown.append(one)
            left -= int(one[1].prod()) // 4  # a token is two by two patches
    return _taken(asked), _taken(shown)


Picture = tuple[torch.Tensor, torch.Tensor]
"""Its patches, and its grid."""


def _taken(pictures: Sequence[Picture]) -> dict[str, torch.Tensor]:
    if not pictures:
        return {}
    pixels, grids = zip(*pictures, strict=True)
    return {"pixel_values": torch.cat(pixels), "image_grid_thw": torch.stack(grids)}
