# SPDX-License-Identifier: GPL-3.0-or-later
"""What another Python has of what our models need: asked of that Python itself, in a process of its own."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .serve import MAKE_PYTHON
from .serve.runner import PACKAGES as SERVING
from .serve.state import state_folder

OLDEST = (3, 11)
PATIENCE = 20.0
"""Seconds to wait for a Python's answer, which loads nothing but the lists of what it has."""

_PROBE = r"""
import sys
sys.stdout.write("PYTHON %d.%d.%d\n" % tuple(sys.version_info[:3]))
sys.stdout.flush()
import importlib.util, json, re
from importlib import metadata
found, extras = {}, {}
for wanted in sys.argv[1:]:
    name, _, extra = wanted.partition("[")
    try:
        found[name] = metadata.version(name)
        lines = metadata.requires(name) or []
    except Exception:  # a package that says nothing readable of itself is as good as missing
        continue
    if not extra:
        continue
    marker = re.compile(r"\s*extra\s*==\s*['\"]%s['\"]\s*" % re.escape(extra.rstrip("]")))
    for line in lines:
        requirement, _, condition = line.partition(";")
        if marker.fullmatch(condition):
            part = re.match(r"[\w.-]+", requirement).group()
            try:
                metadata.version(part)
            except Exception:  # likewise
                extras.setdefault(name, []).append(part)
sys.stdout.write("FOUND " + json.dumps([found, extras, importlib.util.find_spec("pip") is not None]) + "\n")
"""


@dataclass(frozen=True)
class Need:
    """What one use of a Python takes: pip's requirements, and the packages that must be of just this line of versions.

    A requirement `==` says what we test with: a newer one of the same major version will do, except for `strict`.
    """

    use: str
    requirements: tuple[str, ...]
    strict: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Finding:
    """How it stands with one use: what is missing, what does not fit and why; the command that mends it, or ""."""

    use: str
    missing: tuple[str, ...]
    unfit: tuple[str, ...]
    command: str

    @property
    def well(self) -> bool:
        return not self.missing and not self.unfit


@dataclass(frozen=True)
class Report:
    """What a Python said. `problem` is a sentence where it can't be used at all, `command` what mends that, or ""."""

    python: str
    version: str = ""
    findings: tuple[Finding, ...] = ()
    problem: str = ""
    command: str = ""

    @property
    def well(self) -> bool:
        return not self.problem and all(finding.well for finding in self.findings)


def needs() -> tuple[Need, ...]:
    """What serving the small model, serving others, and training take."""
    from .learn.grpo_command import PACKAGES as TRAINING  # not above: more comes with it than this module takes

    small = ("torch", "transformers>=5.23", "uvicorn", "pillow")
    return (
        Need("small", small),
        Need("serving", tuple(shlex.split(SERVING))),
        Need("training", TRAINING, frozenset({"trl"})),
    )


def check(
    python: str,
    wanted: Sequence[Need] | None = None,
    *,
    patience: float = PATIENCE,
    cancelled: Callable[[], bool] = lambda: False,
) -> Report:
    """Ask `python`, an interpreter's path; "" reports that there is none. Takes seconds; raises nothing.

    Installs nothing and changes nothing. Ends early, with a `problem`, where `cancelled` says so.
    """
    if not python:
        return Report("", problem="There is no Python for the models yet.", command=MAKE_PYTHON)
    wanted = needs() if wanted is None else wanted
    names = sorted({_name_and_extra(requirement) for need in wanted for requirement in need.requirements})
    said, problem = _ask([python, "-c", _PROBE, *names], patience, cancelled)
    version = said.get("PYTHON", "")
    if not version:
        return Report(python, problem=problem or f"{python} does not answer as a Python does: name another one.")
    if tuple(map(int, version.split(".")[:2])) < OLDEST:
        newest = ".".join(map(str, OLDEST))
        return Report(python, version, problem=f"This is Python {version}, and the models need {newest} or newer.")
    if "FOUND" not in said:
        return Report(python, version, problem=problem or f"{python} could not tell what it has.")
    found, extras, has_pip = json.loads(said["FOUND"])
    findings = tuple(_finding(need, python, found, extras, has_pip) for need in wanted)
    return Report(python, version, findings)


def _finding(need: Need, python: str, found: Mapping[str, str], extras: Mapping[str, list[str]], pip: bool) -> Finding:
    missing, unfit = [], []
    for requirement in need.requirements:
        name, _, extra = _name_and_extra(requirement).partition("[")
        if name not in found:
            missing.append(name)
            continue
        if reason := _misfit(requirement, found[name], name in need.strict):
            unfit.append(f"{name} {_plain(found[name])} ({reason})")
        if extra:
            missing += extras.get(name, [])
    if not missing and not unfit:
        return Finding(need.use, (), (), "")
    command = f"{_quoted(python)} -m pip install " + " ".join(map(_quoted, need.requirements))
    if not pip:
        command = f"{_quoted(python)} -m ensurepip && {command}"
    return Finding(need.use, tuple(dict.fromkeys(missing)), tuple(unfit), command)


def _misfit(requirement: str, version: str, strict: bool) -> str:
    """Why a version does not do, in a few words, or ""."""
    have = _numbers(version)
    for sign, bound in re.findall(r"(==|>=|<=|<|>)\s*([\w.]+)", requirement):
        limit = _numbers(bound)
        if sign in (">=", "==") and have < limit:
            return f"{bound} or newer is needed"
        if sign == "<" and have >= limit:
            return f"older than {bound} is needed"
        if sign == "==" and have[: 2 if strict else 1] != limit[: 2 if strict else 1]:
            return f"{bound} is needed"
    return ""


def _numbers(version: str) -> tuple[int, ...]:
    """The release's numbers, three at least."""
    head = re.match(r"\d+(?:\.\d+)*", version)
    numbers = tuple(map(int, head.group().split("."))) if head else ()
    return numbers + (0,) * (3 - len(numbers))


def _plain(version: str) -> str:
    """Without the local part, which names a build ("+cpu")."""
    return version.split("+")[0]


def _name_and_extra(requirement: str) -> str:
    """ "transformers[serving]" of "transformers[serving]>=5.23"."""
    found = re.match(r"[\w.-]+(?:\[[\w-]+\])?", requirement)
    return found.group() if found else requirement


def _quoted(word: str) -> str:
    """As both a Unix shell and Windows' take it."""
    return f'"{word}"' if re.search(r"[^\w./\\:~=-]", word) else word


def _ask(command: Sequence[str], patience: float, cancelled: Callable[[], bool]) -> tuple[dict[str, str], str]:
    """What the child says, by the first word of its lines; and what went wrong, or ""."""
    # Another interpreter's search paths are not this one's; Blender sets some for its own.
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0) if sys.platform == "win32" else 0
    try:
        child = subprocess.Popen(  # noqa: S603 - a list, no shell; the interpreter is the user's choice
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=state_folder(),  # nobody else can put a module there
            creationflags=flags,
        )
    except OSError as error:
        return {}, f"{command[0]} can't be started ({error.strerror or error}): name another Python."
    end, problem = time.monotonic() + patience, ""
    while True:
        try:
            output = child.communicate(timeout=0.1)[0]
            break
        except subprocess.TimeoutExpired:
            if cancelled():
                problem = "Stopped."
            elif time.monotonic() > end:
                problem = f"It did not answer within {patience:.0f} s."
            else:
                continue
            child.kill()
            output = child.communicate()[0]
            break
    lines = [line.partition(" ") for line in output.decode("utf-8", "replace").splitlines()]
    return {head: rest for head, _, rest in lines if head in ("PYTHON", "FOUND")}, problem
