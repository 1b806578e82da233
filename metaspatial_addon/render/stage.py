# SPDX-License-Identifier: GPL-3.0-or-later
"""One scene built for pictures: its shell and its pieces, made once, then only moved."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

import bpy

from ...backend.scene import Furniture, Layout, Scene
from ..furnish.room import pose_matrix
from ..furnish.surfaces import flooring_for
from .shell import build_shell, near_cut_wall

PieceMaker = Callable[[Furniture, bpy.types.Collection], bpy.types.Object]
"""Makes a piece's object in a collection: metres, origin at its box's bottom centre, front at -Y; may have children."""


class Stage:
    """Owns every data-block that building the scene made; `remove` takes them all away again."""

    def __init__(self, scene: Scene, make_piece: PieceMaker) -> None:
        before = _everything()
        self.scene = scene
        self.collection = bpy.data.collections.new("MetaSpatial Stage")
        try:
            self.shell = build_shell(scene.room, self.collection, flooring_for(scene))
            self.pieces = {piece.id: make_piece(piece, self.collection) for piece in scene.furniture}
        finally:
            self._made = [block for block in _everything() - before if block != self.collection]

    def pose(self, layout: Layout, standing: Collection[int], *, plan: bool) -> None:
        """Moves the pieces to their poses; hides those without, and wall pieces that would hang on a cut-away wall."""
        self.shell.show(standing, swings=plan)
        for piece in self.scene.furniture:
            pose = layout.get(piece.id)
            built = self.pieces[piece.id]
            hidden = pose is None or (
                not plan
                and piece.mount == "wall"
                and near_cut_wall(self.scene.room, standing, pose.x, pose.y, 0.1 + min(piece.size[:2]) / 2)
            )
            for each in (built, *built.children_recursive):
                each.hide_render = hidden
            if pose is not None:
                built.matrix_world = pose_matrix(piece, pose)

    @property
    def alive(self) -> bool:
        """Whether undo, a new file or somebody else has not taken the data away."""
        try:
            return all(
                block.name is not None for block in (self.collection, *self.pieces.values(), *self.shell.built.all)
            )
        except ReferenceError:
            return False

    def remove(self) -> None:
        """Removes every data-block that this stage made and nothing else uses."""
        _remove([self.collection])
        objects = [block for block in self._made if _is(block, bpy.types.Object)]
        _remove(objects)
        rest = [block for block in self._made if not _is(block, bpy.types.Object)]
        while rest:
            unused = [block for block in rest if _users(block) == 0]
            if not unused:
                break
            rest = [block for block in rest if _users(block) > 0]
            _remove(unused)
        self._made = []


def _everything() -> set[Any]:
    return set(_blocks())


def _blocks() -> Iterator[Any]:
    for name in (
        "objects", "collections", "meshes", "curves", "lights", "materials", "node_groups", "textures", "images",
    ):  # fmt: skip
        yield from getattr(bpy.data, name)


def _is(block: Any, kind: type) -> bool:
    try:
        return block.name is not None and isinstance(block, kind)
    except ReferenceError:
        return False


def _users(block: Any) -> int:
    """How many use it; -1 when it is gone already."""
    try:
        return block.users - block.use_fake_user
    except ReferenceError:
        return -1


def _remove(blocks: list[Any]) -> None:
    alive = [block for block in blocks if _users(block) >= 0]
    if alive:
        bpy.data.batch_remove(alive)
