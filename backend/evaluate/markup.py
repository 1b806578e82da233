# SPDX-License-Identifier: GPL-3.0-or-later
"""HTML and SVG that can't be broken out of: elements from Python, all text and attributes escaped by construction."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Union

Child = Union[str, int, float, None, "Iterable[Child]"]
Value = str | int | float | bool | None

_VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta"})
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Markup(str):
    """Text that is HTML already; only `tag`, `join` and constants of this project make it."""

    __slots__ = ()


def tag(name: str, /, *children: Child, **attributes: Value) -> Markup:
    """An element. Children that are no `Markup` are escaped; None is left out, and so are attributes None or False.

    An underscore ends an attribute that is a Python word (`class_`) and stands for a hyphen elsewhere (`data_name`).
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{join(*children)}</{name}>")


def join(*children: Child) -> Markup:
    """Children one after another."""
    return Markup("".join(_flat(children)))


def escaped(text: str, *, quote: bool = True) -> str:
    """Text for HTML, in a quoted attribute or, with or without `quote`, an element; what can't be shown becomes �."""
    return html.escape(_UNPRINTABLE.sub("�", text), quote=quote)


def _flat(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if child is None:
            continue
        if isinstance(child, Markup):
            yield child
        elif isinstance(child, str | int | float):
            yield escaped(str(child), quote=False)  # quotes end no element, and answers are full of them
        else:
            yield from _flat(child)


def _attribute(key: str, value: Value) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escaped(str(value))}"'
