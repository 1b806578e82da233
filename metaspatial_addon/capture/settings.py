# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user can say about a capture: which room, which furniture, and what each object is.

An object's own settings come from three places, the first that isn't "AUTO" wins: `CaptureSettings.overrides`, the
property group `object.metaspatial` where one is registered, and the custom properties `metaspatial_role`,
`metaspatial_category`, `metaspatial_mount`, `metaspatial_front`, `metaspatial_swing`. What all leave open is inferred.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import bpy

    from .relations import AskedRelation

Role = Literal["AUTO", "MOVABLE", "FIXED", "IGNORED", "ROOM", "DOOR", "WINDOW"]
Front = Literal["AUTO", "NEG_Y", "POS_Y", "NEG_X", "POS_X"]
Source = Literal["INSIDE", "SELECTED", "COLLECTION"]

ROLES: tuple[Role, ...] = ("AUTO", "MOVABLE", "FIXED", "IGNORED", "ROOM", "DOOR", "WINDOW")
FRONTS: tuple[Front, ...] = ("AUTO", "NEG_Y", "POS_Y", "NEG_X", "POS_X")
MOUNT_CHOICES = ("AUTO", "FLOOR", "WALL", "CEILING", "ON")
SWING_CHOICES = ("AUTO", "IN", "OUT", "NONE")
AUTO = "AUTO"
"""What any setting says that is left to be inferred."""


class ObjectProperties(Protocol):
    """What the property group `object.metaspatial` offers: enum identifiers and names, "AUTO" where nothing is set.

    `category` is one of `backend.scene.CATEGORIES`, any other word, or "AUTO" (or empty). `front` is the local axis
    that looks out of the piece's front; AUTO is NEG_Y.
    """

    role: str
    category: str
    mount: str
    front: str


@dataclass(frozen=True, slots=True)
class ObjectSettings:
    """The same for use without a property group. `label` is what the piece is called in words."""

    role: str = AUTO
    category: str = AUTO
    mount: str = AUTO
    front: str = AUTO
    swing: str = AUTO
    label: str = ""


@dataclass(frozen=True)
class CaptureSettings:
    """What to capture.

    `room`: an object or a collection, itself or by its name; None finds it. `source`: which objects are furniture to
    arrange: what stands inside the room, the selected objects, or those of `collection`. With the latter two,
    everything else that stands in the room is kept where it is, as an obstacle. `overrides`: settings by the full name
    of the object. `preference`: the wish in words that goes into the scene. `relations`: what is asked between objects;
    None: what the file's scene keeps (`capture.relations`).
    """

    room: bpy.types.Object | bpy.types.Collection | str | None = None
    source: Source = "INSIDE"
    collection: bpy.types.Collection | str | None = None
    overrides: Mapping[str, ObjectSettings] = field(default_factory=dict)
    preference: str = ""
    relations: Sequence[AskedRelation] | None = None


def settings_of(obj: bpy.types.Object, overrides: Mapping[str, ObjectSettings]) -> ObjectSettings:
    """An object's settings from all three places; whatever isn't a known choice counts as AUTO."""
    override = overrides.get(obj.name_full) or overrides.get(obj.name) or ObjectSettings()
    group = getattr(obj, "metaspatial", None)

    def first(name: str, choices: tuple[str, ...] | None = None) -> str:
        for value in (getattr(override, name), getattr(group, name, AUTO), obj.get(f"metaspatial_{name}", AUTO)):
            if isinstance(value, str) and value.strip():
                word = value.strip() if choices is None else value.strip().upper()
                if word.upper() != AUTO and (choices is None or word in choices):
                    return word
        return AUTO

    return ObjectSettings(
        role=first("role", ROLES),
        category=first("category"),
        mount=first("mount", MOUNT_CHOICES),
        front=first("front", FRONTS),
        swing=first("swing", SWING_CHOICES),
        label=override.label or str(obj.get("metaspatial_label", "")),
    )
