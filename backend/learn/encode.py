# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""From messages to the numbers that Qwen2.5-VL reads, and which of them it should learn to say."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from PIL import Image

IGNORED = -100
"""The label of a token that nothing is learned from."""

Learned = Literal["last", "all", "text"]
"""What is learned to be said: the assistant's last message, all of its messages, or the whole text, the user's too."""


class TooLong(ValueError):
    """A dialogue of more tokens than allowed."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids, their labels (`IGNORED`, or the id itself where the assistant speaks), and pictures as pixels.

    `pixels` (patches, values of a patch) and `grids` (pictures, 3) are None where there is no picture.
    """

    ids: list[int]
    labels: list[int]
    pixels: torch.Tensor | None = None
    grids: torch.Tensor | None = None


class Encoder:
    """Encodes chat messages for a processor. Examples' texts are remembered, as they come again in each epoch."""

    def __init__(self, processor: Any, *, learned: Learned = "last", longest: int | None = None) -> None:
        self.processor = processor
        self.tokenizer = processor.tokenizer
        self.image_id = self.tokenizer.convert_tokens_to_ids("<|image_pad|>")
        self.learned: Learned = learned
        self.longest = longest
        self._merged = processor.image_processor.merge_size**2
        self._known: dict[str, tuple[list[int], list[int]]] = {}

    def encode(
        self, messages: Sequence[Mapping[str, Any]], pictures: Sequence[Any], *, answer: bool = False
    ) -> Encoded:
        """Messages in the form of chat templates, with their pictures (PIL, PNG, or a dataset's `{"bytes"}`).

        `answer`: the assistant is to speak next, instead of having spoken last. Raises `TooLong`.
        """
        ids, labels = self._text(messages, answer)
        pixels = grids = None
        counts: list[int] = []
        if pictures:
            seen = self.processor.image_processor([opened(p) for p in pictures], return_tensors="pt")
            pixels, grids = seen["pixel_values"], seen["image_grid_thw"]
            counts = [int(grid.prod()) // self._merged for grid in grids]
        ids, labels = self._make_room(ids, labels, counts)
        return self._bounded(Encoded(ids, labels, pixels, grids))

    def length(self, messages: Sequence[Mapping[str, Any]], pictures: Sequence[Any]) -> int:
        """How many tokens `encode` would give. Looks at the pictures' sizes only."""
        ids, _ = self._text(messages, False)
        count = len(ids) - len(pictures)
        for picture in pictures:
            width, height = opened(picture).size
            count += self.processor.image_processor.get_number_of_image_patches(height, width, {}) // self._merged
        return count

    def _text(self, messages: Sequence[Mapping[str, Any]], answer: bool) -> tuple[list[int], list[int]]:
        """Ids and labels, each picture one token still."""
        whole = self._written(messages, answer)
        if answer:
            ids = self.tokenizer(whole, add_special_tokens=False)["input_ids"]
            return ids, [IGNORED] * len(ids)
        if whole not in self._known:
            coded = self.tokenizer(whole, add_special_tokens=False, return_offsets_mapping=True)
            spans = self._spoken(messages, whole)
            labels = [
                id if id != self.image_id and any(low <= start < high for low, high in spans) else IGNORED
                for id, (start, _) in zip(coded["input_ids"], coded["offset_mapping"], strict=True)
            ]
            self._known[whole] = (coded["input_ids"], labels)
        return self._known[whole]

    def _spoken(self, messages: Sequence[Mapping[str, Any]], whole: str) -> list[tuple[int, int]]:
        """Where what is learned is in the text; of the assistant's messages, each with the token that ends it."""
        if self.learned == "text":
            return [(0, len(whole))]
        turns = [k for k, message in enumerate(messages) if message["role"] == "assistant"]
        end = self.tokenizer.eos_token
        spans = []
        for k in turns if self.learned == "all" else turns[-1:]:
            before, after = self._written(messages[:k], True), self._written(messages[: k + 1], False)
            if not (whole.startswith(after) and after.startswith(before)):
                raise ValueError("this model's chat template does not write a dialogue message by message")
            spans.append((len(before), after.rindex(end) + len(end)))
        return spans

    def _written(self, messages: Sequence[Mapping[str, Any]], answer: bool) -> str:
        return self.tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=answer)

    def _make_room(self, ids: list[int], labels: list[int], counts: Sequence[int]) -> tuple[list[int], list[int]]:
        """Repeat each picture's token as often as the picture has parts."""
        if ids.count(self.image_id) != len(counts):
            raise ValueError(f"the messages show {ids.count(self.image_id)} pictures, and {len(counts)} are there")
        left, wide_ids, wide_labels = iter(counts), [], []
        for id, label in zip(ids, labels, strict=True):
            times = next(left) if id == self.image_id else 1
            wide_ids += [id] * times
            wide_labels += [label] * times
        return wide_ids, wide_labels

    def _bounded(self, encoded: Encoded) -> Encoded:
        if self.longest is not None and len(encoded.ids) > self.longest:
            raise TooLong(
                f"a dialogue has {len(encoded.ids)} tokens, and {self.longest} are allowed; "
                "allow more (max_length), leave it out, or show smaller pictures"
            )
        return encoded


def batch(rows: Sequence[Encoded], pad_id: int, image_id: int, *, left: bool = False) -> dict[str, torch.Tensor]:
    """What the model's `forward` takes: rows filled up to the longest, on the left if they are to go on."""
    width = max(len(row.ids) for row in rows)

    def filled(values: Callable[[Encoded], list[int]], filler: int) -> torch.Tensor:
        lines = []
        for row in rows:
            gap = [filler] * (width - len(row.ids))
            lines.append(gap + values(row) if left else values(row) + gap)
        return torch.tensor(lines)

    ids = filled(lambda row: row.ids, pad_id)
    made = {
        "input_ids": ids,
        "attention_mask": filled(lambda row: [1] * len(row.ids), 0),
        "labels": filled(lambda row: row.labels, IGNORED),
        "mm_token_type_ids": (ids == image_id).int(),
    }
    shown = [row for row in rows if row.pixels is not None and row.grids is not None]
    if shown:
        made["pixel_values"] = torch.cat([row.pixels for row in shown if row.pixels is not None])
        made["image_grid_thw"] = torch.cat([row.grids for row in shown if row.grids is not None])
    return made


def opened(picture: Any) -> Image.Image:
    """A picture as PIL has it."""
    if isinstance(picture, Mapping):
        picture = picture["bytes"]
    return Image.open(io.BytesIO(picture)) if isinstance(picture, bytes) else picture
