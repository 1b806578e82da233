# SPDX-License-Identifier: GPL-3.0-or-later
"""Preference sentences: what they plainly ask for becomes relations, the rest nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend.scene import validate
from metaspatial.backend.scene.preference import preferred_relations, with_preferences
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


@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join) | st.text(max_size=200))
def test_any_text_gives_a_valid_scene(preference):
    validate(with_preferences(replace(bedroom(), preference=preference)))


def test_what_the_scene_asks_already_is_not_asked_twice():
    scene = with_preferences(replace(bedroom(), preference="The desk under the window."))
    assert with_preferences(scene) == scene
