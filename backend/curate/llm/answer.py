# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the furniture a model chose: bounded, checked against what can be, never executed.

Harmless slips are mended: another name for a known category, length and width confused, a mount no such piece has. All
else is a fault that names the entry, says what is wrong and goes back to the model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...scene import CATEGORIES, Furniture, Relation, Room, SceneError, infer_category
from ...scene.check import suggest
from ...scene.fields import fields_of, items_of, number_of, shown, text_of, vector_of
from ...scene.model import PREDICATES, Mount, Vector3
from ..generate.sizes import plausible
from ..source import BadRoom
from .prompt import FEWEST, MOST

MAX_ANSWER = 100_000
"""Characters of an answer that are read; a longer one is none."""
MAX_FAULTS = 8
"""Faults of one answer that are told."""
MAX_RELATIONS = 100
_MAX_LENGTH, _MAX_WORDS = 60, 6
"""Characters and words of a label, style or material."""
_MAX_PREFERENCE = 400
_SLACK = 0.03
"""Share of a size by which it may pass its range, which the model is told in rounded numbers."""
_MOUNTS: Mapping[str, tuple[Mount, ...]] = {
    "tv": ("wall",), "monitor": ("wall",), "plant": ("on",), "box": ("on",), "vase": ("floor",), "books": ("floor",),
    "small_plant": ("floor",), "mirror": ("floor",),
}  # fmt: skip
"""How a category may be mounted besides its usual way."""
_DISTANCES = (0.1, 10.0)
_ODD = re.compile(r"[<>{}\[\]|\\`#*_=^~$]|://|www\.")
"""What no furniture's name and no wish needs, and markup and addresses do."""


class BadAnswer(BadRoom):
    """An answer that can't be used: its `faults`, each a kind, a colon and what it is exactly."""

    def __init__(self, faults: Sequence[str]) -> None:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__(f"{faults[0]}{more}")
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a model chose for a room: pieces with ids like `bed_1`, relations between them, and a wish in words."""

    furniture: tuple[Furniture, ...]
    relations: tuple[Relation, ...]
    preference: str


def read_answer(text: str, room: Room) -> Choice:
    """The choice in a model's text. Raises BadAnswer, and nothing else, for whatever can't be one."""
    document = _document(text)
    faults: list[str] = []
    try:
        entries = items_of(document.get("furniture"), "furniture")
        links = items_of(document.get("relations"), "relations")
    except SceneError as error:
        raise BadAnswer([f"not of the form asked for: {error}"]) from None
    if not FEWEST <= len(entries) <= MOST:
        raise BadAnswer([f"number of pieces: furniture has {len(entries)}; choose {FEWEST} to {MOST}"])
    if len(links) > MAX_RELATIONS:
        raise BadAnswer([f"number of relations: relations has {len(links)}; give about one for each piece"])
    pieces = _Pieces(room)
    for entry, path in entries:
        _noting(faults, pieces.add, entry, path)
    if faults:  # relations to pieces that are not there would be faults that aren't
        raise BadAnswer(faults[:MAX_FAULTS])
    for entry, path in links:
        _noting(faults, pieces.relate, entry, path)
    faults += pieces.unsupported()
    preference = document.get("preference")
    if not isinstance(preference, str) or not (preference := " ".join(preference.split())):
        faults.append("no preference: give one sentence that says where a piece should go")
    elif len(preference) > _MAX_PREFERENCE or _ODD.search(preference) or not preference.isprintable():
        faults.append(
            f"unusable preference: use {_MAX_PREFERENCE} characters of plain English at most, no markup or links"
        )
    if faults:
        raise BadAnswer(faults[:MAX_FAULTS])
    return Choice(tuple(pieces.furniture), tuple(pieces.relations), str(preference))


def _noting(faults: list[str], read: Any, entry: object, path: str) -> None:
    try:
        read(entry, path)
    except BadAnswer as error:
        faults += error.faults
    except SceneError as error:
        faults.append(f"not of the form asked for: {error}")


class _Pieces:
    """The pieces and relations read so far. Ids are made anew, `category_k`; relations may use those of the answer."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._ids: dict[str, int] = {}  # the answer's, in lower case
        self.furniture: list[Furniture] = []
        self.relations: list[Relation] = []

    def add(self, entry: object, path: str) -> None:
        raw = _object(entry, path, ("category", "size"))
        label = _plain_words(raw.get("label"))
        category = _category(text_of(raw["category"], f"{path}.category"), label, f"{path}.category")
        size = self._size(vector_of(raw["size"], f"{path}.size", 3), category, path)
        count = 1 + sum(piece.category == category for piece in self.furniture)
        id = f"{category}_{count}"
        given = text_of(raw.get("id", id), f"{path}.id").strip().lower()
        if given in self._ids:
            raise BadAnswer([f"an id twice: {path}.id {shown(given)} is that of another piece already"])
        self._ids[given] = len(self.furniture)
        if infer_category(label) not in (category, "unknown") or label.lower() == category.replace("_", " "):
            label = ""
        style, material = _plain_words(raw.get("style")), _plain_words(raw.get("material"))
        mount = _mount(raw.get("mount"), category)
        self.furniture.append(Furniture(id, category, size, mount, label, style, material))

    def relate(self, entry: object, path: str) -> None:
        raw = _object(entry, path, ("subject", "predicate", "anchor"))
        subject = self._piece(text_of(raw["subject"], f"{path}.subject"))
        if subject is None:
            raise BadAnswer([f"unknown piece: {path}.subject {shown(raw['subject'])}{self._meant(raw['subject'])}"])
        predicate = _spelt(text_of(raw["predicate"], f"{path}.predicate"))
        if predicate not in PREDICATES:
            listed = f"{suggest(predicate, PREDICATES)}; use one of {', '.join(PREDICATES)}"
            raise BadAnswer([f"unknown predicate: {path}.predicate {shown(raw['predicate'])}{listed}"])
        anchor = text_of(raw["anchor"], f"{path}.anchor")
        piece = self._piece(anchor)
        place = _spelt(anchor)
        adjacent, distance = raw.get("adjacent") is True, _distance(raw.get("distance"), f"{path}.distance")
        if piece is not None:
            self._between(subject, PREDICATES[PREDICATES.index(predicate)], piece, adjacent, distance, path)
        else:
            self._to_room(subject, predicate, place, distance, f"{path}.anchor {shown(anchor)}", self._meant(anchor))

    def unsupported(self) -> list[str]:
        """Faults of what stands on other pieces: on nothing, on what carries nothing, or on too small a top."""
        faults = []
        hosts = {r.subject: r.anchor for r in self.relations if r.predicate == "on"}
        by_id = {piece.id: piece for piece in self.furniture}
        loads: dict[str, float] = {}
        for piece in self.furniture:
            host = by_id.get(hosts.get(piece.id, ""))
            if piece.mount != "on":
                continue
            if host is None:
                faults.append(f"nothing to stand on: {piece.id} needs a relation on a piece that is marked *")
                continue
            over = 0.3 if piece.category == "tv" else 0.0
            (a, b), (long, short) = (sorted(size[:2], reverse=True) for size in (piece.size, host.size))
            loads[host.id] = loads.get(host.id, 0.0) + (0.0 if over else a * b)
            if a > long + over or b > short:
                faults.append(f"too large for what carries it: {piece.id} is larger than the top of {host.id}")
            elif loads[host.id] > 0.8 * long * short:
                faults.append(f"too much on one piece: {host.id} has no space left for {piece.id}")
            elif piece.size[2] + host.size[2] > self._room.height:
                faults.append(f"too high: {piece.id} on {host.id} is higher than the room")
        return faults

    def _between(
        self, subject: Furniture, predicate: Any, anchor: Furniture, adjacent: bool, distance: float | None, path: str
    ) -> None:
        if subject.id == anchor.id:
            raise BadAnswer([f"a relation to itself: {path} has {subject.id} twice"])
        if predicate == "against":
            predicate, adjacent = "near", True
        elif predicate == "in_corner":
            raise BadAnswer([f'unusable relation: {path}: the anchor of in_corner is "corner"'])
        elif predicate == "on" and not CATEGORIES[anchor.category].walkable:
            if subject.mount != "on" and "on" in _MOUNTS.get(subject.category, ()):
                subject = self._remounted(subject, "on")
            if subject.mount != "on":
                raise BadAnswer([f"unusable relation: {path}: {subject.id} stands on the {subject.mount}"])
            if not CATEGORIES[anchor.category].surface:
                raise BadAnswer([f"unusable relation: {path}: {anchor.id} carries nothing; use one that is marked *"])
            if any(r.subject == subject.id and r.predicate == "on" and r.anchor != anchor.id for r in self.relations):
                raise BadAnswer([f"unusable relation: {path}: {subject.id} is on another piece already"])
        elif predicate == "on" and subject.mount != "floor":
            raise BadAnswer([f"unusable relation: {path}: {subject.id} can't be on a rug"])
        if predicate not in ("near", "far_from"):
            distance = None
        self._say(Relation(subject.id, predicate, anchor.id, adjacent and predicate != "far_from", distance))

    def _to_room(
        self, subject: Furniture, predicate: str, place: str, distance: float | None, shown_anchor: str, meant: str
    ) -> None:
        kinds = {opening.kind for opening in self._room.openings}
        numbered = re.fullmatch(r"(door|window)_\d+", place)
        if numbered and any(opening.id == place for opening in self._room.openings):
            place_kind = "opening"
        elif place in ("door", "window") or numbered:
            place = place.partition("_")[0]
            if place not in kinds:
                raise BadAnswer([f"unknown anchor: {shown_anchor}: the room has no {place}"])
            place_kind = "opening"
        elif place in ("wall", "north_wall", "east_wall", "south_wall", "west_wall"):
            place_kind = "wall"
        elif place in ("corner", "middle", "ceiling", "floor"):
            place_kind = place
        else:
            raise BadAnswer([f"unknown anchor: {shown_anchor} is no piece and no place of the room{meant}"])
        if place_kind in ("ceiling", "floor") or (
            predicate == "on" and place_kind == "wall" and subject.mount == "wall"
        ):
            return  # the mount says as much
        if predicate == "on":
            predicate = {"wall": "against", "corner": "in_corner", "middle": "centered_on"}.get(place_kind, predicate)
        if place_kind == "corner" and predicate in ("near", "against"):
            predicate = "in_corner"
        if place_kind == "opening" and predicate == "against":
            predicate = "near"
        if predicate not in _TO_ROOM[place_kind]:
            raise BadAnswer([f"unusable relation: {predicate} means nothing with {shown_anchor}; with it goes one of "
                             f"{', '.join(_TO_ROOM[place_kind])}"])  # fmt: skip
        known = PREDICATES[PREDICATES.index(predicate)]
        self._say(Relation(subject.id, known, place, False, distance if known in ("near", "far_from") else None))

    def _say(self, relation: Relation) -> None:
        if relation not in self.relations:
            self.relations.append(relation)

    def _remounted(self, piece: Furniture, mount: Mount) -> Furniture:
        place = self.furniture.index(piece)
        self.furniture[place] = Furniture(
            piece.id, piece.category, piece.size, mount, piece.label, piece.style, piece.material
        )
        return self.furniture[place]

    def _piece(self, id: str) -> Furniture | None:
        place = self._ids.get(id.strip().lower())
        return None if place is None else self.furniture[place]

    def _meant(self, id: str) -> str:
        return suggest(id[:80].lower(), list(self._ids))

    def _size(self, given: Sequence[float], category: str, path: str) -> Vector3:
        low, high = plausible(category)
        length, width, height = given
        fitting = [size for size in ((length, width, height), (width, length, height)) if _between(size, low, high)]
        if not fitting:
            spans = " × ".join(f"{a:g}-{b:g}" for a, b in zip(low, high, strict=True))
            raise BadAnswer(
                [f"impossible size: {path}.size {_numbers(given)}; a {category} has {spans} m (length, width, height)"]
            )
        size = fitting[0]
        if size[2] > self._room.height:
            raise BadAnswer([f"too high: {path} is {size[2]:g} m high, the room {self._room.height:g} m"])
        if max(size[:2]) > max(self._room.extent):
            raise BadAnswer([f"too large: {path} is {max(size[:2]):g} m long, the room {max(self._room.extent):g} m"])
        return round(size[0], 2), round(size[1], 3), round(size[2], 3)


_TO_ROOM: Mapping[str, tuple[str, ...]] = {
    "wall": ("against", "facing", "near", "far_from", "centered_on", "aligned_with"),
    "opening": ("under", "near", "far_from", "facing", "in_front_of", "left_of", "right_of"),
    "corner": ("in_corner", "far_from"),
    "middle": ("centered_on", "near", "far_from", "facing"),
}


def _document(text: str) -> Mapping[str, Any]:
    """The JSON object in a text, without reasoning, code fences and prose around it."""
    if len(text) > MAX_ANSWER:
        raise BadAnswer([f"too long: the answer has over {MAX_ANSWER} characters"])
    body = text.rpartition("</think>")[2]
    fenced = [part for part in body.split("```")[1::2] if "{" in part]
    body = fenced[-1] if fenced else body
    start, end = body.find("{"), body.rfind("}")
    if start < 0:
        raise BadAnswer(["no JSON: answer with one JSON object and nothing else"])
    try:
        document = json.loads(body[start : end + 1] if end > start else body[start:])
    except json.JSONDecodeError as error:
        cut = " (it breaks off: answer with fewer pieces)" if body.count("{") > body.count("}") else ""
        raise BadAnswer([f"broken JSON: {error.msg} at line {error.lineno}, column {error.colno}{cut}"]) from None
    except (ValueError, RecursionError):
        raise BadAnswer(["broken JSON: a number too long, or nested too deeply"]) from None
    if isinstance(document.get("scene"), dict):
        document = document["scene"]
    return document


def _object(entry: object, path: str, required: tuple[str, ...]) -> Mapping[str, Any]:
    """An object that has these fields; others are nobody's business."""
    known = {key: value for key, value in entry.items() if key in _KEYS} if isinstance(entry, Mapping) else entry
    return fields_of(known, path, _KEYS, required)


_KEYS = (
    "id", "category", "size", "mount", "label", "style", "material", "subject", "predicate", "anchor", "adjacent",
    "distance",
)  # fmt: skip


def _category(given: str, label: str, path: str) -> str:
    name = _spelt(given)
    if name in CATEGORIES:
        return name
    inferred = infer_category(given[:100])
    if inferred == "unknown":
        inferred = infer_category(label)
    if inferred == "unknown":
        raise BadAnswer(
            [f"unknown category: {path} {shown(given)}{suggest(name, CATEGORIES)}; use one of the list or leave it out"]
        )
    return inferred


def _mount(given: object, category: str) -> Mount:
    usual = CATEGORIES[category].mount
    others: tuple[Mount, ...] = _MOUNTS.get(category, ())
    return others[others.index(given)] if given in others else usual


def _distance(given: object, path: str) -> float | None:
    if given is None:
        return None
    distance = number_of(given, path)
    if not _DISTANCES[0] <= distance <= _DISTANCES[1]:
        raise BadAnswer([f"impossible distance: {path} {shown(given)}; give {_DISTANCES[0]:g} to {_DISTANCES[1]:g} m"])
    return round(distance, 2)


def _between(size: Vector3, low: Vector3, high: Vector3) -> bool:
    return all(
        least * (1 - _SLACK) <= side <= most * (1 + _SLACK) for side, least, most in zip(size, low, high, strict=True)
    )


def _numbers(values: Sequence[float]) -> str:
    return "[" + ", ".join(f"{value:g}" for value in values) + "]"


def _plain_words(given: object) -> str:
    """A few words as a piece's label, style or material may be; "" for anything else, without which one can do."""
    if not isinstance(given, str):
        return ""
    words = " ".join(given.split())
    short = len(words) <= _MAX_LENGTH and len(words.split()) <= _MAX_WORDS
    return words if short and words.isprintable() and not _ODD.search(words) else ""


def _spelt(given: str) -> str:
    return re.sub(r"[\s\-]+", "_", given[:100].strip().lower())
