# SPDX-License-Identifier: GPL-3.0-or-later
"""Hypothesis strategies for sound rooms, scenes and layouts.

Rooms are rectangles, L-shapes and cut corners of 2 to 10 m with doors and windows; furniture has known categories at
varied sizes. Layouts put pieces anywhere in and a little around the room: sound documents, seldom good arrangements.
"""

from __future__ import annotations

from hypothesis import strategies as st
from metaspatial.backend.scene import CATEGORIES, Furniture, Layout, Opening, Part, Pose, Relation, Room, Scene
from metaspatial.backend.scene.geometry import walls
from metaspatial.backend.scene.model import PREDICATES, SWINGS, Point2


def metres(low: float, high: float) -> st.SearchStrategy[float]:
    """Lengths in whole millimetres."""
    return st.integers(round(low * 1000), round(high * 1000)).map(lambda millimetres: millimetres / 1000)


texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
"""Anything a user may have typed: quotes, tags, control characters, any script."""


@st.composite
def floors(draw: st.DrawFn) -> tuple[Point2, ...]:
    """A counter-clockwise floor polygon with its minimum corner at the origin."""
    length, width = draw(metres(2, 10)), draw(metres(2, 10))
    shape = draw(st.sampled_from(("rectangle", "L", "cut")))
    if shape == "rectangle":
        return ((0.0, 0.0), (length, 0.0), (length, width), (0.0, width))
    x, y = draw(metres(0.5, length - 0.5)), draw(metres(0.5, width - 0.5))
    if shape == "L":
        return ((0.0, 0.0), (length, 0.0), (length, y), (x, y), (x, width), (0.0, width))
    return ((0.0, 0.0), (length, 0.0), (length, y), (x, width), (0.0, width))


@st.composite
def rooms(draw: st.DrawFn) -> Room:
    """A room with at most one opening in each wall."""
    room = Room(draw(floors()), draw(metres(2.2, 4)))
    openings: list[Opening] = []
    for wall in walls(room):
        kind = draw(st.sampled_from((None, "door", "window")))
        if kind is None or wall.length < 0.5:
            continue
        width = draw(metres(0.4, min(wall.length, 2.0) - 0.05))
        offset = draw(st.floats(0, 1)) * (wall.length - width)
        sill = draw(metres(0.0, 1.0)) if kind == "window" else 0.0
        height = draw(metres(0.5, room.height - sill))
        swing = draw(st.sampled_from(SWINGS)) if kind == "door" else "none"
        id = f"{kind}_{len(openings) + 1}"
        openings.append(Opening(id, kind, wall.index, offset, width, height, sill, swing))
    return Room(room.floor, room.height, tuple(openings))


def poses(room: Room, margin: float = 0.5) -> st.SearchStrategy[Pose]:
    """Box centres in the room's bounds, or up to `margin` metres outside them, at any yaw."""
    length, width = room.extent
    return st.builds(
        Pose,
        metres(-margin, length + margin),
        metres(-margin, width + margin),
        metres(0, room.height),
        st.one_of(st.sampled_from((0.0, 90.0, 180.0, 270.0)), st.integers(0, 3599).map(lambda tenths: tenths / 10)),
    )


@st.composite
def pieces(draw: st.DrawFn, room: Room, number: int, fixed: bool = True) -> Furniture:
    """One piece called `<category>_<number>`."""
    category = CATEGORIES[draw(st.sampled_from(sorted(CATEGORIES)))]
    length, width, height = (max(round(side * draw(metres(0.6, 1.4)), 4), 0.001) for side in category.size)
    is_fixed = fixed and draw(st.integers(0, 5)) == 0
    halves = (
        Part((-length / 4, 0.0, 0.0), (length / 2, width, height)),
        Part((length / 4, 0.0, 0.0), (length / 2, width, height)),
    )
    return Furniture(
        id=f"{category.name}_{number}",
        category=category.name,
        size=(length, width, height),
        mount=category.mount,
        label=draw(st.one_of(st.just(""), texts)),
        style=draw(st.sampled_from(("", "rustic", "modern"))),
        material=draw(st.sampled_from(("", "oak", "steel"))),
        fixed=is_fixed,
        pose=draw(poses(room)) if is_fixed else draw(st.one_of(st.none(), poses(room))),
        parts=halves if draw(st.integers(0, 5)) == 0 else (),
    )


@st.composite
def relations(draw: st.DrawFn, room: Room, furniture: tuple[Furniture, ...]) -> Relation:
    """A relation whose anchor exists. Pieces stand only on earlier ones, so nothing carries itself."""
    index = draw(st.integers(0, len(furniture) - 1))
    predicate = draw(st.sampled_from(PREDICATES))
    places = ["wall", "wall_0", "south_wall", "corner", "middle", "ceiling", "floor"]
    others = furniture[:index] if predicate == "on" else furniture[:index] + furniture[index + 1 :]
    anchors = [*places, *(piece.id for piece in others), *(opening.id for opening in room.openings)]
    distance = draw(st.one_of(st.none(), metres(0.1, 5))) if predicate in ("near", "far_from") else None
    return Relation(furniture[index].id, predicate, draw(st.sampled_from(anchors)), draw(st.booleans()), distance)


@st.composite
def scenes(draw: st.DrawFn, min_pieces: int = 1, max_pieces: int = 8, fixed: bool = True) -> Scene:
    """A sound scene; without `fixed`, every piece is movable."""
    room = draw(rooms())
    count = draw(st.integers(min_pieces, max_pieces))
    furniture = tuple(draw(pieces(room, number, fixed)) for number in range(1, count + 1))
    several = st.lists(relations(room, furniture), max_size=2 * count) if furniture else st.just([])
    return Scene(room, furniture, tuple(draw(several)), draw(texts), draw(texts))


@st.composite
def layouts(draw: st.DrawFn, scene: Scene, complete: bool = True) -> Layout:
    """Poses for the movable pieces (for some of them, if not `complete`), with the fixed ones where they are."""
    result = {piece.id: piece.pose for piece in scene.fixed if piece.pose}
    for piece in scene.movable:
        if complete or draw(st.booleans()):
            result[piece.id] = draw(poses(scene.room))
    return Layout(result)
