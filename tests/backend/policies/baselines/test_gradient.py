# SPDX-License-Identifier: GPL-3.0-or-later
"""LayoutVLM's descent: exact gradients, a falling loss, and pieces brought into the room."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metaspatial.backend.policies.baselines.gradient import descend, groups_of, projected, proposed
from metaspatial.backend.policies.baselines.losses import Align, AtWall, Distance, Loss, OnTop, Point
from metaspatial.backend.policies.baselines.overlap import overlap_ratio, shared_area
from metaspatial.backend.policies.baselines.relations_of import Plan, plan_of
from metaspatial.backend.policies.baselines.wishes import wishes_of
from metaspatial.backend.rewards.boxes import BoxEngine
from metaspatial.backend.rewards.relations import satisfaction
from metaspatial.backend.scene import Layout, Relation, Scene
from metaspatial.backend.scene.geometry import Array
from metaspatial.tests.backend.policies.rooms import bedroom, door, furniture, rectangle, studio

pose = st.tuples(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5), st.floats(-4.0, 4.0))
size = st.tuples(st.floats(0.05, 1.5), st.floats(0.05, 1.5))


def one(*values: float) -> Array:
    return np.array([values], float)


def poses_of(plan: Plan, layout: Layout) -> Array:
    rows = plan.start.copy()
    for id, i in plan.index.items():
        rows[i] = layout[id].x, layout[id].y, math.radians(layout[id].rotation)
    return rows


def numeric(function, poses: Array, step: float = 1e-6) -> Array:
    """Central differences."""
    result = np.zeros_like(poses)
    for index in np.ndindex(poses.shape):
        shift = np.zeros_like(poses)
        shift[index] = step
        result[index] = (function(poses + shift) - function(poses - shift)) / (2 * step)
    return result


@pytest.mark.parametrize(
    ("b", "half_b", "area"),
    [
        ((0.0, 0.0, 0.0), (1.0, 0.5), 2.0),  # the same rectangle
        ((0.0, 0.0, math.pi / 2), (1.0, 0.5), 1.0),  # a cross
        ((1.5, 0.0, 0.0), (1.0, 0.5), 0.5),  # sides on one line
        ((0.0, 0.0, 0.3), (0.2, 0.1), 0.08),  # wholly inside
        ((0.0, 0.0, 0.3), (5.0, 5.0), 2.0),  # wholly around
        ((2.0, 0.0, 0.0), (1.0, 0.5), 0.0),  # touching
        ((0.0, 1.0, math.pi), (1.0, 0.5), 0.0),  # touching, turned about
        ((2.0, 1.0, 0.0), (1.0, 0.5), 0.0),  # corner to corner
        ((4.0, 0.0, 0.7), (1.0, 0.5), 0.0),  # far away
        ((0.0, 0.0, math.pi / 4), (math.sqrt(0.5), 5.0), 1.75),  # a band across, less than two corners' triangles
    ],
)
def test_shared_areas_computed_by_hand(b: tuple[float, ...], half_b: tuple[float, ...], area: float) -> None:
    a, half_a = (0.0, 0.0, 0.0), (1.0, 0.5)
    found = shared_area(one(*a), one(*b), one(*half_a), one(*half_b))[0][0]
    turned = shared_area(one(*b), one(*a), one(*half_b), one(*half_a))[0][0]
    assert found == pytest.approx(area, abs=1e-12)
    assert turned == pytest.approx(area, abs=1e-12)


@given(a=pose, b=pose, half_a=size, half_b=size)
@settings(max_examples=80)
def test_the_shared_area_is_that_of_points_in_both(a, b, half_a, half_b) -> None:
    u, v = (part.ravel() for part in np.meshgrid(*(np.linspace(-1 + 1 / 60, 1 - 1 / 60, 60),) * 2))
    c, s = math.cos(a[2]), math.sin(a[2])
    x, y = a[0] + u * half_a[0] * c - v * half_a[1] * s, a[1] + u * half_a[0] * s + v * half_a[1] * c
    c, s = math.cos(b[2]), math.sin(b[2])
    inside = np.abs((x - b[0]) * c + (y - b[1]) * s) <= half_b[0]
    inside &= np.abs((y - b[1]) * c - (x - b[0]) * s) <= half_b[1]
    whole = 4 * half_a[0] * half_a[1]
    found = shared_area(one(*a), one(*b), one(*half_a), one(*half_b))[0][0]
    assert found == pytest.approx(inside.mean() * whole, abs=0.06 * whole)


@given(a=pose, b=pose, half_a=size, half_b=size)
@settings(max_examples=60)
def test_the_slope_of_the_overlap_is_exact(a, b, half_a, half_b) -> None:
    both = np.array([a, b])
    halves = one(*half_a), one(*half_b)

    def ratio(poses: Array) -> float:
        return float(overlap_ratio(poses[:1], poses[1:], *halves)[0][0])

    _, da, db = overlap_ratio(both[:1], both[1:], *halves)
    coarse, fine = numeric(ratio, both, 1e-5), numeric(ratio, both, 1e-6)
    smooth = np.abs(coarse - fine) < 1e-3  # not where a side or a corner is just passing another
    assert np.concatenate([da, db])[smooth] == pytest.approx(fine[smooth], abs=3e-3)


@pytest.mark.parametrize("seed", range(5))
def test_the_gradient_of_every_relation_is_that_of_differences(seed: int) -> None:
    rng = np.random.default_rng(seed)
    half = rng.uniform(0.1, 0.8, (5, 2))
    terms = [
        Distance(0, 1, 0.0, 0.4),
        Distance(1, 2, 6.0, math.inf),
        OnTop(2, 3, (0.1, 0.05)),
        Point(3, 4, 0.7),
        Point(1, 0),
        Align(0, 4),
        AtWall(4, (0.3, 0.2), (0.0, 0.0), (0.6, 0.8), 0.4),
    ]
    loss = Loss(half, np.zeros(5), np.array([1.0, 1.0, 1.0, 0.03, 1.0]), terms)
    poses = rng.uniform(-1.0, 1.0, (5, 3))
    present, new = np.array([True] * 5), np.array([True, False, True, False, False])
    found = loss(poses, present, new)[1]
    assert found == pytest.approx(numeric(lambda rows: loss(rows, present, new)[0], poses), abs=2e-4)


def test_relations_of_pieces_placed_before_weigh_a_hundredfold() -> None:
    loss = Loss(np.ones((2, 2)), np.zeros(2), np.zeros(2), [Distance(0, 1, 0.0, 1.0)])
    poses, there = np.array([(0.0, 0.0, 0.0), (3.0, 0.0, 0.0)]), np.array([True, True])
    now = loss(poses, there, np.array([True, False]))[0]
    before = loss(poses, there, np.array([False, False]))[0]
    assert now == pytest.approx(0.01 * 4.0)
    assert before == pytest.approx(100 * now)
    assert loss(poses, np.array([True, False]), np.array([True, False]))[0] == 0.0


def test_pieces_that_share_less_than_five_centimetres_of_height_do_not_overlap() -> None:
    poses, there = np.zeros((2, 3)), np.array([True, True])
    flat = Loss(np.ones((2, 2)), np.array([0.0, 0.96]), np.array([1.0, 2.0]), [])
    deep = Loss(np.ones((2, 2)), np.array([0.0, 0.9]), np.array([1.0, 2.0]), [])
    assert flat(poses, there, there)[0] == 0.0
    assert deep(poses, there, there)[0] == pytest.approx(0.01 * 1000 * 0.1)


@pytest.mark.parametrize("scene", [bedroom(), studio()], ids=lambda scene: scene.name)
def test_the_descent_lowers_the_loss_and_the_overlaps_of_its_start(scene: Scene) -> None:
    wishes = wishes_of(scene)
    start = proposed(wishes, np.random.default_rng(0))
    plan = plan_of(wishes, start)
    end = descend(scene, 0, 80)
    there = np.ones(len(plan.start), bool)
    before, after = (poses_of(plan, layout) for layout in (start, end))
    assert plan.loss(after, there, there)[0] < 0.7 * plan.loss(before, there, there)[0]
    assert plan.loss.overlaps(after, there)[0] < 0.7 * plan.loss.overlaps(before, there)[0]


def test_a_simple_wish_comes_true() -> None:
    relations = (Relation("bed_1", "against", "north_wall"), Relation("armchair_1", "facing", "bed_1"))
    scene = Scene(rectangle(4.0, 4.0), furniture(bed=1, armchair=1), relations)
    layout = descend(scene, 0, 400)
    assert min(satisfaction(scene, layout, relation).grade for relation in relations) > 0.9
    assert not BoxEngine().measure(scene, layout).penetrations


@pytest.mark.parametrize("seed", range(6))
def test_the_projection_brings_everything_that_fits_into_a_rectangle(seed: int) -> None:
    scene = Scene(rectangle(4.0, 3.0), furniture(sofa=1, chair=2, dining_table=1, bookshelf=1))
    wishes = wishes_of(scene)
    plan = plan_of(wishes, proposed(wishes, np.random.default_rng(seed)))
    poses = plan.start.copy()
    poses[:, :2] += np.random.default_rng(seed).uniform(-2.0, 2.0, (len(poses), 2))
    poses[:, 2] = np.random.default_rng(seed).uniform(-3.0, 3.0, len(poses))
    moved = projected(plan, poses, plan.free)
    layout = plan.layout(moved)
    outside = BoxEngine().measure(scene, layout).outside
    assert not outside
    assert moved[:, 2] == pytest.approx(poses[:, 2])


def test_the_projection_leaves_alone_what_is_inside() -> None:
    wishes = wishes_of(Scene(rectangle(4.0, 3.0), furniture(chair=2)))
    plan = plan_of(wishes, proposed(wishes, np.random.default_rng(0)))
    poses = np.array([(1.0, 1.0, 0.3), (3.0, 2.0, 2.0)])
    assert projected(plan, poses, plan.free) == pytest.approx(poses)


def test_a_corner_of_the_room_does_not_stay_in_a_piece() -> None:
    scene = studio()
    wishes = wishes_of(scene)
    plan = plan_of(wishes, proposed(wishes, np.random.default_rng(0)))
    i = plan.index["bookshelf_1"]
    poses = plan.start.copy()
    poses[i] = 3.35, 3.3, math.pi / 2  # across the corner at (3.4, 3.2)
    moved = projected(plan, poses, plan.free)
    layout = plan.layout(moved)
    assert abs(layout["bookshelf_1"].x - 3.35) < 1.0
    assert BoxEngine().measure(scene, layout).outside.get("bookshelf_1", 0.0) < 0.05


def test_small_pieces_end_on_their_carrier_and_pictures_on_their_wall() -> None:
    layout = descend(bedroom(), 1, 30)
    assert not BoxEngine().measure(bedroom(), layout).floating


def test_groups_are_what_relations_tie_together_and_hold_everything_once() -> None:
    relations = (Relation("chair_1", "facing", "desk_1"),)
    scene = Scene(rectangle(6.0, 6.0, door(0, 0.3)), furniture(bed=1, nightstand=1, desk=1, chair=1, box=4), relations)
    groups = groups_of(wishes_of(scene))
    assert {"bed_1", "nightstand_1"} == set(groups[0])
    assert {"desk_1", "chair_1"} in map(set, groups)
    assert sorted(id for group in groups for id in group) == sorted(piece.id for piece in scene.furniture)
    assert len(groups) == 4


@pytest.mark.slow
def test_the_room_bounds_hold_for_every_seed() -> None:
    scene = Scene(rectangle(4.0, 3.5), furniture(bed=1, wardrobe=1, armchair=1))
    for seed in range(4):
        layout = descend(scene, seed, 40)
        assert not BoxEngine().measure(scene, layout).outside
