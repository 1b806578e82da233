# SPDX-License-Identifier: GPL-3.0-or-later
"""A judge's server on loopback, and judges that ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from metaspatial.backend.rewards.judge import JudgeSettings, RenderJudge
from metaspatial.backend.scene import Furniture, Opening, Room, Scene
from metaspatial.tests.chat_server import MODEL, ChatServer

MakeJudge = Callable[..., RenderJudge]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key and no proxy of whoever runs the tests; a cache folder of the test's own."""
    for name in ("OPENAI_API_KEY", "METASPATIAL_JUDGE_KEY", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user_cache"))


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as running:
        yield running


@pytest.fixture
def make_judge(server: ChatServer, tmp_path: Path) -> Iterator[MakeJudge]:
    """Judges that ask the test's server, quickly, without a cache unless told otherwise."""
    made: list[RenderJudge] = []

    def make(**settings: Any) -> RenderJudge:
        usual: dict[str, Any] = {
            "base_url": server.base_url, "model": MODEL, "cache": False, "cache_dir": tmp_path / "cache",
            "votes": 1, "retries": 0, "timeout": 5.0, "deadline": 10.0,
        }  # fmt: skip
        made.append(RenderJudge(JudgeSettings(**{**usual, **settings})))
        return made[-1]

    yield make
    for judge in made:
        judge.close()


@pytest.fixture
def scene() -> Scene:
    return Scene(
        Room(((0, 0), (4, 0), (4, 3), (0, 3)), 2.5, (Opening("door_1", "door", 0, 1.0, 0.9, 2.0, swing="in"),)),
        (Furniture("bed_1", "bed", (1.6, 2.0, 0.5), label="double bed"), Furniture("desk_1", "desk", (1.2, 0.6, 0.75))),
        preference="A quiet place to sleep and to write.",
    )
