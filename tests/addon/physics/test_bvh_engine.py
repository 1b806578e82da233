# SPDX-License-Identifier: GPL-3.0-or-later
"""The BVH engine: as the box engine on boxes, and truer than it on everything else."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("bpy")
from mathutils.bvhtree import BVHTree
from metaspatial.backend.rewards.boxes import BoxEngine
from metaspatial.backend.rewards.separation import penetration
from metaspatial.backend.scene import Furniture, Layout, Opening, Pose, Room, Scene
from metaspatial.metaspatial_addon.furnish import piece_mesh
from metaspatial.metaspatial_addon.physics import BvhEngine, Mesh
from metaspatial.metaspatial_addon.physics.contact import depth, in_frame, in_room
from metaspatial.metaspatial_addon.physics.solid import solid_of

SQUARE = ((0.0, 0.0), (5.0, 0.0), (5.0, 4.0), (0.0, 4.0))
ELL = ((0.0, 0.0), (5.0, 0.0), (5.0, 2.0), (3.0, 2.0), (3.0, 4.0), (0.0, 4.0))
FACES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))


def box_mesh(size, center=(0, 0, 0), tilt=0.0):
    """A box; `tilt` moves its top corners in, so that it is no box to the engine but nearly one to us."""
    corners = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float) * np.array(size) / 2
    corners[1::2, :2] *= 1 - tilt
    return Mesh(corners + center, np.array([(f[0], f[i], f[i + 1]) for f in FACES for i in (1, 2)]))


def joined(*meshes):
    offsets = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    triangles = [mesh.triangles + offset for mesh, offset in zip(meshes, offsets, strict=False)]
    return Mesh(np.concatenate([mesh.vertices for mesh in meshes]), np.concatenate(triangles))


def sphere(radius, rings=24, segments=32):
    v = [
        (math.sin(a) * math.cos(b), math.sin(a) * math.sin(b), math.cos(a))
        for a in np.linspace(0, math.pi, rings + 1)
        for b in np.linspace(0, math.tau, segments, endpoint=False)
    ]
    t = []
    for i in range(rings):
        for j in range(segments):
            p, q = i * segments + j, i * segments + (j + 1) % segments
            t += [(p, p + segments, q + segments), (p, q + segments, q)]
    return Mesh(np.array(v) * radius, np.array(t))


def measure(rows, floor=SQUARE, openings=()):
    """`rows`: id → (category or piece, mesh, pose)."""
    pieces, meshes = [], {}
    for id, (kind, mesh, _) in rows.items():
        size = tuple((mesh.vertices.max(0) - mesh.vertices.min(0)).tolist())
        mount = "on" if kind in ("vase", "table_lamp") else "floor"
        pieces.append(Furniture(id, kind, size, mount))
        meshes[id] = mesh
    scene = Scene(Room(floor, 2.7, tuple(openings)), tuple(pieces))
    layout = Layout({id: Pose(*pose) for id, (_, _, pose) in rows.items()})
    return BvhEngine(lambda piece: meshes[piece.id]).measure(scene, layout)


def between(report):
    return report.penetrations[0].depth if report.penetrations else 0.0


sizes = st.tuples(*[st.floats(0.1, 1.5)] * 3)
poses = st.builds(Pose, st.floats(1.5, 3.5), st.floats(1, 3), st.floats(0.5, 1.2), st.floats(-180, 180))


@given(st.lists(st.tuples(sizes, poses), min_size=2, max_size=4), st.sampled_from([SQUARE, ELL]))
def test_boxes_are_measured_as_boxes(rows, floor):
    pieces = tuple(Furniture(f"p{i}", "box", size) for i, (size, _) in enumerate(rows))
    scene = Scene(Room(floor, 2.7, (Opening("d", "door", 0, 1, 0.9, 2.0),)), pieces)
    layout = Layout({f"p{i}": pose for i, (_, pose) in enumerate(rows)})
    one = BoxEngine().measure(scene, layout)
    two = BvhEngine(lambda piece: box_mesh(piece.size)).measure(scene, layout)
    assert [p.depth for p in one.penetrations] == pytest.approx([p.depth for p in two.penetrations], abs=1e-9)
    assert (one.outside, one.floating, one.blocked) == (two.outside, two.floating, two.blocked)


def true_depth(size_a, pose_a, size_b, pose_b):
    scene = Scene(Room(SQUARE, 2.7), (Furniture("a", "box", size_a), Furniture("b", "box", size_b)))
    found = BoxEngine().measure(scene, Layout({"a": pose_a, "b": pose_b})).penetrations
    return found[0].depth if found else 0.0


def finely_cut(size, count=6):
    """A box whose sides are cut into many small triangles."""
    grid = np.linspace(-0.5, 0.5, count + 1)
    sides = []
    for axis in range(3):
        for end in (-0.5, 0.5):
            u, v = np.meshgrid(grid, grid, indexing="ij")
            points = np.insert(np.stack([u.ravel(), v.ravel()], -1), axis, end, axis=1) * size
            i, j = (each.ravel() for each in np.meshgrid(range(count), range(count), indexing="ij"))
            a, b = i * (count + 1) + j, (i + 1) * (count + 1) + j
            cut = np.concatenate([np.stack([a, b, b + 1], -1), np.stack([a, b + 1, a + 1], -1)])
            sides.append(Mesh(points, cut if (end > 0) == (axis != 1) else cut[:, ::-1]))
    return joined(*sides)


def cylinder(radius, height, segments=24):
    angle = np.arange(segments) * math.tau / segments
    ring = np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1)
    low, high = (np.column_stack([ring, np.full(segments, z)]) for z in (-height / 2, height / 2))
    i = np.arange(segments)
    k = (i + 1) % segments
    walls = [np.stack([i, k, k + segments], -1), np.stack([i, k + segments, i + segments], -1)]
    bottom, top = np.full(segments, 2 * segments), np.full(segments, 2 * segments + 1)
    caps = [np.stack([bottom, k, i], -1), np.stack([top, i + segments, k + segments], -1)]
    vertices = np.concatenate([low, high, [(0, 0, -height / 2), (0, 0, height / 2)]])
    return Mesh(vertices, np.concatenate([*walls, *caps]))


def box_depth(size_a, pose_a, size_b, pose_b):
    """The exact depth of two boxes, however small; negative when apart."""
    a, b = (
        np.array([p.x, p.y, p.z, math.cos(math.radians(p.rotation)), math.sin(math.radians(p.rotation)), *half])
        for p, half in ((pose_a, np.array(size_a) / 2), (pose_b, np.array(size_b) / 2))
    )
    return float(penetration(a[:, None], b[:, None])[0])


def within(found, true):
    return found == pytest.approx(true, abs=0.005 + 0.1 * true)


directions = st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda d: np.linalg.norm(d) > 0.1)
depths = st.one_of(st.floats(0.01, 0.06), st.floats(0.01, 0.5))
makes = st.sampled_from([box_mesh, finely_cut])


def moved(pose, way, distance, rotation):
    x, y, z = (np.array(way) / np.linalg.norm(way) * distance).tolist()
    return Pose(pose.x + x, pose.y + y, pose.z + z, rotation)


def pushed_in(true_at, wanted):
    """The distance at which what is moved away has the wanted depth left, by halving."""
    near, far = 0.0, 4.0
    for _ in range(50):
        middle = (near + far) / 2
        near, far = (middle, far) if true_at(middle) > wanted else (near, middle)
    return near


@settings(max_examples=25, deadline=None)
@given(sizes, sizes, makes, makes, directions, depths, st.floats(-180, 180), st.floats(-180, 180))
def test_the_depth_of_boxes_is_found_however_small(size_a, size_b, make_a, make_b, way, wanted, turn_a, turn_b):
    at = Pose(2, 2, 1, turn_a)

    def true_at(distance):
        return box_depth(size_a, at, size_b, moved(at, way, distance, turn_b))

    distance = pushed_in(true_at, wanted)
    true = true_at(distance)
    found = depth(solid_of(make_a(size_a)), at, solid_of(make_b(size_b)), moved(at, way, distance, turn_b), 10.0)
    assert within(found, true)


@settings(max_examples=25, deadline=None)
@given(sizes, sizes, makes, makes, directions, st.floats(0.001, 0.1), st.floats(-180, 180), st.floats(-180, 180))
def test_boxes_with_air_between_have_no_depth(size_a, size_b, make_a, make_b, way, air, turn_a, turn_b):
    at = Pose(2, 2, 1, turn_a)
    apart = pushed_in(lambda d: box_depth(size_a, at, size_b, moved(at, way, d, turn_b)), 0.0)
    there = moved(at, way, apart + air, turn_b)
    assert depth(solid_of(make_a(size_a)), at, solid_of(make_b(size_b)), there, 10.0) == 0.0


@settings(max_examples=20, deadline=None)
@given(st.floats(0.1, 0.6), st.floats(0.3, 1.0), sizes, st.floats(0.01, 0.08), st.floats(-180, 180))
def test_the_depth_of_a_cylinder_in_a_side_is_found(radius, height, size, wanted, turn):
    """Its polygon's reach to the side is what counts, a little less than the radius."""
    round_, flat = cylinder(radius, height), box_mesh(size, tilt=1e-4)
    wanted = min(wanted, radius / 2, size[0] / 4, height / 4, size[2] / 4)
    angle = math.radians(turn)
    reach = float((round_.vertices[:, 0] * math.cos(angle) - round_.vertices[:, 1] * math.sin(angle)).max())
    there = Pose(2 + reach + size[0] / 2 - wanted, 2, 1)
    found = depth(solid_of(round_), Pose(2, 2, 1, turn), solid_of(flat), there, 10.0)
    assert within(found, wanted)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 0.1), st.floats(-180, 180), st.sampled_from([(0.3, 0.0), (0.0, 0.3)]))
def test_the_depth_in_the_corner_of_an_l_shape_is_found(wanted, turn, side):
    ell, box = l_sofa(), box_mesh((0.5, 0.5, 0.5))
    low = np.array([-0.1 * 0.99, -0.1 * 0.99])  # the inner corner, at its widest
    x, y = low + 0.25 + np.where(np.array(side) > 0, 0.2, -wanted)
    angle = math.radians(turn)
    there = Pose(x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle), -0.1, turn)
    found = depth(solid_of(ell), Pose(0, 0, 0, turn), solid_of(box), there, 10.0)
    assert found == pytest.approx(wanted, abs=0.01 + 0.1 * wanted)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 5),
    st.sampled_from(["chair", "dining_chair", "office_chair"]),
    st.floats(-0.5, 0.5),
    st.floats(-0.1, 0.3),
    st.floats(-10, 10),
    st.floats(-180, 180),
)
def test_a_chair_with_air_around_it_under_a_table_is_free(seed, kind, along, out, turn, rotation):
    pieces = (Furniture("t", "dining_table", (1.8, 1.0, 0.76)), Furniture("c", kind, (0.46, 0.5, 0.88)))
    meshes = {}
    for piece in pieces:
        built = piece_mesh(piece.category, piece.size, seed)
        meshes[piece.id] = Mesh(built.vertices - (0, 0, piece.size[2] / 2), built.triangles)
    table, chair = solid_of(meshes["t"]), solid_of(meshes["c"])
    at = Pose(2.5, 2, 0.38, rotation)
    x, y = in_room(at, np.array([(along, -0.5 - out, 0.0)]))[0, :2]
    there = Pose(float(x), float(y), 0.44, rotation + 180 + turn)
    local = in_frame(at, in_room(there, meshes["c"].vertices))
    placed = BVHTree.FromPolygons(local.tolist(), meshes["c"].triangles.tolist(), all_triangles=True)
    crossing = bool(table.tree.overlap(placed))
    assert crossing or depth(table, at, chair, there, 2.0) == 0.0


@pytest.mark.parametrize(
    ("size_a", "pose_a", "size_b", "pose_b"),
    [
        ((2, 0.2, 1), (2, 2, 0.5, 0), (2, 0.2, 1), (2, 2, 0.5, 90)),  # a cross: no corner is inside the other
        ((2, 0.2, 1), (2, 2, 0.5, 20), (2, 0.2, 1), (2, 2, 0.5, 70)),
        ((2, 2, 2), (2, 2, 1, 0), (0.2, 0.2, 0.2), (2, 2.5, 0.6, 30)),  # one wholly inside the other
        ((1, 1, 1), (2, 2, 0.5, 45), (1, 1, 1), (2.5, 2.5, 0.5, 0)),
        ((1, 1, 1), (2, 2, 0.5, 0), (1, 1, 1), (2, 2, 0.5, 0)),  # the same place
    ],
)
def test_crossing_containing_and_coinciding(size_a, pose_a, size_b, pose_b):
    pose_a, pose_b = Pose(*pose_a), Pose(*pose_b)
    found = depth(solid_of(box_mesh(size_a)), pose_a, solid_of(box_mesh(size_b)), pose_b, 10.0)
    assert found == pytest.approx(true_depth(size_a, pose_a, size_b, pose_b), abs=0.04)


@pytest.mark.parametrize("gap", [0.0, 1e-6, -0.003, 0.01])
@pytest.mark.parametrize("tilt", [0.0, 0.02])
def test_touching_is_not_colliding(gap, tilt):
    mesh = box_mesh((1, 1, 1), tilt=tilt)
    report = measure({"a": ("box", mesh, (1, 1, 0.5)), "b": ("box", mesh, (2 + gap, 1, 0.5))})
    assert report.valid


def test_spheres_may_nest_where_their_boxes_overlap():
    ball = sphere(0.5)
    assert measure({"a": ("box", ball, (1, 1, 0.5)), "b": ("box", ball, (1.8, 1.8, 0.5))}).valid
    overlapping = measure({"a": ("box", ball, (1, 1, 0.5)), "b": ("box", ball, (1.8, 1, 0.5))})
    assert between(overlapping) == pytest.approx(0.2, abs=0.04)


def test_a_chair_goes_under_a_table_of_any_make():
    table = joined(
        box_mesh((1.4, 0.8, 0.05), (0, 0, 0.35), tilt=0.01),
        *(box_mesh((0.06, 0.06, 0.7), (x, y, -0.025)) for x in (-0.67, 0.67) for y in (-0.37, 0.37)),
    )
    chair = joined(box_mesh((0.45, 0.5, 0.45), (0, 0, -0.215)), box_mesh((0.45, 0.06, 0.43), (0, 0.22, 0.225)))
    tucked = {"t": ("dining_table", table, (2, 2, 0.375)), "c": ("chair", chair, (2, 1.5, 0.44, 180))}
    assert measure(tucked).valid
    in_leg = tucked | {"c": ("chair", chair, (1.4, 1.5, 0.44, 180))}
    assert between(measure(in_leg)) > 0.03


def l_sofa(flip=False):
    mesh = joined(
        box_mesh((2, 0.9, 0.8), (0, -0.55, 0), tilt=0.01), box_mesh((0.9, 1.1, 0.8), (-0.55, 0.45, 0), tilt=0.01)
    )
    return Mesh(mesh.vertices, mesh.triangles[:, ::-1]) if flip else mesh


@pytest.mark.parametrize("flip", [False, True])
def test_an_l_shaped_sofa_has_room_in_its_corner(flip):
    sofa, table = l_sofa(flip), box_mesh((0.6, 0.6, 0.4), tilt=0.01)
    free = {"s": ("sofa", sofa, (2, 2, 0.4)), "t": ("coffee_table", table, (2.5, 2.45, 0.2))}
    assert measure(free).valid
    taken = free | {"t": ("coffee_table", table, (2.2, 2.0, 0.2))}
    assert between(measure(taken)) > 0.1


def test_an_l_shaped_sofa_goes_round_the_corner_of_the_room():
    assert measure({"s": ("sofa", l_sofa(), (2.95, 1.95, 0.4))}, ELL).valid
    assert measure({"s": ("sofa", l_sofa(), (3.3, 2.0, 0.4))}, ELL).outside["s"] > 0.1


def test_what_a_box_shaped_door_zone_finds_blocked_the_mesh_may_leave_free():
    door = Opening("d", "door", 0, 2.1, 0.8, 2.0)
    ball = sphere(0.5)
    corner = {"b": ("box", ball, (1.75, 1.15, 0.5))}
    assert not measure(corner, openings=(door,)).blocked
    assert measure({"b": ("box", ball, (2.3, 0.6, 0.5))}, openings=(door,)).blocked


def test_things_stand_on_the_mesh_not_on_its_bounds():
    step = joined(box_mesh((1, 1, 0.4), (0, 0, -0.2), tilt=0.01), box_mesh((1, 0.2, 0.8), (0, 0.4, 0), tilt=0.01))
    vase = box_mesh((0.2, 0.2, 0.3))
    low = {"s": ("shelf", step, (2, 2, 0.4)), "v": ("vase", vase, (2, 1.8, 0.55))}
    assert measure(low).valid
    high = low | {"v": ("vase", vase, (2, 1.8, 0.95))}
    assert measure(high).floating == {"v": pytest.approx(0.4, abs=0.01)}
    sunk = low | {"v": ("vase", vase, (2, 1.8, 0.40))}
    assert measure(sunk).floating == {"v": pytest.approx(0.15, abs=0.01)}


def test_open_and_flat_meshes_collide_with_what_they_cross():
    cube = box_mesh((1, 1, 1), tilt=0.01)
    open_cube = Mesh(cube.vertices, cube.triangles[2:])
    plane = Mesh(
        np.array([(-1, 0, -0.5), (1, 0, -0.5), (1, 0, 0.5), (-1, 0, 0.5)], float), np.array([(0, 1, 2), (0, 2, 3)])
    )
    assert between(measure({"a": ("box", open_cube, (2, 2, 0.5)), "b": ("box", cube, (2.7, 2, 0.5))})) == pytest.approx(
        0.3, abs=0.05
    )
    crossing = {"a": ("box", cube, (2, 2, 0.5)), "b": ("box", plane, (2, 2.1, 0.5))}
    assert between(measure(crossing)) > 0.2
    assert measure({"a": ("box", cube, (2, 2, 0.5)), "b": ("box", plane, (2, 2.6, 0.5))}).valid


def test_broken_triangles_are_left_out():
    good = box_mesh((1, 1, 1))
    bad = Mesh(
        np.concatenate([good.vertices, [(np.nan, 0, 0), (0, 0, 0)]]),
        np.concatenate([good.triangles, [(0, 0, 1), (8, 1, 2), (0, 1, 99), (-1, 2, 3), (0, 9, 9)]]),
    )
    rows = {"a": ("box", good, (1, 1, 0.5)), "b": ("box", good, (1.5, 1, 0.5))}
    scene = Scene(Room(SQUARE, 2.7), tuple(Furniture(id, "box", (1, 1, 1)) for id in rows))
    layout = Layout({id: Pose(*row[2]) for id, row in rows.items()})
    assert between(BvhEngine(lambda piece: bad).measure(scene, layout)) == pytest.approx(0.5)


def test_pieces_without_a_mesh_are_boxes():
    def none(piece):
        raise KeyError(piece.id)

    scene = Scene(Room(SQUARE, 2.7), (Furniture("a", "box", (1, 1, 1)), Furniture("b", "box", (1, 1, 1))))
    layout = Layout({"a": Pose(1, 1, 0.5), "b": Pose(1.8, 1, 0.5)})
    assert BvhEngine(none).measure(scene, layout) == BoxEngine().measure(scene, layout)
    empty = Mesh(np.empty((0, 3)), np.empty((0, 3), int))
    assert BvhEngine(lambda piece: empty).measure(scene, layout) == BoxEngine().measure(scene, layout)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40), st.integers(0, 30), st.integers(0, 7)), max_size=6))
def test_what_is_kept_of_what_did_not_move_is_what_is_measured_anew(moves):
    door = Opening("door_1", "door", 0, 0.5, 0.9, 2.0, swing="in")
    meshes = [box_mesh((0.8, 0.6, 0.7), tilt=0.1), sphere(0.4, 8, 10), box_mesh((0.3, 0.3, 0.3), tilt=0.1)]
    sizes = [tuple(np.ptp(mesh.vertices, axis=0).tolist()) for mesh in meshes]
    pieces = tuple(Furniture(f"p{i}", "box", sizes[i % 3], "on" if i % 3 == 2 else "floor") for i in range(6))
    scene = Scene(Room(((0, 0), (4, 0), (4, 3), (2, 3), (2, 2), (0, 2)), 2.5, (door,)), pieces)
    engine = BvhEngine(lambda piece: meshes[int(piece.id[1]) % 3])
    poses = {
        piece.id: Pose(1.0 + 0.3 * i, 1.0, piece.size[2] / 2 + 0.5 * (i % 3 == 2)) for i, piece in enumerate(pieces)
    }
    for number, x, y, turn in [(0, 10, 10, 0), *moves]:
        poses[f"p{number}"] = Pose(x / 10, y / 10, poses[f"p{number}"].z, 45.0 * turn)
        layout = Layout(dict(poses))
        fresh = BvhEngine(lambda piece: meshes[int(piece.id[1]) % 3])
        assert engine.measure(scene, layout) == fresh.measure(scene, layout)
