# SPDX-License-Identifier: GPL-3.0-or-later
"""What all baselines have in common: they answer every scene, the same for a seed, and stop when told to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from metaspatial.backend.dialogue import format_answer, open_dialogue, parse_answer
from metaspatial.backend.policies.baselines.annealing import AnnealingPolicy
from metaspatial.backend.policies.baselines.gradient import GradientPolicy
from metaspatial.backend.policies.baselines.grid import GridPolicy
from metaspatial.backend.policies.baselines.registry import BASELINES
from metaspatial.backend.policies.policy import Cancelled, Policy
from metaspatial.backend.rewards.boxes import BoxEngine
from metaspatial.backend.scene import Furniture, Layout, Pose, Relation, Room, Scene, scene_from_json
from metaspatial.tests.backend.policies.rooms import door, furniture, rectangle, window

SAMPLES = sorted((Path(__file__).parents[4] / "samples").glob("*.json"))
NAMES = sorted(BASELINES)
L_ROOM = Room(((0.0, 0.0), (5.0, 0.0), (5.0, 2.5), (2.5, 2.5), (2.5, 5.0), (0.0, 5.0)), 2.6, (door(0, 0.4),))


def quick(name: str, seed: int = 0) -> Policy:
    """The baseline with less time than usual, and steps instead of seconds wherever they decide."""
    policy = BASELINES[name](seed)
    if isinstance(policy, GradientPolicy):
        return replace(policy, iterations=20)
    if isinstance(policy, AnnealingPolicy):
        return replace(policy, steps=30)
    return policy


def small_room() -> Scene:
    return Scene(
        rectangle(4.0, 3.5, door(0, 0.4), window(2, 1.0)),
        furniture(bed=1, nightstand=1, wardrobe=1, rug=1, table_lamp=1, painting=1, ceiling_lamp=1, chair=1),
        (Relation("nightstand_1", "near", "bed_1", adjacent=True), Relation("chair_1", "facing", "bed_1")),
        preference="The wardrobe far from the door.",
        name="small room",
    )


def layout_of(policy: Policy, scene: Scene) -> Layout:
    answer = parse_answer(scene, policy.answer(open_dialogue(scene)))
    assert {problem.kind for problem in answer.problems} <= {"missing_id"}
    return answer.layout


@pytest.mark.slow
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("name", NAMES)
def test_every_sample_is_answered_in_full_or_says_what_is_missing(name: str, path: Path) -> None:
    scene = scene_from_json(path.read_text())
    policy = GridPolicy(0, seconds=0.5) if name == "grid" else quick(name)
    text = policy.answer(open_dialogue(scene))
    answer = parse_answer(scene, text)
    missing = {piece.id for piece in scene.movable if piece.id not in answer.layout}
    assert [problem for problem in answer.problems if problem.piece not in missing] == []
    assert all(id in answer.think for id in missing)
    if name in ("random", "gradient"):
        assert not missing


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_always_gives_the_same_answer_and_another_seed_another(name: str) -> None:
    dialogue = open_dialogue(small_room())
    texts = [quick(name, seed).answer(dialogue) for seed in (3, 3, 4)]
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize("name", NAMES)
def test_the_policy_carries_its_name(name: str) -> None:
    assert BASELINES[name](0).name == name


@pytest.mark.parametrize("name", NAMES)
def test_a_cancelled_policy_stops_at_once(name: str) -> None:
    with pytest.raises(Cancelled):
        quick(name).answer(open_dialogue(small_room()), cancelled=lambda: True)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "random"])
def test_a_policy_stops_in_the_midst_of_its_work(name: str) -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 5

    with pytest.raises(Cancelled):
        quick(name).answer(open_dialogue(small_room()), cancelled=cancelled)
    assert asked == 6


@pytest.mark.parametrize("name", [name for name in NAMES if name != "random"])
def test_progress_is_told(name: str) -> None:
    lines: list[str] = []
    quick(name).answer(open_dialogue(small_room()), on_text=lines.append)
    assert lines
    assert "100 %" in lines[-1]


@pytest.mark.parametrize("name", NAMES)
def test_a_concave_room_is_furnished_within_its_bounds(name: str) -> None:
    scene = Scene(L_ROOM, furniture(sofa=1, bookshelf=1, chair=1, plant=1), name="L")
    layout = layout_of(quick(name), scene)
    assert len(layout) == 4
    report = BoxEngine().measure(scene, layout)
    if name != "random":
        assert not report.outside


@pytest.mark.parametrize("name", NAMES)
def test_one_piece_alone_finds_a_place(name: str) -> None:
    assert len(layout_of(quick(name), Scene(rectangle(3.0, 3.0), furniture(armchair=1)))) == 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mount", ["on", "wall", "ceiling"])
def test_pieces_that_nothing_on_the_floor_goes_with_are_answered(name: str, mount: str) -> None:
    piece = Furniture("piece_1", "vase", (0.2, 0.15, 0.3), mount)  # pyright: ignore[reportArgumentType]
    layout = layout_of(quick(name), Scene(rectangle(3.0, 3.0), (piece,)))
    assert len(layout) == 1 or (name, mount) == ("grid", "on")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_to_move_is_answered_with_nothing(name: str) -> None:
    bed = replace(furniture(bed=1)[0], fixed=True, pose=Pose(2.0, 2.0, 0.455, 30.0))
    for scene in (Scene(rectangle(4.0, 4.0), ()), Scene(rectangle(4.0, 4.0), (bed,))):
        text = quick(name).answer(open_dialogue(scene))
        assert text.endswith("<answer>[]</answer>")


@pytest.mark.parametrize("name", NAMES)
def test_a_fixed_piece_stays_and_is_not_answered(name: str) -> None:
    bed = replace(furniture(bed=1)[0], fixed=True, pose=Pose(1.2, 2.0, 0.455, 270.0))
    scene = Scene(rectangle(5.0, 4.0, door(0, 3.5)), (bed, *furniture(wardrobe=1, chair=1)))
    text = quick(name).answer(open_dialogue(scene))
    assert "bed_1" not in text
    answer = parse_answer(scene, text)
    assert answer.problems == ()
    assert answer.layout["bed_1"] == bed.pose
    if name in ("grid", "annealing"):
        assert not BoxEngine().measure(scene, answer.layout).penetrations


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_is_written_as_everyones(name: str) -> None:
    scene = small_room()
    text = quick(name).answer(open_dialogue(scene))
    answer = parse_answer(scene, text)
    assert text == format_answer(answer.layout, answer.think)


@pytest.mark.parametrize("name", NAMES)
def test_relations_in_a_circle_and_stacks_of_stacks_are_answered(name: str) -> None:
    scene = Scene(
        rectangle(7.0, 6.0),
        furniture(dresser=1, books=2, vase=1, painting=2, chair=2, rug=2),
        (
            Relation("painting_1", "near", "painting_2"),
            Relation("painting_2", "near", "painting_1"),
            Relation("chair_1", "facing", "chair_2"),
            Relation("chair_2", "facing", "chair_1"),
            Relation("rug_1", "near", "rug_2"),
            Relation("rug_2", "near", "rug_1"),
            Relation("books_1", "on", "dresser_1"),
            Relation("books_2", "on", "books_1"),
            Relation("vase_1", "on", "books_2"),
        ),
    )
    layout = layout_of(quick(name), scene)
    assert len(layout) == len(scene.furniture)
    if name != "random":
        assert not BoxEngine().measure(scene, layout).floating
