# SPDX-License-Identifier: GPL-3.0-or-later
"""The real Blender, made by tools/real_blender.sh."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

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


@pytest.fixture(scope="module")
def environment(programs: tuple[str, str]) -> Iterator[dict[str, str]]:
    """The environment of a Blender with fresh settings and this extension installed from its own archive.

    SCRATCH is a folder for a module's files.
    """
    with tempfile.TemporaryDirectory(prefix="metaspatial-real-", dir="/tmp") as folder:
        scratch = Path(folder)
        settings = {**os.environ, "BLENDER_USER_RESOURCES": str(scratch / "user"), "SCRATCH": folder}
        archive = run.build(programs[0], scratch, settings)
        install = ["extension", "install-file", "--repo", "user_default", "--enable", str(archive)]
        run.call([programs[0], "--command", *install], settings)
        yield settings
