# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from metaspatial.backend.learn.encode import TooLong
from metaspatial.backend.learn.examples import Example
from metaspatial.backend.learn.inprocess import InProcessPolicy
from metaspatial.backend.learn.settings import SFTSettings, preset
from metaspatial.backend.learn.sft import LengthSampler, last_checkpoint, train
from safetensors.torch import load_file

pytestmark = pytest.mark.learn


def settings(model: Path, data: Path, out: Path, **more: Any) -> SFTSettings:
    chosen = {"steps": 4, "batch": 2, "log_every": 1, "save_every": 100, **more}
    return SFTSettings(model=str(model), data=str(data), out=str(out), **chosen)


def quiet(line: str) -> None:
    pass


@pytest.mark.parametrize("more", [{}, {"optimizer": "muon"}, {"lora_rank": 4}], ids=["full", "muon", "lora"])
def test_stopped_and_gone_on_is_the_same_to_the_bit(model: Path, data: Path, tmp_path: Path, more: dict) -> None:
    through = train(settings(model, data, tmp_path / "through", **more), on_line=quiet)
    stopped = settings(model, data, tmp_path / "stopped", **more)
    assert train(stopped, on_line=quiet, until=2).steps == 2
    assert not (tmp_path / "stopped" / "model").exists(), "an unfinished training has no model"
    lines: list[str] = []
    resumed = train(stopped, on_line=lines.append)
    assert any("going on from" in line for line in lines)
    assert resumed.steps == through.steps == 4
    mine, theirs = (load_file(run.folder / "model.safetensors") for run in (resumed, through))
    first = load_file(model / "model.safetensors")
    assert mine.keys() == theirs.keys() == first.keys()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    assert any(not torch.equal(mine[name], first[name]) for name in mine), "it has learned nothing"


def test_other_settings_are_no_going_on(model: Path, data: Path, tmp_path: Path) -> None:
    train(settings(model, data, tmp_path / "run"), on_line=quiet, until=1)
    with pytest.raises(ValueError, match=r"learning_rate 0\.002 then and 0\.5 now"):
        train(settings(model, data, tmp_path / "run", learning_rate=0.5), on_line=quiet)
    assert train(settings(model, data, tmp_path / "run", log_every=3), on_line=quiet).steps == 4


def test_killed_at_any_moment_leaves_whole_checkpoints(model: Path, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    code = (
        "import sys; from metaspatial.backend.learn.sft import train;"
        "from metaspatial.backend.learn.settings import SFTSettings;"
        f"train(SFTSettings(model={str(model)!r}, data={str(data)!r}, out={str(out)!r},"
        " steps=100000, batch=2, save_every=1, keep=3))"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.DEVNULL)
    end = time.monotonic() + 300
    while not (out / "checkpoint-4").exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    last = last_checkpoint(out)
    assert last is not None
    assert len(list(out.glob("checkpoint-*"))) in (2, 3, 4)
    step = int(last.name.removeprefix("checkpoint-"))
    more = SFTSettings(str(model), str(data), str(out), steps=100000, batch=2, save_every=1, keep=3)
    assert train(more, on_line=quiet, until=step + 1).steps == step + 1


def test_too_long_examples_are_counted_before_training(model: Path, data: Path, tmp_path: Path) -> None:
    with pytest.raises(TooLong, match="8 of 8 examples have more than 100 tokens"):
        train(settings(model, data, tmp_path, max_length=100), on_line=quiet)


def test_progress_curves_and_validation_are_there(model: Path, data: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    done = train(settings(model, data, tmp_path, steps=2, evaluate_every=2), on_line=lines.append)
    assert done.validation_loss is not None
    assert any(line.startswith("step 1 of 2: loss") and "left" in line for line in lines)
    assert any("validation loss" in line for line in lines)
    assert list((tmp_path / "curves").rglob("events.out.tfevents*"))


def test_a_mask_that_hides_only_filling_makes_no_difference(model: Path, examples: list[Example]) -> None:
    """Training leaves it out, which is faster."""
    from metaspatial.backend.learn.encode import Encoder, batch
    from metaspatial.backend.learn.examples import chat_messages
    from metaspatial.backend.learn.processor import load_processor
    from metaspatial.backend.learn.sft import load_model

    encoder = Encoder(load_processor(model))
    rows = [encoder.encode(chat_messages(one.messages), one.messages[1].pictures) for one in examples[:1]]
    asked = encoder.encode(chat_messages(examples[1].dialogue.messages), examples[1].messages[1].pictures)
    inputs = batch([*rows, asked], 0, encoder.image_id)
    learner = load_model(settings(model, model, model))
    with torch.no_grad():
        bare = learner.train()(**inputs).logits
        masked = learner.eval()(**inputs).logits
    seen = inputs["attention_mask"].bool()
    assert not seen.all()
    torch.testing.assert_close(bare[seen], masked[seen], rtol=1e-4, atol=1e-4)


def test_batches_are_of_like_length_and_hold_everything_once() -> None:
    lengths = [(37 * k) % 101 for k in range(1003)]
    sampler = LengthSampler(lengths, 8, seed=1)
    first, again = list(sampler), list(sampler)
    assert first == again
    assert sorted(first) == list(range(1003))
    sampler.set_epoch(1)
    assert list(sampler) != first
    spreads = [max(b) - min(b) for k in range(0, 1000, 8) if (b := [lengths[i] for i in first[k : k + 8]])]
    assert sum(spreads) / len(spreads) < 10


def test_muon_is_not_for_adapters(model: Path, data: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="adapters want adamw"):
        settings(model, data, tmp_path, optimizer="muon", lora_rank=4)


def test_presets_are_sound_settings() -> None:
    for name in ("small", "lora", "full"):
        SFTSettings(**{"model": "m", "data": "d", "out": "o", **preset(name)})
    with pytest.raises(ValueError, match="there are small, lora, full"):
        preset("huge")


@pytest.mark.slow
def test_a_trained_model_says_what_it_learned_and_by_the_picture(
    tmp_path: Path, model: Path, examples: list[Example]
) -> None:
    """Four rooms by heart, two of which differ in nothing but the picture."""
    from dataclasses import replace

    from metaspatial.backend.dialogue import open_dialogue, parse_answer
    from metaspatial.backend.learn.examples import write_examples

    twin = replace(
        examples[3], dialogue=open_dialogue(examples[0].scene, examples[3].messages[1].pictures[0]), room="twin"
    )
    turned = examples[0].answer.replace('"rotation":0', '"rotation":180')
    lessons = [*examples[:3], replace(twin, answer=turned)]
    write_examples(tmp_path / "data", lessons)
    more = {"steps": 150, "batch": 4, "learning_rate": 5e-3, "log_every": 50}
    done = train(settings(model, tmp_path / "data", tmp_path / "run", **more), on_line=print)
    policy = InProcessPolicy.load(done.folder)
    answers = policy.answer_many([one.dialogue for one in lessons])
    for answer, one in zip(answers, lessons, strict=True):
        assert not parse_answer(one.scene, answer).problems
    assert answers == [one.answer for one in lessons]
    assert policy.answer(lessons[3].dialogue) == lessons[3].answer, "alone it says the same as beside others"
