# SPDX-License-Identifier: GPL-3.0-or-later
"""MetaSpatial's and I-Design's prepositions: where exactly their constraint checker lets an object's centre be.

Only `metaspatial` looks here, to compute the published score; ours judges relations in `relations`. Written anew from
the rules: each relation is one box of allowed centres, compared exactly, so that a millimetre off is as wrong as a room
away. Theirs knows rectangles; another room is taken as the rectangle around its floor. Yaws are quarter turns.

| ours | theirs |
|---|---|
| `on` an object | on |
| `on` or `centered_on` the middle or the floor | on / in the middle of the room: anywhere on the floor |
| `on` or `centered_on` the ceiling | on the ceiling |
| `on` or `against` a wall; any wall: one of the four | on that wall |
| `in_corner`, `on` or `against` a corner | in the corner: of the named wall, or one of the four |
| `left_of`, `right_of`, `in_front_of`, `behind`, `under`, `above` an object | the same |
| `near`, `far_from`, `facing`, `aligned_with`; `centered_on` or `against` an object; doors and windows | none |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..scene import Relation, Scene
from ..scene.anchors import anchor_kind, walls_of
from ..scene.model import Vector3

Interval = tuple[float, float]
Region = tuple[Interval, Interval, Interval]
"""The lowest and highest x, y and z of a centre, metres."""

BESIDE = 0.5
"""Metres by which the stretch beside an object grows at both ends when the two need not be adjacent. (Meant was the
size of the object to place; an operator's precedence makes it half a metre.)"""
_WALLS = ("south_wall", "north_wall", "west_wall", "east_wall")
_FRONTS = ((0, -1), (1, 0), (0, 1), (-1, 0))


@dataclass(frozen=True, slots=True)
class Block:
    """An object as theirs sees it: centre and half extents along the room's axes, metres; quarter turns of its front
    counter-clockwise from south; whether it belongs on the floor."""

    center: Vector3
    half: Vector3
    turns: int
    on_floor: bool


def regions(scene: Scene, blocks: Mapping[str, Block], relation: Relation) -> list[Region] | None:
    """Where their checker allows the subject's centre; any one of the regions will do.

    None when theirs has no such relation; empty when the anchor is not placed. `blocks` are the placed pieces, the
    relation's subject among them.
    """
    subject, room = blocks[relation.subject], (*scene.room.extent, scene.room.height)
    kind, predicate = anchor_kind(scene, relation.anchor), relation.predicate
    if kind == "object":
        if predicate not in ("on", "under", "above", *_SIDES):
            return None
        anchor = blocks.get(relation.anchor)
        if anchor is None:
            return []
        if predicate == "on":
            return [_on(subject, anchor, room)]
        if predicate in ("under", "above"):
            return [_over(subject, anchor, room, predicate == "above")]
        return [_beside(subject, anchor, room, _SIDES[predicate], relation.adjacent)]
    if predicate in ("on", "centered_on") and kind in ("middle", "floor", "ceiling"):
        return [_in_the_middle(subject, room, kind == "ceiling")]
    in_corner = predicate == "in_corner" and kind in ("corner", "wall", "middle", "floor")
    if in_corner or (kind == "corner" and predicate in ("on", "against")):
        names = {wall.name for wall in walls_of(scene.room, relation.anchor)} if kind == "wall" else set(_WALLS)
        return [_on_wall(subject, room, name, corner=True) for name in _WALLS if name in names]
    if kind == "wall" and predicate in ("on", "against"):
        names = {wall.name for wall in walls_of(scene.room, relation.anchor)}
        return [_on_wall(subject, room, name, corner=False) for name in _WALLS if name in names]
    return None


def is_within(center: Vector3, region: Region) -> bool:
    """Exactly: no tolerance. Never for coordinates that are not numbers."""
    return all(low <= value <= high for value, (low, high) in zip(center, region, strict=True))


_SIDES = {"in_front_of": 0, "left_of": 1, "behind": 2, "right_of": 3}
"""Quarter turns counter-clockwise from an object's front to its side."""


def _on(subject: Block, anchor: Block, room: Vector3) -> Region:
    x, y = (_shrunk(anchor, axis, subject.half[axis]) for axis in (0, 1))
    z = subject.half[2] if subject.on_floor else anchor.center[2] + anchor.half[2] + subject.half[2]
    return _clamped(x, 0, subject, room), _clamped(y, 1, subject, room), _clamped((z, z), 2, subject, room)


def _in_the_middle(subject: Block, room: Vector3, above: bool) -> Region:
    x, y = ((subject.half[axis], room[axis] - subject.half[axis]) for axis in (0, 1))
    z = room[2] - subject.half[2] if above else subject.half[2]
    return _clamped(x, 0, subject, room), _clamped(y, 1, subject, room), _clamped((z, z), 2, subject, room)


def _on_wall(subject: Block, room: Vector3, name: str, corner: bool) -> Region:
    """Flush to the wall, anywhere along it. "In the corner" differs only in height: it always stands at the bottom."""
    across = 1 if name in ("south_wall", "north_wall") else 0
    half = subject.half
    flush = half[across] if name in ("south_wall", "west_wall") else room[across] - half[across]
    along = 1 - across
    region: list[Interval] = [(0.0, 0.0)] * 3
    region[across] = (flush, flush)
    region[along] = (half[along], room[along] - half[along])
    region[2] = (half[2], half[2] if subject.on_floor or corner else room[2] - half[2])
    if not corner:
        region = [_clamped(region[axis], axis, subject, room) for axis in range(3)]
    return region[0], region[1], region[2]


def _over(subject: Block, anchor: Block, room: Vector3, above: bool) -> Region:
    """Plans overlap or touch, the one wholly above the other; on the floor, only plans count."""
    x, y = (_shrunk(anchor, axis, -subject.half[axis]) for axis in (0, 1))
    half = subject.half[2]
    if subject.on_floor:
        z = half, half
    elif above:
        lowest = anchor.center[2] + anchor.half[2] + half
        z = max(half, min(lowest, room[2] - half)), room[2]
    else:
        z = _clamped((half, anchor.center[2] - anchor.half[2] - half), 2, subject, room)
    return _clamped(x, 0, subject, room), _clamped(y, 1, subject, room), z


def _beside(subject: Block, anchor: Block, room: Vector3, side: int, adjacent: bool) -> Region:
    direction = _FRONTS[(anchor.turns + side) % 4]
    across = 0 if direction[0] else 1
    along = 1 - across
    half = subject.half
    sign = direction[across]
    touching = anchor.center[across] + sign * anchor.half[across] + sign * half[across]  # in their order, to the bit
    limit = room[across] - half[across] if sign > 0 else half[across]
    region: list[Interval] = [(0.0, 0.0)] * 3
    region[across] = _clamped((touching, touching if adjacent else limit), across, subject, room)
    region[along] = _clamped(_shrunk(anchor, along, half[along] if adjacent else -BESIDE), along, subject, room)
    lowest = anchor.center[2] - anchor.half[2] + half[2]
    region[2] = (half[2], half[2]) if subject.on_floor else (lowest, room[2] - half[2])
    return region[0], region[1], region[2]


def _shrunk(anchor: Block, axis: int, by: float) -> Interval:
    """The anchor's extent along an axis, shortened at both ends."""
    return anchor.center[axis] - anchor.half[axis] + by, anchor.center[axis] + anchor.half[axis] - by


def _clamped(interval: Interval, axis: int, subject: Block, room: Vector3) -> Interval:
    """In order, and with the subject inside the room: only its upper end is kept from both sides."""
    low, high = min(interval), max(interval)
    half = subject.half[axis]
    return max(low, half), max(half, min(high, room[axis] - half))
