# SPDX-License-Identifier: GPL-3.0-or-later
"""Solve one scene: several seeded searches, the best distinct results, and a reason for whatever is left out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...scene import Layout, Pose, Scene
from ..policy import Cancelled
from .problem import Problem, compile_problem
from .reasons import could_fit, why_unplaced
from .search import Search, State

_ROUNDS = 4
"""Most passes over all pieces when a layout is improved."""


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A piece that found no place, and why, in a sentence for users."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Solution:
    """A layout that breaks no hard rule. `cost` compares solutions of one scene; less is better."""

    layout: Layout
    unplaced: tuple[Unplaced, ...]
    cost: float


def solve(
    scene: Scene,
    *,
    seed: int = 0,
    seconds: float | None = None,
    count: int = 1,
    cancelled: Callable[[], bool] = lambda: False,
    on_progress: Callable[[float], None] = lambda share: None,
) -> list[Solution]:
    """Arrange `scene`: up to `count` distinct solutions, best first.

    Nothing overlaps, leaves the room, or stands in a door's way; fixed pieces stay where they are. The same seed gives
    the same result unless `seconds` (default: grows with the number of pieces, at most 8) runs out first; the best so
    far is returned then. Raises `Cancelled` as soon as `cancelled()` is true.
    """
    problem = compile_problem(scene)
    limit = seconds if seconds is not None else default_seconds(problem.n)
    end = time.monotonic() + limit

    def stop() -> bool:
        if cancelled():
            raise Cancelled
        return time.monotonic() > end

    starts = max(2, count) if problem.n <= 40 else max(1, count)
    steps = max(12, 28 - problem.n // 5)
    results: list[tuple[float, State]] = []
    for k in range(starts):
        rng = np.random.default_rng((seed, k))
        search = Search(problem, rng, stop)
        state = search.construct(0.2 + 0.3 * (k > 0))
        state = search.improve(state, steps, lambda step, k=k: on_progress((k + (step + 1) / steps) / starts))
        state = search.finish(state)
        state = _rescue(search, state, stop)
        results.append((_whole_cost(search, state), state))
        on_progress((k + 1) / starts)
        if stop():
            break
    results.sort(key=lambda result: result[0])
    chosen = _distinct(problem, results, count)
    rng = np.random.default_rng(seed)
    return [_solution(problem, cost, state, rng) for cost, state in chosen]


def place_all(scene: Scene, *, seed: int = 0, cancelled: Callable[[], bool] = lambda: False) -> Solution:
    """Whether everything finds a place, and one for it: valid like `solve`'s layouts, but with no time spent on taste.

    The same on any machine, however slow: no clock has a say. Raises `Cancelled` as soon as `cancelled()` is true.
    """

    def stop() -> bool:
        if cancelled():
            raise Cancelled
        return False

    problem = compile_problem(scene)
    rng = np.random.default_rng((seed, 0))
    search = Search(problem, rng, stop)
    state = _rescue(search, search.finish(search.construct(0.2)), stop)
    return _solution(problem, _whole_cost(search, state), state, rng)


def improve(
    scene: Scene,
    start: Layout,
    *,
    seed: int = 0,
    seconds: float | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    on_progress: Callable[[float], None] = lambda share: None,
) -> Solution:
    """A layout like `start`, but valid, and better where moving one piece, or what belongs to one, makes it so.

    What stands well stays to the millimetre. `seed`, `seconds` and `cancelled` are as for `solve`.
    """
    problem = compile_problem(scene)
    end = time.monotonic() + (seconds if seconds is not None else default_seconds(problem.n))

    def stop() -> bool:
        if cancelled():
            raise Cancelled
        return time.monotonic() > end

    rng = np.random.default_rng((seed, 0))
    search = Search(problem, rng, stop)
    given = {
        problem.index[id]: np.array([pose.x, pose.y, pose.z, pose.rotation])
        for id, pose in start.poses.items()
        if id in problem.index
    }
    state = _rescue(search, search.adopt(given), stop)
    cost = _whole_cost(search, state)
    for k in range(_ROUNDS):
        better = search.polish(state)
        gained, cost = cost - _whole_cost(search, better), _whole_cost(search, better)
        state = better
        on_progress((k + 1) / _ROUNDS)
        if gained < 1e-6 or stop():
            break
    return _solution(problem, cost, state, rng)


def default_seconds(pieces: int) -> float:
    """Time allowed by default, seconds: enough for a good layout on a slow machine."""
    return min(0.9 + 0.05 * pieces, 8.0)


def _rescue(search: Search, state: State, stop: Callable[[], bool]) -> State:
    """While something that could fit is missing: ruin and recreate with more candidates, then with windows covered."""
    hopeless = {int(i) for i in np.flatnonzero(~state.placed) if not could_fit(search.problem, int(i), search.rng)}
    for windows in (True, False):
        search.windows, search.most = windows, 900
        for _ in range(12):
            missing = set(np.flatnonzero(~state.placed).tolist())
            if missing <= hopeless or stop():
                break
            trial = search.finish(search.improve(state, 3))
            fewer = int((~trial.placed).sum()) - len(missing)
            if fewer < 0 or (fewer == 0 and _whole_cost(search, trial) < _whole_cost(search, state)):
                state = trial
    search.windows, search.most = True, 260
    return state


def _whole_cost(search: Search, state: State) -> float:
    missing = float((~state.placed).sum())
    return search.cost(state)[0] + 200.0 * missing


def _distinct(problem: Problem, results: list[tuple[float, State]], count: int) -> list[tuple[float, State]]:
    """The best, then whatever differs from all chosen by half a metre on average, then the next best."""
    chosen: list[tuple[float, State]] = []
    rest = list(results)
    for least in (0.5, 0.15, -1.0):
        for result in list(rest):
            if len(chosen) < count and all(_difference(problem, result[1], other[1]) > least for other in chosen):
                chosen.append(result)
                rest.remove(result)
    return chosen


def _difference(problem: Problem, a: State, b: State) -> float:
    both = a.placed & b.placed & ~problem.fixed
    if not both.any():
        return 0.0
    area = problem.half[both].prod(1)
    return float(np.average(np.hypot(*(a.poses[both, :2] - b.poses[both, :2]).T), weights=area))


def _solution(problem: Problem, cost: float, state: State, rng: np.random.Generator) -> Solution:
    poses = {}
    for i, piece in enumerate(problem.pieces):
        if piece.fixed and piece.pose is not None:
            poses[piece.id] = piece.pose
        elif state.placed[i]:
            x, y, z, rotation = (float(v) for v in state.poses[i])
            poses[piece.id] = Pose(round(x, 4), round(y, 4), round(z, 4), round(rotation % 360.0, 3) % 360.0)
    unplaced = tuple(
        Unplaced(piece.id, why_unplaced(problem, i, state.poses, state.placed, rng))
        for i, piece in enumerate(problem.pieces)
        if not state.placed[i]
    )
    return Solution(Layout(poses), unplaced, cost)
