# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables and desks. Where people sit, nothing hangs lower than 0.62 m between the legs and the side blocks."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from .joinery import HANDLE_DEPTH, corner_legs, front
from .recipe import CARCASS, METALS, WOODS, Recipe
from .shapes import Range, Solid, block, cylinder, plain, ring, tube
from .shapes import loft as skin

KNEE = 0.63
"""Where people sit at a table of common height, this much is free above the floor, metres."""


def dining_table(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A plank top with eased edges, a shallow apron, four tapered legs at the corners."""
    x, y = lx / 2, ly / 2
    thick = min(0.038, 0.08 * lz)
    leg = min(0.075, 0.06 * min(lx, ly) + 0.01)
    knee = _knee(lz, thick)
    round_ = dice.random() < 0.35
    inset = 0.03 * min(lx, ly)
    solids = [_top((-x, x), (-y, y), (lz - thick, lz), "top", dice.choice((12.0, 40.0)))]
    solids += corner_legs(lx, ly, (0.0, lz - thick), "legs", leg, 0.6 * leg, inset, 0.025 if round_ else 0.0, round_)
    edge = inset + 0.3 * leg + (0.02 if round_ else 0.0)
    for side in (-1, 1):
        board = (side * (y - edge), side * (y - edge - 0.02))
        solids.append(plain((-x + edge + 0.5 * leg, x - edge - 0.5 * leg), board, (knee, lz - thick), "legs"))
        board = (side * (x - edge), side * (x - edge - 0.02))
        solids.append(plain(board, (-y + edge + 0.5 * leg, y - edge - 0.5 * leg), (knee, lz - thick), "legs"))
    return solids


def coffee_table(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A low table: round-cornered top, splayed legs, a slatted shelf with magazines below."""
    x, y = lx / 2, ly / 2
    thick = min(0.032, 0.12 * lz)
    solids = [_top((-x, x), (-y, y), (lz - thick, lz), "top", 3.4 if dice.random() < 0.5 else 12.0)]
    solids += corner_legs(
        0.94 * lx, 0.9 * ly, (0.0, lz - thick), "legs", 0.05, 0.03, 0.03 * min(lx, ly), 0.03, round_=True
    )
    shelf = 0.36 * lz
    for number in range(5):
        at = -0.56 * y + 1.12 * y * number / 4
        solids.append(
            block((-0.72 * x, 0.72 * x), (at - 0.1 * y, at + 0.1 * y), (shelf, shelf + 0.045 * lz), "legs", 0.003)
        )
    for side in (-1, 1):
        at = side * 0.7 * x
        solids.append(plain((at - 0.015, at + 0.015), (-0.7 * y, 0.7 * y), (shelf - 0.04 * lz, shelf), "legs"))
    for step, (paint, size) in enumerate((("book slate", 0.36), ("book ochre", 0.31), ("paper", 0.28))):
        low = shelf + 0.045 * lz + 0.03 * lz * step
        solids.append(
            plain((0.1 * x, (0.1 + size) * x), (-0.8 * size * y, 0.8 * size * y), (low, low + 0.028 * lz), paint)
        )
    return solids


def side_table(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A small table: an oval top on a column with three feet, or a square one with a drawer and a shelf."""
    x, y = lx / 2, ly / 2
    thick = min(0.028, 0.08 * lz)
    if dice.random() < 0.5:
        outer = [(0.94, 0.0), (1.0, 0.4), (1.0, 1.0), (0.95, 1.0)]
        top = [ring((0, 0), (lx * r, ly * r), lz - thick + rise * thick, 32) for r, rise in outer]
        solids = [skin(top, "top"), cylinder((0, 0, 0.06 * lz), min(0.022, 0.1 * lx), 0.94 * lz - thick, "legs")]
        for sx, sy in ((-0.62, -0.55), (0.62, -0.55), (0.0, 0.8)):
            foot = (sx * x, sy * y, 0.012)
            solids.append(
                tube([(0, 0, 0.3 * lz), (0.5 * sx * x, 0.5 * sy * y, 0.12 * lz), foot], (0.012, 0.012, 0.014), "legs")
            )
        solids.append(cylinder((0, 0, 0.06 * lz), min(0.035, 0.12 * lx), 0.28 * lz, "legs", min(0.022, 0.1 * lx)))
        return solids
    depth = -y + HANDLE_DEPTH
    solids = [_top((-x, x), (depth, y), (lz - thick, lz), "top", 30.0)]
    solids.append(block((-0.9 * x, 0.9 * x), (depth + 0.03, 0.94 * y), (0.72 * lz, lz - thick), "top"))
    solids += front((-0.86 * x, 0.86 * x), (0.725 * lz, lz - thick - 0.004), depth + 0.03, "top", "knob")
    legs = corner_legs(0.94 * lx, 0.97 * (y - depth), (0.0, lz - thick), "legs", 0.035, 0.025, 0.0)
    for leg in legs:
        leg.vertices[:, 1] += (y + depth) / 2
    solids += legs
    solids.append(block((-0.88 * x, 0.88 * x), (depth + 0.02, 0.9 * y), (0.24 * lz, 0.24 * lz + thick), "top"))
    return solids


def desk(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A work top over a block of drawers on one side and a leg frame or panel on the other; the knees are free."""
    x, y = lx / 2, ly / 2
    thick = min(0.03, 0.06 * lz)
    side = dice.choice((-1, 1))
    front_y = -y + 0.01
    block_w = min(0.42, 0.3 * lx)
    solids: list[Solid] = [block((-x, x), (-y, y), (lz - thick, lz), "top", 0.008)]
    outer, inner = side * (x - 0.02 * lx), side * (x - 0.02 * lx - block_w)
    span: Range = (min(outer, inner), max(outer, inner))
    face = front_y + HANDLE_DEPTH + 0.018
    foot = 0.06 * lz
    solids.append(block(span, (face, 0.96 * y), (foot, lz - thick), "body"))
    rows = (0.0, 0.42, 0.72, 1.0)
    for low, high in pairwise(rows):
        z = (foot + low * (lz - thick - foot), foot + high * (lz - thick - foot))
        solids += front((span[0] + 0.002, span[1] - 0.002), z, face, "body", "bar")
    for px in span:
        for py in (face + 0.03, 0.9 * y):
            inward = px + (0.03 if px == span[0] else -0.03)
            solids.append(cylinder((inward, py, 0.0), 0.016, foot + 0.002, "metal", 0.02, sides=8))
    far = -side * (x - 0.03 * lx)
    if dice.random() < 0.5:
        bar = min(0.045, 0.05 * lx)
        edge = (far, far + side * bar)
        for y0 in (-0.93 * y, 0.93 * y - bar):
            solids.append(block(edge, (y0, y0 + bar), (0.0, lz - thick), "metal", 0.005))
        solids.append(block(edge, (-0.93 * y + bar, 0.93 * y - bar), (0.0, bar), "metal", 0.005))
        solids.append(block(edge, (-0.93 * y + bar, 0.93 * y - bar), (lz - thick - bar, lz - thick), "metal", 0.005))
    else:
        solids.append(block((far, far + side * thick), (-0.94 * y, 0.96 * y), (0.0, lz - thick), "body"))
    gap = (far, inner) if side > 0 else (inner, far)
    solids.append(block((gap[0] - 0.01, gap[1] + 0.01), (0.88 * y, 0.88 * y + 0.018), (0.55 * lz, lz - thick), "body"))
    solids.append(cylinder((-side * 0.6 * x, 0.7 * y, lz - 0.004), 0.03, 0.004, "black plastic"))
    return solids


def school_desk(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A pupil's desk: laminate top with a pencil groove, steel tube sleds, a book tray under the top, a bag hook."""
    x, y = lx / 2, ly / 2
    thick = min(0.024, 0.05 * lz)
    pipe = min(0.016, 0.04 * lx)
    groove = 0.55 * y
    cut = min(0.012, 0.3 * ly)
    solids: list[Solid] = [
        block((-x, x), (-y, groove), (lz - thick, lz), "top", 0.004),
        plain((-x, x), (groove, groove + cut), (lz - thick, lz - 0.6 * thick), "top"),
        block((-x, x), (groove + cut, y), (lz - thick, lz), "top", 0.004),
    ]
    for side in (-1, 1):
        at = side * (0.93 * x - pipe)
        solids += [
            tube([(at, -0.92 * y, pipe), (at, 0.92 * y, pipe)], pipe, "metal"),
            tube([(at, 0.45 * y, pipe), (at, 0.3 * y, lz - thick)], pipe, "metal"),
            tube([(at, -0.7 * y, lz - thick - pipe), (at, 0.8 * y, lz - thick - pipe)], pipe, "metal"),
            *(cylinder((at, end * 0.85 * y, 0.0), 1.4 * pipe, 1.6 * pipe, "rubber", sides=8) for end in (-1, 1)),
        ]
    knee = _knee(lz, thick)
    solids += [
        tube([(-0.93 * x + pipe, 0.38 * y, 0.45 * lz), (0.93 * x - pipe, 0.38 * y, 0.45 * lz)], pipe, "metal"),
        plain((-0.8 * x, 0.8 * x), (-0.6 * y, 0.7 * y), (knee, knee + 0.006), "metal"),
        plain((-0.8 * x, 0.8 * x), (0.7 * y - 0.006, 0.7 * y), (knee, lz - thick), "metal"),
        *(plain((s * 0.8 * x, s * 0.79 * x), (-0.6 * y, 0.7 * y), (knee, lz - thick), "metal") for s in (-1, 1)),
        plain((-0.5 * x, 0.2 * x), (-0.4 * y, 0.5 * y), (knee + 0.006, knee + 0.035 * lz), "book blue"),
        tube([(0.93 * x, 0, lz - thick - pipe), (x, 0, 0.87 * lz), (0.99 * x, -0.1 * y, 0.86 * lz)], 0.004, "metal", 6),
    ]
    return solids


def _top(x: Range, y: Range, z: Range, paint: str, square: float) -> Solid:
    """A table top with rounded corners; the larger `square`, the squarer."""
    size = (x[1] - x[0], y[1] - y[0])
    center = ((x[0] + x[1]) / 2, (y[0] + y[1]) / 2)
    soft = min(0.006, 0.2 * (z[1] - z[0]))
    if square > 20:
        return block(x, y, z, paint, soft)
    levels = ((soft, z[0]), (0.0, z[0] + soft), (0.0, z[1] - soft), (soft, z[1]))
    return skin([ring(center, (size[0] - 2 * s, size[1] - 2 * s), at, 40, square) for s, at in levels], paint)


def _knee(lz: float, thick: float) -> float:
    """How low an apron may come."""
    return max(KNEE, lz - thick - 0.09) if lz > KNEE + thick + 0.015 else lz - thick - 0.06 * lz


RECIPES: dict[str, Recipe] = {
    "dining_table": Recipe(dining_table, {"top": WOODS, "legs": ("oak", "walnut", "white lacquer")}),
    "coffee_table": Recipe(coffee_table, {"top": (*WOODS, "marble"), "legs": ("oak", "walnut", "black metal")}),
    "side_table": Recipe(side_table, {"top": WOODS, "legs": ("black metal", "brass", "oak"), "metal": METALS}),
    "desk": Recipe(desk, {"top": WOODS, "body": CARCASS, "metal": METALS}),
    "school_desk": Recipe(school_desk, {"top": ("beech", "birch"), "metal": ("steel", "black metal")}),
}
