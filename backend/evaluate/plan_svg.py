# SPDX-License-Identifier: GPL-3.0-or-later
"""A layout as a floor plan in SVG: the room, doors with their swing, windows, furniture with fronts, faults in red.

Colours come from the page's style sheet by class. Lengths are centimetres, y points down: plan (x, y) metres is drawn
at (100 x, −100 y).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np
from shapely import Polygon
from shapely.errors import GEOSException

from ..rewards.score import Issue
from ..scene import Furniture, Layout, Pose, Scene
from ..scene.category import category_of
from ..scene.geometry import footprint, opening_span, to_room, walls
from ..scene.model import Opening, Point2, Room
from .markup import Markup, join, tag

Grade = Literal["", "soft", "bad"]

MARGIN = 0.45
"""Metres drawn round the room."""
_LETTER = 0.56
"""Width of a letter by its font size, about."""
_FLAT = 0.06
"""Metres; what is no higher is drawn as a rug."""


def plan_svg(scene: Scene, layout: Layout, issues: Sequence[Issue] = (), *, labels: bool = True) -> Markup:
    """The plan as an inline `<svg>`. Pieces of a physics issue are red, of a function issue amber.

    Overlaps of two pieces and what reaches out of the room are filled. A piece that lies beyond the drawing has a mark
    on its edge, towards where it is.
    """
    left, bottom, right, top = _view(scene.room)
    grades = _grades(issues)
    placed = [(piece, layout[piece.id]) for piece in scene.furniture if piece.id in layout]
    placed.sort(key=lambda item: (_layer(item[0]), item[1].z + item[0].size[2] / 2))
    font = max(right - left, (top - bottom) * 1.1) * 3.4
    here = [(piece, pose) for piece, pose in placed if _in_view(scene.room, pose)]
    away = [(piece, pose) for piece, pose in placed if not _in_view(scene.room, pose)]
    return tag(
        "svg",
        tag("polygon", class_="floor", points=_points(scene.room.floor)),
        (tag("polygon", class_="rug", points=_points(_corners(*item))) for item in here if _layer(item[0]) == 0),
        tag("polygon", class_="wall", points=_points(scene.room.floor)),
        (_opening(scene.room, opening) for opening in scene.room.openings),
        (_piece(piece, pose, grades.get(piece.id, ""), font) for piece, pose in here),
        _faults(scene, {piece.id: (piece, pose) for piece, pose in here}, issues),
        _labels(here, font) if labels else None,
        (_mark(scene.room, piece, pose, font) for piece, pose in away),
        class_="plan",
        viewBox=f"{left * 100:.0f} {-top * 100:.0f} {(right - left) * 100:.0f} {(top - bottom) * 100:.0f}",
        role="img",
        aria_label=f"Floor plan with {len(placed)} of {len(scene.furniture)} pieces",
    )


def _view(room: Room) -> tuple[float, float, float, float]:
    """Left, bottom, right, top of the drawing, metres."""
    length, width = room.extent
    return -MARGIN, -MARGIN, length + MARGIN, width + MARGIN


def _in_view(room: Room, pose: Pose) -> bool:
    left, bottom, right, top = _view(room)
    return left <= pose.x <= right and bottom <= pose.y <= top


def _grades(issues: Iterable[Issue]) -> dict[str, Grade]:
    found: dict[str, Grade] = {}
    for issue in issues:
        if issue.part not in ("physics", "function"):
            continue
        # a relation's fault is its subject's, not its anchor's
        for id in issue.pieces if issue.part == "physics" or issue.kind == "unreachable" else issue.pieces[:1]:
            if issue.part == "physics":
                found[id] = "bad"
            else:
                found.setdefault(id, "soft")
    return found


def _layer(piece: Furniture) -> int:
    """What is drawn first: rugs, what stands on the floor, what lies on it, what hangs on walls, what hangs above."""
    if category_of(piece.category).walkable or (piece.mount == "floor" and piece.size[2] <= _FLAT):
        return 0
    return {"floor": 1, "on": 2, "wall": 3, "ceiling": 4}[piece.mount]


def _corners(piece: Furniture, pose: Pose) -> np.ndarray:
    return footprint(piece.size, pose)


def _points(points: Iterable[Sequence[float]]) -> str:
    return " ".join(f"{_cm(x)},{_cm(-y)}" for x, y in points)


def _cm(metres: float) -> str:
    """Whole centimetres: less than a pixel."""
    return f"{round(metres * 100)}"


def _opening(room: Room, opening: Opening) -> Markup:
    wall = walls(room)[opening.wall]
    (x1, y1), (x2, y2) = opening_span(room, opening)
    ends = {"x1": _cm(x1), "y1": _cm(-y1), "x2": _cm(x2), "y2": _cm(-y2)}
    gap = tag("line", class_="gap", **ends)
    if opening.kind == "window":
        return tag("g", tag("title", opening.id), gap, tag("line", class_="pane", **ends), class_="window")
    if opening.swing == "none":
        return tag("g", tag("title", opening.id), gap, tag("line", class_="passage", **ends), class_="door")
    way = 1.0 if opening.swing == "in" else -1.0
    tip = wall.point(opening.offset, opening.width * way)
    radius = _cm(opening.width)
    # from the shut leaf's end to the open leaf's tip: counter-clockwise about the hinge when it opens inwards
    sweep = 0 if way > 0 else 1
    arc = f"M{_cm(x2)} {_cm(-y2)}A{radius} {radius} 0 0 {sweep} {_cm(tip[0])} {_cm(-tip[1])}"
    leaf = f"M{_cm(x1)} {_cm(-y1)}L{_cm(tip[0])} {_cm(-tip[1])}"
    return tag(
        "g", tag("title", opening.id), gap, tag("path", class_="sweep", d=arc), tag("path", d=leaf), class_="door"
    )


def _piece(piece: Furniture, pose: Pose, grade: Grade, font: float) -> Markup:
    length, width = piece.size[0], piece.size[1]
    layer = _layer(piece)
    kind = ("flat", "stands", "lies", "hangs", "above")[layer]
    classes = " ".join(part for part in ("piece", kind, "locked" if piece.fixed else "", grade) if part)
    tip = -width / 2 + min(width * 0.1, 0.05)
    half, deep = min(length * 0.22, font * 0.005), min(width * 0.3, font * 0.005)
    arrow = [to_room(pose, point) for point in ((-half, tip + deep), (half, tip + deep), (0.0, tip))]
    return tag(
        "g",
        tag("title", f"{piece.id}{' (fixed)' if piece.fixed else ''}: {piece.category}, {_metres(piece.size)} m"),
        tag("polygon", class_="box", points=_points(_corners(piece, pose))),
        tag("polygon", class_="front", points=_points(arrow)) if layer else None,
        class_=classes,
    )


def _metres(size: Sequence[float]) -> str:
    return " × ".join(f"{side:.2f}" for side in size)


def _labels(placed: Sequence[tuple[Furniture, Pose]], font: float) -> Iterable[Markup]:
    """The ids of the pieces they fit into, along the longer side, larger pieces first, none over another."""
    taken: list[tuple[float, float, float, float]] = []
    for piece, pose in sorted(placed, key=lambda item: -item[0].size[0] * item[0].size[1]):
        length, width = piece.size[0] * 100, piece.size[1] * 100
        along, across, angle = (
            (length, width, pose.rotation) if length >= width else (width, length, pose.rotation + 90)
        )
        letters = _LETTER * max(len(piece.id), 1)
        size = min(font, along * 0.94 / letters, across * 0.7)
        upright = (angle + 90.0) % 180.0 - 90.0  # never upside down
        cos, sin = abs(math.cos(math.radians(upright))), abs(math.sin(math.radians(upright)))
        half = size * (letters * cos + sin) / 2, size * (letters * sin + cos) / 2
        x, y = pose.x * 100, -pose.y * 100
        if size < font * 0.62 or any(abs(x - u) < half[0] + w and abs(y - v) < half[1] + h for u, v, w, h in taken):
            continue
        taken.append((x, y, *half))
        turn = "" if abs(upright) < 0.5 else f"rotate({-upright:.0f} {_cm(pose.x)} {_cm(-pose.y)})"
        place = {"x": _cm(pose.x), "y": _cm(-pose.y), "dy": ".35em", "transform": turn or None}
        yield tag("text", piece.id, font_size=f"{size:.1f}", **place)


def _faults(scene: Scene, placed: Mapping[str, tuple[Furniture, Pose]], issues: Iterable[Issue]) -> Markup:
    """What overlaps, and what is out of the room, filled."""
    room = Polygon(scene.room.floor)
    shapes = []
    for issue in issues:
        if issue.part != "physics" or not all(id in placed for id in issue.pieces):
            continue
        boxes = [Polygon(_corners(*placed[id])) for id in issue.pieces]
        try:
            if issue.kind == "overlap" and len(boxes) == 2:
                shapes.append(boxes[0].intersection(boxes[1]))
            elif issue.kind == "outside" and boxes:
                shapes.append(boxes[0].difference(room))
        except GEOSException:  # a room whose walls touch; the red outlines tell enough
            continue
    polygons = [part for shape in shapes for part in getattr(shape, "geoms", [shape]) if isinstance(part, Polygon)]
    outlines = [part.exterior.coords[:-1] for part in polygons if part.area > 1e-4]
    return join(tag("polygon", class_="fault", points=_points(outline)) for outline in outlines)


def _mark(room: Room, piece: Furniture, pose: Pose, font: float) -> Markup:
    """An arrow head at the drawing's edge for a piece that lies beyond it."""
    left, bottom, right, top = _view(room)
    inset = font * 0.008
    x = min(max(pose.x, left + inset), right - inset)
    y = min(max(pose.y, bottom + inset), top - inset)
    angle = math.atan2(pose.y - y, pose.x - x)
    away = math.hypot(pose.x - x, pose.y - y)
    points: list[Point2] = [
        (x + inset * math.cos(angle + turn), y + inset * math.sin(angle + turn)) for turn in (0.0, 2.4, -2.4)
    ]
    title = tag("title", f"{piece.id}: {away:.1f} m beyond the drawing")
    return tag("g", title, tag("polygon", points=_points(points)), class_="away")
