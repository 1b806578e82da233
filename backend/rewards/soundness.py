# SPDX-License-Identifier: GPL-3.0-or-later
"""The physics grade: how sound each piece stands, from a report's metres.

Every fault becomes an error without a unit, and a piece whose errors sum to e is graded (1 + e)^-2. Three rules keep
the grade honest.

1. Errors grow from 0 at the tolerance with depth and distance, without a step, so a smaller fault always scores higher.
2. Overlaps count against both pieces, relative to their own size, but no pair by more than 1. A blocked door counts
   against every piece behind it.
3. A piece that is missing or outside the room counts as if it stood in the worst place there is: wholly inside every
   other piece, before the door, and in everybody's way. Whatever faults taking it away relieves weigh less than that,
   so leaving a piece out, or putting it outside, never pays. In part outside or in the air it counts so in part.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ..scene import Furniture, Scene
from .physics import TOLERANCE, PhysicsReport

THIN = 0.05
"""Pieces thinner than this are judged as this thick, metres."""
GRAZING = 0.02
"""Metres outside from which on the whole share outside counts."""
OVERLAP_STEEPNESS = 2.0
OUTSIDE_SCALE = 1.0
FLOATING_SCALE = 0.1
BLOCKING_SCALE = 0.3
SHUT = 0.75
"""Metres that make an error of 1 (for overlaps, the share of a piece's thickness as 1 / steepness); what a shut door
adds to everyone's."""


@dataclass(frozen=True, slots=True)
class Soundness:
    """`grade` of the layout, 0…1: the mean of the movable `pieces`' grades.

    `own` grades the pieces by their own faults alone, without those of others that are missing or out of place: how
    usable each is where it stands. Unplaced pieces are 0 in both. `present` is 1 when every piece is in the room and
    held, 0 when one of them is missing.
    """

    grade: float
    pieces: Mapping[str, float]
    own: Mapping[str, float]
    present: float


def soundness(scene: Scene, report: PhysicsReport) -> Soundness:
    """Grade a report. Grade 1 when it is valid, or when the scene has nothing to place."""
    movable = scene.movable
    absent = {piece.id: _absent(piece.id, report) for piece in movable}
    doors = {opening.id for opening in scene.room.openings if opening.kind == "door"}
    shut = sum(_limited(_beyond(fault.depth) / BLOCKING_SCALE) for fault in report.blocked if fault.opening in doors)
    everyone = sum(absent.values()) + SHUT * max((_limited(shut), *absent.values()))
    errors = _errors(scene, report, absent)
    unplaced = set(report.unplaced)
    own: dict[str, float] = {}
    pieces: dict[str, float] = {}
    for piece in movable:
        gone = piece.id in unplaced
        error = errors[piece.id] + absent[piece.id] * (len(scene.furniture) - 1)
        own[piece.id] = 0.0 if gone else (1.0 + error) ** -2
        pieces[piece.id] = 0.0 if gone else (1.0 + error + everyone - absent[piece.id]) ** -2
    grade = sum(pieces.values()) / len(pieces) if pieces else 1.0
    return Soundness(grade, pieces, own, math.prod(1.0 - part for part in absent.values()))


def _errors(scene: Scene, report: PhysicsReport, absent: Mapping[str, float]) -> dict[str, float]:
    errors = {piece.id: 0.0 for piece in scene.furniture}
    thickness = {piece.id: _thickness(piece) for piece in scene.furniture}
    for fault in report.penetrations:
        for id, other in ((fault.a, fault.b), (fault.b, fault.a)):
            there = 1.0 - absent.get(other, 0.0)  # as far as the other is absent, it counts against everyone anyway
            errors[id] += there * _limited(OVERLAP_STEEPNESS * _beyond(fault.depth) / thickness[id])
    for id, reach in report.outside.items():
        errors[id] += _beyond(reach) / OUTSIDE_SCALE + 2.0 * _outside(id, report)
    for faults in (report.floating, report.sunk):
        for id, height in faults.items():
            errors[id] += _beyond(height) / FLOATING_SCALE
    for blocked in report.blocked:
        errors[blocked.piece] += _beyond(blocked.depth) / BLOCKING_SCALE
    return errors


def _absent(id: str, report: PhysicsReport) -> float:
    """How far a piece is not where pieces can be: 1 when unplaced or wholly outside, little for a small share."""
    if id in report.unplaced:
        return 1.0
    held = 1.0 - _limited(_beyond(report.floating.get(id, 0.0)) / FLOATING_SCALE)
    return (1.0 - held * (1.0 - _outside(id, report))) ** 2


def _outside(id: str, report: PhysicsReport) -> float:
    """The share of a piece outside the room, growing from 0 at the tolerance."""
    reach = _beyond(report.outside.get(id, 0.0))
    return report.outside_share.get(id, 0.0) * min(1.0, reach / (GRAZING - TOLERANCE))


def _beyond(amount: float) -> float:
    """The metres of a fault beyond the tolerance."""
    return max(0.0, amount - TOLERANCE)


def _limited(x: float) -> float:
    """From 0 to 1, always rising."""
    return x / (1.0 + x)


def _thickness(piece: Furniture) -> float:
    return max(THIN, min(piece.size))
