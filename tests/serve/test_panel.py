# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel's Start, Test, Arrange and Stop with a real model server. The weights are random, so its answers are noise.

Needs bpy here, and a Python with requirements/serve.lock, which METASPATIAL_SERVE_PYTHON names.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from metaspatial.backend.serve import status, stop
from metaspatial.backend.serve.state import FOLDER_VARIABLE, is_alive

PYTHON = os.environ.get("METASPATIAL_SERVE_PYTHON", "")
pytestmark = [
    pytest.mark.serve,
    pytest.mark.slow,
    pytest.mark.skipif(
        not PYTHON or importlib.util.find_spec("bpy") is None,
        reason="needs bpy, and METASPATIAL_SERVE_PYTHON to name a Python that has transformers",
    ),
]


@pytest.fixture
def panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The add-on with a room in an empty file, its preferences naming the tiny model."""
    import bpy
    import metaspatial
    from metaspatial.metaspatial_addon.ui import preferences, server, session

    builder = Path(__file__).with_name("tiny_model.py")
    model = tmp_path / "model"
    model.mkdir()
    offline = {**os.environ, "HF_HUB_OFFLINE": "1"}
    subprocess.run([PYTHON, str(builder), str(model)], check=True, timeout=600, env=offline)
    own = SimpleNamespace(
        python=PYTHON, checkpoint=str(model), address="http://127.0.0.1:9/v1", model="", key="", timeout=20.0,
        pictures=True, allow_remote=False, engine="SOLVER", variants=1,
    )  # fmt: skip
    for module in (preferences, server):
        monkeypatch.setattr(module, "preferences", lambda context: own)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "state"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    metaspatial.register()
    try:
        yield bpy.context.window_manager.metaspatial
    finally:
        stop()
        metaspatial.unregister()
        session.now.__init__()


def test_start_test_arrange_and_stop(panel: Any) -> None:
    import bpy

    assert not bpy.ops.metaspatial.server_stop.poll()
    bpy.ops.metaspatial.server_start()
    assert panel.server.endswith("runs on this computer."), panel.server
    assert not bpy.ops.metaspatial.server_start.poll()
    bpy.ops.metaspatial.server_test()
    assert "sees pictures" in panel.server
    assert not panel.server_alert

    assert bpy.ops.metaspatial.add_sample(sample="bathroom") == {"FINISHED"}
    before = {obj.name: obj.matrix_world.copy() for obj in bpy.data.objects}
    bpy.context.scene.metaspatial.engine = "CHAT"
    bpy.context.scene.metaspatial.turns = 1
    assert bpy.ops.metaspatial.arrange() == {"CANCELLED"}
    assert "can't be used" in panel.message or "did not finish" in panel.message, panel.message  # noise, or much of it
    assert panel.offer_solver
    assert {obj.name: obj.matrix_world.copy() for obj in bpy.data.objects} == before

    bpy.ops.metaspatial.server_stop()
    assert panel.server == "Stopped."
    assert status() is None
    bpy.ops.metaspatial.server_test()
    assert "Nothing listens" in panel.server


def test_the_demo_arranges_with_the_small_model(tmp_path: Path) -> None:
    """Its arrangement may keep faults that settling can't mend (status 3), but it is its own, and it is said so."""
    script = Path(__file__).resolve().parents[2] / "blender_scripts" / "demo.py"
    command = [sys.executable, str(script), "--engine", "small", "--python", PYTHON, "--out", str(tmp_path)]
    environment = {**os.environ, FOLDER_VARIABLE: str(tmp_path / "state"), "OMP_NUM_THREADS": "1"}
    command += ["--size", "128", "--sample", "bathroom"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment)
    assert done.returncode in (0, 3), done.stderr
    assert "arranged by the small model" in done.stdout
    assert '"engine": "small"' in (tmp_path / "score.json").read_text(encoding="utf-8")
    assert not is_alive(tmp_path / "state")
