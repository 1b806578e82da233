# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of answers that lessons teach, so that a model can be held to it while it writes: `begins` says what still
can become one.

    <think>desk_1 at east_wall, takes 0.8 by 1.6, x 4 to 3.2 mid 3.6, y 0 to 1.6 mid 0.8
    chair_1 in front of desk_1 …</think><answer>[{"new_object_id":"desk_1","x":3.6,"y":0.8,"z":0.39,"rotation":270},…

A clause (`think`) for each piece, in any order, then an entry for each. Which piece comes next, at which wall or facing
which way, and where its span begins or has its middle is the model's own, among the places that are free (`vacancy`).
What follows from that by sums (what the piece takes, the span's other end and its middle) is worked out for it, as
Cobbe et al. 2021 (arXiv:2110.14168, section 2.1) do with a calculator; and an entry says the numbers that its clause
has come to. A repair begins with what it mends, which again is the model's own choice: these pieces have clauses, and
the others stay where the dialogue says that they are.

    <think>mend chair_1
    chair_1 in front of desk_1 …</think><answer>…
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...dialogue.wording import number
from .board import reach
from .reader import NUMBER, Ended, Reader, Wrong
from .vacancy import FLAT, Ground, Rect, Span, box, ground_of, middles_at, middles_on, spans_along_x, spans_along_y

_PLACE = "Place (length x width x height"
_SIDE = r"(\d{1,4}(?:\.\d{1,4})?)"
_PIECE = re.compile(rf'- (\S+) {_SIDE}x{_SIDE}x{_SIDE}(?![\d.x])([^"]*)')
_ROOM = re.compile(rf"^Room: {_SIDE}x{_SIDE}, height {_SIDE}\.", re.MULTILINE)
_CARRIED = re.compile(r"^- (\S+) on (\S+?)(?:, touching)?$", re.MULTILINE)
_READ = "Read from your answer"
_STOOD = re.compile(rf"^- (\S+){rf' ({NUMBER.pattern})' * 4}$", re.MULTILINE)
_MOUNTS = {"on a wall": "wall", "on the ceiling": "ceiling", "on a piece": "on"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A piece as the dialogue tells of it: length, width, height in metres, and what it stands on or hangs from.

    `carried`: length and width of what stands on it and reaches beyond it, 0 where nothing does.
    """

    name: str
    size: tuple[float, float, float]
    mount: str = "floor"
    carried: tuple[float, float] = (0.0, 0.0)

    def takes(self, rotation: int) -> list[Span]:
        """What it takes along x and y when it is turned so: by itself, and with what it carries."""
        both = [max(two) for two in zip(self.size[:2], self.carried, strict=True)]
        along = [[2 * reach(side) for side in sides] for sides in (self.size[:2], both)]
        turned = [(y, x) if rotation % 180 else (x, y) for x, y in along]
        return list(dict.fromkeys(turned))


@dataclass(frozen=True, slots=True)
class Stood:
    """Where a piece has stood before a repair: x, y, z of its centre (metres) and rotation (degrees), as was said."""

    name: str
    x: str
    y: str
    z: str
    rotation: str

    @property
    def entry(self) -> str:
        return _entry(self.x, self.y, self.z, self.rotation)


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece that an earlier clause has placed, or that a repair leaves where it is."""

    name: str
    mount: str
    rect: Rect
    top: float = 0.0


@dataclass(frozen=True, slots=True)
class Form:
    """The form of an answer to a dialogue that asks for these pieces, in a room of this height (metres).

    `stood`: where pieces have been before, if it is not the dialogue's first answer, which then mends what is wrong.
    `ground`: the floor, where pieces are to be held to what is free.
    What lines of a thought have come to is remembered, as a growing text is asked about again and again.
    """

    pieces: tuple[Asked, ...]
    height: float = 2.5
    stood: tuple[Stood, ...] | None = None
    ground: Ground | None = None
    _known: dict[str, _Thought] = field(default_factory=dict, init=False, repr=False, compare=False)

    def begins(self, text: str) -> bool:
        """Whether `text` is an answer of this form, or can become one by going on."""
        reader = Reader(text)
        try:
            entries = self._thought(reader)
            self._answer(reader, entries)
        except Ended:
            return True
        except Wrong:
            return False
        return reader.at == len(text)

    def ways(self, text: str) -> tuple[str, ...]:
        """How `text` can go on up to the next choice, where it is known; none begins another. Empty where it is not
        known, or can't."""
        reader = Reader(text)
        try:
            self._answer(reader, self._thought(reader))
        except Ended as end:
            return end.ways
        except Wrong:
            pass
        return ()

    def forced(self, text: str) -> str:
        """What must follow `text`, as there is no choice, up to the end of the thought."""
        more = ""
        while not (text + more).endswith("</think>") and (ways := self.ways(text + more)):
            if not (shared := _shared(ways)):
                break
            more += shared
        return more

    def completed(self, text: str) -> str | None:
        """The whole answer, where `text` has come to all of it: a closed thought with a clause for each piece."""
        reader = Reader(text)
        try:
            entries = self._thought(reader)
        except (Ended, Wrong):
            return None
        if len(entries) < len(self.pieces):
            return None
        names = entries if self.stood is None else [piece.name for piece in self.pieces]
        told = ",".join(f'{{"new_object_id":"{name}"{entries[name]}}}' for name in names)
        whole = f"{text[: reader.at]}<answer>[{told}]</answer>"
        return whole if whole.startswith(text) else None

    def _thought(self, reader: Reader) -> dict[str, str]:
        """What the clauses come to, as entries say it, by piece in their order."""
        lines = reader.text[: reader.text.rfind("\n") + 1]
        thought = self._known.get(lines)
        if thought is None:
            reader.literal("<think>")
            pieces = {piece.name: piece for piece in self.pieces}
            thought = _Thought(pieces, {}, ()) if self.stood is None else self._mended(reader, pieces, self.stood)
            self._known[reader.text[: reader.at]] = thought
        else:
            reader.at = len(lines)
        left, entries, placed = dict(thought.left), dict(thought.entries), list(thought.placed)
        while left:
            piece = left.pop(reader.one_before(" ", left))
            entries[piece.name] = self._clause(reader, piece, placed)
            reader.literal("\n" if left else "</think>")
            if left:
                self._known[reader.text[: reader.at]] = _Thought(dict(left), dict(entries), tuple(placed))
        return entries

    def _mended(self, reader: Reader, pieces: Mapping[str, Asked], stood: Sequence[Stood]) -> _Thought:
        """What a repair begins from, once it has said which pieces it mends: at least those that had no place."""
        reader.literal("mend ")
        left, kept = {}, {one.name: one for one in stood if one.name in pieces}
        end = ""
        while end != "\n":
            others = [name for name in pieces if name not in left]
            lacking = [name for name in others if name not in kept]
            told = {
                f"{name}{end}": (name, end)
                for name in others
                for end in (", ", "\n")
                if (len(others) > 1 if end == ", " else not lacking or lacking == [name])
            }
            name, end = told[reader.one_of([*told])]
            left[name] = pieces[name]
        still = [one for one in kept.values() if one.name not in left]
        placed = [where for one in still if (where := _still(pieces[one.name], one))]
        return _Thought(left, {one.name: one.entry for one in still}, tuple(placed))

    def _clause(self, reader: Reader, piece: Asked, placed: list[Placed]) -> str:
        why, wall, rotation = reader.way()
        if piece.mount in ("wall", "on"):
            x, y, z = self._hung(reader, piece, placed, why, wall, rotation)
        else:
            x, y = self._placed(reader, piece, placed, why, wall, rotation)
            half = piece.size[2] / 2
            z = number(self.height - half if piece.mount == "ceiling" else half)
        return _entry(x, y, z, str(rotation))

    def _placed(
        self, reader: Reader, piece: Asked, placed: list[Placed], why: str, wall: str, rotation: int
    ) -> tuple[str, str]:
        """The middles of both spans, among the free ones where the floor is known and has room for the piece."""
        ground, choices = self.ground, piece.takes(rotation)
        blocked = _blocked(ground, piece, placed, why) if ground else ()
        free = [sides for sides in choices if ground and spans_along_x(ground, sides, blocked, wall)]
        if ground and wall and not free:  # said as soon as the wall is: what follows could not be mended
            raise Wrong
        taken = reader.taken(free or choices)
        reader.literal(", x ")
        if ground is None or not free:
            x = reader.span(taken[0])
            reader.literal(", y ")
            return x, reader.span(taken[1])
        along_x = spans_along_x(ground, taken, blocked, wall)
        across = along_x[reader.one_of([*along_x])]
        reader.literal(", y ")
        along_y = spans_along_y(ground, taken, blocked, wall, across)
        along = along_y[reader.one_of([*along_y])]
        if piece.size[2] > FLAT:
            placed.append(Placed(piece.name, piece.mount, (*across, *along), piece.size[2]))
        return number(sum(across) / 2), number(sum(along) / 2)

    def _hung(
        self, reader: Reader, piece: Asked, placed: Sequence[Placed], why: str, wall: str, rotation: int
    ) -> tuple[str, str, str]:
        """The middle of what has its back at a wall, or stands on another piece: there, where that is known."""
        host = _host(placed, why) if piece.mount == "on" else None
        middles: list[tuple[str, str]] = []
        if self.ground and piece.mount == "wall" and wall:
            middles = middles_at(self.ground, piece.size[0], piece.size[1], wall)
            if not middles:
                raise Wrong
        elif host:
            middles = middles_on(host.rect, piece.size[1::-1] if rotation % 180 else piece.size[:2])
        then = ", z " if piece.mount == "wall" else ", top "
        reader.literal(" x ")
        if middles:
            x = reader.one_before(", y ", dict.fromkeys(x for x, _ in middles))
            y = reader.one_before(then, [y for known, y in middles if known == x])
        else:
            x = reader.number()
            reader.literal(", y ")
            y = reader.number()
            reader.literal(then)
        if piece.mount == "wall":
            return x, y, reader.number()
        top = reader.one_of([number(host.top)]) if host else reader.number()
        return x, y, number(float(top) + piece.size[2] / 2)

    def _answer(self, reader: Reader, entries: Mapping[str, str]) -> None:
        reader.literal("<answer>[")
        left = [piece.name for piece in self.pieces]
        while left:
            reader.literal('{"new_object_id":"')
            name = reader.one_of([f'{name}"' for name in left])[:-1]
            left.remove(name)
            reader.literal(entries[name])
            reader.literal("},") if left else reader.literal("}")
        reader.literal("]</answer>")


def form_of(messages: Sequence[Mapping[str, Any]]) -> Form | None:
    """The form of the next answer in a dialogue of `prompt`'s, as a chat template gets it; None for any other chat.

    Whatever the messages say, it raises nothing.
    """
    told = [_text(message) for message in messages if message.get("role") == "user"]
    room = _ROOM.search(told[0]) if told else None
    if room is None or _PLACE not in told[0]:
        return None
    pieces: dict[str, Asked] = {}
    for line in told[0].partition(_PLACE)[2].splitlines()[1:]:
        found = _PIECE.match(line)
        if not found:
            break
        name, length, width, height, words = found.groups()
        kind = next((mount for said, mount in _MOUNTS.items() if words.rstrip(", ").endswith(f", {said}")), "floor")
        if name in pieces:
            return None
        pieces[name] = Asked(name, (float(length), float(width), float(height)), kind)
    for name, host in _CARRIED.findall(told[0]):
        if name in pieces and host in pieces:
            longest, widest = (max(two) for two in zip(pieces[host].carried, pieces[name].size[:2], strict=True))
            pieces[host] = replace(pieces[host], carried=(longest, widest))
    if not pieces:
        return None
    stood = None if len(told) == 1 else tuple(Stood(*where) for where in _STOOD.findall(told[-1].partition(_READ)[2]))
    return Form(tuple(pieces.values()), float(room[3]), stood, ground_of(told[0]))


@dataclass(frozen=True, slots=True)
class _Thought:
    """What lines of a thought have come to: the pieces that are left, and where others are."""

    left: Mapping[str, Asked]
    entries: Mapping[str, str]
    placed: tuple[Placed, ...]


def _host(placed: Sequence[Placed], why: str) -> Placed | None:
    """The piece that another one stands on for this reason, where it has a place already."""
    named = re.fullmatch(r"on (\S+) ", why)
    return next((one for one in placed if named and one.name == named[1] and one.mount == "floor"), None)


def _blocked(ground: Ground, piece: Asked, placed: Sequence[Placed], why: str) -> tuple[Rect, ...]:
    """What a piece must keep out of; not of the one that it stands at or under, for it reaches below that."""
    still = ground.taken(piece.size[2], piece.mount)
    if piece.size[2] <= FLAT:
        return still
    hosts = re.findall(r"(?:^| )(?:at|under) (\S+)", why)
    return (*still, *(one.rect for one in placed if one.mount == piece.mount and one.name not in hosts))


def _entry(x: str, y: str, z: str, rotation: str) -> str:
    return f',"x":{x},"y":{y},"z":{z},"rotation":{rotation}'


def _still(piece: Asked, stood: Stood) -> Placed | None:
    """What a piece that stays covers, if others must know of it."""
    if piece.size[2] <= FLAT:
        return None
    x, y, z, rotation = map(float, (stood.x, stood.y, stood.z, stood.rotation))
    rect = box(*piece.size, x, y, z, rotation)
    return Placed(piece.name, piece.mount, rect, z + piece.size[2] / 2)


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, Sequence) else ()
    return "".join(str(part.get("text") or "") for part in parts if isinstance(part, Mapping))


def _shared(texts: Sequence[str]) -> str:
    """What all begin with."""
    first, last = min(texts), max(texts)
    return first[: next((k for k, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))]
