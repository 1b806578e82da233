# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""A model that is held to the form of answers: what it writes, and what stays its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from metaspatial.backend.curate.targets.form import Asked, Form, form_of
from metaspatial.backend.curate.targets.lessons import lesson_of
from metaspatial.backend.dialogue import format_answer, open_dialogue, parse_answer
from metaspatial.backend.learn.examples import Example, chat_messages
from metaspatial.backend.learn.guide import ENTRY, Guide
from metaspatial.backend.learn.inprocess import InProcessPolicy, Sampling
from metaspatial.backend.serve.batches import Ask
from metaspatial.backend.weights import SHIPPED
from transformers import AutoTokenizer, PreTrainedTokenizerFast

pytestmark = pytest.mark.learn


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_model_that_knows_nothing_answers_in_full(
    held_model: Path, examples: list[Example], temperature: float
) -> None:
    policy = InProcessPolicy.load(held_model, Sampling(temperature))
    assert policy.held
    dialogues = [one.dialogue for one in examples[:3]]
    for one, answer in zip(examples, policy.answer_many(dialogues), strict=False):
        read = parse_answer(one.scene, answer)
        assert not read.problems
        assert set(read.layout.poses) == {"bed_1", "nightstand_1"}
        assert all(f"{name} " in read.think for name in ("bed_1", "nightstand_1"))


def test_the_same_model_let_free_does_not(held_model: Path, examples: list[Example]) -> None:
    policy = InProcessPolicy.load(held_model, Sampling(max_tokens=200), held=False)
    assert not parse_answer(examples[0].scene, policy.answer(examples[0].dialogue)).layout.poses


def test_other_chats_are_free_beside_it(held_model: Path, examples: list[Example]) -> None:
    policy = InProcessPolicy.load(held_model)
    chat = Ask([{"role": "user", "content": "Good morning"}], max_tokens=8)
    room = Ask(chat_messages(examples[0].dialogue.messages), [examples[0].messages[1].pictures[0]])
    found: dict[int, str] = {}
    policy.write(
        [policy.prepare(chat), policy.prepare(room)],
        gone=lambda k: False,
        on_text=lambda k, text: None,
        on_written=lambda k, written: found.update({k: written.text}),
    )
    assert not found[0].startswith("<think>")
    assert found[1].startswith("<think>")
    assert found[1].endswith("</answer>")


def test_of_what_fits_the_likeliest_is_taken(tokenizer: PreTrainedTokenizerFast) -> None:
    form = Form((Asked("bed_1", (1.0, 2.0, 0.5)),))
    scores = torch.linspace(0, 1, len(tokenizer))
    fitting = [id for text, id in tokenizer.get_vocab().items() if "<think>".startswith(text)]
    scores[fitting] += 1.0
    assert Guide(tokenizer, sampled=False).allowed(form, "", scores) == [max(fitting)]
    assert Guide(tokenizer, sampled=True).allowed(form, "", scores) == sorted(fitting, reverse=True)
    rare = scores.clone()
    rare[max(fitting)] = 100.0
    assert Guide(tokenizer, sampled=True).allowed(form, "", rare) == [max(fitting)], "the others are too unlikely"


def test_what_must_follow_is_read_in_the_tokens_of_the_lessons() -> None:
    """The tokenizer has whole phrases: after ", x 1.9 to 4 mid 2.95" may come ", y " and, as one token, ", y mid "."""
    tokenizer = AutoTokenizer.from_pretrained(SHIPPED)
    guide = Guide(tokenizer, sampled=False)
    read = whole = 0
    for seed in range(4):
        lesson, _ = lesson_of(seed)
        form = form_of(chat_messages(open_dialogue(lesson.scene).messages))
        assert form is not None
        text = format_answer(lesson.layout, lesson.think)
        assert form.begins(text)
        text = text[: text.index("</think>")]
        canonical = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        tokens = list(zip(canonical["input_ids"], canonical["offset_mapping"], strict=True))
        whole += len(tokens)
        for _, (at, _) in tokens[2:]:
            more, ids = guide.forced(form, text[:at])
            assert text.startswith(more.removesuffix("</think>"), at)
            assert ids[: len(tokens)] == [id for id, (start, _) in tokens if start >= at][: len(ids)], text[:at][-60:]
            read += len(ids)
    assert read > whole / 2


def test_the_folder_says_whether_a_model_is_held(held_model: Path, model: Path, tmp_path: Path) -> None:
    from metaspatial.backend.learn.export import export

    assert not InProcessPolicy.load(model).held
    assert f'"{ENTRY}": true' in (held_model / "config.json").read_text()
    shutil.copytree(held_model, tmp_path / "model")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "README.md").write_text("the card")
    export(tmp_path / "model", tmp_path / "out")
    assert InProcessPolicy.load(tmp_path / "out").held
    assert (tmp_path / "out" / "README.md").read_text() == "the card"
