# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerFast

pytestmark = pytest.mark.learn
_kept: dict[str, PreTrainedTokenizerFast] = {}


@pytest.fixture(autouse=True)
def _keep(tokenizer: PreTrainedTokenizerFast) -> None:
    _kept["it"] = tokenizer  # hypothesis does not mix with fixtures


def tokens(text: str) -> list[str]:
    return [_kept["it"].decode([id]) for id in _kept["it"](text)["input_ids"]]


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=200))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    ids = _kept["it"](text, add_special_tokens=False)["input_ids"]
    assert _kept["it"].decode(ids) == text


@given(st.integers(0, 9), st.integers(0, 99))
def test_a_length_in_centimetres_is_two_tokens(metres: int, centimetres: int) -> None:
    assert tokens(f"{metres}.{centimetres:02}") == [str(metres), f".{centimetres:02}"]


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("12.5", ["1", "2", ".5"]),
        ("2.354", ["2", ".35", "4"]),
        ("1.6x2.05", ["1", ".6", "x", "2", ".05"]),
        ("2.90", ["2", ".90"]),
        ("90", ["90"]),
        ("180", ["180"]),
        ("45", ["4", "5"]),
        ("bed_1", ["bed", "_1"]),
    ],
)
def test_numbers_and_names_are_cut_the_same_way_everywhere(text: str, cut: list[str]) -> None:
    assert tokens(text) == cut


def test_a_name_is_the_same_tokens_in_question_and_answer(examples: list) -> None:
    for message in examples[0].messages[1:]:
        cut = tokens(message.text)
        assert any(cut[k : k + 2] == ["nightstand", "_1"] for k in range(len(cut)))


def test_what_every_dialogue_says_costs_next_to_nothing(examples: list) -> None:
    whole = "".join(message.text for message in examples[3].dialogue.messages)
    assert len(tokens(whole)) < len(whole) / 12


def test_the_folder_loads_as_any_other(model: Path, examples: list) -> None:
    loaded = AutoTokenizer.from_pretrained(model)
    text = examples[0].messages[1].text
    assert loaded(text)["input_ids"] == _kept["it"](text)["input_ids"]
    assert (loaded.eos_token, loaded.pad_token) == ("<|im_end|>", "<|endoftext|>")
    written = loaded.apply_chat_template([{"role": "user", "content": "Hello"}], tokenize=False)
    assert written == "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n"


def test_the_beginning_of_an_answer_is_no_part_of_its_heading() -> None:
    """Or what a model reads when it is asked would differ from what it has learned to go on from."""
    start = _kept["it"]("<|im_start|>assistant\n")["input_ids"]
    for answer in ("<think>", "\n- bed", "- bed_1", " x"):
        assert _kept["it"]("<|im_start|>assistant\n" + answer)["input_ids"][: len(start)] == start
