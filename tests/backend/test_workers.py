# SPDX-License-Identifier: GPL-3.0-or-later
"""Work over processes: every item has its outcome, whatever becomes of the processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from metaspatial.backend.workers import Outcome, fan_out, program

PROGRAM = "from metaspatial.backend import workers; assert workers.is_worker(); workers.serve()"


def square(number: int) -> int:
    return number * number


def process_of(number: int) -> int:
    time.sleep(0.05)
    return os.getpid()


def threads_of(number: int) -> str:
    return os.environ.get("OMP_NUM_THREADS", "") + os.environ.get("MARK", "")


def mark() -> None:
    os.environ["MARK"] = "!"


def touchy(number: int) -> int:
    if number == 2:
        raise ValueError("not two")
    return number


def deadly(number: int) -> int:
    if number in (1, 4):
        os.kill(os.getpid(), signal.SIGSEGV)
    return number


def dead_from_the_start() -> None:
    os._exit(7)


def unfit() -> None:
    raise ImportError("no module named blender")


def unpicklable(number: int) -> object:
    return threading.Lock() if number == 1 else number


def slow(number: int) -> int:
    time.sleep(60 if number else 0)
    return number


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_outcomes_come_in_the_items_order(count: int) -> None:
    seen: list[Outcome[int, int]] = []
    done = fan_out(square, [3, 1, 2, 5], workers=count, on_done=seen.append)
    assert [(one.index, one.item, one.result, one.error) for one in done] == [
        (0, 3, 9, ""), (1, 1, 1, ""), (2, 2, 4, ""), (3, 5, 25, "")
    ]  # fmt: skip
    assert sorted(seen, key=lambda one: one.index) == done


def test_one_worker_is_this_process_and_two_are_two_others() -> None:
    assert {one.result for one in fan_out(process_of, range(3), workers=1)} == {os.getpid()}
    processes = {one.result for one in fan_out(process_of, range(8), workers=2)}
    assert len(processes) == 2
    assert os.getpid() not in processes


def test_a_worker_stays_with_a_group() -> None:
    """Four groups of ten for two workers: each group is done by few, though the items come mixed."""
    done = fan_out(process_of, range(40), workers=2, group=lambda number: number % 4)
    processes = [{one.result for one in done if one.item % 4 == group} for group in range(4)]
    assert sum(len(each) == 1 for each in processes) >= 3


def test_workers_begin_with_the_initialiser_and_have_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert [one.result for one in fan_out(threads_of, range(3), workers=2, initialiser=mark)] == ["1!"] * 3
    assert "OMP_NUM_THREADS" not in os.environ
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert [one.result for one in fan_out(threads_of, range(2), workers=2)] == ["3"] * 2


@pytest.mark.parametrize("count", [1, 2])
def test_an_exception_is_its_items_error(count: int) -> None:
    done = fan_out(touchy, range(4), workers=count)
    assert [one.result for one in done] == [0, 1, None, 3]
    assert done[2].error.startswith("ValueError: not two (test_workers.py:")
    assert not done[2].died


def test_a_worker_that_dies_costs_its_own_item_only() -> None:
    done = fan_out(deadly, range(7), workers=2)
    assert [one.result for one in done] == [0, None, 2, 3, None, 5, 6]
    assert [one.index for one in done if one.died] == [1, 4]
    assert "SIGSEGV" in done[1].error


def test_a_result_that_cannot_travel_is_an_error() -> None:
    done = fan_out(unpicklable, range(3), workers=2)
    assert [one.result for one in done] == [0, None, 2]
    assert "pickle" in done[1].error


def test_a_task_that_cannot_travel_is_said_at_once() -> None:
    with pytest.raises(RuntimeError, match="handed to another process"):
        fan_out(lambda number: number, range(3), workers=2)


def test_workers_that_cannot_begin_end_it_with_the_reason() -> None:
    with pytest.raises(RuntimeError, match="no module named blender"):
        fan_out(square, range(3), workers=2, initialiser=unfit)
    with pytest.raises(RuntimeError, match="exit status 7"):
        fan_out(square, range(3), workers=2, initialiser=dead_from_the_start)


def test_cancelling_keeps_what_is_done() -> None:
    seen: list[int] = []
    done = fan_out(
        slow, [0, 9, 9, 9], workers=2, on_done=lambda one: seen.append(one.index), cancelled=lambda: bool(seen)
    )
    assert [one.result for one in done] == [0]


def test_what_on_done_raises_ends_the_workers() -> None:
    def stop(outcome: object) -> None:
        raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        fan_out(slow, [0, 9], workers=2, on_done=stop)
    assert time.monotonic() - start < 30


def test_another_program_can_be_the_worker() -> None:
    start = program([sys.executable, "-c", PROGRAM])
    assert [one.result for one in fan_out(pow_of_two, range(5), workers=2, start=start)] == [1, 2, 4, 8, 16]


def pow_of_two(number: int) -> int:
    return 2**number


def test_a_program_that_does_not_work_is_named() -> None:
    with pytest.raises(RuntimeError, match="exit status 3"):
        fan_out(square, range(3), workers=2, start=program([sys.executable, "-c", "raise SystemExit(3)"]))


def test_no_worker_outlives_a_killed_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import os, time\n"
        "from metaspatial.backend.workers import fan_out\n"
        "def work(folder):\n"
        "    open(os.path.join(folder, str(os.getpid())), 'w').close()\n"
        "    time.sleep(120)\n"
        f"if __name__ == '__main__':\n    fan_out(work, [{str(tmp_path / 'pids')!r}] * 2, workers=2)\n"
    )
    pids = tmp_path / "pids"
    pids.mkdir()
    parent = subprocess.Popen([sys.executable, str(script)])
    wait_for(lambda: len(list(pids.iterdir())) == 2)
    parent.kill()
    parent.wait()
    wait_for(lambda: not any(is_running(int(path.name)) for path in pids.iterdir()))


def wait_for(condition) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
