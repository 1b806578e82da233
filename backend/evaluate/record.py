# SPDX-License-Identifier: GPL-3.0-or-later
"""What one policy did with one scene, as a line of JSON: the file an evaluation writes, resumes from, reports on.

A file of records begins with a `Header` line; each session that resumed it has added one. All other lines are records.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO, cast

from ..rewards.score import Issue, Part, Score, Verdict
from ..scene import Layout, Scene
from ..scene.document import SceneError, layout_from_json, layout_to_json, scene_from_json, scene_to_json
from ..scene.fields import fields_of, items_of, load_json, number_of, text_of

RECORDS_FORMAT = "metaspatial-records"
VERSION = 1
_PARTS: tuple[Part, ...] = ("format", "physics", "function", "render")


@dataclass(frozen=True, slots=True)
class Header:
    """What holds for the records of one session: its `settings` (they decide what comes out), and what it ran on.

    `made_with` are versions, the commit, the machine; `started` is the time in UTC, ISO 8601.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    made_with: Mapping[str, str] = field(default_factory=dict)
    started: str = ""


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One turn of several: the answer, the layout read from it, its grades, the policy's time."""

    answer: str
    layout: Layout
    grades: Mapping[str, float | None]
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One policy's arrangement of one scene.

    `scene_name` names the scene within its evaluation; `spec` is what made the policy (`solver:seconds=2`). `layout`,
    `answer` and `score` are those of the best turn; `turns` are all of them where more than one was asked for.
    `metrics` are flat names of `metrics.METRICS` and their values, None where a metric does not apply. `seconds` and
    `cpu_seconds` are the policy's own time, on the clock and of this process's processors. `error` says why there is no
    answer: such a record has the score of a layout with nothing placed, so that it counts in every mean. `pictures`
    are file names relative to the folder of the file of records, the perspective view first, then the plan.
    """

    policy: str
    scene_name: str
    scene: Scene
    seed: int = 0
    layout: Layout = field(default_factory=Layout)
    answer: str = ""
    score: Score | None = None
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    seconds: float | None = None
    error: str = ""
    pictures: tuple[str, ...] = ()
    spec: str = ""
    cpu_seconds: float | None = None
    turns: tuple[TurnRecord, ...] = ()

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells one record of an evaluation from the others: policy, scene name, seed."""
        return self.policy, self.scene_name, self.seed

    @property
    def verdict(self) -> Verdict | None:
        """The judge's, where one was asked."""
        return None if self.score is None else self.score.verdict


@dataclass(frozen=True, slots=True)
class Recorded:
    """A file of records: of two with the same key the later. `notice` says what of the file could not be used."""

    headers: tuple[Header, ...]
    records: tuple[Record, ...]
    notice: str = ""


def read_records(path: Path) -> list[Record]:
    """The records of a file, of two with the same key the later. Raises `RecordError` with the line's number.

    A last line that was cut off (the run was stopped while it wrote) is left out.
    """
    return list(read_recorded(path).records)


def read_recorded(path: Path) -> Recorded:
    """The headers and records of a file, as `read_records`; the notice says whether a cut last line was left out.

    Raises OSError, and `RecordError` with the line's number.
    """
    lines = path.read_bytes().split(b"\n")
    headers: list[Header] = []
    found: dict[tuple[str, str, int], Record] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            parsed = load_json(line)
            if isinstance(parsed, Mapping) and "format" in parsed:
                headers.append(_header(parsed))
            else:
                record = record_from_json(parsed)
                found[record.key] = record
        except SceneError as error:
            if number == len(lines):  # every whole line ends with a newline, so the last item is empty
                return Recorded(
                    tuple(headers), tuple(found.values()), f"{path}: the last line is cut off; it is left out"
                )
            raise RecordError(path, number, str(error)) from error
    return Recorded(tuple(headers), tuple(found.values()))


def write_header(file: TextIO, header: Header) -> None:
    """Append the header's line and flush it."""
    document = {"format": RECORDS_FORMAT, "version": VERSION, **dataclasses.asdict(header)}
    file.write(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")
    file.flush()


def write_record(file: TextIO, record: Record) -> None:
    """Append one line and flush it."""
    file.write(json.dumps(record_to_json(record), ensure_ascii=False, separators=(",", ":")) + "\n")
    file.flush()


def write_records(path: Path, records: Iterable[Record], headers: Iterable[Header] = ()) -> None:
    """Write a whole file of records; what was there is kept until all is written."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w", encoding="utf-8", newline="\n") as file:
        for header in headers:
            write_header(file, header)
        for record in records:
            write_record(file, record)
    fresh.replace(path)


class RecordError(ValueError):
    """A file of records that can't be read: which line, and why."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path}, line {line}: {reason}; remove the line or run that scene again")
        self.line = line
        self.reason = reason


def record_to_json(record: Record) -> dict[str, Any]:
    """The record's document, ready for `json.dumps`."""
    return {
        "policy": record.policy,
        "spec": record.spec,
        "scene_name": record.scene_name,
        "seed": record.seed,
        "seconds": record.seconds,
        "cpu_seconds": record.cpu_seconds,
        "error": record.error,
        "metrics": dict(record.metrics),
        "pictures": list(record.pictures),
        "answer": record.answer,
        "layout": layout_to_json(record.layout),
        "score": None if record.score is None else dataclasses.asdict(record.score),
        "turns": [
            {
                "answer": turn.answer,
                "layout": layout_to_json(turn.layout),
                "grades": dict(turn.grades),
                "seconds": turn.seconds,
            }
            for turn in record.turns
        ],
        "scene": scene_to_json(record.scene),
    }


def record_from_json(data: object) -> Record:
    """The record of a document, given as JSON text or parsed data. Raises `SceneError` with the bad field's path."""
    parsed = load_json(data) if isinstance(data, str | bytes) else data
    keys = [one.name for one in dataclasses.fields(Record)]
    raw = fields_of(parsed, "", keys, ("policy", "scene_name", "scene"))
    score = raw.get("score")
    return Record(
        policy=text_of(raw["policy"], "policy"),
        scene_name=text_of(raw["scene_name"], "scene_name"),
        scene=scene_from_json(raw["scene"]),
        seed=int(number_of(raw.get("seed", 0), "seed")),
        layout=layout_from_json(raw["layout"]) if "layout" in raw else Layout(),
        answer=text_of(raw.get("answer", ""), "answer"),
        score=None if score is None else _score(score),
        metrics=_numbers(raw.get("metrics", {}), "metrics"),
        seconds=_number(raw.get("seconds"), "seconds"),
        error=text_of(raw.get("error", ""), "error"),
        pictures=_texts(raw.get("pictures", []), "pictures"),
        spec=text_of(raw.get("spec", ""), "spec"),
        cpu_seconds=_number(raw.get("cpu_seconds"), "cpu_seconds"),
        turns=tuple(_turn(item, path) for item, path in items_of(raw.get("turns", []), "turns")),
    )


def _header(data: object) -> Header:
    raw = fields_of(data, "", ("format", "version", "settings", "made_with", "started"), ("format", "version"))
    if raw["format"] != RECORDS_FORMAT:
        raise SceneError("format", f"must be {RECORDS_FORMAT!r}")
    if raw["version"] != VERSION:
        raise SceneError("version", f"must be {VERSION}; update MetaSpatial to read newer files")
    made_with = _mapping(raw.get("made_with", {}), "made_with")
    return Header(
        _mapping(raw.get("settings", {}), "settings"),
        {name: text_of(value, f"made_with.{name}") for name, value in made_with.items()},
        text_of(raw.get("started", ""), "started"),
    )


def _turn(data: object, path: str) -> TurnRecord:
    raw = fields_of(data, path, [one.name for one in dataclasses.fields(TurnRecord)], ("answer", "layout"))
    return TurnRecord(
        text_of(raw["answer"], f"{path}.answer"),
        layout_from_json(raw["layout"]),
        _numbers(raw.get("grades", {}), f"{path}.grades"),
        _number(raw.get("seconds"), f"{path}.seconds"),
    )


def _verdict(data: object) -> Verdict:
    raw = fields_of(data, "score.verdict", [one.name for one in dataclasses.fields(Verdict)], ("grade",))
    marks = {
        name: {key: number_of(value, f"score.verdict.{name}.{key}") for key, value in _mapping(raw[name], name).items()}
        for name in ("criteria", "spread")
        if name in raw
    }
    return Verdict(
        grade=_number(raw["grade"], "score.verdict.grade"),
        **marks,
        votes=int(number_of(raw.get("votes", 0), "score.verdict.votes")),
        remarks=_texts(raw.get("remarks", []), "score.verdict.remarks"),
        missing=text_of(raw.get("missing", ""), "score.verdict.missing"),
    )


def _score(data: object) -> Score:
    keys = ("total", *_PARTS, "issues", "pieces", "verdict")
    raw = fields_of(data, "score", keys, ("total",))
    pieces = _mapping(raw.get("pieces", {}), "score.pieces")
    return Score(
        total=number_of(raw["total"], "score.total"),
        **{part: _number(raw.get(part), f"score.{part}") for part in _PARTS},
        issues=tuple(_issue(item, path) for item, path in items_of(raw.get("issues", []), "score.issues")),
        pieces={id: _grades(grades, f"score.pieces.{id}") for id, grades in pieces.items()},
        verdict=None if raw.get("verdict") is None else _verdict(raw["verdict"]),
    )


def _issue(data: object, path: str) -> Issue:
    raw = fields_of(data, path, [one.name for one in dataclasses.fields(Issue)], ("part", "kind", "message"))
    part = text_of(raw["part"], f"{path}.part")
    if part not in _PARTS:
        raise SceneError(f"{path}.part", f"must be one of {', '.join(_PARTS)}")
    return Issue(
        part=cast(Part, part),
        kind=text_of(raw["kind"], f"{path}.kind"),
        pieces=tuple(text_of(item, here) for item, here in items_of(raw.get("pieces", []), f"{path}.pieces")),
        amount=number_of(raw.get("amount", 0.0), f"{path}.amount"),
        message=text_of(raw["message"], f"{path}.message"),
        unit=text_of(raw.get("unit", "m"), f"{path}.unit"),
    )


def _texts(data: object, path: str) -> tuple[str, ...]:
    return tuple(text_of(item, here) for item, here in items_of(data, path))


def _grades(data: object, path: str) -> dict[Part, float]:
    raw = fields_of(data, path, _PARTS, ())
    return {cast(Part, part): number_of(value, f"{path}.{part}") for part, value in raw.items()}


def _numbers(data: object, path: str) -> dict[str, float | None]:
    return {name: _number(value, f"{path}.{name}") for name, value in _mapping(data, path).items()}


def _number(data: object, path: str) -> float | None:
    """A finite number; None for null and for what is no number (NaN, infinity), which says as little."""
    if data is None:
        return None
    value = number_of(data, path)
    return value if math.isfinite(value) else None


def _mapping(data: object, path: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise SceneError(path, "must be an object")
    return data
