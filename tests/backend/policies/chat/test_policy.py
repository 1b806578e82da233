# SPDX-License-Identifier: GPL-3.0-or-later
"""ChatPolicy against a server that answers well, badly, slowly or not at all."""

from __future__ import annotations

import logging
import re
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from metaspatial.backend.dialogue import Dialogue, Message, open_dialogue, parse_answer
from metaspatial.backend.policies.chat import KEY_VARIABLE, ChatPolicy, ChatSettings, is_loopback
from metaspatial.backend.policies.chat.check import red_png
from metaspatial.backend.policies.policy import Cancelled, PolicyError
from metaspatial.backend.scene import Furniture, Room, Scene
from metaspatial.tests import chat_server as fake
from metaspatial.tests.chat_server import MODEL, ChatServer

SCENE = Scene(Room(((0, 0), (4, 0), (4, 3), (0, 3)), 2.6), (Furniture("bed_1", "bed", (2.0, 1.6, 0.5)),))
ANSWER = '<think>wall</think><answer>[{"new_object_id":"bed_1","x":1,"y":1,"z":0.25,"rotation":0}]</answer>'
KEY = "sk-secret-0123456789"


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as running:
        yield running


def policy(server: ChatServer, **changes: object) -> ChatPolicy:
    return ChatPolicy(ChatSettings(**{"base_url": server.base_url, "model": MODEL, **changes}))  # type: ignore[arg-type]


def dialogue(picture: bytes | None = None) -> Dialogue:
    return open_dialogue(SCENE, picture)


def complaint(server: ChatServer, **changes: object) -> str:
    with pytest.raises(PolicyError) as caught:
        policy(server, **changes).answer(dialogue(red_png(28)))
    return str(caught.value)


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "one JSON document"])
def test_an_answer_arrives_whole(server: ChatServer, stream: bool) -> None:
    server.script(fake.says(ANSWER, stream=stream))
    assert policy(server).answer(dialogue()) == ANSWER


def test_the_request_carries_picture_model_and_key(server: ChatServer) -> None:
    server.key = KEY
    server.script(fake.says(ANSWER))
    policy(server, api_key=KEY, temperature=0.25, max_tokens=77).answer(dialogue(red_png(28)))
    (request,) = server.chats
    assert request.pictures == 1
    assert request.body["model"] == MODEL
    assert (request.body["temperature"], request.body["max_tokens"]) == (0.25, 77)
    assert request.headers["Authorization"] == f"Bearer {KEY}"


def test_pictures_can_be_left_at_home(server: ChatServer) -> None:
    server.script(fake.says(ANSWER))
    policy(server, pictures=False).answer(dialogue(red_png(28)))
    assert server.chats[0].pictures == 0


def test_the_key_may_come_from_the_environment(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.key = KEY
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    server.script(fake.says(ANSWER))
    assert policy(server).answer(dialogue()) == ANSWER


def test_a_netrc_is_not_used(server: ChatServer, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    netrc = tmp_path / "netrc"  # type: ignore[operator]
    netrc.write_text("machine 127.0.0.1 login someone password hush\n")
    monkeypatch.setenv("NETRC", str(netrc))
    policy(server).ask([{"role": "user", "content": "hi"}])
    assert "Authorization" not in server.chats[0].headers


def test_a_proxy_is_passed_by_for_this_computer(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    server.script(fake.says(ANSWER))
    assert policy(server).answer(dialogue()) == ANSWER


def test_the_text_is_seen_growing(server: ChatServer) -> None:
    seen: list[str] = []
    server.script(fake.trickles("ab"))
    with pytest.raises(Cancelled):
        policy(server).answer(dialogue(), cancelled=lambda: len(seen) > 3, on_text=seen.append)
    assert all(re.fullmatch("(ab)+", text) for text in seen)
    assert seen == sorted(seen, key=len)
    assert len(seen[-1]) > len(seen[0])


def test_thinking_that_comes_apart_is_put_back(server: ChatServer) -> None:
    server.script(fake.says("<answer>[]</answer>", thinking="the bed first"))
    assert policy(server).answer(dialogue()) == "<think>the bed first</think><answer>[]</answer>"
    server.script(fake.says("<answer>[]</answer>", thinking="the bed first", stream=False))
    assert policy(server).answer(dialogue()) == "<think>the bed first</think><answer>[]</answer>"


def test_a_missing_model_name_means_the_only_model(server: ChatServer) -> None:
    server.script(fake.says(ANSWER))
    policy(server, model="").answer(dialogue())
    assert server.chats[0].body["model"] == MODEL
    server.models = ("a", "b")
    assert "choose one: a, b" in complaint(server, model="")


def test_a_cut_off_answer_is_returned_and_said(server: ChatServer) -> None:
    seen: list[str] = []
    server.script(fake.says("<think>so", finish="length"))
    assert policy(server, max_tokens=50).answer(dialogue(), on_text=seen.append) == "<think>so"
    assert "cut off" in seen[-1]
    assert "50 tokens" in seen[-1]


def test_newer_models_get_the_token_field_they_ask_for(server: ChatServer) -> None:
    refusal = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'."
    server.script(fake.fails(400, refusal), fake.says(ANSWER))
    assert policy(server, max_tokens=9).answer(dialogue()) == ANSWER
    assert server.chats[1].body["max_completion_tokens"] == 9
    assert "max_tokens" not in server.chats[1].body


@pytest.mark.parametrize("text", ['[{"x": NaN}]', "<answer>[{", '[{"new_object_id": "sofa_9"}]', "…"])
def test_what_the_model_writes_goes_to_the_parser_untouched(server: ChatServer, text: str) -> None:
    server.script(fake.says(text))
    answer = policy(server).answer(dialogue())
    assert answer == text
    assert parse_answer(SCENE, answer).problems


def test_nothing_listens() -> None:
    address = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(PolicyError, match="metaspatial serve") as caught:
        ChatPolicy(ChatSettings(address, MODEL)).answer(dialogue())
    assert f"Nothing listens at {address}" in str(caught.value)


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (fake.hangs_up, ["closed the connection"]),
        (fake.hangs_up_after("[{"), ["closed the connection in the middle"]),
        (fake.hangs_up_after("[{", chunked=False), ["closed the connection in the middle", "2 characters"]),
        (fake.half_a_body, ["closed the connection in the middle"]),
        (fake.raw(b'{"choices": [{"mess'), ["not JSON", "half"]),
        (fake.raw(b"data: {nonsense\n\n", "text/event-stream"), ["not JSON"]),
        (fake.raw(b"[" * 200_000), ["not JSON"]),
        (fake.raw(b'{"hello": "world"}'), ["not a chat completion"]),
        (fake.raw(b'{"choices": [{"message": "?"}]}'), ["not a chat completion"]),
        (fake.raw(b'{"choices": [null]}'), ["not a chat completion"]),
        (fake.raw(b"[1]"), ["not a chat completion"]),
        (fake.web_page(), ["web page", "/v1"]),
        (fake.web_page(404), ["no /v1/chat/completions", "address"]),
        (fake.floods, ["1,000,000 characters"]),
        (fake.floods_bytes(), ["10 MB"]),
        (fake.floods_bytes("text/event-stream"), ["10 MB"]),
        (fake.says(""), ["empty answer"]),
        (fake.says("", finish="length"), ["tokens without an answer"]),
        (fake.fails(403, "not yours"), ["refused the key", "not yours", KEY_VARIABLE]),
        (fake.fails(404, f"The model `{MODEL}` does not exist."), ["no model", MODEL, "It has: a, b"]),
        (fake.fails(400, f"Server is pinned to 'a'; requested model '{MODEL}'."), ["no model", "It has: a, b"]),
        (fake.fails(400, "This model does not support image input."), ["does not take pictures", "Send picture"]),
        (fake.fails(400, "maximum context length is 2048 tokens"), ["do not fit", "2048"]),
        (fake.fails(413, "too big"), ["too large"]),
        (fake.fails(429, "slow down", {"Retry-After": "7"}), ["busy", "7 s"]),
        (fake.fails(500, "CUDA out of memory"), ["HTTP 500", "CUDA out of memory", "log"]),
        (fake.fails(503, "loading"), ["not ready yet"]),
        (fake.fails_in_stream("CUDA error"), ["failed while answering", "CUDA error"]),
        (fake.redirects("http://elsewhere.example/v1"), ["elsewhere.example", "not followed"]),
        (fake.redirects("/other"), ["not followed"]),
    ],
)
def test_every_failure_says_what_is_wrong(server: ChatServer, behaviour: fake.Behaviour, words: list[str]) -> None:
    server.models = ("a", "b")
    server.script(behaviour)
    message = complaint(server)
    for word in words:
        assert word in message
    assert message.endswith(".")
    assert "\n" not in message
    assert len(message) < 700


def test_a_redirect_is_not_followed(server: ChatServer) -> None:
    with ChatServer() as other:
        server.script(fake.redirects(other.base_url + "/chat/completions"))
        complaint(server, api_key=KEY)
        assert other.requests == []


@pytest.mark.parametrize("behaviour", [fake.silent, fake.stalls("[{")])
def test_silence_ends(server: ChatServer, behaviour: fake.Behaviour) -> None:
    server.script(behaviour)
    assert "silent for too long" in complaint(server, idle_timeout=0.3)
    assert server.left.wait(5)


def test_a_trickle_ends(server: ChatServer) -> None:
    server.script(fake.trickles())
    assert "did not finish its answer within 0.5 s" in complaint(server, timeout=0.5)
    assert server.left.wait(5)


@pytest.mark.parametrize("behaviour", [fake.silent, fake.stalls("[{"), fake.trickles()])
def test_cancel_hangs_up(server: ChatServer, behaviour: fake.Behaviour) -> None:
    server.script(behaviour)
    stop = threading.Event()
    threading.Thread(target=lambda: (server.arrived.wait(10), time.sleep(0.2), stop.set()), daemon=True).start()
    with pytest.raises(Cancelled):
        policy(server).answer(dialogue(), cancelled=stop.is_set)
    assert server.left.wait(5), "the server was left waiting"


def test_cancelled_before_it_began(server: ChatServer) -> None:
    server.script(fake.silent)
    with pytest.raises(Cancelled):
        policy(server).answer(dialogue(), cancelled=lambda: True)


def test_waiting_is_told(server: ChatServer) -> None:
    told: list[str] = []
    server.script(fake.silent)
    with pytest.raises(Cancelled):
        policy(server).answer(dialogue(), cancelled=lambda: bool(told), on_text=told.append)
    assert server.url in told[0]


def test_no_trace_of_the_key(server: ChatServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    settings = ChatSettings(server.base_url, MODEL, api_key=KEY)
    assert KEY not in repr(settings)
    echo = f"Incorrect API key provided: {KEY}"
    for behaviour in (fake.fails(401, echo), fake.fails(500, echo), fake.fails_in_stream(echo), fake.hangs_up):
        server.script(behaviour)
        with pytest.raises(PolicyError) as caught:
            ChatPolicy(settings).answer(dialogue())
        error: BaseException | None = caught.value
        while error is not None:
            assert KEY not in repr(error)
            assert "request" not in vars(error)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    assert KEY not in caplog.text


def test_a_server_that_wants_a_key_says_so(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    server.key = KEY
    assert "wants a key" in complaint(server)
    assert "check the key" in complaint(server, api_key="wrong")
    assert "copy it again" in complaint(server, api_key="two\nlines")


def test_other_computers_need_permission() -> None:
    with pytest.raises(PolicyError, match="Allow other computers"):
        ChatPolicy(ChatSettings("https://models.example/v1", MODEL)).answer(dialogue())


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("127.0.0.1:8000", "http://"),
        ("ftp://127.0.0.1/v1", "http://"),
        ("file:///etc/passwd", "http://"),
        ("http://", "http://"),
        ("http://127.0.0.1:99999/v1", "can't be read"),
        ("http://me:pw@127.0.0.1/v1", "key's own field"),
        ("http://127.0.0.1/v1?key=pw", "“?”"),
        ("", "http://"),
    ],
)
def test_an_unusable_address_is_named(address: str, words: str) -> None:
    with pytest.raises(PolicyError) as caught:
        ChatPolicy(ChatSettings(address, MODEL)).answer(dialogue())
    assert words in str(caught.value)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "endpoint"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1/models"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/v1/models"),
        (" http://localhost:1/v1/ ", "http://localhost:1/v1/models"),
        ("http://[::1]:8000/v1/chat/completions", "http://[::1]:8000/v1/models"),
        ("http://127.0.0.1/api/v3", "http://127.0.0.1/api/v3/models"),
    ],
)
def test_addresses_are_completed(address: str, endpoint: str) -> None:
    assert ChatSettings(address).endpoint("models") == endpoint


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("http://127.0.0.1:8000/v1", True),
        ("http://127.8.9.1", True),
        ("http://[::1]:8000", True),
        ("http://[::ffff:127.0.0.1]:8000", True),
        ("http://LOCALHOST:8000", True),
        ("http://0.0.0.0:8000", False),
        ("http://localhost.example.org", False),
        ("http://127.0.0.1.example.org", False),
        ("http://127.0.0.1@example.org", False),
        ("http://192.168.1.2:8000", False),
        ("http://2130706433/", False),
        ("http://[", False),
        ("nonsense", False),
    ],
)
def test_which_addresses_are_this_computer(address: str, here: bool) -> None:
    assert is_loopback(address) is here


def test_text_messages_are_plain_strings(server: ChatServer) -> None:
    server.script(fake.says(ANSWER))
    messages = (Message("system", "be brief"), Message("user", "hi", (red_png(28),)))
    policy(server).answer(Dialogue(SCENE, messages))
    sent = server.chats[0].body["messages"]
    assert sent[0] == {"role": "system", "content": "be brief"}
    assert [part["type"] for part in sent[1]["content"]] == ["image_url", "text"]


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]
