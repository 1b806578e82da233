# SPDX-License-Identifier: GPL-3.0-or-later
"""A training as the panel sees it: begun, followed, stopped, killed, gone on with. A program stands in for it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from metaspatial.backend.learn import runs
from metaspatial.backend.learn.runs import Run, RunError, begin, look, stop
from metaspatial.tests.training_stand_in import stand_in


@pytest.fixture(autouse=True)
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(runs, "SCRIPT", stand_in(tmp_path))
    monkeypatch.setattr(runs, "_begun", {})
    yield
    for process in runs._begun.values():
        process.kill()
        process.wait()


def until(out: Path, wanted: Callable[[Run], bool]) -> Run:
    end = time.monotonic() + 60
    while not wanted(found := look(out)):
        assert time.monotonic() < end, found
        time.sleep(0.02)
    return found


def test_a_folder_without_a_training_says_so(tmp_path: Path) -> None:
    assert look(tmp_path / "nothing") == Run("none")


def test_it_is_followed_to_its_model(tmp_path: Path) -> None:
    out = tmp_path / "run"
    begin(out, [], python=sys.executable)
    done = until(out, lambda run: run.stage == "done")
    assert (done.step, done.steps, done.figures["reward"], done.line) == (5, 5, 0.5, "step 5")
    assert done.model == out / "model"


def test_it_is_stopped_and_gone_on_with(tmp_path: Path) -> None:
    out = tmp_path / "run"
    begin(out, ["--wait"], python=sys.executable)
    until(out, lambda run: run.stage == "running" and run.step == 1)
    with pytest.raises(RunError, match="running already"):
        begin(out, [], python=sys.executable)
    stop(out)
    stopped = until(out, lambda run: run.stage == "ended")
    assert (stopped.step, stopped.resumable, stopped.model) == (1, True, None)
    with pytest.raises(RunError, match="go on with that one, or choose another"):
        begin(out, [], python=sys.executable)
    begin(out, [], python=sys.executable, resume=True)
    assert until(out, lambda run: run.stage == "done").step == 5


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_one_that_is_killed_is_not_taken_for_running_and_another_process_sees_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    begin(out, ["--wait"], python=sys.executable)
    running = until(out, lambda run: run.stage == "running")
    monkeypatch.setattr(runs, "_begun", {})  # as Blender sees it that was started again
    assert look(out).stage == "running"
    os.kill(int(running.figures["process"]), signal.SIGKILL)
    assert until(out, lambda run: run.stage == "ended").resumable


def test_what_a_training_ends_with_is_told(tmp_path: Path) -> None:
    out = tmp_path / "run"
    begin(out, ["--fail"], python=sys.executable)
    ended = until(out, lambda run: run.stage == "ended")
    assert "lacks" in ended.line
    assert not ended.resumable


def test_a_python_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="nothing/python can't be used"):
        begin(tmp_path / "run", [], python=str(tmp_path / "nothing" / "python"))
