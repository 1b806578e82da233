# SPDX-License-Identifier: GPL-3.0-or-later
"""The preferences as an installed extension has them, and what follows from them in the panel."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest
from metaspatial.backend import serve
from metaspatial.backend.serve.state import FOLDER_VARIABLE
from metaspatial.metaspatial_addon.ui import python_check, sample, welcome
from metaspatial.metaspatial_addon.ui.preferences import ADDON

Objects = dict[str, bpy.types.Object]


@pytest.fixture
def own(addon: None) -> Iterator[bpy.types.AddonPreferences]:
    """The preferences of the extension, as if it had been enabled in Blender's."""
    added = bpy.context.preferences.addons.new()
    added.module = ADDON
    yield added.preferences
    bpy.context.preferences.addons.remove(added)


def test_a_scene_that_never_chose_has_the_engine_of_the_preferences(own: bpy.types.AddonPreferences) -> None:
    chosen, fresh = bpy.context.scene.metaspatial, bpy.data.scenes.new("Another").metaspatial
    assert chosen.engine == "SOLVER"
    own.engine = "SMALL"
    assert (chosen.engine, fresh.engine) == ("SMALL", "SMALL")
    chosen.engine = "CHAT"
    own.engine = "SOLVER"
    assert (chosen.engine, fresh.engine) == ("CHAT", "SOLVER")


def test_the_chosen_engine_is_saved_with_the_file(own: bpy.types.AddonPreferences, tmp_path: Path) -> None:
    bpy.context.scene.metaspatial.engine = "SOLVER"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "room.blend"))
    own.engine = "SMALL"
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "room.blend"))
    assert bpy.context.scene.metaspatial.engine == "SOLVER"


def test_variants_are_one_to_eight(own: bpy.types.AddonPreferences) -> None:
    assert own.variants == 1
    own.variants = 99
    assert own.variants == 8


def test_every_sample_that_is_offered_can_be_added(addon: None) -> None:
    known = {identifier for identifier, *_ in sample._samples(None, None)}
    assert {name for name, _ in sample.SHOWN} <= known
    assert len(sample.SHOWN) > 5


def test_a_new_user_is_welcomed_until_something_was_arranged(own: bpy.types.AddonPreferences) -> None:
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    assert "Cube" in bpy.data.objects
    assert welcome.METASPATIAL_PT_welcome.poll(bpy.context)
    assert bpy.ops.metaspatial.add_sample(sample="study") == {"FINISHED"}
    bpy.context.scene.metaspatial.seconds = 1
    cube = bpy.data.objects["Cube"]
    assert bpy.ops.metaspatial.arrange() == {"FINISHED"}
    shown = bpy.context.window_manager.metaspatial
    assert len(shown.pieces) > 4
    assert "Cube" not in [row.object for row in shown.pieces]
    assert cube.matrix_world.translation.length == 0
    assert own.welcomed
    assert bpy.context.preferences.is_dirty
    assert not welcome.METASPATIAL_PT_welcome.poll(bpy.context)


def test_the_first_steps_can_be_dismissed(own: bpy.types.AddonPreferences) -> None:
    assert bpy.ops.metaspatial.dismiss_welcome() == {"FINISHED"}
    assert own.welcomed
    assert not bpy.ops.metaspatial.dismiss_welcome.poll()


def test_a_cube_that_was_touched_stays_as_it_is(own: bpy.types.AddonPreferences) -> None:
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    bpy.data.objects["Cube"].location.x = 0.5
    bpy.context.view_layer.update()
    bpy.ops.metaspatial.add_sample(sample="study")
    assert not bpy.data.objects["Cube"].hide_get()


def test_the_check_names_what_a_python_lacks_and_how_to_get_it(
    own: bpy.types.AddonPreferences, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "$@"\n')
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    own.python = str(python)
    assert bpy.ops.metaspatial.check_python() == {"FINISHED"}
    report = python_check._report
    assert report is not None
    assert {finding.use for finding in report.findings} == set(python_check.USES)
    training = next(finding for finding in report.findings if finding.use == "training")
    if not training.well:
        assert training.command.startswith(f"{python} -m pip install torch")
        assert "trl" in python_check._lack(training)


def test_without_a_python_the_check_tells_how_to_make_one(
    own: bpy.types.AddonPreferences, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "find_python", lambda preferred: "")
    bpy.ops.metaspatial.check_python()
    assert python_check._report is not None
    assert python_check._report.command == serve.MAKE_PYTHON


def test_an_empty_command_is_not_copied(addon: None) -> None:
    assert bpy.ops.metaspatial.copy_command(command="") == {"CANCELLED"}
    assert bpy.ops.metaspatial.copy_command(command="pip install torch") == {"FINISHED"}
