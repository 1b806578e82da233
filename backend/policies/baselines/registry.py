# SPDX-License-Identifier: GPL-3.0-or-later
"""The baselines by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..policy import Policy
from .annealing import AnnealingPolicy
from .gradient import GradientPolicy
from .grid import GridPolicy
from .random_placement import RandomPolicy

BASELINES: Mapping[str, Callable[..., Policy]] = {
    "random": RandomPolicy,
    "grid": GridPolicy,
    "annealing": AnnealingPolicy,
    "gradient": GradientPolicy,
}
"""Name to what makes the policy: of a `seed`, and of what else its class takes."""
