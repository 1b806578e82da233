# SPDX-License-Identifier: GPL-3.0-or-later
"""Which piece belongs to which: a nightstand to its bed, a chair to its desk. Asked-for relations go before habits."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from ...scene import Furniture, Relation, Scene, category_of
from ...scene.anchors import anchor_kind

Slot = Literal[
    "beside_head",  # flush with the head end of a bed, left or right of it
    "beside",  # left or right, backs in line
    "tuck",  # a seat under the front of a desk, facing it
    "around",  # seats along all sides of a table
    "in_front",
    "behind",
    "left",
    "right",
    "foot",  # before the foot of a bed
    "opposite",  # facing it from across the room
    "seating",  # armchairs and second sofas round the space before a sofa
    "under_group",  # rugs
    "on_top",
    "above",  # on the wall over it
    "over",  # on the ceiling over it
    "row",  # side by side along the same wall
    "board",  # between the blackboard and the class
    "near",
]


@dataclass(frozen=True, slots=True)
class Tie:
    """`piece` is placed relative to `host`. `asked` ties come from the scene's relations, the others from habit."""

    piece: str
    host: str
    slot: Slot
    asked: bool = False


_KITCHEN = ("kitchen_sink", "kitchen_counter", "stove", "dishwasher", "fridge")
_TOPS = ("dresser", "cabinet", "shelf", "side_table", "desk", "coffee_table", "dining_table", "kitchen_counter",
         "nightstand", "tv_stand", "vanity", "kitchen_island", "school_desk")  # fmt: skip

# piece category -> (host category, slot, how many one host takes), best host first
_HABITS: dict[str, tuple[tuple[str, Slot, int], ...]] = {
    "nightstand": (("bed", "beside_head", 2), ("single_bed", "beside_head", 2), ("crib", "beside_head", 1)),
    "office_chair": (("desk", "tuck", 1), ("vanity", "tuck", 1), ("school_desk", "tuck", 1), ("dining_table", "around", 12)),
    "chair": (("school_desk", "tuck", 1), ("desk", "tuck", 1), ("vanity", "tuck", 1), ("dining_table", "around", 14),
              ("kitchen_island", "around", 6)),
    "stool": (("vanity", "tuck", 1), ("piano", "tuck", 1), ("kitchen_island", "around", 6), ("dining_table", "around", 10),
              ("desk", "tuck", 1), ("coffee_table", "around", 4)),
    "bar_stool": (("kitchen_island", "around", 6), ("dining_table", "around", 8), ("kitchen_counter", "in_front", 2)),
    "bench": (("piano", "tuck", 1), ("dining_table", "around", 2), ("bed", "foot", 1), ("single_bed", "foot", 1)),
    "coffee_table": (("sofa", "in_front", 1), ("armchair", "in_front", 1)),
    "armchair": (("sofa", "seating", 4),),
    "sofa": (("sofa", "seating", 2),),
    "ottoman": (("armchair", "in_front", 1), ("sofa", "seating", 2), ("bed", "foot", 1)),
    "side_table": (("armchair", "beside", 1), ("sofa", "beside", 2), ("bed", "beside_head", 2)),
    "tv_stand": (("sofa", "opposite", 1), ("bed", "opposite", 1), ("armchair", "opposite", 1)),
    "tv": (("tv_stand", "on_top", 1), ("dresser", "on_top", 1), ("cabinet", "on_top", 1), ("shelf", "on_top", 1),
           ("side_table", "on_top", 1), ("desk", "on_top", 1)),
    "floor_lamp": (("armchair", "beside", 1), ("sofa", "beside", 2), ("desk", "beside", 1)),
    "rug": (("sofa", "under_group", 1), ("dining_table", "under_group", 1), ("bed", "under_group", 1),
            ("coffee_table", "under_group", 1), ("bathtub", "in_front", 1), ("shower", "in_front", 1),
            ("washbasin", "in_front", 1), ("single_bed", "beside", 1), ("desk", "under_group", 1)),
    "table_lamp": (("nightstand", "on_top", 1), ("side_table", "on_top", 1), ("desk", "on_top", 1),
                   ("dresser", "on_top", 2), ("cabinet", "on_top", 2), ("shelf", "on_top", 1)),
    "monitor": (("desk", "on_top", 2), ("school_desk", "on_top", 1), ("dining_table", "on_top", 2)),
    "laptop": (("desk", "on_top", 1), ("school_desk", "on_top", 1), ("dining_table", "on_top", 2), ("coffee_table", "on_top", 1)),
    "vase": (("dining_table", "on_top", 1), ("coffee_table", "on_top", 1), ("dresser", "on_top", 1)),
    "books": (("coffee_table", "on_top", 1), ("desk", "on_top", 2), ("nightstand", "on_top", 1)),
    "microwave": (("kitchen_counter", "on_top", 2), ("kitchen_island", "on_top", 1), ("cabinet", "on_top", 1)),
    "small_plant": (("dresser", "on_top", 1), ("shelf", "on_top", 2), ("desk", "on_top", 1), ("coffee_table", "on_top", 1)),
    "painting": (("sofa", "above", 2), ("bed", "above", 2), ("single_bed", "above", 1), ("dresser", "above", 1),
                 ("tv_stand", "above", 0), ("desk", "above", 1)),
    "mirror": (("washbasin", "above", 1), ("vanity", "above", 1), ("dresser", "above", 1)),
    "wall_cabinet": (("kitchen_counter", "above", 2), ("kitchen_sink", "above", 1), ("dishwasher", "above", 1),
                     ("toilet", "above", 1)),
    "wall_shelf": (("desk", "above", 1), ("single_bed", "above", 1)),
    "wall_lamp": (("bed", "above", 2), ("single_bed", "above", 1)),
    "ceiling_lamp": (("dining_table", "over", 1),),
    "trash_bin": (("desk", "beside", 1), ("toilet", "beside", 1), ("kitchen_counter", "beside", 1)),
    "desk": (("blackboard", "board", 1),),
    "lectern": (("blackboard", "board", 1),),
    "kitchen_counter": tuple((name, "row", 1) for name in _KITCHEN),
    "stove": tuple((name, "row", 1) for name in _KITCHEN),
    "dishwasher": tuple((name, "row", 1) for name in _KITCHEN),
    "fridge": tuple((name, "row", 1) for name in _KITCHEN),
    "kitchen_sink": tuple((name, "row", 1) for name in _KITCHEN),
}  # fmt: skip

_ASKED_SLOTS: dict[str, Slot] = {
    "on": "on_top", "above": "above", "left_of": "left", "right_of": "right", "in_front_of": "in_front",
    "behind": "behind", "centered_on": "under_group",
}  # fmt: skip


def tie_pieces(scene: Scene) -> dict[str, Tie]:
    """At most one tie per movable piece, without cycles. Asked ones first, then habits in the furniture's order."""
    pieces = {piece.id: piece for piece in scene.furniture}
    ties: dict[str, Tie] = {}
    for relation in scene.relations:
        tie = _asked(relation, pieces)
        if tie and tie.piece not in ties and not pieces[tie.piece].fixed and not _leads_to(ties, tie.host, tie.piece):
            ties[tie.piece] = tie
    taken: Counter[tuple[str, Slot]] = Counter((tie.host, tie.slot) for tie in ties.values())
    # Who is asked to a window, a corner or the middle goes there and not to its habitual host.
    elsewhere = {
        relation.subject
        for relation in scene.relations
        if relation.predicate != "far_from" and anchor_kind(scene, relation.anchor) in ("middle", "corner", "opening")
    }
    for piece in sorted(scene.furniture, key=_eagerness):
        if piece.id in ties or piece.fixed or (piece.id in elsewhere and piece.mount != "on"):
            continue
        tie = _habit(piece, scene, ties, taken)
        if tie:
            ties[piece.id] = tie
            taken[tie.host, tie.slot] += 1
    return ties


def _asked(relation: Relation, pieces: dict[str, Furniture]) -> Tie | None:
    host, piece = pieces.get(relation.anchor), pieces[relation.subject]
    if host is None:
        return None
    slot = _asked_slot(relation, piece, host)
    if slot == "near" and piece.category in ("armchair", "sofa") and host.category == "coffee_table":
        sofas = [other for other in pieces.values() if other.category == "sofa" and other.id != piece.id]
        if sofas:
            return Tie(piece.id, sofas[0].id, "seating", asked=True)
    return Tie(piece.id, host.id, slot, asked=True) if slot else None


def _asked_slot(relation: Relation, piece: Furniture, host: Furniture) -> Slot | None:
    predicate = relation.predicate
    under, over = category_of(piece.category), category_of(host.category)
    if under.walkable:
        return "under_group" if predicate in ("under", "near", "centered_on") else _ASKED_SLOTS.get(predicate)
    if over.walkable and predicate in ("on", "centered_on"):
        return None
    if under.seat and over.knee and predicate in ("facing", "under", "near", "in_front_of"):
        return "tuck" if predicate == "in_front_of" else _seat_slot(host)
    if piece.mount == "ceiling":
        return "over"
    if piece.mount == "wall":
        return "above" if predicate in ("above", "near", "centered_on", "behind") else None
    if piece.mount == "on":
        return "on_top" if predicate in ("on", "centered_on", "above") else None
    if predicate == "near":
        habits: list[Slot] = [
            slot for category, slot, _ in _HABITS.get(piece.category, ()) if category == host.category
        ]
        if habits:
            return habits[0]
        return "row" if relation.adjacent and "free" not in (under.back, over.back) else "near"
    return _ASKED_SLOTS.get(predicate)


def _seat_slot(host: Furniture) -> Slot:
    return "around" if host.category in ("dining_table", "kitchen_island") else "tuck"


def _habit(piece: Furniture, scene: Scene, ties: dict[str, Tie], taken: Counter[tuple[str, Slot]]) -> Tie | None:
    for category, slot, most in _HABITS.get(piece.category, ()):
        if slot == "row" and _rank(scene, piece.id) == 0:
            continue
        hosts = [
            host
            for host in scene.furniture
            if host.category == category
            and host.id != piece.id
            and taken[host.id, slot] < _room_for(host, piece, slot, most)
            and not (slot == "tuck" and taken[host.id, "around"])
            and not _leads_to(ties, host.id, piece.id)
            and (slot != "seating" or piece.category != "sofa" or _rank(scene, host.id) < _rank(scene, piece.id))
            and (slot != "row" or _rank(scene, host.id) < _rank(scene, piece.id))
            and (slot != "on_top" or _fits_on(piece, host) or category == "tv_stand")
        ]
        if hosts:
            # Spread over hosts (one lamp per nightstand); the largest sofa or table goes first among equals.
            host = min(hosts, key=lambda h: (taken[h.id, slot], -h.size[0] * h.size[1]))
            return Tie(piece.id, host.id, slot)
    if piece.mount == "on":
        return _any_top(piece, scene, ties, taken)
    return None


def _any_top(piece: Furniture, scene: Scene, ties: dict[str, Tie], taken: Counter[tuple[str, Slot]]) -> Tie | None:
    hosts = [
        host
        for host in scene.furniture
        if host.id != piece.id
        and host.category in _TOPS
        and _fits_on(piece, host)
        and not _leads_to(ties, host.id, piece.id)
    ]
    if not hosts:
        return None
    host = min(hosts, key=lambda h: (taken[h.id, "on_top"], _TOPS.index(h.category)))
    return Tie(piece.id, host.id, "on_top")


def _fits_on(piece: Furniture, host: Furniture) -> bool:
    (length, width, _), top = piece.size, sorted(host.size[:2])
    return min(length, width) <= top[0] and max(length, width) <= top[1]


def _room_for(host: Furniture, piece: Furniture, slot: Slot, most: int) -> int:
    """How many pieces this big the host really takes in this slot."""
    if slot != "around":
        return most
    width = piece.size[0] + 0.06
    long, short = max(host.size[:2]), min(host.size[:2])
    return min(most, 2 * int(long / width) + 2 * int((short + 0.1) / width))


def _rank(scene: Scene, id: str) -> int:
    """Order among the pieces that line up with each other: the larger first, then as listed."""
    own = scene.piece(id)
    group = _KITCHEN if own.category in _KITCHEN else (own.category,)
    order = sorted(
        (piece for piece in scene.furniture if piece.category in group),
        key=lambda piece: (not piece.fixed, -piece.size[0] * piece.size[1]),
    )
    return [piece.id for piece in order].index(id)


def _eagerness(piece: Furniture) -> tuple[int, float]:
    """Office chairs choose their desk before plain chairs do; large pieces before small ones."""
    return (0 if piece.category == "office_chair" else 1, -piece.size[0] * piece.size[1])


def _leads_to(ties: dict[str, Tie], start: str, goal: str) -> bool:
    while start in ties:
        if start == goal:
            return True
        start = ties[start].host
    return start == goal
