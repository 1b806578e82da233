# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of a training that can be killed at any moment: a checkpoint is whole, or it is not there at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

CHECKPOINT = "checkpoint-"
STATE = "trainer_state.json"
SAVING = ".saving"
"""Where a checkpoint grows until it is whole."""
SETTINGS = "settings.json"


def last_checkpoint(out: str | Path) -> Path | None:
    """The newest checkpoint of a run's folder. All that bear a checkpoint's name are whole."""
    return max(_whole(Path(out)), key=_step, default=None)


def make_whole(out: Path, step: int, keep: int) -> None:
    """Give the checkpoint that has grown its name, once it is on the disk, and let older ones than `keep` go."""
    growing, whole = out / SAVING / f"{CHECKPOINT}{step}", out / f"{CHECKPOINT}{step}"
    flush(growing)
    shutil.rmtree(whole, ignore_errors=True)
    os.replace(growing, whole)
    flush(out, inside=False)
    for old in sorted(_whole(out), key=_step)[:-keep]:
        shutil.rmtree(old, ignore_errors=True)


def same_run(out: Path, mine: Mapping[str, Any], changeable: Collection[str], *, going_on: bool) -> None:
    """Keep the settings with the run. Raises ValueError for going on with others: that would be neither training."""
    file = out / SETTINGS
    if going_on and file.exists():
        first = json.loads(file.read_text(encoding="utf-8"))
        other = [name for name in mine if name not in changeable and mine[name] != first.get(name)]
        if other:
            told = ", ".join(f"{name} {first.get(name)} then and {mine[name]} now" for name in other)
            raise ValueError(f"{out} holds a training with other settings ({told}); give those, or another folder")
    out.mkdir(parents=True, exist_ok=True)
    write_whole(file, json.dumps(dict(mine), indent=1) + "\n")


def write_whole(file: Path, text: str) -> None:
    """Write a small file so that whoever reads it gets the old text or the new. Raises OSError."""
    growing = file.with_name(f".{file.name}.part")
    growing.write_text(text, encoding="utf-8")
    growing.replace(file)


def flush(folder: Path, *, inside: bool = True) -> None:
    """Have a folder's files on the disk, not on their way to it."""
    for path in [*(folder.iterdir() if inside else ()), folder]:
        if path.is_file() or path.is_dir():
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _whole(out: Path) -> list[Path]:
    found = out.glob(f"{CHECKPOINT}*")
    return [path for path in found if path.name.removeprefix(CHECKPOINT).isdecimal() and (path / STATE).exists()]


def _step(path: Path) -> int:
    return int(path.name.removeprefix(CHECKPOINT))
