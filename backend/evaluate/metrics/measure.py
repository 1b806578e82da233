# SPDX-License-Identifier: GPL-3.0-or-later
"""All metrics of one layout."""

from __future__ import annotations

from collections.abc import Sequence

from ...rewards.physics import PhysicsEngine
from ...rewards.score import Score
from ...scene import Layout, Scene
from . import (
    idesign,
    layoutgpt,
    layoutvlm,
    metaspatial,
    own,
    respace,
    sceneeval,
    sceneeval_floor,
    sceneeval_relations,
    scenerevis,
    sceneweaver,
)
from .arrangement import Arrangement, MeshOf
from .contact import contacts
from .metric import Metric, Value

METRICS: dict[str, Metric] = {
    metric.name: metric
    for module in (
        own, sceneeval, sceneeval_floor, sceneeval_relations, respace, layoutvlm, layoutgpt, scenerevis, sceneweaver,
        idesign, metaspatial,
    )
    for metric in module.METRICS
}  # fmt: skip
"""Every metric by name, ours first."""


def measure(
    scene: Scene,
    layout: Layout,
    mesh_of: MeshOf | None = None,
    answer: str | None = None,
    score: Score | None = None,
    *,
    grades: Sequence[float | None] | None = None,
    engine: PhysicsEngine | None = None,
) -> dict[str, Value]:
    """The value of every metric in `METRICS`, None where one does not apply; the same at every call.

    `mesh_of` gives the pieces' meshes, without it the boxes of their shapes. `answer` is the text the layout was read
    from and `score` what it was graded; without them the layout is graded as if answered faultlessly. `grades` are a
    judge's five marks, for MetaSpatial's reward. `engine` measures our own columns, numpy boxes unless given. Raises
    nothing for any layout of a sound scene.
    """
    arrangement = Arrangement(scene, layout, mesh_of)
    found = tuple(contacts(arrangement))
    return {
        **own.own_metrics(scene, layout, score, answer, engine),
        **sceneeval.sceneeval(arrangement, found),
        **sceneeval_floor.sceneeval_floor(arrangement),
        **sceneeval_relations.sceneeval_relations(arrangement),
        **respace.respace(arrangement),
        **layoutvlm.layoutvlm(arrangement),
        **layoutgpt.layoutgpt(arrangement),
        **scenerevis.scenerevis(arrangement, found),
        **sceneweaver.sceneweaver(arrangement, found),
        **idesign.idesign(arrangement),
        **metaspatial.metaspatial(scene, layout, answer, grades),
    }
