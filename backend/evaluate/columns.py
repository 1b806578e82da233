# SPDX-License-Identifier: GPL-3.0-or-later
"""The columns of tables and reports: every registered metric, the parts of the score, the time; which stand where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .metrics import METRICS
from .record import Record
from .statistics import Estimate, Groups, estimate, proportion

Better = Literal["higher", "lower"]
Group = Literal["main", "details", "others"]

GROUPS: Mapping[Group, str] = {
    "main": "Result",
    "details": "In detail",
    "others": "By other projects’ definitions",
}
MAIN = (
    "score.total",
    "own.format",
    "own.collision_rate",
    "own.mean_depth",
    "own.out_of_bounds",
    "own.unplaced",
    "own.support",
    "own.relations",
    "own.facing",
    "own.walkway",
    "own.openings",
    "score.render",
    "metaspatial.total",
    "metaspatial.total_without_render",
    "seconds",
)
"""The main table's columns, in its order; those without any value are left out."""
_UNITS = {"share": "", "flag": "", "count": ""}
_DETAILS = ("score.", "own.", "failed", "cpu_seconds")


@dataclass(frozen=True, slots=True)
class Column:
    """One measured quantity. `unit` is "" for shares and grades 0…1; `yes_no` where a scene has it or not.

    `definition`, `tolerance` and `instead` are the registry's words, empty for the records' own numbers.
    """

    name: str
    title: str
    unit: str
    better: Better
    source: str
    group: Group
    yes_no: bool = False
    definition: str = ""
    tolerance: str = ""
    instead: str = ""

    @property
    def lower_is_better(self) -> bool:
        return self.better == "lower"

    @property
    def arrow(self) -> str:
        return "↓" if self.lower_is_better else "↑"


_OWN: tuple[tuple[str, str, str, Better, str], ...] = (
    ("score.total", "Total", "", "higher", "the weighted mean of the parts that are there"),
    ("score.format", "Format part", "", "higher", "the answer's form, graded by piece"),
    (
        "score.physics",
        "Physics part",
        "",
        "higher",
        "depth, outside, floating, openings, by piece",
    ),
    ("score.function", "Function part", "", "higher", "relations, facing, clearances, walkway"),
    ("score.render", "Judge", "", "higher", "a vision model's marks for rendered pictures"),
    ("failed", "No answer", "", "lower", "the share of runs in which the policy gave no answer"),
    ("seconds", "Time", "s", "lower", "the policy's own time, on the clock"),
    ("cpu_seconds", "Processor time", "s", "lower", "the policy's own time, of its processors"),
)


def values_of(record: Record) -> dict[str, float | None]:
    """Everything measured on a record by column name: its metrics, its score's parts, whether it failed, its time."""
    score = record.score
    return {
        **record.metrics,
        "score.total": None if score is None else score.total,
        "score.format": None if score is None else score.format,
        "score.physics": None if score is None else score.physics,
        "score.function": None if score is None else score.function,
        "score.render": None if score is None else score.render,
        "failed": float(bool(record.error)),
        "seconds": record.seconds,
        "cpu_seconds": record.cpu_seconds,
    }


def columns_of(records: Iterable[Record]) -> tuple[Column, ...]:
    """The columns for which some record has a value: the main ones in their order, then details, then the others'.

    A value whose name is not registered has a column of that name with no source.
    """
    there = {name for record in records for name, value in values_of(record).items() if value is not None}
    if "score.render" not in there:  # then it is known of faulty answers only, and their mean would mislead
        there.discard("metaspatial.total")
    if "failed" in there and not any(record.error for record in records):
        there.discard("failed")
    known = [*MAIN, *(name for name, *_ in _OWN), *METRICS]
    order = {name: place for place, name in reversed(list(enumerate(known)))}
    columns = [column(name) for name in there]
    groups = list(GROUPS)
    return tuple(sorted(columns, key=lambda one: (groups.index(one.group), order.get(one.name, len(known)), one.name)))


def column(name: str) -> Column:
    """The column of a metric or of one of the records' own numbers."""
    group: Group = "main" if name in MAIN else "details" if name.startswith(_DETAILS) else "others"
    for own, title, unit, better, definition in _OWN:
        if own == name:
            return Column(name, title, unit, better, "this project", group, name == "failed", definition)
    metric = METRICS.get(name)
    if metric is None:
        return Column(name, name, "", "higher", "", group)
    return Column(
        name,
        metric.title[:1].upper() + metric.title[1:],
        _UNITS.get(metric.unit, metric.unit),
        metric.better,
        metric.source,
        group,
        metric.unit == "flag",
        metric.definition,
        metric.tolerance,
        metric.instead,
    )


def groups_of(records: Iterable[Record], name: str) -> dict[str, list[float | None]]:
    """A column's values by scene name."""
    found: dict[str, list[float | None]] = {}
    for record in records:
        found.setdefault(record.scene_name, []).append(values_of(record).get(name))
    return found


def estimate_of(one: Column, groups: Groups) -> Estimate:
    return proportion(groups) if one.yes_no else estimate(groups)


def policies_of(records: Iterable[Record]) -> tuple[str, ...]:
    """The policies' names in the order of their first record."""
    return tuple(dict.fromkeys(record.policy for record in records))


def shown(value: float | None, unit: str = "", signed: bool = False) -> str:
    """A number for people: three decimals below ten, a true minus, "–" for a missing one."""
    if value is None:
        return "–"
    size = abs(value)
    digits = 3 if size < 9.9995 else 1 if size < 999.95 else 0
    text = f"{size:,.{digits}f}"
    if 0 < size < 0.0005:
        text = "0" if signed else "<0.001"
    sign = "" if float(text.replace(",", "").lstrip("<")) == 0 else "−" if value < 0 else "+" if signed else ""
    return f"{sign}{text}{'' if not unit else f' {unit}'}"


def shown_interval(found: Estimate) -> str:
    return "" if found.low is None else f"[{shown(found.low)}, {shown(found.high)}]"


def markdown_text(text: str) -> str:
    """Text that stays text in a Markdown table's cell."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>|#" else sign for sign in " ".join(text.split()))


def best_policies(means: Sequence[tuple[str, float | None]], one: Column) -> frozenset[str]:
    """Who has the best mean; nobody where all are equal or only one was measured."""
    there = [(policy, mean) for policy, mean in means if mean is not None]
    if len({round(mean, 9) for _, mean in there}) < 2:
        return frozenset()
    best = (min if one.lower_is_better else max)(mean for _, mean in there)
    return frozenset(policy for policy, mean in there if abs(mean - best) <= 1e-9)
