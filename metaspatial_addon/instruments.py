# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender looks at layouts with, for evaluations and data: the parametric furniture's meshes, and pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from ..backend.scene import Furniture, Layout, Part, Scene, category_of

if TYPE_CHECKING:
    from ..backend.curate.making import Tools as CurationTools
    from ..backend.evaluate.grading import Tools


@dataclass(frozen=True, slots=True)
class Instruments:
    """Builds the tools of an evaluation in whichever process calls it. `size` 0 means no pictures.

    A plain value that travels to other processes; what it builds does not.
    """

    size: int = 512

    def __call__(self) -> Tools:
        from ..backend.evaluate.grading import Tools
        from .furnish.meshes import parametric_mesh
        from .physics import BvhEngine
        from .render import BlenderRenderer

        if not self.size:
            return Tools(BvhEngine(parametric_mesh), parametric_mesh)
        renderer = BlenderRenderer()
        size = (self.size, self.size)

        def pictures(scene: Scene, layout: Layout) -> tuple[bytes, bytes]:
            return renderer.pictures(scene, layout, size)

        return Tools(BvhEngine(parametric_mesh), parametric_mesh, renderer, pictures)


@dataclass(frozen=True, slots=True)
class CurationInstruments:
    """The same for a curation: meshes to measure, and a renderer unless `size` is 0."""

    size: int = 224

    def __call__(self) -> CurationTools:
        from ..backend.curate.making import Tools
        from .furnish.meshes import parametric_mesh
        from .physics import BvhEngine
        from .render import BlenderRenderer

        return Tools(BvhEngine(parametric_mesh), BlenderRenderer(quality="fast") if self.size else None)


def with_shapes(scene: Scene) -> Scene:
    """The scene with the parts of the parametric furniture, as capture finds them: a chair fits under a desk.

    Pieces that have parts keep them.
    """
    return replace(scene, furniture=tuple(map(_shaped, scene.furniture)))


def _shaped(piece: Furniture) -> Furniture:
    category = category_of(piece.category)
    if piece.parts or not (category.seat or category.knee):
        return piece
    alike = Furniture(
        piece.category, piece.category, piece.size, label=piece.label, style=piece.style, material=piece.material
    )
    return replace(piece, parts=_parts(alike))


@lru_cache(maxsize=512)
def _parts(piece: Furniture) -> tuple[Part, ...]:
    from .capture.shape import parts_of
    from .furnish.meshes import parametric_mesh

    mesh = parametric_mesh(piece)
    return parts_of(mesh.vertices, mesh.triangles)
