# SPDX-License-Identifier: GPL-3.0-or-later
"""What a physics engine measures of a layout, whichever engine it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ..scene import Layout, Scene

TOLERANCE = 0.005
"""Depth or gap in metres up to which things count as touching: not overlapping, outside, floating or sunk."""


@dataclass(frozen=True, slots=True)
class Penetration:
    """Two pieces inside each other: `depth` is the least distance that moving one of them apart takes, metres."""

    a: str
    b: str
    depth: float


@dataclass(frozen=True, slots=True)
class Blocked:
    """A piece standing in an opening's zone (`scene.geometry.opening_zone`) by `depth` metres.

    What stands on other pieces or hangs from the ceiling does not block a window; anything in a door's way blocks it.
    """

    piece: str
    opening: str
    depth: float


@dataclass(frozen=True, slots=True)
class PhysicsReport:
    """The measured faults of one layout. All amounts in metres, only those above `TOLERANCE`; empty means valid.

    `outside` is how far the piece reaches beyond the floor polygon, below the floor or above the ceiling, whichever is
    most; `outside_share` the share of its box's volume there, 0…1. `floating` is the gap below a piece that nothing
    carries (or between a wall piece and its wall, a ceiling piece and the ceiling), and how far a piece that stands on
    others is above or below the nearest top; `sunk` how deep it is in the floor.
    Penetrations leave out pairs that may share space: pieces on a rug (a walkable category), and touching contacts.
    `unplaced` are pieces that have no pose.
    """

    penetrations: tuple[Penetration, ...] = ()
    outside: Mapping[str, float] = field(default_factory=dict)
    outside_share: Mapping[str, float] = field(default_factory=dict)
    floating: Mapping[str, float] = field(default_factory=dict)
    sunk: Mapping[str, float] = field(default_factory=dict)
    blocked: tuple[Blocked, ...] = ()
    unplaced: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Nothing overlaps, leaves the room, floats, blocks an opening, or is missing."""
        return not (self.penetrations or self.outside or self.floating or self.sunk or self.blocked or self.unplaced)


class PhysicsEngine(Protocol):
    """Measures layouts: the numpy boxes of `rewards.boxes`, or Blender's BVH trees handed in from outside."""

    def measure(self, scene: Scene, layout: Layout) -> PhysicsReport: ...
