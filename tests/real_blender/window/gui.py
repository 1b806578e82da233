# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside the Blender window under test: opens the tab, then tells what is going on until it is asked to quit.

    blender FILE -P gui.py -- OUT_DIR

With METASPATIAL_TEST_SERVER the address of a chat server, it is the one to ask, as if set in the preferences.
Writes OUT_DIR/ready (the sidebar's place on the screen: x y width height) and, over and over, OUT_DIR/state (JSON).
Does nothing that a user would do: that is for the mouse and the keyboard.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time

import bpy

OUT = sys.argv[sys.argv.index("--") + 1]
TAB = "MetaSpatial"
HAS_ROOM = "Cube" not in bpy.data.objects
"""Else it is Blender's start-up scene, which is looked at as it comes."""

bpy.context.preferences.view.show_splash = False
bpy.context.preferences.use_preferences_save = False
PREFERENCES = next(
    addon.preferences for addon in bpy.context.preferences.addons if addon.module.endswith(".metaspatial")
)
if os.environ.get("METASPATIAL_TEST_SERVER"):
    PREFERENCES.address = os.environ["METASPATIAL_TEST_SERVER"]
    bpy.context.scene.metaspatial.engine = "CHAT"


def put(name: str, text: str) -> None:
    """Write atomically: a reader never sees half a file."""
    path = os.path.join(OUT, name)
    with open(path + ".tmp", "w", encoding="utf-8") as file:
        file.write(text + "\n")
    os.replace(path + ".tmp", path)


def sidebar() -> tuple[bpy.types.Window, bpy.types.Area, bpy.types.Region]:
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    return window, area, next(region for region in area.regions if region.type == "UI")


def show_tab() -> float | None:
    """Open the sidebar at the add-on's tab; again until it is drawn. Look at the room through its ceiling."""
    window, area, region = sidebar()
    space = area.spaces.active
    if not space.show_region_ui:
        space.show_region_ui = True
        if HAS_ROOM:
            space.shading.color_type = "MATERIAL"
            space.shading.show_backface_culling = True
            space.overlay.show_floor = space.overlay.show_extras = False
        return 0.2
    if region.active_panel_category != TAB:
        with contextlib.suppress(AttributeError, TypeError):  # read-only until the sidebar was drawn once
            region.active_panel_category = TAB
        area.tag_redraw()
        return 0.2
    if HAS_ROOM:
        look_down(window, area)
    put("ready", f"{region.x} {window.height - region.y - region.height} {region.width} {region.height}")
    return None


def look_down(window: bpy.types.Window, area: bpy.types.Area) -> None:
    from mathutils import Euler

    view = area.spaces.active.region_3d
    view.view_perspective = "PERSP"
    view.view_rotation = Euler((0.45, 0.0, 0.4)).to_quaternion()
    view.view_location = (2.5, 2.0, 1.0)
    view.view_distance = 9.0


def places() -> dict[str, list[int]]:
    """Where on the screen the middles of the selected objects are, in pixels from its upper left corner."""
    from bpy_extras.view3d_utils import location_3d_to_region_2d
    from mathutils import Vector

    window, area, _ = sidebar()
    region = next(region for region in area.regions if region.type == "WINDOW")
    found = {}
    for obj in bpy.context.view_layer.objects:
        if obj.select_get():
            middle = obj.matrix_world @ (sum((Vector(corner) for corner in obj.bound_box), Vector()) / 8)
            at = location_3d_to_region_2d(region, area.spaces.active.region_3d, middle)
            if at is not None:
                found[obj.name] = [round(region.x + at.x), round(window.height - region.y - at.y)]
    return found


class Pulse:
    """How alive the window is while a job is on its way: when its event loop came round, when its sidebar was drawn.

    Times are those of the system's clock, so that others can compare them with their own. `waits`: when one of the
    longest waits between two rounds ended, and its seconds; `drawn`: when it was drawn; `ended`: the last job's end.
    """

    def __init__(self) -> None:
        self.working = False
        self.ended = self.last = 0.0
        self.waits: list[tuple[float, float]] = []
        self.drawn: list[float] = []

    def beat(self) -> float:
        working, now = bpy.context.window_manager.metaspatial.working, time.time()
        if working and not self.working:
            self.waits, self.drawn = [], []
        elif working:
            self.waits = [*self.waits, (now, now - self.last)][-2000:]
        elif self.working:
            self.ended = now
        self.working, self.last = working, now
        return 0.01

    def draw(self) -> None:
        self.drawn.append(time.time())

    def told(self) -> dict[str, object]:
        return {"ended": self.ended, "waits": self.waits, "drawn": self.drawn}


pulse = Pulse()


def watch() -> float:
    shown = bpy.context.window_manager.metaspatial
    state = {
        "pulse": pulse.told(),
        "matrices": {obj.name: [value.hex() for row in obj.matrix_world for value in row] for obj in bpy.data.objects},
        "selected": sorted(obj.name for obj in bpy.data.objects if obj.select_get()),
        "places": places(),
        "pieces": [row.object for row in shown.pieces],
        "locked": sorted(row.object for row in shown.pieces if row.fixed),
        "variant": shown.variant,
        "variants": shown.variants,
        "message": shown.message,
        "problem": shown.problem,
        "working": shown.working,
        "scored": shown.scored,
        "fraction": shown.fraction,
        "text": shown.text,
        "stream": shown.stream,
        "total": shown.total,
        "stale": shown.stale,
        "engine": bpy.context.scene.metaspatial.engine,
        "looked": shown.looked,
        "welcomed": PREFERENCES.welcomed,
    }
    put("state", json.dumps(state))
    if os.path.exists(os.path.join(OUT, "quit")):
        bpy.ops.wm.quit_blender()
    return 0.05


bpy.types.SpaceView3D.draw_handler_add(pulse.draw, (), "UI", "POST_PIXEL")
for step in (show_tab, watch, pulse.beat):
    bpy.app.timers.register(step, first_interval=0.2, persistent=True)
