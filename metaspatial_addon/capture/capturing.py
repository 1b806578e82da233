# SPDX-License-Identifier: GPL-3.0-or-later
"""From the open file to a `Scene`, and what is needed to go back. Nothing in the file is changed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import bpy
import numpy as np
from mathutils import Matrix

from ...backend.scene import Furniture, Relation, Scene, SceneError
from ...backend.scene.anchors import is_reserved
from ...backend.scene.check import validate
from ...backend.scene.geometry import signed_distance
from ..physics.mesh import Mesh
from .geometry import SOLID_TYPES, metres_per_unit, visible_shapes
from .inventory import Item, take_inventory
from .mounting import Mounting, carrier_of, mounting_of, support_of
from .movable import reason_to_stay
from .names import label_of
from .note import CaptureError, Note
from .openings import find_openings
from .pieces import Measured, Measurer
from .reference import ObjectRef, refer
from .relations import AskedRelation, LeftOut, Whereabouts, asked_relations, with_asked
from .room import FoundRoom, find_room, picked_objects
from .settings import AUTO, CaptureSettings

_MARGIN = 0.15
"""How far a piece's centre may be behind a wall's inner face and the piece still belong to the room, metres."""


@dataclass(frozen=True, eq=False)
class Capture:
    """A scene, and the way back from it to the objects of the file.

    `objects`: the root object of every piece of furniture, by id; `openings`: the first object of every opening;
    `carried`: objects that move along with a piece. `room_to_world` (4x4, frozen) takes room coordinates (metres) to
    world coordinates (Blender units). Holds no references to Blender's data, so it may be kept and handed to threads.
    """

    scene: Scene
    objects: Mapping[str, ObjectRef]
    openings: Mapping[str, ObjectRef]
    carried: Mapping[str, tuple[ObjectRef, ...]]
    room: tuple[ObjectRef, ...]
    notes: tuple[Note, ...]
    room_to_world: Matrix
    meshes: Mapping[str, Mesh] = field(repr=False)
    tracked: tuple[ObjectRef, ...] = field(repr=False)
    fingerprint: str
    """Digest of the state of the tracked objects, see `is_stale`."""
    left_out: Mapping[AskedRelation, LeftOut] = field(default_factory=dict)
    """The relations asked for that this room can't have now, and why."""

    def mesh_of(self, piece: Furniture) -> Mesh:
        """The piece's evaluated triangles in its own frame, metres, origin at its box's centre. Raises KeyError."""
        return self.meshes[piece.id]


def capture(context: bpy.types.Context, settings: CaptureSettings | None = None) -> Capture:
    """The scene of the open file, as `settings` ask for. Raises CaptureError with the way to mend it."""
    settings = settings or CaptureSettings()
    if context.mode.startswith("EDIT"):
        raise CaptureError("Leave Edit Mode first (Tab): what is being edited can't be measured.")
    context.view_layer.update()
    picked = picked_objects(context, settings)
    inventory = take_inventory(context, visible_shapes(context), settings.overrides, picked)
    scale = metres_per_unit(context.scene)
    found = find_room(inventory, picked, scale)
    openings = find_openings([*inventory.of("door"), *inventory.of("window")], found.room, found.frame)
    room = replace(found.room, openings=openings.openings)
    gathering = _Gathering(context.scene, found, _asked_for(context, settings))
    gathering.gather(item for item in inventory.of("piece") if item not in found.items)
    scene = Scene(
        room,
        tuple(gathering.furniture),
        tuple(gathering.relations),
        preference=settings.preference,
        name=label_of(context.scene.name),
    )
    _check(scene, gathering.objects)
    room_refs = tuple(refer(item.root) for item in found.items)
    opening_refs = {id: refer(sources[0].root) for id, sources in openings.items.items()}
    items = [*found.items, *(item for sources in openings.items.values() for item in sources), *gathering.used]
    tracked = tuple(refer(member) for item in items for member in item.members)
    notes = (*found.notes, *openings.notes, *inventory.notes, *gathering.notes)
    asked = asked_relations(context.scene) if settings.relations is None else settings.relations
    where = Whereabouts(
        gathering.ids,
        {m.session_uid: id for id, sources in openings.items.items() for item in sources for m in item.members},
        frozenset(member.session_uid for item in found.items for member in item.members),
        notes,
    )
    scene, left_out = with_asked(scene, asked, where)
    return Capture(
        scene=scene,
        objects=gathering.objects,
        openings=opening_refs,
        carried=gathering.carried,
        room=room_refs,
        notes=notes,
        room_to_world=found.frame.matrix(),
        meshes=gathering.meshes,
        tracked=tracked,
        fingerprint=_fingerprint(context, tracked),
        left_out=left_out,
    )


def is_stale(captured: Capture, context: bpy.types.Context) -> bool:
    """Whether the room or its furniture was changed, moved, added to or taken from since the capture."""
    return state_of(captured, context) != captured.fingerprint


def state_of(captured: Capture, context: bpy.types.Context) -> str:
    """Digest of how the room and its furniture stand now; `captured.fingerprint` is that of the capture itself."""
    return _fingerprint(context, captured.tracked)


@dataclass(frozen=True)
class _Asked:
    """Which objects the user wants arranged: `uids`, or everything inside the room when None."""

    uids: frozenset[int] | None
    reason: str = ""

    def has(self, item: Item) -> bool:
        if self.uids is None:
            return True
        parents, obj = [], item.root.parent
        while obj is not None:
            parents.append(obj)
            obj = obj.parent
        return any(obj.session_uid in self.uids for obj in (*item.members, *parents))


def _asked_for(context: bpy.types.Context, settings: CaptureSettings) -> _Asked:
    if settings.source == "SELECTED":
        chosen = [obj for obj in context.view_layer.objects if obj.select_get()]
        if not chosen:
            raise CaptureError("Nothing is selected. Select the furniture to arrange, or choose another source.")
        return _Asked(frozenset(obj.session_uid for obj in chosen), "it isn't selected")
    if settings.source == "COLLECTION":
        collection = settings.collection
        if isinstance(collection, str):
            name, collection = collection, bpy.data.collections.get(collection)
            if collection is None:
                raise CaptureError(f"There is no collection called {name!r} for the furniture.")
        if collection is None:
            raise CaptureError("Choose the collection that holds the furniture, or another source.")
        uids = frozenset(obj.session_uid for obj in collection.all_objects)
        return _Asked(uids, f"it isn't in the collection {collection.name!r}")
    return _Asked(None)


class _Gathering:
    """Makes furniture of items, one decision after the other, and notes each that the user may wonder about."""

    def __init__(self, scene: bpy.types.Scene, found: FoundRoom, asked: _Asked) -> None:
        self.scene, self.found, self.asked = scene, found, asked
        self.measurer = Measurer(found.frame)
        self.furniture: list[Furniture] = []
        self.relations: list[Relation] = []
        self.objects: dict[str, ObjectRef] = {}
        self.ids: dict[int, str] = {}
        self.carried: dict[str, tuple[ObjectRef, ...]] = {}
        self.meshes: dict[str, Mesh] = {}
        self.notes: list[Note] = []
        self.used: list[Item] = []

    def gather(self, items: Iterable[Item]) -> None:
        here = [piece for piece in map(self.measurer.measure, items) if self._is_here(piece)]
        stay = {id(piece): self._reason_to_stay(piece) for piece in here}
        passengers = self._passengers(here, stay)
        own = [piece for piece in here if id(piece) not in passengers]
        mountings = [mounting_of(piece, own, self.found.room) for piece in own]
        for mounting, piece in zip(mountings, own, strict=True):
            if mounting.afloat and not stay[id(piece)] and piece.item.settings.role != "MOVABLE":
                stay[id(piece)] = "it hangs in the air and nothing tells how it is mounted; set its mount to move it"
        self._hold_supports(mountings, own, stay)
        names = self._add_all(mountings, own, stay)
        for mounting, piece in zip(mountings, own, strict=True):
            if mounting.keeps and mounting.support is not None and not stay[id(piece)]:
                self.relations.append(Relation(names[id(piece)], "on", names[id(mounting.support)]))
        for piece in here:
            carrier = passengers.get(id(piece))
            if carrier is None:
                continue
            if stay[id(carrier)]:
                self.notes.append(Note(piece.name, "fixed", f"it lies in or on {carrier.name!r}, which stays"))
                continue
            ref = refer(piece.item.root)
            self.carried[names[id(carrier)]] = (*self.carried.get(names[id(carrier)], ()), ref)
            self.notes.append(Note(piece.name, "carried", f"it lies in or on {carrier.name!r} and moves along with it"))
        self.used = [piece.item for piece in here]

    def _is_here(self, piece: Measured) -> bool:
        """Whether a piece belongs to this room, or was asked for wherever it is."""
        if self.asked.uids is not None and self.asked.has(piece.item):
            return True
        if piece.item.settings.role == "MOVABLE" and self.asked.uids is None:
            return True
        room = self.found.room
        inside = float(signed_distance(room.floor, (piece.pose.x, piece.pose.y))) > -_MARGIN
        if not inside or piece.bottom > room.height or piece.top < -0.1:
            self.notes.append(Note(piece.name, "ignored", "it is outside the room"))
            return False
        if max(piece.size[:2]) > max(room.extent) + 1.0:
            self.notes.append(Note(piece.name, "ignored", "it is larger than the room"))
            return False
        return True

    def _reason_to_stay(self, piece: Measured) -> str:
        item = piece.item
        if item.settings.role == "FIXED":
            return "its role is Fixed"
        if not self.asked.has(item):
            return self.asked.reason
        reason = reason_to_stay(item.root, item.members)
        if reason or item.settings.role == "MOVABLE":
            return reason
        return "it looks built in; set its role to Movable to move it" if item.built_in else ""

    def _passengers(self, here: Sequence[Measured], stay: dict[int, str]) -> dict[int, Measured]:
        """Which pieces travel with others: what lies in them, and what wasn't asked for but stands on what was.

        A carrier is never itself a passenger. What carries something that can't be moved stays.
        """
        carriers: dict[int, Measured] = {}
        for piece in here:
            settings = piece.item.settings
            if settings.role in ("MOVABLE", "FIXED") or settings.mount != AUTO:
                continue
            carrier = carrier_of(piece, here)
            if carrier is None and not self.asked.has(piece.item):
                carrier = support_of(piece, here)
                carrier = carrier if carrier is not None and self.asked.has(carrier.item) else None
            if carrier is None:
                continue
            immovable = reason_to_stay(piece.item.root, piece.item.members)
            if immovable:
                stay[id(carrier)] = stay[id(carrier)] or f"it carries {piece.name!r}, which stays: {immovable}"
            else:
                carriers[id(piece)] = carrier
        for key, carrier in carriers.items():
            while id(carrier) in carriers:
                carrier = carriers[id(carrier)]
            carriers[key] = carrier
        return carriers

    def _hold_supports(self, mountings: Sequence[Mounting], own: Sequence[Measured], stay: dict[int, str]) -> None:
        """What something immovable stands on stays too."""
        pairs = [(piece, m.support) for piece, m in zip(own, mountings, strict=True) if m.support is not None]
        changed = True
        while changed:
            changed = False
            for piece, support in pairs:
                if stay[id(piece)] and not stay[id(support)]:
                    stay[id(support)] = f"it carries {piece.name!r}, which stays"
                    changed = True

    def _add_all(
        self, mountings: Sequence[Mounting], own: Sequence[Measured], stay: Mapping[int, str]
    ) -> dict[int, str]:
        """Furniture of every piece; the ids by piece."""
        count: Counter[str] = Counter()
        names = {}
        for mounting, original in zip(mountings, own, strict=True):
            piece, reason = mounting.piece, stay[id(original)]
            stem = "object" if piece.category == "unknown" else piece.category
            stem = f"object_{stem}" if is_reserved(f"{stem}_1") or stem in ("door", "window") else stem
            count[stem] += 1
            name = names[id(original)] = f"{stem}_{count[stem]}"
            root = piece.item.root
            self.furniture.append(
                Furniture(
                    id=name,
                    category=piece.category,
                    size=piece.size,
                    mount=mounting.mount,
                    label=label_of(piece.item.settings.label or root.name),
                    fixed=bool(reason),
                    pose=piece.pose,
                    parts=self.measurer.parts_for(piece, piece.category),
                )
            )
            self.objects[name] = refer(root)
            self.ids.update((member.session_uid, name) for member in piece.item.members)
            self.meshes[name] = piece.mesh
            if reason:
                self.notes.append(Note(root.name, "fixed", reason))
            elif len(root.users_scene) > 1:
                others = ", ".join(repr(s.name) for s in root.users_scene if s != self.scene)
                self.notes.append(Note(root.name, "info", f"it is also used in {others} and will move there too"))
        return names


def _check(scene: Scene, objects: Mapping[str, ObjectRef]) -> None:
    """Turn a broken rule of scenes into words about the file."""
    try:
        validate(scene)
    except SceneError as error:
        where = ""
        if error.path.startswith("furniture["):
            piece = scene.furniture[int(error.path.split("[")[1].split("]")[0])]
            where = f" ({objects[piece.id].name!r})"
        raise CaptureError(f"The captured scene can't be used: {error}{where}.") from error


def _fingerprint(context: bpy.types.Context, refs: Sequence[ObjectRef]) -> str:
    """Digest of where the objects are, which data they have, and which objects there are to be seen at all."""
    context.view_layer.update()
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr((context.scene.name, metres_per_unit(context.scene))).encode())
    solid = sorted(
        obj.session_uid for obj in context.view_layer.objects if obj.type in SOLID_TYPES and obj.visible_get()
    )
    digest.update(repr(solid).encode())
    for ref in refs:
        obj = ref.get()
        if obj is None:
            digest.update(b"gone")
            continue
        digest.update(np.array(obj.matrix_world, np.float32).tobytes())
        data = obj.data
        size = len(data.vertices) if isinstance(data, bpy.types.Mesh) else 0
        corners = np.array(obj.bound_box, np.float32) if data is not None else np.zeros(0)
        digest.update(repr((data.session_uid if data is not None else 0, size, obj.visible_get())).encode())
        digest.update(corners.tobytes())
    return digest.hexdigest()
