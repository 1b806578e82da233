# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""Holds a small model to the form of lessons while it writes: of its likeliest tokens, those that can still lead there.

The choice among them stays the model's. A model that is held answers for every piece once, its sums come out right, and
its answer says what it has thought; which piece stands where, it has to know itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import LogitsProcessor

from ..curate.targets.form import Form

ENTRY = "answers_held_to_form"
"""The entry of a model's config.json that says that it wants to be held."""
_LOOKED_AT = 64
"""Likeliest tokens that are looked at first; among all others, only if none of these will do."""
_UNLIKELY = 9.0
"""A token less likely than the likeliest by a factor e to this is not drawn: one in 8,000 is not worth looking at."""


class Guide(LogitsProcessor):
    """For a batch whose answers begin behind `start` tokens: a form for each row, None for one that is free.

    `over` says, and is kept up to date by who gave it, which rows are not written any more. `choices` are, by row, the
    tokens that each of its tokens has been chosen among; none where it is free.
    """

    def __init__(
        self, tokenizer: Any, start: int, forms: Sequence[Form | None], over: Sequence[bool], *, sampled: bool
    ) -> None:
        self.forms, self.start, self.over = list(forms), start, over
        self.choices: list[list[list[int]]] = [[] for _ in forms]
        self.sampled = sampled
        self._texts = _texts(tokenizer)
        self._said = ["" for _ in forms]
        self._read = 0

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        written = input_ids[:, self.start + self._read :].tolist()
        for k, row in enumerate(written):
            self._said[k] += "".join(self._texts[id] for id in row)
        self._read += len(written[0]) if written else 0
        out = scores.clone()
        for k, form in enumerate(self.forms):
            if self.over[k]:
                continue
            allowed = self._allowed(form, self._said[k], scores[k]) if form else []
            self.choices[k].append(allowed)
            if allowed:
                out[k] = -torch.inf
                out[k, allowed] = scores[k, allowed]
        return out

    def _allowed(self, form: Form, said: str, scores: Any) -> list[int]:
        """Of the likeliest tokens those that may come next; for greedy writing, the first one is enough."""
        found = self._fitting(form, said, torch.topk(scores, min(_LOOKED_AT, scores.shape[0])))
        return found or self._fitting(form, said, torch.sort(scores, descending=True))

    def _fitting(self, form: Form, said: str, ordered: Any) -> list[int]:
        found: list[int] = []
        letters, least = form.letters(said), -torch.inf
        for id, score in zip(ordered.indices.tolist(), ordered.values.tolist(), strict=True):
            text = self._texts[id] if id < len(self._texts) else ""
            if not text or (letters and text[0] not in letters):
                continue
            if score < least:
                break
            if (letters and len(text) == 1) or form.begins(said + text):
                found.append(id)
                if not self.sampled:
                    break
                least = max(least, score - _UNLIKELY)
        return found


def _texts(tokenizer: Any) -> list[str]:
    """What each token adds to a text; "" for special ones."""
    special = set(tokenizer.all_special_ids)
    return ["" if id in special else tokenizer.decode([id]) for id in range(len(tokenizer))]
