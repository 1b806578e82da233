# SPDX-License-Identifier: GPL-3.0-or-later
"""What the anchors of a scene's relations are in the plan: boxes, looked up once per scene."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..scene import Furniture, Layout, Mount, Pose, Room, Scene, category_of
from ..scene.anchors import AnchorKind, anchor_kind, corners, openings_of, walls_of
from ..scene.geometry import walls
from ..scene.model import Point2
from .plan import PlanBox

Corner = tuple[PlanBox, PlanBox]
"""The two walls that meet in a convex corner, as flat boxes."""


def places_in(scene: Scene) -> Places:
    """The places of this very scene object; kept for the few scenes looked at last."""
    places = _KEPT.get(id(scene))
    if places is None or places.scene is not scene:
        places = _KEPT[id(scene)] = Places(scene)
        while len(_KEPT) > _MOST:
            _KEPT.popitem(last=False)
    return places


@dataclass(slots=True)
class Places:
    """What stays the same over all layouts of one scene."""

    scene: Scene
    pieces: dict[str, Furniture] = field(init=False)
    _named: dict[str, tuple[AnchorKind | None, tuple[PlanBox, ...]]] = field(default_factory=dict, init=False)
    _corners: dict[str, tuple[Corner, ...]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.pieces = {piece.id: piece for piece in self.scene.furniture}

    def pose(self, layout: Layout, id: str) -> Pose | None:
        """Where a piece stands in the layout; a fixed piece stands where it always did."""
        piece = self.pieces.get(id)
        return piece.pose if piece is not None and piece.fixed and piece.pose is not None else layout.get(id)

    def anchors(self, layout: Layout, name: str) -> tuple[AnchorKind, Sequence[PlanBox]] | None:
        """What kind of anchor `name` is and the boxes it can mean; None when it is unknown or unplaced."""
        if name not in self._named:
            kind = anchor_kind(self.scene, name)
            self._named[name] = kind, _fixtures(self.scene.room, name, kind)
        kind, fixtures = self._named[name]
        if kind == "object":
            pose = self.pose(layout, name)
            return None if pose is None else (kind, (PlanBox.of(self.pieces[name], pose),))
        return None if kind is None else (kind, fixtures)

    def corners(self, name: str) -> tuple[Corner, ...]:
        """The room's convex corners, those at the named wall only when `name` is one."""
        if name not in self._corners:
            room = self.scene.room
            every, convex, named = walls(room), set(corners(room)), {wall.index for wall in walls_of(room, name)}
            self._corners[name] = tuple(
                (PlanBox.of_wall(every[i - 1], room.height), PlanBox.of_wall(wall, room.height))
                for i, wall in enumerate(every)
                if wall.start in convex and (not named or named & {wall.index, every[i - 1].index})
            )
        return self._corners[name]


_KEPT: OrderedDict[int, Places] = OrderedDict()
_MOST = 16


def middle_of(room: Room) -> Point2:
    """The centre of the floor's area, metres. Formula: centroid of a polygon."""
    p = np.asarray(room.floor, float)
    q = np.roll(p, -1, axis=0)
    cross = p[:, 0] * q[:, 1] - q[:, 0] * p[:, 1]
    center = ((p + q) * cross[:, None]).sum(0) / (3 * cross.sum())
    return float(center[0]), float(center[1])


def mounts_in(scene: Scene) -> dict[str, Mount]:
    """How each piece is mounted in this scene: a piece asked "on" another stands there, whatever its kind usually does.

    On a walkable piece (a rug) it still stands on the floor; asked "on" the ceiling it hangs there.
    """
    pieces = {piece.id: piece for piece in scene.furniture}
    mounts: dict[str, Mount] = {piece.id: piece.mount for piece in scene.furniture}
    for relation in scene.relations:
        if relation.predicate == "on" and relation.subject in pieces:
            anchor = pieces.get(relation.anchor)
            if relation.anchor == "ceiling":
                mounts[relation.subject] = "ceiling"
            elif anchor is not None and not category_of(anchor.category).walkable:
                mounts[relation.subject] = "on"
    return mounts


def _fixtures(room: Room, name: str, kind: AnchorKind | None) -> tuple[PlanBox, ...]:
    if kind == "wall":
        return tuple(PlanBox.of_wall(wall, room.height) for wall in walls_of(room, name))
    if kind == "corner":
        return tuple(PlanBox.at(x, y, 0.0, 0.0, 0.0, room.height, 0.0) for x, y in corners(room))
    if kind == "opening":
        every = walls(room)
        result = []
        for opening in openings_of(room, name):
            wall = every[opening.wall]
            x, y = wall.point(opening.offset + opening.width / 2)
            top = opening.sill + opening.height
            result.append(PlanBox.at(x, y, opening.width, 0.0, opening.sill, top, wall.facing))
        return tuple(result)
    x, y = middle_of(room)
    return (PlanBox.at(x, y, 0.0, 0.0, 0.0, room.height, 0.0),)
