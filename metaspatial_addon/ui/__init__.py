# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel, its operators, properties and preferences."""

from __future__ import annotations

import bpy

from . import (
    arrange,
    drawing,
    edits,
    fronts,
    languages,
    layouts,
    lifecycle,
    overlay,
    panel,
    pieces,
    preferences,
    properties,
    python_check,
    relation_edits,
    relations,
    rooms,
    sample,
    server,
    training,
    variants,
    welcome,
)

CLASSES = (
    preferences.MetaSpatialPreferences,
    *pieces.CLASSES,
    *arrange.CLASSES,
    *variants.CLASSES,
    *server.CLASSES,
    *sample.CLASSES,
    *overlay.CLASSES,
    *python_check.CLASSES,
    *welcome.CLASSES,
    *panel.CLASSES,
    *relations.CLASSES,
    *relation_edits.CLASSES,
    *training.CLASSES,
    *layouts.CLASSES,
    *drawing.CLASSES,
    *rooms.CLASSES,
    *edits.CLASSES,
    *fronts.CLASSES,
)
MENUS = (
    ("VIEW3D_MT_mesh_add", drawing.draw_menu),
    ("VIEW3D_MT_object", edits.draw_object_menu),
    ("VIEW3D_MT_object_context_menu", edits.draw_object_menu),
    ("UI_MT_list_item_context_menu", edits.draw_list_menu),
    ("TOPBAR_MT_file_import", layouts.draw_import_menu),
    ("TOPBAR_MT_file_export", layouts.draw_export_menu),
)
"""Blender's own menus and what is added to them."""


def register() -> None:
    """Add everything to Blender. Starts nothing but a look at the room."""
    register_properties()
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.VIEW3D_MT_object.append(_menu)
    for menu, draw in MENUS:
        getattr(bpy.types, menu).append(draw)
    languages.register()
    lifecycle.register()
    overlay.register()  # last: another file is shown anew once the panel has forgotten the old one


def register_properties() -> None:
    """Add only what files keep of the panel's choices, so that a script without the add-on reads it, too."""
    properties.register()
    relations.register()


def unregister_properties() -> None:
    """Take away what `register_properties` added."""
    relations.unregister()
    properties.unregister()


def unregister() -> None:
    """Take it all away again, stopping whatever runs."""
    lifecycle.unregister()
    languages.unregister()
    drawing.stop_drawing()
    for menu, draw in MENUS:
        getattr(bpy.types, menu).remove(draw)
    overlay.unregister()
    bpy.types.VIEW3D_MT_object.remove(_menu)
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
    unregister_properties()


def _menu(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    self.layout.separator()
    self.layout.operator(arrange.METASPATIAL_OT_arrange.bl_idname, text="Arrange Furniture")
    self.layout.operator(arrange.METASPATIAL_OT_arrange_selected.bl_idname, text="Arrange Selected Furniture")
    self.layout.operator(arrange.METASPATIAL_OT_refine.bl_idname, text="Refine Arrangement")
    self.layout.operator(relation_edits.METASPATIAL_OT_add_relation.bl_idname, text="Add Furniture Relation")
    self.layout.operator(relation_edits.METASPATIAL_OT_suggest_relations.bl_idname, text="Suggest Furniture Relations")
