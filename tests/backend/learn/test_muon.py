# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""The optimizer for models from nothing: its steps, which parameters it takes how, and what it keeps."""

from __future__ import annotations

import copy

import pytest
import torch
from metaspatial.backend.learn.muon import MuonAdamW, orthogonal
from torch import nn

pytestmark = pytest.mark.learn


class Words(nn.Module):
    """An embedding, a matrix, a vector, and an output that shares the embedding's weights."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(7, 6)
        self.inner = nn.Linear(6, 6)
        self.lm_head = nn.Linear(6, 7, bias=False)
        self.lm_head.weight = self.embedding.weight

    def loss(self) -> torch.Tensor:
        ids = torch.arange(7)
        hidden = torch.tanh(self.inner(self.embedding(ids)))
        return nn.functional.cross_entropy(self.lm_head(hidden), (ids + 1) % 7)


@pytest.mark.parametrize("shape", [(4, 4), (3, 9), (9, 3), (1, 5)])
def test_an_orthogonal_step_has_singular_values_near_one(shape: tuple[int, int]) -> None:
    torch.manual_seed(1)
    matrix = torch.randn(shape)
    values = torch.linalg.svdvals(orthogonal(matrix))
    assert values.min() > 0.5
    assert values.max() < 1.3
    torch.testing.assert_close(orthogonal(matrix), orthogonal(1000 * matrix), rtol=1e-3, atol=1e-3)


def test_the_size_of_a_step_is_the_learning_rates_and_not_the_gradients() -> None:
    """About 0.2 of it, root mean square, as with AdamW in practice, for a matrix of any shape."""
    for shape in ((8, 8), (8, 32), (32, 8)):
        layer = nn.Linear(*shape, bias=False)
        before = layer.weight.detach().clone()
        optimizer = MuonAdamW(layer, lr=0.01)
        layer.weight.grad = 1e-4 * torch.randn_like(layer.weight)
        optimizer.step()
        size = (layer.weight - before).square().mean().sqrt().item()
        assert 0.1 * 0.01 < size < 0.3 * 0.01


def test_embeddings_and_vectors_are_adamws_and_only_matrices_muons() -> None:
    model = Words()
    taken = {id(p): group["muon"] for group in MuonAdamW(model, lr=0.1).param_groups for p in group["params"]}
    assert taken == {id(model.inner.weight): True, id(model.embedding.weight): False, id(model.inner.bias): False}


def test_what_is_not_muons_steps_as_torchs_adamw_does() -> None:
    mine, theirs = (nn.Embedding.from_pretrained(torch.ones(3, 4), freeze=False) for _ in range(2))
    optimizers = [
        MuonAdamW(mine, lr=0.1, weight_decay=0.1),
        torch.optim.AdamW(theirs.parameters(), lr=0.1, weight_decay=0.1, betas=(0.9, 0.95)),
    ]
    torch.manual_seed(2)
    for _ in range(5):
        gradient = torch.randn(3, 4)
        for one, optimizer in zip((mine, theirs), optimizers, strict=True):
            one.weight.grad = gradient.clone()
            optimizer.step()
    torch.testing.assert_close(mine.weight, theirs.weight)


def test_it_learns_and_goes_on_from_what_it_keeps() -> None:
    model = Words()
    optimizer = MuonAdamW(model, lr=0.05)
    first = model.loss().item()
    losses = []
    for step in range(40):
        if step == 20:
            model, state = copy.deepcopy(model), optimizer.state_dict()
            optimizer = MuonAdamW(model, lr=0.05)
            optimizer.load_state_dict(copy.deepcopy(state))
        loss = model.loss()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * first
    assert losses[20] <= losses[19], "what it kept is lost"
