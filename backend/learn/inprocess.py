# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""A model in this process as a policy: for evaluation and training, with no server between."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors import SafetensorError
from transformers import AutoModelForImageTextToText

from ..curate.targets.form import form_of
from ..dialogue import Dialogue
from ..policies.policy import Cancelled, PolicyError
from ..serve.batches import Ask, Unreadable, Written
from .encode import Encoded, Encoder, opened
from .examples import chat_messages
from .generate import Rows, generate
from .guide import ENTRY
from .processor import load_processor

_MOST_PIXELS = 5000**2


@dataclass(frozen=True, slots=True)
class Sampling:
    """How an answer is drawn. Temperature 0 takes the likeliest token each time."""

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    max_tokens: int = 2048


class InProcessPolicy:
    """Answers with a Qwen2.5-VL model that it holds in memory, several dialogues at once if asked to.

    `held`: whether its answers are held to their form (`guide`); None does as the model's folder says.
    """

    def __init__(
        self,
        model: Any,
        processor: Any,
        sampling: Sampling | None = None,
        *,
        held: bool | None = None,
        name: str = "model",
    ) -> None:
        self.model = model
        self.encoder = Encoder(processor)
        self.sampling = sampling or Sampling()
        self.held = bool(getattr(model.config, ENTRY, False)) if held is None else held
        self.name = name

    @classmethod
    def load(
        cls,
        path: str | Path,
        sampling: Sampling | None = None,
        *,
        device: str | None = None,
        held: bool | None = None,
    ) -> InProcessPolicy:
        """The model of a folder or a hub id. Raises `PolicyError` for what can't be loaded."""
        if not Path(path).is_dir() and not re.fullmatch(r"[\w.-]+/[\w.-]+", str(path)):
            raise PolicyError(f"the model {path} can't be loaded: there is no such folder")
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        # many processors only emulate bfloat16
        dtype = torch.bfloat16 if device.startswith("cuda") else torch.float32
        try:
            processor = load_processor(path)
            model = AutoModelForImageTextToText.from_pretrained(path, dtype=dtype).to(device).eval()
        except (OSError, ValueError, ImportError, KeyError, RuntimeError, SafetensorError) as error:
            said = str(error).strip().splitlines() or [type(error).__name__]
            raise PolicyError(f"the model {path} can't be loaded: {said[0]}") from error
        return cls(model, processor, sampling, held=held, name=f"model:{path}")

    def answer(
        self,
        dialogue: Dialogue,
        *,
        cancelled: Callable[[], bool] = lambda: False,
        on_text: Callable[[str], None] = lambda text: None,
    ) -> str:
        return self.answer_many([dialogue], cancelled=cancelled, on_text=on_text)[0]

    def answer_many(
        self,
        dialogues: Sequence[Dialogue],
        *,
        sampling: Sampling | None = None,
        cancelled: Callable[[], bool] = lambda: False,
        on_text: Callable[[str], None] = lambda text: None,
    ) -> list[str]:
        """An answer to each dialogue, written side by side. `on_text` is told the first one's text as it grows.

        Raises `PolicyError` for a dialogue that is longer than the model reads, and `Cancelled`.
        """
        if not dialogues:
            return []
        how = sampling or self.sampling
        found: dict[int, str] = {}

        def stop(k: int) -> bool:
            if cancelled():
                raise Cancelled
            return False

        try:
            prepared = [self.prepare(_ask(one, how)) for one in dialogues]
        except Unreadable as error:
            raise PolicyError(str(error)) from error
        self.write(
            prepared,
            gone=stop,
            on_text=lambda k, text: on_text(text) if k == 0 else None,
            on_written=lambda k, written: found.update({k: written.text}),
        )
        return [found[k] for k in range(len(dialogues))]

    def prepare(self, ask: Ask) -> Prepared:
        """An ask as tokens and pixels. Raises `Unreadable` for what is no picture or longer than the model reads."""
        pictures = [_unpacked(picture) for picture in ask.pictures]
        try:
            row = self.encoder.encode(ask.messages, pictures, answer=True)
        except ValueError as error:
            raise Unreadable(f"the dialogue can't be read: {error}") from error
        if len(row.ids) >= self._reads:
            raise Unreadable(
                f"the dialogue is too long: it has {len(row.ids)} tokens, and this model reads {self._reads}; "
                "arrange fewer pieces"
            )
        return Prepared(ask, row)

    def write(
        self,
        prepared: Sequence[Prepared],
        *,
        gone: Callable[[int], bool],
        on_text: Callable[[int, str], None],
        on_written: Callable[[int, Written], None],
    ) -> None:
        """Write the answers to asks of one manner side by side; see `serve.batches.Writer`."""
        temperature, top_p, seed = prepared[0].ask.manner
        limits = [min(one.ask.max_tokens, self._reads - len(one.row.ids)) for one in prepared]
        forms = [form_of(one.ask.messages) if self.held else None for one in prepared]
        lengths = [len(one.row.ids) for one in prepared]
        rows = Rows(self.encoder.tokenizer, limits, lengths, forms, gone, on_text, on_written)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            generate(self.model, self.encoder, [one.row for one in prepared], rows, temperature, top_p)

    @property
    def _reads(self) -> int:
        """Tokens that the model reads, its answer's included."""
        return self.model.config.get_text_config().max_position_embeddings


@dataclass(frozen=True, slots=True)
class Prepared:
    """An ask, and what the model gets of it."""

    ask: Ask
    row: Encoded


def _ask(dialogue: Dialogue, how: Sampling) -> Ask:
    pictures = [picture for message in dialogue.messages for picture in message.pictures]
    return Ask(chat_messages(dialogue.messages), pictures, how.max_tokens, how.temperature, how.top_p, how.seed)


def _unpacked(file: bytes) -> Image.Image:
    """A picture's pixels. Raises `Unreadable`, also for one so large that unpacking it would be an attack."""
    try:
        picture = opened(file)
        if picture.width * picture.height > _MOST_PIXELS:
            raise Unreadable(f"a picture of {picture.width} × {picture.height} pixels is too large")
        picture.load()
    except Unreadable:
        raise
    except Exception as error:  # what broken files make PIL raise is no closed list
        raise Unreadable(f"a picture can't be read: {error}") from error
    return picture
