# SPDX-License-Identifier: GPL-3.0-or-later
"""Bathrooms."""

from __future__ import annotations

import math
from random import Random

from .kitchen import tap
from .recipe import Recipe
from .shapes import Floats, Solid, block, cushion, cylinder, lathe, plain, ring, tube, turned
from .shapes import loft as skin


def toilet(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A bowl with water, seat ring, lid raised against the cistern with its button."""
    x, y = lx / 2, ly / 2
    rim, tank = 0.52 * lz, 0.27 * ly
    center, long = (0.0, -y + 0.38 * ly), 0.76 * ly
    wide = 0.94 * lx
    outside = [
        (0.62, 0.86, 0.0, 0.12),
        (0.56, 0.8, 0.12, 0.12),
        (0.62, 0.78, 0.4, 0.1),
        (0.9, 0.94, 0.78, 0.03),
        (1.0, 1.0, 0.92, 0.0),
        (1.0, 1.0, 1.0, 0.0),
    ]
    inside = [(0.74, 0.78, 1.0, 0.0), (0.66, 0.7, 0.8, 0.0), (0.4, 0.4, 0.62, 0.0)]
    rings = [
        _egg((center[0], center[1] + back * ly), (wide * a, long * b), rim * z) for a, b, z, back in (*outside, *inside)
    ]
    solids = [skin(rings, "body")]
    water = [_egg(center, (wide * s, long * s), rim * z) for s, z in ((0.42, 0.64), (0.5, 0.7))]
    solids.append(skin(water, "water"))
    seat = [(1.02, 1.0), (1.03, 1.025), (1.0, 1.05), (0.74, 1.05), (0.7, 1.02), (0.72, 1.0)]
    solids.append(skin([_egg(center, (wide * s, long * s), rim * z) for s, z in seat], "seat", closed=True))
    lid = skin(
        [
            _egg((0.0, -0.5 * long), (wide * s, long * s), z)
            for s, z in ((0.98, 0.0), (1.02, 0.006), (1.02, 0.016), (0.95, 0.022))
        ],
        "seat",
    )
    raised = turned(lid, -82, "x")
    raised.vertices[:, 1] += y - tank - float(raised.vertices[:, 1].max()) - 0.004
    raised.vertices[:, 2] += rim * 1.06 - float(raised.vertices[:, 2].min())
    top = 0.985 * lz
    over = float(raised.vertices[:, 2].max()) - top
    if over > 0:
        low = float(raised.vertices[:, 2].min())
        raised.vertices[:, 2] = low + (raised.vertices[:, 2] - low) * (top - low) / max(top - low + over, 1e-9)
    solids.append(raised)
    solids += [
        cushion((-0.92 * x, 0.92 * x), (y - tank, y), (0.44 * lz, 0.955 * lz), "body", 0.03, 0.0, fine=True),
        block((-x, x), (y - tank - 0.01 * ly, y), (0.955 * lz, 0.99 * lz), "body", 0.008),
        cylinder((0.0, y - 0.5 * tank, 0.985 * lz), min(0.026, 0.07 * lx), 0.015 * lz, "metal"),
        block((-0.5 * x, 0.5 * x), (y - 1.25 * tank, y), (0.0, 0.46 * lz), "body", 0.02),
    ]
    for side in (-1, 1):
        solids.append(
            cylinder(
                (side * 0.3 * x - 0.06 * lx, y - 1.06 * tank, 1.07 * rim), 0.012, 0.12 * lx, "metal", sides=8, axis="x"
            )
        )
    return solids


def bathtub(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A hollow tub with a rolled rim, tap and hand shower at one end, drain and overflow, a towel over the edge."""
    long_y = ly > lx
    solids = _tub(ly, lx, lz) if long_y else _tub(lx, ly, lz)
    return [turned(solid, 90) for solid in solids] if long_y else solids


def shower(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A tray with drain, glass on two sides in a thin frame, a column with rain head, hand shower and mixer."""
    x, y = lx / 2, ly / 2
    tray, bar = 0.055 * lz, min(0.022, 0.04 * lx)
    rim = min(0.05, 0.08 * lx)
    shell = [(1.0, 0.0), (1.0, 1.0), (1 - 2 * rim / lx, 1.0), (1 - 3 * rim / lx, 0.45)]
    solids = [skin([ring((0, 0), (lx * s, ly * s), tray * z, 40, 14.0) for s, z in shell], "tray")]
    solids.append(cylinder((0.0, 0.0, 0.45 * tray), 0.05 * lx, 0.003, "metal"))
    for px, py in ((-x, -y), (x - bar, -y), (x - bar, y - bar), (-x, y - bar)):
        solids.append(plain((px, px + bar), (py, py + bar), (tray, lz), "metal"))
    for z in (tray, lz - bar):
        solids.append(plain((-x + bar, x - bar), (-y, -y + bar), (z, z + bar), "metal"))
        for side in (-1, 1):
            solids.append(plain((side * x, side * (x - bar)), (-y + bar, y - bar), (z, z + bar), "metal"))
        solids.append(plain((-x + bar, x - bar), (y - bar, y), (z, z + bar), "metal"))
    pane = (tray + bar, lz - bar)
    solids.append(plain((x - 0.7 * bar, x - 0.3 * bar), (-y + bar, y - bar), pane, "glass"))
    solids.append(plain((-x + bar, -0.02 * x), (-y + 0.25 * bar, -y + 0.55 * bar), pane, "glass"))
    solids.append(plain((-0.06 * x, x - bar), (-y + 0.6 * bar, -y + 0.9 * bar), pane, "glass"))
    solids.append(
        tube([(0.02 * x, -y + 0.4 * bar, 0.42 * lz), (0.02 * x, -y + 0.4 * bar, 0.6 * lz)], 0.008, "metal", 6)
    )
    solids.append(plain((-x + bar, x - bar), (y - 0.6 * bar, y - 0.3 * bar), pane, "wall"))
    solids.append(plain((-x + 0.3 * bar, -x + 0.6 * bar), (-y + bar, y - bar), pane, "wall"))
    back = y - 2.2 * bar
    neck = [
        (0, back, 0.5 * lz),
        (0, back, 0.93 * lz),
        (0, back - 0.06 * ly, 0.955 * lz),
        (0, 0.15 * y, 0.955 * lz),
        (0, 0.12 * y, 0.93 * lz),
    ]
    hose = [
        (0.05 * lx, back, 0.52 * lz),
        (0.14 * lx, back - 0.05 * ly, 0.4 * lz),
        (0.16 * lx, back, 0.55 * lz),
        (0.12 * lx, back - 0.03 * ly, 0.74 * lz),
    ]
    solids += [
        tube(neck, 0.011, "metal"),
        lathe([(0.12 * lx, 0.0), (0.12 * lx, 0.008), (0.02 * lx, 0.02)], "metal", (0.0, 0.12 * y, 0.92 * lz), 20),
        cylinder((-0.09 * lx, back, 0.5 * lz), 0.02, 0.18 * lx, "metal", sides=10, axis="x"),
        tube(hose, 0.006, "metal", 6),
        cylinder((0.12 * lx, back - 0.01 * ly, 0.74 * lz), 0.03, 0.03, "metal", 0.02, 10, "-y"),
    ]
    return solids


def washbasin(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A basin on a pedestal, its bowl hollow, tap at the back."""
    x, y = lx / 2, ly / 2
    top = 0.86 * lz
    deck = (0.0, 0.0)
    hollow = (0.0, -0.1 * ly)
    outer = [(0.3, 0.34, 0.72), (0.55, 0.6, 0.76), (0.9, 0.92, 0.88), (1.0, 1.0, 0.95), (1.0, 1.0, 1.0)]
    rings = [ring((0.0, (1 - b) * 0.3 * y), (lx * a, ly * b), top * z, 32, 3.2) for a, b, z in outer]
    inner = [(0.84, 0.68, 1.0), (0.8, 0.64, 0.96), (0.6, 0.46, 0.85), (0.2, 0.16, 0.81)]
    rings += [ring(hollow if a < 0.9 else deck, (lx * a, ly * b), top * z, 32, 2.5) for a, b, z in inner]
    solids = [skin(rings, "body")]
    column = [(0.38, 0.42, 0.0), (0.36, 0.4, 0.04), (0.24, 0.3, 0.1), (0.22, 0.27, 0.5), (0.3, 0.36, 0.75)]
    solids.append(skin([ring((0.0, 0.35 * y), (lx * a, ly * b), top * z, 20, 2.6) for a, b, z in column], "body"))
    solids.append(cylinder((*hollow, 0.81 * top), 0.035 * lx, 0.004, "metal", sides=12))
    solids += tap((0.0, 0.74 * y, top), lz - top, 0.3 * ly)
    solids.append(
        cushion((0.7 * x, 0.93 * x), (0.5 * y, 0.86 * y), (top - 0.004, top + 0.03 * lz), "soap", 0.015, 0.004)
    )
    return solids


def _tub(lx: float, ly: float, lz: float) -> list[Solid]:
    x, y = lx / 2, ly / 2
    rim = 0.86 * lz
    wall = min(0.07, 0.09 * ly)
    inner_l, inner_w = lx - 2.4 * wall, ly - 2 * wall
    outer = [
        (0.93, 0.9, 0.0),
        (0.95, 0.92, 0.12),
        (0.975, 0.96, 0.86),
        (1.0, 1.0, 0.92),
        (1.0, 1.0, 0.985),
        (0.992, 0.985, 1.0),
    ]
    rings = [ring((0, 0), (lx * a, ly * b), rim * z, 40, 7.0) for a, b, z in outer]
    inner = [(1.0, 1.0, 1.0), (0.985, 0.98, 0.96), (0.94, 0.92, 0.6), (0.86, 0.82, 0.25), (0.7, 0.66, 0.17)]
    rings += [ring((0, 0), (inner_l * a, inner_w * b), rim * z, 40, 4.5) for a, b, z in inner]
    solids = [skin(rings, "body")]
    floor = 0.17 * rim
    solids.append(cylinder((0.24 * lx, 0.0, floor), 0.03 * ly + 0.008, 0.004, "metal"))
    solids.append(cylinder((0.455 * inner_l, 0.0, 0.72 * rim), 0.04 * ly, 0.01, "metal", axis="x"))
    fittings = tap((0.0, 0.0, rim), lz - rim, 0.12 * lx)
    solids += [_turned_to(part, (x - 0.5 * wall, 0.0)) for part in fittings]
    hose = [
        (x - 0.5 * wall, -0.25 * y, rim),
        (x - 0.5 * wall, -0.25 * y, rim + 0.6 * (lz - rim)),
        (x - 1.6 * wall, -0.25 * y, rim + 0.75 * (lz - rim)),
    ]
    solids.append(tube(hose, 0.008, "metal", 6))
    drop = -y + wall
    solids.append(
        cushion((-0.45 * x, -0.08 * x), (-y - 0.004, drop + 0.004), (0.52 * rim, rim + 0.012), "towel", 0.008, 0.0)
    )
    return solids


def _turned_to(part: Solid, at: tuple[float, float]) -> Solid:
    """A fitting that reaches towards -Y turned to reach towards -X, standing at a point."""
    out = turned(part, -90)
    out.vertices[:, :2] += at
    return out


def _egg(center: tuple[float, float], size: tuple[float, float], z: float, sides: int = 28) -> Floats:
    """An egg outline, blunt towards +Y."""
    points = ring(center, size, z, sides)
    rise = (points[:, 1] - center[1]) / max(size[1] / 2, 1e-9)
    points[:, 0] = center[0] + (points[:, 0] - center[0]) * (1.0 + 0.16 * rise * abs(math.sin(1.2)))
    points[:, 0] = center[0] + (points[:, 0] - center[0]) * (size[0] / 2) / max(
        float((points[:, 0] - center[0]).max()), 1e-9
    )
    return points


_CERAMIC = ("white ceramic", "white ceramic")
_FITTINGS = ("chrome", "brass", "chrome", "black metal")

RECIPES: dict[str, Recipe] = {
    "toilet": Recipe(
        toilet,
        {"body": _CERAMIC, "seat": ("white plastic", "oak", "white plastic", "white plastic"), "metal": _FITTINGS},
    ),
    "bathtub": Recipe(
        bathtub,
        {
            "body": _CERAMIC,
            "towel": ("sage fabric", "blue fabric", "cream fabric", "rose fabric"),
            "metal": ("chrome",),
        },
    ),
    "shower": Recipe(shower, {"tray": _CERAMIC, "metal": ("chrome", "black metal"), "wall": ("glass",)}),
    "washbasin": Recipe(washbasin, {"body": _CERAMIC, "metal": ("chrome",), "soap": ("sage fabric",)}),
}
