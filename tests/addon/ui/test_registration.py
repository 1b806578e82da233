# SPDX-License-Identifier: GPL-3.0-or-later
"""What the extension adds to Blender: all of it can be drawn, all of it goes again."""

from __future__ import annotations

import ast
from pathlib import Path

import bpy
import metaspatial
import pytest
from metaspatial.backend.policies.chat import KEY_VARIABLE, ChatSettings, is_loopback
from metaspatial.metaspatial_addon import ui
from metaspatial.metaspatial_addon.ui import lifecycle, preferences, properties

UI = Path(ui.__file__).parent


def test_it_can_be_registered_twice_over_and_leaves_nothing(addon: None) -> None:
    for _ in range(2):
        metaspatial.unregister()
        for owner in (bpy.types.Scene, bpy.types.Object, bpy.types.WindowManager):
            assert not hasattr(owner, "metaspatial")
        assert not hasattr(bpy.types, "METASPATIAL_PT_arrange")
        for handlers, function in lifecycle.HANDLERS:
            assert function not in handlers
        metaspatial.register()
    assert hasattr(bpy.types, "METASPATIAL_PT_arrange")


def test_every_operator_can_be_polled(addon: None) -> None:
    names = [name for name in dir(bpy.ops.metaspatial) if not name.startswith("_")]
    assert "arrange" in names
    for name in names:
        assert getattr(bpy.ops.metaspatial, name).poll() in (True, False)


def test_every_icon_exists_in_this_blender(addon: None) -> None:
    known = set(bpy.types.UILayout.bl_rna.functions["prop"].parameters["icon"].enum_items.keys())
    used = set()
    for path in UI.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "icon":
                used |= {leaf.value for leaf in ast.walk(node.value) if isinstance(leaf, ast.Constant)}
            if isinstance(node, ast.Assign) and any("ICONS" in ast.unparse(target) for target in node.targets):
                used |= {leaf.value for leaf in ast.walk(node.value) if isinstance(leaf, ast.Constant)}
    used = {icon for icon in used if isinstance(icon, str) and icon.isupper()}
    used |= {icon for choices in (properties.ROLES, properties.ENGINES) for *_, icon, _ in choices}
    assert len(used) > 15
    assert used - known == set()


def test_no_module_of_the_panel_postpones_annotations_that_blender_must_read() -> None:
    for path in UI.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        makes_properties = "from bpy.props import" in text
        assert not (makes_properties and "from __future__ import annotations" in text), path.name


def test_no_secret_can_get_into_a_blend_file() -> None:
    for group in (properties.MetaSpatialScene, properties.MetaSpatialObject, properties.MetaSpatialState):
        assert not {"key", "token", "api_key"} & set(group.__annotations__)


def test_the_preferences_defaults_are_the_chat_settings() -> None:
    assert ChatSettings().base_url == preferences.DEFAULT_ADDRESS
    assert ChatSettings().timeout == preferences.DEFAULT_TIMEOUT
    assert preferences.KEY_VARIABLE == KEY_VARIABLE
    assert is_loopback(preferences.DEFAULT_ADDRESS)


def test_the_environments_key_goes_first(addon: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, " from-the-environment ")
    assert preferences.chat_settings(bpy.context).key == "from-the-environment"
