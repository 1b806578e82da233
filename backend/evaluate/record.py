# SPDX-License-Identifier: GPL-3.0-or-later
"""What one policy did with one scene, as one line of JSON: the file an evaluation writes, resumes from and reports on."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO, cast

from ..rewards.score import Issue, Part, Score
from ..scene import Layout, Scene
from ..scene.document import SceneError, layout_from_json, layout_to_json, scene_from_json, scene_to_json
from ..scene.fields import fields_of, items_of, load_json, number_of, text_of

_PARTS: tuple[Part, ...] = ("format", "physics", "function", "render")


@dataclass(frozen=True, slots=True)
class Record:
    """One policy's arrangement of one scene.

    `scene_name` names the scene within its evaluation. `metrics` are flat names of `metrics.METRICS` and their values,
    None where a metric does not apply. `seconds` is the policy's own time. `error` says why there is no layout, and
    then `score` is None. `pictures` are file names, relative to the folder of the file of records.
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

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells one record of an evaluation from the others: policy, scene name, seed."""
        return self.policy, self.scene_name, self.seed


def read_records(path: Path) -> list[Record]:
    """The records of a file, of two with the same key the later. Raises `RecordError` with the line's number.

    A last line that was cut off (the run was stopped while it wrote) is left out.
    """
    lines = path.read_text(encoding="utf-8").split("\n")
    found: dict[tuple[str, str, int], Record] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = record_from_json(line)
        except SceneError as error:
            if number == len(lines):  # every whole line ends with a newline, so the last item is empty
                break
            raise RecordError(path, number, str(error)) from error
        found[record.key] = record
    return list(found.values())


def write_record(file: TextIO, record: Record) -> None:
    """Append one line and flush it."""
    file.write(json.dumps(record_to_json(record), ensure_ascii=False, separators=(",", ":")) + "\n")
    file.flush()


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Write a whole file of records."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for record in records:
            write_record(file, record)


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
        "scene_name": record.scene_name,
        "seed": record.seed,
        "seconds": record.seconds,
        "error": record.error,
        "metrics": dict(record.metrics),
        "pictures": list(record.pictures),
        "answer": record.answer,
        "layout": layout_to_json(record.layout),
        "score": None if record.score is None else dataclasses.asdict(record.score),
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
        pictures=tuple(text_of(item, path) for item, path in items_of(raw.get("pictures", []), "pictures")),
    )


def _score(data: object) -> Score:
    keys = ("total", *_PARTS, "issues", "pieces")
    raw = fields_of(data, "score", keys, ("total",))
    pieces = _mapping(raw.get("pieces", {}), "score.pieces")
    return Score(
        total=number_of(raw["total"], "score.total"),
        **{part: _number(raw.get(part), f"score.{part}") for part in _PARTS},
        issues=tuple(_issue(item, path) for item, path in items_of(raw.get("issues", []), "score.issues")),
        pieces={id: _grades(grades, f"score.pieces.{id}") for id, grades in pieces.items()},
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


def _mapping(data: object, path: str) -> Mapping[str, object]:
    if not isinstance(data, Mapping):
        raise SceneError(path, "must be an object")
    return data
