# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the project's checks, tier by tier, each in its own environment, and say at the end how each went.

    python3 tools/check.py lint unit            these two
    python3 tools/check.py --keep-going all     every tier of `make test`
    python3 tools/check.py unit -- -k parse     with more arguments for pytest

Needs nothing but a Python >= 3.7 to start. Exit status 0 where every tier passed or was skipped for a stated reason.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CI = os.environ.get("CI", "").lower() not in {"", "0", "false"}
PLAIN = "not serve and not learn and not real_blender and not browser"
CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")

TIERS = {
    "lint": "ruff and pyright",
    "fast": "what a change most likely breaks: everything that is quick, with bpy 5.0",
    "unit": "all tests with bpy 5.0",
    "bpy-4.2": "all but the slow tests, with bpy 4.2",
    "bpy-4.5": "all but the slow tests, with bpy 4.5",
    "bpy-5.2": "all but the slow tests, with bpy 5.2 (needs Python 3.13)",
    "learn": "small models trained, in an environment with torch, TRL and bpy",
    "serve": "a real model server, in an environment with torch and transformers",
    "browser": "reports in a real Chromium",
    "real-blender": "the built extension, installed in a real Blender (needs root and Debian's packages)",
}
ALL = ["lint", "unit", "bpy-4.2", "browser", "learn", "serve", "real-blender"]
MATRIX = ["bpy-4.2", "bpy-4.5", "unit", "bpy-5.2"]


def main(arguments: list[str]) -> int:
    keep_going = "--keep-going" in arguments
    arguments = [argument for argument in arguments if argument != "--keep-going"]
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    names, more = arguments[:cut], arguments[cut + 1 :]
    names = [each for name in names for each in {"all": ALL, "matrix": MATRIX}.get(name, [name])]
    strangers = [name for name in names if name not in TIERS]
    if strangers or not names:
        print(__doc__)
        print("Tiers: all, matrix, or any of\n" + "\n".join(f"  {name:13} {text}" for name, text in TIERS.items()))
        return 2
    results: list[tuple[str, str, float]] = []
    failed = False
    for name in names:
        if failed and not keep_going:
            results.append((name, "not run", 0))
            continue
        print(f"\n=== {name}: {TIERS[name]}", flush=True)
        start = time.monotonic()
        try:
            outcome = run_tier(name, more)
        except KeyboardInterrupt:
            outcome, keep_going = "interrupted", False
        results.append((name, outcome, time.monotonic() - start))
        failed = failed or not (outcome == "passed" or outcome.startswith("skipped"))
    print("\n=== summary")
    for name, outcome, seconds in results:
        print(f"  {name:13} {seconds:5.0f} s  {outcome}")
    return int(failed)


def run_tier(name: str, more: list[str]) -> str:
    """ "passed", "skipped: why", or what went wrong."""
    if name == "lint":
        return lint()
    if name == "real-blender":
        return real_blender(more)
    if name == "serve":
        return serve(more)
    if name == "browser":
        return browser(more)
    if name == "learn":
        return pytest("train", ["-m", "learn", *more])
    if name == "unit":
        return pytest("test", ["-m", PLAIN, *more])
    if name == "fast":
        return pytest("test", ["-m", f"not slow and {PLAIN}", *more])
    if name == "bpy-5.2" and not CI and not has_python("3.13"):
        return "skipped: no Python 3.13 here (pyenv install 3.13, or uv python install 3.13)"
    return pytest(name, ["-m", f"not slow and {PLAIN}", *more])


def lint() -> str:
    status = environment("lint", "test")
    if status:
        return f"failed: the environment could not be made (status {status})"
    tools, python = ROOT / ".venv-lint" / "bin", ROOT / ".venv" / "bin" / "python"
    steps = {
        "ruff check": [str(tools / "ruff"), "check", "--no-cache", "."],
        "ruff format": [str(tools / "ruff"), "format", "--no-cache", "--check", "."],
        "pyright": [str(tools / "pyright"), "--pythonpath", str(python)],
    }
    failed = [step for step, command in steps.items() if call(command)]
    return "failed: " + ", ".join(failed) if failed else "passed"


def pytest(name: str, arguments: list[str]) -> str:
    """Pytest in the environment `name`. Exit status 5, no test ran, is a failure like any other."""
    status = environment(name)
    if status:
        return f"failed: the environment could not be made (status {status})"
    folder = ".venv" if name == "test" else f".venv-{name}"
    status = call([str(ROOT / folder / "bin" / "python"), "-m", "pytest", *arguments])
    return "passed" if status == 0 else "failed: no test ran" if status == 5 else f"failed: pytest's status {status}"


def serve(more: list[str]) -> str:
    """The server by itself where torch is, then the panel with it, which needs bpy here and torch over there."""
    panel = "tests/serve/test_panel.py"
    alone = pytest("serve", ["-m", "serve", f"--ignore={panel}", *more])
    if alone != "passed" or more:
        return alone
    os.environ["METASPATIAL_SERVE_PYTHON"] = str(ROOT / ".venv-serve" / "bin" / "python")
    return pytest("test", ["-m", "serve", panel])


def browser(more: list[str]) -> str:
    """Needs a Chromium; CI, as root on Debian, gets its own."""
    install = "apt-get install --no-install-recommends chromium-headless-shell"
    there = any(map(shutil.which, CHROMIUMS)) or os.environ.get("METASPATIAL_CHROMIUM")
    if not there and CI and os.geteuid() == 0 and shutil.which("apt-get"):
        call(["apt-get", "update", "-q"])
        there = not call([*install.split(), "-y", "-q"])
    if not there:
        missing = f"no Chromium here ({install}, or METASPATIAL_CHROMIUM set to one)"
        return f"failed: {missing}" if CI else f"skipped: {missing}"
    return pytest("test", ["-m", "browser", *more])


def real_blender(more: list[str]) -> str:
    if not os.environ.get("BLENDER_EXECUTABLE"):
        setup = str(ROOT / "tools" / "real_blender.sh")
        check = subprocess.run(["bash", setup, "--check"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if check.returncode:
            reason = check.stdout.strip().splitlines()[-1] if check.stdout.strip() else "tools/real_blender.sh fails"
            # CI must not lose this tier unnoticed
            return f"failed: {reason}" if CI else f"skipped: {reason}, or BLENDER_EXECUTABLE set to a Blender >= 4.2"
        os.environ.setdefault("RB_EXTRA", "python3-torch libopenblas0-pthread")  # for a training in there
        if call(["bash", setup]):
            return "failed: a real Blender could not be set up"
    status = call([sys.executable, str(ROOT / "tests" / "real_blender" / "run.py"), *more])
    inside = (
        "passed" if status == 0 else "failed: no test ran inside" if status == 5 else f"failed inside: status {status}"
    )
    if os.environ.get("BLENDER_EXECUTABLE"):  # another Blender comes without the chroot's screen
        return inside
    window = pytest("test", ["-m", "real_blender", "tests/real_blender", *more])
    return inside if inside != "passed" else window


def environment(*names: str) -> int:
    return call([sys.executable, str(ROOT / "tools" / "environment.py"), *names])


def call(command: list[str]) -> int:
    # One thread for each numeric library: two cores shared by many threads run slower than one thread each.
    settings = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    settings.setdefault("OMP_NUM_THREADS", "1")
    sys.stdout.flush()
    return subprocess.run(command, cwd=str(ROOT), env=settings, stdin=subprocess.DEVNULL).returncode


def has_python(version: str) -> bool:
    sys.path.insert(0, str(ROOT / "tools"))
    import environment as environments

    try:
        environments.find_python(version, "")
    except environments.Missing:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
