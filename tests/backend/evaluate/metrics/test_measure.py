# SPDX-License-Identifier: GPL-3.0-or-later
"""All metrics together: the registry, its page, bounds, and what may not change a value."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metaspatial.backend.evaluate.metrics import METRICS, measure
from metaspatial.backend.evaluate.metrics.arrangement import BoxMesh, box_mesh_of
from metaspatial.backend.evaluate.metrics.page import metrics_markdown
from metaspatial.backend.scene import Layout, Pose, Relation, Scene
from metaspatial.backend.scene.document import scene_from_json
from metaspatial.tests.backend.evaluate.metrics.blocks import DOOR, WINDOW, cube, placed, scene, usual
from metaspatial.tests.strategies import layouts, scenes

ROOT = Path(__file__).resolve().parents[4]
ROOM = scene(
    usual("dining_table_1"), usual("chair_1"), usual("wardrobe_1"), usual("painting_1"), cube("a", 0.5),
    openings=(DOOR, WINDOW),
    relations=(Relation("chair_1", "near", "dining_table_1"), Relation("wardrobe_1", "against", "wall")),
)  # fmt: skip
LAYOUT = placed(
    ROOM,
    dining_table_1=(2, 2),
    chair_1=(2, 1.3, 180),
    wardrobe_1=(0.3, 2, 90),
    painting_1=(3.98, 2, 270, 1.5),
    a=(1.8, 2.9),
)


def test_every_registered_metric_is_measured_and_no_other():
    assert list(measure(ROOM, LAYOUT)) == list(METRICS)


def test_the_registry_is_complete():
    for name, metric in METRICS.items():
        assert metric.name == name
        assert metric.definition
        assert metric.source
    assert len({metric.title for metric in METRICS.values()}) == len(METRICS)


def test_the_page_is_the_registrys():
    assert (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8") == metrics_markdown()


@given(st.data())
@settings(max_examples=10)
def test_values_are_in_their_units_bounds(data):
    where = data.draw(scenes(max_pieces=5))
    layout = data.draw(layouts(where, complete=False))
    for name, value in measure(where, layout).items():
        if value is None:
            continue
        assert isinstance(value, float), name
        assert math.isfinite(value), name
        assert value >= 0.0 or not METRICS[name].unit
        if METRICS[name].unit == "share":
            assert value <= 1.0, name
        if METRICS[name].unit == "flag":
            assert value in (0.0, 1.0), name


def test_the_same_layout_has_the_same_values():
    assert measure(ROOM, LAYOUT) == measure(ROOM, LAYOUT)


def test_order_of_poses_unknown_ids_and_whole_turns_change_nothing():
    expected = measure(ROOM, LAYOUT)
    turned = {id: dataclasses.replace(pose, rotation=pose.rotation + 360) for id, pose in LAYOUT.poses.items()}
    stranger = {"nobody": Pose(2, 2, 1), **dict(reversed(turned.items()))}
    assert measure(ROOM, Layout(stranger)) == pytest.approx(expected, nan_ok=False)


def test_a_pose_that_is_not_finite_is_none():
    broken = LAYOUT.moved({"a": Pose(math.nan, 1, 1)})
    without = Layout({id: pose for id, pose in LAYOUT.poses.items() if id != "a"})
    ours = {name for name in METRICS if not name.startswith("metaspatial.")}
    one, other = measure(ROOM, broken), measure(ROOM, without)
    assert {name: one[name] for name in ours} == {name: other[name] for name in ours}


def test_an_empty_scene_and_nothing_placed():
    assert measure(scene(), Layout())["own.valid"] == 1.0
    values = measure(ROOM, Layout())
    assert (values["own.unplaced"], values["layoutvlm.ib"], values["sceneeval.oor"]) == (1.0, 0.0, 0.0)
    assert values["sceneeval.col"] is values["respace.pbl"] is None


def test_meshes_can_be_handed_in():
    """A mesh of the same boxes has the same values; one a quarter the size is out of the others' way."""
    where = scene(cube("a"), cube("b"))
    layout = placed(where, a=(1.5, 2), b=(2, 2))

    def small(piece):
        mesh = box_mesh_of(piece)
        return BoxMesh(mesh.vertices * np.array([0.25, 0.25, 1.0]), mesh.triangles)

    assert measure(where, layout, box_mesh_of) == measure(where, layout)
    values = measure(where, layout, small)
    assert (values["sceneeval.col"], values["respace.mbl"], values["sceneeval.sup"]) == (0.0, 0.0, 1.0)


def test_a_sample_with_everything_on_one_spot_is_measured():
    where: Scene = scene_from_json((ROOT / "samples" / "bedroom.json").read_text(encoding="utf-8"))
    values = measure(where, Layout({piece.id: Pose(1.0, 1.0, piece.size[2] / 2) for piece in where.movable}))
    assert values["own.collision_rate"] > 0.5
    assert values["sceneeval.col"] > 0.5
    assert values["layoutvlm.cf"] == values["respace.valid"] == 0.0
