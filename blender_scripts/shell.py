# SPDX-License-Identifier: GPL-3.0-or-later
"""What scripts with a command's options have around it: how they end, borrowed packages, workers, Blender's chatter.

To be imported after `bootstrap.use_this_tree`.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from bootstrap import application, arguments, keep_chatter
from metaspatial.backend import console, workers
from metaspatial.backend.console import BAD_INPUT, Stop, say


def ended(work: Callable[[], int], log: Path) -> int:
    """The exit status of a script's work, whatever becomes of it, once that is said."""
    try:
        return console.ended(work)
    except Exception:  # Blender itself would print it, too, and end with 0
        traceback.print_exc()
        say(f"something unexpected went wrong; {log} may say more")
        return 1


def add_arguments(parser: argparse.ArgumentParser, size: int) -> None:
    """The options of what Blender is needed for; pictures have `size` pixels if nothing else is said."""
    parser.add_argument(
        "--size", type=int, default=size, help=f"side of the pictures, 0 for none (default: {size} pixels)"
    )
    parser.add_argument("--packages", type=Path, metavar="DIR", help="a folder of packages for Blender's Python")


def begin(given: argparse.Namespace, log: Path) -> None:
    """Refuse what can be refused before anything is touched; then what Blender prints goes to `log`. Raises Stop."""
    if given.size != 0 and not 16 <= given.size <= 8192:
        raise Stop(BAD_INPUT, "--size must be 16 to 8192 pixels, or 0 for no pictures")
    use_packages(given.packages)
    log_chatter(log)


def use_packages(folder: Path | None) -> None:
    """Let Python find packages in a folder, after its own. Raises Stop."""
    if folder is None:
        return
    if not folder.is_dir():
        raise Stop(BAD_INPUT, f"--packages {folder}: there is no such folder")
    sys.path.append(str(folder.resolve()))


def log_chatter(log: Path) -> None:
    """Have what Blender prints in a file, whose folder is made if need be. Raises Stop."""
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        keep_chatter(log)
    except OSError as error:
        raise Stop(BAD_INPUT, f"{log} can't be written: {error.strerror or error}") from error


def worker_command(script: str, given: argparse.Namespace) -> list[str]:
    """Another Blender, or Python, that runs the same script, to work for this one by `work_for_another`."""
    path = str(Path(script).resolve())
    options = ["--packages", str(given.packages.resolve())] if given.packages else []
    if blender := application():
        return [blender, "--background", "--factory-startup", "--python", path, "--", *options]
    return [sys.executable, path, *options]


def work_for_another() -> None:
    """The life of what `worker_command` starts."""
    words = arguments()
    use_packages(Path(words[words.index("--packages") + 1]) if "--packages" in words else None)
    workers.serve()


def install(packages: Sequence[str]) -> str:
    """The command that gives packages to this Python."""
    wanted = " ".join(f'"{package}"' for package in packages)
    if not application():
        return f'"{sys.executable}" -m pip install {wanted}'
    folder = Path.home() / "metaspatial-packages"
    return f'"{sys.executable}" -m pip install --target "{folder}" {wanted}, then add --packages "{folder}"'
