# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces as Blender objects: one mesh each, origin at the centre of the bottom of the box, front at -Y."""

from __future__ import annotations

import math

import bpy

from ...backend.scene.model import Furniture
from .materials import material_of
from .pieces import PieceMesh, furniture_mesh

CATEGORY = "metaspatial_category"
"""Custom property that holds an object's category."""

SMOOTH_BELOW = math.radians(40)
"""Edges flatter than this are shaded smooth."""


def build_piece(
    piece: Furniture, collection: bpy.types.Collection | None = None, *, seed: int | None = None
) -> bpy.types.Object:
    """A new mesh object for `piece`, named after its id, at the world origin and unrotated.

    Its bounds are the piece's size in metres. It is linked to `collection`, else to the current scene's own.
    Raises ValueError for an impossible size.
    """
    built = furniture_mesh(piece, seed)
    thing = bpy.data.objects.new(piece.id, blender_mesh(piece.id, built))
    thing[CATEGORY] = piece.category
    (collection or bpy.context.scene.collection).objects.link(thing)
    return thing


def blender_mesh(name: str, built: PieceMesh) -> bpy.types.Mesh:
    """The numbers as a Blender mesh with one material slot per finish, smooth where surfaces bend gently."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(built.vertices.tolist(), [], built.faces)
    for finish in built.palette:
        mesh.materials.append(material_of(finish))
    mesh.polygons.foreach_set("material_index", built.materials)
    mesh.polygons.foreach_set("use_smooth", [True] * len(built.faces))
    mesh.set_sharp_from_angle(angle=SMOOTH_BELOW)
    mesh.update()
    return mesh
