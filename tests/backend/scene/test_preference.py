# SPDX-License-Identifier: GPL-3.0-or-later
"""Preference sentences: what they plainly ask for becomes relations, the rest nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend.scene import Furniture, validate
from metaspatial.backend.scene.preference import FREE_MIDDLE, preferred_relations, with_preferences
from metaspatial.tests.backend.policies.rooms import bedroom, living_room

WORDS = [
    "the desk",
    "a bed",
    "lamps",
    "not",
    "near",
    "under",
    "on",
    "the window",
    "and",
    "it",
    "facing",
    ",",
    "wall",
    "corner",
]


def asked(scene, preference: str) -> set[tuple[str, str, str]]:
    return {(r.subject, r.predicate, r.anchor) for r in preferred_relations(replace(scene, preference=preference))}


@pytest.mark.parametrize(
    ("sentence", "relations"),
    [
        ("The desk under the window.", {("desk_1", "under", "window")}),
        ("Keep the bed far from the door", {("bed_1", "far_from", "door")}),
        ("Do not put the desk near the bed", {("desk_1", "far_from", "bed_1")}),
        ("the wardrobe in a corner", {("wardrobe_1", "in_corner", "corner")}),
        ("BED AGAINST THE NORTH WALL!", {("bed_1", "against", "north_wall")}),
        ("the wardrobe flush with the east wall", {("wardrobe_1", "against", "east_wall")}),
        ("a dresser next to the wardrobe", {("dresser_1", "near", "wardrobe_1")}),
        ("lamps on the nightstands", {("table_lamp_1", "on", "nightstand_1"), ("table_lamp_2", "on", "nightstand_2")}),
        ("bed by the wall, with the plant beside it", {("bed_1", "against", "wall"), ("plant_1", "near", "bed_1")}),
        ("a calm, bright room for reading and yoga", set()),
        ("the desk is made of oak", set()),
        ("no desk under the window", {("desk_1", "far_from", "window")}),
        ("The bed is the centre with a nightstand on both sides, a rug under it", {("rug_1", "under", "bed_1")}),
        ("", set()),
    ],
)
def test_sentences(sentence, relations):
    assert asked(bedroom(), sentence) == relations


def test_several_subjects_share_an_anchor():
    found = asked(living_room(), "The sofa and the armchairs facing the window")
    assert found == {(id, "facing", "window") for id in ("sofa_1", "armchair_1", "armchair_2")}


@pytest.mark.parametrize(
    "sentence",
    [
        "Room for yoga in the middle, please.",
        "Keep the middle of the room free",
        "the centre must stay clear for the children to play",
        "An open space in the center.",
        "Nothing should stand in the middle of the room!",
        "No furniture in the middle.",
    ],
)
def test_a_middle_kept_free_keeps_everything_on_the_floor_away(sentence):
    scene = replace(bedroom(), preference=sentence)
    found = preferred_relations(scene)
    standing = {p.id for p in scene.movable if p.mount == "floor" and p.category != "rug"}
    assert {r.subject for r in found} == standing
    assert {(r.predicate, r.anchor, r.distance) for r in found} == {("far_from", "middle", FREE_MIDDLE)}


@pytest.mark.parametrize(
    ("sentence", "relations"),
    [
        ("Room for a desk in the middle", {("desk_1", "centered_on", "middle")}),
        ("Don't leave the middle of the room empty", set()),
        ("A room with a free wall and the bed in the middle", {("bed_1", "centered_on", "middle")}),
    ],
)
def test_other_talk_of_the_middle_keeps_nothing_free(sentence, relations):
    assert asked(bedroom(), sentence) == relations


def test_shelves_are_several_shelves():
    shelves = tuple(Furniture(f"bookshelf_{k}", "bookshelf", (0.9, 0.3, 1.8)) for k in (1, 2))
    scene = replace(bedroom(), furniture=shelves, relations=())
    wanted = {("bookshelf_1", "against", "north_wall"), ("bookshelf_2", "against", "north_wall")}
    assert asked(scene, "The bookshelves along the north wall") == wanted


@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join) | st.text(max_size=200))
def test_any_text_gives_a_valid_scene(preference):
    validate(with_preferences(replace(bedroom(), preference=preference)))


def test_what_the_scene_asks_already_is_not_asked_twice():
    scene = with_preferences(replace(bedroom(), preference="The desk under the window."))
    assert with_preferences(scene) == scene
