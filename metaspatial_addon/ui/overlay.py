# SPDX-License-Identifier: GPL-3.0-or-later
"""The overlay of the 3D views: draws what `live` has measured. Drawing reads, and changes nothing.

No postponed annotations here: Blender reads them as they are.
"""

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, PointerProperty

from . import live
from .preferences import preferences
from .words import told

if TYPE_CHECKING:
    from ..capture import ObjectRef
    from ..overlay import Label, Layer

_log = logging.getLogger(__name__)
CONFLICT, CLEARANCE, FRONT, FILL = (1.0, 0.24, 0.2), (0.2, 0.68, 1.0), (1.0, 0.75, 0.15), 0.25
"""The colours, and how opaque surfaces are, where the preferences have none."""
_WEIGHT = {"conflict": 1.2, "blocked": 0.8, "cut_off": 0.45, "clearance": 0.6, "way": 0.3, "front": 3.6}
"""How opaque surfaces of each style are, against `FILL`."""
_THROUGH = {"conflict": 0.45, "front": 0.2}
"""How much is seen of each style through what is before it."""
_MOST_LABELS = 40
_PAPER, _INK = (0.08, 0.08, 0.09, 0.82), (1.0, 1.0, 1.0, 1.0)


def _switched(group: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    switch()


class MetaSpatialOverlay(bpy.types.PropertyGroup):
    """What the 3D views show of a scene's layout (`scene.metaspatial_overlay`)."""

    show: BoolProperty(
        name="Overlay",
        description="Show in the 3D views what is wrong with the present layout, and what the pieces need",
        update=_switched,
    )
    score: BoolProperty(
        name="Live Score",
        description="Score the present layout again whenever a piece is moved, also while it is dragged",
        update=_switched,
    )
    conflicts: BoolProperty(
        name="Conflicts",
        description="Where pieces are inside each other or outside the room, and what blocks doors and windows",
        default=True,
        update=_switched,
    )
    clearances: BoolProperty(
        name="Clearances",
        description="The floor that people need who use the pieces: beside beds, before desks and wardrobes",
        default=True,
        update=_switched,
    )
    ways: BoolProperty(
        name="Walkways",
        description="The floor that people get to from the door, and that which is cut off",
        default=True,
        update=_switched,
    )
    fronts: BoolProperty(
        name="Fronts", description="An arrow where each piece's front looks", default=True, update=_switched
    )

    def layers(self) -> "tuple[Layer, ...]":
        """The layers that are to be shown."""
        from ..overlay.shapes import LAYERS

        return tuple(layer for layer in LAYERS if getattr(self, layer))


def draw_choices(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The overlay's and the live score's switches."""
    own = context.scene.metaspatial_overlay
    row = layout.row(align=True)
    row.prop(own, "show", icon="OVERLAY", toggle=True)
    row.prop(own, "score", icon="TIME", toggle=True)
    if own.show:
        row = layout.row(align=True)
        for layer in ("conflicts", "clearances", "ways", "fronts"):
            row.prop(own, layer, toggle=True)


def switch() -> None:
    """Measure and draw, or leave off, as the scenes in the windows ask for."""
    live.switch()
    wanted = live.now.on and any(window_scene.metaspatial_overlay.show for window_scene in _scenes())
    if wanted and not _handles:
        add = bpy.types.SpaceView3D.draw_handler_add
        for function, phase in ((_draw_shapes, "POST_VIEW"), (_draw_labels, "POST_PIXEL")):
            _handles.append(add(function, (), "WINDOW", phase))
    elif not wanted:
        _remove_handles()


_handles: list[Any] = []
CLASSES = (MetaSpatialOverlay,)


def register() -> None:
    """Call it after the classes are registered."""
    bpy.types.Scene.metaspatial_overlay = PointerProperty(type=MetaSpatialOverlay)
    bpy.types.VIEW3D_PT_overlay.append(_popover)
    live.register(switch)


def unregister() -> None:
    """Call it before the classes are unregistered."""
    live.unregister()
    _remove_handles()
    _Drawn.clear()
    bpy.types.VIEW3D_PT_overlay.remove(_popover)
    del bpy.types.Scene.metaspatial_overlay


def _popover(self: bpy.types.Panel, context: bpy.types.Context) -> None:
    column = self.layout.column()
    column.active = context.space_data.overlay.show_overlays
    column.label(text="MetaSpatial", translate=False)
    draw_choices(column, context)


def _scenes() -> list[bpy.types.Scene]:
    windows = bpy.context.window_manager.windows
    return [window.scene for window in windows] or [bpy.context.scene]


def _remove_handles() -> None:
    while _handles:
        bpy.types.SpaceView3D.draw_handler_remove(_handles.pop(), "WINDOW")


class _Drawn:
    """What was prepared for drawing: for each set of hidden pieces, the batches by style; and the labels' words."""

    version = -1
    batches: dict[frozenset[str], dict[str, tuple[Any, Any]]] = {}
    words: "list[tuple[str, Label]]" = []

    @classmethod
    def clear(cls) -> None:
        cls.version = -1
        cls.batches.clear()
        cls.words.clear()

    @classmethod
    def update(cls) -> None:
        if cls.version == live.now.version:
            return
        cls.clear()
        cls.version = live.now.version
        if live.now.figure is not None:
            cls.words.extend((words_of(label), label) for label in live.now.figure.labels[:_MOST_LABELS])


def words_of(label: "Label") -> str:
    """What a label says: a length in centimetres, and what it is of where that can't be seen."""
    cm = 100.0 * label.metres
    amount = told("{amount} cm", amount=f"{cm:.1f}" if cm < 9.95 else f"{cm:.0f}")
    texts = {
        "overlap": "{amount}",
        "outside": told("{amount} outside"),
        "sunk": told("{amount} in the floor"),
        "floating": told("{amount} in the air"),
        "blocked": told("blocks by {amount}"),
        "cramped": told("{amount} too little room"),
        "unreachable": told("{amount} out of reach") if label.metres else told("Out of reach"),
        "shut": told("No way in"),
    }
    return texts[label.kind].format(amount=amount)


def _quietly(draw: Callable[[], None]) -> Callable[[], None]:
    """A draw handler that fails but once: what is wrong with it is wrong in every frame."""

    def handler() -> None:
        try:
            draw()
        except Exception:
            _log.exception("The overlay could not be drawn, and is off until it is switched on again")
            bpy.app.timers.register(_remove_handles, first_interval=0.0)

    return handler


def _is_seen(context: bpy.types.Context) -> bool:
    """Whether this view shows the scene that was measured, with overlays."""
    space, scene = context.space_data, context.scene
    if live.now.figure is None or space is None or space.type != "VIEW_3D":
        return False
    return space.overlay.show_overlays and scene.session_uid == live.now.scene_uid and scene.metaspatial_overlay.show


def _hidden(context: bpy.types.Context) -> frozenset[str]:
    """Ids of the pieces that this view does not show: hidden, or not in its local view. "" where it has no room."""
    seen = live.now.capture
    if seen is None:
        return frozenset()
    layer, space = context.view_layer, context.space_data

    def shown(ref: "ObjectRef") -> bool:
        obj = ref.get()
        return obj is not None and obj.visible_get(view_layer=layer, viewport=space)

    hidden = {id for id, ref in seen.objects.items() if not shown(ref)}
    if not any(map(shown, seen.room)):
        hidden.add("")
    return frozenset(hidden)


def _goes(hidden: frozenset[str], pieces: tuple[str, ...]) -> bool:
    """Whether what belongs to these pieces, or else to the room, goes unseen."""
    return bool(hidden.intersection(pieces or ("",)))


@_quietly
def _draw_shapes() -> None:
    context = bpy.context
    if not _is_seen(context):
        return
    import gpu

    _Drawn.update()
    hidden = _hidden(context)
    if hidden not in _Drawn.batches:
        if len(_Drawn.batches) >= 8:
            _Drawn.batches.clear()
        _Drawn.batches[hidden] = _batches(hidden)
    fill, line = gpu.shader.from_builtin("UNIFORM_COLOR"), gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
    colours, opacity = _colours(context)
    gpu.state.blend_set("ALPHA")
    gpu.state.depth_mask_set(False)
    try:
        for style, (triangles, lines) in _Drawn.batches[hidden].items():
            for test, share in (("LESS_EQUAL", 1.0), ("GREATER", _THROUGH.get(style, 0.0))):
                if not share:
                    continue
                gpu.state.depth_test_set(test)
                if triangles is not None:
                    fill.bind()
                    fill.uniform_float("color", (*colours[style], min(opacity * _WEIGHT[style], 1.0) * share))
                    triangles.draw(fill)
                if lines is not None:
                    line.bind()
                    line.uniform_float("viewportSize", (context.region.width, context.region.height))
                    line.uniform_float("lineWidth", 1.5 * context.preferences.system.ui_scale)
                    line.uniform_float("color", (*colours[style], 0.9 * share))
                    lines.draw(line)
    finally:
        gpu.state.depth_test_set("NONE")
        gpu.state.blend_set("NONE")


def _batches(hidden: frozenset[str]) -> dict[str, tuple[Any, Any]]:
    """Triangles and lines to draw by style, of the shapes none of whose pieces is hidden."""
    import gpu
    import numpy as np
    from gpu_extras.batch import batch_for_shader

    figure = live.now.figure
    if figure is None:
        return {}
    fill, line = gpu.shader.from_builtin("UNIFORM_COLOR"), gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
    found: dict[str, tuple[Any, Any]] = {}
    for style in ("way", "cut_off", "clearance", "blocked", "front", "conflict"):
        shapes = [each for each in figure.shapes if each.style == style and not _goes(hidden, each.pieces)]
        batches = []
        for shader, kind, parts in (
            (fill, "TRIS", [each.triangles for each in shapes]),
            (line, "LINES", [each.lines for each in shapes]),
        ):
            points = np.concatenate([np.empty((0, 3), np.float32), *(part.reshape(-1, 3) for part in parts)])
            batches.append(batch_for_shader(shader, kind, {"pos": points}) if len(points) else None)
        found[style] = batches[0], batches[1]
    return found


@_quietly
def _draw_labels() -> None:
    context = bpy.context
    if not _is_seen(context):
        return
    import blf
    import gpu
    from bpy_extras.view3d_utils import location_3d_to_region_2d

    _Drawn.update()
    hidden, scale = _hidden(context), context.preferences.system.ui_scale
    colours, _ = _colours(context)
    blf.size(0, 11.0 * scale)
    taken: list[tuple[float, float, float, float]] = []
    gpu.state.blend_set("ALPHA")
    try:
        for words, label in _Drawn.words:
            if _goes(hidden, label.pieces):
                continue
            at = location_3d_to_region_2d(context.region, context.region_data, label.at)
            if at is None:
                continue
            width = blf.dimensions(0, words)[0]
            box = _free(at.x - width / 2 - 7 * scale, at.y + 4 * scale, width + 14 * scale, 18 * scale, taken)
            if box is None:
                continue
            taken.append(box)
            _draw_paper(box, colours["conflict"], scale)
            blf.color(0, *_INK)
            blf.position(0, box[0] + 8 * scale, box[1] + (18 * scale - blf.dimensions(0, "0")[1]) / 2, 0)
            blf.draw(0, words)
    finally:
        gpu.state.blend_set("NONE")


def _free(
    x: float, y: float, width: float, height: float, taken: list[tuple[float, float, float, float]]
) -> tuple[float, float, float, float] | None:
    """A box of this size at the place, or a little above or below it; None where it is crowded."""
    for step in (0, 1, -1, 2, -2):
        up = y + step * (height + 2)
        if not any(x < a + w and a < x + width and up < b + h and b < up + height for a, b, w, h in taken):
            return x, up, width, height
    return None


def _draw_paper(box: tuple[float, float, float, float], colour: tuple[float, ...], scale: float) -> None:
    """A dark label with a coloured edge: it can be read on any theme."""
    import gpu
    from gpu_extras.batch import batch_for_shader

    x, y, width, height = box
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    rim = list(_rounded(x, y, width, height, 4 * scale))
    edge = [(x + 3 * scale, y + 4 * scale), (x + 5 * scale, y + 4 * scale), (x + 5 * scale, y + height - 4 * scale),
            (x + 3 * scale, y + height - 4 * scale)]  # fmt: skip
    shader.bind()
    for points, tint in ((rim, _PAPER), (edge, (*colour, 1.0))):
        fan = [(points[0], points[i], points[i + 1]) for i in range(1, len(points) - 1)]
        shader.uniform_float("color", tint)
        batch_for_shader(shader, "TRIS", {"pos": [point for triangle in fan for point in triangle]}).draw(shader)


def _rounded(x: float, y: float, width: float, height: float, radius: float) -> Iterator[tuple[float, float]]:
    from math import cos, pi, sin

    corners = ((x + width, y + height, 0), (x, y + height, 1), (x, y, 2), (x + width, y, 3))
    for corner_x, corner_y, quarter in corners:
        inner_x = corner_x + (radius if quarter in (1, 2) else -radius)
        inner_y = corner_y + (radius if quarter in (2, 3) else -radius)
        for step in range(5):
            angle = pi / 2 * (quarter + step / 4)
            yield inner_x + radius * cos(angle), inner_y + radius * sin(angle)


def _colours(context: bpy.types.Context) -> tuple[dict[str, tuple[float, ...]], float]:
    """The colour of each style, and how opaque surfaces are."""
    own = preferences(context)
    conflict, clearance, front, fill = (
        (CONFLICT, CLEARANCE, FRONT, FILL) if own is None else (
            tuple(own.overlay_conflict), tuple(own.overlay_clearance), tuple(own.overlay_front), own.overlay_fill
        )
    )  # fmt: skip
    red, blue = (
        dict.fromkeys(("conflict", "blocked", "cut_off"), conflict),
        dict.fromkeys(("clearance", "way"), clearance),
    )
    return {**red, **blue, "front": front}, fill
