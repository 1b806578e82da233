# SPDX-License-Identifier: GPL-3.0-or-later
"""The installed extension as Blender sees it: enabled, quiet, and content with what Blender brings."""

from __future__ import annotations

import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import addon_utils
import bpy

EXTENSION = "bl_ext.user_default.metaspatial"
ROOMS = ("learn", "evaluate", "curate", "rewards.judge")
BEYOND_BLENDER = tuple(f"{EXTENSION}.backend.{room}" for room in ROOMS)
"""What needs more than Blender brings, as in tests/test_architecture.py."""
Part = Callable[[str], ModuleType]

# what numpy and requests import in their turn
BROUGHT = {"numpy", "requests", "urllib3", "idna", "certifi", "charset_normalizer", "chardet", "simplejson", "brotli"}

START = """
import json, sys
print("MODULES " + json.dumps(sorted(sys.modules)))
"""


def test_it_is_enabled_without_a_warning(part: Part) -> None:
    assert addon_utils.check(EXTENSION) == (True, True)
    assert not addon_utils._extensions_warnings_get()
    installed = Path(part("").__file__ or "").resolve()
    assert installed.is_relative_to(Path(os.environ["BLENDER_USER_RESOURCES"]).resolve())


def test_it_can_be_disabled_and_enabled_again() -> None:
    before = registered()
    assert before
    for _ in range(2):
        addon_utils.disable(EXTENSION)
        assert registered() == set()
        addon_utils.enable(EXTENSION)
        assert registered() == before
    assert not addon_utils._extensions_warnings_get()


def test_a_start_of_blender_loads_no_more_than_it_must() -> None:
    """Enabled and untouched, it costs Blender neither an HTTP client nor a thread pool."""
    with_extension, without = modules_at_start("--addons", EXTENSION), modules_at_start()
    added = with_extension - without
    assert EXTENSION in added
    assert added & {"requests", "urllib3", "http.client", "asyncio", "multiprocessing", "torch"} == set()


def test_every_module_imports_with_what_blender_brings() -> None:
    code = f"""
import importlib, json, pkgutil, sys
before = set(sys.modules)
package = importlib.import_module({EXTENSION!r})
failed = []
def walk(module):
    for info in pkgutil.iter_modules(module.__path__, module.__name__ + "."):
        if info.name.startswith({BEYOND_BLENDER!r}):
            continue
        try:
            child = importlib.import_module(info.name)
        except BaseException as error:
            failed.append(f"{{info.name}}: {{error!r}}")
            continue
        if info.ispkg:
            walk(child)
walk(package)
print("FAILED " + json.dumps(failed))
files = {{name: str(getattr(sys.modules[name], "__file__", "") or "") for name in set(sys.modules) - before}}
print("MODULES " + json.dumps(files))
"""
    output = blender("--addons", EXTENSION, "--python-expr", code)
    assert json.loads(line_of(output, "FAILED")) == []
    tops = {name.split(".")[0] for name in json.loads(line_of(output, "MODULES"))}
    strangers = {top for top in tops if top not in sys.stdlib_module_names and top not in BROUGHT}
    assert strangers - blenders_own() == set()


def registered() -> set[str]:
    """Names of the extension's classes and properties that Blender knows now."""
    classes = (getattr(bpy.types, name) for name in dir(bpy.types))
    names = {one.__name__ for one in classes if getattr(one, "__module__", "").startswith(EXTENSION)}
    for owner in (bpy.types.Scene, bpy.types.Object, bpy.types.WindowManager):
        properties = {one.identifier for one in owner.bl_rna.properties}
        names |= {f"{owner.__name__}.{name}" for name in properties if "metaspatial" in name}
    return names


def modules_at_start(*options: str) -> set[str]:
    return set(json.loads(line_of(blender(*options, "--python-expr", START), "MODULES")))


def blender(*options: str) -> str:
    """What a second Blender prints, with factory preferences and the extensions installed here."""
    command = [bpy.app.binary_path, "-b", "--factory-startup", "--python-exit-code", "70", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def line_of(output: str, head: str) -> str:
    (line,) = [line for line in output.splitlines() if line.startswith(head + " ")]
    return line.removeprefix(head + " ")


def blenders_own() -> set[str]:
    """Top-level modules that Blender and its own scripts bring."""
    folders = [str(Path(folder)) for folder in bpy.utils.script_paths(subdir="modules")]
    names = {info.name for info in pkgutil.iter_modules(folders)}
    return (
        names
        | set(sys.builtin_module_names)
        | {"bpy", "mathutils", "gpu", "blf", "bmesh", "bl_ext", "imbuf", "aud"}
        | {
            "__mp_main__"  # multiprocessing's name for the main module
        }
    )
