# SPDX-License-Identifier: GPL-3.0-or-later
"""What the commands share: how they end, what they say, the files they read and write, the numbers they take."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .scene import Scene, SceneError, scene_from_json

OK, BAD_INPUT, INVALID, NO_ENGINE, INTERRUPTED = 0, 2, 3, 4, 130


class Stop(Exception):
    """An end before the end: the exit status and the line that explains it."""

    def __init__(self, status: int, line: str) -> None:
        super().__init__(line)
        self.status = status


def ended(work: Callable[[], int]) -> int:
    """The exit status of a command's work, where it stops or is interrupted, too, once that is said."""
    try:
        return work()
    except Stop as stop:
        say(str(stop))
        return stop.status
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED


def say(line: str) -> None:
    """A line to people, on standard error: standard output is for results."""
    print(f"metaspatial: {line}", file=sys.stderr, flush=True)


def read_scene(file: str) -> Scene:
    """The scene of a document; "-" is standard input. Raises Stop."""
    try:
        return scene_from_json(read_text(file))
    except SceneError as error:
        raise Stop(BAD_INPUT, f"{file}: {error}") from error


def read_text(file: str) -> str:
    """A file's text, or that of standard input for "-". Raises Stop."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise Stop(BAD_INPUT, f"{file}: can't be read: {error.strerror or error}") from error
    except UnicodeDecodeError:
        raise Stop(BAD_INPUT, f"{file}: is not text in UTF-8") from None


def write_json(file: str, document: Any) -> None:
    """Write a document to a file, or to standard output for "-". Raises Stop."""
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    if file == "-":
        sys.stdout.write(text)
        return
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Stop(BAD_INPUT, f"{file}: can't be written: {error.strerror or error}") from error


def seconds(text: str) -> float:
    """An argument that is a positive number of seconds."""
    value = float(text)
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number of seconds")
    return value


def count(text: str) -> int:
    """An argument that is a number from 1 to 100."""
    value = int(text)
    if not 1 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and 100")
    return value


def whole(text: str) -> int:
    """An argument that is a whole number from 1."""
    value = int(text) if text.isdecimal() and len(text) < 10 else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no count; give a whole number from 1")
    return value


def share(text: str) -> float:
    """An argument that is a share, from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} is no share; give a number from 0 to 1")
    return value


def numbers(text: str) -> tuple[int, ...]:
    """An argument that is a list of numbers and ranges: "0-2,7" is 0, 1, 2, 7."""
    found: dict[int, None] = {}
    for each in text.split(","):
        first, dash, last = each.strip().partition("-")
        if not (first.isdecimal() and (last.isdecimal() or not dash)) or len(each) > 21:
            raise argparse.ArgumentTypeError(f"{text!r} is no list of numbers and ranges such as 0-2,7")
        low, high = int(first), int(last or first)
        if not 0 <= high - low < 100_000:
            raise argparse.ArgumentTypeError(f"{each!r} must go up, by at most 100,000")
        found.update(dict.fromkeys(range(low, high + 1)))
    return tuple(found)
