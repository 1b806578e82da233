# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Python is said to have, asked of real ones: this one, with made-up packages beside it, and what is none."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest
from metaspatial.backend import packages
from metaspatial.backend.learn import grpo_command
from metaspatial.backend.packages import Need, Report, check
from metaspatial.backend.serve import MAKE_PYTHON, server
from metaspatial.backend.serve.state import FOLDER_VARIABLE

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "state"))


@pytest.fixture
def python(tmp_path: Path) -> str:
    """A Python with a few packages that only say they are there."""
    site = tmp_path / "site"
    for name, version, lines in (
        ("torch", "2.14.1+cpu", ()),
        ("trl", "1.17.0", ()),
        ("pyarrow", "23.0.0", ()),
        ("transformers", "5.23.0", ("torch", 'fastapi; extra == "serving"', "pillow>=9; extra == 'vision'")),
    ):
        folder = site / f"{name}-{version}.dist-info"
        folder.mkdir(parents=True)
        requires = "".join(f"Requires-Dist: {line}\n" for line in lines)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}")
    program = tmp_path / "python with space"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(site)!r})\nsys.argv = sys.argv[2:]\n"
        "exec(sys.argv[0])\n"
    )
    program.chmod(0o755)
    return str(program)


def finding(report: Report, use: str) -> packages.Finding:
    (found,) = [each for each in report.findings if each.use == use]
    return found


def test_all_is_well_where_all_is_there(python: str) -> None:
    report = check(python, [Need("one", ("torch==2.13.0",)), Need("two", ("transformers>=5.23", "torch"))])
    assert report.well
    assert report.version.startswith("{}.{}".format(*sys.version_info))
    assert [each.command for each in report.findings] == ["", ""]


def test_what_is_missing_is_named_with_the_command_that_gets_it(python: str) -> None:
    report = check(python, [Need("one", ("torch==2.13.0", "no-such-thing-1==1.0", "pyarrow>=24,<26"))])
    assert not report.well
    found = finding(report, "one")
    assert found.missing == ("no-such-thing-1",)
    assert found.unfit == ("pyarrow 23.0.0 (24 or newer is needed)",)
    assert found.command == f'"{python}" -m pip install torch==2.13.0 no-such-thing-1==1.0 "pyarrow>=24,<26"'


def test_what_an_extra_brings_is_looked_for_too(python: str) -> None:
    there = {*check(python, [Need("own", ("fastapi",))]).findings[0].missing}
    found = finding(check(python, [Need("one", ("transformers[serving]>=5.23",))]), "one")
    assert set(found.missing) == there  # what `serving` asks for, and nothing that other extras do


@pytest.mark.parametrize(
    ("requirement", "version", "strict", "fits"),
    [
        ("torch==2.13.0", "2.13.0+cpu", False, True),
        ("torch==2.13.0", "2.14.1", False, True),
        ("torch==2.13.0", "2.9.1", False, False),
        ("torch==2.13.0", "3.0.0", False, False),
        ("trl==1.16.0", "1.16.3", True, True),
        ("trl==1.16.0", "1.17.0", True, False),
        ("pyarrow>=24,<26", "25.0", False, True),
        ("pyarrow>=24,<26", "26.0.0", False, False),
        ("transformers[serving]>=5.23", "5.23.0.dev0", False, True),
        ("tensorboard", "2", False, True),
    ],
)
def test_versions_fit_or_not(requirement: str, version: str, strict: bool, fits: bool) -> None:
    assert (packages._misfit(requirement, version, strict) == "") is fits


def test_no_python_gets_the_command_that_makes_one() -> None:
    report = check("")
    assert report.problem
    assert report.command == MAKE_PYTHON


def test_the_python_that_the_command_makes_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.delenv(server.PYTHON_VARIABLE, raising=False)
    monkeypatch.setattr(server.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(server, "__file__", str(tmp_path / "a" / "b" / "server.py"))
    assert server.find_python() == ""
    made = tmp_path / "metaspatial-model" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    made.parent.mkdir(parents=True)
    made.write_text("")
    assert server.find_python() == str(made)
    assert "metaspatial-model" in MAKE_PYTHON


def test_what_is_no_python_is_told_apart(tmp_path: Path) -> None:
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexit 0\n")
    silent.chmod(0o755)
    assert "does not answer as a Python" in check(str(silent)).problem
    assert "can't be started" in check(str(tmp_path / "nothing")).problem


def test_one_that_hangs_is_given_up_and_a_cancel_ends_it_at_once(tmp_path: Path) -> None:
    hangs = tmp_path / "hangs"
    hangs.write_text("#!/bin/sh\nexec sleep 60\n")
    hangs.chmod(0o755)
    assert "did not answer within" in check(str(hangs), patience=0.3).problem
    assert check(str(hangs), cancelled=lambda: True).problem == "Stopped."


def test_an_old_python_is_told_so(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_text("#!/bin/sh\necho PYTHON 3.8.10\n")
    old.chmod(0o755)
    assert check(str(old)).problem == "This is Python 3.8.10, and the models need 3.11 or newer."


def test_the_needs_are_those_of_the_server_and_of_training() -> None:
    needs = {need.use: need for need in packages.needs()}
    assert needs["training"].requirements == grpo_command.PACKAGES
    assert all(any(each.startswith(f"{name}==") for each in grpo_command.PACKAGES) for name in needs["training"].strict)
    assert needs["serving"].requirements[0] == "torch"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert ".".join(map(str, packages.OLDEST)) in project["requires-python"]
