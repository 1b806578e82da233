# SPDX-License-Identifier: GPL-3.0-or-later
"""The lesson's layout: each piece in turn takes the first place, in one fixed order of places, that is right.

No search and no chance, so that a small model can learn the rule: groups by the size of their kind, each on the next
wall round the room, from that wall's start on; what belongs to a piece follows at once, in its place beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...policies.solver.problem import Problem, compile_problem
from ...rewards.boxes import BoxEngine
from ...rewards.relations import satisfaction
from ...rewards.walkway import walkway_of
from ...scene import Layout, Pose, Relation, Scene
from .board import Array, Board, within_distances
from .places import blocks
from .spots import opposite_the_door
from .think import Step, think_of

TRIES = 4
"""Orders of the groups that are tried."""
_LENIENT = 1
"""How many of them, the last, in which use zones and relations may be missed."""
_LOOKED_AT = 8
"""Places of a group's first piece that are tried for the whole group."""
_WALKS = 4
"""Of those, how many that shut something off before the walkway is given up."""
_WEIGHED = 40
"""Places of a block that are weighed where none is right in every way."""
_ROOMY = frozenset({"blackboard"})


@dataclass(frozen=True, slots=True)
class Lesson:
    """A scene, its layout, and the reasoning whose numbers the layout's coordinates are.

    The layout has the pieces in the order in which they are placed. `tries` is how many orders it took, from 1; `unmet`
    the relations that the layout does not satisfy.
    """

    scene: Scene
    layout: Layout
    think: str
    tries: int = 1
    unmet: tuple[Relation, ...] = ()


def teach(scene: Scene) -> Lesson | None:
    """The scene's lesson, always the same: valid, with all or nearly all relations satisfied. None where the rule finds
    no valid layout in `TRIES` tries."""
    problem = compile_problem(scene)
    groups = _groups(problem)
    order, seen = list(range(len(groups))), set()
    for tried in range(1, TRIES + 1):
        strict = tried <= TRIES - _LENIENT
        attempt = _Attempt(problem, strict=strict)
        stuck = attempt.run([groups[k] for k in order])
        if stuck is None:
            layout = _layout(scene, attempt.steps, attempt.board)
            if not BoxEngine().measure(scene, layout).valid:
                return None
            return Lesson(scene, layout, think_of(attempt.steps, attempt.board), tried, _unmet(scene, layout))
        seen.add(tuple(order))
        order = _other_order(order, stuck, seen)
    return None


def _other_order(order: list[int], stuck: int, seen: set[tuple[int, ...]]) -> list[int]:
    """The group that found no place before all others; if that is known already, nearer the front."""
    group = order[stuck]
    rest = [k for k in order if k != group]
    for place in (0, stuck // 2, max(0, stuck - 1), 1):
        other = [*rest[:place], group, *rest[place:]]
        if tuple(other) not in seen:
            return other
    return order


def _layout(scene: Scene, steps: Sequence[Step], board: Board) -> Layout:
    poses: dict[str, Pose] = {piece.id: piece.pose for piece in scene.fixed if piece.pose is not None}
    poses |= {board.problem.pieces[step.piece].id: board.pose(board.poses[step.piece]) for step in steps}
    return Layout(poses)


def _unmet(scene: Scene, layout: Layout) -> tuple[Relation, ...]:
    return tuple(r for r in scene.relations if satisfaction(scene, layout, r).grade < 1.0)


class _Attempt:
    """One try: groups one after the other. Unless `strict`, use zones may be taken, and where no place is right in
    every way the rightest will do."""

    def __init__(self, problem: Problem, *, strict: bool) -> None:
        self.problem, self.lenient = problem, not strict
        self.board = Board(problem)
        self.board.strict = strict
        _make_friends(self.board)
        self.steps: list[Step] = []
        self.first = opposite_the_door(self.board)
        self.walk = walkway_of(problem.scene)

    def run(self, groups: Sequence[list[int]]) -> int | None:
        """Place all; None, or which group found no place."""
        for k, group in enumerate(groups):
            if not self._group(group):
                return k
        return None

    def _group(self, group: list[int]) -> bool:
        first, *rest = group
        start, walks = self.board, 0
        fallback: tuple[Board, list[Step]] | None = None
        for tried, (row, wall, words) in enumerate(self._right(first)):
            if tried >= _LOOKED_AT:
                break
            board = start.copy()
            board.put(first, row, wall)
            self.board = board
            steps = [Step(first, wall, words)]
            if not self._members(rest, steps):
                continue
            if self.board.strict and self._shuts_off(start) and walks < _WALKS:
                walks += 1
                fallback = fallback or (self.board, steps)
                continue
            return self._keep(self.board, steps)
        if fallback is not None:
            return self._keep(*fallback)
        self.board = start
        return False

    def _keep(self, board: Board, steps: list[Step]) -> bool:
        self.board = board
        self.steps += steps
        wall = steps[0].wall
        if wall >= 0 and board.mounts[steps[0].piece] == "floor":
            self.first = (wall + 1) % len(self.problem.walls)
        return True

    def _members(self, rest: list[int], steps: list[Step]) -> bool:
        for i in rest:
            found = next(self._right(i), None)
            if found is None:
                return False
            row, wall, words = found
            self.board.put(i, row, wall)
            steps.append(Step(i, wall, words))
        return True

    def _right(self, i: int) -> Iterator[tuple[Array, int, str]]:
        """The free places of a piece that satisfy its relations, as far as their anchors are placed, in order."""
        board, name = self.board, self.problem.pieces[i].id
        others = board.layout()
        wishes = [w for w in self.problem.wishes_of[i] if w.anchor < 0 or w.anchor == i or board.placed[w.anchor]]
        wishes += [w for w in self.problem.wishes_to[i] if board.placed[w.subject]]
        seconds: list[tuple[float, Array, int, str]] = []
        for block in blocks(board, i, self.first):
            if not len(block.rows):
                continue
            rows = np.flatnonzero(board.free(i, block.rows))
            if not self.lenient:
                rows = rows[within_distances(board, i, block.rows[rows], wishes)]
            for k in rows[:_WEIGHED] if self.lenient else rows:
                layout = Layout({**others, name: board.pose(block.rows[k])})
                missing = 0.0
                for wish in wishes:
                    missing += 1.0 - satisfaction(self.problem.scene, layout, wish.relation).grade
                    if missing and not self.lenient:
                        break
                if missing == 0.0:
                    yield block.rows[k], block.walls[k], block.words
                elif self.lenient:
                    seconds.append((missing, block.rows[k], block.walls[k], block.words))
        for _, row, wall, words in sorted(seconds, key=lambda found: found[0])[:_LOOKED_AT]:
            yield row, wall, words

    def _shuts_off(self, before: Board) -> bool:
        """Whether people reach something no more, or never could."""
        poses = {id: pose for id, pose in self.board.layout().items() if self.problem.scene.piece(id).mount == "floor"}
        if not poses or not len(self.problem.doors.x):
            return False
        return any(short > 0.0 for short in self.walk.shortfalls(poses).values())


# The order


def _groups(problem: Problem) -> list[list[int]]:
    """Pieces in groups, each host before what is placed by it; groups that have their place in the room first, then by
    the size of their first piece's kind, what hangs last."""
    host = _hosts(problem)
    members: dict[int, list[int]] = {}
    for i in sorted((i for i in range(problem.n) if not problem.fixed[i]), key=lambda i: _key(problem, i)):
        members.setdefault(_root(host, i), []).append(i)
    groups = []
    for root in sorted((r for r in members), key=lambda r: _group_key(problem, r)):
        own = [i for i in _walked(problem, host, root, members[root]) if not problem.fixed[i]]
        if own:
            groups.append(own)
    return groups


def _walked(problem: Problem, host: list[int], root: int, members: list[int]) -> list[int]:
    """Host, then each of its own with what is placed by that."""
    result = [root]
    for i in sorted((i for i in members if host[i] == root and i != root), key=lambda i: _key(problem, i)):
        result += _walked(problem, host, i, members)
    return result


def _hosts(problem: Problem) -> list[int]:
    """What each piece is placed by: the anchor of its first relation that says where, as long as that runs in no
    circle; -1 for none."""
    host = [-1] * problem.n
    for near in (True, False):
        for wish in problem.wishes:
            i, h = wish.subject, wish.anchor
            if host[i] >= 0 or h < 0 or h == i or problem.fixed[i]:
                continue
            predicate = wish.relation.predicate
            close = predicate in _BY_HOST or (predicate == "facing" and bool(problem.seat[i] and problem.knee[h]))
            wanted = close if near else predicate in ("near", "facing", "far_from", "aligned_with")
            if wanted and _root(host, h) != i:
                host[i] = h
    for i in range(problem.n):
        tied = int(problem.host[i])
        if host[i] < 0 and problem.mount[i] == "on" and tied >= 0 and _root(host, tied) != i:
            host[i] = tied
    return host


_BY_HOST = frozenset({"on", "left_of", "right_of", "in_front_of", "behind", "above", "under", "centered_on", "against"})


def _root(host: list[int], i: int) -> int:
    while host[i] >= 0:
        i = host[i]
    return i


def _key(problem: Problem, i: int) -> tuple[float, ...]:
    """Within a group: what stands on the floor first, by the size of its kind."""
    levels = {"floor": 0, "on": 1, "wall": 2, "ceiling": 3}
    level = 1.5 if problem.walkable[i] else levels[problem.mount[i]]
    length, width, _ = problem.categories[i].size
    return level, -length * width, i


def _group_key(problem: Problem, root: int) -> tuple[float, ...]:
    level, size, i = _key(problem, root)
    if problem.pieces[root].category in _ROOMY:
        level = 0
    placed = any(
        wish.relation.predicate != "far_from"
        and (wish.kind in ("corner", "opening", "middle") or (wish.kind == "wall" and wish.relation.anchor != "wall"))
        for wish in problem.wishes_of[root]
    )
    return (0.0 if problem.fixed[root] else 1.0), level, (0.0 if placed else 1.0), size, i


def _make_friends(board: Board) -> None:
    """Who may stand in whose use zone: seats at tables, and what is asked to be in front of a piece."""
    for wish in board.problem.wishes:
        if wish.anchor >= 0 and wish.relation.predicate in ("in_front_of", "near", "facing", "under", "centered_on"):
            close = wish.relation.predicate == "in_front_of" or wish.relation.adjacent
            if close or board.problem.pieces[wish.anchor].category == "coffee_table":
                board.friends[wish.anchor, wish.subject] = True
