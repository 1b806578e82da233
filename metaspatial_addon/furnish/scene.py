# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole `Scene` as Blender objects: room, furniture, camera, light. And the mess before anything is arranged."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ...backend.scene import Furniture, Layout, Pose, Scene, category_of, current_layout
from ...backend.scene.geometry import Array, footprint, outside_distance
from ..render.camera import perspective
from .library import Source, furnish
from .room import ROLE, RoomObjects, build_room, pose_matrix
from .surfaces import flooring_for


@dataclass(frozen=True)
class BuiltScene:
    """What `build_scene` made, by the scene's own ids."""

    collection: bpy.types.Collection
    room: RoomObjects
    pieces: dict[str, bpy.types.Object]
    camera: bpy.types.Object
    light: bpy.types.Object
    notes: tuple[str, ...] = ()  # models of the user's that could not be used, and why


def build_scene(
    scene: Scene,
    layout: Layout | None = None,
    collection_name: str = "",
    *,
    target: bpy.types.Scene | None = None,
    source: Source | None = None,
) -> BuiltScene:
    """Builds a scene into a new collection of `target` (the current Blender scene when None), set to metres.

    Pieces stand where `layout` says, or without one where the scene says; those without a pose are parked in rows east
    of the room. Sub-collections "Room" and "Furniture" can be picked as such in the panel. Where `source` has a model
    of a piece's category it is used; parametric meshes stand in for the rest.
    """
    into: Any = target or bpy.context.scene
    into.unit_settings.system, into.unit_settings.length_unit = "METRIC", "METERS"
    into.unit_settings.scale_length = 1.0
    whole = bpy.data.collections.new(collection_name or scene.name or "MetaSpatial Scene")
    into.collection.children.link(whole)
    shell, furniture = bpy.data.collections.new("Room"), bpy.data.collections.new("Furniture")
    whole.children.link(shell)
    whole.children.link(furniture)
    shell[ROLE] = "room"

    room = build_room(scene.room, shell, flooring=flooring_for(scene), ceiling=True)
    poses = dict((current_layout(scene) if layout is None else layout).poses)
    poses.update(_parked(scene, [piece for piece in scene.furniture if piece.id not in poses]))
    furnished = furnish(scene, source, furniture)
    for piece in scene.furniture:
        furnished.objects[piece.id].matrix_world = pose_matrix(piece, poses[piece.id])
    camera = _camera(scene, whole, into)
    light = _light(scene, whole)
    return BuiltScene(whole, room, furnished.objects, camera, light, furnished.notes)


def moving_day(scene: Scene, seed: int = 0) -> Layout:
    """Everything as the movers left it: on the floor inside the room, askew, heaped in one place; fixed pieces stay.

    The same seed gives the same heap. Pieces that fit nowhere on the floor stay unplaced.
    """
    dice = random.Random(f"{scene.name} {seed}")
    floor = np.array(scene.room.floor)
    low, high = floor.min(0), floor.max(0)
    poses = {piece.id: piece.pose for piece in scene.fixed if piece.pose is not None}
    heap = [_bounds(scene.piece(id), pose) for id, pose in poses.items()]
    middle = None
    for piece in sorted(scene.movable, key=lambda each: -each.size[0] * each.size[1]):
        flat = category_of(piece.category).walkable
        best: tuple[float, Pose] | None = None
        for _ in range(60):
            x, y = dice.uniform(low[0], high[0]), dice.uniform(low[1], high[1])
            turn = dice.choice((0.0, 90.0, 180.0, 270.0)) + dice.uniform(-25.0, 25.0)
            pose = Pose(round(x, 3), round(y, 3), piece.size[2] / 2, round(turn % 360.0, 1))
            if outside_distance(floor, footprint(piece.size, pose)) > 0:
                continue
            crowding = 0.0 if flat else _overlap(_bounds(piece, pose), heap)
            cost = crowding + 0.15 * math.dist(middle or (x, y), (x, y))
            if best is None or cost < best[0]:
                best = cost, pose
        if best is None:
            continue
        poses[piece.id] = best[1]
        if not flat:
            heap.append(_bounds(piece, best[1]))
            middle = middle or (best[1].x, best[1].y)
    return Layout(poses)


def _bounds(piece: Furniture, pose: Pose) -> Array:
    """West, south, east, north of a piece."""
    corners = footprint(piece.size, pose)
    return np.concatenate([corners.min(0), corners.max(0)])


def _overlap(box: Array, others: list[Array]) -> float:
    """Sum of how deep bounds reach into others, metres."""
    if not others:
        return 0.0
    rest = np.array(others)
    depth = np.minimum(box[2:], rest[:, 2:]) - np.maximum(box[:2], rest[:, :2])
    return float(np.sum(np.maximum(depth.min(-1), 0.0)))


def _parked(scene: Scene, pieces: list[Furniture]) -> dict[str, Pose]:
    """Poses in rows along y, east of the room, big pieces first."""
    gap, poses = 0.3, {}
    x, y, row_width = scene.room.extent[0] + 0.8, 0.0, 0.0
    for piece in sorted(pieces, key=lambda each: -each.size[0] * each.size[1]):
        length, width, height = piece.size
        if y > 0 and y + width > max(scene.room.extent[1], 2.0):
            x, y, row_width = x + row_width + gap, 0.0, 0.0
        poses[piece.id] = Pose(x + length / 2, y + width / 2, height / 2)
        y, row_width = y + width + gap, max(row_width, length)
    return poses


def _camera(scene: Scene, collection: bpy.types.Collection, target: bpy.types.Scene) -> bpy.types.Object:
    """A camera that looks into the room as the renderer's pictures do."""
    aspect = target.render.resolution_x / target.render.resolution_y
    eye = perspective(scene.room, aspect)
    lens = bpy.data.cameras.new("Room Camera")
    lens.angle = eye.field_of_view
    built = bpy.data.objects.new("Room Camera", lens)
    built.matrix_world = Matrix(eye.matrix.tolist())
    collection.objects.link(built)
    target.camera = built
    return built


def _light(scene: Scene, collection: bpy.types.Collection) -> bpy.types.Object:
    """An area light as large as the room, just below its ceiling."""
    length, width = scene.room.extent
    lamp = bpy.data.lights.new("Room Light", "AREA")
    lamp.shape, lamp.size, lamp.size_y = "RECTANGLE", 0.7 * length, 0.7 * width
    lamp.energy = 12.0 * length * width
    built = bpy.data.objects.new("Room Light", lamp)
    built.location = (length / 2, width / 2, scene.room.height - 0.02)
    collection.objects.link(built)
    return built
