# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes, relations and numbers in words: terse and regular, since small models read them too."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence

from ..scene import Furniture, Opening, Pose, Relation, Room, Scene
from ..scene.geometry import Wall, opening_depth, opening_span, opening_zone, walls

MAX_LABEL = 60
MAX_PREFERENCE = 800
DECIMALS = 3

_SIDED = ("left_of", "right_of", "in_front_of", "behind")
_PLACES = {
    "wall": "a wall",
    "corner": "a corner",
    "door": "a door",
    "window": "a window",
    "middle": "the middle of the room",
    "ceiling": "the ceiling",
    "floor": "the floor",
}
_MOUNTS = {"floor": "", "wall": ", on a wall", "ceiling": ", on the ceiling", "on": ", on a piece"}


def number(value: float) -> str:
    """At most three decimals, no trailing zeros, never "-0"."""
    text = f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def dimensions(sizes: Sequence[float]) -> str:
    """ "1.6x2.1x0.5"."""
    return "x".join(map(number, sizes))


def quoted(text: str, limit: int) -> str:
    """Text from the user's file as one quoted line: no control characters, no markup, no quotes of its own."""
    plain = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text)
    plain = plain.translate({ord("<"): "(", ord(">"): ")", ord('"'): "'", ord("`"): "'", ord("\\"): "/"})
    plain = " ".join(plain.split())
    if len(plain) > limit:
        plain = plain[: limit - 1].rstrip() + "…"
    return json.dumps(plain, ensure_ascii=False)


def room_lines(room: Room) -> list[str]:
    """The room: size, floor polygon by its walls, and the openings with what must stay free before them."""
    length, width = room.extent
    lines = [
        f"Room: {dimensions((length, width))}, height {number(room.height)}. Floor polygon, counter-clockwise:",
        *(f"- wall_{wall.index} ({wall.name}) {_point(wall.start)} to {_point(wall.end)}" for wall in walls(room)),
    ]
    if room.openings:
        lines.append("Openings:")
        lines += [_opening(room, opening) for opening in room.openings]
    return lines


def furniture_lines(scene: Scene) -> list[str]:
    """The pieces to place, then the fixed ones with their poses."""
    lines = ["Place (length x width x height; on the floor unless said otherwise):"]
    lines += [f"- {_piece(piece)}{_MOUNTS[piece.mount]}{_words(piece)}" for piece in scene.movable]
    if scene.fixed:
        lines.append("Fixed obstacles, not to be answered:")
        lines += [
            f"- {_piece(piece)} at {pose_words(piece.pose)}{_words(piece)}" for piece in scene.fixed if piece.pose
        ]
    return lines


def relation_lines(relations: Sequence[Relation]) -> list[str]:
    if not relations:
        return []
    lines = ["Relations, all required:", *(f"- {relation_words(relation)}" for relation in relations)]
    if any(relation.predicate in _SIDED for relation in relations):
        lines.append(
            "Left, right, front and behind are the anchor's own, as felt by someone looking out of its front;"
            " of walls and openings, as seen from inside the room."
        )
    return lines


def relation_words(relation: Relation) -> str:
    """ "chair_1 in front of desk_1, touching"."""
    anchor = _PLACES.get(relation.anchor, relation.anchor)
    middle = relation.predicate.replace("_", " ")
    if relation.predicate == "in_corner":
        middle, anchor = ("in", anchor) if relation.anchor == "corner" else ("in a corner at", anchor)
    elif relation.predicate == "near" and relation.distance is not None:
        middle = f"at most {number(relation.distance)} from"
    elif relation.predicate == "far_from":
        middle = "far from" if relation.distance is None else f"at least {number(relation.distance)} from"
    return f"{relation.subject} {middle} {anchor}{', touching' if relation.adjacent else ''}"


def pose_words(pose: Pose) -> str:
    return f"x {number(pose.x)} y {number(pose.y)} z {number(pose.z)} rotation {number(pose.rotation)}"


def _opening(room: Room, opening: Opening) -> str:
    start, end = opening_span(room, opening)
    wall = walls(room)[opening.wall]
    heights = f"z {number(opening.sill)} to {number(opening.sill + opening.height)}"
    free = f"keep free {_zone(room, opening, wall)}"
    if opening.kind == "window":
        free += f" above z {number(opening.sill)}"
    return f"- {opening.id}: {opening.kind} in wall_{opening.wall} {_point(start)} to {_point(end)}, {heights}; {free}"


def _zone(room: Room, opening: Opening, wall: Wall) -> str:
    """The plan of the zone as spans along the axes; before a slanted wall, as a depth."""
    (length, depth, _), pose = opening_zone(room, opening)
    if min(abs(wall.inward[0]), abs(wall.inward[1])) > 1e-6:
        return f"{number(opening_depth(opening))} deep before it"
    along_x = abs(wall.inward[0]) < 0.5
    half_x, half_y = (length / 2, depth / 2) if along_x else (depth / 2, length / 2)
    spans = ((pose.x - half_x, pose.x + half_x), (pose.y - half_y, pose.y + half_y))
    return ", ".join(f"{axis} {number(low)} to {number(high)}" for axis, (low, high) in zip("xy", spans, strict=True))


def _piece(piece: Furniture) -> str:
    kind = "" if piece.id.rpartition("_")[0] == piece.category else f", {piece.category}"
    return f"{piece.id} {dimensions(piece.size)}{kind}"


def _words(piece: Furniture) -> str:
    label = "" if piece.label.lower().replace(" ", "_") in ("", piece.category, piece.id.lower()) else piece.label
    words = "; ".join(word for word in (label, piece.style, piece.material) if word)
    return f", {quoted(words, MAX_LABEL)}" if words else ""


def _point(point: Sequence[float]) -> str:
    return f"({number(point[0])},{number(point[1])})"
