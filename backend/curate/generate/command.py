# SPDX-License-Identifier: GPL-3.0-or-later
"""`metaspatial generate`: scenes as files, one JSON document each; what is there already is kept."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from ...console import BAD_INPUT, OK, Stop, say, share, whole
from ...scene import Scene, scene_to_json
from .feasible import checked_scene
from .generate import FEWEST, MOST, generate_scene
from .room_types import ROOM_TYPES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=whole, default=50, help="how many scenes (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="the first scene's seed; the others count up from it")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write scenes into")
    parser.add_argument("--room-type", choices=sorted(ROOM_TYPES), help="this type of room only (default: all)")
    parser.add_argument("--pieces", type=pieces_number, metavar="N|N-M", help=f"number of pieces, {FEWEST} to {MOST}")
    parser.add_argument("--checked", action="store_true", help="only scenes that the solver arranges (seconds each)")
    parser.add_argument(
        "--relations", type=share, default=0.8, metavar="SHARE", help="with --checked: share of relations to be met"
    )


def run(args: argparse.Namespace) -> int:
    """Write `DIR/scene_SEED.json` for every seed that has none yet.

    The exit status: 0, or 1 where a scene was not to be had. Raises Stop where files can't be written.
    """
    out: Path = args.out
    made = kept = failed = 0
    try:
        out.mkdir(parents=True, exist_ok=True)
        for seed in range(args.seed, args.seed + args.count):
            path = out / f"scene_{seed:06d}.json"
            if path.exists():
                kept += 1
                continue
            try:
                _write(path, _scene(args, seed))
                made += 1
            except RuntimeError as error:
                say(str(error))
                failed += 1
    except OSError as error:
        raise Stop(BAD_INPUT, f"{error.filename or out}: can't be written: {error.strerror or error}") from error
    say(f"{out}: {made} written, {kept} there already{f', {failed} not to be had' if failed else ''}")
    return 1 if failed else OK


def _scene(args: argparse.Namespace, seed: int) -> Scene:
    if args.checked:
        return checked_scene(seed, room_type=args.room_type, pieces=args.pieces, relations=args.relations)
    return generate_scene(seed, room_type=args.room_type, pieces=args.pieces)


def _write(path: Path, scene: Scene) -> None:
    """Whole or not at all: an interrupted run leaves no half scene that would be kept."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(scene_to_json(scene), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(part, path)


def pieces_number(text: str) -> tuple[int, int]:
    """An argument that is a number of pieces or a span of it: the least and the most."""
    low, _, high = text.partition("-")
    if not (low.isdecimal() and (high or low).isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of pieces; give one such as 8, or a span such as 3-12")
    least, most = int(low), int(high or low)
    if not FEWEST <= least <= most <= MOST:
        raise argparse.ArgumentTypeError(f"{text} pieces can't be had; give {FEWEST} to {MOST}, the fewer first")
    return least, most
