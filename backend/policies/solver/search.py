# SPDX-License-Identifier: GPL-3.0-or-later
"""Build a layout piece by piece, then improve it: take a group out, put it back elsewhere, keep what is better.

Hard rules hold at every step (`feasible`), so any state the search stops in is valid; only pieces that found no place
are missing. Large neighbourhood search (Shaw 1998) with annealed acceptance; order and candidates are seeded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .boxes import Array
from .candidates import candidates, host_slots
from .cost import candidate_cost, total_cost
from .feasible import feasible
from .problem import Problem
from .rows import line_poses, row_poses
from .walk import unreached

Mask = NDArray[np.bool_]
UNREACHED = 4.0
"""Weight of one front that nobody can walk to."""
_LOOK_AHEAD = 3


@dataclass
class State:
    """Where everything stands: poses (n, 4), which are placed, the prior cost each was placed with."""

    poses: Array
    placed: Mask
    priors: Array

    @staticmethod
    def start(problem: Problem) -> State:
        return State(problem.fixed_pose.copy(), problem.fixed.copy(), np.zeros(problem.n))

    def copy(self) -> State:
        return State(self.poses.copy(), self.placed.copy(), self.priors.copy())

    def put(self, i: int, row: Array) -> None:
        self.poses[i], self.priors[i], self.placed[i] = row[:4], row[4], True

    def become(self, other: State) -> None:
        self.poses[:], self.placed[:], self.priors[:] = other.poses, other.placed, other.priors

    def lift(self, pieces: list[int]) -> None:
        self.placed[pieces] = False
        self.priors[pieces] = 0.0


class Search:
    """One seeded search on one problem. `stop` is polled between steps."""

    def __init__(self, problem: Problem, rng: np.random.Generator, stop: Callable[[], bool]) -> None:
        self.problem, self.rng, self.stop = problem, rng, stop
        self.windows = True
        self.most = 260
        self.rows: frozenset[int] = frozenset()  # what stands in rows stays there
        self.floor = [i for i in range(problem.n) if not problem.fixed[i] and self._stands(i)]
        self._floor_set = frozenset(self.floor)
        self.loose = [i for i in range(problem.n) if not problem.fixed[i] and not self._stands(i)]
        self.boards = [i for i in self.loose if problem.mount[i] == "wall" and self._leads(i)]
        self.loose = [i for i in self.loose if i not in self.boards]
        walls = {"wall": 1, "on": 0, "floor": 2, "ceiling": 3}
        asked = {problem.index[tie.piece] for tie in problem.ties.values() if tie.asked}
        self.loose.sort(key=lambda i: (walls[problem.mount[i]], i not in asked, -float(problem.half[i].prod())))

    def adopt(self, poses: Mapping[int, Array]) -> State:
        """A layout that stands as given, (x, y, z, rotation) by piece, where that breaks no hard rule: large pieces
        first, then what they carry. The others are put where they fit best."""
        state = State.start(self.problem)
        for i in (*sorted(self.floor, key=self._size, reverse=True), *self.boards, *self.loose):
            if i in poses and len(self._feasible(state, i, poses[i][None])):
                state.put(i, np.append(poses[i], 0.0))
        self._fill(state, [], 0.0)
        for i in (*self.boards, *self.loose):
            if not state.placed[i]:
                self._place(state, i, 0.0)
        return state

    def construct(self, temperature: float) -> State:
        """A whole layout from nothing. Floor pieces first, then what hangs, lies or stands on others."""
        state = State.start(self.problem)
        for i in self.boards:
            self._place(state, i, temperature)
        rows = row_poses(self.problem, state.poses, state.placed)
        for i, pose in rows.items():
            state.put(i, np.append(pose, 0.0))
        for i in rows:
            self._place_children(state, i, 0.0)
        self.rows = frozenset(k for i in rows for k in (i, *self._descendants(i)))
        lines = line_poses(
            self.problem,
            state.poses,
            state.placed,
            lambda i, block: candidate_cost(self.problem, i, block, state.poses, state.placed),
        )
        for i, pose in lines.items():
            state.put(i, np.append(pose, 0.0))
        self._fill(state, self._roots(temperature), temperature)
        return state

    def finish(self, state: State) -> State:
        """The same layout with its loose pieces (lamps, pictures, rugs, ceiling lights) put where they belong now."""
        done = state.copy()
        done.lift(self.loose)
        for i in self.loose:  # with their hosts before anything strays onto another's table
            rows = self._feasible(done, i, host_slots(self.problem, i, done.poses, done.placed))
            if len(rows):
                done.put(i, rows[np.argmin(candidate_cost(self.problem, i, rows, done.poses, done.placed))])
        for i in self.loose:
            if not done.placed[i]:
                self._place(done, i, 0.0)
        return done

    def improve(self, state: State, steps: int, on_step: Callable[[int], None] = lambda k: None) -> State:
        """Anneal the floor pieces for `steps` steps; the best state seen."""
        groups = self._groups()
        if not groups:
            return state
        best = now = state
        best_cost, shares = self.cost(state)
        now_cost = best_cost
        for k in range(steps):
            if self.stop():
                break
            temperature = 1.2 * (1.0 - k / steps) ** 2 + 0.03
            trial = now.copy()
            out = self._pick(groups, trial, shares)
            trial.lift(out)
            missing = [i for i in self.floor if not trial.placed[i]]
            roots = [i for i in missing if self.problem.host[i] < 0 or self.problem.host[i] not in missing]
            self.rng.shuffle(roots)
            roots.sort(key=lambda i: -self._size(i) * self.rng.uniform(0.6, 1.4))
            self._fill(trial, roots, 0.5 * temperature)
            cost, trial_shares = self.cost(trial)
            if cost < now_cost or self.rng.random() < np.exp((now_cost - cost) / temperature):
                now, now_cost, shares = trial, cost, trial_shares
                if cost < best_cost - 1e-9:
                    best, best_cost = trial, cost
            on_step(k)
        return self.polish(best)

    def polish(self, state: State) -> State:
        """Each group out and back in without noise, once; kept where that is better."""
        cost, _ = self.cost(state)
        for i in self.floor:
            if i in self.rows or self.stop():
                continue
            trial = state.copy()
            children = self._descendants(i)
            if children:
                trial.lift(children)
                self._place_children(trial, i, 0.0)
            else:
                trial.lift([i])
                self._place(trial, i, 0.0)
            trial_cost, _ = self.cost(trial)
            if trial_cost < cost - 1e-6:
                state, cost = trial, trial_cost
        return state

    def cost(self, state: State) -> tuple[float, Array]:
        """Total cost with walkways, and each piece's share (n,)."""
        total, shares = total_cost(self.problem, state.poses, state.placed, state.priors)
        blocked = unreached(self.problem, state.poses, state.placed)
        for i, share in blocked.items():
            shares[i] += UNREACHED * share
        # Loose pieces are put in at the end; their absence says nothing yet.
        away = [i for i in self.loose if not state.placed[i]]
        missing = float(shares[away].sum())
        shares[away] = 0.0
        return total + UNREACHED * sum(blocked.values()) - missing, shares

    def _fill(self, state: State, roots: list[int], temperature: float) -> None:
        for i in roots:
            if not state.placed[i] and not self._place_group(state, i, temperature):
                self._place_children(state, i, temperature)
        for i in sorted(self.floor, key=self._size, reverse=True):
            if not state.placed[i]:
                self._place(state, i, temperature)

    def _place_group(self, state: State, i: int, temperature: float) -> bool:
        """Place `i` where it and its children together are cheapest among the best few places for `i` alone."""
        children = self._floor_children(i)
        rows, costs = self._ranked(state, i, temperature)
        if not len(rows):
            return False
        if not children:
            state.put(i, rows[0])
            return True
        best: tuple[float, State] | None = None
        for row, cost in _spread(rows, costs, _LOOK_AHEAD):
            trial = state.copy()
            trial.put(i, row)
            total = cost + self._place_children(trial, i, temperature)
            if best is None or total < best[0]:
                best = total, trial
            if self.stop():
                break
        if best is not None:
            state.become(best[1])
        return True

    def _place_children(self, state: State, i: int, temperature: float) -> float:
        """Place what belongs to `i`; the cost of it, dear for each that found no place."""
        total = 0.0
        for j in self._floor_children(i):
            if state.placed[j]:
                continue
            rows, costs = self._ranked(state, j, temperature)
            if len(rows):
                state.put(j, rows[0])
                total += float(costs[0]) + self._place_children(state, j, temperature)
            else:
                total += 20.0
        return total

    def _place(self, state: State, i: int, temperature: float) -> bool:
        rows, _ = self._ranked(state, i, temperature)
        if len(rows):
            state.put(i, rows[0])
        return bool(len(rows))

    def _ranked(self, state: State, i: int, temperature: float) -> tuple[Array, Array]:
        """Feasible candidates of `i` and their costs, cheapest (with some noise) first."""
        rows = self._feasible(state, i, host_slots(self.problem, i, state.poses, state.placed))
        if not len(rows):
            most = self.most
            rows = self._feasible(state, i, candidates(self.problem, i, state.poses, state.placed, self.rng, most))
        if not len(rows):
            return rows, np.zeros(0)
        costs = candidate_cost(self.problem, i, rows, state.poses, state.placed)
        noisy = costs + temperature * self.rng.gumbel(size=len(costs)) if temperature > 0 else costs
        order = np.argsort(noisy, kind="stable")
        return rows[order], costs[order]

    def _feasible(self, state: State, i: int, rows: Array) -> Array:
        if not len(rows):
            return rows
        return rows[feasible(self.problem, i, rows, state.poses, state.placed, windows=self.windows)]

    def _pick(self, groups: list[list[int]], state: State, shares: Array) -> list[int]:
        """One to three groups to take out, dear ones more often, with neighbours; more when something is missing."""
        missing = [i for i in self.floor if not state.placed[i]]
        weight = np.array([0.3 + min(float(shares[g].sum()), 8.0) for g in groups])
        first = int(self.rng.choice(len(groups), p=weight / weight.sum()))
        count = int(self.rng.integers(1, 4)) if not missing else int(self.rng.integers(2, 5))
        spots = np.array([state.poses[g[0], :2] if state.placed[g[0]] else (np.nan, np.nan) for g in groups])
        away = np.nan_to_num(np.hypot(*(spots - spots[first]).T), nan=0.0)
        near = np.argsort(away + self.rng.uniform(0, 1.5, len(groups)))
        chosen = {first, *(int(k) for k in near[:count])}
        return [i for k in chosen for i in groups[k]]

    def _groups(self) -> list[list[int]]:
        """Floor pieces that move together: a root and all that hangs on it; children also by themselves."""
        groups = []
        for i in self.floor:
            if i in self.rows:
                continue
            own = [i, *self._descendants(i)]
            if self.problem.host[i] < 0 or len(own) == 1 or self.problem.host[i] in self.boards:
                groups.append(own)
        return groups

    def _descendants(self, i: int) -> list[int]:
        return [k for j in self._floor_children(i) for k in (j, *self._descendants(j))]

    def _floor_children(self, i: int) -> list[int]:
        return sorted(self._floor_children_unsorted(i), key=self._size, reverse=True)

    def _roots(self, temperature: float) -> list[int]:
        roots = [i for i in self.floor if self.problem.host[i] < 0 or self.problem.host[i] not in self._floor_set]
        asked = {relation.subject for relation in self.problem.scene.relations}
        bonus = {i: 1.5 if self.problem.pieces[i].id in asked else 1.0 for i in roots}
        noise = self.rng.uniform(1.0 - 0.4 * temperature, 1.0 + 0.4 * temperature, len(roots))
        keys = {i: self._size(i) * bonus[i] * noise[k] for k, i in enumerate(roots)}
        return sorted(roots, key=lambda i: -keys[i])

    def _size(self, i: int) -> float:
        """Floor the piece needs with what it is used with; wall pieces count more, they have fewer places."""
        half = self.problem.half[i]
        wall = 1.5 if self.problem.categories[i].back == "wall" else 1.0
        own = 4 * float(half.prod()) * wall
        return own + sum(0.5 * 4 * float(self.problem.half[j].prod()) for j in self._floor_children_unsorted(i))

    def _floor_children_unsorted(self, i: int) -> list[int]:
        return [j for j in self.problem.children[i] if j in self._floor_set]

    def _stands(self, i: int) -> bool:
        return self.problem.mount[i] == "floor" and not self.problem.walkable[i]

    def _leads(self, i: int) -> bool:
        """Whether floor pieces go by this wall piece, so that it must be hung first."""
        wide = self.problem.half[i, 0] > 0.75
        asked = any(relation.anchor == self.problem.pieces[i].id for relation in self.problem.scene.relations)
        return wide or asked or any(self.problem.mount[j] == "floor" for j in self.problem.children[i])


def _spread(rows: Array, costs: Array, count: int) -> list[tuple[Array, float]]:
    """The first `count` rows that are not all the same place."""
    chosen: list[tuple[Array, float]] = []
    for row, cost in zip(rows, costs, strict=True):
        if all(np.hypot(*(row[:2] - other[:2])) > 0.35 or row[3] != other[3] for other, _ in chosen):
            chosen.append((row, float(cost)))
            if len(chosen) == count:
                break
    return chosen
