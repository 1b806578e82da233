# SPDX-License-Identifier: GPL-3.0-or-later
"""What many pieces are made of: legs, fronts with handles, carcasses, rows of books. Pure numpy."""

from __future__ import annotations

from random import Random
from typing import Literal

from .finishes import BOOKS
from .shapes import Range, Solid, block, cylinder, plain, span, tapered, turned

Handle = Literal["bar", "upright", "knob", "none"]

HANDLE_DEPTH = 0.03
"""How far a handle stands out of its front, metres."""


def corner_legs(
    lx: float,
    ly: float,
    z: Range,
    paint: str,
    top: float,
    bottom: float | None = None,
    inset: float = 0.0,
    splay: float = 0.0,
    round_: bool = False,
) -> list[Solid]:
    """Four legs inside an lx by ly rectangle, `top` thick where they carry and `bottom` at the floor.

    `inset` draws them in from the corners; `splay` is how much further in their tops stand than their feet.
    """
    bottom = top if bottom is None else bottom
    top, bottom = min(top, lx / 3, ly / 3), min(bottom, lx / 3, ly / 3)
    splay = min(splay, lx / 8, ly / 8)
    legs = []
    for sx in (-1, 1):
        for sy in (-1, 1):
            foot = (sx * (lx / 2 - inset - bottom / 2), sy * (ly / 2 - inset - bottom / 2))
            head = (sx * (lx / 2 - inset - splay - top / 2), sy * (ly / 2 - inset - splay - top / 2))
            if round_:
                leg = cylinder((0.0, 0.0, z[0]), bottom / 2, z[1] - z[0], paint, top / 2, sides=10)
                lean = (leg.vertices[:, 2:] - z[0]) / max(z[1] - z[0], 1e-6)
                shift = lean * (head[0] - foot[0], head[1] - foot[1]) + foot
                leg.vertices[:, :2] += shift
                legs.append(leg)
            else:
                legs.append(tapered((*_square(foot, bottom), z[0]), (*_square(head, top), z[1]), paint))
    return legs


def front(
    x: Range,
    z: Range,
    y: float,
    paint: str,
    handle: Handle = "none",
    metal: str = "metal",
    gap: float = 0.003,
    thick: float = 0.018,
    hinge: Literal["left", "right"] = "left",
    panelled: bool = False,
) -> list[Solid]:
    """A door or drawer front whose back lies at `y`, with a gap around it and its handle towards -Y."""
    x, z = span(x), span(z)
    gap = min(gap, 0.08 * (x[1] - x[0]), 0.08 * (z[1] - z[0]))
    x, z = (x[0] + gap, x[1] - gap), (z[0] + gap, z[1] - gap)
    wide, high = x[1] - x[0], z[1] - z[0]
    solids = []
    if panelled:
        rail = min(0.07, 0.18 * wide, 0.18 * high)
        solids += [
            plain((x[0] + rail, x[1] - rail), (y - 0.55 * thick, y), (z[0] + rail, z[1] - rail), paint),
            block((x[0], x[0] + rail), (y - thick, y), z, paint, 0.003),
            block((x[1] - rail, x[1]), (y - thick, y), z, paint, 0.003),
            plain((x[0] + rail, x[1] - rail), (y - thick, y), (z[0], z[0] + rail), paint),
            plain((x[0] + rail, x[1] - rail), (y - thick, y), (z[1] - rail, z[1]), paint),
        ]
    else:
        solids.append(block(x, (y - thick, y), z, paint, 0.003))
    face = y - thick
    if handle == "knob":
        at_x = (x[0] + x[1]) / 2
        at_z = (z[0] + z[1]) / 2
        if high > 1.2 * wide:  # a door: the knob sits away from the hinge
            at_x = x[1] - min(0.05, 0.15 * wide) if hinge == "left" else x[0] + min(0.05, 0.15 * wide)
        size = min(0.016, 0.2 * wide, 0.2 * high)
        solids.append(cylinder((at_x, face, at_z), 0.5 * size, HANDLE_DEPTH, metal, size, sides=8, axis="-y"))
    elif handle in ("bar", "upright"):
        length = min(0.30, 0.4 * (wide if handle == "bar" else high))
        half, thin = length / 2, min(0.011, 0.1 * wide, 0.1 * high)
        if handle == "bar":
            middle = (x[0] + x[1]) / 2
            at_z = (z[0] + z[1]) / 2 if high < 0.45 else z[1] - min(0.08, 0.1 * high)
            solids.append(_grip((middle - half, middle + half), (at_z - thin / 2, at_z + thin / 2), face, metal))
            posts = [((middle + s * 0.8 * half, at_z)) for s in (-1, 1)]
        else:
            at_x = x[1] - min(0.045, 0.12 * wide) if hinge == "left" else x[0] + min(0.045, 0.12 * wide)
            at_z = (z[0] + z[1]) / 2
            solids.append(_grip((at_x - thin / 2, at_x + thin / 2), (at_z - half, at_z + half), face, metal))
            posts = [((at_x, at_z + s * 0.8 * half)) for s in (-1, 1)]
        for px, pz in posts:
            t = 0.4 * thin
            solids.append(plain((px - t, px + t), (face - 0.7 * HANDLE_DEPTH, face), (pz - t, pz + t), metal))
    return solids


def open_case(
    x: Range, y: Range, z: Range, paint: str, thick: float, levels: int, columns: int = 1, back: str | None = None
) -> tuple[list[Solid], list[tuple[Range, Range]]]:
    """A case open to the front, cut into `levels` by `columns` bays, and the bays' x and z ranges, bottom first."""
    x, y, z = span(x), span(y), span(z)
    thick = min(thick, 0.08 * (z[1] - z[0]), 0.08 * (x[1] - x[0]))
    deep = (y[0], y[1] - min(0.012, 0.1 * (y[1] - y[0])))
    solids = [
        block((x[0], x[0] + thick), deep, z, paint, 0.003),
        block((x[1] - thick, x[1]), deep, z, paint, 0.003),
        plain((x[0] + 0.002, x[1] - 0.002), (deep[1], y[1]), (z[0] + 0.002, z[1] - 0.002), back or paint),
    ]
    pitch = (z[1] - z[0] - thick) / levels
    width = (x[1] - x[0] - thick) / columns
    inset = min(0.006, 0.1 * (y[1] - y[0]))
    for level in range(levels + 1):
        low = z[0] + level * pitch
        solids.append(plain((x[0] + thick, x[1] - thick), (deep[0] + inset, deep[1]), (low, low + thick), paint))
    for column in range(1, columns):
        left = x[0] + column * width
        solids.append(plain((left, left + thick), (deep[0] + inset, deep[1]), (z[0] + thick, z[1] - thick), paint))
    bays = [
        (
            (x[0] + column * width + thick, x[0] + (column + 1) * width),
            (z[0] + level * pitch + thick, z[0] + (level + 1) * pitch),
        )
        for level in range(levels)
        for column in range(columns)
    ]
    return solids, bays


def books_row(x: Range, y: Range, z: Range, dice: Random, fill: float = 0.85) -> list[Solid]:
    """Books side by side standing on z[0], spines towards -Y; `fill` of the width is taken, the last one leans."""
    x, y, z = span(x), span(y), span(z)
    wide, high = x[1] - x[0], z[1] - z[0]
    at, solids = x[0] + 0.01 * wide, []
    base = min(0.036, 0.12 * wide)
    while True:
        thick = base * dice.uniform(0.6, 1.35)
        if at + thick > x[0] + fill * wide:
            break
        tall = high * dice.uniform(0.62, 0.88)
        setback = min(0.035, 0.25 * (y[1] - y[0])) * dice.random()
        spine = (y[0] + setback, y[1] - 0.1 * (y[1] - y[0]))
        solids.append(plain((at, at + thick), spine, (z[0], z[0] + tall), dice.choice(BOOKS)))
        at += thick + 0.0015
    room = x[1] - at
    if solids and room > 0.3 * high * 0.35 + base:  # one more, leaning on the others
        book = plain(
            (at, at + base),
            (y[0] + 0.2 * (y[1] - y[0]), y[1] - 0.1 * (y[1] - y[0])),
            (z[0], z[0] + 0.7 * high),
            dice.choice(BOOKS),
        )
        lean = turned(book, -12, "y", (at + base, 0.0, z[0]))
        shift = max(0.0, float(at - lean.vertices[:, 0].min())), z[0] - float(lean.vertices[:, 2].min())
        lean.vertices[:, 0] += shift[0]
        lean.vertices[:, 2] += shift[1]
        solids.append(lean)
    return solids


def _grip(x: Range, z: Range, face: float, metal: str) -> Solid:
    return block(x, (face - HANDLE_DEPTH, face - 0.6 * HANDLE_DEPTH), z, metal, 0.002)


def _square(center: tuple[float, float], side: float) -> tuple[Range, Range]:
    return (center[0] - side / 2, center[0] + side / 2), (center[1] - side / 2, center[1] + side / 2)
