# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge on the command line."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest
from metaspatial.backend.rewards.judge import JudgeError
from metaspatial.backend.rewards.judge.options import (
    add_command_arguments,
    add_judge_arguments,
    judge_from,
    run,
    settings_from,
)
from metaspatial.backend.scene import Scene, scene_to_json
from metaspatial.tests.backend.rewards.judge.answers import PICTURES, marks
from metaspatial.tests.chat_server import MODEL, ChatServer, fails, says


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_judge_arguments(parser)
    return parser.parse_args(words)


def test_nothing_is_judged_unless_asked_for() -> None:
    assert judge_from(parsed()) is None


def test_a_model_alone_is_openais_and_must_be_allowed() -> None:
    with pytest.raises(JudgeError, match="--judge-allow-remote"):
        settings_from(parsed("--judge-model", "gpt-4o-mini"))
    settings = settings_from(parsed("--judge-model", "gpt-4o-mini", "--judge-allow-remote", "--judge-max-cost", "5"))
    assert (settings.server, settings.model, settings.max_cost) == ("https://api.openai.com", "gpt-4o-mini", 5)


def test_a_url_alone_means_its_only_model() -> None:
    settings = settings_from(parsed("--judge-url", "http://127.0.0.1:8000/v1", "--judge-votes", "1"))
    assert (settings.model, settings.votes, settings.temperature) == ("", 1, 0)


def test_local_without_a_server_says_how_to_start_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(JudgeError, match="metaspatial serve"):
        settings_from(parsed("--judge-url", "local"))


def test_the_command_prints_the_verdict(
    server: ChatServer, scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = []
    for name, png in zip(("perspective.png", "top.png"), PICTURES, strict=True):
        (tmp_path / name).write_bytes(png)
        files.append(str(tmp_path / name))
    (tmp_path / "scene.json").write_text(json.dumps(scene_to_json(scene)))
    parser = argparse.ArgumentParser()
    add_command_arguments(parser)
    words = [*files, "--scene", str(tmp_path / "scene.json"), "--judge-url", server.base_url, "--judge-no-cache"]
    server.script(says(marks(5.5)))
    assert run(parser.parse_args(words)) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["grade"] == pytest.approx(0.5)
    assert told["usage"]["calls"] == 3
    assert server.chats[0].body["model"] == MODEL
    server.script(fails(401, "no"))
    assert run(parser.parse_args(words)) == 4
    assert "no judgement" in json.loads(capsys.readouterr().out)["missing"]
    with pytest.raises(JudgeError, match="say who judges"):
        run(parser.parse_args(words[:4]))


def test_the_options_need_no_openai() -> None:
    code = (
        "import sys, argparse; sys.modules['openai'] = None\n"
        "from metaspatial.backend.rewards.judge import options, JudgeError, JudgeSettings, RenderJudge\n"
        "options.add_judge_arguments(argparse.ArgumentParser())\n"
        "try: RenderJudge(JudgeSettings('http://127.0.0.1/v1'))\n"
        "except JudgeError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "metaspatial[evaluate]" in done.stdout
