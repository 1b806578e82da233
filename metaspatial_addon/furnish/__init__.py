# SPDX-License-Identifier: GPL-3.0-or-later
"""Furniture to arrange: parametric meshes for every category, and the user's own assets.

`piece_mesh` needs only numpy; the rest is imported when called, since it needs Blender.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...backend.scene.model import Furniture
from .pieces import PieceMesh, furniture_mesh, piece_mesh

if TYPE_CHECKING:
    import bpy

__all__ = ["PieceMesh", "build_piece", "furniture_mesh", "piece_mesh"]


def build_piece(
    piece: Furniture, collection: bpy.types.Collection | None = None, *, seed: int | None = None
) -> bpy.types.Object:
    """A new mesh object for `piece`; see `build.build_piece`."""
    from .build import build_piece as build

    return build(piece, collection, seed=seed)
