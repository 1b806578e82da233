# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the extension's archive as `blender --command extension build` does, without a Blender.

    python3 tools/extension.py                        dist/metaspatial-VERSION.zip
    python3 tools/extension.py --output DIR --version 0.2.0-latest.7

What belongs in it is said once, in blender_manifest.toml. The same files give the same archive, byte by byte. Needs
nothing but a Python; one older than 3.11 looks for a newer one.
"""

from __future__ import annotations

import argparse
import fnmatch
import importlib.util
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = "blender_manifest.toml"
SEMVER = re.compile(
    r"(?P<release>(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*))"
    r"(?:-(?P<pre>(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
    r"(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?"
)
"""semver.org's own rule."""
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the archive: the first that a zip file can tell."""


class Wrong(Exception):
    """What keeps it from being built or published; the message is the line to show."""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / "dist", metavar="DIR", help="default: dist")
    parser.add_argument("--version", default="", help="another version than the manifest's")
    given = parser.parse_args(arguments)
    try:
        archive = build(given.output, given.version)
    except (Wrong, OSError) as error:
        print(f"extension: {error}", file=sys.stderr)
        return 1
    print(f"extension: {archive}, {archive.stat().st_size / 1e6:.1f} MB")
    return 0


def build(folder: Path, version: str = "", source: Path = ROOT) -> Path:
    """The archive ID-VERSION.zip of `source`, in `folder`, which is made if need be. Raises Wrong, OSError.

    Another `version` than the source's own is written into the archive alone.
    """
    manifest = read_manifest(source / MANIFEST)
    own = manifest["version"]
    version = version or own
    if not SEMVER.fullmatch(version):
        raise Wrong(f"“{version}” is no version by semver.org, such as 1.2.3 or 1.2.3-latest.4")
    patterns = manifest.get("build", {}).get("paths_exclude_pattern")
    if not patterns:
        raise Wrong(f"{MANIFEST} does not say by [build] paths_exclude_pattern what stays out of the archive")
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"{manifest['id']}-{version}.zip"
    growing = folder / f".{archive.name}.{os.getpid()}"
    try:
        with zipfile.ZipFile(growing, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as opened:
            for path in contents(source, patterns):
                data = (source / path).read_bytes()
                if version != own and path in _STAMPED:
                    data = _stamped(path, data, own, version)
                info = zipfile.ZipInfo(path, _LONG_AGO)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = 0o100644 << 16
                opened.writestr(info, data)
        growing.replace(archive)  # whole or not at all
    finally:
        growing.unlink(missing_ok=True)
    return archive


def contents(source: Path, patterns: Sequence[str]) -> list[str]:
    """The files below `source` that no pattern keeps out, sorted, with forward slashes. Raises Wrong."""
    for pattern in patterns:
        if pattern.startswith(("!", "#")) or "/" in pattern.strip("/") or "**" in pattern or "\\" in pattern:
            raise Wrong(
                f"{MANIFEST}: the pattern “{pattern}” is beyond what tools/extension.py reads: a name with wildcards, "
                "“/” before it where only the root is meant, “/” after it where only folders are"
            )
    return sorted(_walk(source, "", patterns))


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest as data. Raises Wrong."""
    try:
        return parse_manifest(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Wrong(f"{path}: {error}") from error


def parse_manifest(text: str) -> dict[str, Any]:
    """Raises ValueError where it is not TOML."""
    import tomllib  # not above: older Pythons get as far as `newer_python`

    return tomllib.loads(text)


def newer_python() -> None:
    """Go on in a Python that reads TOML, where this one is too old for it."""
    if importlib.util.find_spec("tomllib") is not None:
        return
    import environment  # beside this file

    try:
        python = environment.find_python("3.11", "building the extension")
    except environment.Missing as missing:
        print(f"extension: {missing}", file=sys.stderr)
        sys.exit(1)
    sys.exit(subprocess.run([python, *sys.argv]).returncode)


def _walk(source: Path, below: str, patterns: Sequence[str]) -> Iterator[str]:
    with os.scandir(source / below) as entries:
        for entry in entries:
            is_folder = entry.is_dir()
            if any(_matches(entry.name, pattern, not below, is_folder) for pattern in patterns):
                continue
            path = f"{below}{entry.name}"
            if is_folder:
                yield from _walk(source, path + "/", patterns)
            else:
                yield path


def _matches(name: str, pattern: str, at_root: bool, is_folder: bool) -> bool:
    """Whether a pattern of gitignore's kind is about this entry."""
    if pattern.endswith("/") and not is_folder:
        return False
    if pattern.startswith("/") and not at_root:
        return False
    return fnmatch.fnmatchcase(name, pattern.strip("/"))


_STAMPED = {MANIFEST: 'version = "{}"', "__init__.py": '__version__ = "{}"'}
"""Where the version stands, and how."""


def _stamped(path: str, data: bytes, own: str, version: str) -> bytes:
    old, new = (_STAMPED[path].format(each).encode() for each in (own, version))
    lines = data.split(b"\n")
    if lines.count(old) != 1:
        raise Wrong(f"{path} has no line {old.decode()}")
    return b"\n".join(new if line == old else line for line in lines)


if __name__ == "__main__":
    newer_python()
    sys.exit(main(sys.argv[1:]))
