# SPDX-License-Identifier: GPL-3.0-or-later
"""Lessons: valid layouts by one rule, and a reasoning whose numbers are the coordinates."""

from __future__ import annotations

import dataclasses
import re

import pytest
from metaspatial.backend.curate.generate import generate_scene
from metaspatial.backend.curate.targets import derived, teach
from metaspatial.backend.curate.targets.think import clauses
from metaspatial.backend.dialogue import format_answer, parse_answer
from metaspatial.backend.rewards.boxes import BoxEngine
from metaspatial.backend.rewards.relations import satisfaction
from metaspatial.backend.rewards.scorer import Scorer
from metaspatial.backend.scene import Furniture, Opening, Pose, Relation, Room, Scene

BEDROOM = Scene(
    Room(((0, 0), (4, 0), (4, 3.5), (0, 3.5)), 2.6, (Opening("door_1", "door", 0, 3.0, 0.8, 2.1, swing="in"),)),
    (
        Furniture("nightstand_1", "nightstand", (0.45, 0.4, 0.55)),
        Furniture("bed_1", "bed", (1.4, 2.1, 0.9)),
        Furniture("lamp_1", "table_lamp", (0.2, 0.2, 0.45), "on"),
        Furniture("desk_1", "desk", (1.2, 0.6, 0.75)),
        Furniture("chair_1", "chair", (0.5, 0.5, 0.9)),
    ),
    (
        Relation("nightstand_1", "left_of", "bed_1", adjacent=True),
        Relation("lamp_1", "on", "nightstand_1"),
        Relation("desk_1", "against", "east_wall"),
        Relation("chair_1", "in_front_of", "desk_1", adjacent=True),
    ),
    name="bedroom",
)


def scenes(count: int, first: int = 40_000):
    return (generate_scene(first + k, pieces=(3, 12)) for k in range(count))


def spans(think: str):
    """What each clause takes, and the spans that must be just that long, with their middles in their middles."""
    number = r"(-?[\d.]+)"
    for line in think.splitlines():
        takes = re.search(rf", takes {number} by {number},", line)
        told = re.findall(
            rf", [xy] {number} to {number} mid {number}|, [xy] mid {number} from {number} to {number}", line
        )
        if takes is None:
            assert not told, line
            continue
        for side, (begin, end, middle, other, low, high) in zip(takes.groups(), told, strict=True):
            one, two, between = sorted(float(part) for part in (begin or low, end or high, middle or other))
            assert two == pytest.approx((one + between) / 2, abs=1.1e-3)
            assert between - one == pytest.approx(float(side), abs=2e-3)
            yield one, two, between


def check(scene: Scene) -> bool:
    """Whether the scene has a lesson; every lesson is right in every way but some relations."""
    lesson = teach(scene)
    if lesson is None:
        return False
    assert set(lesson.layout) == {piece.id for piece in scene.furniture}
    assert BoxEngine().measure(scene, lesson.layout).valid
    assert Scorer().score(scene, lesson.layout).physics == 1.0
    missed = tuple(r for r in scene.relations if satisfaction(scene, lesson.layout, r).grade < 1.0)
    assert lesson.unmet == missed
    told = derived(scene, lesson.think)
    assert all(low < middle < high for low, middle, high in spans(lesson.think))
    assert list(told) == [id for id in lesson.layout if not scene.piece(id).fixed]
    for id, pose in told.poses.items():
        assert dataclasses.astuple(pose) == pytest.approx(dataclasses.astuple(lesson.layout[id]), abs=6e-4)
    answer = parse_answer(scene, format_answer(lesson.layout, lesson.think, scene=scene))
    assert not answer.problems
    assert answer.think == lesson.think
    assert BoxEngine().measure(scene, answer.layout).valid
    return True


def test_a_bedroom_is_arranged_by_the_rule():
    lesson = teach(BEDROOM)
    assert not lesson.unmet
    assert list(lesson.layout) == ["desk_1", "chair_1", "bed_1", "nightstand_1", "lamp_1"]
    lines = clauses(lesson.think)
    assert lines["desk_1"] == "desk_1 at east_wall, takes 0.7 by 1.3, x 4 to 3.3 mid 3.65, y 0.8 to 2.1 mid 1.45"
    assert lines["nightstand_1"].startswith("nightstand_1 left of bed_1 at ")
    assert ", y mid 1.45 from " in lines["chair_1"], "it is before the desk's middle, which the reader knows"
    assert ", top 0.55" in lines["lamp_1"]


def test_the_same_scene_has_the_same_lesson():
    for scene in scenes(5):
        again = dataclasses.replace(scene)
        assert teach(scene) == dataclasses.replace(teach(again), scene=scene)


def test_lessons_are_valid_and_their_reasoning_gives_the_coordinates():
    assert sum(check(scene) for scene in scenes(30)) >= 27


@pytest.mark.slow
def test_a_thousand_lessons_are_valid():
    assert sum(check(scene) for scene in scenes(1000, 50_000)) >= 950


def test_what_stands_is_on_the_grid_and_square():
    for scene in scenes(8, 41_000):
        lesson = teach(scene)
        for id, pose in lesson.layout.poses.items() if lesson else ():
            assert pose.rotation % 90 == 0
            if scene.piece(id).mount == "floor":
                assert pose.x / 0.05 == pytest.approx(round(pose.x / 0.05), abs=1e-6)
                assert pose.y / 0.05 == pytest.approx(round(pose.y / 0.05), abs=1e-6)


def test_fixed_pieces_stay_and_are_gone_round():
    bed = dataclasses.replace(BEDROOM.piece("bed_1"), fixed=True, pose=Pose(1.1, 1.3, 0.45, 30.0))
    scene = dataclasses.replace(
        BEDROOM, furniture=(bed, *(p for p in BEDROOM.furniture if p.id != "bed_1")), relations=()
    )
    lesson = teach(scene)
    assert lesson.layout["bed_1"] == bed.pose
    assert "bed_1" not in clauses(lesson.think)
    assert BoxEngine().measure(scene, lesson.layout).valid


def test_a_room_too_small_has_no_lesson():
    room = dataclasses.replace(BEDROOM.room, floor=((0, 0), (4, 0), (4, 1.5), (0, 1.5)))
    assert teach(dataclasses.replace(BEDROOM, room=room)) is None
