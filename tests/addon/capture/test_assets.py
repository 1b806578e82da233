# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces from asset libraries: instances, links, overrides; and what their assets' own words tell of them."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from metaspatial.metaspatial_addon.capture import Capture, capture
from metaspatial.metaspatial_addon.capture.names import category_in_words
from metaspatial.tests.addon.capture import blend

NAMELESS = "SM_0042"


@pytest.fixture(autouse=True)
def _empty_file() -> None:
    blend.empty_file()


def described(block: bpy.types.ID, *tags: str, description: str = "") -> None:
    """Make an asset of a data-block that tells nothing by its name."""
    block.asset_mark()
    for tag in tags:
        block.asset_data.tags.new(tag)
    block.asset_data.description = description


def library(path: Path, *, tags: tuple[str, ...] = (), description: str = "") -> Path:
    """A .blend with one asset: a collection that holds a box of 1.6 × 0.8 × 0.7 m, off the collection's origin."""
    blend.empty_file()
    collection = bpy.data.collections.new(NAMELESS)
    bpy.context.scene.collection.children.link(collection)
    box = bpy.data.objects.new("part_a", blend.box_mesh("geo", (1.6, 0.8, 0.7), (-0.8, -0.4, 0.0)))
    collection.objects.link(box)
    described(collection, *tags, description=description)
    bpy.ops.wm.save_as_mainfile(filepath=str(path), check_existing=False)
    blend.empty_file()
    return path


def linked(path: Path) -> bpy.types.Collection:
    with bpy.data.libraries.load(str(path), link=True) as (source, target):
        target.collections = list(source.collections)
    return target.collections[0]


def instance(collection: bpy.types.Collection, name: str = NAMELESS) -> bpy.types.Object:
    """What dragging a collection asset into the room makes: an empty that shows it."""
    obj = blend.add(name, None, (2.0, 2.0, 0.0))
    obj.instance_type, obj.instance_collection = "COLLECTION", collection
    return obj


def the_piece(seen: Capture):
    assert len(seen.scene.furniture) == 1, seen.notes
    return seen.scene.furniture[0]


def test_a_dragged_collection_asset_is_a_piece_that_may_move(tmp_path: Path) -> None:
    collection = linked(library(tmp_path / "assets.blend", tags=("furniture", "desk", "oak")))
    blend.box_room()
    instance(collection)
    piece = the_piece(capture(bpy.context))
    assert (piece.category, piece.fixed) == ("desk", False)
    assert piece.size == pytest.approx((1.6, 0.8, 0.7), abs=1e-5)


def test_an_overridden_asset_is_a_piece_that_may_move(tmp_path: Path) -> None:
    collection = linked(library(tmp_path / "assets.blend", tags=("wardrobe",)))
    blend.box_room()
    empty = instance(collection)
    override = collection.override_hierarchy_create(bpy.context.scene, bpy.context.view_layer, reference=empty)
    assert override is not None
    bpy.data.objects.remove(empty)
    (obj,) = override.all_objects
    obj.location = (2.0, 2.0, 0.0)
    piece = the_piece(capture(bpy.context))
    assert (piece.category, piece.fixed) == ("wardrobe", False)


def test_a_linked_object_stays_and_is_known_all_the_same(tmp_path: Path) -> None:
    path = library(tmp_path / "assets.blend")
    with bpy.data.libraries.load(str(path), link=True) as (_, target):
        target.objects = ["part_a"]
    blend.box_room()
    bpy.context.scene.collection.objects.link(target.objects[0])
    seen = capture(bpy.context)
    assert the_piece(seen).fixed
    assert "linked from" in seen.notes[-1].reason


def test_an_objects_own_asset_data_tell_its_category() -> None:
    blend.box_room()
    described(blend.box(NAMELESS, (2, 2, 0), (0.5, 0.5, 0.9)), "wooden", "Dining chair", "natural")
    assert the_piece(capture(bpy.context)).category == "chair"


def test_the_description_tells_where_tags_do_not() -> None:
    blend.box_room()
    obj = blend.box(NAMELESS, (2, 2, 0), (0.5, 0.5, 0.9))
    described(obj, "nice", description="A comfortable armchair for the desk in your bedroom")
    assert the_piece(capture(bpy.context)).category == "armchair"


def test_the_name_and_the_users_word_go_first() -> None:
    blend.box_room()
    obj = blend.box("Bookshelf", (2, 2, 0), (0.9, 0.3, 1.8))
    described(obj, "bed")
    assert the_piece(capture(bpy.context)).category == "bookshelf"
    obj["metaspatial_category"] = "cabinet"
    assert the_piece(capture(bpy.context)).category == "cabinet"


@pytest.mark.parametrize(
    ("catalog", "tags", "description", "category"),
    [
        ("Furniture-Living Room-Sofas", (), "", "sofa"),
        ("Furniture/Beds", ("chair",), "", "bed"),
        ("Kitchen", ("stuff", "Fridge"), "", "fridge"),
        ("", ("bed", "nightstand"), "", "unknown"),
        ("", ("bed", "nightstand"), "Nightstand with a drawer, goes with the bed", "nightstand"),
        ("", (), "Lamp for a table", "table_lamp"),
        ("", (), "Ein Schreibtisch für Kinder", "desk"),
        ("", (), "For the bed.", "unknown"),
        ("Modern", ("oak", "2k", "\U0001f6cb"), "\U0001f6cb\ufe0f “cosy”", "unknown"),
    ],
)
def test_what_an_assets_words_tell(catalog: str, tags: tuple[str, ...], description: str, category: str) -> None:
    assert category_in_words(catalog, tags, description) == category
