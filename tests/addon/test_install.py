# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive that this Blender builds from the tree, installed by this Blender as "Install from Disk" does it.

Each step is a process of its own with a home of its own, so that nothing of the tests' Blender or of the user's shows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import bpy
from metaspatial.backend.weights import SHIPPED
from metaspatial.tools import channel, extension

ROOT = Path(__file__).resolve().parents[2]

USE = """
import json, os, sys
import bpy
import addon_utils

NAME = "bl_ext.user_default.metaspatial"
found = {}
archive = sys.argv[1]
found["installed"] = list(bpy.ops.extensions.package_install_files(
    filepath=archive, repo="user_default", enable_on_install=True
))
found["state"] = addon_utils.check(NAME)
found["file"] = sys.modules[NAME].__file__
bpy.ops.wm.read_homefile(use_empty=True)
found["added"] = list(bpy.ops.metaspatial.add_sample(sample="study"))
found["objects"] = len(bpy.data.objects)
bpy.context.scene.metaspatial.seconds = 1
before = {each.name: each.matrix_world.copy() for each in bpy.data.objects}
found["arranged"] = list(bpy.ops.metaspatial.arrange())
bpy.context.view_layer.update()
found["moved"] = sum(each.matrix_world != before[each.name] for each in bpy.data.objects)
addon_utils.disable(NAME, default_set=True)
found["left"] = [name for name in dir(bpy.types) if "metaspatial" in name.lower()]
print("FOUND " + json.dumps(found), flush=True)
sys.stderr.flush()
os._exit(0)  # as Python modules, Blender 4.2 and 4.5 don't end well after an add-on was enabled
"""


def test_it_installs_from_its_archive_and_arranges_without_a_warning(tmp_path: Path) -> None:
    archive = extension.build(tmp_path / "dist")
    with zipfile.ZipFile(archive) as zipped:  # the small model comes along, since users may have no network
        names = set(zipped.namelist())
    weights = {path.relative_to(ROOT).as_posix() for path in SHIPPED.glob("*") if path.is_file()}
    assert {"backend/weights/__init__.py", *weights} <= {name.removeprefix("metaspatial/") for name in names}
    assert archive.stat().st_size < 20_000_000
    done = python(tmp_path, "-W", "always::DeprecationWarning", "-c", USE, str(archive))
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("FOUND ")]
    found = json.loads(line.removeprefix("FOUND "))
    assert Path(found.pop("file")).is_relative_to(tmp_path)
    assert found.pop("objects") > 10
    assert found.pop("moved") > 5
    done_well = ["FINISHED"]
    assert found == {
        "installed": done_well, "state": [True, True], "added": done_well, "arranged": done_well, "left": [],
    }  # fmt: skip
    assert "warning" not in (done.stdout + done.stderr).lower(), done.stdout + done.stderr


def test_the_archive_holds_what_blender_itself_would_pack(tmp_path: Path) -> None:
    ours = unpacked(extension.build(tmp_path / "ours"))
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    blenders_own(tmp_path, "build", "--source-dir", str(ROOT), "--output-dir", str(theirs))
    (archive,) = theirs.glob("*.zip")
    assert unpacked(archive) == ours


def test_the_channel_lists_what_blender_itself_would_list(tmp_path: Path) -> None:
    output = tmp_path / "channel"
    channel.publish(output, release=False, number=7)
    listed = json.loads((output / "latest" / "index.json").read_text(encoding="utf-8"))
    blenders_own(tmp_path, "server-generate", "--repo-dir", str(output / "latest"))
    assert json.loads((output / "latest" / "index.json").read_text(encoding="utf-8")) == listed


def unpacked(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as opened:
        return {name.removeprefix("metaspatial/"): opened.read(name) for name in opened.namelist()}


def blenders_own(folder: Path, *arguments: str) -> None:
    """What is behind `blender --command extension` in this Blender."""
    tool = Path(bpy.utils.system_resource("SCRIPTS")) / "addons_core" / "bl_pkg" / "cli" / "blender_ext.py"
    python(folder, "-I", str(tool), *arguments)


def python(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A Python process that knows no settings but those below `home`."""
    environment = {
        **os.environ,
        "HOME": str(home),
        "BLENDER_USER_RESOURCES": str(home / "blender"),
        "TMPDIR": str(home),
    }
    done = subprocess.run(
        [sys.executable, *arguments], cwd=home, env=environment, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done
