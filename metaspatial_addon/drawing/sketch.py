# SPDX-License-Identifier: GPL-3.0-or-later
"""The drawing of a room as states and events: first its corners, then its doors and windows.

Every function takes a sketch and returns the next one; what can't be done leaves it as it was but for `problem`.
Points are metres on the floor, as the mouse points at them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Literal

from .plan import (
    FINE_GRID,
    GRID,
    WIDTHS,
    Kind,
    PlannedOpening,
    Point,
    Problem,
    closing_problem,
    floor_of,
    opening_at,
    opening_problem,
    snapped,
    straightened,
    wall_problem,
)

Stage = Literal["corners", "openings", "done"]

WALL_REACH = 0.5
"""How far from a wall a click still means it, metres."""
_STICKY = math.radians(6.0)
_MOST_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where the mouse is. `reach`: how near something counts as pointed at, metres. `fine` and `straight` are held."""

    at: Point
    reach: float = 0.1
    fine: bool = False
    straight: bool = False

    @property
    def grid(self) -> float:
        return FINE_GRID if self.fine else GRID


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is drawn so far. `typed` is a number on its way: the length of a wall, or the width of an opening."""

    corners: tuple[Point, ...] = ()
    openings: tuple[PlannedOpening, ...] = ()
    stage: Stage = "corners"
    kind: Kind = "door"
    widths: dict[Kind, float] = field(default_factory=lambda: dict(WIDTHS))
    typed: str = ""
    pointer: Pointer | None = None
    problem: Problem | None = None

    @property
    def floor(self) -> tuple[Point, ...]:
        """The floor polygon, counter-clockwise; openings count its walls. Empty before it is closed."""
        return floor_of(self.corners) if self.stage != "corners" else ()

    @property
    def number(self) -> float | None:
        """What is typed, metres."""
        try:
            return float(self.typed)
        except ValueError:
            return None

    @property
    def closing(self) -> bool:
        """Whether a click now would close the room: the pointer is at the first corner."""
        pointer = self.pointer
        if self.stage != "corners" or pointer is None or self.typed or len(self.corners) < 3:
            return False
        return math.dist(pointer.at, self.corners[0]) <= pointer.reach

    @property
    def aim(self) -> Point | None:
        """Where a click now would put the next corner."""
        pointer = self.pointer
        if self.stage != "corners" or pointer is None:
            return None
        if self.closing:
            return self.corners[0]
        if not self.corners:
            return snapped(pointer.at, pointer.grid)
        start = self.corners[-1]
        if self.number is not None:
            return _at_length(start, pointer, self.number)
        return straightened(start, pointer.at, pointer.grid) if pointer.straight else snapped(pointer.at, pointer.grid)

    @property
    def preview(self) -> PlannedOpening | None:
        """The opening that a click now would ask for."""
        pointer = self.pointer
        if self.stage != "openings" or pointer is None:
            return None
        width = self.widths[self.kind] if self.number is None else self.number
        reach = max(WALL_REACH, pointer.reach)
        return opening_at(self.floor, pointer.at, self.kind, width, reach, pointer.grid, centred=pointer.straight)

    @property
    def aim_problem(self) -> Problem | None:
        """Why a click now would not be taken, or None."""
        if self.stage == "corners" and self.closing:
            return closing_problem(self.corners)
        if self.stage == "corners" and self.aim is not None:
            return wall_problem(self.corners, self.aim)
        preview = self.preview
        return opening_problem(self.floor, self.openings, preview) if preview is not None else None


def point(sketch: Sketch, pointer: Pointer) -> Sketch:
    """The mouse moved, or a key that is held went up or down."""
    if pointer == sketch.pointer:
        return sketch
    return replace(sketch, pointer=pointer, problem=None)


def click(sketch: Sketch) -> Sketch:
    """Put a corner or an opening where the mouse points; at the first corner, close the room."""
    if sketch.stage == "openings":
        return _put_opening(sketch)
    if sketch.closing:
        return _close(sketch)
    return _put_corner(sketch)


def enter(sketch: Sketch) -> Sketch:
    """Take the number that is typed; without one, go on to the next stage."""
    if sketch.stage == "openings":
        return _take_width(sketch) if sketch.typed else replace(sketch, stage="done", problem=None)
    if not sketch.typed:
        return _close(sketch)
    if sketch.number is None:
        return replace(sketch, problem=Problem("Type the length in metres, such as 3.5."))
    return _put_corner(sketch)


def back(sketch: Sketch) -> Sketch:
    """Take back the last digit, else the last opening, else the closing of the room, else the last corner."""
    if sketch.typed:
        return replace(sketch, typed=sketch.typed[:-1], problem=None)
    if sketch.openings:
        return replace(sketch, openings=sketch.openings[:-1], problem=None)
    if sketch.stage == "openings":
        return replace(sketch, stage="corners", problem=None)
    return replace(sketch, corners=sketch.corners[:-1], problem=None)


def type_digit(sketch: Sketch, letter: str) -> Sketch:
    """A digit, a point or a comma of a number in metres; anything else is passed over."""
    letter = "." if letter == "," else letter
    fits = letter in "0123456789" or (letter == "." and "." not in sketch.typed)
    if len(letter) != 1 or not fits or len(sketch.typed) >= _MOST_DIGITS:
        return sketch
    if sketch.stage == "corners" and not sketch.corners:
        return replace(sketch, problem=Problem("Click the first corner, then type the length of the wall."))
    return replace(sketch, typed=sketch.typed + letter, problem=None)


def choose(sketch: Sketch, kind: Kind) -> Sketch:
    """The next opening is a door, or a window."""
    return replace(sketch, kind=kind, typed="", problem=None) if sketch.stage == "openings" else sketch


def _put_corner(sketch: Sketch) -> Sketch:
    aim = sketch.aim
    if aim is None:
        return sketch
    problem = wall_problem(sketch.corners, aim)
    if problem is not None:
        return replace(sketch, problem=problem)
    return replace(sketch, corners=(*sketch.corners, aim), typed="", problem=None)


def _close(sketch: Sketch) -> Sketch:
    problem = closing_problem(sketch.corners)
    if problem is not None:
        return replace(sketch, problem=problem)
    return replace(sketch, stage="openings", typed="", problem=None)


def _put_opening(sketch: Sketch) -> Sketch:
    if sketch.typed:
        taken = _take_width(sketch)
        if taken.problem is not None:
            return taken
        sketch = taken
    preview = sketch.preview
    if preview is None:
        return replace(sketch, problem=Problem("Click on a wall to put a door or a window there."))
    problem = opening_problem(sketch.floor, sketch.openings, preview)
    if problem is not None:
        return replace(sketch, problem=problem)
    return replace(sketch, openings=(*sketch.openings, preview), problem=None)


def _take_width(sketch: Sketch) -> Sketch:
    """The typed number is the width from now on."""
    number = sketch.number
    if number is None or not 0.3 <= number <= 10.0:
        return replace(sketch, problem=Problem("Doors and windows are 0.3 to 10 m wide."))
    return replace(sketch, widths={**sketch.widths, sketch.kind: number}, typed="", problem=None)


def _at_length(start: Point, pointer: Pointer, length: float) -> Point:
    """The end of a wall of a given length towards the pointer; axes and diagonals attract, held straight they bind."""
    dx, dy = pointer.at[0] - start[0], pointer.at[1] - start[1]
    angle = math.atan2(dy, dx)
    eighth = round(angle / (math.pi / 4)) * (math.pi / 4)
    if pointer.straight or abs(angle - eighth) < _STICKY:
        angle = eighth
    return round(start[0] + length * math.cos(angle), 4), round(start[1] + length * math.sin(angle), 4)
