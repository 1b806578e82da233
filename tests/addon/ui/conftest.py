# SPDX-License-Identifier: GPL-3.0-or-later
"""A registered add-on in an empty file, and a small room with a few boxes that are furniture by their names."""

from __future__ import annotations

from collections.abc import Iterator

import bpy
import metaspatial
import pytest
from metaspatial.metaspatial_addon.ui import session


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
    from room_of_boxes import furnish

    return furnish()
