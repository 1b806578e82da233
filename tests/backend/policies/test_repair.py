# SPDX-License-Identifier: GPL-3.0-or-later
"""Settling by an engine's measure, where the engine sees more than the boxes do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from metaspatial.backend.policies.repair import settle_on
from metaspatial.backend.policies.settle import settle
from metaspatial.backend.rewards.boxes import BoxEngine
from metaspatial.backend.rewards.physics import PhysicsReport
from metaspatial.backend.scene import Layout, Part, Pose, Scene
from metaspatial.tests.backend.policies.rooms import door, furniture, rectangle

ROOM = rectangle(5, 4, door(0, 4))


class Solid:
    """Sees some pieces as solid blocks, as meshes with cross-bars and thick frames are; counts its measurements."""

    def __init__(self, *solid: str) -> None:
        self.solid = solid
        self.measured = 0

    def measure(self, scene: Scene, layout: Layout) -> PhysicsReport:
        self.measured += 1
        blocks = tuple(
            replace(piece, parts=(Part((0.0, 0.0, 0.0), piece.size),)) if piece.id in self.solid else piece
            for piece in scene.furniture
        )
        return BoxEngine().measure(replace(scene, furniture=blocks), layout)


@pytest.fixture
def tucked() -> tuple[Scene, Layout]:
    """Two chairs half under a table; valid by their boxes."""
    scene = Scene(ROOM, furniture(dining_table=1, chair=2))
    table, chair = scene.piece("dining_table_1").size, scene.piece("chair_1").size
    away = table[1] / 2 + chair[1] / 2 - 0.2
    poses = {
        "dining_table_1": Pose(2.5, 2.0, table[2] / 2),
        "chair_1": Pose(2.5, 2.0 + away, chair[2] / 2),
        "chair_2": Pose(2.5, 2.0 - away, chair[2] / 2, 180.0),
    }
    layout = Layout(poses)
    assert BoxEngine().measure(scene, layout).valid
    return scene, layout


def test_what_the_engine_finds_valid_is_left_alone(tucked: tuple[Scene, Layout]) -> None:
    engine = Solid()
    done = settle_on(*tucked, engine)
    assert done.layout == tucked[1]
    assert done.moved == {}
    assert engine.measured == 1


def test_a_piece_whose_mesh_is_thicker_than_its_boxes_is_moved_out(tucked: tuple[Scene, Layout]) -> None:
    scene, layout = tucked
    engine = Solid("chair_1")
    assert settle(scene, layout).moved == {}
    done = settle_on(scene, layout, engine)
    assert engine.measure(scene, done.layout).valid
    assert set(done.moved) == {"chair_1"}
    assert 0.15 < done.moved["chair_1"] < 0.3


def test_where_the_larger_one_is_to_blame_both_become_boxes(tucked: tuple[Scene, Layout]) -> None:
    scene, layout = tucked
    engine = Solid("dining_table_1")
    done = settle_on(scene, layout, engine)
    assert engine.measure(scene, done.layout).valid
    assert "dining_table_1" not in done.moved


def test_an_engine_that_is_never_content_gets_the_layout_back_in_bounded_time(tucked: tuple[Scene, Layout]) -> None:
    class Never(Solid):
        def measure(self, scene: Scene, layout: Layout) -> PhysicsReport:
            self.measured += 1
            return PhysicsReport(outside={"chair_1": 1.0}, outside_share={"chair_1": 1.0})

    engine = Never()
    done = settle_on(*tucked, engine)
    assert done.layout == tucked[1]
    assert done.moved == {}
    assert engine.measured <= 5


def test_the_better_of_two_imperfect_layouts_is_kept() -> None:
    scene = Scene(rectangle(2, 2, door(0, 0.5)), furniture(bed=1, box=1))
    half = scene.piece("box_1").size[2] / 2
    layout = Layout({"bed_1": Pose(1, 1, 0.455), "box_1": Pose(1, 1, half + 1.5)})
    engine = BoxEngine()
    done = settle_on(scene, layout, engine)
    assert not engine.measure(scene, done.layout).valid  # no bed fits there
    assert sum(engine.measure(scene, done.layout).floating.values()) <= 1.5


def test_a_piece_without_a_pose_stays_without(tucked: tuple[Scene, Layout]) -> None:
    scene, layout = tucked
    scene = replace(scene, furniture=(*scene.furniture, *furniture(plant=1)))
    done = settle_on(scene, layout, Solid("chair_1", "chair_2"))
    assert "plant_1" not in done.layout
    assert set(done.moved) == {"chair_1", "chair_2"}


def test_it_can_be_stopped_between_the_steps(tucked: tuple[Scene, Layout]) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        settle_on(*tucked, Solid("chair_1"), check=stop)
