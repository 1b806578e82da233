# SPDX-License-Identifier: GPL-3.0-or-later
"""The result in numbers: the ranking, the main table, the others' metrics, what each metric is, what made the run."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ..columns import GROUPS, Column, Group, column, shown, shown_interval
from ..markup import Child, Markup, join, tag
from ..record import Header, Record
from ..statistics import Estimate
from ..table import Row, Table
from .draw import bar, meter
from .page import Section, section

_PARTS = ("score.format", "score.physics", "score.function", "score.render")


def ranking(table: Table) -> Markup:
    """The policies by their total, best first, each with its parts."""
    total = column("score.total")
    rows = sorted(table.rows, key=lambda row: -(row.cells[total.name].mean or 0.0) if total.name in row.cells else 0.0)
    return tag("ol", (_ranked(row) for row in rows if total.name in row.cells), class_="ranking")


def summary_table(table: Table) -> Markup:
    """Policies by the main metrics: each cell the mean, a bar with the interval, the interval in figures."""
    columns = table.group("main")
    head = tag(
        "tr", _sortable("Policy", "", "text"), (_sortable(c.title, _unit(c), "number", _tip(c)) for c in columns)
    )
    body = []
    for row in table.rows:
        cells = [_cell(table, row, one) for one in columns]
        body.append(tag("tr", tag("th", tag("span", row.policy, class_="name"), scope="row"), cells))
    grid = tag("table", tag("thead", head), tag("tbody", body), class_="summary sortable")
    return tag("div", grid, class_="scroll", tabindex=0, role="region", aria_label="Main table")


def others_section(table: Table) -> Section | None:
    """Metrics in detail and by other projects' definitions: a line for each, a column for each policy."""
    groups: tuple[Group, ...] = ("others", "details")
    parts = []
    for group in groups:
        columns = table.group(group)
        if not columns:
            continue
        head = tag("tr", tag("th", "Metric"), tag("th", "Better"), (tag("th", row.policy) for row in table.rows))
        body = []
        for one in columns:
            name = tag("th", one.title, tag("small", one.name), scope="row", title=_tip(one) or None)
            cells = [_cell(table, row, one) for row in table.rows]
            body.append(tag("tr", name, tag("td", f"{one.arrow} {one.unit}".strip(), class_="unit"), cells))
        grid = tag("table", tag("thead", head), tag("tbody", body), class_="metrics")
        label = GROUPS[group]
        scroll = tag("div", grid, class_="scroll", tabindex=0, role="region", aria_label=label)
        parts.append(join(tag("h3", label), scroll))
    if not parts:
        return None
    lead = "Each computed by its published definition; what had to stand in is said under Definitions."
    return section("metrics", "More metrics", *parts, lead=lead)


def definitions_section(columns: Sequence[Column]) -> Section:
    """What each metric is and where it is from."""
    head = tag("tr", (tag("th", text) for text in ("Metric", "Better", "Definition", "Source")))
    body = []
    for one in columns:
        told = (("", one.definition), ("Tolerance: ", one.tolerance), ("Instead: ", one.instead))
        words = [tag("p", label, _with_code(text)) for label, text in told if text]
        name = tag("th", one.title, tag("small", one.name), scope="row")
        unit = tag("td", f"{one.arrow} {one.unit}".strip(), class_="unit")
        body.append(tag("tr", name, unit, tag("td", words, class_="words"), tag("td", one.source, class_="words")))
    grid = tag("table", tag("thead", head), tag("tbody", body), class_="definitions")
    fold = tag("details", tag("summary", f"{len(columns)} metrics"), tag("div", grid, class_="scroll"), class_="fold")
    return section("definitions", "Definitions", fold, lead="What each number is, its tolerance, and who defined it.")


def run_section(headers: Sequence[Header], records: Sequence[Record]) -> Section:
    """What made the records: settings, versions, seeds, times."""
    seeds = sorted({record.seed for record in records})
    facts: list[tuple[str, str]] = [("Seeds", ", ".join(map(str, seeds[:50])) + (" …" if len(seeds) > 50 else ""))]
    specs = {record.policy: record.spec for record in records if record.spec and record.spec != record.policy}
    facts += [(f"Policy {policy}", spec) for policy, spec in specs.items()]
    blocks = [_facts(facts)]
    for number, header in enumerate(headers, 1):
        told = [("Started", header.started)] if header.started else []
        told += [(name, value) for name, value in header.made_with.items() if value]
        told += [(name, _plain(value)) for name, value in header.settings.items()]
        blocks += [tag("h3", f"Session {number}")] if len(headers) > 1 else []
        blocks.append(_facts(told))
    return section("run", "Run", *blocks)


def _ranked(row: Row) -> Markup:
    total = row.cells["score.total"]
    parts = []
    for name in _PARTS:
        found = row.cells.get(name)
        if found is not None and found.mean is not None:
            title = column(name).title.removesuffix(" part")
            parts.append(tag("li", tag("span", title), meter(found.mean), tag("b", shown(found.mean))))
    failed = tag("span", f"no answer in {row.failed} of {row.runs}", class_="chip bad") if row.failed else None
    return tag(
        "li",
        tag("div", tag("span", row.policy, class_="name"), failed, class_="who"),
        tag("div", tag("b", shown(total.mean)), tag("small", shown_interval(total)), class_="figure"),
        bar(total, 1.0),
        tag("ul", parts, class_="parts"),
    )


def _cell(table: Table, row: Row, one: Column) -> Markup:
    found = row.cells[one.name]
    best = row.policy in table.best(one)
    few = tag("small", f"n = {found.scenes}", class_="few") if 0 < found.scenes < row.scenes else None
    return tag(
        "td",
        tag("b", shown(found.mean)) if best else tag("span", shown(found.mean)),
        bar(found, _full(table, one)),
        tag("small", _range(found)) if found.low is not None else None,
        few,
        class_="best" if best else None,
        data_value=None if found.mean is None else f"{found.mean:.9g}",
    )


def _full(table: Table, one: Column) -> float:
    """Where the bars of a column end: 1 for shares, else the highest of their intervals."""
    highest = max((row.cells[one.name].high or row.cells[one.name].mean or 0.0 for row in table.rows), default=0.0)
    return max(1.0, highest) if not one.unit else highest


def _range(found: Estimate) -> str:
    """The interval as short as it can be read; a dash would look like a minus beside one."""
    negative = found.low is not None and found.low < 0
    return shown_interval(found) if negative else f"{shown(found.low)}–{shown(found.high)}"


def _sortable(title: str, unit: str, kind: str, tip: str = "") -> Markup:
    button = tag("button", title, tag("small", unit) if unit else None, type="button", data_sort=kind)
    return tag("th", button, scope="col", title=tip or None, aria_sort="none")


def _unit(one: Column) -> str:
    return f"{one.arrow} {one.unit}".strip()


def _tip(one: Column) -> str:
    return one.definition or one.source


def _with_code(text: str) -> list[Child]:
    """Text whose `names` in backticks are set as code."""
    return [tag("code", part) if place % 2 else part for place, part in enumerate(text.split("`"))]


def _facts(facts: Sequence[tuple[str, str]]) -> Markup:
    return tag("dl", ([tag("dt", name), tag("dd", value)] for name, value in facts), class_="facts")


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
