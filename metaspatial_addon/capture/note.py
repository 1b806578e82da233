# SPDX-License-Identifier: GPL-3.0-or-later
"""What capture tells the user about single objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Note:
    """`object_name` (empty for the capture as a whole), what was done with it, and why, as half a sentence.

    "fixed" stays where it is, as an obstacle; "ignored" is left out altogether; "carried" moves along with another
    piece; "room" and "opening" are about the shape of the room; "info" changes nothing.
    """

    object_name: str
    what: Literal["fixed", "ignored", "carried", "room", "opening", "info"]
    reason: str

    def __str__(self) -> str:
        return f"{self.object_name}: {self.what}, {self.reason}" if self.object_name else self.reason


class CaptureError(ValueError):
    """The file can't be captured; the text says why and how to mend it."""
