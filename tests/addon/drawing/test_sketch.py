# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawing a room by events: whatever one clicks and types, what comes out is a sound floor with sound openings."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend.scene.geometry import is_simple, polygon_area
from metaspatial.metaspatial_addon.drawing import plan, sketch
from metaspatial.metaspatial_addon.drawing.plan import PlannedOpening, Point
from metaspatial.metaspatial_addon.drawing.sketch import Pointer, Sketch

coordinates = st.floats(-4, 4, allow_nan=False)
points = st.tuples(coordinates, coordinates)
pointers = st.builds(Pointer, points, st.floats(0.01, 0.5), st.booleans(), st.booleans())
events = st.one_of(
    pointers.map(lambda pointer: ("click", pointer)),
    pointers.map(lambda pointer: ("point", pointer)),
    st.sampled_from([("enter",), ("back",), ("type", "1"), ("type", "."), ("type", "0"), ("kind", "window")]),
)
L_SHAPE: tuple[Point, ...] = ((0, 0), (5, 0), (5, 2), (2, 2), (2, 4), (0, 4))


def played(drawn: Sketch, event: tuple) -> Sketch:
    match event:
        case ("click", pointer):
            return sketch.click(sketch.point(drawn, pointer))
        case ("point", pointer):
            return sketch.point(drawn, pointer)
        case ("enter",):
            return sketch.enter(drawn)
        case ("back",):
            return sketch.back(drawn)
        case ("type", letter):
            return sketch.type_digit(drawn, letter)
        case ("kind", kind):
            return sketch.choose(drawn, kind)
    raise AssertionError(event)


def drawn_by(corners: tuple[Point, ...] = L_SHAPE) -> Sketch:
    """A closed sketch of these corners."""
    drawn = Sketch()
    for corner in corners:
        drawn = played(drawn, ("click", Pointer(corner)))
        assert drawn.problem is None
    return sketch.enter(drawn)


def path_is_simple(corners: tuple[Point, ...]) -> bool:
    """Whether no two walls of an open path meet, but neighbours in their corner."""
    walls = list(pairwise(corners))
    return not any(meet(*one, *other) for index, one in enumerate(walls) for other in walls[index + 2 :])


def meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two segments have a point in common, in exact arithmetic."""

    def side(p: Point, q: Point, r: Point) -> int:
        (px, py), (qx, qy), (rx, ry) = (tuple(map(Fraction, point)) for point in (p, q, r))
        turn = (qx - px) * (ry - py) - (qy - py) * (rx - px)
        return (turn > 0) - (turn < 0)

    def within(p: Point, q: Point, r: Point) -> bool:
        return all(min(p[axis], q[axis]) <= r[axis] <= max(p[axis], q[axis]) for axis in (0, 1))

    sides = side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)
    if sides[0] != sides[1] and sides[2] != sides[3]:
        return True
    ends = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(turn == 0 and within(*each) for turn, each in zip(sides, ends, strict=True))


@given(st.lists(events, max_size=40))
def test_walls_never_cross_and_the_floor_is_always_sound(steps: list[tuple]) -> None:
    drawn = Sketch()
    for step in steps:
        drawn = played(drawn, step)
        assert path_is_simple(drawn.corners)
        if drawn.stage == "corners":
            assert drawn.floor == ()
            continue
        floor = drawn.floor
        assert is_simple(floor)
        assert polygon_area(floor) >= plan.LEAST_AREA * 0.99
        for index, opening in enumerate(drawn.openings):
            assert opening.offset >= 0
            assert opening.end <= plan.wall_length(floor, opening.wall) + 1e-9
            for other in drawn.openings[:index]:
                apart = opening.end <= other.offset or other.end <= opening.offset
                assert other.wall != opening.wall or apart


@given(st.lists(points, min_size=3, max_size=14))
def test_corners_that_are_not_refused_make_a_sound_floor(corners: list[Point]) -> None:
    if plan.floor_problem(corners) is None:
        floor = plan.floor_of(corners)
        assert is_simple(floor)
        assert polygon_area(floor) > 0


@given(st.lists(events, max_size=25), pointers)
def test_taking_back_is_exact(steps: list[tuple], pointer: Pointer) -> None:
    drawn = Sketch()
    for step in steps:
        drawn = played(drawn, step)
    before = sketch.point(drawn, pointer)
    after = sketch.click(before)
    if before.stage == "done" or before.typed or after.problem is not None:
        return
    assert after != before
    assert replace(sketch.back(after), problem=None) == replace(before, problem=None)


@given(st.lists(events, max_size=30))
def test_backspace_takes_everything_back_in_the_end(steps: list[tuple]) -> None:
    drawn = Sketch()
    for step in steps:
        drawn = played(drawn, step)
    if drawn.stage == "done":
        return
    for _ in range(200):
        drawn = sketch.back(drawn)
    assert (drawn.corners, drawn.openings, drawn.typed, drawn.stage) == ((), (), "", "corners")


@given(points, st.sampled_from([plan.GRID, plan.FINE_GRID]))
def test_snapping_is_near_and_lands_on_the_grid(point: Point, grid: float) -> None:
    snapped = plan.snapped(point, grid)
    assert math.dist(point, snapped) <= grid / 2 * math.sqrt(2) + 1e-4
    assert plan.snapped(snapped, grid) == snapped
    for value in snapped:
        assert abs(value / grid - round(value / grid)) < 1e-6


@given(points, points)
def test_straight_walls_run_along_axes_and_diagonals(start: Point, point: Point) -> None:
    x, y = plan.straightened(start, point, plan.GRID)
    dx, dy = abs(x - start[0]), abs(y - start[1])
    assert min(dx, dy, abs(dx - dy)) < 2e-4


@given(st.floats(0.5, 20).map(lambda length: round(length, 2)), points)
def test_a_typed_length_is_the_length_of_the_wall(length: float, towards: Point) -> None:
    drawn = sketch.click(sketch.point(Sketch(), Pointer((0.0, 0.0))))
    drawn = sketch.point(drawn, Pointer(towards))
    for letter in f"{length:.2f}":
        drawn = sketch.type_digit(drawn, letter)
    drawn = sketch.enter(drawn)
    assert math.dist(*drawn.corners) == pytest.approx(length, abs=2e-4)
    assert drawn.typed == ""


def test_a_typed_wall_near_an_axis_runs_along_it() -> None:
    drawn = sketch.click(sketch.point(Sketch(), Pointer((1.0, 1.0))))
    drawn = sketch.point(drawn, Pointer((3.0, 1.1)))
    for letter in "4,25":
        drawn = sketch.type_digit(drawn, letter)
    assert sketch.enter(drawn).corners[-1] == (5.25, 1.0)


def test_a_click_on_the_first_corner_closes_the_room() -> None:
    drawn = Sketch()
    for corner in L_SHAPE:
        drawn = played(drawn, ("click", Pointer(corner)))
    drawn = sketch.point(drawn, Pointer((0.07, 0.02), reach=0.1))
    assert drawn.closing
    drawn = sketch.click(drawn)
    assert drawn.stage == "openings"
    assert drawn.floor == L_SHAPE


def test_clockwise_corners_and_corners_on_a_straight_wall_make_the_same_floor() -> None:
    corners = ((0.0, 0.0), (0.0, 4.0), (2.0, 4.0), (2.0, 2.0), (3.5, 2.0), (5.0, 2.0), (5.0, 0.0))
    floor = drawn_by(corners).floor
    assert polygon_area(floor) == pytest.approx(14.0)
    assert set(floor) == set(L_SHAPE)


@pytest.mark.parametrize(
    ("corners", "words"),
    [
        (((0, 0), (4, 0)), "at least three corners"),
        (((0, 0), (0.8, 0), (0.8, 0.8), (0, 0.8)), "wardrobe"),
        (((0, 0), (4, 0), (4, 3), (2, -1)), "cross"),
        (((0, 0), (4, 0), (2, 0)), "back along"),
        (((0, 0), (4, 0), (4, 3), (2, 3), (2, 1), (6, 1)), "cross"),
    ],
)
def test_what_makes_no_room_is_said_in_words(corners: tuple[Point, ...], words: str) -> None:
    drawn = Sketch()
    for corner in corners:
        drawn = sketch.click(sketch.point(drawn, Pointer(corner, reach=0.01)))
        if drawn.problem is not None:
            break
    else:
        drawn = sketch.enter(drawn)
    assert drawn.stage == "corners"
    assert words in str(drawn.problem)
    assert words in str(plan.floor_problem(corners))


def test_doors_and_windows_go_to_the_wall_that_is_clicked() -> None:
    drawn = drawn_by()
    drawn = played(drawn, ("click", Pointer((2.52, 0.1))))
    drawn = sketch.choose(drawn, "window")
    drawn = played(drawn, ("click", Pointer((0.2, 1.9))))
    assert drawn.openings == (PlannedOpening("door", 0, 2.05, 0.9), PlannedOpening("window", 5, 1.5, 1.2))
    drawn = sketch.back(drawn)
    assert [opening.kind for opening in drawn.openings] == ["door"]
    assert sketch.enter(drawn).stage == "done"


def test_the_middle_of_the_room_is_no_wall() -> None:
    drawn = played(drawn_by(), ("click", Pointer((1.0, 1.0))))
    assert drawn.openings == ()
    assert "Click on a wall" in str(drawn.problem)


def test_an_opening_slides_off_the_corner() -> None:
    drawn = played(drawn_by(), ("click", Pointer((0.1, 0.0))))
    assert drawn.openings[0].offset == plan.JAMB


def test_an_opening_wider_than_its_wall_is_refused_in_words() -> None:
    drawn = drawn_by()
    for letter in "2.5":
        drawn = sketch.type_digit(drawn, letter)
    drawn = played(drawn, ("click", Pointer((5.0, 1.0))))
    assert drawn.openings == ()
    assert str(drawn.problem) == "This wall is 2.00 m long: too short for a door of 2.50 m."
    drawn = played(drawn, ("click", Pointer((2.5, 0.0))))
    assert drawn.openings == (PlannedOpening("door", 0, 1.25, 2.5),)


def test_two_openings_never_share_a_place() -> None:
    drawn = played(drawn_by(), ("click", Pointer((2.5, 0.0))))
    drawn = sketch.choose(drawn, "window")
    drawn = played(drawn, ("click", Pointer((2.0, 0.0))))
    assert [opening.kind for opening in drawn.openings] == ["door"]
    assert "door here already" in str(drawn.problem)
