# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw a room: corners, doors and windows by mouse and keys in a view from above; one undo step makes the room.

What mouse and keys mean is decided in `drawing.sketch`; this shows it and turns the view.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import BoolProperty, EnumProperty, FloatProperty, StringProperty

from ..drawing import plan, sketch
from ..drawing.plan import Point, Problem
from ..drawing.sketch import Pointer, Sketch
from . import rooms, session

FLOORINGS = (
    ("wood", "Wood", "Boards of wood"),
    ("tiles", "Tiles", "Square tiles"),
    ("plain", "Plain", "One even colour"),
)
CORNER_HELP = (
    "Click: corner", "Click on the first corner or Enter: close", "0-9: length of the wall", "Ctrl: straight",
    "Shift: 1 cm", "Backspace: back", "Esc: cancel",
)  # fmt: skip
OPENING_HELP = (
    "Click on a wall: put it there", "D: door", "W: window", "0-9: width", "Ctrl: middle of the wall", "Shift: 1 cm",
    "Backspace: back", "Enter: done", "Esc: cancel",
)  # fmt: skip
KIND_NAMES = {"door": "Door", "window": "Window"}
LINE = (0.95, 0.95, 0.97, 1.0)
NEXT = (0.30, 0.72, 1.0, 1.0)
REFUSED = (1.0, 0.36, 0.30, 1.0)
FLOOR = (0.30, 0.72, 1.0, 0.12)
OPENING_COLOURS = {"door": (1.0, 0.68, 0.26, 1.0), "window": (0.45, 0.85, 1.0, 1.0)}
SHADE = (0.05, 0.05, 0.06, 0.75)
_PIXELS = 14
_DIGITS = {
    **{name: str(digit) for digit, name in enumerate(
        ("ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE")
    )},
    **{f"NUMPAD_{digit}": str(digit) for digit in range(10)},
    "PERIOD": ".", "COMMA": ".", "NUMPAD_PERIOD": ".",
}  # fmt: skip
_LOOKING = {
    "WHEELUPMOUSE", "WHEELDOWNMOUSE", "WHEELINMOUSE", "WHEELOUTMOUSE", "TRACKPADPAN", "TRACKPADZOOM", "MOUSEROTATE",
    "MOUSESMARTZOOM", "NDOF_MOTION", "HOME", "NUMPAD_PLUS", "NUMPAD_MINUS",
}  # fmt: skip


@dataclass
class _Session:
    """The one drawing that is going on, in one 3D view. `metres` are metres per Blender unit."""

    area: bpy.types.Area
    region: bpy.types.Region
    view: bpy.types.RegionView3D
    metres: float
    before: dict[str, Any]
    sketch: Sketch
    handle: Any = None


_now: list[_Session] = []
"""At most one. Here and not on the operator, which Blender may take away at any time."""


class METASPATIAL_OT_draw_room(bpy.types.Operator):
    """Draw a room from above: click its corners, then put doors and windows into its walls"""

    bl_idname = "metaspatial.draw_room"
    bl_label = "Draw a Room"
    bl_options = {"REGISTER", "UNDO"}

    corners: StringProperty(
        name="Corners",
        description="For scripts: the floor's corners in metres, as JSON: [[0, 0], [4, 0], [4, 3], [0, 3]]",
        options={"HIDDEN", "SKIP_SAVE"},
    )
    openings: StringProperty(
        name="Doors and windows",
        description="For scripts, as JSON: a list of kind, wall (counter-clockwise from the first corner), offset and "
        "width in metres",
        options={"HIDDEN", "SKIP_SAVE"},
    )
    height: FloatProperty(
        name="Height", description="Height of the walls, metres", default=2.6, min=1.8, soft_max=6.0, max=50.0, step=5
    )
    flooring: EnumProperty(name="Floor", description="What the floor is made of", items=FLOORINGS)
    ceiling: BoolProperty(
        name="Ceiling", description="A ceiling too. Cameras and solid shading look through it", default=True
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.scene is None or context.mode != "OBJECT":
            cls.poll_message_set("Rooms are drawn in Object Mode")
            return False
        if session.busy() or _now:
            cls.poll_message_set("Something else is on its way")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self.corners:
            return self.execute(context)
        area = _view_area(context)
        if area is None:
            self.report({"ERROR"}, rpt_("Open a 3D view to draw the room in"))
            return {"CANCELLED"}
        _begin(context, area)
        context.window.cursor_modal_set("CROSSHAIR")
        context.window_manager.modal_handler_add(self)
        _tell(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not _now or not _still_there(context):
            self.cancel(context)
            return {"CANCELLED"}
        if event.type in {"ESC", "RIGHTMOUSE"} and event.value == "PRESS":
            self.cancel(context)
            return {"CANCELLED"}
        if event.type in _LOOKING or (event.type == "MIDDLEMOUSE" and (event.shift or event.ctrl)):
            return {"PASS_THROUGH"}
        if event.type == "MIDDLEMOUSE" and event.value == "PRESS":  # it would turn the view
            here = _now[0]
            with context.temp_override(area=here.area, region=here.region):
                bpy.ops.view3d.move("INVOKE_DEFAULT")
            return {"RUNNING_MODAL"}
        try:
            _handle(event)
        except Exception:  # Blender ends the operator then, without a word to it
            self.cancel(context)
            raise
        _look_down(_now[0].view)
        done = _now[0].sketch
        if done.stage != "done":
            _tell(context)
            return {"RUNNING_MODAL"}
        from ..drawing.building import corners_text, openings_text  # not above: numpy comes with it

        self.corners, self.openings = corners_text(done.floor), openings_text(done.openings)
        self.cancel(context)
        return self.execute(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """Leave nothing behind but the view as it was."""
        _end()
        if context.window is not None:
            context.window.cursor_modal_restore()
        if context.workspace is not None:
            context.workspace.status_text_set(None)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """For scripts and the redo panel: make the room of `corners` and `openings`."""
        from ..drawing.building import PlanError, build_plan, read_corners, read_openings

        if not self.corners:
            self.report({"ERROR"}, rpt_("Say which corners the room has, or draw it in a 3D view"))
            return {"CANCELLED"}
        others = rooms.room_objects(context)
        try:
            built = build_plan(
                context.scene,
                read_corners(self.corners),
                read_openings(self.openings),
                height=round(self.height, 4),
                flooring=self.flooring,
                ceiling=self.ceiling,
            )
        except PlanError as error:
            self.report({"ERROR"}, worded(error.problem))
            return {"CANCELLED"}
        _show(context, built)
        own = context.scene.metaspatial
        if others or own.room != "AUTO":
            own.room, own.room_collection = "COLLECTION", built
        session.look_again_soon()
        return {"FINISHED"}


def worded(problem: Problem) -> str:
    """A problem in the user's language."""
    return iface_(problem.text).format(**problem.values)


def stop_drawing() -> None:
    """Take the drawing off the screen: another file, or the add-on goes."""
    _end()


def _view_area(context: bpy.types.Context) -> bpy.types.Area | None:
    if context.area is not None and context.area.type == "VIEW_3D":
        return context.area
    areas = context.screen.areas if context.screen is not None else ()
    views = [area for area in areas if area.type == "VIEW_3D"]
    return max(views, key=lambda area: area.width * area.height, default=None)


def _begin(context: bpy.types.Context, area: bpy.types.Area) -> None:
    from ..capture.geometry import metres_per_unit

    regions = [region for region in area.regions if region.type == "WINDOW"]
    space: Any = area.spaces.active
    region, view = regions[0], space.region_3d
    if context.region in regions and context.region_data is not None:  # one of four views
        region, view = context.region, context.region_data
    before = {
        "view_perspective": view.view_perspective,
        "view_rotation": view.view_rotation.copy(),
        "view_location": view.view_location.copy(),
        "view_distance": view.view_distance,
    }
    metres = metres_per_unit(context.scene)
    _now[:] = [_Session(area, region, view, metres, before, Sketch())]
    _look_down(view)
    _now[0].handle = bpy.types.SpaceView3D.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL")
    area.tag_redraw()


def _end() -> None:
    if not _now:
        return
    ended = _now.pop()
    if ended.handle is not None:
        bpy.types.SpaceView3D.draw_handler_remove(ended.handle, "WINDOW")
    try:
        for name, value in ended.before.items():
            setattr(ended.view, name, value)
        ended.view.update()
        ended.area.header_text_set(None)
        ended.area.tag_redraw()
    except ReferenceError:  # the view was closed
        pass


def _look_down(view: bpy.types.RegionView3D) -> None:
    """From straight above, without perspective; turned back there if something turned it."""
    if view.view_perspective != "ORTHO" or tuple(view.view_rotation) != (1.0, 0.0, 0.0, 0.0):
        view.view_perspective = "ORTHO"
        view.view_rotation = (1.0, 0.0, 0.0, 0.0)
        view.update()


def _still_there(context: bpy.types.Context) -> bool:
    """Whether the view that is drawn in is still one on the screen."""
    area = _now[0].area
    return context.screen is not None and any(each == area and each.type == "VIEW_3D" for each in context.screen.areas)


def _handle(event: bpy.types.Event) -> None:
    """One event for the sketch."""
    here = _now[0]
    held = event.type in {"LEFT_CTRL", "RIGHT_CTRL", "LEFT_SHIFT", "RIGHT_SHIFT"}
    drawn = here.sketch
    inside = _over_view(here, event)
    if inside and (held or event.type in {"MOUSEMOVE", "INBETWEEN_MOUSEMOVE", "LEFTMOUSE"}):
        drawn = sketch.point(drawn, _pointer(here, event))
    if event.value in {"PRESS", "DOUBLE_CLICK"}:
        drawn = _pressed(drawn, event, inside)
    if drawn is not here.sketch:
        here.sketch = drawn
        here.area.tag_redraw()


def _pressed(drawn: Sketch, event: bpy.types.Event, inside: bool) -> Sketch:
    if event.type == "LEFTMOUSE":
        return sketch.click(drawn) if inside else drawn
    if event.type in {"RET", "NUMPAD_ENTER"}:
        return sketch.enter(drawn)
    if event.type == "BACK_SPACE" or (event.type == "Z" and (event.ctrl or event.oskey)):
        return sketch.back(drawn)
    if event.type in {"D", "W"}:
        return sketch.choose(drawn, "door" if event.type == "D" else "window")
    if event.type in _DIGITS:
        return sketch.type_digit(drawn, _DIGITS[event.type])
    return drawn


def _over_view(here: _Session, event: bpy.types.Event) -> bool:
    """Whether the mouse is over the view itself, not over a sidebar or header that lies on it."""

    def over(region: bpy.types.Region) -> bool:
        x, y = event.mouse_x - region.x, event.mouse_y - region.y
        return 0 <= x < region.width and 0 <= y < region.height

    others = [
        region for region in here.area.regions if region.type != "WINDOW" and min(region.width, region.height) > 1
    ]
    return over(here.region) and not any(over(region) for region in others)


def _pointer(here: _Session, event: bpy.types.Event) -> Pointer:
    x, y = event.mouse_x - here.region.x, event.mouse_y - here.region.y
    at, beside = _floor_point(here, x, y), _floor_point(here, x + _PIXELS * _scale(), y)
    return Pointer(at, abs(beside[0] - at[0]), fine=event.shift, straight=event.ctrl or event.oskey)


def _floor_point(here: _Session, x: float, y: float) -> Point:
    """The point of the floor under a pixel, metres."""
    from bpy_extras.view3d_utils import region_2d_to_location_3d

    place = region_2d_to_location_3d(here.region, here.view, (x, y), (0.0, 0.0, 0.0))
    return place.x * here.metres, place.y * here.metres


def _pixel(here: _Session, point: Point) -> Point:
    """The pixel over a point of the floor. The view is from above and without perspective, so there always is one."""
    from bpy_extras.view3d_utils import location_3d_to_region_2d

    place = location_3d_to_region_2d(
        here.region, here.view, (point[0] / here.metres, point[1] / here.metres, 0.0), default=(0.0, 0.0)
    )
    return place[0], place[1]


def _scale() -> float:
    return bpy.context.preferences.system.ui_scale


def _tell(context: bpy.types.Context) -> None:
    """What mouse and keys do now, in the status bar; what is going on, in the view's header."""
    here = _now[0]
    lines = CORNER_HELP if here.sketch.stage == "corners" else OPENING_HELP
    context.workspace.status_text_set("   |   ".join(iface_(line) for line in lines))
    here.area.header_text_set(_headline(here.sketch))


def _headline(drawn: Sketch) -> str:
    if drawn.problem is not None:
        return worded(drawn.problem)
    if drawn.stage == "openings":
        width = drawn.typed or f"{drawn.widths[drawn.kind]:.2f}"
        values = {"kind": iface_(KIND_NAMES[drawn.kind]), "width": width, "count": len(drawn.openings)}
        return iface_("{kind}, {width} m wide. {count} so far").format(**values)
    if drawn.typed:
        return iface_("Length: {typed} m").format(typed=drawn.typed)
    if drawn.closing:
        return iface_("Click to close the room")
    if not drawn.corners:
        return iface_("Click the first corner of the room")
    return iface_("{count} corners").format(count=len(drawn.corners))


def _show(context: bpy.types.Context, built: bpy.types.Collection) -> None:
    """In local view too: what was drawn there has to be seen there."""
    context.view_layer.update()
    space = context.space_data
    if isinstance(space, bpy.types.SpaceView3D) and space.local_view is not None:
        for obj in built.all_objects:
            obj.local_view_set(space, True)


def _draw() -> None:
    """The sketch in the view it is made in, in pixels."""
    if not _now or bpy.context.region != _now[0].region:
        return
    import gpu

    here = _now[0]
    gpu.state.blend_set("ALPHA")
    if here.sketch.stage == "corners":
        _draw_corners(here, here.sketch)
    else:
        _draw_openings(here, here.sketch)
    problem = here.sketch.problem or here.sketch.aim_problem
    if problem is not None and here.sketch.pointer is not None:
        x, y = _pixel(here, here.sketch.pointer.at)
        _write(worded(problem), x + 16 * _scale(), y - 30 * _scale(), REFUSED, right=_free_width(here))
    gpu.state.blend_set("NONE")


def _draw_corners(here: _Session, drawn: Sketch) -> None:
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
            _write(iface_("{length} m").format(length=length), middle[0] + 10, middle[1] + 10, colour)
        _dots([end], 9.0, colour)
    if pixels:
        _dots(pixels, 7.0, LINE)
        if drawn.closing:
            _dots(pixels[:1], 15.0, REFUSED if refused else NEXT)


def _draw_openings(here: _Session, drawn: Sketch) -> None:
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


def _write_beside(here: _Session, floor: Sequence[Point], wall: int) -> None:
    """A wall's length outside of it, clear of the openings."""
    length = plan.wall_length(floor, wall)
    x, y = _pixel(here, plan.along_wall(floor, wall, length / 2))
    beyond = _pixel(here, plan.along_wall(floor, wall, length / 2, 1.0))
    across, up = beyond[0] - x, beyond[1] - y
    metre = max((across**2 + up**2) ** 0.5, 1e-6)
    across, up = across / metre, up / metre
    clear = 0.1 * metre + (14 + 22 * abs(across)) * _scale()
    _write(iface_("{length} m").format(length=f"{length:.2f}"), x + across * clear, y + up * clear, LINE, centred=True)


def _draw_opening(here: _Session, floor: Sequence[Point], opening: plan.PlannedOpening, colour: Any) -> None:
    """As in plans: a door with the sweep of its leaf, a window with a second line."""
    import math

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
    shader.uniform_float("lineWidth", width * _scale())
    shader.uniform_float("color", colour)
    batch.draw(shader)


def _dots(pixels: Sequence[Point], size: float, colour: Any) -> None:
    half = size * _scale() / 2
    for x, y in pixels:
        corners = [(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)]
        _triangles(corners, [(0, 1, 2), (0, 2, 3)], colour)


def _fill(corners: Sequence[Point], here: _Session) -> None:
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


def _free_width(here: _Session) -> float:
    """How much of the view, from its left, the sidebar leaves free."""
    sidebars = [region for region in here.area.regions if region.type == "UI" and region.width > 1]
    return min([here.region.width, *(region.x - here.region.x for region in sidebars)])


def _write(text: str, x: float, y: float, colour: Any, *, centred: bool = False, right: float | None = None) -> None:
    """A line of text on a shade that makes it readable on any ground; not beyond `right`."""
    import blf
    import gpu

    size = 13 * _scale()
    blf.size(0, size)
    width, height = blf.dimensions(0, text)
    if centred:
        x, y = x - width / 2, y - height / 2
    pad = 4 * _scale()
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


def draw_menu(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    """An entry for Add > Mesh."""
    if context.mode == "OBJECT":
        self.layout.separator()
        self.layout.operator(METASPATIAL_OT_draw_room.bl_idname, text="Draw a Room", icon="GREASEPENCIL")


CLASSES = (METASPATIAL_OT_draw_room,)
