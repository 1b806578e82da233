# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""Holds a small model to the form of lessons while it writes: of its likeliest tokens, those that can still lead there.

The choice among them stays the model's. A model that is held answers for every piece once, its sums come out right, and
its answer says what it has thought; which piece stands where, it has to know itself.
"""

from __future__ import annotations

import bisect
import functools
from collections.abc import Sequence
from typing import Any

import torch

from ..curate.targets.form import Form

ENTRY = "answers_held_to_form"
"""The entry of a model's config.json that says that it wants to be held."""
_LOOKED_AT = 64
"""Likeliest tokens that are looked at first; among all others, only if none of these will do."""
_LETTERS = "a0 ,"
"""Letters of all kinds."""
_UNLIKELY = 9.0
"""A token less likely than the likeliest by a factor e to this is not drawn: one in 8,000 is not worth looking at."""


class Guide:
    """Knows a tokenizer's tokens as text. `sampled`: tokens are drawn, so it takes all that will do, not just one."""

    def __init__(self, tokenizer: Any, *, sampled: bool) -> None:
        self.tokenizer, self.sampled = tokenizer, sampled
        self.texts = _texts(tokenizer)

    def allowed(self, form: Form, said: str, scores: Any) -> list[int]:
        """Which tokens may follow `said`, the likeliest first; for greedy writing, that one is enough.

        `scores`: (vocabulary,). Empty where nothing can follow.
        """
        found = self._fitting(form, said, torch.topk(scores, min(_LOOKED_AT, scores.shape[0])))
        return found or self._fitting(form, said, torch.sort(scores, descending=True))

    def forced(self, form: Form, said: str) -> tuple[str, list[int]]:
        """What must follow `said`, and the tokens of it that the model would have, whatever follows that.

        A token may reach over the next choice ("x " can be the beginning of "x mid "), so each way on is looked at as
        far as it goes without another choice. No tokens where the model would have one that begins in `said` already.
        """
        more = form.forced(said)
        if not more:
            return more, []
        line = said[said.rfind("\n") + 1 :]
        letters = {way[0] for way in form.ways(said + more)}
        goes_on = [letter + form.forced(said + more + letter) for letter in sorted(letters)] or list(_LETTERS)
        ways = self.tokenizer([f"{line}{more}{on}" for on in goes_on], add_special_tokens=False,
                              return_offsets_mapping=True)  # fmt: skip
        found = [
            [(id, start, end) for id, (start, end) in zip(ids, offsets, strict=True) if end > len(line)]
            for ids, offsets in zip(ways["input_ids"], ways["offset_mapping"], strict=True)
        ]
        common: list[int] = []
        for each in zip(*found, strict=False):
            id, start, end = each[0]
            begins = start == len(line) if not common else True
            if len(set(each)) > 1 or not begins or end > len(line) + len(more):
                break
            common.append(id)
        return more, common if letters else common[:-1]  # of the unknown, letters alone were looked at

    def _fitting(self, form: Form, said: str, ordered: Any) -> list[int]:
        found: list[int] = []
        ways, least = sorted(form.ways(said)), -torch.inf
        for id, score in zip(ordered.indices.tolist(), ordered.values.tolist(), strict=True):
            text = self.texts[id] if id < len(self.texts) else ""
            if not text:
                continue
            if score < least:
                break
            if _may_lead(text, ways) and (_leads(text, ways) or form.begins(said + text)):
                found.append(id)
                if not self.sampled:
                    break
                least = max(least, score - _UNLIKELY)
        return found


def _leads(text: str, ways: Sequence[str]) -> bool:
    """Whether a text is the beginning of one of these, which are sorted."""
    at = bisect.bisect_left(ways, text)
    return at < len(ways) and ways[at].startswith(text)


def _may_lead(text: str, ways: Sequence[str]) -> bool:
    """Whether a text is the beginning of one of these, or one of these its beginning; where there are none, it may."""
    at = bisect.bisect_right(ways, text)
    return not ways or _leads(text, ways) or (at > 0 and text.startswith(ways[at - 1]))


@functools.lru_cache(maxsize=4)
def _texts(tokenizer: Any) -> list[str]:
    """What each token adds to a text; "" for special ones."""
    special = set(tokenizer.all_special_ids)
    return ["" if id in special else tokenizer.decode([id]) for id in range(len(tokenizer))]
