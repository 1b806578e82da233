# SPDX-License-Identifier: GPL-3.0-or-later
"""The package as others get it: its metadata, its files, the wheel, the pins."""

from __future__ import annotations

import fnmatch
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MANIFEST = tomllib.loads((ROOT / "blender_manifest.toml").read_text())


def test_one_version() -> None:
    import metaspatial

    assert MANIFEST["version"] == PROJECT["project"]["version"] == metaspatial.__version__


def test_the_list_of_packages_is_complete() -> None:
    found = ["metaspatial"]
    for top in ("backend", "metaspatial_addon"):
        folders = {file.parent for file in (ROOT / top).rglob("*.py")}
        without = [folder.relative_to(ROOT).as_posix() for folder in folders if not (folder / "__init__.py").exists()]
        assert without == [], "folders of Python files without __init__.py"
        found += ["metaspatial." + folder.relative_to(ROOT).as_posix().replace("/", ".") for folder in folders]
    expected = "\n".join(f'    "{name}",' for name in sorted(found))
    assert sorted(found) == PROJECT["tool"]["setuptools"]["packages"], f"pyproject.toml, packages = [\n{expected}\n]"


def test_every_data_file_is_packaged() -> None:
    data = PROJECT["tool"]["setuptools"]["package-data"]
    own = [
        path
        for package, patterns in data.items()
        if package.startswith("metaspatial.")
        for pattern in patterns
        for path in ROOT.joinpath(*package.split(".")[1:]).glob(pattern)
    ]
    without = [
        path.relative_to(ROOT).as_posix()
        for top in ("backend", "metaspatial_addon")
        for path in (ROOT / top).rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"} and path not in own
        if not any(fnmatch.fnmatch(path.name, pattern) for pattern in data["*"])
    ]
    assert not without, "\n".join(without)


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_its_data(tmp_path: Path) -> None:
    source = tmp_path / "source"  # setuptools writes beside its sources
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("no git here to tell which files are the project's")
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(tmp_path),
        str(source),
    ]
    built = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = [*source.glob("samples/*.json"), *source.glob("backend/**/*.*"), *source.glob("metaspatial_addon/**/*.*")]
    missing = {f"metaspatial/{path.relative_to(source).as_posix()}" for path in sources} - names
    assert missing == set()
    assert not [name for name in names if "/tests/" in name or "/tools/" in name]


def test_every_pin_is_exact() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        pins = [line for line in lock.read_text().splitlines() if not line.startswith("#")]
        assert pins, lock
        assert [pin for pin in pins if not re.fullmatch(r"[\w.-]+==[\w.]+", pin)] == [], lock


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.in")), ids=lambda path: path.stem)
def test_each_pinned_list_carries_what_it_was_made_from(path: Path) -> None:
    pinned = dict(
        line.lower().replace("_", "-").split("==")
        for line in path.with_suffix(".lock").read_text().splitlines()
        if "==" in line
    )
    for line in path.read_text().splitlines():
        name = re.match(r"[\w.-]+", line)
        if name is None:
            continue
        assert name.group().lower() in pinned
        exact = re.search(r"==([\w.]+)", line)
        assert exact is None or pinned[name.group().lower()] == exact.group(1)
