# SPDX-License-Identifier: GPL-3.0-or-later
"""Feasibility told by the solver, and contradictions told without it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from metaspatial.backend.curate.generate import checked_scene, contradictions, generate_scene, is_feasible
from metaspatial.backend.curate.generate.feasible import arranged, share_met
from metaspatial.backend.rewards.boxes import BoxEngine
from metaspatial.backend.scene import Furniture, Layout, Opening, Relation, Room, Scene, scene_from_json

ROOM = Room(
    ((0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0)),
    2.5,
    (Opening("door_1", "door", 0, 0.2, 0.9, 2.0), Opening("window_1", "window", 2, 1.0, 1.5, 1.2, 0.9)),
)
PIECES = (Furniture("desk_1", "desk", (1.2, 0.6, 0.75)), Furniture("bed_1", "bed", (1.4, 2.0, 0.5)))
PLENTY = 30.0


@pytest.mark.slow
def test_the_solver_arranges_ten_generated_scenes():
    for seed in range(300, 310):
        scene = generate_scene(seed)
        layout = arranged(scene, PLENTY)
        assert layout is not None, scene.name
        assert BoxEngine().measure(scene, layout).valid
        assert set(layout) == {piece.id for piece in scene.furniture}


def test_a_feasible_scene_comes_as_it_is():
    plain = generate_scene(2, room_type="hallway", pieces=3)
    assert checked_scene(2, room_type="hallway", pieces=3, seconds=PLENTY, relations=0.0) == plain


def test_an_infeasible_scene_is_told():
    path = Path(__file__).parents[4] / "samples" / "too_small.json"
    assert not is_feasible(scene_from_json(path.read_text()), 1.0)


def test_a_scene_whose_relations_cannot_be_met_is_not_feasible_enough():
    wishes = (Relation("desk_1", "far_from", "bed_1", distance=9.0), Relation("bed_1", "against", "wall"))
    scene = Scene(ROOM, PIECES, wishes)
    assert is_feasible(scene, PLENTY)
    assert not is_feasible(scene, PLENTY, relations=0.8)


def test_nothing_feasible_is_said(monkeypatch):
    monkeypatch.setattr("metaspatial.backend.curate.generate.feasible.is_feasible", lambda *_, **__: False)
    with pytest.raises(RuntimeError, match="seed 7: no feasible scene in 12 draws"):
        checked_scene(7, room_type="bathroom", pieces=3)


def test_a_later_draw_is_named_after_its_attempt(monkeypatch):
    answers = iter([False, True])
    monkeypatch.setattr("metaspatial.backend.curate.generate.feasible.is_feasible", lambda *_, **__: next(answers))
    assert checked_scene(7, room_type="bathroom", pieces=3).name == "bathroom_7_1"


def test_the_share_of_relations_met_counts_unplaced_pieces_as_unmet():
    scene = Scene(ROOM, PIECES, (Relation("desk_1", "against", "wall"),))
    assert share_met(scene, Layout({})) == 0.0
    assert share_met(replace(scene, relations=()), Layout({})) == 1.0


@pytest.mark.parametrize(
    "pairs",
    [
        [("desk_1", "against", "north_wall"), ("desk_1", "against", "south_wall")],
        [("desk_1", "left_of", "bed_1"), ("desk_1", "right_of", "bed_1")],
        [("desk_1", "near", "window"), ("desk_1", "far_from", "window")],
        [("desk_1", "near", "bed_1"), ("bed_1", "far_from", "desk_1")],
        [("desk_1", "facing", "north_wall"), ("desk_1", "facing", "east_wall")],
        [("desk_1", "in_corner", "corner"), ("desk_1", "centered_on", "middle")],
        [("bed_1", "against", "wall"), ("bed_1", "centered_on", "middle")],
    ],
)
def test_what_cannot_be_together_is_found(pairs):
    scene = Scene(ROOM, PIECES, tuple(Relation(*pair) for pair in pairs))
    assert contradictions(scene)


@pytest.mark.parametrize(
    "pairs",
    [
        [("desk_1", "against", "wall"), ("desk_1", "against", "south_wall")],
        [("desk_1", "against", "north_wall"), ("desk_1", "under", "window"), ("desk_1", "far_from", "door")],
        [("desk_1", "left_of", "bed_1"), ("bed_1", "far_from", "door")],
        [("desk_1", "facing", "bed_1"), ("desk_1", "near", "bed_1")],
    ],
)
def test_what_can_be_together_passes(pairs):
    assert contradictions(Scene(ROOM, PIECES, tuple(Relation(*pair) for pair in pairs))) == ()
