# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from metaspatial.backend.learn.examples import Example
from metaspatial.backend.learn.inprocess import InProcessPolicy, Sampling
from metaspatial.backend.policies.policy import Cancelled, PolicyError
from metaspatial.backend.serve.batches import Ask, Unreadable
from PIL import Image

pytestmark = pytest.mark.learn


@pytest.fixture(scope="module")
def policy(model: Path) -> InProcessPolicy:
    return InProcessPolicy.load(model, Sampling(max_tokens=12))


def test_several_at_once_say_what_each_says_alone(policy: InProcessPolicy, examples: list[Example]) -> None:
    """Dialogues of unlike length, with and without pictures."""
    from metaspatial.backend.dialogue import open_dialogue

    dialogues = [examples[0].dialogue, open_dialogue(examples[1].scene), examples[2].dialogue]
    assert policy.answer_many(dialogues) == [policy.answer(one) for one in dialogues]


def test_a_seed_repeats_a_drawn_answer(policy: InProcessPolicy, examples: list[Example]) -> None:
    def drawn(seed: int) -> str:
        how = Sampling(temperature=1.0, seed=seed, max_tokens=12)
        return policy.answer_many([examples[0].dialogue], sampling=how)[0]

    assert drawn(1) == drawn(1)
    assert len({drawn(seed) for seed in range(4)}) > 1


def test_it_stops_when_told(policy: InProcessPolicy, examples: list[Example]) -> None:
    with pytest.raises(Cancelled):
        policy.answer(examples[0].dialogue, cancelled=lambda: True)


def test_no_model_is_an_error_for_users(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"nothing-here can't be loaded"):
        InProcessPolicy.load(tmp_path / "nothing-here")


def test_broken_weights_are_an_error_for_users(tmp_path: Path, model: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(model, broken)
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(PolicyError, match=r"broken can't be loaded"):
        InProcessPolicy.load(broken)


def test_what_cannot_be_read_is_refused_before_anything_is_written(policy: InProcessPolicy) -> None:
    messages = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "look"}]}]
    for file, words in ((b"no picture", "identify"), (png(64)[:44], "can't be read"), (png(5001), "too large")):
        with pytest.raises(Unreadable, match=words):
            policy.prepare(Ask(messages, [file]))
    with pytest.raises(Unreadable, match="dialogue can't be read"):
        policy.prepare(Ask(messages))


def png(side: int) -> bytes:
    file = io.BytesIO()
    Image.new("1", (side, side)).save(file, "PNG")
    return file.getvalue()
