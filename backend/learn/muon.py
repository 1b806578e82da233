# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""Muon for the weight matrices between layers, AdamW for all else, as one optimizer.

Muon (Keller Jordan et al., https://kellerjordan.github.io/posts/muon/) replaces a matrix's averaged gradient by the
nearest orthogonal one. torch.optim.Muon does so in bfloat16, which processors without such instructions only emulate;
here it is done in the weights' own precision. Its steps are scaled to the size of AdamW's (Liu et al. 2025,
arXiv:2502.16982), so that one learning rate serves both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

_A, _B, _C = 3.4445, -4.7750, 2.0315
_SIZE = 0.2
"""Root mean square of AdamW's steps, in learning rates."""


class MuonAdamW(torch.optim.Optimizer):
    """An optimizer for all of a model's parameters that are to be trained."""

    def __init__(self, model: nn.Module, lr: float, weight_decay: float = 0.0) -> None:
        embedded = {id(p) for m in model.modules() if isinstance(m, nn.Embedding) for p in m.parameters()}
        trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
        matrices = [p for name, p in trained if p.ndim == 2 and id(p) not in embedded and "lm_head" not in name]
        chosen = {id(p) for p in matrices}
        others = [p for _, p in trained if id(p) not in chosen and p.ndim >= 2]
        vectors = [p for _, p in trained if id(p) not in chosen and p.ndim < 2]
        groups = [
            {"params": matrices, "muon": True, "weight_decay": weight_decay},
            {"params": others, "muon": False, "weight_decay": weight_decay},
            {"params": vectors, "muon": False, "weight_decay": 0.0},
        ]
        defaults = {"lr": lr, "betas": (0.9, 0.95), "momentum": 0.95, "eps": 1e-8, "weight_decay": 0.0, "muon": False}
        super().__init__([group for group in groups if group["params"]], defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.mul_(1 - group["lr"] * group["weight_decay"])
                    take = self._muon if group["muon"] else self._adam
                    change = take(parameter, parameter.grad, group)
                    parameter.add_(change, alpha=-group["lr"])
        return loss

    def _muon(self, parameter: torch.Tensor, gradient: torch.Tensor, group: dict[str, Any]) -> torch.Tensor:
        state = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        state["momentum"].lerp_(gradient, 1 - group["momentum"])
        ahead = gradient.lerp(state["momentum"], group["momentum"])
        return orthogonal(ahead) * (_SIZE * max(parameter.shape) ** 0.5)

    def _adam(self, parameter: torch.Tensor, gradient: torch.Tensor, group: dict[str, Any]) -> torch.Tensor:
        state, (early, late) = self.state[parameter], group["betas"]
        if not state:
            state.update(step=0, mean=torch.zeros_like(parameter), square=torch.zeros_like(parameter))
        state["step"] += 1
        state["mean"].lerp_(gradient, 1 - early)
        state["square"].lerp_(gradient.square(), 1 - late)
        mean, square = state["mean"] / (1 - early ** state["step"]), state["square"] / (1 - late ** state["step"])
        return mean / (square.sqrt() + group["eps"])


def orthogonal(matrix: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """About the nearest matrix with singular values 1 (they come out between 0.7 and 1.2), by Newton and Schulz."""
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        square = x @ x.T
        x = _A * x + (_B * square + _C * square @ square) @ x
    return x.T if matrix.shape[0] > matrix.shape[1] else x
