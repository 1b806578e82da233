# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""A curated folder in MetaSpatial's published form, for their training code and for whatever else reads that form.

What it can't hold is said in `graph`. Their code takes a table per split (`data.train_files=OUT/train.parquet`), and
for its rewards each room's reference layout from a folder `curated_data/ROOM/scene_graph-backtracked.json`.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ...console import BAD_INPUT, OK, Stop, say
from ...learn.examples import FILE as EXAMPLES
from ...learn.examples import SPLITS
from ...scene import Layout, Scene, SceneError, current_layout, layout_from_json, scene_from_json
from ..rooms import CuratedRoom, RoomsError, read_rooms
from .graph import CannotHold, graph_of, problem_of
from .record import REFERENCE
from .source import GRAPHS
from .tables import COLUMNS

Form = Literal["parquet", "jsonl"]
FORMS: tuple[Form, ...] = ("parquet", "jsonl")
ROWS_AT_ONCE = 64
"""Rows of a row group: what is read together to get at one of them."""
PICTURES = "images"
GROWING = ".growing"
"""What is being written, until it is whole."""
_FEATURES = {
    "images": [{"_type": "Image"}],  # the spelling that old and new versions of `datasets` understand
    "problem": {"dtype": "string", "_type": "Value"},
    "answer": {"dtype": "string", "_type": "Value"},
}

Row = dict[str, Any]


@dataclass(frozen=True)
class Exported:
    """How many rooms were written by split, how many left out by reason, and how many relations were left out."""

    rooms: Mapping[str, int]
    left_out: Mapping[str, int]
    relations: int


def export_published(folder: str | Path, out: str | Path, *, form: Form = "parquet") -> Exported:
    """Write the rooms of a curated folder as `OUT/SPLIT.parquet` (or .jsonl with the pictures beside it) and their
    reference layouts as `OUT/curated_data/ROOM/scene_graph-backtracked.json`.

    A room's reference is the layout of its example, else where its pieces stand if that is sound, else what the teacher
    of the small model makes of it. Rooms that the form can't hold, that have no picture, or for which there is no
    layout are left out and counted. `out` must be empty; it is made if missing. Raises Stop.
    """
    folder, out = Path(folder), Path(out)
    rooms: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    relations = 0
    try:
        references = _references(folder)
        out.mkdir(parents=True, exist_ok=True)
        if any(entry.name != GROWING for entry in out.iterdir()):
            raise Stop(BAD_INPUT, f"{out} is not empty; choose another folder")
        with _Writer(out, form) as writer:
            for number, room in enumerate(read_rooms(folder)):
                name = f"room_{number}"
                try:
                    if room.split not in SPLITS:
                        raise CannotHold(f"its split is unknown: {room.split!r}")
                    picture = _picture_of(folder, room)
                    written = graph_of(room.scene, _reference(room.scene, references))
                except CannotHold as reason:
                    left_out[str(reason).partition(":")[0]] += 1
                    continue
                writer.add(room.split, name, _problem_and_answer(room, name, written.graph), picture, written.graph)
                rooms[room.split] += 1
                relations += len(written.left_out)
    except RoomsError as error:
        raise Stop(BAD_INPUT, str(error)) from error
    except OSError as error:
        raise Stop(BAD_INPUT, f"{error.filename or out}: {error.strerror or error}") from error
    return Exported(dict(rooms), dict(left_out), relations)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `metaspatial export-published`."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="what `metaspatial curate` wrote")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write into; made if missing")
    parser.add_argument("--form", choices=FORMS, default="parquet", help="parquet is what their training code reads")


def run(given: argparse.Namespace) -> int:
    """Write, and tell what was left out; the exit status: 0, or 1 where no room could be written. Raises Stop."""
    done = export_published(given.folder, given.out, form=given.form)
    total = sum(done.rooms.values())
    splits = ", ".join(f"{count} {split}" for split, count in done.rooms.items())
    say(f"{given.out}: {total} rooms written{f' ({splits})' if splits else ''}")
    for reason, count in sorted(done.left_out.items()):
        say(f"{count} left out: {reason}")
    if done.relations:
        say(f"{done.relations} relations left out: the form has no words for them")
    return OK if total else 1


def _references(folder: Path) -> dict[Scene, Mapping[str, Any]]:
    """The layout documents of a folder's examples, by scene; the last turn's where a scene has several."""
    file = folder / EXAMPLES
    if not file.exists():
        return {}
    found: dict[Scene, Mapping[str, Any]] = {}
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                found[scene_from_json(row["scene"])] = row["layout"]
            except (SceneError, KeyError, TypeError, ValueError) as error:
                raise Stop(BAD_INPUT, f"{file}, line {number}: {error}") from error
    return found


def _reference(scene: Scene, references: Mapping[Scene, Mapping[str, Any]]) -> Layout:
    from ...rewards.boxes import BoxEngine
    from ..targets import teach

    document = references.get(scene)
    if document is not None:
        try:
            return layout_from_json(document)
        except SceneError as error:
            raise CannotHold(f"its example has no layout that can be read: {error}") from error
    standing = current_layout(scene)
    if len(standing) == len(scene.furniture) and BoxEngine().measure(scene, standing).valid:
        return standing
    lesson = teach(scene)
    if lesson is None:
        raise CannotHold("no layout was found")
    return lesson.layout


def _picture_of(folder: Path, room: CuratedRoom) -> bytes:
    if room.picture is None:
        raise CannotHold("it has no picture")
    file = (folder / room.picture).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise CannotHold(f"its picture is outside the folder: {room.picture}")
    return file.read_bytes()


def _problem_and_answer(room: CuratedRoom, name: str, graph: list[dict[str, Any]]) -> Row:
    """Their columns. `room` is ours: by it, rooms that are alike stay in one split when they are read back."""
    length, width = room.scene.room.extent
    answer = {
        "room_name": name,
        "user_preference": room.scene.preference,
        "size_of_room": {"x": length, "y": width, "z": room.scene.room.height},
        "room": room.room,
    }
    return {"problem": problem_of(room.scene, graph), "answer": json.dumps(answer, ensure_ascii=False)}


class _Writer:
    """Writes into a hidden folder; what is in it moves out when all is done, and else goes."""

    def __init__(self, out: Path, form: Form) -> None:
        self.out, self.form = out, form
        self.growing = out / GROWING
        self.tables: dict[str, _Table] = {}

    def __enter__(self) -> _Writer:
        shutil.rmtree(self.growing, ignore_errors=True)
        (self.growing / GRAPHS).mkdir(parents=True)
        return self

    def add(self, split: str, name: str, row: Row, picture: bytes, graph: list[dict[str, Any]]) -> None:
        if split not in self.tables:
            kind = _ParquetTable if self.form == "parquet" else _LinesTable
            self.tables[split] = kind(self.growing, split)
        self.tables[split].add(name, row, picture)
        folder = self.growing / GRAPHS / name
        folder.mkdir()
        (folder / REFERENCE).write_text(json.dumps(graph, ensure_ascii=False), encoding="utf-8")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            for table in self.tables.values():
                table.close()
            if kind is None:
                for made in sorted(self.growing.iterdir()):
                    made.replace(self.out / made.name)
        finally:
            shutil.rmtree(self.growing, ignore_errors=True)


class _ParquetTable:
    """A table as `datasets` writes it: pictures in the table, their kind in the schema's metadata."""

    def __init__(self, folder: Path, split: str) -> None:
        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError:
            raise Stop(
                BAD_INPUT, "to write .parquet, install pyarrow (pip install pyarrow); --form jsonl needs none"
            ) from None
        image = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
        types = {"images": pyarrow.list_(image), "problem": pyarrow.string(), "answer": pyarrow.string()}
        about = json.dumps({"info": {"features": _FEATURES}})
        self.schema = pyarrow.schema([(name, types[name]) for name in COLUMNS], metadata={"huggingface": about})
        self.file = parquet.ParquetWriter(folder / f"{split}.parquet", self.schema)
        self.waiting: list[Row] = []

    def add(self, name: str, row: Row, picture: bytes) -> None:
        self.waiting.append({**row, "images": [{"bytes": picture, "path": f"{name}.png"}]})
        if len(self.waiting) == ROWS_AT_ONCE:
            self._flush()

    def close(self) -> None:
        if self.waiting:
            self._flush()
        self.file.close()

    def _flush(self) -> None:
        import pyarrow

        self.file.write_table(pyarrow.Table.from_pylist(self.waiting, schema=self.schema))
        self.waiting = []


class _LinesTable:
    """JSON lines with paths of pictures."""

    def __init__(self, folder: Path, split: str) -> None:
        self.folder = folder
        (folder / PICTURES).mkdir(exist_ok=True)
        self.file = (folder / f"{split}.jsonl").open("w", encoding="utf-8", newline="\n")

    def add(self, name: str, row: Row, picture: bytes) -> None:
        path = f"{PICTURES}/{name}.png"
        (self.folder / path).write_bytes(picture)
        self.file.write(json.dumps({"images": [path], **row}, ensure_ascii=False) + "\n")

    def close(self) -> None:
        self.file.close()


_Table = _ParquetTable | _LinesTable
