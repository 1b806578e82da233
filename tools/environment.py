# SPDX-License-Identifier: GPL-3.0-or-later
"""Make this project's virtual environments from the pinned lists in requirements/, and say what happens meanwhile.

    python3 tools/environment.py test          make .venv, or do nothing where it is up to date
    python3 tools/environment.py --lock test   resolve requirements/test.in anew and write requirements/test.lock

Needs nothing but a Python >= 3.7 to start; it finds the Python that each environment wants. Whatever is missing ends in
one line that says what to do, and exit status 1.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

ENVIRONMENTS = {
    # name: (folder, Python, does it carry bpy, GB of disk)
    "test": (".venv", "3.11", True, 1.6),
    "lint": (".venv-lint", "3.11", False, 0.6),
    "serve": (".venv-serve", "3.11", False, 2.5),
    "train": (".venv-train", "3.11", True, 4.0),
    "real-blender": (".venv-real-blender", "3.11", False, 0.1),
    "bpy-4.2": (".venv-bpy-4.2", "3.11", True, 1.6),
    "bpy-4.5": (".venv-bpy-4.5", "3.11", True, 1.6),
    "bpy-5.2": (".venv-bpy-5.2", "3.13", True, 1.8),
}

BLENDER_INDEX = "https://download.blender.org/pypi/"
"""Blender's own package index, asked only where the usual one has no such bpy."""

BPY_LIBRARIES = (
    *("libx11-6", "libxi6", "libxxf86vm1", "libxfixes3", "libxrender1", "libxkbcommon0", "libsm6", "libice6"),
    *("libgl1", "libegl1", "libgomp1", "libegl-mesa0", "libgl1-mesa-dri"),
)
"""Debian packages that bpy's shared object, and a render without a display, need of the system."""

BPY_PROBE = """
import os, tempfile
import bpy
print("IMPORT-OK", flush=True)
bpy.ops.wm.read_factory_settings(use_empty=True)
scene = bpy.context.scene
scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
scene.render.engine = "BLENDER_WORKBENCH"
scene.render.resolution_x = scene.render.resolution_y = 16
scene.render.filepath = os.path.join(tempfile.mkdtemp(), "probe.png")
bpy.ops.render.render(write_still=True)
assert os.path.getsize(scene.render.filepath)
print("RENDER-OK", flush=True)
os._exit(0)
"""

NO_NETWORK = "no network: pip cannot reach its package index; check the connection or pip's proxy settings"

_START = time.monotonic()
_PIPE, _STDOUT = subprocess.PIPE, subprocess.STDOUT


class Missing(Exception):
    """Something that the user has to provide; the message is the one line to show."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", choices=sorted(ENVIRONMENTS), metavar="NAME", help=", ".join(ENVIRONMENTS))
    parser.add_argument("--lock", action="store_true", help="write requirements/NAME.lock from NAME.in instead")
    arguments = parser.parse_args()
    try:
        for name in arguments.names:
            (lock if arguments.lock else make)(name)
    except Missing as missing:
        print(f"environment: {missing}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("environment: interrupted; run it again to go on", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"environment: {error.strerror or error}: {error.filename or ROOT}", file=sys.stderr)
        return 1
    return 0


def make(name: str) -> None:
    """Bring environment `name` up to date; a second call with nothing changed takes no time."""
    folder, version, with_bpy, gigabytes = ENVIRONMENTS[name]
    place, stamp = ROOT / folder, _stamp(name, version)
    mark = place / ".complete"
    if _is_complete(place, stamp):
        return
    with _locked(place):
        if _is_complete(place, stamp):  # another run has just made it
            return
        _check_disk(place, gigabytes)
        if not _runs(place / "bin" / "python", version, needs="pip"):
            python = find_python(version, f"the environment {name!r}")
            say(f"{name}: making {folder} with Python {version} ({python})")
            _create(python, place, version)
        mark.unlink(missing_ok=True)
        for requirements in _requirement_files(name):
            say(f"{name}: installing {requirements.name}")
            _pip_install(place, ["-r", str(requirements)])
        _link(place, version)
        if with_bpy:
            _check_bpy(place, name)
        mark.write_text(stamp)
        say(f"{name}: {folder} is ready")


def lock(name: str) -> None:
    """Resolve requirements/NAME.in in a throw-away environment and pin what came out."""
    source, version = ROOT / "requirements" / f"{name}.in", ENVIRONMENTS[name][1]
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / "venv"
        _create(find_python(version, f"the environment {name!r}"), place, version)
        say(f"{name}: resolving {source.name}")
        wanted = source.read_text()
        torch = re.search(r"^torch==.*$", wanted, re.MULTILINE)
        if torch:  # alone and first: a CPU build that is already there stays, and brings no CUDA packages
            _pip_install(place, [torch.group()])
        _pip_install(place, ["-r", str(source)])
        pip = [str(place / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
        frozen = subprocess.run([*pip, "freeze", "--all"], check=True, stdout=_PIPE, text=True)
        subprocess.run([*pip, "check"], check=True)
    # Without local version parts ("+cpu"), which name one machine's build, and without what every environment has.
    pins = sorted((re.sub(r"\+.*", "", pin) for pin in frozen.stdout.split("\n") if "==" in pin), key=str.lower)
    own = ("pip", "wheel") if "setuptools" in wanted else ("pip", "wheel", "setuptools")
    pins = [pin for pin in pins if pin.split("==")[0] not in own]
    head = f"# Python {version}; written by tools/environment.py --lock {name} from {source.name}\n"
    source.with_suffix(".lock").write_text(head + "".join(pin + "\n" for pin in pins))
    say(f"{name}: wrote {len(pins)} pins to {name}.lock")


def find_python(version: str, purpose: str) -> str:
    """The path of a Python `version` ("3.11"), looked for where people have them.

    Raises `Missing` naming what was found instead.
    """
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or Path.home() / ".local/share/uv/python")
    installed = [
        *sorted(pyenv.glob(f"versions/{version}*/bin/python{version}"), reverse=True),
        *sorted(uv.glob(f"cpython-{version}*/bin/python{version}"), reverse=True),
    ]
    candidates = [sys.executable, shutil.which(f"python{version}"), *installed, shutil.which("python3")]
    for candidate in candidates:
        if candidate and _runs(Path(candidate), version):
            return str(candidate)
    found = "{}.{}.{} at {}".format(*sys.version_info[:3], sys.executable)
    raise Missing(
        f"{purpose} needs Python {version}, and none is here (found {found}); install it (apt-get install "
        f"python{version} python{version}-venv, pyenv install {version}, uv python install {version}), then run again"
    )


def say(text: str) -> None:
    print(f"[environment {time.monotonic() - _START:4.0f}s] {text}", flush=True)


def _stamp(name: str, version: str) -> str:
    """What an environment was made of: changes with the pins, the Python, and the place (environments cannot move)."""
    parts = [version, str(ROOT), *(path.read_text() for path in _requirement_files(name))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _requirement_files(name: str) -> list[Path]:
    path = ROOT / "requirements" / f"{name}.lock"
    if not path.exists():
        raise Missing(f"{path} is missing; write it with: python3 tools/environment.py --lock {name}")
    return [path]


def _is_complete(place: Path, stamp: str) -> bool:
    with contextlib.suppress(OSError):
        return (place / ".complete").read_text() == stamp and (place / "bin" / "python").exists()
    return False


@contextlib.contextmanager
def _locked(place: Path):
    """Two makes at once wait for each other."""
    with open(place.parent / f"{place.name}.lock", "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say(f"{place.name} is being made by another run; waiting")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _check_disk(place: Path, gigabytes: float) -> None:
    free = shutil.disk_usage(place.parent).free / 1e9
    if free < gigabytes:
        raise Missing(f"{place} needs about {gigabytes:.1f} GB of disk, and only {free:.1f} GB are free")


def _runs(python: Path, version: str, needs: str = "sys") -> bool:
    code = f"import sys, {needs}; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(
            [str(python), "-c", code],
            stdout=_PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=60,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0 and done.stdout.strip() == version


def _create(python: str, place: Path, version: str) -> None:
    """An empty virtual environment with pip; Debian's Python comes without the part (ensurepip) that brings it."""
    command = [python, "-m", "venv", "--clear", str(place)]
    first = _quiet(command)
    if first.returncode == 0:
        return
    # the system's own pip can serve a new environment (since pip 22.3)
    if _quiet([*command, "--without-pip"]).returncode == 0:
        seed = [python, "-m", "pip", "--python", str(place / "bin" / "python"), "install", "--quiet", "pip"]
        seeded = _quiet(seed)
        if seeded.returncode == 0:
            return
        if _no_network(seeded.stdout):
            raise Missing(NO_NETWORK)
    package = f"python{version}-venv"
    if _can_apt():
        _apt_install([package])
        if _quiet(command).returncode == 0:
            return
    reason = _last_line(first.stdout)
    raise Missing(f"{python} cannot make a virtual environment ({reason}); try: sudo apt-get install {package}")


def _quiet(command: list[str]) -> subprocess.CompletedProcess:
    return subprocess.run(command, stdout=_PIPE, stderr=_STDOUT, text=True)


def _pip_install(place: Path, wanted: list[str]) -> None:
    output = _pip(place, wanted)
    if output is not None and re.search(r"No matching distribution found for bpy", output) and not _no_network(output):
        say(f"the package index has no such bpy; asking Blender's own, {BLENDER_INDEX}")
        output = _pip(place, ["--extra-index-url", BLENDER_INDEX, *wanted])
    if output is None:
        return
    if "No space left on device" in output:
        raise Missing(f"the disk is full: {shutil.disk_usage(place).free / 1e9:.1f} GB left at {place}")
    if _no_network(output):
        raise Missing(NO_NETWORK)
    errors = [line for line in output.splitlines() if line.startswith("ERROR")] or [_last_line(output)]
    raise Missing(f"pip failed in {place.name}: {errors[-1]}")


def _pip(place: Path, wanted: list[str]) -> str | None:
    """Run pip, pass on the lines that show progress; None where it went well, else all it said."""
    command = [str(place / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--retries", "2", "install"]
    process = subprocess.Popen(
        [*command, "--progress-bar", "off", *wanted],
        stdin=subprocess.DEVNULL,
        stdout=_PIPE,
        stderr=_STDOUT,
        text=True,
        errors="replace",
    )
    said = []
    for line in process.stdout or ():
        said.append(line)
        if re.match(r"\s*(Downloading .*\(\d[\d.]* [MG]B\)|Building|Installing|Successfully)", line):
            say("  " + line.strip()[:110])
        elif "Retrying" in line:
            say("  the package index does not answer, trying again")
    return None if process.wait() == 0 else "".join(said)


def _no_network(output: str) -> bool:
    signs = r"Retrying \(|ConnectionError|name resolution|Network is unreachable|ProxyError|SSLError|Read timed out"
    return re.search(signs, output) is not None


def _link(place: Path, version: str) -> None:
    """Make `import metaspatial` mean this tree, for Python and type checkers alike, and add the `metaspatial` command.

    An editable install would do neither for type checkers: the package is the root folder, whatever its name.
    """
    link = place / "lib" / f"python{version}" / "site-packages" / "metaspatial"
    if link.is_symlink():
        link.unlink()
    link.symlink_to(ROOT, target_is_directory=True)
    command = place / "bin" / "metaspatial"
    python = place / "bin" / "python"
    command.write_text(f"#!{python}\nimport sys\n\nfrom metaspatial.backend.cli import main\n\nsys.exit(main())\n")
    command.chmod(0o755)


def _check_bpy(place: Path, name: str) -> None:
    """Import bpy and render a picture; on Debian install, or name, the system libraries that are missing."""
    say(f"{name}: does bpy start and render?")
    starts, renders, problem = _probe_bpy(place)
    if not renders and _can_apt():
        say(f"  not yet ({problem})")
        _apt_install(BPY_LIBRARIES)
        starts, renders, problem = _probe_bpy(place)
    remedy = "on Debian or Ubuntu: sudo apt-get install " + " ".join(BPY_LIBRARIES)
    if not starts:
        raise Missing(f"bpy does not start in {place.name} ({problem}); it needs system libraries, {remedy}")
    if not renders:
        say(f"  bpy starts, but has no OpenGL here, so pictures take longer; to have it, {remedy}")


def _probe_bpy(place: Path) -> tuple[bool, bool, str]:
    """Does this environment's bpy import, does it render with OpenGL, and if not, what it said."""
    with tempfile.TemporaryDirectory() as resources:
        environment = {**os.environ, "BLENDER_USER_RESOURCES": resources, "TMPDIR": resources}
        command = [str(place / "bin" / "python"), "-I", "-c", BPY_PROBE]
        try:
            done = subprocess.run(command, stdout=_PIPE, stderr=_STDOUT, errors="replace", env=environment, timeout=300)
        except subprocess.TimeoutExpired:
            return False, False, "it hangs"
    problem = _last_line(done.stdout.replace("IMPORT-OK", "")) or f"it ended with status {done.returncode}"
    return "IMPORT-OK" in done.stdout, "RENDER-OK" in done.stdout, problem


def _can_apt() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt_install(packages: Sequence[str]) -> None:
    say("  as root: apt-get install " + " ".join(packages))
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages]
    for command in (["apt-get", "-qq", "update"], install):
        done = subprocess.run(command, stdout=_PIPE, stderr=_STDOUT, text=True, env=environment)
    if done.returncode:
        remedy = "is the network up? Then: sudo apt-get install " + " ".join(packages)
        raise Missing(f"apt-get failed ({_last_line(done.stdout)}); {remedy}")


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else ""


if __name__ == "__main__":
    sys.exit(main())
