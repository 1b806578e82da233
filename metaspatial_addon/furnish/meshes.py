# SPDX-License-Identifier: GPL-3.0-or-later
"""The parametric furniture as the physics engine wants it. Needs no open file, and leaves nothing in one."""

from __future__ import annotations

from functools import lru_cache

from ...backend.scene import Furniture
from ..physics.mesh import Mesh
from .pieces import furniture_mesh


def parametric_mesh(piece: Furniture) -> Mesh:
    """The mesh that `build_piece` would draw for a scene's piece; equal pieces share one.

    Made for `BvhEngine(parametric_mesh)`: of 512 kinds of pieces the meshes are kept.
    """
    bare = Furniture(
        piece.category, piece.category, piece.size, label=piece.label, style=piece.style, material=piece.material
    )
    return _mesh(bare)


@lru_cache(maxsize=512)
def _mesh(piece: Furniture) -> Mesh:
    built = furniture_mesh(piece)
    return Mesh(built.vertices - (0.0, 0.0, piece.size[2] / 2), built.triangles)
