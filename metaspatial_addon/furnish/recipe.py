# SPDX-License-Identifier: GPL-3.0-or-later
"""A recipe: how one category is built, and what it may be made of. Pure Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from .finishes import Roles
from .shapes import Solid

Build = Callable[[float, float, float, Random], list[Solid]]
"""(length lx, width ly, height lz, dice) to solids around the centre of the floor of that box, front at -Y."""


@dataclass(frozen=True, slots=True)
class Recipe:
    build: Build
    roles: Roles


WOODS = ("oak", "walnut", "birch", "ash", "beech")
DARK_WOODS = ("walnut", "cherry", "teak", "oak")
LACQUERS = ("white lacquer", "grey lacquer", "sage lacquer", "navy lacquer")
CARCASS = ("oak", "walnut", "birch", "white lacquer")
FABRICS = ("grey fabric", "blue fabric", "teal fabric", "beige fabric", "sage fabric", "charcoal fabric")
ACCENTS = ("mustard fabric", "terracotta fabric", "navy fabric", "rose fabric", "teal fabric")
METALS = ("black metal", "brass", "steel")
