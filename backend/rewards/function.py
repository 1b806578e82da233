# SPDX-License-Identifier: GPL-3.0-or-later
"""The function grade: does every piece stand where it is wanted and can be used?

Each movable piece has demands: its relations, all of them (their grades multiply); free floor before or beside it
(`clearance`); a way there from the door (`walkway`). Its grade is the weighted mean of the first two, times how well it
can be reached, times how soundly it stands: what nobody gets to is of no use, and a chair inside a wall faces nothing.
The layout's grade is the mean over pieces with demands, times how far every piece is present (`soundness`): what stands
in nobody's way because it is missing has not been arranged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ..scene import Furniture, Layout, Relation, Scene, category_of
from .clearance import clearances
from .places import mounts_in
from .plan import PlanBox, gap
from .relations import asks_nothing, falls_apart, satisfaction, unit_of
from .score import Issue
from .walkway import reachable_fronts

RELATIONS, CLEARANCE = 2.0, 1.0
"""Weights of a piece's demands."""
CLEARANCE_SCALE, WALKWAY_SCALE = 0.4, 0.5
_FACING_TABLES = frozenset({"chair", "office_chair"})


@dataclass(frozen=True, slots=True)
class Function:
    """`grade` of the layout and of each movable piece with demands, 0…1; None where nothing is demanded."""

    grade: float | None
    pieces: Mapping[str, float]
    issues: tuple[Issue, ...]


def function(scene: Scene, layout: Layout, sound: Mapping[str, float], present: float = 1.0) -> Function:
    """Grade a layout of placed pieces.

    `sound` says how soundly each movable piece stands, 0…1, and `present` whether all are there (`Soundness.own` and
    `.present`). What is graded depends on the scene alone, so grades of layouts of one scene can be compared. The
    issues' amounts are metres, or degrees to turn.
    """
    issues: list[Issue] = []
    wanted = _relations_by_subject(scene, layout)
    taken, ways = clearances(scene, layout), reachable_fronts(scene, layout)
    shut_in = bool(ways) and all(math.isinf(short) for short in ways.values())
    if shut_in:
        issues.append(Issue("function", "unreachable", tuple(ways), 0.0, "there is no way from the door to any piece"))
    pieces: dict[str, float] = {}
    for piece in scene.movable:
        grades: list[tuple[float, float]] = []
        if piece.id in wanted:
            grades.append((RELATIONS, _related(scene, layout, wanted[piece.id], issues)))
        category = category_of(piece.category)
        if category.access or category.side_access:
            grades.append((CLEARANCE, _free(piece, taken.get(piece.id), issues)))
        reached = None
        if piece.mount == "floor" and (category.access or category.side_access or category.seat):
            reached = _reached(piece, ways.get(piece.id), issues)
        if grades or reached is not None:
            weight = sum(weight for weight, _ in grades)
            met = sum(weight * grade for weight, grade in grades) / weight if grades else 1.0
            way = 0.0 if shut_in else 1.0 if reached is None else reached
            pieces[piece.id] = met * way * sound.get(piece.id, 0.0)
    grade = present * sum(pieces.values()) / len(pieces) if pieces else None
    return Function(grade, pieces, tuple(issues))


def _relations_by_subject(scene: Scene, layout: Layout) -> dict[str, list[Relation]]:
    """The relations that ask something of a layout, each once, with those that go without saying."""
    movable = {piece.id for piece in scene.movable}
    wanted: dict[str, list[Relation]] = {}
    asking = (relation for relation in scene.relations if not asks_nothing(scene, relation))
    for relation in dict.fromkeys((*asking, *implied_relations(scene, layout))):
        if relation.subject in movable:
            wanted.setdefault(relation.subject, []).append(relation)
        elif relation.anchor in movable:
            wanted.setdefault(relation.anchor, []).append(relation)
    return wanted


def implied_relations(scene: Scene, layout: Layout) -> tuple[Relation, ...]:
    """What goes without saying: chairs face the nearest table or desk, and small things stand on furniture.

    Only for pieces of which the scene does not already ask for it, and only where it has such furniture. Who asks it is
    the scene, so the same pieces are asked in every layout of it; the layout says which furniture is nearest.
    """
    implied: list[Relation] = []
    told = {(relation.subject, relation.predicate) for relation in scene.relations}
    mounts = mounts_in(scene)
    tables = [piece for piece in scene.furniture if category_of(piece.category).knee]
    surfaces = [piece for piece in scene.furniture if category_of(piece.category).surface]
    for piece in scene.movable:
        if piece.category in _FACING_TABLES and tables and (piece.id, "facing") not in told:
            implied.append(Relation(piece.id, "facing", _nearest(piece, tables, layout)))
        elif mounts[piece.id] == "on" and (piece.id, "on") not in told:
            others = [surface for surface in surfaces if surface.id != piece.id]
            if others:
                implied.append(Relation(piece.id, "on", _nearest(piece, others, layout)))
    return tuple(implied)


def _nearest(piece: Furniture, others: list[Furniture], layout: Layout) -> str:
    """The placed one nearest to the piece; any where neither is placed."""
    placed = [other for other in others if other.id in layout]
    if piece.id not in layout or not placed:
        return others[0].id
    box = PlanBox.of(piece, layout[piece.id])

    def distance(other: Furniture) -> tuple[float, float]:
        place = PlanBox.of(other, layout[other.id])
        return gap(box, place), math.hypot(place.x - box.x, place.y - box.y)

    return min(placed, key=distance).id


def _related(scene: Scene, layout: Layout, relations: list[Relation], issues: list[Issue]) -> float:
    product = 1.0
    objects = {piece.id for piece in scene.furniture}
    for relation in relations:
        kept = satisfaction(scene, layout, relation)
        product *= kept.grade
        missing = {id for id in (relation.subject, relation.anchor) if id in objects and id not in layout}
        if kept.grade < 1.0 and not missing:  # what is not placed is said once, for itself
            apart = falls_apart(scene, layout, relation)
            issues.append(_unmet(scene, relation, kept.gap, "m" if apart else unit_of(relation.predicate)))
    return product


def _unmet(scene: Scene, relation: Relation, off: float, unit: str) -> Issue:
    objects = {piece.id for piece in scene.furniture}
    pieces = (relation.subject, relation.anchor) if relation.anchor in objects else (relation.subject,)
    wish = f"{relation.subject} should {_WORDS[relation.predicate]} {_place(scene, relation.anchor)}"
    wish += " and next to it" if relation.adjacent and relation.predicate not in ("on", "near", "against") else ""
    how = f"turn it by about {off:.0f}°" if unit == "°" else f"it is {off:.2f} m off"
    return Issue("function", relation.predicate, pieces, off, f"{wish}; {how}" if off else wish, unit)


_WORDS = {
    "on": "be on",
    "under": "be under",
    "above": "be above",
    "left_of": "be left of",
    "right_of": "be right of",
    "in_front_of": "be in front of",
    "behind": "be behind",
    "in_corner": "be in a corner of",
    "against": "have its back against",
    "facing": "face",
    "aligned_with": "be aligned with",
    "near": "be near",
    "far_from": "be far from",
    "centered_on": "be centred on",
}


def _place(scene: Scene, anchor: str) -> str:
    if anchor in ("corner", "middle"):
        return "the room" if anchor == "corner" else "the middle of the room"
    if any(anchor == item.id for item in (*scene.furniture, *scene.room.openings)):
        return anchor
    return "a wall" if anchor == "wall" else f"the {anchor.replace('_', ' ')}"


def _free(piece: Furniture, taken: float | None, issues: list[Issue]) -> float:
    if taken is None:
        return 0.0
    if taken > 0.0:
        category = category_of(piece.category)
        where = f"{category.access:.2f} m before" if category.access else f"{category.side_access:.2f} m beside"
        message = f"{piece.id} needs {where} it free to be used; {taken:.2f} m of that is taken"
        issues.append(Issue("function", "clearance", (piece.id,), taken, message))
    return (1.0 + taken / CLEARANCE_SCALE) ** -2


def _reached(piece: Furniture, short: float | None, issues: list[Issue]) -> float:
    if short is None:
        return 0.0
    if 0.0 < short < math.inf:
        message = f"{piece.id} can't be reached: the way from the door ends {short:.2f} m short of it"
        issues.append(Issue("function", "unreachable", (piece.id,), short, message))
    return (1.0 + short / WALKWAY_SCALE) ** -2
