# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel, its operators, properties and preferences."""

from __future__ import annotations

import bpy

from . import (
    arrange,
    layouts,
    lifecycle,
    panel,
    pieces,
    preferences,
    properties,
    relation_edits,
    relations,
    sample,
    server,
    training,
    variants,
)

CLASSES = (
    preferences.MetaSpatialPreferences,
    *pieces.CLASSES,
    *arrange.CLASSES,
    *variants.CLASSES,
    *server.CLASSES,
    *sample.CLASSES,
    *panel.CLASSES,
    *relations.CLASSES,
    *relation_edits.CLASSES,
    *training.CLASSES,
    *layouts.CLASSES,
)


def register() -> None:
    """Add everything to Blender. Starts nothing but a look at the room."""
    register_properties()
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    layouts.register()
    bpy.types.VIEW3D_MT_object.append(_menu)
    lifecycle.register()


def register_properties() -> None:
    """Add only what files keep of the panel's choices, so that a script without the add-on reads it, too."""
    properties.register()
    relations.register()


def unregister() -> None:
    """Take it all away again, stopping whatever runs."""
    lifecycle.unregister()
    bpy.types.VIEW3D_MT_object.remove(_menu)
    layouts.unregister()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
    relations.unregister()
    properties.unregister()


def _menu(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    self.layout.separator()
    self.layout.operator(arrange.METASPATIAL_OT_arrange.bl_idname, text="Arrange Furniture")
    self.layout.operator(arrange.METASPATIAL_OT_arrange_selected.bl_idname, text="Arrange Selected Furniture")
    self.layout.operator(arrange.METASPATIAL_OT_refine.bl_idname, text="Refine Arrangement")
    self.layout.operator(relation_edits.METASPATIAL_OT_add_relation.bl_idname, text="Add Furniture Relation")
    self.layout.operator(relation_edits.METASPATIAL_OT_suggest_relations.bl_idname, text="Suggest Furniture Relations")
