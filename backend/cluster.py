# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""Work spread over a Ray cluster: the tasks of `workers.fan_out`, on many machines. Ray is imported when asked for.

MetaSpatial must be installed on the machines of the cluster, in the version that asks.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from .workers import Outcome, attempt

Item = TypeVar("Item")
Result = TypeVar("Result")

PIP = 'pip install "ray>=2.40"'
AHEAD = 2
"""Items handed out for each processor of the cluster: one in work, one waiting."""
_POLL = 0.5
_tasks: dict[str, Callable[[Any], Any]] = {}


class ClusterError(RuntimeError):
    """The cluster can't be used; the message says why and what to do."""


def fan_out_over(address: str) -> Callable[..., list[Outcome[Any, Any]]]:
    """What spreads work over the cluster at an address ("auto", "10.0.0.1:6379", "ray://…"; "local" starts one here).

    It has `fan_out`'s parameters task, items, on_done, cancelled and keep. Raises ClusterError where there is no Ray.
    """
    if importlib.util.find_spec("ray") is None:
        raise ClusterError(f"--ray-address needs the package ray, which this Python lacks: {PIP}")
    return functools.partial(_fan_out, address)


def _fan_out(
    address: str,
    task: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    on_done: Callable[[Outcome[Item, Result]], None] = lambda outcome: None,
    cancelled: Callable[[], bool] = lambda: False,
    keep: bool = True,
) -> list[Outcome[Item, Result]]:
    import ray

    if not items:
        return []
    began = not ray.is_initialized()
    if began:
        try:
            ray.init(address=address, log_to_driver=False)
        except (ConnectionError, ValueError, RuntimeError, OSError) as error:
            raise ClusterError(f"the Ray cluster {address} can't be reached: {error}") from error
    try:
        return _spread(ray, task, items, on_done, cancelled, keep)
    except ray.exceptions.RayError as error:
        raise ClusterError(f"the Ray cluster {address} is gone: {error}") from error
    finally:
        if began:
            ray.shutdown()


def _spread(
    ray: Any,
    task: Callable[[Any], Any],
    items: Sequence[Any],
    on_done: Callable[[Outcome[Any, Any]], None],
    cancelled: Callable[[], bool],
    keep: bool,
) -> list[Outcome[Any, Any]]:
    remote, shared = ray.remote(_work), ray.put(task)
    name = str(shared)
    kept: list[Outcome[Any, Any]] = []
    at: dict[Any, int] = {}
    given = 0
    try:
        while (at or given < len(items)) and not cancelled():
            width = max(1, AHEAD * int(ray.cluster_resources().get("CPU", 1)))  # clusters grow
            while given < len(items) and len(at) < width:
                at[remote.remote(name, [shared], items[given])] = given
                given += 1
            ready, _ = ray.wait(list(at), num_returns=1, timeout=_POLL)
            for reference in ready:
                index = at.pop(reference)
                outcome = _outcome(ray, reference, index, items[index])
                if keep:
                    kept.append(outcome)
                on_done(outcome)
    finally:
        for reference in at:  # whoever interrupts waits for nobody
            ray.cancel(reference, force=True)
    return sorted(kept, key=lambda outcome: outcome.index)


def _outcome(ray: Any, reference: Any, index: int, item: Any) -> Outcome[Any, Any]:
    try:
        result, error = ray.get(reference)
    except ray.exceptions.RayError as problem:
        return Outcome(index, item, None, f"the process at work on it died ({problem})", died=True)
    return Outcome(index, item, result, error)


def _work(name: str, shared: list[Any], item: Any) -> tuple[Any, str]:
    """One item, on some machine. The task is fetched once for each process, which keeps what the task builds."""
    import ray

    if name not in _tasks:
        _tasks.clear()
        _tasks[name] = ray.get(shared[0])
    return attempt(_tasks[name], item)
