# SPDX-License-Identifier: GPL-3.0-or-later
"""Furniture meshes as plain numbers: every category, any size, exactly its box. No bpy.

Object frame: metres, origin at the centre of the bottom of the box, front at -Y, Z up.
"""

from __future__ import annotations

import math
import zlib
from random import Random
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...backend.scene.model import Furniture
from . import bath, decor, kitchen, lighting, plants, seating, sleeping, storage, tables, wall
from .finishes import Finish, dress, finish
from .recipe import Recipe
from .shapes import Floats, Solid, block, plain

SMALLEST = 0.001
"""Boxes are at least this large, metres, so that no mesh is flat."""


class PieceMesh(NamedTuple):
    """Vertices (n, 3), faces as vertex indices (outward, counter-clockwise), each face's place in the palette."""

    vertices: Floats
    faces: tuple[tuple[int, ...], ...]
    materials: NDArray[np.int32]
    palette: tuple[Finish, ...]

    @property
    def triangles(self) -> NDArray[np.int64]:
        """The faces cut into triangles, (m, 3)."""
        return np.array([(face[0], face[i], face[i + 1]) for face in self.faces for i in range(1, len(face) - 1)])


def piece_mesh(category: str, size: tuple[float, float, float], seed: int = 0, words: str = "") -> PieceMesh:
    """The mesh of one piece whose bounds are exactly `size` (length x, width y, height z, metres).

    `seed` varies details and default materials; `words` (style, material, label) ask for materials. A category nobody
    drew gets a plain block. Raises ValueError for a size that is not three finite positive numbers.
    """
    if len(size) != 3 or not all(math.isfinite(side) and side > 0 for side in size):
        raise ValueError(f"a piece needs three finite positive sizes in metres, not {size!r}")
    lx, ly, lz = (max(float(side), SMALLEST) for side in size)
    recipe = RECIPES.get(category, UNKNOWN_RECIPE)
    solids = recipe.build(lx, ly, lz, Random(seed))
    finishes = dress(recipe.roles, words, seed)
    return _joined(solids, finishes, (lx, ly, lz))


def furniture_mesh(piece: Furniture, seed: int | None = None) -> PieceMesh:
    """The mesh of a scene's piece. Without a seed, equal pieces are a set and look alike."""
    words = f"{piece.material} {piece.style} {piece.label}"
    if seed is None:
        seed = zlib.crc32(f"{piece.category} {piece.size} {words}".encode())
    return piece_mesh(piece.category, piece.size, seed, words)


def _joined(solids: list[Solid], finishes: dict[str, Finish], size: tuple[float, float, float]) -> PieceMesh:
    palette: dict[str, Finish] = {}
    slots: dict[str, int] = {}
    faces: list[tuple[int, ...]] = []
    materials: list[int] = []
    start = 0
    for solid in solids:
        look = finishes.get(solid.paint) or finish(solid.paint)
        slot = slots.setdefault(look.name, len(slots))
        palette.setdefault(look.name, look)
        faces += [tuple(start + index for index in face) for face in solid.faces]
        materials += [slot] * len(solid.faces)
        start += len(solid.vertices)
    vertices = np.concatenate([solid.vertices for solid in solids])
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    share = (vertices - low) / (high - low)
    fitted = (share - (0.5, 0.5, 0.0)) * size
    return PieceMesh(fitted, tuple(faces), np.array(materials, dtype=np.int32), tuple(palette.values()))


def _unknown(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A plain body on a recessed plinth, a thin line marking its front."""
    x, y = lx / 2, ly / 2
    skirt, inset = min(0.06, 0.1 * lz), min(0.03, 0.06 * lx, 0.06 * ly)
    proud = min(0.004, 0.02 * ly)
    return [
        block((-x + inset, x - inset), (-y + inset, y - inset), (0.0, skirt), "plinth"),
        block((-x, x), (-y + proud, y), (skirt, lz), "body", 0.012),
        plain((-0.86 * x, 0.86 * x), (-y, -y + 2 * proud), (skirt + 0.08 * lz, lz - 0.08 * lz), "front"),
        plain(
            (-0.86 * x, 0.86 * x), (-y - 0.5 * proud, -y + 2 * proud), (skirt + 0.2 * lz, skirt + 0.22 * lz), "plinth"
        ),
    ]


UNKNOWN_RECIPE = Recipe(
    _unknown, {"body": ("grey lacquer", "oak"), "front": ("white lacquer",), "plinth": ("black plastic",)}
)

RECIPES: dict[str, Recipe] = {
    **sleeping.RECIPES,
    **seating.RECIPES,
    **tables.RECIPES,
    **storage.RECIPES,
    **kitchen.RECIPES,
    **bath.RECIPES,
    **lighting.RECIPES,
    **plants.RECIPES,
    **decor.RECIPES,
    **wall.RECIPES,
}
