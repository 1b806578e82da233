# SPDX-License-Identifier: GPL-3.0-or-later
"""Relations that no layout can meet together, found by looking at the relations alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ...scene import Relation, Room, Scene
from ...scene.anchors import SIDES, walls_of

_OPPOSITE = (
    ("left_of", "right_of"),
    ("in_front_of", "behind"),
    ("near", "far_from"),
    ("on", "under"),
    ("above", "under"),
    ("centered_on", "far_from"),
    ("in_corner", "centered_on"),
)

_SIDES = {f"{side}_wall" for side in SIDES}


def contradictions(scene: Scene) -> tuple[str, ...]:
    """What can't be, in words; () for a scene whose relations go together.

    Looks at opposite predicates to one anchor, backs against walls that look different ways, fronts that face
    different walls, more than one place in the room at once, and pieces that stand on several others.
    """
    found: list[str] = []
    by_subject: dict[str, list[Relation]] = defaultdict(list)
    for relation in scene.relations:
        by_subject[relation.subject].append(relation)
    for subject, own in by_subject.items():
        found += (f"{subject}: {reason}" for reason in _of_one(scene.room, own))
    found += _both_ways(scene)
    return tuple(found)


def _of_one(room: Room, own: list[Relation]) -> Iterator[str]:
    for k, one in enumerate(own):
        for other in own[:k]:
            pair = {one.predicate, other.predicate}
            if one.anchor == other.anchor and any(pair == set(opposite) for opposite in _OPPOSITE):
                yield f"{other.predicate} and {one.predicate} {one.anchor}"
            if pair == {"against"} and not _share(room, one, other):
                yield f"against {other.anchor} and {one.anchor}"
            if pair == {"facing"} and {one.anchor, other.anchor} <= {
                "north_wall",
                "south_wall",
                "east_wall",
                "west_wall",
            }:
                yield f"facing {other.anchor} and {one.anchor}"
            if pair == {"on"} and one.anchor != other.anchor:
                yield f"on {other.anchor} and {one.anchor}"
            if pair == {"in_corner", "centered_on"} and "middle" in (one.anchor, other.anchor):
                yield "in a corner and in the middle"
            if pair == {"against", "centered_on"} and "middle" in (one.anchor, other.anchor):
                yield "against a wall and in the middle"


def _share(room: Room, one: Relation, other: Relation) -> bool:
    """Whether some wall is meant by both, or one of them is against something else."""
    if not (walls_of(room, one.anchor) and walls_of(room, other.anchor)):
        return True
    first = {wall.index for wall in walls_of(room, one.anchor)}
    return any(wall.index in first for wall in walls_of(room, other.anchor))


def _both_ways(scene: Scene) -> Iterator[str]:
    """near and far_from between the same two pieces, whichever way round."""
    near = {frozenset((r.subject, r.anchor)) for r in scene.relations if r.predicate == "near" or r.adjacent}
    for relation in scene.relations:
        if relation.predicate == "far_from" and frozenset((relation.subject, relation.anchor)) in near:
            yield f"{relation.subject}: near and far from {relation.anchor}"
