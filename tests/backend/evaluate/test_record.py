# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of records: what is written is read again; what is spoilt is named, but for a line that was being written."""

from __future__ import annotations

import dataclasses
import io
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend.evaluate.record import (
    Header,
    Record,
    RecordError,
    TurnRecord,
    read_recorded,
    read_records,
    record_from_json,
    record_to_json,
    write_record,
    write_records,
)
from metaspatial.backend.rewards.score import Issue, Score, Verdict
from metaspatial.backend.scene import Layout, Pose
from metaspatial.tests.backend.evaluate.small import GOOD, SCENE

LAYOUT = Layout({"bed_1": Pose(1.0, 2.0, 0.25, 90.0)})
VERDICT = Verdict(0.5, {"realism": 5.5}, {"realism": 0.5}, 3, ("bare",))
SCORE = Score(
    0.5,
    0.5,
    1.0,
    0.25,
    0.5,
    (Issue("physics", "overlap", ("bed_1",), 0.1, "deep"),),
    {"bed_1": {"physics": 1.0}},
    VERDICT,
)
FULL = Record(
    "mine", "room", SCENE, 3, LAYOUT, GOOD, SCORE, {"own.format": 0.5, "own.walkway": None}, 1.25, "", ("a.png",),
    "solver:seconds=2", 0.75, (TurnRecord("first", LAYOUT, {"total": 0.1, "render": None}, 0.5),),
)  # fmt: skip
HEADER = Header({"turns": 2, "judge": None}, {"numpy": "2"}, "2026-01-01T00:00:00+00:00")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "records.jsonl"
    write_records(path, [FULL, dataclasses.replace(FULL, seed=4)], [HEADER])
    return path


def test_what_is_written_is_read_again(file: Path) -> None:
    found = read_recorded(file)
    assert found.headers == (HEADER,)
    assert found.records == (FULL, dataclasses.replace(FULL, seed=4))
    assert found.notice == ""
    assert found.records[0].verdict == VERDICT


@given(
    answer=st.text(),
    number=st.floats(allow_nan=True, allow_infinity=True) | st.none(),
    metrics=st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False) | st.none()),
)
def test_any_answer_and_number_survives_a_line(
    answer: str, number: float | None, metrics: dict[str, float | None]
) -> None:
    line = io.StringIO()
    written = dataclasses.replace(FULL, answer=answer, seconds=number, metrics=metrics)
    write_record(line, written)
    assert line.getvalue().count("\n") == 1
    lost = number is not None and not math.isfinite(number)
    assert record_from_json(line.getvalue()) == dataclasses.replace(written, seconds=None if lost else number)


def test_every_cut_of_the_last_line_costs_that_line_only(file: Path) -> None:
    raw = file.read_bytes()
    last = raw.rstrip(b"\n").rindex(b"\n") + 1
    for end in range(last + 1, len(raw) - 1, 97):
        file.write_bytes(raw[:end])
        found = read_recorded(file)
        assert found.records == (FULL,)
        assert "cut off" in found.notice
        assert read_records(file) == [FULL]


def test_a_line_within_that_is_spoilt_is_named(file: Path) -> None:
    lines = file.read_text().splitlines()
    file.write_text("\n".join([lines[0], lines[1][:-9], lines[2]]) + "\n")
    with pytest.raises(RecordError, match="line 2") as refused:
        read_recorded(file)
    assert refused.value.line == 2


def test_of_two_with_one_key_the_later_counts(file: Path) -> None:
    later = dataclasses.replace(FULL, answer="again")
    with file.open("a") as lines:
        write_record(lines, later)
    assert read_records(file)[0] == later
    assert len(read_records(file)) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"policy": 3}, "policy"),
        ({"score": {"total": "high"}}, "score.total"),
        ({"score": {"total": 1, "issues": [{"part": "luck", "kind": "", "message": ""}]}}, "score.issues"),
        ({"score": {"total": 1, "verdict": {"grade": "good"}}}, "verdict.grade"),
        ({"turns": [{"answer": ""}]}, "turns"),
        ({"extra": 1}, "extra"),
        ({"scene": {}}, "format"),
    ],
)
def test_what_is_no_record_is_refused_by_field(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        record_from_json({**record_to_json(FULL), **change})


def test_files_of_a_later_version_are_refused(file: Path) -> None:
    header, *rest = file.read_text().splitlines()
    file.write_text("\n".join([json.dumps({**json.loads(header), "version": 2}), *rest]) + "\n")
    with pytest.raises(RecordError, match="update MetaSpatial"):
        read_recorded(file)
