# SPDX-License-Identifier: GPL-3.0-or-later
"""Kitchens and laundry: appliances and counters."""

from __future__ import annotations

from random import Random

from .joinery import HANDLE_DEPTH, front
from .recipe import LACQUERS, METALS, Recipe
from .shapes import Range, Solid, block, curve, cylinder, lathe, plain, ring, torus, tube
from .shapes import loft as skin

GRIP = 0.045
"""How far an appliance's handle stands out, metres."""


def fridge(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """Freezer below, fridge above, a gap between the doors, upright handles, a display, feet."""
    x, y = lx / 2, ly / 2
    grip = min(GRIP, 0.1 * ly)
    face, door = -y + grip, min(0.06, 0.12 * ly)
    foot, split = 0.02 * lz, 0.36 * lz
    solids = [
        block((-0.985 * x, 0.985 * x), (face + door + 0.006, y), (foot, lz), "body", 0.006),
        block((-0.97 * x, 0.97 * x), (face + door - 0.004, face + door + 0.01), (1.5 * foot, 0.98 * lz), "rubber"),
        block((-x, x), (face, face + door), (1.4 * foot, split - 0.004 * lz), "body", 0.012),
    ]
    pairs = ((-x, -0.004 * lx), (0.004 * lx, x)) if lx > 0.85 else ((-x, x),)
    for number, span in enumerate(pairs):
        solids.append(block(span, (face, face + door), (split + 0.004 * lz, lz), "body", 0.012))
        inner = span[1] - 0.09 * lx if number == 0 else span[0] + 0.09 * lx
        solids += _handle((inner, inner), (0.48 * lz, 0.82 * lz), face, grip)
    if len(pairs) == 2:
        solids += _handle((-0.6 * x, 0.6 * x), (split - 0.06 * lz, split - 0.06 * lz), face, grip)
    else:
        solids += _handle((x - 0.09 * lx, x - 0.09 * lx), (0.12 * lz, 0.31 * lz), face, grip)
    solids.append(plain((-0.62 * x, -0.3 * x), (face - 0.003, face + 0.01), (0.68 * lz, 0.76 * lz), "screen"))
    solids.append(plain((-0.54 * x, -0.38 * x), (face - 0.004, face), (0.725 * lz, 0.735 * lz), "screen panel"))
    for sx in (-1, 1):
        for sy in (-1, 1):
            solids.append(
                cylinder(
                    (0.85 * sx * x, 0.1 * y + 0.75 * sy * y, 0.0), min(0.02, 0.1 * lx), foot * 1.2, "rubber", sides=8
                )
            )
    return solids


def stove(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A cooker: four hobs on black glass, knobs over an oven door with window and rail, a drawer, a low back panel."""
    x, y = lx / 2, ly / 2
    grip = min(GRIP, 0.1 * ly)
    face = -y + grip
    top, plinth = 0.955 * lz, 0.05 * lz
    thick = min(0.02, 0.05 * ly)
    solids = [
        block((-0.99 * x, 0.99 * x), (face + thick, y), (plinth, top - 0.02 * lz), "body"),
        plain((-0.94 * x, 0.94 * x), (face + 2.5 * thick, 0.97 * y), (0.0, plinth), "black plastic"),
        block((-x, x), (face, y), (top - 0.02 * lz, top), "body", 0.004),
        block(
            (-0.95 * x, 0.95 * x),
            (face + 0.05 * ly, y - 0.1 * ly),
            (top - 0.002, top + 0.004 * lz),
            "dark glass",
            0.002,
        ),
        block((-x, x), (y - 0.07 * ly, y), (top, lz), "body", 0.006),
        block((-0.985 * x, 0.985 * x), (face, face + thick), (0.82 * lz, top - 0.025 * lz), "body", 0.004),
        block((-0.985 * x, 0.985 * x), (face, face + thick), (0.25 * lz, 0.81 * lz), "body", 0.004),
        block((-0.7 * x, 0.7 * x), (face - 0.004, face + 0.01), (0.34 * lz, 0.68 * lz), "dark glass", 0.004),
        block((-0.985 * x, 0.985 * x), (face, face + thick), (1.2 * plinth, 0.24 * lz), "body", 0.004),
        plain((-0.16 * x, 0.16 * x), (face - 0.003, face + 0.01), (0.855 * lz, 0.905 * lz), "screen"),
        plain((-0.08 * x, 0.08 * x), (face - 0.004, face), (0.87 * lz, 0.89 * lz), "screen panel"),
    ]
    solids += _handle((-0.78 * x, 0.78 * x), (0.755 * lz, 0.755 * lz), face, grip)
    solids += _handle((-0.45 * x, 0.45 * x), (0.19 * lz, 0.19 * lz), face, grip)
    for at in (-0.78, -0.5, 0.5, 0.78):
        radius = min(0.022, 0.06 * lx, 0.03 * lz)
        solids.append(cylinder((at * x, face, 0.88 * lz), radius, 0.6 * grip, "metal", 0.8 * radius, 12, "-y"))
        solids.append(
            plain(
                (at * x - 0.1 * radius, at * x + 0.1 * radius),
                (face - 0.66 * grip, face - 0.5 * grip),
                (0.88 * lz, 0.88 * lz + radius),
                "ink",
            )
        )
    deck = top + 0.004 * lz
    for sx, sy, size in ((-0.46, -0.34, 0.3), (0.46, -0.34, 0.24), (-0.46, 0.34, 0.24), (0.46, 0.34, 0.3)):
        at, reach = (sx * x, sy * (y - 0.06 * ly), deck), size * min(x, y)
        solids.append(cylinder(at, 0.55 * reach, 0.008 * lz, "steel", sides=16))
        solids.append(cylinder(at, 0.4 * reach, 0.014 * lz, "black metal", sides=12))
        solids.append(torus((at[0], at[1], deck + 0.004 * lz), 1.05 * reach, 0.008 * lz, "black metal", 20))
        for turn in range(2):
            bar = (1.05 * reach, 0.06 * reach)
            bx, by = bar if turn else bar[::-1]
            solids.append(
                plain(
                    (at[0] - bx, at[0] + bx),
                    (at[1] - by, at[1] + by),
                    (deck + 0.012 * lz, deck + 0.02 * lz),
                    "black metal",
                )
            )
    return solids


def kitchen_counter(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """Base cabinets: toe space, drawers over doors, an overhanging worktop."""
    x, y = lx / 2, ly / 2
    return [*_base(lx, ly, lz, (-x, x)), block((-x, x), (-y, y), (lz - _top_of(lz), lz), "top", 0.006)]


def kitchen_sink(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A base cabinet with a steel basin let into the worktop, a bent tap behind it."""
    x, y = lx / 2, ly / 2
    top = 0.82 * lz if lz < 1.0 else lz - 0.17
    board = _top_of(top)
    bottom = top - min(0.18, 0.25 * top)
    solids = _base(lx, ly, top, (-x, x), bottom - 0.01)
    bx, by = (-0.52 * x, 0.52 * x), (-0.62 * y, 0.42 * y)
    solids += [
        plain((-x, bx[0]), (-y, y), (top - board, top), "top"),
        plain((bx[1], x), (-y, y), (top - board, top), "top"),
        plain(bx, (-y, by[0]), (top - board, top), "top"),
        plain(bx, (by[1], y), (top - board, top), "top"),
    ]
    center = ((bx[0] + bx[1]) / 2, (by[0] + by[1]) / 2)
    wide, deep = bx[1] - bx[0], by[1] - by[0]
    lip = min(0.012, 0.03 * wide)
    steps = [
        (0.9, bottom - 0.004),
        (0.995, top - board),
        (0.995, top),
        (1 + lip / wide, top),
        (1 + lip / wide, top + 0.004),
        (0.94, top + 0.004),
        (0.9, bottom + 0.01),
        (0.8, bottom),
    ]
    solids.append(skin([ring(center, (wide * s, deep * s), z, 28, 6.0) for s, z in steps], "metal"))
    solids.append(cylinder((*center, bottom), min(0.03, 0.1 * wide), 0.004, "black metal"))
    solids += tap((center[0], 0.68 * y, top), lz - top, 0.42 * deep)
    for number in range(5):  # draining grooves
        at = bx[1] + 0.12 * (x - bx[1]) + 0.16 * number * (x - bx[1])
        solids.append(plain((at, at + 0.05 * (x - bx[1])), (-0.5 * y, 0.4 * y), (top, top + 0.003), "metal"))
    return solids


def kitchen_island(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A counter to walk around: worktop overhanging the panelled front, cabinets behind, end panels."""
    x, y = lx / 2, ly / 2
    board = _top_of(lz) * 1.2
    plinth = 0.1 * lz
    body = (-0.93 * x, 0.93 * x)
    front_y, back_y = -0.62 * y, 0.9 * y
    solids = [
        block((-x, x), (-y, y), (lz - board, lz), "top", 0.008),
        plain((-0.88 * x, 0.88 * x), (front_y + 0.04 * ly, back_y - 0.06 * ly), (0.0, plinth), "black plastic"),
        block(body, (front_y, back_y - 0.02), (plinth, lz - board), "body"),
    ]
    panels = max(2, min(6, round(lx / 0.45)))
    for number in range(panels):
        solids += front(
            _part(body, number, panels), (plinth, lz - board), front_y + 0.002, "body", "none", panelled=True
        )
        for door in front(_part(body, number, panels), (plinth, lz - board), back_y - HANDLE_DEPTH, "body", "none"):
            door.vertices[:, 1] += 0.018
            solids.append(door)
    for side in (-1, 1):
        for part in front((front_y, back_y - 0.02), (plinth, lz - board), 0.0, "body", "none", panelled=True):
            across, out = part.vertices[:, 0].copy(), part.vertices[:, 1].copy()
            part.vertices[:, 0], part.vertices[:, 1] = -side * out + side * body[1], across * side
            if side < 0:
                part.vertices[:, 1] += front_y + back_y - 0.02
            solids.append(part)
    return solids


def dishwasher(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A steel door under a control strip with display and buttons, a bar handle, a toe plate."""
    x, y = lx / 2, ly / 2
    grip = min(GRIP, 0.1 * ly)
    face, plinth, strip = -y + grip, 0.1 * lz, 0.86 * lz
    solids = [
        block((-x, x), (face + 0.03, y), (plinth, lz), "body", 0.004),
        plain((-0.95 * x, 0.95 * x), (face + 0.08, 0.95 * y), (0.0, plinth), "black plastic"),
        block((-0.99 * x, 0.99 * x), (face, face + 0.028), (1.05 * plinth, strip - 0.004 * lz), "door", 0.006),
        block((-0.99 * x, 0.99 * x), (face, face + 0.028), (strip, 0.985 * lz), "black plastic", 0.004),
        plain((0.35 * x, 0.8 * x), (face - 0.002, face), (strip + 0.03 * lz, strip + 0.085 * lz), "screen picture"),
    ]
    solids += [
        plain(
            ((-0.8 + 0.14 * n) * x, (-0.73 + 0.14 * n) * x),
            (face - 0.003, face),
            (strip + 0.045 * lz, strip + 0.07 * lz),
            "screen panel",
        )
        for n in range(5)
    ]
    return [*solids, *_handle((-0.75 * x, 0.75 * x), (0.8 * lz, 0.8 * lz), face, grip)]


def washing_machine(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A round glass porthole in a chrome ring, a dial, a display, a detergent drawer."""
    x, y = lx / 2, ly / 2
    bulge = min(0.04, 0.1 * ly)
    face, strip = -y + bulge, 0.84 * lz
    radius = min(0.56 * x, 0.29 * lz)
    middle = (0.0, face, 0.46 * lz)
    solids = [
        block((-x, x), (face, y), (0.03 * lz, lz), "body", 0.012),
        *(
            cylinder((0.8 * sx * x, 0.8 * sy * y, 0.0), 0.04 * lx, 0.035 * lz, "rubber", sides=8)
            for sx in (-1, 1)
            for sy in (-1, 1)
        ),
        lathe(
            [
                (1.08 * radius, 0.0),
                (1.08 * radius, 0.4 * bulge),
                (radius, 0.75 * bulge),
                (0.78 * radius, 0.75 * bulge),
                (0.78 * radius, 0.0),
            ],
            "metal",
            middle,
            28,
            "-y",
            closed=True,
        ),
        lathe(
            [(0.78 * radius, 0.2 * bulge), (0.78 * radius, 0.5 * bulge), (0.5 * radius, 0.92 * bulge), (0.0, bulge)],
            "dark glass",
            middle,
            28,
            "-y",
        ),
        plain((-0.97 * x, 0.97 * x), (face - 0.003, face + 0.01), (strip, strip + 0.005 * lz), "grey plastic"),
        block((-0.92 * x, -0.42 * x), (face - 0.006, face + 0.02), (strip + 0.025 * lz, 0.97 * lz), "body", 0.004),
        cylinder((0.0, face, 0.92 * lz), 0.035 * lz, 0.7 * bulge, "metal", 0.03 * lz, 16, "-y"),
        plain((0.28 * x, 0.82 * x), (face - 0.004, face + 0.01), (0.885 * lz, 0.955 * lz), "screen"),
        plain((0.36 * x, 0.6 * x), (face - 0.005, face), (0.905 * lz, 0.93 * lz), "screen picture"),
        block((1.0 * radius, 1.14 * radius), (face - 0.8 * bulge, face), (0.41 * lz, 0.51 * lz), "grey plastic"),
        plain((0.5 * x, 0.9 * x), (face - 0.003, face + 0.01), (0.06 * lz, 0.13 * lz), "grey plastic"),
    ]
    return solids


def microwave(lx: float, ly: float, lz: float, dice: Random) -> list[Solid]:
    """A dark window in a framed door, an upright handle, a keypad with clock, feet."""
    x, y = lx / 2, ly / 2
    grip = min(0.03, 0.08 * ly)
    face, foot = -y + grip, 0.04 * lz
    split = 0.5 * x
    solids = [
        block((-x, x), (face + 0.015, y), (foot, lz), "body", 0.006),
        block((-0.995 * x, split - 0.004 * lx), (face, face + 0.016), (1.3 * foot, 0.985 * lz), "body", 0.005),
        block((split, 0.995 * x), (face, face + 0.016), (1.3 * foot, 0.985 * lz), "black plastic", 0.005),
        block((-0.86 * x, split - 0.2 * x), (face - 0.003, face + 0.01), (0.2 * lz, 0.84 * lz), "dark glass", 0.004),
        plain((split + 0.08 * x, 0.92 * x), (face - 0.003, face), (0.78 * lz, 0.9 * lz), "screen picture"),
        *_handle((split - 0.09 * x, split - 0.09 * x), (0.2 * lz, 0.84 * lz), face, grip, 0.03 * lz),
    ]
    for row in range(4):
        for column in range(3):
            a, b = split + (0.08 + 0.13 * column) * x, 0.62 * lz - 0.13 * row * lz
            solids.append(plain((a, a + 0.09 * x), (face - 0.002, face), (b, b + 0.08 * lz), "grey plastic"))
    for sx in (-1, 1):
        for sy in (-1, 1):
            solids.append(cylinder((0.8 * sx * x, 0.75 * sy * y, 0.0), 0.05 * lz, 1.1 * foot, "rubber", sides=8))
    return solids


def tap(at: tuple[float, float, float], high: float, reach: float) -> list[Solid]:
    """A bent spout rising `high` from `at` and reaching forwards, with a lever."""
    pipe = min(0.014, 0.12 * high, 0.2 * reach)
    x, y, z = at
    path = curve(
        [(x, y, z), (x, y, z + 1.3 * high), (x, y - reach, z + 1.3 * high), (x, y - reach, z + 0.55 * high)], 10
    )
    path[:, 2] = z + (path[:, 2] - z) * (high - pipe) / max(float(path[:, 2].max()) - z, 1e-9)
    return [
        tube(path, pipe, "chrome"),
        cylinder((x, y, z), 2.0 * pipe, 1.5 * pipe, "chrome", 1.5 * pipe),
        tube([(x + pipe, y, z + 0.35 * high), (x + 4.5 * pipe, y, z + 0.42 * high)], 0.5 * pipe, "chrome", 6),
    ]


def _base(lx: float, ly: float, top: float, span: Range, hollow: float | None = None) -> list[Solid]:
    """Cabinets under a worktop, only side and front panels above `hollow`."""
    y = ly / 2
    face = -y + HANDLE_DEPTH + 0.012
    plinth, high = min(0.1, 0.12 * top), top - _top_of(top)
    inner = (span[0] + 0.004 * lx, span[1] - 0.004 * lx)
    full = high if hollow is None else hollow
    solids = [
        block(inner, (face + 0.018, y), (plinth, full), "body"),
        plain((span[0] + 0.02 * lx, span[1] - 0.02 * lx), (face + 0.08 * ly, 0.95 * y), (0.0, plinth), "black plastic"),
    ]
    if hollow is not None:
        thick = 0.02 * lx
        solids.append(plain((inner[0], inner[0] + thick), (face + 0.018, y), (hollow, high), "body"))
        solids.append(plain((inner[1] - thick, inner[1]), (face + 0.018, y), (hollow, high), "body"))
    doors = max(1, min(8, round(lx / 0.5)))
    split = high - 0.2 * (high - plinth)
    for number in range(doors):
        part = _part(inner, number, doors)
        hinge = "left" if number % 2 == 0 else "right"
        solids += front(part, (split, high), face + 0.018, "body", "bar")
        solids += front(part, (plinth, split), face + 0.018, "body", "upright", hinge=hinge, panelled=True)
    return solids


def _handle(x: Range, z: Range, face: float, grip: float, thick: float = 0.022) -> list[Solid]:
    """A round bar on two posts in front of `face`, upright when the x range is a point."""
    radius = min(thick, 0.5 * grip, 0.2 * max(x[1] - x[0], z[1] - z[0])) / 2
    at = face - grip + radius
    ends = ((x[0], z[0]), (x[1], z[1]))
    solids = [tube([(px, at, pz) for px, pz in ends], radius, "metal")]
    for share in (0.1, 0.9):
        px, pz = (ends[0][i] + share * (ends[1][i] - ends[0][i]) for i in (0, 1))
        solids.append(tube([(px, at, pz), (px, face + 0.002, pz)], 0.7 * radius, "metal", 6))
    return solids


def _top_of(lz: float) -> float:
    return min(0.038, 0.08 * lz)


def _part(span: Range, number: int, count: int) -> Range:
    width = (span[1] - span[0]) / count
    return span[0] + number * width, span[0] + (number + 1) * width


_TOPS = ("oak", "granite", "quartz", "marble", "walnut")
_UNITS = {"body": LACQUERS, "top": _TOPS, "metal": METALS}

RECIPES: dict[str, Recipe] = {
    "fridge": Recipe(fridge, {"body": ("aluminium", "white plastic", "aluminium"), "metal": ("steel", "chrome")}),
    "stove": Recipe(stove, {"body": ("aluminium", "white plastic"), "metal": ("steel", "chrome")}),
    "kitchen_counter": Recipe(kitchen_counter, _UNITS),
    "kitchen_sink": Recipe(kitchen_sink, {**_UNITS, "metal": ("steel", "aluminium")}),
    "kitchen_island": Recipe(kitchen_island, _UNITS),
    "dishwasher": Recipe(
        dishwasher,
        {
            "door": ("aluminium", "white plastic"),
            "body": ("grey plastic", "white plastic"),
            "metal": ("steel", "chrome"),
        },
    ),
    "washing_machine": Recipe(
        washing_machine, {"body": ("white plastic", "white plastic", "grey plastic"), "metal": ("chrome", "steel")}
    ),
    "microwave": Recipe(
        microwave, {"body": ("aluminium", "black plastic", "white plastic"), "metal": ("steel", "chrome")}
    ),
}
