# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""A tokenizer for our own dialogues: few tokens, and numbers and names always cut the same way.

Qwen2.5-VL's special tokens and chat template, and below them a byte-level BPE that writes any text, with three
additions that make rooms cheap to read and easy to calculate with:

* "2.35" is the two tokens "2" and ".35": whole digits stand alone, a fraction is one token of one or two digits,
  further digits stand alone. The right angles 90, 180 and 270 are one token each.
* "nightstand_1" is "nightstand" and "_1" wherever it stands, so that a name is the same tokens in question and answer.
* What every dialogue says in the same words (the task, the rules, the JSON around the numbers) is found by counting,
  and each such phrase is one token.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

SPECIALS = (
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>"),
    *("<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>"),
    *("<|image_pad|>", "<|video_pad|>"),
)
"""Qwen2.5-VL's special tokens, in its order."""
END, FILLING = "<|im_end|>", "<|endoftext|>"
HEADINGS = ("system\n", "user\n", "assistant\n")
"""What follows `<|im_start|>`; phrases of their own, so that no other phrase begins inside them."""
CHAT_TEMPLATE = Path(__file__).with_name("chat_template.jinja")
"""Qwen2.5-VL's own, as TRL packages it (Apache License 2.0)."""

_NAME = r"\p{L}+(?:_\p{L}+)*(?=_\d)"
_CUTS = (
    r"(?<![\d.])(?:90|180|270)(?![\d.])",  # right angles
    r"(?<=\d)\.\d{1,2}",  # fractions
    r"\d",
    _NAME,  # bed, dining_table
    r"_\d{1,2}(?!\d)",  # ... and its number
    rf"(?: \p{{L}}+)* (?={_NAME})",  # the words before a name, such as " in front of ", with the space that ends them
    r"(?<=\d)(?: \p{L}+)+ (?=\d)",  # the words between numbers
    r" ?\p{L}+(?:_\p{L}+)*",
    r', "',
    r" ?[^\s\p{L}\d]+?(?=[\s\p{L}\d_]|$)",
    r"\s",
)
_SLOT = re.compile(r'(?<= )"[^"\n]*"|[^\W\d_]+(?:_[^\W\d_]+)*_\d+|-?\d+(?:\.\d+)?')
"""What differs from dialogue to dialogue: quoted words after a space, names, numbers. What lies between is phrases."""


def train_tokenizer(
    texts: Sequence[str], *, vocabulary: int = 2560, phrases: int = 600, share: float = 0.01
) -> PreTrainedTokenizerFast:
    """A tokenizer for texts like these: the texts of dialogues' messages, one each.

    `vocabulary` is the most tokens it has in all; up to `phrases` of them are phrases, each found in at least `share`
    of the texts that come with its kind (user's, assistant's).
    """
    found = [*HEADINGS, *find_phrases(texts, phrases, share)]
    tokenizer = Tokenizer(models.BPE())
    cuts = pre_tokenizers.Split(Regex("|".join(_CUTS)), "isolated")
    bytes_ = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([cuts, bytes_])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(found) - len(SPECIALS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=3,
        show_progress=False,
    )
    tokenizer.train_from_iterator(_lessons(texts, found), trainer)
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in SPECIALS])
    tokenizer.add_tokens([AddedToken(phrase, normalized=False) for phrase in found])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=FILLING,
        additional_special_tokens=[token for token in SPECIALS if token not in (END, FILLING)],
        chat_template=CHAT_TEMPLATE.read_text(encoding="utf-8"),
        clean_up_tokenization_spaces=False,
        padding_side="left",
        model_max_length=32768,
    )


def find_phrases(texts: Sequence[str], limit: int, share: float) -> list[str]:
    """What many texts have in common, what saves most first: whole lines, and the words between names and numbers.

    A phrase holds more than letters and spaces, or is long, so that it does not tear up sentences.
    """
    least = max(2, share * len(texts))
    lines = _counted([[line for line in text.splitlines(keepends=True) if len(line) > 60] for text in texts], least)
    known = re.compile("|".join(re.escape(line) for line in sorted(lines, key=len, reverse=True)) or r"(?!)")
    between = [[part for rest in known.split(text) for part in _SLOT.split(rest)] for text in texts]
    parts = {
        part: count
        for part, count in _counted(between, least).items()
        if len(part) > 2 and (len(part) > 24 or re.search(r"[^\w\s]|\n", part))
    }
    worth = {phrase: count * len(phrase) for phrase, count in {**parts, **lines}.items()}
    return sorted(worth, key=lambda phrase: (-worth[phrase], phrase))[:limit]


def _counted(found: Iterable[Sequence[str]], least: float) -> dict[str, int]:
    """How often each part is there in all, of those that at least `least` texts have."""
    uses: Counter[str] = Counter()
    in_texts: Counter[str] = Counter()
    for parts in found:
        uses.update(parts)
        in_texts.update(set(parts))
    return {part: count for part, count in uses.items() if part and in_texts[part] >= least}


def _lessons(texts: Iterable[str], phrases: Sequence[str]) -> Iterator[str]:
    """What the BPE learns from: the texts between the phrases, and every number that a room can hold."""
    cut = re.compile("|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True)))
    for text in texts:
        yield from (part for part in cut.split(text) if part)
    numbers = [f"0.{k}" for k in range(10)] + [f"0.{k:02}" for k in range(100)]
    names = [f"_{k}" for k in range(1, 31)]
    yield from (" ".join([*numbers, "90", "180", "270"]) + "".join(names) for _ in range(50))
