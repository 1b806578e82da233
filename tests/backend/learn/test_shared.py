# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""Prompts that are read once for all trajectories that begin with them: the same numbers as one by one."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch
from metaspatial.backend.learn.encode import Encoder
from metaspatial.backend.learn.examples import Example, chat_messages
from metaspatial.backend.learn.inprocess import InProcessPolicy
from metaspatial.backend.learn.rollout import followup
from metaspatial.backend.learn.shared import Batch, logits_of
from metaspatial.tests.backend.learn.conftest import picture

pytestmark = pytest.mark.learn


def rows_of(encoder: Encoder, examples: list[Example], pictures: bool, seed: int) -> Batch:
    """Five trajectories of two rooms, in no order; some of them have a second turn, with a picture of its own."""
    dice, width, kept = random.Random(seed), 0, 0
    rows = []
    for number in dice.sample([0, 0, 0, 1, 1], 5):
        one = examples[number]
        shown = list(one.messages[1].pictures)
        messages = chat_messages(one.messages[:2])
        if not pictures:
            shown, messages[1]["content"] = [], one.messages[1].text
        prompt = encoder.encode(messages, shown, answer=True)
        pixels, grids = [], []
        if pictures:
            pixels, grids = [prompt.pixels], [prompt.grids]
        said = [dice.randrange(300) for _ in range(dice.randint(3, 20))]
        if dice.random() < 0.6:
            message = one.messages[1].__class__("user", "Again.", (picture(dice.randrange(250)),) if pictures else ())
            more, seen = followup(encoder, message)
            said += [*more, *(dice.randrange(300) for _ in range(dice.randint(1, 9)))]
            if seen is not None:
                pixels.append(seen["pixel_values"])
                grids.append(seen["image_grid_thw"])
        rows.append((prompt.ids, said, pixels, grids))
        width, kept = max(width, len(prompt.ids)), max(kept, len(said))
    ids = [[0] * (width - len(prompt)) + prompt + said + [0] * (kept - len(said)) for prompt, said, _, _ in rows]
    mask = [[0] * (width - len(p)) + [1] * (len(p) + len(s)) + [0] * (kept - len(s)) for p, s, _, _ in rows]
    if not pictures:
        return Batch(torch.tensor(ids), torch.tensor(mask), kept, encoder.image_id)
    return Batch(
        torch.tensor(ids),
        torch.tensor(mask),
        kept,
        encoder.image_id,
        torch.cat([each for _, _, pixels, _ in rows for each in pixels]),
        torch.cat([each for _, _, _, grids in rows for each in grids]),
        [sum(len(grid) for grid in grids) for _, _, _, grids in rows],
    )


def one_by_one(model: torch.nn.Module, batch: Batch, encoder: Encoder) -> torch.Tensor:
    seen = {}
    if batch.pixels is not None:
        seen = {"pixel_values": batch.pixels, "image_grid_thw": batch.grids,
                "mm_token_type_ids": (batch.ids == encoder.image_id).int()}  # fmt: skip
    out = model(input_ids=batch.ids, attention_mask=batch.mask, use_cache=False, **seen)
    return out.logits[:, -batch.kept - 1 : -1]


@pytest.mark.parametrize("pictures", [True, False], ids=["pictures", "text"])
@pytest.mark.parametrize("seed", range(3))
def test_logits_and_gradients_are_those_of_each_row_by_itself(
    model: Path, examples: list[Example], pictures: bool, seed: int
) -> None:
    policy = InProcessPolicy.load(model)
    batch = rows_of(policy.encoder, examples, pictures, seed)
    there = batch.mask[:, -batch.kept :].bool()
    found: list[tuple[torch.Tensor, list[torch.Tensor]]] = []
    for read in (lambda: logits_of(policy.model, batch), lambda: one_by_one(policy.model, batch, policy.encoder)):
        policy.model.zero_grad()
        logits = read()[there]
        logits.square().mean().backward()
        found.append((logits.detach(), [p.grad.clone() for p in policy.model.parameters() if p.grad is not None]))
    (ours, our_gradients), (theirs, their_gradients) = found
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-3)
    assert len(our_gradients) == len(their_gradients) > 20
    for mine, other in zip(our_gradients, their_gradients, strict=True):
        torch.testing.assert_close(mine, other, atol=1e-5, rtol=1e-2)


def test_a_prompt_is_read_once(model: Path, examples: list[Example], monkeypatch: pytest.MonkeyPatch) -> None:
    policy = InProcessPolicy.load(model)
    batch = rows_of(policy.encoder, examples, True, 0)
    sizes: list[torch.Size] = []
    original = type(policy.model).forward

    def forward(self: torch.nn.Module, *args: object, **more: torch.Tensor) -> object:
        sizes.append(more["input_ids"].shape)
        return original(self, *args, **more)

    monkeypatch.setattr(type(policy.model), "forward", forward)
    with torch.no_grad():
        logits_of(policy.model, batch)
    assert [size[0] for size in sizes] == [2, 5], "two prompts, then five completions"
    assert sizes[1][1] == batch.kept
