# SPDX-License-Identifier: GPL-3.0-or-later
"""Finishes: what furniture is made of, by name, and which of them the words of a brief ask for. No bpy.

A recipe paints its parts with roles ("body", "cushions"); each role lists the finishes it may have by default. Words
such as "walnut", "white", "red leather" or "industrial" choose among and beyond them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

Kind = Literal["wood", "paint", "metal", "soft", "stone", "ceramic", "glass", "plastic", "fixed"]


@dataclass(frozen=True, slots=True)
class Finish:
    """One material: name, kind, sRGB colour (0..1) and the Principled BSDF values it differs by."""

    name: str
    kind: Kind
    color: tuple[float, float, float]
    roughness: float = 0.5
    metallic: float = 0.0
    alpha: float = 1.0
    emission: float = 0.0

    @property
    def linear(self) -> tuple[float, float, float]:
        """The colour in scene-linear light, as Blender stores it."""
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in self.color)
        return (r, g, b)


Roles = Mapping[str, Sequence[str]]
"""The finishes each role of a recipe may have by default; the first role is the one words speak of."""


def dress(roles: Roles, words: str, seed: int) -> dict[str, Finish]:
    """The finish of every role: what `words` ask for, else one of its defaults, chosen by `seed`."""
    dice = Random(seed)
    tokens = re.findall(r"[a-z]+", words.lower().replace("whiteboard", "white board"))
    chosen: dict[str, Finish] = {}
    for wish in _wishes(tokens):
        role = _role_for(wish, roles, chosen)
        if role:
            chosen[role] = wish
    taste = next((STYLES[token] for token in tokens if token in STYLES), {})
    for role, options in roles.items():
        liked = taste.get(FINISHES[options[0]].kind) if len(options) > 1 else None
        pick = FINISHES[dice.choice(liked or options)]
        chosen.setdefault(role, pick)
    return chosen


def finish(name: str) -> Finish:
    """The finish called `name`. Raises KeyError."""
    return FINISHES[name]


def _wishes(tokens: Sequence[str]) -> list[Finish]:
    """The finishes named, in order; a colour before a material tints it ("red leather", "dark oak")."""
    wishes: list[Finish] = []
    color: str | None = None
    for token in tokens:
        if token in COLORS or token in ("dark", "light"):
            if color in COLORS:
                wishes.append(_colored(color, None))
            color = token
            continue
        material = SUBSTANCES.get(token)
        if material:
            wishes.append(_colored(color, FINISHES[material]))
            color = None
    if color in COLORS:
        wishes.append(_colored(color, None))
    return wishes


def _colored(color: str | None, base: Finish | None) -> Finish:
    if base is None:
        return Finish(f"{color} paint", "paint", COLORS[color or "white"], 0.45)
    if color is None:
        return base
    if color in ("dark", "light"):
        mix, target = 0.45, 0.03 if color == "dark" else 1.0
        r, g, b = (c * (1 - mix) + target * mix for c in base.color)
        return replace(base, name=f"{color} {base.name}", color=(r, g, b))
    if base.kind == "wood":  # a stain: the wood shows through
        r, g, b = (0.75 * tint + 0.25 * c for tint, c in zip(COLORS[color], base.color, strict=True))
        return replace(base, name=f"{color} {base.name}", color=(r, g, b))
    metallic = 0.3 if base.kind == "metal" and color in ("black", "white") else base.metallic
    return replace(base, name=f"{color} {base.name}", color=COLORS[color], metallic=metallic)


def _role_for(wish: Finish, roles: Roles, taken: Mapping[str, Finish]) -> str | None:
    free = {
        role: FINISHES[options[0]].kind for role, options in roles.items() if role not in taken and len(options) > 1
    }
    groups: tuple[tuple[str, ...], ...] = ((wish.kind,),)
    if wish.kind == "paint":  # a bare colour: cloth where there is cloth, else whatever leads
        groups = (("soft",), ("paint", "wood", "plastic", "ceramic", "metal", "stone"))
    elif wish.kind != "soft":
        groups = ((wish.kind,), ("wood", "paint", "metal", "stone", "plastic", "ceramic"))
    for group in groups:
        for role, kind in free.items():
            if kind in group:
                return role
    return None


def _hex(code: str) -> tuple[float, float, float]:
    return (int(code[0:2], 16) / 255, int(code[2:4], 16) / 255, int(code[4:6], 16) / 255)


COLORS: dict[str, tuple[float, float, float]] = {
    name: _hex(code)
    for name, code in {
        "white": "F2F0EB", "black": "1E1E20", "grey": "8C8F92", "gray": "8C8F92", "charcoal": "3C3F43",
        "beige": "D9CBB3", "cream": "EFE6D2", "ivory": "F0EAD8", "brown": "6B4A32", "tan": "B98D5E", "red": "A8322D",
        "burgundy": "6E2430", "orange": "CF7436", "terracotta": "BC6545", "yellow": "DDB03E", "mustard": "C4962F",
        "green": "4F7A52", "olive": "767347", "sage": "9CAE92", "teal": "2F7378", "turquoise": "4BA3A0",
        "blue": "3F6796", "navy": "2A3B57", "purple": "6D5384", "pink": "D79CA2", "gold": "C39A4A",
        "silver": "C6C8CB",
    }.items()
}  # fmt: skip

FINISHES: dict[str, Finish] = {
    row.name: row
    for row in (
        # woods
        Finish("oak", "wood", _hex("C39B6A"), 0.5),
        Finish("walnut", "wood", _hex("8B6446"), 0.45),
        Finish("birch", "wood", _hex("DCC39C"), 0.5),
        Finish("pine", "wood", _hex("D8AC6E"), 0.55),
        Finish("ash", "wood", _hex("CDB593"), 0.5),
        Finish("beech", "wood", _hex("D0A273"), 0.5),
        Finish("cherry", "wood", _hex("A5663D"), 0.4),
        Finish("mahogany", "wood", _hex("77402D"), 0.35),
        Finish("teak", "wood", _hex("A8713F"), 0.45),
        Finish("ebony", "wood", _hex("2E2521"), 0.35),
        Finish("rattan", "wood", _hex("C2975E"), 0.75),
        # lacquers and plastics
        Finish("white lacquer", "paint", _hex("EDEBE6"), 0.35),
        Finish("grey lacquer", "paint", _hex("9A9D9F"), 0.4),
        Finish("sage lacquer", "paint", _hex("98A98F"), 0.4),
        Finish("navy lacquer", "paint", _hex("33465F"), 0.4),
        Finish("black lacquer", "paint", _hex("222224"), 0.25),
        Finish("cardboard", "paint", _hex("B98F5F"), 0.85),
        Finish("white plastic", "plastic", _hex("EFEFEE"), 0.35),
        Finish("grey plastic", "plastic", _hex("74787B"), 0.5),
        Finish("black plastic", "plastic", _hex("1D1E20"), 0.45),
        # metals
        Finish("black metal", "metal", _hex("242527"), 0.45, 0.6),
        Finish("steel", "metal", _hex("B4B8BC"), 0.3, 0.9),
        Finish("chrome", "metal", _hex("D5D8DB"), 0.08, 1.0),
        Finish("aluminium", "metal", _hex("C9CCCE"), 0.35, 0.9),
        Finish("brass", "metal", _hex("C49A4D"), 0.25, 1.0),
        Finish("copper", "metal", _hex("B46F4A"), 0.25, 1.0),
        # cloth, hide, stuffing
        Finish("grey fabric", "soft", _hex("8F9498"), 0.95),
        Finish("charcoal fabric", "soft", _hex("4A4E53"), 0.95),
        Finish("beige fabric", "soft", _hex("CDBFA8"), 0.95),
        Finish("cream fabric", "soft", _hex("E6DCC8"), 0.95),
        Finish("blue fabric", "soft", _hex("56749A"), 0.95),
        Finish("navy fabric", "soft", _hex("34486A"), 0.95),
        Finish("teal fabric", "soft", _hex("3B7A7E"), 0.95),
        Finish("sage fabric", "soft", _hex("93A58B"), 0.95),
        Finish("mustard fabric", "soft", _hex("CBA03B"), 0.95),
        Finish("terracotta fabric", "soft", _hex("BB694A"), 0.95),
        Finish("rose fabric", "soft", _hex("CE9B98"), 0.95),
        Finish("burgundy fabric", "soft", _hex("7A3440"), 0.95),
        Finish("velvet", "soft", _hex("3D5C55"), 0.7),
        Finish("leather", "soft", _hex("7E4E2F"), 0.4),
        Finish("black leather", "soft", _hex("26231F"), 0.4),
        Finish("linen", "soft", _hex("F2EFE9"), 0.95),
        # stone, ceramic, glass
        Finish("marble", "stone", _hex("E6E4E0"), 0.2),
        Finish("granite", "stone", _hex("4C4D50"), 0.3),
        Finish("concrete", "stone", _hex("A3A19C"), 0.85),
        Finish("quartz", "stone", _hex("DAD7D0"), 0.25),
        Finish("white ceramic", "ceramic", _hex("F4F4F1"), 0.12),
        Finish("terracotta", "ceramic", _hex("B5664A"), 0.8),
        Finish("blue ceramic", "ceramic", _hex("5D7F9E"), 0.25),
        Finish("sage ceramic", "ceramic", _hex("9DAE98"), 0.3),
        Finish("sand ceramic", "ceramic", _hex("CDB594"), 0.5),
        Finish("dark ceramic", "ceramic", _hex("45484B"), 0.35),
        Finish("glass", "glass", _hex("CFE3E6"), 0.05, alpha=0.35),
        Finish("dark glass", "glass", _hex("17191C"), 0.08),
        # things that always look the same
        Finish("mirror", "fixed", _hex("C3D6DE"), 0.03, 1.0),
        Finish("screen", "fixed", _hex("14181E"), 0.12),
        Finish("screen picture", "fixed", _hex("3D6FA3"), 0.3, emission=0.3),
        Finish("screen panel", "fixed", _hex("E9EDF0"), 0.3, emission=0.3),
        Finish("lampshade", "fixed", _hex("F3E6C8"), 0.9, emission=0.35),
        Finish("bulb", "fixed", _hex("FFF3D2"), 0.5, emission=3.0),
        Finish("leaf", "fixed", _hex("4C7F45"), 0.5),
        Finish("young leaf", "fixed", _hex("74A354"), 0.5),
        Finish("deep leaf", "fixed", _hex("2F5E3C"), 0.45),
        Finish("bark", "fixed", _hex("6E5640"), 0.9),
        Finish("soil", "fixed", _hex("3E2F26"), 1.0),
        Finish("paper", "fixed", _hex("EFE9DA"), 0.9),
        Finish("petal", "fixed", _hex("D8707F"), 0.7),
        Finish("pale petal", "fixed", _hex("F0C75E"), 0.7),
        Finish("water", "fixed", _hex("BFD9E2"), 0.05),
        Finish("ink", "fixed", _hex("1B1B1D"), 0.6),
        Finish("rubber", "fixed", _hex("2B2B2D"), 0.9),
        Finish("ivory keys", "fixed", _hex("F6F2E6"), 0.25),
        Finish("ebony keys", "fixed", _hex("151515"), 0.25),
        Finish("chalkboard", "paint", _hex("2F4B41"), 0.8),
        Finish("slate", "paint", _hex("2C3034"), 0.8),
        Finish("whiteboard", "paint", _hex("F5F6F6"), 0.15),
        Finish("chalk", "fixed", _hex("F5F4EE"), 0.95),
        Finish("chalk line", "fixed", _hex("A9BBB2"), 0.95),
        Finish("sky", "fixed", _hex("9EC0D3"), 0.8),
        Finish("sun", "fixed", _hex("E7B565"), 0.8),
        Finish("far hill", "fixed", _hex("7E9AA0"), 0.8),
        Finish("near hill", "fixed", _hex("56745A"), 0.8),
        Finish("book red", "fixed", _hex("9C3F36"), 0.7),
        Finish("book blue", "fixed", _hex("3E5F86"), 0.7),
        Finish("book green", "fixed", _hex("4F7154"), 0.7),
        Finish("book ochre", "fixed", _hex("C4973F"), 0.7),
        Finish("book plum", "fixed", _hex("66445E"), 0.7),
        Finish("book cream", "fixed", _hex("DDD0B4"), 0.7),
        Finish("book slate", "fixed", _hex("515A63"), 0.7),
    )
}

BOOKS = tuple(name for name in FINISHES if name.startswith("book "))

SUBSTANCES: dict[str, str] = {
    **{word: word for word in ("oak", "walnut", "birch", "pine", "ash", "beech", "cherry", "mahogany", "teak")},
    **{word: word for word in ("ebony", "rattan", "steel", "chrome", "brass", "copper", "velvet", "leather", "linen")},
    **{word: word for word in ("marble", "granite", "concrete", "quartz", "glass", "cardboard", "terracotta")},
    "wood": "oak", "wooden": "oak", "timber": "pine", "plywood": "birch", "bamboo": "rattan", "wicker": "rattan",
    "maple": "birch", "rosewood": "mahogany", "metal": "black metal", "metallic": "steel", "iron": "black metal",
    "aluminum": "aluminium", "aluminium": "aluminium", "stainless": "steel", "bronze": "copper",
    "fabric": "grey fabric", "cloth": "grey fabric", "textile": "grey fabric", "cotton": "cream fabric",
    "wool": "beige fabric", "upholstered": "grey fabric", "suede": "leather", "plastic": "white plastic",
    "ceramic": "white ceramic", "porcelain": "white ceramic", "stone": "concrete", "lacquer": "white lacquer",
    "lacquered": "white lacquer", "laminate": "white lacquer", "mdf": "white lacquer", "chalkboard": "chalkboard",
}  # fmt: skip

STYLES: dict[str, dict[str, tuple[str, ...]]] = {
    "scandinavian": {"wood": ("birch", "ash", "oak"), "soft": ("cream fabric", "grey fabric", "sage fabric")},
    "nordic": {"wood": ("birch", "ash"), "soft": ("cream fabric", "grey fabric")},
    "minimalist": {"wood": ("ash", "birch"), "soft": ("cream fabric", "beige fabric"), "metal": ("black metal",)},
    "modern": {"wood": ("oak", "walnut"), "soft": ("grey fabric", "charcoal fabric", "teal fabric")},
    "contemporary": {"wood": ("walnut", "oak"), "soft": ("beige fabric", "grey fabric", "navy fabric")},
    "industrial": {"wood": ("walnut", "teak"), "metal": ("black metal",), "soft": ("leather", "charcoal fabric")},
    "rustic": {"wood": ("pine", "teak"), "soft": ("beige fabric", "terracotta fabric"), "metal": ("black metal",)},
    "farmhouse": {"wood": ("pine", "oak"), "soft": ("cream fabric", "beige fabric")},
    "traditional": {"wood": ("cherry", "mahogany"), "soft": ("burgundy fabric", "beige fabric"), "metal": ("brass",)},
    "classic": {"wood": ("mahogany", "cherry"), "soft": ("burgundy fabric", "navy fabric"), "metal": ("brass",)},
    "vintage": {"wood": ("cherry", "walnut"), "soft": ("mustard fabric", "teal fabric"), "metal": ("brass",)},
    "midcentury": {"wood": ("walnut", "teak"), "soft": ("mustard fabric", "teal fabric")},
    "mid": {"wood": ("walnut", "teak"), "soft": ("mustard fabric", "teal fabric")},
    "luxury": {"wood": ("walnut", "ebony"), "soft": ("velvet", "cream fabric"), "metal": ("brass",)},
    "bohemian": {"wood": ("rattan", "teak"), "soft": ("terracotta fabric", "mustard fabric", "rose fabric")},
    "japandi": {"wood": ("ash", "oak"), "soft": ("cream fabric", "beige fabric"), "metal": ("black metal",)},
}
