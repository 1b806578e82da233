# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""TRL's trainer on trajectories: what it learns from, that it can be stopped anywhere, and what it does in trouble."""

from __future__ import annotations

import inspect
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import trl
from metaspatial.backend.curate.rooms import CuratedRoom, write_rooms
from metaspatial.backend.dialogue import Answer
from metaspatial.backend.learn import trainer as trainer_module
from metaspatial.backend.learn.checkpoints import last_checkpoint
from metaspatial.backend.learn.examples import Example
from metaspatial.backend.learn.grpo import Instruments, load_model, train
from metaspatial.backend.learn.grpo_settings import GRPOSettings
from metaspatial.backend.learn.processor import load_processor
from metaspatial.backend.learn.returns import advantages
from metaspatial.backend.learn.rollout import LearningRoom, World
from metaspatial.backend.learn.trainer import PRIVATE, Diverged, RoomSampler, TrajectoryTrainer
from metaspatial.backend.rewards.score import Score
from metaspatial.backend.rewards.scorer import Scorer
from metaspatial.backend.scene import Layout, Pose
from PIL import Image
from safetensors.torch import load_file
from trl import GRPOConfig

pytestmark = pytest.mark.learn


class East:
    """A scorer that likes the bed in the east."""

    def score(self, scene: Any, layout: Any, problems: Any = ()) -> Score:
        good = layout["bed_1"].x / 5
        return Score(good, physics=good)


class Camera:
    """Pictures of a colour that depends on the layout."""

    def render(self, scene: Any, layout: Any, size: tuple[int, int] = (56, 56)) -> bytes:
        shade = sum(int(100 * (pose.x + pose.y)) for pose in layout.poses.values()) % 256
        out = io.BytesIO()
        Image.new("RGB", size, (shade, 255 - shade, 128)).save(out, "PNG")
        return out.getvalue()


@pytest.fixture(scope="session")
def rooms(tmp_path_factory: pytest.TempPathFactory, examples: list[Example]) -> Path:
    folder = tmp_path_factory.mktemp("rooms")
    made = [CuratedRoom(one.room, one.scene, one.room, "train", "test") for one in examples[:4]]
    held_out = [CuratedRoom(one.room, one.scene, one.room, "validation", "test") for one in examples[4:6]]
    write_rooms(folder, [*made, *held_out])
    return folder


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bed goes as far east as its answer has digits: a model that knows nothing gets different scores already."""

    def read(scene: Any, text: str) -> Answer:
        share = sum(char.isdigit() for char in text) / max(1, len(text))
        return Answer(Layout({"bed_1": Pose(5 * share, 1.0, 0.25)}))

    monkeypatch.setattr("metaspatial.backend.refine.parse_answer", read)
    monkeypatch.setattr("metaspatial.backend.learn.grpo.Scorer", lambda engine: East())


def settings(model: Path, rooms: Path, out: Path, **more: Any) -> GRPOSettings:
    chosen = {
        "steps": 4, "group": 2, "rooms_per_step": 2, "batch": 4, "turns": 2, "learning_rate": 1e-3, "max_answer": 12,
        "picture": 56, "save_every": 100, "record_every": 0, **more,
    }  # fmt: skip
    return GRPOSettings(model=str(model), rooms=str(rooms), out=str(out), **chosen)


def quiet(line: str) -> None:
    pass


def built(chosen: GRPOSettings, examples: Sequence[Example], **more: Any) -> TrajectoryTrainer:
    """A trainer by hand, to look inside."""
    accumulate = chosen.accumulate(1)
    arguments = GRPOConfig(
        output_dir=chosen.out, max_steps=chosen.steps, num_generations=chosen.group, num_generations_eval=1,
        per_device_train_batch_size=chosen.batch, gradient_accumulation_steps=accumulate,
        steps_per_generation=accumulate, max_completion_length=chosen.max_answer, beta=chosen.beta,
        learning_rate=chosen.learning_rate, use_cpu=True, bf16=False, gradient_checkpointing=False, report_to=[],
        disable_tqdm=True, save_strategy="no", logging_steps=1, seed=chosen.seed,
    )  # fmt: skip
    learned = [LearningRoom(one.room, one.scene) for one in examples]
    return TrajectoryTrainer(
        load_model(chosen), chosen, learned, more.pop("world", World(Scorer(), Camera())), args=arguments,
        processor=load_processor(chosen.model), on_line=quiet, **more,
    )  # fmt: skip


@pytest.fixture
def trainer(model: Path, rooms: Path, tmp_path: Path, examples: list[Example]) -> TrajectoryTrainer:
    return built(settings(model, rooms, tmp_path), examples[:4])


def generated(trainer: TrajectoryTrainer) -> dict[str, Any]:
    """One step's tensors, as the loss gets them but for their shuffled order."""
    rows = [trainer.train_dataset[k] for k in (0, 0, 1, 1)]
    trainer.model.train()
    return trainer._generate_and_score_completions(rows)


def test_trl_is_as_this_was_built_for() -> None:
    """What is overridden or called is private to TRL: this fails loudly when it changes."""
    assert trl.__version__.startswith("1.16."), "read TRL's changes to GRPOTrainer, then this test's other assertions"
    for name, parameters in PRIVATE.items():
        assert tuple(inspect.signature(getattr(trl.GRPOTrainer, name)).parameters) == parameters, name
    source = inspect.getsource(trl.GRPOTrainer)
    for line in (
        # what `_generate` gives, and that its pictures are looked at behind the first prompt
        "return prompt_ids, completion_ids, tool_mask, completions, logprobs, extra_fields, images, tool_images",
        "if self.tools and any(imgs for imgs in tool_images) and self._is_vlm:",
        "self._standalone_tools = tools",
        # feedback is no part of the loss
        'mask = completion_mask if "tool_mask" not in inputs else completion_mask * inputs["tool_mask"]',
        # advantages may be one a token
        "if advantages.dim() == 1:",
        # a trajectory without a return has no advantage
        "advantages = torch.nan_to_num(advantages, nan=0.0)",
        # KL is measured from the model of that name
        "self.ref_model = create_model_from_path(get_config_model_id(self.model.config), **model_init_kwargs)",
        # the rows of a process are a slice of all rows, in order
        "self.accelerator.process_index * len(prompts),",
    ):
        assert line in source, line


@pytest.mark.parametrize("seen", [True, False], ids=["pictures", "text"])
def test_sampling_and_loss_agree_on_every_token_of_every_turn(
    model: Path, rooms: Path, tmp_path: Path, examples: list[Example], seen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = built(
        settings(model, rooms, tmp_path, turns=3), examples[:4], world=World(Scorer(), Camera() if seen else None)
    )
    known: list[list[torch.Tensor]] = []
    original = type(trainer.model).generate

    def generate(self: Any, *args: Any, **options: Any) -> Any:
        made = original(self, *args, **options, output_logits=True, return_dict_in_generate=True)
        start = made.sequences.shape[1] - len(made.logits)
        logprobs = torch.stack([logits.log_softmax(-1) for logits in made.logits], 1)
        known.append(list(logprobs.gather(-1, made.sequences[:, start:, None]).squeeze(-1)))
        return made.sequences

    monkeypatch.setattr(type(trainer.model), "generate", generate)
    out = generated(trainer)
    ids = torch.cat([out["prompt_ids"], out["completion_ids"]], 1)
    mask = torch.cat([out["prompt_mask"], out["completion_mask"]], 1)
    pictured = {
        name: out[name] for name in ("pixel_values", "image_grid_thw", "num_images", "mm_token_type_ids") if name in out
    }
    assert bool(pictured) is seen
    with torch.no_grad():
        learned, _, _ = trainer._get_per_token_logps_and_entropies(
            trainer.model, ids, mask, out["completion_ids"].shape[1], **pictured
        )
    compared = 0
    assert len(known) == 3
    for row, episode in enumerate(trainer._episodes):
        assert len(episode.spans) == 3
        for turn, (start, end) in enumerate(episode.spans):
            torch.testing.assert_close(learned[row, start:end], known[turn][row][: end - start], atol=2e-4, rtol=0)
            compared += end - start
    assert compared == int((out["completion_mask"] * out["tool_mask"]).sum()) > 0


def test_feedback_is_read_and_not_learned(trainer: TrajectoryTrainer) -> None:
    """The gradient of the loss by the log-probabilities is 0 exactly on what the model did not write."""
    out = generated(trainer)
    out["advantages"] = torch.ones_like(out["advantages"])
    own = (out["completion_mask"] * out["tool_mask"]).bool()
    assert bool((~own & out["completion_mask"].bool()).any()), "there is feedback"
    caught: list[torch.Tensor] = []
    original = trainer._get_per_token_logps_and_entropies

    def logps(*args: Any, **options: Any) -> Any:
        made = original(*args, **options)
        made[0].retain_grad()
        caught.append(made[0])
        return made

    trainer._get_per_token_logps_and_entropies = logps  # type: ignore[method-assign]
    trainer.current_gradient_accumulation_steps = 1
    trainer.compute_loss(trainer.model, out).backward()
    gradient = caught[0].grad
    assert gradient is not None
    assert bool((gradient[own] != 0).all())
    assert bool((gradient[~own] == 0).all())


def test_advantages_are_those_worked_out_by_hand(trainer: TrajectoryTrainer) -> None:
    worth = iter([[0.2, 0.8], [0.6, 0.1], [0.3, 0.3], [0.5, 0.9]])
    trainer.settings = replace(trainer.settings, kind="best")
    original = trainer_module.totals_of_group
    trainer_module.totals_of_group = lambda group, weights: [next(worth) for _ in group]  # type: ignore[assignment]
    try:
        out = generated(trainer)
    finally:
        trainer_module.totals_of_group = original
    expected = advantages([0.8, 0.6]) + advantages([0.3, 0.9])
    assert out["advantages"].tolist() == pytest.approx(expected, abs=1e-4)


def test_credit_by_turn_gives_each_turn_its_own(
    model: Path, rooms: Path, tmp_path: Path, examples: list[Example]
) -> None:
    trainer = built(settings(model, rooms, tmp_path, credit="turn", kind="last"), examples[:4])
    out = generated(trainer)
    assert out["advantages"].shape == out["completion_ids"].shape
    for row, episode in enumerate(trainer._episodes):
        for (start, end), value in zip(episode.spans, trainer._values[row], strict=True):
            assert out["advantages"][row, start:end].tolist() == pytest.approx([value] * (end - start))
        others = torch.ones(out["advantages"].shape[1], dtype=torch.bool)
        for start, end in episode.spans:
            others[start:end] = False
        assert not out["advantages"][row][others].any()
    trainer.current_gradient_accumulation_steps = 1
    assert torch.isfinite(trainer.compute_loss(trainer.model, out))


def test_a_room_that_fails_teaches_nothing_and_stops_nothing(
    model: Path, rooms: Path, tmp_path: Path, examples: list[Example]
) -> None:
    class Picky:
        def score(self, scene: Any, layout: Any, problems: Any = ()) -> Any:
            if scene == examples[0].scene:
                raise ArithmeticError("a mesh without faces")
            return Scorer().score(scene, layout, problems)

    lines: list[str] = []
    trainer = built(settings(model, rooms, tmp_path), examples[:4], world=World(Picky(), Camera()))
    trainer._on_line = lines.append
    out = generated(trainer)
    assert out["advantages"][:2].tolist() == [0.0, 0.0]
    assert not (out["completion_mask"] * out["tool_mask"])[:2].any()
    assert (out["completion_mask"] * out["tool_mask"])[2:].any()
    trainer.current_gradient_accumulation_steps = 1
    assert torch.isfinite(trainer.compute_loss(trainer.model, out))
    assert lines == [f"room {examples[0].room} is left out: a mesh without faces"]


def test_rooms_come_in_an_order_that_the_seed_tells() -> None:
    def order(rooms: int, at_once: int, generations: int, seed: int = 3) -> list[int]:
        return list(RoomSampler(rooms, at_once, 2, 1, generations, seed))

    once = order(5, 2, 10)
    assert once == order(5, 2, 10)
    assert once != order(5, 2, 10, seed=4)
    assert order(5, 2, 4) == once[:16], "a shorter run is the beginning of a longer one"
    assert once[::2] == once[1::2], "a group is of one room"
    assert sorted(once[::2][:5]) == sorted(once[::2][5:10]) == list(range(5))
    assert list(RoomSampler(5, 2, 2, 3, 1, 3)) == once[:4] * 3
    assert len(RoomSampler(5, 2, 2, 3, 7, 3)) == 7 * 4 * 3


@pytest.mark.slow
@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize("more", [{}, {"lora_rank": 4}], ids=["full", "lora"])
def test_stopped_and_gone_on_is_the_same_to_the_bit(model: Path, rooms: Path, tmp_path: Path, more: dict) -> None:
    tools = Instruments(renderer=Camera())
    more = {"weight_decay": 0.0, **more}  # so that only what was learned changes the weights
    through = train(settings(model, rooms, tmp_path / "through", **more), tools, on_line=quiet)
    stopped = settings(model, rooms, tmp_path / "stopped", **more)
    assert train(stopped, tools, on_line=quiet, until=2).steps == 2
    assert not (tmp_path / "stopped" / "model").exists(), "an unfinished training has no model"
    lines: list[str] = []
    resumed = train(stopped, tools, on_line=lines.append)
    assert any("going on from" in line for line in lines)
    assert resumed.steps == through.steps == 4
    mine, theirs = (load_file(run.folder / "model.safetensors") for run in (resumed, through))
    first = load_file(model / "model.safetensors")
    assert mine.keys() == theirs.keys() == first.keys()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    assert any(not torch.equal(mine[name], first[name]) for name in mine), "it has learned nothing"


@pytest.mark.slow
def test_killed_at_any_moment_leaves_whole_checkpoints(model: Path, rooms: Path, tmp_path: Path) -> None:
    chosen = settings(model, rooms, tmp_path / "run", steps=1000, save_every=1, keep=3, turns=1)
    code = (
        "from metaspatial.backend.learn.grpo import train\n"
        "from metaspatial.backend.learn.grpo_settings import GRPOSettings\n"
        f"train({chosen!r})"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.DEVNULL)
    end = time.monotonic() + 300
    while not (tmp_path / "run" / "checkpoint-3").exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    last = last_checkpoint(tmp_path / "run")
    assert last is not None
    step = int(last.name.removeprefix("checkpoint-"))
    assert step >= 3
    assert train(chosen, on_line=quiet, until=step + 1).steps == step + 1


def test_a_copy_of_a_checkpoint_is_none(model: Path, rooms: Path, tmp_path: Path) -> None:
    chosen = settings(model, rooms, tmp_path, steps=3, save_every=1, turns=1)
    train(chosen, on_line=quiet, until=1)
    shutil.copytree(tmp_path / "checkpoint-1", tmp_path / "checkpoint-1 copy")
    last = last_checkpoint(tmp_path)
    assert last is not None
    assert last.name == "checkpoint-1"
    assert train(chosen, on_line=quiet).steps == 3


def test_rooms_without_a_validation_split_are_trained_in(model: Path, tmp_path: Path) -> None:
    """What the panel offers at first: generated rooms, and a preset that validates."""
    lines: list[str] = []
    chosen = settings(model, Path("generated:0-1"), tmp_path, steps=1, turns=1, validate_every=1, max_answer=8)
    assert train(chosen, on_line=lines.append).steps == 1
    assert "2 rooms to learn in, 0 to validate on (name some by --validation, or curate them)" in lines


def test_other_instruments_are_no_going_on(model: Path, rooms: Path, tmp_path: Path) -> None:
    chosen = settings(model, rooms, tmp_path, steps=2, turns=1)
    train(chosen, Instruments(renderer=Camera()), on_line=quiet, until=1)
    with pytest.raises(ValueError, match="pictures rendered then and  now"):
        train(chosen, on_line=quiet)


def test_a_stop_waits_for_what_was_generated_at_once(model: Path, rooms: Path, tmp_path: Path) -> None:
    """Two steps come from the same trajectories; between them nothing could be gone on with."""
    chosen = settings(model, rooms, tmp_path, steps=4, turns=1, iterations=2, save_every=2)
    assert train(chosen, on_line=quiet, until=1).steps == 2
    (tmp_path / "stop").touch()
    assert train(chosen, on_line=quiet).steps == 4
    assert json.loads((tmp_path / "status.json").read_text())["state"] == "done"


def test_a_stop_before_the_first_step_is_obeyed(model: Path, rooms: Path, tmp_path: Path) -> None:
    (tmp_path / "stop").touch()
    assert train(settings(model, rooms, tmp_path, steps=3, turns=1), on_line=quiet).steps == 1
    assert not (tmp_path / "stop").exists()


def test_a_run_that_was_killed_at_its_very_end_is_done(model: Path, rooms: Path, tmp_path: Path) -> None:
    chosen = settings(model, rooms, tmp_path, steps=1, save_every=1, turns=1)
    train(chosen, on_line=quiet)
    shutil.rmtree(tmp_path / "model")
    (tmp_path / "status.json").write_text('{"state": "running"}')
    train(chosen, on_line=quiet)
    assert json.loads((tmp_path / "status.json").read_text())["state"] == "done"
    assert (tmp_path / "model" / "model.safetensors").exists()


def test_where_the_schedule_stands_is_kept(model: Path, rooms: Path, tmp_path: Path) -> None:
    train(settings(model, rooms, tmp_path, steps=2), on_line=quiet, until=1)
    last = last_checkpoint(tmp_path)
    assert last is not None
    state = json.loads((last / trainer_module.STAGE).read_text())
    assert state["stage"] == "format"
    assert state["seen"] == 8, "four trajectories of two turns"


def test_other_settings_are_no_going_on(model: Path, rooms: Path, tmp_path: Path) -> None:
    train(settings(model, rooms, tmp_path, steps=2), on_line=quiet, until=1)
    with pytest.raises(ValueError, match=r"learning_rate 0\.001 then and 0\.5 now"):
        train(settings(model, rooms, tmp_path, steps=2, learning_rate=0.5), on_line=quiet)


def test_kl_is_measured_from_the_model_at_the_beginning(model: Path, rooms: Path, tmp_path: Path) -> None:
    chosen = settings(model, rooms, tmp_path, steps=3, learning_rate=1e-2)
    train(chosen, on_line=quiet, until=2)
    last = last_checkpoint(tmp_path)
    assert load_model(chosen, last).config._name_or_path == str(model)


def test_a_full_disk_is_said_and_survived(
    model: Path, rooms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has room at the first step, none at the second, and again at the third."""
    lines: list[str] = []
    whole = trainer_module.GRPOTrainer._save_checkpoint

    def save(self: Any, model: Any, trial: Any) -> None:
        whole(self, model, trial)
        if self.state.global_step == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(trainer_module.GRPOTrainer, "_save_checkpoint", save)
    train(settings(model, rooms, tmp_path, steps=3, save_every=1, keep=9), on_line=lines.append)
    assert sorted(path.name for path in tmp_path.glob("checkpoint-*")) == ["checkpoint-1", "checkpoint-3"]
    assert any("No space left" in line and "checkpoint-1 stays the last one" in line for line in lines)
    assert not (tmp_path / ".saving").exists()


def test_numbers_that_run_away_stop_it_before_anything_is_lost(
    model: Path, rooms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loss = trainer_module.GRPOTrainer._compute_loss

    def broken(self: Any, model: Any, inputs: Any) -> Any:
        made = loss(self, model, inputs)
        return made * float("nan") if self.state.global_step == 2 else made

    monkeypatch.setattr(trainer_module.GRPOTrainer, "_compute_loss", broken)
    with pytest.raises(Diverged, match=r"step 3: the loss is not a finite number.*checkpoint-2 is whole"):
        train(settings(model, rooms, tmp_path, save_every=1), on_line=quiet)
    last = last_checkpoint(tmp_path)
    assert last is not None
    assert last.name == "checkpoint-2"
    assert all(bool(torch.isfinite(value).all()) for value in load_file(last / "model.safetensors").values())


def test_figures_curves_and_trajectories_are_there(model: Path, rooms: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    chosen = settings(model, rooms, tmp_path, steps=2, validate_every=2, record_every=1)
    train(chosen, Instruments(renderer=Camera()), on_line=lines.append)
    assert any(line.startswith("step 1 of 2: return") and "format" in line and "left" in line for line in lines)
    assert any("validation" in line and "collide" in line for line in lines)
    assert list((tmp_path / "curves").rglob("events.out.tfevents*"))
    assert {"reward.png", "parts.png", "length.png"} <= {path.name for path in (tmp_path / "plots").iterdir()}
    files = sorted((tmp_path / "trajectories").glob("*.jsonl"))
    assert len(files) == 2
    rows = [json.loads(line) for line in files[0].read_text().splitlines()]
    assert len(rows) == 4
    for row in rows:
        assert len(row["turns"]) == 2
        for turn in row["turns"]:
            assert (tmp_path / "trajectories" / turn["picture"]).read_bytes().startswith(b"\x89PNG")
        assert row["turns"][1]["feedback"]
    status = json.loads((tmp_path / "status.json").read_text())
    assert (status["state"], status["step"]) == ("done", 2)


def test_a_file_called_stop_stops_it_with_a_checkpoint(model: Path, rooms: Path, tmp_path: Path) -> None:
    def tell(line: str) -> None:
        if line.startswith("step 1 of"):
            (tmp_path / "stop").touch()

    done = train(settings(model, rooms, tmp_path, steps=50), on_line=tell)
    assert done.steps < 50
    last = last_checkpoint(tmp_path)
    assert last is not None
    assert last.name == f"checkpoint-{done.steps}"
    assert json.loads((tmp_path / "status.json").read_text())["state"] == "stopped"


@pytest.mark.slow
@pytest.mark.usefixtures("toy")
def test_a_toy_is_learned(model: Path, rooms: Path, tmp_path: Path) -> None:
    """East is good, so soon there are more digits."""
    done = train(
        settings(model, rooms, tmp_path, steps=25, group=8, batch=16, learning_rate=5e-3, beta=0.0, staged=False),
        on_line=quiet,
    )
    assert done.first is not None
    assert done.last is not None
    assert done.last > done.first + 0.2


@pytest.mark.slow
def test_two_processes_learn_as_one_with_twice_the_batch(model: Path, rooms: Path, tmp_path: Path) -> None:
    """The same rooms in the same steps; what is sampled differs, so the first step's figures are compared."""
    script = tmp_path / "run.py"
    script.write_text(
        "import os, sys\n"
        "from pathlib import Path\n"
        "from metaspatial.backend.learn.grpo import train\n"
        "from metaspatial.backend.learn.grpo_settings import GRPOSettings\n"
        f"train({settings(model, rooms, tmp_path / 'two', batch=2, steps=3, record_every=1)!r})\n"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2",
               "--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no", str(script)]  # fmt: skip
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    train(settings(model, rooms, tmp_path / "one", batch=4, steps=3, record_every=1), on_line=quiet)

    def learned_in(run: str, step: int) -> list[str]:
        files = sorted((tmp_path / run / "trajectories").glob(f"step_{step:06d}_*.jsonl"))
        return [json.loads(line)["room"] for file in files for line in file.read_text().splitlines()]

    for step in range(3):
        assert learned_in("two", step) == learned_in("one", step)
    assert len(sorted((tmp_path / "two" / "trajectories").glob("*.jsonl"))) == 6
    assert (tmp_path / "two" / "model" / "model.safetensors").exists()
