# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from metaspatial.backend.learn.dataset import from_dataset, load_examples, to_dataset
from metaspatial.backend.learn.examples import Example, ExampleError, read_examples, write_examples

pytestmark = pytest.mark.learn


def test_files_give_back_what_was_written(tmp_path: Path, examples: list[Example]) -> None:
    assert write_examples(tmp_path, examples) == len(examples)
    assert list(read_examples(tmp_path)) == examples


def test_datasets_give_back_what_was_put_in(tmp_path: Path, examples: list[Example]) -> None:
    mixed = [dataclasses.replace(one, split="test") if k == 3 else one for k, one in enumerate(examples)]
    to_dataset(mixed).save_to_disk(tmp_path / "data")
    assert from_dataset(load_examples(tmp_path / "data", "test")) == [mixed[3]]
    assert from_dataset(load_examples(tmp_path / "data")) == [*mixed[:3], *mixed[4:]]


def test_both_forms_are_the_same_data(data: Path, examples: list[Example]) -> None:
    assert from_dataset(load_examples(data)) == examples


def test_a_room_in_two_splits_is_refused(examples: list[Example]) -> None:
    with pytest.raises(ExampleError, match="room 0 is in the splits train and test"):
        to_dataset([examples[0], dataclasses.replace(examples[0], split="test")])


def test_a_faulty_answer_is_not_taught_and_the_old_data_stay(tmp_path: Path, examples: list[Example]) -> None:
    write_examples(tmp_path, examples[:2])
    faulty = dataclasses.replace(examples[2], answer='<think></think><answer>[{"new_object_id":"bed_1"}]</answer>')
    with pytest.raises(ExampleError, match="room 2: the answer to learn has a fault"):
        write_examples(tmp_path, [examples[0], faulty])
    assert list(read_examples(tmp_path)) == examples[:2]


def cut_images(row: dict[str, Any]) -> None:
    row["images"] = []


def end_with_user(row: dict[str, Any]) -> None:
    row["messages"].pop()


def lose_picture(row: dict[str, Any]) -> None:
    row["images"] = ["pictures/none.png"]


def lose_room(row: dict[str, Any]) -> None:
    del row["room"]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (cut_images, "fewer images"),
        (end_with_user, "the last message must be the assistant's"),
        (lose_picture, "none.png"),
        (lose_room, "has no 'room'"),
    ],
)
def test_a_bad_line_is_named(
    tmp_path: Path, examples: list[Example], spoil: Callable[[dict[str, Any]], None], reason: str
) -> None:
    write_examples(tmp_path, examples[:2])
    lines = (tmp_path / "examples.jsonl").read_text().splitlines()
    row = json.loads(lines[1])
    spoil(row)
    (tmp_path / "examples.jsonl").write_text(f"{lines[0]}\n{json.dumps(row)}\n")
    with pytest.raises(ExampleError, match=f"line 2: .*{reason}"):
        list(read_examples(tmp_path))


def test_a_folder_with_nothing_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ExampleError, match="metaspatial curate"):
        load_examples(tmp_path)
