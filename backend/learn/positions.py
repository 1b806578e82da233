# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""Where Qwen2.5-VL sees each token, for rows that are read in more than one piece."""

from __future__ import annotations

from typing import Any

import torch


def positions(
    model: Any, ids: torch.Tensor, mask: torch.Tensor, image_id: int, grids: torch.Tensor | None
) -> torch.Tensor:
    """Time, height and width of each token: (3, rows, tokens). `mask` is 0 where rows are filled up on the left."""
    if grids is None:
        return (mask.cumsum(-1) - 1).clamp(min=0)[None].expand(3, -1, -1)
    whole = model
    while not hasattr(whole, "get_rope_index"):  # beneath what wraps it: processes, adapters
        whole = getattr(whole, "module", None) or (
            whole.get_base_model() if hasattr(whole, "peft_config") else whole.model
        )
    kinds = (ids == image_id).int()
    return whole.get_rope_index(ids, mm_token_type_ids=kinds, image_grid_thw=grids, attention_mask=mask)[0]
