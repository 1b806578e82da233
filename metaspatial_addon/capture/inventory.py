# SPDX-License-Identifier: GPL-3.0-or-later
"""Sorts a file's objects into parts of the room, doors and windows, and whole pieces of furniture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import bpy
import numpy as np

from ...backend.scene import infer_category
from .geometry import SOLID_TYPES, Shape, Shapes
from .names import name_kind, says_folder
from .note import Note
from .settings import AUTO, ObjectSettings, settings_of

Kind = Literal["room", "door", "window", "piece"]

_FLOOR_SLACK = 0.05


@dataclass(frozen=True, eq=False)
class Item:
    """A hierarchy or instance that counts as one thing: its root, all objects of it, their visible geometry."""

    kind: Kind
    root: bpy.types.Object
    members: tuple[bpy.types.Object, ...]
    shapes: list[Shape]
    settings: ObjectSettings
    built_in: bool = False


@dataclass(eq=False)
class Inventory:
    """Everything in the view layer that capture cares for, and notes on what it leaves out."""

    items: list[Item] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def of(self, kind: Kind) -> list[Item]:
        return [item for item in self.items if item.kind == kind]


def take_inventory(
    context: bpy.types.Context,
    shapes: Shapes,
    overrides: Mapping[str, ObjectSettings],
    room: Sequence[bpy.types.Object],
) -> Inventory:
    """Sort the scene's objects. `room`: objects known to be the room."""
    layer = {obj.session_uid for obj in context.view_layer.objects}
    sorter = _Sorter(shapes, overrides, {obj.session_uid for obj in room}, layer)
    for obj in sorted(context.scene.objects, key=lambda obj: obj.name_full):
        if obj.parent is None or obj.parent.session_uid not in layer:
            sorter.visit(obj)
    return sorter.result


class _Sorter:
    """Walks hierarchies from the top; the first object that is something claims what is below it."""

    def __init__(
        self,
        shapes: Shapes,
        overrides: Mapping[str, ObjectSettings],
        room: set[int],
        layer: set[int],
    ) -> None:
        self.shapes, self.overrides = shapes, overrides
        self.room, self.layer = room, layer
        self.result = Inventory()

    def visit(self, obj: bpy.types.Object) -> None:
        settings = settings_of(obj, self.overrides)
        role, by_name = settings.role, name_kind(obj.name)
        if obj.session_uid in self.room or role == "ROOM":
            self._add("room", obj, settings, whole=False)
        elif role == "IGNORED":
            self.result.notes.append(Note(obj.name, "ignored", "its role is Ignored"))
        elif role in ("DOOR", "WINDOW"):
            self._add("door" if role == "DOOR" else "window", obj, settings)
        elif obj.type == "CAMERA":
            return
        elif role != AUTO or settings.category != AUTO:
            self._add("piece", obj, settings, built_in=by_name == "built_in" and role == AUTO)
        elif self._is_folder(obj, by_name):
            for child in obj.children:
                self.visit(child)
        elif by_name == "room":
            self._add("room", obj, settings, whole=False)
        elif by_name in ("door", "window"):
            self._add(by_name, obj, settings)
        else:
            self._add("piece", obj, settings, built_in=by_name == "built_in")

    def _add(
        self,
        kind: Kind,
        obj: bpy.types.Object,
        settings: ObjectSettings,
        *,
        whole: bool = True,
        built_in: bool = False,
    ) -> None:
        """Take `obj`, with all below it if `whole`, else visit what is below."""
        members = tuple(_hierarchy(obj)) if whole else (obj,)
        members = tuple(m for m in members if m is obj or settings_of(m, self.overrides).role != "IGNORED")
        shapes = [shape for member in members for shape in self.shapes.get(member.session_uid, ())]
        if not whole:
            for child in obj.children:
                self.visit(child)
        if kind == "piece" and obj.display_type == "WIRE" and obj.hide_render:
            self.result.notes.append(
                Note(obj.name, "ignored", "it is drawn as wires and not rendered: an aid, no furniture")
            )
        elif shapes:
            self.result.items.append(Item(kind, obj, members, shapes, settings, built_in))
            if kind == "piece" and obj.type == "EMPTY" and infer_category(obj.name) == "unknown":
                self._note_mixture(obj)
        elif kind != "room" or obj.type in SOLID_TYPES:
            self._note_invisible(obj, members)

    def _note_mixture(self, obj: bpy.types.Object) -> None:
        """Say so when an empty makes one piece of things that look like several."""
        if len({infer_category(child.name) for child in obj.children} - {"unknown"}) > 1:
            reason = f"it and the {len(obj.children)} objects below it are moved as one piece"
            mend = "to move them singly, call it 'Furniture' or set the role of one of them"
            self.result.notes.append(Note(obj.name, "info", f"{reason}; {mend}"))

    def _note_invisible(self, obj: bpy.types.Object, members: Sequence[bpy.types.Object]) -> None:
        solid = [m for m in members if m.type in SOLID_TYPES or (m.type == "EMPTY" and m.instance_type == "COLLECTION")]
        if not solid:
            return  # lights, cameras, armatures and empties alone are no furniture
        if obj.session_uid not in self.layer:
            self.result.notes.append(Note(obj.name, "ignored", "it isn't in this view layer"))
        elif not any(m.session_uid in self.layer and m.visible_get() for m in solid):
            self.result.notes.append(Note(obj.name, "ignored", "it is hidden"))
        else:
            self.result.notes.append(Note(obj.name, "ignored", "it has no faces"))

    def _is_folder(self, obj: bpy.types.Object, by_name: str) -> bool:
        """Whether an empty only keeps separate things together, such as "Furniture" above a bed and a desk."""
        if obj.type in SOLID_TYPES or obj.session_uid in self.shapes or not obj.children:
            return False
        if any(self._is_set(child) for child in obj.children):
            return True
        if obj.type != "EMPTY":
            return False
        if by_name == "room":
            return True
        kinds = [name_kind(child.name) for child in obj.children]
        if "room" in kinds or sum(kind in ("door", "window") for kind in kinds) > 1:
            return True
        if infer_category(obj.name) != "unknown" or by_name:
            return False
        known = [
            child
            for child in obj.children
            if infer_category(child.name) != "unknown" or self._is_folder(child, name_kind(child.name))
        ]
        if known and says_folder(obj.name):
            return True
        boxes = [box for box in map(self._bounds, known) if box is not None]
        bottom = min((low[2] for low, _ in boxes), default=0.0)
        tall = max((high[2] for _, high in boxes), default=0.0) - bottom
        standing = [box for box in boxes if box[0][2] - bottom <= _FLOOR_SLACK * max(tall, 1e-6)]
        return any(_apart(a, b) for i, a in enumerate(standing) for b in standing[:i])

    def _is_set(self, obj: bpy.types.Object) -> bool:
        """Whether someone said of this very object what it is."""
        settings = settings_of(obj, self.overrides)
        return settings.role not in (AUTO, "IGNORED") or settings.category != AUTO

    def _bounds(self, obj: bpy.types.Object) -> tuple[np.ndarray, np.ndarray] | None:
        points = [s.world() for m in _hierarchy(obj) for s in self.shapes.get(m.session_uid, ())]
        if not points:
            return None
        every = np.concatenate(points)
        return every.min(0), every.max(0)


def _hierarchy(obj: bpy.types.Object) -> Iterator[bpy.types.Object]:
    yield obj
    yield from obj.children_recursive


def _apart(a: tuple[np.ndarray, np.ndarray], b: tuple[np.ndarray, np.ndarray]) -> bool:
    """Whether two boxes are apart in plan."""
    return bool(np.any(a[0][:2] > b[1][:2]) or np.any(b[0][:2] > a[1][:2]))
