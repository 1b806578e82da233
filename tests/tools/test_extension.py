# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive that tools/extension.py makes. That Blender makes the same is tested where a Blender is."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from metaspatial.tools import extension

MANIFEST = """schema_version = "1.0.0"
id = "example"
version = "1.2.3"
name = "Example"
tagline = "Says hello"
maintainer = "Somebody <somebody@example.org>"
type = "add-on"
blender_version_min = "4.2.0"
license = ["SPDX:GPL-3.0-or-later"]

[build]
paths_exclude_pattern = [{patterns}]
"""
PATTERNS = ("__pycache__/", ".*", "*.zip", "*.blend[1-9]", "/dist/", "/Makefile")


def source_in(folder: Path, *patterns: str, version: str = "1.2.3") -> Path:
    """A small extension."""
    folder.mkdir(exist_ok=True)
    text = MANIFEST.replace('"1.2.3"', f'"{version}"')
    written = ", ".join(f'"{pattern}"' for pattern in patterns or PATTERNS)
    (folder / "blender_manifest.toml").write_text(text.replace("{patterns}", written))
    (folder / "__init__.py").write_text(f'__version__ = "{version}"\n\n\ndef register():\n    pass\n')
    return folder


def names_in(archive: Path) -> set[str]:
    with zipfile.ZipFile(archive) as opened:
        return set(opened.namelist())


def test_the_manifest_says_what_stays_out(tmp_path: Path) -> None:
    source = source_in(tmp_path / "source")
    for path in (
        *("part/kept.py", "part/Makefile", "part/dist/kept.txt", "a.blend", "dist"),
        *("Makefile", "part/__pycache__/x.pyc", ".git/config", "part/.hidden", "old.zip", "a.blend1"),
    ):
        place = source / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("")
    (source / "dist").unlink()  # a folder of this name stays out, a file would not
    (source / "dist").mkdir()
    (source / "dist" / "made.txt").write_text("")
    archive = extension.build(tmp_path / "out", source=source)
    assert archive.name == "example-1.2.3.zip"
    kept = {"part/kept.py", "part/Makefile", "part/dist/kept.txt", "a.blend"}
    assert names_in(archive) == {"blender_manifest.toml", "__init__.py", *kept}
    assert [path.name for path in archive.parent.iterdir()] == [archive.name]


def test_the_same_files_make_the_same_archive(tmp_path: Path) -> None:
    first = extension.build(tmp_path / "one", source=source_in(tmp_path / "source"))
    (tmp_path / "source" / "__init__.py").touch()
    assert extension.build(tmp_path / "two", source=tmp_path / "source").read_bytes() == first.read_bytes()


def test_another_version_is_written_into_the_archive_alone(tmp_path: Path) -> None:
    source = source_in(tmp_path / "source")
    archive = extension.build(tmp_path / "out", "1.3.0-latest.7", source=source)
    assert archive.name == "example-1.3.0-latest.7.zip"
    with zipfile.ZipFile(archive) as opened:
        assert b'version = "1.3.0-latest.7"' in opened.read("blender_manifest.toml")
        assert opened.read("__init__.py").startswith(b'__version__ = "1.3.0-latest.7"')
    assert '"1.2.3"' in (source / "blender_manifest.toml").read_text()


@pytest.mark.parametrize("version", ["1.2", "1.2.3-", "v1.2.3", "1.02.3", "1.2.3 "])
def test_what_is_no_version_is_refused(tmp_path: Path, version: str) -> None:
    with pytest.raises(extension.Wrong, match=r"semver\.org"):
        extension.build(tmp_path / "out", version, source=source_in(tmp_path / "source"))


@pytest.mark.parametrize("pattern", ["!kept", "a/b", "**/x", "#x"])
def test_a_pattern_that_would_be_misread_is_refused(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(extension.Wrong, match="pattern"):
        extension.build(tmp_path / "out", source=source_in(tmp_path / "source", pattern))
    assert not list((tmp_path / "out").iterdir())
