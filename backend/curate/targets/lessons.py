# SPDX-License-Identifier: GPL-3.0-or-later
"""Lessons without end, from seeds: generated scenes, turned and mirrored, and what the teacher makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...workers import fan_out
from ..generate.dice import Dice
from ..generate.generate import draw_scene
from .augment import symmetries
from .teacher import Lesson, teach

ATTEMPTS = 40
"""Scenes of one seed that are drawn until one is taught."""
_BATCH = 40
_BATCHES = 8


@dataclass(frozen=True, slots=True)
class Course:
    """What the scenes of lessons are like: the least and most pieces, and the share of rooms that are made rectangles
    (the room types' own share of angular rooms holds for the rest)."""

    pieces: tuple[int, int] = (3, 12)
    rectangular: float = 0.0

    def at(self, progress: float) -> Course:
        """The course at a stage of a curriculum: from the fewest pieces in rectangles (0) to all there is (1)."""
        least, most = self.pieces
        most = min(most, least + 1 + round((most - least) * progress))
        return Course((least, most), 1.0 - (1.0 - self.rectangular) * progress)


def lesson_of(seed: int, course: Course = Course()) -> tuple[Lesson, int]:
    """The lesson of a seed, and how many scenes were dropped before it as the teacher had no lesson for them.

    Raises RuntimeError where none of `ATTEMPTS` scenes has one.
    """
    dice = Dice(f"metaspatial lesson {seed}")
    plain = dice.chance(course.rectangular)
    turn = dice.whole(0, 7)
    dropped = 0
    for attempt in range(ATTEMPTS):
        scene = draw_scene(seed, pieces=course.pieces, attempt=attempt).scene
        if plain and (len(scene.room.floor) > 4 or _askew(scene.room.floor)):
            continue
        lesson = teach(symmetries(scene)[turn])
        if lesson is not None:
            return lesson, dropped
        dropped += 1
    raise RuntimeError(f"seed {seed}: no lesson in {ATTEMPTS} scenes")


def lessons(
    count: int,
    seed: int = 0,
    pieces: tuple[int, int] = (3, 12),
    *,
    rectangular: float = 0.0,
    curriculum: float = 0.0,
    workers: int = 0,
    on_dropped: Callable[[int], None] = lambda number: None,
) -> Iterator[Lesson]:
    """`count` lessons, those of the seeds from `seed` on; the same for the same arguments, whatever `workers` is.

    Over the first `curriculum` share of them, scenes grow from few pieces in rectangles to what the arguments say.
    `on_dropped` gets the numbers of scenes that had no lesson and were replaced.
    """
    course = Course(pieces, rectangular)
    grown = curriculum * count
    jobs = [(seed + k, course.at(min(1.0, k / grown)) if grown else course) for k in range(count)]
    batches = [jobs[k : k + _BATCH] for k in range(0, count, _BATCH)]
    window = max(1, workers) * _BATCHES
    for k in range(0, len(batches), window):
        for outcome in fan_out(_batch, batches[k : k + window], workers=workers):
            if outcome.result is None:
                raise RuntimeError(outcome.error)
            for lesson, dropped in outcome.result:
                if dropped:
                    on_dropped(dropped)
                yield lesson


def _batch(jobs: list[tuple[int, Course]]) -> list[tuple[Lesson, int]]:
    return [lesson_of(seed, course) for seed, course in jobs]


def _askew(floor: tuple[tuple[float, float], ...]) -> bool:
    return any(a[0] != b[0] and a[1] != b[1] for a, b in zip(floor, (*floor[1:], floor[0]), strict=True))
