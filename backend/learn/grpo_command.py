# SPDX-License-Identifier: GPL-3.0-or-later
"""`metaspatial grpo`, and the options of blender_scripts/train.py. The options need only Python, the work torch and
TRL."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import typing
import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..console import BAD_INPUT, NO_ENGINE, OK, Stop, say
from ..rewards.judge.options import add_judge_arguments
from ..scene import Scene
from ..weights import WeightsMissing, shipped_model
from .grpo_settings import FIELDS, PRESETS, GRPOSettings, preset

if TYPE_CHECKING:
    from ..rewards.physics import PhysicsEngine
    from ..rewards.score import Judge, Renderer

SMALL = "small"
"""As a model's name: the small one that comes along."""
PACKAGES = (
    *("torch==2.13.0", "transformers==5.23.0", "trl==1.16.0", "peft==0.21.2", "accelerate==1.15.0", "datasets==5.2.0"),
    *("pyarrow>=24,<26", "tensorboard", "pillow>=11"),
)
"""What training needs, in the versions that it is tested with."""
_MODULES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets", "pyarrow", "tensorboard", "PIL")
_TRL = "1.16."


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a caller brings: Blender's physics and renderer, what completes a scene, how to install what is missing."""

    engine: Callable[[], PhysicsEngine] | None = None
    renderer: Callable[[GRPOSettings], Renderer | None] | None = None
    prepare: Callable[[Scene], Scene] = lambda scene: scene
    mend: Callable[[Sequence[str]], str] = lambda packages: f"pip install {' '.join(map(_quoted, packages))}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of a training by GRPO, for `run`."""
    parser.add_argument(
        "--preset", default="small-cpu", help=f"a table of backend/learn/{PRESETS.name} (default: small-cpu)"
    )
    kinds = typing.get_type_hints(GRPOSettings)
    for name in FIELDS:
        option, kind = f"--{name.replace('_', '-')}", kinds[name]
        if kind is bool:
            parser.add_argument(option, action=argparse.BooleanOptionalAction, default=None)
        elif typing.get_origin(kind) is typing.Literal:
            parser.add_argument(option, choices=[choice for choice in typing.get_args(kind) if choice])
        else:
            needed = name in ("rooms", "out")
            metavar = _METAVARS.get(name, kind.__name__.upper())
            parser.add_argument(option, type=kind, required=needed, metavar=metavar, help=_HELP.get(name))
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the training in --out; without it, one that is there is not touched",
    )
    add_judge_arguments(parser)


def run(given: argparse.Namespace, around: Surroundings | None = None) -> int:
    """Train what the options ask for, or go on with it; the exit status. Raises Stop."""
    around = around or Surroundings()
    settings = settings_from(given)
    check_packages(around.mend)
    if settings.vllm and importlib.util.find_spec("vllm") is None:
        raise Stop(BAD_INPUT, f"--vllm needs the package “vllm”, which this Python lacks: {around.mend(['vllm'])}")
    if Path(settings.model).is_dir():  # nothing to download: transformers' bars would only hide our lines
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from ..curate.rooms import RoomsError
    from ..lock import Held, held
    from ..rewards.judge.settings import JudgeError
    from .checkpoints import last_checkpoint
    from .grpo import Instruments, train
    from .resumable import Diverged

    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    first = int(os.environ.get("RANK", "0")) == 0
    out = Path(settings.out)
    if last_checkpoint(out) and not given.resume:
        raise Stop(BAD_INPUT, f"{out} holds a training: go on with it by --resume, or give another --out")
    try:
        with held(out, "training") if first else nullcontext(), _judge(given) as judge:
            done = train(settings, _instruments(Instruments, settings, around, judge), on_line=say)
    except JudgeError as error:
        raise Stop(NO_ENGINE, str(error)) from error
    except (RoomsError, ValueError, Held) as error:
        raise Stop(BAD_INPUT, str(error)) from error
    except Diverged as error:
        raise Stop(1, str(error)) from error
    except OSError as error:
        raise Stop(BAD_INPUT, f"{error.filename or settings.model}: {error.strerror or error}") from error
    except KeyboardInterrupt:
        say(f"stopped; the same command with --resume goes on from the last checkpoint in {out}")
        raise
    if first and done.steps < settings.steps:
        say(f"stopped at step {done.steps} of {settings.steps}; the same command with --resume goes on")
    elif first:
        say(f"the model is in {done.folder}; its mean return went from {done.first} to {done.last}")
    return OK


def settings_from(given: argparse.Namespace) -> GRPOSettings:
    """The preset's values, and over them those that are given. Raises Stop."""
    try:
        chosen = preset(given.preset)
        named = {name: getattr(given, name, None) for name in FIELDS}
        chosen = {**chosen, **{name: value for name, value in named.items() if value is not None}}
        if chosen["model"] == SMALL:
            chosen["model"] = str(shipped_model())
        return GRPOSettings(**chosen)
    except (TypeError, ValueError, WeightsMissing) as error:
        raise Stop(BAD_INPUT, str(error)) from error


def check_packages(mend: Callable[[Sequence[str]], str]) -> None:
    """See that all is there that training needs, before anything is begun. Raises Stop with the command that mends."""
    for name in _MODULES:
        try:
            found = importlib.import_module(name)
        except Exception as error:  # what is there but does not fit raises anything: RuntimeError, AttributeError, …
            reason = str(error).strip().splitlines() or [type(error).__name__]
            raise Stop(
                BAD_INPUT, f"training needs the package “{name}” ({reason[0]}); install them all: {mend(PACKAGES)}"
            ) from error
        if name == "trl" and not found.__version__.startswith(_TRL):
            raise Stop(
                BAD_INPUT,
                f"trajectories are built on the inside of TRL {_TRL}x; here is {found.__version__}: {mend(PACKAGES)}",
            )


def _instruments(
    make: Callable[..., typing.Any], settings: GRPOSettings, around: Surroundings, judge: Judge | None
) -> typing.Any:
    engine = around.engine() if around.engine else None
    renderer = around.renderer(settings) if around.renderer and settings.picture else None
    if judge is not None and renderer is None:
        raise ValueError("a judge looks at pictures, and there is nobody to make them: train inside Blender")
    return make(engine, renderer, judge, around.prepare)


def _judge(given: argparse.Namespace) -> typing.Any:
    if given.judge_url is None and given.judge_model is None:
        return nullcontext()
    from ..rewards.judge.options import judge_from

    return judge_from(given) or nullcontext()


def _quoted(package: str) -> str:
    return f'"{package}"'


_METAVARS = {"model": "MODEL", "rooms": "ROOMS", "out": "DIR", "validation": "ROOMS"}
_HELP = {
    "rooms": "a curated folder (metaspatial curate), scene documents, or generated:0-49",
    "validation": "the same, to measure on (default: the folder's validation split)",
    "out": "checkpoints, curves, plots, trajectories and the model",
    "without": "parts of the score that count nothing: physics,function,render",
    "turns": "most answers of a trajectory",
    "model": "a folder, an id on the Hugging Face hub, or “small”, which comes along (default: the preset's)",
}
