# SPDX-License-Identifier: GPL-3.0-or-later
"""The page round the sections: head, policy of what it may load, navigation, style and script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..markup import Child, Markup, join, tag

_HERE = Path(__file__).resolve().parent


class Section(NamedTuple):
    """A part of the page that the navigation leads to."""

    id: str
    heading: str
    body: Markup


def section(id: str, heading: str, *body: Child, lead: Child = None) -> Section:
    """A section; `lead` says in a sentence what it shows."""
    top = tag("h2", heading), tag("p", lead, class_="lead") if lead else None
    return Section(id, heading, tag("section", top, *body, id=id))


def page(title: str, subtitle: str, sections: Sequence[Section | None], *, linked: bool) -> Markup:
    """The whole document. `linked`: some pictures are files beside it."""
    there = [one for one in sections if one is not None]
    # Style and script of the project alone, nothing inline, nothing from elsewhere, whatever names or answers contain.
    style, script = _text("page.css"), _text("page.js")
    images = "data: file: 'self'" if linked else "data:"
    policy = (
        f"default-src 'none'; img-src {images}; style-src '{_hash(style)}'; "
        f"script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", f"{title} · MetaSpatial"),
        tag("style", style),
    )
    body = tag(
        "body",
        tag("header", tag("p", "MetaSpatial", class_="brand"), tag("h1", title), tag("p", subtitle, class_="subtitle")),
        tag("nav", (tag("a", one.heading, href=f"#{one.id}") for one in there), aria_label="Sections"),
        tag("main", *(one.body for one in there)),
        tag("script", script),
    )
    return join(Markup("<!doctype html>\n"), tag("html", head, body, lang="en"), Markup("\n"))


def _text(name: str) -> Markup:
    return Markup((_HERE / name).read_text(encoding="utf-8"))


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
