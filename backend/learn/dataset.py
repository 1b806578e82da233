# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""Examples as a Hugging Face dataset: the columns of `examples.py`, pictures inside, documents as JSON texts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from datasets import Dataset, DatasetDict, Features, Image, List, Value, load_from_disk

from .examples import SPLITS, Example, ExampleError, check, from_row, read_examples, to_row

FEATURES = Features(
    {
        "messages": List(
            {"role": Value("string"), "content": List({"type": Value("string"), "text": Value("string")})}
        ),
        "images": List(Image()),
        "scene": Value("string"),
        "layout": Value("string"),
        "room": Value("string"),
        "split": Value("string"),
    }
)

ROOM_FEATURES = Features(
    {
        "key": Value("string"),
        "source": Value("string"),
        "kind": Value("string"),
        "room": Value("string"),
        "split": Value("string"),
        "picture": Image(),
        "scene": Value("string"),
    }
)


def to_dataset(examples: Iterable[Example]) -> DatasetDict:
    """The examples as a dataset with a part for each split. Raises `ExampleError` for a room in two splits."""
    rows: dict[str, list[dict[str, Any]]] = {}
    split_of: dict[str, str] = {}
    for example in examples:
        check(example)
        if split_of.setdefault(example.room, example.split) != example.split:
            raise ExampleError(f"room {example.room} is in the splits {split_of[example.room]} and {example.split}")
        pictures = [picture for message in example.messages for picture in message.pictures]
        row = to_row(example, [{"bytes": picture, "path": None} for picture in pictures])
        row |= {"scene": json.dumps(row["scene"]), "layout": json.dumps(row["layout"])}
        rows.setdefault(example.split, []).append(row)
    return DatasetDict({s: Dataset.from_list(rows[s], features=FEATURES) for s in SPLITS if s in rows})


def rooms_to_dataset(folder: str | Path) -> DatasetDict:
    """The rooms of a curated folder, pictures inside, as a dataset with a part for each split: what RL begins from."""
    folder, rows = Path(folder), {}
    with (folder / "rooms.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            picture = (
                None if row["picture"] is None else {"bytes": (folder / row["picture"]).read_bytes(), "path": None}
            )
            rows.setdefault(row["split"], []).append({**row, "picture": picture, "scene": json.dumps(row["scene"])})
    return DatasetDict({s: Dataset.from_list(rows[s], features=ROOM_FEATURES) for s in SPLITS if s in rows})


def from_dataset(data: Dataset) -> list[Example]:
    """The examples of one split, each checked. Raises `ExampleError` naming the row that can't be used."""
    examples = []
    for number, row in enumerate(data.cast_column("images", List(Image(decode=False)))):
        try:
            values = cast(dict[str, Any], row)
            plain = {**values, "scene": json.loads(values["scene"])}
            examples.append(from_row(plain, [image["bytes"] for image in values["images"]]))
        except (ExampleError, ValueError, KeyError, TypeError) as error:
            raise ExampleError(f"row {number}: {error}") from error
    return examples


def load_examples(path: str | Path, split: str = "train") -> Dataset:
    """One split of what a folder holds, be it a dataset on disk or `examples.jsonl`.

    Raises `ExampleError` where there is neither, or no such split.
    """
    path = Path(path)
    if (path / "dataset_dict.json").exists():
        found: Any = load_from_disk(path)
    elif (path / "examples.jsonl").exists():
        found = to_dataset(read_examples(path))
    else:
        raise ExampleError(f"{path}: holds neither examples.jsonl nor a dataset; `metaspatial curate` makes one")
    if split not in found:
        raise ExampleError(f"{path}: has no split {split}, only {', '.join(found)}")
    return found[split]
