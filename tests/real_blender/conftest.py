# SPDX-License-Identifier: GPL-3.0-or-later
"""The real Blender, made by tools/real_blender.sh."""

from __future__ import annotations

import os
import shutil

import pytest
from metaspatial.tests.real_blender import run


@pytest.fixture(scope="session")
def programs() -> tuple[str, str]:
    """The real Blender, and the way into its system, which has a screen, a mouse and a camera."""
    path = f"{run.WRAPPERS}{os.pathsep}{os.environ['PATH']}"
    found = [shutil.which(name, path=path) for name in ("blender-trixie", "rb-trixie")]
    if None in found:
        pytest.fail("no real Blender here; make one with tools/real_blender.sh")
    return found[0] or "", found[1] or ""
