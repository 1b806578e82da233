# SPDX-License-Identifier: GPL-3.0-or-later
"""A real `transformers serve` with a small Qwen2.5-VL of random weights, asked over HTTP with pictures.

Needs a Python with requirements/serve.lock: this one, or the one that METASPATIAL_SERVE_PYTHON names.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import signal
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from metaspatial.backend.dialogue import open_dialogue, parse_answer
from metaspatial.backend.policies.chat import ChatPolicy, ChatSettings, check
from metaspatial.backend.policies.policy import Cancelled, PolicyError
from metaspatial.backend.scene import Furniture, Room, Scene
from metaspatial.backend.serve import Server, start, status, stop
from metaspatial.backend.serve.state import FOLDER_VARIABLE, is_alive

PYTHON = os.environ.get("METASPATIAL_SERVE_PYTHON") or sys.executable
HERE = importlib.util.find_spec("transformers") is not None

pytestmark = [
    pytest.mark.serve,
    pytest.mark.skipif(
        not HERE and "METASPATIAL_SERVE_PYTHON" not in os.environ,
        reason="no transformers here; METASPATIAL_SERVE_PYTHON can name a Python that has it",
    ),
]

SCENE = Scene(Room(((0, 0), (4, 0), (4, 3), (0, 3)), 2.6), (Furniture("bed_1", "bed", (2.0, 1.6, 0.5)),))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    builder = Path(__file__).with_name("tiny_model.py")
    subprocess.run(
        [PYTHON, str(builder), str(folder)], check=True, timeout=600, env={**os.environ, "HF_HUB_OFFLINE": "1"}
    )
    return folder


@pytest.fixture(scope="module")
def server(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(tmp_path_factory.mktemp("state")))
        patch.setenv("OMP_NUM_THREADS", "1")
        try:
            yield start(str(model), backend="transformers", python=PYTHON, timeout=600)
        finally:
            stop()


@pytest.fixture
def settings(server: Server) -> ChatSettings:
    return ChatSettings(
        server.url, server.model, api_key=server.token, max_tokens=24, temperature=0.0, idle_timeout=120
    )


def test_it_answers_a_dialogue_with_a_picture(settings: ChatSettings) -> None:
    """The weights are random, so the answer is noise: the parser must say so, in its own terms."""
    seen: list[str] = []
    text = ChatPolicy(settings).answer(open_dialogue(SCENE, png((200, 40, 40))), on_text=seen.append)
    assert text.strip()
    assert "cut off" in seen[-1]
    answer = parse_answer(SCENE, text)
    assert answer.problems
    assert not answer.layout.poses


def test_the_answer_depends_on_the_picture(settings: ChatSettings) -> None:
    """Greedy answers to the same words: the same picture gives the same, other pictures give others."""
    pictures = [png((220, 20, 20)), png((20, 20, 220)), png((230, 230, 230))]
    answers = [ChatPolicy(settings).answer(open_dialogue(SCENE, picture)) for picture in pictures]
    assert ChatPolicy(settings).answer(open_dialogue(SCENE, pictures[0])) == answers[0]
    assert len(set(answers)) == 3


def test_the_check_finds_that_it_sees(settings: ChatSettings) -> None:
    found = check(settings)
    assert found.ok, found
    assert found.models == (settings.model,)
    assert "sees pictures" in found.message


def test_streamed_and_whole_answers_are_the_same(settings: ChatSettings) -> None:
    policy = ChatPolicy(settings)
    messages = [{"role": "user", "content": "hello"}]
    streamed, whole = policy.ask(messages).text, policy.ask(messages, stream=False).text
    # The server trims only whole answers, and noise may end within a character, shown as a replacement or not at all.
    assert streamed.strip(" \n\ufffd") == whole.strip(" \n\ufffd") != ""


def test_a_wrong_token_is_refused(settings: ChatSettings) -> None:
    with pytest.raises(PolicyError, match="refused the key"):
        ChatPolicy(dataclasses.replace(settings, api_key="wrong")).answer(open_dialogue(SCENE))
    assert requests.get(settings.endpoint("models"), timeout=10).status_code == 401


def test_web_pages_and_other_paths_are_refused(settings: ChatSettings) -> None:
    headers = {"Authorization": f"Bearer {settings.key}"}
    answer = requests.get(settings.endpoint("models"), headers={**headers, "Origin": "http://a.example"}, timeout=10)
    assert answer.status_code == 403
    assert not any(name.lower().startswith("access-control") for name in answer.headers)
    base = settings.base_url.removesuffix("/v1")
    assert requests.post(base + "/load_model", json={"model": "x"}, headers=headers, timeout=10).status_code == 404


def test_another_model_is_not_loaded(settings: ChatSettings) -> None:
    with pytest.raises(PolicyError, match="has no model “other/model”") as caught:
        ChatPolicy(dataclasses.replace(settings, model="other/model")).answer(open_dialogue(SCENE))
    assert settings.model in str(caught.value)


def test_after_a_cancel_it_answers_the_next(settings: ChatSettings) -> None:
    policy = ChatPolicy(dataclasses.replace(settings, max_tokens=2000))
    seen: list[str] = []
    with pytest.raises(Cancelled):
        policy.answer(open_dialogue(SCENE), cancelled=lambda: bool(seen), on_text=seen.append)
    assert ChatPolicy(settings).answer(open_dialogue(SCENE)).strip()


def test_stop_leaves_no_process(server: Server, model: Path) -> None:
    assert status() == server
    assert stop() is True
    assert status() is None
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, signal.SIGTERM)
    assert not is_alive(server.log.parent)
    with pytest.raises(PolicyError, match="Nothing listens"):
        ChatPolicy(ChatSettings(server.url, server.model, api_key=server.token)).answer(open_dialogue(SCENE))


def png(colour: tuple[int, int, int], side: int = 112) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = (b"\0" + bytes(colour) * side) * side
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
