# SPDX-License-Identifier: GPL-3.0-or-later
"""What an object's name tells about the kind of furniture it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend.scene import CATEGORIES, infer_category
from metaspatial.backend.scene.translations import COMPOUNDING, TRANSLATIONS


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("Chair.003", "chair"),
        ("DeskLamp 2", "table_lamp"),
        ("lamp table", "dining_table"),
        ("Doppelbett", "bed"),
        ("Kleiderschrank.001", "wardrobe"),
        ("Gästebett", "bed"),
        ("Flurschrank_alt", "cabinet"),
        ("TISCHLAMPE", "table_lamp"),
        ("Wandregal", "wall_shelf"),
        ("Bürostuhl schwarz", "office_chair"),
        ("双人沙发", "sofa"),
        ("床头柜.002", "nightstand"),
        ("椅子", "chair"),
        ("ソファー", "sofa"),
        ("Lámpara", "table_lamp"),
        ("🛋️ couch", "sofa"),
        ("Cube.001", "unknown"),
        ("打印机", "unknown"),
        ("Bettina", "unknown"),
        ("lit candle", "unknown"),
        ("", "unknown"),
        ("123", "unknown"),
    ],
)
def test_names_tell_the_category(name: str, category: str) -> None:
    assert infer_category(name) == category


def test_every_translation_is_understood_as_its_category() -> None:
    for category, words in TRANSLATIONS.items():
        for word in words.split():
            assert infer_category(word) == category, word


def test_translated_categories_exist_and_no_word_means_two_things() -> None:
    assert TRANSLATIONS.keys() <= CATEGORIES.keys()
    words = [word for each in TRANSLATIONS.values() for word in each.split()]
    assert len(words) == len(set(words))
    assert all(infer_category(word) != "unknown" for word in COMPOUNDING)


@given(st.text(max_size=80))
def test_any_name_has_a_known_category_or_none(name: str) -> None:
    assert infer_category(name) in {*CATEGORIES, "unknown"}
