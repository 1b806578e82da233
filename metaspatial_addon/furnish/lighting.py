# SPDX-License-Identifier: GPL-3.0-or-later
"""Lamps and fans."""

from __future__ import annotations

import math
from random import Random

from .recipe import DARK_WOODS, METALS, Recipe
from .shapes import Solid, ball, block, cylinder, lathe, loft, tube


def floor_lamp(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A round foot and a pole, or a wooden tripod, under a drum shade."""
    x, y = lx / 2, ly / 2
    low = 0.77 * lz
    pole = min(0.012, 0.04 * lx)
    solids = _shade((0.0, 0.0), (1.0 * x, 0.78 * x), (low, lz), y / x)
    if dice.random() < 0.5:
        solids.append(
            lathe(
                [(0.66 * x, 0.0), (0.66 * x, 0.008 * lz), (0.2 * x, 0.016 * lz), (pole, 0.024 * lz)], "metal", sides=24
            )
        )
        solids.append(cylinder((0, 0, 0.015 * lz), pole, 0.85 * lz, "metal", sides=10))
    else:
        hub = 0.7 * lz
        for leg in range(3):
            turn = math.radians(-90 + 120 * leg)
            foot = (0.82 * x * math.cos(turn), 0.82 * y * math.sin(turn), 0.0)
            top = (0.08 * x * math.cos(turn), 0.08 * y * math.sin(turn), hub)
            solids.append(tube([foot, top], (pole, 1.2 * pole), "wood"))
        solids.append(cylinder((0, 0, 0.67 * lz), 0.16 * x, 0.04 * lz, "metal", sides=12))
        solids.append(cylinder((0, 0, 0.7 * lz), pole, 0.16 * lz, "metal", sides=10))
    solids.append(ball((0, 0, low + 0.42 * (lz - low)), min(0.035, 0.25 * x), "bulb", 10, 1.2))
    return solids


def table_lamp(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A ceramic body with a tapered shade."""
    x, y = lx / 2, ly / 2
    low = 0.5 * lz
    solids = _shade((0.0, 0.0), (x, 0.68 * x), (low, lz), y / x)
    bodies = (
        [(0.42, 0.0), (0.44, 0.04), (0.3, 0.1), (0.5, 0.35), (0.52, 0.55), (0.3, 0.85), (0.12, 0.95), (0.12, 1.0)],
        [(0.36, 0.0), (0.38, 0.05), (0.55, 0.3), (0.58, 0.5), (0.48, 0.72), (0.16, 0.9), (0.1, 1.0)],
        [(0.5, 0.0), (0.5, 0.06), (0.16, 0.1), (0.12, 0.5), (0.2, 0.56), (0.12, 0.62), (0.1, 1.0)],
    )
    solids.append(lathe([(r * x, z * low) for r, z in dice.choice(bodies)], "base", sides=20))
    solids.append(cylinder((0, 0, 0.95 * low), 0.06 * x, 0.3 * lz, "metal", sides=8))
    solids.append(ball((0, 0, low + 0.4 * (lz - low)), 0.22 * x, "bulb", 10, 1.2))
    return solids


def wall_lamp(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A round wall plate at the back, a bent arm, a shade towards the room."""
    x, y = lx / 2, ly / 2
    plate = min(0.02, 0.1 * ly)
    low, reach = 0.46 * lz, min(x, 0.66 * y)
    solids = [
        cylinder((0.0, y, 0.32 * lz), min(0.62 * x, 0.3 * lz), plate, "metal", sides=20, axis="-y"),
        tube(
            [
                (0, y - plate, 0.32 * lz),
                (0, y - 0.5 * reach, 0.28 * lz),
                (0, -y + reach, 0.3 * lz),
                (0, -y + reach, 0.5 * lz),
            ],
            0.05 * x,
            "metal",
        ),
        *_shade((0.0, -y + reach), (reach, 0.6 * reach), (low, lz), 1.0),
        ball((0.0, -y + reach, 0.62 * lz), 0.28 * reach, "bulb", 10, 1.2),
        lathe(
            [(0.0, 0.0), (0.1 * x, 0.02 * lz), (0.05 * x, 0.1 * lz)],
            "metal",
            (0.0, -y + reach, 0.0 * lz + 0.22 * lz),
            10,
        ),
        tube([(0.0, y - 1.5 * plate, 0.2 * lz), (0.0, y - 1.5 * plate, 0.0)], 0.02 * x, "metal", 6),
        ball((0.0, y - 1.5 * plate, 0.02 * lz), 0.06 * x, "metal", 8),
    ]
    wide = max(float(abs(solid.vertices[:, 0]).max()) for solid in solids)
    for solid in solids:
        solid.vertices[:, 0] *= x / wide
    return solids


def ceiling_lamp(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A pendant dome, or a ring of shades on arms, below a ceiling rose."""
    x, y = lx / 2, ly / 2
    rose = cylinder((0, 0, 0.95 * lz), 0.22 * x, 0.05 * lz, "metal", 0.2 * x, 20)
    if dice.random() < 0.55:
        rod = cylinder((0, 0, 0.55 * lz), 0.02 * x, 0.41 * lz, "metal", sides=8)
        outer = [(1.0, 0.0), (0.97, 0.14), (0.82, 0.33), (0.55, 0.5), (0.25, 0.6), (0.1, 0.66), (0.05, 0.68)]
        inner = [(0.06, 0.56), (0.22, 0.54), (0.52, 0.45), (0.79, 0.29), (0.93, 0.12), (0.96, 0.0)]
        dome = lathe([(r * x, z * lz) for r, z in (*outer, *inner)], "shade", sides=32, squash=y / x, closed=True)
        cap = cylinder((0, 0, 0.6 * lz), 0.09 * x, 0.1 * lz, "metal", 0.05 * x, 12)
        return [
            rose,
            rod,
            cap,
            dome,
            ball((0, 0, 0.24 * lz), 0.2 * x, "bulb", 12),
            cylinder((0, 0, 0.36 * lz), 0.06 * x, 0.22 * lz, "metal", sides=10),
        ]
    solids = [rose, cylinder((0, 0, 0.3 * lz), 0.025 * x, 0.66 * lz, "metal", sides=8)]
    solids.append(
        lathe([(0.0, 0.12 * lz), (0.1 * x, 0.2 * lz), (0.12 * x, 0.28 * lz), (0.03 * x, 0.4 * lz)], "metal", sides=14)
    )
    for arm in range(6):
        turn = math.radians(60 * arm)
        a, b = math.cos(turn), math.sin(turn)
        path = [
            (0.08 * x * a, 0.08 * y * b, 0.26 * lz),
            (0.45 * x * a, 0.45 * y * b, 0.02 * lz),
            (0.78 * x * a, 0.78 * y * b, 0.12 * lz),
            (0.8 * x * a, 0.8 * y * b, 0.3 * lz),
        ]
        solids.append(tube(path, 0.018 * x, "metal", 6))
        shade = [(0.1, 0.28), (0.13, 0.3), (0.21, 0.62), (0.19, 0.62), (0.11, 0.33)]
        solids.append(lathe([(r * x, z * lz) for r, z in shade], "lampshade", (0.79 * x * a, 0.79 * y * b, 0.0), 12))
        solids.append(ball((0.79 * x * a, 0.79 * y * b, 0.48 * lz), 0.08 * x, "bulb", 8))
    return solids


def ceiling_fan(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """Four pitched blades around a motor on a rod, a bowl light below."""
    x, y = lx / 2, ly / 2
    hub = min(0.14, 0.3 * x)
    solids = [
        cylinder((0, 0, 0.88 * lz), 0.6 * hub, 0.12 * lz, "metal", 0.7 * hub, 16),
        cylinder((0, 0, 0.6 * lz), 0.014, 0.3 * lz, "metal", sides=8),
        lathe(
            [(0.5 * hub, 0.3 * lz), (hub, 0.34 * lz), (hub, 0.5 * lz), (0.6 * hub, 0.62 * lz), (0.2 * hub, 0.66 * lz)],
            "metal",
            sides=20,
        ),
        lathe(
            [(0.0, 0.0), (0.4 * hub, 0.04 * lz), (0.75 * hub, 0.16 * lz), (0.8 * hub, 0.3 * lz)], "lampshade", sides=20
        ),
    ]
    for blade in range(4):
        turn = math.radians(90 * blade)
        a, b = math.cos(turn), math.sin(turn)
        reach_x, reach_y = x if abs(a) > 0.5 else y, 0.13 * min(x, y)
        rings = []
        for share, wide in ((0.22, 0.55), (0.32, 0.85), (0.7, 1.0), (0.94, 1.0), (1.0, 0.75)):
            out = share * reach_x
            edge = [(-wide, -0.05), (wide, 0.03), (wide, 0.06), (-wide, -0.02)]
            rings.append([(out * a - s * reach_y * b, out * b + s * reach_y * a, (0.42 + z) * lz) for s, z in edge])
        solids.append(loft(rings, "blade"))
        start, end = 0.8 * hub, 0.3 * reach_x
        arm = block(
            (min(start, end), max(start, end)), (-0.2 * reach_y, 0.2 * reach_y), (0.385 * lz, 0.41 * lz), "metal"
        )
        across, along = arm.vertices[:, 0].copy(), arm.vertices[:, 1].copy()
        arm.vertices[:, 0], arm.vertices[:, 1] = across * a - along * b, across * b + along * a
        solids.append(arm)
    return solids


def _shade(at: tuple[float, float], radius: tuple[float, float], z: tuple[float, float], squash: float) -> list[Solid]:
    """A hollow shade open at both ends, wide below, with a thin band along its rims."""
    bottom, top = radius
    wall = 0.03 * bottom
    profile = [(bottom, z[0]), (top, z[1]), (top - wall, z[1]), (bottom - wall, z[0])]
    solids = [lathe(profile, "lampshade", (*at, 0.0), 28, squash=squash, closed=True)]
    high = z[1] - z[0]
    spokes = [(s * 0.9 * top, 0.0) for s in (-1, 1)]
    for sx, _ in spokes:
        solids.append(
            tube([(at[0], at[1], z[0] + 0.7 * high), (at[0] + sx, at[1], z[0] + 0.85 * high)], 0.02 * top, "metal", 6)
        )
    return solids


RECIPES: dict[str, Recipe] = {
    "floor_lamp": Recipe(floor_lamp, {"metal": METALS, "wood": DARK_WOODS}),
    "table_lamp": Recipe(
        table_lamp, {"base": ("blue ceramic", "white ceramic", "terracotta", "sage ceramic"), "metal": METALS}
    ),
    "wall_lamp": Recipe(wall_lamp, {"metal": METALS}),
    "ceiling_lamp": Recipe(
        ceiling_lamp, {"shade": ("black lacquer", "white lacquer", "sage lacquer"), "metal": METALS}
    ),
    "ceiling_fan": Recipe(ceiling_fan, {"blade": DARK_WOODS, "metal": METALS}),
}
