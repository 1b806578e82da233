# SPDX-License-Identifier: GPL-3.0-or-later
"""The domain: rooms, furniture, relations, poses. Plain frozen data; reading and checking lives in `document`.

Room frame: metres, +X east, +Y north, +Z up; the origin is on the floor at the minimum corner of the floor's
bounds. A pose is the centre of the object's box and a yaw in degrees counter-clockwise about +Z; at rotation 0 the
front faces south (-Y).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Mount = Literal["floor", "wall", "ceiling", "on"]
OpeningKind = Literal["door", "window"]
Swing = Literal["in", "out", "none"]
Predicate = Literal[
    "on",  # standing on the anchor; with anchor "ceiling" or a wall: mounted there
    "under",
    "above",
    "left_of",  # the anchor object's own left and right, as someone sitting in it would say
    "right_of",
    "in_front_of",
    "behind",
    "in_corner",
    "against",  # back (or any side, if it has no back) against a wall
    "facing",  # front turned towards the anchor
    "aligned_with",  # same yaw up to a quarter turn, or parallel to a wall
    "near",
    "far_from",
    "centered_on",
]
Point2 = tuple[float, float]
Vector3 = tuple[float, float, float]

MOUNTS: tuple[Mount, ...] = ("floor", "wall", "ceiling", "on")
OPENING_KINDS: tuple[OpeningKind, ...] = ("door", "window")
SWINGS: tuple[Swing, ...] = ("in", "out", "none")
PREDICATES: tuple[Predicate, ...] = (
    "on", "under", "above", "left_of", "right_of", "in_front_of", "behind", "in_corner", "against", "facing",
    "aligned_with", "near", "far_from", "centered_on",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pose:
    """Centre of the object's box (metres, room frame) and yaw (degrees counter-clockwise, front south at 0)."""

    x: float
    y: float
    z: float
    rotation: float = 0.0


@dataclass(frozen=True, slots=True)
class Part:
    """A box of an object's shape: centre and size in the object's own frame, origin at the centre of its whole box."""

    center: Vector3
    size: Vector3


@dataclass(frozen=True, slots=True)
class Opening:
    """A door or window in the wall from `floor[wall]` to `floor[wall + 1]`.

    `offset` is measured along the wall from its start to the near side of the opening; all in metres. `swing` says
    whether a door's leaf sweeps the room ("in"), the other side ("out") or nothing ("none": sliding, open passage).
    """

    id: str
    kind: OpeningKind
    wall: int
    offset: float
    width: float
    height: float
    sill: float = 0.0
    swing: Swing = "none"


@dataclass(frozen=True, slots=True)
class Room:
    """A floor polygon (counter-clockwise, may be concave, minimum corner at the origin), a height, its openings."""

    floor: tuple[Point2, ...]
    height: float
    openings: tuple[Opening, ...] = ()

    @property
    def extent(self) -> Point2:
        """Length along x and width along y of the floor polygon's bounds, metres."""
        xs, ys = zip(*self.floor, strict=True)
        return max(xs) - min(xs), max(ys) - min(ys)


@dataclass(frozen=True, slots=True)
class Furniture:
    """One piece: its box (`size`: length along x, width along y, height at rotation 0, metres) and what it is.

    `pose` is where it stands now, if anywhere; a `fixed` piece stays there. `parts` is an optional finer shape, boxes
    that together contain the object (a table's top and legs), used to let a chair slide under a table.
    """

    id: str
    category: str
    size: Vector3
    mount: Mount = "floor"
    label: str = ""
    style: str = ""
    material: str = ""
    fixed: bool = False
    pose: Pose | None = None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Relation:
    """`subject` stands in `predicate` to `anchor`.

    `anchor` is a furniture id, an opening id, or one of the places named in `anchors`. `adjacent` asks that the two
    touch or nearly do. `distance` is the largest gap for "near" and the smallest for "far_from", metres.
    """

    subject: str
    predicate: Predicate
    anchor: str
    adjacent: bool = False
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """One room, the furniture to arrange in it, the relations asked for, and the preference in words."""

    room: Room
    furniture: tuple[Furniture, ...]
    relations: tuple[Relation, ...] = ()
    preference: str = ""
    name: str = ""

    def piece(self, id: str) -> Furniture:
        """The piece with this id. Raises KeyError."""
        for piece in self.furniture:
            if piece.id == id:
                return piece
        raise KeyError(id)

    @property
    def movable(self) -> tuple[Furniture, ...]:
        return tuple(piece for piece in self.furniture if not piece.fixed)

    @property
    def fixed(self) -> tuple[Furniture, ...]:
        return tuple(piece for piece in self.furniture if piece.fixed)


@dataclass(frozen=True)
class Layout:
    """A pose per furniture id. Pieces without a pose are unplaced."""

    poses: Mapping[str, Pose] = field(default_factory=dict)

    def __getitem__(self, id: str) -> Pose:
        return self.poses[id]

    def __contains__(self, id: object) -> bool:
        return id in self.poses

    def __iter__(self) -> Iterator[str]:
        return iter(self.poses)

    def __len__(self) -> int:
        return len(self.poses)

    def get(self, id: str) -> Pose | None:
        return self.poses.get(id)

    def moved(self, poses: Mapping[str, Pose]) -> Layout:
        """This layout with some poses replaced or added."""
        return Layout({**self.poses, **poses})


def current_layout(scene: Scene) -> Layout:
    """Where everything stands now: the poses the scene carries."""
    return Layout({piece.id: piece.pose for piece in scene.furniture if piece.pose is not None})
