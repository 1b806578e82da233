# SPDX-License-Identifier: GPL-3.0-or-later
"""What is drawn of layouts whose faults one can tell by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metaspatial.backend.rewards.boxes import BoxEngine
from metaspatial.backend.scene import Furniture, Layout, Opening, Pose, Room, Scene
from metaspatial.metaspatial_addon.overlay import figure_of
from metaspatial.tests.strategies import layouts, scenes

DOOR = Opening("door_1", "door", 0, 0.3, 0.9, 2.0, swing="in")
ROOM = Room(((0, 0), (5, 0), (5, 4), (0, 4)), 2.7, (DOOR,))
ELL = Room(((0, 0), (5, 0), (5, 2), (3, 2), (3, 4), (0, 4)), 2.7, (DOOR,))
BOX = Furniture("a", "box", (1.0, 1.0, 1.0))
OTHER = Furniture("b", "box", (1.0, 1.0, 1.0))


def drawn(room, *placed, layers=("conflicts",)):
    scene = Scene(room, tuple(piece for piece, _ in placed))
    layout = Layout({piece.id: Pose(*pose) for piece, pose in placed})
    return figure_of(scene, layout, BoxEngine().measure(scene, layout), layers)


def bounds(shape):
    points = np.concatenate([shape.triangles.reshape(-1, 3), shape.lines.reshape(-1, 3)])
    return [*points.min(0).tolist(), *points.max(0).tolist()]


def labels(figure):
    return [(label.kind, label.pieces, round(label.metres, 3)) for label in figure.labels]


def test_where_two_boxes_overlap_is_what_they_share():
    figure = drawn(ROOM, (BOX, (2.0, 2.0, 0.5)), (OTHER, (2.8, 2.1, 0.5)))
    (shape,) = [shape for shape in figure.shapes if shape.pieces]
    assert shape.style == "conflict"
    assert shape.pieces == ("a", "b")
    assert bounds(shape) == pytest.approx([2.3, 1.6, 0.0, 2.5, 2.5, 1.0], abs=1e-6)
    assert labels(figure) == [("overlap", ("a", "b"), 0.2)]
    assert figure.labels[0].at == pytest.approx([2.4, 2.05, 1.0], abs=1e-6)


@pytest.mark.parametrize(
    ("room", "pose", "box"),
    [
        (ROOM, (4.8, 2.0, 0.5), [5.0, 1.5, 0.0, 5.3, 2.5, 1.0]),
        (ELL, (3.2, 3.0, 0.5), [3.0, 2.5, 0.0, 3.7, 3.5, 1.0]),
        (ROOM, (2.5, 2.0, 2.5), [2.0, 1.5, 2.7, 3.0, 2.5, 3.0]),
    ],
)
def test_only_what_is_outside_is_marked(room, pose, box):
    figure = drawn(room, (BOX, pose))
    (shape,) = [shape for shape in figure.shapes if len(shape.triangles) and shape.style == "conflict"]
    assert bounds(shape) == pytest.approx(box, abs=1e-6)
    assert "outside" in {label.kind for label in figure.labels}


def test_a_blocked_door_is_red_from_leaf_to_leaf_and_a_free_one_is_not():
    free = drawn(ROOM, (BOX, (4.0, 3.0, 0.5)))
    assert [shape.style for shape in free.shapes] == ["clearance"]
    blocked = drawn(ROOM, (BOX, (0.75, 1.2, 0.5)))
    zone, intruder = blocked.shapes
    assert (zone.style, zone.pieces) == ("blocked", ())
    assert bounds(zone)[:2] + bounds(zone)[3:5] == pytest.approx([0.3, 0.0, 1.2, 0.9], abs=1e-6)
    assert (intruder.style, intruder.pieces) == ("conflict", ("a",))
    assert bounds(intruder) == pytest.approx([0.3, 0.7, 0.0, 1.2, 0.9, 1.0], abs=1e-6)
    assert labels(blocked) == [("blocked", ("a",), 0.2)]


def test_a_bed_shows_its_free_sides_and_says_when_it_has_none():
    bed = Furniture("bed", "bed", (1.6, 2.0, 0.5))
    free = drawn(ROOM, (bed, (3.0, 3.0, 0.25)), layers=("clearances",))
    assert [shape.style for shape in free.shapes] == ["clearance", "clearance"]
    beside = Furniture("left", "box", (0.5, 2.0, 1.0)), Furniture("right", "box", (0.5, 2.0, 1.0))
    placed = (beside[0], (1.9, 3.0, 0.5)), (beside[1], (4.2, 3.0, 0.5))
    shut = drawn(ROOM, (bed, (3.0, 3.0, 0.25)), *placed, layers=("clearances",))
    assert {shape.style for shape in shut.shapes} == {"blocked"}
    assert [label.kind for label in shut.labels] == ["cramped"]
    half = drawn(ROOM, (bed, (3.0, 3.0, 0.25)), placed[0], layers=("clearances",))
    assert [shape.style for shape in half.shapes] == ["clearance"]


def test_floor_that_is_cut_off_is_red_and_what_stands_there_out_of_reach():
    wall, chair = Furniture("wall", "box", (5.0, 0.3, 2.0)), Furniture("chair", "chair", (0.5, 0.5, 0.9))
    figure = drawn(ROOM, (wall, (2.5, 2.0, 1.0)), (chair, (2.5, 3.5, 0.45)), layers=("ways",))
    walked, cut_off, seat = figure.shapes
    assert bounds(walked)[4] < 1.86
    assert bounds(cut_off)[1] > 2.14
    assert (walked.style, cut_off.style, seat.pieces) == ("way", "cut_off", ("chair",))
    assert [label.kind for label in figure.labels] == ["unreachable"]
    assert figure.labels[0].metres > 0.3


def test_behind_a_door_that_does_not_open_nobody_gets_in():
    wall, chair = Furniture("wall", "box", (1.6, 1.4, 2.0)), Furniture("chair", "chair", (0.5, 0.5, 0.9))
    figure = drawn(ROOM, (wall, (0.8, 0.7, 1.0)), (chair, (2.5, 3.5, 0.45)), layers=("ways",))
    assert [label.kind for label in figure.labels] == ["shut"]


@pytest.mark.parametrize("rotation", [0, 90, 215])
def test_arrows_lead_where_fronts_look(rotation):
    sofa = Furniture("sofa", "sofa", (2.0, 0.9, 0.9))
    (arrow,) = drawn(ROOM, (sofa, (2.5, 2.0, 0.45, rotation)), layers=("fronts",)).shapes
    ahead = np.array([math.sin(math.radians(rotation)), -math.cos(math.radians(rotation))])
    along = (arrow.triangles.reshape(-1, 3)[:, :2] - (2.5, 2.0)) @ ahead
    assert along.min() > 0.45
    assert along.max() < 0.8
    assert not drawn(ROOM, (Furniture("rug", "rug", (2.0, 1.0, 0.01)), (2.5, 2.0, 0.005)), layers=("fronts",)).shapes


def test_a_figure_moves_as_a_whole():
    figure = drawn(ROOM, (BOX, (2.0, 2.0, 0.5)), (OTHER, (2.8, 2.0, 0.5)))
    in_cm = np.diag([100.0, 100.0, 100.0, 1.0])
    in_cm[:3, 3] = (10.0, 20.0, 30.0)
    moved = figure.moved(in_cm)
    for one, other in zip(figure.shapes, moved.shapes, strict=True):
        assert other.triangles == pytest.approx(one.triangles * 100 + (10, 20, 30), rel=1e-5)
        assert other.lines == pytest.approx(one.lines * 100 + (10, 20, 30), rel=1e-5)
    assert moved.labels[0].at == pytest.approx(figure.labels[0].at * 100 + (10, 20, 30), rel=1e-5)
    assert moved.labels[0].metres == figure.labels[0].metres


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_every_layout_can_be_drawn_and_every_fault_has_its_label(data):
    scene = data.draw(scenes())
    layout = data.draw(layouts(scene, complete=False))
    report = BoxEngine().measure(scene, layout)
    figure = figure_of(scene, layout, report)
    for shape in figure.shapes:
        assert np.isfinite(shape.triangles).all()
        assert np.isfinite(shape.lines).all()
    kinds = [label.kind for label in figure.labels]
    assert kinds.count("overlap") == len(report.penetrations)
    assert kinds.count("blocked") == len(report.blocked)
    assert kinds.count("outside") + kinds.count("sunk") == len(report.outside)
