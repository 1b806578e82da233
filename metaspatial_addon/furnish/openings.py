# SPDX-License-Identifier: GPL-3.0-or-later
"""Doors and windows as plain arrays. No bpy.

Object frame: origin at the opening's bottom centre on the wall's inner face, x along the wall, -y into the room, so the
wall's body is at y from 0 to its thickness. Nothing but a door's handle reaches into the room.
"""

from __future__ import annotations

from ...backend.scene import Opening
from .walls import Solid

DOOR_SURFACES = ("Room Door Frame", "Room Door", "Room Metal")
WINDOW_SURFACES = ("Room Window Frame", "Room Glass")
DOUBLE_FROM = 1.4
"""Doors of at least this width have two leaves, metres."""
_HANDLE_HEIGHT = 1.05


def door_solid(opening: Opening, thickness: float) -> Solid:
    """A frame and, unless the door is an open passage (`swing` "none"), its closed leaf or two leaves with handles."""
    ly, lz, t = opening.width, opening.height, thickness
    f = min(0.06, ly / 8, lz / 8)
    solid = Solid()
    solid.add_box((-ly / 2, 0, 0), (-ly / 2 + f, t, lz))
    solid.add_box((ly / 2 - f, 0, 0), (ly / 2, t, lz))
    solid.add_box((-ly / 2 + f, 0, lz - f), (ly / 2 - f, t, lz))
    solid.add_box((-ly / 2 + f, 0, -0.02), (ly / 2 - f, t, 0.0))
    if opening.swing == "none":
        return solid
    depth = min(0.04, t / 2)
    y = min(0.02, t / 4) if opening.swing == "in" else t - depth - min(0.01, t / 8)
    low, high = -ly / 2 + f, ly / 2 - f
    if ly >= DOUBLE_FROM:
        _add_leaf(solid, low, -0.003, y, depth, lz - f, hinge_low=True)
        _add_leaf(solid, 0.003, high, y, depth, lz - f, hinge_low=False)
    else:
        _add_leaf(solid, low, high, y, depth, lz - f, hinge_low=True)
    return solid


def window_solid(opening: Opening, thickness: float) -> Solid:
    """A frame with a mullion every 0.7 m or so, a cross bar, panes of glass, and a sill board in the reveal."""
    ly, lz, t = opening.width, opening.height, thickness
    f = min(0.06, ly / 8, lz / 8)
    near, far = 0.35 * t, 0.75 * t
    solid = Solid()
    solid.add_box((-ly / 2, near, 0), (-ly / 2 + f, far, lz))
    solid.add_box((ly / 2 - f, near, 0), (ly / 2, far, lz))
    solid.add_box((-ly / 2 + f, near, lz - f), (ly / 2 - f, far, lz))
    solid.add_box((-ly / 2 + f, near, 0), (ly / 2 - f, far, f))
    inner = ly - 2 * f
    panes = max(1, round(inner / 0.7))
    bar = f * 0.7
    for i in range(1, panes):
        x = -inner / 2 + i * inner / panes
        solid.add_box((x - bar / 2, near, f), (x + bar / 2, far, lz - f))
    if lz > 0.8:
        z = f + 0.66 * (lz - 2 * f)
        solid.add_box((-inner / 2, near, z - bar / 2), (inner / 2, far, z + bar / 2))
    middle = (near + far) / 2
    solid.add_box((-inner / 2, middle - t / 30, f), (inner / 2, middle + t / 30, lz - f), 1)
    solid.add_box((-ly / 2, 0.0, 0.0), (ly / 2, near, min(0.02, f)))
    return solid


def _add_leaf(solid: Solid, low: float, high: float, y: float, depth: float, top: float, *, hinge_low: bool) -> None:
    """A panelled leaf between x `low` and `high` with its room side at `y`, a lever on both sides, and hinges."""
    solid.add_box((low, y, 0.008), (high, y + depth, top), 1)
    rim, bead = min(0.12, (high - low) / 5), depth * 0.15
    middle = 0.45 * top
    for z0, z1 in ((rim, middle - rim / 2), (middle + rim / 2, top - rim)):
        if z1 - z0 > 0.1:
            solid.add_box((low + rim, y - bead, z0), (high - rim, y, z1), 1)
    if top < _HANDLE_HEIGHT + 0.1:
        return
    hinge, lock, toward_hinge = (low, high - 0.06, -0.12) if hinge_low else (high, low + 0.06, 0.12)
    x0, x1 = sorted((lock, lock + toward_hinge))
    z0, z1 = _HANDLE_HEIGHT - 0.012, _HANDLE_HEIGHT + 0.012
    for side, end in ((y, y - 0.055), (y + depth, y + depth + 0.055)):
        solid.add_box((lock - 0.012, min(side, end), z0), (lock + 0.012, max(side, end), z1), 2)
        inner_end = end + (0.018 if end < side else -0.018)
        solid.add_box((x0, min(end, inner_end), z0), (x1, max(end, inner_end), z1), 2)
    for z in (0.25, top - 0.25):
        solid.add_box((hinge - 0.006, y - 0.012, z - 0.05), (hinge + 0.006, y + 0.004, z + 0.05), 2)
