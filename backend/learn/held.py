# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""Trajectories of a model that is held to a form: how it writes them, and how likely it was to.

A held model chooses among the tokens that its form leaves it, so that is what its probabilities are of: the others'
logits count as minus infinity, in writing and in the loss alike, which gives the gradient of the policy that acts
(Huang and Ontañón 2020, arXiv:2006.14171, section 4). Where nothing else was left, nothing was chosen or is learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from ..curate.targets.form import form_of
from ..serve import batches
from .encode import Encoded, Encoder
from .generate import Rows, generate
from .rollout import Context, Episode, Written


def write_held(
    model: Any, encoder: Encoder, contexts: Sequence[Context], *, temperature: float, most: int
) -> list[Written]:
    """The next answers, of at most `most` tokens each; temperature 0 takes the likeliest token each time."""
    rows = [
        Encoded(
            one.ids, one.ids, torch.cat(one.pixels) if one.pixels else None, torch.cat(one.grids) if one.grids else None
        )
        for one in contexts
    ]
    found: dict[int, batches.Written] = {}
    following = Rows(
        encoder.tokenizer,
        [most] * len(rows),
        [len(row.ids) for row in rows],
        [form_of(one.messages) for one in contexts],
        gone=lambda k: False,
        on_text=lambda k, text: None,
        on_written=lambda k, written: found.update({k: written}),
    )
    written, choices = generate(model, encoder, rows, following, temperature)
    said = [encoder.tokenizer.decode(ids, skip_special_tokens=True) for ids in written]
    return [
        Written(ids, choices=among, rest=found[k].text[len(said[k]) :])
        for k, (ids, among) in enumerate(zip(written, choices, strict=True))
    ]


def choices_of(episodes: Sequence[Episode], vocabulary: int) -> torch.Tensor:
    """What each token of the completions was chosen among: (episodes, longest completion, vocabulary), bool."""
    longest = max(len(episode.completion_ids) for episode in episodes)
    out = torch.ones((len(episodes), longest, vocabulary), dtype=torch.bool)
    for row, episode in zip(out, episodes, strict=True):
        for place, among in enumerate(episode.choices):
            if among:
                row[place] = False
                row[place, among] = True
    return out


def logprobs_among(logits: torch.Tensor, ids: torch.Tensor, choices: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probabilities of `ids` (rows, places) among their choices, and the entropies of these choices.

    `logits`: (rows, places, vocabulary), divided by the temperature; `choices`: likewise, bool.
    """
    known = logits.float().masked_fill(~choices, -torch.inf).log_softmax(-1)
    entropies = -(known.exp() * known.masked_fill(~choices, 0.0)).sum(-1)
    return known.gather(-1, ids[..., None])[..., 0], entropies
