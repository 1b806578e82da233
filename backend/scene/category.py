# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of each furniture category: how it is mounted, used, and called in object names.

Typical sizes are medians of the ProcTHOR asset data (Apache-2.0) where it has the category, else common trade sizes.
Clearances are from Merrell et al. 2011 ("Interactive furniture layout using interior design guidelines", section 4)
where it states them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from .model import Mount, Vector3
from .translations import COMPOUNDING, TRANSLATIONS


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of furniture.

    `access` is the free depth (metres) people need before the front to use it, `side_access` the same beside it (one
    side is enough). `back` says where its back belongs: "wall", or "free" when it may stand anywhere. `surface` pieces
    carry others; on a `walkable` piece (a rug) others may stand and people walk. `knee` pieces have room for a seat
    underneath; `seat` pieces go there.
    """

    name: str
    size: Vector3
    mount: Mount = "floor"
    access: float = 0.0
    side_access: float = 0.0
    back: Literal["wall", "free"] = "free"
    surface: bool = False
    walkable: bool = False
    knee: bool = False
    seat: bool = False
    words: tuple[str, ...] = ()


def _table() -> dict[str, Category]:
    wall: Literal["wall"] = "wall"
    rows = (
        # sleeping
        Category("bed", (1.37, 2.24, 0.91), side_access=0.6, back=wall, words=("bed", "double bed", "queen bed", "king bed", "bett")),
        Category("single_bed", (0.95, 2.05, 0.8), side_access=0.6, back=wall, words=("single bed", "twin bed", "daybed")),
        Category("crib", (0.72, 1.3, 0.95), side_access=0.6, back=wall, words=("crib", "cot", "baby bed")),
        Category("nightstand", (0.48, 0.42, 0.55), access=0.3, back=wall, surface=True, words=("nightstand", "night stand", "bedside table", "bedside", "night table")),
        Category("wardrobe", (1.5, 0.6, 2.1), access=0.6, back=wall, words=("wardrobe", "closet", "armoire")),
        Category("dresser", (1.2, 0.51, 0.97), access=0.6, back=wall, surface=True, words=("dresser", "chest of drawers", "drawers", "commode", "sideboard", "credenza", "buffet")),
        Category("vanity", (1.1, 0.48, 0.78), access=0.5, back=wall, surface=True, knee=True, words=("vanity", "dressing table")),
        # sitting
        Category("sofa", (2.4, 0.93, 0.92), access=0.45, back=wall, words=("sofa", "couch", "settee", "loveseat", "love seat", "sectional")),
        Category("armchair", (0.94, 0.89, 0.88), access=0.45, words=("armchair", "arm chair", "lounge chair", "recliner", "easy chair", "accent chair", "reading chair")),
        Category("chair", (0.48, 0.54, 0.88), seat=True, words=("chair", "dining chair", "stuhl", "seat")),
        Category("office_chair", (0.62, 0.62, 1.05), seat=True, words=("office chair", "desk chair", "swivel chair", "task chair")),
        Category("stool", (0.38, 0.38, 0.48), seat=True, words=("stool", "pouf", "hocker")),
        Category("bar_stool", (0.42, 0.42, 0.75), seat=True, words=("bar stool", "barstool")),
        Category("bench", (1.2, 0.4, 0.46), access=0.45, seat=True, words=("bench",)),
        Category("ottoman", (0.65, 0.55, 0.42), words=("ottoman", "footstool", "foot stool")),
        # tables and work
        Category("dining_table", (1.47, 0.96, 0.76), surface=True, knee=True, words=("dining table", "table", "kitchen table", "conference table", "tisch")),
        Category("coffee_table", (1.13, 0.66, 0.44), surface=True, words=("coffee table", "cocktail table", "couchtisch")),
        Category("side_table", (0.5, 0.39, 0.6), surface=True, words=("side table", "end table", "console table", "accent table")),
        Category("desk", (1.39, 0.62, 0.79), access=0.75, back=wall, surface=True, knee=True, words=("desk", "writing table", "workstation", "schreibtisch", "work table", "workbench")),
        Category("school_desk", (0.7, 0.5, 0.74), access=0.6, surface=True, knee=True, words=("school desk", "student desk", "pupil desk")),
        # storing
        Category("bookshelf", (0.91, 0.34, 1.8), access=0.6, back=wall, words=("bookshelf", "book shelf", "bookcase", "book case", "shelving", "shelving unit", "rack", "regal")),
        Category("shelf", (0.91, 0.34, 1.0), access=0.6, back=wall, surface=True, words=("shelf", "low shelf", "shoe rack")),
        Category("cabinet", (0.9, 0.45, 0.9), access=0.6, back=wall, surface=True, words=("cabinet", "cupboard", "console", "filing cabinet", "hutch", "locker", "schrank")),
        Category("tv_stand", (1.2, 0.45, 0.55), access=0.6, back=wall, surface=True, words=("tv stand", "tv unit", "media unit", "media console", "tv bench", "entertainment center", "lowboard")),
        Category("coat_rack", (0.45, 0.45, 1.75), words=("coat rack", "coat stand", "hat stand", "clothes rack")),
        # kitchen and bath
        Category("fridge", (0.75, 0.72, 1.84), access=0.8, back=wall, words=("fridge", "refrigerator", "freezer")),
        Category("stove", (0.6, 0.62, 0.92), access=0.8, back=wall, words=("stove", "oven", "cooker", "range")),
        Category("kitchen_counter", (1.2, 0.62, 0.92), access=0.8, back=wall, surface=True, words=("kitchen counter", "counter", "countertop", "kitchen cabinet", "base cabinet", "worktop")),
        Category("kitchen_sink", (0.8, 0.62, 0.92), access=0.8, back=wall, words=("kitchen sink", "sink")),
        Category("kitchen_island", (1.6, 0.8, 0.92), access=0.8, surface=True, words=("kitchen island", "island")),
        Category("dishwasher", (0.6, 0.6, 0.86), access=0.8, back=wall, words=("dishwasher",)),
        Category("washing_machine", (0.6, 0.6, 0.85), access=0.8, back=wall, words=("washing machine", "washer", "dryer", "clothes dryer")),
        Category("toilet", (0.4, 0.68, 0.78), access=0.6, back=wall, words=("toilet", "wc", "lavatory")),
        Category("bathtub", (1.7, 0.75, 0.58), access=0.6, back=wall, words=("bathtub", "bath tub", "tub", "bath")),
        Category("shower", (0.9, 0.9, 2.0), access=0.6, back=wall, words=("shower", "shower cabin")),
        Category("washbasin", (0.6, 0.48, 0.86), access=0.6, back=wall, words=("washbasin", "wash basin", "basin", "bathroom sink", "bathroom vanity")),
        # teaching, play, music
        Category("lectern", (0.6, 0.5, 1.15), access=0.5, words=("lectern", "podium", "pulpit")),
        Category("piano", (1.48, 0.62, 1.2), access=0.8, back=wall, words=("piano", "upright piano", "keyboard piano")),
        # small, loose, decorative
        Category("floor_lamp", (0.4, 0.4, 1.65), words=("floor lamp", "standing lamp", "stehlampe")),
        Category("plant", (0.45, 0.45, 1.1), words=("plant", "potted plant", "house plant", "houseplant", "ficus", "palm", "pot plant", "pflanze")),
        Category("trash_bin", (0.3, 0.3, 0.4), words=("trash bin", "trash can", "garbage can", "waste basket", "wastebasket", "bin", "dustbin")),
        Category("rug", (2.3, 1.6, 0.012), walkable=True, words=("rug", "carpet", "mat", "teppich", "bath mat", "doormat")),
        Category("box", (0.4, 0.4, 0.35), words=("box", "crate", "basket", "laundry hamper", "hamper", "toy box", "chest")),
        # on top of something
        Category("table_lamp", (0.28, 0.28, 0.45), "on", words=("table lamp", "desk lamp", "bedside lamp", "lamp", "lampe")),
        Category("tv", (1.1, 0.16, 0.68), "on", words=("tv", "television", "flat screen", "fernseher")),
        Category("monitor", (0.56, 0.18, 0.44), "on", words=("monitor", "computer monitor", "screen", "desktop", "imac")),
        Category("laptop", (0.34, 0.26, 0.22), "on", words=("laptop", "notebook computer")),
        Category("vase", (0.16, 0.16, 0.3), "on", words=("vase", "flowers", "flower vase")),
        Category("books", (0.24, 0.18, 0.14), "on", words=("books", "book", "book stack")),
        Category("microwave", (0.5, 0.36, 0.29), "on", words=("microwave", "toaster", "coffee machine", "kettle")),
        Category("small_plant", (0.2, 0.2, 0.3), "on", words=("small plant", "succulent", "cactus", "bonsai")),
        # on the wall
        Category("painting", (0.8, 0.04, 0.6), "wall", back=wall, words=("painting", "picture", "poster", "picture frame", "photo frame", "artwork", "wall art", "print", "bild")),
        Category("mirror", (0.6, 0.04, 0.9), "wall", back=wall, words=("mirror", "wall mirror", "spiegel")),
        Category("wall_shelf", (0.8, 0.22, 0.25), "wall", back=wall, words=("wall shelf", "floating shelf", "wall shelves")),
        Category("wall_cabinet", (0.8, 0.34, 0.7), "wall", back=wall, words=("wall cabinet", "upper cabinet", "medicine cabinet", "hanging cabinet")),
        Category("clock", (0.32, 0.05, 0.32), "wall", back=wall, words=("clock", "wall clock")),
        Category("wall_lamp", (0.2, 0.18, 0.3), "wall", back=wall, words=("wall lamp", "sconce", "wall light")),
        Category("blackboard", (2.6, 0.08, 1.2), "wall", back=wall, words=("blackboard", "whiteboard", "chalkboard", "black board", "white board")),
        # on the ceiling
        Category("ceiling_lamp", (0.5, 0.5, 0.35), "ceiling", words=("ceiling lamp", "ceiling light", "chandelier", "pendant", "pendant lamp", "pendant light")),
        Category("ceiling_fan", (1.2, 1.2, 0.35), "ceiling", words=("ceiling fan",)),
    )  # fmt: skip
    return {row.name: row for row in rows}


CATEGORIES: dict[str, Category] = _table()
UNKNOWN = Category("unknown", (0.6, 0.6, 0.8))


def category_of(name: str) -> Category:
    """The known category called `name`, or the cautious default for anything else."""
    return CATEGORIES.get(name, UNKNOWN)


def infer_category(name: str) -> str:
    """Category from an object's name ("Chair.003", "sofa_big", "DeskLamp 2"), or "unknown".

    The longest run of words that is a known name wins; among equals, the last in the name, since English puts the
    head noun last ("table lamp" is a lamp, "lamp table" a table). Other languages' words count where no English ones
    are, German and Chinese ones at the end of compounds too.
    """
    words = _words(name)
    for length in range(min(_LONGEST, len(words)), 0, -1):
        for start in range(len(words) - length, -1, -1):
            found = _BY_WORDS.get(tuple(words[start : start + length]))
            if found:
                return found
    plain = re.findall(r"[^\W\d_]+", unicodedata.normalize("NFKC", name).lower())
    return next((found for word in reversed(plain) if (found := _foreign(word))), "unknown")


def _foreign(word: str) -> str:
    """Category of a word of another language, "" if there is none. In compounds the last noun names the thing."""
    if word in _BY_FOREIGN_WORD:
        return _BY_FOREIGN_WORD[word]
    unspaced = any("\u3040" <= letter <= "\u9fff" for letter in word)
    for start in range(1, len(word)):
        end = word[start:]
        if end in _BY_FOREIGN_WORD and (unspaced or end in COMPOUNDING):
            return _BY_FOREIGN_WORD[end]
    return ""


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", name)
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain)  # DeskLamp -> Desk Lamp
    return [_singular(word) for word in re.findall(r"[^\W\d_]+", plain.lower())]


def _singular(word: str) -> str:
    if word.endswith("ves"):
        return word[:-3] + "f"
    if word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        return word[:-1]
    return word


_BY_WORDS: dict[tuple[str, ...], str] = {
    tuple(_words(phrase)): row.name for row in reversed(CATEGORIES.values()) for phrase in (*row.words, row.name)
}
_BY_FOREIGN_WORD = {word: name for name, words in TRANSLATIONS.items() for word in words.split()}
_LONGEST = max(map(len, _BY_WORDS))
