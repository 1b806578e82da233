# SPDX-License-Identifier: GPL-3.0-or-later
"""A described room and answers a model may give for it, good and bad."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st
from metaspatial.backend.curate.llm.descriptions import Description

STUDY = Description(
    "description_00000_0a1b2c3d",
    "A quiet study with a desk, a bookshelf and a small window letting in light.",
    (4, 5, 3),
)
BEDROOM = Description(
    "description_00001_4e5f6a7b", "A calm bedroom with a large window and white linen.", (4.5, 4, 2.6)
)

GOOD: dict[str, Any] = {
    "furniture": [
        {"id": "desk_1", "category": "desk", "size": [1.4, 0.7, 0.75], "label": "writing desk", "material": "oak"},
        {"id": "chair_1", "category": "office_chair", "size": [0.6, 0.6, 1.0]},
        {"id": "shelf_1", "category": "bookshelf", "size": [0.9, 0.35, 2.0], "style": "classic"},
        {"id": "lamp_1", "category": "table_lamp", "size": [0.25, 0.25, 0.45]},
        {"id": "armchair_1", "category": "armchair", "size": [0.85, 0.85, 0.9], "material": "green velvet"},
    ],
    "relations": [
        {"subject": "desk_1", "predicate": "against", "anchor": "wall"},
        {"subject": "chair_1", "predicate": "in_front_of", "anchor": "desk_1", "adjacent": True},
        {"subject": "lamp_1", "predicate": "on", "anchor": "desk_1"},
        {"subject": "shelf_1", "predicate": "against", "anchor": "wall"},
    ],
    "preference": "Please put the armchair by the window, I like to read there.",
}

EASY: dict[str, Any] = {
    "furniture": [GOOD["furniture"][0], GOOD["furniture"][2], GOOD["furniture"][4]],
    "relations": [GOOD["relations"][0], GOOD["relations"][3]],
}
"""What of it is quickly arranged."""


def answer(**changes: Any) -> str:
    """The good answer as JSON, with some of its fields replaced."""
    return json.dumps({**copy.deepcopy(GOOD), **changes})


def piece(place: int, **changes: Any) -> str:
    """The good answer with one piece changed."""
    furniture = copy.deepcopy(GOOD["furniture"])
    furniture[place].update(changes)
    return answer(furniture=furniture)


def relation(**fields: Any) -> str:
    """The good answer with one relation more."""
    return answer(relations=[*GOOD["relations"], fields])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
"""Anything that JSON can say, NaN and infinity included."""
