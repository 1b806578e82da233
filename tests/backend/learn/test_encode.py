# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
from __future__ import annotations

from pathlib import Path

import pytest
import torch
from metaspatial.backend.dialogue import with_feedback
from metaspatial.backend.learn.encode import IGNORED, Encoder, TooLong, batch
from metaspatial.backend.learn.examples import Example, chat_messages
from metaspatial.backend.learn.processor import load_processor
from metaspatial.backend.rewards.scorer import Scorer

pytestmark = pytest.mark.learn


def pictures(example: Example) -> list[bytes]:
    return [picture for message in example.messages for picture in message.pictures]


def refined(one: Example) -> Example:
    """Two turns: the answer, its feedback with a picture, and the answer again."""
    score = Scorer().score(one.scene, one.layout)
    dialogue = with_feedback(one.dialogue, one.answer, one.layout, score, one.dialogue.messages[1].pictures[0])
    return Example(dialogue, one.answer, one.room)


@pytest.mark.parametrize("learned", ["last", "all"])
def test_what_is_learned_is_what_the_assistant_says(model: Path, examples: list[Example], learned: str) -> None:
    encoder = Encoder(load_processor(model), learned=learned)
    two = refined(examples[0])
    encoded = encoder.encode(chat_messages(two.messages), pictures(two))
    said = encoder.tokenizer.decode([label for label in encoded.labels if label != IGNORED])
    assert said == (two.answer + "<|im_end|>") * (2 if learned == "all" else 1)
    assert all(label in (id, IGNORED) for id, label in zip(encoded.ids, encoded.labels, strict=True))


def test_a_model_from_nothing_may_learn_the_whole_text_but_no_pictures(model: Path, examples: list[Example]) -> None:
    encoder = Encoder(load_processor(model), learned="text")
    encoded = encoder.encode(chat_messages(examples[0].messages), pictures(examples[0]))
    left_out = {id for id, label in zip(encoded.ids, encoded.labels, strict=True) if label != id}
    assert left_out == {encoder.image_id}


def test_words_that_stand_for_a_picture_are_refused_where_there_is_none(model: Path) -> None:
    """Else the model would look for it, and all who are answered in one batch would get nothing."""
    messages = [{"role": "user", "content": [{"type": "text", "text": "a bed called <|image_pad|>"}]}]
    with pytest.raises(ValueError, match="show 1 pictures, and 0 are there"):
        Encoder(load_processor(model)).encode(messages, [], answer=True)


def test_the_numbers_are_those_of_the_stock_processor(model: Path, examples: list[Example]) -> None:
    processor = load_processor(model)
    two = refined(examples[0])
    messages = chat_messages(two.messages)
    mine = Encoder(processor).encode(messages, pictures(two))
    from metaspatial.backend.learn.encode import opened

    text = processor.tokenizer.apply_chat_template(messages, tokenize=False)
    stock = processor(text=[text], images=[opened(p) for p in pictures(two)], return_tensors="pt")
    assert mine.ids == stock["input_ids"][0].tolist()
    assert torch.equal(mine.pixels, stock["pixel_values"])
    assert torch.equal(batch([mine], 0, processor.image_token_id)["mm_token_type_ids"], stock["mm_token_type_ids"])


def test_a_question_is_the_beginning_of_its_example(model: Path, examples: list[Example]) -> None:
    """What is asked at work is, token for token, what was read in training."""
    encoder = Encoder(load_processor(model))
    whole = encoder.encode(chat_messages(examples[0].messages), pictures(examples[0]))
    asked = encoder.encode(chat_messages(examples[0].dialogue.messages), pictures(examples[0]), answer=True)
    assert whole.ids[: len(asked.ids)] == asked.ids
    assert whole.labels.index(whole.ids[len(asked.ids)]) == len(asked.ids)


def test_lengths_are_known_without_looking_at_pixels(model: Path, examples: list[Example]) -> None:
    encoder = Encoder(load_processor(model))
    for one in (examples[1], refined(examples[0])):
        messages = chat_messages(one.messages)
        assert encoder.length(messages, pictures(one)) == len(encoder.encode(messages, pictures(one)).ids)


def test_too_long_a_dialogue_is_refused(model: Path, examples: list[Example]) -> None:
    encoder = Encoder(load_processor(model), longest=50)
    with pytest.raises(TooLong, match="50 are allowed"):
        encoder.encode(chat_messages(examples[0].messages), pictures(examples[0]))
