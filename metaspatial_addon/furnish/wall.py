# SPDX-License-Identifier: GPL-3.0-or-later
"""What hangs on walls: backs flat at +Y, faces towards -Y."""

from __future__ import annotations

import math
from random import Random

from .joinery import HANDLE_DEPTH, books_row, front
from .recipe import CARCASS, LACQUERS, METALS, WOODS, Recipe
from .shapes import Range, Solid, ball, block, bowl, cushion, cylinder, lathe, plain
from .shapes import loft as skin


def painting(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A frame with a mount around a landscape or coloured shapes."""
    x, y = lx / 2, ly / 2
    bar = 0.06 * min(lx, lz)
    solids = _frame(x, (-y, y), (0.0, lz), bar, "frame")
    mount, canvas = -0.3 * y, -0.36 * y
    solids.append(plain((-x + bar, x - bar), (mount, y), (bar, lz - bar), "paper"))
    inset = bar + 0.1 * min(lx, lz)
    a, low, high = x - inset, inset, lz - inset
    step = 0.05 * y

    def patch(span: Range, z: Range, layer: int, paint: str) -> Solid:
        return plain(span, (canvas - layer * step, mount), z, paint)

    tall = high - low
    if dice.random() < 0.5:
        solids.append(patch((-a, a), (low, high), 1, "sky"))
        solids.append(
            lathe(
                [(0.16 * tall, 0.0), (0.16 * tall, 2.0 * step - canvas + mount), (0.0, 2.0 * step - canvas + mount)],
                "sun",
                (0.4 * a, mount, low + 0.68 * tall),
                24,
                "-y",
            )
        )
        for layer, paint, ridge in (
            (3, "far hill", (0.3, 0.52, 0.38, 0.55, 0.34)),
            (4, "near hill", (0.32, 0.2, 0.3, 0.14, 0.2)),
        ):
            for number in range(4):
                left, right = -a + a * number / 2, -a + a * (number + 1) / 2
                face = [
                    (left, low),
                    (right, low),
                    (right, low + ridge[number + 1] * tall),
                    (left, low + ridge[number] * tall),
                ]
                solids.append(
                    skin([[(px, back, pz) for px, pz in face] for back in (canvas - layer * step, mount)], paint)
                )
        return solids
    solids.append(patch((-a, a), (low, high), 1, "chalk"))
    paints = dice.sample(("book blue", "book ochre", "book red", "book green", "book slate", "petal"), 4)
    solids += [
        patch((-0.8 * a, 0.1 * a), (low + 0.3 * tall, low + 0.86 * tall), 2, paints[0]),
        patch((-0.2 * a, 0.78 * a), (low + 0.12 * tall, low + 0.5 * tall), 3, paints[1]),
        patch((0.3 * a, 0.6 * a), (low + 0.4 * tall, low + 0.9 * tall), 4, paints[2]),
        lathe(
            [(0.15 * tall, 0.0), (0.15 * tall, 0.2 * y + mount - canvas), (0.0, 0.2 * y + mount - canvas)],
            paints[3],
            (-0.45 * a, mount, low + 0.36 * tall),
            24,
            "-y",
        ),
    ]
    return solids


def mirror(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """An oval or a bevelled rectangular mirror in a frame."""
    x, y = lx / 2, ly / 2
    if dice.random() < 0.5:
        rim = 0.055 * min(lx, lz)
        loop = [(0.0, 1.0), (0.0, -0.6), (0.35, -1.0), (0.8, -1.0), (1.0, -0.4), (1.0, 1.0)]
        sides = 40
        angles = [2 * math.pi * n / sides for n in range(sides)]
        rings = [
            [((x - s * rim) * math.cos(t), d * y, lz / 2 + (lz / 2 - s * rim) * math.sin(t)) for t in angles]
            for s, d in loop
        ]
        solids = [skin(rings, "frame", closed=True)]
        glass = [
            [((x - 0.7 * rim) * math.cos(t), d, lz / 2 + (lz / 2 - 0.7 * rim) * math.sin(t)) for t in angles]
            for d in (-0.3 * y, 0.98 * y)
        ]
        return [*solids, skin(glass, "mirror")]
    bar = 0.06 * min(lx, lz)
    solids = _frame(x, (-y, y), (0.0, lz), bar, "frame")
    bevel = 0.035 * min(lx, lz)
    a, low, high = x - bar, bar, lz - bar
    rings = [
        [(-p, d, lo), (p, d, lo), (p, d, hi), (-p, d, hi)]
        for p, lo, hi, d in (
            (a, low, high, 0.95 * y),
            (a, low, high, -0.2 * y),
            (a - bevel, low + bevel, high - bevel, -0.5 * y),
        )
    ]
    return [*solids, skin(rings, "mirror")]


def wall_shelf(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A board on brackets with books and a small plant."""
    x, y = lx / 2, ly / 2
    board, low = min(0.03, 0.14 * lz), 0.26 * lz
    solids = [block((-x, x), (-y, y), (low - board, low), "body", 0.004)]
    for side in (-1, 1):
        at = side * 0.72 * x
        solids.append(plain((at - 0.012, at + 0.012), (0.9 * y, y), (0.0, low - board), "metal"))
        solids.append(plain((at - 0.012, at + 0.012), (-0.8 * y, y), (low - board - 0.012, low - board), "metal"))
        brace = [
            [
                (at + d, 0.9 * y, 0.02 * lz),
                (at + d, -0.7 * y, low - board - 0.01),
                (at + d, -0.55 * y, low - board - 0.01),
                (at + d, 0.95 * y, 0.06 * lz),
            ]
            for d in (-0.006, 0.006)
        ]
        solids.append(skin(brace, "metal"))
    solids += books_row((-0.85 * x, 0.15 * x), (-0.6 * y, 0.8 * y), (low, lz + 0.1 * lz), dice, fill=0.9)
    r = min(0.16 * x, 0.6 * y, 0.3 * (lz - low))
    at = (0.55 * x, 0.0, low)
    solids.append(bowl(at, [(0.7 * r, 0.0), (r, 1.3 * r)], 0.12 * r, "pot", 14, floor=0.9 * r))
    for dx, dy, dz in ((-0.5, 0.2, 1.5), (0.5, -0.2, 1.5), (0.0, 0.4, 1.9), (0.1, -0.5, 1.7)):
        solids.append(ball((at[0] + dx * r, at[1] + dy * r, low + dz * r), 0.6 * r, "leaf", 8))
    return solids


def wall_cabinet(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """Panelled doors with handles low down, a cornice and a light rail."""
    x, y = lx / 2, ly / 2
    face = -y + HANDLE_DEPTH + 0.02
    solids = [
        block((-0.985 * x, 0.985 * x), (face, y), (0.02 * lz, 0.97 * lz), "body"),
        block((-x, x), (face - 0.02, y), (0.965 * lz, lz), "body", 0.006),
        plain((-0.97 * x, 0.97 * x), (face - 0.01, y), (0.0, 0.03 * lz), "body"),
    ]
    doors = max(1, min(5, round(lx / 0.4)))
    inner = (-0.98 * x, 0.98 * x)
    for number in range(doors):
        width = (inner[1] - inner[0]) / doors
        span = (inner[0] + number * width, inner[0] + (number + 1) * width)
        solids += front(
            span,
            (0.03 * lz, 0.965 * lz),
            face,
            "front",
            "upright",
            hinge="left" if number % 2 == 0 else "right",
            panelled=True,
        )
    return solids


def clock(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A round dial in a rim, twelve marks, hands at ten past ten."""
    x, y, r = lx / 2, ly / 2, min(lx, lz) / 2
    middle = (0.0, y, r)
    rim = 0.09 * r
    loop = [(r, 0.0), (r, 0.8 * ly), (r - 0.4 * rim, ly), (r - rim, 0.85 * ly), (r - rim, 0.0)]
    dial = 0.6 * ly
    solids = [
        lathe(loop, "frame", middle, 40, "-y", closed=True),
        cylinder(middle, r - 0.5 * rim, dial, "dial", sides=40, axis="-y"),
        cylinder((0.0, y - dial, r), 0.05 * r, 0.2 * ly, "hands", sides=12, axis="-y"),
    ]
    front_y = y - dial
    for mark in range(12):
        angle = math.radians(30 * mark)
        long, half = (0.16, 0.022) if mark % 3 == 0 else (0.09, 0.013)
        solids.append(_hand(r, angle, 0.86 - long, 0.86, half, front_y - 0.02 * ly, front_y, "hands"))
    solids.append(_hand(r, math.radians(-60), -0.1, 0.48, 0.035, front_y - 0.08 * ly, front_y - 0.03 * ly, "hands"))
    solids.append(_hand(r, math.radians(60), -0.12, 0.74, 0.024, front_y - 0.14 * ly, front_y - 0.09 * ly, "hands"))
    solids.append(
        _hand(r, math.radians(200), -0.16, 0.78, 0.008, front_y - 0.18 * ly, front_y - 0.15 * ly, "second hand")
    )
    for solid in solids:
        solid.vertices[:, 0] *= x / r
        solid.vertices[:, 2] *= lz / (2 * r)
    return solids


def blackboard(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A framed writing board with a tray below holding chalk and a wiper, some writing on it."""
    x, y = lx / 2, ly / 2
    bar, tray = min(0.045, 0.05 * min(lx, lz)), 0.07 * lz
    face = 0.1 * y
    solids = _frame(x, (-0.15 * y, y), (0.3 * tray, lz), bar, "frame")
    solids.append(plain((-x + bar, x - bar), (face, y), (0.3 * tray + bar, lz - bar), "board"))
    solids.append(block((-0.9 * x, 0.9 * x), (-y, y), (0.0, 0.3 * tray), "frame", 0.004))
    solids.append(block((-0.9 * x, 0.9 * x), (-y, -0.85 * y), (0.0, 0.55 * tray), "frame", 0.003))
    for at, long, paint in ((-0.5, 0.05, "marks"), (-0.42, 0.06, "pale petal"), (-0.33, 0.05, "petal")):
        solids.append(cylinder((at * x, -0.4 * y, 0.3 * tray + 0.006), 0.006, long * x, paint, sides=8, axis="x"))
    solids.append(
        cushion((0.4 * x, 0.54 * x), (-0.7 * y, 0.0), (0.3 * tray, 0.3 * tray + 0.03 * lz), "wiper", 0.01, 0.0)
    )
    low = 0.3 * tray + bar
    tall = lz - bar - low
    for row, (start, pieces) in enumerate(
        ((-0.85, (0.2, 0.12, 0.26)), (-0.85, (0.14, 0.3)), (-0.85, (0.28, 0.1, 0.12)))
    ):
        at = start
        for piece in pieces:
            z = low + (0.8 - 0.13 * row) * tall
            solids.append(
                plain((at * x, (at + piece) * x), (face - 0.002, face + 0.002), (z, z + 0.02 * tall), "marks")
            )
            at += piece + 0.05
    for number, (dx, dz) in enumerate(((0.0, 0.0), (0.3, 0.0), (0.15, 0.4))):  # a triangle drawn to one side
        ends = ((0.3, 0.0), (0.15, 0.4), (0.0, 0.0))[number]
        a = ((0.35 + dx) * x, low + (0.35 + dz) * tall)
        b = ((0.35 + ends[0]) * x, low + (0.35 + ends[1]) * tall)
        solids.append(_stroke(a, b, 0.008 * tall, face))
    return solids


def _frame(x: float, y: Range, z: Range, bar: float, paint: str) -> list[Solid]:
    """Four mitre-less bars around the face."""
    return [
        block((-x, x), y, (z[0], z[0] + bar), paint, 0.004),
        block((-x, x), y, (z[1] - bar, z[1]), paint, 0.004),
        block((-x, -x + bar), y, (z[0] + bar, z[1] - bar), paint, 0.004),
        block((x - bar, x), y, (z[0] + bar, z[1] - bar), paint, 0.004),
    ]


def _hand(r: float, angle: float, start: float, end: float, half: float, near: float, far: float, paint: str) -> Solid:
    """A bar on the dial from `start` to `end` (shares of the radius) at a clockwise angle from twelve."""
    out, side = (math.sin(angle), math.cos(angle)), (math.cos(angle), -math.sin(angle))
    corners = [(start, -half), (end, -0.7 * half), (end, 0.7 * half), (start, half)]
    face = [(r * (a * out[0] + b * side[0]), r + r * (a * out[1] + b * side[1])) for a, b in corners]
    return skin([[(px, depth, pz) for px, pz in face] for depth in (near, far)], paint)


def _stroke(a: tuple[float, float], b: tuple[float, float], thick: float, face: float) -> Solid:
    way = (b[0] - a[0], b[1] - a[1])
    long = max(math.hypot(*way), 1e-9)
    side = (-way[1] / long * thick, way[0] / long * thick)
    outline = [
        (a[0] - side[0], a[1] - side[1]),
        (b[0] - side[0], b[1] - side[1]),
        (b[0] + side[0], b[1] + side[1]),
        (a[0] + side[0], a[1] + side[1]),
    ]
    return skin([[(px, depth, pz) for px, pz in outline] for depth in (face - 0.002, face + 0.002)], "marks")


RECIPES: dict[str, Recipe] = {
    "painting": Recipe(painting, {"frame": (*WOODS, "black lacquer", "brass")}),
    "mirror": Recipe(mirror, {"frame": ("brass", "oak", "black metal", "walnut")}),
    "wall_shelf": Recipe(wall_shelf, {"body": WOODS, "metal": METALS, "pot": ("terracotta", "white ceramic")}),
    "wall_cabinet": Recipe(wall_cabinet, {"body": CARCASS, "front": LACQUERS, "metal": METALS}),
    "clock": Recipe(
        clock,
        {
            "frame": ("black metal", "oak", "brass"),
            "dial": ("white plastic",),
            "hands": ("ink",),
            "second hand": ("book red",),
        },
    ),
    "blackboard": Recipe(
        blackboard,
        {
            "board": ("chalkboard", "chalkboard", "slate"),
            "frame": ("oak", "beech", "aluminium"),
            "marks": ("chalk line",),
            "wiper": ("charcoal fabric",),
        },
    ),
}
