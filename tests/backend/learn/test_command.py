# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import argparse
from pathlib import Path

import pytest
from metaspatial.backend.console import Stop
from metaspatial.backend.learn import command
from metaspatial.backend.learn.checkpoints import last_checkpoint
from metaspatial.backend.learn.examples import Example, write_examples
from metaspatial.backend.learn.inprocess import InProcessPolicy, Sampling

pytestmark = pytest.mark.learn


def run(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    one = commands.add_parser("sft")
    command.add_arguments(one)
    one.set_defaults(run=command.run)
    one = commands.add_parser("small-model")
    command.add_small_model_arguments(one)
    one.set_defaults(run=command.run_small_model)
    given = parser.parse_args([str(argument) for argument in arguments])
    return given.run(given)


def test_a_small_model_from_nothing(tmp_path: Path, data: Path, examples: list[Example]) -> None:
    make = ("small-model", "--from-scratch", "--size", "tiny", "--data", data, "--out", tmp_path / "run", "--batch", 2)
    assert run(*make, "--steps", 2, "--export", tmp_path / "given") == 0
    assert last_checkpoint(tmp_path / "run" / "text"), "it reads whole texts first"
    policy = InProcessPolicy.load(tmp_path / "given", Sampling(max_tokens=4))
    assert isinstance(policy.answer(examples[0].dialogue), str)
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "given").iterdir()} == {0o644}
    weights = (tmp_path / "given" / "model.safetensors").read_bytes()
    assert run(*make, "--steps", 2, "--export", tmp_path / "given") == 0, "asked again, there is nothing left to do"
    same = (tmp_path / "given" / "model.safetensors").read_bytes() == weights
    assert same


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--preset", "huge"), "no preset 'huge'"),
        (("--preset", "small"), "name the model"),
        (("--preset", "small", "--model", "m", "--batch", "0"), "batch is 0"),
        (("--preset", "small", "--model", "/no/such/model"), "/no/such/model"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, data: Path, arguments: tuple[str, ...], reason: str) -> None:
    with pytest.raises(Stop, match=reason):
        run("sft", "--data", data, "--out", tmp_path / "run", *arguments)


def test_no_examples_are_said(tmp_path: Path, model: Path) -> None:
    write_examples(tmp_path / "none", [])
    with pytest.raises(Stop, match="train"):
        run("sft", "--preset", "small", "--model", model, "--data", tmp_path / "none", "--out", tmp_path / "run")
