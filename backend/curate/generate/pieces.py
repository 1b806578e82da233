# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pieces furnish a room, how large they are, and how they belong together: drawn from a room type's table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache

from ...scene import CATEGORIES, Relation
from ...scene.anchors import PLACES
from ...scene.model import PREDICATES, Vector3
from .dice import Dice
from .room_types import Item, RoomType
from .sizes import carried, pick_size, procthor_groups

LARGEST_COVER = 0.34
"""Share of the room type's largest floor that pieces may cover before only wall and table pieces are drawn."""
LARGEST_RUN = 0.5
"""Share of the largest room's walls that pieces with their backs to them may take."""
_TOP_SHARE = 0.4
"""Share of a top that things may stand on."""
_GAP = 0.02
_VARIED = frozenset({"plant", "small_plant", "painting", "books", "vase", "box", "rug", "table_lamp", "microwave"})
"""Categories of which a room's pieces differ in size; of others they are mostly alike."""
_LONGEST_ROW = 3


@dataclass(slots=True)
class Draft:
    """A piece before it has a room. `seats` is how many a table takes; `top` the area of it that is still free, m²."""

    id: str
    category: str
    size: Vector3
    seats: int = 0
    top: float = 0.0
    sides: list[str] = field(default_factory=list)
    row: int = 1
    user: bool = False
    above: int = 0


@dataclass(frozen=True, slots=True)
class Bond:
    """A relation between drafts, or to a place. An `optional` one may be left unsaid."""

    relation: Relation
    optional: bool


@dataclass(frozen=True, slots=True)
class _Tie:
    predicate: str
    anchors: tuple[str, ...]
    subject: str
    adjacent: bool
    optional: bool
    distance: float | None


def furnish(dice: Dice, room_type: RoomType, count: int, height: float) -> tuple[list[Draft], list[Bond]]:
    """Exactly `count` pieces for a room of this height, and their relations; the room type's core comes first."""
    drawing = _Drawing(dice, room_type, height)
    for item in room_type.core:
        if len(drawing.drafts) < count and drawing.allows(item, 1):
            drawing.add(item)
            drawing.complete(count)
    leniency = 1
    while len(drawing.drafts) < count:
        open_items = [item for item in room_type.extras if drawing.allows(item, leniency)]
        if not open_items:
            leniency += 1
            continue
        item = dice.weighted(open_items, [item.weight for item in open_items])
        if drawing.add(item):
            drawing.complete(count)
        else:
            drawing.refused.add(id(item))
    return drawing.drafts, drawing.bonds


class _Drawing:
    """The pieces drawn so far and what they leave free."""

    def __init__(self, dice: Dice, room_type: RoomType, height: float) -> None:
        long, short = room_type.long[1], room_type.short[1]
        self.dice, self.height = dice, height
        self.items = (*room_type.core, *room_type.extras)
        self.longest = long - 0.6
        self.floor = LARGEST_COVER * long * short
        self.run = LARGEST_RUN * 2 * (long + short)
        self.drafts: list[Draft] = []
        self.bonds: list[Bond] = []
        self.counts: Counter[str] = Counter()
        self.refused: set[int] = set()

    def allows(self, item: Item, leniency: int) -> bool:
        if id(item) in self.refused or self.counts[item.category] >= item.most * leniency:
            return False
        category = CATEGORIES[item.category]
        if category.mount == "floor" and not category.walkable:
            length, width, _ = category.size
            if length * width > self.floor or (category.back == "wall" and length > self.run):
                return False
        if category.mount == "wall" and category.size[0] > self.run:
            return False
        ties = [_parse(text) for text in item.ties]
        return all(tie.optional or tie.subject or self._hosts(tie, item.category) for tie in ties)

    def add(self, item: Item) -> bool:
        """Draw a piece of this item; False where none of its sizes fits its host."""
        dice, category = self.dice, CATEGORIES[item.category]
        ties = [_parse(text) for text in item.ties]
        hosts = {tie: self._host(tie, item.category) for tie in ties if not tie.subject}
        if any(host is None and not tie.optional for tie, host in hosts.items()):
            return False
        size = self._size(item, [host for tie, host in hosts.items() if tie.predicate == "on" and host])
        if size is None:
            return False
        self.counts[item.category] += 1
        piece = Draft(f"{item.category}_{self.counts[item.category]}", item.category, size)
        piece.seats = _seats(dice, item.category, size)
        piece.top = _TOP_SHARE * size[0] * size[1] if category.surface else 0.0
        self.drafts.append(piece)
        if category.mount == "floor" and not category.walkable:
            self.floor -= size[0] * size[1]
        if category.mount in ("floor", "wall") and category.back == "wall":
            self.run -= size[0] + 0.05
        for tie, host in hosts.items():
            if host is not None:
                self._bind(piece, tie, host)
        for tie in ties:
            if tie.subject:
                for other in self.drafts:
                    if other.category == tie.subject:
                        self._say(tie.predicate, other.id, piece.id, tie)
        return True

    def complete(self, count: int) -> None:
        """What the last piece is of no use without: seats for a table or desk, a television for its stand."""
        host = self.drafts[-1]
        for item in self.items:
            tie = _parse(item.ties[0]) if item.ties else None
            if tie is None or host.category not in tie.anchors:
                continue
            if tie.predicate == "around":
                while len(self.drafts) < count and self._hosts(tie, item.category) and self.add(item):
                    pass
            elif tie.predicate == "at" or item.category == "tv":
                if len(self.drafts) < count and self._hosts(tie, item.category) and self.dice.chance(0.85):
                    self.add(item)
                return

    def _size(self, item: Item, tops: list[Draft | str]) -> Vector3 | None:
        """Like the others of its kind, mostly; small enough for what it stands on."""
        longest = min(self.longest, item.largest)
        limit = (longest, longest, self.height - 0.1)
        for host in tops:
            if isinstance(host, Draft):
                spare = 0.3 if item.category == "tv" else -_GAP
                limit = (host.size[0] + spare, host.size[1] - _GAP, self.height - host.size[2] - 0.1)
        alike = [piece.size for piece in self.drafts if piece.category == item.category]
        if alike and not tops and (item.category not in _VARIED and self.dice.chance(0.9)):
            return alike[-1]
        for _ in range(4):
            size = pick_size(self.dice, item.category, limit, item.least)
            free = [host.top for host in tops if isinstance(host, Draft) and item.category != "tv"]
            if size is None or all(size[0] * size[1] <= top for top in free):
                return size
        return None

    def _hosts(self, tie: _Tie, category: str) -> list[Draft | str]:
        """The pieces and places this tie may be to, as things stand."""
        places: list[Draft | str] = [anchor for anchor in tie.anchors if anchor in PLACES]
        drafts = [piece for piece in self.drafts if piece.category in tie.anchors]
        seats = Counter(bond.relation.anchor for bond in self.bonds if bond.relation.predicate == "facing")
        if tie.predicate == "around":
            drafts = [piece for piece in drafts if seats[piece.id] < piece.seats]
        elif tie.predicate == "at":
            drafts = [piece for piece in drafts if not piece.user]
        elif tie.predicate == "beside":
            drafts = [piece for piece in drafts if len(piece.sides) < 2]
        elif tie.predicate == "row":
            drafts = [piece for piece in drafts if piece.row < _LONGEST_ROW][-1:]
        elif tie.predicate == "on":
            length, width, _ = CATEGORIES[category].size
            drafts = [piece for piece in drafts if category == "tv" or piece.top >= 0.6 * length * width]
            if category == "table_lamp":
                lit = {b.relation.anchor for b in self.bonds if b.relation.subject.startswith("table_lamp")}
                drafts = [piece for piece in drafts if piece.id not in lit]
        elif tie.predicate == "above":
            drafts = [piece for piece in drafts if piece.above < 1 + (piece.size[0] > 1.8)]
            drafts = [p for p in drafts if p.size[2] + CATEGORIES[category].size[2] + 0.3 < self.height]
        elif tie.predicate in ("under", "in_front_of"):
            taken = {b.relation.anchor for b in self.bonds if b.relation.predicate == tie.predicate}
            drafts = [piece for piece in drafts if piece.id not in taken]
        return [*drafts, *places]

    def _host(self, tie: _Tie, category: str) -> Draft | str | None:
        hosts = self._hosts(tie, category)
        if not hosts:
            return None
        if tie.predicate == "on":  # as often as ProcTHOR has it there, and now and then elsewhere
            weights = [0.1 + carried(host.category, category) if isinstance(host, Draft) else 0.1 for host in hosts]
            return self.dice.weighted(hosts, weights)
        return self.dice.pick(hosts)

    def _bind(self, piece: Draft, tie: _Tie, host: Draft | str) -> None:
        if isinstance(host, str):
            self._say(tie.predicate, piece.id, host, tie)
            return
        if tie.predicate == "around":
            faces = CATEGORIES[piece.category].seat
            self.bonds.append(Bond(Relation(piece.id, "facing" if faces else "near", host.id), False))
            self.bonds.append(Bond(Relation(piece.id, "near", host.id, adjacent=True), True))
        elif tie.predicate == "at":
            host.user = True
            self.bonds.append(Bond(Relation(piece.id, "in_front_of", host.id, adjacent=True), False))
            if piece.category in ("chair", "office_chair") and not host.category.startswith("school"):
                self.bonds.append(Bond(Relation(piece.id, "facing", host.id), True))
        elif tie.predicate == "beside":
            side = next((s for s in ("left_of", "right_of") if s not in host.sides and self.dice.chance(0.5)), "")
            side = side or next(s for s in ("right_of", "left_of") if s not in host.sides)
            host.sides.append(side)
            relation = Relation(piece.id, "left_of" if side == "left_of" else "right_of", host.id, adjacent=True)
            self.bonds.append(Bond(relation, False))
        elif tie.predicate == "row":
            piece.row = host.row + 1
            host.row = _LONGEST_ROW  # who comes next joins this piece, not that one
            self.bonds.append(Bond(Relation(piece.id, "near", host.id, adjacent=True), tie.optional))
        else:
            if tie.predicate == "on":
                host.top -= piece.size[0] * piece.size[1]
            elif tie.predicate == "above":
                host.above += 1
            self._say(tie.predicate, piece.id, host.id, tie)

    def _say(self, predicate: str, subject: str, anchor: str, tie: _Tie) -> None:
        if subject == anchor:
            return
        known = PREDICATES[PREDICATES.index(predicate)]
        relation = Relation(subject, known, anchor, adjacent=tie.adjacent, distance=tie.distance)
        self.bonds.append(Bond(relation, tie.optional))


def seats_round(size: Vector3, width: float) -> int:
    """How many seats this wide a table has room for, on all four sides."""
    long, short = max(size[:2]), min(size[:2])
    return 2 * int(long / (width + 0.06)) + 2 * int((short + 0.1) / (width + 0.06))


def _seats(dice: Dice, category: str, size: Vector3) -> int:
    """How many seats go round it: what ProcTHOR's groups have at a table of this size, or half of what fits."""
    if category == "kitchen_island":
        return 3
    if category != "dining_table":
        return 0
    room = seats_round(size, 0.52)
    numbers = next((numbers for known, numbers in procthor_groups()["seats"] if tuple(known) == size), [2, 3, 4])
    # Tables for two to four are commonest, lone chairs rarest.
    likely = {1: 0.5, 2: 2.0, 3: 1.0, 4: 3.0, 5: 1.0, 6: 3.0}
    fitting = [number for number in numbers if number <= room] or [2]
    number = dice.weighted(fitting, [likely.get(number, 1.0) for number in fitting])
    return max(number, 8 if size[0] >= 2.2 else 6 if size[0] >= 1.7 else number) if room >= 8 else number


@cache
def _parse(text: str) -> _Tie:
    subject, _, rest = text.rpartition(">")
    words = rest.split()
    distance = next((float(word[1:]) for word in words if word.startswith("@")), None)
    anchors = tuple(words[1].split("|"))
    return _Tie(words[0], anchors, subject, "adjacent" in words, "?" in words, distance)
