# SPDX-License-Identifier: GPL-3.0-or-later
"""The reasoning of a lesson, one clause a piece in the order of placing, and back from its numbers to the poses.

    bed_1 at north_wall, x 0 mid 0.75 to 1.5, y 1.8 mid 2.9 to 4
    nightstand_1 left of bed_1 at north_wall, x 1.5 mid 1.75 to 2, y 3.5 mid 3.75 to 4
    table_lamp_1 on nightstand_1 rotation 0, x 1.75, y 3.75, top 0.55
    desk_1 under a window at east_wall, x 3.3 mid 3.65 to 4, y 1 mid 1.7 to 2.4
    chair_1 in front of desk_1 rotation 90, x 2.6 mid 2.95 to 3.3, y 1.35 mid 1.7 to 2.05
    painting_1 above bed_1 at north_wall, x 0.75, y 3.98, z 1.5

A clause says where and why, which way the piece looks (by the wall at its back, else in degrees), and the spans that it
takes with their middles, its centre: each of the three numbers is the one before it and half of the span. What is on
another has its centre and the top that it stands on; what hangs on a wall has its centre.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...dialogue.wording import number
from ...scene import Furniture, Layout, Pose, Scene
from ...scene.geometry import walls
from .board import Board


class Step(NamedTuple):
    """One piece placed: its number, the wall at its back (-1: none), and why it is there."""

    piece: int
    wall: int
    words: str


def think_of(steps: Sequence[Step], board: Board) -> str:
    """The clauses of all steps, one a line."""
    return "\n".join(_clause(step, board) for step in steps)


def derived(scene: Scene, think: str) -> Layout:
    """The poses that the clauses' numbers give; raises ValueError for a clause that is none."""
    square = (wall for wall in walls(scene.room) if abs(wall.inward[0] * wall.inward[1]) < 1e-6)
    facing = {wall.name: wall.facing for wall in square}
    poses: dict[str, Pose] = {}
    for line in think.splitlines():
        match = _CLAUSE.fullmatch(line)
        if match is None:
            raise ValueError(f"no clause: {line!r}")
        piece = scene.piece(match["id"])
        half = piece.size[2] / 2
        x, y = (float(match[f"{axis}_mid"] or match[axis]) for axis in "xy")
        rotation = facing[match["wall"]] if match["wall"] else float(match["rotation"])
        if match["z"]:
            z = float(match["z"])
        elif match["top"]:
            z = float(match["top"]) + half
        else:
            z = scene.room.height - half if piece.mount == "ceiling" else half
        poses[piece.id] = Pose(round(x, 4), round(y, 4), z, rotation)
    return Layout(poses)


_NUMBER = r"-?\d+(?:\.\d+)?"
_CLAUSE = re.compile(
    r"(?P<id>\w+)(?: [a-z]\w*)*?(?: at (?P<wall>[a-z]+_wall)| rotation (?P<rotation>\d+(?:\.\d+)?))"
    + "".join(
        rf", {axis} (?P<{axis}>{_NUMBER})(?: mid (?P<{axis}_mid>{_NUMBER}) to (?P<{axis}_to>{_NUMBER}))?"
        for axis in "xy"
    )
    + rf"(?:, z (?P<z>{_NUMBER})|, top (?P<top>{_NUMBER}))?"
)


def clauses(think: str) -> dict[str, str]:
    """The clause of each piece."""
    return {line.partition(" ")[0]: line for line in think.splitlines()}


def clause_at(clause: str, piece: Furniture, old: Pose, new: Pose) -> str:
    """The clause of a piece at `old`, for it standing at `new` for the same reason.

    A piece turned away from its wall has the rotation in the wall's stead.
    """
    match = _CLAUSE.fullmatch(clause)
    if match is None:
        raise ValueError(f"no clause: {clause!r}")
    head = clause[: match.start("x") - len(", x ")]
    if new.rotation != old.rotation:
        facing = f" at {match['wall']}" if match["wall"] else f" rotation {match['rotation']}"
        head = f"{head.removesuffix(facing)} rotation {number(new.rotation)}"
    half = [(float(match[f"{a}_to"]) - float(match[a])) / 2 if match[f"{a}_to"] else 0.0 for a in "xy"]
    if round((new.rotation - old.rotation) / 90.0) % 2:
        half.reverse()
    where = [
        _span(axis, middle - side, middle + side) if side else f"{axis} {number(middle)}"
        for axis, middle, side in zip("xy", (new.x, new.y), half, strict=True)
    ]
    if match["z"]:
        where.append(f"z {number(new.z)}")
    elif match["top"]:
        where.append(f"top {number(new.z - piece.size[2] / 2)}")
    return ", ".join([head, *where])


def _clause(step: Step, board: Board) -> str:
    i = step.piece
    piece, pose, mount = board.problem.pieces[i], board.poses[i], board.mounts[i]
    why = [piece.id, *([step.words] if step.words else [])]
    if step.wall >= 0:
        why.append(f"at {board.problem.walls[step.wall].name}")
    else:
        why.append(f"rotation {number(float(np.round(pose[3])) % 360.0)}")
    if mount in ("wall", "on"):
        where = [f"{axis} {number(float(value))}" for axis, value in zip("xy", pose, strict=False)]
        if mount == "wall":
            where.append(f"z {number(float(pose[2]))}")
        else:
            where.append(f"top {number(float(pose[2] - board.problem.height[i] / 2))}")
    else:
        spans = zip("xy", board.low[i], board.high[i], strict=False)
        where = [_span(axis, float(low), float(high)) for axis, low, high in spans]
    return ", ".join([" ".join(why), *where])


def _span(axis: str, low: float, high: float) -> str:
    return f"{axis} {number(low)} mid {number((low + high) / 2)} to {number(high)}"
