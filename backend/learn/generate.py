# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""Has a model write answers side by side, each until it is closed, and each held to its form where it has one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from transformers import StoppingCriteria, StoppingCriteriaList

from ..curate.targets.form import Form
from ..serve.batches import Written
from .encode import Encoded, Encoder, batch
from .guide import Guide
from .positions import positions

THOUGHT, END = "</think>", "</answer>"
_TELL_EVERY = 8
"""Tokens between two tellings of a growing answer."""

_AT_ONCE = 2
"""Tokens of a row that are read at once, beside other rows: with more, most of a batch would be filling."""
_FEWER = 0.75
"""Once no more than this share of a batch's rows goes on, the others are left out of it."""

Choices = list[list[int]]
"""For each token of an answer those that it was chosen among; an empty list stands for all."""


def generate(
    model: Any, encoder: Encoder, rows: Sequence[Encoded], following: Rows, temperature: float, top_p: float = 1.0
) -> tuple[list[list[int]], list[Choices]]:
    """Have a model go on with rows side by side, each held to its form where it has one; temperature 0 draws nothing.

    Returns by row the tokens it wrote before it was over, and what each was chosen among.
    """
    tokenizer = encoder.tokenizer
    inputs = batch(rows, tokenizer.pad_token_id, encoder.image_id, left=True)
    inputs.pop("labels")
    inputs = {name: value.to(model.device) for name, value in inputs.items()}
    with torch.no_grad():  # not inference mode, whose tensors no later training could use
        if any(following.forms):
            return _held(model, encoder, inputs, following, temperature, top_p)
        start = following.start = inputs["input_ids"].shape[1]
        told = model.generate(
            **inputs,
            max_new_tokens=max(following.limits),
            do_sample=temperature > 0,
            temperature=temperature or None,
            top_p=top_p if temperature > 0 else None,
            top_k=0 if temperature > 0 else None,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            suppress_tokens=[encoder.image_id],
            stopping_criteria=StoppingCriteriaList([following]),
        )
    written = [ids[:count] for ids, count in zip(told[:, start:].tolist(), following.counts, strict=True)]
    return written, [[[] for _ in ids] for ids in written]


def _held(
    model: Any, encoder: Encoder, inputs: dict[str, Any], following: Rows, temperature: float, top_p: float
) -> tuple[list[list[int]], list[Choices]]:
    """As `generate`. What follows from a choice without another one is read at once, as one piece of text: a third of
    the steps, and the model reads it in the tokens that it has learned it in. Rows that are over are left out."""
    guide = Guide(encoder.tokenizer, sampled=temperature > 0)
    count = len(following.forms)
    written: list[list[int]] = [[] for _ in range(count)]
    choices: list[Choices] = [[] for _ in range(count)]
    unread: list[list[int]] = [[] for _ in range(count)]
    said = [""] * count
    mask = inputs["attention_mask"]
    seen = positions(model, inputs["input_ids"], mask, encoder.image_id, inputs.get("image_grid_thw"))
    places = (seen[:, :, -1].amax(0) + 1).tolist()
    rows = list(range(count))  # which row of the cache is whose
    out = model(**inputs, position_ids=seen, use_cache=True, logits_to_keep=1)
    while True:
        scores = out.logits[:, -1].float()
        scores[:, encoder.image_id] = -torch.inf
        for k, own in zip(rows, scores, strict=True):
            if following.over[k] or unread[k]:
                continue
            form = following.forms[k]
            allowed = guide.allowed(form, said[k], own) if form else []
            chosen = _drawn(own, allowed, temperature, top_p)
            said[k] += guide.texts[chosen]
            written[k].append(chosen)
            choices[k].append(allowed)
            forced, ids = guide.forced(form, said[k]) if form else ("", [])
            following.look(k, written[k], form.completed(said[k] + forced) if form else None)
            if not following.over[k]:
                unread[k] = [chosen, *ids]
                said[k] += "".join(guide.texts[id] for id in ids)
                written[k] += ids
                choices[k] += [[id] for id in ids]
        left = [place for place, k in enumerate(rows) if not following.over[k]]
        if not left:
            return written, choices
        if len(left) <= _FEWER * len(rows):
            kept = torch.tensor(left, device=mask.device)
            out.past_key_values.batch_select_indices(kept)
            mask, rows = mask[kept], [rows[place] for place in left]
        most = _AT_ONCE if len(left) > 1 else max(map(len, unread))
        chunks = [[] if following.over[k] else unread[k][:most] for k in rows]
        width = max(map(len, chunks))
        gaps = [width - len(chunk) for chunk in chunks]
        ids = [[encoder.tokenizer.pad_token_id] * gap + chunk for gap, chunk in zip(gaps, chunks, strict=True)]
        steps = [
            [places[k]] * gap + [places[k] + i for i in range(width - gap)] for gap, k in zip(gaps, rows, strict=True)
        ]
        for k, chunk in zip(rows, chunks, strict=True):
            unread[k] = unread[k][len(chunk) :]
            places[k] += len(chunk)
        there = torch.tensor([[0] * gap + [1] * (width - gap) for gap in gaps], device=mask.device, dtype=mask.dtype)
        mask = torch.cat([mask, there], 1)
        out = model(
            input_ids=torch.tensor(ids, device=mask.device),
            attention_mask=mask,
            position_ids=torch.tensor(steps, device=mask.device)[None].expand(3, -1, -1),
            past_key_values=out.past_key_values,
            use_cache=True,
            logits_to_keep=1,
        )


def _drawn(scores: Any, allowed: Sequence[int], temperature: float, top_p: float) -> int:
    """One of the allowed tokens, of all where none is named; at temperature 0 the likeliest."""
    if temperature <= 0:
        return allowed[0] if allowed else int(scores.argmax())
    logits = scores[list(allowed)] if allowed else scores
    shares, order = (logits / temperature).softmax(-1).sort(descending=True)
    shares = shares * (shares.cumsum(-1) - shares < top_p)  # the fewest that have `top_p` together
    place = int(order[torch.multinomial(shares, 1)])
    return allowed[place] if allowed else place


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
        self._told = [0] * len(limits)

    def __call__(self, input_ids: Any, scores: Any, **more: Any) -> Any:
        for k, ids in enumerate(input_ids[:, self.start :].tolist()):
            if not self.over[k]:
                self.look(k, ids)
        return torch.tensor(self.over, device=input_ids.device)

    def look(self, k: int, ids: Sequence[int], whole: str | None = None) -> None:
        """Row `k` has written these tokens, which come to this whole answer, if that is known."""
        self.counts[k] = len(ids)
        tail = self.tokenizer.decode(ids[-len(END) :])  # a token is at least a character
        complete = END in tail or ids[-1] == self.tokenizer.eos_token_id or whole is not None
        self.over[k] = complete or len(ids) >= self.limits[k] or self.gone(k)
        if self.over[k]:
            text = whole or _up_to_end(self._text(ids))
            self.on_written(k, Written(text, complete, self.lengths[k], len(ids)))
        elif len(ids) >= self._told[k] + _TELL_EVERY:
            self._told[k] = len(ids)
            self.on_text(k, self._text(ids))

    def _text(self, ids: Sequence[int]) -> str:
        return self.tokenizer.decode(ids, skip_special_tokens=True)


def _up_to_end(text: str) -> str:
    head, end, _ = text.partition(END)
    return head + end
