# SPDX-License-Identifier: GPL-3.0-or-later
"""What results were made with: versions, the commit, the machine."""

from __future__ import annotations

import os
import platform
import tomllib
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]


def made_with() -> dict[str, str]:
    """MetaSpatial's version and commit, Python's and numpy's versions, the machine."""
    return {
        "metaspatial": _version(),
        "commit": commit(ROOT),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
    }


def commit(root: Path) -> str:
    """The commit that a working tree is at, or "" where there is none. Changes made since are not seen."""
    git = root / ".git"
    try:
        head = (git / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        if (git / name).is_file():
            return (git / name).read_text(encoding="utf-8").strip()
        packed = (git / "packed-refs").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.split()[0] for line in packed if line.endswith(f" {name}")), "")


def _version() -> str:
    try:
        return str(tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))["version"])
    except (OSError, ValueError, KeyError):
        return ""
