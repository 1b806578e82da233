# SPDX-License-Identifier: GPL-3.0-or-later
"""Wishes as tables of words: what kinds there are, the relation each stands for, and many ways to say it.

`backend.scene.preference` reads every wording back as exactly the relations it stands for; a test holds all of them
against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...scene.model import Predicate

Anchor = Literal["window", "door", "corner", "middle", "side", "piece", "room"]

_DESKS = ("desk", "vanity")
_SEATS = ("armchair", "sofa")
_STORES = ("bookshelf", "shelf", "cabinet", "dresser", "wardrobe")
_BEDS = ("bed", "single_bed", "crib")
_TABLES = ("dining_table", "coffee_table", "kitchen_island")
_SMALL = ("plant", "floor_lamp", "box", "coat_rack", "stool", "trash_bin")
_COOK = ("fridge", "stove", "kitchen_sink", "kitchen_counter", "washing_machine", "dishwasher")
_BATH = ("bathtub", "shower", "toilet", "washbasin")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of wish: `subjects` stand in `predicate` to the `anchor` (of a category in `anchors` if it is a piece).

    `where` completes a frame ("Put the desk {where}."), with {a} for what the anchor is called; `own` are whole
    sentences of this kind alone, each with the categories of which it makes sense (none: of all).
    """

    subjects: tuple[str, ...]
    predicate: Predicate
    anchor: Anchor
    where: tuple[str, ...]
    own: tuple[tuple[str, tuple[str, ...]], ...] = ()
    anchors: tuple[str, ...] = ()
    adjacent: bool = False
    distance: float | None = None
    weight: float = 1.0


KINDS: dict[str, Kind] = {
    "under_window": Kind(
        (*_DESKS, "dresser", "bench", "shelf", "tv_stand", "sofa", "bathtub", "box", "single_bed", "kitchen_sink", "kitchen_counter", "washbasin", "cabinet"),
        "under", "window",
        ("under the window", "below the window", "underneath a window", "right under the window", "beneath the window", "under a window"),
        (("I like daylight, so {it} goes under the window.", _DESKS), ("For the light, set {it} directly below the window.", ())),
        weight=2.5,
    ),
    "by_window": Kind(
        (*_SEATS, *_DESKS, *_SMALL, "dining_table", "piano", "school_desk"), "near", "window",
        ("by the window", "near the window", "close to a window", "at the window", "near a window, where the light is"),
        (("A reading corner: {it} by the window.", ("armchair",)), ("{It} needs daylight: please keep {it} near the window.", ("plant", *_DESKS)),
         ("I want to sit near the window, so {it} near the window.", _SEATS)),
        weight=2.0,
    ),
    "facing_window": Kind(
        (*_SEATS, "desk"), "facing", "window",
        ("facing the window", "looking towards the window", "looking out of the window", "turned to the window", "turned towards a window"),
        (("For the view, I want {it} looking out of the window.", ()), ("I like to look outside, so {it} is facing the window.", ())),
        weight=1.5,
    ),
    "away_from_window": Kind(
        (*_BEDS, "tv_stand", "bookshelf", "piano", "desk", "plant", "armchair"), "far_from", "window",
        ("away from the window", "far from the window", "well away from any window", "far away from the window"),
        (("The window is draughty, I do not want {it} near the window.", _BEDS), ("Please don't put {it} close to a window.", ()),
         ("No {n} near the window!", ()), ("To avoid glare I want {it} away from the window.", ("tv_stand",))),
        weight=1.2,
    ),
    "away_from_door": Kind(
        (*_BEDS, *_DESKS, *_SEATS, *_BATH, *_COOK, *_STORES, "dining_table", "piano", "tv_stand", "plant", "blackboard"), "far_from", "door",
        ("away from the door", "far from the door", "well away from the entrance", "far away from the door", "away from the doorway"),
        (("I sleep lightly and do not want {it} near the door.", ("bed", "single_bed")), ("Please don't put {it} close to the door.", ()),
         ("Never {it} by the door, please.", ()), ("No {n} near the entrance!", ())),
        weight=2.0,
    ),
    "by_door": Kind(
        (*_SMALL, *_STORES, "bench", "side_table", "lectern", "fridge", "desk"), "near", "door",
        ("by the door", "near the door", "close to the entrance", "near the entrance", "close to the door"),
        (("Coming in, I want {it} close to the door.", ()), ("To hang up coats at once, keep {it} near the door.", ("coat_rack", "wardrobe"))),
    ),
    "in_corner": Kind(
        (*_SMALL, "armchair", "desk", "wardrobe", "bookshelf", "single_bed", "crib", "shower", "cabinet", "shelf", "washing_machine", "fridge"), "in_corner", "corner",
        ("in a corner", "in the corner", "tucked into a corner", "in a corner of the room", "in one corner", "in any corner"),
        (("To save space, tuck {it} into a corner.", ()), ("{It} does best in a quiet corner.", ("plant", "armchair", "desk", "crib"))),
        weight=1.2,
    ),
    "on_side": Kind(
        (*_BEDS, *_STORES, *_DESKS, *_COOK, *_BATH, "sofa", "tv_stand", "piano", "bench"), "against", "side",
        ("against the {a}", "along the {a}", "flush with the {a}", "squarely against the {a}", "on the {a}", "up against the {a}"),
        (("I see {it} along the {a}.", ()), ("Feng shui says {it} goes against the {a}.", (*_BEDS, "sofa", *_DESKS))),
        weight=1.8,
    ),
    "in_middle": Kind(
        ("dining_table", "kitchen_island", "rug", "coffee_table"), "centered_on", "middle",
        ("in the middle of the room", "in the middle", "in the centre of the room", "in the center", "at the centre of the room", "right in the middle of the room"),
        (("The heart of the room: {it} in the very middle.", ()), ("I imagine {it} in the middle, with space all around.", ())),
        weight=4.0,
    ),
    "middle_free": Kind(
        (), "far_from", "room", (),
        tuple((text, ()) for text in (
            "Keep the middle of the room free for {n}.",
            "I need room for {n} in the middle.",
            "Please leave space for {n} in the middle of the room.",
            "The centre of the room should stay clear for {n}.",
            "Nothing in the middle, please, I want the floor for {n}.",
            "There must be free space in the centre for {n}.",
            "Leave the middle open, we like {n}.",
            "We want an open area in the middle of the room for {n}.",
            "Room for {n} in the middle!",
        )),
        distance=1.0, weight=6.0,
    ),
    "next_to": Kind(
        (*_SMALL, *_STORES, "armchair", "desk", "side_table", "piano", "bench", "washing_machine"), "near", "piece",
        ("next to {a}", "beside {a}", "alongside {a}", "right next to {a}", "adjacent to {a}", "directly beside {a}"),
        (("I use both together: {it} next to {a}.", ()), ("{It} and {a} belong together, so {it} beside {a}.", ())),
        anchors=(*_STORES, *_BEDS, *_DESKS, *_SEATS, "tv_stand", "piano", "fridge", "washing_machine"), adjacent=True,
    ),
    "near_piece": Kind(
        (*_SMALL, *_STORES, "armchair", "side_table", "bench"), "near", "piece",
        ("near {a}", "close to {a}", "quite close to {a}", "somewhere near {a}", "near to {a}"),
        (("To have all at hand, keep {it} close to {a}.", ()), ("Short ways, please: {it} near {a}.", ())),
        anchors=(*_STORES, *_BEDS, *_DESKS, *_SEATS, "dining_table", "piano", "bathtub", "washbasin"),
    ),
    "apart": Kind(
        (*_BEDS, *_DESKS, "tv_stand", "sofa", "dining_table", "piano", "toilet", "stove", "washing_machine", "armchair"), "far_from", "piece",
        ("away from {a}", "far from {a}", "well away from {a}", "far away from {a}"),
        (("I need quiet, so {it} should be away from {a}.", (*_BEDS, *_DESKS)), ("Do not put {it} near {a}.", ()), ("Please don't put {it} close to {a}.", ())),
        anchors=(*_BEDS, *_DESKS, "tv_stand", "sofa", "dining_table", "piano", "bathtub", "fridge", "bookshelf"), weight=2.0,
    ),
    "facing_piece": Kind(
        (*_SEATS,), "facing", "piece",
        ("facing {a}", "turned towards {a}", "looking at {a}", "turned to {a}", "looking towards {a}"),
        (("For a good talk, {it} is facing {a}.", ()), ("I want to see {a}, so {it} is facing {a}.", ())),
        anchors=("sofa", "piano", "bookshelf", "tv_stand", "bed", "crib", "dining_table"), weight=3.0,
    ),
}  # fmt: skip

FRAMES: tuple[str, ...] = (
    "Put {it} {where}.",
    "Please put {it} {where}.",
    "I would like {it} {where}.",
    "I'd love to have {it} {where}.",
    "{It} should stand {where}.",
    "{It} must go {where}.",
    "Could {it} go {where}?",
    "{It} {where}, please.",
    "My one wish: {it} {where}.",
    "Make sure {it} ends up {where}.",
    "What matters most: {it} {where}.",
    "We have always wanted {it} {where}.",
    "Place {it} {where}, the rest is up to you.",
    "{It} {where}!",
    "Client asks for {it} {where}.",
    "Would you mind having {it} {where}?",
)
"""Sentences round any {where}."""

PAIRS: tuple[str, ...] = (
    "Put {it} {where} and {it2} {where2}.",
    "{It} {where}, {it2} {where2}.",
    "I would like {it} {where}, and {it2} should be {where2}.",
    "Two things matter: {it} {where}; {it2} {where2}.",
    "{It} should stand {where}, while {it2} should go {where2}.",
    "Please have {it} {where} but {it2} {where2}.",
)
"""Sentences with two wishes."""

OPENERS: tuple[str, ...] = (
    "A calm {style} {room}.",
    "A {room} for a family of four.",
    "{style} {room}, light and uncluttered.",
    "We are moving and this will be our {room}.",
    "This is a {room} we use every day.",
    "A {room} to feel at home.",
    "Nothing fancy: a {room}.",
)
"""What may come first and constrains nothing."""

CLOSERS: tuple[str, ...] = (
    "Warm colours would be nice.",
    "Everything else is up to you.",
    "A {style} look, if possible.",
    "Thank you!",
    "I like it {style} and simple.",
    "We have guests often.",
)
"""What may come last and constrains nothing."""

ACTIVITIES: tuple[str, ...] = (
    "yoga", "dancing", "gymnastics", "stretching", "the children to play", "play", "tai chi", "training",
)  # fmt: skip

NAMES: dict[str, tuple[str, ...]] = {
    "sofa": ("sofa", "couch"),
    "bookshelf": ("bookshelf", "bookcase"),
    "dresser": ("dresser", "chest of drawers"),
    "wardrobe": ("wardrobe", "armoire"),
    "single_bed": ("single bed", "twin bed"),
    "crib": ("crib", "cot"),
    "fridge": ("fridge", "refrigerator"),
    "plant": ("plant", "potted plant"),
    "tv_stand": ("TV stand", "TV unit"),
    "shelf": ("shelf", "low shelf"),
    "rug": ("rug", "carpet"),
    "washing_machine": ("washing machine",),
    "stove": ("stove", "cooker"),
    "coat_rack": ("coat rack", "coat stand"),
    "side_table": ("side table", "end table"),
}
"""What people call a category, where that is more than its own name."""


def names_of(category: str) -> tuple[str, ...]:
    return NAMES.get(category, (category.replace("_", " "),))
