# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenes of an evaluation: files, folders, the shipped samples, generated ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..console import numbers
from ..scene import Scene, SceneError, scene_from_json
from ..scene.preference import with_preferences

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
"""The scenes that come with MetaSpatial."""


class ScenesError(ValueError):
    """Scenes that can't be used: one line for each."""


@dataclass(frozen=True, slots=True)
class NamedScene:
    """A scene under a name that no other of its evaluation has and that is fit for a file's."""

    name: str
    scene: Scene


def gather(sources: Sequence[str], *, pieces: int | tuple[int, int] | None = None) -> list[NamedScene]:
    """The scenes of `sources`, in their order, each once; wishes in a scene's preference are among its relations.

    A source is a scene's file, a folder of them, "samples", or "generated:0-49": seeds of scenes with `pieces` pieces.
    Raises ScenesError with a line for each scene that can't be used: nothing begins with half of them.
    """
    found: list[tuple[str, str, Scene]] = []  # name, a longer one, scene
    wrong: list[str] = []
    for source in sources:
        try:
            if source.startswith("generated:"):
                found += _generated(source.partition(":")[2], pieces)
            else:
                for path in _files(source):
                    try:
                        found.append((_fit(path.stem), _fit(f"{path.resolve().parent.name}_{path.stem}"), _read(path)))
                    except SceneError as error:
                        wrong.append(f"{path}: {error}")
        except ScenesError as error:
            wrong.append(str(error))
    if wrong or not found:
        raise ScenesError("\n".join(wrong) or "there are no scenes")
    return _named(found)


def _named(found: Sequence[tuple[str, str, Scene]]) -> list[NamedScene]:
    """Short names where they are clear, longer ones where not. The same scene twice is there once."""
    unique = list(dict.fromkeys(found))
    named: dict[str, NamedScene] = {}
    for short, long, scene in unique:
        shared = sum(other == short for other, *_ in unique) > 1
        name = long if shared else short
        if name in named:
            raise ScenesError(f"two different scenes are called {name}; rename the file of one")
        named[name] = NamedScene(name, scene)
    return list(named.values())


def _files(source: str) -> list[Path]:
    path = SAMPLES if source == "samples" and not Path(source).exists() else Path(source)
    if path.is_dir():
        if files := sorted(path.glob("*.json")):
            return files
        raise ScenesError(f"{source}: the folder has no .json file")
    if not path.is_file():
        raise ScenesError(f"{source}: there is no such file or folder; “samples” and “generated:0-9” are known, too")
    return [path]


def _read(path: Path) -> Scene:
    try:
        scene = scene_from_json(path.read_bytes())
    except OSError as error:
        raise SceneError("", f"can't be read: {error.strerror or error}") from error
    if not scene.movable:
        raise SceneError("furniture", "there is nothing to arrange: no piece is movable")
    return with_preferences(scene)


def _generated(text: str, pieces: int | tuple[int, int] | None) -> list[tuple[str, str, Scene]]:
    import argparse

    from ..curate.generate import generate_scene

    try:
        seeds = numbers(text)
    except argparse.ArgumentTypeError as error:
        raise ScenesError(f"generated:{text}: {error}") from None
    span = "" if pieces is None else "_of_" + "-".join(map(str, (pieces,) if isinstance(pieces, int) else pieces))
    try:
        scenes = [with_preferences(generate_scene(seed, pieces=pieces)) for seed in seeds]
    except ValueError as error:
        raise ScenesError(f"generated:{text}: {error}") from None
    names = [f"generated_{seed:04d}" for seed in seeds]
    return [(name, name + span, scene) for name, scene in zip(names, scenes, strict=True)]


def _fit(name: str) -> str:
    """A name that any file system takes."""
    return re.sub(r"[^\w.-]+", "_", name).strip("._")[:80] or "scene"
