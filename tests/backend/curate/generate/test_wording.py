# SPDX-License-Identifier: GPL-3.0-or-later
"""What preferences say is what they stand for: every wording of every kind is read back as its relations."""

from __future__ import annotations

from itertools import product

import pytest
from metaspatial.backend.curate.generate.dice import Dice
from metaspatial.backend.curate.generate.room_types import DECOR, ROOM_TYPES
from metaspatial.backend.curate.generate.style import NAMES as LABELS
from metaspatial.backend.curate.generate.style import STYLES
from metaspatial.backend.curate.generate.wishes import Wish, put_in_words, wordings
from metaspatial.backend.curate.generate.wording import ACTIVITIES, CLOSERS, KINDS, NAMES, OPENERS, PAIRS
from metaspatial.backend.scene import CATEGORIES, Furniture, Opening, Relation, Room, Scene, infer_category
from metaspatial.backend.scene.preference import preferred_relations

ROOM = Room(
    ((0.0, 0.0), (6.0, 0.0), (6.0, 5.0), (0.0, 5.0)),
    2.7,
    (Opening("door_1", "door", 0, 1.0, 0.9, 2.0), Opening("window_1", "window", 2, 1.0, 1.5, 1.2, 0.9)),
)
BYSTANDERS = ("chair", "table_lamp", "painting")


def piece(category: str, number: int = 1) -> Furniture:
    row = CATEGORIES[category]
    return Furniture(f"{category}_{number}", category, row.size, row.mount)


def case(name: str, subject: str | None, several: bool = False) -> tuple[Wish, tuple[Furniture, ...]]:
    """A wish of this kind about a piece of category `subject`, and the furniture of its room."""
    kind = KINDS[name]
    if subject is None:
        others = (piece("bed"), piece("rug"), piece("wardrobe"))
        relations = (Relation("bed_1", "far_from", "middle", distance=1.0),
                     Relation("wardrobe_1", "far_from", "middle", distance=1.0))  # fmt: skip
        return Wish(name, (), relations), others
    subjects = tuple(piece(subject, number) for number in range(1, 3 if several else 2))
    anchor = next((piece(other) for other in kind.anchors if other != subject), None)
    target = anchor.id if anchor else "east_wall" if kind.anchor == "side" else kind.anchor
    relations = tuple(
        Relation(each.id, kind.predicate, target, adjacent=kind.adjacent, distance=kind.distance) for each in subjects
    )
    wish = Wish(name, subjects, relations, "east_wall" if kind.anchor == "side" else "", anchor)
    others = [piece(other) for other in BYSTANDERS if other != subject]
    return wish, (*subjects, *([anchor] if anchor else []), *others)


def read(furniture: tuple[Furniture, ...], preference: str) -> set[Relation]:
    return set(preferred_relations(Scene(ROOM, furniture, (), preference)))


@pytest.mark.parametrize("name", KINDS)
def test_every_wording_of_every_kind_says_what_it_stands_for(name):
    wish, furniture = case(name, next(iter(KINDS[name].subjects), None))
    texts = list(wordings(wish))
    assert len(texts) == len(set(texts)) >= 6
    for text in texts:
        assert read(furniture, text) == set(wish.relations), text


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.subjects])
def test_every_subject_is_known_by_every_name(name):
    for subject in dict.fromkeys(KINDS[name].subjects):
        wish, furniture = case(name, subject)
        for number in range(4):
            text = put_in_words(Dice(f"{name} {subject} {number}"), (wish,), "study", "modern")
            assert read(furniture, text) == set(wish.relations), text


@pytest.mark.parametrize("name", ["on_side", "away_from_door"])
def test_several_pieces_are_named_together(name):
    for subject in dict.fromkeys(KINDS[name].subjects):
        wish, furniture = case(name, subject, several=True)
        for number in range(3):
            text = put_in_words(Dice(f"{subject} {number}"), (wish,), "study", "modern")
            assert read(furniture, text) == set(wish.relations), text


def test_two_wishes_are_both_understood():
    single = [name for name, kind in KINDS.items() if kind.where and not kind.anchors]
    for k, (first, second) in enumerate(product(single, single)):
        one, furniture = case(first, KINDS[first].subjects[0])
        subject = next(s for s in reversed(KINDS[second].subjects) if s not in {p.category for p in furniture})
        two, _ = case(second, subject)
        text = put_in_words(Dice(f"pair {k}"), (one, two), "study", "modern")
        assert read((*furniture, *two.subjects), text) == {*one.relations, *two.relations}, text
    assert len(PAIRS) >= 6


def test_words_that_constrain_nothing_are_read_as_nothing():
    for k, room in enumerate(ROOM_TYPES.values()):
        own = {item.category for item in (*room.core, *room.extras[: -len(DECOR)], *DECOR[:2])}
        furniture = tuple(piece(category) for category in sorted(own))
        for j, word in enumerate(room.words):
            style = STYLES[(k + j) % len(STYLES)].name
            opener, closer = OPENERS[(k + 3 * j) % len(OPENERS)], CLOSERS[(k + j) % len(CLOSERS)]
            text = f"{opener.format(room=word, style=style)} {closer.format(style=style)}"
            assert read(furniture, text) == set(), text


def test_activities_are_no_furniture():
    for activity in ACTIVITIES:
        assert read((piece("bed"), piece("rug")), f"Room for {activity} in the middle") == {
            Relation("bed_1", "far_from", "middle", distance=1.0)
        }


def test_names_and_labels_are_read_back_as_their_categories():
    for category, names in (*NAMES.items(), *LABELS.items()):
        for name in names:
            found = infer_category(name)
            assert found == category, name


def test_kinds_ask_only_of_known_categories():
    for kind in KINDS.values():
        assert {*kind.subjects, *kind.anchors} <= set(CATEGORIES)
