# SPDX-License-Identifier: GPL-3.0-or-later
"""Work over a Ray cluster: as `fan_out`, here with a stand-in for Ray, and with Ray itself where that is installed."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import pickle
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from metaspatial.backend import cluster
from metaspatial.backend.cluster import ClusterError, fan_out_over
from metaspatial.backend.curate.generated import GeneratedSource
from metaspatial.backend.curate.making import Wanted
from metaspatial.backend.curate.pipeline import Curation, curate
from metaspatial.backend.workers import Outcome
from metaspatial.tests.backend.curate.rooms import contents


class RayError(Exception):
    pass


class StandIn(types.ModuleType):
    """As much of Ray as is used, in this process: what travels is pickled, and processes forget nothing."""

    def __init__(self) -> None:
        super().__init__("ray")
        self.__spec__ = importlib.machinery.ModuleSpec("ray", None)
        self.store: list[Any] = []
        self.log: list[str] = []
        self.up = False
        self.waiting = 0
        self.most = 0
        self.exceptions = types.SimpleNamespace(RayError=RayError)

    def is_initialized(self) -> bool:
        return self.up

    def init(self, address: str, **_: Any) -> None:
        if address == "nowhere:1":
            raise ConnectionError("nobody is there")
        self.up = True
        self.log.append(f"init {address}")

    def shutdown(self) -> None:
        self.up = False
        self.log.append("shutdown")

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": 2.0}

    def put(self, value: Any) -> int:
        self.store.append(pickle.dumps(value))
        return len(self.store) - 1

    def get(self, reference: int) -> Any:
        value = pickle.loads(self.store[reference])
        if isinstance(value, RayError):
            raise value
        return value

    def remote(self, function: Any) -> Any:
        def call(*values: Any) -> int:
            self.waiting += 1
            self.most = max(self.most, self.waiting)
            values = pickle.loads(pickle.dumps(values))
            try:
                return self.put(function(*values))
            except SystemExit:
                return self.put(RayError("the worker died unexpectedly"))

        return types.SimpleNamespace(remote=call)

    def wait(self, references: list[int], **_: Any) -> tuple[list[int], list[int]]:
        self.waiting -= 1
        return references[-1:], references[:-1]  # the latest first: no order is promised

    def cancel(self, reference: int, *, force: bool) -> None:
        self.log.append("cancel")


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    module = StandIn()
    monkeypatch.setitem(sys.modules, "ray", module)
    cluster._tasks.clear()
    yield module
    cluster._tasks.clear()


def double(number: int) -> int:
    if number == 3:
        raise ValueError("not three")
    if number == 4:
        raise SystemExit
    return 2 * number


def test_every_item_has_its_outcome_in_order(ray: StandIn) -> None:
    seen: list[int] = []
    done = fan_out_over("10.0.0.1:6379")(double, range(6), on_done=lambda outcome: seen.append(outcome.index))
    assert sorted(seen) == list(range(6))
    assert seen != sorted(seen)
    assert [one.result for one in done] == [0, 2, 4, None, None, 10]
    assert "not three" in done[3].error
    assert done[4].died
    assert not done[3].died
    assert ray.log == ["init 10.0.0.1:6379", "shutdown"]


def test_not_more_is_handed_out_than_the_cluster_can_begin(ray: StandIn) -> None:
    fan_out_over("auto")(double, [1] * 30, keep=False)
    assert ray.most == 4


def test_who_interrupts_waits_for_nobody(ray: StandIn) -> None:
    def stop(outcome: Outcome[int, int]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fan_out_over("auto")(double, [1] * 30, on_done=stop)
    assert ray.log == ["init auto", "cancel", "cancel", "cancel", "shutdown"]


def test_a_cluster_that_is_begun_already_is_used_and_left_up(ray: StandIn) -> None:
    ray.up = True
    assert [one.result for one in fan_out_over("auto")(double, [5])] == [10]
    assert ray.up
    assert not ray.log


def test_a_cluster_that_can_t_be_reached_is_named(ray: StandIn) -> None:
    with pytest.raises(ClusterError, match="nowhere:1 can't be reached: nobody is there"):
        fan_out_over("nowhere:1")(double, [1])


def test_a_cluster_that_goes_away_is_named(ray: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: Any, **more: Any) -> Any:
        raise RayError("the head node died")

    monkeypatch.setattr(ray, "wait", gone)
    with pytest.raises(ClusterError, match="auto is gone: the head node died"):
        fan_out_over("auto")(double, [1])


def test_without_ray_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ClusterError, match="pip install"):
        fan_out_over("auto")


def test_a_curation_over_a_cluster_is_the_same(ray: StandIn, tmp_path: Path) -> None:
    _same(tmp_path, "auto", 2)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed")
def test_a_curation_over_ray_itself_is_the_same(tmp_path: Path) -> None:
    import ray  # pyright: ignore[reportMissingImports]

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        _same(tmp_path, "local", 6)
    finally:
        ray.shutdown()


def _same(folder: Path, address: str, count: int) -> None:
    curation = Curation(GeneratedSource(count, pieces=(3, 4)), Wanted("lessons", 1.0))
    curate(curation, folder / "here")
    curate(curation, folder / "there", spread=fan_out_over(address))
    assert contents(folder / "here") == contents(folder / "there")
