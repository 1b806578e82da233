# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables on disk as a source: every form, every bad file, every bad row."""

from __future__ import annotations

import argparse
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from metaspatial.backend.console import Stop
from metaspatial.backend.curate.published import PublishedSource, add_arguments, source_from
from metaspatial.backend.curate.source import BadRoom, Source
from metaspatial.tests.backend.curate.published.test_record import ABOUT, PNG, problem, record


def rows(count: int) -> list[dict[str, Any]]:
    return [record(answer=json.dumps(ABOUT | {"room_name": f"room_{k}"})) for k in range(count)]


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """For JSON: the picture as a path."""
    return {**row, "images": ["picture.png"]}


def as_lines(folder: Path, name: str, count: int) -> None:
    (folder / "picture.png").write_bytes(PNG)
    lines = [json.dumps(plain(row)) for row in rows(count)]
    (folder / f"{name}.jsonl").write_text("\n\n".join(lines), encoding="utf-8")


def as_json(folder: Path, name: str, count: int) -> None:
    (folder / "picture.png").write_bytes(PNG)
    (folder / f"{name}.json").write_text(json.dumps([plain(row) for row in rows(count)]), encoding="utf-8-sig")


def as_parquet(folder: Path, name: str, count: int) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = pyarrow.Table.from_pylist([{"extra": 1, **row} for row in rows(count)])
    parquet.write_table(table, folder / f"{name}.parquet", row_group_size=2)


def as_arrow(folder: Path, name: str, count: int) -> None:
    pyarrow, ipc = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.ipc")
    table = pyarrow.Table.from_pylist(rows(count))
    with ipc.new_stream(str(folder / f"{name}.arrow"), table.schema) as writer:
        writer.write_table(table, max_chunksize=2)


FORMS = pytest.mark.parametrize("write", [as_lines, as_json, as_parquet, as_arrow])


@FORMS
def test_every_form_gives_the_same_rooms(tmp_path: Path, write: Callable[[Path, str, int], None]) -> None:
    for folder, name, count in (("data", "train", 5), ("data", "test", 1), (".cache", "train", 9)):
        (tmp_path / folder).mkdir(exist_ok=True)
        write(tmp_path / folder, name, count)
    (tmp_path / "dataset_info.json").write_text("{}")
    (tmp_path / "curated_data").mkdir()
    (tmp_path / "curated_data" / "x.json").write_text("[]")
    source = pickle.loads(pickle.dumps(PublishedSource(tmp_path)))
    assert isinstance(source, Source)
    assert list(source.keys()) == ["data/test:0", *(f"data/train:{k}" for k in range(5))]
    assert [source.find(f"data/train:{k}").room for k in (4, 0, 2)] == ["room_4", "room_0", "room_2"]
    assert all(source.find(key).picture == PNG for key in list(source.keys()))
    for nothing in ("data/train:5", "data/train:x", "other:0", "train"):
        with pytest.raises(BadRoom, match="no such r"):
            source.find(nothing)


def test_splits_within_a_json_file_are_all_read(tmp_path: Path) -> None:
    (tmp_path / "all.json").write_text(
        json.dumps({"train": rows_without_pictures(2), "test": rows_without_pictures(1)})
    )
    source = PublishedSource(tmp_path / "all.json")
    assert list(source.keys()) == ["all:0", "all:1", "all:2"]
    assert source.find("all:2").picture is None


def rows_without_pictures(count: int) -> list[dict[str, Any]]:
    return [{**row, "images": []} for row in rows(count)]


def test_bad_rows_are_dropped_and_the_rest_goes_on(tmp_path: Path) -> None:
    good = json.dumps(rows_without_pictures(1)[0]).encode()
    lines = [
        good,
        b"{",
        b"[1]",
        b'{"problem": "\xff"}',
        b"[" * 100_000,
        json.dumps({"problem": problem()}).encode(),
        good,
    ]
    (tmp_path / "t.jsonl").write_bytes(b"\n".join(lines))
    source = PublishedSource(tmp_path / "t.jsonl")
    reasons = {}
    for key in list(source.keys()):
        try:
            source.find(key)
        except BadRoom as error:
            reasons[key] = str(error).partition(":")[0]
    assert reasons == {
        "t:1": "not JSON that can be read", "t:2": "the row is no object", "t:3": "not JSON that can be read",
        "t:4": "not JSON that can be read",
    }  # fmt: skip


def options(*words: str) -> PublishedSource:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return source_from(parser.parse_args([*words]))


def test_options(tmp_path: Path) -> None:
    as_lines(tmp_path, "train", 1)
    assert options(str(tmp_path)).graphs is None
    (tmp_path / "curated_data").mkdir()
    assert options(str(tmp_path)).graphs == tmp_path / "curated_data"
    assert options(str(tmp_path / "train.jsonl")).graphs == tmp_path / "curated_data"
    assert options(str(tmp_path), "--table-licence", "mit").licence == "mit"
    assert options(str(tmp_path)).licence == "cc-by-4.0"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("no.csv", b"", "is none of .parquet"),
        ("bad.json", b"{", "not JSON that can be read"),
        ("odd.json", b'{"train": 3}', "must be a list of rows"),
        ("bad.parquet", b"PAR1 and no more", "can't be read|install pyarrow"),
        ("bad.arrow", b"\xff\xff\xff\xff\x10", "can't be read|install pyarrow"),
    ],
)
def test_a_table_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Stop, match=words) as error:
        options(str(tmp_path / name)).keys()
    assert name in str(error.value)


def test_a_missing_folder_an_empty_one_and_missing_graphs_are_named(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="there is no such file or folder"):
        options(str(tmp_path / "none"))
    with pytest.raises(Stop, match="there is no table in this folder"):
        options(str(tmp_path))
    as_lines(tmp_path, "train", 1)
    with pytest.raises(Stop, match=r"--graphs nowhere: there is no such folder"):
        options(str(tmp_path), "--graphs", "nowhere")


def test_a_table_without_its_columns_is_named(tmp_path: Path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table({"problem": ["x"], "text": ["y"]}), tmp_path / "t.parquet")
    with pytest.raises(Stop, match="has no column images and no column answer; it has problem, text"):
        options(str(tmp_path)).keys()
