# SPDX-License-Identifier: GPL-3.0-or-later
"""Relations suggested from the preference and from what is usual with such furniture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metaspatial.backend.policies.suggest import suggested_relations
from metaspatial.backend.scene import (
    CATEGORIES,
    Furniture,
    Relation,
    Room,
    Scene,
    category_of,
    scene_from_json,
    validate,
)

SAMPLES = sorted((Path(__file__).resolve().parents[3] / "samples").glob("*.json"))
ROOM = Room(((0.0, 0.0), (5.0, 0.0), (5.0, 4.0), (0.0, 4.0)), 2.6)


def scene(*categories: str, preference: str = "", relations: tuple[Relation, ...] = ()) -> Scene:
    count: dict[str, int] = {}
    furniture = []
    for name in categories:
        count[name] = count.get(name, 0) + 1
        known = category_of(name)
        furniture.append(Furniture(f"{name}_{count[name]}", name, known.size, known.mount))
    return Scene(ROOM, tuple(furniture), relations, preference)


def said(suggested: Scene) -> set[tuple[str, str, str, str]]:
    return {
        (each.source, each.relation.subject, each.relation.predicate, each.relation.anchor)
        for each in suggested_relations(suggested)
    }


def test_usual_pairs_are_suggested() -> None:
    assert said(scene("bed", "nightstand", "desk", "office_chair", "laptop")) == {
        ("habit", "nightstand_1", "near", "bed_1"),
        ("habit", "office_chair_1", "in_front_of", "desk_1"),
        ("habit", "laptop_1", "on", "desk_1"),
        ("habit", "bed_1", "against", "wall"),
        ("habit", "desk_1", "against", "wall"),
    }


def test_the_preferences_words_go_before_habit() -> None:
    suggested = said(scene("bed", "desk", preference="The desk against the north wall, please."))
    assert ("preference", "desk_1", "against", "north_wall") in suggested
    assert ("habit", "desk_1", "against", "wall") not in suggested


def test_what_is_asked_already_is_not_suggested_again() -> None:
    own = (Relation("nightstand_1", "left_of", "bed_1"), Relation("bed_1", "against", "wall"))
    assert said(scene("bed", "nightstand", relations=own)) == set()


def test_of_what_stays_nothing_is_suggested() -> None:
    whole = scene("bed", "nightstand")
    stays = tuple(
        replace(piece, fixed=True, pose=None) if piece.category == "bed" else piece for piece in whole.furniture
    )
    assert {subject for _, subject, *_ in said(replace(whole, furniture=stays))} == {"nightstand_1"}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_accepting_everything_leaves_a_sound_scene(path: Path) -> None:
    bare = replace(scene_from_json(path.read_text(encoding="utf-8")), relations=())
    relations = tuple(each.relation for each in suggested_relations(bare))
    assert len(set(relations)) == len(relations) > 0
    whole = replace(bare, relations=relations)
    validate(whole)
    assert not {each.relation for each in suggested_relations(whole)} & set(relations)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*CATEGORIES, "unknown"]), max_size=12), st.text(max_size=60))
def test_whatever_stands_there_suggestions_are_sound(categories: list[str], preference: str) -> None:
    bare = scene(*categories, preference=preference)
    validate(replace(bare, relations=tuple(each.relation for each in suggested_relations(bare))))
