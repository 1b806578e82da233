# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""Rooms to learn from, and models small enough to train while one waits."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from metaspatial.backend.curate.rooms import CuratedRoom, write_rooms
from metaspatial.backend.dialogue import Answer, format_answer, open_dialogue
from metaspatial.backend.learn.examples import Example, write_examples
from metaspatial.backend.learn.small_model import Size, build
from metaspatial.backend.learn.tokenizer import train_tokenizer
from metaspatial.backend.scene import Furniture, Layout, Opening, Pose, Relation, Room, Scene
from metaspatial.tests.backend.learn.trainers import East
from PIL import Image
from transformers import PreTrainedTokenizerFast

MINI = Size(2, 128, 256, 2, 1, 1, 32, 64, 56)
"""Half a million parameters, and pictures of four tokens."""


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def picture(shade: int, pixels: int = 56) -> bytes:
    """A PNG of a plain colour with a dark square that is elsewhere for each shade."""
    image = Image.new("RGB", (pixels, pixels), (shade % 256, 255 - shade % 256, 128))
    corner = shade % 4 * pixels // 4
    image.paste((20, 20, 20), (corner, corner, corner + pixels // 4, corner + pixels // 4))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def example(k: int, split: str = "train") -> Example:
    """A bedroom of its own for each number, with a layout to learn."""
    length, width = 3.2 + 0.15 * (k % 11), 2.8 + 0.1 * (k % 7)
    room = Room(
        floor=((0.0, 0.0), (length, 0.0), (length, width), (0.0, width)),
        height=2.5,
        openings=(Opening("door_1", "door", 0, 0.2 + 0.05 * (k % 5), 0.8, 2.0),),
    )
    bed = Furniture("bed_1", "bed", (1.4 + 0.05 * (k % 4), 2.0, 0.5))
    pieces = (bed, Furniture("nightstand_1", "nightstand", (0.4, 0.35, 0.5)))
    scene = Scene(room, pieces, (Relation("nightstand_1", "near", "bed_1"),), "A quiet room.", f"bedroom_{k}")
    x = length - bed.size[0] / 2
    poses = {
        "bed_1": Pose(x, width - bed.size[1] / 2, 0.25, 0.0),
        "nightstand_1": Pose(x - bed.size[0] / 2 - 0.2, width - 0.18, 0.25, 0.0),
    }
    answer = format_answer(Layout(poses), f"bed_1 east: {length:.2f}.")
    return Example(open_dialogue(scene, picture(37 * k)), answer, f"room {k}", split)


@pytest.fixture(scope="session")
def examples() -> list[Example]:
    return [example(k) for k in range(8)]


@pytest.fixture(scope="session")
def tokenizer(examples: list[Example]) -> PreTrainedTokenizerFast:
    texts = [message.text for one in (*examples, *map(example, range(8, 60))) for message in one.messages]
    return train_tokenizer(texts, vocabulary=900)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory, tokenizer: PreTrainedTokenizerFast) -> Path:
    folder = tmp_path_factory.mktemp("models") / "mini"
    build(folder, tokenizer, MINI)
    return folder


@pytest.fixture(scope="session")
def held_model(tmp_path_factory: pytest.TempPathFactory, tokenizer: PreTrainedTokenizerFast) -> Path:
    """A model that has learned nothing, and is held to the form of answers."""
    folder = tmp_path_factory.mktemp("models") / "held"
    build(folder, tokenizer, MINI, held=True)
    return folder


@pytest.fixture(scope="session")
def mini() -> Size:
    return MINI


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory, examples: list[Example]) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_examples(folder, [*examples, example(100, "validation")])
    return folder


@pytest.fixture(scope="session")
def rooms(tmp_path_factory: pytest.TempPathFactory, examples: list[Example]) -> Path:
    folder = tmp_path_factory.mktemp("rooms")
    made = [CuratedRoom(one.room, one.scene, one.room, "train", "test") for one in examples[:4]]
    held_out = [CuratedRoom(one.room, one.scene, one.room, "validation", "test") for one in examples[4:6]]
    write_rooms(folder, [*made, *held_out])
    return folder


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bed goes as far east as its answer has digits: a model that knows nothing gets different scores already."""

    def read(scene: Scene, text: str) -> Answer:
        share = sum(char.isdigit() for char in text) / max(1, len(text))
        return Answer(Layout({"bed_1": Pose(5 * share, 1.0, 0.25)}))

    monkeypatch.setattr("metaspatial.backend.refine.parse_answer", read)
    monkeypatch.setattr("metaspatial.backend.learn.grpo.Scorer", lambda engine: East())
