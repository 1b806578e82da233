# SPDX-License-Identifier: GPL-3.0-or-later
"""Beds and what stands in bedrooms."""

from __future__ import annotations

from random import Random

from .joinery import HANDLE_DEPTH, corner_legs, front
from .recipe import ACCENTS, CARCASS, DARK_WOODS, LACQUERS, METALS, WOODS, Recipe
from .shapes import Range, Solid, block, cushion, pillow, plain, tapered, turned


def bed(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A double bed: upholstered or panelled headboard, mattress, duvet turned down, throw, two rows of pillows."""
    x, y = lx / 2, ly / 2
    head = min(0.1, 0.06 * ly)
    rail = (0.13 * lz, 0.36 * lz)
    top = 0.6 * lz
    solids = _headboard(lx, (y - head, y), lz, dice.choice(("channels", "panel", "channels")))
    solids += [
        block((-0.985 * x, 0.985 * x), (-0.985 * y, y - head), rail, "frame", 0.012),
        cushion((-0.955 * x, 0.955 * x), (-0.96 * y, y - head), (rail[1] - 0.04 * lz, top), "linen", 0.05, 0.0),
    ]
    solids += corner_legs(1.9 * x, 1.9 * y, (0.0, rail[0]), "legs", 0.055, 0.04)
    solids += _bedding(lx, ly, lz, top, y - head, pillows=2 if lx > 1.05 else 1)
    return solids


def single_bed(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A wooden bed: posts, slatted head and foot boards, side rails, mattress, duvet, one pillow."""
    x, y = lx / 2, ly / 2
    post = min(0.055, 0.1 * lx)
    foot, top = 0.68 * lz, 0.58 * lz
    solids: list[Solid] = []
    for side in (-1, 1):
        edge = (side * x, side * (x - post))
        solids += [
            block(edge, (y - post, y), (0.0, lz), "frame", 0.008),
            block(edge, (-y, -y + post), (0.0, foot), "frame", 0.008),
            block(
                (side * (x - 0.2 * post), side * (x - 0.75 * post)),
                (-y + post, y - post),
                (0.25 * lz, 0.42 * lz),
                "frame",
            ),
        ]
    for y0, z1 in ((y - 0.8 * post, lz), (-y + 0.2 * post, foot)):
        board = (y0, y0 + 0.6 * post)
        solids.append(block((-x + post, x - post), board, (z1 - 0.12 * lz, z1 - 0.02 * lz), "frame"))
        solids.append(block((-x + post, x - post), board, (0.25 * lz, 0.36 * lz), "frame"))
        for step in range(1, 7):
            at = -x + post + (lx - 2 * post) * step / 7
            slat = (at - 0.018 * lx, at + 0.018 * lx)
            solids.append(plain(slat, (y0 + 0.15 * post, y0 + 0.45 * post), (0.34 * lz, z1 - 0.1 * lz), "frame"))
    inner = (y - post, -y + post)
    solids.append(cushion((-0.95 * x + 0.4 * post, 0.95 * x - 0.4 * post), inner, (0.34 * lz, top), "linen", 0.05, 0.0))
    solids += _bedding(lx - 0.4 * post, ly - 2 * post, lz, top, inner[0], pillows=1)
    return solids


def crib(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """Four posts, bars all around, a mattress with a small blanket."""
    x, y = lx / 2, ly / 2
    post = min(0.05, 0.12 * lx, 0.12 * ly)
    solids = [
        block((sx * x, sx * (x - post)), (sy * y, sy * (y - post)), (0.0, lz), "frame", 0.008)
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]
    for low, high in ((0.2 * lz, 0.27 * lz), (0.9 * lz, 0.96 * lz)):
        for side in (-1, 1):
            thick = (side * (x - 0.2 * post), side * (x - 0.8 * post))
            solids.append(block(thick, (-y + post, y - post), (low, high), "frame"))
            thick = (side * (y - 0.2 * post), side * (y - 0.8 * post))
            solids.append(block((-x + post, x - post), thick, (low, high), "frame"))
    bar = 0.2 * post
    for side in (-1, 1):
        for along, across, count in ((ly - 2 * post, x, 11), (lx - 2 * post, y, 6)):
            for step in range(1, count):
                at = along * (step / count - 0.5)
                middle = side * (across - 0.5 * post)
                spot = ((middle - bar, middle + bar), (at - bar, at + bar))
                if across == y:
                    spot = (spot[1], spot[0])
                solids.append(plain(*spot, (0.25 * lz, 0.92 * lz), "frame"))
    inside = ((-x + 0.9 * post, x - 0.9 * post), (-y + 0.9 * post, y - 0.9 * post))
    solids.append(plain(*inside, (0.22 * lz, 0.29 * lz), "frame"))
    solids.append(
        cushion((0.97 * inside[0][0], 0.97 * inside[0][1]), inside[1], (0.29 * lz, 0.42 * lz), "linen", 0.03, 0.01)
    )
    solids.append(cushion((-0.82 * x, 0.82 * x), (-0.85 * y, 0.2 * y), (0.35 * lz, 0.46 * lz), "cover", 0.03, 0.01))
    solids.append(pillow((-0.5 * x, 0.5 * x), (0.42 * y, 0.84 * y), (0.4 * lz, 0.5 * lz), "linen"))
    return solids


def nightstand(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A drawer over an open shelf, or two drawers, on tapered legs."""
    x, y = lx / 2, ly / 2
    depth = (-y + HANDLE_DEPTH, y)
    base, board = 0.26 * lz, min(0.022, 0.08 * lz)
    solids = _case((-x, x), depth, (base, lz), board, "body")
    middle = base + board + 0.48 * (lz - base - 2 * board)
    inner = (-x + board, x - board)
    solids += front(inner, (middle, lz - board), depth[0] + 0.018, "front", "knob")
    solids.append(plain(inner, (depth[0] + 0.02, y), (middle - 0.4 * board, middle), "body"))
    if dice.random() < 0.5:
        solids += front(inner, (base + board, middle), depth[0] + 0.018, "front", "knob")
    else:
        floor = base + board
        for step, (share, paint) in enumerate(((0.75, "book blue"), (0.62, "book cream"), (0.5, "book red"))):
            rise = (floor + 0.035 * step, floor + 0.035 * (step + 1) - 0.001)
            if rise[1] < middle - 0.03:
                solids.append(plain((-0.4 * x * share, 0.5 * x * share), (-0.3 * y, 0.6 * y), rise, paint))
    solids += corner_legs(0.96 * lx, 0.92 * ly, (0.0, base), "body", 0.04, 0.024, inset=0.004, splay=0.015, round_=True)
    return solids


def wardrobe(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """Panelled doors with upright handles between a plinth and a cornice; wide ones have drawers below."""
    x, y = lx / 2, ly / 2
    depth = (-y + HANDLE_DEPTH, y)
    plinth, cornice = 0.04 * lz, 0.965 * lz
    face = depth[0] + 0.02
    solids = [
        block((-0.97 * x, 0.97 * x), (face + 0.02, y), (0.0, plinth), "body"),
        block((-0.985 * x, 0.985 * x), (face, y), (plinth, cornice), "body"),
        block((-x, x), (depth[0], y), (cornice, lz), "body", 0.01),
    ]
    doors = max(1, min(6, round(lx / 0.5)))
    low = plinth + 0.01 * lz
    if doors >= 2 and dice.random() < 0.6:
        low += 0.14 * lz
        half = max(1, doors // 2 if doors > 2 else 1)
        for number in range(half):
            span = _share((-0.975 * x, 0.975 * x), number, half)
            solids += front(span, (plinth + 0.005 * lz, low), face, "front", "bar")
    for number in range(doors):
        span = _share((-0.975 * x, 0.975 * x), number, doors)
        hinge = "left" if number % 2 == 0 else "right"
        solids += front(span, (low, cornice - 0.005 * lz), face, "front", "upright", hinge=hinge, panelled=True)
    return solids


def dresser(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A chest of drawers, wider ones in two or three columns, on short turned legs."""
    x, y = lx / 2, ly / 2
    base, board = min(0.14, 0.2 * lz), min(0.025, 0.05 * lz)
    depth = (-y + HANDLE_DEPTH, y)
    face = depth[0] + 0.02
    solids = [
        block((-x, x), (depth[0], y), (lz - board, lz), "body", 0.006),
        block((-0.985 * x, 0.985 * x), (face, y), (base, lz - board), "body"),
    ]
    columns = max(1, min(3, round(lx / 0.55)))
    rows = max(2, min(5, round((lz - base) / 0.24)))
    inner = (-0.97 * x, 0.97 * x)
    handle = dice.choice(("bar", "knob"))
    z = lz - board - 0.004
    tall = (z - base - 0.008) / (rows - 0.3)
    for row in range(rows):
        high = 0.7 * tall if row == 0 else tall
        for column in range(columns):
            solids += front(_share(inner, column, columns), (z - high, z), face, "front", handle)
        z -= high
    solids += corner_legs(0.95 * lx, 0.9 * ly, (0.0, base), "body", 0.055, 0.03, splay=0.01, round_=True)
    return solids


def vanity(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A dressing table: slim drawers either side of the knees, curved apron, brass knobs; tall ones carry a mirror."""
    x, y = lx / 2, ly / 2
    top = lz if lz < 1.05 else 0.56 * lz
    board, block_w = min(0.025, 0.05 * top), 0.2 * lx
    depth = (-y + HANDLE_DEPTH, y)
    drawer = top - board - 0.36 * top
    solids = [block((-x, x), (depth[0], y), (top - board, top), "body", 0.008)]
    for side in (-1, 1):
        span = tuple(sorted((side * (x - 0.015 * lx), side * (x - 0.015 * lx - block_w))))
        span = (span[0], span[1])
        solids.append(block(span, (depth[0] + 0.02, 0.97 * y), (drawer, top - board), "body"))
        for row in range(2):
            z = _share((drawer, top - board), row, 2)
            solids += front((span[0] + 0.004, span[1] - 0.004), z, depth[0] + 0.02, "front", "knob")
        for leg_y in (depth[0] + 0.035, 0.97 * y - 0.015):
            for leg_x in (span[0] + 0.016, span[1] - 0.016):
                foot, head = 0.009, 0.016
                solids.append(
                    tapered(
                        ((leg_x - foot, leg_x + foot), (leg_y - foot, leg_y + foot), 0.0),
                        ((leg_x - head, leg_x + head), (leg_y - head, leg_y + head), drawer + 0.004),
                        "body",
                    )
                )
    inner = x - 0.015 * lx - block_w
    solids.append(
        plain((-inner, inner), (depth[0] + 0.03, depth[0] + 0.05), (top - board - 0.07 * top, top - board), "front")
    )
    if top < lz:
        solids.append(block((-0.45 * x, 0.45 * x), (y - 0.04, y - 0.015), (top, lz), "body", 0.012))
        solids.append(
            block((-0.41 * x, 0.41 * x), (y - 0.045, y - 0.03), (top + 0.02 * lz, 0.98 * lz), "mirror", 0.002)
        )
    return solids


def _headboard(lx: float, y: Range, lz: float, kind: str) -> list[Solid]:
    x = lx / 2
    if kind == "channels":
        count = max(3, round(lx / 0.2))
        padded = [
            cushion(
                _share((-x, x), number, count),
                (y[0], y[1] - 0.2 * (y[1] - y[0])),
                (0.3 * lz, lz),
                "headboard",
                0.04,
                0.0,
            )
            for number in range(count)
        ]
        return [*padded, block((-0.98 * x, 0.98 * x), (y[1] - 0.3 * (y[1] - y[0]), y[1]), (0.0, 0.97 * lz), "frame")]
    thin = (y[0] + 0.35 * (y[1] - y[0]), y[1])
    frame = min(0.09, 0.12 * lx)
    return [
        block((-x, -x + frame), (y[0], y[1]), (0.0, lz), "frame", 0.012),
        block((x - frame, x), (y[0], y[1]), (0.0, lz), "frame", 0.012),
        block((-x + frame, x - frame), (y[0], y[1]), (0.89 * lz, 0.985 * lz), "frame", 0.01),
        block((-x + frame, x - frame), thin, (0.3 * lz, 0.89 * lz), "frame"),
        plain((-0.02 * lx, 0.02 * lx), (y[0], y[1]), (0.3 * lz, 0.89 * lz), "frame"),
    ]


def _bedding(lx: float, ly: float, lz: float, top: float, head: float, pillows: int) -> list[Solid]:
    """Duvet over the foot end, its turned-down edge, a throw, pillows leaning on the head, one small cushion."""
    x, foot = lx / 2, -ly / 2
    long = head - foot
    turn = foot + 0.63 * long
    loft_ = 0.09 * lz
    solids = [
        cushion((-x, x), (foot, turn), (0.42 * lz, top + loft_), "cover", 0.07, 0.0, fine=True),
        cushion(
            (-x, x), (turn - 0.02 * long, turn + 0.07 * long), (0.46 * lz, top + 1.35 * loft_), "linen", 0.045, 0.0
        ),
        cushion(
            (-1.0 * x, 1.0 * x),
            (foot + 0.1 * long, foot + 0.32 * long),
            (0.40 * lz, top + 1.35 * loft_),
            "throw",
            0.06,
            0.0,
        ),
    ]
    thick, deep = 0.2 * lz, 0.22 * long
    for number in range(pillows):
        span = _share((-0.93 * x, 0.93 * x), number, pillows)
        flat = pillow((span[0] + 0.02 * lx, span[1] - 0.02 * lx), (head - deep, head), (top, top + thick), "linen")
        leaning = turned(flat, 32, "x", (0.0, head, top))
        back = min(0.0, head - float(leaning.vertices[:, 1].max()))
        leaning.vertices[:, 1] += back
        leaning.vertices[:, 2] += top - float(leaning.vertices[:, 2].min())
        solids.append(leaning)
    size = 0.36 * x if pillows > 1 else 0.42 * x
    small = pillow((-size, size), (head - 0.34 * long, head - 0.18 * long), (top, top + 0.7 * thick), "throw")
    small = turned(small, 38, "x", (0.0, head - 0.2 * long, top))
    small.vertices[:, 2] += top - float(small.vertices[:, 2].min())
    return [*solids, small]


def _case(x: Range, y: Range, z: Range, board: float, paint: str) -> list[Solid]:
    """A cupboard box open to the front."""
    return [
        block(x, y, (z[1] - board, z[1]), paint),
        block(x, (y[0] + 0.004, y[1]), (z[0], z[0] + board), paint),
        block((x[0], x[0] + board), (y[0] + 0.004, y[1]), (z[0] + board, z[1] - board), paint),
        block((x[1] - board, x[1]), (y[0] + 0.004, y[1]), (z[0] + board, z[1] - board), paint),
        plain((x[0] + board, x[1] - board), (y[1] - 0.012, y[1]), (z[0] + board, z[1] - board), paint),
    ]


def _share(span: Range, number: int, count: int) -> Range:
    width = (span[1] - span[0]) / count
    return span[0] + number * width, span[0] + (number + 1) * width


_BEDDING = {"throw": ACCENTS, "cover": ("cream fabric", "linen", "grey fabric", "sage fabric", "blue fabric")}

RECIPES: dict[str, Recipe] = {
    "bed": Recipe(
        bed,
        {
            "frame": DARK_WOODS,
            "headboard": ("grey fabric", "beige fabric", "blue fabric", "charcoal fabric"),
            **_BEDDING,
            "linen": ("linen",),
            "legs": DARK_WOODS,
        },
    ),
    "single_bed": Recipe(
        single_bed,
        {
            "frame": (*WOODS, "white lacquer"),
            "cover": ("blue fabric", "sage fabric", "rose fabric", "mustard fabric"),
            "throw": ACCENTS,
        },
    ),
    "crib": Recipe(
        crib,
        {
            "frame": ("white lacquer", "birch", "beech"),
            "cover": ("rose fabric", "sage fabric", "blue fabric", "mustard fabric"),
        },
    ),
    "nightstand": Recipe(nightstand, {"body": CARCASS, "front": ("white lacquer", "oak", "walnut"), "metal": METALS}),
    "wardrobe": Recipe(
        wardrobe,
        {
            "body": ("oak", "walnut", "white lacquer", "birch"),
            "front": ("white lacquer", "oak", "walnut"),
            "metal": METALS,
        },
    ),
    "dresser": Recipe(dresser, {"body": CARCASS, "front": ("white lacquer", "oak", *LACQUERS), "metal": METALS}),
    "vanity": Recipe(
        vanity,
        {
            "body": ("white lacquer", "walnut", "birch"),
            "front": ("white lacquer", "sage lacquer"),
            "metal": ("brass", "chrome"),
        },
    ),
}
