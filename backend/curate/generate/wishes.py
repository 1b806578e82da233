# SPDX-License-Identifier: GPL-3.0-or-later
"""Wishes that a room and its pieces can grant, and a preference sentence that asks for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...rewards.relations import satisfaction
from ...scene import Furniture, Layout, Pose, Relation, Room, Scene, category_of
from ...scene.geometry import footprint, opening_zone, signed_distance, walls
from .dice import Dice
from .pieces import Bond
from .rooms import floor_area, shape_of_floor, wall_runs
from .wording import ACTIVITIES, CLOSERS, FRAMES, KINDS, OPENERS, PAIRS, Kind, names_of

TWO = 0.3
"""Share of preferences with two wishes."""
_FAR = 2.0
_MOST_KEPT_AWAY = 7
"""Most pieces that a middle kept free is asked of: more do not go round it."""
_OPEN_FLOOR = 0.3
"""Largest cover of a room whose middle is kept free."""
_POSITIONAL = ("left_of", "right_of", "in_front_of", "behind", "under", "above", "on", "near")
_MANY = 3


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish of some kind (a key of `KINDS`), the pieces it is about and the relations it stands for."""

    kind: str
    subjects: tuple[Furniture, ...]
    relations: tuple[Relation, ...]
    side: str = ""
    anchor: Furniture | None = None


def draw_wishes(dice: Dice, room: Room, furniture: Sequence[Furniture], bonds: list[Bond]) -> tuple[Wish, ...]:
    """One or two wishes that contradict no bond that has to be and can be met in the room; () where there is none.

    Takes from `bonds` the optional ones that a wish goes against or says more exactly.
    """
    wishes: list[Wish] = []
    wanted = 1 + dice.chance(TWO)
    kinds = list(KINDS)
    drawing = _Drawing(dice, room, furniture, bonds)
    while kinds and len(wishes) < wanted:
        kind = dice.weighted(kinds, [KINDS[name].weight for name in kinds])
        kinds.remove(kind)
        if wishes and "middle_free" in (kind, wishes[0].kind):
            continue
        about = {piece.id for wish in wishes for piece in wish.subjects}
        about |= {wish.anchor.id for wish in wishes if wish.anchor is not None}
        wish = drawing.wish(kind, about)
        if wish is not None:
            wishes.append(wish)
            bonds[:] = [bond for bond in bonds if not _outdone(bond, wish)]
    return tuple(wishes)


def put_in_words(dice: Dice, wishes: Sequence[Wish], room_name: str, style: str) -> str:
    """A preference that asks for exactly these wishes, with or without words that ask for nothing."""
    both = len(wishes) == 2 and dice.chance(0.6) and all(KINDS[wish.kind].where for wish in wishes)
    if both:
        parts: dict[str, str] = {}
        for wish, suffix in zip(wishes, ("", "2"), strict=True):
            words = _words(dice, wish)
            where = dice.pick(KINDS[wish.kind].where).format(**words)
            parts |= {f"it{suffix}": words["it"], f"It{suffix}": words["It"], f"where{suffix}": where}
        text = dice.pick(PAIRS).format(**parts)
    else:
        frames = dice.shuffled(FRAMES)  # so that two wishes are not put alike
        text = " ".join(_sentence(dice, wish, frames[k]) for k, wish in enumerate(wishes))
    if dice.chance(0.35):
        opener = dice.pick(OPENERS).format(room=room_name, style=style)
        text = f"{_capital(opener)} {text}"
    if dice.chance(0.25):
        text = f"{text} {dice.pick(CLOSERS).format(style=style)}"
    return re.sub(r"\b([Aa]) (?=[aeiouAEIOU])", r"\1n ", text)


def wordings(wish: Wish) -> Iterator[str]:
    """Every sentence there is for a wish (with each thing's first name)."""
    kind = KINDS[wish.kind]
    first = _First()
    words = _words(first, wish)
    for where in kind.where:
        for frame in FRAMES:
            yield frame.format(**words, where=where.format(**words))
    for own in _own(wish):
        yield own.format(**words)


def possible(room: Room, piece: Furniture, relations: Sequence[Relation]) -> bool:
    """Whether the piece alone, somewhere in the empty room and out of the doors' way, meets all these relations.

    Relations to other pieces count as met.
    """
    alone = Scene(room, (piece,))
    own = [r for r in relations if r.subject == piece.id and r.anchor != piece.id and _about_room(r)]
    return any(
        all(satisfaction(alone, Layout({piece.id: pose}), relation).grade == 1.0 for relation in own)
        for pose in _places(room, piece)
    )


class _Drawing:
    def __init__(self, dice: Dice, room: Room, furniture: Sequence[Furniture], bonds: list[Bond]) -> None:
        self.dice, self.room, self.furniture, self.bonds = dice, room, furniture, bonds
        self.kinds = {opening.kind for opening in room.openings}
        self.plain = shape_of_floor(room.floor) in ("rectangle", "cut")

    def wish(self, name: str, about: set[str]) -> Wish | None:
        """A wish of this kind about none of the pieces `about`, or None."""
        kind = KINDS[name]
        if kind.anchor in ("window", "door") and kind.anchor not in self.kinds:
            return None
        if kind.anchor == "room":
            return self._middle_free(name, kind)
        if kind.anchor == "middle" and not self.plain:
            return None
        groups = self._subjects(kind, about)
        for group in self.dice.shuffled(groups)[:3]:
            found = self._about(name, kind, group, about)
            if found is not None:
                return found
        return None

    def _subjects(self, kind: Kind, about: set[str]) -> list[tuple[Furniture, ...]]:
        """The pieces of each category that may be meant: one alone, or all of two or three."""
        by_category: dict[str, list[Furniture]] = {}
        for piece in self.furniture:
            if piece.category in kind.subjects:
                by_category.setdefault(piece.category, []).append(piece)
        most = _MANY if kind.anchor in ("side", "door") and kind.predicate in ("against", "far_from") else 1
        return [
            tuple(pieces)
            for pieces in by_category.values()
            if len(pieces) <= most and all(p.id not in about and self._unbound(kind, p.id) for p in pieces)
        ]

    def _unbound(self, kind: Kind, id: str) -> bool:
        """Whether nothing that has to be already says where (or, for facing, which way) this piece goes."""
        if kind.predicate == "under" and any(_hangs_over(bond, id) and not bond.optional for bond in self.bonds):
            return False
        own = [bond.relation for bond in self.bonds if bond.relation.subject == id and not bond.optional]
        if kind.predicate == "facing":
            return all(r.predicate not in ("facing", "against", "in_front_of") for r in own)
        return all((r.predicate == "against" and r.anchor == "wall") or r.predicate == "facing" for r in own)

    def _about(self, name: str, kind: Kind, pieces: tuple[Furniture, ...], about: set[str]) -> Wish | None:
        side, anchor, target = "", None, kind.anchor
        if kind.anchor == "side":
            sides = sorted({wall.name for wall in walls(self.room) if wall.length > 1.0})
            side = target = self.dice.pick([s for s in sides if s.count("_") == 1])
        elif kind.anchor == "piece":
            anchor = self._anchor(kind, pieces[0], about)
            if anchor is None:
                return None
            target = anchor.id
        relations = tuple(
            Relation(piece.id, kind.predicate, target, adjacent=kind.adjacent, distance=kind.distance)
            for piece in pieces
        )
        wish = Wish(name, pieces, relations, side, anchor)
        kept = [bond.relation for bond in self.bonds if not bond.optional and not _outdone(bond, wish)]
        granted = all(possible(self.room, piece, (*relations, *kept)) for piece in pieces)
        return wish if granted and self._room_for_all(kind, wish) else None

    def _room_for_all(self, kind: Kind, wish: Wish) -> bool:
        if kind.anchor == "side":
            return self._side_by_side(wish)
        if kind.anchor == "middle":
            (piece,) = wish.subjects
            around = 0.2 if category_of(piece.category).walkable else 1.7
            return min(self.room.extent) >= max(piece.size[:2]) + around
        return True

    def _side_by_side(self, wish: Wish) -> bool:
        """Whether the walls on that side have room for all the pieces asked there."""
        low = max((o.sill for o in self.room.openings if o.kind == "window"), default=0.0)
        length = sum(piece.size[0] + 0.1 for piece in wish.subjects)
        tall = any(piece.size[2] > low for piece in wish.subjects)
        depth = max(piece.size[1] for piece in wish.subjects)
        runs = [
            b - a
            for wall in walls(self.room)
            if wall.name == wish.side
            for a, b in wall_runs(self.room, wall, low=not tall, depth=depth)
        ]
        return max(runs, default=0.0) >= length

    def _anchor(self, kind: Kind, subject: Furniture, about: set[str]) -> Furniture | None:
        """Another piece, the only one of its category, that belongs to another group than the subject."""
        group = self._group(subject.id)
        counts = [piece.category for piece in self.furniture]
        found = [
            piece
            for piece in self.furniture
            if piece.category in kind.anchors
            and counts.count(piece.category) == 1
            and piece.category != subject.category
            and piece.id not in group
            and piece.id not in about
            and (kind.predicate != "far_from" or self._can_part(subject, piece))
        ]
        return self.dice.pick(found) if found else None

    def _group(self, id: str) -> set[str]:
        """The pieces tied to this one, by way of others too."""
        ids = {piece.id for piece in self.furniture}
        group, grown = {id}, True
        while grown:
            grown = False
            for bond in self.bonds:
                pair = {bond.relation.subject, bond.relation.anchor}
                if pair <= ids and pair & group and not pair <= group:
                    group |= pair
                    grown = True
        return group

    def _can_part(self, one: Furniture, other: Furniture) -> bool:
        """Whether the room is long enough for both with two metres between, and people's room before them."""
        depths = sum(min(piece.size[:2]) + category_of(piece.category).access / 2 for piece in (one, other))
        return max(self.room.extent) >= _FAR + depths + 0.4

    def _middle_free(self, name: str, kind: Kind) -> Wish | None:
        standing = [p for p in self.furniture if p.mount == "floor" and not category_of(p.category).walkable]
        taken = sum(piece.size[0] * piece.size[1] for piece in standing)
        if not self.plain or len(standing) > _MOST_KEPT_AWAY or taken > _OPEN_FLOOR * floor_area(self.room):
            return None
        # A round table in use or a sofa with its television does not go round an empty middle.
        if any(piece.category in ("dining_table", "kitchen_island", "coffee_table") for piece in standing):
            return None
        if min(self.room.extent) < 3.2:
            return None
        relations = tuple(Relation(p.id, kind.predicate, "middle", distance=kind.distance) for p in standing)
        kept = [bond.relation for bond in self.bonds if not bond.optional]
        if not all(possible(self.room, piece, (*relations, *kept)) for piece in standing):
            return None
        return Wish(name, (), relations)


def _outdone(bond: Bond, wish: Wish) -> bool:
    """Whether a bond says less exactly, or otherwise, what the wish says."""
    relation, kind = bond.relation, KINDS[wish.kind]
    if kind.predicate == "under" and any(_hangs_over(bond, piece.id) for piece in wish.subjects):
        return True
    if relation.subject not in {asked.subject for asked in wish.relations}:
        return False
    if any((relation.predicate, relation.anchor) == (asked.predicate, asked.anchor) for asked in wish.relations):
        return True
    if kind.anchor == "room":
        return bond.optional and relation.anchor == "middle"
    if kind.predicate == "facing":
        return bond.optional and relation.predicate in ("facing", "against", *_POSITIONAL)
    if kind.predicate in ("against", "in_corner") and relation.predicate == "against":
        return kind.predicate == "against" or bond.optional
    return bond.optional and relation.predicate != "against"


def _hangs_over(bond: Bond, id: str) -> bool:
    """Whether something is meant to hang where a window would be."""
    return bond.relation.predicate == "above" and bond.relation.anchor == id


def _about_room(relation: Relation) -> bool:
    places = ("wall", "corner", "door", "window", "middle")
    return relation.anchor in places or relation.anchor.endswith("_wall")


_OFF = 0.0213
"""An odd gap to walls, metres: on no grid, so that no tolerance is met or missed by the last digit of a float."""


def _places(room: Room, piece: Furniture) -> Iterator[Pose]:
    """Places of one piece in the empty room: its back along walls, every 20 cm, then a grid over the floor."""
    length, width, height = piece.size
    sills = [o.sill for o in room.openings if o.kind == "window"]
    low = not sills or height <= min(sills)
    for wall in walls(room):
        for a, b in wall_runs(room, wall, low=low, depth=width):
            first, last = a + length / 2 + _OFF, b - length / 2 - _OFF
            if last < first:
                continue
            steps = int((last - first) / 0.2) + 1
            for k in range(steps + 1):
                x, y = wall.point(first + (last - first) * k / steps, width / 2 + _OFF)
                yield Pose(x, y, height / 2, wall.facing)
    if category_of(piece.category).back == "free":
        yield from _free_places(room, piece)


def _free_places(room: Room, piece: Furniture) -> Iterator[Pose]:
    """A grid over the floor, at all four turns, inside the room and out of the doors' way."""
    (x_most, y_most), (length, width, height) = room.extent, piece.size
    columns, rows = (int(most / 0.4) + 1 for most in (x_most, y_most))
    xs = (np.arange(columns) + 0.437) / columns * x_most
    ys = (np.arange(rows) + 0.563) / rows * y_most
    x, y = (part.ravel() for part in np.meshgrid(xs, ys, indexing="ij"))
    for turn in (0.0, 90.0):
        hx, hy = (length / 2, width / 2) if turn == 0.0 else (width / 2, length / 2)
        plan = np.stack([np.stack([x + i * hx, y + j * hy], -1) for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))], 1)
        ok = (signed_distance(room.floor, plan) > _OFF).all(-1)
        for opening in room.openings:
            if opening.kind == "door":
                size, pose = opening_zone(room, opening)
                zone = footprint(size[:2], pose)
                low, high = zone.min(0), zone.max(0)
                ok &= ~((plan.min(1) < high).all(-1) & (plan.max(1) > low).all(-1))
        for k in np.flatnonzero(ok):
            for rotation in (turn, turn + 180.0):
                yield Pose(float(x[k]), float(y[k]), height / 2, rotation)


class _First(Dice):
    """Picks what comes first, always."""

    def __init__(self) -> None:
        super().__init__("")

    def pick(self, items):  # type: ignore[override]
        return items[0]


def _sentence(dice: Dice, wish: Wish, frame: str) -> str:
    kind = KINDS[wish.kind]
    words = _words(dice, wish)
    own = _own(wish)
    if own and (not kind.where or dice.chance(0.25)):
        return dice.pick(own).format(**words)
    return frame.format(**words, where=dice.pick(kind.where).format(**words))


def _own(wish: Wish) -> list[str]:
    """The kind's own sentences that make sense of the subject; they speak of one piece only."""
    if len(wish.subjects) > 1:
        return []
    category = wish.subjects[0].category if wish.subjects else ""
    return [text for text, only in KINDS[wish.kind].own if not only or category in only]


def _words(dice: Dice, wish: Wish) -> dict[str, str]:
    if not wish.subjects:
        return {"n": dice.pick(ACTIVITIES), "it": "", "It": "", "a": ""}
    name = dice.pick(names_of(wish.subjects[0].category))
    it = f"the {name}" if len(wish.subjects) == 1 else f"the {_plural(name)}"
    if len(wish.subjects) == 2 and dice.chance(0.4):
        it = f"both {_plural(name)}"
    anchor = wish.side.replace("_", " ")
    if wish.anchor is not None:
        anchor = f"the {dice.pick(names_of(wish.anchor.category))}"
    return {"n": name, "it": it, "It": _capital(it), "a": anchor}


def _plural(name: str) -> str:
    head, of, rest = name.partition(" of ")
    if head.endswith("f"):
        head = f"{head[:-1]}ve"
    return f"{head}{'es' if head.endswith(('ch', 'sh', 's')) else 's'}{of}{rest}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
