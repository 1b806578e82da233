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
from transformers import AutoModelForImageTextToText, StoppingCriteria, StoppingCriteriaList

from ..dialogue import Dialogue
from ..policies.policy import Cancelled, PolicyError
from .encode import Encoder, batch
from .examples import chat_messages
from .processor import load_processor

END = "</answer>"


@dataclass(frozen=True, slots=True)
class Sampling:
    """How an answer is drawn. Temperature 0 takes the likeliest token each time."""

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    max_tokens: int = 2048


class InProcessPolicy:
    """Answers with a Qwen2.5-VL model that it holds in memory, several dialogues at once if asked to."""

    def __init__(self, model: Any, processor: Any, sampling: Sampling | None = None, *, name: str = "model") -> None:
        self.model = model
        self.encoder = Encoder(processor)
        self.sampling = sampling or Sampling()
        self.name = name

    @classmethod
    def load(cls, path: str | Path, sampling: Sampling | None = None, *, device: str | None = None) -> InProcessPolicy:
        """The model of a folder or a hub id. Raises `PolicyError` for what can't be loaded."""
        if not Path(path).is_dir() and not re.fullmatch(r"[\w.-]+/[\w.-]+", str(path)):
            raise PolicyError(f"the model {path} can't be loaded: there is no such folder")
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        # many processors only emulate bfloat16
        dtype = torch.bfloat16 if device.startswith("cuda") else torch.float32
        try:
            processor = load_processor(path)
            model = AutoModelForImageTextToText.from_pretrained(path, dtype=dtype).to(device).eval()
        except (OSError, ValueError, ImportError, KeyError) as error:
            said = str(error).strip().splitlines() or [type(error).__name__]
            raise PolicyError(f"the model {path} can't be loaded: {said[0]}") from error
        return cls(model, processor, sampling, name=f"model:{path}")

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
        tokenizer = self.encoder.tokenizer
        rows = [
            self.encoder.encode(chat_messages(one.messages), [p for m in one.messages for p in m.pictures], answer=True)
            for one in dialogues
        ]
        inputs = batch(rows, tokenizer.pad_token_id, self.encoder.image_id, left=True)
        inputs.pop("labels")
        start = inputs["input_ids"].shape[1]
        most = self.model.config.get_text_config().max_position_embeddings
        if start >= most:
            raise PolicyError(f"the dialogue has {start} tokens, and this model reads {most}; arrange fewer pieces")
        end = _End(tokenizer, start, cancelled, on_text)
        with torch.random.fork_rng(devices=[]), torch.inference_mode():
            torch.manual_seed(how.seed)
            written = self.model.generate(
                **{name: value.to(self.model.device) for name, value in inputs.items()},
                max_new_tokens=min(how.max_tokens, most - start),
                do_sample=how.temperature > 0,
                temperature=how.temperature or None,
                top_p=how.top_p if how.temperature > 0 else None,
                top_k=0 if how.temperature > 0 else None,
                pad_token_id=tokenizer.pad_token_id,
                eos_token_id=tokenizer.eos_token_id,
                suppress_tokens=[self.encoder.image_id],
                stopping_criteria=StoppingCriteriaList([end]),
            )
        texts = tokenizer.batch_decode(written[:, start:], skip_special_tokens=True)
        return [_up_to_end(text) for text in texts]


class _End(StoppingCriteria):
    """A row is done once its answer is closed."""

    def __init__(
        self, tokenizer: Any, start: int, cancelled: Callable[[], bool], on_text: Callable[[str], None]
    ) -> None:
        self.tokenizer, self.start, self.cancelled, self.on_text = tokenizer, start, cancelled, on_text

    def __call__(self, input_ids: Any, scores: Any, **more: Any) -> Any:
        if self.cancelled():
            raise Cancelled
        written = input_ids[:, self.start :]
        if written.shape[1] % 16 == 0:
            self.on_text(self.tokenizer.decode(written[0], skip_special_tokens=True))
        tails = self.tokenizer.batch_decode(written[:, -len(END) :])  # a token is at least a character
        return torch.tensor([END in tail for tail in tails], device=input_ids.device)


def _up_to_end(text: str) -> str:
    head, end, _ = text.partition(END)
    return head + end
