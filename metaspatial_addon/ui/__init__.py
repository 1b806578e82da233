# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel, its operators, properties and preferences."""

from __future__ import annotations

import bpy

from . import (
    arrange,
    lifecycle,
    panel,
    pieces,
    preferences,
    properties,
    python_check,
    sample,
    server,
    training,
    welcome,
)

CLASSES = (
    preferences.MetaSpatialPreferences,
    *pieces.CLASSES,
    *arrange.CLASSES,
    *server.CLASSES,
    *sample.CLASSES,
    *python_check.CLASSES,
    *welcome.CLASSES,
    *panel.CLASSES,
    *training.CLASSES,
)


def register() -> None:
    """Add everything to Blender. Starts nothing but a look at the room."""
    properties.register()
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.VIEW3D_MT_object.append(_menu)
    lifecycle.register()


def unregister() -> None:
    """Take it all away again, stopping whatever runs."""
    lifecycle.unregister()
    bpy.types.VIEW3D_MT_object.remove(_menu)
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
    properties.unregister()


def _menu(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    self.layout.separator()
    self.layout.operator(arrange.METASPATIAL_OT_arrange.bl_idname, text="Arrange Furniture")
