# SPDX-License-Identifier: GPL-3.0-or-later
"""Plants and flowers."""

from __future__ import annotations

import math
from random import Random

import numpy as np

from .recipe import Recipe
from .shapes import Solid, bowl, curve, cylinder, lathe, leaf, ring, tube
from .shapes import loft as skin

_GREENS = ("leaf", "deep leaf", "young leaf", "leaf")


def plant(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A pot with soil and a broad-leaved tree, arching palm fronds, or upright sword leaves."""
    reach = min(lx, ly) / 2
    high = min(0.3 * lz, 1.3 * reach)
    solids = _pot(0.52 * reach, high)
    kind = dice.choice(("tree", "palm", "swords", "tree"))
    if kind == "tree":
        solids += _tree(reach, high, lz, dice)
    elif kind == "palm":
        solids += _palm(reach, high, lz, dice)
    else:
        for blade in range(17):
            turn = 2.4 * blade
            out = 0.3 * reach * math.sqrt(blade / 17)
            base = (out * math.cos(turn), out * math.sin(turn), 0.85 * high)
            tall = (lz - high) * (1.12 - 0.5 * blade / 17) * dice.uniform(0.85, 1.0)
            solids.append(
                leaf(
                    base, turn, 1.52 - 0.4 * blade / 17, tall, 0.3 * reach, 0.12, dice.choice(("leaf", "deep leaf")), 6
                )
            )
    return _filled(solids, lx, ly, lz, 0.86 * high)


def small_plant(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A succulent rosette or a cactus in a small pot."""
    reach = min(lx, ly) / 2
    high = 0.46 * lz
    if dice.random() < 0.65:
        solids = _pot(0.72 * reach, high)
        for row, (count, rise, long) in enumerate(((9, 0.35, 1.0), (8, 0.75, 0.85), (6, 1.1, 0.66), (3, 1.4, 0.5))):
            for number in range(count):
                turn = 2 * math.pi * number / count + 0.4 * row
                base = (0.12 * reach * math.cos(turn), 0.12 * reach * math.sin(turn), (0.9 + 0.03 * row) * high)
                paint = "young leaf" if row > 1 else "leaf"
                solids.append(leaf(base, turn, rise, 1.1 * long * reach, 0.5 * long * reach, -0.5, paint, 4))
        return _filled(solids, lx, ly, lz, 0.86 * high)
    solids = [*_pot(reach / 1.06, high)]
    for solid in solids:
        solid.vertices[:, :2] *= (lx / 2 / reach, ly / 2 / reach)
    ribs = 18
    body = []
    for rise, wide in ((0.0, 0.36), (0.15, 0.5), (0.5, 0.56), (0.8, 0.46), (0.95, 0.24), (0.99, 0.05)):
        z = 0.85 * high + rise * (0.97 * lz - 0.85 * high)
        outline = ring((0, 0), (2 * wide * reach, 2 * wide * reach), z, ribs)
        outline[::2, :2] *= 0.82
        body.append(outline)
    solids.append(skin(body, "leaf"))
    return [
        *solids,
        lathe([(0.0, 0.93 * lz), (0.16 * reach, 0.95 * lz), (0.2 * reach, lz), (0.0, 0.98 * lz)], "petal", sides=8),
    ]


def vase(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A vase with a bunch of tulips."""
    reach = min(lx, ly) / 2
    high = 0.5 * lz
    outer = dice.choice(
        (
            [(0.42, 0.0), (0.66, 0.3), (0.7, 0.5), (0.42, 0.8), (0.36, 0.9), (0.46, 1.0)],
            [(0.4, 0.0), (0.42, 0.3), (0.5, 0.7), (0.64, 1.0)],
            [(0.36, 0.0), (0.62, 0.18), (0.66, 0.34), (0.34, 0.6), (0.28, 0.85), (0.4, 1.0)],
        )
    )
    solids = [bowl((0, 0, 0), [(r * reach, z * high) for r, z in outer], 0.07 * reach, "pot", 20, floor=0.08 * high)]
    paint = dice.choice(("petal", "pale petal", "chalk"))
    for stem in range(7):
        turn = 2.4 * stem
        out = (0.2 + 0.55 * (stem / 7)) * reach
        top = lz * dice.uniform(0.8, 0.9)
        tip = (out * math.cos(turn), out * math.sin(turn), top)
        path = curve([(0, 0, 0.2 * high), (0.1 * tip[0], 0.1 * tip[1], 1.1 * high), tip], 5)
        solids.append(tube(path, 0.03 * reach, "leaf", 5))
        bud = [(0.0, -0.02), (0.13, 0.03), (0.19, 0.3), (0.16, 0.6), (0.2, 0.85), (0.06, 0.72), (0.0, 0.4)]
        solids.append(lathe([(r * reach, z * 0.5 * reach) for r, z in bud], paint, tip, 8))
    for blade in range(5):
        turn = 1.2 + 1.3 * blade
        solids.append(leaf((0, 0, 0.92 * high), turn, 1.15, 0.36 * lz, 0.22 * reach, 0.9, "young leaf", 5))
    return _filled(solids, lx, ly, lz, high)


def _pot(radius: float, high: float) -> list[Solid]:
    outer = [
        (0.7 * radius, 0.0),
        (0.76 * radius, 0.04 * high),
        (0.96 * radius, 0.84 * high),
        (1.04 * radius, 0.86 * high),
        (1.06 * radius, high),
    ]
    pot = bowl((0, 0, 0), outer, 0.1 * radius, "pot", 24, floor=0.7 * high)
    return [pot, cylinder((0, 0, 0.68 * high), 0.88 * radius, 0.18 * high, "soil")]


def _tree(reach: float, high: float, lz: float, dice: Random) -> list[Solid]:
    solids: list[Solid] = []
    crown = lz - high
    for stem in range(3):
        turn = 2.1 * stem + dice.random()
        lean = 0.4 * reach
        top = high + crown * (0.9 - 0.16 * stem)
        path = curve(
            [
                (0.1 * reach * math.cos(turn), 0.1 * reach * math.sin(turn), 0.7 * high),
                (0.0, 0.0, high + 0.4 * crown),
                (lean * math.cos(turn), lean * math.sin(turn), top),
            ],
            7,
        )
        solids.append(tube(path, np.linspace(0.05, 0.02, 7) * reach, "bark", 6))
        leaves = 19
        for number in range(leaves):
            share = 0.28 + 0.72 * number / (leaves - 1)
            at = path[min(6, int(share * 6))] + (path[min(6, int(share * 6) + 1)] - path[min(6, int(share * 6))]) * (
                share * 6 % 1
            )
            heading = turn + 2.4 * number + dice.uniform(-0.3, 0.3)
            long = reach * dice.uniform(0.6, 0.85) * (1.0 - 0.25 * share)
            solids.append(leaf(at, heading, 0.85 * share + 0.15, long, 0.55 * long, 1.1, dice.choice(_GREENS), 4))
    return solids


def _palm(reach: float, high: float, lz: float, dice: Random) -> list[Solid]:
    solids: list[Solid] = []
    for frond in range(9):
        turn = 2.4 * frond + dice.uniform(-0.2, 0.2)
        spread = 0.45 + 0.55 * (frond / 8)
        top = high + (lz - high) * (1.12 - 0.4 * spread) * dice.uniform(0.92, 1.0)
        end = (spread * reach * math.cos(turn), spread * reach * math.sin(turn))
        path = curve(
            [
                (0.08 * end[0], 0.08 * end[1], 0.75 * high),
                (0.1 * end[0], 0.1 * end[1], top),
                (end[0], end[1], top - 0.25 * spread * (lz - high)),
            ],
            9,
        )
        solids.append(tube(path, np.linspace(0.025, 0.008, 9) * reach, "young leaf", 5))
        for step in range(3, 9):
            for side in (-1, 1):
                long = reach * (0.52 - 0.035 * abs(step - 5))
                solids.append(
                    leaf(
                        path[step],
                        turn + side * (1.15 - 0.08 * step),
                        0.35,
                        long,
                        0.13 * reach,
                        1.0,
                        dice.choice(_GREENS),
                        3,
                    )
                )
        solids.append(leaf(path[-1], turn, -0.3, 0.3 * reach, 0.12 * reach, 0.6, "leaf", 3))
    return solids


def _filled(solids: list[Solid], lx: float, ly: float, lz: float, above: float) -> list[Solid]:
    """The greenery stretched to the box while the pot keeps its shape."""
    green = [solid for solid in solids if float(solid.vertices[:, 2].max()) > above * 1.25]
    if not green:
        return solids
    cloud = np.concatenate([solid.vertices for solid in green])
    low, high = cloud.min(axis=0), cloud.max(axis=0)
    for solid in green:
        points = solid.vertices
        rise = np.clip((points[:, 2] - above) / max(float(high[2]) - above, 1e-9), 0.0, 1.0)
        for axis, half in ((0, lx / 2), (1, ly / 2)):
            scale = np.where(
                points[:, axis] > 0, half / max(float(high[axis]), 1e-9), half / max(float(-low[axis]), 1e-9)
            )
            points[:, axis] *= 1 + (scale - 1) * np.minimum(1.0, 4 * rise)
        points[:, 2] = np.where(points[:, 2] > above, above + rise * (lz - above), points[:, 2])
    return solids


_POTS = ("terracotta", "white ceramic", "sand ceramic", "dark ceramic", "sage ceramic")

RECIPES: dict[str, Recipe] = {
    "plant": Recipe(plant, {"pot": _POTS}),
    "small_plant": Recipe(small_plant, {"pot": _POTS}),
    "vase": Recipe(vase, {"pot": ("blue ceramic", "white ceramic", "sand ceramic", "terracotta")}),
}
