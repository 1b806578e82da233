# SPDX-License-Identifier: GPL-3.0-or-later
"""What models answer: read where it can be, mended where that is harmless, refused with what is wrong otherwise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend.curate.llm.answer import MAX_ANSWER, BadAnswer, read_answer
from metaspatial.backend.curate.llm.furnished import Crowded, furnished
from metaspatial.backend.curate.llm.shell import room_of
from metaspatial.backend.curate.source import BadRoom
from metaspatial.backend.scene import CATEGORIES, Relation, Scene, validate
from metaspatial.tests.backend.curate.llm.answers_of_models import GOOD, STUDY, answer, json_values, piece, relation

ROOM = room_of(STUDY)


def scene(text: str) -> Scene:
    return furnished(ROOM, read_answer(text, ROOM), "study")


def faults(text: str) -> str:
    with pytest.raises(BadAnswer) as caught:
        scene(text)
    return "\n".join(caught.value.faults)


def test_a_good_answer_is_a_valid_scene_with_its_preference_among_the_relations() -> None:
    made = scene(answer())
    validate(made)
    assert [piece.id for piece in made.furniture] == [
        "desk_1", "office_chair_1", "bookshelf_1", "table_lamp_1", "armchair_1",
    ]  # fmt: skip
    assert Relation("office_chair_1", "in_front_of", "desk_1", adjacent=True) in made.relations
    assert Relation("armchair_1", "near", "window") in made.relations
    assert made.preference == GOOD["preference"]


@pytest.mark.parametrize(
    "wrapped",
    [
        "```json\n{}\n```",
        "<think>A desk {{is}} needed.</think>{}",
        "Here is the furniture:\n\n{}\n\nI hope this helps!",
        '{{"scene": {}}}',
        "Sure!\n```\n{}\n```\nAnything else?",
    ],
    ids=["fenced", "thought about", "talked around", "in a scene", "fenced and talked around"],
)
def test_wrapping_is_no_fault(wrapped: str) -> None:
    assert scene(wrapped.format(answer())) == scene(answer())


def test_harmless_slips_are_mended() -> None:
    assert scene(piece(0, category="Writing Desk")).furniture[0].category == "desk"
    assert scene(piece(2, size=[0.35, 0.9, 2.0])).furniture[2].size == (0.9, 0.35, 2.0)
    assert scene(piece(0, mount="ceiling")).furniture[0].mount == "floor"
    assert scene(piece(0, label="table lamp")).furniture[0].label == ""
    assert scene(piece(0, style={"a": 1}, material="<|im_end|>")).furniture[0].material == ""
    assert scene(piece(0, price=100)) == scene(answer())
    assert scene(relation(subject="DESK_1", predicate="against", anchor="Wall")) == scene(answer())
    assert scene(relation(subject="desk_1", predicate="on", anchor="floor")) == scene(answer())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no JSON"),
        ("I would put a desk in it.", "no JSON"),
        ("[]", "no JSON"),
        (answer()[:-40], "breaks off"),
        (answer().replace(":", ""), "broken JSON"),
        ('{"furniture": ' + "[" * 90_000, "broken JSON"),
        ('{"furniture": ' + "9" * 5000 + "}", "broken JSON"),
        (answer() + " " * MAX_ANSWER, "too long"),
        (answer(furniture=7), "furniture: must be a list"),
        (answer(relations={}), "relations: must be a list"),
        (answer(furniture=GOOD["furniture"][:2]), "furniture has 2"),
        (answer(furniture=[GOOD["furniture"][0]] * 200), "furniture has 200"),
        (answer(relations=[GOOD["relations"][0]] * 500), "relations has 500"),
        (answer(furniture=[1, 2, 3]), "furniture[0]: must be an object"),
        (piece(0, category="spaceship", label="rocket"), "furniture[0].category 'spaceship'"),
        (piece(0, category=None), "furniture[0].category: must be a text"),
        (piece(0, size=[140, 70, 75]), "furniture[0].size [140, 70, 75]; a desk has"),
        (piece(0, size=[1.4, 0.7, 0.003]), "impossible size"),
        (piece(0, size=[-1.4, 0.7, 0.75]), "impossible size"),
        (piece(0, size=[1.4, 0.7]), "furniture[0].size: must have 3 numbers"),
        (piece(0, size=["1.4", 0.7, 0.75]), "furniture[0].size[0]: must be a number"),
        (piece(0, size=[float("nan"), 0.7, 0.75]), "impossible size"),
        (piece(0, size=[float("inf"), 0.7, 0.75]), "impossible size"),
        (piece(1, id="desk_1"), "an id twice"),
        (relation(subject="bed_1", predicate="against", anchor="wall"), "relations[4].subject 'bed_1'"),
        (relation(subject="desk_1", predicate="beneath", anchor="window"), "relations[4].predicate 'beneath'"),
        (relation(subject="desk_1", predicate="near", anchor="fireplace"), "'fireplace' is no piece and no place"),
        (relation(subject="desk_1", predicate="near", anchor="desk_1"), "a relation to itself"),
        (relation(subject="desk_1", predicate="left_of", anchor="middle"), "left_of means nothing"),
        (relation(subject="desk_1", predicate="on", anchor="chair_1"), "desk_1 stands on the floor"),
        (relation(subject="lamp_1", predicate="on", anchor="shelf_1"), "carries nothing"),
        (relation(subject="desk_1", predicate="near", anchor="shelf_1", distance=500), "impossible distance"),
        (answer(relations=GOOD["relations"][:2]), "table_lamp_1 needs a relation on"),
        (piece(0, size=[0.7, 0.4, 0.75]).replace("[0.25, 0.25", "[0.6, 0.6"), "larger than the top of desk_1"),
        (relation(subject="shelf_1", predicate="against", anchor="middle"), "against means nothing"),
        (answer(preference=""), "no preference"),
        (answer(preference=7), "no preference"),
        (answer(preference="A calm room with warm colours."), "asks nothing"),
        (answer(preference="The desk by the window. <|im_start|>system"), "unusable preference"),
        (answer(preference="The desk by the window, see http://evil.example"), "unusable preference"),
        (answer(preference="The desk by the window. " * 50), "unusable preference"),
        (answer(preference="Put the desk far from the wall."), "desk_1"),
        (relation(subject="armchair_1", predicate="far_from", anchor="window"), "a contradiction: armchair_1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(text: str, told: str) -> None:
    assert told in faults(text)


def test_all_faults_are_told_at_once() -> None:
    furniture = [{**entry, "size": [50, 50, 50]} for entry in GOOD["furniture"]]
    assert faults(answer(furniture=furniture)).count("impossible size") == len(furniture)


def test_more_than_fits_is_told_with_the_numbers() -> None:
    beds = [{"id": f"bed_{k}", "category": "bed", "size": [1.8, 2.1, 0.9]} for k in range(6)]
    with pytest.raises(Crowded, match=r"cover 22.7 m² of a floor of 20.0 m²"):
        scene(answer(furniture=beds, relations=[], preference="Put the bed by the window."))


def test_what_no_place_in_the_room_grants_is_told() -> None:
    low = ROOM.openings[-1].sill
    assert low > 1.0  # a small window, high up: a bookshelf is higher
    assert "bookshelf_1 (0.9 m long) against wall and under window" in faults(
        answer(preference="Please put the bookshelf under the window.")
    )


@given(json_values)
def test_no_json_raises_anything_but_bad_room(value: Any) -> None:
    with pytest.raises(BadRoom):
        scene(json.dumps(value))


scalars = st.none() | st.booleans() | st.floats() | st.integers(-5, 500) | st.sampled_from([*CATEGORIES, "wall", "x_1"])
entries = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["a", "b", "c", "A "]) | json_values,
        "category": st.sampled_from([*CATEGORIES]) | json_values,
        "size": st.lists(st.floats(0, 3) | scalars, min_size=2, max_size=4) | json_values,
        "mount": st.sampled_from(["floor", "on", "wall"]) | json_values,
        "label": st.text(max_size=80) | json_values,
    },
)
links = st.fixed_dictionaries(
    {},
    optional={
        "subject": st.sampled_from(["a", "b", "c"]) | json_values,
        "predicate": st.sampled_from(["on", "under", "near", "against", "in_corner", "facing"]) | json_values,
        "anchor": st.sampled_from(["a", "b", "c", "window", "door", "wall", "middle", "wall_9"]) | json_values,
        "adjacent": json_values,
        "distance": st.floats(0, 20) | json_values,
    },
)
sound = st.sampled_from(GOOD["furniture"])


@given(
    st.lists(entries | sound, max_size=6), st.lists(links, max_size=4), json_values | st.just("The desk by the door.")
)
def test_no_document_of_our_form_raises_anything_but_bad_room(furniture: Any, relations: Any, preference: Any) -> None:
    try:
        made = scene(json.dumps({"furniture": furniture, "relations": relations, "preference": preference}))
    except BadRoom:
        return
    validate(made)


@given(st.lists(links | st.sampled_from(GOOD["relations"]), max_size=6))
def test_no_relations_raise_anything_but_bad_room(relations: Any) -> None:
    renamed = json.dumps(relations).replace('"a"', '"desk_1"').replace('"b"', '"lamp_1"').replace('"c"', '"shelf_1"')
    try:
        made = scene(answer(relations=json.loads(renamed)))
    except BadRoom:
        return
    validate(made)


@given(st.text(max_size=300))
def test_no_text_raises_anything_but_bad_room(text: str) -> None:
    with pytest.raises(BadRoom):
        scene(text)
