# SPDX-License-Identifier: GPL-3.0-or-later
"""Annealing: hard rules hold at every step, the cost falls, what fits nowhere is left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from metaspatial.backend.dialogue import open_dialogue, parse_answer
from metaspatial.backend.policies.baselines.annealing import AnnealingPolicy, _Cost, _Rules, anneal
from metaspatial.backend.policies.baselines.wishes import wishes_of
from metaspatial.backend.rewards.boxes import BoxEngine
from metaspatial.backend.rewards.relations import satisfaction
from metaspatial.backend.scene import Layout, Pose, Relation, Scene
from metaspatial.tests.backend.policies.rooms import bedroom, door, furniture, rectangle, studio


@pytest.mark.parametrize("scene", [bedroom(), studio()], ids=lambda scene: scene.name)
def test_a_layout_breaks_no_rule_however_short_the_annealing(scene: Scene) -> None:
    for steps in (0, 30):
        report = BoxEngine().measure(scene, anneal(scene, 1, steps))
        assert replace(report, unplaced=()).valid


def test_every_move_keeps_the_rules() -> None:
    scene = bedroom()
    rules = _Rules(wishes_of(scene), np.random.default_rng(0))
    poses = dict(anneal(scene, 0, 0).poses)
    changed = 0
    for _ in range(70):
        trial = rules.moved(poses, 0.5)
        if trial is not None:
            poses, changed = trial, changed + 1
            assert replace(BoxEngine().measure(scene, Layout(poses)), unplaced=()).valid
    assert changed > 8


def test_what_stands_on_a_piece_moves_with_it() -> None:
    pieces = furniture(desk=1, monitor=1)
    scene = Scene(rectangle(4.0, 4.0), pieces, (Relation("monitor_1", "on", "desk_1"),))
    poses = dict(anneal(scene, 0, 0).poses)
    rules = _Rules(wishes_of(scene), np.random.default_rng(0))
    turned = replace(poses["desk_1"], x=2.0, y=2.0, rotation=(poses["desk_1"].rotation + 90.0) % 360.0)
    moved = rules._checked({"desk_1": turned}, poses)
    assert moved is not None
    before, after = poses["monitor_1"], moved["monitor_1"]
    assert after.rotation == (before.rotation + 90.0) % 360.0
    assert after.x - 2.0 == pytest.approx(-(before.y - poses["desk_1"].y))
    assert after.y - 2.0 == pytest.approx(before.x - poses["desk_1"].x)


def test_the_cost_kept_move_by_move_is_that_of_the_whole() -> None:
    scene = bedroom()
    wishes = wishes_of(scene)
    rules, cost = _Rules(wishes, np.random.default_rng(0)), _Cost(wishes)
    poses = dict(anneal(scene, 0, 0).poses)
    cost.of(poses)
    for k in range(40):
        trial = rules.moved(poses, 0.5)
        if trial is not None:
            value = cost.of(trial, poses)
            assert value == pytest.approx(_Cost(wishes).of(trial))
            if k % 2:
                poses = trial
                cost.keep()


@pytest.mark.slow
def test_wishes_come_true() -> None:
    relations = (Relation("bed_1", "against", "north_wall"), Relation("armchair_1", "facing", "bed_1"))
    scene = Scene(rectangle(4.0, 4.0, door(0, 0.3)), furniture(bed=1, armchair=1), relations)
    layout = anneal(scene, 0, 400)
    assert min(satisfaction(scene, layout, relation).grade for relation in relations) > 0.95


def test_more_steps_never_cost_more() -> None:
    scene = bedroom()
    wishes = wishes_of(scene)
    start, end = (_Cost(wishes).of(dict(anneal(scene, 2, steps).poses)) for steps in (0, 100))
    assert end < start


def test_what_fits_nowhere_is_left_out_and_named() -> None:
    scene = Scene(rectangle(2.5, 2.5, door(0, 0.2)), furniture(bed=2, wardrobe=2))
    answer = parse_answer(scene, AnnealingPolicy(0, 30).answer(open_dialogue(scene)))
    missing = [piece.id for piece in scene.movable if piece.id not in answer.layout]
    assert missing
    assert answer.think == f"No free place found for {', '.join(missing)}."


def test_a_lamp_on_a_fixed_table_stays_on_it() -> None:
    table = replace(furniture(side_table=1)[0], fixed=True, pose=Pose(2.0, 2.0, 0.3, 20.0))
    scene = Scene(rectangle(4.0, 4.0), (table, *furniture(table_lamp=1, chair=1)))
    report = BoxEngine().measure(scene, anneal(scene, 0, 60))
    assert report.valid
