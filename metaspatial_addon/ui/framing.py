# SPDX-License-Identifier: GPL-3.0-or-later
"""Moving a 3D view to what is selected."""

from __future__ import annotations

import bpy


def frame_selected(context: bpy.types.Context) -> bool:
    """Show what is selected in the 3D view that was clicked in, else in the window's largest. False if there is none.

    A view through a locked camera stays as it is: the camera is not to be moved.
    """
    if bpy.app.background or context.window is None:
        return False
    area = context.area
    if area is None or area.type != "VIEW_3D":
        areas = [area for area in context.window.screen.areas if area.type == "VIEW_3D"]
        area = max(areas, key=lambda area: area.width * area.height, default=None)
    if area is None:
        return False
    space, region = area.spaces.active, next(region for region in area.regions if region.type == "WINDOW")
    if space.lock_camera and space.region_3d.view_perspective == "CAMERA":
        return False
    with context.temp_override(window=context.window, area=area, region=region):
        if not bpy.ops.view3d.view_selected.poll():
            return False
        return "FINISHED" in bpy.ops.view3d.view_selected()
