# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes as files: resumable, and plain about what it can't do."""

from __future__ import annotations

import argparse

import pytest
from metaspatial.backend.console import BAD_INPUT, OK, Stop
from metaspatial.backend.curate.generate import command, generate_scene
from metaspatial.backend.scene import scene_from_json


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(arguments))


def test_every_seed_gets_its_file(tmp_path):
    out = tmp_path / "new" / "scenes"
    assert run("--count", "3", "--seed", "40", "--pieces", "3-5", "--out", str(out)) == OK
    files = sorted(out.iterdir())
    assert [path.name for path in files] == ["scene_000040.json", "scene_000041.json", "scene_000042.json"]
    scenes = [scene_from_json(path.read_text(encoding="utf-8")) for path in files]
    assert scenes == [generate_scene(seed, pieces=(3, 5)) for seed in (40, 41, 42)]


def test_what_is_there_is_kept_and_the_rest_is_made(tmp_path, capsys):
    (tmp_path / "scene_000001.json").write_text("mine")
    assert run("--count", "3", "--pieces", "4", "--out", str(tmp_path)) == OK
    assert (tmp_path / "scene_000001.json").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 3
    assert "2 written, 1 there already" in capsys.readouterr().err


def test_one_room_type_only(tmp_path):
    assert run("--count", "2", "--room-type", "nursery", "--pieces", "3", "--out", str(tmp_path)) == OK
    names = {scene_from_json(path.read_text(encoding="utf-8")).name for path in tmp_path.iterdir()}
    assert names == {"nursery_0", "nursery_1"}


def test_a_scene_not_to_be_had_is_told_and_the_others_are_made(tmp_path, monkeypatch, capsys):
    def checked(seed, **_):
        if seed == 1:
            raise RuntimeError("seed 1: no feasible scene in 12 draws")
        return generate_scene(seed, room_type="nursery", pieces=3)

    monkeypatch.setattr(command, "checked_scene", checked)
    assert run("--count", "3", "--checked", "--out", str(tmp_path)) == 1
    assert len(list(tmp_path.iterdir())) == 2
    assert "seed 1: no feasible scene" in capsys.readouterr().err


def test_an_interruption_leaves_no_half_file(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run("--count", "1", "--pieces", "3", "--out", str(tmp_path))
    assert not list(tmp_path.glob("*.json"))


def test_a_folder_that_cannot_be_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Stop, match=r"file.*can't be written") as stop:
        run("--count", "1", "--out", str(tmp_path / "file"))
    assert stop.value.status == BAD_INPUT


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--pieces", "2-9"), "give 3 to 25"),
        (("--pieces", "9-8"), "give 3 to 25"),
        (("--pieces", "many"), "a span such as 3-12"),
        (("--count", "0"), "whole number from 1"),
        (("--relations", "2"), "from 0 to 1"),
        (("--room-type", "ballroom"), "invalid choice"),
    ],
)
def test_bad_arguments_are_explained(tmp_path, capsys, arguments, told):
    with pytest.raises(SystemExit):
        run(*arguments, "--out", str(tmp_path))
    assert told in capsys.readouterr().err
