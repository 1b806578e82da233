# SPDX-License-Identifier: GPL-3.0-or-later
"""What the names of objects tell: parts of the room, doors and windows, things built in; and labels made from them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

from ...backend.scene import infer_category

NameKind = Literal["room", "door", "window", "built_in", ""]

_ROOM = {
    "room", "floor", "wall", "ceiling", "roof", "bedroom", "bathroom", "apartment", "building", "interior", "house",
    "raum", "zimmer", "boden", "fußboden", "fussboden", "wand", "wände", "waende", "decke",
    "mauer", "schlafzimmer", "wohnzimmer", "sol", "mur", "plafond", "suelo", "pared", "techo", "habitación",
    "pavimento", "parete", "soffitto", "stanza", "房间", "卧室", "客厅", "地板", "地面", "墙", "墙壁", "墙面", "天花板",
    "部屋", "床面", "壁", "天井",
}  # fmt: skip
_DOOR = {
    "door", "doorway", "tür", "türe", "tuer", "zimmertür", "haustür", "puerta", "porte", "porta", "deur", "门", "房门",
    "ドア",
}  # fmt: skip
_WINDOW = {"window", "fenster", "ventana", "fenêtre", "fenetre", "finestra", "raam", "窗", "窗户", "窓"}
_BUILT_IN = {
    "curtain", "drape", "blind", "radiator", "heater", "fireplace", "stair", "staircase", "column", "pillar", "beam",
    "skirting", "baseboard", "molding", "moulding", "cornice", "socket", "outlet", "switch", "pipe", "railing",
    "vorhang", "gardine", "jalousie", "heizung", "heizkörper", "kamin", "treppe", "säule", "balken",
}  # fmt: skip
_FOLDER = {"furniture", "furnishing", "möbel", "moebel", "mobiliar", "mobilier", "meuble", "mueble", "mobili", "家具"}
_NO_ROOM = {"text", "divider", "cushion", "decor", "decoration", "hook", "sticker", "decal", "sign"}
"""Last words that make furniture of what begins with a part of the room, such as "wall text"."""

_ASIDE = re.compile(
    r"[,;:.()\n]|\b(?:for|with|without|under|above|on|in|of|by|from|beside|near|that|which|für|mit)\b",
    re.IGNORECASE,
)
"""Where a description begins to speak of other things."""


def name_kind(name: str) -> NameKind:
    """What an object is by its name, "" when it may be furniture. The last word counts most: "floor lamp" is a lamp."""
    words = _words(name)
    if not words:
        return ""
    if words[-1] in _BUILT_IN:
        return "built_in"
    if words[-1] in _ROOM:
        return "room"
    if infer_category(name) != "unknown":
        return ""
    found = set(words)
    if found & _BUILT_IN:
        return "built_in"
    if found & _DOOR:
        return "door"
    if found & _WINDOW:
        return "window"
    return "room" if found & _ROOM and words[-1] not in _NO_ROOM else ""


def says_folder(name: str) -> bool:
    """Whether the name of an empty tells that separate things are below it: "Furniture", "Living_Furniture"."""
    words = _words(name)
    return bool(words) and words[-1] in _FOLDER


def category_in_words(catalog: str, tags: Sequence[str], description: str) -> str:
    """The category that an asset's own words tell, or "unknown": its catalog's simple name, its tags, its description.

    Tags count only if all that name furniture agree; of a description only what comes before the first comma, full stop
    or word such as "for" and "with": "A chair for the desk" is a chair. The last level of a catalog counts most.
    """
    for level in reversed(re.split(r"[-/]", catalog)):
        if (found := infer_category(level)) != "unknown":
            return found
    named = {infer_category(tag) for tag in tags} - {"unknown"}
    if len(named) == 1:
        return named.pop()
    return infer_category(_ASIDE.split(description, maxsplit=1)[0])


def label_of(name: str, limit: int = 60) -> str:
    """A short text from an object's name: no number suffix, no quotes or control characters, one line."""
    text = unicodedata.normalize("NFC", name).encode("utf-8", "ignore").decode()
    text = re.sub(r"\.\d{3,}$", "", text)
    text = "".join(" " if unicodedata.category(c)[0] in "CZ" or c in '_"`<>{}[]\\' else c for c in text)
    return re.sub(r"\s+", " ", text).strip()[:limit].strip()


def category_id(category: str) -> str:
    """A category in a user's words as an id of lower case ASCII letters, digits and underscores, or "unknown"."""
    plain = unicodedata.normalize("NFKD", category).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40] or "unknown"


def _words(name: str) -> list[str]:
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", unicodedata.normalize("NFKC", name))
    words = re.findall(r"[^\W\d_]+", plain.lower())
    singular = (w[:-1] if w.endswith("s") and not w.endswith("ss") and len(w) > 3 else w for w in words)
    return list(singular)
