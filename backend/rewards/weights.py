# SPDX-License-Identifier: GPL-3.0-or-later
"""How much each part of the score counts, and how that changes while a model learns: every such number stands here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .score import Part

WEIGHTS: Mapping[Part, float] = {"format": 0.2, "physics": 0.4, "function": 0.4, "render": 0.4}
"""How much each part counts in the total. A part that is missing counts nothing, and the others share its weight."""

HARMLESS = 0.02
"""What each kind of harmless deviation in an answer's wrapping costs of the format grade."""
MOST_HARMLESS = 0.1
"""What all of them cost together at most."""

GOOD_MARK = 7.0
"""Marks (1…10) of a judge's criterion below which there is an issue."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of training: the weights that hold in it, and `until` which mean grades of its parts it lasts.

    The means are over the last `window` scores, and there must be that many. A stage without goals is the last.
    """

    name: str
    weights: Mapping[Part, float]
    until: Mapping[Part, float] = field(default_factory=dict)
    window: int = 64


STAGES: tuple[Stage, ...] = (
    Stage("format", {"format": 0.6, "physics": 0.2, "function": 0.2, "render": 0.0}, {"format": 0.9}),
    Stage(
        "physics and function",
        {"format": 0.2, "physics": 0.4, "function": 0.4, "render": 0.0},
        {"format": 0.9, "physics": 0.7, "function": 0.6},
    ),
    Stage("rendering", WEIGHTS),
)
"""MetaSpatial's order (its paper, not its code): the form first, until more than 0.9 of answers have it, then physics
and function, the judged picture last. No weight of what can be measured is ever 0, so no stage teaches what the next
must unteach; no picture has to be rendered or judged before the last."""
