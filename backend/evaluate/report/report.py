# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sections a page has, and writing it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..columns import policies_of
from ..compare import compare
from ..markup import Markup, join, tag
from ..record import Header, Record
from ..table import summarise
from .changes import comparison_section, pair_section
from .page import page, section
from .pictures import PAGE_BYTES, Pictures
from .result import definitions_section, others_section, ranking, run_section, summary_table
from .scenes import extremes_section, scenes_section


def write_report(
    records: Sequence[Record],
    folder: Path,
    *,
    headers: Sequence[Header] = (),
    compared: tuple[Sequence[Record], Sequence[Record]] | None = None,
    title: str = "Evaluation",
    page_bytes: int = PAGE_BYTES,
) -> Path:
    """Write the report of an evaluation to report.html in `folder`, which the records' picture names are relative to.

    `compared`, records before and after, adds their comparison; those that are not among `records` show as plans.
    Pictures beyond the `page_bytes` of a page are linked to instead of embedded.
    Returns the page's path. Raises ValueError without records or with nothing to compare, OSError where the page can't
    be written.
    """
    table = summarise(records)
    pictures = Pictures(folder, (folder, records))
    notes = tag("ul", (tag("li", note) for note in table.notes), class_="notes")
    sections = [
        section("result", "Result", join(ranking(table), summary_table(table), notes)),
        others_section(table),
    ]
    if compared is not None:
        comparison = compare(*compared)
        sections.append(comparison_section(comparison))
        sections.append(pair_section(comparison, *compared, pictures))
    sections += [
        extremes_section(records),
        scenes_section(records, pictures),
        definitions_section(table.columns),
        run_section(headers, records),
    ]
    sections = pictures.settled(sections, page_bytes)
    return _write(folder / "report.html", page(title, _subtitle(records), sections, linked=pictures.linked))


def write_comparison(
    before: Sequence[Record],
    after: Sequence[Record],
    folder: Path,
    *,
    headers: Sequence[Header] = (),
    title: str = "Before and after",
    folder_before: Path | None = None,
    page_bytes: int = PAGE_BYTES,
) -> Path:
    """Write a page of nothing but a comparison, scene by scene, to comparison.html in `folder`.

    The pictures' names are relative to `folder_before` (by default `folder`) and `folder`. Returns and raises as
    `write_report`.
    """
    comparison = compare(before, after)
    pictures = Pictures(folder, (folder if folder_before is None else folder_before, before), (folder, after))
    columns = {change.column.name: change.column for one in comparison.policies for change in one.changes}
    sections = [
        comparison_section(comparison),
        pair_section(comparison, before, after, pictures),
        definitions_section(list(columns.values())),
        run_section(headers, [*before, *after]),
    ]
    scenes = len({name for one in comparison.policies for name, _ in one.keys})
    subtitle = (
        f"{len(before)} runs before, {len(after)} after, {scenes} {'scene' if scenes == 1 else 'scenes'} in common"
    )
    sections = pictures.settled(sections, page_bytes)
    return _write(folder / "comparison.html", page(title, subtitle, sections, linked=pictures.linked))


def _write(path: Path, text: Markup) -> Path:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, encoding="utf-8", newline="\n")
    return fresh.replace(path)


def _subtitle(records: Sequence[Record]) -> str:
    policies, scenes = policies_of(records), {record.scene_name for record in records}
    return (
        f"{len(policies)} {'policy' if len(policies) == 1 else 'policies'} on {len(scenes)} "
        f"{'scene' if len(scenes) == 1 else 'scenes'}, {len(records)} {'run' if len(records) == 1 else 'runs'}"
    )
