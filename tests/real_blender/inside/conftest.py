# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests inside a real Blender share. They see the installed extension, not this source tree."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType

import pytest

EXTENSION = "bl_ext.user_default.metaspatial"


@pytest.fixture(autouse=True)
def empty_file() -> None:
    """Each test starts with an empty file. The preferences stay, and with them the enabled extension."""
    import bpy  # not above: pytest-blender reads this file once outside Blender

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)


@pytest.fixture
def part() -> Callable[[str], ModuleType]:
    """Import a module of the installed extension: ``part("backend.scene")``; ``part("")`` is the extension itself."""

    def import_part(name: str) -> ModuleType:
        return importlib.import_module(f"{EXTENSION}.{name}" if name else EXTENSION)

    return import_part
