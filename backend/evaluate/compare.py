# SPDX-License-Identifier: GPL-3.0-or-later
"""Before and after: two evaluations of the same scenes, paired scene by scene and seed by seed."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from .columns import GROUPS, Column, Group, columns_of, markdown_text, policies_of, shown, shown_interval, values_of
from .record import Record
from .statistics import CONFIDENCE, Paired, holm, paired

FORMAT = "metaspatial-comparison"
Key = tuple[str, int]
"""Scene name and seed."""


@dataclass(frozen=True, slots=True)
class Change:
    """One metric before and after. `adjusted` is p by Holm's method over the metrics of the same group."""

    column: Column
    paired: Paired
    adjusted: float | None


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """Policy `before` against policy `after` on the scenes that both did, `keys` sorted by name and seed."""

    before: str
    after: str
    scenes: int
    keys: tuple[Key, ...]
    changes: tuple[Change, ...]

    def group(self, group: Group) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.column.group == group)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that could be paired, and what could not: on one side only, or of scenes that are not the same on both."""

    policies: tuple[PolicyChange, ...]
    only_before: tuple[str, ...] = ()
    only_after: tuple[str, ...] = ()
    different: tuple[str, ...] = ()


def compare(before: Sequence[Record], after: Sequence[Record]) -> Comparison:
    """Pair the records by policy, scene and seed.

    Where each side has one policy, these two are compared whatever their names; otherwise policies of the same name
    are. A scene that has the same name and is not the same scene is left out. Raises ValueError where nothing pairs.
    """
    left, right = policies_of(before), policies_of(after)
    names = [(left[0], right[0])] if len(left) == len(right) == 1 else [(name, name) for name in left if name in right]
    changes, different, paired_before, paired_after = [], set(), set(), set()
    for one, other in names:
        mine = {(record.scene_name, record.seed): record for record in before if record.policy == one}
        theirs = {(record.scene_name, record.seed): record for record in after if record.policy == other}
        same = []
        for key in sorted(mine.keys() & theirs.keys()):
            paired_before.add((one, *key))
            paired_after.add((other, *key))
            if mine[key].scene == theirs[key].scene:
                same.append(key)
            else:
                different.add(key[0])
        if same:
            changes.append(_policy_change(one, other, [mine[key] for key in same], [theirs[key] for key in same]))
    if not changes:
        raise ValueError(
            "nothing to compare: the two sides share no policy with the same scene and seed "
            f"(before: {', '.join(left) or 'no policy'}; after: {', '.join(right) or 'no policy'})"
        )
    return Comparison(
        tuple(changes),
        tuple(_label(record) for record in before if record.key not in paired_before),
        tuple(_label(record) for record in after if record.key not in paired_after),
        tuple(sorted(different)),
    )


def comparison_to_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison's document."""
    return {"format": FORMAT, "version": 1, "confidence": CONFIDENCE, **dataclasses.asdict(comparison)}


def comparison_to_markdown(comparison: Comparison, groups: Sequence[Group] = ("main", "others")) -> str:
    """A table for each policy and group, then what could not be paired."""
    parts = []
    for policy in comparison.policies:
        for group in groups:
            changes = policy.group(group)
            if not changes:
                continue
            lines = [
                f"**{markdown_text(_title(policy))}: {GROUPS[group]}**\n",
                "| | before | after | difference | p (Holm) | better / same / worse |",
                "|---|---:|---:|---:|---:|---:|",
            ]
            lines += ["| " + " | ".join(map(markdown_text, _cells(change))) + " |" for change in changes]
            parts.append("\n".join(lines))
    return "\n\n".join([*parts, *(f"- {markdown_text(note)}" for note in notes_of(comparison))]) + "\n"


def comparison_to_text(
    comparison: Comparison, groups: Sequence[Group] = ("main",), width: int = 120, color: bool = False
) -> str:
    """The comparison for a terminal."""
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=color, no_color=not color, highlight=False)
    for policy in comparison.policies:
        for group in groups:
            if not policy.group(group):
                continue
            title = Text(f"{_title(policy)}: {GROUPS[group]}")
            grid = RichTable(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
            grid.add_column("")
            for heading in ("before", "after", "difference", "p (Holm)", "better/same/worse"):
                grid.add_column(heading, justify="right")
            for change in policy.group(group):
                style = {1: "green", -1: "red", 0: ""}[verdict(change)]
                heading, *cells = _cells(change)
                grid.add_row(Text(heading), *(Text(cell, style=style) for cell in cells))
            console.print(grid)
    for note in notes_of(comparison):
        console.print(Text(f"· {note}"))
    return file.getvalue()


def verdict(change: Change) -> int:
    """1 for better, −1 for worse, 0 where Holm's p is not below 0.05."""
    mean = change.paired.difference.mean
    if mean is None or not mean or change.adjusted is None or change.adjusted >= 1 - CONFIDENCE:
        return 0
    return -1 if (mean > 0) == change.column.lower_is_better else 1


def notes_of(comparison: Comparison) -> list[str]:
    """What a reader of the tables must know, in sentences."""
    notes = [
        f"Differences are after − before, means over scenes with {CONFIDENCE:.0%} bootstrap intervals. p: two-sided "
        "test flipping the signs of the scenes' differences, adjusted by Holm's method for the metrics of one table."
    ]
    if comparison.different:
        notes.append(f"Left out, not the same scene on both sides: {_list(comparison.different)}.")
    if comparison.only_before:
        notes.append(f"Only before: {_list(comparison.only_before)}.")
    if comparison.only_after:
        notes.append(f"Only after: {_list(comparison.only_after)}.")
    return notes


def _policy_change(before: str, after: str, mine: list[Record], theirs: list[Record]) -> PolicyChange:
    columns = columns_of([*mine, *theirs])
    found = []
    for column in columns:
        sides = []
        for records in (mine, theirs):
            groups: dict[str, list[float | None]] = {}
            for record in records:  # sorted by scene and seed on both sides
                groups.setdefault(record.scene_name, []).append(values_of(record).get(column.name))
            sides.append(groups)
        found.append((column, paired(*sides, lower_is_better=column.lower_is_better)))
    changes = []
    for group in GROUPS:
        family = [(column, result) for column, result in found if column.group == group]
        adjusted = holm([result.p for _, result in family])
        changes += [Change(*pair, p) for pair, p in zip(family, adjusted, strict=True)]
    keys = tuple((record.scene_name, record.seed) for record in mine)
    return PolicyChange(before, after, len({name for name, _ in keys}), keys, tuple(changes))


def _cells(change: Change) -> tuple[str, ...]:
    column, found = change.column, change.paired
    return (
        f"{column.title}{f', {column.unit}' if column.unit else ''} {column.arrow}",
        shown(found.before.mean),
        shown(found.after.mean),
        f"{shown(found.difference.mean, signed=True)} {shown_interval(found.difference)}".rstrip(),
        shown(change.adjusted),
        f"{found.wins} / {found.ties} / {found.losses}",
    )


def _title(policy: PolicyChange) -> str:
    return policy.before if policy.before == policy.after else f"{policy.before} → {policy.after}"


def _label(record: Record) -> str:
    return f"{record.policy}, {record.scene_name}, seed {record.seed}"


def _list(names: Sequence[str], limit: int = 20) -> str:
    more = len(names) - limit
    return "; ".join(names[:limit]) + (f"; and {more} more" if more > 0 else "")
