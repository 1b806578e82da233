# SPDX-License-Identifier: GPL-3.0-or-later
"""Scores and the issues behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from ..scene import Layout, Scene

Part = Literal["format", "physics", "function", "render"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault: which part it lowered, its kind, the pieces concerned, how much, and a sentence for people and models.

    `amount` is in `unit` ("m" unless said otherwise), rounded nowhere; 0 where the fault has no size.
    """

    part: Part
    kind: str
    pieces: tuple[str, ...]
    amount: float
    message: str
    unit: str = "m"


@dataclass(frozen=True, slots=True)
class Score:
    """A layout's grades, each 0…1 or None where missing, the weighted `total` of those that are there, the issues."""

    total: float
    format: float | None = None
    physics: float | None = None
    function: float | None = None
    render: float | None = None
    issues: tuple[Issue, ...] = ()


class Renderer(Protocol):
    """Pictures of layouts."""

    def render(self, scene: Scene, layout: Layout, size: tuple[int, int] = (512, 512)) -> bytes:
        """A PNG of the furnished room (unplaced pieces are left out)."""
        ...
