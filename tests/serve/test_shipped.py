# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""The model that comes along: loaded as others load it, and served, by our own server and by `transformers serve`.

Needs a Python with requirements/serve.lock: this one, or the one that METASPATIAL_SERVE_PYTHON names.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import io
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from metaspatial.backend.dialogue import Dialogue, open_dialogue, parse_answer
from metaspatial.backend.policies.chat import ChatPolicy, ChatSettings, check
from metaspatial.backend.policies.policy import Cancelled, PolicyError
from metaspatial.backend.scene import Furniture, Relation, Room, Scene
from metaspatial.backend.serve import Server, start, stop
from metaspatial.backend.serve.server import Backend
from metaspatial.backend.serve.state import FOLDER_VARIABLE
from metaspatial.backend.weights import NAME, SHIPPED
from metaspatial.tests.serve.test_transformers_serve import png

PYTHON = os.environ.get("METASPATIAL_SERVE_PYTHON") or sys.executable
HERE = importlib.util.find_spec("transformers") is not None

pytestmark = [
    pytest.mark.serve,
    pytest.mark.skipif(
        not HERE and "METASPATIAL_SERVE_PYTHON" not in os.environ,
        reason="no transformers here; METASPATIAL_SERVE_PYTHON can name a Python that has it",
    ),
]
here = pytest.mark.skipif(not HERE, reason="no transformers in this Python")

SCENE = Scene(
    Room(((0, 0), (4, 0), (4, 3), (0, 3)), 2.6),
    (Furniture("bed_1", "bed", (2.0, 1.6, 0.5)), Furniture("desk_1", "desk", (1.2, 0.6, 0.75))),
    (Relation("desk_1", "against", "west_wall"),),
)
RED, BLUE = png((220, 20, 20), 512), png((20, 20, 220), 512)


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stand_in") / "small"
    command = [PYTHON, str(Path(__file__).with_name("stand_in.py")), str(folder)]
    subprocess.run(command, check=True, timeout=600, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    return folder


@pytest.fixture(scope="module", params=["metaspatial", "transformers"])
def settings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatSettings]:
    """A real server of each kind with the model, and how to ask it."""
    with served(SHIPPED, request.param, tmp_path_factory.mktemp("state")) as settings:
        yield settings


@contextlib.contextmanager
def served(model: Path, backend: Backend, state: Path) -> Iterator[ChatSettings]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(state))
        patch.setenv("OMP_NUM_THREADS", "1")
        try:
            server = start(str(model), backend=backend, python=PYTHON, timeout=600)
            assert server.backend == backend
            yield ChatSettings(
                server.url, server.model, server.token, temperature=0.0, max_tokens=1000 if model == SHIPPED else 40
            )
        finally:
            stop()


def dialogue(picture: bytes | None = RED) -> Dialogue:
    return open_dialogue(SCENE, picture)


def test_it_answers_with_a_picture_of_512_pixels(settings: ChatSettings) -> None:
    """Through our own server the answer is whole and places every piece; `transformers serve` holds it to nothing."""
    text = ChatPolicy(settings).answer(dialogue())
    assert text.startswith("<think>")
    assert "bed_1" in text
    if _own():
        answer = parse_answer(SCENE, text)
        assert not answer.faults, answer.faults
        assert set(answer.layout) == {"bed_1", "desk_1"}


def test_the_answer_depends_on_the_picture(stand_in: Path, tmp_path: Path) -> None:
    """Asked of random weights: a trained model may give one answer to two pictures of plain colour.

    Of `transformers serve` test_transformers_serve.py asks the same.
    """
    with served(stand_in, "metaspatial", tmp_path) as settings:
        policy = ChatPolicy(settings)
        red, again, blue = (policy.answer(dialogue(picture)) for picture in (RED, RED, BLUE))
    assert red == again != blue


def test_the_picture_reaches_the_model(settings: ChatSettings) -> None:
    """Brought down to the size that the model is used to: at most 64 tokens, and the two around them."""
    found = check(settings)
    assert found.ok, found
    assert "sees pictures" in found.message
    texts = (
        [{"role": "user", "content": "x"}],
        [{"role": "user", "content": [*_pictures(dialogue()), {"type": "text", "text": "x"}]}],
    )
    blind, seeing = (ChatPolicy(settings).ask(messages, stream=False).prompt_tokens for messages in texts)
    assert blind is not None
    assert seeing is not None
    assert 4 <= seeing - blind <= 66


def test_several_at_once_get_their_own_answers(settings: ChatSettings) -> None:
    policy = ChatPolicy(settings)
    asked = [dialogue(RED), dialogue(BLUE), dialogue(None)]
    alone = [policy.answer(one) for one in asked]
    together: list[str] = [""] * 3

    def ask(k: int) -> None:
        together[k] = policy.answer(asked[k])

    threads = [threading.Thread(target=ask, args=(k,)) for k in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert together == alone


def test_after_a_cancel_it_answers_the_next(settings: ChatSettings) -> None:
    seen: list[str] = []
    long = ChatPolicy(dataclasses.replace(settings, max_tokens=4000))
    with pytest.raises(Cancelled):
        long.answer(dialogue(), cancelled=lambda: bool(seen), on_text=seen.append)
    assert ChatPolicy(settings).answer(dialogue()).strip()


def test_what_does_not_fit_is_told(settings: ChatSettings) -> None:
    if not _own():
        pytest.skip("transformers serve tries, and fails in its own way")
    messages = [{"role": "user", "content": "bed_1 " * 9000}]
    with pytest.raises(PolicyError, match="do not fit into the model"):
        ChatPolicy(settings).ask(messages)


@here
def test_it_loads_as_any_model_of_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """No code of ours, no trust_remote_code, no network; kept in bfloat16, under 25 MB."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from transformers import AutoModelForImageTextToText, AutoTokenizer, Qwen2_5_VLForConditionalGeneration

    loaded = AutoModelForImageTextToText.from_pretrained(SHIPPED)
    assert type(loaded) is Qwen2_5_VLForConditionalGeneration
    assert str(loaded.dtype) == "torch.bfloat16"
    assert not list(SHIPPED.glob("*.py"))
    assert "auto_map" not in (SHIPPED / "config.json").read_text()
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 25_000_000
    assert AutoTokenizer.from_pretrained(SHIPPED).eos_token == "<|im_end|>"


@here
def test_its_next_token_depends_on_the_picture() -> None:
    from metaspatial.backend.learn.inprocess import InProcessPolicy

    policy = InProcessPolicy.load(SHIPPED, device="cpu")
    red, again, blue = (_likelihoods(policy, picture) for picture in (RED, RED, BLUE))
    assert (red - again).abs().max() < 1e-5
    assert (red - blue).abs().max() > 1e-4


@here
def test_without_torchvision_it_sees_as_with_the_stock_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where torchvision is missing the image-only processor is taken; where the stock one sees, that one is."""
    from metaspatial.backend.learn import processor
    from PIL import Image

    ours = processor.load_image_processor(SHIPPED)
    picture = Image.open(io.BytesIO(RED))
    messages = [{"role": "user", "content": [{"type": "image", "image": picture}, {"type": "text", "text": "x"}]}]
    options: dict[str, Any] = {"tokenize": True, "return_dict": True, "return_tensors": "pt"}
    seen = processor.load_processor(SHIPPED).apply_chat_template(messages, **options)
    own = ours.apply_chat_template(messages, **options)
    assert seen["input_ids"].tolist() == own["input_ids"].tolist()
    assert int((seen["input_ids"] == ours.image_token_id).sum()) == int(seen["image_grid_thw"].prod()) // 4
    monkeypatch.setattr(processor, "_stock", lambda path, **given: ours)
    assert processor.load_processor(SHIPPED) is ours
    monkeypatch.setattr(processor, "_stock", lambda path, **given: ours.tokenizer)  # what it does to unknown classes
    assert processor.load_processor(SHIPPED).image_processor is not None


@pytest.mark.skipif(importlib.util.find_spec("torchvision") is None, reason="no torchvision here")
def test_with_torchvision_the_stock_processor_sees() -> None:
    from transformers import AutoProcessor

    stock = AutoProcessor.from_pretrained(SHIPPED)
    assert stock.image_processor is not None
    assert stock.tokenizer.eos_token == "<|im_end|>"


def test_it_is_served_where_no_model_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from metaspatial.backend.policies.small import SmallPolicy

    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    servers: list[Server] = []
    try:
        text = SmallPolicy(PYTHON, on_server=servers.append).answer(dialogue())
    finally:
        stop()
    assert (servers[0].model, servers[0].backend) == (NAME, "metaspatial")
    assert not parse_answer(SCENE, text).faults


def _own() -> bool:
    from metaspatial.backend.serve import status

    server = status()
    return server is not None and server.backend == "metaspatial"


def _pictures(one: Dialogue) -> list[dict[str, Any]]:
    from metaspatial.backend.dialogue import openai_messages

    parts = openai_messages(one)[-1]["content"]
    return [part for part in parts if part["type"] == "image_url"]


def _likelihoods(policy: Any, picture: bytes) -> Any:
    """Log-probabilities of the answer's first token."""
    import torch
    from metaspatial.backend.learn.encode import batch
    from metaspatial.backend.serve.batches import Ask

    content = [{"type": "image"}, {"type": "text", "text": dialogue().messages[-1].text}]
    row = policy.prepare(Ask([{"role": "user", "content": content}], [picture])).row
    inputs = batch([row], policy.encoder.tokenizer.pad_token_id, policy.encoder.image_id, left=True)
    inputs.pop("labels")
    with torch.inference_mode():
        return policy.model(**inputs).logits[0, -1].log_softmax(-1)
