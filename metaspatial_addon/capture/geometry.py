# SPDX-License-Identifier: GPL-3.0-or-later
"""The evaluated triangles of everything visible, by the object they belong to; instances belong to their instancer."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SOLID_TYPES = frozenset({"MESH", "CURVE", "SURFACE", "FONT", "META"})
"""Object types whose evaluated geometry has faces."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """Local vertices (n, 3) and triangles (m, 3) of one mesh, shared between its users, and the matrix to the world."""

    vertices: Floats
    triangles: Ints
    matrix: Floats

    def world(self) -> Floats:
        """Vertices in world space, Blender units."""
        return self.vertices @ self.matrix[:3, :3].T + self.matrix[:3, 3]


Shapes = dict[int, list[Shape]]
"""Shapes by the session uid of the object in the scene that they belong to."""


def metres_per_unit(scene: bpy.types.Scene) -> float:
    """How long one Blender unit is. Without a unit system Blender itself ignores the scale."""
    units = scene.unit_settings
    return 1.0 if units.system == "NONE" else float(units.scale_length)


def visible_shapes(context: bpy.types.Context) -> Shapes:
    """Evaluated geometry of all visible objects of the view layer."""
    result: Shapes = defaultdict(list)
    meshes: dict[int, tuple[Floats, Ints]] = {}
    shown = _in_shown_collections(context.view_layer.layer_collection)
    for instance in context.evaluated_depsgraph_get().object_instances:
        obj = instance.object
        if obj is None or obj.type not in SOLID_TYPES or not (instance.is_instance or instance.show_self):
            continue
        owner = instance.parent if instance.is_instance else obj
        if owner.original.session_uid not in shown:
            continue
        if obj.type == "MESH":
            key = obj.data.as_pointer()  # meshes without modifiers are shared, evaluated ones are each their own
            if key not in meshes:
                meshes[key] = _read(obj.data)
            vertices, triangles = meshes[key]
        else:
            vertices, triangles = _read(obj.to_mesh())
            obj.to_mesh_clear()
        if len(triangles):
            matrix = np.array(instance.matrix_world, float)
            result[owner.original.session_uid].append(Shape(vertices, triangles, matrix))
    return dict(result)


def triangles_of(shapes: list[Shape], scale: float) -> Floats:
    """World triangles (n, 3, 3) of shapes, in metres."""
    if not shapes:
        return np.zeros((0, 3, 3))
    return np.concatenate([shape.world()[shape.triangles] for shape in shapes]) * scale


def _in_shown_collections(top: bpy.types.LayerCollection) -> set[int]:
    """The objects that some collection shows: Blender evaluates those of one whose eye is closed all the same.

    An object's own `visible_get` won't do: in local view it denies all that is left out there.
    """
    if top.hide_viewport or top.collection.hide_viewport:  # `visible_get` is wrong in a scene that no window showed yet
        return set()
    found = set() if top.exclude else {obj.session_uid for obj in top.collection.objects}
    return found.union(*map(_in_shown_collections, top.children))


def _read(mesh: Any) -> tuple[Floats, Ints]:
    """Vertices that faces use, and the triangles of the faces."""
    if mesh is None or len(mesh.polygons) == 0:
        return np.zeros((0, 3)), np.zeros((0, 3), np.int64)
    mesh.calc_loop_triangles()
    vertices = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", vertices)
    triangles = np.empty(3 * len(mesh.loop_triangles), np.int32)
    mesh.loop_triangles.foreach_get("vertices", triangles)
    used, index = np.unique(triangles, return_inverse=True)
    points = vertices.reshape(-1, 3)[used].astype(float)
    triangles = index.reshape(-1, 3).astype(np.int64)
    if not np.isfinite(points).all():
        good = np.isfinite(points[triangles]).all((1, 2))
        triangles = triangles[good]
        points = np.nan_to_num(points)
    return points, triangles
