# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the extension into a static extension repository: a folder that any web server, or file://, can offer.

    python3 tools/channel.py                      adds this tree to dist/channel/latest, as 0.1.0-latest.321
    python3 tools/channel.py --release            adds it as the release that the manifest names, to stable and latest
    python3 tools/channel.py --output DIR         goes on with the channel in DIR: earlier releases stay
    python3 tools/channel.py --index              builds nothing; lists what lies in the folders anew

    DIR/index.html              for people: what the two channels are
    DIR/stable, DIR/latest      each with index.json (Blender's extension listing v1), index.html, and the archives

Blender offers whatever version a listing holds as an update, older or not, and of two versions of an extension it shows
one and installs the other. So a listing holds the newest; an older one stays in it only for Blenders that the newer
ones don't run in, and says so.
"""

from __future__ import annotations

import argparse
import hashlib
import html
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent))
from extension import MANIFEST, ROOT, SEMVER, Wrong, build, newer_python, parse_manifest, read_manifest

STABLE, LATEST = "stable", "latest"
MOST_BUILDS = 20
FIELDS = (
    *("schema_version", "id", "name", "tagline", "version", "type", "maintainer", "license", "blender_version_min"),
    *("blender_version_max", "website", "copyright", "permissions", "tags", "platforms"),
)
"""What a listing repeats of the manifest, in the order of Blender's own."""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / "dist" / "channel", metavar="DIR", help="dist/channel")
    parser.add_argument("--release", action="store_true", help="as a release, with the manifest's version")
    parser.add_argument("--index", action="store_true", help="only list anew what lies there")
    parser.add_argument("--keep", type=int, default=MOST_BUILDS, metavar="N", help=f"builds in latest ({MOST_BUILDS})")
    given = parser.parse_args(arguments)
    try:
        if given.index:
            write(given.output)
            archive = None
        else:
            archive = publish(given.output, release=given.release, keep=given.keep)
    except (Wrong, OSError) as error:
        print(f"channel: {error}", file=sys.stderr)
        return 1
    if not given.index:
        print(f"channel: {archive.name if archive else 'nothing new since the last build'}")
    for channel in (STABLE, LATEST):
        index = json.loads((given.output / channel / "index.json").read_text(encoding="utf-8"))
        offered = ", ".join(entry["version"] for entry in index["data"]) or "nothing yet"
        print(f"channel: {given.output / channel / 'index.json'} offers {offered}")
    return 0


def publish(
    output: Path, *, release: bool, keep: int = MOST_BUILDS, source: Path = ROOT, number: int | None = None
) -> Path | None:
    """Build `source` into the channels in `output`, and list them anew; None where nothing changed since the last.

    A release keeps the manifest's version and goes into both channels; any other build goes into `latest`, named as one
    before the next release, and numbered by `number`, or else by the commits there are. Raises Wrong, OSError.
    """
    version = str(read_manifest(source / MANIFEST)["version"])
    folders = [output / channel for channel in (STABLE, LATEST)]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    stable, latest = folders
    with tempfile.TemporaryDirectory(prefix="metaspatial-channel-") as scratch:
        if release:
            check_release(version, source)
            built = build(Path(scratch), version, source)
            for folder in folders:
                _add(built, folder)
        else:
            before = newest(latest)
            if before is not None and _is_build(before["version"]):
                again = build(Path(scratch), before["version"], source)
                if _hash(again) == before["archive_hash"]:
                    write(output)
                    return None
            version = _next_build(version, stable, latest, _commits(source) if number is None else number)
            built = build(Path(scratch), version, source)
            _add(built, latest)
    _prune(latest, keep)
    write(output)
    return latest / built.name


def check_release(version: str, source: Path) -> None:
    """A release has a plain version, and the changelog says what is in it. Raises Wrong."""
    if "-" in version or "+" in version:
        raise Wrong(f"{version} is not a release: its version would be three numbers")
    changelog = (source / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    heads = [line.removeprefix("## ").strip() for line in changelog if line.startswith("## ")]
    head = next((head for head in heads if head.split()[0] == version), None)
    if head is None:
        raise Wrong(f"CHANGELOG.md has no section “## {version}”: say what is new first")
    if "unreleased" in head.lower():
        raise Wrong(f"CHANGELOG.md still calls {version} unreleased: give it its date first")


def write(output: Path) -> None:
    """List both channels anew, from the archives that lie there. Raises Wrong, OSError."""
    for channel, other in ((STABLE, LATEST), (LATEST, STABLE)):
        folder = output / channel
        folder.mkdir(parents=True, exist_ok=True)
        found = entries(folder)
        offered = listed(found)
        text = json.dumps({"version": "v1", "blocklist": [], "data": offered}, indent=2, ensure_ascii=False)
        _write(folder / "index.json", text + "\n")
        _write(folder / "index.html", _page(channel, other, offered, found))
    _write(output / "index.html", _front(output))
    _write(output / ".nojekyll", "")  # GitHub's pages are to be served as they are


def entries(folder: Path) -> list[dict[str, Any]]:
    """What a listing says of each archive in `folder`, the newest version first. Raises Wrong."""
    found = []
    for archive in folder.glob("*.zip"):
        if archive.name.startswith("."):
            continue
        try:
            with zipfile.ZipFile(archive) as opened:
                manifest = parse_manifest(opened.read(MANIFEST).decode("utf-8"))
        except (KeyError, ValueError, zipfile.BadZipFile) as error:
            raise Wrong(f"{archive} is no extension: {error}") from error
        if not SEMVER.fullmatch(manifest["version"]):
            raise Wrong(f"{archive}: “{manifest['version']}” is no version by semver.org")
        entry = {name: manifest[name] for name in FIELDS if name in manifest}
        entry["archive_url"] = "./" + quote(archive.name)
        entry["archive_size"] = archive.stat().st_size
        entry["archive_hash"] = _hash(archive)
        found.append(entry)
    return sorted(found, key=lambda entry: precedence(entry["version"]), reverse=True)


def listed(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of entries, newest first, those to list: one for each Blender, the newest that runs in it."""
    chosen: list[dict[str, Any]] = []
    below: dict[str, tuple[int, ...]] = {}  # the oldest Blender that is served so far, for each extension
    for entry in found:
        name, first = entry["id"], _numbers(entry["blender_version_min"])
        bound = below.get(name)
        if bound is None:
            chosen.append(entry)
        elif first < bound:
            last = entry.get("blender_version_max")
            until = bound if last is None else min(bound, _numbers(last))
            if first < until:
                chosen.append({**entry, "blender_version_max": ".".join(map(str, until))})
        below[name] = min(first, bound or first)
    return chosen


def newest(folder: Path) -> dict[str, Any] | None:
    """The entry of the highest version in `folder`; None where there is none."""
    return next(iter(entries(folder)), None)


def precedence(version: str) -> tuple[Any, ...]:
    """What orders versions as semver.org says; the parts after “+” count nothing. Raises ValueError."""
    read = SEMVER.fullmatch(version)
    if read is None:
        raise ValueError(f"“{version}” is no version by semver.org")
    parts = (read["pre"] or "").split(".")
    marks = [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
    return (_numbers(read["release"]), read["pre"] is None, marks)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _is_build(version: str) -> bool:
    return "-" in version


def _next_build(version: str, stable: Path, latest: Path, number: int) -> str:
    """A version before the next release, and after all that is in `latest`."""
    base = version.split("-")[0].split("+")[0]
    released = newest(stable)
    if released is not None and precedence(released["version"]) >= precedence(base):
        *first, patch = _numbers(released["version"].split("+")[0])
        base = ".".join(map(str, [*first, patch + 1]))
    head = f"{base}-{LATEST}."
    taken = [entry["version"] for entry in entries(latest)]
    numbers = [int(each.removeprefix(head)) for each in taken if each.startswith(head) and each[len(head) :].isdigit()]
    return f"{head}{max([number, *(each + 1 for each in numbers)])}"


def _commits(source: Path) -> int:
    """How many commits led here; 1 where nobody can tell."""
    try:
        done = subprocess.run(
            ["git", "rev-list", "--count", "HEAD"], cwd=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        return int(done.stdout)
    except (OSError, ValueError):
        return 1


def _add(archive: Path, folder: Path) -> None:
    """Copy an archive into a channel, where its name may be taken only by the very same. Raises Wrong."""
    place = folder / archive.name
    if place.exists():
        if _hash(place) == _hash(archive):
            return
        raise Wrong(f"{place} is published already, with other contents: give this one another version")
    growing = folder / f".{archive.name}.new"
    shutil.copyfile(archive, growing)
    growing.replace(place)


def _prune(latest: Path, keep: int) -> None:
    """Of the builds in `latest` leave the newest; releases stay."""
    builds = [entry for entry in entries(latest) if _is_build(entry["version"])]
    for entry in builds[max(keep, 1) :]:
        (latest / f"{entry['id']}-{entry['version']}.zip").unlink()


def _hash(path: Path) -> str:
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def _write(path: Path, text: str) -> None:
    growing = path.with_name(f".{path.name}.new")
    growing.write_text(text, encoding="utf-8")
    growing.replace(path)


def drop_link(entry: dict[str, Any]) -> str:
    """The link that Blender takes when it is dragged into its window: it adds the repository, too."""
    clues = {"repository": "./index.json", "blender_version_min": entry["blender_version_min"]}
    if "blender_version_max" in entry:
        clues["blender_version_max"] = entry["blender_version_max"]
    if entry.get("platforms"):
        clues["platforms"] = ",".join(entry["platforms"])
    return f"{entry['archive_url']}?{urlencode(clues)}"


WHAT = {
    STABLE: "Releases. Choose this one unless you want to try what is being worked on.",
    LATEST: "Every build of the work in progress, and every release. Newer, and less tried.",
}


def _page(channel: str, other: str, offered: Sequence[dict[str, Any]], found: Sequence[dict[str, Any]]) -> str:
    """A channel for people: what to drag, which address to enter, which versions there are."""
    if not offered:
        body = "<p>Nothing was released yet.</p>"
        return _document(channel, f"{body}\n{_others(other)}")
    first = offered[0]
    name, version = html.escape(first["name"]), html.escape(first["version"])
    rows = "\n".join(_row(entry) for entry in found)
    body = f"""<p>{html.escape(first["tagline"])}.</p>
<p class="take"><a class="button" href="{html.escape(drop_link(first))}">{name} {version}</a></p>
<ol>
  <li>In Blender {_range(first)}, turn on <em>Allow Online Access</em> (Preferences › System › Network).</li>
  <li>Drag the button above into Blender's window. It offers to add this repository and to install {name}.</li>
  <li>In the 3D view press <kbd>N</kbd>: the sidebar has a tab {name}.</li>
</ol>
<p>Or enter the repository yourself: Preferences › Get Extensions › Repositories › <kbd>+</kbd> › Add Remote
Repository, with this address:</p>
<p><code id="address">index.json</code></p>
<script>
  const address = document.getElementById("address");
  address.textContent = new URL("index.json", location.href.split("?")[0]).href;
</script>
<p>Blender then says when there is an update.</p>
<h2>Versions</h2>
<table>
<thead><tr><th>Version</th><th>Blender</th><th>Size</th><th>SHA-256</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
{_others(other)}"""
    return _document(channel, body)


def _row(entry: dict[str, Any]) -> str:
    link = f'<a href="{html.escape(entry["archive_url"])}">{html.escape(entry["version"])}</a>'
    digest = entry["archive_hash"].removeprefix("sha256:")
    cells = [link, _range(entry), f"{entry['archive_size'] / 1e6:.1f} MB"]
    cells.append(f'<code title="{digest}">{digest[:16]}…</code>')
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _range(entry: dict[str, Any]) -> str:
    first, last = _short(entry["blender_version_min"]), entry.get("blender_version_max")
    return f"{first} or newer" if last is None else f"{first} to before {_short(last)}"


def _short(version: str) -> str:
    return html.escape(version.removesuffix(".0") if version.count(".") == 2 else version)


def _others(other: str) -> str:
    return f'<p class="other">The other channel: <a href="../{other}/">{other}</a>. {WHAT[other]}</p>'


def _front(output: Path) -> str:
    items = []
    for channel in (STABLE, LATEST):
        first = next(iter(listed(entries(output / channel))), None)
        version = html.escape(first["version"]) if first else "nothing yet"
        items.append(f'<li><a href="{channel}/">{channel}</a>: {version}. {WHAT[channel]}</li>')
    return _document("", "<p>Two channels, each a repository of extensions for Blender:</p>\n<ul>\n{}\n</ul>".format(
        "\n".join(items)
    ))  # fmt: skip


def _document(channel: str, body: str) -> str:
    title = f"MetaSpatial for Blender: {channel}" if channel else "MetaSpatial for Blender"
    what = f"<p>{WHAT[channel]}</p>\n" if channel else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
  :root {{ color-scheme: light dark; --ink: #1d2330; --paper: #fbfbfa; --line: #d9dbe0; --strong: #1f5fbf; }}
  @media (prefers-color-scheme: dark) {{
    :root {{ --ink: #e4e6eb; --paper: #16181d; --line: #343945; --strong: #7fb0ff; }}
  }}
  body {{ max-width: 44rem; margin: 3rem auto; padding: 0 1.2rem; font: 1rem/1.55 system-ui, sans-serif;
         color: var(--ink); background: var(--paper); }}
  h1 {{ font-size: 1.6rem; }}
  h2 {{ font-size: 1.15rem; margin-top: 2.2rem; }}
  a {{ color: var(--strong); }}
  .button {{ display: inline-block; padding: .65rem 1.3rem; border: 2px solid var(--strong); border-radius: .5rem;
            font-weight: 600; text-decoration: none; cursor: grab; }}
  code, kbd {{ font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }}
  kbd {{ padding: 0 .35em; border: 1px solid var(--line); border-radius: .25em; }}
  #address {{ display: block; padding: .6rem .8rem; border: 1px solid var(--line); border-radius: .4rem; }}
  table {{ width: 100%; border-collapse: collapse; }}
  th, td {{ padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); text-align: left; }}
  .other {{ margin-top: 2.2rem; }}
</style>
</head>
<body>
<h1>{title}</h1>
{what}{body}
</body>
</html>
"""


if __name__ == "__main__":
    newer_python()
    sys.exit(main(sys.argv[1:]))
