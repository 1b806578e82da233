# SPDX-License-Identifier: GPL-3.0-or-later
"""Relations in a user's words, and which of them make sense with what. No heavy imports: Blender starts with it."""

from __future__ import annotations

from typing import Any

from .words import told

PREDICATES = (
    ("AGAINST", "against", "Its back at the wall; any side, if it has no back"),
    ("NEAR", "near", "Not further than a metre, or the distance that is set"),
    ("FAR_FROM", "far from", "At least two metres away, or the distance that is set"),
    ("FACING", "facing", "Its front turned there"),
    ("IN_FRONT_OF", "in front of", "Before the other's own front"),
    ("BEHIND", "behind", "At the other's back"),
    ("LEFT_OF", "left of", "At the other's own left, as felt by someone who sits in it"),
    ("RIGHT_OF", "right of", "At the other's own right, as felt by someone who sits in it"),
    ("ON", "on", "Standing on it, or hanging from the ceiling"),
    ("UNDER", "under", "Below it"),
    ("ABOVE", "above", "Over it"),
    ("IN_CORNER", "in a corner", "In a corner of the room, or of one wall"),
    ("CENTERED_ON", "centred on", "Its middle in line with the other's middle"),
    ("ALIGNED_WITH", "aligned with", "Parallel or at a right angle to it"),
)
ORIGINS = (
    ("USER", "Yours", "Asked for by you"),
    ("PREFERENCE", "Preference", "The words of the preference ask for it"),
    ("HABIT", "Usual", "Usual with such furniture"),
)
PLACES = {
    "wall": "any wall",
    "north_wall": "north wall",
    "east_wall": "east wall",
    "south_wall": "south wall",
    "west_wall": "west wall",
    "corner": "any corner",
    "door": "door",
    "window": "window",
    "middle": "middle of the room",
    "ceiling": "ceiling",
    "floor": "floor",
}
KINDS = {
    "AGAINST": ("wall",),
    "NEAR": ("piece", "opening", "wall", "corner", "middle"),
    "FAR_FROM": ("piece", "opening", "wall", "corner", "middle"),
    "FACING": ("piece", "opening", "wall", "corner", "middle"),
    "IN_FRONT_OF": ("piece", "opening"),
    "BEHIND": ("piece",),
    "LEFT_OF": ("piece", "opening"),
    "RIGHT_OF": ("piece", "opening"),
    "ON": ("piece", "ceiling"),
    "UNDER": ("piece", "opening"),
    "ABOVE": ("piece", "opening"),
    "IN_CORNER": ("corner", "wall"),
    "CENTERED_ON": ("piece", "middle", "wall", "opening"),
    "ALIGNED_WITH": ("piece", "wall"),
}
"""What a predicate may refer to, the most usual first."""
DISTANT = ("NEAR", "FAR_FROM")
"""Predicates that a distance can be set for."""
TOUCHING = ("NEAR", "IN_FRONT_OF", "BEHIND", "LEFT_OF", "RIGHT_OF", "FACING", "ALIGNED_WITH", "CENTERED_ON", "ABOVE")
"""Predicates that can ask for being next to each other besides."""

_LABELS = {identifier: label for identifier, label, _ in PREDICATES}


def kind_of(place: str) -> str:
    """The kind of a place by its name: wall, corner, opening, middle, ceiling or floor."""
    if place in ("door", "window"):
        return "opening"
    return "wall" if place.endswith("wall") or place.startswith("wall_") else place


def place_words(place: str) -> str:
    """A place's name for people: "north wall", "wall 3"."""
    if place in PLACES:
        return told(PLACES[place])
    return told("wall {number}", number=place.removeprefix("wall_"))


def predicate_words(predicate: str) -> str:
    return told(_LABELS[predicate])


def subject_words(row: Any) -> str:
    """The subject's name, or that it is gone."""
    return told("something that is gone") if row.subject is None else row.subject.name


def anchor_words(row: Any) -> str:
    """The name of what a relation refers to."""
    if row.place:
        return place_words(row.place)
    return told("something that is gone") if row.anchor is None else row.anchor.name


def relation_words(row: Any) -> str:
    """ "desk · against · north wall". "In a corner" says it all where any corner will do."""
    words = [subject_words(row), predicate_words(row.predicate)]
    if not (row.predicate == "IN_CORNER" and row.place == "corner"):
        words.append(anchor_words(row))
    return " · ".join(words)
