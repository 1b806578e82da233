# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of a small model's answers, so that one can be held to it while it writes: `begins` says what still can.

    <think>desk_1 at east_wall, takes 0.8 by 1.6, …
    chair_1 in front of desk_1 …</think><answer>[{"new_object_id":"desk_1","x":3.7,"y":0.8,"z":0.39,"rotation":270},…

A line of thought for each piece, in any order, then an entry for each, in any order. What a line says of its piece, and
all numbers, are the model's own. A repair's thought may name fewer pieces, and begin with what it mends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LINE = 240
"""Most characters of a line of thought behind its piece's name."""
NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,2})(?:\.\d{1,3})?")
_GROWING = re.compile(r"-?(?:(?:0|[1-9]\d{0,2})(?:\.\d{0,3})?)?")
"""What a number may be as long as it is not finished."""
_PLACE = "Place (length x width x height"
_PIECE = re.compile(r"- (\S+) [\d.]+x[\d.]+x[\d.]+")


@dataclass(frozen=True, slots=True)
class Form:
    """The form of an answer to a dialogue that asks for these pieces. `repairs`: it is not the dialogue's first."""

    pieces: tuple[str, ...]
    repairs: bool = False

    def begins(self, text: str) -> bool:
        """Whether `text` is an answer of this form, or can become one by going on."""
        reader = _Reader(text)
        try:
            reader.literal("<think>")
            self._thought(reader)
            reader.literal("<answer>[")
            left = list(self.pieces)
            while left:
                reader.literal('{"new_object_id":"')
                left.remove(reader.one_of([f'{name}"' for name in left])[:-1])
                for key in ("x", "y", "z", "rotation"):
                    reader.literal(f',"{key}":')
                    reader.number()
                reader.literal("},") if left else reader.literal("}")
            reader.literal("]</answer>")
        except _Ended:
            return True
        except _Wrong:
            return False
        return reader.at == len(text)

    def _thought(self, reader: _Reader) -> None:
        left, opening = list(self.pieces), self.repairs
        while left:
            choices = [f"{name} " for name in left]
            found = reader.one_of([*choices, "mend "] if opening else choices)
            opening = False
            if found != "mend ":
                left.remove(found[:-1])
            reader.line()
            ends = ["\n"] if left else []
            if not left or self.repairs:
                ends.append("</think>")
            if reader.one_of(ends) == "</think>":
                return
        if not self.pieces:
            reader.literal("</think>")


def form_of(messages: Sequence[Mapping[str, Any]]) -> Form | None:
    """The form of the next answer in a dialogue of `prompt`'s, as a chat template gets it; None for any other chat."""
    told = [_text(message) for message in messages if message.get("role") == "user"]
    if not told or _PLACE not in told[0]:
        return None
    pieces = []
    for line in told[0].partition(_PLACE)[2].splitlines()[1:]:
        found = _PIECE.match(line)
        if not found:
            break
        pieces.append(found[1])
    return Form(tuple(pieces), repairs=len(told) > 1) if pieces and len(set(pieces)) == len(pieces) else None


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, Sequence) else ()
    return "".join(str(part.get("text") or "") for part in parts if isinstance(part, Mapping))


class _Ended(Exception):
    """The text ends where it could go on."""


class _Wrong(Exception):
    """The text can't go on to what is wanted."""


class _Reader:
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
        rest = self.text[self.at :]
        raise _Ended if any(choice.startswith(rest) for choice in choices) else _Wrong

    def line(self) -> None:
        """What a line of thought says: something, without brackets."""
        ends = [end for mark in "\n<" if (end := self.text.find(mark, self.at)) >= 0]
        end = min(ends, default=len(self.text))
        if end - self.at > LINE or ">" in self.text[self.at : end] or (ends and end == self.at):
            raise _Wrong
        if not ends:
            raise _Ended
        self.at = end

    def number(self) -> None:
        found = NUMBER.match(self.text, self.at)
        end = found.end() if found else self.at
        if (growing := _GROWING.match(self.text, self.at)) and growing.end() == len(self.text):
            raise _Ended
        if not found:
            raise _Wrong
        self.at = end
