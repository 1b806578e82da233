# SPDX-License-Identifier: GPL-3.0-or-later
"""What a language model would ask for, where there is none: the relations that the baselines search to satisfy.

Holodeck and LayoutVLM let a language model write the constraints that their solvers then solve. To compare the solvers
alone, all get the same: the scene's relations, those its preference sentence plainly states, and what our own solver
takes for granted (a chair at its desk, a wardrobe against a wall).
"""

from __future__ import annotations

from dataclasses import dataclass

from ...rewards.places import mounts_in
from ...scene import Furniture, Mount, Predicate, Relation, Scene, category_of
from ...scene.anchors import anchor_kind
from ...scene.preference import with_preferences
from ..solver.ties import Slot, Tie, tie_pieces

SEATING = 2.0
"""Largest gap between a sofa and the armchairs that belong to it, metres."""
OPPOSITE = 3.5
"""Largest gap between a sofa and the television it looks at, metres."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """A scene with what is asked of it: relations by subject, what carries or is below each piece, its mount.

    `hosts` has for pieces that stand on others the one they stand on, and for rugs and hanging pieces the piece they
    belong to, where there is one. `order` lists the movable pieces' ids: those that relations refer to before those
    that refer to them, the largest first among equals.
    """

    scene: Scene
    relations: dict[str, tuple[Relation, ...]]
    hosts: dict[str, str]
    mounts: dict[str, Mount]
    order: tuple[str, ...]

    def stands(self, id: str) -> bool:
        """Whether the piece stands on the floor and takes its place there: no rug."""
        return self.mounts[id] == "floor" and not category_of(self.scene.piece(id).category).walkable

    def stack(self, id: str) -> tuple[str, ...]:
        """What the piece stands on or belongs to, and that in turn, nearest first; each once, however they refer."""
        below: list[str] = []
        while (host := self.hosts.get(id)) is not None and host not in below:
            below.append(host)
            id = host
        return tuple(below)


def wishes_of(scene: Scene) -> Wishes:
    """Everything that is asked of a scene, by its user or by habit."""
    scene = with_preferences(scene)
    mounts = mounts_in(scene)
    ties = tie_pieces(scene)
    relations: dict[str, list[Relation]] = {piece.id: [] for piece in scene.furniture}
    for relation in scene.relations:
        if relation not in relations[relation.subject]:
            relations[relation.subject].append(relation)
    for tie in ties.values():
        if not tie.asked:
            relations[tie.piece] += _habits(tie)
    for piece in scene.movable:
        if _belongs_to_a_wall(piece, mounts[piece.id], scene, relations[piece.id], ties.get(piece.id)):
            relations[piece.id].insert(0, Relation(piece.id, "against", "wall"))
    pieces = {piece.id: piece for piece in scene.furniture}
    hosts = {id: host for id in pieces if (host := _host(pieces[id], mounts[id], relations[id], ties, pieces))}
    return Wishes(
        scene,
        {id: tuple(asked) for id, asked in relations.items()},
        hosts,
        mounts,
        _order(scene, relations),
    )


_ASKS: dict[Slot, tuple[tuple[Predicate, bool, float | None], ...]] = {
    "beside_head": (("near", True, None),),
    "beside": (("near", True, None),),
    "tuck": (("in_front_of", True, None), ("facing", False, None)),
    "around": (("near", True, None), ("facing", False, None)),
    "in_front": (("in_front_of", True, None),),
    "behind": (("behind", False, None),),
    "left": (("left_of", True, None),),
    "right": (("right_of", True, None),),
    "foot": (("in_front_of", True, None),),
    "opposite": (("in_front_of", False, None), ("near", False, OPPOSITE), ("facing", False, None)),
    "seating": (("near", False, SEATING), ("facing", False, None)),
    "under_group": (("under", False, None),),
    "on_top": (("on", False, None),),
    "above": (("above", False, None),),
    "over": (("centered_on", False, None),),
    "row": (("near", True, None), ("aligned_with", False, None)),
    "board": (("near", False, SEATING),),
    "near": (("near", True, None),),
}
_FREE_OF_WALLS: tuple[Slot, ...] = ("tuck", "around", "in_front", "foot", "seating")


def _habits(tie: Tie) -> list[Relation]:
    return [Relation(tie.piece, name, tie.host, adjacent, gap) for name, adjacent, gap in _ASKS[tie.slot]]


def _belongs_to_a_wall(piece: Furniture, mount: Mount, scene: Scene, asked: list[Relation], tie: Tie | None) -> bool:
    if mount != "floor" or category_of(piece.category).back != "wall" or (tie and tie.slot in _FREE_OF_WALLS):
        return False
    kinds = {(relation.predicate, anchor_kind(scene, relation.anchor)) for relation in asked}
    return not any(
        (kind == "wall" and name in ("against", "in_front_of", "far_from")) or "in_corner" in (name, kind)
        or kind in ("corner", "middle")
        for name, kind in kinds
    )  # fmt: skip


_HOSTING: dict[str, tuple[Predicate, ...]] = {
    "on": ("on", "centered_on", "above"),
    "wall": ("above", "near", "centered_on", "behind"),
    "ceiling": ("above", "centered_on", "near"),
    "floor": ("under", "centered_on", "near", "in_front_of"),  # rugs
}


def _host(
    piece: Furniture, mount: Mount, asked: list[Relation], ties: dict[str, Tie], pieces: dict[str, Furniture]
) -> str | None:
    if mount == "floor" and not category_of(piece.category).walkable:
        return None
    for predicate in _HOSTING[mount]:
        for relation in asked:
            if relation.predicate == predicate and relation.anchor in pieces and relation.anchor != piece.id:
                return relation.anchor
    tie = ties.get(piece.id)
    return None if tie is None else tie.host


def _order(scene: Scene, relations: dict[str, list[Relation]]) -> tuple[str, ...]:
    """Depth first along the relations, so that a cycle is cut where it closes."""
    movable = {piece.id: piece for piece in scene.movable}
    done: list[str] = []
    begun: set[str] = set()

    def visit(id: str) -> None:
        begun.add(id)
        for relation in relations[id]:
            if relation.anchor in movable and relation.anchor not in begun:
                visit(relation.anchor)
        done.append(id)

    for piece in sorted(movable.values(), key=lambda piece: -piece.size[0] * piece.size[1]):
        if piece.id not in begun:
            visit(piece.id)
    return tuple(done)
