# SPDX-License-Identifier: GPL-3.0-or-later
"""The Test button: which step fails, and what it says."""

from __future__ import annotations

import io

import pytest
from metaspatial.backend.policies.chat import ChatSettings, check
from metaspatial.backend.policies.chat.check import red_png
from metaspatial.backend.policies.policy import Cancelled
from metaspatial.tests import chat_server as fake
from metaspatial.tests.chat_server import MODEL, ChatServer


def steps(server: ChatServer, model: str = MODEL, **changes: object) -> list[tuple[str, bool]]:
    found = check(ChatSettings(server.base_url, model, **changes))  # type: ignore[arg-type]
    assert found.ok == all(step.ok for step in found.steps)
    return [(step.name, step.ok) for step in found.steps]


def test_a_good_server_passes_every_step() -> None:
    with ChatServer() as server:
        server.script(fake.says("red"))
        assert steps(server) == [("server", True), ("model", True), ("answer", True), ("picture", True)]
        assert [chat.pictures for chat in server.chats] == [0, 1]


def test_a_missing_name_is_filled_in_where_there_is_no_choice() -> None:
    with ChatServer() as server:
        assert ("picture", True) in steps(server, model="")
        server.models = ("a", "b")
        found = check(ChatSettings(server.base_url))
        assert found.models == ("a", "b")
        assert not found.ok
        assert "Choose one" in found.message


def test_a_server_that_drops_pictures_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake.Request, "pictures", property(lambda request: 0))  # it never counts them
    with ChatServer() as server:
        found = check(ChatSettings(server.base_url, MODEL))
    assert not found.ok
    assert "cannot see" in found.message


def test_a_server_that_does_not_count_is_believed() -> None:
    with ChatServer(counts_tokens=False) as server:
        assert ("picture", True) in steps(server)


def test_pictures_are_not_tried_when_not_wanted() -> None:
    with ChatServer() as server:
        assert steps(server, pictures=False) == [("server", True), ("model", True), ("answer", True)]


def test_the_first_failing_step_ends_it() -> None:
    with ChatServer(key="right") as server:
        assert steps(server, api_key="wrong") == [("server", False)]
        assert steps(server, model="other", api_key="right") == [("server", True), ("model", False)]
        server.script(fake.fails(500, "broken"))
        assert steps(server, api_key="right") == [("server", True), ("model", True), ("answer", False)]
        server.script(fake.says("red"), fake.fails(400, "image input is not supported"))
        assert steps(server, api_key="right")[-1] == ("picture", False)


@pytest.mark.parametrize("models", [fake.web_page(), fake.raw(b"{}"), fake.raw(b'{"data": [1]}'), fake.web_page(404)])
def test_an_address_that_is_no_model_server(models: fake.Behaviour) -> None:
    with ChatServer(models=models) as server:
        found = check(ChatSettings(server.base_url, MODEL))
        assert [step.name for step in found.steps] == ["server"]
        assert "address" in found.message


def test_it_can_be_cancelled() -> None:
    with ChatServer(models=fake.silent) as server, pytest.raises(Cancelled):
        check(ChatSettings(server.base_url, MODEL), cancelled=lambda: bool(server.requests))


def test_the_picture_is_one() -> None:
    image = pytest.importorskip("PIL.Image").open(io.BytesIO(red_png(112)))
    assert image.size == (112, 112)
    red, green, blue = image.convert("RGB").getpixel((50, 50))
    assert red > 2 * max(green, blue)
