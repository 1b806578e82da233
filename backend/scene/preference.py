# SPDX-License-Identifier: GPL-3.0-or-later
"""Relations that a preference sentence plainly asks for ("the desk under the window, the bed far from the door").

A small grammar: a piece, a phrase such as "next to", and another piece or a place. What it does not understand it leaves
to the model; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from .anchors import SIDES, anchor_kind, walls_of
from .category import CATEGORIES, infer_category
from .model import Predicate, Relation, Scene


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    end: int
    targets: tuple[str, ...]  # ids of pieces, or one place
    piece: bool


@dataclass(frozen=True, slots=True)
class _Phrase:
    predicate: Predicate
    adjacent: bool = False


_PHRASES: tuple[tuple[str, _Phrase], ...] = (
    (r"(?:far |well )?away from|far from|not (?:near|next to|beside|by|close to|in front of)|distant from", _Phrase("far_from")),
    (r"in front of|before", _Phrase("in_front_of")),
    (r"behind", _Phrase("behind")),
    (r"(?:to the |on the )?left of", _Phrase("left_of")),
    (r"(?:to the |on the )?right of", _Phrase("right_of")),
    (r"next to|beside|adjacent to|alongside|at either side of|on either side of|on both sides of", _Phrase("near", True)),
    (r"near(?:by)?(?: to)?|close to|by|around|round", _Phrase("near")),
    (r"under(?:neath)?|below|beneath", _Phrase("under")),
    (r"above|over", _Phrase("above")),
    (r"facing|faces?|looking (?:at|towards?|out of)|looks? (?:at|towards?|out of)|turned (?:to|towards?)|opposite(?: to)?|towards?", _Phrase("facing")),
    (r"against|along|flush with|up to", _Phrase("against")),
    (r"cent(?:er|re)d (?:on|under|over|in)", _Phrase("centered_on")),
    (r"on top of|upon|on", _Phrase("on")),
    (r"in|into|at", _Phrase("near")),
)  # fmt: skip
_NEARNESS = ("near", "in_front_of", "against", "under", "left_of", "right_of", "behind")
_NEGATION = re.compile(r"\b(?:not|no|never|don'?t|without|avoid)\b")
_MIDDLE = r"(?:middle|cent(?:er|re))(?: of (?:the|this|my|our) (?:room|floor))?"
_FREE_MIDDLE = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_MIDDLE}(?: (?:should|must|has to|is to|to|be|is|stays?|remains?|kept|left|completely|entirely))* (?:free|clear|open|empty)\b",
        rf"\b(?:space|room) (?:for|to) [\w' -]{{2,40}}? in the {_MIDDLE}",
        rf"\b(?:free|clear|open|empty|enough|some) (?:space|room|floor|area)(?: (?:for|to) [\w' -]{{2,40}}?)? in the {_MIDDLE}",
        rf"\b(?:nothing|no furniture)(?: [\w'-]+){{0,4}} in the {_MIDDLE}",
    )
)
FREE_MIDDLE = 1.0
"""Radius round the middle of the room that "room for yoga in the middle" keeps free, metres."""
_PLACES: tuple[tuple[str, str], ...] = (
    *((rf"(?:the )?{side}(?:ern)? walls?", f"{side}_wall") for side in SIDES),
    (r"(?:the |a |any )?(?:room'?s )?corners?(?: of the room)?", "corner"),
    (r"(?:the )?(?:middle|cent(?:er|re))(?: of (?:the|this) (?:room|floor))?", "middle"),
    (r"(?:the |a |any )?windows?", "window"),
    (r"(?:the |a |any )?(?:doors?|entrance|doorway)", "door"),
    (r"(?:the |a |any )?walls?", "wall"),
    (r"(?:the )?ceiling", "ceiling"),
)


def preferred_relations(scene: Scene) -> tuple[Relation, ...]:
    """The relations that the scene's preference asks for and that it does not have already.

    Subjects are movable pieces named by category, label or id; a plural names them all. Never raises; returns () when
    nothing is understood.
    """
    known = {(r.subject, r.predicate, r.anchor) for r in scene.relations}
    found: list[Relation] = []
    for clause, mentions in _clauses(scene):
        for relation in (*_clause(scene, clause, mentions), *_middle_kept_free(scene, clause, mentions)):
            key = (relation.subject, relation.predicate, relation.anchor)
            if key not in known:
                known.add(key)
                found.append(relation)
    return tuple(found)


def with_preferences(scene: Scene) -> Scene:
    """The scene with its preference's relations among its own, less those that would let pieces carry each other."""
    for relation in preferred_relations(scene):
        if relation.predicate != "on" or not _hangs_on(scene, relation.anchor, relation.subject):
            scene = replace(scene, relations=(*scene.relations, relation))
    return scene


def _clauses(scene: Scene) -> Iterator[tuple[str, list[_Mention]]]:
    """The preference clause by clause. "It" is the first piece of the sentence, or of the sentence before."""
    topic: tuple[str, ...] = ()
    for sentence in re.split(r"[.;!?\n]", scene.preference.lower()[:2000]):
        own: tuple[str, ...] = ()
        for clause in re.split(r",|\bbut\b|\bwhile\b|(?<!flush )\bwith\b", sentence):
            mentions = _mentions(scene, clause, own or topic)
            own = own or next((mention.targets for mention in mentions if mention.piece), ())
            yield clause, mentions
        topic = own or topic


def _clause(scene: Scene, clause: str, mentions: list[_Mention]) -> list[Relation]:
    relations: list[Relation] = []
    subjects: tuple[str, ...] = ()
    denied = False
    for k, mention in enumerate(mentions):
        if k == 0:
            subjects = mention.targets if mention.piece else ()
            denied = _NEGATION.search(clause[: mention.start]) is not None
            continue
        before = clause[mentions[k - 1].end : mention.start]
        if mention.piece and re.fullmatch(r"\s*(?:and|&)\s*(?:the |a |an |my )?\s*", before):
            subjects = (*subjects, *mention.targets)  # "the sofa and the armchair facing…", or a new subject
            if relations:
                subjects = mention.targets
            continue
        phrase = _phrase(before)
        if phrase is not None and denied:
            phrase = _Phrase("far_from") if phrase.predicate in _NEARNESS else None
        if phrase is not None and subjects:
            for rank, subject in enumerate(subjects):
                relation = _relation(scene, subject, phrase, mention, rank)
                relations += [relation] if relation else []
        elif mention.piece:
            subjects = mention.targets
    return relations


def _middle_kept_free(scene: Scene, clause: str, mentions: list[_Mention]) -> Iterator[Relation]:
    """ "Room for yoga in the middle": every piece on the floor keeps its distance. "Room for a table" is no such wish."""
    found = next((match for pattern in _FREE_MIDDLE if (match := pattern.search(clause))), None)
    if found is None or _NEGATION.search(clause[: found.start()].replace("no furniture", "")):
        return
    if any(mention.piece and mention.start < found.end() and mention.end > found.start() for mention in mentions):
        return
    meant_there = {r.subject for r in scene.relations if r.anchor == "middle" and r.predicate == "centered_on"}
    for piece in scene.movable:
        walkable = piece.category in CATEGORIES and CATEGORIES[piece.category].walkable
        if piece.mount == "floor" and not walkable and piece.id not in meant_there:
            yield Relation(piece.id, "far_from", "middle", distance=FREE_MIDDLE)


def _relation(scene: Scene, subject: str, phrase: _Phrase, mention: _Mention, rank: int) -> Relation | None:
    """The relation of the `rank`-th subject: "lamps on the nightstands" gives each its own."""
    targets = [target for target in mention.targets if target != subject]
    anchor = targets[rank % len(targets)] if targets else None
    if anchor is None or scene.piece(subject).fixed:
        return None
    predicate, kind = phrase.predicate, anchor_kind(scene, anchor)
    if kind is None:
        return None
    if kind == "corner":
        return None if predicate == "far_from" else Relation(subject, "in_corner", "corner")
    if kind == "middle":
        return (
            None
            if predicate == "far_from"
            else Relation(subject, "centered_on" if predicate != "facing" else "facing", "middle")
        )
    if kind == "wall" and predicate in ("on", "near", "above", "under") and walls_of(scene.room, anchor):
        predicate = "against"
    if kind == "opening" and predicate in ("against", "on", "near", "in_front_of") and anchor == "window":
        predicate = "near" if predicate != "in_front_of" else "in_front_of"
    if kind == "object" and predicate == "against":
        return Relation(subject, "near", anchor, adjacent=True)
    if kind in ("ceiling", "floor"):
        return None
    return Relation(subject, predicate, anchor, adjacent=phrase.adjacent)


def _phrase(between: str) -> _Phrase | None:
    """The last phrase between two mentions; a negation that no phrase covers makes it nothing."""
    best: tuple[int, int, _Phrase, int] | None = None
    for pattern, phrase in _PHRASES:
        for match in re.finditer(rf"\b(?:{pattern})\b", between):
            key = (match.end(), -match.start(), phrase, match.start())
            if best is None or key[:2] > best[:2]:
                best = key
    if best is None or _NEGATION.search(between[: best[3]]):
        return None
    return best[2]


def _mentions(scene: Scene, clause: str, topic: tuple[str, ...]) -> list[_Mention]:
    found: list[_Mention] = []
    if topic:
        found += [_Mention(m.start(), m.end(), topic, True) for m in re.finditer(r"\b(?:it|them)\b", clause)]
    for pattern, names in _piece_patterns(scene):
        found += [_Mention(m.start(), m.end(), names, True) for m in re.finditer(pattern, clause)]
    for pattern, place in _PLACES:
        found += [_Mention(m.start(), m.end(), (place,), False) for m in re.finditer(rf"\b(?:{pattern})\b", clause)]
    found.sort(key=lambda mention: (mention.start, -mention.end))
    result: list[_Mention] = []
    for mention in found:  # the longest name wins: "desk lamp" is no desk
        if not result or mention.start >= result[-1].end:
            result.append(mention)
        elif mention.end - mention.start > result[-1].end - result[-1].start:
            result[-1] = mention
    return result


def _piece_patterns(scene: Scene) -> list[tuple[str, tuple[str, ...]]]:
    patterns: list[tuple[str, tuple[str, ...]]] = []
    categories: dict[str, list[str]] = {}
    for piece in scene.furniture:
        categories.setdefault(piece.category, []).append(piece.id)
        names = {piece.id.lower(), piece.id.lower().replace("_", " ")} | (
            {piece.label.lower()} if piece.label else set()
        )
        patterns += [(rf"\b{re.escape(name)}\b", (piece.id,)) for name in names if len(name) > 2]
    for name, ids in categories.items():
        category = CATEGORIES.get(name)
        words = {name.replace("_", " "), *(category.words if category else ())}
        general = {last for word in words if infer_category(last := word.split()[-1]) != "unknown" and " " in word}
        for word in words | {g for g in general if _only(categories, g, name)}:
            plural = rf"|{re.escape(word[:-1])}ves" if word.endswith("f") else ""
            patterns.append((rf"\b(?:{re.escape(word)}(?:s|es)?{plural})\b", tuple(ids)))
    return patterns


def _only(categories: dict[str, list[str]], word: str, name: str) -> bool:
    """Whether in this scene only category `name` can be meant by the general word ("lamp", "table")."""
    rivals = [
        other
        for other in categories
        if other != name
        and (category := CATEGORIES.get(other))
        and any(w.split()[-1] == word for w in (*category.words, other.replace("_", " ")))
    ]
    return not rivals


def _hangs_on(scene: Scene, start: str, goal: str) -> bool:
    on = {r.subject: r.anchor for r in scene.relations if r.predicate == "on"}
    seen = set()
    while start in on and start not in seen:
        if start == goal:
            return True
        seen.add(start)
        start = on[start]
    return start == goal
