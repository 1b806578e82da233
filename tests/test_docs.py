# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation is true: its commands run here or in a test named below, its links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])

# Commands run elsewhere, by their beginning: where.
ELSEWHERE = {
    "make ": "targets are checked below; CI is `make test`",
    "python3 tools/check.py": "what `make test` calls",
    "python3 tests/real_blender/run.py": "the real-Blender tier",
    "python blender_scripts/evaluate.py --policies random,gradient": "the README's evaluation, on more scenes",
    "python blender_scripts/evaluate.py --policies small": "tests/backend/learn/test_shipped.py, with fewer rooms",
    "python blender_scripts/evaluate.py --policies before=small after=": "test_shipped.py, as above",
    "metaspatial publish run": "tests/backend/learn/test_publish.py",
    "python blender_scripts/train.py --preset small-cpu": "tests/backend/learn/test_train_script.py",
    "blender -b -P blender_scripts/train.py": "tests/real_blender/test_training.py",
    "metaspatial grpo --preset small-cpu": "tests/backend/learn/test_train_script.py",
    "blender -b room.blend -P blender_scripts/arrange.py": "tests/real_blender/inside/test_arrange.py",
    "metaspatial curate descriptions": "tests/backend/curate/llm",
    "metaspatial curate published": "tests/backend/curate/published",
    "metaspatial export-published": "tests/backend/curate/published",
    "metaspatial curate generated --count 1000000 --ray-address": "tests/backend/test_cluster.py, with fewer rooms",
    "metaspatial curate generated --count 20 --seed 0 --pieces 3-6 --hf": "tests/backend/curate/test_hub.py",
    "python3 -m venv model": "tests/serve installs the same from requirements/serve.lock",
    "model/bin/metaspatial serve": "tests/serve/test_transformers_serve.py and test_shipped.py",
    "model/bin/metaspatial arrange": "tests/serve/test_shipped.py",
}


def commands() -> list[tuple[str, str]]:
    """Every line of the pages' shell blocks, without its comment."""
    found = []
    for page in PAGES:
        for block in re.findall(r"```(?:sh|bash)\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            found += [(page.name, re.split(r"\s+#", line)[0].strip()) for line in block.splitlines() if line.strip()]
    return found


def test_the_readme_has_its_two_commands():
    lines = [line for page, line in commands() if page == "README.md"]
    assert lines[:2] == ["make demo", "make test"]


@pytest.mark.parametrize(("page", "line"), commands(), ids=lambda value: value[:60])
def test_every_command_is_one_that_exists(page, line):
    if line.startswith("make "):
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert line.split()[1] in targets
    elif not any(line.startswith(known) for known in ELSEWHERE):
        assert line.startswith(("python blender_scripts/", "metaspatial ")), f"{page}: nothing runs {line!r}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


@pytest.mark.slow
def test_the_commands_run_as_written(tmp_path):
    """One page after the other, each in a folder of its own beside the samples."""
    pages = [page.name for page in PAGES if any(page.name == name for name, _ in commands())]
    ran = 0
    for page in pages:
        folder = tmp_path / page
        folder.mkdir()
        (folder / "samples").symlink_to(ROOT / "samples")
        lines = [line for name, line in commands() if name == page and line.startswith("metaspatial ")]
        for line in [line for line in lines if not line.startswith(tuple(ELSEWHERE))]:
            words = shlex.split(line)[1:]
            code = f"import sys; from metaspatial.backend.cli import main; sys.exit(main({words!r}))"
            done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=600)
            assert done.returncode == 0, f"{line}\n{done.stderr}"
            ran += 1
    assert ran >= 4
    assert (tmp_path / "README.md" / "layout.json").is_file()
    assert (tmp_path / "README.md" / "results" / "report.html").is_file()
    assert len(list((tmp_path / "README.md" / "scenes").iterdir())) == 50
    assert len((tmp_path / "data.md" / "data" / "rooms" / "rooms.jsonl").read_text().splitlines()) == 20


@pytest.mark.slow
def test_the_scripts_run_as_written(tmp_path):
    pytest.importorskip("bpy", reason="the scripts need Blender's module")
    build = [sys.executable, str(ROOT / "blender_scripts" / "build_samples.py"), "--out", str(tmp_path), "bathroom"]
    subprocess.run([*build, "--size", "160x120"], check=True, capture_output=True, timeout=300)
    shutil.move(tmp_path / "bathroom.blend", tmp_path / "room.blend")
    scripts = [line for _, line in commands() if line.startswith("python blender_scripts/")]
    lines = [line for line in scripts if not line.startswith(tuple(ELSEWHERE))]
    assert len(lines) >= 2
    for line in lines:
        words = shlex.split(line)
        quick = ["bathroom", "--size", "160x120"] if "build_samples" in line else ["--size", "160"]
        command = [sys.executable, str(ROOT / words[1]), *words[2:], *quick]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    assert (tmp_path / "results" / "arranged.blend").is_file()
    assert (tmp_path / "results" / "after.png").is_file()
    assert (tmp_path / "rooms" / "bathroom.png").is_file()
    assert (tmp_path / "measured" / "report.html").is_file()
    assert len(list((tmp_path / "data" / "pictured" / "pictures").iterdir())) >= 3
    assert (tmp_path / "data" / "mine" / "rooms.jsonl").is_file()


@pytest.mark.slow
def test_the_demo_prints_its_table_and_leaves_its_files(tmp_path):
    pytest.importorskip("bpy", reason="the demo needs Blender's module")
    done = demo(tmp_path, "--engine", "solver", "--size", "128")
    assert "arranged by the embedded solver" in done.stdout
    total = re.search(r"^total\s+([\d.]+)\s+([\d.]+)$", done.stdout, re.MULTILINE)
    assert total is not None
    assert float(total[1]) < 0.6 < 0.95 < float(total[2])
    for name in ("before_after.png", "arranged.blend", "bedroom.blend", "score.json", "layout.json"):
        assert str(tmp_path / name) in done.stdout
        assert (tmp_path / name).is_file()
    assert "EGL" not in done.stdout + done.stderr


@pytest.mark.slow
def test_the_demo_falls_back_on_the_solver_and_says_why(tmp_path):
    pytest.importorskip("bpy", reason="the demo needs Blender's module")
    done = demo(tmp_path, "--sample", "bathroom", "--python", str(tmp_path / "nowhere"), "--size", "64")
    assert "demo: the small model does not arrange it: " in done.stdout
    assert "arranged by the embedded solver" in done.stdout
    assert '"engine": "solver"' in (tmp_path / "score.json").read_text(encoding="utf-8")


def demo(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "blender_scripts" / "demo.py"), "--out", str(folder), *options]
    environment = {**os.environ, "METASPATIAL_STATE_DIR": str(folder / "state")}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr
    return done
