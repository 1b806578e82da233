# SPDX-License-Identifier: GPL-3.0-or-later
"""Contacts between the surfaces of bodies, by FCL's triangle trees (through trimesh), as the metrics of SceneEval,
SceneReVis and SceneWeaver find them.

Surfaces, not solids: a body wholly inside another touches nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, NamedTuple

import fcl
import numpy as np
from trimesh import Trimesh
from trimesh.collision import mesh_to_BVH

from ...rewards.separation import penetration
from .arrangement import Arrangement, Array, Body, Triangles

MOST = 100_000
"""Contacts of one pair that are looked at."""


class Contact(NamedTuple):
    """Two bodies whose surfaces meet: `points` (k, 3) in the room frame, and how deep they are inside each other.

    `depth`, metres, is that of the deepest two of the boxes that make up their shapes. FCL's own is of two triangles at
    a time and depends on how large they are: for cubes of 1 m that barely touch it is 1 m.
    """

    a: Body
    b: Body
    points: Array
    depth: float


def contacts(arrangement: Arrangement) -> Iterator[Contact]:
    """All pairs of bodies whose surfaces meet, at least one of each pair movable."""
    for a, b in arrangement.pairs:
        if (a.bounds[0] > b.bounds[1]).any() or (b.bounds[0] > a.bounds[1]).any():
            continue
        request = fcl.CollisionRequest(num_max_contacts=MOST, enable_contact=True)
        result = fcl.CollisionResult()
        fcl.collide(_placed(a), _placed(b), request, result)
        if result.is_collision and result.contacts:
            points = np.array([contact.pos for contact in result.contacts])
            yield Contact(a, b, points, depth(a, b))


def depth(a: Body, b: Body) -> float:
    """The least distance that separates the deepest two of the bodies' boxes, metres; 0 when none overlap."""
    return max(0.0, float(penetration(a.boxes[:, :, None], b.boxes[:, None, :]).max()))


def touch(a: Body, b: Body, shift: Array) -> bool:
    """Whether the surfaces meet when the second body is moved by `shift` (3,)."""
    result = fcl.CollisionResult()
    fcl.collide(_placed(a), _placed(b, shift), fcl.CollisionRequest(), result)
    return bool(result.is_collision)


def _placed(body: Body, shift: Array | None = None) -> Any:
    at = body.center if shift is None else body.center + shift
    return fcl.CollisionObject(_tree(body.mesh), fcl.Transform(body.turn, at))


def _tree(mesh: Triangles) -> Any:
    """The mesh's tree; kept for the meshes used last."""
    known = _KEPT.get(id(mesh))
    if known is None or known[0] is not mesh:
        tree = mesh_to_BVH(Trimesh(mesh.vertices, mesh.triangles, process=False))
        known = _KEPT[id(mesh)] = mesh, tree
        while len(_KEPT) > 256:
            _KEPT.popitem(last=False)
    return known[1]


_KEPT: OrderedDict[int, tuple[Triangles, Any]] = OrderedDict()
