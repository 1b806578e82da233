# SPDX-License-Identifier: GPL-3.0-or-later
"""Parametric furniture as numbers: exact boxes, closed surfaces, honest free space. Needs no Blender."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metaspatial.backend.scene.category import CATEGORIES, category_of
from metaspatial.metaspatial_addon.furnish import PieceMesh, piece_mesh
from metaspatial.metaspatial_addon.furnish.shapes import volume

NAMES = (*CATEGORIES, "unknown")
BOXY = {"rug", "unknown"}  # a flat slab, and the block that stands for anything
SIDES = st.floats(0.02, 6.0)
SIZES = st.tuples(SIDES, SIDES, SIDES)


def usual(category: str, seed: int = 0, words: str = "") -> PieceMesh:
    return piece_mesh(category, category_of(category).size, seed, words)


def points_inside(built: PieceMesh, points: np.ndarray) -> np.ndarray:
    """Which of the points lie in the piece's solid parts: winding number of the closed surface about each."""
    corners = built.vertices[built.triangles]
    inside = np.zeros(len(points), dtype=bool)
    for number, point in enumerate(points):
        a, b, c = np.moveaxis(corners - point, 1, 0)
        la, lb, lc = (np.linalg.norm(v, axis=1) for v in (a, b, c))
        above = np.einsum("ij,ij->i", a, np.cross(b, c))
        below = la * lb * lc + (a * b).sum(1) * lc + (b * c).sum(1) * la + (c * a).sum(1) * lb
        inside[number] = np.arctan2(above, below).sum() / (2 * math.pi) > 0.5
    return inside


def space(x: tuple[float, float], y: tuple[float, float], z: tuple[float, float], n: int = 6) -> np.ndarray:
    grid = np.meshgrid(np.linspace(*x, n), np.linspace(*y, n), np.linspace(*z, n))
    return np.stack([axis.ravel() for axis in grid], axis=1)


def silhouette(built: PieceMesh, axes: tuple[int, int], cells: int = 64) -> float:
    """Share of the bounding rectangle that the piece covers, seen along the third axis."""
    flat = built.vertices[:, axes]
    low, high = flat.min(axis=0), flat.max(axis=0)
    flat = (flat - low) / (high - low) * cells
    seen = np.zeros((cells, cells), dtype=bool)
    for triangle in built.triangles:
        corners = flat[triangle]
        x0, y0 = np.floor(corners.min(axis=0)).astype(int)
        x1, y1 = np.minimum(np.ceil(corners.max(axis=0)).astype(int), cells)
        x, y = np.meshgrid(np.arange(x0, x1) + 0.5, np.arange(y0, y1) + 0.5, indexing="ij")
        inside = np.ones(x.shape, dtype=bool)
        turns = []
        for one, two in ((0, 1), (1, 2), (2, 0)):
            edge = corners[two] - corners[one]
            turns.append(edge[0] * (y - corners[one][1]) - edge[1] * (x - corners[one][0]))
        inside = np.logical_and.reduce([turn >= 0 for turn in turns]) | np.logical_and.reduce([t <= 0 for t in turns])
        seen[x0:x1, y0:y1] |= inside
    return float(seen.mean())


def assert_closed(built: PieceMesh) -> None:
    edges = set()
    for face in built.faces:
        assert len(set(face)) == len(face) >= 3
        for edge in zip(face, (*face[1:], face[0]), strict=True):
            assert edge not in edges, "two faces run the same way along an edge"
            edges.add(edge)
    assert all((b, a) in edges for a, b in edges), "an edge has one face only"


def parts(built: PieceMesh) -> list[list[tuple[int, ...]]]:
    """The faces of each connected part."""
    root = np.arange(len(built.vertices))

    def find(vertex: int) -> int:
        while root[vertex] != vertex:
            root[vertex] = root[root[vertex]]
            vertex = root[vertex]
        return vertex

    for face in built.faces:
        for vertex in face[1:]:
            root[find(vertex)] = find(face[0])
    groups: dict[int, list[tuple[int, ...]]] = {}
    for face in built.faces:
        groups.setdefault(find(face[0]), []).append(face)
    return list(groups.values())


@pytest.mark.parametrize("category", NAMES)
@settings(max_examples=5)
@given(size=SIZES, seed=st.integers(0, 2**32 - 1))
def test_any_size_is_met_exactly_with_closed_surfaces(category: str, size: tuple[float, float, float], seed: int):
    built = piece_mesh(category, size, seed)
    assert np.isfinite(built.vertices).all()
    np.testing.assert_allclose(built.vertices.min(axis=0), (-size[0] / 2, -size[1] / 2, 0.0), atol=1e-6)
    np.testing.assert_allclose(built.vertices.max(axis=0), (size[0] / 2, size[1] / 2, size[2]), atol=1e-6)
    assert_closed(built)


@pytest.mark.parametrize("category", NAMES)
def test_every_part_faces_outwards(category: str):
    for seed in range(3):
        built = usual(category, seed)
        for part in parts(built):
            middle = built.vertices[list({vertex for face in part for vertex in face})].mean(axis=0)
            assert volume(built.vertices - middle, part) > 0


@pytest.mark.parametrize("category", NAMES)
def test_pieces_are_light_and_painted(category: str):
    for seed in range(6):
        built = usual(category, seed)
        assert 100 <= len(built.triangles) <= 4000
        assert len(built.materials) == len(built.faces)
        assert set(built.materials) == set(range(len(built.palette)))
        assert len({finish.name for finish in built.palette}) == len(built.palette)


@pytest.mark.parametrize("category", sorted(set(NAMES) - BOXY))
def test_pieces_are_more_than_boxes(category: str):
    """No piece is its box: seen from the front, the side or above there is air in the box, or relief on the front."""
    built = usual(category, 1)
    flat_front = silhouette_share(built, built.vertices[:, 1] < built.vertices[:, 1].min() + 1e-6)
    assert flat_front < 0.6 or any(silhouette(built, axes) < 0.97 for axes in ((0, 1), (0, 2), (1, 2)))
    assert len(parts(built)) >= 2


def test_the_looks_are_all_different():
    shapes = {name: (len(usual(name, 3).vertices), usual(name, 3).faces) for name in NAMES}
    assert len({hash(shape) for shape in shapes.values()}) == len(shapes) >= 45


def test_a_seed_gives_the_same_piece_again():
    for name in ("bookshelf", "plant", "sofa"):
        one, two = usual(name, 11), usual(name, 11)
        np.testing.assert_array_equal(one.vertices, two.vertices)
        assert one.palette == two.palette
    assert len({usual("bookshelf", seed).vertices.shape for seed in range(8)}) > 1


@pytest.mark.parametrize("table", ["dining_table", "desk", "school_desk"])
@pytest.mark.parametrize("seed", range(3))
def test_a_chair_slides_under(table: str, seed: int):
    """There is a place at the front edge where a whole dining chair up to seat height meets nothing of the table."""
    built = usual(table, seed)
    chair = usual("chair", seed).vertices * (-1.0, -1.0, 1.0)  # turned so that it goes in seat first
    _, width, height = category_of(table).size
    knees = space((-0.2, 0.2), (-width / 2, 0.1), (0.02, height - 0.15), 4)
    free = [x for x in np.arange(-0.45, 0.5, 0.15) if not points_inside(built, knees + np.array([x, 0.0, 0.0])).any()]
    assert free
    below = chair[chair[:, 2] < 0.5]
    pushed = below + np.array([free[len(free) // 2], -width / 2 + 0.3 - below[:, 1].max(), 0.0])
    assert not points_inside(built, pushed[:: max(1, len(pushed) // 60)]).any()


@pytest.mark.parametrize("category", [name for name, row in CATEGORIES.items() if row.surface])
def test_what_carries_things_is_flat_on_top(category: str):
    """Most of the top lies at the box's height, so that nothing put there hovers."""
    for seed in range(4):
        built = usual(category, seed)
        top = built.vertices[:, 2] > category_of(category).size[2] - 1e-6
        flat = [face for face in built.triangles if top[face].all()]
        area = sum(abs(np.linalg.det(built.vertices[face[1:], :2] - built.vertices[face[0], :2])) / 2 for face in flat)
        assert area > 0.6 * category_of(category).size[0] * category_of(category).size[1]


def test_seats_are_at_sitting_height():
    for category, seat in (("chair", 0.45), ("office_chair", 0.49)):
        for seed in range(4):
            vertices = usual(category, seed).vertices
            front = vertices[(vertices[:, 1] < -0.1) & (np.abs(vertices[:, 0]) < 0.2)]
            assert front[:, 2].max() == pytest.approx(seat, abs=0.04)


@pytest.mark.parametrize(
    "category", ["bed", "single_bed", "sofa", "armchair", "chair", "office_chair", "toilet", "laptop"]
)
def test_backs_are_at_the_back(category: str):
    """What rises highest (headboard, back rest, cistern, screen) is at +Y."""
    for seed in range(5):
        vertices = usual(category, seed).vertices
        height = category_of(category).size[2]
        assert vertices[vertices[:, 2] > 0.96 * height][:, 1].mean() > 0.1 * category_of(category).size[1]


@pytest.mark.parametrize(
    "category",
    ["wardrobe", "dresser", "nightstand", "cabinet", "fridge", "kitchen_counter", "wall_cabinet", "microwave"],
)
def test_handles_are_at_the_front_and_backs_are_flat(category: str):
    built = usual(category, 2)
    half = category_of(category).size[1] / 2
    front, back = (silhouette_share(built, built.vertices[:, 1] * sign > half - 0.003) for sign in (-1, 1))
    assert front < 0.35 < back


def silhouette_share(built: PieceMesh, chosen: np.ndarray) -> float:
    """Area of the faces all of whose corners are chosen, as a share of the box's front."""
    size = np.ptp(built.vertices, axis=0)
    p, q, r = np.moveaxis(built.vertices[built.triangles[chosen[built.triangles].all(axis=1)]], 1, 0)
    area = float(np.linalg.norm(np.cross(q - p, r - p), axis=1).sum()) / 2
    return area / float(size[0] * size[2])


def test_the_desk_opens_to_the_front():
    for seed in range(6):
        built = usual("desk", seed)
        width = category_of("desk").size[1]
        low = built.vertices[built.vertices[:, 2] < 0.5]
        across = np.sort(low[low[:, 1] < 0.3 * width][:, 0])
        assert np.diff(across).max() > 0.6  # knees: no part in the front two thirds


def test_vessels_are_hollow():
    for category, (x, y, z) in {
        "bathtub": (0.0, 0.0, 0.3), "kitchen_sink": (0.0, -0.03, 0.65), "washbasin": (0.0, -0.06, 0.71),
        "bookshelf": (0.0, -0.15, 1.7), "shower": (0.0, 0.0, 1.0), "stove": (0.0, -0.29, 0.97),
    }.items():  # fmt: skip
        for seed in range(3):
            assert not points_inside(usual(category, seed), np.array([[x, y, z]])).any()


@pytest.mark.parametrize(
    ("category", "words", "finish"),
    [
        ("bookshelf", "walnut", "walnut"),
        ("bed", "dark oak", "dark oak"),
        ("sofa", "red leather sofa", "red leather"),
        ("sofa", "blue", "blue paint"),
        ("dining_table", "marble", "marble"),
        ("dining_table", "black metal walnut", "walnut"),
        ("desk", "White", "white paint"),
        ("fridge", "black", "black paint"),
        ("blackboard", "whiteboard", "white paint"),
    ],
)
def test_words_choose_materials(category: str, words: str, finish: str):
    for seed in range(3):
        assert finish in {each.name for each in usual(category, seed, words).palette}


def test_styles_lean_towards_their_woods():
    scandinavian = {usual("dining_table", seed, "scandinavian").palette[0].name for seed in range(12)}
    assert scandinavian <= {"birch", "ash", "oak", "white lacquer"}


@given(words=st.text(max_size=60))
@settings(max_examples=30)
def test_any_words_are_fine(words: str):
    assert usual("chair", 1, words).palette


@pytest.mark.parametrize("size", [(0.0, 1.0, 1.0), (1.0, -1.0, 1.0), (1.0, 1.0, math.nan), (math.inf, 1.0, 1.0)])
def test_impossible_sizes_are_refused(size: tuple[float, float, float]):
    with pytest.raises(ValueError, match="three finite positive sizes"):
        piece_mesh("bed", size)
