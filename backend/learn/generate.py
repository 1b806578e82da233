# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""Has a model write answers side by side, each until it is closed, and each held to its form where it has one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from transformers import LogitsProcessorList, StoppingCriteria, StoppingCriteriaList

from ..curate.targets.form import Form
from ..serve.batches import Written
from .encode import Encoded, Encoder, batch
from .guide import Guide

THOUGHT, END = "</think>", "</answer>"
_TELL_EVERY = 8
"""Tokens between two tellings of a growing answer."""


def generate(
    model: Any, encoder: Encoder, rows: Sequence[Encoded], following: Rows, temperature: float, top_p: float = 1.0
) -> tuple[list[list[int]], list[list[list[int]]]]:
    """Have a model go on with rows side by side, each held to its form where it has one.

    Returns by row the tokens it wrote before it was over, and those that each was chosen among (`Guide.choices`).
    """
    tokenizer = encoder.tokenizer
    inputs = batch(rows, tokenizer.pad_token_id, encoder.image_id, left=True)
    inputs.pop("labels")
    start = following.start = inputs["input_ids"].shape[1]
    guide = Guide(tokenizer, start, following.forms, following.over, sampled=temperature > 0)
    with torch.no_grad():  # not inference mode, whose tensors no later training could use
        told = model.generate(
            **{name: value.to(model.device) for name, value in inputs.items()},
            max_new_tokens=max(following.limits),
            do_sample=temperature > 0,
            temperature=temperature or None,
            top_p=top_p if temperature > 0 else None,
            top_k=0 if temperature > 0 else None,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            suppress_tokens=[encoder.image_id],
            logits_processor=LogitsProcessorList([guide] if any(following.forms) else []),
            stopping_criteria=StoppingCriteriaList([following]),
        )
    written = told[:, start:].tolist()
    return [ids[:count] for ids, count in zip(written, following.counts, strict=True)], guide.choices


class Rows(StoppingCriteria):
    """Follows the rows of a batch. A row is over once its answer is closed, its tokens are used up, or nobody listens;
    and one that is held to a form, once its thought has come to all that the answer will say.

    `limits` are the most tokens each row may write, `lengths` those of its dialogue, `counts` those that it has
    written. `start`: where in a batch its answers begin.
    """

    def __init__(
        self,
        tokenizer: Any,
        limits: Sequence[int],
        lengths: Sequence[int],
        forms: Sequence[Form | None],
        gone: Callable[[int], bool],
        on_text: Callable[[int, str], None],
        on_written: Callable[[int, Written], None],
    ) -> None:
        self.tokenizer, self.limits, self.lengths, self.forms = tokenizer, limits, lengths, forms
        self.gone, self.on_text, self.on_written = gone, on_text, on_written
        self.over = [False] * len(limits)
        self.counts = [0] * len(limits)
        self.start = 0

    def __call__(self, input_ids: Any, scores: Any, **more: Any) -> Any:
        written = input_ids[:, self.start :]
        count = written.shape[1]
        tails = self.tokenizer.batch_decode(written[:, -len(END) :])  # a token is at least a character
        last = written[:, -1].tolist()
        for k, tail in enumerate(tails):
            if self.over[k]:
                continue
            self.counts[k] = count
            form, whole = self.forms[k], None
            if form is not None and THOUGHT in tail:
                whole = form.completed(self._text(written[k]))
            complete = END in tail or last[k] == self.tokenizer.eos_token_id or whole is not None
            self.over[k] = complete or count >= self.limits[k] or self.gone(k)
            if self.over[k]:
                text = whole or _up_to_end(self._text(written[k]))
                self.on_written(k, Written(text, complete, self.lengths[k], count))
            elif count % _TELL_EVERY == 0:
                self.on_text(k, self._text(written[k]))
        return torch.tensor(self.over, device=input_ids.device)

    def _text(self, ids: Any) -> str:
        return self.tokenizer.decode(ids, skip_special_tokens=True)


def _up_to_end(text: str) -> str:
    head, end, _ = text.partition(END)
    return head + end
