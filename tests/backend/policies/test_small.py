# SPDX-License-Identifier: GPL-3.0-or-later
"""The small model as a policy: whose server is asked, when one is started, and what is told where none can be."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from metaspatial.backend.dialogue import open_dialogue
from metaspatial.backend.policies import small
from metaspatial.backend.policies.policy import Cancelled, PolicyError
from metaspatial.backend.policies.small import SmallPolicy
from metaspatial.backend.scene import Furniture, Room, Scene
from metaspatial.backend.serve import ServeCancelled, ServeError, Server, find_python, start
from metaspatial.backend.serve.server import PYTHON_VARIABLE
from metaspatial.backend.serve.state import FOLDER_VARIABLE
from metaspatial.backend.weights import NAME, SHIPPED, WeightsMissing, shipped_model
from metaspatial.tests.chat_server import ChatServer, says

SCENE = Scene(Room(((0, 0), (4, 0), (4, 3), (0, 3)), 2.6), (Furniture("bed_1", "bed", (2.0, 1.6, 0.5)),))


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@pytest.fixture
def running(chat: ChatServer) -> Server:
    return Server(chat.base_url, "t" * 20, 1, NAME, "metaspatial", Path("serve.log"))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Sets what `status` finds, one after the other, and what `start` does; the list of starts."""

    def make(*found: Server | None, started: Server | Exception | None = None, python: str = "/a/python") -> list[Any]:
        states, starts = list(found), []

        def start(**options: Any) -> Server:
            starts.append(options)
            if isinstance(started, Exception):
                raise started
            assert started is not None
            return started

        monkeypatch.setattr(small, "status", lambda: states.pop(0) if len(states) > 1 else states[0])
        monkeypatch.setattr(small, "start", start)
        monkeypatch.setattr(small, "shipped_model", lambda: SHIPPED)
        monkeypatch.setattr(small, "find_python", lambda preferred: preferred or python)
        return starts

    return make


def test_its_server_is_started_and_asked_greedily(
    world: Callable[..., list[Any]], running: Server, chat: ChatServer
) -> None:
    starts = world(None, started=running)
    chat.script(says("<answer>[]</answer>"))
    met: list[Server] = []
    assert SmallPolicy("/b/python", on_server=met.append).answer(open_dialogue(SCENE)) == "<answer>[]</answer>"
    assert [options["python"] for options in starts] == ["/b/python"]
    assert met == [running]
    (request,) = chat.chats
    assert (request.body["model"], request.body["temperature"]) == (NAME, 0.0)
    assert request.body["max_tokens"] == 2048


def test_one_that_runs_is_asked_and_one_that_starts_is_waited_for(
    world: Callable[..., list[Any]], running: Server, chat: ChatServer
) -> None:
    starts = world(dataclasses.replace(running, ready=False), running)
    chat.script(says("<answer>[]</answer>"))
    told: list[str] = []
    SmallPolicy().answer(open_dialogue(SCENE), on_text=told.append)
    assert starts == []
    assert "ready" in told[0]


def test_another_model_is_not_asked_in_its_stead(world: Callable[..., list[Any]], running: Server) -> None:
    world(dataclasses.replace(running, model="Qwen/other"))
    with pytest.raises(PolicyError, match="Qwen/other runs on this computer: stop it"):
        SmallPolicy().answer(open_dialogue(SCENE))


def test_without_a_python_the_commands_are_told(world: Callable[..., list[Any]]) -> None:
    world(None, python="")
    with pytest.raises(PolicyError, match=r"pip install torch .*transformers\[serving\]"):
        SmallPolicy().answer(open_dialogue(SCENE))


def test_missing_weights_are_told_before_a_python_is_asked_for(
    world: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> Path:
        raise WeightsMissing("the small model is not here")

    world(None, python="")
    monkeypatch.setattr(small, "shipped_model", missing)
    with pytest.raises(PolicyError, match="the small model is not here"):
        SmallPolicy().answer(open_dialogue(SCENE))


def test_a_server_that_does_not_start_says_why_and_a_cancel_is_one(world: Callable[..., list[Any]]) -> None:
    world(None, started=ServeError("torch is not installed in this Python"))
    with pytest.raises(PolicyError, match="torch is not installed"):
        SmallPolicy().answer(open_dialogue(SCENE))
    world(None, started=ServeCancelled("cancelled"))
    with pytest.raises(Cancelled):
        SmallPolicy().answer(open_dialogue(SCENE))


def test_the_python_is_the_preferred_one_or_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PYTHON_VARIABLE, "/from/environment")
    assert find_python(" /preferred ") == "/preferred"
    assert find_python() == "/from/environment"


def test_the_python_may_be_named_as_a_shell_would_take_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As the commands that are shown name it, or from the folder that one is in; the server is started in another."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    wanted = tmp_path / "model" / "python"
    for named in ("~/model/python", "$HOME/model/python", "model/python", "./model/python"):
        assert Path(find_python(named)) == wanted
    assert find_python("python3.12") == "python3.12"


def test_weights_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("metaspatial.backend.weights.SHIPPED", tmp_path)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "state"))
    (tmp_path / "config.json").touch()
    with pytest.raises(WeightsMissing, match=r"model.safetensors.* missing.*small-model --from-scratch"):
        shipped_model()
    with pytest.raises(ServeError, match="small model is not in"):
        start()


def test_the_weights_came_along_whole() -> None:
    """With their card, and small enough for the repository."""
    files = list(shipped_model().iterdir())
    assert "README.md" in [file.name for file in files]
    assert sum(file.stat().st_size for file in files) < 25_000_000
