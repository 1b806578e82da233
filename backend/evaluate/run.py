# SPDX-License-Identifier: GPL-3.0-or-later
"""An evaluation: policies × scenes × seeds, into a folder. It may be stopped at any time and be taken up again.

The folder holds records.jsonl (`record`) and pictures/. Whatever is done is written at once, by this process alone;
when all is done the records are put in order, so that the same evaluation gives the same file, however many processes
and sessions it took (but for the times in it).
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from ..lock import Held, held
from ..rewards.score import Judge, Part
from ..rewards.scorer import WEIGHTS
from ..workers import Outcome, Worker, fan_out
from .grading import Grading, Task, Tools, failed, with_verdict
from .judging import Judging
from .policies import KINDS, PolicySpec
from .provenance import made_with
from .record import Header, Record, Recorded, RecordError, read_recorded, write_header, write_record, write_records
from .scenes import NamedScene

RECORDS = "records.jsonl"


class RunError(ValueError):
    """An evaluation that can't begin; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is evaluated. `settings` are what else decides the outcome (which engine, pictures of which size).

    `judge` is told in `judge_settings` what decides its verdicts.
    """

    policies: Sequence[PolicySpec]
    scenes: Sequence[NamedScene]
    seeds: Sequence[int] = (0,)
    turns: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)
    tools: Callable[[], Tools] = Tools
    judge: Judge | None = None
    judge_settings: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[Part, float] = field(default_factory=lambda: dict(WEIGHTS))
    made_with: Mapping[str, str] = field(default_factory=dict)

    def tasks(self) -> list[Task]:
        """All that is to be done, scene by scene, so that what is built for a scene serves all policies."""
        return [
            Task(spec, scene.name, scene.scene, seed)
            for scene in self.scenes
            for spec in self.policies
            for seed in (self.seeds if KINDS[spec.kind].seeded else self.seeds[:1])
        ]


def evaluate(
    evaluation: Evaluation,
    out: Path,
    *,
    workers: int = 1,
    fresh: bool = False,
    retry: bool = False,
    start: Callable[[], Worker] | None = None,
    on_plan: Callable[[int, int], None] = lambda total, done: None,
    on_record: Callable[[Record], None] = lambda record: None,
    on_notice: Callable[[str], None] = lambda line: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Recorded:
    """Do what of the evaluation is not in the folder yet; all records of the folder, in order.

    `workers` and `start` as in `workers.fan_out`. `fresh` begins anew, `retry` repeats what failed. Verdicts that are
    missing are asked for again. `on_record` gets each new record, and once more when it has its verdict. A policy that
    fails, and a worker that dies, gives a record with an error.

    Raises RunError where the folder holds an evaluation with other settings, is in use or can't be written, and OSError
    when the disk fails. Whatever interrupts it, what is done is in the folder.
    """
    file = out / RECORDS
    tasks = evaluation.tasks()
    header = _header(evaluation)
    with _held(out):
        if fresh:
            file.unlink(missing_ok=True)
        earlier = _earlier(file, header, tasks, on_notice)
        records = {record.key: record for record in earlier.records if not (retry and record.error)}
        todo = [task for task in tasks if task.key not in records]
        unjudged = _unjudged(evaluation, tasks, records, out)
        on_plan(len(tasks), len(tasks) - len(todo))
        headers = (*earlier.headers, header) if todo or unjudged or not earlier.headers else earlier.headers
        if earlier.notice or retry:  # what is appended must begin a line of its own
            write_records(file, records.values(), earlier.headers)
        with file.open("a", encoding="utf-8", newline="\n") as lines:
            if len(headers) > len(earlier.headers):
                write_header(lines, header)
            session = _Session(evaluation, out, lines, records, on_record)
            for record, pictures in unjudged:
                session.ask(record, pictures)
            grading = Grading(evaluation.tools, evaluation.turns, evaluation.weights)
            fan_out(
                grading,
                todo,
                workers=workers,
                group=lambda task: task.scene_name,
                on_done=session.take,
                cancelled=cancelled,
                start=start,
            )
            while session.waiting and not cancelled():
                session.fold(wait=0.2)
        ordered = _in_order(tasks, records)
        write_records(file, ordered, headers)
    return Recorded(headers, tuple(ordered))


class _Session:
    """What happens to each layout: its pictures are saved, its record written, the judge asked, the verdict added."""

    def __init__(
        self,
        evaluation: Evaluation,
        out: Path,
        lines: TextIO,
        records: dict[tuple[str, str, int], Record],
        on_record: Callable[[Record], None],
    ) -> None:
        self._weights = evaluation.weights
        self._out = out
        self._lines = lines
        self._records = records
        self._on_record = on_record
        self._judging = None if evaluation.judge is None else Judging(evaluation.judge)

    @property
    def waiting(self) -> int:
        return 0 if self._judging is None else self._judging.left

    def take(self, outcome: Outcome[Task, tuple[Record, tuple[bytes, ...]]]) -> None:
        if outcome.result is None:
            what = outcome.error if outcome.died else f"it could not be scored: {outcome.error}"
            record, pictures = failed(outcome.item, what), ()
        else:
            record, pictures = outcome.result
        record = dataclasses.replace(record, pictures=self._saved(record, pictures))
        self._keep(record)
        if pictures:
            self.ask(record, pictures)
        self.fold()

    def ask(self, record: Record, pictures: tuple[bytes, ...]) -> None:
        if self._judging is not None:
            self._judging.ask(record, pictures)

    def fold(self, wait: float = 0.0) -> None:
        """Add the verdicts that are there to their records."""
        for record, verdict in () if self._judging is None else self._judging.verdicts(wait):
            self._keep(with_verdict(record, verdict, self._weights))

    def _keep(self, record: Record) -> None:
        self._records[record.key] = record
        write_record(self._lines, record)
        self._on_record(record)

    def _saved(self, record: Record, pictures: Sequence[bytes]) -> tuple[str, ...]:
        if not pictures:
            return ()
        names = []
        policy = re.sub(r"[^\w.-]+", "_", record.policy)[:60]
        views = ("perspective", "plan", *(f"view{k}" for k in range(3, 99)))
        for view, picture in zip(views, pictures, strict=False):
            name = f"pictures/{policy}/{record.scene_name}_{record.seed}_{view}.png"
            path = self._out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(picture)
            names.append(name)
        return tuple(names)


def _earlier(file: Path, header: Header, tasks: Sequence[Task], on_notice: Callable[[str], None]) -> Recorded:
    """What the folder holds already. Raises RunError where it doesn't go with what is asked for now."""
    if not file.exists():
        return Recorded((), ())
    way_out = "give another --out, or --fresh to begin anew"
    try:
        found = read_recorded(file)
    except RecordError as error:
        raise RunError(f"{error}; or {way_out}") from error
    if found.notice:
        on_notice(found.notice)
    for old in found.headers:
        changed = [
            f"{name} was {old.settings.get(name)!r} and is now {header.settings.get(name)!r}"
            for name in sorted({*old.settings, *header.settings})
            if old.settings.get(name) != header.settings.get(name)
            and not (name == "judge" and None in (old.settings.get(name), header.settings.get(name)))
        ]
        if changed:
            raise RunError(f"{file} was made with other settings ({'; '.join(changed)}): {way_out}")
    by_key = {record.key: record for record in found.records}
    for task in tasks:
        record = by_key.get(task.key)
        if record is not None and record.spec != task.spec.text:
            raise RunError(
                f"{file} has a policy {record.policy} that was {record.spec!r} and is now {task.spec.text!r}: {way_out}"
            )
        if record is not None and record.scene != task.scene:
            raise RunError(f"{file} has another scene by the name {task.scene_name}: {way_out}")
    if found.headers and found.headers[-1].made_with.get("commit") != header.made_with.get("commit"):
        on_notice(f"{file} was begun with another version of MetaSpatial; --fresh makes all of it with this one")
    return found


def _unjudged(
    evaluation: Evaluation, tasks: Sequence[Task], records: Mapping[tuple[str, str, int], Record], out: Path
) -> list[tuple[Record, tuple[bytes, ...]]]:
    """The earlier records that have pictures and no grade from the judge."""
    found = []
    for task in tasks if evaluation.judge is not None else ():
        record = records.get(task.key)
        if record is None or not record.pictures or record.score is None or record.score.render is not None:
            continue
        with contextlib.suppress(OSError):  # somebody has deleted a picture: that layout has no verdict
            found.append((record, tuple((out / name).read_bytes() for name in record.pictures)))
    return found


def _in_order(tasks: Sequence[Task], records: Mapping[tuple[str, str, int], Record]) -> list[Record]:
    """In the order of the tasks; what other sessions made besides comes after."""
    keys = dict.fromkeys(task.key for task in tasks)
    return [records[key] for key in (*keys, *(key for key in records if key not in keys)) if key in records]


@contextlib.contextmanager
def _held(out: Path) -> Iterator[None]:
    """The folder, made and kept from other evaluations until the end."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(held(out, "evaluation"))
        except Held as error:
            raise RunError(str(error)) from None
        except OSError as error:
            raise RunError(f"{out} can't be written: {error.strerror or error}") from error
        yield


def _header(evaluation: Evaluation) -> Header:
    settings = {
        "turns": evaluation.turns,
        "weights": evaluation.weights,
        **evaluation.settings,
        "judge": evaluation.judge_settings or None,
    }
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    plain = json.loads(json.dumps(settings, default=dict))  # as it will be read again
    return Header(plain, {**made_with(), **evaluation.made_with}, now)
