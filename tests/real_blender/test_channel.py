# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension repository as people use it: a real Blender adds it by its address, installs from it, and updates."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from metaspatial.tools import channel, extension

pytestmark = [pytest.mark.real_blender, pytest.mark.slow]

NAME = "bl_ext.metaspatial_channel.metaspatial"
LOOK = f"""
import sys, addon_utils, bpy
found = addon_utils.check({NAME!r})
module = sys.modules.get({NAME!r})
bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
print("FOUND", found, module and module.__version__, hasattr(bpy.types, "METASPATIAL_PT_arrange"),
      bpy.ops.metaspatial.add_sample(sample="study"), bpy.ops.metaspatial.arrange.poll(), flush=True)
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="metaspatial-channel-", dir="/tmp") as folder:  # which the chroot sees, too
        yield Path(folder)


@pytest.fixture
def address(scratch: Path) -> Iterator[str]:
    """The channel's folder, offered by a plain web server on this computer."""
    (scratch / "channel").mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(scratch / "channel")))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_it_is_installed_and_updated_from_the_channel(programs: tuple[str, str], scratch: Path, address: str) -> None:
    def blender(*arguments: str) -> str:
        settings = {**os.environ, "BLENDER_USER_RESOURCES": str(scratch / "user")}
        command = [programs[0], *arguments]
        done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
        return done.stdout

    def found() -> str:
        said = blender("-b", "--python-exit-code", "3", "--python-expr", LOOK)
        return next(line for line in said.splitlines() if line.startswith("FOUND"))

    def commands(*arguments: str) -> str:
        return blender("--online-mode", "--command", "extension", *arguments)

    output = scratch / "channel"
    channel.publish(output, release=False, number=1)
    commands("repo-add", "metaspatial_channel", "--name", "MetaSpatial", "--url", f"{address}/latest/index.json")
    commands("sync")
    assert "metaspatial" in commands("list")
    commands("install", "--enable", "metaspatial")
    base = extension.read_manifest(extension.ROOT / extension.MANIFEST)["version"]
    first, second = f"{base}-latest.1", f"{base}-latest.2"
    assert found() == f"FOUND (True, True) {first} True {{'FINISHED'}} True"

    archive = extension.build(scratch / "next", second)  # as a later commit would publish it
    archive.rename(output / "latest" / archive.name)
    channel.write(output)
    commands("sync")
    assert "outdated" in commands("list")
    commands("update")
    assert found() == f"FOUND (True, True) {second} True {{'FINISHED'}} True"
    assert "outdated" not in commands("list")


def test_what_it_lists_is_what_this_blender_would_list(programs: tuple[str, str], scratch: Path) -> None:
    output = scratch / "channel"
    channel.publish(output, release=False, number=3)
    listing = output / "latest" / "index.json"
    ours = json.loads(listing.read_text(encoding="utf-8"))
    command = [programs[0], "--command", "extension", "server-generate", "--repo-dir", str(output / "latest")]
    settings = {**os.environ, "BLENDER_USER_RESOURCES": str(scratch / "user")}
    subprocess.run(command, env=settings, check=True, timeout=120, stdout=subprocess.DEVNULL)
    assert json.loads(listing.read_text(encoding="utf-8")) == ours
