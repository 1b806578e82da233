# SPDX-License-Identifier: GPL-3.0-or-later
"""What there is to say about one metric, for tables, reports and docs/metrics.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Value = float | None
"""A measured value, or None where the metric does not apply to the scene."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One column of the evaluation.

    `name` is the flat key of `measure`'s values, `title` a short heading. `unit` is "share" (0…1), "flag" (0 or 1),
    "m", "m³", "count", or "" for a number of another range. `level` says what is counted: objects (or openings,
    relations) of a scene, or whole scenes, of which only the mean over many says much. `source` cites where the
    definition is from; `definition` is ours in words, `tolerance` its thresholds, `instead` what had to stand in for
    something we have not.
    """

    name: str
    title: str
    unit: Literal["share", "flag", "m", "m³", "count", ""]
    better: Literal["higher", "lower"]
    source: str
    level: Literal["object", "scene"]
    definition: str
    tolerance: str = ""
    instead: str = ""

    @property
    def family(self) -> str:
        """The part of the name before the dot: whose metric it is."""
        return self.name.partition(".")[0]
