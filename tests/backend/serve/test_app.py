# SPDX-License-Identifier: GPL-3.0-or-later
"""The chat protocol of our own server, with a writer that needs no model: it repeats what it was told, word by word."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from metaspatial.backend.serve.app import MAX_MESSAGES, ChatApp
from metaspatial.backend.serve.batches import Ask, Batches, Event, Failed, Unreadable, Written

MODEL = "some-model"
Reply = tuple[int, dict[str, str], str]
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + base64.b64encode(b"red").decode()}}


class Echo:
    """Answers with the last message's text and its pictures' bytes. Waits for `gate` before each batch's first word."""

    def __init__(self) -> None:
        self.batches: list[list[Ask]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.fault = ""
        self.left = threading.Event()

    def prepare(self, ask: Ask) -> Ask:
        if "unreadable" in str(ask.messages):
            raise Unreadable("the dialogue is too long: it has 9 tokens")
        return ask

    def write(
        self,
        prepared: Sequence[Ask],
        *,
        gone: Callable[[int], bool],
        on_text: Callable[[int, str], None],
        on_written: Callable[[int, Written], None],
    ) -> None:
        self.batches.append(list(prepared))
        while not self.gate.wait(0.005):
            if all(gone(k) for k in range(len(prepared))):
                self.left.set()
                return
        if self.fault:
            raise RuntimeError(self.fault)
        for k, ask in enumerate(prepared):
            said = next(part["text"] for part in ask.messages[-1]["content"] if part["type"] == "text")
            words = [*said.split(), *(picture.decode() for picture in ask.pictures)]
            cut = words[: ask.max_tokens]
            for count in range(1, len(cut)):
                on_text(k, " ".join(cut[:count]) + "\N{REPLACEMENT CHARACTER}")
            on_written(k, Written(" ".join(cut), len(cut) == len(words), 7, len(cut)))


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def batches(echo: Echo) -> Iterator[Batches]:
    batches = Batches(echo, most=4, waiting=6)
    yield batches
    echo.gate.set()
    batches.close()


def request(text: str = "one two three", *more: Any, **fields: Any) -> dict[str, Any]:
    content: Any = [*more, {"type": "text", "text": text}] if more else text
    return {"model": MODEL, "messages": [{"role": "user", "content": content}], **fields}


async def post(batches: Batches, document: Any, *, leave: asyncio.Event | None = None) -> Reply:
    """Status, headers and body of the reply; 0 and nothing where the asker left before there was one."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    arriving: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Any] = []

    async def receive() -> Any:
        if arriving:
            return arriving.pop()
        await (leave or asyncio.Event()).wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await ChatApp(batches, MODEL)({"type": "http"}, receive, send)
    if not sent:
        return 0, {}, ""
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    assert not sent[-1].get("more_body")
    return sent[0]["status"], headers, b"".join(message["body"] for message in sent[1:]).decode()


def ask(batches: Batches, document: Any) -> tuple[int, Any]:
    status, _, body = asyncio.run(post(batches, document))
    return status, json.loads(body)


def test_a_whole_answer(batches: Batches) -> None:
    status, document = ask(batches, request("look at", PICTURE))
    assert status == 200
    assert document["object"] == "chat.completion"
    assert document["model"] == MODEL
    choice = document["choices"][0]
    assert (choice["message"], choice["finish_reason"]) == ({"role": "assistant", "content": "look at red"}, "stop")
    assert document["usage"] == {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}


def test_what_is_asked_reaches_the_model(batches: Batches, echo: Echo) -> None:
    ask(batches, request("hi", PICTURE, max_tokens=9, temperature=0.5, top_p=0.9, seed=4))
    ask(batches, request("hi", max_completion_tokens=5))
    ((first,), (second,)) = echo.batches
    parts = [{"type": "image"}, {"type": "text", "text": "hi"}]
    assert first == Ask([{"role": "user", "content": parts}], [b"red"], 9, 0.5, 0.9, 4)
    assert (second.max_tokens, second.temperature) == (5, 0.0)


def test_a_streamed_answer_says_the_same_in_pieces(batches: Batches) -> None:
    options = {"include_usage": True}
    status, headers, body = asyncio.run(post(batches, request(stream=True, stream_options=options)))
    assert (status, headers["content-type"]) == (200, "text/event-stream")
    *events, last = [event.removeprefix("data: ") for event in body.strip().split("\n\n")]
    assert last == "[DONE]"
    documents = [json.loads(event) for event in events]
    deltas = [document["choices"][0]["delta"] for document in documents[:-1]]
    pieces = [delta["content"] for delta in deltas if delta.get("content")]
    assert pieces == ["one", " two", " three"]
    assert deltas[0]["role"] == "assistant"
    assert documents[-2]["choices"][0]["finish_reason"] == "stop"
    assert (documents[-1]["choices"], documents[-1]["usage"]["completion_tokens"]) == ([], 3)


def test_a_cut_answer_says_so(batches: Batches) -> None:
    _, document = ask(batches, request(max_tokens=2))
    choice = document["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("one two", "length")


def test_those_who_wait_together_are_answered_together(batches: Batches, echo: Echo) -> None:
    """At most four at a time, those of one temperature together; everybody gets their own answer."""
    echo.gate.clear()

    async def all_at_once() -> list[Reply]:
        first = asyncio.ensure_future(post(batches, request("answer 0")))
        while not echo.batches:
            await asyncio.sleep(0.005)
        warm = asyncio.ensure_future(post(batches, request("answer 1", temperature=1.0)))
        rest = [asyncio.ensure_future(post(batches, request(f"answer {k}"))) for k in range(2, 7)]
        await asyncio.sleep(0.05)
        echo.gate.set()
        return list(await asyncio.gather(first, warm, *rest))

    replies = asyncio.run(all_at_once())
    texts = [json.loads(body)["choices"][0]["message"]["content"] for _, _, body in replies]
    assert texts == [f"answer {k}" for k in range(7)]
    assert [len(batch) for batch in echo.batches] == [1, 1, 4, 1]


def test_too_many_are_sent_away(batches: Batches, echo: Echo) -> None:
    echo.gate.clear()

    async def crowd() -> list[int]:
        first = asyncio.ensure_future(post(batches, request()))
        while not echo.batches:
            await asyncio.sleep(0.005)
        waiting = [asyncio.ensure_future(post(batches, request())) for _ in range(6)]
        await asyncio.sleep(0.02)
        status, _, _ = await post(batches, request())
        echo.gate.set()
        return [status, *(reply[0] for reply in await asyncio.gather(first, *waiting))]

    assert asyncio.run(crowd()) == [429, *[200] * 7]


def test_an_asker_who_leaves_is_not_written_for(batches: Batches, echo: Echo) -> None:
    echo.gate.clear()

    async def leaves() -> Reply:
        leave = asyncio.Event()
        asking = asyncio.ensure_future(post(batches, request(), leave=leave))
        while not echo.batches:
            await asyncio.sleep(0.005)
        leave.set()
        return await asking

    assert asyncio.run(leaves())[0] == 0
    assert echo.left.wait(5)
    echo.gate.set()
    assert ask(batches, request("next"))[1]["choices"][0]["message"]["content"] == "next"


def test_those_who_left_the_queue_take_no_place_in_it(batches: Batches, echo: Echo) -> None:
    echo.gate.clear()

    async def crowd() -> int:
        first = asyncio.ensure_future(post(batches, request()))
        while not echo.batches:
            await asyncio.sleep(0.005)
        leave = asyncio.Event()
        waiting = [asyncio.ensure_future(post(batches, request(), leave=leave)) for _ in range(6)]
        await asyncio.sleep(0.02)
        leave.set()
        await asyncio.gather(*waiting)
        last = asyncio.ensure_future(post(batches, request()))
        await asyncio.sleep(0.02)
        echo.gate.set()
        await first
        return (await last)[0]

    assert asyncio.run(crowd()) == 200
    assert [len(batch) for batch in echo.batches] == [1, 1]


@pytest.mark.parametrize("stream", [False, True])
def test_a_dialogue_that_cannot_be_read_is_the_askers_fault(batches: Batches, stream: bool) -> None:
    status, document = ask(batches, request("unreadable", stream=stream))
    assert status == 400
    assert "too long" in document["error"]["message"]


def test_a_fault_of_the_model_is_told_and_the_next_is_answered(batches: Batches, echo: Echo) -> None:
    echo.fault = "out of memory"
    status, document = ask(batches, request())
    assert status == 500
    assert "out of memory" in document["error"]["message"]
    _, _, body = asyncio.run(post(batches, request(stream=True)))
    assert "out of memory" in json.loads(body.strip().split("data: ")[-1])["error"]["message"]
    echo.fault = ""
    assert ask(batches, request())[0] == 200


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"{", "no JSON"),
        (b"[]", "no JSON object"),
        ({"model": MODEL}, "messages must be a list"),
        ({"model": MODEL, "messages": [{"role": "user", "content": "x"}] * (MAX_MESSAGES + 1)}, "messages must be"),
        ({"model": MODEL, "messages": [{"role": "tool", "content": "x"}]}, "must have a role"),
        ({"model": MODEL, "messages": [{"role": "user", "content": 3}]}, "must be a text or a list"),
        (request("x", {"type": "input_audio"}), "texts and pictures"),
        (request("x", {"type": "image_url", "image_url": {"url": "http://a.example/x.png"}}), "data:image"),
        (request("x", {"type": "image_url", "image_url": {"url": "data:image/png;base64,***"}}), "base64"),
        (request("x", *[PICTURE] * 17), "17 pictures"),
        (request(temperature="hot"), "temperature must be a number from 0 to 2"),
        (request(temperature=float("nan")), "temperature must be"),
        (request(max_tokens=-1), "max_tokens must be"),
        (request(n=2), "n must be 1"),
        (request(stop=["x"]), "stop is not offered"),
    ],
)
def test_what_cannot_be_met_is_refused_with_the_reason(batches: Batches, document: Any, words: str) -> None:
    status, told = ask(batches, document)
    assert status == 400
    assert words in told["error"]["message"]


def test_another_model_does_not_exist(batches: Batches) -> None:
    status, told = ask(batches, {**request(), "model": "other"})
    assert (status, told["error"]["code"]) == (404, "model_not_found")
    assert MODEL in told["error"]["message"]


def test_closing_ends_what_is_being_written(echo: Echo) -> None:
    echo.gate.clear()
    batches = Batches(echo)
    heard: list[Event] = []
    batches.ask(Ask([]), heard.append)
    deadline = time.monotonic() + 5
    while not echo.batches and time.monotonic() < deadline:
        time.sleep(0.005)
    batches.close()
    assert isinstance(heard[-1], Failed)
