# SPDX-License-Identifier: GPL-3.0-or-later
"""A registered add-on in an empty file, and a small room with a few boxes that are furniture by their names."""

from __future__ import annotations

from collections.abc import Iterator

import bpy
import metaspatial
import pytest
from metaspatial.metaspatial_addon.ui import session

FURNITURE = {
    "Bed": ((1.4, 2.0, 0.5), (2.0, 1.8)),
    "Nightstand": ((0.4, 0.4, 0.5), (2.2, 1.9)),
    "Desk": ((1.2, 0.6, 0.75), (1.8, 1.5)),
}
FACES = ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))


@pytest.fixture
def addon() -> Iterator[None]:
    """The extension, registered in an empty file."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    metaspatial.register()
    try:
        yield
    finally:
        metaspatial.unregister()
        session.now.__init__()


@pytest.fixture
def room(addon: None) -> dict[str, bpy.types.Object]:
    """A room of 4 × 3.5 m with a bed, a nightstand and a desk heaped in its middle; objects by name."""
    bpy.context.scene.metaspatial.seconds = 1
    return furnish()


def furnish(
    furniture: dict[str, tuple[tuple[float, float, float], tuple[float, float]]] | None = None,
) -> dict[str, bpy.types.Object]:
    """A "Room" of 4 × 3.5 × 2.5 m with a "Door" in its south wall, and the furniture; objects by name."""
    made = {"Room": _box("Room", (4.0, 3.5, 2.5), (2.0, 1.75)), "Door": _box("Door", (0.9, 0.06, 2.0), (0.7, 0.0))}
    for name, (size, place) in (FURNITURE if furniture is None else furniture).items():
        made[name] = _box(name, size, place)
    bpy.context.view_layer.update()
    return made


def _box(name: str, size: tuple[float, float, float], place: tuple[float, float]) -> bpy.types.Object:
    """A box that stands on the floor, its origin at the middle of its bottom."""
    x, y, z = size[0] / 2, size[1] / 2, size[2]
    corners = [(-x, -y), (x, -y), (x, y), (-x, y)]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([(*corner, 0.0) for corner in corners] + [(*corner, z) for corner in corners], [], FACES)
    obj = bpy.data.objects.new(name, mesh)
    obj.location = (*place, 0.0)
    bpy.context.scene.collection.objects.link(obj)
    return obj
