# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""A training can be stopped anywhere and gone on with; and what it does in trouble."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from metaspatial.backend.learn import resumable
from metaspatial.backend.learn.checkpoints import last_checkpoint
from metaspatial.backend.learn.grpo import Instruments, load_model, train
from metaspatial.backend.learn.resumable import STAGE, Diverged, RoomSampler
from metaspatial.tests.backend.learn.trainers import Camera, quiet, settings
from safetensors.torch import load_file

pytestmark = pytest.mark.learn


def test_rooms_come_in_an_order_that_the_seed_tells() -> None:
    def order(rooms: int, at_once: int, generations: int, seed: int = 3) -> list[int]:
        return list(RoomSampler(rooms, at_once, 2, 1, generations, seed))

    once = order(5, 2, 10)
    assert once == order(5, 2, 10)
    assert once != order(5, 2, 10, seed=4)
    assert order(5, 2, 4) == once[:16], "a shorter run is the beginning of a longer one"
    assert once[::2] == once[1::2], "a group is of one room"
    assert sorted(once[::2][:5]) == sorted(once[::2][5:10]) == list(range(5))
    assert list(RoomSampler(5, 2, 2, 3, 1, 3)) == once[:4] * 3
    assert len(RoomSampler(5, 2, 2, 3, 7, 3)) == 7 * 4 * 3


@pytest.mark.slow
@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize("more", [{}, {"lora_rank": 4}], ids=["full", "lora"])
def test_stopped_and_gone_on_is_the_same_to_the_bit(model: Path, rooms: Path, tmp_path: Path, more: dict) -> None:
    tools = Instruments(renderer=Camera())
    more = {"weight_decay": 0.0, **more}  # so that only what was learned changes the weights
    through = train(settings(model, rooms, tmp_path / "through", **more), tools, on_line=quiet)
    stopped = settings(model, rooms, tmp_path / "stopped", **more)
    assert train(stopped, tools, on_line=quiet, until=2).steps == 2
    assert not (tmp_path / "stopped" / "model").exists(), "an unfinished training has no model"
    lines: list[str] = []
    resumed = train(stopped, tools, on_line=lines.append)
    assert any("going on from" in line for line in lines)
    assert resumed.steps == through.steps == 4
    mine, theirs = (load_file(run.folder / "model.safetensors") for run in (resumed, through))
    first = load_file(model / "model.safetensors")
    assert mine.keys() == theirs.keys() == first.keys()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    assert any(not torch.equal(mine[name], first[name]) for name in mine), "it has learned nothing"


@pytest.mark.slow
def test_killed_at_any_moment_leaves_whole_checkpoints(model: Path, rooms: Path, tmp_path: Path) -> None:
    chosen = settings(model, rooms, tmp_path / "run", steps=1000, save_every=1, keep=3, turns=1)
    code = (
        "from metaspatial.backend.learn.grpo import train\n"
        "from metaspatial.backend.learn.grpo_settings import GRPOSettings\n"
        f"train({chosen!r})"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.DEVNULL)
    end = time.monotonic() + 300
    while not (tmp_path / "run" / "checkpoint-3").exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    last = last_checkpoint(tmp_path / "run")
    assert last is not None
    step = int(last.name.removeprefix("checkpoint-"))
    assert step >= 3
    assert train(chosen, on_line=quiet, until=step + 1).steps == step + 1


def test_a_copy_of_a_checkpoint_is_none(model: Path, rooms: Path, tmp_path: Path) -> None:
    chosen = settings(model, rooms, tmp_path, steps=3, save_every=1, turns=1)
    train(chosen, on_line=quiet, until=1)
    shutil.copytree(tmp_path / "checkpoint-1", tmp_path / "checkpoint-1 copy")
    last = last_checkpoint(tmp_path)
    assert last is not None
    assert last.name == "checkpoint-1"
    assert train(chosen, on_line=quiet).steps == 3


def test_other_instruments_are_no_going_on(model: Path, rooms: Path, tmp_path: Path) -> None:
    chosen = settings(model, rooms, tmp_path, steps=2, turns=1)
    train(chosen, Instruments(renderer=Camera()), on_line=quiet, until=1)
    with pytest.raises(ValueError, match="pictures rendered then and  now"):
        train(chosen, on_line=quiet)


def test_a_stop_waits_for_what_was_generated_at_once(model: Path, rooms: Path, tmp_path: Path) -> None:
    """Two steps come from the same trajectories; between them nothing could be gone on with."""
    chosen = settings(model, rooms, tmp_path, steps=4, turns=1, iterations=2, save_every=2)
    assert train(chosen, on_line=quiet, until=1).steps == 2
    (tmp_path / "stop").touch()
    assert train(chosen, on_line=quiet).steps == 4
    assert json.loads((tmp_path / "status.json").read_text())["state"] == "done"


def test_a_stop_before_the_first_step_is_obeyed(model: Path, rooms: Path, tmp_path: Path) -> None:
    (tmp_path / "stop").touch()
    assert train(settings(model, rooms, tmp_path, steps=3, turns=1), on_line=quiet).steps == 1
    assert not (tmp_path / "stop").exists()


def test_a_run_that_was_killed_at_its_very_end_is_done(model: Path, rooms: Path, tmp_path: Path) -> None:
    chosen = settings(model, rooms, tmp_path, steps=1, save_every=1, turns=1)
    train(chosen, on_line=quiet)
    shutil.rmtree(tmp_path / "model")
    (tmp_path / "status.json").write_text('{"state": "running"}')
    train(chosen, on_line=quiet)
    assert json.loads((tmp_path / "status.json").read_text())["state"] == "done"
    assert (tmp_path / "model" / "model.safetensors").exists()


def test_where_the_schedule_stands_is_kept(model: Path, rooms: Path, tmp_path: Path) -> None:
    train(settings(model, rooms, tmp_path, steps=2), on_line=quiet, until=1)
    last = last_checkpoint(tmp_path)
    assert last is not None
    state = json.loads((last / STAGE).read_text())
    assert state["stage"] == "format"
    assert state["seen"] == 8, "four trajectories of two turns"


def test_other_settings_are_no_going_on(model: Path, rooms: Path, tmp_path: Path) -> None:
    train(settings(model, rooms, tmp_path, steps=2), on_line=quiet, until=1)
    with pytest.raises(ValueError, match=r"learning_rate 0\.001 then and 0\.5 now"):
        train(settings(model, rooms, tmp_path, steps=2, learning_rate=0.5), on_line=quiet)


def test_kl_is_measured_from_the_model_at_the_beginning(model: Path, rooms: Path, tmp_path: Path) -> None:
    chosen = settings(model, rooms, tmp_path, steps=3, learning_rate=1e-2)
    train(chosen, on_line=quiet, until=2)
    last = last_checkpoint(tmp_path)
    assert load_model(chosen, last).config._name_or_path == str(model)


def test_a_full_disk_is_said_and_survived(
    model: Path, rooms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has room at the first step, none at the second, and again at the third."""
    lines: list[str] = []
    whole = resumable.GRPOTrainer._save_checkpoint

    def save(self: Any, model: Any, trial: Any) -> None:
        whole(self, model, trial)
        if self.state.global_step == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(resumable.GRPOTrainer, "_save_checkpoint", save)
    train(settings(model, rooms, tmp_path, steps=3, save_every=1, keep=9), on_line=lines.append)
    assert sorted(path.name for path in tmp_path.glob("checkpoint-*")) == ["checkpoint-1", "checkpoint-3"]
    assert any("No space left" in line and "checkpoint-1 stays the last one" in line for line in lines)
    assert not (tmp_path / ".saving").exists()


def test_numbers_that_run_away_stop_it_before_anything_is_lost(
    model: Path, rooms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loss = resumable.GRPOTrainer._compute_loss

    def broken(self: Any, model: Any, inputs: Any) -> Any:
        made = loss(self, model, inputs)
        return made * float("nan") if self.state.global_step == 2 else made

    monkeypatch.setattr(resumable.GRPOTrainer, "_compute_loss", broken)
    with pytest.raises(Diverged, match=r"step 3: the loss is not a finite number.*checkpoint-2 is whole"):
        train(settings(model, rooms, tmp_path, save_every=1), on_line=quiet)
    last = last_checkpoint(tmp_path)
    assert last is not None
    assert last.name == "checkpoint-2"
    assert all(bool(torch.isfinite(value).all()) for value in load_file(last / "model.safetensors").values())


def test_a_file_called_stop_stops_it_with_a_checkpoint(model: Path, rooms: Path, tmp_path: Path) -> None:
    def tell(line: str) -> None:
        if line.startswith("step 1 of"):
            (tmp_path / "stop").touch()

    done = train(settings(model, rooms, tmp_path, steps=50), on_line=tell)
    assert done.steps < 50
    last = last_checkpoint(tmp_path)
    assert last is not None
    assert last.name == f"checkpoint-{done.steps}"
    assert json.loads((tmp_path / "status.json").read_text())["state"] == "stopped"
