# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made of one room: checks, pictures, lessons, repairs, its own answer."""

from __future__ import annotations

import functools
from dataclasses import replace

import pytest
from metaspatial.backend.curate.making import Made, Making, Tools, Wanted
from metaspatial.backend.curate.source import Found
from metaspatial.backend.curate.targets import teach
from metaspatial.backend.dialogue import format_answer, parse_answer
from metaspatial.backend.learn.examples import from_row
from metaspatial.backend.policies.solver import place_all
from metaspatial.backend.rewards.boxes import BoxEngine
from metaspatial.backend.rewards.scorer import Scorer
from metaspatial.backend.scene import Furniture, Layout, Pose, Relation, Scene
from metaspatial.tests.backend.curate.rooms import Blank, Painter, Rooms, room, size_of

PAINTED = functools.partial(Tools, renderer=Painter())
BLANK = functools.partial(Tools, renderer=Blank())
OWN = Painter().render(room(9), Layout(), (24, 24))


def make(what: Scene | Found, tools: object = Tools, *, authentic: bool = False, **wanted: object) -> Made:
    source = Rooms({"r": what}, authentic=authentic)
    return Making(source, Wanted(**{"size": 32, **wanted}), tools)("r")


def too_large() -> Scene:
    return replace(room(), furniture=(Furniture("wardrobe_1", "wardrobe", (4.5, 0.6, 2.0)),), relations=())


@pytest.mark.parametrize(
    ("scene", "reason"),
    [
        (replace(room(), furniture=room().furniture * 2), "the room is not sound: "),
        (replace(room(), furniture=(), relations=()), "there is nothing to arrange"),
        (too_large(), "a piece has no place: "),
    ],
)
@pytest.mark.parametrize("targets", ["lessons", "none"])
def test_rooms_that_can_t_be_arranged_are_dropped(scene: Scene, reason: str, targets: str) -> None:
    made = make(scene, targets=targets)
    assert made.dropped.startswith(reason)
    assert not made.room
    assert not made.examples


def test_fixed_pieces_in_each_other_make_a_bad_room() -> None:
    scene = room()
    fixed = [replace(piece, fixed=True, pose=Pose(1.8, 1.6, piece.size[2] / 2)) for piece in scene.furniture[1:]]
    made = make(replace(scene, furniture=(scene.furniture[0], *fixed), relations=()))
    assert made.dropped


def test_a_lesson_is_the_teachers() -> None:
    made = make(room(), repairs=0.0)
    lesson = teach(room())
    (row,) = made.examples
    example = from_row({**row, "room": "x", "split": "train"}, [])
    assert example.answer == format_answer(lesson.layout, lesson.think, scene=room())
    assert made.room["kind"] == "bedroom"


def test_rooms_alone_have_no_examples() -> None:
    made = make(Found("r", room(), "r", answer=format_answer(teach(room()).layout)), targets="none")
    assert made.room
    assert not made.examples
    assert not made.untaught


def test_what_has_no_lesson_stays_as_a_room_with_the_reason() -> None:
    scene = room()
    both = (*scene.relations, Relation("nightstand_1", "far_from", "bed_1"))
    made = make(replace(scene, relations=both))
    assert made.room
    assert not made.examples
    assert made.untaught[0].startswith("the teacher")


def test_the_solvers_layout_is_taught_with_what_is_true_of_it() -> None:
    made = make(room(), targets="solver", repairs=1.0)
    answer = parse_answer(room(), made.examples[0]["messages"][-1]["content"][0]["text"])
    assert BoxEngine().measure(room(), answer.layout).valid
    assert "nightstand_1 beside bed_1" in answer.think
    assert len(made.examples) == 2


def test_a_repair_shows_the_first_layout() -> None:
    made = make(room(), PAINTED, repairs=1.0)
    first, repaired = made.examples
    assert len(first["images"]) == 1
    assert repaired["images"][0] == first["images"][0] == made.room["picture"]
    pictures = [made.pictures[name] for name in repaired["images"]]
    example = from_row({**repaired, "room": "x", "split": "train"}, pictures)
    spoilt = parse_answer(example.scene, example.messages[2].text)
    assert pictures[1] == Painter().render(example.scene, spoilt.layout, (32, 32))
    scorer = Scorer()
    before = scorer.score(example.scene, spoilt.layout, spoilt.problems).total
    assert scorer.score(example.scene, example.layout).total > before


def test_the_picture_is_of_the_room_with_what_is_fixed() -> None:
    scene = room()
    fixed = replace(scene.furniture[2], fixed=True, pose=Pose(0.6, 2.85, 1.0, 0.0))
    scene = replace(scene, furniture=(*scene.furniture[:2], fixed))
    made = make(scene, PAINTED)
    assert made.pictures[made.room["picture"]] == Painter().render(scene, Layout({fixed.id: fixed.pose}), (32, 32))


def test_a_picture_of_one_flat_colour_drops_the_room() -> None:
    assert make(room(), BLANK).dropped == "its rendered picture can't be used: it is of one flat colour"


@pytest.mark.parametrize(
    ("own", "reason"),
    [(Blank().render(room(), Layout(), (8, 8)), "one flat colour"), (b"\xff\xd8\xff\xe0 a JPEG", "not a PNG")],
)
def test_a_bad_picture_of_the_sources_is_replaced_or_drops_the_room(own: bytes, reason: str) -> None:
    found = Found("r", room(), "r", picture=own)
    assert reason in make(found).dropped
    assert size_of(make(found, PAINTED).pictures[make(found, PAINTED).room["picture"]]) == (32, 32)


def test_a_sources_picture_is_kept_where_nothing_renders_or_it_is_authentic() -> None:
    found = Found("r", room(), "r", picture=OWN)

    def shown(made: Made) -> bytes:
        return made.pictures[made.room["picture"]]

    assert shown(make(found)) == OWN
    assert shown(make(found, PAINTED, authentic=True)) == OWN
    assert size_of(shown(make(found, PAINTED))) == (32, 32)


def test_a_sources_own_answer_is_taught_if_it_is_good() -> None:
    layout = teach(room()).layout
    inside = Layout({id: Pose(1.8, 1.6, pose.z) for id, pose in layout.poses.items()})
    found = Found("r", room(), "r", answer=format_answer(layout, "mine"))
    assert "<think>mine" in make(found, repairs=0.0).examples[1]["messages"][-1]["content"][0]["text"]
    overlapping = replace(found, answer=format_answer(inside))
    assert make(overlapping, repairs=0.0).untaught == ("the source's own answer has physical faults",)
    assert len(make(overlapping, authentic=True, repairs=0.0).examples) == 2
    faulty = make(replace(found, answer="over there"), repairs=0.0)
    assert faulty.untaught[0].startswith("the source's own answer has a fault: ")
    assert len(faulty.examples) == 1


def test_placing_all_is_quick_valid_and_no_clock_s_matter() -> None:
    first, again = place_all(room(5)), place_all(room(5))
    assert first.layout == again.layout
    assert not first.unplaced
    assert BoxEngine().measure(room(5), first.layout).valid
    assert place_all(too_large()).unplaced
