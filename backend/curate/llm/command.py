# SPDX-License-Identifier: GPL-3.0-or-later
"""`metaspatial curate descriptions`: its options, and the source they ask for."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...console import BAD_INPUT, Stop, count, say, seconds, whole
from ...policies.chat import ChatSettings
from ...policies.policy import PolicyError
from .descriptions import Descriptions, read_descriptions, shipped
from .source import LlmSettings, LlmSource

INCIDENTAL = ("base_url", "allow_remote", "threads", "timeout", "room_seconds", "give_up", "answers")
"""Options, by `dest`, that don't decide what comes out."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--base-url",
        help="the model server's address, such as http://127.0.0.1:8000/v1 (default: that of `metaspatial serve`); "
        "METASPATIAL_API_KEY holds its key",
    )
    parser.add_argument("--model", default="", help="the model's name there (default: its only one)")
    parser.add_argument("--allow-remote", action="store_true", help="let the descriptions go to another computer")
    parser.add_argument("--limit", type=whole, metavar="N", help="only the first N descriptions (default: all)")
    parser.add_argument("--from", dest="file", type=Path, metavar="FILE", help="descriptions of your own, as JSON")
    parser.add_argument("--temperature", type=_temperature, help="default: the server's own")
    parser.add_argument("--max-tokens", type=whole, default=4096, help="for one answer (default: 4096)")
    parser.add_argument("--tries", type=count, default=4, help="answers a room may take (default: 4)")
    parser.add_argument("--threads", type=count, default=4, help="rooms asked for at once (default: 4)")
    parser.add_argument("--timeout", type=seconds, default=180.0, help="seconds for one answer (default: 180)")
    parser.add_argument("--room-seconds", type=seconds, default=300.0, help="seconds for one room (default: 300)")
    parser.add_argument(
        "--give-up",
        type=count,
        default=5,
        metavar="N",
        help="end after N rooms in a row without answer, 8 at most (default: 5)",
    )
    parser.add_argument("--answers", type=Path, metavar="DIR", help="keep answers here (default: the user's cache)")


def source_from(given: argparse.Namespace) -> LlmSource:
    """The source of these options; says what it leaves out. Raises Stop."""
    chat = _chat(given)
    found = _descriptions(given.file)
    left_out = sum(found.dropped.values())
    why = "; ".join(f"{number} {reason}" for reason, number in sorted(found.dropped.items(), key=lambda one: -one[1]))
    say(f"{len(found.kept)} descriptions, {left_out} left out{f': {why}' if why else ''}")
    kept = found.kept[: given.limit]
    if not kept:
        raise Stop(BAD_INPUT, f"{given.file}: no description can be used")
    settings = LlmSettings(
        chat,
        seconds=given.room_seconds,
        answers=given.tries,
        failures=given.give_up,
        threads=given.threads,
        folder=given.answers,
    )
    return LlmSource(kept, settings)


def _chat(given: argparse.Namespace) -> ChatSettings:
    from ...serve import status

    server = None if given.base_url else status()
    base_url = given.base_url or (server.url if server else ChatSettings().base_url)
    chat = ChatSettings(
        base_url=base_url,
        model=given.model,
        api_key=server.token if server else "",
        timeout=given.timeout,
        max_tokens=given.max_tokens,
        temperature=given.temperature,
        pictures=False,
        allow_remote=given.allow_remote,
    )
    try:
        chat.endpoint("models")
    except PolicyError as error:
        hint = "" if given.allow_remote else " (on the command line: --allow-remote)"
        raise Stop(BAD_INPUT, f"{error}{hint}") from error
    return chat


def _descriptions(file: Path | None) -> Descriptions:
    if file is None:
        return shipped()
    try:
        return read_descriptions(file)
    except OSError as error:
        raise Stop(BAD_INPUT, f"{file}: can't be read: {error.strerror or error}") from error
    except ValueError as error:
        raise Stop(BAD_INPUT, str(error)) from error


def _temperature(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 2.0:
        raise argparse.ArgumentTypeError(f"{text!r} is no temperature; give a number from 0 to 2")
    return value
