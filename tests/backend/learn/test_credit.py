# SPDX-License-Identifier: GPL-3.0-or-later
"""Which words of an answer place which piece."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend.learn.credit import pieces_of

ANSWER = (
    "<think>mend desk_1, desk_10\ndesk_10 at east_wall, x 4\ndesk_1 beside desk_10, x 2\nso desk_1 is near</think>"
    '<answer>[{"new_object_id":"desk_1","x":2},{"new_object_id":"lamp_1","x":1}]</answer>'
)
NAMES = ["desk_1", "desk_10"]


def test_clauses_and_entries_belong_to_their_piece() -> None:
    letters = list(ANSWER)
    owners = pieces_of(letters, NAMES)
    said = {
        name: "".join(c for c, owner in zip(letters, owners, strict=True) if owner == name) for name in (*NAMES, "")
    }
    assert said["desk_10"] == "desk_10 at east_wall, x 4"
    assert said["desk_1"] == 'desk_1 beside desk_10, x 2{"new_object_id":"desk_1","x":2}'
    assert "mend desk_1, desk_10" in said[""]
    assert "lamp_1" in said[""], "no piece of this room"


@given(st.integers(0, 10_000))
def test_however_it_is_cut_into_tokens_each_goes_by_its_first_letter(seed: int) -> None:
    dice, texts, at = random.Random(seed), [], 0
    while at < len(ANSWER):
        size = dice.randint(0, 6)
        texts.append(ANSWER[at : at + size])
        at += size
    by_letter, by_token, at = pieces_of(list(ANSWER), NAMES), pieces_of(texts, NAMES), 0
    for text, owner in zip(texts, by_token, strict=True):
        assert owner == (by_letter[at] if text else "")
        at += len(text)


@pytest.mark.parametrize("text", ["", "<think>", "no such thing", '{"new_object_id":"desk_1"'])
def test_what_places_nothing_belongs_to_nothing(text: str) -> None:
    assert not any(pieces_of(list(text), NAMES))
