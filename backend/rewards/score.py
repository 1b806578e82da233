# SPDX-License-Identifier: GPL-3.0-or-later
"""Scores and the issues behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from ..scene import Layout, Scene

Part = Literal["format", "physics", "function", "render"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault: which part it lowered, its kind, the pieces concerned, how much, and a sentence for people and models.

    `amount` is in `unit`, rounded nowhere; 0 where the fault has no size. Units are "m", "°", "of 1" (what the problem
    cost of the format grade) and "marks" (of a judge's ten, below what is good).
    """

    part: Part
    kind: str
    pieces: tuple[str, ...]
    amount: float
    message: str
    unit: str = "m"


@dataclass(frozen=True, slots=True)
class Score:
    """A layout's grades, each 0…1 or None where missing, the weighted `total` of those that are there, the issues.

    `pieces` has each movable piece's own grade in each part that grades pieces, 0…1: whose fault a low grade is.
    `verdict` is the judge's, where there was one to judge: marks, votes, or why there is no rendered grade.
    """

    total: float
    format: float | None = None
    physics: float | None = None
    function: float | None = None
    render: float | None = None
    issues: tuple[Issue, ...] = ()
    pieces: Mapping[str, Mapping[Part, float]] = field(default_factory=dict)
    verdict: Verdict | None = None

    @property
    def parts(self) -> dict[Part, float | None]:
        """Every part's grade by its name."""
        return {"format": self.format, "physics": self.physics, "function": self.function, "render": self.render}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge says of pictures of a layout.

    `grade` is 0…1, or None where there is no judgement; then `missing` says why. `criteria` and `spread` are the mean
    and the standard deviation over the `votes` of each criterion's marks, 1…10. `remarks` are the judge's own words.
    """

    grade: float | None
    criteria: Mapping[str, float] = field(default_factory=dict)
    spread: Mapping[str, float] = field(default_factory=dict)
    votes: int = 0
    remarks: tuple[str, ...] = ()
    missing: str = ""


class Judge(Protocol):
    """Judges pictures of layouts; safe to call from several threads at once."""

    def judge(self, scene: Scene, pictures: Sequence[bytes]) -> Verdict:
        """Look at PNGs of one layout. Raises nothing: what fails is a verdict without a grade."""
        ...


class Renderer(Protocol):
    """Pictures of layouts."""

    def render(self, scene: Scene, layout: Layout, size: tuple[int, int] = (512, 512)) -> bytes:
        """A PNG of the furnished room (unplaced pieces are left out)."""
        ...


@runtime_checkable
class Photographer(Protocol):
    """A renderer that also makes all the pictures that a judge should see of a layout."""

    def pictures(self, scene: Scene, layout: Layout, size: tuple[int, int] = (512, 512)) -> Sequence[bytes]:
        """PNGs of one layout: a perspective view that sees the whole floor, and the plan."""
        ...
