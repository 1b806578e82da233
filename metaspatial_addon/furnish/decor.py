# SPDX-License-Identifier: GPL-3.0-or-later
"""Rugs, bins, screens, books, the piano and the lectern."""

from __future__ import annotations

import math
from random import Random

from .finishes import BOOKS
from .recipe import DARK_WOODS, Recipe
from .shapes import Solid, block, bow, cylinder, lathe, plain, ring, tapered, tube, turned
from .shapes import loft as skin


def rug(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A field with a contrasting border, a pattern of diamonds or bands, fringes on the short ends."""
    fringe = min(0.05, 0.03 * max(lx, ly))
    along_x = lx >= ly
    long, short = (lx, ly) if along_x else (ly, lx)
    x, y = long / 2 - fringe, short / 2
    pile = (0.75 * lz, 0.9 * lz)
    band = 0.09 * short
    solids = [
        block((-x, x), (-y, y), (0.0, pile[0]), "border", 0.0),
        plain((-x + band, x - band), (-y + band, y - band), (0.5 * lz, pile[1]), "field"),
    ]
    for inset in (0.28, 0.62):
        a, b = x - inset * band, y - inset * band
        t = 0.07 * band
        for side in (-1, 1):
            solids.append(plain((-a, a), (side * b - t, side * b + t), (0.5 * lz, pile[1]), "field"))
            solids.append(plain((side * a - t, side * a + t), (-b, b), (0.5 * lz, pile[1]), "field"))
    inner_x, inner_y = x - 1.25 * band, y - 1.25 * band
    if dice.random() < 0.6:
        count = max(1, min(7, round(inner_x / inner_y)))
        step = 2 * inner_x / count
        for number in range(count):
            center = (-inner_x + (number + 0.5) * step, 0.0)
            for size, paint, top in ((0.96, "border", 0.94), (0.66, "accent", 0.97), (0.34, "field", 1.0)):
                rings = [_diamond(center, 0.5 * step * size, inner_y * size, z) for z in (0.5 * lz, top * lz)]
                solids.append(skin(rings, paint))
    else:
        bands = max(5, min(11, round(inner_x / 0.12)))
        for number in range(bands):
            middle = -inner_x + (number + 0.5) * 2 * inner_x / bands
            half = inner_x / bands * (0.7 if number % 2 else 0.28)
            paint = "border" if number % 2 else "accent"
            solids.append(
                plain(
                    (middle - half, middle + half),
                    (-inner_y, inner_y),
                    (0.5 * lz, lz if number % 2 else 0.95 * lz),
                    paint,
                )
            )
    strands = max(12, min(60, round(short / 0.04)))
    for side in (-1, 1):
        for number in range(strands):
            at = -y + (number + 0.5) * 2 * y / strands
            half = 0.3 * 2 * y / strands
            ends = sorted((side * (x - 0.004), side * (x + fringe)))
            solids.append(plain((ends[0], ends[1]), (at - half, at + half), (0.0, 0.4 * lz), "fringe"))
    return solids if along_x else [turned(solid, 90) for solid in solids]


def trash_bin(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A hollow tapered bin: with a liner's edge and a paper inside, or with a pedal and a domed lid."""
    x, y = lx / 2, ly / 2
    if dice.random() < 0.5:
        wall = 0.05
        shell = [
            (0.78, 0.0),
            (0.8, 0.03),
            (0.96, 0.93),
            (1.0, 0.94),
            (1.0, 0.99),
            (0.97, 1.0),
            (0.96 - wall, 1.0),
            (0.78 - wall, 0.08),
        ]
        solids = [skin([ring((0, 0), (lx * s, ly * s), z * lz, 28) for s, z in shell], "body")]
        for share in (0.18, 0.8):
            grown = 0.78 + 0.18 * share
            solids.append(
                skin(
                    [
                        ring((0, 0), (lx * (grown + 0.012), ly * (grown + 0.012)), (share + dz) * lz, 28)
                        for dz in (0.0, 0.03)
                    ],
                    "band",
                )
            )
        for dx, dy, turn in ((-0.2, 0.1, 20), (0.25, -0.15, 70), (0.0, 0.3, -30)):
            ballish = lathe(
                [(0.0, 0.0), (0.2 * x, 0.06 * lz), (0.24 * x, 0.16 * lz), (0.12 * x, 0.26 * lz), (0.0, 0.28 * lz)],
                "paper",
                (dx * x, dy * y, 0.62 * lz),
                6,
            )
            solids.append(turned(ballish, turn, "x", (dx * x, dy * y, 0.75 * lz)))
        return solids
    body = [(0.9, 0.0), (0.92, 0.02), (0.92, 0.8), (0.9, 0.82)]
    lid = [(0.96, 0.82), (0.97, 0.85), (0.9, 0.93), (0.6, 0.985), (0.2, 1.0)]
    middle = (0.0, 0.04 * ly)
    solids = [
        skin([ring(middle, (lx * s / 0.97, ly * 0.95 * s), z * lz, 28) for s, z in part], paint)
        for part, paint in ((body, "body"), (lid, "band"))
    ]
    solids.append(block((-0.22 * x, 0.22 * x), (-y, -0.6 * y), (0.02 * lz, 0.05 * lz), "black plastic"))
    solids.append(
        skin(
            [ring(middle, (lx * s, ly * 0.97 * s), z * lz, 28) for s, z in ((0.96, 0.0), (0.96, 0.06))], "black plastic"
        )
    )
    return solids


def lectern(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A panelled column on a foot, a slanted top with a lip and a sheet, an inner shelf, a bent microphone."""
    x, y = lx / 2, ly / 2
    low, high = 0.8 * lz, 0.93 * lz
    foot = 0.05 * lz
    thick = min(0.025, 0.03 * lz)
    solids = [
        block((-0.86 * x, 0.86 * x), (-0.8 * y, 0.86 * y), (0.0, foot), "body", 0.008),
        tapered(
            ((-0.68 * x, 0.68 * x), (-0.6 * y, 0.62 * y), foot),
            ((-0.78 * x, 0.78 * x), (-0.72 * y, 0.66 * y), low),
            "body",
        ),
        tapered(
            ((-0.5 * x, 0.5 * x), (-0.66 * y, 0.0), 0.14 * lz),
            ((-0.6 * x, 0.6 * x), (-0.76 * y, 0.0), 0.74 * lz),
            "panel",
        ),
    ]
    slope = [(-y, low + 0.35 * (high - low)), (y, high)]
    # the speaker stands behind, at +Y: the reading board slopes down to them
    board = [[(s * x, -y, high - thick), (s * x, y, low - thick), (s * x, y, low), (s * x, -y, high)] for s in (-1, 1)]
    solids.append(skin(board, "body"))
    wedge = [
        [
            (s * 0.78 * x, -0.72 * y, low - 0.02 * lz),
            (s * 0.78 * x, 0.66 * y, low - 0.02 * lz),
            (s * 0.78 * x, 0.66 * y, low),
            (s * 0.78 * x, -0.72 * y, high - thick),
        ]
        for s in (-1, 1)
    ]
    solids.append(skin(wedge, "body"))
    solids.append(block((-x, x), (0.92 * y, y), (low - thick, low + 0.02 * lz), "body"))
    angle = math.degrees(math.atan2(high - low, 2 * y))
    for side in (-1, 1):
        sheet = plain((side * 0.03 * x, side * 0.62 * x), (-0.5 * y, 0.72 * y), (0.0, 0.004), "paper")
        sheet = turned(sheet, -angle, "x")
        sheet.vertices[:, 2] += (low + high) / 2 + 0.002
        solids.append(sheet)
    stem = [
        (0.75 * x, -0.8 * y, slope[1][1] - 0.02 * lz),
        (0.7 * x, -0.75 * y, 0.97 * lz),
        (0.6 * x, -0.5 * y, 0.985 * lz),
        (0.5 * x, -0.2 * y, 0.975 * lz),
    ]
    solids.append(tube(stem, 0.006, "black metal", 6))
    solids.append(tube([stem[-1], (0.42 * x, 0.02 * y, 0.968 * lz)], 0.016, "black metal", 8))
    crest = lathe([(0.16 * x, 0.0), (0.16 * x, 0.01), (0.1 * x, 0.016)], "metal", (0.0, -0.74 * y, 0.52 * lz), 20, "-y")
    return [*solids, crest, cylinder((0.75 * x, -0.8 * y, 0.9 * lz), 0.014, 0.05 * lz, "black metal", sides=8)]


def piano(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """An upright: body, key bed with white and black keys, fall board, music desk with a score, legs, pedals."""
    x, y = lx / 2, ly / 2
    shelf, lid = 0.54 * lz, 0.975 * lz
    reach, cheek = -0.02 * ly, 0.03 * lx
    solids = [
        block((-0.985 * x, 0.985 * x), (reach, y), (0.06 * lz, lid), "body", 0.008),
        block((-x, x), (reach - 0.04 * ly, y), (lid, lz), "body", 0.008),
        block((-0.97 * x, 0.97 * x), (reach - 0.012, y), (0.0, 0.07 * lz), "body"),
        block((-x, x), (-y, reach + 0.02 * ly), (shelf - 0.05 * lz, shelf), "body", 0.008),
        block((-0.9 * x, 0.9 * x), (reach - 0.012, reach + 0.01), (0.12 * lz, shelf - 0.08 * lz), "body", 0.006),
        block((-x + cheek, x - cheek), (reach - 0.06 * ly, reach + 0.01), (shelf, shelf + 0.11 * lz), "body", 0.004),
        block((-0.9 * x, 0.9 * x), (reach - 0.012, reach + 0.01), (shelf + 0.15 * lz, 0.94 * lz), "body", 0.006),
        plain((-x + cheek, x - cheek), (-0.97 * y, -0.93 * y), (shelf, shelf + 0.01 * lz), "body"),
    ]
    for side in (-1, 1):
        outer, inner = side * x, side * (x - cheek)
        solids.append(block((outer, inner), (-y, reach), (shelf, shelf + 0.05 * lz), "body", 0.006))
        leg = side * (x - 0.6 * cheek)
        half = 0.5 * cheek
        solids.append(
            tapered(
                ((leg - 0.7 * half, leg + 0.7 * half), (-0.96 * y, -0.96 * y + 1.6 * half), 0.0),
                ((leg - half, leg + half), (-0.96 * y, -0.96 * y + 2.2 * half), shelf - 0.05 * lz),
                "body",
            )
        )
        solids.append(plain((leg - half, leg + half), (-0.96 * y, reach), (0.0, 0.035 * lz), "body"))
    keys = 36
    pitch = (2 * x - 2 * cheek) / keys
    left, bed = -x + cheek, (-0.93 * y, reach - 0.06 * ly)
    for key in range(keys):
        at = left + key * pitch
        solids.append(plain((at + 0.03 * pitch, at + 0.97 * pitch), bed, (shelf, shelf + 0.022 * lz), "ivory keys"))
        if key % 7 in (0, 1, 3, 4, 5) and key < keys - 1:
            black = (at + 0.72 * pitch, at + 1.28 * pitch)
            solids.append(
                plain(
                    black,
                    (bed[0] + 0.36 * (bed[1] - bed[0]), bed[1]),
                    (shelf + 0.02 * lz, shelf + 0.036 * lz),
                    "ebony keys",
                )
            )
    desk = turned(
        plain((-0.42 * x, 0.42 * x), (reach - 0.04, reach - 0.03), (shelf + 0.13 * lz, 0.86 * lz), "body"),
        -8,
        "x",
        (0.0, reach - 0.03, shelf + 0.13 * lz),
    )
    solids.append(desk)
    for side in (-1, 1):
        page = plain(
            (side * 0.01 * x, side * 0.2 * x), (reach - 0.047, reach - 0.042), (shelf + 0.14 * lz, 0.83 * lz), "paper"
        )
        solids.append(turned(page, -8, "x", (0.0, reach - 0.03, shelf + 0.13 * lz)))
    for number in (-1, 0, 1):
        at = number * 0.06 * lx
        solids.append(
            block(
                (at - 0.014 * lx, at + 0.014 * lx), (reach - 0.12 * ly, reach), (0.025 * lz, 0.04 * lz), "brass", 0.003
            )
        )
    return solids


def tv(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A thin dark panel with a narrow bezel on two splayed feet."""
    x, y = lx / 2, ly / 2
    foot, deep = 0.09 * lz, min(0.022, 0.2 * ly)
    bezel = 0.011 * lx
    solids = [
        block((-x, x), (-deep, deep), (foot, lz), "bezel", 0.004),
        plain((-x + bezel, x - bezel), (-deep - 0.002, 0.0), (foot + 1.6 * bezel, lz - bezel), "screen"),
        block((-0.55 * x, 0.55 * x), (0.0, min(3 * deep, 0.9 * y)), (foot + 0.12 * lz, 0.62 * lz), "bezel", 0.01),
        plain((-0.05 * x, 0.05 * x), (-deep - 0.003, 0.0), (foot + 0.4 * bezel, foot + 1.1 * bezel), "screen panel"),
    ]
    for side in (-1, 1):
        at = side * 0.66 * x
        for end in (-1, 1):
            solids.append(
                tube(
                    [(at, 0.0, foot + 0.05 * lz), (at + side * 0.04 * x, end * 0.95 * y, 0.012 * lz)],
                    (0.008, 0.006),
                    "bezel",
                    6,
                )
            )
    return solids


def monitor(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A screen showing a desktop on a neck and a foot plate."""
    x, y = lx / 2, ly / 2
    low, deep = 0.26 * lz, min(0.02, 0.2 * ly)
    front, bezel = -0.5 * y, 0.016 * lx
    solids = [
        block((-x, x), (front, front + deep), (low, lz), "body", 0.004),
        plain((-x + bezel, x - bezel), (front - 0.002, front), (low + 2 * bezel, lz - bezel), "screen picture"),
        plain(
            (-0.7 * x, 0.0), (front - 0.003, front), (low + 0.2 * (lz - low), low + 0.82 * (lz - low)), "screen panel"
        ),
        plain(
            (0.12 * x, 0.7 * x), (front - 0.003, front), (low + 0.45 * (lz - low), low + 0.82 * (lz - low)), "screen"
        ),
        plain(
            (-0.62 * x, -0.3 * x),
            (front - 0.004, front),
            (low + 0.62 * (lz - low), low + 0.7 * (lz - low)),
            "screen picture",
        ),
        block((-0.12 * x, 0.12 * x), (front + deep, front + 2.2 * deep), (low + 0.2 * lz, low + 0.5 * lz), "body"),
        tapered(
            ((-0.13 * x, 0.13 * x), (0.1 * y, 0.1 * y + 0.6 * deep), 0.02 * lz),
            ((-0.09 * x, 0.09 * x), (front + deep, front + 1.8 * deep), low + 0.35 * lz),
            "stand",
        ),
        block((-0.42 * x, 0.42 * x), (-y, y), (0.0, 0.025 * lz), "stand", 0.004),
    ]
    return solids


def laptop(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """Open: base with keyboard and touch pad, screen leaning back."""
    x, y = lx / 2, ly / 2
    thick = min(0.016, 0.09 * lz)
    lean = min(0.25 * ly, 0.3 * lz)
    hinge = y - lean
    solids = [
        block((-x, x), (-y, hinge), (0.0, thick), "body", 0.003),
        plain((-0.92 * x, 0.92 * x), (-0.15 * y, hinge - 0.08 * ly), (thick, thick + 0.0008), "black plastic"),
        plain((-0.3 * x, 0.3 * x), (-0.9 * y, -0.28 * y), (thick, thick + 0.0008), "grey plastic"),
        cylinder((-0.85 * x, hinge, thick), 0.4 * thick, 1.7 * x, "black plastic", sides=8, axis="x"),
    ]
    rows, columns = 4, 12
    deep = (hinge - 0.1 * ly + 0.12 * y) / rows
    for row in range(rows):
        for column in range(columns):
            a, b = -0.9 * x + column * 1.8 * x / columns, -0.12 * y + row * deep
            solids.append(
                plain((a + 0.01 * x, a + 1.62 * x / columns), (b, b + 0.8 * deep), (thick, thick + 0.002), "ink")
            )

    def slab(inset: float, near: float, far: float, paint: str) -> Solid:
        side = x * (1 - inset)
        lows, highs = thick + inset * lz, lz - inset * (lz - thick)
        span = max(lz - thick, 1e-6)

        def depth(z: float, out: float) -> float:
            return hinge - out + lean * (z - thick) / span

        return skin(
            [
                [
                    (s, depth(lows, near), lows),
                    (s, depth(lows, far), lows),
                    (s, depth(highs, far), highs),
                    (s, depth(highs, near), highs),
                ]
                for s in (-side, side)
            ],
            paint,
        )

    t = 0.5 * thick
    solids += [
        slab(0.0, t, 0.0, "body"),
        slab(0.035, t + 0.001, t - 0.001, "ink"),
        slab(0.07, t + 0.002, t, "screen picture"),
        slab(0.3, t + 0.003, t, "screen panel"),
    ]
    return solids


def books(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A stack of books, each a cover around a block of pages, turned a little against each other."""
    count = max(3, min(7, round(lz / 0.035)))
    solids: list[Solid] = []
    shares = [dice.uniform(0.7, 1.3) for _ in range(count)]
    z = 0.0
    for number, share in enumerate(shares):
        thick = lz * share / sum(shares)
        size = 1.0 - 0.06 * number
        a, b = 0.44 * lx * size, 0.44 * ly * size
        cover = 0.1 * thick
        paint = BOOKS[(number * 3 + dice.randrange(2)) % len(BOOKS)]
        book = [
            plain((-a, a), (-b, b), (z, z + cover), paint),
            plain((-a, a), (-b, b), (z + thick - cover - 0.0005, z + thick - 0.0005), paint),
            bow((-a, a), -b, (z + cover, z + thick - cover), -0.0, 0.05 * b, paint, 2),
            plain((-0.96 * a, 0.96 * a), (-0.94 * b, 0.95 * b), (z + cover, z + thick - cover), "paper"),
            plain((-0.5 * a, 0.5 * a), (-1.01 * b, -0.99 * b), (z + 0.4 * thick, z + 0.6 * thick), "paper"),
        ]
        turn = dice.uniform(-9, 9)
        solids += [turned(part, turn) for part in book]
        z += thick
    return solids


def _diamond(center: tuple[float, float], a: float, b: float, z: float) -> list[tuple[float, float, float]]:
    return [
        (center[0] - a, center[1], z),
        (center[0], center[1] - b, z),
        (center[0] + a, center[1], z),
        (center[0], center[1] + b, z),
    ]


RECIPES: dict[str, Recipe] = {
    "rug": Recipe(
        rug,
        {
            "field": ("cream fabric", "beige fabric", "cream fabric"),
            "border": ("navy fabric", "burgundy fabric", "charcoal fabric", "teal fabric"),
            "accent": ("terracotta fabric", "mustard fabric", "rose fabric"),
            "fringe": ("linen",),
        },
    ),
    "trash_bin": Recipe(
        trash_bin, {"body": ("steel", "white plastic", "black metal"), "band": ("grey plastic", "black plastic")}
    ),
    "lectern": Recipe(lectern, {"body": DARK_WOODS, "panel": DARK_WOODS, "metal": ("brass",)}),
    "piano": Recipe(piano, {"body": ("black lacquer", "black lacquer", "walnut", "mahogany")}),
    "tv": Recipe(tv, {"bezel": ("black plastic",)}),
    "monitor": Recipe(monitor, {"body": ("black plastic", "grey plastic"), "stand": ("aluminium", "black plastic")}),
    "laptop": Recipe(laptop, {"body": ("aluminium", "grey plastic")}),
    "books": Recipe(books, {}),
}
