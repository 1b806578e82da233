# SPDX-License-Identifier: GPL-3.0-or-later
"""A training by `blender_scripts/train.py` in a process of its own, as others see it: begun, looked at, stopped.

It does not end with who began it: its folder says how it stands to whoever looks. Standard library only.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ..lock import is_held
from .checkpoints import SETTINGS, last_checkpoint
from .grpo_settings import FIELDS

STATUS, STOP, LOG, MODEL = "status.json", "stop", "train.log", "model"
PICTURES = ("plots/reward.png", "sample.png")
SCRIPT = Path(__file__).resolve().parents[2] / "blender_scripts" / "train.py"
Stage = Literal["none", "beginning", "running", "ended", "done"]


class RunError(RuntimeError):
    """A training could not be begun. The message says why and what to do, in a sentence for users."""


@dataclass(frozen=True, slots=True)
class Run:
    """How a training stands. `ended` is before its last step, and then `line` tells why or how it goes on.

    `figures` are the last step's: `reward`, `parts/physics`, …, `seconds_left`. `model`: where it is, once it is done;
    `latest`: that, or the last checkpoint that can be used as it is. `pictures`: the curve of the return and the latest
    sample, as far as there are any.
    """

    stage: Stage
    step: int = 0
    steps: int = 0
    figures: Mapping[str, float] = field(default_factory=dict)
    line: str = ""
    model: Path | None = None
    resumable: bool = False
    latest: Path | None = None
    pictures: tuple[Path, ...] = ()


_begun: dict[Path, subprocess.Popen[bytes]] = {}
"""Trainings that this process began, by folder: until they hold their folder's lock, nothing else tells of them."""


def begin(out: Path, options: Sequence[str], *, python: str, resume: bool = False) -> None:
    """Have `python`, which has torch and TRL, train into `out`. Raises RunError."""
    out = out.resolve()
    if look(out).stage in ("beginning", "running"):
        raise RunError(f"A training into {out} is running already.")
    if last_checkpoint(out) and not resume:
        raise RunError(f"{out} holds a training: go on with that one, or choose another folder.")
    command = [python, str(SCRIPT), "--out", str(out), *options, *(["--resume"] if resume else [])]
    # Another interpreter's search paths are not this one's; Blender sets some for its own.
    around = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    windows = sys.platform == "win32"
    flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / STOP).unlink(missing_ok=True)
        with (out / LOG).open("wb") as log:
            _begun[out] = subprocess.Popen(  # noqa: S603 - a list, no shell; the interpreter is the user's choice
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**around, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"},
                cwd=out,
                start_new_session=not windows,
                creationflags=flags if windows else 0,
            )
    except OSError as error:
        raise RunError(f"{error.filename or python} can't be used ({error.strerror or error}).") from None


def look(out: Path) -> Run:
    """How the training into `out` stands, whoever began it."""
    out = out.resolve()
    status = _object(out / STATUS)
    line, last = _last_line(out), last_checkpoint(out)
    model = out / MODEL if (out / MODEL / "config.json").exists() else None
    whole = last is not None and (last / "config.json").exists()  # adapters alone can't be used
    run = Run(
        "none",
        int(status.get("step", 0)),
        int(status.get("steps", 0)),
        {name: float(value) for name, value in status.items() if isinstance(value, int | float)},
        line,
        resumable=last is not None,
        latest=model or (last if whole else None),
        pictures=tuple(picture for name in PICTURES if (picture := out / name).is_file()),
    )
    process = _begun.get(out)
    beginning = process is not None and process.poll() is None
    if beginning or is_held(out):
        return replace(run, stage="running" if status.get("state") == "running" and is_held(out) else "beginning")
    if model is not None and status.get("state") == "done":
        return replace(run, stage="done", model=model)
    if not status and last is None and not line:
        return Run("none")
    return replace(run, stage="ended", model=model)


def base_of(out: Path) -> Path | None:
    """The folder of the model that the training in `out` began with; None where it is in none here."""
    model = Path(str(_object(out / SETTINGS).get("model", "")))
    return model if (model / "config.json").is_file() else None


def options_of(out: Path) -> list[str]:
    """The options that a training in `out` was begun with, to go on with it. Empty where that can't be read."""
    kept, options = _object(out / SETTINGS), []
    for name in FIELDS:
        value = kept.get(name, "") if name != "out" else ""
        option = name.replace("_", "-")
        if isinstance(value, bool):
            options.append(f"--{option}" if value else f"--no-{option}")
        elif value != "":
            options += [f"--{option}", str(value)]
    return options


def set_aside(out: Path) -> Path:
    """Give a training that is over a folder of its own beside `out`, so that another one can begin there; that folder.

    Raises RunError.
    """
    out = out.resolve()
    if look(out).stage in ("beginning", "running"):
        raise RunError(f"A training into {out} is running already.")
    aside = next(new for number in itertools.count(1) if not (new := out.with_name(f"{out.name}-{number}")).exists())
    try:
        out.rename(aside)
    except OSError as error:
        raise RunError(f"{out} can't be renamed ({error.strerror or error}).") from None
    _begun.pop(out, None)
    return aside


def stop(out: Path) -> None:
    """Ask a training to end with a checkpoint after its present step. Raises OSError."""
    (out / STOP).touch()


def _object(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _last_line(out: Path) -> str:
    try:
        with (out / LOG).open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 4000))
            text = log.read().decode("utf-8", "replace")
    except OSError:
        return ""
    lines = ["".join(c for c in line if c.isprintable()).strip() for line in text.replace("\r", "\n").split("\n")]
    return next((line.removeprefix("metaspatial: ")[:300] for line in reversed(lines) if line), "")
