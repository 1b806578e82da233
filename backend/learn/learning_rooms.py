# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms to learn in: of a curated folder, of scene documents, made up from seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ..curate.rooms import FILE, RoomsError, read_rooms
from ..curate.targets.augment import symmetries
from ..evaluate.scenes import ScenesError, gather
from ..scene import Scene
from .rollout import LearningRoom


def learning_rooms(
    source: str,
    split: str = "train",
    *,
    symmetric: bool = False,
    prepare: Callable[[Scene], Scene] = lambda scene: scene,
) -> list[LearningRoom]:
    """The rooms of `source`: the `split` of a curated folder, or all of other sources, as `evaluate` reads them.

    `symmetric` has each room turned by quarters and mirrored, too, as rooms of their own that have no picture.
    `prepare` completes each scene with what only the caller knows of its furniture. Raises `RoomsError` for rooms that
    can't be read, that have nothing to place, or of which there are none.
    """
    folder = Path(source)
    if (folder / FILE).exists():
        found = [
            LearningRoom(room.key, room.scene, _picture(folder, room.picture))
            for room in read_rooms(folder)
            if room.split == split
        ]
    else:
        try:
            found = [LearningRoom(named.name, named.scene) for named in gather([source])]
        except ScenesError as error:
            raise RoomsError(str(error)) from error
    if not found:
        raise RoomsError(f"{source}: holds no rooms of the split {split}")
    if bare := [room.key for room in found if not room.scene.movable]:
        raise RoomsError(f"{source}: room {bare[0]} has nothing to place; leave it out")
    if len({room.key for room in found}) < len(found):
        raise RoomsError(f"{source}: two rooms have one key; give each its own")
    if symmetric:
        found = [one for room in found for one in _ways(room)]
    return [replace(room, scene=prepare(room.scene)) for room in found]


def has_split(source: str, split: str) -> bool:
    """Whether `source` is a curated folder with such rooms."""
    return (Path(source) / FILE).exists() and any(room.split == split for room in read_rooms(source))


def apart(learned: Sequence[LearningRoom], measured: Sequence[LearningRoom]) -> None:
    """Raise `RoomsError` where a room is both learned in and measured on: its figures would flatter."""
    known = {room.scene for room in learned}
    if both := [room.key for room in measured if room.scene in known]:
        raise RoomsError(f"room {both[0]} is among the training rooms, too; validate on others")


def _ways(room: LearningRoom) -> list[LearningRoom]:
    others = enumerate(symmetries(room.scene)[1:], 1)
    return [room, *(LearningRoom(f"{room.key}, symmetry {k}", scene) for k, scene in others)]


def _picture(folder: Path, name: str | None) -> bytes | None:
    if name is None:
        return None
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise RoomsError(f"{folder / name}: can't be read: {error.strerror or error}") from error
