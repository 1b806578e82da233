# SPDX-License-Identifier: GPL-3.0-or-later
"""An evaluation: the same whatever interrupts it and however many processes work; what fails is counted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from metaspatial.backend.evaluate.grading import Tools
from metaspatial.backend.evaluate.policies import read_specs
from metaspatial.backend.evaluate.record import read_recorded, record_from_json
from metaspatial.backend.evaluate.run import RECORDS, Evaluation, RunError, evaluate
from metaspatial.backend.evaluate.scenes import gather
from metaspatial.backend.rewards.boxes import BoxEngine
from metaspatial.backend.rewards.physics import PhysicsReport
from metaspatial.backend.rewards.score import Verdict
from metaspatial.backend.scene import Layout, Scene
from metaspatial.tests.backend.evaluate.small import GOOD, HEAP, answers_of, by_key, folder_of, timeless

PNG = b"\x89PNG\r\n\x1a\n"


def plan_of(folder: Path, *policies: str, **more: object) -> Evaluation:
    return Evaluation(read_specs(policies), gather([str(folder)]), **more)  # type: ignore[arg-type]


@pytest.fixture
def rooms(tmp_path: Path) -> Path:
    return folder_of(tmp_path / "rooms", 3)


def test_a_record_for_each_policy_scene_and_seed_in_order(rooms: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    plan = plan_of(rooms, "random", answers_of(tmp_path / "answers.jsonl", {"room0": GOOD}), seeds=(4, 7))
    done = evaluate(plan, tmp_path / "out", on_plan=lambda total, done: told.append((total, done)))
    keys = [(record.policy.partition(":")[0], record.scene_name, record.seed) for record in done.records]
    each = [("random", 4), ("random", 7), ("answers", 4)]  # the same answer again would say nothing new
    assert keys == [(policy, f"room{k}", seed) for k in range(3) for policy, seed in each]
    assert told == [(9, 0)]
    assert list(read_recorded(tmp_path / "out" / RECORDS).records) == list(done.records)
    first, other = done.records[:2]
    assert first.layout != other.layout
    assert first.seconds >= 0
    assert first.cpu_seconds >= 0
    assert first.score.total > 0
    assert first.metrics["own.unplaced"] == 0
    assert first.answer.startswith("<think>")


def test_a_policy_that_fails_counts_as_nothing_placed(rooms: Path, tmp_path: Path) -> None:
    plan = plan_of(rooms, "mine=" + answers_of(tmp_path / "answers.jsonl", {"room0": GOOD, "room2": "I won't."}))
    good, failed, prose = evaluate(plan, tmp_path / "out").records
    assert not good.error
    assert good.score.format == 1.0
    assert "none for the scene room1" in failed.error
    assert (failed.score.format, failed.metrics["own.unplaced"], len(failed.layout)) == (0.0, 1.0, 0)
    assert not prose.error
    assert (prose.score.format, prose.metrics["own.unplaced"]) == (0.0, 1.0)
    assert failed.score.total == prose.score.total < 0.5 * good.score.total


def test_a_policy_that_breaks_has_failed_too(rooms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> str:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("metaspatial.backend.policies.baselines.random_placement.RandomPolicy.answer", broken)
    done = evaluate(plan_of(rooms, "random"), tmp_path / "out").records
    assert [record.error for record in done] == ["ZeroDivisionError: oh"] * 3


def test_settling_mends_what_is_scored_and_keeps_the_answer(rooms: Path, tmp_path: Path) -> None:
    answers = answers_of(tmp_path / "answers.jsonl", {f"room{k}": HEAP for k in range(3)})
    done = evaluate(plan_of(rooms, answers, f"settled={answers}+settle"), tmp_path / "out")
    for before, after in zip(done.records[::2], done.records[1::2], strict=True):
        assert before.answer == after.answer == HEAP
        assert before.metrics["own.collision_rate"] == 1.0
        assert after.metrics["own.valid"] == 1.0
        assert after.score.physics == 1.0


@pytest.mark.slow
def test_two_processes_give_what_one_gives(rooms: Path, tmp_path: Path) -> None:
    plan = plan_of(rooms, "random", seeds=(0, 1))
    alone = evaluate(plan, tmp_path / "one")
    together = evaluate(plan, tmp_path / "two", workers=2)
    assert timeless(alone.records) == timeless(together.records)


def test_what_is_there_is_not_made_again(rooms: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = evaluate(plan_of(rooms, "random"), out)
    seen: list[str] = []
    more = evaluate(plan_of(rooms, "random", "solver:seconds=1"), out, on_record=lambda one: seen.append(one.policy))
    assert seen == ["solver:seconds=1"] * 3
    assert by_key(more.records).items() >= by_key(first.records).items()
    assert len(more.headers) == 2
    again = evaluate(plan_of(rooms, "random"), out, on_record=lambda one: seen.append(one.policy))
    assert len(seen) == 3
    assert sorted(again.records, key=lambda one: one.key) == sorted(more.records, key=lambda one: one.key)


def test_other_settings_are_refused_until_asked_to_begin_anew(rooms: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    before = evaluate(plan_of(rooms, "mine=random"), out)
    for other, words in (
        (plan_of(rooms, "mine=random", turns=3), "turns was 1 and is now 3"),
        (plan_of(rooms, "mine=random", settings={"engine": "bvh"}), "engine"),
        (plan_of(rooms, "mine=grid"), "'random' and is now 'grid'"),
    ):
        with pytest.raises(RunError, match=words) as refused:
            evaluate(other, out)
        assert "--fresh" in str(refused.value)
        assert list(read_recorded(out / RECORDS).records) == list(before.records)
    longer = rooms / "room1.json"
    longer.write_text((rooms / "room0.json").read_text())
    with pytest.raises(RunError, match="another scene by the name room1"):
        evaluate(plan_of(rooms, "mine=random"), out)
    fresh = evaluate(plan_of(rooms, "mine=random", turns=3), out, fresh=True)
    assert len(fresh.headers) == 1
    assert fresh.headers[0].settings["turns"] == 3


def test_what_failed_is_repeated_when_asked(rooms: Path, tmp_path: Path) -> None:
    file, out = tmp_path / "answers.jsonl", tmp_path / "out"
    plan = plan_of(rooms, "mine=" + answers_of(file, {"room0": GOOD}))
    assert [bool(one.error) for one in evaluate(plan, out).records] == [False, True, True]
    answers_of(file, {f"room{k}": GOOD for k in range(3)})
    assert [bool(one.error) for one in evaluate(plan, out).records] == [False, True, True]
    assert not any(one.error for one in evaluate(plan, out, retry=True).records)


def test_a_cut_last_line_is_made_again(rooms: Path, tmp_path: Path) -> None:
    out, notices = tmp_path / "out", []
    whole = evaluate(plan_of(rooms, "random"), out)
    raw = (out / RECORDS).read_bytes()
    (out / RECORDS).write_bytes(raw[:-40])
    again = evaluate(plan_of(rooms, "random"), out, on_notice=notices.append)
    assert timeless(again.records) == timeless(whole.records)
    assert "cut off" in notices[0]
    assert read_recorded(out / RECORDS).notice == ""


class DeadlyEngine(BoxEngine):
    """Dies with the second of the rooms."""

    def measure(self, scene: Scene, layout: Layout) -> PhysicsReport:
        if scene.room.extent[0] == 4.1:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().measure(scene, layout)


def deadly() -> Tools:
    return Tools(DeadlyEngine())


@pytest.mark.slow
def test_a_worker_that_dies_is_a_failed_record(rooms: Path, tmp_path: Path) -> None:
    plan = plan_of(rooms, "random", seeds=(0, 1), tools=deadly)
    done = evaluate(plan, tmp_path / "out", workers=2).records
    errors = [(record.scene_name, record.error) for record in done]
    assert [name for name, error in errors if error] == ["room1", "room1"]
    assert "SIGKILL" in errors[2][1]
    assert done[2].score.format == 0.0


class Marks:
    """A judge who likes what it is told to, or is out."""

    def __init__(self, grade: float | None) -> None:
        self.grade = grade
        self.asked: list[tuple[bytes, ...]] = []
        self.lock = threading.Lock()

    def judge(self, scene: Scene, pictures: Sequence[bytes]) -> Verdict:
        with self.lock:
            self.asked.append(tuple(pictures))
        if self.grade is None:
            return Verdict(None, missing="no answer")
        return Verdict(self.grade, {"realism": 9 * self.grade + 1}, {"realism": 0.0}, 1)


def with_camera() -> Tools:
    return Tools(pictures=lambda scene, layout: (PNG + b"1", PNG + b"2"))


def test_pictures_are_kept_and_judged(rooms: Path, tmp_path: Path) -> None:
    judge, out = Marks(0.5), tmp_path / "out"
    done = evaluate(plan_of(rooms, "random", tools=with_camera, judge=judge), out).records
    for record in done:
        assert [(out / name).read_bytes() for name in record.pictures] == [PNG + b"1", PNG + b"2"]
        assert record.score.render == record.metrics["own.render"] == 0.5
        assert record.score.verdict.criteria == {"realism": 5.5}
        assert record.metrics["own.total"] == record.score.total
    assert judge.asked == [(PNG + b"1", PNG + b"2")] * 3
    assert list(read_recorded(out / RECORDS).records) == list(done)


def test_verdicts_that_are_missing_are_asked_for_again(rooms: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    bare = evaluate(plan_of(rooms, "random", tools=with_camera), out).records
    silent = evaluate(plan_of(rooms, "random", judge=Marks(None), judge_settings={"model": "m"}), out).records
    assert [one.score.verdict.missing for one in silent] == ["no answer"] * 3
    assert [one.score.total for one in silent] == [one.score.total for one in bare]
    judge = Marks(1.0)
    done = evaluate(plan_of(rooms, "random", judge=judge, judge_settings={"model": "m"}), out).records
    assert [one.score.render for one in done] == [1.0] * 3
    assert len(judge.asked) == 3
    with pytest.raises(RunError, match="judge"):
        evaluate(plan_of(rooms, "random", judge=judge, judge_settings={"model": "other"}), out)


def test_two_evaluations_do_not_share_a_folder(rooms: Path, tmp_path: Path) -> None:
    def second(record: object) -> None:
        with pytest.raises(RunError, match="another evaluation is writing"):
            evaluate(plan_of(rooms, "grid"), tmp_path / "out")

    assert len(evaluate(plan_of(rooms, "random"), tmp_path / "out", on_record=second).records) == 3


def command(rooms: Path, out: Path, workers: int) -> list[str]:
    options = ["--policies", "random", "--scenes", str(rooms), "--seeds", "0-11", "--workers", str(workers)]
    return [sys.executable, "-m", "metaspatial.backend.cli", "evaluate", *options, "--out", str(out)]


def _heeds_ctrl_c() -> None:
    """Even where the tests run in the background of a script, whose children ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def begin(rooms: Path, out: Path, workers: int) -> subprocess.Popen[str]:
    """An evaluation of which some is done, but not all."""
    running = subprocess.Popen(
        command(rooms, out, workers),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_heeds_ctrl_c,
    )
    end = time.monotonic() + 120
    while not (out / RECORDS).exists() or (out / RECORDS).read_bytes().count(b"\n") < 5:
        assert running.poll() is None
        assert time.monotonic() < end
        time.sleep(0.005)
    return running


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_evaluation_goes_on_as_if_nothing_had_been(rooms: Path, tmp_path: Path, workers: int) -> None:
    out = tmp_path / "out"
    running = begin(rooms, out, workers)
    running.kill()
    running.wait()
    assert running.stderr is not None
    running.stderr.close()
    assert len(read_recorded(out / RECORDS).records) < 36
    resumed = subprocess.run(command(rooms, out, workers), capture_output=True, text=True, timeout=300)
    assert resumed.returncode == 0, resumed.stderr
    assert "done already" in resumed.stderr
    whole = evaluate(plan_of(rooms, "random", seeds=range(12)), tmp_path / "whole")
    lines = (out / RECORDS).read_text().splitlines()
    headers = len(read_recorded(out / RECORDS).headers)
    assert headers == 2
    assert timeless(map(record_from_json, lines[headers:])) == timeless(whole.records)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_ends_it_and_keeps_what_is_done(rooms: Path, tmp_path: Path, workers: int) -> None:
    running = begin(rooms, tmp_path / "out", workers)
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to all of them
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "goes on from there" in said
    assert "Traceback" not in said
    assert 4 <= len(read_recorded(tmp_path / "out" / RECORDS).records) < 36
