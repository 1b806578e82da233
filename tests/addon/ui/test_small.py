# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel's engine "Small Model", with a stand-in for its server."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from metaspatial.backend.dialogue import format_answer
from metaspatial.backend.policies import small
from metaspatial.backend.policies.solver import solve
from metaspatial.backend.serve import Server
from metaspatial.backend.serve.state import FOLDER_VARIABLE
from metaspatial.backend.weights import NAME
from metaspatial.metaspatial_addon.capture import capture
from metaspatial.metaspatial_addon.ui import server as server_ui
from metaspatial.metaspatial_addon.ui import session
from metaspatial.tests.chat_server import ChatServer, says

Objects = dict[str, bpy.types.Object]


def places() -> dict[str, tuple[float, ...]]:
    bpy.context.view_layer.update()
    return {obj.name: tuple(x for row in obj.matrix_world for x in row) for obj in bpy.data.objects}


def shown() -> bpy.types.PropertyGroup:
    return bpy.context.window_manager.metaspatial


@pytest.fixture(autouse=True)
def own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))


def test_it_arranges_and_can_be_stopped(room: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    good = solve(capture(bpy.context).scene, seconds=1)[0].layout
    with ChatServer() as chat:
        running = Server(chat.base_url, "t" * 20, 1, NAME, "metaspatial", Path("serve.log"))
        monkeypatch.setattr(small, "small_server", lambda *args, **options: running)
        chat.script(says(format_answer(good)))
        own = bpy.context.scene.metaspatial
        own.engine, own.turns = "SMALL", 1
        assert bpy.ops.metaspatial.arrange() == {"FINISHED"}
    assert chat.chats[0].pictures == 1
    assert shown().physics == 1.0
    bed = room["Bed"].matrix_world.translation
    assert (bed.x, bed.y) == pytest.approx((good["bed_1"].x, good["bed_1"].y), abs=2e-3)
    assert session.now.small == running
    assert session.now.server is None  # the engine "Server" still asks the one that the user has set
    assert bpy.ops.metaspatial.server_stop.poll()
    bpy.ops.metaspatial.server_stop()
    assert session.now.small is None


def test_without_a_python_nothing_moves_and_the_command_is_told(room: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small, "find_python", lambda preferred: "")
    bpy.context.scene.metaspatial.engine = "SMALL"
    before = places()
    assert bpy.ops.metaspatial.arrange() == {"CANCELLED"}
    assert "pip install torch" in shown().message
    assert shown().offer_solver
    assert places() == before


def test_starting_a_server_without_a_python_tells_the_command(addon: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace

    from metaspatial.backend import serve

    monkeypatch.setattr(server_ui, "preferences", lambda context: SimpleNamespace(python="", checkpoint=""))
    monkeypatch.setattr(serve, "find_python", lambda preferred: "")
    bpy.ops.metaspatial.server_start()
    assert shown().server_alert
    assert "pip install torch" in shown().server
