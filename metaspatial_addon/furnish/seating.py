# SPDX-License-Identifier: GPL-3.0-or-later
"""Sofas, chairs, stools, benches. Chairs are armless, their seats near 0.45 m, so that they slide under tables."""

from __future__ import annotations

import math
from random import Random

from .joinery import corner_legs
from .recipe import ACCENTS, DARK_WOODS, FABRICS, WOODS, Recipe
from .shapes import Solid, ball, block, bow, cushion, cylinder, lathe, pillow, ring, torus, tube, turned
from .shapes import loft as skin


def sofa(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """Feet, a base, arms, a back, as many seat and back cushions as fit, two throw pillows."""
    x, y = lx / 2, ly / 2
    arm = min(0.2, 0.13 * lx)
    foot, base, arm_top = 0.13 * lz, 0.33 * lz, 0.66 * lz
    back = y - min(0.2, 0.22 * ly)
    solids = corner_legs(0.96 * lx, 0.92 * ly, (0.0, foot + 0.01 * lz), "legs", 0.05, 0.032, splay=0.01, round_=True)
    solids += [
        block((-x + 0.5 * arm, x - 0.5 * arm), (-0.96 * y, 0.97 * y), (foot, base), "body", 0.02),
        cushion((-x + 0.6 * arm, x - 0.6 * arm), (back, y), (base - 0.02 * lz, 0.9 * lz), "body", 0.07, 0.0),
        cushion((-x, -x + arm), (-0.98 * y, 0.99 * y), (foot, arm_top), "body", 0.06, 0.0, fine=True),
        cushion((x - arm, x), (-0.98 * y, 0.99 * y), (foot, arm_top), "body", 0.06, 0.0, fine=True),
    ]
    seats = max(1, min(4, round((lx - 2 * arm) / 0.7)))
    seat_top = 0.52 * lz
    for number in range(seats):
        left = -x + arm + (lx - 2 * arm) * number / seats
        right = -x + arm + (lx - 2 * arm) * (number + 1) / seats
        gap = 0.004 * lx / seats
        span = (left + gap, right - gap)
        solids.append(cushion(span, (-y, back + 0.02), (base - 0.01 * lz, seat_top), "body", 0.045, 0.02, fine=True))
        tall = cushion(span, (back - 0.2 * ly, back), (seat_top - 0.02 * lz, 0.98 * lz), "body", 0.06, 0.03)
        leaning = turned(tall, -9, "x", (0.0, back, seat_top))
        leaning.vertices[:, 2] *= lz / max(float(leaning.vertices[:, 2].max()), 1e-6)
        solids.append(leaning)
    size = min(0.42, 0.45 * lz, 0.4 * (lx - 2 * arm))
    for side in (-1, 1):
        if side == 1 and seats == 1:
            break
        middle = side * (x - arm - 0.62 * size)
        flat = pillow((middle - size / 2, middle + size / 2), (-size / 2, size / 2), (0.0, 0.3 * size), "pillow")
        standing = turned(turned(flat, 68, "x"), 14 * side, "z", (middle, 0.0, 0.0))
        low, high = standing.vertices.min(axis=0), standing.vertices.max(axis=0)
        standing.vertices[:, 1] += back - 0.15 * ly - high[1]
        standing.vertices[:, 2] += seat_top - low[2]
        solids.append(standing)
    return solids


def armchair(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A tub chair with a wrapping back and splayed wooden legs, or a small sofa."""
    if dice.random() < 0.4:
        return sofa(lx, ly, lz, dice)
    x, y = lx / 2, ly / 2
    foot, seat = 0.24 * lz, 0.52 * lz
    solids = corner_legs(0.9 * lx, 0.88 * ly, (0.0, foot + 0.04 * lz), "legs", 0.045, 0.025, splay=0.05, round_=True)
    rings = []
    thick = min(0.13, 0.15 * lx)
    for step in range(25):  # around from the left arm's front over the back to the right arm's front
        turn = math.pi * (1.0 + step / 24)
        side, depth = math.cos(turn), -math.sin(turn)
        out_x, out_y = side * x, 0.15 * y + depth * 0.85 * y
        in_x, in_y = side * (x - thick), 0.15 * y + depth * (0.85 * y - thick)
        if depth < 0.35:
            stretch = (0.35 - depth) / 0.35
            out_y -= stretch * 0.98 * y
            in_y -= stretch * 0.98 * y
        top = lz * (0.68 + 0.32 * max(0.0, depth) ** 1.5)
        soft = 0.4 * thick
        near = 0.15
        tilt = 0.04 * ly * max(0.0, depth)
        mid_x, mid_y = (out_x + in_x) / 2, (out_y + in_y) / 2
        rings.append(
            [
                (out_x * 0.94, out_y * 0.94, foot),
                (out_x, out_y, foot + soft),
                (out_x, out_y, top - soft),
                (out_x + near * (in_x - out_x), out_y + near * (in_y - out_y), top - 0.3 * soft),
                (mid_x, mid_y, top),
                (in_x + near * (out_x - in_x), in_y + near * (out_y - in_y), top - 0.3 * soft),
                (in_x, in_y + 0.3 * tilt, top - soft),
                (in_x, in_y - tilt, foot + soft),
                (in_x, in_y - tilt, foot),
            ]
        )
    solids.append(skin(rings, "body"))
    inside = x - 0.8 * thick
    solids.append(block((-inside, inside), (-0.92 * y, y - thick), (foot, seat - 0.14 * lz), "body", 0.02))
    solids.append(
        cushion((-inside, inside), (-y, y - 1.2 * thick), (seat - 0.15 * lz, seat), "body", 0.05, 0.02, fine=True)
    )
    size = 0.42 * lx
    flat = pillow((-size / 2, size / 2), (-size / 2, size / 2), (0.0, 0.3 * size), "pillow")
    standing = turned(flat, 66, "x")
    standing.vertices[:, 1] += y - 1.35 * thick - standing.vertices[:, 1].max()
    standing.vertices[:, 2] += seat - standing.vertices[:, 2].min()
    return [*solids, standing]


def chair(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A dining chair: tapered legs, a seat with a pad, and a slatted, laddered or solid back leaning a little."""
    x, y = lx / 2, ly / 2
    seat = 0.45 if 0.7 < lz < 1.15 else 0.5 * lz
    thick, post = min(0.032, 0.05 * lz), min(0.038, 0.09 * lx)
    lean = 0.1 * ly
    hinge = y - lean - post
    solids: list[Solid] = [
        block((-x, x), (-y, hinge + post), (seat - thick, seat - 0.3 * thick), "frame", 0.01),
        cushion(
            (-0.95 * x, 0.95 * x), (-0.95 * y, hinge), (seat - 0.5 * thick, seat + 0.5 * thick), "pad", 0.03, 0.004
        ),
    ]
    solids += corner_legs(
        0.96 * lx, 0.94 * (hinge + post + y), (0.0, seat - thick), "frame", post, 0.6 * post, splay=0.012
    )
    for leg in solids[-4:]:
        leg.vertices[:, 1] += (hinge + post - y) / 2
    for side in (-1, 1):
        at = side * (0.93 * x - 0.5 * post)
        path = [
            (at, hinge + 0.4 * post, seat - thick),
            (at, hinge + 0.5 * post, seat + 0.15 * lz),
            (at, y - 0.5 * post, lz - 0.03 * lz),
        ]
        solids.append(tube(path, (0.5 * post, 0.5 * post, 0.36 * post), "frame"))
    inner = 0.93 * x - 0.5 * post
    kind = dice.choice(("ladder", "slats", "panel"))

    def board(low: float, high: float, sag: float, thickness: float, paint: str = "frame") -> Solid:
        rise = (low - seat) / max(lz - seat, 1e-6)
        front = hinge + 0.3 * post + rise * lean - 0.3 * thickness
        slope = lean * (high - low) / max(lz - seat, 1e-6)
        return bow((-inner, inner), front, (low, high), sag, thickness, paint, lean=slope)

    sag = 0.05 * ly
    solids.append(board(lz - 0.1 * lz, lz, sag, 0.018))
    if kind == "ladder":
        solids += [board(seat + f * (lz - seat), seat + (f + 0.13) * (lz - seat), sag, 0.014) for f in (0.24, 0.5)]
    elif kind == "slats":
        solids.append(board(seat + 0.16 * (lz - seat), seat + 0.24 * (lz - seat), sag, 0.014))
        for step in range(1, 6):
            at = inner * (step / 3 - 1)
            bend = sag * (1 - (step / 3 - 1) ** 2)
            foot_y, head_y = hinge + 0.3 * post + 0.2 * lean + bend, y - post + 0.2 * post - 0.1 * lean + bend
            solids.append(tube([(at, foot_y, seat + 0.2 * (lz - seat)), (at, head_y, 0.92 * lz)], 0.011, "frame", 6))
    else:
        solids.append(board(seat + 0.22 * (lz - seat), 0.93 * lz, sag, 0.02, "pad"))
    return solids


def office_chair(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A five-star base on castors, a gas lift, a padded seat, a curved back on a spine; armless, to go under desks."""
    x, y = lx / 2, ly / 2
    seat = min(0.49, 0.48 * lz)
    caster = min(0.035, 0.06 * lz)
    solids: list[Solid] = []
    for arm in range(5):
        turn = math.radians(90 + 72 * arm)
        end = (0.86 * x * math.cos(turn), 0.86 * y * math.sin(turn))
        solids.append(tube([(0, 0, 0.2 * seat), (*end, 2.2 * caster)], (0.028, 0.018), "base", 6))
        wheel = cylinder((-0.4 * caster, 0.0, 0.0), caster, 0.8 * caster, "wheels", sides=10, axis="x")
        wheel = turned(wheel, math.degrees(turn) + 40)
        wheel.vertices[:] += (*end, caster)
        solids.append(wheel)
    solids += [
        cylinder((0, 0, 0.15 * seat), 0.035, 0.45 * seat, "base", 0.03, 12),
        cylinder((0, 0, 0.5 * seat), 0.018, 0.38 * seat, "steel", sides=10),
        block((-0.35 * x, 0.35 * x), (-0.3 * y, 0.4 * y), (0.82 * seat, 0.88 * seat), "base", 0.01),
        cushion((-0.8 * x, 0.8 * x), (-0.92 * y, 0.66 * y), (0.86 * seat, seat), "seat", 0.04, 0.015, fine=True),
        tube(
            [(0, 0.3 * y, 0.85 * seat), (0, 0.84 * y, 0.9 * seat), (0, 0.93 * y, 1.25 * seat), (0, 0.9 * y, 0.75 * lz)],
            0.018,
            "base",
        ),
    ]
    back = (1.18 * seat, 0.86 * lz)
    pad = []
    for rise, wide in ((0.0, 0.5), (0.07, 0.62), (0.3, 0.68), (0.7, 0.7), (0.93, 0.62), (1.0, 0.5)):
        z = back[0] + rise * (back[1] - back[0])
        rear = 0.78 * y + 0.08 * y * math.sin(math.pi * rise)
        half, thick = wide * x, 0.03 if rise in (0.0, 1.0) else 0.055
        rings = [(-half, rear - 0.12 * y), (0.0, rear), (half, rear - 0.12 * y)]
        pad.append([(a, b - thick / 2, z) for a, b in rings] + [(a, b + thick / 2, z) for a, b in reversed(rings)])
    solids.append(skin(pad, "seat"))
    solids.append(cushion((-0.42 * x, 0.42 * x), (0.68 * y, 0.82 * y), (0.88 * lz, lz), "seat", 0.03, 0.0, fine=True))
    solids.append(tube([(0, 0.86 * y, 0.7 * lz), (0, 0.8 * y, 0.94 * lz)], 0.012, "base", 6))
    return solids


def stool(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A round seat on four splayed legs with a ring of stretchers."""
    return _round_stool(lx, ly, lz, rung=0.35)


def bar_stool(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """Tall splayed legs, a foot ring in metal, a low curved back over a padded seat."""
    return _round_stool(lx, ly, lz, rung=0.33, padded=True)


def bench(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """Seat planks over two trestles and a stretcher."""
    x, y = lx / 2, ly / 2
    thick = min(0.035, 0.1 * lz)
    planks = max(2, min(4, round(ly / 0.13)))
    solids: list[Solid] = []
    for number in range(planks):
        y0 = -y + ly * number / planks
        solids.append(block((-x, x), (y0 + 0.004, y0 + ly / planks - 0.004), (lz - thick, lz), "frame", 0.008))
    for side in (-1, 1):
        at = side * 0.76 * x
        post = min(0.045, 0.06 * lx)
        for end in (-1, 1):
            path = [(at, end * 0.88 * y, 0.0), (at, end * 0.55 * y, lz - thick)]
            solids.append(tube(path, (0.5 * post, 0.6 * post), "legs", 4))
        solids.append(
            block((at - post / 2, at + post / 2), (-0.85 * y, 0.85 * y), (lz - 2.2 * thick, lz - thick), "legs")
        )
        solids.append(
            block((at - post / 3, at + post / 3), (-0.66 * y, 0.66 * y), (0.3 * lz, 0.3 * lz + thick), "legs")
        )
    solids.append(block((-0.74 * x, 0.74 * x), (-0.08 * y, 0.08 * y), (0.31 * lz, 0.31 * lz + 0.8 * thick), "legs"))
    return solids


def ottoman(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """An upholstered box with a buttoned cushion on short legs."""
    x, y = lx / 2, ly / 2
    foot = 0.22 * lz
    solids = corner_legs(0.9 * lx, 0.9 * ly, (0.0, foot + 0.02 * lz), "legs", 0.045, 0.028, splay=0.01, round_=True)
    solids.append(
        cushion((-0.97 * x, 0.97 * x), (-0.97 * y, 0.97 * y), (foot, 0.68 * lz), "body", 0.04, 0.0, fine=True)
    )
    solids.append(cushion((-x, x), (-y, y), (0.66 * lz, 0.98 * lz), "body", 0.07, 0.03, fine=True))
    for sx in (-1, 0, 1):
        for sy in (-1, 1):
            solids.append(ball((0.48 * sx * x, 0.42 * sy * y, 0.975 * lz), min(0.016, 0.04 * lx), "pillow", 8, 0.6))
    return solids


def _round_stool(lx: float, ly: float, lz: float, rung: float, padded: bool = False) -> list[Solid]:
    x, y = lx / 2, ly / 2
    thick = min(0.045, 0.12 * lz) * (1.6 if padded else 1.0)
    solids: list[Solid] = []
    for sx in (-1, 1):
        for sy in (-1, 1):
            foot, head = (sx * 0.68 * x, sy * 0.68 * y, 0.0), (sx * 0.42 * x, sy * 0.42 * y, lz - 0.7 * thick)
            solids.append(tube([foot, head], (0.012, 0.018), "frame"))
    reach = (0.68 - 0.26 * rung) * 2**0.5
    if padded:
        footrest = torus((0.0, 0.0, rung * lz), reach * x, 0.018, "metal")
        footrest.vertices[:, 1] *= y / x
        solids.append(footrest)
    else:
        at = reach / 2**0.5
        for sx in (-1, 1):
            solids.append(
                tube([(sx * at * x, -at * y, rung * lz), (sx * at * x, at * y, rung * lz)], 0.009, "frame", 6)
            )
            solids.append(
                tube(
                    [(-at * x, sx * at * y, 1.2 * rung * lz), (at * x, sx * at * y, 1.2 * rung * lz)], 0.009, "frame", 6
                )
            )
    base = lz - thick
    rounds = [(0.84, 0.0), (0.97, 0.12), (1.0, 0.45), (0.97, 0.8), (0.8, 1.0), (0.3, 0.93)]
    seat = [ring((0.0, 0.0), (lx * r, ly * r), base + rise * thick, 24) for r, rise in rounds]
    solids.append(skin(seat, "pad" if padded else "frame"))
    if not padded:
        solids.append(
            lathe(
                [(0.3 * x, base - 0.015), (0.55 * x, base - 0.015), (0.6 * x, base + 0.004), (0.3 * x, base + 0.004)],
                "frame",
                closed=True,
                squash=y / x,
            )
        )
    return solids


_SEATS = ("beige fabric", "grey fabric", "leather", "black leather", "teal fabric")

RECIPES: dict[str, Recipe] = {
    "sofa": Recipe(sofa, {"body": FABRICS, "pillow": ACCENTS, "legs": DARK_WOODS}),
    "armchair": Recipe(armchair, {"body": (*FABRICS, "leather"), "pillow": ACCENTS, "legs": DARK_WOODS}),
    "chair": Recipe(chair, {"frame": WOODS, "pad": _SEATS}),
    "office_chair": Recipe(
        office_chair,
        {
            "seat": ("charcoal fabric", "grey fabric", "black leather"),
            "base": ("black plastic", "aluminium"),
            "wheels": ("rubber",),
        },
    ),
    "stool": Recipe(stool, {"frame": WOODS}),
    "bar_stool": Recipe(bar_stool, {"frame": DARK_WOODS, "pad": _SEATS, "metal": ("brass", "black metal")}),
    "bench": Recipe(bench, {"frame": WOODS, "legs": ("oak", "walnut", "black metal")}),
    "ottoman": Recipe(ottoman, {"body": FABRICS, "pillow": ACCENTS, "legs": DARK_WOODS}),
}
