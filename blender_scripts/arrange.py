# SPDX-License-Identifier: GPL-3.0-or-later
"""Arranges the furniture of a room in a .blend file, without a window.

    blender -b room.blend -P blender_scripts/arrange.py -- --preference "a place to read" --out DIR
    python blender_scripts/arrange.py room.blend --out DIR

Writes into DIR: arranged.blend, layout.json, score.json, before.png, after.png, and blender.log with what Blender
itself has to say. Ends with status 0 when all is well, 1 when something unexpected goes wrong, 2 for bad input, 3 when
a piece has no place or the layout has physical faults, 4 when the model's server gives no answer that can be used.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import traceback
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))
from bootstrap import arguments, keep_chatter, leave, quietly, use_this_tree

use_this_tree()
from metaspatial.backend.policies.policy import Policy, PolicyError  # noqa: E402
from metaspatial.backend.policies.solver import SolverPolicy  # noqa: E402
from metaspatial.backend.rewards.score import Score  # noqa: E402
from metaspatial.backend.rewards.scorer import Scorer  # noqa: E402
from metaspatial.backend.scene import Scene, current_layout, layout_to_json  # noqa: E402
from metaspatial.metaspatial_addon.capture import Capture, CaptureError, CaptureSettings, capture  # noqa: E402
from metaspatial.metaspatial_addon.jobs import Arrangement, Job, arranging  # noqa: E402
from metaspatial.metaspatial_addon.physics import BvhEngine  # noqa: E402
from metaspatial.metaspatial_addon.placement import PlacementError, place  # noqa: E402
from metaspatial.metaspatial_addon.render import BlenderRenderer  # noqa: E402
from metaspatial.metaspatial_addon.render.lookalike import lookalikes  # noqa: E402
from metaspatial.metaspatial_addon.ui import register_properties, unregister_properties  # noqa: E402

BAD_INPUT, INVALID, NO_ENGINE = 2, 3, 4


class Stop(Exception):
    """An end before the end: the exit status and the line that explains it."""

    def __init__(self, status: int, line: str) -> None:
        super().__init__(line)
        self.status = status


def main() -> int:
    given = parser().parse_args(arguments())
    try:
        _check(given)
        _keep_log(given.out)
        return run(given)
    except Stop as stop:
        print(f"arrange: {stop}", file=sys.stderr, flush=True)
        return stop.status
    except Exception:  # Blender itself would print it, too, and end with 0
        traceback.print_exc()
        log = given.out / "blender.log"
        print(f"arrange: something unexpected went wrong; {log} may say more", file=sys.stderr, flush=True)
        return 1


def run(given: argparse.Namespace) -> int:
    """The whole way, from the file to the files. Raises Stop."""
    if hasattr(bpy.types.Scene, "metaspatial"):
        return _run(given)
    register_properties()  # the roles and relations that the panel has left in the file
    try:
        return _run(given)
    finally:
        unregister_properties()


def _run(given: argparse.Namespace) -> int:
    source = _open(given.blend)
    target = _target(given, source)
    seen = _capture(given)
    scene = seen.scene
    movable, fixed = len(scene.movable), len(scene.fixed)
    _say(f"{movable} piece{'s' * (movable != 1)} to arrange, {fixed} fixed, in {_size_of(scene)}")
    for note in seen.notes:
        if note.what in ("fixed", "ignored"):
            _say(f"{note.object_name} is {note.what}: {note.reason}")
    for reason in seen.left_out.values():
        _say(f"a relation is left out: {reason}")
    with BlenderRenderer(make_piece=lookalikes(seen)) as renderer:
        _picture(renderer, scene, current_layout(scene), given.out / "before.png", given.size)
        done = _arrange(given, seen, renderer)
        _picture(renderer, scene, done.layout, given.out / "after.png", given.size)
    try:
        place(bpy.context, seen, done.layout)
    except PlacementError as error:
        raise Stop(INVALID, str(error)) from error
    _save(target)
    _write_json(given.out / "layout.json", layout_to_json(done.layout))
    _write_json(given.out / "score.json", _score_document(given, done))
    return _conclude(done, target)


def parser() -> argparse.ArgumentParser:
    """The options, for `run`."""
    parser = argparse.ArgumentParser(
        prog="arrange.py", description="Arranges the furniture of a room in a .blend file."
    )
    parser.add_argument("blend", nargs="?", type=Path, help="the file (default: the one Blender has open)")
    parser.add_argument("--out", type=Path, required=True, help="folder for the results; made if missing")
    parser.add_argument("--in-place", action="store_true", help="save into the .blend file itself")
    parser.add_argument("--preference", default="", help="how the room should be, in your words")
    parser.add_argument("--room", help="the object or collection that is the room (default: found)")
    parser.add_argument("--furniture", help="the collection to arrange (default: all that stands in the room)")
    parser.add_argument(
        "--engine",
        choices=("solver", "small", "chat"),
        default="solver",
        help="who arranges: the solver, the small model that comes along, or a chat server's (default solver)",
    )
    parser.add_argument("--python", default="", help="for the small model: the Python that has torch (default: found)")
    parser.add_argument("--base-url", default="http://127.0.0.1:8000/v1", help="the chat server's address")
    parser.add_argument("--model", default="", help="the model's name there (default: its only one)")
    parser.add_argument("--allow-remote", action="store_true", help="let picture and sizes go to another computer")
    parser.add_argument("--timeout", type=_positive, default=600.0, help="seconds for one answer (default 600)")
    parser.add_argument("--turns", type=int, default=2, help="how often the model may improve its answer (default 2)")
    parser.add_argument("--seed", type=int, default=0, help="another seed gives another arrangement (default 0)")
    parser.add_argument("--seconds", type=_positive, help="time for the solver (default: by the number of pieces)")
    parser.add_argument(
        "--settle",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="make the layout valid by small moves where it is not",
    )
    parser.add_argument(
        "--size", type=int, default=768, help="side of the pictures in pixels, 0 for none (default 768)"
    )
    return parser


def _check(given: argparse.Namespace) -> None:
    """Refuse what can be refused before anything is touched."""
    if given.turns < 1:
        raise Stop(BAD_INPUT, "--turns must be at least 1")
    if given.size != 0 and not 16 <= given.size <= 8192:
        raise Stop(BAD_INPUT, "--size must be 16 to 8192 pixels, or 0 for no pictures")
    if given.blend is not None and not given.blend.is_file():
        raise Stop(BAD_INPUT, f"there is no file {given.blend}")


def _keep_log(out: Path) -> None:
    """Make the folder, and let what Blender itself prints go to a file in it."""
    log = out / "blender.log"
    try:
        out.mkdir(parents=True, exist_ok=True)
        keep_chatter(log)
    except OSError as error:
        raise Stop(BAD_INPUT, f"{log} can't be written: {error.strerror or error}") from error
    _say(f"Blender's own messages go to {log}")


def _open(blend: Path | None) -> Path | None:
    """Open the file asked for, or take the open one; its path."""
    if blend is not None:
        try:
            with quietly():
                bpy.ops.wm.open_mainfile(filepath=str(blend.resolve()), load_ui=False)
        except RuntimeError as error:
            raise Stop(BAD_INPUT, f"{blend} can't be opened: {' '.join(str(error).split())}") from error
    elif not bpy.data.filepath:
        raise Stop(BAD_INPUT, "no file: give a .blend, or open one in Blender")
    return Path(bpy.data.filepath)


def _target(given: argparse.Namespace, source: Path | None) -> Path:
    """Where the arranged file goes."""
    if given.in_place and source is not None:
        return source
    target = given.out.resolve() / "arranged.blend"
    if source is not None and target == source.resolve():
        raise Stop(BAD_INPUT, f"{target} is the input itself: choose another --out, or --in-place")
    return target


def _capture(given: argparse.Namespace) -> Capture:
    settings = CaptureSettings(
        room=given.room,
        source="COLLECTION" if given.furniture else "INSIDE",
        collection=given.furniture,
        preference=given.preference,
    )
    try:
        seen = capture(bpy.context, settings)
    except CaptureError as error:
        raise Stop(BAD_INPUT, str(error)) from error
    if not seen.scene.movable:
        raise Stop(BAD_INPUT, "there is nothing to arrange: no piece in the room is movable")
    return seen


def _arrange(given: argparse.Namespace, seen: Capture, renderer: BlenderRenderer) -> Arrangement:
    by_model = given.engine != "solver"
    work = arranging(
        seen.scene,
        _policy(given),
        Scorer(BvhEngine(seen.mesh_of)),
        turns=given.turns if by_model else 1,
        renderer=renderer if by_model and given.size else None,
        settle=given.settle,
    )
    job = Job("arrangement", work).start()
    told = ""
    while job.working:
        job.pump(wait=0.5)
        if job.text != told:
            told = job.text
            _say(told)
    if job.stage != "ready":
        if job.details:
            print(job.details, file=sys.stderr)
        raise Stop(NO_ENGINE if by_model and not job.details else 1, job.error or job.text)
    job.finish()
    return job.result


def _policy(given: argparse.Namespace) -> Policy:
    if given.engine == "solver":
        return SolverPolicy(seed=given.seed, seconds=given.seconds)
    if given.engine == "small":
        from metaspatial.backend.policies.small import SmallPolicy

        return SmallPolicy(given.python, given.timeout)
    from metaspatial.backend.policies.chat import ChatPolicy, ChatSettings

    settings = ChatSettings(
        base_url=given.base_url, model=given.model, timeout=given.timeout, allow_remote=given.allow_remote
    )
    try:
        settings.endpoint("models")  # an address that can't be used is bad input, not an absent server
    except PolicyError as error:
        raise Stop(BAD_INPUT, str(error)) from error
    return ChatPolicy(settings)


def _picture(renderer: BlenderRenderer, scene: Scene, layout: Any, path: Path, size: int) -> None:
    """A picture, or a line that there is none: it is not worth losing the arrangement for."""
    if not size:
        return
    try:
        path.write_bytes(renderer.render(scene, layout, (size, size)))
    except RuntimeError as error:
        print(f"arrange: no {path.name}: {error}", file=sys.stderr)


def _save(target: Path) -> None:
    try:
        with quietly():
            bpy.ops.wm.save_as_mainfile(filepath=str(target), copy=True, compress=True)
    except RuntimeError as error:
        raise Stop(BAD_INPUT, f"{target} can't be written: {' '.join(str(error).split())}") from error


def _write_json(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _score_document(given: argparse.Namespace, done: Arrangement) -> dict[str, Any]:
    """The scores before and after, what settling moved, what found no place, and who arranged."""
    return {
        "score": dataclasses.asdict(done.score),
        "answered": dataclasses.asdict(done.answered),
        "before": None if done.before is None else dataclasses.asdict(done.before),
        "settled": dict(done.moved),
        "unplaced": dict(done.unplaced),
        "engine": given.engine,
        "turns": len(done.trajectory.turns),
    }


def _conclude(done: Arrangement, target: Path) -> int:
    """The result in a few lines; the exit status."""
    _say(f"score {_grades(done.score)}" + (f", before {_grades(done.before)}" if done.before else ""))
    for problem in done.trajectory.best.problems:
        _say(f"answer: {problem.message}")
    if done.trajectory.failure:
        _say(f"a later turn failed, the best before it is kept: {done.trajectory.failure}")
    for id, metres in done.moved.items():
        _say(f"settled {id} by {metres:.2f} m")
    _say(f"wrote {target}")
    faults = [*done.unplaced.values(), *(issue.message for issue in done.score.issues if issue.part == "physics")]
    if faults:
        print(f"arrange: {len(faults)} fault{'s' if len(faults) > 1 else ''}: {'; '.join(faults)}", file=sys.stderr)
        return INVALID
    return 0


def _grades(score: Score) -> str:
    parts = {name: getattr(score, name) for name in ("physics", "function", "format", "render")}
    each = ", ".join(f"{name} {value:.2f}" for name, value in parts.items() if value is not None)
    return f"{score.total:.2f} ({each})"


def _size_of(scene: Scene) -> str:
    length, width = scene.room.extent
    return f"{length:.2f} × {width:.2f} m"


def _say(line: str) -> None:
    print(f"arrange: {line}", flush=True)


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number of seconds")
    return value


if __name__ == "__main__":
    leave(main())
