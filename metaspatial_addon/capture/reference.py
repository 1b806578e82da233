# SPDX-License-Identifier: GPL-3.0-or-later
"""References to objects that survive undo, redo and renaming, where a Python reference would dangle."""

from __future__ import annotations

from dataclasses import dataclass

import bpy


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """An object by its name, its library's path ("" for the file's own) and Blender's id for this session."""

    name: str
    library: str
    uid: int

    def get(self) -> bpy.types.Object | None:
        """The object, or None when it's gone."""
        found = bpy.data.objects.get((self.name, self.library or None))
        if found is not None and found.session_uid == self.uid:
            return found
        return next((obj for obj in bpy.data.objects if obj.session_uid == self.uid), None)


def refer(obj: bpy.types.Object) -> ObjectRef:
    """A reference to an object."""
    return ObjectRef(obj.name, obj.library.filepath if obj.library else "", obj.session_uid)
