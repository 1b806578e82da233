# SPDX-License-Identifier: GPL-3.0-or-later
import math

import pytest

bpy = pytest.importorskip("bpy")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from mathutils import Vector  # noqa: E402
from mathutils.bvhtree import BVHTree  # noqa: E402
from metaspatial.backend.scene import Opening, Room  # noqa: E402
from metaspatial.backend.scene.geometry import polygon_area, signed_distance, walls  # noqa: E402
from metaspatial.metaspatial_addon.furnish.room import ROLE, build_room  # noqa: E402
from metaspatial.metaspatial_addon.furnish.walls import wall_solid, wall_thickness  # noqa: E402

L_SHAPE = Room(
    ((0.0, 0.0), (6.0, 0.0), (6.0, 3.0), (3.5, 3.0), (3.5, 5.0), (0.0, 5.0)),
    2.6,
    (
        Opening("door_1", "door", 0, 1.0, 0.9, 2.05, 0.0, "in"),
        Opening("door_2", "door", 5, 0.5, 1.6, 2.1, 0.0, "none"),
        Opening("window_1", "window", 4, 0.8, 1.6, 1.3, 0.9),
        Opening("window_2", "window", 1, 0.8, 1.2, 1.3, 0.9),
    ),
)


@pytest.fixture(autouse=True)
def _empty_file():
    bpy.ops.wm.read_factory_settings(use_empty=True)


def tree_of(built):
    built_mesh = built.data
    vertices = [built.matrix_world @ v.co for v in built_mesh.vertices]
    return BVHTree.FromPolygons(vertices, [tuple(p.vertices) for p in built_mesh.polygons])


def volume(solid):
    total = 0.0
    for face in solid.faces:
        a = Vector(solid.vertices[face[0]])
        for i in range(1, len(face) - 1):
            total += a.dot(Vector(solid.vertices[face[i]]).cross(Vector(solid.vertices[face[i + 1]]))) / 6
    return total


def test_floor_is_the_polygon_exactly():
    for flooring in ("wood", "tiles", "plain"):
        floor = build_room(L_SHAPE, bpy.context.collection, flooring=flooring).floor.data
        area = sum(p.area for p in floor.polygons if p.normal.z > 0.5)
        assert area == pytest.approx(polygon_area(L_SHAPE.floor), abs=1e-4)
        tops = [floor.vertices[i].co for p in floor.polygons if p.normal.z > 0.5 for i in p.vertices]
        assert {round(v.z, 6) for v in tops} == {0.0}
        assert signed_distance(L_SHAPE.floor, [v.xy[:] for v in tops]).min() > -1e-5


def test_rays_pass_through_openings_and_hit_the_wall_elsewhere():
    room = build_room(L_SHAPE, bpy.context.collection)
    for wall, built in zip(walls(L_SHAPE), room.walls, strict=True):
        tree = tree_of(built)
        outward = Vector((-wall.inward[0], -wall.inward[1], 0.0))
        for i in range(1, 40):
            for z in (0.02, 0.5, 1.0, 1.6, 2.15, 2.55):
                u = i / 40 * wall.length
                holes = [o for o in L_SHAPE.openings if o.wall == wall.index]
                edge = min((abs(u - e) for o in holes for e in (o.offset, o.offset + o.width)), default=1.0)
                if edge < 0.01:
                    continue
                through = any(o.offset < u < o.offset + o.width and o.sill < z < o.sill + o.height for o in holes)
                hit = tree.ray_cast(Vector((*wall.point(u, 0.3), z)), outward, 2.0)
                assert (hit[0] is None) == through, (wall.index, u, z)
                if not through:
                    assert hit[3] == pytest.approx(0.3, abs=1e-5)  # the inner face is on the polygon
                    assert hit[1].dot(outward) == pytest.approx(-1.0, abs=1e-5)


def test_objects_tell_what_they_are():
    room = build_room(L_SHAPE, bpy.context.collection, ceiling=True)
    assert room.floor.name == "Floor"
    assert [built.name for built in room.walls] == [f"Wall.{i:03}" for i in range(6)]
    assert {id: built[ROLE] for id, built in room.openings.items()} == {
        "door_1": "door", "door_2": "door", "window_1": "window", "window_2": "window"
    }  # fmt: skip
    assert all(built.name == id for id, built in room.openings.items())
    assert room.ceiling is not None
    assert all(built[ROLE] == "room" for built in (room.floor, room.ceiling, *room.walls))
    assert not room.ceiling.visible_camera
    for built in room.all:
        assert not built.data.validate()
        assert all(material.node_tree for material in built.data.materials)


def test_doors_and_windows_fill_their_holes_and_stay_out_of_the_room():
    room = build_room(L_SHAPE, bpy.context.collection)
    bpy.context.view_layer.update()
    for opening in L_SHAPE.openings:
        wall = walls(L_SHAPE)[opening.wall]
        points = [room.openings[opening.id].matrix_world @ v.co for v in room.openings[opening.id].data.vertices]
        along = [(p.x - wall.start[0]) * wall.along[0] + (p.y - wall.start[1]) * wall.along[1] for p in points]
        into = [(p.x - wall.start[0]) * wall.inward[0] + (p.y - wall.start[1]) * wall.inward[1] for p in points]
        assert min(along) == pytest.approx(opening.offset, abs=1e-4)
        assert max(along) == pytest.approx(opening.offset + opening.width, abs=1e-4)
        assert max(p.z for p in points) == pytest.approx(opening.sill + opening.height, abs=1e-4)
        assert max(into) < 0.06  # at most a handle


def test_two_rooms_share_their_materials():
    build_room(L_SHAPE, bpy.context.collection)
    count = len(bpy.data.materials)
    build_room(L_SHAPE, bpy.context.collection, name="Second")
    assert len(bpy.data.materials) == count
    assert "Second Floor" in bpy.data.objects


def test_walls_do_not_reach_into_a_neighbouring_arm():
    thin = 0.1
    u_shape = Room(
        ((0, 0), (5, 0), (5, 4), (2.5 + thin, 4), (2.5 + thin, 1), (2.5, 1), (2.5, 4), (0, 4)),
        2.5,
    )
    thickness = wall_thickness(u_shape)
    assert 0 < thickness <= thin
    for index in range(8):
        points = [v[:2] for v in wall_solid(u_shape, index, thickness).vertices]
        assert signed_distance(u_shape.floor, points).max() < 1e-6


@st.composite
def rooms(draw):
    """Rooms with corners at any distance around a middle, often concave, sometimes with an opening."""
    n = draw(st.integers(3, 8))
    radii = draw(st.lists(st.floats(1.5, 6.0), min_size=n, max_size=n))
    points = [(r * math.cos(2 * math.pi * i / n), r * math.sin(2 * math.pi * i / n)) for i, r in enumerate(radii)]
    west, south = min(x for x, _ in points), min(y for _, y in points)
    floor = tuple((x - west, y - south) for x, y in points)
    length = walls(Room(floor, 2.5))[0].length
    width = draw(st.floats(0.3, 0.5)) * length
    window = Opening("window_1", "window", 0, draw(st.floats(0.2, 0.4)) * length, width, 1.0, 0.9)
    return Room(floor, draw(st.floats(2.2, 4.0)), draw(st.sampled_from([(), (window,)])))


@given(rooms())
@settings(deadline=None, max_examples=40)
def test_any_wall_is_one_closed_mesh_outside_the_floor(room):
    thickness = wall_thickness(room)
    for wall in walls(room):
        solid = wall_solid(room, wall.index, thickness)
        edges = [edge for face in solid.faces for edge in zip(face, face[1:] + face[:1], strict=True)]
        assert len(edges) == len(set(edges))
        assert {(b, a) for a, b in edges} == set(edges)  # every edge is there once each way
        assert signed_distance(room.floor, [v[:2] for v in solid.vertices]).max() < 1e-6
        assert volume(solid) > 0
