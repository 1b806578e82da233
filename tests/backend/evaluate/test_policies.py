# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies by name: what a specification means, and what is wrong with one that means nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from metaspatial.backend.dialogue import format_answer, open_dialogue, parse_answer
from metaspatial.backend.evaluate.policies import KINDS, PolicySpec, SpecError, read_specs
from metaspatial.backend.evaluate.record import Header, Record, write_records
from metaspatial.backend.policies.policy import Policy, PolicyError
from metaspatial.backend.scene import Layout, Pose, layout_to_json
from metaspatial.tests.backend.evaluate.small import GOOD, SCENE, answers_of
from metaspatial.tests.chat_server import ChatServer

LAYOUT = Layout({"bed_1": Pose(1.0, 2.0, 0.25), "wardrobe_1": Pose(3.0, 2.7, 1.0)})


def made(spec: PolicySpec, scene: str = "room0", seed: int = 0) -> Policy:
    return KINDS[spec.kind].load(spec.argument, spec.options)(scene, seed)


def test_names_options_labels_and_settling() -> None:
    specs = read_specs(
        ["random,solver:seconds=2", "mine=chat:base_url=http://127.0.0.1:9/v1,model=a+b,timeout=9+settle,grid+settle"]
    )
    assert [(spec.label, spec.kind, spec.options, spec.settle) for spec in specs] == [
        ("random", "random", {}, False),
        ("solver:seconds=2", "solver", {"seconds": 2.0}, False),
        ("mine", "chat", {"base_url": "http://127.0.0.1:9/v1", "model": "a+b", "timeout": 9.0}, True),
        ("grid+settle", "grid", {}, True),
    ]
    assert specs[2].text == "chat:base_url=http://127.0.0.1:9/v1,model=a+b,timeout=9+settle"
    assert read_specs(["chat+settle:model=x"])[0].settle


@pytest.mark.parametrize(
    "name", ["random", "grid:seconds=1", "gradient:iterations=3", "annealing:steps=20", "solver:seconds=1"]
)
def test_every_built_in_policy_answers(name: str) -> None:
    (spec,) = read_specs([name])
    policy = made(spec)
    answer = parse_answer(SCENE, policy.answer(open_dialogue(SCENE)))
    assert set(answer.layout.poses) == {"bed_1", "wardrobe_1"}
    assert not answer.faults


def test_a_seed_reaches_the_policy() -> None:
    (spec,) = read_specs(["random"])
    first, again, other = (made(spec, seed=seed).answer(open_dialogue(SCENE)) for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no policy is named; there are random"),
        ("randon", "'randon' names no policy; there are random"),
        ("solver:seconds=-1", "seconds: -1 is not a positive number"),
        ("solver:speed=2", "'speed=2' is no option of solver; it has seconds"),
        ("random:x=1", "it has none"),
        ("annealing:steps=0", "'0' is no number from 1"),
        ("gradient:iterations=-3", "'-3' is no number from 1"),
        ("answers", "answers:FILE"),
        ("random,random", "two policies go by the name random"),
        ("chat:pictures=maybe", "'maybe' must be yes or no"),
        ("solver,seconds=2", "'seconds=2' names no policy"),
    ],
)
def test_what_is_wrong_is_said(text: str, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        read_specs([text])


def test_answers_by_scene_and_seed(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    rows = [
        {"scene": "a", "answer": "any"},
        {"scene": "a", "seed": 3, "answer": "third"},
        {"scene": "b", "layout": layout_to_json(LAYOUT)},
    ]
    file.write_text("\n".join(map(json.dumps, rows)))
    (spec,) = read_specs([f"answers:{file}"])
    dialogue = open_dialogue(SCENE)
    assert made(spec, "a", 0).answer(dialogue) == "any"
    assert made(spec, "a", 3).answer(dialogue) == "third"
    assert parse_answer(SCENE, made(spec, "b").answer(dialogue)).layout == LAYOUT
    with pytest.raises(PolicyError, match="none for the scene c"):
        made(spec, "c").answer(dialogue)


def test_records_of_another_evaluation_are_answers(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    write_records(file, [Record("any", "a", SCENE, 0, LAYOUT, format_answer(LAYOUT))], [Header()])
    (spec,) = read_specs([f"answers:{file}"])
    assert parse_answer(SCENE, made(spec, "a").answer(open_dialogue(SCENE))).layout == LAYOUT


@pytest.mark.parametrize(
    ("text", "words"), [("{", "line 1"), ('{"scene": "a"}', "needs the texts"), ("[]", "must be an object")]
)
def test_a_bad_file_of_answers_is_refused_before_anything_starts(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text(text)
    with pytest.raises(SpecError, match=words):
        KINDS["answers"].check(str(file), {})
    with pytest.raises(SpecError, match="can't be read"):
        KINDS["answers"].check(str(tmp_path / "none"), {})


def test_a_chat_server_is_looked_at_before_anything_starts(tmp_path: Path) -> None:
    check = KINDS["chat"].check
    with ChatServer() as server:
        check("", {"base_url": server.base_url})
        with pytest.raises(SpecError, match="no model 'other'"):
            check("", {"base_url": server.base_url, "model": "other"})
    with pytest.raises(PolicyError, match="Nothing listens"):
        check("", {"base_url": server.base_url})
    with pytest.raises(SpecError, match="not this computer"):
        check("", {"base_url": "https://models.example/v1"})


def test_answers_are_the_same_file_for_all(tmp_path: Path) -> None:
    (spec,) = read_specs([answers_of(tmp_path / "a.jsonl", {"room0": GOOD})])
    assert made(spec).answer(open_dialogue(SCENE)) == GOOD
    assert not KINDS["answers"].seeded


def test_the_small_model_is_the_one_that_comes_along(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (spec,) = read_specs(["small"])
    assert (spec.kind, spec.argument) == ("small", "")
    monkeypatch.setattr("metaspatial.backend.weights.SHIPPED", tmp_path)
    with pytest.raises(SpecError, match="small: the small model is not in"):
        KINDS["small"].check("", {})
