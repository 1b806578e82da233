# SPDX-License-Identifier: GPL-3.0-or-later
"""The `metaspatial` command: what needs no Blender. Results go to standard output, all else to standard error."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .console import (
    BAD_INPUT,
    INVALID,
    NO_ENGINE,
    OK,
    Stop,
    count,
    ended,
    read_scene,
    read_text,
    say,
    seconds,
    write_json,
)
from .scene import Layout, Scene, SceneError, layout_from_json, layout_to_json, scene_from_json, scene_to_json

if TYPE_CHECKING:
    from .policies.policy import Policy
    from .rewards.score import Score

_EXIT = """
exit status: 0 all is well; 1 not all could be made or written; 2 bad input; 3 a piece has no place or the layout has
physical faults; 4 the model's server can't be started or can't answer; 130 interrupted
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status. Prints, never raises (but for `--help` and usage errors: SystemExit)."""
    given = _parser().parse_args(argv)
    return ended(lambda: given.run(given))


def _parser() -> argparse.ArgumentParser:
    from .curate import command as curate
    from .curate.generate import command as generate
    from .curate.published import export
    from .evaluate import command as evaluate
    from .learn import command as learn
    from .learn import grpo_command as grpo
    from .learn import publish
    from .rewards.judge import options as judge

    parser = argparse.ArgumentParser(
        prog="metaspatial", description="Arranges the furniture of a room.", epilog=_EXIT.strip()
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], summary: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=summary, description=summary, epilog=_EXIT.strip())
        one.set_defaults(run=run)
        return one

    one = command("arrange", _arrange, "Arrange the furniture of a scene document; writes a layout document.")
    one.add_argument("scene", metavar="SCENE.json", help="the scene; - reads standard input")
    one.add_argument("--out", metavar="FILE", default="-", help="the layout (default: standard output)")
    one.add_argument("--score", metavar="FILE", help="also write the score and its issues, as JSON")
    one.add_argument("--preference", help="how the room should be, in your words (default: the scene's)")
    one.add_argument(
        "--engine",
        choices=("solver", "small", "chat"),
        default="solver",
        help="who arranges: the solver, the small model that comes along, or a chat server's (default: solver)",
    )
    one.add_argument("--python", default="", help="for the small model: the Python that has torch (default: found)")
    one.add_argument("--seed", type=int, default=0, help="another seed gives another arrangement (default: 0)")
    one.add_argument("--seconds", type=seconds, help="time for the solver (default: by the number of pieces)")
    one.add_argument(
        "--base-url",
        help="the chat server's address (default: that of `metaspatial serve`); METASPATIAL_API_KEY holds its key",
    )
    one.add_argument("--model", default="", help="the model's name there (default: its only one)")
    one.add_argument("--allow-remote", action="store_true", help="let the scene go to another computer")
    one.add_argument("--timeout", type=seconds, default=600.0, help="seconds for one answer (default: 600)")
    one.add_argument("--turns", type=count, default=2, help="how often the model may improve its answer (default: 2)")
    one.add_argument(
        "--settle",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="make the layout valid by small moves where it is not",
    )

    one = command("validate", _validate, "Check scene and layout documents; names the first bad field of each.")
    one.add_argument("files", metavar="FILE.json", nargs="+", help="scene or layout documents; - reads standard input")
    one.add_argument("--scene", metavar="SCENE.json", help="the scene that layouts belong to: its ids are checked too")

    one = command("import-idesign", _import, "Turn a MetaSpatial / I-Design scene graph into a scene document.")
    one.add_argument("graph", metavar="GRAPH.json", help="the scene graph; - reads standard input")
    one.add_argument("--out", metavar="FILE", default="-", help="the scene (default: standard output)")
    one.add_argument("--room", metavar=("X", "Y", "Z"), nargs=3, type=float, help="the room's size in metres")
    one.add_argument("--preference", default="", help="how the room should be, in your words")

    one = command("serve", _serve, "Serve a model on this computer, on loopback and behind a random token.")
    one.add_argument(
        "--model",
        default="",
        help="a folder, or an id on the Hugging Face hub such as Qwen/Qwen2.5-VL-3B-Instruct (default: the small "
        "Qwen2.5-VL that comes along)",
    )
    one.add_argument("--port", type=int, default=0, help="default: 0, any free one")
    one.add_argument(
        "--backend",
        choices=("auto", "metaspatial", "transformers", "vllm"),
        default="auto",
        help="default: MetaSpatial's own for small models, else vllm on a GPU, else transformers",
    )
    one.add_argument(
        "--python",
        default="",
        help="the Python that has transformers or vLLM (default: METASPATIAL_SERVE_PYTHON, this one, or .venv-serve)",
    )
    one.add_argument("--timeout", type=seconds, default=1800.0, help="seconds to load the model (default: 1800)")
    action = one.add_mutually_exclusive_group()
    action.add_argument("--detach", action="store_true", help="return when it is ready, and let it run")
    action.add_argument("--status", action="store_true", help="show the server that runs, and its token")
    action.add_argument("--stop", action="store_true", help="end the server that runs")

    generate.add_arguments(command("generate", generate.run, "Make up scenes, a document each, from seeds."))
    curate.add_arguments(command("curate", curate.run, "Make datasets of rooms and lessons from a source of rooms."))
    summary = "Write a curated dataset in MetaSpatial's published form: images, problem, answer."
    export.add_arguments(command("export-published", export.run, summary))
    evaluate.add_arguments(
        command("evaluate", evaluate.run, "Measure policies on scenes; resumes where it was stopped.")
    )
    one = command("report", evaluate.run_report, "The table, comparison and report of results that are there.")
    evaluate.add_report_arguments(one)
    judge.add_command_arguments(command("judge", _judge, "Have a vision language model judge pictures of a layout."))
    learn.add_arguments(command("sft", learn.run, "Train a Qwen2.5-VL on examples of dialogues."))
    grpo.add_arguments(command("grpo", grpo.run, "Train a Qwen2.5-VL on rooms by GRPO, over several turns."))
    publish.add_arguments(command("publish", publish.run, "Write a trained model's card; upload it to the hub."))
    one = command("small-model", learn.run_small_model, "Make a small Qwen2.5-VL from nothing.")
    learn.add_small_model_arguments(one)
    return parser


def _judge(given: argparse.Namespace) -> int:
    from .rewards.judge import JudgeError
    from .rewards.judge.options import run

    try:
        return run(given)
    except (SceneError, JudgeError) as error:
        raise Stop(BAD_INPUT, str(error)) from error
    except OSError as error:
        raise Stop(BAD_INPUT, f"{error.filename}: can't be read: {error.strerror or error}") from error


def _arrange(given: argparse.Namespace) -> int:
    from .policies.policy import PolicyError
    from .policies.repair import settle_on
    from .refine import refine
    from .rewards.scorer import Scorer
    from .scene.preference import with_preferences

    scene = read_scene(given.scene)
    if given.preference is not None:
        scene = dataclasses.replace(scene, preference=given.preference)
    scene = with_preferences(scene)
    if not scene.movable:
        raise Stop(BAD_INPUT, f"{given.scene}: there is nothing to arrange: no piece is movable")
    by_model = given.engine != "solver"
    unplaced: list[str] = []
    policy = _policy(given, unplaced)
    scorer = Scorer()
    try:
        trajectory = refine(
            scene, policy, scorer, turns=given.turns if by_model else 1, on_event=_tell if by_model else _ignore
        )
    except PolicyError as error:
        raise Stop(NO_ENGINE, str(error)) from error
    if trajectory.failure:
        say(f"a later turn failed, the best before it is kept: {trajectory.failure}")
    best = trajectory.best
    layout, score = best.layout, best.score
    if given.settle:
        settled = settle_on(scene, layout, scorer.engine)
        for id, metres in settled.moved.items():
            say(f"settled {id} by {metres:.2f} m")
        layout, score = settled.layout, scorer.score(scene, settled.layout, best.problems)
    write_json(given.out, layout_to_json(layout))
    if given.score:
        write_json(given.score, dataclasses.asdict(score))
    return _conclude(scene, layout, score, unplaced)


def _validate(given: argparse.Namespace) -> int:
    scene = read_scene(given.scene) if given.scene else None
    good = True
    for file in given.files:
        text = read_text(file)
        try:
            print(f"{file}: {_validated(text, scene)}")
        except SceneError as error:
            good = False
            print(f"{file}: {error}")
    return OK if good else BAD_INPUT


def _import(given: argparse.Namespace) -> int:
    from .scene.idesign import scene_from_idesign

    name = "" if given.graph == "-" else Path(given.graph).stem
    size = tuple(given.room) if given.room else None
    if size and not all(math.isfinite(side) and side > 0 for side in size):
        raise Stop(BAD_INPUT, "--room must be three positive numbers of metres")
    try:
        read = scene_from_idesign(read_text(given.graph), room_size=size, preference=given.preference, name=name)
    except SceneError as error:
        raise Stop(BAD_INPUT, f"{given.graph}: {error}") from error
    for note in read.notes:
        say(note)
    write_json(given.out, scene_to_json(read.scene))
    return OK


def _serve(given: argparse.Namespace) -> int:
    from . import serve

    if given.status:
        server = serve.status()
        if server is None:
            say("no server is running")
            return NO_ENGINE
        _show(server)
        return OK if server.ready else NO_ENGINE
    try:
        if given.stop:
            say("stopped" if serve.stop() else "no server was running")
            return OK
        server = serve.start(
            given.model,
            port=given.port,
            backend=given.backend,
            python=serve.find_python(given.python),
            tied=not given.detach,
            timeout=given.timeout,
            on_progress=say,
        )
    except serve.ServeError as error:
        raise Stop(NO_ENGINE, str(error)) from error
    _show(server)
    if given.detach:
        return OK
    say("serving; Ctrl-C ends it")
    try:
        while serve.status() is not None:
            time.sleep(1)
    except KeyboardInterrupt:
        serve.stop()
        say("stopped")
        return OK
    raise Stop(NO_ENGINE, f"the server has ended; its log: {server.log}")


def _policy(given: argparse.Namespace, unplaced: list[str]) -> Policy:
    if given.engine == "chat":
        return _chat(given)
    if given.engine == "small":
        from .policies.small import SmallPolicy

        return SmallPolicy(given.python, given.timeout)
    return _solver(given, unplaced)


def _solver(given: argparse.Namespace, unplaced: list[str]) -> Policy:
    from .policies.solver import SolverPolicy

    return SolverPolicy(seed=given.seed, seconds=given.seconds, on_unplaced=lambda piece: unplaced.append(piece.reason))


def _chat(given: argparse.Namespace) -> Policy:
    from .policies.chat import ChatPolicy, ChatSettings
    from .policies.policy import PolicyError
    from .serve import status

    settings = ChatSettings(model=given.model, timeout=given.timeout, allow_remote=given.allow_remote)
    if given.base_url:
        settings = dataclasses.replace(settings, base_url=given.base_url)
    elif (server := status()) is not None:
        settings = dataclasses.replace(settings, base_url=server.url, api_key=server.token)
    try:
        settings.endpoint("models")  # an address that can't be used is bad input, not an absent server
    except PolicyError as error:
        raise Stop(BAD_INPUT, str(error)) from error
    return ChatPolicy(settings)


def _tell(event: object) -> None:
    """The events of refining with a model that are worth a line."""
    from .refine import TurnScored, TurnStarted

    if isinstance(event, TurnStarted):
        say(f"turn {event.number} of {event.turns}")
    elif isinstance(event, TurnScored):
        for problem in event.turn.problems:
            say(f"answer: {problem.message}")


def _ignore(event: object) -> None:
    """The solver's one turn has no news; what it could not place is told at the end."""


def _conclude(scene: Scene, layout: Layout, score: Score, unplaced: Sequence[str]) -> int:
    parts = {name: getattr(score, name) for name in ("physics", "function", "format", "render")}
    each = ", ".join(f"{name} {value:.2f}" for name, value in parts.items() if value is not None)
    say(f"{sum(piece.id in layout for piece in scene.furniture)} of {len(scene.furniture)} pieces placed")
    say(f"score {score.total:.2f} ({each})")
    faults = [*unplaced, *(issue.message for issue in score.issues if issue.part == "physics")]
    for fault in faults:
        say(fault)
    return INVALID if faults or any(piece.id not in layout for piece in scene.furniture) else OK


def _validated(text: str, scene: Scene | None) -> str:
    """What a sound document holds, in words. Raises SceneError."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None  # the scene's reader says where
    if isinstance(document, dict) and document.get("format") == "metaspatial-layout":
        return f"a layout of {len(layout_from_json(text, scene))} pieces"
    read = scene_from_json(text)
    return f"a scene of {len(read.furniture)} pieces, {len(read.movable)} of them movable"


def _show(server: Any) -> None:
    print(f"url    {server.url}\ntoken  {server.token}\nmodel  {server.model}\nlog    {server.log}")
    print(f"state  {'ready' if server.ready else 'loading'} ({server.backend}, process {server.pid})", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
