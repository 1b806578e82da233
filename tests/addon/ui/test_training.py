# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel's training, with a program that stands in for it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest
from metaspatial.backend.dialogue import format_answer
from metaspatial.backend.learn import compared, runs
from metaspatial.backend.scene import Layout, Pose, Scene, scene_from_json
from metaspatial.metaspatial_addon.ui import training
from metaspatial.tests.training_stand_in import stand_in


def shown() -> bpy.types.PropertyGroup:
    return bpy.context.window_manager.metaspatial


@pytest.fixture
def own(addon: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """The preferences, as the panel finds them where the extension is installed."""
    monkeypatch.setattr(runs, "SCRIPT", stand_in(tmp_path))
    monkeypatch.setattr(runs, "_begun", {})
    set_up = SimpleNamespace(
        python=sys.executable, checkpoint="", training_rooms="generated:0-9", training_folder=str(tmp_path / "run")
    )
    monkeypatch.setattr(training, "preferences", lambda context: set_up)
    yield set_up
    for process in runs._begun.values():
        process.kill()
        process.wait()


def until(wanted: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not wanted():
        assert time.monotonic() < end, (shown().training, shown().training_line)
        bpy.ops.metaspatial.training_look()
        time.sleep(0.05)


def test_it_is_begun_followed_and_its_model_taken(own: SimpleNamespace) -> None:
    assert shown().training == "none"
    assert not bpy.ops.metaspatial.training_use.poll()
    assert bpy.ops.metaspatial.training_begin() == {"FINISHED"}
    assert shown().training in ("beginning", "running")
    until(lambda: shown().training == "done")
    assert (shown().training_fraction, shown().training_text) == (1.0, "step 5 of 5, return 0.50")
    assert bpy.ops.metaspatial.training_use() == {"FINISHED"}
    assert own.checkpoint == str(Path(own.training_folder) / "model")
    assert bpy.context.scene.metaspatial.engine == "CHAT"


def test_another_one_can_begin_and_the_one_before_is_kept(own: SimpleNamespace) -> None:
    out = Path(own.training_folder)
    bpy.ops.metaspatial.training_begin()
    until(lambda: shown().training == "done")
    bpy.ops.metaspatial.training_use()
    assert bpy.ops.metaspatial.training_begin(anew=True) == {"FINISHED"}
    kept = out.with_name(f"{out.name}-1")
    assert (kept / "model" / "config.json").exists()
    assert own.checkpoint == str(kept / "model"), "what the engine runs is still there"
    until(lambda: shown().training == "done")
    assert (out / "model" / "config.json").exists()
    assert bpy.ops.metaspatial.training_begin(anew=True) == {"FINISHED"}
    assert out.with_name(f"{out.name}-2").exists()


def test_it_is_stopped_and_gone_on_with(own: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = runs.begin
    monkeypatch.setattr(runs, "begin", lambda out, options, **how: begin(out, [*options, "--wait"], **how))
    bpy.ops.metaspatial.training_begin()
    until(lambda: shown().training == "running")
    assert not bpy.ops.metaspatial.training_begin.poll()
    bpy.ops.metaspatial.training_stop()
    until(lambda: shown().training == "ended")
    assert shown().training_resumable
    monkeypatch.setattr(runs, "begin", begin)
    assert bpy.ops.metaspatial.training_begin(resume=True) == {"FINISHED"}
    until(lambda: shown().training == "done")


def test_what_is_chosen_is_trained_with(own: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, ...]] = []
    monkeypatch.setattr(runs, "begin", lambda out, options, **how: told.append(tuple(options)))
    own.training_rooms, own.checkpoint = " my/rooms ", "/a/model"
    bpy.context.scene.metaspatial.training_steps, bpy.context.scene.metaspatial.training_turns = 7, 3
    bpy.ops.metaspatial.training_begin()
    ((*options,),) = told
    pairs = dict(zip(options[::2], options[1::2], strict=True))
    assert pairs["--rooms"] == "my/rooms"
    assert pairs["--model"] == "/a/model"
    assert (pairs["--steps"], pairs["--turns"]) == ("7", "3")


def test_why_it_ended_is_told(own: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = runs.begin
    monkeypatch.setattr(runs, "begin", lambda out, options, **how: begin(out, [*options, "--fail"], **how))
    bpy.ops.metaspatial.training_begin()
    until(lambda: shown().training == "ended")
    assert "lacks" in shown().training_line
    assert shown().training_alert


def test_without_a_python_the_command_is_told(own: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    from metaspatial.backend import serve

    monkeypatch.setattr(serve, "find_python", lambda preferred: "")
    assert bpy.ops.metaspatial.training_begin() == {"CANCELLED"}
    assert "pip install" in shown().training_line
    assert not Path(own.training_folder).exists()


def test_it_goes_on_with_what_it_was_begun_with(own: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever has been chosen in the panel since, such as the very checkpoint that it has come to."""
    out = Path(own.training_folder)
    (out / "checkpoint-1").mkdir(parents=True)
    (out / "checkpoint-1" / "trainer_state.json").write_text("{}")
    kept = {"model": "/base", "rooms": "a b", "out": str(out), "steps": 7, "staged": False, "without": "", "physics": 1}
    (out / "settings.json").write_text(json.dumps(kept))
    told: list[tuple[str, ...]] = []
    monkeypatch.setattr(runs, "begin", lambda out, options, **how: told.append(tuple(options)))
    own.checkpoint = str(out / "checkpoint-1")
    bpy.ops.metaspatial.training_begin(resume=True)
    assert told == [("--physics", "auto", "--model", "/base", "--rooms", "a b", "--steps", "7", "--no-staged")]


def test_this_files_room_can_be_trained_in(
    own: SimpleNamespace, room: dict[str, bpy.types.Object], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, ...]] = []
    monkeypatch.setattr(runs, "begin", lambda out, options, **how: told.append(tuple(options)))
    bpy.context.scene.metaspatial.training_source = "ROOM"
    bpy.ops.metaspatial.training_begin()
    ((*options,),) = told
    file = Path(options[options.index("--rooms") + 1])
    scene = scene_from_json(file.read_text())
    assert {piece.category for piece in scene.movable} == {"bed", "nightstand", "desk"}
    room["Room"].hide_set(True)
    assert bpy.ops.metaspatial.training_begin() == {"CANCELLED"}
    assert shown().training_line


def test_a_checkpoint_can_be_used_before_the_end(own: SimpleNamespace) -> None:
    out = Path(own.training_folder)
    (out / "checkpoint-3").mkdir(parents=True)
    (out / "checkpoint-3" / "trainer_state.json").write_text("{}")
    bpy.ops.metaspatial.training_look()
    assert not bpy.ops.metaspatial.training_use.poll(), "adapters alone are no model"
    (out / "checkpoint-3" / "config.json").write_text("{}")
    bpy.ops.metaspatial.training_look()
    assert bpy.ops.metaspatial.training_use() == {"FINISHED"}
    assert own.checkpoint == str(out / "checkpoint-3")


def test_before_and_after_are_a_step_apart_in_ones_own_room(
    own: SimpleNamespace, room: dict[str, bpy.types.Object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out, base = Path(own.training_folder), tmp_path / "base"
    for model in (base, out / "model"):
        model.mkdir(parents=True)
        (model / "config.json").write_text("{}")
    (out / "status.json").write_text('{"state": "done", "step": 5, "steps": 5}')
    (out / "settings.json").write_text(json.dumps({"model": str(base)}))
    asked: list[object] = []

    def answers(scene: Scene, models: Sequence[Path], **more: object) -> list[str]:
        asked.extend(models)
        ids = [piece.id for piece in scene.movable]
        return [format_answer(Layout({id: Pose(x, 1.5, 0.3) for id in ids})) for x in (1.0, 3.0)]

    monkeypatch.setattr(compared, "answers_of", answers)
    bpy.ops.metaspatial.training_look()
    assert bpy.ops.metaspatial.training_compare() == {"FINISHED"}
    assert asked == [base, out / "model"]
    assert (shown().variant, shown().variants) == (1, 2), "as it was before comes first, whatever it scores"
    bpy.context.view_layer.update()
    before = room["Bed"].matrix_world.translation.x
    bpy.ops.metaspatial.show_variant()
    bpy.context.view_layer.update()
    assert room["Bed"].matrix_world.translation.x == pytest.approx(before + 2.0, abs=1e-4)
