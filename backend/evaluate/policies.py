# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies by name, as a command line gives them: `solver`, `solver:seconds=2`, `mine=chat:model=x+settle`.

A specification is a kind, perhaps an argument and options after a colon, perhaps a label before an equals sign by which
the policy goes in tables (the specification itself by default), and perhaps `+settle` at its end: what the policy
answers is then made valid by the least moves before it is scored.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..console import seconds
from ..dialogue import Dialogue, format_answer
from ..policies.policy import Policy, PolicyError
from ..scene import SceneError, layout_from_json
from ..scene.fields import load_json

Maker = Callable[[str, int], Policy]
"""Makes the policy for a scene's name and a seed."""


class SpecError(ValueError):
    """A specification that names no policy; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class PolicySpec:
    """A policy as it was asked for; `text` without its label. Equal texts make equal policies."""

    label: str
    text: str
    kind: str
    argument: str = ""
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    settle: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of policy. `load` is called once in each process that needs it, with the argument and the options.

    `options` are what may follow the colon and how each value is read; `argument` names what must follow it. `sees`:
    it looks at pictures and can improve its answer over turns. `seeded`: another seed gives another answer. `check`
    raises SpecError for what can't be used and PolicyError for what can't be reached, before anything starts.
    """

    summary: str
    load: Callable[[str, Mapping[str, Any]], Maker]
    options: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)
    argument: str = ""
    sees: bool = False
    seeded: bool = True
    check: Callable[[str, Mapping[str, Any]], None] = lambda argument, options: None


def read_specs(texts: Sequence[str]) -> list[PolicySpec]:
    """The policies of texts such as "random,solver:seconds=2,mine=chat:model=x,timeout=9". Raises SpecError."""
    specs: list[PolicySpec] = []
    for text in texts:
        for each in _split(text):
            specs.append(_read(each))
    if not specs:
        raise SpecError(f"no policy is named; there are {', '.join(KINDS)}")
    for k, spec in enumerate(specs):
        if any(spec.label == other.label for other in specs[:k]):
            raise SpecError(f"two policies go by the name {spec.label}; put another before one: NAME={spec.text}")
    return specs


def _split(text: str) -> list[str]:
    """At the commas, but not at those between the options of one policy."""
    found: list[str] = []
    known: Mapping[str, object] = {}
    for each in text.split(","):
        if found and ":" in found[-1] and (option := re.match(r"(\w+)=", each)) and option[1] in known:
            found[-1] += "," + each
            continue
        kind = re.match(r"(?:[\w.-]+=)?(\w+)", each.strip())
        known = KINDS[kind[1]].options if kind and kind[1] in KINDS else {}
        if each.strip():
            found.append(each.strip())
    return found


def _read(text: str) -> PolicySpec:
    parts = re.fullmatch(r"(?:(?P<label>[\w.-]+)=)?(?P<spec>(?P<kind>\w+)(?P<early>\+settle)?(?::(?P<rest>.*?))?"
                         r"(?P<late>\+settle)?)", text)  # fmt: skip
    kind = KINDS.get(parts["kind"]) if parts else None
    if parts is None or kind is None:
        raise SpecError(f"{text!r} names no policy; there are {', '.join(KINDS)}, each with +settle if you like")
    rest = parts["rest"] or ""
    argument = rest if kind.argument else ""
    if kind.argument and not rest:
        raise SpecError(f"{text}: {kind.argument} is missing; write {parts['kind']}:{kind.argument}")
    options: dict[str, Any] = {}
    for item in rest.split(",") if rest and not kind.argument else ():
        name, equals, value = item.partition("=")
        if not equals or name not in kind.options:
            known = f"it has {', '.join(kind.options)}" if kind.options else "it has none"
            raise SpecError(f"{text}: {item!r} is no option of {parts['kind']}; {known}")
        try:
            options[name] = kind.options[name](value)
        except (ValueError, argparse.ArgumentTypeError) as error:
            raise SpecError(f"{text}: {name}: {error}") from None
    spec = parts["spec"]
    return PolicySpec(parts["label"] or spec, spec, parts["kind"], argument, options, "+settle" in spec)


def _solver(argument: str, options: Mapping[str, Any]) -> Maker:
    from ..policies.solver import SolverPolicy

    return lambda name, seed: SolverPolicy(seed=seed, **options)


def _baseline(name: str) -> Callable[[str, Mapping[str, Any]], Maker]:
    def load(argument: str, options: Mapping[str, Any]) -> Maker:
        from ..policies.baselines.registry import BASELINES

        return lambda scene, seed: BASELINES[name](seed=seed, **options)

    return load


def _chat(argument: str, options: Mapping[str, Any]) -> Maker:
    from ..policies.chat import ChatPolicy

    policy = ChatPolicy(_chat_settings(options))
    return lambda name, seed: policy


def _check_chat(argument: str, options: Mapping[str, Any]) -> None:
    from ..policies.chat.policy import list_models

    settings = _chat_settings(options)
    try:
        settings.endpoint("models")
    except PolicyError as error:
        raise SpecError(str(error)) from error
    models = list_models(settings, lambda: False)
    if settings.model and models and settings.model not in models:
        raise SpecError(f"{settings.server} has no model {settings.model!r}; it has {', '.join(models[:9])}")


def _chat_settings(options: Mapping[str, Any]) -> Any:
    """The chat's settings; without an address, those of the server that runs on this computer."""
    from ..policies.chat import ChatSettings
    from ..serve import status

    given = dict(options)
    if "base_url" not in given and (server := status()) is not None:
        given |= {"base_url": server.url, "api_key": server.token}
    return ChatSettings(**given)


@dataclass(frozen=True, slots=True)
class _Recited:
    """Answers made elsewhere, by scene and seed, or by scene alone."""

    answers: Mapping[tuple[str, int | None], str]
    scene: str
    seed: int
    name: str = "answers"

    def answer(
        self,
        dialogue: Dialogue,
        *,
        cancelled: Callable[[], bool] = lambda: False,
        on_text: Callable[[str], None] = lambda text: None,
    ) -> str:
        for key in ((self.scene, self.seed), (self.scene, None)):
            if key in self.answers:
                return self.answers[key]
        raise PolicyError(f"The file of answers has none for the scene {self.scene} with seed {self.seed}.")


def _model(argument: str, options: Mapping[str, Any]) -> Maker:
    from ..learn.inprocess import InProcessPolicy, Sampling

    policy = InProcessPolicy.load(argument, Sampling(), held=options.get("held"))
    return lambda name, seed: policy


def _small(argument: str, options: Mapping[str, Any]) -> Maker:
    from ..weights import shipped_model

    return _model(str(shipped_model()), options)


def _check_small(argument: str, options: Mapping[str, Any]) -> None:
    from ..weights import WeightsMissing, shipped_model

    try:
        _check_model(str(shipped_model()), options)
    except WeightsMissing as error:
        raise SpecError(f"small: {error}") from error


def _check_model(argument: str, options: Mapping[str, Any]) -> None:
    for package in ("torch", "transformers", "PIL"):
        if importlib.util.find_spec(package) is None:
            raise SpecError(
                f"model:{argument} needs the package “{package}”, which this Python lacks: "
                'pip install torch==2.13.0, then pip install "metaspatial[learn]"; or serve the model '
                "(metaspatial serve) and ask for chat"
            )
    if not Path(argument).is_dir() and not re.fullmatch(r"[\w.-]+/[\w.-]+", argument):
        raise SpecError(f"model:{argument}: there is no such folder, and it is no id on the Hugging Face hub")


def _answers(argument: str, options: Mapping[str, Any]) -> Maker:
    answers = _read_answers(Path(argument))
    return lambda name, seed: _Recited(answers, name, seed)


def _check_answers(argument: str, options: Mapping[str, Any]) -> None:
    _read_answers(Path(argument))


def _read_answers(path: Path) -> dict[tuple[str, int | None], str]:
    """A JSON line each: `scene` (or a record's `scene_name`), `answer` or `layout`, and perhaps `seed`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"{path}: can't be read: {getattr(error, 'strerror', None) or error}") from error
    found: dict[tuple[str, int | None], str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row: Any = load_json(line)
            if not isinstance(row, dict):
                raise SceneError("", "must be an object with scene and answer")
            if "format" in row:  # the header of a file of records
                continue
            scene, seed, answer = row.get("scene_name", row.get("scene")), row.get("seed"), row.get("answer")
            if not answer and "layout" in row:
                answer = format_answer(layout_from_json(row["layout"]))
            if not isinstance(scene, str) or not isinstance(answer, str) or not isinstance(seed, int | None):
                raise SceneError("", "needs the texts scene and answer, and perhaps the number seed")
        except SceneError as error:
            raise SpecError(f"{path}, line {number}: {error}") from error
        found[scene, seed] = answer
    return found


def _whole(text: str) -> int:
    if not (text.isdecimal() and len(text) < 10 and int(text)):
        raise ValueError(f"{text!r} is no number from 1")
    return int(text)


def _flag(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(f"{text!r} must be yes or no")
    return text == "yes"


_CHAT_OPTIONS: dict[str, Callable[[str], Any]] = {
    "base_url": str,
    "model": str,
    "timeout": seconds,
    "max_tokens": _whole,
    "temperature": float,
    "pictures": _flag,
    "allow_remote": _flag,
}

KINDS: dict[str, Kind] = {
    "random": Kind("each piece somewhere in the room", _baseline("random")),
    "grid": Kind("greedy search on a grid (Holodeck's)", _baseline("grid"), {"seconds": seconds}),
    "gradient": Kind("gradient descent with projection (LayoutVLM's)", _baseline("gradient"), {"iterations": _whole}),
    "annealing": Kind(
        "annealing that breaks no hard rule (Merrell's, Yu's moves)", _baseline("annealing"), {"steps": _whole}
    ),
    "solver": Kind("MetaSpatial's own solver", _solver, {"seconds": seconds}),
    "chat": Kind("a model behind a chat server", _chat, _CHAT_OPTIONS, sees=True, check=_check_chat),
    "small": Kind(
        "the small model that comes along, in this process",
        _small,
        {"held": _flag},
        sees=True,
        seeded=False,
        check=_check_small,
    ),
    "model": Kind(
        "a model in this process",
        _model,
        {"held": _flag},
        argument="FOLDER",
        sees=True,
        seeded=False,
        check=_check_model,
    ),
    "answers": Kind("answers made elsewhere", _answers, argument="FILE", seeded=False, check=_check_answers),
}
"""The kinds of policies by name."""
