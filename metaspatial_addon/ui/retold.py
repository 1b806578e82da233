# SPDX-License-Identifier: GPL-3.0-or-later
"""What scores, solver and capture say in English, told again in the user's language.

They know no languages, as models and scripts read the same words. So a text is recognised by the template that it was
made of, and what was put into it is put into the template's translation. What no template fits stays as it is.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

from .words import told

TEMPLATES = (
    "{a} is {number} m inside {b}",
    "{a} reaches {number} m out of the room",
    "{a} reaches {number} m through the ceiling",
    "{a} reaches {number} m out through the {wall}",
    "{a} hangs {number} m away from the nearest wall; its back belongs on it",
    "{a} hangs {number} m below the ceiling",
    "{a} is {number} m off the top of what could carry it",
    "{a} floats {number} m above what could carry it",
    "{a} is sunk {number} m into the floor",
    "{a} is blocked by {number} m of {b}",
    "{a} is not placed",
    "there is no way from the door to any piece",
    "{a} needs {least} m before it free to be used; {number} m of that is taken",
    "{a} needs {least} m beside it free to be used; {number} m of that is taken",
    "{a} can't be reached: the way from the door ends {number} m short of it",
    "{a} should be on {b}",
    "{a} should be under {b}",
    "{a} should be above {b}",
    "{a} should be left of {b}",
    "{a} should be right of {b}",
    "{a} should be in front of {b}",
    "{a} should be behind {b}",
    "{a} should be in a corner of {b}",
    "{a} should have its back against {b}",
    "{a} should face {b}",
    "{a} should be aligned with {b}",
    "{a} should be near {b}",
    "{a} should be far from {b}",
    "{a} should be centred on {b}",
    # the solver
    "{a} ({size}) is higher than the room ({number} m).",
    "{a} ({size}) is wider than the longest wall ({number} m).",
    "{a} ({size}) does not fit into the room's plan ({plan}), even when empty.",
    "{a} ({size}) fits nowhere without blocking a door or window, even in the empty room.",
    "{a} ({size}) fits nowhere beside the locked pieces; unlock or move one.",
    "{a} ({size}) finds no free stretch of wall beside windows, doors and furniture.",
    "{a} ({size}) finds no free place: it needs {least} m² in one piece, and of the floor {number} m² are left, in "
    "pieces. Remove or shrink something, or take a larger room.",
    # capture
    "it lies in or on {b}, which stays",
    "it lies in or on {b} and moves along with it",
    "it is outside the room",
    "it is larger than the room",
    "it is also used in {b} and will move there too",
    "its role is Fixed",
    "its role is Ignored",
    "it is drawn as wires and not rendered: an aid, no furniture",
    "it looks built in; set its role to Movable to move it",
    "its location is locked",
    "its rotation is locked",
    "its scale is zero along an axis",
    "it isn't in this view layer",
    "it is hidden",
    "it has no faces",
    "it isn't selected",
    "it isn't in the collection {b}",
    "taken for a part of the room, by its shape; set its role to Movable if it is furniture",
    "it stands open and is taken for a door of {number} m where it shuts",
    "it reaches beyond its wall and was cut to {number} m",
    "it overlaps the door {b}",
    "the floor's rounded outline was simplified to {number} corners",
    "no walls or ceiling show the room's height; {number} m assumed",
    "Leave Edit Mode first (Tab): what is being edited can't be measured.",
    "Nothing is selected. Select the furniture to arrange, or choose another source.",
    "No room was found in this scene. Pick the floor or room object in the panel, or name an object 'Floor' or 'Room'.",
    "the room is {size} m wide; is the unit scale in the scene properties right?",
)
"""The longest text that fits is taken. {a} and {b} are pieces or places; {number} and the like stay as they are."""
PLACES = (
    "the room", "the middle of the room", "a wall", "north wall", "east wall", "south wall", "west wall",
    "the north wall", "the east wall", "the south wall", "the west wall",
)  # fmt: skip
ENDINGS = (" and next to it", "; turn it by about {number}°", "; it is {number} m off")
"""What a relation that is not kept is told with, in this order."""


def retold(text: str, names: Mapping[str, str] | None = None) -> str:
    """A text of a score, the solver or capture in the user's language; pieces by `names` where they have one."""
    known = names or {}
    body, endings = text, ""
    for ending in reversed(ENDINGS):
        found = _pattern(f"{{a}}{ending}").fullmatch(body)
        if found and " should " in found["a"]:
            values = found.groupdict()
            body = values.pop("a")
            endings = told(ending, **values) + endings
    for template in _longest_first():
        if found := _pattern(template).fullmatch(body):
            values = {name: _value(value, known) for name, value in found.groupdict().items()}
            return told(template, **values) + endings
    return text


def _value(value: str, names: Mapping[str, str]) -> str:
    return told(value) if value in PLACES else names.get(value, value)


@functools.cache
def _longest_first() -> list[str]:
    return sorted(TEMPLATES, key=len, reverse=True)


@functools.cache
def _pattern(template: str) -> re.Pattern[str]:
    """Numbers are numbers; anything else may stand for anything."""
    parts = re.split(r"\{(\w+)\}", template)
    kinds = {"number": r"-?\d+(?:\.\d+)?", "least": r"-?\d+(?:\.\d+)?", "wall": r"\w+ wall"}
    built = [
        re.escape(part) if place % 2 == 0 else f"(?P<{part}>{kinds.get(part, '.+?')})"
        for place, part in enumerate(parts)
    ]
    return re.compile("".join(built), re.DOTALL)
