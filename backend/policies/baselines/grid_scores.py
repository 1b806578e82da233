# SPDX-License-Identifier: GPL-3.0-or-later
"""Holodeck's constraints and what a place on the grid is worth by them (source: see `grid`).

Each constraint that a place satisfies adds its type's weight; distances add a share of it. The sum, with the 1 that
every place has and the 1 more of a place at an edge, is divided by the number of constraints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...scene import Relation
from ...scene.geometry import Array
from .wishes import Wishes

Kind = Literal[
    "edge", "middle", "near", "far", "in front of", "behind", "left of", "right of", "face to", "face same as",
    "center aligned",
]  # fmt: skip
Target = tuple[tuple[float, float, float], tuple[float, float, float]]
"""Where a piece stands (x, y, rotation) and its size."""

WEIGHTS: Mapping[Kind, float] = {
    "near": 1.8, "far": 1.8, "in front of": 0.5, "behind": 0.5, "left of": 0.5, "right of": 0.5, "face to": 0.5,
    "face same as": 0.5, "center aligned": 0.5,
}  # fmt: skip
NEAR = 0.8
"""Distance at which "near" is worth nothing any more, metres."""
ALIGNED = 0.05
"""Distance of centres along x or y up to which they are aligned, metres."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """One line of Holodeck's constraint plan; `target` is the piece it refers to, "" for edge and middle."""

    kind: Kind
    target: str = ""


def constraints_of(wishes: Wishes, id: str) -> tuple[Constraint, ...]:
    """A standing piece's relations in Holodeck's words, the global one first.

    It has no words for a certain wall, a corner, a door, a window or a height: such relations are left out, except that
    whatever belongs to a wall or a corner is at an edge.
    """
    relations = wishes.relations[id]
    edge = any(r.predicate == "in_corner" or (r.predicate == "against" and "wall" in r.anchor) for r in relations)
    result = [Constraint("edge" if edge else "middle")]
    for relation in relations:
        target = wishes.hosts.get(relation.anchor, relation.anchor)  # a television's stand in its stead
        if target in wishes.mounts and target != id and wishes.stands(target):
            result += [Constraint(kind, target) for kind in _words(relation)]
    return tuple(dict.fromkeys(result))


_WORDS: dict[str, tuple[Kind, ...]] = {
    "near": ("near",),
    "against": ("near",),
    "far_from": ("far",),
    "in_front_of": ("in front of", "center aligned"),
    "behind": ("behind",),
    "left_of": ("left of",),
    "right_of": ("right of",),
    "facing": ("face to",),
    "aligned_with": ("face same as",),
    "centered_on": ("center aligned",),
}


def _words(relation: Relation) -> tuple[Kind, ...]:
    words = _WORDS.get(relation.predicate, ())
    return (*words, "near") if relation.adjacent and words else words


def graded(
    constraints: Sequence[Constraint],
    targets: Mapping[str, Target],
    places: Array,
    size: tuple[float, float, float],
    worth: Array,
    step: float,
) -> Array:
    """The grades of `places` (m, 3) of a piece of this size, (m,), starting from what they are `worth` anyway.

    `targets` are the pieces that have a place already; constraints to others count nothing.
    """
    grades = worth.copy()
    for constraint in constraints:
        target = targets.get(constraint.target)
        if target is not None:
            grades += WEIGHTS[constraint.kind] * _RULES[constraint.kind](_Seen.of(target, places, size), step)
    return grades / max(len(constraints), 1)


@dataclass(frozen=True, slots=True)
class _Seen:
    """Places as the target sees them: centres (u, v) in its frame, with its front at -v, and half sizes along it."""

    u: Array
    v: Array
    hu: Array
    hv: Array
    turn: Array  # rotation relative to the target's, degrees
    half: tuple[float, float]
    dx: Array  # centres along the room's axes
    dy: Array

    @staticmethod
    def of(target: Target, places: Array, size: tuple[float, float, float]) -> _Seen:
        (x, y, rotation), target_size = target
        c, s = np.cos(np.radians(rotation)), np.sin(np.radians(rotation))
        dx, dy = places[:, 0] - x, places[:, 1] - y
        turn = places[:, 2] - rotation
        tc, ts = np.abs(np.cos(np.radians(turn))), np.abs(np.sin(np.radians(turn)))
        hx, hy = size[0] / 2, size[1] / 2
        half = target_size[0] / 2, target_size[1] / 2
        return _Seen(dx * c + dy * s, dy * c - dx * s, hx * tc + hy * ts, hx * ts + hy * tc, turn, half, dx, dy)


def _distance(seen: _Seen) -> Array:
    """Between the outlines; exact at right angles."""
    across = np.maximum(np.abs(seen.u) - seen.hu - seen.half[0], 0.0)
    along = np.maximum(np.abs(seen.v) - seen.hv - seen.half[1], 0.0)
    return np.hypot(across, along)


def _near(seen: _Seen, step: float) -> Array:
    """1 at the nearest of all places down to 0 at 80 cm; nothing where even that is further away."""
    distance = _distance(seen)
    nearest = distance.min()
    return np.clip((NEAR - distance) / (NEAR - nearest), 0.0, 1.0) if nearest < NEAR else np.zeros(len(distance))


def _far(seen: _Seen, step: float) -> Array:
    """0 at the nearest of all places, 1 at the furthest."""
    distance = _distance(seen)
    span = np.ptp(distance)
    return (distance - distance.min()) / span if span else np.zeros(len(distance))


def _in_front(seen: _Seen, step: float) -> Array:
    return ((seen.v < -seen.half[1]) & (np.abs(seen.u) < step)).astype(float)


def _behind(seen: _Seen, step: float) -> Array:
    return ((seen.v > seen.half[1]) & (np.abs(seen.u) <= seen.half[0])).astype(float)


def _left(seen: _Seen, step: float) -> Array:
    return ((seen.u > seen.half[0]) & (np.abs(seen.v) <= seen.half[1])).astype(float)


def _right(seen: _Seen, step: float) -> Array:
    return ((seen.u < -seen.half[0]) & (np.abs(seen.v) <= seen.half[1])).astype(float)


def _face_to(seen: _Seen, step: float) -> Array:
    """Whether the half-line from the centre through the front meets the target: slabs along its two axes."""
    angle = np.radians(seen.turn)
    with np.errstate(divide="ignore", invalid="ignore"):
        enter, leave = np.zeros(len(angle)), np.full(len(angle), np.inf)
        for at, ahead, half in ((seen.u, np.sin(angle), seen.half[0]), (seen.v, -np.cos(angle), seen.half[1])):
            level = np.abs(ahead) < 1e-9
            one, other = (-half - at) / ahead, (half - at) / ahead
            missed = np.where(np.abs(at) <= half, 0.0, np.inf)
            enter = np.maximum(enter, np.where(level, missed, np.minimum(one, other)))
            leave = np.minimum(leave, np.where(level, np.inf, np.maximum(one, other)))
    return ((enter <= leave) & np.isfinite(enter)).astype(float)


def _face_same(seen: _Seen, step: float) -> Array:
    return (np.abs((seen.turn + 180.0) % 360.0 - 180.0) < 1e-6).astype(float)


def _aligned(seen: _Seen, step: float) -> Array:
    return ((np.abs(seen.dx) < ALIGNED) | (np.abs(seen.dy) < ALIGNED)).astype(float)


_RULES: Mapping[Kind, Callable[[_Seen, float], Array]] = {
    "near": _near, "far": _far, "in front of": _in_front, "behind": _behind, "left of": _left, "right of": _right,
    "face to": _face_to, "face same as": _face_same, "center aligned": _aligned,
}  # fmt: skip
