# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a lesson's text from its start: whether it is wrong or only ends too early, and how it could go on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NoReturn

from ...dialogue.wording import number
from .vacancy import Span

NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,2})(?:\.\d{1,3})?")
_GROWING = re.compile(r"-?(?:(?:0|[1-9]\d{0,2})(?:\.\d{0,3})?)?")
"""What a number may be as long as it is not finished."""
_WHY = 60
"""Most characters of a clause's reason, before it says which way the piece looks."""
_WORDS = re.compile(r"(?:[a-z][a-z0-9_]* )*(?:[a-z][a-z0-9_]*)?")
_WAYS = {"at north_wall": 0, "at west_wall": 90, "at south_wall": 180, "at east_wall": 270} | {
    f"rotation {degrees}": degrees for degrees in (0, 90, 180, 270)
}
"""By the wall at its back, or in degrees."""


class Reader:
    """A text, read from its start."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def literal(self, wanted: str) -> None:
        self.one_of([wanted])

    def one_of(self, choices: Sequence[str]) -> str:
        """The one that comes next; none of them may begin another."""
        for choice in choices:
            if self.text.startswith(choice, self.at):
                self.at += len(choice)
                return choice
        self._expect(choices)

    def one_before(self, end: str, choices: Iterable[str]) -> str:
        """The one that comes next and has this end behind it, by which it is told from one that it begins."""
        return self.one_of([f"{choice}{end}" for choice in choices]).removesuffix(end)

    def _expect(self, choices: Iterable[str]) -> NoReturn:
        """None of these is there in full: the text ends within one of them, or it is wrong."""
        rest = self.text[self.at :]
        ends = [choice[len(rest) :] for choice in choices if choice.startswith(rest)]
        raise Ended(tuple(ends)) if ends else Wrong

    def way(self) -> tuple[str, str, int]:
        """A clause's reason and, before its first comma, the wall at the piece's back ("": none) and its rotation."""
        comma = self.text.find(",", self.at)
        said = self.text[self.at : comma if comma >= 0 else len(self.text)]
        if comma < 0:
            words = [k for k in range(_WHY + 1) if k == 0 or said[k - 1 : k] == " "]
            begun = any(
                _WORDS.fullmatch(said[:k]) and k <= _most(way) and way.startswith(said[k:])
                for k in words
                for way in _WAYS
            )
            raise Ended if begun or (len(said) < _WHY and _WORDS.fullmatch(said)) else Wrong
        for way, degrees in _WAYS.items():
            why = said.removesuffix(way)
            if why != said and len(why) <= _most(way) and (not why or (why[-1] == " " and _WORDS.fullmatch(why))):
                self.at = comma + 1
                return why, way.removeprefix("at ") if way.startswith("at ") else "", degrees
        raise Wrong

    def taken(self, choices: Sequence[Span]) -> Span:
        """What a piece takes along x and y, as the clause says it."""
        said = {f" takes {number(x)} by {number(y)}": (x, y) for x, y in choices}
        for words, both in said.items():
            if self.text.startswith(f"{words},", self.at):
                self.at += len(words)
                return both
        self._expect(f"{words}," for words in said)

    def span(self, taken: float) -> str:
        """A span that a piece takes, told from its middle or from an end; its middle."""
        if self.text.startswith("mid ", self.at):
            self.literal("mid ")
            middle = self.number()
            low, high = (number(float(middle) + half) for half in (-taken / 2, taken / 2))
            self.literal(f" from {low} to {high}")
            return middle
        if "mid ".startswith(self.text[self.at :]):
            raise Ended
        begin = self.number()
        self.literal(" to ")
        ends = {
            f"{number(float(begin) + way)} mid {(middle := number(float(begin) + way / 2))}": middle
            for way in (taken, -taken)
        }
        return ends[self.one_of([*ends])]

    def number(self) -> str:
        found = NUMBER.match(self.text, self.at)
        if (growing := _GROWING.match(self.text, self.at)) and growing.end() == len(self.text):
            raise Ended
        if not found:
            raise Wrong
        self.at = found.end()
        return found[0]


class Ended(Exception):
    """The text ends where it could go on: by one of these ways, where they are known. None of them begins another."""

    def __init__(self, ways: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.ways = ways


class Wrong(Exception):
    """The text can't go on to what is wanted."""


def _most(way: str) -> int:
    """Most characters of the reason before it. A wall may turn out to be full: behind it there is room to turn away."""
    return _WHY if way.startswith("rotation") else _WHY - 20
