# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw a room: corners, doors and windows by mouse and keys in a view from above; one undo step makes the room.

What mouse and keys mean is decided in `drawing.sketch`, and `plan_view` shows it; this turns the view and listens.
"""

from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, StringProperty

from ..drawing import sketch
from ..drawing.sketch import Pointer, Sketch
from . import rooms, session
from .plan_view import Drawing, floor_point, scale, show, worded
from .words import told

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


_now: list[Drawing] = []
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
            self.report({"ERROR"}, told("Open a 3D view to draw the room in"))
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
            self.report({"ERROR"}, told("Say which corners the room has, or draw it in a 3D view"))
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
    _now[:] = [Drawing(area, region, view, metres, before, Sketch())]
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


def _over_view(here: Drawing, event: bpy.types.Event) -> bool:
    """Whether the mouse is over the view itself, not over a sidebar or header that lies on it."""

    def over(region: bpy.types.Region) -> bool:
        x, y = event.mouse_x - region.x, event.mouse_y - region.y
        return 0 <= x < region.width and 0 <= y < region.height

    others = [
        region for region in here.area.regions if region.type != "WINDOW" and min(region.width, region.height) > 1
    ]
    return over(here.region) and not any(over(region) for region in others)


def _pointer(here: Drawing, event: bpy.types.Event) -> Pointer:
    x, y = event.mouse_x - here.region.x, event.mouse_y - here.region.y
    at, beside = floor_point(here, x, y), floor_point(here, x + _PIXELS * scale(), y)
    return Pointer(at, abs(beside[0] - at[0]), fine=event.shift, straight=event.ctrl or event.oskey)


def _tell(context: bpy.types.Context) -> None:
    """What mouse and keys do now, in the status bar; what is going on, in the view's header."""
    here = _now[0]
    lines = CORNER_HELP if here.sketch.stage == "corners" else OPENING_HELP
    context.workspace.status_text_set("   |   ".join(told(line) for line in lines))
    here.area.header_text_set(_headline(here.sketch))


def _headline(drawn: Sketch) -> str:
    if drawn.problem is not None:
        return worded(drawn.problem)
    if drawn.stage == "openings":
        width = drawn.typed or f"{drawn.widths[drawn.kind]:.2f}"
        values = {"kind": told(KIND_NAMES[drawn.kind]), "width": width, "count": len(drawn.openings)}
        return told("{kind}, {width} m wide. {count} so far", **values)
    if drawn.typed:
        return told("Length: {typed} m", typed=drawn.typed)
    if drawn.closing:
        return told("Click to close the room")
    if not drawn.corners:
        return told("Click the first corner of the room")
    return told("{count} corners", count=len(drawn.corners))


def _show(context: bpy.types.Context, built: bpy.types.Collection) -> None:
    """In local view too: what was drawn there has to be seen there."""
    context.view_layer.update()
    space = context.space_data
    if isinstance(space, bpy.types.SpaceView3D) and space.local_view is not None:
        for obj in built.all_objects:
            obj.local_view_set(space, True)


def _draw() -> None:
    """The drawing, in the view it is made in and in no other."""
    if _now and bpy.context.region == _now[0].region:
        show(_now[0])


def draw_menu(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    """An entry for Add > Mesh."""
    if context.mode == "OBJECT":
        self.layout.separator()
        self.layout.operator(METASPATIAL_OT_draw_room.bl_idname, text="Draw a Room", icon="GREASEPENCIL")


CLASSES = (METASPATIAL_OT_draw_room,)
