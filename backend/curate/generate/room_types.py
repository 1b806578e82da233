# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of rooms as tables: how large they are, what must stand in them, what else may, and how it belongs together.

An item's ties say how a piece stands to others, in a few words each:

    "on desk|nightstand"      on the desk or, as well, the nightstand; an item whose host is missing is not drawn
    "beside bed"              left or right of the bed, whichever side is free, and next to it
    "at desk"                 before it, next to it and facing it: one seat to a desk
    "around dining_table"     facing it and next to it: as many seats as the table has room for
    "row kitchen_sink"        next to it along the wall
    "near door ?"             "?": said in some scenes only
    "sofa>facing it ?"        of another piece, towards this one
    "near blackboard @2"      "@": within so many metres (far_from: at least so many)

Everything else is one of the predicates of scenes. Sides of rooms follow the medians of MetaSpatial's published room
descriptions by room type.
"""

from __future__ import annotations

from dataclasses import dataclass

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Item:
    """A category that may be drawn: `weight` against others, at most `most` pieces of it, and its ties."""

    category: str
    weight: float
    most: int = 1
    ties: tuple[str, ...] = ()
    least: float = 0.0
    """Smallest length, metres."""
    largest: float = 9.0
    """Largest length, metres."""


@dataclass(frozen=True, slots=True)
class RoomType:
    """`core` comes first, in its order; then `extras` by weight. Sides and heights in metres, long side first.

    `pieces` is the usual number; any from 3 to 25 can be asked for. `sill` is that of usual windows.
    """

    name: str
    words: tuple[str, ...]
    long: Span
    short: Span
    core: tuple[Item, ...]
    extras: tuple[Item, ...]
    height: Span = (2.4, 3.0)
    windows: tuple[int, int] = (1, 3)
    sill: Span = (0.8, 1.0)
    pieces: tuple[int, int] = (6, 14)
    angular: float = 0.35
    """Share of rooms that are no plain rectangle."""
    passage: float = 0.1
    """Share of doors that are open passages."""


def _i(category: str, weight: float, most: int = 1, *ties: str) -> Item:
    return Item(category, weight, most, ties)


_BED = _i("bed", 1, 1, "against wall")
_SINGLE_BED = _i("single_bed", 1, 1, "against wall")
_SOFA = _i("sofa", 1, 1, "against wall ?")
_DESK = _i("desk", 1, 1, "against wall")
_SEAT_AT_DESK = _i("office_chair", 1, 1, "at desk")
_TABLE = _i("dining_table", 1)
_CHAIRS = _i("chair", 9, 6, "around dining_table")
_SCREEN = (
    _i("tv_stand", 5, 1, "against wall", "sofa>facing it ?"),
    _i("tv", 9, 1, "on tv_stand", "sofa>facing it"),
)
_BEDSIDE = (
    _i("nightstand", 9, 2, "beside bed|single_bed"),
    _i("table_lamp", 5, 2, "on nightstand"),
)
_CLOTHES = (
    _i("wardrobe", 6, 2, "against wall ?"),
    _i("dresser", 5, 1, "against wall ?"),
    _i("mirror", 3, 1, "above dresser|vanity ?"),
)
_COMFORT = (
    _i("coffee_table", 8, 1, "in_front_of sofa adjacent"),
    _i("armchair", 5, 2, "near coffee_table ?", "facing coffee_table ?"),
    _i("side_table", 3, 2, "near sofa|armchair adjacent"),
    _i("floor_lamp", 3, 1, "near armchair|sofa adjacent ?"),
    Item("rug", 4, 1, ("under coffee_table",), least=1.6),
    _i("ottoman", 1.5, 1, "near armchair|sofa ?"),
)
_WORK = (
    _i("monitor", 4, 1, "on desk"),
    _i("table_lamp", 3, 1, "on desk"),
    _i("laptop", 3, 1, "on desk"),
    _i("trash_bin", 2, 1, "near desk adjacent ?"),
    _i("wall_shelf", 1, 1, "above desk ?"),
)
_COOKING = (
    _i("fridge", 7, 1, "against wall", "row kitchen_counter|stove|kitchen_sink ?"),
    _i("dishwasher", 3, 1, "row kitchen_sink"),
    _i("kitchen_counter", 3, 2, "row kitchen_counter|stove ?"),
    _i("wall_cabinet", 3, 2, "above kitchen_counter|kitchen_sink ?"),
    _i("microwave", 4, 2, "on kitchen_counter"),
    _i("trash_bin", 2),
)
DECOR = (
    _i("plant", 2, 2, "in_corner corner ?"),
    _i("painting", 2, 3, "above sofa|bed|dresser|desk|single_bed ?"),
    _i("ceiling_lamp", 2, 2, "above dining_table ?"),
    _i("clock", 0.7),
    _i("wall_shelf", 0.3, 2),
    _i("wall_lamp", 0.3, 2),
    _i("books", 0.8, 3, "on desk|coffee_table|shelf|nightstand|dresser|side_table|cabinet|dining_table"),
    _i("small_plant", 0.8, 2, "on shelf|dresser|desk|cabinet|side_table|coffee_table|kitchen_counter|tv_stand"),
    _i("vase", 0.8, 2, "on dining_table|coffee_table|dresser|cabinet|side_table|kitchen_counter"),
    _i("trash_bin", 0.4),
    _i("box", 0.4, 3),
    _i("floor_lamp", 0.5, 1, "near armchair|sofa|desk adjacent ?"),
    _i("stool", 0.3, 2),
)
"""What any room may have."""

_BEDROOM = RoomType(
    "bedroom", ("bedroom", "main bedroom", "guest bedroom"), (3.6, 5.6), (3.0, 4.6),
    core=(_BED, _i("nightstand", 1, 1, "beside bed")),
    extras=(*_BEDSIDE, *_CLOTHES, _i("vanity", 1.5, 1, "against wall"), _i("stool", 2, 1, "at vanity"),
            _i("armchair", 2, 1, "near window ?"), _i("floor_lamp", 2, 1, "near armchair adjacent"),
            Item("rug", 2.5, 1, ("under bed",), least=1.6), _i("bench", 1.5, 1, "in_front_of bed adjacent"),
            _i("desk", 1.5, 1, "against wall ?"), _i("office_chair", 3, 1, "at desk"), *_WORK,
            _i("tv_stand", 1, 1, "against wall ?"), _i("tv", 2, 1, "on tv_stand|dresser"), *DECOR),
    pieces=(5, 13),
)  # fmt: skip
_KIDS = RoomType(
    "kids_bedroom", ("children's room", "kid's bedroom", "teenager's room"), (3.2, 5.2), (2.8, 4.2),
    core=(_SINGLE_BED, _i("desk", 1, 1, "against wall ?"), _SEAT_AT_DESK),
    extras=(_i("nightstand", 6, 1, "beside single_bed"), _i("table_lamp", 4, 1, "on nightstand"), *_WORK,
            _i("wardrobe", 5, 1, "against wall ?"), _i("dresser", 2, 1, "against wall ?"),
            _i("shelf", 4, 2, "against wall ?"), _i("bookshelf", 2, 1, "against wall ?"), _i("box", 4, 3),
            _i("rug", 3), _i("armchair", 1, 1, "near window ?"), *DECOR),
    pieces=(5, 14),
)  # fmt: skip
_LIVING = RoomType(
    "living_room", ("living room", "lounge", "sitting room"), (4.4, 7.0), (3.6, 5.4),
    core=(_SOFA, _i("coffee_table", 1, 1, "in_front_of sofa adjacent"), _SCREEN[0]),
    extras=(*_SCREEN, *_COMFORT, _i("bookshelf", 4, 3, "row bookshelf ?", "against wall ?"),
            _i("sofa", 0.8, 2, "near coffee_table ?"), _i("cabinet", 1.5, 1, "against wall ?"),
            _i("piano", 0.6, 1, "against wall"), _i("stool", 2, 1, "at piano"),
            _i("desk", 0.7, 1, "near window ?"), _i("office_chair", 2, 1, "at desk"), *DECOR),
    height=(2.5, 3.2), windows=(1, 4), sill=(0.3, 0.95), pieces=(6, 16), passage=0.35,
)  # fmt: skip
_DINING = RoomType(
    "dining_room", ("dining room", "breakfast room"), (3.8, 6.4), (3.2, 4.8),
    core=(_TABLE,),
    extras=(_CHAIRS, _i("dresser", 4, 1, "against wall ?"), _i("cabinet", 4, 2, "against wall ?"),
            Item("rug", 3, 1, ("under dining_table",), least=1.6), _i("ceiling_lamp", 5, 1, "above dining_table"),
            _i("vase", 4, 1, "on dining_table"), _i("table_lamp", 2, 2, "on dresser|cabinet"),
            _i("mirror", 1, 1, "above dresser ?"), _i("bench", 0.8, 1, "against wall"),
            _i("armchair", 0.8, 1, "near window ?"), *DECOR),
    height=(2.5, 3.2), windows=(1, 3), sill=(0.5, 1.0), pieces=(6, 14), passage=0.3,
)  # fmt: skip
_KITCHEN = RoomType(
    "kitchen", ("kitchen", "family kitchen", "eat-in kitchen"), (3.4, 5.8), (2.8, 4.6),
    core=(_i("kitchen_sink", 1, 1, "against wall"), _i("stove", 1, 1, "against wall", "row kitchen_sink ?"),
          _i("kitchen_counter", 1, 1, "row kitchen_sink")),
    extras=(*_COOKING, _i("dining_table", 3), _CHAIRS, _i("kitchen_island", 1.2), _i("bar_stool", 4, 3, "around kitchen_island"),
            _i("washing_machine", 1, 1, "against wall ?"), _i("shelf", 1, 1, "against wall ?"), *DECOR),
    windows=(1, 2), sill=(0.98, 1.15), pieces=(6, 15), passage=0.2, angular=0.3,
)  # fmt: skip
_BATHROOM = RoomType(
    "bathroom", ("bathroom", "family bathroom", "shower room"), (2.6, 4.4), (2.1, 3.4),
    core=(_i("washbasin", 1, 1, "against wall"), _i("toilet", 1, 1, "against wall ?"),
          _i("mirror", 1, 1, "above washbasin")),
    extras=(_i("bathtub", 4, 1, "against wall ?"), _i("shower", 4, 1, "in_corner corner ?"),
            _i("washing_machine", 2.5, 2, "against wall ?"), _i("cabinet", 2.5, 2, "against wall ?"),
            _i("wall_cabinet", 2, 1, "above toilet ?"), Item("rug", 2, 1, ("in_front_of bathtub|shower|washbasin adjacent",), largest=1.1),
            _i("trash_bin", 2, 1, "near toilet|washbasin ?"), _i("box", 2, 2), _i("stool", 1.5),
            _i("wall_lamp", 2, 2, "near mirror ?"), _i("washbasin", 0.8, 2, "against wall ?"),
            _i("shelf", 1.5, 2, "against wall ?"), *DECOR),
    height=(2.3, 2.8), windows=(0, 1), sill=(1.2, 1.5), pieces=(4, 9), angular=0.2, passage=0.0,
)  # fmt: skip
_OFFICE = RoomType(
    "home_office", ("study", "home office", "workroom"), (3.0, 5.0), (2.6, 4.0),
    core=(_DESK, _SEAT_AT_DESK, _i("bookshelf", 1, 1, "against wall ?")),
    extras=(*_WORK, _i("bookshelf", 4, 4, "row bookshelf ?", "against wall ?"), _i("cabinet", 3, 2, "against wall ?"),
            _i("armchair", 3, 1, "near window ?"), _i("floor_lamp", 3, 1, "near armchair adjacent"),
            _i("side_table", 2, 1, "near armchair adjacent"), _i("rug", 1.5), _i("sofa", 1, 1, "against wall ?"),
            _i("shelf", 1.5, 1, "against wall ?"), _i("desk", 0.8, 2, "against wall ?"), *DECOR),
    pieces=(5, 13),
)  # fmt: skip
_STUDIO = RoomType(
    "studio", ("studio flat", "one-room flat", "bedsit"), (5.0, 7.6), (3.8, 5.6),
    core=(_BED, _SOFA, _i("desk", 1, 1, "against wall ?")),
    extras=(_SEAT_AT_DESK, *_BEDSIDE, _i("wardrobe", 5, 2, "against wall ?"), *_SCREEN, *_COMFORT,
            _i("dining_table", 3), _i("chair", 8, 4, "around dining_table"), _i("bookshelf", 3, 2, "against wall ?"),
            _i("kitchen_sink", 2, 1, "against wall"), _i("stove", 4, 1, "row kitchen_sink", "against wall ?"),
            _i("fridge", 4, 1, "row stove|kitchen_sink", "against wall ?"), *_WORK, *DECOR),
    height=(2.5, 3.4), windows=(2, 4), pieces=(9, 20), angular=0.45,
)  # fmt: skip
_HALLWAY = RoomType(
    "hallway", ("hallway", "entrance hall", "foyer"), (3.4, 6.0), (1.9, 3.2),
    core=(_i("coat_rack", 1, 1, "near door ?"), _i("shelf", 1, 1, "against wall ?"), _i("mirror", 1)),
    extras=(_i("bench", 4, 1, "against wall"), _i("cabinet", 3, 2, "against wall ?"), _i("rug", 3),
            _i("wardrobe", 2, 2, "against wall ?"), _i("dresser", 2, 1, "against wall ?"),
            _i("side_table", 2, 1, "against wall"), _i("table_lamp", 2, 2, "on dresser|cabinet|side_table"),
            _i("box", 2, 3), _i("coat_rack", 1, 2, "near door ?"), _i("stool", 1), _i("painting", 2, 4), *DECOR),
    windows=(0, 1), pieces=(4, 9), angular=0.3, passage=0.15,
)  # fmt: skip
_LIBRARY = RoomType(
    "library", ("library", "reading room"), (4.4, 7.4), (3.6, 5.4),
    core=(_i("bookshelf", 1, 2, "against wall", "row bookshelf ?"), _i("armchair", 1)),
    extras=(_i("bookshelf", 7, 7, "row bookshelf ?", "against wall ?"), _i("armchair", 3, 3),
            _i("floor_lamp", 3, 2, "near armchair adjacent"), _i("side_table", 3, 2, "near armchair adjacent"),
            _i("desk", 2.5, 2, "near window ?"), _i("office_chair", 4, 2, "at desk"), _i("table_lamp", 3, 2, "on desk"),
            _i("sofa", 1.5), _i("coffee_table", 3, 1, "in_front_of sofa adjacent"), _i("dining_table", 1.2), _CHAIRS,
            Item("rug", 2, 1, ("under coffee_table",), least=1.6), _i("ottoman", 1, 1, "near armchair ?"), *DECOR),
    height=(2.7, 3.5), windows=(1, 3), pieces=(6, 15),
)  # fmt: skip
_MEETING = RoomType(
    "meeting_room", ("meeting room", "conference room", "boardroom"), (4.8, 8.0), (3.6, 5.6),
    core=(Item("dining_table", 1, least=1.7),),
    extras=(_i("office_chair", 14, 10, "around dining_table"), _i("blackboard", 5, 1, "near dining_table @3 ?"),
            _i("cabinet", 3, 2, "against wall ?"), _i("laptop", 3, 2, "on dining_table"),
            _i("tv_stand", 2, 1, "against wall"), _i("tv", 4, 1, "on tv_stand"),
            _i("lectern", 1, 1, "near blackboard|tv @2 ?"), _i("trash_bin", 2), _i("bookshelf", 1, 2, "against wall ?"),
            *DECOR),
    height=(2.6, 3.3), windows=(1, 4), pieces=(6, 16), angular=0.2,
)  # fmt: skip
_CLASSROOM = RoomType(
    "classroom", ("classroom", "schoolroom", "seminar room"), (5.6, 9.0), (4.6, 7.0),
    core=(_i("blackboard", 1, 1, "centered_on wall ?"), _i("school_desk", 1, 2)),
    extras=(_i("school_desk", 8, 9), _i("chair", 16, 9, "at school_desk", "facing blackboard ?"),
            _i("desk", 4, 1, "near blackboard @2.5"), _i("office_chair", 5, 1, "at desk"), _i("lectern", 1, 1, "near blackboard @2.5 ?"),
            _i("bookshelf", 2, 3, "against wall ?"), _i("cabinet", 2, 2, "against wall ?"), _i("laptop", 1, 1, "on desk"),
            _i("trash_bin", 1), _i("coat_rack", 1, 1, "near door ?"), *DECOR),
    height=(2.7, 3.5), windows=(2, 4), pieces=(8, 20), angular=0.15, passage=0.0,
)  # fmt: skip
_YOGA = RoomType(
    "yoga_room", ("yoga room", "exercise room", "home gym"), (4.0, 7.0), (3.4, 5.4),
    core=(_i("mirror", 1, 2), _i("shelf", 1, 1, "against wall ?"), _i("bench", 1, 1, "against wall ?")),
    extras=(_i("rug", 4, 4), _i("box", 3, 3, "near shelf ?"), _i("plant", 3, 2, "in_corner corner ?"),
            _i("cabinet", 2, 2, "against wall ?"), _i("stool", 2, 2), _i("tv_stand", 1, 1, "against wall ?"),
            _i("tv", 2, 1, "on tv_stand"), _i("coat_rack", 1, 1, "near door ?"), _i("floor_lamp", 1.5, 2),
            _i("ceiling_fan", 1), _i("mirror", 1, 4), *DECOR),
    height=(2.6, 3.4), windows=(1, 4), sill=(0.3, 0.9), pieces=(5, 12),
)  # fmt: skip
_WAITING = RoomType(
    "waiting_room", ("waiting room", "reception", "lobby"), (4.0, 7.0), (3.2, 5.2),
    core=(_i("chair", 1, 2, "against wall"), _i("side_table", 1)),
    extras=(_i("chair", 8, 8, "against wall ?", "row chair ?"), _i("sofa", 3, 2, "against wall ?"),
            _i("coffee_table", 4, 1, "in_front_of sofa adjacent ?"), _i("armchair", 2, 3, "near coffee_table ?"),
            _i("desk", 3, 1, "facing door ?"), _i("office_chair", 5, 1, "at desk"), _i("monitor", 2, 1, "on desk"),
            _i("shelf", 1.5, 1, "against wall ?"), _i("coat_rack", 2, 1, "near door ?"), Item("rug", 1, 1, ("under coffee_table",), least=1.6),
            _i("trash_bin", 1), *DECOR),
    height=(2.5, 3.4), windows=(1, 3), pieces=(6, 15), passage=0.3,
)  # fmt: skip
_NURSERY = RoomType(
    "nursery", ("nursery", "baby's room"), (3.0, 4.6), (2.6, 3.8),
    core=(_i("crib", 1, 1, "against wall ?"), _i("dresser", 1, 1, "against wall ?"), _i("armchair", 1)),
    extras=(_i("floor_lamp", 4, 1, "near armchair adjacent"), _i("side_table", 3, 1, "near armchair adjacent"),
            _i("wardrobe", 3, 1, "against wall ?"), _i("rug", 4), _i("box", 4, 3), _i("shelf", 3, 2, "against wall ?"),
            _i("table_lamp", 2, 1, "on dresser|side_table"), _i("ottoman", 2, 1, "near armchair ?"),
            _i("single_bed", 0.8, 1, "against wall ?"), *DECOR),
    pieces=(5, 12),
)  # fmt: skip
_WORKSHOP = RoomType(
    "workshop", ("workshop", "hobby room", "craft room"), (4.0, 6.8), (3.2, 5.0),
    core=(_i("desk", 1, 1, "against wall"), _i("stool", 1, 1, "at desk"), _i("shelf", 1, 1, "against wall ?")),
    extras=(_i("desk", 3, 2, "against wall ?"), _i("stool", 3, 3, "at desk"), _i("shelf", 3, 4, "against wall ?"),
            _i("cabinet", 4, 3, "against wall ?", "row cabinet ?"), _i("box", 4, 5, "near shelf ?"),
            _i("wall_shelf", 2, 3, "above desk ?"), _i("wall_cabinet", 2, 2), _i("dining_table", 1.5),
            _i("table_lamp", 2, 1, "on desk"), _i("trash_bin", 2, 2), *DECOR),
    height=(2.4, 3.4), windows=(0, 2), sill=(1.0, 1.3), pieces=(6, 15),
)  # fmt: skip
_OPEN_KITCHEN = RoomType(
    "open_kitchen", ("open kitchen-living room", "living kitchen", "great room"), (6.0, 9.0), (4.2, 6.0),
    core=(_i("kitchen_sink", 1, 1, "against wall"), _SOFA, _TABLE),
    extras=(_i("stove", 9, 1, "row kitchen_sink", "against wall ?"), _i("kitchen_counter", 6, 2, "row kitchen_sink|stove"),
            *_COOKING, _CHAIRS, *_SCREEN, *_COMFORT, _i("bookshelf", 2, 2, "against wall ?"),
            _i("kitchen_island", 1), _i("bar_stool", 4, 3, "around kitchen_island"), *DECOR),
    height=(2.5, 3.4), windows=(2, 4), sill=(0.95, 1.1), pieces=(10, 22), angular=0.5, passage=0.3,
)  # fmt: skip
_LAUNDRY = RoomType(
    "laundry_room", ("laundry room", "utility room"), (2.6, 4.2), (2.2, 3.2),
    core=(_i("washing_machine", 1, 1, "against wall"), _i("shelf", 1, 1, "against wall ?"), _i("box", 1, 1)),
    extras=(_i("washing_machine", 4, 2, "row washing_machine"), _i("cabinet", 3, 2, "against wall ?"),
            _i("kitchen_sink", 2, 1, "against wall ?"), _i("kitchen_counter", 2, 1, "row washing_machine ?"),
            _i("box", 4, 4, "near washing_machine ?"), _i("wall_cabinet", 3, 2, "above washing_machine ?"), _i("wall_shelf", 2, 2),
            _i("shelf", 1.5, 2, "against wall ?"), _i("trash_bin", 2), _i("wardrobe", 1, 1, "against wall ?"), *DECOR),
    height=(2.3, 2.8), windows=(0, 1), sill=(1.0, 1.4), pieces=(4, 10), angular=0.25, passage=0.0,
)  # fmt: skip
_MUSIC = RoomType(
    "music_room", ("music room", "rehearsal room"), (4.2, 6.6), (3.4, 5.0),
    core=(_i("piano", 1, 1, "against wall"), _i("stool", 1, 1, "at piano"), _i("armchair", 1)),
    extras=(_i("bookshelf", 3, 2, "against wall ?"), _i("chair", 4, 4), _i("sofa", 2, 1, "facing piano ?"),
            _i("coffee_table", 2, 1, "in_front_of sofa adjacent"), _i("floor_lamp", 3, 1, "near piano adjacent ?"),
            _i("shelf", 2, 2, "against wall ?"), _i("rug", 2.5), _i("cabinet", 2, 1, "against wall ?"),
            _i("armchair", 1.5, 2), *DECOR),
    height=(2.6, 3.4), windows=(1, 3), pieces=(5, 13),
)  # fmt: skip

ROOM_TYPES: dict[str, RoomType] = {
    room.name: room
    for room in (
        _BEDROOM, _KIDS, _LIVING, _DINING, _KITCHEN, _BATHROOM, _OFFICE, _STUDIO, _HALLWAY, _LIBRARY, _MEETING,
        _CLASSROOM, _YOGA, _WAITING, _NURSERY, _WORKSHOP, _OPEN_KITCHEN, _LAUNDRY, _MUSIC,
    )
}  # fmt: skip
