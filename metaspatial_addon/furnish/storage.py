# SPDX-License-Identifier: GPL-3.0-or-later
"""Shelves, cabinets, racks, boxes."""

from __future__ import annotations

import math
from random import Random

from .joinery import HANDLE_DEPTH, books_row, corner_legs, front, open_case
from .recipe import ACCENTS, CARCASS, DARK_WOODS, LACQUERS, METALS, WOODS, Recipe
from .shapes import Range, Solid, ball, block, bow, bowl, cushion, lathe, plain, ring, tube
from .shapes import loft as skin


def bookshelf(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """Shelves from plinth to top, filled with rows of books and a few things to look at."""
    x, y = lx / 2, ly / 2
    plinth, board = 0.04 * lz, min(0.024, 0.05 * lx)
    levels, columns = max(2, min(7, round(lz / 0.36))), max(1, min(4, round(lx / 1.0)))
    solids, bays = open_case((-x, x), (-y, y), (plinth, lz), "body", board, levels, columns, back="back")
    solids.append(plain((-0.98 * x, 0.98 * x), (-0.9 * y, y), (0.0, plinth), "body"))
    decorated = set(dice.sample(range(len(bays)), k=max(1, len(bays) // 3)))
    depth = (-0.75 * y, 0.9 * y)
    for number, (span, z) in enumerate(bays):
        if number not in decorated:
            solids += books_row(span, depth, z, dice, fill=dice.uniform(0.72, 0.98))
            continue
        split = span[0] + 0.55 * (span[1] - span[0])
        solids += books_row((span[0], split), depth, z, dice, fill=0.9)
        solids += _ornament(((split + span[1]) / 2, 0.0, z[0]), 0.42 * (span[1] - split), z[1] - z[0], y, dice)
    return solids


def shelf(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A low open shelf of cubes with baskets, books and ornaments."""
    x, y = lx / 2, ly / 2
    board = min(0.03, 0.05 * lx)
    levels, columns = max(1, min(4, round(lz / 0.45))), max(1, min(5, round(lx / 0.42)))
    solids, bays = open_case((-x, x), (-y, y), (0.0, lz), "body", board, levels, columns)
    for number, (span, z) in enumerate(bays):
        kind = ("basket", "books", "ornament")[(number + dice.randrange(2)) % 3]
        if kind == "basket":
            gap = 0.05 * (span[1] - span[0])
            solids += _basket(
                (span[0] + gap, span[1] - gap), (-0.94 * y, 0.85 * y), (z[0], z[0] + 0.78 * (z[1] - z[0]))
            )
        elif kind == "books":
            solids += books_row(span, (-0.7 * y, 0.8 * y), z, dice, fill=0.8)
        else:
            solids += _ornament(((span[0] + span[1]) / 2, 0.0, z[0]), 0.3 * (span[1] - span[0]), z[1] - z[0], y, dice)
    return solids


def cabinet(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """Drawers over panelled doors on a plinth or legs; a tall narrow one is a column of file drawers."""
    x, y = lx / 2, ly / 2
    board, base = min(0.028, 0.05 * lz), min(0.12, 0.14 * lz)
    depth, face = -y + HANDLE_DEPTH, -y + HANDLE_DEPTH + 0.02
    solids = [
        block((-x, x), (depth, y), (lz - board, lz), "body", 0.006),
        block((-0.985 * x, 0.985 * x), (face, y), (base, lz - board), "body"),
    ]
    inner, top = (-0.97 * x, 0.97 * x), lz - board - 0.004
    if lx < 0.55 and lz > 0.9:
        rows = max(2, round(lz / 0.33))
        for row in range(rows):
            solids += front(inner, _part((base + 0.004, top), row, rows), face, "front", "bar")
    else:
        doors = max(1, min(6, round(lx / 0.45)))
        split = top - min(0.2, 0.22 * lz)
        for number in range(doors):
            span = _part(inner, number, doors)
            hinge = "left" if number % 2 == 0 else "right"
            solids += front(span, (split, top), face, "front", "knob")
            solids += front(span, (base + 0.004, split), face, "front", "knob", hinge=hinge, panelled=True)
    if dice.random() < 0.5:
        solids += corner_legs(0.94 * lx, 0.88 * ly, (0.0, base), "body", 0.05, 0.03, splay=0.015, round_=True)
    else:
        solids.append(block((-0.94 * x, 0.94 * x), (face + 0.03, 0.95 * y), (0.0, base), "body"))
    return solids


def tv_stand(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A low unit: slatted doors at the ends, an open middle with a player and a speaker, short legs."""
    x, y = lx / 2, ly / 2
    base, board = 0.26 * lz, min(0.025, 0.07 * lz)
    depth = -y + 0.008
    third = lx / 6
    solids = [
        block((-x, x), (depth, y), (lz - board, lz), "body", 0.006),
        block((-x, x), (depth, y), (base, base + board), "body", 0.006),
        plain((-x + board, x - board), (y - 0.012, y), (base + board, lz - board), "body"),
    ]
    for at in (-x + board / 2, -third, third, x - board / 2):
        solids.append(plain((at - board / 2, at + board / 2), (depth + 0.004, y), (base + board, lz - board), "body"))
    for side in (-1, 1):
        span = (third + board / 2, x - board)
        span = span if side > 0 else (-span[1], -span[0])
        solids.append(plain(span, (depth + 0.012, depth + 0.022), (base + board, lz - board), "front"))
        slats = max(5, min(16, round((span[1] - span[0]) / 0.03)))
        for number in range(slats):
            a, b = _part(span, number, slats)
            gap = 0.22 * (b - a)
            solids.append(
                plain((a + gap, b - gap), (-y, depth + 0.013), (base + 1.3 * board, lz - 1.3 * board), "front")
            )
    middle = base + 0.55 * (lz - base)
    solids.append(plain((-third, third), (depth + 0.03, y), (middle, middle + 0.7 * board), "body"))
    solids.append(
        block(
            (-0.8 * third, 0.5 * third),
            (-0.6 * y, 0.5 * y),
            (middle + 0.7 * board, middle + 0.7 * board + 0.1 * lz),
            "black plastic",
        )
    )
    solids.append(
        block(
            (-0.85 * third, 0.85 * third),
            (-0.7 * y, 0.4 * y),
            (base + board, base + board + 0.16 * lz),
            "grey plastic",
            0.01,
        )
    )
    solids += corner_legs(0.92 * lx, 0.86 * ly, (0.0, base), "legs", 0.04, 0.025, splay=0.02, round_=True)
    return solids


def coat_rack(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A turned pole on bent feet with two tiers of hooks, a coat and a scarf hanging from them."""
    x, y = lx / 2, ly / 2
    pole = min(0.022, 0.08 * lx)
    solids = [
        lathe(
            [(pole, 0.06 * lz), (pole, 0.92 * lz), (0.6 * pole, 0.95 * lz), (1.3 * pole, 0.975 * lz), (0.0, lz)],
            "frame",
            sides=12,
        )
    ]
    for arm in range(4):
        turn = math.pi / 4 + arm * math.pi / 2
        a, b = 2**0.5 * math.cos(turn), 2**0.5 * math.sin(turn)
        feet = [(0, 0, 0.17 * lz), (0.5 * a * x, 0.5 * b * y, 0.09 * lz), (0.96 * a * x, 0.96 * b * y, 0.01 * lz)]
        solids.append(tube(feet, (0.8 * pole, 0.7 * pole, 0.6 * pole), "frame"))
    for tier, (low, reach) in enumerate(((0.86, 0.62), (0.74, 0.55))):
        for arm in range(4):
            turn = arm * math.pi / 2 + tier * math.pi / 4
            a, b = math.cos(turn) * reach * x, math.sin(turn) * reach * y
            solids.append(
                tube(
                    [(0, 0, low * lz), (0.7 * a, 0.7 * b, (low + 0.01) * lz), (a, b, (low + 0.06) * lz)],
                    0.4 * pole,
                    "frame",
                    6,
                )
            )
            solids.append(ball((a, b, (low + 0.065) * lz), 0.7 * pole, "frame", 8))
    coat = [
        (0.16, 0.1, 0.80),
        (0.55, 0.4, 0.74),
        (0.62, 0.5, 0.62),
        (0.6, 0.46, 0.5),
        (0.78, 0.6, 0.36),
        (0.7, 0.5, 0.355),
    ]
    rings = [
        ring((-0.28 * x, -0.2 * y), (lx * a * 0.62, ly * b * 0.7), at * lz, 14, 2.4) for a, b, at in reversed(coat)
    ]
    solids.append(skin(rings, "coat"))
    scarf = [(0.46 * x, 0.1 * y, 0.9 * lz), (0.52 * x, 0.06 * y, 0.76 * lz), (0.56 * x, 0.02 * y, 0.55 * lz)]
    for shift in (0.0, 0.22):
        path = [
            (px + 0.1 * shift * x, py + shift * y, pz - shift * 0.2 * lz if n else pz)
            for n, (px, py, pz) in enumerate(scarf)
        ]
        solids.append(tube(path, (0.06 * x, 0.14 * x, 0.16 * x), "scarf", 6))
    return solids


def box(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A lidded chest with straps, a slatted crate, or a woven basket."""
    x, y = lx / 2, ly / 2
    kind = dice.choice(("crate", "basket", "basket", "chest"))
    if kind == "basket":
        return _woven(lx, ly, lz)
    if kind == "chest":
        lid, over = 0.76 * lz, min(0.012, 0.04 * ly)
        solids = [block((-x + over, x - over), (-y + over, y - over), (0.0, lid), "body", 0.006)]
        solids.append(bow_lid(x, y, (lid, lz)))
        for side in (-1, 1):
            at = side * 0.6 * x
            solids.append(plain((at - 0.06 * x, at + 0.06 * x), (-y, -y + 2 * over), (0.0, lid), "metal"))
            grip = [
                (side * (x - over), -0.3 * y, 0.5 * lz),
                (side * x, 0, 0.46 * lz),
                (side * (x - over), 0.3 * y, 0.5 * lz),
            ]
            solids.append(tube(grip, min(0.01, over), "metal", 6))
        solids.append(block((-0.1 * x, 0.1 * x), (-y, -y + 2 * over), (0.6 * lz, 0.8 * lz), "metal"))
        return solids
    board = min(0.014, 0.06 * min(lx, ly))
    post = 2.2 * board
    rows = max(2, min(5, round(lz / 0.09)))
    solids = [block((-x + board, x - board), (-y + board, y - board), (0.02 * lz, 0.02 * lz + board), "body")]
    for sx in (-1, 1):
        for sy in (-1, 1):
            edge_x, edge_y = (sx * (x - board), sx * (x - board - post)), (sy * (y - board), sy * (y - board - post))
            solids.append(plain(edge_x, edge_y, (0.0, 0.985 * lz), "body"))
    for row in range(rows):
        low, high = _part((0.02 * lz, lz), row, rows)
        z = (low + 0.004, high - 0.12 * (high - low)) if row < rows - 1 else (low + 0.004, lz)
        for side in (-1, 1):
            solids.append(block((-x, x), (side * y, side * (y - board)), z, "body", 0.003))
            solids.append(plain((side * x, side * (x - board)), (-y + board, y - board), z, "body"))
    return solids


def bow_lid(x: float, y: float, z: Range) -> Solid:
    """A vaulted lid over 2x by 2y."""
    rise = 0.55 * (z[1] - z[0])
    count = 8
    rings = []
    for side in (-x, x):
        arch = [
            (side, -y * math.cos(math.pi * s / count), z[1] - rise + rise * math.sin(math.pi * s / count))
            for s in range(count + 1)
        ]
        rings.append([*arch, (side, y, z[0]), (side, -y, z[0])])
    return skin(rings, "body")


def _woven(lx: float, ly: float, lz: float) -> list[Solid]:
    rows = max(5, min(12, round(lz / 0.035)))
    outer: list[tuple[float, float]] = []
    for row in range(rows):  # the weave bulges row by row
        wide = 0.84 + 0.12 * math.sin(math.pi * (0.15 + 0.75 * row / rows))
        outer += [(wide - 0.018, row / rows), (wide, (row + 0.5) / rows)]
    outer.append((0.93, 1.0))
    top = 0.93 * lz
    rings = [ring((0, 0), (lx * r, ly * r), z * top, 24, 3.0) for r, z in outer]
    rings += [ring((0, 0), (lx * (r - 0.06), ly * (r - 0.06)), z * top, 24, 3.0) for r, z in ((0.93, 1.0), (0.86, 0.1))]
    solids = [skin(rings, "weave")]
    rim = [(0.95, 0.95), (0.955, 0.985), (0.93, 1.0), (0.86, 0.985), (0.86, 0.95)]
    solids.append(skin([ring((0, 0), (lx * r, ly * r), z * lz, 24, 3.0) for r, z in rim], "weave", closed=True))
    solids.append(
        cushion(
            (-0.36 * lx, 0.36 * lx), (-0.36 * ly, 0.36 * ly), (0.6 * lz, 0.93 * lz), "blanket", 0.12 * lx, 0.08 * lz
        )
    )
    for side in (-1, 1):
        x = side * lx / 2
        grip = [
            (0.9 * x, -0.12 * ly, 0.8 * lz),
            (0.99 * x, -0.07 * ly, 0.9 * lz),
            (0.99 * x, 0.07 * ly, 0.9 * lz),
            (0.9 * x, 0.12 * ly, 0.8 * lz),
        ]
        solids.append(tube(grip, 0.01 * lx, "leather", 6))
    return solids


def _basket(x: Range, y: Range, z: Range) -> list[Solid]:
    center = ((x[0] + x[1]) / 2, (y[0] + y[1]) / 2)
    size = (x[1] - x[0], y[1] - y[0])
    high = z[1] - z[0]
    steps = [(0.9, 0.0), (0.93, 0.3), (0.96, 0.6), (0.98, 0.9), (1.0, 0.92), (1.0, 1.0), (0.9, 1.0), (0.84, 0.12)]
    rings = [ring(center, (size[0] * s, size[1] * s), z[0] + rise * high, 16, 6.0) for s, rise in steps]
    handle = block(
        (center[0] - 0.13 * size[0], center[0] + 0.13 * size[0]),
        (y[0] - 0.002, y[0] + 0.02),
        (z[0] + 0.62 * high, z[0] + 0.74 * high),
        "leather",
    )
    return [skin(rings, "weave"), handle]


def _ornament(at: tuple[float, float, float], reach: float, high: float, y: float, dice: Random) -> list[Solid]:
    r = min(reach, 0.6 * y, 0.3 * high)
    paint = dice.choice(("blue ceramic", "terracotta", "sand ceramic", "white ceramic"))
    kind = dice.randrange(3)
    if kind == 0:
        tall = 0.62 * high
        profile = [
            (0.5 * r, 0.0),
            (0.9 * r, 0.3 * tall),
            (0.75 * r, 0.6 * tall),
            (0.3 * r, 0.8 * tall),
            (0.4 * r, tall),
        ]
        return [bowl(at, profile, 0.12 * r, paint, 14, floor=0.1 * tall)]
    if kind == 1:
        pot = bowl(at, [(0.55 * r, 0.0), (0.75 * r, 0.5 * r * 2)], 0.12 * r, paint, 12, floor=0.6 * r)
        return [
            pot,
            *(
                ball((at[0] + dx * r, at[1] + dy * r, at[2] + 1.25 * r), 0.5 * r, "leaf", 8)
                for dx, dy in ((-0.35, 0), (0.35, 0.1), (0.0, -0.3))
            ),
        ]
    frame = bow(
        (at[0] - 0.8 * r, at[0] + 0.8 * r), at[1], (at[2], at[2] + 0.6 * high), 0.0, 0.02, "frame light", 1, 0.05
    )
    picture = bow(
        (at[0] - 0.6 * r, at[0] + 0.6 * r),
        at[1] + 0.002,
        (at[2] + 0.1 * high, at[2] + 0.5 * high),
        0.0,
        0.006,
        "sky",
        1,
        0.035,
    )
    picture.vertices[:, 1] -= 0.004
    return [frame, picture]


def _part(span: Range, number: int, count: int) -> Range:
    width = (span[1] - span[0]) / count
    return span[0] + number * width, span[0] + (number + 1) * width


_FILLED = {"weave": ("rattan", "rattan"), "leather": ("leather",), "frame light": ("birch",)}

RECIPES: dict[str, Recipe] = {
    "bookshelf": Recipe(bookshelf, {"body": CARCASS, "back": ("white lacquer", "birch"), **_FILLED}),
    "shelf": Recipe(shelf, {"body": CARCASS, **_FILLED}),
    "cabinet": Recipe(cabinet, {"body": CARCASS, "front": (*LACQUERS, "oak"), "metal": METALS}),
    "tv_stand": Recipe(
        tv_stand,
        {"body": ("oak", "walnut", "white lacquer"), "front": ("oak", "walnut"), "legs": ("black metal", "oak")},
    ),
    "coat_rack": Recipe(
        coat_rack, {"frame": DARK_WOODS, "coat": ("navy fabric", "charcoal fabric", "mustard fabric"), "scarf": ACCENTS}
    ),
    "box": Recipe(
        box,
        {
            "body": (*WOODS, "teak"),
            "weave": ("rattan", "pine"),
            "blanket": ("cream fabric", "grey fabric"),
            "metal": METALS,
            "leather": ("leather",),
        },
    ),
}
