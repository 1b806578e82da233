# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the extension, install it into a real Blender with fresh settings, and run the tests of inside/ in there.

    python3 tests/real_blender/run.py [pytest's arguments, such as -k capture]

Blender is the one of tools/real_blender.sh, or $BLENDER_EXECUTABLE. Ends with pytest's own exit status; a run in which
no test took place fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INSIDE = Path(__file__).resolve().parent / "inside"
WRAPPERS = Path(os.environ.get("RB_BIN", "/opt/real-blender/bin"))
MOST_BYTES = 20_000_000
BELONGS = {"__init__.py", "blender_manifest.toml", "LICENSE", "NOTICE", "README.md", "CHANGELOG.md"}
FOLDERS = {"backend", "metaspatial_addon", "blender_scripts", "samples", "LICENSES"}


def main(arguments: list[str]) -> int:
    path = f"{WRAPPERS}{os.pathsep}{os.environ['PATH']}"
    blender = os.environ.get("BLENDER_EXECUTABLE") or shutil.which("blender-trixie", path=path)
    if blender is None:
        print("real-blender: no real Blender here; make one with tools/real_blender.sh, or set BLENDER_EXECUTABLE")
        return 1
    with tempfile.TemporaryDirectory(prefix="metaspatial-", dir="/tmp") as folder:  # which the chroot sees, too
        scratch = Path(folder)
        # Blender's settings and extensions live here alone, and nothing of the host's Python leads it astray
        environment = {**os.environ, "BLENDER_USER_RESOURCES": str(scratch / "user"), "PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("PYTEST_ADDOPTS", None)
        try:
            archive = build(blender, scratch, environment)
            check_contents(archive)
            install = ["extension", "install-file", "--repo", "user_default", "--enable", str(archive)]
            call([blender, "--command", *install], environment)
        except (subprocess.CalledProcessError, AssertionError) as error:
            print(f"real-blender: {error}")
            return 1
        return run_tests(blender, scratch, environment, arguments)


def build(blender: str, scratch: Path, environment: dict[str, str]) -> Path:
    """The extension's archive, made from this tree as `make extension` makes it, and valid to this Blender."""
    make = [sys.executable, str(ROOT / "tools" / "extension.py"), "--output", str(scratch / "dist")]
    call(make, environment)
    (archive,) = (scratch / "dist").glob("*.zip")
    call([blender, "--command", "extension", "validate", str(archive)], environment)
    return archive


def check_contents(archive: Path) -> None:
    """Nothing in it but the extension, and not too much of it."""
    with zipfile.ZipFile(archive) as opened:
        names = [name.removeprefix("metaspatial/") for name in opened.namelist() if not name.endswith("/")]
    strangers = [name for name in names if name not in BELONGS and name.split("/")[0] not in FOLDERS]
    assert not strangers, f"files in the archive that are not the extension's: {strangers}"
    assert archive.stat().st_size < MOST_BYTES, f"the archive has {archive.stat().st_size} bytes"
    print(f"real-blender: {archive.name}: {len(names)} files, {archive.stat().st_size / 1000:.0f} kB", flush=True)


def run_tests(blender: str, scratch: Path, environment: dict[str, str], arguments: list[str]) -> int:
    """Pytest in Blender, through pytest-blender from an environment of its own. Its status, or 5 where nothing ran."""
    subprocess.run([sys.executable, str(ROOT / "tools" / "environment.py"), "real-blender"], check=True)
    report = scratch / "report.xml"
    paths = [argument for argument in arguments if Path(argument.split("::")[0]).exists()] or [str(INSIDE)]
    options = [argument for argument in arguments if argument not in paths]
    command = [str(ROOT / ".venv-real-blender/bin/python"), "-m", "pytest", "-p", "no:cacheprovider"]
    command += ["--blender-executable", blender, "-c", str(INSIDE / "pytest.ini"), f"--junitxml={report}"]
    # Without the last option pytest-blender exits 0 where it broke down before the first test.
    command += [*options, *paths, "--", "--python-exit-code", "70"]
    status = subprocess.run(command, cwd=ROOT, env=environment).returncode
    ran = tests_in(report)
    if status == 0 and ran == 0:
        print("real-blender: pytest says that all went well, but no test ran")
        return 5
    return status


def tests_in(report: Path) -> int:
    """How many tests ran to an end, by pytest's own report; 0 where there is none."""
    if not report.exists():
        return 0
    suites = list(ElementTree.parse(report).iter("testsuite"))
    return sum(int(suite.get("tests", 0)) - int(suite.get("skipped", 0)) for suite in suites)


def call(command: list[str], environment: dict[str, str]) -> None:
    print("real-blender: " + " ".join([Path(command[0]).name, *command[1:]]), flush=True)
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=300)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
