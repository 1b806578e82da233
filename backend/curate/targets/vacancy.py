# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a room, as a dialogue tells of it, still has room for a piece: the spans that a model that is held may choose.

What is forbidden is what no good layout has: to reach out of the floor or into a door's free zone, to hide a window, to
stand in another piece. It is the mask of invalid actions of Huang and Ontañón 2022 (arXiv:2006.14171), for spans.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...dialogue.wording import number
from .board import STEP

Rect = tuple[float, float, float, float]
"""x from, x to, y from, y to, metres."""
Span = tuple[float, float]

FLAT = 0.03
"""Highest of what others may stand on: rugs."""
LARGEST = 25.0
"""Metres of the longest floor that is looked at on the grid; larger ones have room enough."""
_MOST_WALLS = 64
_EPS = 1e-6
_NUM = r"(-?\d{1,4}(?:\.\d{1,4})?)"
_WALL = re.compile(rf"^- wall_\d+ \((\w+)\) \({_NUM},{_NUM}\) to \({_NUM},{_NUM}\)$", re.MULTILINE)
_FREE = re.compile(rf"keep free x {_NUM} to {_NUM}, y {_NUM} to {_NUM}(?: above z {_NUM})?$", re.MULTILINE)
_FIXED = re.compile(
    rf"^- \S+ {_NUM}x{_NUM}x{_NUM}[^\n]* at x {_NUM} y {_NUM} z {_NUM} rotation {_NUM}[^\n]*$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Ground:
    """A room's floor: `walls` by name with where they run, what is `outside` of the floor inside its extent, zones to
    be kept free with the height from which on they are, and the heights and places of fixed pieces."""

    walls: tuple[tuple[str, Rect], ...]
    extent: Rect
    outside: tuple[Rect, ...]
    zones: tuple[tuple[float, Rect], ...]
    fixed: tuple[Rect, ...]

    def taken(self, height: float, mount: str) -> tuple[Rect, ...]:
        """What a piece of this height must keep out of, other pieces apart."""
        if mount == "ceiling" or height <= FLAT:
            return self.outside
        return (*self.outside, *self.fixed, *(zone for low, zone in self.zones if height > low))


def ground_of(text: str) -> Ground | None:
    """The floor that a dialogue's first message tells of; None for slanted or very many walls, or too large a floor."""
    found = [(name, *map(float, ends)) for name, *ends in _WALL.findall(text)]
    slanted = any(abs(x0 - x1) > _EPS and abs(y0 - y1) > _EPS for _, x0, y0, x1, y1 in found)
    if slanted or not 4 <= len(found) <= _MOST_WALLS:
        return None
    walls = tuple((name, (min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1))) for name, x0, y0, x1, y1 in found)
    corners = [(x0, y0) for _, x0, y0, _, _ in found]
    xs, ys = (sorted({corner[k] for corner in corners}) for k in (0, 1))
    if max(xs[-1] - xs[0], ys[-1] - ys[0]) > LARGEST:
        return None
    outside = [
        (*x, *y)
        for x, y in itertools.product(itertools.pairwise(xs), itertools.pairwise(ys))
        if not _inside((x[0] + x[1]) / 2, (y[0] + y[1]) / 2, corners)
    ]
    zones = [(float(low or 0.0), (float(a), float(b), float(c), float(d))) for a, b, c, d, low in _FREE.findall(text)]
    fixed = [box(*map(float, values)) for values in _FIXED.findall(text) if float(values[2]) > FLAT]
    return Ground(walls, (xs[0], xs[-1], ys[0], ys[-1]), tuple(outside), tuple(zones), tuple(fixed))


@functools.lru_cache(maxsize=256)
def spans_along_x(ground: Ground, sides: Span, blocked: tuple[Rect, ...], wall: str) -> Mapping[str, Span]:
    """What a clause may say of the span along x of a piece that takes `sides`, and the spans: those beside which there
    is one along y. `wall` is the one at its back, "" for none. Empty where there is no room."""
    lows, _, free = _free(ground, sides, blocked, wall)
    return _said(lows[free.any(1)], sides[0], _across(wall, "x"))


@functools.lru_cache(maxsize=256)
def spans_along_y(ground: Ground, sides: Span, blocked: tuple[Rect, ...], wall: str, x: Span) -> Mapping[str, Span]:
    """The same along y, beside a span along x."""
    lows_x, lows, free = _free(ground, sides, blocked, wall)
    row = int(np.argmin(np.abs(lows_x - x[0])))
    return _said(lows[free[row]], sides[1], _across(wall, "y"))


@functools.lru_cache(maxsize=128)
def middles_at(ground: Ground, length: float, width: float, wall: str) -> list[tuple[str, str]]:
    """Where the middle of what hangs on a wall of this name may be, as a clause says it: its back touches the wall."""
    found = []
    for name, (x0, x1, y0, y1) in ground.walls:
        if name != wall:
            continue
        low, high = (y0, y1) if wall in ("west_wall", "east_wall") else (x0, x1)
        along = [number(value) for value in _grid(low + length / 2, high - length / 2)]
        inwards = width / 2 if wall in ("west_wall", "south_wall") else -width / 2
        if wall in ("west_wall", "east_wall"):
            found += [(number(x0 + inwards), y) for y in along]
        else:
            found += [(x, number(y0 + inwards)) for x in along]
    return found


@functools.lru_cache(maxsize=128)
def middles_on(host: Rect, sides: Span) -> list[tuple[str, str]]:
    """Where the middle of what stands on another piece may be: reaching over no edge, or in the very middle."""
    along = []
    for k in (0, 1):
        low, high = host[2 * k], host[2 * k + 1]
        every = [*_grid(low + sides[k] / 2, high - sides[k] / 2), (low + high) / 2]
        along.append(list(dict.fromkeys(number(value) for value in every)))
    return list(itertools.product(*along))


def box(length: float, width: float, height: float, x: float, y: float, z: float, rotation: float) -> Rect:
    """What a piece covers of the floor: the spans around it, however it is turned; metres and degrees."""
    angle = np.radians(rotation)
    half = (
        abs(np.cos(angle)) * length / 2 + abs(np.sin(angle)) * width / 2,
        abs(np.sin(angle)) * length / 2 + abs(np.cos(angle)) * width / 2,
    )
    return float(x - half[0]), float(x + half[0]), float(y - half[1]), float(y + half[1])


def _grid(low: float, high: float) -> list[float]:
    """The multiples of the grid from `low` to `high`."""
    count = np.arange(np.ceil(low / STEP - _EPS), np.floor(high / STEP + _EPS) + 1)
    return [round(float(value), 4) for value in count * STEP]


@functools.lru_cache(maxsize=128)
def _free(
    ground: Ground, sides: Span, blocked: tuple[Rect, ...], wall: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Where spans may begin along x (n) and y (m), and which two go together (n, m)."""
    lows = []
    for k in (0, 1):
        first, last = ground.extent[2 * k], ground.extent[2 * k + 1] - sides[k]
        edges = [edge for rect in (*blocked, ground.extent) for edge in (rect[2 * k + 1], rect[2 * k] - sides[k])]
        grid = np.arange(np.ceil(first / STEP - _EPS), np.floor(last / STEP + _EPS) + 1) * STEP
        every = np.unique(np.round([*grid, *edges], 4))
        lows.append(every[(every >= first - _EPS) & (every <= last + _EPS)])
    xs, ys = lows
    free = np.ones((len(xs), len(ys)), bool)
    for x0, x1, y0, y1 in blocked:
        beside = (xs < x1 - _EPS) & (xs + sides[0] > x0 + _EPS)
        free &= ~(beside[:, None] & ((ys < y1 - _EPS) & (ys + sides[1] > y0 + _EPS))[None, :])
    if wall:
        near = np.zeros_like(free)
        for name, (x0, x1, y0, y1) in ground.walls:
            if name != wall:
                continue
            middles = xs + sides[0] / 2, ys + sides[1] / 2
            if wall in ("west_wall", "east_wall"):
                at = np.abs((xs if wall == "west_wall" else xs + sides[0]) - x0) < 1e-3
                near |= at[:, None] & ((middles[1] > y0) & (middles[1] < y1))[None, :]
            else:
                at = np.abs((ys if wall == "south_wall" else ys + sides[1]) - y0) < 1e-3
                near |= ((middles[0] > x0) & (middles[0] < x1))[:, None] & at[None, :]
        free &= near
    return xs, ys, free


def _across(wall: str, axis: str) -> int:
    """Which end of a span along an axis is at the wall: -1 its low one, 1 its high one, 0 neither."""
    return {("west_wall", "x"): -1, ("east_wall", "x"): 1, ("south_wall", "y"): -1, ("north_wall", "y"): 1}.get(
        (wall, axis), 0
    )


def _said(lows: NDArray[np.float64], side: float, at: int) -> dict[str, Span]:
    """The ways to tell spans: from the end at the wall; or from either end, or from the middle."""
    said: dict[str, Span] = {}
    for low in lows.tolist():
        span = (low, round(low + side, 4))
        begin, end, middle = number(span[0]), number(span[1]), number((span[0] + span[1]) / 2)
        if at <= 0:
            said[f"{begin} to {end} mid {middle}"] = span
        if at >= 0:
            said[f"{end} to {begin} mid {middle}"] = span
        if at == 0:
            said[f"mid {middle} from {begin} to {end}"] = span
    return said


def _inside(x: float, y: float, corners: list[tuple[float, float]]) -> bool:
    """Whether a point lies within a polygon, by the even-odd rule."""
    within = False
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            within = not within
    return within
