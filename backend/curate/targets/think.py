# SPDX-License-Identifier: GPL-3.0-or-later
"""The reasoning of a lesson, one clause a piece in the order of placing, and back from its numbers to the poses.

    bed_1 at north_wall, takes 1.5 by 2.2, x 1.5 to 0 mid 0.75, y 4 to 1.8 mid 2.9
    nightstand_1 left of bed_1 at north_wall, takes 0.5 by 0.5, x 1.5 to 2 mid 1.75, y 4 to 3.5 mid 3.75
    table_lamp_1 on nightstand_1 rotation 0, x 1.75, y 3.75, top 0.55
    desk_1 under a window at east_wall, takes 0.7 by 1.4, x 4 to 3.3 mid 3.65, y 1 to 2.4 mid 1.7
    chair_1 in front of desk_1 rotation 90, takes 0.7 by 0.7, x 3.3 to 2.6 mid 2.95, y mid 1.7 from 1.35 to 2.05
    painting_1 above bed_1 at north_wall, x 0.75, y 3.98, z 1.5

A clause says where and why, which way the piece looks (by the wall at its back, else in degrees), what it takes along x
and y, and its spans. A span begins where something is that the reader knows, and ends where the piece ends; its middle
comes last, and is the piece's centre. So each number is one that stands somewhere already, or follows from the two
before it. What is on another has its centre and the top that it stands on; what hangs on a wall has its centre.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...dialogue.wording import number
from ...scene import Furniture, Layout, Pose, Scene
from ...scene.geometry import Wall, walls
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
        x, y = (_middle(match, axis) for axis in "xy")
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
    + rf"(?:, takes {_NUMBER} by {_NUMBER})?"
    + "".join(
        rf", {axis} (?:mid (?P<{axis}_about>{_NUMBER}) from (?P<{axis}_low>{_NUMBER}) to (?P<{axis}_high>{_NUMBER})"
        rf"|(?P<{axis}>{_NUMBER})(?: to (?P<{axis}_to>{_NUMBER}) mid (?P<{axis}_mid>{_NUMBER}))?)"
        for axis in "xy"
    )
    + rf"(?:, z (?P<z>{_NUMBER})|, top (?P<top>{_NUMBER}))?"
)


def _middle(match: re.Match[str], axis: str) -> float:
    return float(match[f"{axis}_mid"] or match[f"{axis}_about"] or match[axis])


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
    head = clause[: match.end("wall" if match["wall"] else "rotation")]
    if new.rotation != old.rotation:
        facing = f" at {match['wall']}" if match["wall"] else f" rotation {match['rotation']}"
        head = f"{head.removesuffix(facing)} rotation {number(new.rotation)}"
    way, half = zip(*(_half(match, axis) for axis in "xy"), strict=True)
    if round((new.rotation - old.rotation) / 90.0) % 2:
        half = half[::-1]
    spans = [(middle - side, middle + side) for middle, side in zip((new.x, new.y), half, strict=True)]
    if any(half):
        where = [taken(spans), *(_told(axis, *both, w) for axis, both, w in zip("xy", spans, way, strict=True))]
    else:
        where = [f"{axis} {number(middle)}" for axis, middle in zip("xy", (new.x, new.y), strict=True)]
    if match["z"]:
        where.append(f"z {number(new.z)}")
    elif match["top"]:
        where.append(f"top {number(new.z - piece.size[2] / 2)}")
    return ", ".join([head, *where])


def taken(spans: Sequence[Sequence[float]]) -> str:
    """What spans (2, 2) along x and y take."""
    along_x, along_y = (number(high - low) for low, high in spans)
    return f"takes {along_x} by {along_y}"


def span(axis: str, low: float, high: float, wall: Wall | None, host: Sequence[float] | None = None) -> str:
    """A span in words. It begins at the wall at the piece's back; or at an edge of its host's span that it touches or
    is in line with; or, along the wall, where one comes from who goes round the room counter-clockwise. Where none of
    these is there, or the host has the same middle, the middle comes first."""
    k = "xy".index(axis)
    way = 0
    if wall is not None and abs(wall.inward[k]) > 0.5:
        way = 1 if wall.inward[k] > 0 else -1
    elif host is not None and abs(low + high - sum(host)) < _EPS:
        way = 0
    elif host is not None and any(abs(edge - low) < _EPS for edge in host):
        way = 1
    elif host is not None and any(abs(edge - high) < _EPS for edge in host):
        way = -1
    elif wall is not None:
        way = 1 if wall.along[k] > 0 else -1
    return _told(axis, low, high, way)


def _told(axis: str, low: float, high: float, way: int) -> str:
    """A span from its low end (1), from its high end (-1), or from its middle (0)."""
    middle = number((low + high) / 2)
    if not way:
        return f"{axis} mid {middle} from {number(low)} to {number(high)}"
    begin, end = (low, high) if way > 0 else (high, low)
    return f"{axis} {number(begin)} to {number(end)} mid {middle}"


def _half(match: re.Match[str], axis: str) -> tuple[int, float]:
    """The way in which a clause tells a span, and half of the span's length: 0 where it tells a centre alone."""
    if match[f"{axis}_about"]:
        return 0, (float(match[f"{axis}_high"]) - float(match[f"{axis}_low"])) / 2
    if not match[f"{axis}_to"]:
        return 0, 0.0
    signed = (float(match[f"{axis}_to"]) - float(match[axis])) / 2
    return (1 if signed > 0 else -1), abs(signed)


def _clause(step: Step, board: Board) -> str:
    i, problem = step.piece, board.problem
    piece, pose, mount = problem.pieces[i], board.poses[i], board.mounts[i]
    wall = problem.walls[step.wall] if step.wall >= 0 else None
    why = [piece.id, *([step.words] if step.words else [])]
    if wall is not None:
        why.append(f"at {wall.name}")
    else:
        why.append(f"rotation {number(float(np.round(pose[3])) % 360.0)}")
    if mount in ("wall", "on"):
        where = [f"{axis} {number(float(value))}" for axis, value in zip("xy", pose, strict=False)]
        if mount == "wall":
            where.append(f"z {number(float(pose[2]))}")
        else:
            where.append(f"top {number(float(pose[2] - problem.height[i] / 2))}")
        return ", ".join([" ".join(why), *where])
    named = step.words.rpartition(" ")[2]
    host = next((h for h, other in enumerate(problem.pieces) if other.id == named), -1)
    spans = np.stack([board.low[i, :2], board.high[i, :2]], 1).tolist()
    of_host = np.stack([board.low[host, :2], board.high[host, :2]], 1).tolist() if host >= 0 else (None, None)
    where = [span(axis, own[0], own[1], wall, other) for axis, own, other in zip("xy", spans, of_host, strict=True)]
    return ", ".join([" ".join(why), taken(spans), *where])


_EPS = 1e-6
