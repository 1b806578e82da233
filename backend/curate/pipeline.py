# SPDX-License-Identifier: GPL-3.0-or-later
"""From a source of rooms to a folder of them, with examples to learn from. It may be stopped at any time, and goes on.

While it works the folder has what is done in hidden files; at the end these are turned into the dataset and go. So the
same curation gives the same files, byte for byte, however many processes and sessions it took.

    rooms.jsonl      all rooms (`rooms`), each with its split
    examples.jsonl   dialogues with answers (`learn.examples`), where there are any
    pictures/        PNGs, named after their contents
    dropped.jsonl    what could not be used, and why
    counts.json      how many, in each split, of each type, dropped for which reason
    README.md        the dataset card
    settings.json    what decides all that
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..learn.examples import FILE as EXAMPLES
from ..learn.examples import PICTURES, Example, from_row, write_examples
from ..lock import Held, held
from ..scene import scene_from_json
from ..workers import Outcome, Worker, fan_out
from .card import Counts, card
from .finding import FoundOnes, find_all
from .identity import same_rooms, split_of
from .journal import Journal
from .making import Made, Making, Tools, Wanted
from .rooms import FILE as ROOMS
from .rooms import CuratedRoom, write_rooms
from .source import Found, Source, threads_of

DROPPED = "dropped.jsonl"
CARD = "README.md"
COUNTS = "counts.json"
SETTINGS = "settings.json"
IN_A_ROW = 8
"""Rooms that fail one after the other before the work is given up for now."""
_MADE_WITH = "made_with"
_MADE = ".made.jsonl"
_FOUND = ".found.jsonl"

Spread = Callable[..., object]
"""Has `fan_out`'s parameters task, items, on_done, cancelled and keep."""


class CurateError(ValueError):
    """A curation that can't begin; the message says why and what to do."""


class SourceGone(CurateError):
    """Room after room could not be had: the source, or what makes something of its rooms, is not there for now."""


@dataclass(frozen=True, slots=True)
class Curation:
    """What is curated. `settings` are what decides the outcome besides (the source's options, pictures of which size).

    `validation` and `test` are shares of rooms. `command` and `made_with` are for the card, which tells of the versions
    that the work was begun with.
    """

    source: Source
    wanted: Wanted = field(default_factory=Wanted)
    validation: float = 0.1
    test: float = 0.1
    settings: Mapping[str, Any] = field(default_factory=dict)
    tools: Callable[[], Tools] = Tools
    command: str = ""
    made_with: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Curated:
    """What the folder has, and `failed`: what could not be had this time, by key, and why."""

    counts: Counts
    failed: Mapping[str, str] = field(default_factory=dict)


def curate(
    curation: Curation,
    out: Path,
    *,
    workers: int = 1,
    start: Callable[[], Worker] | None = None,
    spread: Spread | None = None,
    on_plan: Callable[[int, int], None] = lambda total, done: None,
    on_found: Callable[[int, int], None] = lambda done, total: None,
    on_made: Callable[[Made], None] = lambda made: None,
    on_notice: Callable[[str], None] = lambda line: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Curated:
    """Do what of the curation the folder does not have yet, and write the dataset.

    `workers` and `start` as in `workers.fan_out`; `spread` takes its place, to spread the work in another way.
    `on_found` hears how many rooms of how many a source with threads has found, `on_made` what was made of each.

    Raises CurateError where the folder has something else or is in use, SourceGone when `IN_A_ROW` rooms failed one
    after the other, OSError when the disk fails. Whatever interrupts it, what is done is in the folder.
    """
    keys = list(curation.source.keys())
    if len(set(keys)) != len(keys):
        raise CurateError(f"the source {curation.source.name} has the same key more than once")
    with _held(out):
        complete, made_with = _begin(curation, keys, out, on_notice)
        curation = replace(curation, made_with=made_with)
        if complete:
            on_plan(len(keys), len(keys))
            return Curated(_counts(out))
        with Journal(out / _MADE) as made, Journal(out / _FOUND) as found:
            session = _Session(out, made, on_made)
            todo = [key for key in keys if key not in made]
            on_plan(len(keys), len(keys) - len(todo))
            items: Sequence[str | Found] = todo
            if threads_of(curation.source):
                find_all(
                    curation.source, [key for key in todo if key not in found], found, session, on_found, cancelled
                )
                items = FoundOnes(found, [key for key in todo if key in found])
            making = Making(curation.source, curation.wanted, curation.tools)
            apart = bool(getattr(curation.source, "perilous", False))
            share = spread or functools.partial(fan_out, workers=workers, start=start, apart=apart)
            share(making, items, on_done=session.take, cancelled=cancelled, keep=False)
            counts = _write(curation, keys, out, made, on_notice)
            if all(key in made for key in keys):
                found.remove()
                made.remove()
    return Curated(counts, session.failed)


class _Session:
    """What becomes of each room: its pictures are saved, then its line is written. Failures are counted."""

    def __init__(self, out: Path, made: Journal, on_made: Callable[[Made], None]) -> None:
        self._out = out
        self._made = made
        self._on_made = on_made
        self._in_a_row = 0
        self.failed: dict[str, str] = {}

    def take(self, outcome: Outcome[str | Found, Made]) -> None:
        if outcome.result is None:
            key = outcome.item if isinstance(outcome.item, str) else outcome.item.key
            self.fail(key, outcome.error)
        else:
            self.keep(outcome.result)

    def keep(self, made: Made) -> None:
        self._in_a_row = 0
        for name, picture in made.pictures.items():
            _write_once(self._out / name, picture)
        line = {"key": made.key, "dropped": made.dropped, "room": made.room}
        self._made.add({**line, "examples": made.examples, "untaught": made.untaught})
        self._on_made(made)

    def found(self) -> None:
        """A room has been found, and will be made later."""
        self._in_a_row = 0

    def fail(self, key: str, why: str) -> None:
        self.failed[key] = why
        self._in_a_row += 1
        if self._in_a_row >= IN_A_ROW:
            raise SourceGone(
                f"{self._in_a_row} rooms in a row could not be had, the last because of this: {why}. "
                "When that is mended, the same command goes on from here"
            )


def _begin(
    curation: Curation, keys: Sequence[str], out: Path, on_notice: Callable[[str], None]
) -> tuple[bool, Mapping[str, str]]:
    """Whether the folder has the whole dataset already, and the versions that it was begun with.

    Raises CurateError where it has something else.
    """
    digest = hashlib.sha256("\n".join(keys).encode()).hexdigest()[:16]  # of a folder that grew, or another list
    kept = {**_settings(curation), "keys": f"{len(keys)}, {digest}"}
    settings = json.loads(json.dumps(kept, default=str))  # as it will be read again
    file = out / SETTINGS
    try:
        old = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        strange = sorted(path.name for path in out.iterdir() if path.name in (ROOMS, EXAMPLES, DROPPED, CARD, PICTURES))
        if strange:
            raise CurateError(
                f"{out} has a {strange[0]} that was not curated here, and it would be overwritten: give another --out"
            ) from None
        begun = {**settings, _MADE_WITH: dict(curation.made_with)}
        _replace(file, json.dumps(begun, indent=1, ensure_ascii=False) + "\n")
        return False, curation.made_with
    except ValueError:
        raise CurateError(f"{file} can't be read as JSON: give another --out") from None
    made_with = old.pop(_MADE_WITH, {}) if isinstance(old, dict) else {}
    if old != settings:
        changed = "; ".join(_changes(old, settings))
        raise CurateError(f"{out} is of another command ({changed}): give that command again, or another --out")
    complete = (out / CARD).exists() and not (out / _MADE).exists()
    if not complete and made_with != dict(curation.made_with):
        on_notice(f"{out} was begun with another version of MetaSpatial; a new --out makes all of it with this one")
    return complete, made_with


def _settings(curation: Curation) -> dict[str, Any]:
    wanted = curation.wanted
    return {
        "source": curation.source.name,
        "targets": wanted.targets,
        "repairs": wanted.repairs,
        "validation": curation.validation,
        "test": curation.test,
        **curation.settings,
    }


def _changes(old: Any, new: Mapping[str, Any], path: str = "") -> list[str]:
    """What differs between two settings, in words."""
    if not isinstance(old, Mapping):
        return ["its settings.json is of something else"]
    found = []
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        if before != after and isinstance(before, Mapping) and isinstance(after, Mapping):
            found += _changes(before, after, f"{path}{name} ")
        elif before != after:
            found.append(f"{path}{name} was {before!r} and is now {after!r}")
    return found


def _write(
    curation: Curation, every: Sequence[str], out: Path, made: Journal, on_notice: Callable[[str], None]
) -> Counts:
    """The dataset of all that was made, in the order of the keys; the card last."""
    keys = [key for key in every if key in made]
    rooms: list[str] = []
    same: list[tuple[str, str]] = []
    with _growing(out / DROPPED) as drop:
        for key in keys:
            line = made[key]
            if line["dropped"]:
                drop({"key": key, "reason": line["dropped"]})
            else:
                rooms.append(key)
                same.append((line["room"]["room"], f"{curation.source.name}: {line['room']['same']}"))
    of = dict(zip(rooms, same_rooms(same), strict=True))
    splits = {key: split_of(room, curation.validation, curation.test) for key, room in of.items()}

    def curated() -> Iterator[CuratedRoom]:
        for key in rooms:
            row = made[key]["room"]
            scene = scene_from_json(row["scene"])
            yield CuratedRoom(key, scene, of[key], splits[key], row["source"], row["kind"], row["picture"])

    def examples() -> Iterator[Example]:
        for key in rooms:
            for row in made[key]["examples"]:
                pictures = [(out / name).read_bytes() for name in row["images"]]
                yield from_row({**row, "room": of[key], "split": splits[key]}, pictures)

    write_rooms(out, curated())
    if curation.wanted.targets != "none":
        write_examples(out, examples())
    counts = _counted((made[key] for key in keys), splits)
    _sweep(out, {name for key in rooms for name in _pictures_of(made[key])})
    left = len(every) - len(keys)
    if left:
        on_notice(f"{left} rooms are missing yet; the same command asks for them again")
    _replace(out / COUNTS, json.dumps(counts.to_json(), indent=1, ensure_ascii=False) + "\n")
    _replace(out / CARD, card(curation.source, counts, _settings(curation), curation.command, curation.made_with, left))
    return counts


def _counted(lines: Iterator[Mapping[str, Any]], splits: Mapping[str, str]) -> Counts:
    counts = Counts()
    for line in lines:
        if line["dropped"]:
            counts.dropped[_reason(line["dropped"])] += 1
            continue
        split = splits[line["key"]]
        counts.rooms[split] += 1
        counts.examples[split] += len(line["examples"])
        counts.kinds[line["room"]["kind"] or "not told"] += 1
        counts.pieces[len(line["room"]["scene"]["furniture"])] += 1
        counts.pictured += line["room"]["picture"] is not None
        for reason in line["untaught"]:
            counts.untaught[_reason(reason)] += 1
    return counts


def _counts(out: Path) -> Counts:
    return Counts.from_json(json.loads((out / COUNTS).read_text(encoding="utf-8")))


def _reason(text: str) -> str:
    """Reasons are counted by what is before the first colon."""
    return " ".join(text.partition(":")[0].split())


def _pictures_of(line: Mapping[str, Any]) -> Iterator[str]:
    for row in line["examples"]:
        yield from row["images"]
    if line["room"].get("picture"):
        yield line["room"]["picture"]


def _sweep(out: Path, wanted: set[str]) -> None:
    """Pictures of rooms that were interrupted go."""
    folder = out / PICTURES
    for path in folder.iterdir() if folder.is_dir() else ():
        if f"{PICTURES}/{path.name}" not in wanted:
            path.unlink()
    with contextlib.suppress(OSError):
        folder.rmdir()  # where it is empty


@contextlib.contextmanager
def _growing(path: Path) -> Iterator[Callable[[dict[str, Any]], None]]:
    """A file of JSON lines that takes the place of the old one when all is written."""
    part = path.with_name(f".{path.name}")
    with part.open("w", encoding="utf-8", newline="\n") as file:
        yield lambda row: print(json.dumps(row, ensure_ascii=False), file=file)
    part.replace(path)


def _write_once(path: Path, data: bytes) -> None:
    """A file that is whole or not there; by its name its contents are known."""
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        part = path.with_name(f".{path.name}")
        part.write_bytes(data)
        part.replace(path)


def _replace(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(path)


@contextlib.contextmanager
def _held(out: Path) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(held(out, "curation"))
        except Held as error:
            raise CurateError(str(error)) from None
        except OSError as error:
            raise CurateError(f"{out} can't be written: {error.strerror or error}") from error
        yield
