# SPDX-License-Identifier: GPL-3.0-or-later
"""Lessons from seeds, and lessons in repairing."""

from __future__ import annotations

from metaspatial.backend.curate.targets import derived, lesson_of, lessons, repair, spoilt
from metaspatial.backend.dialogue import parse_answer
from metaspatial.backend.rewards.scorer import Scorer


def test_lessons_are_those_of_their_seeds():
    first = list(lessons(3, 100, (3, 6)))
    again = list(lessons(2, 101, (3, 6)))
    assert [one.layout for one in first[1:]] == [one.layout for one in again]
    assert len({one.scene.name for one in first}) == 3


def test_a_curriculum_begins_with_few_pieces_in_rectangles():
    easy, *_, hard = lessons(6, 7, (3, 12), curriculum=1.0)
    assert len(easy.scene.furniture) <= 4
    assert len(easy.scene.room.floor) == 4
    assert len(hard.scene.furniture) <= 12


def test_dropped_scenes_are_told_and_replaced():
    dropped: list[int] = []
    made = list(lessons(12, 700_010, (9, 12), on_dropped=dropped.append))
    assert len(made) == 12
    assert all(number >= 1 for number in dropped)


def test_a_repair_begins_with_faults_and_ends_with_the_lesson():
    faults = set()
    for seed in range(12):
        lesson, _ = lesson_of(500 + seed)
        made = repair(lesson, seed)
        if made is None:
            continue
        faults.add(made.fault)
        scene = lesson.scene
        first = parse_answer(scene, made.dialogue.messages[-2].text)
        score = Scorer().score(scene, first.layout, first.problems)
        assert score.issues
        answer = parse_answer(scene, made.answer)
        assert not answer.problems
        assert Scorer().score(scene, answer.layout, answer.problems).total > score.total
        assert made.mended
        assert all(id in answer.think.splitlines()[0] for id in made.mended)
        told = derived(scene, "\n".join(answer.think.splitlines()[1:]))
        assert set(told) == set(made.mended)
        kept = set(first.layout) - set(made.mended)
        assert all(first.layout[id] == answer.layout[id] for id in kept)
    assert len(faults) >= 3


def test_a_repair_is_the_same_for_the_same_seed():
    lesson, _ = lesson_of(321)
    assert repair(lesson, 5) == repair(lesson, 5)
    assert any(repair(lesson, seed) != repair(lesson, 5) for seed in range(6, 9))


def test_what_is_spoilt_is_worse_and_the_pieces_are_named():
    lesson, _ = lesson_of(322)
    found = spoilt(lesson, 1)
    assert found is not None
    _, layout, mended, first, best = found
    assert first < best
    assert {id for id in lesson.layout if layout.get(id) != lesson.layout[id]} == set(mended)
