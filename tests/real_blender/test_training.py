# SPDX-License-Identifier: GPL-3.0-or-later
"""Training inside a real Blender: TRL, Blender's physics and its pictures in one process, with packages of one's own.

Blender's Python is the system's here, so torch is Debian's; what pip has to bring is what requirements/train.lock pins.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "blender_scripts" / "train.py"
PACKAGES = ROOT / ".venv-blender-packages"
BROUGHT = ("torch", "triton", "numpy", "bpy", "cython", "nvidia", "pytest", "hypothesis", "setuptools")
"""What Debian brings, and what training in Blender needs none of."""
PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_27_x86_64", "manylinux_2_28_x86_64")
TWO_STEPS = {
    "preset": "small-cpu", "rooms": "generated:0-2", "turns": 2, "steps": 2, "group": 2, "rooms-per-step": 1,
    "batch": 2, "picture": 56, "validate-every": 0, "record-every": 1, "save-every": 1,
}  # fmt: skip
pytestmark = [pytest.mark.real_blender, pytest.mark.slow]


@pytest.fixture(scope="module")
def blender(programs: tuple[str, str]) -> str:
    """A real Blender whose Python has torch."""
    probe = subprocess.run([programs[1], "python3", "-c", "import torch"], capture_output=True, check=False)
    if probe.returncode:
        pytest.fail('its Python has no torch: RB_EXTRA="python3-torch libopenblas0-pthread" tools/real_blender.sh')
    return programs[0]


@pytest.fixture(scope="module")
def packages() -> Path:
    """A folder of packages for Blender's Python, made once."""
    pins = [line.split("#")[0].split(" \\")[0].strip() for line in (ROOT / "requirements/train.lock").open()]
    wanted = [pin for pin in pins if "==" in pin and not pin.lower().startswith(BROUGHT)]
    stamp = hashlib.sha256("\n".join(wanted).encode()).hexdigest()
    done = PACKAGES / "done"
    if not done.exists() or done.read_text() != stamp:
        shutil.rmtree(PACKAGES, ignore_errors=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += ["--target", str(PACKAGES), "--python-version", "3.13", "--implementation", "cp"]
        command += [word for abi in ("cp313", "abi3", "none") for word in ("--abi", abi)]
        command += [word for name in PLATFORMS for word in ("--platform", name)]
        subprocess.run([*command, *wanted], check=True, timeout=600)
        done.write_text(stamp)
    return PACKAGES


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder that the real Blender sees, too."""
    with tempfile.TemporaryDirectory(prefix="metaspatial-training-", dir="/tmp") as folder:
        yield Path(folder)


def train(blender: str, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    settings = {**os.environ, "BLENDER_USER_RESOURCES": str(out.parent / "user"), "OMP_NUM_THREADS": "1"}
    command = [blender, "--background", "--factory-startup", "--python", str(SCRIPT), "--"]
    command += [word for name, value in TWO_STEPS.items() for word in (f"--{name}", str(value))]
    command += ["--out", str(out), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, env=settings, check=False)


def test_two_steps_with_rendered_rewards(blender: str, packages: Path, scratch: Path) -> None:
    out = scratch / "run"
    done = train(blender, out, "--packages", str(packages))
    assert done.returncode == 0, done.stderr
    assert "pictures of 56 px by" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr + (out / "blender.log").read_text()
    assert (out / "model" / "model.safetensors").is_file()
    assert (out / "checkpoint-2").is_dir()
    files = sorted((out / "trajectories").glob("*.jsonl"))
    rows = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert len(rows) == 4
    pictures = {turn["picture"] for row in rows for turn in row["turns"]}
    assert all((out / "trajectories" / name).read_bytes().startswith(b"\x89PNG") for name in pictures)
    assert len(pictures) > 2, "each layout has its own picture"


def test_without_its_packages_it_says_the_command(blender: str, scratch: Path) -> None:
    done = train(blender, scratch / "run")
    assert done.returncode == 2
    assert "pip install --target" in done.stderr
    assert "--packages" in done.stderr
    assert not (scratch / "run" / "settings.json").exists()
