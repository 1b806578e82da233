# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from metaspatial.backend.learn.encode import Encoder, batch
from metaspatial.backend.learn.examples import Example, chat_messages
from metaspatial.backend.learn.export import export
from metaspatial.backend.learn.processor import load_processor
from metaspatial.backend.learn.small_model import SIZES, Size, build, new_model
from safetensors.torch import load_file
from transformers import AutoModelForImageTextToText, PreTrainedTokenizerFast, Qwen2_5_VLForConditionalGeneration

pytestmark = pytest.mark.learn


def logits(model: Path, example: Example, picture: bytes) -> torch.Tensor:
    loaded = AutoModelForImageTextToText.from_pretrained(model, dtype=torch.float32).eval()
    encoder = Encoder(load_processor(model))
    row = encoder.encode(chat_messages(example.dialogue.messages), [picture], answer=True)
    inputs = batch([row], 0, encoder.image_id)
    inputs.pop("labels")
    with torch.no_grad():
        return loaded(**inputs).logits[0, -1]


def test_the_folder_is_a_qwen_folder(model: Path) -> None:
    loaded = AutoModelForImageTextToText.from_pretrained(model)
    assert type(loaded) is Qwen2_5_VLForConditionalGeneration
    assert load_processor(model).image_processor is not None
    for name in ("preprocessor_config.json", "tokenizer_config.json"):
        assert json.loads((model / name).read_text())["processor_class"] == "Qwen2_5_VLProcessor", name


def test_what_it_says_depends_on_the_picture(model: Path, examples: list[Example]) -> None:
    one, other = (logits(model, examples[0], example.messages[1].pictures[0]) for example in examples[:2])
    assert not torch.allclose(one, other, atol=1e-6)
    assert torch.equal(one, logits(model, examples[0], examples[0].messages[1].pictures[0]))


def test_the_same_seed_gives_the_same_model(
    tmp_path: Path, model: Path, tokenizer: PreTrainedTokenizerFast, mini: Size
) -> None:
    build(tmp_path, tokenizer, mini)
    same = (tmp_path / "model.safetensors").read_bytes() == (model / "model.safetensors").read_bytes()
    assert same


def test_near_numbers_begin_near_each_other(model: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    loaded = AutoModelForImageTextToText.from_pretrained(model, dtype=torch.float32)

    def vector(text: str) -> torch.Tensor:
        return loaded.get_input_embeddings().weight[tokenizer(text)["input_ids"][-1]]

    near, far = vector("0.34") - vector("0.35"), vector("0.34") - vector("0.85")
    assert near.norm() < far.norm()


def test_the_small_size_fits_in_the_repository(tokenizer: PreTrainedTokenizerFast) -> None:
    made = new_model(tokenizer, SIZES["small"])
    assert 4e6 < sum(p.numel() for p in made.parameters()) < 6e6
    assert 2 * sum(p.numel() for p in made.parameters()) < 25e6


def test_an_export_is_half_the_size_and_the_same_model(tmp_path: Path, model: Path, examples: list[Example]) -> None:
    size = export(model, tmp_path / "given")
    assert size < 0.55 * (model / "model.safetensors").stat().st_size
    assert {v.dtype for v in load_file(tmp_path / "given" / "model.safetensors").values()} == {torch.bfloat16}
    picture = examples[0].messages[1].pictures[0]
    mine, theirs = logits(tmp_path / "given", examples[0], picture), logits(model, examples[0], picture)
    torch.testing.assert_close(mine, theirs, rtol=0.1, atol=0.02)
