# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds a `Room` as Blender objects: floor, walls, doors, windows, ceiling, in metres, in the room frame.

Every object carries the custom property `metaspatial_role` ("room", "door" or "window"), and tells by its name too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import bmesh
import bpy
from mathutils import Matrix, Vector

from ...backend.scene import Furniture, Opening, Pose, Room
from ...backend.scene.geometry import walls
from .openings import DOOR_SURFACES, WINDOW_SURFACES, door_solid, window_solid
from .surfaces import FLOOR_SURFACES, Flooring, surface
from .walls import Solid, wall_solid, wall_thickness

ROLE = "metaspatial_role"
"""Custom property of built objects: "room", "door" or "window"."""
SLAB = 0.1
"""Depth of the floor slab below z = 0, metres."""


@dataclass(frozen=True)
class RoomObjects:
    """What `build_room` made. `walls` follow the floor polygon's edges; `openings` are by their ids."""

    floor: bpy.types.Object
    walls: tuple[bpy.types.Object, ...]
    openings: dict[str, bpy.types.Object]
    ceiling: bpy.types.Object | None

    @property
    def all(self) -> tuple[bpy.types.Object, ...]:
        ceiling = (self.ceiling,) if self.ceiling else ()
        return (self.floor, *self.walls, *self.openings.values(), *ceiling)


def build_room(
    room: Room,
    collection: bpy.types.Collection,
    *,
    name: str = "",
    flooring: Flooring = "wood",
    ceiling: bool = False,
) -> RoomObjects:
    """The shell of a room, linked into `collection`. `name` goes before the objects' names ("Bath Floor").

    The floor's upper side is the floor polygon at z = 0, the walls' inner faces stand on its edges; thickness is all
    outside. The ceiling is hidden from camera rays and in viewports' solid mode, so that one can look in.
    """
    prefix = f"{name} " if name else ""
    thickness = wall_thickness(room)
    floor = _link(_floor_mesh(room, flooring, f"{prefix}Floor"), collection, "room")
    wall_objects = []
    for index in range(len(room.floor)):
        solid = wall_solid(room, index, thickness)
        mesh = mesh_from(solid, f"{prefix}Wall.{index:03}", ("Room Wall", "Room Skirting"))
        wall_objects.append(_link(mesh, collection, "room"))
    openings = {o.id: _build_opening(room, o, thickness, collection, prefix) for o in room.openings}
    top = _build_ceiling(room, collection, prefix) if ceiling else None
    return RoomObjects(floor, tuple(wall_objects), openings, top)


def mesh_from(solid: Solid, name: str, surfaces: tuple[str, ...]) -> bpy.types.Mesh:
    """A mesh data-block of a solid, with one material slot per surface."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(solid.vertices, [], solid.faces)
    for each in surfaces:
        mesh.materials.append(surface(each))
    mesh.polygons.foreach_set("material_index", solid.slots)
    mesh.update()
    return mesh


def opening_matrix(room: Room, opening: Opening) -> Matrix:
    """Where a door's or window's object stands: bottom centre on the wall's inner face, front into the room."""
    wall = walls(room)[opening.wall]
    x, y = wall.point(opening.offset + opening.width / 2)
    return Matrix.Translation((x, y, opening.sill)) @ Matrix.Rotation(math.radians(wall.facing), 4, "Z")


def pose_matrix(piece: Furniture, pose: Pose) -> Matrix:
    """Where a piece's object (origin at its box's bottom centre) stands for a pose (its box's centre)."""
    bottom = Matrix.Translation((pose.x, pose.y, pose.z - piece.size[2] / 2))
    return bottom @ Matrix.Rotation(math.radians(pose.rotation), 4, "Z")


def _build_opening(
    room: Room, opening: Opening, thickness: float, collection: bpy.types.Collection, prefix: str
) -> bpy.types.Object:
    if opening.kind == "door":
        mesh = mesh_from(door_solid(opening, thickness), f"{prefix}{opening.id}", DOOR_SURFACES)
    else:
        mesh = mesh_from(window_solid(opening, thickness), f"{prefix}{opening.id}", WINDOW_SURFACES)
    built = _link(mesh, collection, opening.kind)
    built["metaspatial_swing"] = opening.swing
    built.matrix_world = opening_matrix(room, opening)
    return built


def _build_ceiling(room: Room, collection: bpy.types.Collection, prefix: str) -> bpy.types.Object:
    corners = [(x, y, z) for z in (room.height, room.height + SLAB) for x, y in room.floor]
    n = len(room.floor)
    solid = Solid()
    solid.add(corners, [tuple(reversed(range(n))), tuple(range(n, 2 * n)), *_sides(n)])
    built = _link(mesh_from(solid, f"{prefix}Ceiling", ("Room Ceiling",)), collection, "room")
    built.display_type = "WIRE"
    built.visible_camera = False
    return built


def _sides(n: int) -> list[tuple[int, ...]]:
    """Faces between a lower ring 0…n-1 and an upper ring n…2n-1, outward for counter-clockwise rings."""
    return [(i, (i + 1) % n, n + (i + 1) % n, n + i) for i in range(n)]


def _floor_mesh(room: Room, flooring: Flooring, name: str) -> bpy.types.Mesh:
    """The slab: its upper side cut into planks or tiles of slightly different tones."""
    slots = FLOOR_SURFACES[flooring]
    bm = bmesh.new()
    top = [bm.verts.new((x, y, 0.0)) for x, y in room.floor]
    bm.faces.new(top)
    if flooring != "plain":
        _cut_pattern(bm, room, flooring, len(slots))
    n = len(room.floor)
    ring = [bm.verts.new((x, y, z)) for z in (-SLAB, 0.0) for x, y in room.floor]
    for face in (*_sides(n), tuple(reversed(range(n)))):
        bm.faces.new([ring[i] for i in face]).material_index = len(slots)
    mesh = bpy.data.meshes.new(name)
    bm.to_mesh(mesh)
    bm.free()
    for each in (*slots, "Room Slab"):
        mesh.materials.append(surface(each))
    return mesh


def _cut_pattern(bm: bmesh.types.BMesh, room: Room, flooring: Flooring, tones: int) -> None:
    """Cuts the floor's faces along the rows of planks or tiles, then each row across at staggered places."""
    length, width = room.extent
    along_x = length >= width
    row_width, piece = (0.15, 1.4) if flooring == "wood" else (0.4, 0.4)
    run, span = (length, width) if along_x else (width, length)
    row_normal, piece_normal = (Vector((0, 1, 0)), Vector((1, 0, 0)))
    if not along_x:
        row_normal, piece_normal = piece_normal, row_normal
    for row in range(1, math.ceil(span / row_width)):
        _cut(bm, list(bm.faces), row_normal, row * row_width)
    rows: dict[int, list[bmesh.types.BMFace]] = {}
    for face in bm.faces:
        rows.setdefault(int(face.calc_center_median() @ row_normal // row_width), []).append(face)
    for row, faces in rows.items():
        stagger = (row * 0.6180339887) % 1.0 * piece if flooring == "wood" else 0.0
        cuts = [stagger + i * piece for i in range(math.ceil(run / piece) + 1)]
        for cut in cuts:
            if 0.0 < cut < run:
                faces = _cut(bm, [f for f in faces if f.is_valid], piece_normal, cut)
    for face in bm.faces:
        center = face.calc_center_median()
        row = int(center @ row_normal // row_width)
        stagger = (row * 0.6180339887) % 1.0 * piece if flooring == "wood" else 0.0
        column = math.floor((center @ piece_normal - stagger) / piece)
        mixed = (row * 7919 + column * 104729 + row * column * 31) % 97 if flooring == "wood" else row + column
        face.material_index = mixed % tones


def _cut(
    bm: bmesh.types.BMesh, faces: list[bmesh.types.BMFace], normal: Vector, offset: float
) -> list[bmesh.types.BMFace]:
    """Cuts faces along a line of the floor; returns the faces they have become."""
    geometry = {*faces, *(e for f in faces for e in f.edges), *(v for f in faces for v in f.verts)}
    result = bmesh.ops.bisect_plane(bm, geom=list(geometry), dist=1e-5, plane_co=normal * offset, plane_no=normal)
    return [g for g in result["geom"] if isinstance(g, bmesh.types.BMFace)]


def _link(mesh: bpy.types.Mesh, collection: bpy.types.Collection, role: str) -> bpy.types.Object:
    built = bpy.data.objects.new(mesh.name, mesh)
    built[ROLE] = role
    collection.objects.link(built)
    return built
