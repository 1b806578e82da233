# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes without end: a seed gives a room, its furniture, their relations and a preference, the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...scene import CATEGORIES, Furniture, Relation, Room, Scene, category_of
from .dice import Dice
from .fit import fits
from .pieces import Bond, Draft, furnish
from .room_types import ROOM_TYPES, RoomType
from .rooms import build_room, pick_shape, shape_of_floor
from .style import STYLES, looks
from .wishes import Wish, draw_wishes, possible, put_in_words

FEWEST, MOST = 3, 25
"""Numbers of pieces that can be asked for."""
COVER = (0.24, 0.45)
"""Share of the floor under pieces, at most: a limit drawn per scene."""
SPOKEN = (0.6, 1.25)
"""Relations per piece aimed at, drawn per scene."""
LEAST_SPOKEN, MOST_SPOKEN = 0.5, 1.5
MIXED = 0.15
"""Share of pieces that look unlike the others of their kind."""
_GROWTH = 1.06
_TRIES = 14


@dataclass(frozen=True, slots=True)
class Drawn:
    """A generated scene and how it came about: its room type, and the wishes that its preference puts in words."""

    scene: Scene
    room_type: str
    wishes: tuple[Wish, ...]


def generate_scene(seed: int, *, room_type: str | None = None, pieces: int | tuple[int, int] | None = None) -> Scene:
    """The scene of this seed, valid and as good as certainly feasible (`checked_scene` makes certain).

    `room_type` is a key of `ROOM_TYPES`, drawn when None; `pieces` their number or the least and most of it, 3 to 25,
    the room type's usual number when None. Raises ValueError for others. Takes milliseconds.
    """
    return draw_scene(seed, room_type=room_type, pieces=pieces).scene


def draw_scene(
    seed: int, *, room_type: str | None = None, pieces: int | tuple[int, int] | None = None, attempt: int = 0
) -> Drawn:
    """`generate_scene`, with what the scene does not tell. Other attempts give other scenes of the same seed."""
    least, most = _wanted(pieces)
    if room_type is not None and room_type not in ROOM_TYPES:
        raise ValueError(f"{room_type!r} is no room type; use one of {', '.join(ROOM_TYPES)}")
    dice = Dice(f"metaspatial scene {seed} {attempt}")
    kind = ROOM_TYPES[room_type] if room_type is not None else dice.pick(list(ROOM_TYPES.values()))
    while True:
        count = dice.whole(least or kind.pieces[0], most or kind.pieces[1])
        drawn = _draw(dice, kind, count, f"{kind.name}_{seed}")
        if drawn is not None:
            return drawn


def _wanted(pieces: int | tuple[int, int] | None) -> tuple[int, int]:
    least, most = (0, 0) if pieces is None else (pieces, pieces) if isinstance(pieces, int) else pieces
    if pieces is not None and not FEWEST <= least <= most <= MOST:
        raise ValueError(f"{pieces} pieces can't be had; ask for {FEWEST} to {MOST}, or the least and most of them")
    return least, most


def _draw(dice: Dice, kind: RoomType, count: int, name: str) -> Drawn | None:
    """A scene, or None where chance brought pieces that no room takes or about which there is nothing to wish."""
    height = dice.between(*kind.height, 0.05)
    drafts, bonds = furnish(dice, kind, count, height)
    room = _room_for(dice, kind, drafts, height)
    if room is None:
        return None
    style = dice.pick(STYLES)
    furniture, alike = [], {}
    for draft in drafts:
        if draft.category not in alike or dice.chance(MIXED):
            alike[draft.category] = looks(dice, style, draft.category)
        label, look, material = alike[draft.category]
        mount = CATEGORIES[draft.category].mount
        furniture.append(Furniture(draft.id, draft.category, draft.size, mount, label, look, material))
    bonds = [bond for bond in bonds if _meant(room, furniture, bond)]
    wishes = draw_wishes(dice, room, furniture, bonds)
    if not wishes:
        return None
    relations = _spoken(dice, furniture, bonds, [relation for wish in wishes for relation in wish.relations])
    if relations is None:
        return None
    preference = put_in_words(dice, wishes, dice.pick(kind.words), style.name)
    return Drawn(Scene(room, tuple(furniture), relations, preference, name), kind.name, wishes)


def _room_for(dice: Dice, kind: RoomType, drafts: Sequence[Draft], height: float) -> Room | None:
    """A room that takes the pieces: of the type's sizes, the larger the more there are, larger still if need be."""
    usual = kind.pieces
    share = min(1.0, max(0.0, (len(drafts) - usual[0]) / (usual[1] - usual[0])))
    long, short = (low + (high - low) * min(1.0, max(0.0, 0.55 * share + dice.between(-0.15, 0.45)))
                   for low, high in (kind.long, kind.short))  # fmt: skip
    long, short = max(long, short), min(long, short)
    cover = dice.between(*COVER)
    shape = pick_shape(dice, kind, short)
    for attempt in range(_TRIES):
        room = build_room(dice, kind, shape, long, short, height)
        if fits(room, drafts, cover):
            return room
        if attempt % 2:  # once more with other openings, then larger
            long, short = long * _GROWTH, short * _GROWTH
    return None


def _meant(room: Room, furniture: Sequence[Furniture], bond: Bond) -> bool:
    """Whether the room has what a bond speaks of, and the piece can be there."""
    anchor = bond.relation.anchor
    if anchor in ("door", "window", "middle", "corner"):
        kinds = {opening.kind for opening in room.openings}
        if anchor in ("door", "window") and anchor not in kinds:
            return False
        if anchor == "middle" and shape_of_floor(room.floor) not in ("rectangle", "cut"):
            return False
        piece = next(piece for piece in furniture if piece.id == bond.relation.subject)
        return possible(room, piece, (bond.relation,))
    return True


def _spoken(
    dice: Dice, furniture: Sequence[Furniture], bonds: Sequence[Bond], asked: list[Relation]
) -> tuple[Relation, ...] | None:
    """The relations that are said: what was asked, what has to be, and of the rest so many that it sounds natural."""
    count = len(furniture)
    said = [*(bond.relation for bond in bonds if not bond.optional), *asked]
    wanted = min(MOST_SPOKEN, max(LEAST_SPOKEN, dice.between(*SPOKEN))) * count
    for bond in dice.shuffled([bond for bond in bonds if bond.optional]):
        if len(said) < wanted and bond.relation not in said and _adds(said, bond.relation):
            said.append(bond.relation)
    for piece in dice.shuffled(list(furniture)):
        known = {relation.subject for relation in said}
        floor = (
            piece.mount == "floor" and not category_of(piece.category).walkable and not category_of(piece.category).seat
        )
        if len(said) < LEAST_SPOKEN * count and floor and piece.id not in known:
            said.append(Relation(piece.id, "against", "wall"))
    if not LEAST_SPOKEN * count <= len(said) <= MOST_SPOKEN * count:
        return None
    order = {piece.id: k for k, piece in enumerate(furniture)}
    return tuple(sorted(dict.fromkeys(said), key=lambda relation: order[relation.subject]))


def _adds(said: Sequence[Relation], relation: Relation) -> bool:
    """Whether this goes with what is said: a piece has one place in the room, and one way to look."""
    own = [other for other in said if other.subject == relation.subject]
    if relation.predicate == "facing":
        return all(other.predicate != "facing" for other in own)
    if relation.anchor in ("corner", "window", "door", "middle"):
        return all(other.anchor not in ("corner", "window", "door", "middle") for other in own)
    if relation.predicate == "near" and relation.adjacent:
        return (relation.anchor, "near") not in {(other.subject, other.predicate) for other in own}
    return True
