# SPDX-License-Identifier: GPL-3.0-or-later
"""A static extension repository: what it lists, what it keeps, what it refuses to publish."""

from __future__ import annotations

import hashlib
import json
import random
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from metaspatial.tests.tools.test_extension import source_in
from metaspatial.tools import channel


def offered(output: Path, name: str) -> list[dict[str, Any]]:
    index = json.loads((output / name / "index.json").read_text())
    assert index["version"] == "v1"
    assert index["blocklist"] == []
    return index["data"]


def versions(output: Path, name: str) -> list[str]:
    return [entry["version"] for entry in offered(output, name)]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return made(tmp_path / "source", "0.1.0")


def made(folder: Path, version: str, blender: str = "4.2.0") -> Path:
    source_in(folder, version=version)
    manifest = folder / "blender_manifest.toml"
    manifest.write_text(manifest.read_text().replace('"4.2.0"', f'"{blender}"'))
    (folder / "CHANGELOG.md").write_text(f"# Changelog\n\n## {version} (2026-11-30)\n\n- All of it.\n")
    return folder


def test_versions_are_ordered_as_semver_says() -> None:
    ordered = [
        *("0.9.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11"),
        *("1.0.0-latest.9", "1.0.0-latest.10", "1.0.0-rc.1", "1.0.0", "1.0.1-latest.1", "1.0.1", "1.0.10", "1.1.0"),
    ]
    shuffled = random.Random(7).sample(ordered, len(ordered))
    assert sorted(shuffled, key=channel.precedence) == ordered
    assert channel.precedence("1.0.0+one") == channel.precedence("1.0.0+two")


def test_a_build_is_listed_with_what_blender_asks_for(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "channel"
    archive = channel.publish(output, release=False, source=source, number=5)
    assert archive is not None
    (entry,) = offered(output, "latest")
    assert entry["version"] == "0.1.0-latest.5"
    assert entry["archive_url"] == "./example-0.1.0-latest.5.zip"
    data = (output / "latest" / entry["archive_url"]).read_bytes()
    assert entry["archive_size"] == len(data)
    assert entry["archive_hash"] == "sha256:" + hashlib.sha256(data).hexdigest()
    for name in ("schema_version", "id", "name", "tagline", "type", "maintainer", "license", "blender_version_min"):
        assert entry[name]
    assert "build" not in entry
    assert offered(output, "stable") == []
    assert "Nothing was released yet" in (output / "stable" / "index.html").read_text()


def test_what_did_not_change_is_not_built_again(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "channel"
    assert channel.publish(output, release=False, source=source, number=5) is not None
    assert channel.publish(output, release=False, source=source, number=6) is None
    (source / "__init__.py").write_text('__version__ = "0.1.0"\nNEW = True\n')
    assert channel.publish(output, release=False, source=source, number=5) is not None  # and not 5 over again
    assert versions(output, "latest") == ["0.1.0-latest.6"]


def test_a_release_is_in_both_channels_and_builds_after_it_come_before_the_next(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "channel"
    channel.publish(output, release=False, source=source, number=5)
    channel.publish(output, release=True, source=source)
    assert versions(output, "stable") == versions(output, "latest") == ["0.1.0"]
    (source / "new.py").write_text("")
    channel.publish(output, release=False, source=source, number=6)
    assert versions(output, "stable") == ["0.1.0"]
    assert versions(output, "latest") == ["0.1.1-latest.6"]
    made(source, "0.2.0")
    channel.publish(output, release=False, source=source, number=7)
    assert versions(output, "latest") == ["0.2.0-latest.7"]
    channel.publish(output, release=True, source=source)
    assert versions(output, "stable") == versions(output, "latest") == ["0.2.0"]
    assert (output / "stable" / "example-0.1.0.zip").exists()  # earlier ones stay, and people find them
    assert "example-0.1.0.zip" in (output / "stable" / "index.html").read_text()


def test_older_blenders_are_still_offered_what_runs_in_them(tmp_path: Path) -> None:
    output = tmp_path / "channel"
    for version, blender in (("0.1.0", "4.2.0"), ("0.2.0", "4.2.0"), ("0.3.0", "4.5.0"), ("0.4.0", "4.5.0")):
        channel.publish(output, release=True, source=made(tmp_path / version, version, blender))
    found = {each["version"]: each.get("blender_version_max") for each in offered(output, "stable")}
    assert found == {"0.4.0": None, "0.2.0": "4.5.0"}


def test_old_builds_make_room_and_releases_stay(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "channel"
    channel.publish(output, release=True, source=source)
    for number in range(1, 5):
        (source / "count.txt").write_text(str(number))
        channel.publish(output, release=False, source=source, number=number, keep=2)
    names = {path.name for path in (output / "latest").glob("*.zip")}
    assert names == {"example-0.1.0.zip", "example-0.1.1-latest.3.zip", "example-0.1.1-latest.4.zip"}


def test_a_release_is_published_once(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "channel"
    channel.publish(output, release=True, source=source)
    channel.publish(output, release=True, source=source)  # the very same again: nothing happens
    (source / "__init__.py").write_text('__version__ = "0.1.0"\nCHANGED = True\n')
    with pytest.raises(channel.Wrong, match="published already"):
        channel.publish(output, release=True, source=source)


@pytest.mark.parametrize(
    ("version", "heading", "reason"),
    [
        ("0.1.0-rc.1", "0.1.0-rc.1", "not a release"),
        ("0.1.0", "0.0.9", "no section"),
        ("0.1.0", "0.1.0 (unreleased)", "unreleased"),
    ],
)
def test_a_release_is_said_to_be_one(tmp_path: Path, version: str, heading: str, reason: str) -> None:
    source = source_in(tmp_path / "source", version=version)
    (source / "CHANGELOG.md").write_text(f"# Changelog\n\n## {heading}\n")
    with pytest.raises(channel.Wrong, match=reason):
        channel.publish(tmp_path / "channel", release=True, source=source)
    assert not list(tmp_path.glob("channel/*/*.zip"))


def test_the_page_has_a_link_to_drag_into_blender(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "channel"
    channel.publish(output, release=True, source=source)
    links = Links()
    links.feed((output / "stable" / "index.html").read_text())
    dragged = urlsplit(links.found[0])
    assert (output / "stable" / dragged.path).exists()
    assert dragged.path.endswith(".zip")
    assert parse_qs(dragged.query) == {"repository": ["./index.json"], "blender_version_min": ["4.2.0"]}
    for page in (output / "index.html", output / "stable" / "index.html"):
        links = Links()
        links.feed(page.read_text())
        for link in links.found:
            assert (page.parent / urlsplit(link).path).exists(), link


def test_what_is_no_extension_is_named(tmp_path: Path) -> None:
    stranger = tmp_path / "channel" / "stable" / "notes.zip"
    stranger.parent.mkdir(parents=True)
    stranger.write_text("no zip at all")
    with pytest.raises(channel.Wrong, match=r"notes\.zip"):
        channel.write(tmp_path / "channel")


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if tag == "a" and name == "href"]
