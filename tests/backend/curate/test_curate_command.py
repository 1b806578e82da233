# SPDX-License-Identifier: GPL-3.0-or-later
"""`metaspatial curate` as a command: what it writes and says, and that neither Ctrl-C nor kill -9 costs anything."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from metaspatial.backend.cli import main
from metaspatial.backend.curate import hub
from metaspatial.backend.curate.sources import SOURCES
from metaspatial.tests.backend.curate.rooms import contents, lines_of

CLI = (  # with Ctrl+C heard, which what runs in the background is not
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "from metaspatial.backend.cli import main; sys.exit(main(sys.argv[1:]))"
)
SMALL = ["generated", "--count", "3", "--pieces", "3-4"]


def curate(*words: object) -> int:
    return main(["curate", *map(str, words)])


def started(out: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CLI, "curate", "generated", "--pieces", "3-4", *words, "--out", str(out)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)


def test_generated_rooms_become_a_dataset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert curate(*SMALL, "--seed", 5, "--room-type", "bedroom", "--repairs", 0.5, "--out", tmp_path) == 0
    said = capsys.readouterr()
    rooms = lines_of(tmp_path / "rooms.jsonl")
    assert [(line["key"], line["kind"]) for line in rooms] == [("5", "bedroom"), ("6", "bedroom"), ("7", "bedroom")]
    assert "pictures need Blender" in said.err
    assert "train" in said.out
    card = (tmp_path / "README.md").read_text()
    assert (
        "\nmetaspatial curate generated --count 3 --seed 5 --room-type bedroom --pieces 3-4 --repairs 0.5 --out DIR\n"
        in card
    )
    options = json.loads((tmp_path / "settings.json").read_text())["options"]
    assert options == {"count": 3, "seed": 5, "room_type": "bedroom", "pieces": [3, 4]}


def test_the_same_command_again_has_nothing_to_do_and_another_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert curate(*SMALL, "--targets", "none", "--out", tmp_path) == 0
    before = contents(tmp_path)
    assert curate(*SMALL, "--targets", "none", "--workers", 2, "--out", tmp_path) == 0
    assert curate(*SMALL, "--targets", "none", "--seed", 1, "--out", tmp_path) == 2
    assert "options seed was 0 and is now 1" in capsys.readouterr().err
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--validation", "0.6", "--test", "0.4"], "nothing to train on"),
        (["--push-to-hub", "rooms"], "give USER/NAME"),
    ],
)
def test_what_can_t_be_is_refused_before_anything_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.setattr(hub, "check_packages", lambda: None)
    assert curate(*SMALL, *words, "--out", tmp_path / "out") == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", [["--repairs", "2"], ["--count", "0"], ["--pieces", "2"], ["--targets", "best"]])
def test_options_that_mean_nothing_are_named(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        curate(*SMALL, *words, "--out", "nowhere")
    assert words[0] in capsys.readouterr().err


def test_without_ray_its_address_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert curate(*SMALL, "--ray-address", "auto", "--out", tmp_path) == 4
    assert "pip install" in capsys.readouterr().err


def test_without_hugging_face_s_packages_the_command_that_installs_them_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    assert curate(*SMALL, "--hf", "--out", tmp_path) == 2
    assert "pip install datasets" in capsys.readouterr().err


def test_every_source_has_its_own_help(capsys: pytest.CaptureFixture[str]) -> None:
    for entry in SOURCES:
        with pytest.raises(SystemExit) as ended:
            curate(entry.name, "--help")
        assert ended.value.code == 0
        assert "--ray-address" in capsys.readouterr().out


def test_help_imports_no_source() -> None:
    code = (
        "import sys\nfrom metaspatial.backend.cli import main\ntry:\n main(['curate', '--help'])\n"
        "except SystemExit: pass\n"
        "at = 'metaspatial.backend.curate.'\n"
        "print([name for name in ('llm', 'generated', 'pipeline') if at + name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "descriptions" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_killed_and_gone_on_with_it_is_the_same(tmp_path: Path, workers: str) -> None:
    words = "--count", "10", "--repairs", "1", "--workers", workers
    assert started(tmp_path / "whole", *words).wait(300) == 0
    sessions = 0
    while not (tmp_path / "parts" / "README.md").exists():
        process = started(tmp_path / "parts", *words)
        _until(process, tmp_path / "parts", 3)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)
        sessions += 1
        assert sessions < 12
    assert sessions > 1
    assert contents(tmp_path / "parts") == contents(tmp_path / "whole")


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(tmp_path: Path) -> None:
    words = "--count", "30", "--repairs", "1"
    assert started(tmp_path / "whole", *words).wait(300) == 0
    process = started(tmp_path / "parts", *words)
    _until(process, tmp_path / "parts", 2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert "the same command goes on from there" in said
    assert "Traceback" not in said
    assert 2 <= len(lines_of(tmp_path / "parts" / ".made.jsonl")) < 30
    assert started(tmp_path / "parts", *words).wait(300) == 0
    assert contents(tmp_path / "parts") == contents(tmp_path / "whole")


def _until(process: subprocess.Popen[str], out: Path, more: int) -> None:
    """Wait until the process has made so many more rooms, or has ended."""
    journal = out / ".made.jsonl"
    at_first = journal.read_bytes().count(b"\n") if journal.exists() else 0
    while process.poll() is None:
        time.sleep(0.005)
        if journal.exists() and journal.read_bytes().count(b"\n") >= at_first + more:
            return
