# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's own models in place of parametric ones: model files in a folder, and assets marked in .blend libraries.

Everything is read from local disk. A .blend is opened as a library of data only: nothing in it runs.
"""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ...backend.scene.category import infer_category
from ...backend.scene.model import Furniture, Scene
from .build import CATEGORY, build_piece

NOT_FURNITURE = {"CAMERA", "LIGHT", "LIGHT_PROBE", "SPEAKER"}
MODEL_FILES = (".glb", ".gltf", ".blend")
SAME_PROPORTIONS = 0.2
"""A model whose three scales differ by at most this share is stretched to the size asked; others are fitted inside."""

Front = Literal["-Y", "+Y", "-X", "+X"]
_TURN: dict[Front, float] = {"-Y": 0.0, "+Y": 180.0, "-X": 90.0, "+X": -90.0}


@dataclass(frozen=True, slots=True)
class Asset:
    """One model: its category, a name to show, its file, and the object or collection in it (empty: the whole file)."""

    category: str
    name: str
    path: Path
    kind: Literal["file", "object", "collection"] = "file"


@dataclass(frozen=True)
class Source:
    """Where furniture comes from: assets by category, how they face, and whether .blend data stays linked.

    `front` is the axis the models face in their own files. With `scale` "fit", models keep their proportions always.
    """

    assets: Mapping[str, Sequence[Asset]] = field(default_factory=dict)
    front: Front = "-Y"
    scale: Literal["size", "fit"] = "size"
    link: bool = False


@dataclass(frozen=True)
class Furnished:
    """What was built for each id, where it came from ("parametric" or the asset's name), and what went wrong."""

    objects: dict[str, bpy.types.Object]
    sources: dict[str, str]
    notes: tuple[str, ...] = ()


def furnish(scene: Scene, source: Source | None = None, collection: bpy.types.Collection | None = None) -> Furnished:
    """Builds every piece of the scene at the origin: the user's model where there is one, else a parametric mesh.

    Each object stands for its piece's whole box: origin at the centre of its bottom, front at -Y. A model that cannot
    be read is noted and replaced.
    """
    source = source or Source()
    objects: dict[str, bpy.types.Object] = {}
    sources: dict[str, str] = {}
    notes: list[str] = []
    for piece in scene.furniture:
        asset = _model_of(piece, source)
        sources[piece.id] = asset.name if asset else "parametric"
        try:
            objects[piece.id] = build_from(source, piece, collection)
        except (OSError, RuntimeError, ValueError) as problem:
            name = asset.path.name if asset else piece.category
            notes.append(f"{piece.id}: {name} could not be used ({problem}); built a parametric one")
            objects[piece.id], sources[piece.id] = build_piece(piece, collection), "parametric"
    return Furnished(objects, sources, tuple(notes))


def build_from(source: Source, piece: Furniture, collection: bpy.types.Collection | None = None) -> bpy.types.Object:
    """One piece at the origin: the source's model of its category, or a parametric mesh where it has none.

    Raises as `load_asset` does.
    """
    asset = _model_of(piece, source)
    return load_asset(asset, piece, source, collection) if asset else build_piece(piece, collection)


def _model_of(piece: Furniture, source: Source) -> Asset | None:
    """The model for a piece; equal pieces are a set and get the same one."""
    assets = source.assets.get(piece.category, ())
    words = f"{piece.category} {piece.size} {piece.material} {piece.style} {piece.label}"
    return assets[zlib.crc32(words.encode()) % len(assets)] if assets else None


def assets_in_folder(folder: Path) -> dict[str, list[Asset]]:
    """Models by category: files named after what they hold ("oak_chair 2.glb"), or kept in a folder that is.

    A .blend that marks assets is listed by those instead. Names that tell no category are left out.
    """
    found: dict[str, list[Asset]] = {}
    catalogs = _catalogs(folder / "blender_assets.cats.txt")
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in MODEL_FILES and path.is_file()):
        if path.suffix.lower() == ".blend":
            marked = assets_in_blend(path, catalogs)
            for category, assets in marked.items():
                found.setdefault(category, []).extend(assets)
            if marked:
                continue
        category = infer_category(path.stem)
        if category == "unknown" and path.parent != folder:
            category = infer_category(path.parent.name)
        if category != "unknown":
            found.setdefault(category, []).append(Asset(category, path.stem, path))
    return found


def assets_in_libraries() -> dict[str, list[Asset]]:
    """Objects and collections marked as assets in the asset libraries of the user's preferences, by category."""
    found: dict[str, list[Asset]] = {}
    for library in bpy.context.preferences.filepaths.asset_libraries:
        folder = Path(library.path)
        if not library.path or not folder.is_dir():
            continue
        catalogs = _catalogs(folder / "blender_assets.cats.txt")
        for path in sorted(folder.rglob("*.blend")):
            for category, assets in assets_in_blend(path, catalogs).items():
                found.setdefault(category, []).extend(assets)
    return found


def assets_in_blend(path: Path, catalogs: Mapping[str, str] | None = None) -> dict[str, list[Asset]]:
    """The objects and collections one .blend marks as assets, by the category their names tell.

    Where a name tells none, the asset's catalog (`catalogs` maps catalog ids to names) and then its tags are asked.
    A file that cannot be read has no assets. The current file is not touched.
    """
    found: dict[str, list[Asset]] = {}
    with bpy.data.temp_data() as aside:
        try:
            with aside.libraries.load(str(path), link=True, assets_only=True) as (held, wanted):
                wanted.collections, wanted.objects = list(held.collections), list(held.objects)
        except OSError:
            return found
        for kind, blocks in (("collection", wanted.collections), ("object", wanted.objects)):
            for block in blocks:
                if block is None:
                    continue
                hints = [block.name]
                if block.asset_data is not None:
                    hints.append((catalogs or {}).get(block.asset_data.catalog_id, ""))
                    hints += [tag.name for tag in block.asset_data.tags]
                category = next((each for each in map(infer_category, hints) if each != "unknown"), None)
                if category:
                    asset = Asset(category, block.name, path, "collection" if kind == "collection" else "object")
                    found.setdefault(category, []).append(asset)
    return found


def load_asset(
    asset: Asset, piece: Furniture, source: Source, collection: bpy.types.Collection | None = None
) -> bpy.types.Object:
    """Reads the asset and returns an empty that carries all its objects, scaled to the piece, front at -Y.

    The empty's origin is the centre of the bottom of the piece's box; a model fitted inside stands on that bottom with
    its back to +Y (hanging pieces touch the top). Raises OSError or RuntimeError for an unreadable file, ValueError
    for one without a mesh; nothing is left behind then.
    """
    room = bpy.context.scene.collection
    known = set(bpy.data.objects)
    try:
        if asset.path.suffix.lower() == ".blend":
            loaded = _from_blend(asset, source.link, room)
        else:
            loaded = _from_gltf(asset.path, room)
        low, high = _bounds(loaded)
    except (OSError, RuntimeError, ValueError):
        for left in set(bpy.data.objects) - known:
            bpy.data.objects.remove(left)
        raise
    root = bpy.data.objects.new(piece.id, None)
    root[CATEGORY] = piece.category
    root.empty_display_size = 0.1
    room.objects.link(root)
    fit = _fit(low, high, piece, source)
    for thing in loaded:
        if thing.parent not in loaded:
            placed = fit @ thing.matrix_world
            thing.parent, thing.parent_type = root, "OBJECT"
            thing.matrix_parent_inverse = Matrix.Identity(4)
            thing.matrix_basis = placed
    if collection is not None and collection != room:
        for thing in (root, *loaded):
            collection.objects.link(thing)
            room.objects.unlink(thing)
    return root


def _catalogs(path: Path) -> dict[str, str]:
    """Catalog names by id, from a library's `blender_assets.cats.txt` (lines of id:path:name)."""
    names: dict[str, str] = {}
    if path.is_file():
        for line in path.read_text("utf-8", "replace").splitlines():
            parts = line.split(":")
            if len(parts) == 3 and not line.startswith("#"):
                names[parts[0].strip()] = parts[1].rsplit("/", 1)[-1]
    return names


def _fit(low: Vector, high: Vector, piece: Furniture, source: Source) -> Matrix:
    """From the model's own space to the piece's: turned to face -Y, scaled, its box's bottom centre at the origin."""
    turn = Matrix.Rotation(math.radians(_TURN[source.front]), 4, "Z")
    corners = [turn @ Vector(corner) for corner in itertools.product(*zip(low, high, strict=True))]
    least = Vector(min(corner[axis] for corner in corners) for axis in range(3))
    most = Vector(max(corner[axis] for corner in corners) for axis in range(3))
    extent = [max(most[axis] - least[axis], 1e-6) for axis in range(3)]
    scales = [piece.size[axis] / extent[axis] for axis in range(3)]
    if source.scale == "fit" or max(scales) > (1 + SAME_PROPORTIONS) * min(scales):
        scales = [min(scales)] * 3
    foot = Vector(((least.x + most.x) / 2, (least.y + most.y) / 2, least.z))
    lift = piece.size[2] - extent[2] * scales[2] if piece.mount == "ceiling" else 0.0
    spare = (piece.size[1] - extent[1] * scales[1]) / 2
    place = Matrix.Translation((0.0, spare, lift))
    return place @ Matrix.Diagonal((*scales, 1.0)) @ Matrix.Translation(-foot) @ turn


def _from_blend(asset: Asset, link: bool, room: bpy.types.Collection) -> list[bpy.types.Object]:
    family = _family(asset.path, asset.name) if asset.kind == "object" else []
    with bpy.data.libraries.load(str(asset.path), link=link) as (held, wanted):
        if asset.kind == "collection":
            wanted.collections = [asset.name]
        elif asset.kind == "object":
            wanted.objects = family
        else:
            wanted.objects = list(held.objects)
    if asset.kind == "collection":
        group = next((each for each in wanted.collections if each is not None), None)
        if group is None:
            raise ValueError(f"it no longer holds the collection {asset.name!r}")
        instance = bpy.data.objects.new(asset.name, None)
        instance.instance_type, instance.instance_collection = "COLLECTION", group
        room.objects.link(instance)
        return [instance]
    things: list[Any] = [thing for thing in wanted.objects if thing is not None]
    kept = [thing for thing in things if thing.type not in NOT_FURNITURE]
    worlds = {thing: _world(thing) for thing in kept}
    if link:  # linked objects cannot be given a parent: local copies share their data
        copies = {thing: thing.copy() for thing in kept}
        for thing, copy in copies.items():
            copy.parent, copy.matrix_basis = None, worlds[thing]
        kept = list(copies.values())
    else:
        for thing in set(things) - set(kept):
            bpy.data.objects.remove(thing)
        for thing in kept:
            _without_drivers(thing)
            _without_drivers(thing.data)
    for thing in kept:
        room.objects.link(thing)
    bpy.context.view_layer.update()
    return kept


def _world(thing: bpy.types.Object) -> Matrix:
    """Where an object that is in no scene would stand; its own `matrix_world` is not evaluated there."""
    if thing.parent is None:
        return thing.matrix_basis.copy()
    return _world(thing.parent) @ thing.matrix_parent_inverse @ thing.matrix_basis


def _without_drivers(block: bpy.types.ID | None) -> None:
    """Takes drivers away: the only Python a loaded object could bring along."""
    animation = getattr(block, "animation_data", None)
    if animation is not None:
        for driver in list(animation.drivers):
            animation.drivers.remove(driver)


def _family(path: Path, name: str) -> list[str]:
    """An object's own name and those of everything parented to it, which Blender would leave behind."""
    with bpy.data.temp_data() as aside:
        with aside.libraries.load(str(path), link=True) as (held, wanted):
            wanted.objects = list(held.objects)
        return [thing.name for thing in wanted.objects if thing is not None and name in _line(thing)]


def _line(thing: bpy.types.Object) -> list[str]:
    """The names of an object, its parent, its parent's parent…"""
    return [thing.name, *(_line(thing.parent) if thing.parent else ())]


def _from_gltf(path: Path, room: bpy.types.Collection) -> list[bpy.types.Object]:
    known = set(bpy.data.objects)
    selected = [thing for thing in bpy.context.view_layer.objects if thing.select_get()]
    active = bpy.context.view_layer.objects.active
    try:
        bpy.ops.import_scene.gltf(filepath=str(path))
    except AttributeError as missing:
        raise RuntimeError("the glTF importer is switched off in the preferences") from missing
    finally:
        fresh = [thing for thing in bpy.data.objects if thing not in known]
        for thing in bpy.context.view_layer.objects:
            thing.select_set(thing in selected)
        bpy.context.view_layer.objects.active = active
    kept = [thing for thing in fresh if thing.type not in NOT_FURNITURE]
    for thing in set(fresh) - set(kept):
        bpy.data.objects.remove(thing)
    for thing in kept:
        for holder in list(thing.users_collection):
            holder.objects.unlink(thing)
        room.objects.link(thing)
    return kept


def _bounds(things: Sequence[bpy.types.Object]) -> tuple[Vector, Vector]:
    """World bounds of all meshes, modifiers and instanced collections included. Raises ValueError if there are none."""
    bpy.context.view_layer.update()
    depsgraph = bpy.context.evaluated_depsgraph_get()
    clouds = []
    for each in depsgraph.object_instances:
        carrier = each.parent if each.is_instance else each.object
        if carrier is None or carrier.original not in things or each.object.type != "MESH":
            continue
        mesh = each.object.to_mesh()
        points = np.empty(3 * len(mesh.vertices), dtype=np.float32)
        mesh.vertices.foreach_get("co", points)
        each.object.to_mesh_clear()
        world = np.array(each.matrix_world)
        clouds.append(points.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3])
    cloud = np.concatenate(clouds) if clouds else np.empty((0, 3))
    if not len(cloud):
        raise ValueError("it holds no mesh")
    return Vector(cloud.min(axis=0)), Vector(cloud.max(axis=0))
