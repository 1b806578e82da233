# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""Rows of tables on disk by number, without reading what lies between: Parquet, Arrow, JSON lines, JSON.

Arrow files are what Hugging Face's `datasets` saves to disk; they are read without it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

FORMS = (".parquet", ".arrow", ".jsonl", ".json")
"""In a folder with files of several forms, those of the first one count: they are the same rows."""
COLUMNS = ("images", "problem", "answer")
LONGEST_LINE = 64_000_000
"""Bytes of one row of JSON lines that are read."""
LARGEST_JSON = 512_000_000
"""Bytes of a JSON file that are read; of JSON lines there may be any number."""
_NO_TABLES = frozenset({"dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"})
_KEPT = 4


class TableError(ValueError):
    """A table that can't be read; the message names the file and the reason."""


class RowError(ValueError):
    """A row that can't be read."""


def tables_in(path: Path) -> tuple[Path, ...]:
    """The table that `path` is, or the tables in that folder and the folders in it. Raises TableError without any."""
    if path.is_file():
        if path.suffix.lower() not in FORMS:
            raise TableError(f"{path}: is none of {', '.join(FORMS)}")
        return (path,)
    if not path.is_dir():
        raise TableError(f"{path}: there is no such file or folder")
    for form in FORMS:
        found = [file for file in sorted(path.rglob(f"*{form}")) if _is_table(file, path)]
        if found:
            return tuple(found)
    raise TableError(f"{path}: there is no table in this folder ({', '.join(FORMS)})")


def count_rows(path: Path) -> int:
    """How many rows a table has. Raises TableError where it can't be read or lacks one of `COLUMNS`."""
    return len(_opened(path))


def row_of(path: Path, number: int) -> Mapping[str, Any]:
    """Row `number` of a table, as plain values. Raises RowError, or TableError for the whole table."""
    return _opened(path)[number]


class _Rows:
    """So many rows, each read when asked for."""

    def __init__(self, count: int, read: Callable[[int], Mapping[str, Any]]) -> None:
        self._count, self._read = count, read

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> Mapping[str, Any]:
        if not 0 <= number < self._count:
            raise RowError(f"there is no such row: {number} of {self._count}")
        return self._read(number)


def _opened(path: Path) -> _Rows:
    try:
        state = path.stat()
        return _open(path, state.st_mtime_ns, state.st_size)
    except OSError as error:
        raise TableError(f"{path}: can't be read: {error.strerror or error}") from error


@lru_cache(maxsize=_KEPT)
def _open(path: Path, _changed: int, size: int) -> _Rows:
    form = path.suffix.lower()
    if form == ".jsonl":
        return _json_lines(path)
    if form == ".json":
        return _json(path, size)
    try:
        import pyarrow
    except ImportError:
        raise TableError(f"{path}: to read {form} files, install pyarrow (pip install pyarrow)") from None
    try:
        return _parquet(path) if form == ".parquet" else _arrow(path)
    except pyarrow.ArrowException as error:
        raise TableError(f"{path}: can't be read: {_first_line(error)}") from error


def _parquet(path: Path) -> _Rows:
    import pyarrow
    from pyarrow import parquet

    file = parquet.ParquetFile(path)
    _check_columns(path, file.schema_arrow.names)
    starts = [0]
    for group in range(file.metadata.num_row_groups):
        starts.append(starts[-1] + file.metadata.row_group(group).num_rows)

    @lru_cache(maxsize=2)
    def group_of(group: int) -> Any:
        return file.read_row_group(group, columns=list(COLUMNS))

    def read(number: int) -> Mapping[str, Any]:
        group = next(g for g in range(len(starts) - 1) if number < starts[g + 1])
        try:
            return group_of(group).slice(number - starts[group], 1).to_pylist()[0]
        except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
            raise RowError(f"the row can't be read: {_first_line(error)}") from error

    return _Rows(starts[-1], read)


def _arrow(path: Path) -> _Rows:
    import pyarrow
    from pyarrow import ipc

    source = pyarrow.memory_map(str(path))
    try:
        table = ipc.open_stream(source).read_all()
    except pyarrow.ArrowInvalid:
        source.seek(0)
        table = ipc.open_file(source).read_all()
    _check_columns(path, table.column_names)
    table = table.select(list(COLUMNS))

    def read(number: int) -> Mapping[str, Any]:
        try:
            return table.slice(number, 1).to_pylist()[0]
        except (pyarrow.ArrowException, UnicodeDecodeError) as error:
            raise RowError(f"the row can't be read: {_first_line(error)}") from error

    return _Rows(table.num_rows, read)


def _json_lines(path: Path) -> _Rows:
    spans, at = [], 0
    with path.open("rb") as file:
        for line in file:
            if line.strip():
                spans.append((at, len(line)))
            at += len(line)

    def read(number: int) -> Mapping[str, Any]:
        start, length = spans[number]
        if length > LONGEST_LINE:
            raise RowError(f"the line is too long: {length} bytes")
        with path.open("rb") as file:
            file.seek(start)
            return _row(_parsed(file.read(length)))

    return _Rows(len(spans), read)


def _json(path: Path, size: int) -> _Rows:
    """A list of rows, or an object of such lists, one per split."""
    if size > LARGEST_JSON:
        raise TableError(f"{path}: {size} bytes are too many for one JSON file; write JSON lines")
    try:
        data = _parsed(path.read_bytes())
    except RowError as error:
        raise TableError(f"{path}: {error}") from error
    parts: Sequence[Any] = list(data.values()) if isinstance(data, dict) else [data]
    if not parts or not all(isinstance(part, list) for part in parts):
        raise TableError(f"{path}: must be a list of rows with {', '.join(COLUMNS)}")
    rows = [row for part in parts for row in part]
    return _Rows(len(rows), lambda number: _row(rows[number]))


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except RecursionError:
        raise RowError("not JSON that can be read: it nests too deeply") from None
    except ValueError as error:
        raise RowError(f"not JSON that can be read: {error}") from None


def _row(data: Any) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise RowError(f"the row is no object: {type(data).__name__}")
    return data


def _check_columns(path: Path, names: Sequence[str]) -> None:
    lacking = [column for column in COLUMNS if column not in names]
    if lacking:
        raise TableError(f"{path}: has no column {' and no column '.join(lacking)}; it has {', '.join(names[:20])}")


def _is_table(file: Path, folder: Path) -> bool:
    """Not what `datasets` keeps for itself, nor what lies beside the tables: room graphs, hidden files."""
    inside = file.relative_to(folder).parts
    hidden = any(part.startswith(".") for part in inside)
    return not hidden and "curated_data" not in inside and file.name not in _NO_TABLES and file.name[:6] != "cache-"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
