# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes that are known to be feasible, because the solver arranged them."""

from __future__ import annotations

from dataclasses import replace

from ...policies.solver import solve
from ...rewards.boxes import BoxEngine
from ...rewards.relations import satisfaction
from ...scene import Layout, Scene
from .generate import draw_scene

ATTEMPTS = 12


def arranged(scene: Scene, seconds: float | None = None) -> Layout | None:
    """A layout of all pieces that is valid, by the solver, or None where it finds none.

    `seconds` bounds the search (default: the solver's own). A slow machine may find nothing where a fast one does.
    """
    solution = solve(scene, seed=0, seconds=seconds)[0]
    if solution.unplaced or not BoxEngine().measure(scene, solution.layout).valid:
        return None
    return solution.layout


def is_feasible(scene: Scene, seconds: float | None = None, *, relations: float = 0.0) -> bool:
    """Whether the solver places every piece validly and meets at least this share of the relations."""
    layout = arranged(scene, seconds)
    return layout is not None and share_met(scene, layout) >= relations


def share_met(scene: Scene, layout: Layout) -> float:
    """The share of the scene's relations that a layout meets in full, 0…1."""
    met = [satisfaction(scene, layout, relation).grade >= 1.0 for relation in scene.relations]
    return sum(met) / len(met) if met else 1.0


def checked_scene(
    seed: int,
    *,
    room_type: str | None = None,
    pieces: int | tuple[int, int] | None = None,
    seconds: float | None = None,
    relations: float = 0.8,
) -> Scene:
    """The first feasible scene of this seed: `generate_scene`'s mostly, else one drawn in its stead.

    Raises RuntimeError where none of `ATTEMPTS` draws is feasible within `seconds` each.
    """
    for attempt in range(ATTEMPTS):
        scene = draw_scene(seed, room_type=room_type, pieces=pieces, attempt=attempt).scene
        if is_feasible(scene, seconds, relations=relations):
            return replace(scene, name=f"{scene.name}_{attempt}") if attempt else scene
    raise RuntimeError(f"seed {seed}: no feasible scene in {ATTEMPTS} draws; allow more seconds or fewer relations")
