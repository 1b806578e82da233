# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures from files in the panel, read again when they have changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bpy.utils import previews

_shown: dict[str, tuple[float, str]] = {}
"""By a picture's file: when it was written, and under which name it was read."""
_previews: previews.ImagePreviewCollection | None = None


def read(files: Sequence[str]) -> None:
    """Have these pictures at hand, as they are now; one that can't be read is left out. Not for drawing code."""
    global _previews
    if not files:
        return
    kept = _previews = _previews or previews.new()
    for file in files:
        try:
            written = Path(file).stat().st_mtime
        except OSError:
            _forget(file)
            continue
        if _shown.get(file, (None, ""))[0] != written:
            _forget(file)
            name = f"{file}|{written}"
            kept.load(name, file, "IMAGE", force_reload=True)
            _shown[file] = written, name


def icon(file: str) -> int:
    """The icon of a picture that was read; 0 where there is none."""
    if _previews is None or file not in _shown:
        return 0
    return _previews[_shown[file][1]].icon_id


def clear() -> None:
    """Forget all of them, as Blender asks of who ends."""
    global _previews
    if _previews is not None:
        previews.remove(_previews)
    _previews = None
    _shown.clear()


def _forget(file: str) -> None:
    known = _shown.pop(file, None)
    if known is not None and _previews is not None:
        _previews.pop(known[1])
