# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs: what the main thread sees of the work, and that nothing is lost, whoever stops or fails."""

import threading
import time

import pytest
from metaspatial.backend.policies.policy import Cancelled, PolicyError
from metaspatial.backend.scene import SceneError
from metaspatial.metaspatial_addon.jobs.job import Desk, Job


def pump_until(job: Job, stages: set[str], seconds: float = 10.0) -> None:
    """Pump as a modal timer would, until the job is in one of `stages`."""
    deadline = time.monotonic() + seconds
    while job.stage not in stages:
        assert time.monotonic() < deadline, f"still {job.stage}"
        job.pump(wait=0.05)


def test_a_job_waits_then_works_then_is_ready_then_done() -> None:
    job = Job("sum", lambda desk: 2 + 3)
    assert job.stage == "queued"
    assert not job.working
    job.start()
    assert job.working
    pump_until(job, {"ready"})
    assert job.result == 5
    assert not job.over
    job.finish()
    assert job.stage == "done"
    assert job.over
    assert job.result == 5


def test_state_changes_only_when_the_main_thread_pumps() -> None:
    told = threading.Event()

    def work(desk: Desk) -> None:
        desk.tell("asking", 0.5, "half-way")
        told.set()

    job = Job("quiet", work).start()
    assert told.wait(5)
    assert job.join(5)
    assert (job.stage, job.fraction, job.text) == ("preparing", 0.0, "")
    pump_until(job, {"ready"})
    assert job.text == "half-way"


def test_news_keeps_what_it_does_not_mention() -> None:
    def work(desk: Desk) -> None:
        desk.tell("asking", 0.25, "thinking")
        desk.stream("<think>a bed")
        desk.tell(fraction=7.0)
        desk.on_main(lambda: None)

    job = Job("news", work).start()
    seen: list[tuple[str, float, str, str]] = []
    while job.working:
        job.pump(budget=0.0, wait=0.05)
        seen.append((job.stage, job.fraction, job.text, job.stream))
    assert ("asking", 0.25, "thinking", "") in seen
    assert ("asking", 1.0, "thinking", "<think>a bed") in seen  # fractions are held to 0…1


def test_requests_run_on_the_pumping_thread_and_answer_the_worker() -> None:
    def work(desk: Desk) -> tuple[int, int]:
        return threading.get_ident(), desk.on_main(lambda base: threading.get_ident() + base, base=0)

    job = Job("ask", work)
    worker, main = job.run()
    assert main == threading.get_ident()
    assert worker != main


def test_a_request_that_raises_is_the_workers_to_handle() -> None:
    def work(desk: Desk) -> str:
        try:
            desk.on_main(int, "four")
        except ValueError as error:
            return f"handled {error}"
        return "not raised"

    assert Job("oops", work).run().startswith("handled invalid literal")


def test_a_timeout_raised_by_a_request_reaches_the_worker() -> None:
    def slow() -> None:
        raise TimeoutError("the disk sleeps")

    def work(desk: Desk) -> str:
        with pytest.raises(TimeoutError, match="the disk sleeps"):
            desk.on_main(slow)
        return "seen"

    assert Job("timeout", work).run() == "seen"


@pytest.mark.parametrize(
    "error", [PolicyError("Start the server first."), SceneError("room.height", "must be positive")]
)
def test_expected_errors_fail_with_their_own_sentence(error: Exception) -> None:
    def work(desk: Desk) -> None:
        raise error

    job = Job("fail", work).start()
    pump_until(job, {"failed"})
    assert job.error == str(error)
    assert job.over
    assert job.details == ""


@pytest.mark.parametrize("error", [ZeroDivisionError("by 0"), SystemExit(3), KeyboardInterrupt(), ValueError("a\n b")])
def test_unexpected_errors_fail_with_a_sentence_and_the_traceback(error: BaseException) -> None:
    def work(desk: Desk) -> None:
        raise error

    job = Job("crash", work).start()
    pump_until(job, {"failed"})
    assert job.error.startswith("Something unexpected went wrong: ")
    assert type(error).__name__ in job.error
    assert "\n" not in job.error
    assert "Traceback" in job.details


def test_the_result_of_an_unfinished_job_is_refused() -> None:
    job = Job("none", lambda desk: None)
    with pytest.raises(RuntimeError, match="queued"):
        _ = job.result
    with pytest.raises(RuntimeError, match="queued"):
        job.finish()


def test_a_job_starts_once() -> None:
    job = Job("once", lambda desk: None).start()
    with pytest.raises(RuntimeError, match="once"):
        job.start()


def test_cancel_reaches_a_worker_that_polls() -> None:
    entered = threading.Event()

    def work(desk: Desk) -> None:
        entered.set()
        while not desk.cancelled():
            time.sleep(0.001)
        raise Cancelled

    job = Job("poll", work).start()
    assert entered.wait(5)
    job.cancel()
    assert job.stage == "cancelled"
    assert job.join(5)


def test_cancel_reaches_a_worker_that_waits_for_the_main_thread() -> None:
    reached: list[str] = []

    def work(desk: Desk) -> None:
        try:
            desk.on_main(reached.append, "main")
        except Cancelled:
            reached.append("cancelled")
            raise

    job = Job("wait", work).start()
    job.cancel()  # nobody pumps any more
    assert job.join(5)
    assert "main" not in reached
    job.pump(wait=0.01)
    assert job.stage == "cancelled"


def test_a_cancelled_job_ignores_a_result_that_comes_late() -> None:
    release = threading.Event()

    def work(desk: Desk) -> str:
        release.wait(5)
        desk.tell("asking", 0.9, "still here")
        return "too late"

    job = Job("late", work).start()
    job.cancel()
    release.set()
    assert job.join(5)
    job.pump(wait=0.05)
    assert (job.stage, job.text) == ("cancelled", "Cancelled")
    with pytest.raises(RuntimeError):
        _ = job.result


def test_a_job_cancelled_before_its_start_never_works() -> None:
    job = Job("never", lambda desk: pytest.fail("worked"))
    job.cancel()
    with pytest.raises(RuntimeError):
        job.start()


def test_cancelling_or_failing_what_is_over_changes_nothing() -> None:
    job = Job("over", lambda desk: 1)
    job.run()
    job.finish()
    job.cancel()
    job.fail("no")
    assert job.stage == "done"
    assert job.error == ""


def test_a_ready_result_can_still_be_refused_by_its_user() -> None:
    job = Job("stale", lambda desk: 1)
    job.run()
    job.fail("The room changed meanwhile.")
    assert job.stage == "failed"
    assert job.error == "The room changed meanwhile."


def test_run_raises_the_failure_as_a_policy_error() -> None:
    def work(desk: Desk) -> None:
        raise PolicyError("No server at http://127.0.0.1:8000.")

    with pytest.raises(PolicyError, match="No server"):
        Job("script", work).run()


def test_run_raises_cancelled() -> None:
    job: Job[None] = Job("script", lambda desk: desk.on_main(lambda: job.cancel()))
    with pytest.raises(Cancelled):
        job.run()


def test_an_interrupt_inside_a_request_stops_the_job_and_reaches_the_script() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    job: Job[None] = Job("ctrl-c", lambda desk: desk.on_main(interrupt))
    with pytest.raises(KeyboardInterrupt):
        job.run()
    assert job.stage == "cancelled"
    assert job.join(5)


def test_pump_gives_the_event_loop_its_turn_between_requests() -> None:
    done: list[int] = []

    def work(desk: Desk) -> None:
        for index in range(3):
            desk.on_main(done.append, index)

    job = Job("turns", work).start()
    pumps = 0
    while job.working:
        before = len(done)
        pumps += job.pump(budget=0.0, wait=0.05)
        assert len(done) - before <= 1
    assert done == [0, 1, 2]
    assert pumps >= 3


def test_a_request_posted_while_the_main_thread_cancels_is_not_done() -> None:
    job: Job[None]
    done: list[str] = []

    def work(desk: Desk) -> None:
        desk.on_main(lambda: job.cancel())
        desk.on_main(done.append, "after the cancel")

    job = Job("cut", work)
    with pytest.raises(Cancelled):
        job.run()
    assert job.join(5)
    job.pump(wait=0.05)
    assert done == []
