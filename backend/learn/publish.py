# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""`metaspatial publish`: a trained model with a card that says how it was made and how good it is, and to the hub."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..console import BAD_INPUT, NO_ENGINE, OK, Stop, say
from .checkpoints import SETTINGS, STATE, last_checkpoint
from .runs import MODEL

CARD = "README.md"
_SHOWN = 20_000
"""Most characters of an evaluation's table in a card."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options, for `run`."""
    parser.add_argument("model", type=Path, metavar="DIR", help="a training's folder, or a model's")
    parser.add_argument("--results", type=Path, metavar="DIR", help="an evaluation whose tables go into the card")
    parser.add_argument("--license", default="other", help="the weights' licence, as the hub names it (default: other)")
    parser.add_argument("--push-to-hub", metavar="USER/NAME", help="upload it; without this, only the card is written")
    parser.add_argument("--private", action="store_true", help="with --push-to-hub: for nobody else to see")


def run(given: argparse.Namespace) -> int:
    """Write the card into the model's folder, and upload that if asked to; the exit status. Raises Stop."""
    training, model = _folders(given.model)
    if given.push_to_hub:
        from ..curate.hub import check_hub

        check_hub(given.push_to_hub)
    text = model_card(model, training, given.results, given.license)
    try:
        (model / CARD).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Stop(BAD_INPUT, f"{model / CARD} can't be written: {error.strerror or error}") from error
    say(f"wrote {model / CARD}")
    if given.push_to_hub:
        say(f"pushed to {_push(model, given.push_to_hub, private=given.private)}")
    return OK


def model_card(model: Path, training: Path | None, results: Path | None, licence: str = "other") -> str:
    """The card of a model: a README with the hub's YAML head. Raises Stop for results that can't be read."""
    settings = _read(training / SETTINGS) if training else {}
    base = str(settings.get("model", ""))
    head = ["---", "library_name: transformers", "pipeline_tag: image-text-to-text", f"license: {licence}"]
    if re.fullmatch(r"[\w.-]+/[\w.-]+", base) and not Path(base).exists():
        head.append(f"base_model: {base}")
    head += ["tags:", "- metaspatial", "- qwen2_5_vl", "- 3d-layout", "---"]
    lines = [
        *head,
        "",
        f"# {training.name if training else model.name}",
        "",
        "Arranges furniture in a room: it is told the room, the pieces and what is wished for, with a picture, and",
        "answers with coordinates. Trained with MetaSpatial.",
        "",
        "```sh",
        "metaspatial serve --model THIS_MODEL",
        "```",
        "",
    ]
    if settings:
        lines += ["## Training", "", *_training(settings, training), ""]
    if results is not None:
        lines += ["## Measured", "", *_measured(results), ""]
    return "\n".join(lines)


def _folders(folder: Path) -> tuple[Path | None, Path]:
    """The training's folder, where there is one, and the model's. Raises Stop."""
    if (folder / MODEL / "config.json").exists():
        return folder, folder / MODEL
    if (folder / "config.json").exists():
        parent = folder.resolve().parent
        return (parent if (parent / SETTINGS).exists() else None), folder
    if last_checkpoint(folder):
        raise Stop(BAD_INPUT, f"{folder} holds a training that is not finished: go on with it first")
    raise Stop(BAD_INPUT, f"{folder} holds no model: give a training's folder, or a model's")


def _training(settings: Mapping[str, Any], training: Path | None) -> list[str]:
    """How it was trained: what differs from nothing, in a table, and the course of the returns."""
    by_grpo = "turns" in settings
    lines = ["By GRPO on trajectories of several turns." if by_grpo else "By supervised learning of answers.", ""]
    lines += ["| setting | value |", "|---|---|"]
    hidden = (
        "out",
        "rooms",
        "data",
        "validation",
        "vllm_url",
    )  # where files lie on somebody's computer is nobody's business
    for name, value in settings.items():
        if name not in hidden and value not in ("", None):
            shown = Path(value).name if name == "model" and Path(str(value)).is_absolute() else value
            lines.append(f"| {name} | {shown} |")
    last = last_checkpoint(training) if training else None
    history = _read(last / STATE).get("log_history", []) if last else []
    returns = [row["reward"] for row in history if isinstance(row.get("reward"), int | float)]
    if len(returns) >= 20:
        first, end = sum(returns[:10]) / 10, sum(returns[-10:]) / 10
        lines += ["", f"Mean return of the first ten steps: {first:.3f}; of the last ten: {end:.3f}."]
    return lines


def _measured(results: Path) -> list[str]:
    lines: list[str] = []
    for name in ("comparison.md", "table.md"):
        file = results / name
        if file.exists():
            lines += [file.read_text(encoding="utf-8")[:_SHOWN].strip(), ""]
    if not lines:
        raise Stop(BAD_INPUT, f"{results} holds no tables of an evaluation: give the --out of `metaspatial evaluate`")
    return lines


def _push(model: Path, repo: str, *, private: bool) -> str:
    from huggingface_hub import HfApi

    try:
        api: Any = HfApi()
        api.create_repo(repo, repo_type="model", private=private, exist_ok=True)
        api.upload_folder(repo_id=repo, repo_type="model", folder_path=str(model), ignore_patterns=[".*", "*.bin"])
    except Exception as error:  # network, rights, quota: nothing of it is ours to tell apart
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise Stop(NO_ENGINE, f"{model} could not be pushed to {repo}: {said[0]}; the same command tries again") from (
            error
        )
    return f"https://huggingface.co/{repo}"


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
