# SPDX-License-Identifier: GPL-3.0-or-later
"""A job: work on a daemon thread, its progress, and the pieces of it that only the main thread may do.

The worker computes on plain data and talks through its `Desk`. Whatever needs ``bpy`` (rendering, BVH trees) it hands
to `Desk.on_main` and waits. The main thread calls `Job.pump` (a modal operator's timer, a loop, a test): pump does the
handed-in calls and brings the job's public state up to date, so that state changes on the main thread alone.

    queued → preparing → asking ⇄ scoring → settling → ready → done
                     any of these → failed | cancelled
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Generic, Literal, ParamSpec, TypeVar

from ...backend.policies.policy import Cancelled, PolicyError
from ...backend.scene import SceneError

Stage = Literal[
    "queued", "preparing", "asking", "scoring", "settling",  # at work
    "ready",  # the result is there and waits for the main thread to use it
    "done", "failed", "cancelled",  # over
]  # fmt: skip
OVER: tuple[Stage, ...] = ("done", "failed", "cancelled")

R = TypeVar("R")
T = TypeVar("T")
P = ParamSpec("P")
_log = logging.getLogger(__name__)
_WAKE = 0.05
"""Seconds after which a waiting worker looks whether it was cancelled."""


class Job(Generic[R]):
    """One piece of work. `work` runs on a daemon thread and gets the `Desk`; its return value becomes `result`.

    Read and call everything here on the main thread. `fraction` is 0…1, `text` a line for the user, `stream`
    the model's answer so far, `error` the sentence on a failure, `details` the traceback behind an unexpected one.
    """

    def __init__(self, name: str, work: Callable[[Desk], R]) -> None:
        self.name = name
        self.stage: Stage = "queued"
        self.fraction = 0.0
        self.text = ""
        self.stream = ""
        self.error = ""
        self.details = ""
        self.started = 0.0
        self._work = work
        self._result: R | None = None
        self._inbox: SimpleQueue[_Message] = SimpleQueue()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def over(self) -> bool:
        """Nothing will happen any more."""
        return self.stage in OVER

    @property
    def working(self) -> bool:
        """The worker is at it: started, and neither ready nor over."""
        return self._thread is not None and self.stage != "ready" and not self.over

    @property
    def result(self) -> R:
        """What the work returned. Raises RuntimeError before the job is ready."""
        if self.stage not in ("ready", "done"):
            raise RuntimeError(f"The job is {self.stage}: it has no result.")
        return self._result  # type: ignore[return-value]

    def start(self) -> Job[R]:
        """Begin. A job starts once."""
        if self._thread is not None or self.over:
            raise RuntimeError("A job starts once.")
        self.stage = "preparing"
        self.started = time.monotonic()
        self._thread = threading.Thread(target=self._labour, name=f"MetaSpatial {self.name}", daemon=True)
        self._thread.start()
        return self

    def pump(self, budget: float = 0.03, wait: float = 0.0) -> bool:
        """Do the worker's requests and take in its news. True if anything happened.

        After `budget` seconds no further request is begun, so that the caller's event loop gets its turn. With `wait`,
        blocks up to that many seconds for the first message.
        """
        happened = False
        deadline = time.monotonic() + budget
        while not self.over and self.stage != "ready":
            try:
                message = self._inbox.get(timeout=wait) if wait > 0 else self._inbox.get_nowait()
            except Empty:
                break
            wait = 0.0
            happened = True
            message.take(self)
            if time.monotonic() > deadline:
                break
        return happened

    def run(self) -> R:
        """Start, pump until the worker is through, and return the result: for scripts, without an event loop.

        Raises `Cancelled`, or `PolicyError` with the failure's sentence.
        """
        if self._thread is None:
            self.start()
        while self.working:
            self.pump(wait=0.5)
        if self.stage == "cancelled":
            raise Cancelled
        if self.stage == "failed":
            raise PolicyError(self.error)
        return self.result

    def cancel(self) -> None:
        """Stop now. The worker is told, and whatever it still says is ignored. No effect on a job that is over."""
        if self.over:
            return
        self._stop.set()
        self.stage = "cancelled"
        self.text = "Cancelled"
        self._refuse_requests()

    def finish(self) -> None:
        """The ready result has been used."""
        if self.stage != "ready":
            raise RuntimeError(f"Only a ready job can be finished; this one is {self.stage}.")
        self.stage = "done"

    def fail(self, error: str, details: str = "") -> None:
        """Give up, with the sentence that the user reads."""
        if self.over:
            return
        self._stop.set()
        self.stage = "failed"
        self.error = self.text = error
        self.details = details
        self._refuse_requests()

    def join(self, timeout: float) -> bool:
        """Wait for the worker's thread to end, at most `timeout` seconds. True if it has."""
        if self._thread is not None:
            self._thread.join(timeout)
            return not self._thread.is_alive()
        return True

    def _labour(self) -> None:
        """The worker's thread: the work, and whatever becomes of it as one last message."""
        try:
            result = self._work(Desk(self._inbox, self._stop))
        except Cancelled:
            self._inbox.put(_Stopped())
        except (PolicyError, SceneError) as error:
            self._inbox.put(_Failure(str(error), ""))
        except BaseException as error:
            details = traceback.format_exc()
            _log.debug("%s failed\n%s", self.name, details)
            self._inbox.put(_Failure(f"Something unexpected went wrong: {_one_line(error)}", details))
        else:
            self._inbox.put(_Success(result))

    def _refuse_requests(self) -> None:
        while True:
            try:
                message = self._inbox.get_nowait()
            except Empty:
                return
            if isinstance(message, _Request):
                message.future.set_exception(Cancelled())


class Desk:
    """The worker's side of its job."""

    def __init__(self, inbox: SimpleQueue[_Message], stop: threading.Event) -> None:
        self._inbox = inbox
        self._stop = stop

    def cancelled(self) -> bool:
        """True once the job was cancelled: to be polled, and answered by raising `Cancelled`."""
        return self._stop.is_set()

    def check(self) -> None:
        """Raise `Cancelled` if the job was cancelled."""
        if self._stop.is_set():
            raise Cancelled

    def tell(self, stage: Stage | None = None, fraction: float | None = None, text: str | None = None) -> None:
        """News of the work; what is left out stays as it was."""
        self._inbox.put(_News(stage, fraction, text, None))

    def stream(self, text: str) -> None:
        """The model's answer as far as it has come."""
        self._inbox.put(_News(None, None, None, text))

    def on_main(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `function` on the main thread and wait for what it returns or raises. Raises `Cancelled`."""
        self.check()
        request = _Request(lambda: function(*args, **kwargs), Future())
        self._inbox.put(request)
        while True:
            try:
                return request.future.result(timeout=_WAKE)
            except TimeoutError:
                if request.future.done():  # the function itself raised a TimeoutError
                    raise
                self.check()


class Share(Desk):
    """The desk of one of several parts of a work that follow each other: its progress is a share of the whole's."""

    def __init__(self, desk: Desk, number: int, parts: int) -> None:
        super().__init__(desk._inbox, desk._stop)
        self._number, self._parts = number, parts

    def tell(self, stage: Stage | None = None, fraction: float | None = None, text: str | None = None) -> None:
        whole = None if fraction is None else (self._number + min(max(fraction, 0.0), 1.0)) / self._parts
        if text is not None and self._parts > 1:
            text = f"{self._number + 1}/{self._parts} · {text}"
        super().tell(stage, whole, text)


@dataclass(frozen=True)
class _News:
    stage: Stage | None
    fraction: float | None
    text: str | None
    stream: str | None

    def take(self, job: Job[Any]) -> None:
        if self.stage is not None:
            job.stage = self.stage
        if self.fraction is not None:
            job.fraction = min(max(self.fraction, 0.0), 1.0)
        if self.text is not None:
            job.text = self.text
        if self.stream is not None:
            job.stream = self.stream


@dataclass(frozen=True)
class _Request:
    call: Callable[[], Any]
    future: Future[Any]

    def take(self, job: Job[Any]) -> None:
        try:
            self.future.set_result(self.call())
        except BaseException as error:
            self.future.set_exception(error)
            if not isinstance(error, Exception):  # Ctrl+C in a script belongs to the caller as well
                job.cancel()
                raise


@dataclass(frozen=True)
class _Success:
    result: Any

    def take(self, job: Job[Any]) -> None:
        job._result = self.result
        job.stage = "ready"
        job.fraction = 1.0


@dataclass(frozen=True)
class _Stopped:
    def take(self, job: Job[Any]) -> None:
        job.cancel()


@dataclass(frozen=True)
class _Failure:
    error: str
    details: str

    def take(self, job: Job[Any]) -> None:
        job.fail(self.error, self.details)


_Message = _News | _Request | _Success | _Stopped | _Failure


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__
