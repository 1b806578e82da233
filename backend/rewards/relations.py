# SPDX-License-Identifier: GPL-3.0-or-later
"""How well a layout satisfies a relation: a grade, and how far the subject is from satisfying it fully.

Every predicate is one function that returns its shortfall, 0 when satisfied, from which the grade follows. Anchors of
every kind become boxes (a wall is a flat one that faces into the room), so that one rule serves them all. Where an
anchor stands for several places ("wall", "corner", "window"), the best of them counts.

Tolerances follow SceneEval (next to up to 0.5 m, against a wall up to 0.3 m, facing within 30 degrees), mostly tighter.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ..scene import Furniture, Layout, Predicate, Relation, Scene, category_of
from ..scene.anchors import AnchorKind, anchor_kind
from ..scene.geometry import angle_between
from ..scene.model import Point2
from .places import Places, places_in
from .plan import PlanBox, gap, separation


@dataclass(frozen=True, slots=True)
class Tolerances:
    """How exact a relation has to be met, metres and degrees."""

    adjacent: float = 0.3
    """Largest gap between pieces that are next to each other."""
    near: float = 1.0
    """Largest gap of "near" when the relation states none."""
    far: float = 2.0
    """Smallest gap of "far_from" when the relation states none."""
    against: float = 0.1
    """Largest gap between a piece's back and the wall."""
    corner: float = 0.2
    """Largest gap to each of the two walls of a corner."""
    side: float = 0.05
    """How far a piece beside another may reach into its stretch."""
    tucked: float = 0.75
    """Share of a seat's depth that may be under a table and still count as before or beside it."""
    overlap: float = 0.3
    """Share of the smaller extent that lies over or under the other piece."""
    rest: float = 0.02
    """Height between a piece and what carries it, or hangs it."""
    on_rug: float = 0.1
    """How far a piece stands on a rug at least."""
    hanging: float = 0.6
    """Largest height between two pieces when one is above and adjacent."""
    centered: float = 0.15
    """Distance between centres, or along a wall from its middle."""
    facing: float = 30.0
    """Degrees between the front and the direction to the anchor's centre."""
    aligned: float = 5.0
    """Degrees between two yaws, up to quarter turns."""


TOLERANCES = Tolerances()
_METRES, _DEGREES = 0.75, 45.0
_LOST = 180.0


class Satisfaction(NamedTuple):
    """`grade` 0…1, 1 when satisfied; `gap` is how much is missing beyond the tolerance, in `unit_of` the relation.

    Where a piece that should face its anchor, or be aligned with it, does so but is not next to it as it also should,
    the gap is in metres: `falls_apart`.
    """

    grade: float
    gap: float


def satisfaction(scene: Scene, layout: Layout, relation: Relation) -> Satisfaction:
    """How well `layout` satisfies `relation`, measured from where its anchor really stands.

    So an anchor in a wrong place damns nothing that stands right to it. Grade 0 when the subject or the anchor object
    is unplaced or unknown: were a relation to a missing piece left out, it would pay to leave out what many relate to.

    The grade falls from 1 as (1 + gap / scale)^-2 with the gap beyond the tolerance: no step anywhere, so coming closer
    always pays. A predicate that means nothing for its anchor ("behind" a corner) asks for nearness.
    """
    places = places_in(scene)
    subject = places.pieces.get(relation.subject)
    pose = places.pose(layout, relation.subject)
    anchors = places.anchors(layout, relation.anchor)
    if subject is None or pose is None or anchors is None:
        return Satisfaction(0.0, 0.0)
    case = _Case(places, relation, subject, PlanBox.of(subject, pose), places.pieces.get(relation.anchor), *anchors)
    rule = _RULES[relation.predicate].get(case.kind, _near)
    shortfall = rule(case)
    beside = _apart(case) if relation.adjacent and relation.predicate in _WITH_ADJACENCY else 0.0
    if unit_of(relation.predicate) == "°":
        grade = _grade(shortfall, _DEGREES) * _grade(beside, _METRES)
        return Satisfaction(grade, shortfall or beside)
    shortfall = math.hypot(shortfall, beside)
    return Satisfaction(_grade(shortfall, _METRES), shortfall)


def falls_apart(scene: Scene, layout: Layout, relation: Relation) -> bool:
    """Whether an unsatisfied relation lacks nothing but being next to its anchor."""
    if not relation.adjacent or relation.predicate not in _WITH_ADJACENCY:
        return False
    return satisfaction(scene, layout, dataclasses.replace(relation, adjacent=False)).grade == 1.0


def asks_nothing(scene: Scene, relation: Relation) -> bool:
    """Whether every layout that is sound satisfies the relation, whatever else it does.

    On the floor for what stands there anyway, near within the room's diagonal, and the like: no merit in any of them.
    """
    piece = places_in(scene).pieces.get(relation.subject)
    if piece is None:
        return False
    kind = anchor_kind(scene, relation.anchor)
    mount, predicate = piece.mount, relation.predicate
    if predicate == "on":
        return (mount == "floor" and kind in ("floor", "middle")) or (mount == "ceiling" and kind == "ceiling")
    if predicate in ("against", "near") and mount == "wall" and relation.anchor == "wall":
        return True
    if predicate == "near" and not relation.adjacent and relation.distance is not None:
        return relation.distance >= math.hypot(*scene.room.extent, scene.room.height)
    return predicate == "far_from" and relation.distance == 0.0


def unit_of(predicate: Predicate) -> Literal["m", "°"]:
    """The unit of a predicate's gap."""
    return "°" if predicate in ("facing", "aligned_with") else "m"


@dataclass(slots=True)
class _Case:
    """One relation to judge: the placed subject and the boxes its anchor can mean."""

    within: Places
    relation: Relation
    subject: Furniture
    box: PlanBox
    anchor: Furniture | None
    kind: AnchorKind
    places: Sequence[PlanBox]


def _grade(shortfall: float, scale: float) -> float:
    return (1.0 + shortfall / scale) ** -2


# Predicates. Each returns metres (facing, aligned_with: degrees) that are missing, 0 when satisfied.


def _on_object(case: _Case) -> float:
    box, anchor, (place,) = case.box, case.anchor, case.places
    if anchor is None:
        return _near(case)
    if category_of(anchor.category).walkable:
        return math.hypot(
            max(0.0, TOLERANCES.on_rug + separation(box, place)),
            _beyond(min(abs(box.bottom), abs(box.bottom - place.top)), TOLERANCES.rest),
        )
    levels = [place.top]
    x, y = place.local(box.x, box.y)
    for part in anchor.parts:
        if abs(x - part.center[0]) <= part.size[0] / 2 and abs(y - part.center[1]) <= part.size[1] / 2:
            levels.append(place.top - anchor.size[2] / 2 + part.center[2] + part.size[2] / 2)
    height = min(abs(box.bottom - level) for level in levels)
    return math.hypot(_beyond(height, TOLERANCES.rest), place.distance_to(box.x, box.y))


def _on_ceiling(case: _Case) -> float:
    return _beyond(abs(case.within.scene.room.height - case.box.top), TOLERANCES.rest)


def _on_floor(case: _Case) -> float:
    return _beyond(abs(case.box.bottom), TOLERANCES.rest)


def _under(case: _Case) -> float:
    if category_of(case.subject.category).walkable:
        return min(max(0.0, TOLERANCES.on_rug + separation(case.box, place)) for place in case.places)
    return min(
        math.hypot(_uncovered(case.box, place), _beyond(case.box.bottom - place.bottom, TOLERANCES.rest))
        for place in case.places
    )


def _below_opening(case: _Case) -> float:
    return min(
        math.hypot(_along(case.box, place), _gap_beyond(case, place), _beyond(case.box.top, place.bottom))
        for place in case.places
    )


def _above(case: _Case) -> float:
    result = math.inf
    for place in case.places:
        height = case.box.bottom - place.top
        high = _beyond(height, TOLERANCES.hanging) if case.relation.adjacent else 0.0
        result = min(result, math.hypot(_uncovered(case.box, place), _beyond(-height, TOLERANCES.rest), high))
    return result


def _above_opening(case: _Case) -> float:
    return min(
        math.hypot(_along(case.box, place), _gap_beyond(case, place), _beyond(place.top, case.box.bottom))
        for place in case.places
    )


def _left_of(case: _Case) -> float:
    return _beside(case, 0, 1.0 if case.kind == "object" else -1.0)


def _right_of(case: _Case) -> float:
    return _beside(case, 0, -1.0 if case.kind == "object" else 1.0)


def _in_front_of(case: _Case) -> float:
    return _beside(case, 1, -1.0)


def _behind(case: _Case) -> float:
    return _beside(case, 1, 1.0)


def _in_corner(case: _Case) -> float:
    result = math.inf
    for one, other in case.within.corners(case.relation.anchor):
        off = (
            _beyond(_from_wall(case.box, one), TOLERANCES.corner),
            _beyond(_from_wall(case.box, other), TOLERANCES.corner),
        )
        result = min(result, math.hypot(*off))
    return result


def _against(case: _Case) -> float:
    any_side = category_of(case.subject.category).back == "free" and case.subject.mount != "wall"
    sides = _sides(case.box) if any_side else _sides(case.box)[2:3]
    return min(_side_to(case, side, place) for place in case.places for side in sides)


def _against_object(case: _Case) -> float:
    return _beyond(gap(case.box, case.places[0]), TOLERANCES.against)


def _facing(case: _Case) -> float:
    return min(_turn_to(case.box, place) for place in case.places)


def _facing_wall(case: _Case) -> float:
    outward = (place.rotation + 180.0 for place in case.places)
    return min(_beyond(angle_between(case.box.rotation, angle), TOLERANCES.facing) for angle in outward)


def _aligned_with(case: _Case) -> float:
    turns = (abs((case.box.rotation - place.rotation + 45.0) % 90.0 - 45.0) for place in case.places)
    return _beyond(min(turns), TOLERANCES.aligned)


def _near(case: _Case) -> float:
    wanted = TOLERANCES.near if case.relation.distance is None else case.relation.distance
    return _beyond(_distance(case), min(wanted, TOLERANCES.adjacent) if case.relation.adjacent else wanted)


def _far_from(case: _Case) -> float:
    wanted = TOLERANCES.far if case.relation.distance is None else case.relation.distance
    return _beyond(wanted, _distance(case))


def _centered_on(case: _Case) -> float:
    result = math.inf
    for place in case.places:
        x, y = place.local(case.box.x, case.box.y)
        if case.kind in ("wall", "opening"):
            off = abs(x)
        elif case.anchor is not None and not _stacks(case.subject, case.anchor):
            off = min(abs(x), abs(y))
        else:
            off = math.hypot(x, y)
        result = min(result, _beyond(off, TOLERANCES.centered))
    return result


_RULES: dict[Predicate, dict[AnchorKind, Callable[[_Case], float]]] = {
    "on": {
        "object": _on_object, "ceiling": _on_ceiling, "floor": _on_floor, "middle": _on_floor, "wall": _against,
        "corner": _in_corner,
    },
    "under": {"object": _under, "opening": _below_opening, "ceiling": _on_ceiling},
    "above": {"object": _above, "opening": _above_opening},
    "left_of": {"object": _left_of, "opening": _left_of},
    "right_of": {"object": _right_of, "opening": _right_of},
    "in_front_of": {"object": _in_front_of, "opening": _in_front_of, "wall": _in_front_of},
    "behind": {"object": _behind},
    "in_corner": {"corner": _in_corner, "wall": _in_corner, "middle": _in_corner},
    "against": {"wall": _against, "opening": _against, "object": _against_object, "corner": _in_corner},
    "facing": {
        "object": _facing, "opening": _facing, "middle": _facing, "corner": _facing, "wall": _facing_wall,
    },
    "aligned_with": {"object": _aligned_with, "opening": _aligned_with, "wall": _aligned_with},
    "near": {},
    "far_from": dict.fromkeys(("object", "wall", "corner", "opening", "middle", "ceiling", "floor"), _far_from),
    "centered_on": dict.fromkeys(("object", "wall", "opening", "middle", "ceiling", "floor"), _centered_on),
}  # fmt: skip
_WITH_ADJACENCY = frozenset({"left_of", "right_of", "in_front_of", "behind", "facing", "aligned_with", "centered_on"})


def _beyond(value: float, tolerance: float) -> float:
    return max(0.0, value - tolerance)


def _apart(case: _Case) -> float:
    """How far an adjacent piece is from being next to its anchor."""
    return _beyond(_distance(case), TOLERANCES.adjacent)


def _gap_beyond(case: _Case, place: PlanBox) -> float:
    return _beyond(gap(case.box, place), TOLERANCES.adjacent)


def _distance(case: _Case) -> float:
    if case.kind == "ceiling":
        return max(0.0, case.within.scene.room.height - case.box.top)
    if case.kind == "floor":
        return max(0.0, case.box.bottom)
    return min(gap(case.box, place) for place in case.places)


def _beside(case: _Case, axis: int, sign: float) -> float:
    """Beyond one side of the anchor, and within its stretch along that side."""
    result = math.inf
    for place in case.places:
        offset = place.offset_of(case.box)
        half = (place.half_length, place.half_width)
        reach = (offset.hx, offset.hy)
        away = sign * offset[axis] - reach[axis] - half[axis]
        allowed = TOLERANCES.side
        if case.anchor is not None and goes_under(case.subject, case.anchor):
            allowed = max(allowed, 2 * reach[axis] * TOLERANCES.tucked)
        other = 1 - axis
        shared = half[other] + reach[other] - abs(offset[other])
        wanted = min(half[other], reach[other]) if case.relation.adjacent else 0.0
        if case.kind == "opening":  # beside a window is near its wall, not in it
            wanted = -TOLERANCES.adjacent
        result = min(result, math.hypot(_beyond(-away, allowed), max(0.0, wanted - shared)))
    return result


def _uncovered(box: PlanBox, place: PlanBox) -> float:
    """How much further one has to lie over the other, metres."""
    offset = place.offset_of(box)
    short = 0.0
    for center, reach, half in ((offset.x, offset.hx, place.half_length), (offset.y, offset.hy, place.half_width)):
        wanted = TOLERANCES.overlap * 2 * min(reach, half)
        short = math.hypot(short, max(0.0, wanted - (reach + half - abs(center))))
    return short


def _along(box: PlanBox, place: PlanBox) -> float:
    """How much further a piece has to move along a wall to be before an opening."""
    offset = place.offset_of(box)
    wanted = TOLERANCES.overlap * 2 * min(offset.hx, place.half_length)
    return max(0.0, wanted - (offset.hx + place.half_length - abs(offset.x)))


def _from_wall(box: PlanBox, wall: PlanBox) -> float:
    """Between a wall and the box's nearest point, whichever side of the wall that is on."""
    offset = wall.offset_of(box)
    return abs(-offset.y - offset.hy)


def _sides(box: PlanBox) -> tuple[tuple[Point2, Point2], ...]:
    """The box's sides as point pairs: front, right in local x, back, left."""
    a, b, c, d = box.corners()
    return (a, b), (b, c), (c, d), (d, a)


def _side_to(case: _Case, side: tuple[Point2, Point2], place: PlanBox) -> float:
    """How far a side is from lying on a wall: its ends' mean distance, and how far it is past the wall's ends.

    A flat anchor faces the room, so its local -y points inward.
    """
    (ax, ay), (bx, by) = place.local(*side[0]), place.local(*side[1])
    past = _beyond(abs(ax + bx) / 2, place.half_length)
    return math.hypot(_beyond((abs(ay) + abs(by)) / 2, TOLERANCES.against), past)


def _turn_to(box: PlanBox, place: PlanBox) -> float:
    """Degrees the front has to turn: 0 when it looks at the anchor, or within tolerance of the anchor's centre."""
    dx, dy = place.x - box.x, place.y - box.y
    if math.hypot(dx, dy) < 1e-6:
        return _LOST
    ahead = math.atan2(-box.cos, box.sin)
    to_center = _turned(math.atan2(dy, dx) - ahead)
    turn = _beyond(math.degrees(abs(to_center)), TOLERANCES.facing)
    if turn and place.distance_to(box.x, box.y) > 0.0:
        turns = [_turned(math.atan2(y - box.y, x - box.x) - ahead - to_center) + to_center for x, y in place.corners()]
        seen = max(0.0, min(turns), -max(turns))
        turn = min(turn, math.degrees(seen))
    return turn


def _turned(angle: float) -> float:
    return (angle + math.pi) % math.tau - math.pi


def goes_under(seat: Furniture, table: Furniture) -> bool:
    """Whether the first piece is one to sit on that has room under the second."""
    return category_of(seat.category).seat and category_of(table.category).knee


def _stacks(a: Furniture, b: Furniture) -> bool:
    """Whether the pieces share their place in the plan, so that centring means both directions."""
    return any(piece.mount in ("on", "ceiling") or category_of(piece.category).walkable for piece in (a, b))
