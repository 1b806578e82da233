# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated scenes as a source: a key is a seed."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..console import whole
from .generate.command import pieces_number
from .source import BadRoom, Found

if TYPE_CHECKING:
    from .source import Source


@dataclass(frozen=True, slots=True)
class GeneratedSource:
    """`count` scenes, of the seeds from `seed` on. `room_type` and `pieces` as in `generate_scene`."""

    count: int
    seed: int = 0
    room_type: str | None = None
    pieces: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        return "generated"

    @property
    def licence(self) -> str:
        return "apache-2.0"

    @property
    def citation(self) -> str:
        return (
            "Sizes and groupings of furniture are derived from ProcTHOR's (Apache-2.0): Deitke et al., ProcTHOR: "
            "Large-Scale Embodied AI Using Procedural Generation, NeurIPS 2022, https://github.com/allenai/procthor"
        )

    def keys(self) -> Sequence[str]:
        return [str(seed) for seed in range(self.seed, self.seed + self.count)]

    def find(self, key: str) -> Found:
        from .generate import draw_scene

        try:
            drawn = draw_scene(int(key), room_type=self.room_type, pieces=self.pieces)
        except ValueError as error:
            raise BadRoom(f"no such scene: {error}") from error
        return Found(key, drawn.scene, drawn.scene.name, kind=drawn.room_type)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from .generate.generate import FEWEST, MOST
    from .generate.room_types import ROOM_TYPES

    parser.add_argument("--count", type=whole, default=100, help="how many rooms (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="the first room's seed; the others count up from it")
    parser.add_argument("--room-type", choices=sorted(ROOM_TYPES), help="this type of room only (default: all)")
    parser.add_argument("--pieces", type=pieces_number, metavar="N|N-M", help=f"number of pieces, {FEWEST} to {MOST}")


def source_from(given: argparse.Namespace) -> Source:
    return GeneratedSource(given.count, given.seed, given.room_type, given.pieces)
