# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""`metaspatial sft` and `metaspatial small-model`. The options need only Python, the work torch and TRL."""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import os
import typing
import warnings
from pathlib import Path
from typing import Any

from ..console import BAD_INPUT, OK, Stop, say, share
from ..curate.targets.form import form_of
from .settings import FIELDS, SFTSettings, preset

PIP = 'pip install torch==2.13.0, then pip install "metaspatial[learn]"'
START = "start"
"""The folder, in a small model's run, of the model before its training."""
TEXT = "text"
"""The folder, in a small model's run, of the training on whole texts that comes before the one on answers."""
_TEXTS = 4000
"""Examples that a tokenizer is made from."""
_HELD = 0.95
"""Share of them whose answers must have the lessons' form for the model to be held to it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of a supervised training, for `run`."""
    parser.add_argument("--preset", default="lora", help="a table of backend/learn/presets.toml (default: lora)")
    _add_settings(parser, without=())


def add_small_model_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of making a small model, for `run_small_model`."""
    parser.add_argument("--from-scratch", action="store_true", required=True, help="its tokenizer and weights are new")
    parser.add_argument("--size", default="small", help="tiny, slim, small, wide or deep (default: small)")
    parser.add_argument("--vocabulary", type=int, default=2560, help="most tokens of the tokenizer (default: 2560)")
    parser.add_argument(
        "--text-share",
        type=_part_of_it,
        default=0.5,
        metavar="SHARE",
        help="part of the training in which it learns to say the whole text, as it is read, and not the answers alone:"
        " names to repeat and sums to work out are there, too (default: 0.5)",
    )
    parser.add_argument("--export", type=Path, metavar="DIR", help="write the model there too, in bfloat16")
    parser.add_argument("--preset", default="small", help="a table of backend/learn/presets.toml (default: small)")
    _add_settings(parser, without=("model",))


def run(given: argparse.Namespace) -> int:
    """Train what the options ask for, or go on with it; the exit status. Raises Stop."""
    _train(_settings(given))
    return OK


def run_small_model(given: argparse.Namespace) -> int:
    """Make a tokenizer and a model for the examples, train it, or go on with that; the exit status. Raises Stop."""
    start = Path(given.out or ".") / START
    settings = _settings(given, model=str(start))
    _check_packages()
    from .small_model import SIZES

    if given.size not in SIZES:
        raise Stop(BAD_INPUT, f"there is no size {given.size!r}; there are {', '.join(SIZES)}")
    if not (start / "config.json").exists():
        _begin(start, settings, given.size, given.vocabulary)
    if given.text_share:
        settings = dataclasses.replace(settings, model=str(_read_first(settings, given.text_share)))
    folder = _train(_part(settings, 1.0 - given.text_share))
    if given.export and (folder / "config.json").exists():
        from .export import export

        size = export(folder, given.export)
        say(f"wrote {given.export}, {size / 1e6:.1f} MB of weights")
    return OK


def _read_first(settings: SFTSettings, share: float) -> Path:
    """Train on whole texts, at the full learning rate: what comes after lowers it. The folder of the model."""
    first = dataclasses.replace(
        _part(settings, share),
        out=str(Path(settings.out) / TEXT),
        learned="text",
        schedule="constant_with_warmup",
        evaluate_every=0,
    )
    return _train(first)


def _part(settings: SFTSettings, share: float) -> SFTSettings:
    steps = max(1, round(settings.steps * share)) if settings.steps else 0
    return dataclasses.replace(settings, steps=steps, epochs=settings.epochs * share)


def _part_of_it(text: str) -> float:
    if (value := share(text)) == 1.0:
        raise argparse.ArgumentTypeError("1 leaves nothing to learn answers in; give less than 1")
    return value


def _begin(start: Path, settings: SFTSettings, size: str, vocabulary: int) -> None:
    """The untrained model, in a folder that is whole or not there."""
    from .dataset import load_examples
    from .examples import ExampleError
    from .small_model import SIZES, build
    from .tokenizer import train_tokenizer

    try:
        data = load_examples(settings.data).select_columns("messages")
    except ExampleError as error:
        raise Stop(BAD_INPUT, str(error)) from error
    rows: list[Any] = list(data.select(range(min(len(data), _TEXTS))))
    texts = [part["text"] for row in rows for m in row["messages"] for part in m["content"] if part["text"]]
    say(f"a tokenizer from {len(texts)} messages")
    tokenizer = train_tokenizer(texts, vocabulary=vocabulary)
    growing = start.with_name(f".{START}")
    growing.mkdir(parents=True, exist_ok=True)
    held = sum(map(_in_form, rows)) >= _HELD * len(rows)
    build(growing, tokenizer, SIZES[size], settings.seed, held=held)
    os.replace(growing, start)
    say(f"a new model with {len(tokenizer)} tokens in {start}")


def _in_form(row: Any) -> bool:
    """Whether an example's answer has the form that a model can be held to."""
    form = form_of(row["messages"][:-1])
    return form is not None and form.begins("".join(part["text"] or "" for part in row["messages"][-1]["content"]))


def _train(settings: SFTSettings) -> Path:
    _check_packages()
    if Path(settings.model).is_dir():  # nothing to download: transformers' bars would only hide our lines
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from .encode import TooLong
    from .examples import ExampleError
    from .sft import train

    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    try:
        done = train(settings, on_line=say)
    except (ExampleError, TooLong, ValueError) as error:
        raise Stop(BAD_INPUT, str(error)) from error
    except OSError as error:
        raise Stop(BAD_INPUT, f"{error.filename or settings.model}: {error.strerror or error}") from error
    except KeyboardInterrupt:
        say(f"stopped; the same command goes on from the last checkpoint in {settings.out}")
        raise
    say(f"the model is in {done.folder}")
    return done.folder


def _add_settings(parser: argparse.ArgumentParser, without: tuple[str, ...]) -> None:
    kinds = typing.get_type_hints(SFTSettings)
    for name in FIELDS:
        if name in without:
            continue
        option, kind = f"--{name.replace('_', '-')}", kinds[name]
        if kind is bool:
            parser.add_argument(option, action=argparse.BooleanOptionalAction, default=None)
        elif typing.get_origin(kind) is typing.Literal:
            parser.add_argument(option, choices=typing.get_args(kind))
        else:
            needed = name in ("data", "out")
            parser.add_argument(option, type=kind, required=needed, metavar=_METAVARS.get(name, kind.__name__.upper()))


_METAVARS = {"model": "MODEL", "data": "DIR", "out": "DIR"}


def _settings(given: argparse.Namespace, **fixed: Any) -> SFTSettings:
    try:
        chosen = {**preset(given.preset), **fixed}
        named = {name: getattr(given, name, None) for name in FIELDS}
        chosen |= {name: value for name, value in named.items() if value is not None}
        if "model" not in chosen:
            raise ValueError("name the model to train: --model FOLDER, or its id on the hub")
        return SFTSettings(**chosen)
    except ValueError as error:
        raise Stop(BAD_INPUT, str(error)) from error


def _check_packages() -> None:
    for name in ("torch", "transformers", "trl", "datasets", "peft", "PIL", "tensorboard"):
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise Stop(BAD_INPUT, f"training needs the package “{name}”, which this Python lacks: {PIP}") from error
