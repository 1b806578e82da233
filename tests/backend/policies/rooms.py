# SPDX-License-Identifier: GPL-3.0-or-later
"""Furnished rooms to solve, built in code so that a test says what is in them."""

from __future__ import annotations

from metaspatial.backend.scene import Furniture, Opening, Relation, Room, Scene, category_of


def furniture(**counts: int) -> tuple[Furniture, ...]:
    """So many pieces of each category in its usual size, with ids such as `chair_1`."""
    pieces = []
    for name, count in counts.items():
        category = category_of(name)
        pieces += [Furniture(f"{name}_{k + 1}", name, category.size, category.mount) for k in range(count)]
    return tuple(pieces)


def rectangle(length: float, width: float, *openings: Opening, height: float = 2.6) -> Room:
    return Room(((0.0, 0.0), (length, 0.0), (length, width), (0.0, width)), height, openings)


def door(wall: int, offset: float, id: str = "door_1", width: float = 0.9) -> Opening:
    return Opening(id, "door", wall, offset, width, 2.05, swing="in")


def window(wall: int, offset: float, width: float = 1.4, id: str = "window_1") -> Opening:
    return Opening(id, "window", wall, offset, width, 1.2, 0.9)


def bedroom(*relations: Relation) -> Scene:
    """Fifteen pieces in 5 x 4 m."""
    return Scene(
        rectangle(5.0, 4.0, door(0, 0.4), window(2, 1.5, 1.8)),
        furniture(
            bed=1, nightstand=2, wardrobe=1, desk=1, chair=1, dresser=1, rug=1, table_lamp=2, plant=1, painting=1,
            ceiling_lamp=1, armchair=1, mirror=1,
        ),
        relations,
        name="bedroom",
    )  # fmt: skip


def living_room() -> Scene:
    return Scene(
        rectangle(5.5, 4.5, door(0, 0.4), window(2, 1.5, 2.2)),
        furniture(
            sofa=1, armchair=2, coffee_table=1, tv_stand=1, tv=1, rug=1, bookshelf=2, side_table=1, floor_lamp=1,
            plant=2, painting=2, ceiling_lamp=1, vase=1,
        ),
        name="living room",
    )  # fmt: skip


def studio() -> Scene:
    """An L-shaped room with everything in it."""
    floor = ((0.0, 0.0), (6.5, 0.0), (6.5, 3.2), (3.4, 3.2), (3.4, 5.6), (0.0, 5.6))
    openings = (door(0, 0.4), window(4, 1.0, 1.6), window(1, 0.8, 1.4, "window_2"))
    return Scene(
        Room(floor, 2.7, openings),
        furniture(
            bed=1, nightstand=2, table_lamp=2, wardrobe=1, sofa=1, coffee_table=1, tv_stand=1, tv=1, desk=1,
            office_chair=1, monitor=1, dining_table=1, chair=2, bookshelf=1, plant=2, rug=2, painting=2,
        ),
        name="studio",
    )  # fmt: skip


def classroom(desks: int = 20, length: float = 9.0, width: float = 7.0) -> Scene:
    """With 20 desks 45 pieces; with 30 desks in 11 x 8 m 70 pieces."""
    windows = [window(2, 1.0 + 2.5 * k, id=f"window_{k + 1}") for k in range(3)]
    extra = {"plant": 2, "painting": 1, "clock": 1} if desks > 20 else {}
    return Scene(
        rectangle(length, width, door(0, 0.3), *windows, height=3.0),
        furniture(
            school_desk=desks, chair=desks + 1, blackboard=1, desk=1, bookshelf=2 if desks > 20 else 1, trash_bin=1,
            **extra,
        ),
        name="classroom",
    )  # fmt: skip
