# SPDX-License-Identifier: GPL-3.0-or-later
"""The format grade: how much of an answer can be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..scene import Scene
from .score import Issue
from .weights import HARMLESS, MOST_HARMLESS

if TYPE_CHECKING:
    from ..dialogue import Problem


@dataclass(frozen=True, slots=True)
class Form:
    """`grade` of an answer and of each movable piece in it, 0…1. The issues' amounts are shares of the grade."""

    grade: float
    pieces: Mapping[str, float]
    issues: tuple[Issue, ...]


def form(scene: Scene, unplaced: Set[str], problems: Sequence[Problem] = ()) -> Form:
    """The share of movable pieces that have exactly one complete pose.

    Faults that concern no piece to place (unknown ids, entries that are no objects, a moved fixed piece) count like
    pieces without a pose, once for each entry; each kind of harmless wrapping costs a little. Every problem's issue
    says what it cost; for the problems of an answer these sum up to what the grade lacks of 1.
    """
    movable = {piece.id for piece in scene.movable}
    faults = [problem for problem in problems if problem.severity == "fault"]
    harmless = Counter(problem.kind for problem in problems if problem.severity == "harmless")
    several = Counter(problem.piece for problem in faults if problem.piece is not None)
    pieceless = sum(problem.piece is None for problem in faults)
    wanted = len(movable) + pieceless + len(several.keys() - movable)
    lost = movable & unplaced
    share = (len(movable) - len(lost)) / wanted if wanted else 1.0
    wrapping = min(MOST_HARMLESS, HARMLESS * len(harmless))
    unaccounted = len(lost - several.keys()) / pieceless if pieceless else 0.0
    issues = []
    for problem in problems:
        if problem.severity == "harmless":
            cost = share * wrapping / len(harmless) / harmless[problem.kind]
        elif problem.piece is None:
            cost = (1.0 + unaccounted) / wanted
        else:
            counts = problem.piece in lost or problem.piece not in movable
            cost = counts / several[problem.piece] / wanted
        about = () if problem.piece is None else (problem.piece,)
        issues.append(Issue("format", problem.kind, about, cost, problem.message, "of 1"))
    issues.sort(key=lambda issue: -issue.amount)
    return Form(share * (1.0 - wrapping), {id: float(id not in lost) for id in sorted(movable)}, tuple(issues))
