# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the add-on says can be said in each of its languages."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import bpy
import metaspatial
import pytest
from metaspatial.metaspatial_addon import ui
from metaspatial.metaspatial_addon.ui import languages, properties, relations, retold

ADDON = Path(metaspatial.__file__).parent / "metaspatial_addon"
FIRST = slice(0, 1)
SAID = {"told": FIRST, "counted": slice(1, 3), "LeftOut": FIRST, "Problem": FIRST}
"""What translates literals, or carries them to what does, and which of its arguments these are."""
SHOWN = ("text", "placeholder", "heading")
"""Arguments of Blender's layouts that it translates itself."""


def literals() -> Iterator[str]:
    """What the code says by itself."""
    for file in sorted(ADDON.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            said = SAID.get(ast.unparse(node.func).split(".")[-1])
            if said is not None:
                yield from texts(*node.args[said])
            if file.parent.name == "ui":
                shown = [keyword.value for keyword in node.keywords if keyword.arg in SHOWN]
                for value in shown:
                    either = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
                    yield from texts(*(one for one in either if isinstance(one, ast.Constant)))


def texts(*nodes: ast.expr) -> Iterator[str]:
    for node in nodes:
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


def registered() -> Iterator[str]:
    """Names and tooltips, as Blender has them."""
    for cls in (*ui.CLASSES, *properties.CLASSES, *relations.GROUPS):
        yield getattr(cls, "bl_label", "")
        if issubclass(cls, bpy.types.Operator):
            yield cls.__doc__ or ""  # Blender's tooltip, which bl_rna of the class does not have
        for name in getattr(cls, "__annotations__", {}):
            prop = cls.bl_rna.properties.get(name)
            if prop is None:
                continue
            yield from ("" if prop.name == name else prop.name, prop.description)
            if prop.type == "ENUM":
                for item in prop.enum_items_static:
                    yield from (item.name, item.description)


@pytest.fixture
def wanted(addon: None) -> set[str]:
    retells = (*retold.TEMPLATES, *retold.PLACES, *retold.ENDINGS)
    return {text for text in (*literals(), *registered(), *retells) if re.search(r"[a-zA-Z]{2}", text)}


@pytest.fixture
def known() -> dict[str, list[str]]:
    return json.loads(languages.FILE.read_text(encoding="utf-8"))


def test_nothing_lacks_a_translation(wanted: set[str], known: dict[str, list[str]]) -> None:
    missing = sorted(wanted - known.keys())
    assert not missing, f"{len(missing)} texts of the panel are not in languages.json: " + json.dumps(missing, indent=0)
    assert len(wanted) > 300


def test_nothing_is_translated_that_is_not_said(wanted: set[str], known: dict[str, list[str]]) -> None:
    assert sorted(known.keys() - wanted) == []


def test_translations_keep_what_is_put_in(known: dict[str, list[str]]) -> None:
    for text, said in known.items():
        assert len(said) == len(languages.LANGUAGES), text
        for each in said:
            assert each.strip(), text
            assert sorted(re.findall(r"\{\w*\}", each)) == sorted(re.findall(r"\{\w*\}", text)), (text, each)


def test_most_of_it_is_chinese(known: dict[str, list[str]]) -> None:
    for k in range(len(languages.LANGUAGES)):
        chinese = [said[k] for said in known.values() if re.search(r"[\u4e00-\u9fff]", said[k])]
        assert len(chinese) > 0.97 * len(known)
    assert sum(one != other for one, other in known.values()) > 0.5 * len(known), "two scripts, not one"


def test_blender_is_told_of_them_and_forgets_them(addon: None) -> None:
    words = languages.words()
    assert set(words) == {"zh_HANS", "zh_HANT"}
    assert words["zh_HANS"]["Operator", "Arrange"] == words["zh_HANS"]["*", "Arrange"] != "Arrange"
    languages.unregister()
    languages.register()  # it would raise if it were there still
