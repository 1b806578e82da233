# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on in the languages of Blender's interface: English is in the code, the others are in languages.json.

The file has, by English text, its translations in the order of `LANGUAGES`.
"""

from __future__ import annotations

import json
from pathlib import Path

import bpy

LANGUAGES = ("zh_HANS", "zh_HANT")
FILE = Path(__file__).with_name("languages.json")
_CONTEXTS = ("*", "Operator")
"""Blender looks for operators' names, and what their buttons say, in a context of its own."""


def register() -> None:
    bpy.app.translations.register(__name__, words())


def unregister() -> None:
    bpy.app.translations.unregister(__name__)


def words() -> dict[str, dict[tuple[str, str], str]]:
    """By language, context and English text: what Blender asks of a translation."""
    known: dict[str, list[str]] = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        language: {(context, text): said[k] for text, said in known.items() for context in _CONTEXTS}
        for k, language in enumerate(LANGUAGES)
    }
