# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of an evaluation: policies by metrics, each cell a mean over scenes with its interval."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from .columns import (
    GROUPS,
    Column,
    Group,
    best_policies,
    columns_of,
    estimate_of,
    groups_of,
    markdown_text,
    policies_of,
    shown,
    shown_interval,
)
from .record import Record
from .statistics import CONFIDENCE, Estimate

FORMAT = "metaspatial-table"


@dataclass(frozen=True, slots=True)
class Row:
    """One policy: how many runs of how many scenes, how many of them without an answer, its cells by column name."""

    policy: str
    runs: int
    scenes: int
    failed: int
    cells: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in the order of the records, columns in the order of `columns.MAIN`; `notes` are what a reader must know."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    def group(self, group: Group) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.group == group)

    def best(self, column: Column) -> frozenset[str]:
        return best_policies([(row.policy, row.cells[column.name].mean) for row in self.rows], column)


def summarise(records: Sequence[Record]) -> Table:
    """Each policy's mean of each metric, over scenes, with 95 % intervals. Raises ValueError without records."""
    if not records:
        raise ValueError("no records to summarise; run the evaluation first")
    columns = columns_of(records)
    rows = []
    for policy in policies_of(records):
        mine = [record for record in records if record.policy == policy]
        cells = {column.name: estimate_of(column, groups_of(mine, column.name)) for column in columns}
        scenes = len({record.scene_name for record in mine})
        rows.append(Row(policy, len(mine), scenes, sum(bool(record.error) for record in mine), cells))
    return Table(columns, tuple(rows), tuple(_notes(records, rows)))


def table_to_json(table: Table) -> dict[str, Any]:
    """The table's document: columns with what they mean, and rows with mean, low, high, scenes, n, missing."""
    return {
        "format": FORMAT,
        "version": 1,
        "confidence": CONFIDENCE,
        "notes": list(table.notes),
        "columns": [dataclasses.asdict(column) for column in table.columns],
        "rows": [dataclasses.asdict(row) for row in table.rows],
    }


def table_to_markdown(table: Table, groups: Sequence[Group] = ("main", "others")) -> str:
    """One table for each group, a line for each metric, a column for each policy; the best means are bold."""
    parts = []
    for group in groups:
        columns = table.group(group)
        if not columns:
            continue
        lines = [
            f"**{GROUPS[group]}**\n",
            "| | " + " | ".join(markdown_text(row.policy) for row in table.rows) + " |",
            "|---|" + "---:|" * len(table.rows),
        ]
        for column in columns:
            cells = []
            for row, text in zip(table.rows, _cells(table, column), strict=True):
                mean = f"**{text[0]}**" if row.policy in table.best(column) else text[0]
                cells.append(" ".join(part for part in (mean, *text[1:]) if part))
            lines.append(f"| {markdown_text(_heading(column))} | " + " | ".join(cells) + " |")
        parts.append("\n".join(lines))
    return "\n\n".join([*parts, "\n".join(f"- {markdown_text(note)}" for note in table.notes)]).strip() + "\n"


def table_to_text(table: Table, groups: Sequence[Group] = ("main",), width: int = 120, color: bool = False) -> str:
    """The table for a terminal of this width, the best means marked; with `color`, in ANSI colours."""
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=color, no_color=not color, highlight=False)
    for group in groups:
        columns = table.group(group)
        if not columns:
            continue
        grid = RichTable(title=GROUPS[group], title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
        grid.add_column("")
        for row in table.rows:
            grid.add_column(Text(row.policy), justify="right")
        for column in columns:
            cells = []
            for row, (mean, interval, count) in zip(table.rows, _cells(table, column), strict=True):
                best = row.policy in table.best(column)
                cell = Text(f"{'* ' if best else ''}{mean}", style="bold green" if best else "")
                cells.append(cell.append(f" {interval} {count}".rstrip(), style="dim not bold"))
            grid.add_row(Text(_heading(column)), *cells)
        console.print(grid)
    for note in table.notes:
        console.print(Text(f"· {note}"))
    return file.getvalue()


def _cells(table: Table, column: Column) -> Iterator[tuple[str, str, str]]:
    """For each row the mean, the interval, and the number of scenes where some have no value."""
    for row in table.rows:
        cell = row.cells[column.name]
        partial = 0 < cell.scenes < row.scenes
        yield shown(cell.mean), shown_interval(cell), f"(n={cell.scenes})" if partial else ""


def _heading(column: Column) -> str:
    return f"{column.title}{f', {column.unit}' if column.unit else ''} {column.arrow}"


def _notes(records: Sequence[Record], rows: Sequence[Row]) -> Iterator[str]:
    scenes = len({record.scene_name for record in records})
    seeds = len({record.seed for record in records})
    yield (
        f"{len(records)} runs: {len(rows)} {'policy' if len(rows) == 1 else 'policies'}, {scenes} "
        f"{'scene' if scenes == 1 else 'scenes'}, {seeds} {'seed' if seeds == 1 else 'seeds'}. Means over scenes with "
        f"{CONFIDENCE:.0%} bootstrap intervals (BCa, scenes resampled; seeds of a scene averaged first)."
    )
    yield "An interval without width says that all scenes gave the same value, not that the next one will."
    if 1 < scenes < 10:
        yield f"{scenes} scenes are few: bootstrap intervals of so few are too narrow."
    if len({frozenset(r.scene_name for r in records if r.policy == row.policy) for row in rows}) > 1:
        yield "Not all policies were run on the same scenes: their means can't be compared directly; use a comparison."
    for row in rows:
        if row.failed:
            yield f"{row.policy}: no answer in {row.failed} of {row.runs} runs; they count as nothing placed."
