# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures with the user's own furniture: copies that share all data with the originals, which stay untouched."""

from __future__ import annotations

from collections.abc import Iterator

import bpy
from mathutils import Matrix

from ...backend.scene import Furniture
from ..capture import Capture, ObjectRef
from .stage import PieceMaker, pose_matrix


def lookalikes(capture: Capture) -> PieceMaker:
    """Makes a captured piece's object as `BlenderRenderer` wants it: an empty with copies of the piece's objects.

    A piece whose objects are gone since becomes an empty alone.
    """

    def make(piece: Furniture, collection: bpy.types.Collection) -> bpy.types.Object:
        anchor = bpy.data.objects.new(f"MetaSpatial {piece.id}", None)
        collection.objects.link(anchor)
        standing = capture.scene.piece(piece.id)
        if standing.pose is None:
            return anchor
        into_piece = (capture.room_to_world @ pose_matrix(standing, standing.pose)).inverted()
        for original in _objects(capture.objects[piece.id], *capture.carried.get(piece.id, ())):
            _copy(original, into_piece @ original.matrix_world, anchor, collection)
        return anchor

    return make


def _objects(*refs: ObjectRef) -> Iterator[bpy.types.Object]:
    """The visible objects behind these references, with their children, each once."""
    seen = set()
    for ref in refs:
        root = ref.get()
        for obj in () if root is None else (root, *root.children_recursive):
            if obj.session_uid not in seen and obj.visible_get():
                seen.add(obj.session_uid)
                yield obj


def _copy(original: bpy.types.Object, place: Matrix, anchor: bpy.types.Object, into: bpy.types.Collection) -> None:
    """A copy at `place` in the anchor's frame, with nothing that could move it."""
    copy = original.copy()
    copy.animation_data_clear()
    copy.constraints.clear()
    copy.parent, copy.matrix_parent_inverse = anchor, Matrix()
    copy.delta_location, copy.delta_scale = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    copy.delta_rotation_euler, copy.delta_rotation_quaternion = (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)
    copy.matrix_basis = place
    into.objects.link(copy)
