# SPDX-License-Identifier: GPL-3.0-or-later
"""The words that objects bring along from an asset library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import bpy


class AssetWords(NamedTuple):
    """`catalog`: the simple name of the asset's catalog ("Furniture-Chairs"); its tags; its description."""

    catalog: str
    tags: tuple[str, ...]
    description: str


def asset_words(obj: bpy.types.Object) -> Iterator[AssetWords]:
    """What asset data says of an object: its own, that of the collection it is an instance of, that of its data.

    Of a library override the linked original speaks, which is where the asset data stays.
    """
    for block in (obj, obj.instance_collection if obj.instance_type == "COLLECTION" else None, obj.data):
        for each in _with_original(block):
            if each.asset_data is not None:
                data = each.asset_data
                yield AssetWords(data.catalog_simple_name, tuple(tag.name for tag in data.tags), data.description)


def _with_original(block: bpy.types.ID | None) -> Iterator[bpy.types.ID]:
    if block is None:
        return
    yield block
    override = block.override_library
    if override is not None:
        if override.reference is not None:
            yield override.reference
        root = override.hierarchy_root
        if root is not None and root != block:
            yield from _with_original(root)
