# SPDX-License-Identifier: GPL-3.0-or-later
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, str(Path(__file__).resolve().parent))
from bootstrap import use_this_tree
package = use_this_tree()
from metaspatial.backend.scene import Scene
import metaspatial.backend.scene.model as model
assert model.Scene is Scene
print(Path(package.__path__[0]).resolve())
"""


@pytest.fixture
def tree(tmp_path):
    """A checkout under a name that is no Python identifier."""
    checkout = tmp_path / "my-fork 2"
    (checkout / "blender_scripts").mkdir(parents=True)
    shutil.copy(ROOT / "__init__.py", checkout)
    shutil.copytree(ROOT / "backend" / "scene", checkout / "backend" / "scene")
    shutil.copy(ROOT / "backend" / "__init__.py", checkout / "backend")
    shutil.copy(ROOT / "blender_scripts" / "bootstrap.py", checkout / "blender_scripts")
    (checkout / "blender_scripts" / "script.py").write_text(SCRIPT)
    return checkout


def run(*command, **extra):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, **extra).stdout.strip()


def test_a_script_uses_the_tree_it_lies_in(tree, tmp_path):
    assert Path(run(sys.executable, str(tree / "blender_scripts" / "script.py"), cwd=tmp_path)) == tree


def test_another_metaspatial_is_passed_over(tree, tmp_path):
    first = "import metaspatial, runpy, sys; runpy.run_path(sys.argv[1])"
    script = str(tree / "blender_scripts" / "script.py")
    assert Path(run(sys.executable, "-c", first, script, cwd=tmp_path)) == tree


def test_a_loaded_extension_is_not_loaded_twice(tree, tmp_path):
    program = """
import importlib.util, runpy, sys, types
for name in ("bl_ext", "bl_ext.user_default"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = []
name, root = "bl_ext.user_default.metaspatial", sys.argv[1]
spec = importlib.util.spec_from_file_location(name, root + "/__init__.py", submodule_search_locations=[root])
sys.modules[name] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules[name])
from bl_ext.user_default.metaspatial.backend.scene import Scene
ran = runpy.run_path(root + "/blender_scripts/script.py")
assert ran["Scene"] is Scene
assert Scene.__module__ == "bl_ext.user_default.metaspatial.backend.scene.model"
import bl_ext.user_default.metaspatial.backend.scene.geometry as geometry
assert geometry.__spec__.name.startswith("bl_ext."), geometry.__spec__
"""
    assert Path(run(sys.executable, "-W", "error", "-c", program, str(tree), cwd=tmp_path)) == tree
