# SPDX-License-Identifier: GPL-3.0-or-later
"""Qwen2.5-VL's processor with no torchvision: pictures must reach the model however its folder was saved."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("transformers", reason="no transformers in this Python")
from metaspatial.backend.learn.processor import load_image_processor, load_processor

pytestmark = pytest.mark.serve

PIL = pytest.importorskip("PIL.Image")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("model")
    subprocess.run([sys.executable, str(Path(__file__).with_name("tiny_model.py")), str(made)], check=True, timeout=600)
    return made


def picture_tokens(processor: object, pixels: int) -> int:
    messages = [{"role": "user", "content": [{"type": "image", "image": PIL.new("RGB", (pixels, pixels))}]}]
    options = {"tokenize": True, "return_dict": True, "return_tensors": "pt", "add_generation_prompt": True}
    inputs = processor.apply_chat_template(messages, **options)  # type: ignore[attr-defined]
    return int((inputs["input_ids"] == processor.image_token_id).sum())  # type: ignore[attr-defined]


def test_a_stock_folder_sees(folder: Path) -> None:
    processor = load_processor(folder)
    assert (picture_tokens(processor, 112), picture_tokens(processor, 56)) == (16, 4)


def test_a_folder_saved_by_it_still_sees(folder: Path, tmp_path: Path) -> None:
    """The stock loader takes such a folder for a tokenizer's, without a word."""
    again = tmp_path / "again"
    shutil.copytree(folder, again)
    load_image_processor(folder).save_pretrained(again)
    assert picture_tokens(load_processor(again), 112) == 16


def test_other_models_keep_their_own_processor(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"]}')
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(folder / name, tmp_path / name)
    assert not hasattr(load_processor(tmp_path), "image_processor")
