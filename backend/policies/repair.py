# SPDX-License-Identifier: GPL-3.0-or-later
"""Settle until a physics engine is content: the engine may see the real meshes, settling sees only boxes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from ..rewards.physics import PhysicsEngine, PhysicsReport
from ..scene import Furniture, Layout, Part, Scene
from ..scene.shape import shape_of
from .settle import Settled, settle

ROUNDS = 3
"""How often pieces that `settle` thought apart and the engine does not are taken for whole boxes, at most."""


def settle_on(
    scene: Scene, layout: Layout, engine: PhysicsEngine, *, check: Callable[[], None] = lambda: None
) -> Settled:
    """Move the pieces of `layout` the least that makes it valid by `engine`'s measure; a valid one stays as it is.

    Where faults remain, the pieces concerned become whole boxes, first the smaller of each two, then both, and all is
    settled again; the layout with the least faults is kept, the given one included. `check` is called between the
    steps and may raise to end it.
    """
    best = Settled(layout, {}, ())
    report = engine.measure(scene, layout)
    least = _faults(report)
    boxed: frozenset[str] = frozenset()
    for round in range(1 + ROUNDS):
        if not least:
            break
        check()
        settled = settle(_with_boxes(scene, boxed), layout)
        report = engine.measure(scene, settled.layout)
        if (faults := _faults(report)) < least:
            best, least = settled, faults
        wanted = boxed | _concerned(scene, report, both=round > 0)
        if wanted == boxed:
            break
        boxed = wanted
    return best


def _faults(report: PhysicsReport) -> float:
    """All that settling can mend, in metres; what has no pose stays without."""
    single = (report.outside, report.floating, report.sunk)
    return (
        sum(fault.depth for fault in report.penetrations)
        + sum(fault.depth for fault in report.blocked)
        + sum(sum(amounts.values()) for amounts in single)
    )


def _concerned(scene: Scene, report: PhysicsReport, *, both: bool) -> frozenset[str]:
    """The pieces with faults whose shape is finer than their box; of two in each other the smaller, or `both`."""
    ids = {*report.outside, *(fault.piece for fault in report.blocked)}
    for fault in report.penetrations:
        pair = [piece for id in (fault.a, fault.b) if _is_finer(piece := scene.piece(id))]
        ids |= {piece.id for piece in (pair if both else sorted(pair, key=_volume)[:1])}
    return frozenset(id for id in ids if _is_finer(scene.piece(id)))


def _with_boxes(scene: Scene, ids: Iterable[str]) -> Scene:
    """The scene with these pieces as whole boxes."""
    furniture = tuple(replace(piece, parts=(_box(piece),)) if piece.id in ids else piece for piece in scene.furniture)
    return replace(scene, furniture=furniture)


def _is_finer(piece: Furniture) -> bool:
    return shape_of(piece) != (_box(piece),)


def _box(piece: Furniture) -> Part:
    return Part((0.0, 0.0, 0.0), piece.size)


def _volume(piece: Furniture) -> float:
    length, width, height = piece.size
    return length * width * height
