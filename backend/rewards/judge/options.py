# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge on the command line: the options that every command shares, and the command that judges pictures.

Adding the options imports nothing beyond the standard library.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .settings import OPENAI_URL, JudgeError, JudgeSettings

if TYPE_CHECKING:
    from ...scene import Scene
    from .judge import RenderJudge

LOCAL = "local"
"""The address that stands for the server which `metaspatial serve` runs."""


def add_judge_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--judge-…`. Without `--judge-url` and `--judge-model` nothing is judged."""
    group = parser.add_argument_group(
        "rendered judge",
        "A vision language model marks pictures of each layout. METASPATIAL_JUDGE_KEY holds its server's key,"
        " OPENAI_API_KEY that of OpenAI.",
    )
    group.add_argument(
        "--judge-url",
        metavar="URL",
        help="any OpenAI-compatible server; local: that of `metaspatial serve` (default: OpenAI's if a model is named)",
    )
    group.add_argument("--judge-model", metavar="NAME", help="default: gpt-4o at OpenAI, elsewhere the only one there")
    group.add_argument("--judge-votes", metavar="N", type=int, default=3, help="answers for one layout (default: 3)")
    group.add_argument(
        "--judge-allow-remote", action="store_true", help="let pictures, names and sizes go to another computer"
    )
    group.add_argument(
        "--judge-max-tokens", metavar="N", type=int, default=600, help="more for models that think first (default: 600)"
    )
    group.add_argument("--judge-concurrency", metavar="N", type=int, default=8, help="requests at once (default: 8)")
    group.add_argument(
        "--judge-max-cost", metavar="USD", type=float, help="stop asking at this cost (known prices only)"
    )
    group.add_argument("--judge-max-calls", metavar="N", type=int, help="stop asking after so many votes")
    group.add_argument("--judge-cache", metavar="FOLDER", type=Path, help="default: in the user's cache folder")
    group.add_argument("--judge-no-cache", action="store_true", help="ask again for pictures that were judged before")


def judge_from(given: argparse.Namespace) -> RenderJudge | None:
    """The judge that the options ask for, or None. Raises `JudgeError` with a line for the user."""
    settings = settings_from(given)
    if settings is None:
        return None
    from .judge import RenderJudge

    return RenderJudge(settings)


def settings_from(given: argparse.Namespace) -> JudgeSettings | None:
    """The settings that the options ask for, or None where they ask for no judge. Raises `JudgeError`."""
    url, model = given.judge_url, given.judge_model
    if url is None and model is None:
        return None
    key = ""
    if url == LOCAL:
        from ...serve import status

        server = status()
        if server is None:
            raise JudgeError("no local server is running: start one with `metaspatial serve --detach`")
        url, key = server.url, server.token
    url = url or OPENAI_URL
    return JudgeSettings(
        base_url=url,
        model=model or ("gpt-4o" if url == OPENAI_URL else ""),
        api_key=key,
        allow_remote=given.judge_allow_remote,
        votes=given.judge_votes,
        temperature=0.7 if given.judge_votes > 1 else 0.0,
        max_tokens=given.judge_max_tokens,
        concurrency=given.judge_concurrency,
        max_cost=given.judge_max_cost,
        max_calls=given.judge_max_calls,
        cache=not given.judge_no_cache,
        cache_dir=given.judge_cache,
    )


def add_command_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `metaspatial judge`, for which `run` does the work."""
    parser.add_argument("pictures", metavar="PICTURE.png", nargs="+", help="perspective view, then the view from above")
    parser.add_argument("--scene", metavar="SCENE.json", required=True, help="the scene that the pictures show")
    add_judge_arguments(parser)


def run(given: argparse.Namespace) -> int:
    """Judge pictures of one layout and print the verdict as JSON: 0, or 4 where there is none.

    Raises `SceneError`, `OSError` and `JudgeError`, with lines for the user.
    """
    from ...scene import scene_from_json

    scene = scene_from_json(Path(given.scene).read_text(encoding="utf-8"))
    pictures = [Path(name).read_bytes() for name in given.pictures]
    judge = judge_from(given)
    if judge is None:
        raise JudgeError("say who judges: --judge-url local, or --judge-model gpt-4o --judge-allow-remote")
    with judge:
        return _print_verdict(judge, scene, pictures)


def _print_verdict(judge: RenderJudge, scene: Scene, pictures: Sequence[bytes]) -> int:
    verdict = judge.judge(scene, pictures)
    told: dict[str, Any] = {**dataclasses.asdict(verdict), "usage": dataclasses.asdict(judge.usage)}
    print(json.dumps(told, indent=2, ensure_ascii=False))
    return 4 if verdict.grade is None else 0
