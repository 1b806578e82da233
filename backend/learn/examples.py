# SPDX-License-Identifier: GPL-3.0-or-later
"""What a model learns from: a dialogue of the product and the answer that it should have been given.

Kept as plain files, so that people and other programs can read and write them: an `examples.jsonl` with one JSON
object a line, and the pictures beside it as PNG. `dataset.py` has the same as a Hugging Face dataset.

A line: `messages` in the form of chat templates (`{"role", "content": [{"type": "image"}, {"type": "text", "text"}]}`,
the assistant's answer last), `images` (paths, in the order of the messages' images), `scene` and `layout` (documents),
`room` (examples of one room belong into one split) and `split`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..dialogue import Dialogue, Message, parse_answer
from ..scene import Layout, Scene, SceneError, layout_to_json, scene_from_json, scene_to_json

FILE = "examples.jsonl"
PICTURES = "pictures"
SPLITS = ("train", "validation", "test")
ROLES = ("system", "user", "assistant")
_PNG = b"\x89PNG\r\n\x1a\n"


class ExampleError(ValueError):
    """An example that can't be learned from; the message says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Example:
    """A dialogue that ends with the user's message, and the assistant's answer to it.

    `room` is the key by which examples are split: all examples of one room are in one of `SPLITS`.
    """

    dialogue: Dialogue
    answer: str
    room: str
    split: str = "train"

    @property
    def scene(self) -> Scene:
        return self.dialogue.scene

    @property
    def layout(self) -> Layout:
        """What the answer means."""
        return parse_answer(self.scene, self.answer).layout

    @property
    def messages(self) -> tuple[Message, ...]:
        """The dialogue's messages, and the answer as the last one."""
        return (*self.dialogue.messages, Message("assistant", self.answer))


def check(example: Example) -> None:
    """Raise `ExampleError` for what must not be taught: an answer with faults, messages out of turn, no PNG."""
    roles = [message.role for message in example.messages]
    turns = roles[1:] if roles[0] == "system" else roles
    if turns != [("user", "assistant")[k % 2] for k in range(len(turns))]:
        raise ExampleError(f"room {example.room}: the roles are {roles}; user and assistant must take turns")
    if any(not picture.startswith(_PNG) for message in example.messages for picture in message.pictures):
        raise ExampleError(f"room {example.room}: a picture is no PNG file; save pictures as PNG")
    if example.split not in SPLITS:
        raise ExampleError(f"room {example.room}: the split is {example.split!r}; use one of {', '.join(SPLITS)}")
    answer = parse_answer(example.scene, example.answer)
    if answer.faults:
        raise ExampleError(f"room {example.room}: the answer to learn has a fault: {answer.faults[0].message}")


def write_examples(folder: str | Path, examples: Iterable[Example]) -> int:
    """Write `examples` into a folder, each checked; how many. An interrupted write leaves the folder as it was.

    Pictures are named after their contents, so that equal ones are there once.
    """
    folder = Path(folder)
    (folder / PICTURES).mkdir(parents=True, exist_ok=True)
    growing, written = folder / f".{FILE}", 0
    with growing.open("w", encoding="utf-8") as file:
        for example in examples:
            check(example)
            names = [_keep(folder, picture) for message in example.messages for picture in message.pictures]
            file.write(json.dumps(to_row(example, names), ensure_ascii=False, separators=(",", ":")) + "\n")
            written += 1
    growing.replace(folder / FILE)
    return written


def read_examples(folder: str | Path) -> Iterator[Example]:
    """The examples of a folder, each checked. Raises `ExampleError` naming the line that can't be used."""
    folder = Path(folder)
    file = folder / FILE
    try:
        lines = file.open(encoding="utf-8")
    except OSError as error:
        raise ExampleError(f"{file}: can't be read: {error.strerror or error}") from error
    with lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                yield from_row(row, [(folder / name).read_bytes() for name in row["images"]])
            except (ExampleError, SceneError, KeyError, TypeError, ValueError) as error:
                reason = f"has no {error}" if isinstance(error, KeyError) else str(error)
                raise ExampleError(f"{file}, line {number}: {reason}") from error
            except OSError as error:
                raise ExampleError(f"{file}, line {number}: {error.filename}: {error.strerror}") from error


def picture_name(picture: bytes) -> str:
    """The path of a picture in a folder, by its contents."""
    return f"{PICTURES}/{hashlib.sha256(picture).hexdigest()[:24]}.png"


def to_row(example: Example, images: Sequence[Any]) -> dict[str, Any]:
    """An example as plain values, with `images` standing for its pictures."""
    return {
        "messages": chat_messages(example.messages),
        "images": list(images),
        "scene": scene_to_json(example.scene),
        "layout": layout_to_json(example.layout),
        "room": example.room,
        "split": example.split,
    }


def from_row(row: Mapping[str, Any], pictures: Sequence[bytes]) -> Example:
    """The example of plain values and its pictures, checked. Raises `ExampleError` or `SceneError`."""
    left, messages = list(pictures), []
    for message in row["messages"]:
        if message["role"] not in ROLES:
            raise ExampleError(f"the role {message['role']!r} is none of {', '.join(ROLES)}")
        parts = message["content"]
        count = sum(part["type"] == "image" for part in parts)
        if count > len(left):
            raise ExampleError("there are fewer images than the messages speak of")
        shown, left = tuple(left[:count]), left[count:]
        messages.append(Message(message["role"], "".join(part.get("text") or "" for part in parts), shown))
    if left:
        raise ExampleError("there are more images than the messages speak of")
    if not messages or messages[-1].role != "assistant":
        raise ExampleError("the last message must be the assistant's answer")
    dialogue = Dialogue(scene_from_json(row["scene"]), tuple(messages[:-1]))
    example = Example(dialogue, messages[-1].text, row["room"], row["split"])
    check(example)
    return example


def chat_messages(messages: Iterable[Message]) -> list[dict[str, Any]]:
    """Messages as chat templates want them: pictures as placeholders before the text."""
    return [
        {
            "role": message.role,
            "content": [*({"type": "image"} for _ in message.pictures), {"type": "text", "text": message.text}],
        }
        for message in messages
    ]


def _keep(folder: Path, picture: bytes) -> str:
    name = picture_name(picture)
    if not (folder / name).exists():
        (folder / name).write_bytes(picture)
    return name
