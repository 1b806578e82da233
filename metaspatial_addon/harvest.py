# SPDX-License-Identifier: GPL-3.0-or-later
"""Rooms from .blend files, many at once and without a window, for `blender_scripts/curate.py blend`.

Each file is opened in this very Blender with its scripts, text blocks and Python drivers switched off, captured as the
panel does it, and left for an empty file again. Nothing is ever saved, so that no file can change.
"""

from __future__ import annotations

import argparse
import contextlib
import glob
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ..backend.console import BAD_INPUT, Stop
from ..backend.dialogue import format_answer, parse_answer
from ..backend.scene import Layout, current_layout
from .capture import Capture, CaptureError, CaptureSettings, capture
from .capture.names import name_kind
from .physics import BvhEngine
from .render import BlenderRenderer
from .render.lookalike import lookalikes

if TYPE_CHECKING:
    from ..backend.curate.source import Found

SIZE = 224
"""Side of the pictures in pixels."""
_FLOOR = re.compile(r"floor|boden|^sol$|suelo|pavimento|地板|地面|床面", re.IGNORECASE)
_NUMBERED = re.compile(r"\.\d{3,}$")


@dataclass(frozen=True)
class BlendSource:
    """The rooms of .blend files; needs Blender without a window.

    A key is a file's path below the folder that holds all of them. A file with several scenes has a key for each,
    "flat.blend::scene:Attic"; one whose floors have names of their own has a key for each floor,
    "flat.blend::floor:Kitchen Floor". A room's picture shows what is fixed in it, the file's own objects; where its
    furniture stands is kept in the scene, and is the answer if that is physically sound on the real meshes. `size` is
    the side of the pictures, 0 for none.
    """

    files: tuple[Path, ...]
    size: int = SIZE
    preference: str = ""
    licence: str = "unknown"
    citation: str = ""
    name: str = "blend"
    authentic: bool = True
    perilous: bool = True  # some files crash Blender

    def keys(self) -> Sequence[str]:
        return [key for file in self.files for key in _keys_of(file, self._key(file))]

    def find(self, key: str) -> Found:
        from ..backend.curate.source import BadRoom, Found

        file, part = self._sought(key)
        try:
            with _opened(file):
                seen = _captured(part, self.preference)
                picture = _picture(seen, self.size)
                return Found(key, seen.scene, key, picture, _answer(seen))
        except (_Unusable, CaptureError) as error:
            raise BadRoom(str(error)) from error

    def _key(self, file: Path) -> str:
        name = Path(os.path.relpath(file, _root(self.files))).as_posix()
        return os.fsencode(name).decode("utf-8", "backslashreplace")  # some systems' names are any bytes

    def _sought(self, key: str) -> tuple[Path, str]:
        """The file of a key and the part of it: "", or "scene:" or "floor:" and a name."""
        from ..backend.curate.source import BadRoom

        for file in self.files:
            own = self._key(file)
            if key == own:
                return file, ""
            if key.startswith(f"{own}::"):
                return file, key[len(own) + 2 :]
        raise BadRoom(f"there is no such room: {key!r}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this source."""
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help=".blend files, folders of them, or patterns such as 'rooms/**/*.blend'",
    )
    parser.add_argument("--preference", default="", help="a wish in words that goes into every room")
    parser.add_argument("--licence", default="unknown", help="the files' licence, an SPDX identifier")
    parser.add_argument("--citation", default="", help="what to cite for the files")


def source_from(given: argparse.Namespace) -> BlendSource:
    """The source that the options ask for. Raises Stop where there is no file."""
    found: dict[Path, None] = {}
    for text in map(str, given.files):
        files = blend_files(text)
        if not files:
            raise Stop(BAD_INPUT, f"{text}: there is no such .blend file, nor any in a folder of that name")
        found.update(dict.fromkeys(files))
    size = getattr(given, "size", SIZE)
    return BlendSource(tuple(found), size, given.preference, given.licence, given.citation)


def blend_files(text: str) -> list[Path]:
    """The .blend files that a path, a folder (with the folders in it) or a pattern names, in order, resolved."""
    path = Path(text)
    if path.is_file():
        found = [path]
    elif path.is_dir():
        found = [file for file in path.rglob("*") if file.is_file()]
    else:
        found = [file for file in map(Path, glob.glob(text, recursive=True)) if file.is_file()]
    return sorted({file.resolve() for file in found if file.suffix.lower() == ".blend"})


class _Unusable(ValueError):
    """Why a file can't be used."""


@lru_cache(maxsize=8)
def _root(files: tuple[Path, ...]) -> str:
    return os.path.commonpath([file.parent for file in files])


@lru_cache(maxsize=100_000)
def _keys_of(file: Path, key: str) -> tuple[str, ...]:
    """The keys of a file, from its list of contents alone. One that can't be listed has one: `find` says what it is."""
    try:
        with bpy.data.libraries.load(str(file), link=True) as (held, _):  # asks for nothing, so nothing is linked
            scenes, objects = sorted(held.scenes), sorted(held.objects)
    except (OSError, RuntimeError, UnicodeDecodeError):
        return (key,)
    if len(scenes) > 1:
        return tuple(f"{key}::scene:{name}" for name in scenes)
    floors = [name for name in objects if _FLOOR.search(name) and name_kind(name) == "room"]
    if len({_NUMBERED.sub("", name) for name in floors}) == len(floors) > 1:
        return tuple(f"{key}::floor:{name}" for name in floors)
    return (key,)


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[None]:
    """Within, the file is open; afterwards an empty one is, which can't be saved over it. Raises _Unusable, and OSError
    for a file that is not there now, such as on a disk that is not."""
    try:
        with file.open("rb") as raw:
            raw.read(1)
    except PermissionError as error:
        raise _Unusable(f"the file can't be read: {error.strerror or error}") from error
    try:
        try:
            with redirect_stdout(None):  # Blender prints what operators report by way of Python
                bpy.ops.wm.open_mainfile(filepath=str(file), load_ui=False, use_scripts=False)
        except RuntimeError as error:
            told = " ".join(str(error).replace(str(file), file.name).split())  # where it lies is nobody's business
            raise _Unusable(f"the file can't be opened: {told}") from error
        if tuple(bpy.data.version[:2]) > tuple(bpy.app.version[:2]):
            newer = ".".join(map(str, bpy.data.version[:2]))
            raise _Unusable(f"the file was saved by a newer Blender: {newer}, this is {bpy.app.version_string}")
        yield
    finally:
        with redirect_stdout(None):
            bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True, load_ui=False)


def _captured(part: str, preference: str) -> Capture:
    """The room of the open file that is asked for. Raises _Unusable or CaptureError."""
    kind, _, name = part.partition(":")
    if kind == "scene":
        scene = bpy.data.scenes.get(name)
        if scene is None:
            raise _Unusable(f"the file has no such scene: {name!r}")
        window = bpy.context.window or bpy.context.window_manager.windows[0]
        window.scene = scene
    elif kind == "floor" and name not in bpy.context.scene.objects:
        raise _Unusable(f"the file's scene has no such floor: {name!r}")
    if bpy.context.mode != "OBJECT":  # many files are saved in the middle of something
        with contextlib.suppress(RuntimeError):
            bpy.ops.object.mode_set(mode="OBJECT")
    seen = capture(bpy.context, CaptureSettings(room=name if kind == "floor" else None, preference=preference))
    if not seen.scene.movable:
        raise _Unusable("nothing in the room can be moved")
    return seen


def _picture(seen: Capture, size: int) -> bytes | None:
    """The room with what is fixed in it."""
    if not size:
        return None
    standing = Layout({piece.id: piece.pose for piece in seen.scene.fixed if piece.pose is not None})
    with BlenderRenderer(make_piece=lookalikes(seen)) as renderer:
        return renderer.render(seen.scene, standing, (size, size))


def _answer(seen: Capture) -> str | None:
    """Where the furniture stands, as an answer, if that is sound."""
    text = format_answer(current_layout(seen.scene), scene=seen.scene)
    layout = parse_answer(seen.scene, text).layout  # as rounded there
    return text if BvhEngine(seen.mesh_of).measure(seen.scene, layout).valid else None
