# SPDX-License-Identifier: GPL-3.0-or-later
"""The eight symmetries of a scene: turned by quarters, and mirrored.

A turned room is another room: its walls are counted anew from its south-west corner, its compass directions change, and
in a mirrored one left is right. What a preference sentence says of directions is changed with it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ...scene import Furniture, Layout, Opening, Part, Pose, Relation, Room, Scene
from ...scene.model import Point2

COUNT = 8
_SIDES = ("south", "east", "north", "west")
_TURNED_WORD = re.compile(r"\b(south|east|north|west)(?=ern\b|_wall\b|\b)", re.IGNORECASE)
_HANDS = {"left_of": "right_of", "right_of": "left_of"}


def symmetries(scene: Scene) -> tuple[Scene, ...]:
    """The scene itself, turned counter-clockwise by 90, 180 and 270 degrees, then its mirror image (east for west)
    turned likewise. All are valid when the scene is; names and ids stay."""
    return tuple(transformed(scene, quarters, mirrored) for mirrored in (False, True) for quarters in range(4))


def transformed(scene: Scene, quarters: int, mirrored: bool) -> Scene:
    """The scene mirrored in a north-south line if `mirrored`, then turned counter-clockwise by so many quarters."""
    quarters %= 4
    if not quarters and not mirrored:
        return scene
    change = _Change(scene.room, quarters, mirrored)
    furniture = tuple(_piece(piece, change) for piece in scene.furniture)
    relations = tuple(_relation(relation, change) for relation in scene.relations)
    preference = change.words(scene.preference)
    return replace(scene, room=change.new, furniture=furniture, relations=relations, preference=preference)


def transformed_layout(scene: Scene, layout: Layout, quarters: int, mirrored: bool) -> Layout:
    """The layout of a scene as it looks in the transformed scene."""
    change = _Change(scene.room, quarters % 4, mirrored)
    return Layout({id: change.pose(pose) for id, pose in layout.poses.items()})


class _Change:
    """Maps what is in one room into its transformed room, `new`."""

    def __init__(self, room: Room, quarters: int, mirrored: bool) -> None:
        self.quarters, self.mirrored = quarters, mirrored
        moved = [self._linear(point) for point in room.floor]
        self.shift = -min(x for x, _ in moved), -min(y for _, y in moved)
        n = len(moved)
        order = list(range(n))
        if mirrored:
            order.reverse()
        corners = [self.point(room.floor[k]) for k in order]
        first = min(range(n), key=lambda k: (corners[k][1], corners[k][0]))
        self.order = order[first:] + order[:first]  # new corner k is the old corner order[k]
        floor = tuple(self.point(room.floor[k]) for k in self.order)
        self.new = replace(room, floor=floor)
        self.lengths = [
            abs(a[0] - b[0]) + abs(a[1] - b[1])
            if a[0] == b[0] or a[1] == b[1]
            else ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5
            for a, b in zip(room.floor, (*room.floor[1:], room.floor[0]), strict=True)
        ]
        self.new = replace(self.new, openings=tuple(self._opening(opening) for opening in room.openings))

    def point(self, point: Point2) -> Point2:
        x, y = self._linear(point)
        return round(x + self.shift[0], 6), round(y + self.shift[1], 6)

    def _linear(self, point: Point2) -> Point2:
        x, y = point
        if self.mirrored:
            x = -x
        c, s = ((1, 0), (0, 1), (-1, 0), (0, -1))[self.quarters]
        return x * c - y * s, x * s + y * c

    def pose(self, pose: Pose) -> Pose:
        x, y = self.point((pose.x, pose.y))
        rotation = -pose.rotation if self.mirrored else pose.rotation
        return Pose(x, y, pose.z, (rotation + 90.0 * self.quarters) % 360.0)

    def wall(self, old: int) -> int:
        """The new number of an old wall: it begins at its old start, or, mirrored, at its old end."""
        start = (old + 1) % len(self.order) if self.mirrored else old
        return self.order.index(start)

    def _opening(self, opening: Opening) -> Opening:
        offset = opening.offset
        if self.mirrored:
            offset = round(self.lengths[opening.wall] - offset - opening.width, 6)
        return replace(opening, wall=self.wall(opening.wall), offset=offset)

    def side(self, side: str) -> str:
        k = _SIDES.index(side)
        if self.mirrored and k % 2:
            k = (k + 2) % 4
        return _SIDES[(k + self.quarters) % 4]

    def words(self, text: str) -> str:
        def other(match: re.Match[str]) -> str:
            word = match[0]
            side = self.side(word.lower())
            return side.capitalize() if word[0].isupper() else side

        text = _TURNED_WORD.sub(other, text)
        if self.mirrored:
            text = re.sub(r"\b(left|right)(?= of\b|-hand\b)", lambda m: "right" if m[0] == "left" else "left", text)
        return text


def _relation(relation: Relation, change: _Change) -> Relation:
    predicate = _HANDS.get(relation.predicate, relation.predicate) if change.mirrored else relation.predicate
    anchor = relation.anchor
    side, _, rest = anchor.partition("_")
    if rest == "wall" and side in _SIDES:
        anchor = f"{change.side(side)}_wall"
    elif side == "wall" and rest.isdecimal():
        anchor = f"wall_{change.wall(int(rest))}"
    return replace(relation, predicate=predicate, anchor=anchor)


def _piece(piece: Furniture, change: _Change) -> Furniture:
    parts = piece.parts
    if change.mirrored:
        parts = tuple(Part((-part.center[0], *part.center[1:]), part.size) for part in parts)
    pose = change.pose(piece.pose) if piece.pose is not None else None
    return replace(piece, parts=parts, pose=pose)
