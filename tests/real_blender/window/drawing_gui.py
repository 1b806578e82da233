# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside the Blender window under test: tells where on the screen the room's metres and a piece's front are.

    blender FILE -P drawing_gui.py -- OUT_DIR

Writes OUT_DIR/ready and, over and over, OUT_DIR/state (JSON), as gui.py does. Does nothing that a user would do.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from typing import Any

import bpy
from bpy_extras.view3d_utils import location_3d_to_region_2d
from mathutils import Vector

OUT = sys.argv[sys.argv.index("--") + 1]
ADDON = next(addon.module for addon in bpy.context.preferences.addons if addon.module.endswith(".metaspatial"))
UI = f"{ADDON}.metaspatial_addon.ui"
drawing, fronts = importlib.import_module(f"{UI}.drawing"), importlib.import_module(f"{UI}.fronts")

bpy.context.preferences.view.show_splash = False
bpy.context.preferences.use_preferences_save = False


def put(name: str, text: str) -> None:
    """Write atomically: a reader never sees half a file."""
    path = os.path.join(OUT, name)
    with open(path + ".tmp", "w", encoding="utf-8") as file:
        file.write(text + "\n")
    os.replace(path + ".tmp", path)


def view() -> tuple[bpy.types.Window, bpy.types.Area, dict[str, bpy.types.Region]]:
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    return window, area, {region.type: region for region in area.regions}


def show_tab() -> float | None:
    window, area, regions = view()
    space, sidebar = area.spaces.active, regions["UI"]
    if not space.show_region_ui:
        space.show_region_ui = True
        space.shading.color_type = "MATERIAL"
        space.shading.show_backface_culling = True
        return 0.2
    if sidebar.active_panel_category != "MetaSpatial":
        with contextlib.suppress(AttributeError, TypeError):  # read-only until the sidebar was drawn once
            sidebar.active_panel_category = "MetaSpatial"
        area.tag_redraw()
        return 0.2
    place = space.region_3d
    place.view_perspective, place.view_location, place.view_distance = "PERSP", (2.5, 2.0, 0.5), 11.0
    put("ready", f"{sidebar.x} {window.height - sidebar.y - sidebar.height} {sidebar.width} {sidebar.height}")
    return None


def pixel(point: Vector) -> tuple[float, float] | None:
    """Where a point of the world is on the screen, y downwards."""
    window, area, regions = view()
    region = regions["WINDOW"]
    place = location_3d_to_region_2d(region, area.spaces.active.region_3d, point)
    return None if place is None else (region.x + place.x, window.height - region.y - place.y)


def arrow() -> tuple[float, float] | None:
    """A place on the arrow at the active piece's front."""
    piece = fronts.active_piece(bpy.context)
    if piece is None:
        return None
    place = fronts.arrow_matrix(piece)
    start, ahead = pixel(place.translation), pixel(place @ Vector((0.0, -0.2, 0.0)))
    if start is None or ahead is None:
        return None
    way = Vector(ahead) - Vector(start)
    return tuple(Vector(start) + way.normalized() * 10)


def told(sketch: Any) -> dict[str, object]:
    """A drawing on its way."""
    return {
        "corners": sketch.corners, "stage": sketch.stage, "typed": sketch.typed, "kind": sketch.kind,
        "openings": len(sketch.openings), "pointer": None if sketch.pointer is None else sketch.pointer.at,
        "problem": str(sketch.problem or sketch.aim_problem or ""),
    }  # fmt: skip


def watch() -> float:
    shown, (_, area, _) = bpy.context.window_manager.metaspatial, view()
    sketch = drawing._now[0].sketch if drawing._now else None
    active = bpy.context.view_layer.objects.active
    state = {
        "objects": sorted(obj.name for obj in bpy.data.objects),
        "collections": [each.name for each in bpy.data.collections],
        "room": shown.room,
        "problem": shown.problem,
        "pieces": [row.object for row in shown.pieces],
        "drawing": None if sketch is None else told(sketch),
        "perspective": area.spaces.active.region_3d.view_perspective,
        "rotation": list(area.spaces.active.region_3d.view_rotation),
        "zero": pixel(Vector((0.0, 0.0, 0.0))),
        "metre": pixel(Vector((1.0, 1.0, 0.0))),
        "arrow": arrow(),
        "active": active.name if active is not None else "",
        "front": active.metaspatial.front if active is not None else "",
        "roles": {obj.name: obj.metaspatial.role for obj in bpy.data.objects},
    }  # fmt: skip
    put("state", json.dumps(state))
    if os.path.exists(os.path.join(OUT, "quit")):
        bpy.ops.wm.quit_blender()
    return 0.05


for step in (show_tab, watch):
    bpy.app.timers.register(step, first_interval=0.2, persistent=True)
