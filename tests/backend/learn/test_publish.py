# SPDX-License-Identifier: GPL-3.0-or-later
"""A model's card, and what is uploaded with it."""

from __future__ import annotations

import argparse
import json
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from metaspatial.backend.console import Stop
from metaspatial.backend.learn import publish


class Api:
    """A hub that writes down what is asked of it."""

    calls: list[tuple[str, dict[str, Any]]] = []
    fails = False

    def whoami(self) -> dict[str, str]:
        return {"name": "somebody"}

    def create_repo(self, repo: str, **more: Any) -> None:
        if self.fails:
            raise ConnectionError("no route to the hub")
        self.calls.append(("create", {"repo": repo, **more}))

    def upload_folder(self, **more: Any) -> None:
        self.calls.append(("upload", more))


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> type[Api]:
    Api.calls, Api.fails = [], False
    module = types.ModuleType("huggingface_hub")
    module.HfApi = Api  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    return Api


@pytest.fixture
def training(tmp_path: Path) -> Path:
    out = tmp_path / "fifty_rooms"
    (out / "model").mkdir(parents=True)
    (out / "model" / "config.json").write_text("{}")
    settings = {"model": "Qwen/Qwen2.5-VL-3B-Instruct", "out": str(out), "rooms": "/home/me/secret", "turns": 3}
    (out / "settings.json").write_text(json.dumps(settings))
    (out / "checkpoint-40").mkdir()
    history = [{"step": k, "reward": k / 100} for k in range(40)]
    (out / "checkpoint-40" / "trainer_state.json").write_text(json.dumps({"log_history": history}))
    return out


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    publish.add_arguments(parser)
    return publish.run(parser.parse_args([*map(str, arguments)]))


def test_the_card_tells_how_the_model_was_made_and_how_good_it_is(training: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    (results / "comparison.md").write_text("| Collisions | 0.30 | 0.10 |")
    assert run(str(training), "--results", str(results), "--license", "apache-2.0") == 0
    card = (training / "model" / "README.md").read_text()
    assert card.startswith("---\n")
    for said in (
        *("license: apache-2.0", "base_model: Qwen/Qwen2.5-VL-3B-Instruct", "| turns | 3 |", "# fifty_rooms"),
        *("first ten steps: 0.045; of the last ten: 0.345", "| Collisions | 0.30 | 0.10 |"),
    ):
        assert said in card
    assert "secret" not in card


def test_it_is_uploaded_with_its_card(training: Path, api: type[Api]) -> None:
    run(str(training / "model"), "--push-to-hub", "me/rooms", "--private")
    (_, created), (_, uploaded) = api.calls
    assert (created["repo"], created["repo_type"], created["private"]) == ("me/rooms", "model", True)
    assert uploaded["folder_path"] == str(training / "model")
    assert (training / "model" / "README.md").exists()


def test_a_hub_that_is_not_there_is_told_and_the_card_stays(training: Path, api: type[Api]) -> None:
    api.fails = True
    with pytest.raises(Stop, match="no route to the hub; the same command tries again"):
        run(str(training), "--push-to-hub", "me/rooms")
    assert (training / "model" / "README.md").exists()


def test_what_is_no_model_is_named(training: Path, tmp_path: Path) -> None:
    with pytest.raises(Stop, match="holds no model"):
        run(str(tmp_path))
    (training / "model" / "config.json").unlink()
    with pytest.raises(Stop, match="not finished"):
        run(str(training))
    (training / "model" / "config.json").write_text("{}")
    with pytest.raises(Stop, match="holds no tables"):
        run(str(training), "--results", str(tmp_path))
