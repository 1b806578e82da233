# SPDX-License-Identifier: GPL-3.0-or-later
"""Shows a room in the making over a 3D view, in pixels: walls with their lengths, doors and windows, what is wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import bpy

from ..drawing import plan
from ..drawing.plan import Point, Problem
from ..drawing.sketch import Sketch
from .words import told

LINE = (0.95, 0.95, 0.97, 1.0)
NEXT = (0.30, 0.72, 1.0, 1.0)
REFUSED = (1.0, 0.36, 0.30, 1.0)
FLOOR = (0.30, 0.72, 1.0, 0.12)
OPENING_COLOURS = {"door": (1.0, 0.68, 0.26, 1.0), "window": (0.45, 0.85, 1.0, 1.0)}
SHADE = (0.05, 0.05, 0.06, 0.75)


@dataclass
class Drawing:
    """The one drawing that is going on, in one 3D view. `metres` are metres per Blender unit."""

    area: bpy.types.Area
    region: bpy.types.Region
    view: bpy.types.RegionView3D
    metres: float
    before: dict[str, Any]
    sketch: Sketch
    handle: Any = None
    """What Blender calls to draw it."""


def show(here: Drawing) -> None:
    """Draw it; for a draw handler of the view's own region."""
    import gpu

    gpu.state.blend_set("ALPHA")
    if here.sketch.stage == "corners":
        _draw_corners(here, here.sketch)
    else:
        _draw_openings(here, here.sketch)
    problem = here.sketch.problem or here.sketch.aim_problem
    if problem is not None and here.sketch.pointer is not None:
        x, y = _pixel(here, here.sketch.pointer.at)
        _write(worded(problem), x + 16 * scale(), y - 30 * scale(), REFUSED, right=_free_width(here))
    gpu.state.blend_set("NONE")


def worded(problem: Problem) -> str:
    """A problem in the user's language."""
    return told(problem.text, **problem.values)


def floor_point(here: Drawing, x: float, y: float) -> Point:
    """The point of the floor under a pixel, metres."""
    from bpy_extras.view3d_utils import region_2d_to_location_3d

    place = region_2d_to_location_3d(here.region, here.view, (x, y), (0.0, 0.0, 0.0))
    return place.x * here.metres, place.y * here.metres


def scale() -> float:
    """How much larger than usual everything is shown."""
    return bpy.context.preferences.system.ui_scale


def _pixel(here: Drawing, point: Point) -> Point:
    """The pixel over a point of the floor. The view is from above and without perspective, so there always is one."""
    from bpy_extras.view3d_utils import location_3d_to_region_2d

    place = location_3d_to_region_2d(
        here.region, here.view, (point[0] / here.metres, point[1] / here.metres, 0.0), default=(0.0, 0.0)
    )
    return place[0], place[1]


def _draw_corners(here: Drawing, drawn: Sketch) -> None:
    pixels = [_pixel(here, corner) for corner in drawn.corners]
    aim = drawn.aim
    refused = drawn.aim_problem is not None
    if len(drawn.corners) > 1:
        _lines(pixels, LINE, 3.0)
    if aim is not None:
        end = _pixel(here, aim)
        colour = REFUSED if refused else NEXT
        if drawn.corners:
            if len(drawn.corners) > 1 and not refused:
                _fill([*drawn.corners, aim], here)
            _lines([pixels[-1], end], colour, 3.0)
            middle = (pixels[-1][0] + end[0]) / 2, (pixels[-1][1] + end[1]) / 2
            length = drawn.typed or f"{_length(drawn.corners[-1], aim):.2f}"
            _write(told("{length} m", length=length), middle[0] + 10, middle[1] + 10, colour)
        _dots([end], 9.0, colour)
    if pixels:
        _dots(pixels, 7.0, LINE)
        if drawn.closing:
            _dots(pixels[:1], 15.0, REFUSED if refused else NEXT)


def _draw_openings(here: Drawing, drawn: Sketch) -> None:
    floor = drawn.floor
    _fill(floor, here)
    pixels = [_pixel(here, corner) for corner in floor]
    _lines([*pixels, pixels[0]], LINE, 3.0)
    for wall in range(len(floor)):
        _write_beside(here, floor, wall)
    for opening in drawn.openings:
        _draw_opening(here, floor, opening, OPENING_COLOURS[opening.kind])
    if drawn.preview is not None:
        refused = drawn.aim_problem is not None
        _draw_opening(here, floor, drawn.preview, REFUSED if refused else NEXT)


def _write_beside(here: Drawing, floor: Sequence[Point], wall: int) -> None:
    """A wall's length outside of it, clear of the openings."""
    length = plan.wall_length(floor, wall)
    x, y = _pixel(here, plan.along_wall(floor, wall, length / 2))
    beyond = _pixel(here, plan.along_wall(floor, wall, length / 2, 1.0))
    across, up = beyond[0] - x, beyond[1] - y
    metre = max((across**2 + up**2) ** 0.5, 1e-6)
    across, up = across / metre, up / metre
    clear = 0.1 * metre + (14 + 22 * abs(across)) * scale()
    _write(told("{length} m", length=f"{length:.2f}"), x + across * clear, y + up * clear, LINE, centred=True)


def _draw_opening(here: Drawing, floor: Sequence[Point], opening: plan.PlannedOpening, colour: Any) -> None:
    """As in plans: a door with the sweep of its leaf, a window with a second line."""

    def at(offset: float, outward: float = 0.0) -> Point:
        return _pixel(here, plan.along_wall(floor, opening.wall, offset, outward))

    width = min(opening.width, plan.wall_length(floor, opening.wall))
    start, end = opening.offset, opening.offset + width
    _lines([at(start), at(end)], colour, 7.0)
    if opening.kind == "window":
        _lines([at(start, 0.1), at(end, 0.1)], colour, 2.0)
        return
    turns = [math.radians(angle) for angle in range(0, 91, 10)]
    sweep = [at(start + width * math.cos(turn), -width * math.sin(turn)) for turn in turns]
    _lines([*sweep, at(start)], colour, 2.0)


def _length(a: Point, b: Point) -> float:
    return ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5


def _lines(pixels: Sequence[Point], colour: Any, width: float) -> None:
    import gpu
    from gpu_extras.batch import batch_for_shader

    shader = gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
    batch = batch_for_shader(shader, "LINE_STRIP", {"pos": [(x, y, 0.0) for x, y in pixels]})
    shader.bind()
    shader.uniform_float("viewportSize", gpu.state.viewport_get()[2:])
    shader.uniform_float("lineWidth", width * scale())
    shader.uniform_float("color", colour)
    batch.draw(shader)


def _dots(pixels: Sequence[Point], size: float, colour: Any) -> None:
    half = size * scale() / 2
    for x, y in pixels:
        corners = [(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)]
        _triangles(corners, [(0, 1, 2), (0, 2, 3)], colour)


def _fill(corners: Sequence[Point], here: Drawing) -> None:
    from mathutils import Vector
    from mathutils.geometry import tessellate_polygon

    triangles = tessellate_polygon([[Vector((x, y, 0.0)) for x, y in corners]])
    _triangles([_pixel(here, corner) for corner in corners], triangles, FLOOR)


def _triangles(pixels: Sequence[Point], triangles: Any, colour: Any) -> None:
    import gpu
    from gpu_extras.batch import batch_for_shader

    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    batch = batch_for_shader(shader, "TRIS", {"pos": [(x, y, 0.0) for x, y in pixels]}, indices=triangles)
    shader.bind()
    shader.uniform_float("color", colour)
    batch.draw(shader)


def _free_width(here: Drawing) -> float:
    """How much of the view, from its left, the sidebar leaves free."""
    sidebars = [region for region in here.area.regions if region.type == "UI" and region.width > 1]
    return min([here.region.width, *(region.x - here.region.x for region in sidebars)])


def _write(text: str, x: float, y: float, colour: Any, *, centred: bool = False, right: float | None = None) -> None:
    """A line of text on a shade that makes it readable on any ground; not beyond `right`."""
    import blf
    import gpu

    size = 13 * scale()
    blf.size(0, size)
    width, height = blf.dimensions(0, text)
    if centred:
        x, y = x - width / 2, y - height / 2
    pad = 4 * scale()
    if right is not None:
        x = max(min(x, right - width - 2 * pad), 2 * pad)
    ground = [
        (x - pad, y - pad),
        (x + width + pad, y - pad),
        (x + width + pad, y + height + pad),
        (x - pad, y + height + pad),
    ]
    _triangles(ground, [(0, 1, 2), (0, 2, 3)], SHADE)
    blf.color(0, *colour)
    blf.position(0, x, y, 0)
    blf.draw(0, text)
    gpu.state.blend_set("ALPHA")
