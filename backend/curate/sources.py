# SPDX-License-Identifier: GPL-3.0-or-later
"""The sources that `metaspatial curate` knows, one line each. A source's module is imported when it is asked for."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

from .source import Source


class Kind(Protocol):
    """What the module of a kind of source has. Its options may be named anything but `command.OPTIONS`.

    Optional: `INCIDENTAL`, a tuple of the names (`dest`) of those options that don't decide what comes out, such as a
    server's address, a key or a time limit. They are neither kept beside the results nor compared when work goes on.
    """

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The options of the source alone."""
        ...

    def source_from(self, given: argparse.Namespace) -> Source:
        """The source that they ask for. Raises `console.Stop` for what can't be had."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the registry: the name on the command line, a line of help, and what imports the module."""

    name: str
    summary: str
    load: Callable[[], Kind]


def _module(name: str) -> Callable[[], Kind]:
    return lambda: cast(Kind, importlib.import_module(name, __package__))


SOURCES = (
    Entry("generated", "rooms made up from seeds, without end", _module(".generated")),
    Entry("descriptions", "rooms in words, furnished by a language model", _module(".llm")),
    Entry("published", "datasets in MetaSpatial's published form", _module(".published")),
)
