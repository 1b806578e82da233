# SPDX-License-Identifier: GPL-3.0-or-later
"""Lessons in correcting oneself: a first answer with faults, the feedback that the product gives to it, and the repair.

The repair is the lesson's own layout. What was right in the first answer stands there already, so only what was spoilt
moves, and it moves to where the rule puts it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ...dialogue import Dialogue, format_answer, open_dialogue, parse_answer, with_feedback
from ...rewards.scorer import Scorer
from ...scene import Layout, Pose, Scene
from ..generate.dice import Dice
from .teacher import Lesson
from .think import clause_at, clauses

LEAST_LOSS = 0.02
"""By how much the first answer's total score is below the repair's at least."""
_TRIES = 12


@dataclass(frozen=True, slots=True)
class Repair:
    """A dialogue up to the feedback, and the answer that should follow.

    `fault` is what was done to the first answer, `mended` the pieces that move, `first` and `best` both total scores.
    """

    dialogue: Dialogue
    answer: str
    layout: Layout
    fault: str
    mended: tuple[str, ...]
    first: float
    best: float


def repair(
    lesson: Lesson, seed: int, *, pictures: tuple[bytes, bytes] | None = None, scorer: Scorer | None = None
) -> Repair | None:
    """A repair made of a lesson: the same for the same seed; None where nothing that was spoilt made it worse.

    `pictures` are PNGs of the room as it is and of the first answer, whose layout `spoilt` tells beforehand.
    """
    scorer = scorer or Scorer()
    found = spoilt(lesson, seed, scorer=scorer)
    if found is None:
        return None
    fault, layout, mended, first, best = found
    before, after = pictures or (None, None)
    dialogue = open_dialogue(lesson.scene, before)
    told = clauses(lesson.think)
    lines = []
    for id, clause in told.items():
        pose = layout.get(id)
        if pose is not None:
            same = pose == lesson.layout[id]
            lines.append(clause if same else clause_at(clause, lesson.scene.piece(id), lesson.layout[id], pose))
    text = format_answer(layout, "\n".join(lines), scene=lesson.scene)
    answer = parse_answer(lesson.scene, text)
    score = scorer.score(lesson.scene, answer.layout, answer.problems)
    dialogue = with_feedback(dialogue, text, answer.layout, score, after)
    think = "\n".join([f"mend {', '.join(mended)}", *(clause for id, clause in told.items() if id in mended)])
    return Repair(
        dialogue, format_answer(lesson.layout, think, scene=lesson.scene), lesson.layout, fault, mended, first, best
    )


def spoilt(
    lesson: Lesson, seed: int, *, scorer: Scorer | None = None
) -> tuple[str, Layout, tuple[str, ...], float, float] | None:
    """The fault, the layout of the first answer, the pieces that it moved or left out, and both total scores."""
    scorer = scorer or Scorer()
    dice = Dice(f"metaspatial repair {lesson.scene.name} {seed}")
    best = scorer.score(lesson.scene, lesson.layout).total
    for _ in range(_TRIES):
        fault = dice.pick(tuple(_FAULTS))
        poses = dict(lesson.layout.poses)
        _FAULTS[fault](dice, lesson.scene, poses)
        if dice.chance(0.25):
            _move(dice, lesson.scene, poses)
        layout = Layout(poses)
        mended = tuple(id for id in lesson.layout if poses.get(id) != lesson.layout[id])
        if mended:
            text = format_answer(layout, scene=lesson.scene)
            read = parse_answer(lesson.scene, text)
            first = scorer.score(lesson.scene, read.layout, read.problems).total
            if first < best - LEAST_LOSS:
                return fault, layout, mended, first, best
    return None


# What is done to a right answer. Each changes `poses` in place.

_Poses = dict[str, Pose]


def _ids(scene: Scene, poses: _Poses, *, standing: bool = False) -> list[str]:
    return [piece.id for piece in scene.movable if piece.id in poses and (piece.mount == "floor" or not standing)]


def _shift(scene: Scene, poses: _Poses, id: str, dx: float, dy: float) -> None:
    """Move a piece on the grid, and what stands on it with it."""
    for other in (id, *(r.subject for r in scene.relations if r.predicate == "on" and r.anchor == id)):
        pose = poses.get(other)
        if pose is not None and not scene.piece(other).fixed:
            poses[other] = replace(pose, x=round(pose.x + dx, 4), y=round(pose.y + dy, 4))


def _move(dice: Dice, scene: Scene, poses: _Poses) -> None:
    ids = _ids(scene, poses, standing=True)
    for id in dice.shuffled(ids)[: dice.whole(1, 2)]:
        _shift(scene, poses, id, dice.between(-0.8, 0.8, 0.05), dice.between(-0.8, 0.8, 0.05))


def _onto(dice: Dice, scene: Scene, poses: _Poses) -> None:
    """Into another piece."""
    ids = dice.shuffled(_ids(scene, poses, standing=True))
    if len(ids) > 1:
        at = poses[ids[1]]
        dx = at.x - poses[ids[0]].x + dice.between(-0.4, 0.4, 0.05)
        dy = at.y - poses[ids[0]].y + dice.between(-0.4, 0.4, 0.05)
        _shift(scene, poses, ids[0], dx, dy)


def _swap(dice: Dice, scene: Scene, poses: _Poses) -> None:
    ids = dice.shuffled(_ids(scene, poses, standing=True))
    if len(ids) > 1:
        a, b = poses[ids[0]], poses[ids[1]]
        poses[ids[0]] = replace(b, z=a.z)
        poses[ids[1]] = replace(a, z=b.z)


def _outside(dice: Dice, scene: Scene, poses: _Poses) -> None:
    ids = _ids(scene, poses, standing=True)
    if ids:
        id = dice.pick(ids)
        length, width = scene.room.extent
        pose, reach = poses[id], dice.between(0.0, 0.4, 0.05)
        x, y = dice.pick(((-reach, pose.y), (length + reach, pose.y), (pose.x, -reach), (pose.x, width + reach)))
        _shift(scene, poses, id, round(x - pose.x, 2), round(y - pose.y, 2))


def _leave_out(dice: Dice, scene: Scene, poses: _Poses) -> None:
    ids = _ids(scene, poses)
    for id in dice.shuffled(ids)[: dice.whole(1, 2) if len(ids) > 4 else 1]:
        del poses[id]


def _turn(dice: Dice, scene: Scene, poses: _Poses) -> None:
    ids = _ids(scene, poses, standing=True)
    if ids:
        id = dice.pick(ids)
        turn = dice.pick((90.0, 180.0, 270.0))
        poses[id] = replace(poses[id], rotation=(poses[id].rotation + turn) % 360.0)


def _lift(dice: Dice, scene: Scene, poses: _Poses) -> None:
    """At a wrong height: its top for its middle, or on the floor what stands on another."""
    ids = _ids(scene, poses)
    if ids:
        piece = scene.piece(dice.pick(ids))
        pose = poses[piece.id]
        z = piece.size[2] / 2 if piece.mount in ("on", "wall", "ceiling") else piece.size[2]
        poses[piece.id] = replace(pose, z=round(z, 4))


_FAULTS: dict[str, Callable[[Dice, Scene, _Poses], None]] = {
    "moved": _move,
    "onto another": _onto,
    "swapped": _swap,
    "outside": _outside,
    "left out": _leave_out,
    "turned": _turn,
    "at a wrong height": _lift,
}
