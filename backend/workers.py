# SPDX-License-Identifier: GPL-3.0-or-later
"""Work spread over processes, for what takes long and comes in many independent items.

    outcomes = fan_out(task, items, workers=2)

Each worker is a fresh process (never a fork: Blender and threads don't survive one) that imports once and takes one
item after the other. A worker that dies, in a driver or for want of memory, costs the item it had: that one is reported
as failed, another worker takes its place, and the rest goes on.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Client, Connection, Listener, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Generic, Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Set to 1 in workers unless set already: each worker has one processor, not all of them."""
_VARIABLE = "METASPATIAL_WORKER"
_LOOKED_AT = 1000
"""How many waiting items are looked through for one of a group."""
_POLL = 0.2
_PATIENCE = 5.0
_START_LIMIT = 120.0


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Item, Result]):
    """What became of one item: its `result`, or None and the `error` that prevented it. `died`: its worker with it."""

    index: int
    item: Item
    result: Result | None = None
    error: str = ""
    died: bool = False


class Worker(Protocol):
    """A process at the other end of a connection, that `serve`s there."""

    @property
    def connection(self) -> Connection: ...

    def end(self, *, now: bool) -> str:
        """Close the connection and see the process end, by force if `now` or if it doesn't; how it ended, in words."""
        ...


def fan_out(
    task: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    workers: int = 0,
    initialiser: Callable[[], None] | None = None,
    group: Callable[[Item], object] = lambda item: None,
    on_done: Callable[[Outcome[Item, Result]], None] = lambda outcome: None,
    cancelled: Callable[[], bool] = lambda: False,
    start: Callable[[], Worker] | None = None,
    keep: bool = True,
    apart: bool = False,
) -> list[Outcome[Item, Result]]:
    """`task(item)` for each item, in `workers` processes; with 0 or 1, one after the other in this very process.

    The outcomes are in the items' order; `on_done` gets each as soon as it is there, in this process. What `task`
    raises is its item's error. A worker gets items of one `group` as long as there are any, so that what is kept from
    one serves the next. `task`, `initialiser` (called once in each worker before its first item), items and
    results travel pickled, so functions must be importable by name. Once `cancelled` returns True the workers are ended
    and what is done is returned; the same before a KeyboardInterrupt, or what `on_done` raises, passes on.

    `start` makes the workers: processes of this Python by default, `program` for another one. Without `keep` nothing is
    returned and no result kept once `on_done` has had it: for many items with large results. `apart` from this process
    even one worker is: for what may crash.
    Raises RuntimeError when workers can't be started, or can't take the task.
    """
    if not items or (not apart and (workers <= 1 or len(items) == 1)):
        return _one_by_one(task, items, initialiser, on_done, cancelled, keep)
    crew = _Crew(start or own_process, (initialiser, task), min(max(1, workers), len(items)))
    done: dict[int, Outcome[Item, Result] | None] = {}
    ended: list[Outcome[Item, Result]] = []
    groups = [group(item) for item in items]
    waiting = list(range(len(items)))
    try:
        while len(done) < len(items) and not cancelled():
            crew.fill(len(waiting))
            for worker in crew.idle()[: len(waiting)]:  # before `on_done`: nobody waits for what that does
                index = waiting.pop(crew.choose(worker, [groups[index] for index in waiting[:_LOOKED_AT]]))
                crew.give(worker, index, items[index], groups[index])
            for outcome in ended:
                done[outcome.index] = outcome if keep else None
                on_done(outcome)
            if len(done) < len(items):
                ended = [Outcome(news[0], items[news[0]], *news[1:]) for news in crew.news()]
        for outcome in ended:
            if outcome.index not in done:
                done[outcome.index] = outcome if keep else None
                on_done(outcome)
    except BaseException:
        crew.dismiss(now=True)
        raise
    crew.dismiss(now=len(done) < len(items))
    return [outcome for _, outcome in sorted(done.items()) if outcome is not None]


def own_process() -> Worker:
    """A worker in a fresh process of this Python. Not for one that has loaded bpy, whose paths it would begin with."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_served, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    return _Process(ours, process)


def program(command: Sequence[str]) -> Callable[[], Worker]:
    """A `start` whose workers are another program, such as Blender with a script, that calls `serve` when `is_worker`.

    Its output is this process's own. It is told where to call by an environment variable, and proves by a secret that
    it is the one that was started.
    """

    def start() -> Worker:
        key = secrets.token_bytes(32)
        listener = Listener(authkey=key)
        address = listener.address if isinstance(listener.address, str) else "{}:{}".format(*listener.address)
        environment = {**os.environ, _VARIABLE: f"{key.hex()} {address}"}
        process = subprocess.Popen(list(command), env=environment, stdin=subprocess.DEVNULL)  # noqa: S603
        return _Program(listener, process)

    return start


def is_worker() -> bool:
    """Whether this process was started by `program` to `serve`."""
    return _VARIABLE in os.environ


def serve() -> None:
    """Work for the process that started this one, until it has no more to do."""
    threading.Thread(target=_end_as_orphan, args=(os.getppid(),), daemon=True).start()
    key, _, address = os.environ.pop(_VARIABLE).partition(" ")
    host, _, port = address.rpartition(":")
    with Client((host, int(port)) if host and port.isdigit() else address, authkey=bytes.fromhex(key)) as connection:
        _serve(connection)


class _Crew:
    """The workers at work, and which item each has."""

    def __init__(self, start: Callable[[], Worker], orders: object, size: int) -> None:
        self._start = start
        self._orders = orders
        self._size = size
        self._workers: list[Worker] = []
        self._at: dict[int, int] = {}  # by id of the worker
        self._groups: dict[int, object] = {}  # the group of a worker's latest item, by id of the worker
        self._unready: set[int] = set()
        self._fruitless = 0

    def fill(self, waiting: int) -> None:
        """Start the workers that are missing and that there is work for."""
        with _as_workers():
            fresh = [self._start() for _ in range(min(self._size, len(self._at) + waiting) - len(self._workers))]
        self._workers += fresh
        for worker in fresh:  # all have been started: they begin side by side
            self._unready.add(id(worker))
            try:
                worker.connection.send(self._orders)
            except OSError:
                continue  # it is gone already: `news` sees the same
            except RuntimeError:
                raise
            except Exception as error:  # pickling raises anything
                raise RuntimeError(f"the task can't be handed to another process: {error}") from error

    def idle(self) -> list[Worker]:
        return [w for w in self._workers if id(w) not in self._at and id(w) not in self._unready]

    def choose(self, worker: Worker, groups: Sequence[object]) -> int:
        """Which of the waiting items a worker should get: of its own group, else of one that nobody is at, else any."""
        own, taken = self._groups.get(id(worker)), set(self._groups.values())
        free = None
        for place, group in enumerate(groups):
            if group == own:
                return place
            if free is None and group not in taken:
                free = place
        return free or 0

    def give(self, worker: Worker, index: int, item: object, group: object) -> None:
        self._at[id(worker)] = index
        self._groups[id(worker)] = group
        with contextlib.suppress(OSError):  # it is gone already: `news` sees the same
            worker.connection.send(item)

    def news(self) -> list[tuple[int, Any, str, bool]]:
        """Index, result, error and whether the worker died, of the items that ended within a moment."""
        found = []
        by_connection = {worker.connection: worker for worker in self._workers}
        for connection in wait(list(by_connection), _POLL):
            worker = by_connection[connection]  # type: ignore[index]
            try:
                said = worker.connection.recv()
            except (EOFError, OSError):
                found += self._lost(worker)
                continue
            if id(worker) in self._unready:
                if said:
                    raise RuntimeError(f"a worker can't begin: {said}")
                self._unready.discard(id(worker))
                self._fruitless = 0
            else:
                found.append((self._at.pop(id(worker)), *said, False))
        return found

    def _lost(self, worker: Worker) -> Iterator[tuple[int, Any, str, bool]]:
        how = worker.end(now=True)
        self._workers.remove(worker)
        self._groups.pop(id(worker), None)
        if id(worker) in self._unready:
            self._unready.discard(id(worker))
            self._fruitless += 1
            if self._fruitless > self._size:
                raise RuntimeError(f"workers end before they begin ({how})")
        elif id(worker) in self._at:
            yield self._at.pop(id(worker)), None, f"the process at work on it died ({how})", True

    def dismiss(self, *, now: bool) -> None:
        """End all; with `now` whatever they are doing."""
        for worker in () if now else self._workers:
            worker.connection.close()  # they all begin to end
        for worker in self._workers:
            worker.end(now=now)
        self._workers.clear()


@dataclass(frozen=True, slots=True)
class _Process:
    connection: Connection
    process: SpawnProcess

    def end(self, *, now: bool) -> str:
        self.connection.close()
        if not now:
            self.process.join(_PATIENCE)
        self.process.kill() if self.process.is_alive() and not now else self.process.terminate()
        self.process.join(_PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        return _ending(self.process.exitcode)


class _Program:
    def __init__(self, listener: Listener, process: subprocess.Popen[bytes]) -> None:
        self._listener = listener
        self._process = process
        self._connection: Connection | None = None

    @property
    def connection(self) -> Connection:
        """Waits for the program's call the first time. Raises RuntimeError if it ends without one."""
        if self._connection is None:
            self._connection = _accepted(self._listener, self._process)
        return self._connection

    def end(self, *, now: bool) -> str:
        self._listener.close()
        if self._connection is not None:
            self._connection.close()
        if now or self._connection is None:
            self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return _ending(self._process.wait(_PATIENCE))
        self._process.kill()
        return _ending(self._process.wait())


def _ending(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit status {code}"
    with contextlib.suppress(ValueError):
        return f"signal {signal.Signals(-code).name}"
    return f"signal {-code}"


def _accepted(listener: Listener, process: subprocess.Popen[bytes]) -> Connection:
    """The program's call, or RuntimeError if it ends without one."""
    calls: list[Connection] = []
    thread = threading.Thread(target=lambda: calls.append(listener.accept()), daemon=True)
    thread.start()
    for _ in range(int(_START_LIMIT / _POLL)):
        thread.join(_POLL)
        if calls:
            return calls[0]
        if process.poll() is not None or not thread.is_alive():
            break
    process.kill()
    raise RuntimeError(f"{process.args} did not begin to work ({_ending(process.wait())})")  # type: ignore[str-bytes]


@contextlib.contextmanager
def _as_workers() -> Iterator[None]:
    """Processes started within take one thread each and don't hear Ctrl-C, which is for who started them."""
    missing = [name for name in ONE_THREAD if name not in os.environ]
    os.environ.update(dict.fromkeys(missing, "1"))
    main = threading.current_thread() is threading.main_thread()
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN) if main else None
    try:
        yield
    finally:
        if main:
            signal.signal(signal.SIGINT, heard)
        for name in missing:
            del os.environ[name]


def _one_by_one(
    task: Callable[[Item], Result],
    items: Sequence[Item],
    initialiser: Callable[[], None] | None,
    on_done: Callable[[Outcome[Item, Result]], None],
    cancelled: Callable[[], bool],
    keep: bool,
) -> list[Outcome[Item, Result]]:
    if initialiser is not None and items:
        initialiser()
    done: list[Outcome[Item, Result]] = []
    for index, item in enumerate(items):
        if cancelled():
            break
        result, error = attempt(task, item)
        outcome = Outcome(index, item, result, error)
        if keep:
            done.append(outcome)
        on_done(outcome)
    return done


def attempt(task: Callable[[Any], Any], item: object) -> tuple[Any, str]:
    """What `task` makes of an item, and no error; or None and what it raised, and where, in words."""
    try:
        return task(item), ""
    except Exception as error:  # an item that fails must not end the work on the others
        trace = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{os.path.basename(trace.filename)}:{trace.lineno}"
        return None, f"{type(error).__name__}: {error} ({place})"


def _served(connection: Connection) -> None:
    """The life of a worker that `own_process` started."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    _serve(connection)


def _end_with(sentinel: int) -> None:
    """An orphan has nobody to work for."""
    wait([sentinel])
    os._exit(1)


def _end_as_orphan(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _serve(connection: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this one hears it, and ends this one
    with contextlib.suppress(EOFError, OSError):
        try:
            initialiser, task = connection.recv()
            if initialiser is not None:
                initialiser()
        except EOFError:
            raise
        except Exception as error:  # who started this worker is told
            connection.send(f"{type(error).__name__}: {error}")
            return
        connection.send("")
        while True:
            item = connection.recv()
            result, error = attempt(task, item)
            try:
                connection.send((result, error))
            except OSError:
                raise
            except Exception as problem:  # a result that can't travel
                connection.send((None, f"{type(problem).__name__}: {problem}"))
    sys.stdout.flush()
    sys.stderr.flush()
