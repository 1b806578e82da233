# SPDX-License-Identifier: GPL-3.0-or-later
"""The physics grade: how sound each piece stands, from a report's metres.

Every fault becomes an error without a unit, and a piece whose errors sum to e is graded (1 + e)^-2. Three rules keep
the grade honest. Errors grow with depth and distance without a step, so a smaller fault always scores higher. Overlaps
count against both pieces, relative to their own size, but no pair by more than 1. And as far as a piece is missing,
outside the room or in the air, it counts against every other piece like a full overlap: so nothing is gained by taking
a piece out of the way instead of finding it a place. A blocked door counts against every piece behind it, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..scene import Furniture, Scene
from .physics import PhysicsReport

THIN = 0.05
"""Pieces thinner than this are judged as this thick, metres."""
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
    usable each is where it stands. Unplaced pieces are 0 in both.
    """

    grade: float
    pieces: Mapping[str, float]
    own: Mapping[str, float]


def soundness(scene: Scene, report: PhysicsReport) -> Soundness:
    """Grade a report. Grade 1 when it is valid, or when the scene has nothing to place."""
    movable = scene.movable
    absent = {piece.id: _absent(piece.id, report) for piece in movable}
    doors = {opening.id for opening in scene.room.openings if opening.kind == "door"}
    shut = sum(_limited(fault.depth / BLOCKING_SCALE) for fault in report.blocked if fault.opening in doors)
    everyone = sum(absent.values()) + SHUT * _limited(shut)
    errors = _errors(scene, report)
    unplaced = set(report.unplaced)
    own: dict[str, float] = {}
    pieces: dict[str, float] = {}
    for piece in movable:
        gone = piece.id in unplaced
        error = errors[piece.id]
        own[piece.id] = 0.0 if gone else (1.0 + error) ** -2
        pieces[piece.id] = 0.0 if gone else (1.0 + error + everyone - absent[piece.id]) ** -2
    grade = sum(pieces.values()) / len(pieces) if pieces else 1.0
    return Soundness(grade, pieces, own)


def _errors(scene: Scene, report: PhysicsReport) -> dict[str, float]:
    errors = {piece.id: 0.0 for piece in scene.furniture}
    thickness = {piece.id: _thickness(piece) for piece in scene.furniture}
    for fault in report.penetrations:
        for id in (fault.a, fault.b):
            errors[id] += _limited(OVERLAP_STEEPNESS * fault.depth / thickness[id])
    for id, reach in report.outside.items():
        errors[id] += reach / OUTSIDE_SCALE + 2.0 * report.outside_share.get(id, 0.0)
    for faults in (report.floating, report.sunk):
        for id, height in faults.items():
            errors[id] += height / FLOATING_SCALE
    for blocked in report.blocked:
        errors[blocked.piece] += blocked.depth / BLOCKING_SCALE
    return errors


def _absent(id: str, report: PhysicsReport) -> float:
    """As what share of a piece it is not where pieces can be: 1 when unplaced or wholly outside."""
    if id in report.unplaced:
        return 1.0
    inside = 1.0 - report.outside_share.get(id, 0.0)
    return 1.0 - inside * (1.0 - _limited(report.floating.get(id, 0.0) / FLOATING_SCALE))


def _limited(x: float) -> float:
    """From 0 to 1, always rising."""
    return x / (1.0 + x)


def _thickness(piece: Furniture) -> float:
    return max(THIN, min(piece.size))
