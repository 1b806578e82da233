# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own columns, from what the score is made of: the physics report, relations, clearances, the walkway.

Leaving a piece out never makes a column better: what a missing piece can't fulfil counts as unfulfilled. Only the
shares of colliding and outside pieces and the mean depth are of the placed pieces; read them with `own.unplaced`.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...dialogue import parse_answer
from ...rewards.boxes import BoxEngine
from ...rewards.clearance import clearances
from ...rewards.function import implied_relations
from ...rewards.physics import PhysicsEngine
from ...rewards.places import mounts_in
from ...rewards.relations import satisfaction
from ...rewards.score import Score
from ...rewards.scorer import Scorer
from ...rewards.walkway import reachable_fronts
from ...scene import Furniture, Layout, Pose, Scene, category_of
from ...scene.use import use_zones
from .metric import Metric, Value

MET = 1.0 - 1e-9
"""Grade from which a relation is satisfied."""


def own_metrics(
    scene: Scene,
    layout: Layout,
    score: Score | None = None,
    answer: str | None = None,
    engine: PhysicsEngine | None = None,
) -> dict[str, Value]:
    """The values of this module's metrics. Without a `score` the layout is graded here, with the answer's problems."""
    engine = BoxEngine() if engine is None else engine
    report = engine.measure(scene, layout)
    if score is None:
        problems = () if answer is None else parse_answer(scene, answer).problems
        score = Scorer(engine).score(scene, layout, problems)
    held = {piece.id: piece.pose for piece in scene.fixed if piece.pose is not None}
    placed = Layout({id: pose for id, pose in {**layout.poses, **held}.items() if id not in report.unplaced})
    movable = [piece.id for piece in scene.movable]
    there = [id for id in movable if id not in report.unplaced]
    depth = dict.fromkeys(there, 0.0)
    for fault in report.penetrations:
        for id in (fault.a, fault.b):
            if id in depth:
                depth[id] = max(depth[id], fault.depth)
    blocked = {fault.opening for fault in report.blocked}
    grades = relation_grades(scene, placed)
    return {
        "own.format": score.format,
        "own.collision_rate": _share(value > 0.0 for value in depth.values()),
        "own.mean_depth": sum(depth.values()) / len(depth) if depth else None,
        "own.out_of_bounds": _share(id in report.outside for id in there),
        "own.unplaced": _share(id in report.unplaced for id in movable),
        "own.support": _share(id in depth and id not in report.floating and id not in report.sunk for id in movable),
        "own.relations": _share(grade >= MET for grade in grades),
        "own.relation_grade": sum(grades) / len(grades) if grades else None,
        "own.facing": _share(facings(scene, placed)),
        "own.walkway": _share(reached(scene, placed)),
        "own.openings": _share(opening.id not in blocked for opening in scene.room.openings),
        "own.clearance": _share(clear(scene, placed)),
        "own.valid": float(report.valid),
    }


def relation_grades(scene: Scene, placed: Layout) -> list[float]:
    """The grade of each relation that a layout has a say in, each once; 0 where a piece is unplaced."""
    fixed = {piece.id for piece in scene.fixed}
    movable = {piece.id for piece in scene.movable}
    return [
        satisfaction(scene, placed, relation).grade
        for relation in dict.fromkeys(scene.relations)
        if relation.subject not in fixed or relation.anchor in movable
    ]


def facings(scene: Scene, placed: Layout) -> list[bool]:
    """For each facing relation, and each chair that goes to a table unasked, whether it faces what it should."""
    fixed, movable = {piece.id for piece in scene.fixed}, {piece.id for piece in scene.movable}
    asked = [
        relation
        for relation in dict.fromkeys(scene.relations)
        if relation.predicate == "facing" and (relation.subject not in fixed or relation.anchor in movable)
    ]
    met = [satisfaction(scene, placed, relation).grade >= MET for relation in asked]
    everything = Layout({piece.id: placed.get(piece.id) or Pose(0.0, 0.0, 0.0) for piece in scene.furniture})
    wanted = [one.subject for one in implied_relations(scene, everything) if one.predicate == "facing"]
    implied = {one.subject: one for one in implied_relations(scene, placed) if one.predicate == "facing"}
    return met + [id in implied and satisfaction(scene, placed, implied[id]).grade >= MET for id in wanted]


def reached(scene: Scene, placed: Layout) -> list[bool]:
    """For each piece that people go to, whether they get there from the door."""
    ways = reachable_fronts(scene, placed)
    return [ways.get(piece.id) == 0.0 for piece in scene.furniture if _used(piece)]


def clear(scene: Scene, placed: Layout) -> list[bool]:
    """For each piece with a use zone, whether it is free."""
    taken, mounts = clearances(scene, placed), mounts_in(scene)
    return [taken.get(p.id) == 0.0 for p in scene.furniture if mounts[p.id] == "floor" and use_zones(p)]


def _used(piece: Furniture) -> bool:
    return piece.mount == "floor" and bool(use_zones(piece) or category_of(piece.category).seat)


def _share(items: Iterable[bool]) -> Value:
    """The share that is true; None of nothing."""
    found = list(items)
    return sum(found) / len(found) if found else None


_SOURCE = "this project"
METRICS = (
    Metric(
        "own.format", "format", "share", "higher", _SOURCE, "object",
        "grade of the answer: pieces with exactly one complete pose, less for stray entries and odd wrapping",
    ),
    Metric(
        "own.collision_rate", "collisions", "share", "lower", _SOURCE, "object",
        "placed movable pieces that are inside another piece; by their shapes, so a tucked chair is not, nor what"
        " stands on a rug", "5 mm",
    ),
    Metric(
        "own.mean_depth", "mean depth", "m", "lower", _SOURCE, "object",
        "how deep a placed movable piece is in the piece it is deepest in, mean over all, 0 for those in none", "5 mm",
    ),
    Metric(
        "own.out_of_bounds", "out of bounds", "share", "lower", _SOURCE, "object",
        "placed movable pieces that reach out of the floor polygon, below the floor or above the ceiling", "5 mm",
    ),
    Metric(
        "own.unplaced", "unplaced", "share", "lower", _SOURCE, "object", "movable pieces without a pose",
    ),
    Metric(
        "own.support", "support", "share", "higher", _SOURCE, "object",
        "movable pieces that neither float nor are sunk: on the floor, what carries them, the wall or the ceiling;"
        " unplaced ones fail", "5 mm",
    ),
    Metric(
        "own.relations", "relations", "share", "higher", _SOURCE, "object",
        "relations of the scene that are met within tolerance, each once; those of unplaced pieces fail",
        "`rewards.relations.Tolerances`",
    ),
    Metric(
        "own.relation_grade", "relation grade", "share", "higher", _SOURCE, "object",
        "mean grade of the same relations, falling with the metres or degrees that are missing",
    ),
    Metric(
        "own.facing", "facing", "share", "higher", _SOURCE, "object",
        "facing relations that are met, with those that go without saying: chairs face the nearest table;"
        " unplaced fail", "30°",
    ),
    Metric(
        "own.walkway", "walkway", "share", "higher", _SOURCE, "object",
        "pieces to use or sit on that a person 0.6 m wide reaches from a door, at their front if that is what is used;"
        " unplaced fail", "reach of 0.75 m, 1.2 m over a seat",
    ),
    Metric(
        "own.openings", "openings", "share", "higher", _SOURCE, "object",
        "doors and windows with nothing in their zone; rugs under a door's leaf and what is below a sill are not",
        "5 mm",
    ),
    Metric(
        "own.clearance", "clearance", "share", "higher", _SOURCE, "object",
        "pieces whose use zone is free (at a bed, one side); unplaced fail", "5 cm",
    ),
    Metric(
        "own.valid", "valid", "flag", "higher", _SOURCE, "scene",
        "everything is placed, and nothing overlaps, leaves the room, floats, is sunk or blocks an opening", "5 mm",
    ),
)  # fmt: skip
