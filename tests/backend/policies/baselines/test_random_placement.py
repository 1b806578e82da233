# SPDX-License-Identifier: GPL-3.0-or-later
"""Random placement: random where it says so, and right where it does not."""

from __future__ import annotations

import numpy as np
import pytest
from metaspatial.backend.policies.baselines.random_placement import scatter
from metaspatial.backend.rewards.boxes import BoxEngine
from metaspatial.backend.scene.geometry import signed_distance, walls
from metaspatial.tests.backend.policies.rooms import bedroom, studio

SEEDS = range(12)


@pytest.mark.parametrize("seed", SEEDS)
def test_everything_touches_what_it_is_mounted_on(seed: int) -> None:
    scene = bedroom()
    report = BoxEngine().measure(scene, scatter(scene, np.random.default_rng(seed)))
    assert report.unplaced == ()
    assert not report.floating
    assert not report.sunk


@pytest.mark.parametrize("seed", SEEDS)
def test_standing_pieces_have_their_centre_in_the_room_and_a_yaw_of_four(seed: int) -> None:
    scene = studio()
    layout = scatter(scene, np.random.default_rng(seed))
    for piece in scene.furniture:
        pose = layout[piece.id]
        if piece.mount == "floor":
            assert signed_distance(scene.room.floor, (pose.x, pose.y)) > 0
        if piece.mount != "wall":
            assert pose.rotation in (0.0, 90.0, 180.0, 270.0)
        else:
            assert pose.rotation in {wall.facing for wall in walls(scene.room)}


def test_all_of_the_room_is_used() -> None:
    scene = bedroom()
    layouts = [scatter(scene, np.random.default_rng(seed)) for seed in range(200)]
    x, y = np.array([(layout["chair_1"].x, layout["chair_1"].y) for layout in layouts]).T
    assert x.min() < 0.3
    assert x.max() > 4.7
    assert abs(x.mean() - 2.5) < 0.3
    assert abs(y.mean() - 2.0) < 0.3
