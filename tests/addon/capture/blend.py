# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds .blend content for tests: boxes, rooms, and the awkward things that users' files hold."""

from __future__ import annotations

import math
from collections.abc import Sequence

import bpy
import numpy as np
from mathutils import Matrix
from metaspatial.metaspatial_addon.capture import Capture

BOX_FACES = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]


def empty_file() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)


def box_mesh(name: str, size: Sequence[float], low: Sequence[float] | None = None) -> bpy.types.Mesh:
    """A box mesh, centred or with its lowest corner at `low`."""
    start = np.array(low if low is not None else [-s / 2 for s in size], float)
    corners = [(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([tuple(start + np.array(c) * size) for c in corners], [], BOX_FACES)
    return mesh


def add(name: str, data: bpy.types.ID | None, location: Sequence[float] = (0, 0, 0), turn: float = 0.0):
    """An object in the scene's collection, turned by `turn` degrees about Z."""
    obj = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(obj)
    obj.location = location
    obj.rotation_euler.z = math.radians(turn)
    return obj


def box(name: str, location: Sequence[float], size: Sequence[float], turn: float = 0.0):
    """A box standing with the middle of its underside at `location`."""
    low = (-size[0] / 2, -size[1] / 2, 0.0)
    return add(name, box_mesh(name, size, low), location, turn)


def polygon(name: str, points: Sequence[Sequence[float]], z: float = 0.0):
    """One flat n-gon."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([(x, y, z) for x, y in points], [], [tuple(range(len(points)))])
    return add(name, mesh)


def box_room(length: float = 5.0, width: float = 4.0, height: float = 2.6, name: str = "Room"):
    """A room of one box with its south-west floor corner at the world's origin."""
    return add(name, box_mesh(name, (length, width, height), (0, 0, 0)))


def parent(child: bpy.types.Object, to: bpy.types.Object, *, keep: bool = True) -> None:
    bpy.context.view_layer.update()
    child.parent = to
    if keep:
        child.matrix_parent_inverse = to.matrix_world.inverted()


def move_world(objects: Sequence[bpy.types.Object], matrix: Matrix) -> None:
    """Take objects without parents through a transform of the world."""
    bpy.context.view_layer.update()
    for obj in objects:
        obj.matrix_world = matrix @ obj.matrix_world
    bpy.context.view_layer.update()


def piece_of(captured: Capture, name: str):
    """The furniture that was made of the object called `name`."""
    ids = [id for id, ref in captured.objects.items() if ref.name == name]
    assert len(ids) == 1, f"{name} -> {ids}; notes: {captured.notes}"
    return captured.scene.piece(ids[0])


def notes_on(captured: Capture, name: str) -> list[tuple[str, str]]:
    return [(note.what, note.reason) for note in captured.notes if note.object_name == name]


def matrices() -> dict[str, tuple[tuple[float, ...], ...]]:
    """World matrices of every object, exactly."""
    bpy.context.view_layer.update()
    return {obj.name_full: tuple(map(tuple, obj.matrix_world)) for obj in bpy.data.objects}
