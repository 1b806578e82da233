# SPDX-License-Identifier: GPL-3.0-or-later
"""Settle makes layouts valid and moves little."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metaspatial.backend.policies.settle import settle
from metaspatial.backend.policies.solver import solve
from metaspatial.backend.rewards.boxes import BoxEngine
from metaspatial.backend.scene import Layout, Pose, Scene
from metaspatial.tests.backend.policies.rooms import bedroom, door, furniture, rectangle


@pytest.fixture(scope="module")
def tidy() -> Layout:
    return solve(bedroom(), seconds=60)[0].layout


def test_a_valid_layout_is_left_alone(tidy):
    settled = settle(bedroom(), tidy)
    assert settled.layout == tidy
    assert settled.moved == {}
    assert settled.stuck == ()


@pytest.mark.slow
@settings(max_examples=20)
@given(st.integers(0, 10**6), st.sampled_from([0.02, 0.1, 0.5, 2.0]))
def test_a_shaken_layout_becomes_valid_again(tidy, seed, shake):
    random = Random(seed)
    shaken = Layout(
        {
            id: Pose(
                pose.x + random.gauss(0, shake),
                pose.y + random.gauss(0, shake),
                pose.z + random.gauss(0, shake / 4),
                pose.rotation + random.gauss(0, 40 * shake),
            )
            for id, pose in tidy.poses.items()
        }
    )
    settled = settle(bedroom(), shaken)
    assert settled.stuck == ()
    report = BoxEngine().measure(bedroom(), settled.layout)
    assert report.valid, report
    again = settle(bedroom(), settled.layout)
    assert sum(again.moved.values()) < 0.02


def two_boxes(gap: float) -> tuple[Scene, Layout]:
    scene = Scene(rectangle(5, 4, door(0, 4)), furniture(box=2))
    length, _, height = scene.piece("box_1").size
    poses = {"box_1": Pose(2.0, 2.0, height / 2), "box_2": Pose(2.0 + length + gap, 2.0, height / 2)}
    return scene, Layout(poses)


def test_an_overlap_costs_about_its_depth():
    scene, layout = two_boxes(-0.05)
    settled = settle(scene, layout)
    assert sum(settled.moved.values()) == pytest.approx(0.05, abs=0.03)
    assert len(settled.moved) == 1


def test_touching_pieces_stay():
    scene, layout = two_boxes(0.0)
    assert settle(scene, layout).moved == {}


def test_floating_pieces_drop_and_sunk_ones_rise():
    scene, layout = two_boxes(0.5)
    half = scene.piece("box_1").size[2] / 2
    poses = {"box_1": replace(layout["box_1"], z=1.2), "box_2": replace(layout["box_2"], z=-0.4)}
    settled = settle(scene, Layout(poses)).layout
    assert settled["box_1"] == replace(layout["box_1"], z=half)
    assert settled["box_2"].z == pytest.approx(half)


def test_what_is_outside_comes_in_by_the_nearest_way():
    scene, layout = two_boxes(0.5)
    outside = layout.moved({"box_1": Pose(-0.7, 2.0, 0.175)})
    settled = settle(scene, outside).layout
    assert 0.2 <= settled["box_1"].x < 0.3
    assert settled["box_1"].y == pytest.approx(2.0, abs=0.1)


def test_lamps_go_with_the_table_they_stand_on():
    scene = Scene(rectangle(5, 4, door(0, 4)), furniture(nightstand=1, table_lamp=1))
    layout = Layout({"nightstand_1": Pose(-0.1, 2.0, 0.275), "table_lamp_1": Pose(-0.12, 2.03, 0.775)})
    settled = settle(scene, layout).layout
    assert settled["nightstand_1"].x > 0.2
    offset = (
        settled["table_lamp_1"].x - settled["nightstand_1"].x,
        settled["table_lamp_1"].y - settled["nightstand_1"].y,
    )
    assert math.hypot(offset[0] + 0.02, offset[1] - 0.03) < 0.02


def test_locked_pieces_never_move_and_unplaced_ones_stay_unplaced():
    scene, layout = two_boxes(-0.1)
    locked = replace(scene.piece("box_2"), fixed=True, pose=layout["box_2"])
    scene = replace(scene, furniture=(scene.piece("box_1"), locked, *furniture(plant=1)))
    settled = settle(scene, layout)
    assert set(settled.moved) == {"box_1"}
    assert settled.layout["box_2"] == layout["box_2"]
    assert "plant_1" not in settled.layout


def test_what_fits_nowhere_is_named_and_stays_where_it_was():
    scene = Scene(rectangle(2, 2, door(0, 0.5)), furniture(bed=1))
    layout = Layout({"bed_1": Pose(1, 1, 0.455)})
    settled = settle(scene, layout)
    assert settled.stuck == ("bed_1",)
    assert settled.layout == layout
