# SPDX-License-Identifier: GPL-3.0-or-later
"""What scores, solver and capture say, told in the user's language."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metaspatial.backend.curate.generate import generate_scene
from metaspatial.backend.policies.solver import solve
from metaspatial.backend.rewards.scorer import Scorer
from metaspatial.backend.scene import Layout, Pose
from metaspatial.metaspatial_addon.ui import retold
from metaspatial.metaspatial_addon.ui.retold import retold as told_again


def complaints(seed: int) -> list[str]:
    """What a score says of a layout at random, and the solver of what it could not place."""
    dice, scene = random.Random(seed), generate_scene(seed, pieces=(6, 14))
    length, width = scene.room.extent

    def at(most: float) -> float:
        return dice.uniform(-0.3, most)

    poses = {
        piece.id: Pose(at(length), at(width), at(2.6), at(360.0)) for piece in scene.movable if dice.random() < 0.9
    }
    said = [issue.message for issue in Scorer().score(scene, Layout(poses)).issues if issue.part != "format"]
    return [*said, *(one.reason for one in solve(scene, seconds=0.2)[0].unplaced)]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 5000))
def test_all_that_is_said_is_recognised_and_kept(seed: int) -> None:
    said = complaints(seed)
    assert [told_again(text) for text in said] == said, "in English it stays what it was"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retold, "told", lambda text, **values: f"<{text}>")
        strange = [text for text in said if not told_again(text).startswith("<")]
    assert not strange


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bed_1 is 0.05 m inside rug_1", "bed_1 在 rug_1 内部 0.05 米"),
        ("bed_1 reaches 0.12 m out through the north wall", "bed_1 超出北墙 0.12 米"),
        ("sofa_1 should face the middle of the room; turn it by about 40°", "sofa_1 应朝向房间中央；请转动约 40°"),
        (
            "chair_1 should be in front of desk_1 and next to it; it is 0.20 m off",
            "chair_1 应在 desk_1 前面并紧挨着它；相差 0.20 米",
        ),
        ("something else", "something else"),
    ],
)
def test_it_is_told_in_chinese(monkeypatch: pytest.MonkeyPatch, text: str, expected: str) -> None:
    from metaspatial.metaspatial_addon.ui import languages, words

    chinese = languages.words()["zh_HANS"]
    monkeypatch.setattr(words, "pgettext_iface", lambda text: chinese.get(("*", text), text))
    assert told_again(text) == expected


def test_pieces_are_called_by_their_objects() -> None:
    names = {"bed_1": "Grandma's bed", "desk_1": "Desk.001"}
    assert told_again("bed_1 is 0.05 m inside desk_1", names) == "Grandma's bed is 0.05 m inside Desk.001"
    assert told_again("desk_1 should be near bed_1; it is 0.20 m off", names) == (
        "Desk.001 should be near Grandma's bed; it is 0.20 m off"
    )
