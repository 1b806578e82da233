# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told to the user, in the language of Blender's interface."""

from __future__ import annotations

from bpy.app.translations import pgettext_iface


def told(text: str, **values: object) -> str:
    """A text in the user's language, with its values put in: ``told("{count} pieces", count=3)``.

    `text` is a literal, so that the list of what wants translating is complete.
    """
    said = pgettext_iface(text)
    return said.format(**values) if values else said


def counted(count: int, one: str, several: str) -> str:
    """A text for one and one for any other number, as ``{count}``."""
    return told(one if count == 1 else several, count=count)
