# SPDX-License-Identifier: GPL-3.0-or-later
"""Turned and mirrored scenes mean the same."""

from __future__ import annotations

import dataclasses

import pytest
from metaspatial.backend.curate.generate import generate_scene
from metaspatial.backend.curate.targets import symmetries, teach
from metaspatial.backend.curate.targets.augment import transformed, transformed_layout
from metaspatial.backend.rewards.scorer import Scorer
from metaspatial.backend.scene import validate
from metaspatial.backend.scene.geometry import opening_span, walls

SEEDS = (3, 14, 15, 92)


def test_the_first_is_the_scene_itself_and_all_are_sound():
    for seed in SEEDS:
        scene = generate_scene(seed, pieces=(5, 9))
        every = symmetries(scene)
        assert every[0] is scene
        assert len({one.room.floor + one.room.openings for one in every}) > 1
        for one in every:
            validate(one)
            assert min(x for x, _ in one.room.floor) == 0 == min(y for _, y in one.room.floor)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_layout_scores_the_same_in_the_transformed_scene(mirrored):
    for seed in SEEDS:
        scene = generate_scene(seed, pieces=(5, 9))
        layout = teach(scene).layout
        before = Scorer().score(scene, layout)
        for quarters in range(4):
            other = transformed(scene, quarters, mirrored)
            after = Scorer().score(other, transformed_layout(scene, layout, quarters, mirrored))
            assert after.physics == before.physics == 1.0
            assert after.function == pytest.approx(before.function, abs=0.03)  # the walkway's cells differ


def test_four_quarters_and_two_mirrors_are_none():
    scene = generate_scene(7, pieces=(5, 9))
    turned = scene
    for _ in range(4):
        turned = transformed(turned, 1, False)
    mirrored = transformed(transformed(scene, 0, True), 0, True)
    for other in (turned, mirrored):
        assert other.relations == scene.relations
        assert other.preference == scene.preference
        spans = [sorted(opening_span(other.room, opening)) for opening in other.room.openings]
        expected = [sorted(opening_span(scene.room, opening)) for opening in scene.room.openings]
        for span, wanted in zip(spans, expected, strict=True):
            assert [v for point in span for v in point] == pytest.approx([v for point in wanted for v in point])


def test_directions_and_hands_change():
    scene = generate_scene(7, pieces=(5, 9))
    scene = dataclasses.replace(
        scene,
        preference="Put the bed against the east wall.",
        relations=(dataclasses.replace(scene.relations[0], predicate="left_of", anchor="east_wall"),),
    )
    turned = transformed(scene, 1, False)
    assert turned.preference == "Put the bed against the north wall."
    assert turned.relations[0].anchor == "north_wall"
    assert turned.relations[0].predicate == "left_of"
    mirrored = transformed(scene, 0, True)
    assert mirrored.preference == "Put the bed against the west wall."
    assert mirrored.relations[0].predicate == "right_of"
    lengths = sorted(round(wall.length, 6) for wall in walls(scene.room))
    assert lengths == sorted(round(wall.length, 6) for wall in walls(mirrored.room))
