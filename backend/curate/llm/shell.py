# SPDX-License-Identifier: GPL-3.0-or-later
"""The empty room of a description: its floor; doors and windows from its words or, where it says nothing, by lot."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from ...scene import Opening, Room
from ...scene.geometry import walls
from ..generate.dice import Dice, snap
from ..generate.room_types import ROOM_TYPES, RoomType
from ..generate.rooms import with_openings
from .descriptions import Description

_DRAWS = 12
_OTHER_WORDS: dict[str, tuple[str, ...]] = {
    "bedroom": ("suite", "attic room", "hotel room", "cabin"),
    "kids_bedroom": ("playroom", "dorm", "dormitory", "teen"),
    "living_room": ("den", "sunroom", "conservatory", "parlor", "parlour", "solarium", "loft", "family room", "theater",
                    "theatre", "cinema", "game room", "gallery", "ballroom"),
    "dining_room": ("restaurant", "café", "cafe", "diner", "tearoom", "tea room", "bar", "pub", "bistro",
                    "breakfast nook", "cellar", "cafeteria"),
    "kitchen": ("bakery", "pantry"),
    "bathroom": ("powder room", "spa", "sauna"),
    "home_office": ("office", "workspace", "command center"),
    "studio": ("apartment",),
    "hallway": ("entryway", "corridor", "mudroom", "walk-in closet", "closet"),
    "library": ("reading nook", "bookstore", "bookshop", "archive"),
    "yoga_room": ("gym", "dance studio", "yoga studio", "fitness", "meditation room"),
    "waiting_room": ("salon", "boutique", "shop", "store", "barbershop"),
    "workshop": ("garage", "studio", "lab", "laboratory", "atelier", "greenhouse", "shed", "basement", "newsroom"),
    "laundry_room": ("laundry",),
    "music_room": ("recording studio", "music studio"),
}  # fmt: skip
"""What descriptions call rooms, besides the room types' own names."""
_NO_WINDOW = re.compile(r"\b(?:no|without(?: any)?) windows?\b|\bwindowless\b")
_WINDOW = re.compile(r"\bwindows?\b")
_WINDOWS = re.compile(r"\bwindows\b|\bwindow(?:ed)? walls?\b")
_LARGE = re.compile(
    r"\b(?:large|big|tall|huge|expansive|floor-to-ceiling|panoramic|picture|bay|arched|oversized|massive|full-length|"
    r"soaring|wide)(?:,? [\w-]+){0,2} windows?\b|\bwalls? of windows\b"
)
_SMALL = re.compile(r"\b(?:small|tiny|little|narrow|round|circular|single|porthole|lone)(?:,? [\w-]+){0,2} windows?\b")
_PASSAGE = re.compile(r"\b(?:arched (?:doorway|entrance|opening)|open doorway|archway)\b")
_WIDE_DOOR = re.compile(r"\b(?:french|sliding(?: [\w-]+)?|double|glass|patio|barn) doors?\b")
_WIDE = (1.4, 1.8)
_MARGIN = 0.3


def room_of(description: Description) -> Room:
    """The room, the same every time: a rectangle of the stated size with at least one door."""
    x, y, height = description.size
    floor = ((0.0, 0.0), (x, 0.0), (x, y), (0.0, y))
    kind = _spoken(description.text.lower(), room_type_of(description.text))
    room = Room(floor, height)
    for draw in range(_DRAWS):  # chance may leave no room for a window that is spoken of
        dice = Dice(f"metaspatial description {description.key} {draw}")
        room = with_openings(dice, kind, Room(floor, height))
        if sum(opening.kind == "window" for opening in room.openings) >= kind.windows[0]:
            break
    found = _WIDE_DOOR.search(description.text.lower())
    if found:
        swing = "none" if found[0].startswith(("sliding", "barn")) else "out"
        room = _with_wide_door(Dice(f"metaspatial wide door {description.key}"), room, swing)
    return room


def room_type_of(text: str) -> RoomType:
    """The room type of which the description speaks first; a living room where it names none."""
    first: tuple[int, int, str] = (len(text) + 1, 0, "living_room")
    for name, pattern in _PATTERNS.items():
        match = pattern.search(text.lower())
        if match:
            first = min(first, (match.start(), -len(match[0]), name))
    return ROOM_TYPES[first[2]]


def _spoken(text: str, kind: RoomType) -> RoomType:
    """The room type with as many windows, as large, as the words ask for."""
    if _NO_WINDOW.search(text):
        kind = replace(kind, windows=(0, 0))
    elif _WINDOW.search(text):
        kind = replace(kind, windows=(2, 3) if _WINDOWS.search(text) else (1, 1))
        if _LARGE.search(text):
            kind = replace(kind, sill=(0.1, 0.5))
        elif _SMALL.search(text):
            kind = replace(kind, sill=(1.15, 1.3))
    return replace(kind, passage=1.0) if _PASSAGE.search(text) else kind


def _with_wide_door(dice: Dice, room: Room, swing: str) -> Room:
    """The room with one more door, wide, on the longest stretch of wall that has space for it; else as it is."""
    best: tuple[float, int, float] | None = None
    for wall in walls(room):
        taken = sorted((o.offset, o.offset + o.width) for o in room.openings if o.wall == wall.index)
        edges = [(0.0, 0.0), *taken, (wall.length, wall.length)]
        for (_, start), (end, _) in pairwise(edges):
            free = end - start - 2 * _MARGIN
            if free >= _WIDE[0] and (best is None or free > best[0]):
                best = (free, wall.index, start + _MARGIN)
    if best is None:
        return room
    free, wall_index, start = best
    width = dice.between(_WIDE[0], min(_WIDE[1], free), 0.05)
    offset = snap(start + (free - width) / 2)
    height = min(2.1, snap(room.height - 0.1))
    number = 1 + sum(opening.kind == "door" for opening in room.openings)
    door = Opening(
        f"door_{number}", "door", wall_index, offset, width, height, 0.0, "out" if swing == "out" else "none"
    )
    return replace(room, openings=(*room.openings, door))


def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) + r")\b")


_PATTERNS = {name: _pattern((*kind.words, *_OTHER_WORDS.get(name, ()))) for name, kind in ROOM_TYPES.items()}
