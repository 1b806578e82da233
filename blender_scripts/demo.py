# SPDX-License-Identifier: GPL-3.0-or-later
"""The first look: builds a furnished bedroom as the movers left it, arranges it, shows it before and after.

    python blender_scripts/demo.py [--out DIR] [--sample bedroom] [--engine auto] [--seed 0]

Goes the same way as the panel and `arrange.py`: the room is captured from the .blend, not handed over. The small model
arranges, over HTTP, where a Python with torch is at hand; else, and where its arrangement has faults that settling
can't mend, the solver does, and it is said which and why.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))
from bootstrap import ROOT, arguments, keep_chatter, quietly, use_this_tree

use_this_tree()
import arrange  # noqa: E402
from metaspatial.backend import serve  # noqa: E402
from metaspatial.backend.policies.policy import PolicyError  # noqa: E402
from metaspatial.backend.policies.small import small_server  # noqa: E402
from metaspatial.backend.scene import Scene, scene_from_json  # noqa: E402
from metaspatial.metaspatial_addon.furnish.scene import build_scene, moving_day  # noqa: E402
from metaspatial.metaspatial_addon.render import side_by_side  # noqa: E402

SAMPLES = ROOT / "samples"


def main() -> int:
    names = sorted(path.stem for path in SAMPLES.glob("*.json"))
    parser = argparse.ArgumentParser(prog="demo.py", description="Builds a sample room, arranges it, shows it.")
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "demo", help="folder for the results")
    parser.add_argument("--sample", choices=names, default="bedroom")
    parser.add_argument(
        "--engine",
        choices=("auto", "small", "solver"),
        default="auto",
        help="who arranges: the small model, the solver, or the model if it can (default)",
    )
    parser.add_argument("--python", default="", help="for the small model: the Python that has torch (default: found)")
    parser.add_argument("--seed", type=int, default=0, help="another seed gives another arrangement")
    parser.add_argument("--size", type=int, default=768, help="side of the pictures in pixels (default 768)")
    given = parser.parse_args(arguments())
    given.out.mkdir(parents=True, exist_ok=True)
    keep_chatter(given.out / "blender.log")
    start = time.monotonic()

    scene = scene_from_json((SAMPLES / f"{given.sample}.json").read_text(encoding="utf-8"))
    room = given.out / f"{given.sample}.blend"
    _say(f"building the {given.sample.replace('_', ' ')}: {len(scene.furniture)} pieces, as the movers left them")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    build_scene(scene, moving_day(scene, given.seed))
    with quietly():
        bpy.ops.wm.save_as_mainfile(filepath=str(room.resolve()), compress=True)

    options = ["--out", str(given.out), "--preference", scene.preference, "--seed", str(given.seed)]
    options += ["--size", str(given.size), "--python", given.python]
    ended, engine = _arrange(given, scene, [str(room), *options])

    both = given.out / "before_after.png"
    pictures = [(given.out / name).read_bytes() for name in ("before.png", "after.png")]
    both.write_bytes(side_by_side(*pictures))
    print()
    print(_table(json.loads((given.out / "score.json").read_text(encoding="utf-8"))))
    print()
    print(f"arranged by {_NAMES[engine]}")
    print(f"pictures   {both}\n           {given.out / 'before.png'}, {given.out / 'after.png'}")
    print(f"arranged   {given.out / 'arranged.blend'}  (open it in Blender)")
    print(f"as it was  {room}")
    print(f"numbers    {given.out / 'score.json'}, {given.out / 'layout.json'}")
    _say(f"done in {time.monotonic() - start:.0f} s")
    return ended


def _arrange(given: argparse.Namespace, scene: Scene, options: list[str]) -> tuple[int, str]:
    """Arrange with the engine asked for; the exit status, and which engine's arrangement it is."""
    if given.engine != "solver":
        ended = _with_the_model(given, scene, options)
        if ended == 0 or (ended is not None and given.engine == "small"):
            return ended, "small"
    _say(f"arranging it with the embedded solver: “{scene.preference}”")
    return arrange.run(arrange.parser().parse_args([*options, "--engine", "solver"])), "solver"


def _with_the_model(given: argparse.Namespace, scene: Scene, options: list[str]) -> int | None:
    """The exit status of arranging with the small model; None, after saying why, where it could not."""
    running = serve.status()
    try:
        if given.engine == "auto" and running is None and not serve.find_python(given.python):
            raise PolicyError("No Python with torch is at hand; `make model` makes one (about 1.5 GB, minutes).")
        begun = time.monotonic()
        server = small_server(given.python, on_progress=_once_in_a_while())
        _say(f"{server.model} answers at {server.url} ({time.monotonic() - begun:.0f} s)")
        _say(f"arranging it with the small model: “{scene.preference}”")
        ended = arrange.run(arrange.parser().parse_args([*options, "--engine", "small"]))
    except (PolicyError, arrange.Stop) as error:
        if given.engine == "small":
            raise arrange.Stop(getattr(error, "status", arrange.NO_ENGINE), str(error)) from error
        _say(f"the small model does not arrange it: {error}")
        return None
    finally:
        if running is None:
            serve.stop()
    if ended and given.engine == "auto":
        _say("settling could not mend all of the small model's arrangement")
    return ended


def _once_in_a_while(seconds: float = 5.0) -> Callable[[str], None]:
    """Says the first line and then one every few seconds."""
    last = -seconds

    def say(line: str) -> None:
        nonlocal last
        if time.monotonic() - last >= seconds:
            last = time.monotonic()
            _say(line)

    return say


_NAMES = {"small": "the small model (Qwen2.5-VL, over HTTP), then settled", "solver": "the embedded solver"}


def _table(document: dict[str, Any]) -> str:
    """The grades and the number of faults of each kind: before, as a model answered, and after settling."""
    columns = [("before", document["before"]), ("after", document["score"])]
    if document["engine"] != "solver":
        columns.insert(1, ("answer", document["answered"]))
    columns = [(name, score) for name, score in columns if score]
    rows = [("", *(f"{name:>8}" for name, _ in columns))]
    for part in ("total", "format", "physics", "function"):
        rows.append((part, *(f"{score[part]:8.3f}" for _, score in columns)))
    counts = [Counter(issue["kind"] for issue in score["issues"]) for _, score in columns]
    for kind in sorted({kind for count in counts for kind in count}):
        rows.append((f"  {kind.replace('_', ' ')}", *(f"{count[kind]:8d}" for count in counts)))
    return "\n".join(f"{row[0]:<16}" + "".join(row[1:]) for row in rows)


def _say(line: str) -> None:
    print(f"demo: {line}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except arrange.Stop as stop:
        print(f"demo: {stop}", file=sys.stderr)
        sys.exit(stop.status)
