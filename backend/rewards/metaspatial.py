# SPDX-License-Identifier: GPL-3.0-or-later
"""The score that MetaSpatial published (arXiv 2503.18470), for comparison only: nothing here steers anything.

    total = 0.5 F + S/50 - 0.2 C - 0.2 V

F, the format: 0 when the text is not a think block and then an answer block, 0.1 when the answer is no JSON, 0.5 when
it has another number of entries than there are pieces to place, else 1. Below 1 the total is 0.5 F. S, the sum of a
judge's five grades, each cut to a whole number; 10 doubles as the code for an answer of the wrong shape and 0 as the
code for failures, and at either the total is 0.5 + S/50 without any physics. C, the share of overlapping pairs among
the furniture *and six planes*: the walls, floor and ceiling. V, the share of pieces none of whose relations is met
exactly.

All of it is reproduced with its faults (`docs/rewards.md` shows what they pay). What is ours: a scene's relations are
read as their prepositions (`prepositions` has the table); those without an equivalent are left out, and a piece left
without any is a violation, as in theirs. Theirs takes yaws from the data; here the layout has them. A yaw within
`SQUARE` of a quarter turn is that quarter turn; any other is none in C, as in theirs, and the nearest in V, where
theirs crashes. Fixed pieces count in C and as anchors, and are not asked for. Pieces that aren't answered keep the pose
that the scene carries, as theirs keep the reference's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..scene import Furniture, Layout, Pose, Scene
from ..scene.model import Vector3
from .places import mounts_in
from .prepositions import Block, is_within, regions

FORMAT, RENDER, COLLISION, CONSTRAINT = 0.5, 1 / 50, 0.2, 0.2
"""Weights of F, S, C and V."""
ELEMENTS = 6
"""The room's planes, which count as objects among the pairs."""
TOUCHING = 1e-3
"""Metres by which boxes may overlap."""
THIN = 40.0
"""Longest side over shortest, from which on an object is never tested."""
SQUARE = 0.01
"""Degrees that a yaw may be off a quarter turn."""
FAILED, WRONG_SHAPE = 0, 10
"""Sums of grades that mean something else."""

Bounds = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MetaSpatialScore:
    """The published score of one answer and its terms: F, S/50, C and V; None where theirs does not get that far.

    `total` is None when it depends on grades that were not given, and where theirs crashes. `total_without_render`
    leaves S out and is never to be compared with totals that have it; it is None only where theirs crashes. `note` says
    why the formula ended early.
    """

    total: float | None
    format: float
    render: float | None = None
    collision_ratio: float | None = None
    constraint_ratio: float | None = None
    total_without_render: float | None = None
    note: str = ""


def metaspatial_score(
    scene: Scene,
    layout: Layout,
    answer_text: str | None = None,
    grades: Sequence[float | None] | None = None,
) -> MetaSpatialScore:
    """The published score of an answer's text, or of a layout as though it had been answered faultlessly.

    With a text, positions are the text's, read as theirs reads them, and only yaws the layout's. `grades` are the
    judge's five, 1…10, None for "unknown"; without `grades` the judge's term is missing, while an empty sequence says
    that the judge failed, which in theirs is a number. Raises nothing.
    """
    if answer_text is None:
        entries: Any = [
            {"new_object_id": piece.id, "x": pose.x, "y": pose.y, "z": pose.z}
            for piece in scene.movable
            if (pose := layout.get(piece.id)) is not None
        ]
        form = 1.0 if len(entries) == len(scene.movable) else 0.5
    else:
        form, entries = _read(answer_text, len(scene.movable))
    if form is None:
        return MetaSpatialScore(None, 0.1, note="the original crashes: the answer is a bare number")
    if form < 1.0:
        return _ended(form, FORMAT * form, None, "the answer's form")
    if not isinstance(entries, list):
        entries = [entries]
    if not entries or len(entries) != len(scene.movable):
        return _ended(form, FORMAT + WRONG_SHAPE * RENDER, WRONG_SHAPE, "an answer of the wrong shape")
    centers = _patched(scene, entries)
    if centers is None:
        return _ended(form, FORMAT + FAILED * RENDER, FAILED, "an unknown id or an entry without coordinates")
    total = None if grades is None else sum(int(grade) for grade in grades if grade is not None)
    return _measured(scene, layout, centers, total)


def collision_ratio(scene: Scene, layout: Layout) -> float:
    """C of a layout."""
    return _collisions(scene, _centers(scene, layout), _turned(scene, layout))


def constraint_ratio(scene: Scene, layout: Layout) -> float:
    """V of a layout."""
    return _violations(scene, _centers(scene, layout), _turned(scene, layout))


def _measured(scene: Scene, layout: Layout, centers: Mapping[str, Any], total: int | None) -> MetaSpatialScore:
    """The formula from where the judge has been asked; `total` is S, None when nobody asked."""
    coded = total in (FAILED, WRONG_SHAPE)
    note = f"the grades sum to {total}, which is taken for a failure" if coded else ""
    try:
        numbers = {id: (float(x + 0.0), float(y + 0.0), float(z + 0.0)) for id, (x, y, z) in centers.items()}
    except (TypeError, OverflowError):
        if coded:
            return _ended(1.0, FORMAT + (total or 0) * RENDER, total, note)
        return MetaSpatialScore(None, 1.0, note="the original crashes: a coordinate is not a number")
    turns = _turned(scene, layout)
    collisions, violations = _collisions(scene, numbers, turns), _violations(scene, numbers, turns)
    without = FORMAT - COLLISION * collisions - CONSTRAINT * violations
    if total is None:
        return MetaSpatialScore(None, 1.0, None, collisions, violations, without)
    render = total * RENDER
    if coded:
        return MetaSpatialScore(FORMAT + render, 1.0, render, collisions, violations, FORMAT, note)
    return MetaSpatialScore(without + render, 1.0, render, collisions, violations, without)


def _ended(form: float, total: float, grades: int | None, why: str) -> MetaSpatialScore:
    render = None if grades is None else grades * RENDER
    return MetaSpatialScore(total, form, render, total_without_render=FORMAT * form, note=f"ended early: {why}")


def _read(text: str, wanted: int) -> tuple[float | None, Any]:
    """F and the parsed answer; F is None where theirs crashes."""
    body = text.strip()
    if not (body.startswith("<think>") and body.endswith("</answer>")):
        return 0.0, None
    if not re.search(r"</think>\s*<answer>", body[len("<think>") : -len("</answer>")]):
        return 0.0, None
    answer = body.partition("<answer>")[2].partition("</answer>")[0]
    try:
        data = json.loads(answer.strip())
    except (ValueError, RecursionError):
        return 0.1, None
    if data is None:
        return 0.1, None
    if isinstance(data, bool | int | float):
        return None, None
    return 1.0 if len(data) == wanted else 0.5, data


def _patched(scene: Scene, entries: list[Any]) -> dict[str, tuple[Any, Any, Any]] | None:
    """Centres of everything after the answer, whatever its values; None where theirs gives up."""
    centers: dict[str, tuple[Any, Any, Any]] = {
        piece.id: (piece.pose.x, piece.pose.y, piece.pose.z) for piece in scene.furniture if piece.pose is not None
    }
    known = {piece.id for piece in scene.movable}
    for entry in entries:
        if not isinstance(entry, dict) or not {"new_object_id", "x", "y", "z"} <= entry.keys():
            return None
        id = entry["new_object_id"]
        if not isinstance(id, str) or id not in known:
            return None
        centers[id] = entry["x"], entry["y"], entry["z"]
    return centers


def _centers(scene: Scene, layout: Layout) -> dict[str, Vector3]:
    fixed = {piece.id: piece.pose for piece in scene.fixed}
    poses = {piece.id: fixed.get(piece.id) or layout.get(piece.id) for piece in scene.furniture}
    return {id: (pose.x, pose.y, pose.z) for id, pose in poses.items() if pose is not None}


def _turned(scene: Scene, layout: Layout) -> dict[str, float]:
    """Every piece's yaw in degrees: the layout's, or else the scene's."""

    def pose(piece: Furniture) -> Pose | None:
        return piece.pose if piece.fixed else layout.get(piece.id) or piece.pose

    return {piece.id: one.rotation if (one := pose(piece)) else 0.0 for piece in scene.furniture}


def _half(piece: Furniture, turns: int) -> Vector3:
    length, width, height = piece.size
    return (width / 2, length / 2, height / 2) if turns % 2 else (length / 2, width / 2, height / 2)


def _quarters(rotation: float) -> int:
    return round(rotation / 90.0) % 4


def _collisions(scene: Scene, centers: Mapping[str, Vector3], rotations: Mapping[str, float]) -> float:
    objects = len(scene.furniture) + ELEMENTS
    boxes = list(_planes(scene))
    for piece in scene.furniture:
        if piece.id in centers and max(piece.size) < THIN * min(piece.size):
            rotation = rotations[piece.id]
            square = abs((rotation + 45.0) % 90.0 - 45.0) <= SQUARE
            half = np.array(_half(piece, _quarters(rotation) if square else 0))
            center = np.array(centers[piece.id], float)
            boxes.append(np.array((center - half, center + half), float))
    bounds = np.array(boxes)
    with np.errstate(invalid="ignore"):  # infinity less infinity overlaps nothing
        reach = bounds[None, :, 1] - bounds[:, None, 0]  # of the second's upper side beyond the first's lower
    inside = (reach > TOUCHING) & (reach.transpose(1, 0, 2) > TOUCHING)
    colliding = np.count_nonzero(np.triu(inside.all(-1), 1))
    return float(colliding / (objects * (objects - 1) / 2))


def _planes(scene: Scene) -> tuple[Bounds, ...]:
    """The lower and upper corner of each wall, the floor and the ceiling."""
    length, width = scene.room.extent
    height = scene.room.height
    corners = (
        ((0, 0, 0), (length, 0, height)),
        ((0, width, 0), (length, width, height)),
        ((0, 0, 0), (0, width, height)),
        ((length, 0, 0), (length, width, height)),
        ((0, 0, 0), (length, width, 0)),
        ((0, 0, height), (length, width, height)),
    )
    return tuple(np.array(each, float) for each in corners)


def _violations(scene: Scene, centers: Mapping[str, Vector3], rotations: Mapping[str, float]) -> float:
    if not scene.movable:
        return 0.0
    mounts = mounts_in(scene)
    blocks = {}
    for piece in scene.furniture:
        if piece.id in centers:
            turns = _quarters(rotations[piece.id])
            blocks[piece.id] = Block(centers[piece.id], _half(piece, turns), turns, mounts[piece.id] == "floor")
    wrong = 0
    for piece in scene.movable:
        if piece.id in blocks:
            allowed = (regions(scene, blocks, one) or () for one in scene.relations if one.subject == piece.id)
            met = any(is_within(centers[piece.id], region) for some in allowed for region in some)
            wrong += not met
    return wrong / len(scene.movable)
