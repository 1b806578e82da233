# SPDX-License-Identifier: GPL-3.0-or-later
"""Rooms from a dataset in MetaSpatial's published form, such as `zhenyupan/3d_layout_reasoning` once downloaded."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ...console import BAD_INPUT, Stop
from ..source import BadRoom, Found
from .record import found_in
from .tables import RowError, TableError, count_rows, row_of, tables_in

GRAPHS = "curated_data"
"""The folder of reference graphs that is looked for beside the tables."""
CITATION = (
    "Zhenyu Pan, Han Liu: MetaSpatial: Reinforcing 3D Spatial Reasoning in VLMs for the Metaverse. arXiv:2503.18470"
)


@dataclass(frozen=True)
class PublishedSource:
    """The rooms of a table or of a folder of tables (Parquet, Arrow as saved by `datasets`, JSON lines, JSON).

    A key is a table's path in the folder, without suffix, and a row: "train:7". `graphs` is a folder with the reference
    layouts, `ROOM/scene_graph-backtracked.json`; where there is one for a room, it is the room's answer. Raises Stop
    where a table can't be read.
    """

    path: Path
    graphs: Path | None = None
    licence: str = "cc-by-4.0"
    citation: str = CITATION
    name: str = "published"

    def keys(self) -> Sequence[str]:
        try:
            tables = tables_in(self.path)
            return [f"{self._stem(table)}:{row}" for table in tables for row in range(count_rows(table))]
        except TableError as error:
            raise Stop(BAD_INPUT, str(error)) from error

    def find(self, key: str) -> Found:
        stem, _, row = key.rpartition(":")
        try:
            table = next((table for table in _tables(self.path) if self._stem(table) == stem), None)
            if table is None or not row.isdecimal():
                raise BadRoom(f"there is no such record: {key!r}")
            record = row_of(table, int(row))
        except TableError as error:
            raise Stop(BAD_INPUT, str(error)) from error
        except RowError as error:
            raise BadRoom(str(error)) from error
        return found_in(key, record, table.parent, self.graphs)

    def _stem(self, table: Path) -> str:
        return table.stem if table == self.path else table.relative_to(self.path).with_suffix("").as_posix()


@lru_cache(maxsize=4)
def _tables(path: Path) -> tuple[Path, ...]:
    """A folder of pictures by the thousand is searched for tables once, not once per room."""
    return tables_in(path)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this source."""
    parser.add_argument(
        "table", type=Path, metavar="TABLE", help="a .parquet, .arrow, .jsonl or .json file, or a folder of them"
    )
    parser.add_argument(
        "--graphs",
        type=Path,
        metavar="DIR",
        help=f"reference layouts, ROOM/scene_graph-backtracked.json (default: {GRAPHS} beside the tables, if any)",
    )
    parser.add_argument("--table-licence", default="cc-by-4.0", help="the dataset's licence (default: %(default)s)")
    parser.add_argument("--table-citation", default=CITATION, help="what to cite (default: MetaSpatial's paper)")


def source_from(given: argparse.Namespace) -> PublishedSource:
    """The source that the options ask for. Raises Stop."""
    path, graphs = given.table, given.graphs
    try:
        tables_in(path)
    except TableError as error:
        raise Stop(BAD_INPUT, str(error)) from error
    if graphs is None:
        beside = (path if path.is_dir() else path.parent) / GRAPHS
        graphs = beside if beside.is_dir() else None
    elif not graphs.is_dir():
        raise Stop(BAD_INPUT, f"--graphs {graphs}: there is no such folder")
    return PublishedSource(path, graphs, given.table_licence, given.table_citation)
