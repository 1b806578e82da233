# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""TRL's `GRPOTrainer` for trajectories: answers in several turns, and between them the user's text and pictures.

What is TRL's stays TRL's: the loss, the ratios, KL, vLLM, distribution. What is ours comes in at its private methods
(`PRIVATE` names them, and a test fails when TRL changes one):

`_generate` rolls out trajectories by `rollout.roll_out` instead of single answers. A dataset's prompt is only a room's
key. It returns the tokens, a mask that is 1 on the model's own, and the pictures of all turns, which TRL would call a
tool's: that is its way of having pictures behind the first prompt.
`_generate_single_turn` stays TRL's, and writes each turn's answers (transformers or vLLM).
`_get_per_token_logps_and_entropies` stays TRL's but for models that are held to a form (`held`).
`_generate_and_score_completions` stays TRL's; with credit by turn, its advantages are replaced (TRL allows for one a
token). The reward function that it calls is ours: it compares a group's trajectories over all processes.
`_get_train_sampler` gives the rooms of the whole run as one pass, so that going on never has to find its epoch.
What makes checkpoints whole, and such that they can be gone on with, is `resumable`.
"""

from __future__ import annotations

import contextlib
import copy
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow
import torch
from accelerate.utils import gather_object
from datasets import Dataset
from torch.utils.data import Sampler
from transformers import TrainerCallback
from trl import GRPOConfig

from ..rewards.schedule import Schedule
from . import shared
from .credit import pieces_of
from .encode import Encoder
from .grpo_settings import GRPOSettings
from .guide import ENTRY
from .held import choices_of, logprobs_among, write_held
from .resumable import ResumableTrainer, RoomSampler, Sound
from .returns import advantages_by_piece, advantages_by_turn, batch_unit, totals_of_group, worth_of_pieces
from .rollout import Clock, Context, Episode, LearningRoom, World, Written, roll_out
from .tally import Grades, grades_of, measures_of

PRIVATE = {
    "_generate": ("self", "prompts"),
    "_generate_single_turn": (
        "self", "prompt_ids", "images", "multimodal_fields", "num_generations", "has_tool_images",
    ),
    "_generate_and_score_completions": ("self", "inputs"),
    "_compute_loss": ("self", "model", "inputs"),
    "_get_per_token_logps_and_entropies": (
        "self", "model", "input_ids", "attention_mask", "logits_to_keep", "batch_size", "compute_entropy",
        "compute_aux_loss", "pixel_values", "image_grid_thw", "num_images", "pixel_attention_mask", "spatial_shapes",
        "num_tiles", "image_sizes", "token_type_ids", "mm_token_type_ids", "image_position_ids",
    ),
    "_get_train_sampler": ("self", "dataset"),
    "_save_checkpoint": ("self", "model", "trial"),
}  # fmt: skip
"""TRL's methods that are overridden or called, with their parameters."""


class TrajectoryTrainer(ResumableTrainer):
    """Trains a Qwen2.5-VL on trajectories in rooms. `on_episodes` gets each step's, in this process, as they are."""

    def __init__(
        self,
        model: Any,
        settings: GRPOSettings,
        rooms: Sequence[LearningRoom],
        world: World,
        *,
        args: GRPOConfig,
        processor: Any,
        validation: Sequence[LearningRoom] = (),
        on_line: Callable[[str], None] = print,
        on_episodes: Callable[
            [int, Sequence[Episode], Sequence[float | None]], None
        ] = lambda step, episodes, returns: None,
        callbacks: Sequence[TrainerCallback] = (),
        peft_config: Any = None,
    ) -> None:
        self.settings = settings
        self.world = world
        self.stage = Schedule(settings.stages)
        self.validation = list(validation)
        self._rooms = {room.key: room for room in rooms}
        self._on_line, self._on_episodes = on_line, on_episodes
        self._episodes: list[Episode] = []
        self._values: list[list[float]] = []
        self._worth: list[list[dict[str, float]]] = []
        self._told: set[str] = set()
        self._choices: torch.Tensor | None = None
        self._temperature = settings.temperature
        self._began = time.perf_counter()
        keys = [[{"role": "user", "content": room.key}] for room in rooms]
        super().__init__(
            model=model,
            reward_funcs=self._rewarder(),
            args=args,
            train_dataset=_dataset(keys),
            eval_dataset=_dataset(keys[:1]) if validation else None,
            processing_class=processor,
            callbacks=[*callbacks, Sound(self)],
            peft_config=peft_config,
        )
        if self.tools or self.rollout_func is not None or not self._is_vlm:
            raise ValueError("trajectories need a model that sees pictures, and neither tools nor a rollout function")
        self.held = bool(getattr(model.config, ENTRY, False))
        if self.held and (self.use_vllm or self.is_fsdp_enabled or self.is_deepspeed_enabled):
            raise ValueError(
                "this model is held to the form of its answers while it writes: neither vLLM nor weights spread over "
                "processes allow for that; train it without them, it is small"
            )
        if self.held and settings.checkpoint_activations:  # it then keeps nothing of what it has read
            raise ValueError("this model is small, and reads its prompts once: leave out checkpoint_activations")
        if self.held and settings.top_p < 1:
            raise ValueError("this model draws from all that its form allows for: leave top_p at 1")
        self.encoder = Encoder(processor)
        self.tools = [_feedback]  # what TRL asks for before it looks at pictures behind the first prompt

    # trajectories

    def _generate(self, prompts: list[Any]) -> tuple[Any, ...]:
        rooms = [self._rooms[prompt[-1]["content"]] for prompt in prompts]
        clock, began = Clock(), time.perf_counter()
        episodes = self._episodes = self.roll_out(rooms, judge=self.stage.judges, clock=clock)
        for episode in episodes:
            if episode.trajectory is None:
                self._tell(f"room {episode.room.key} is left out: {episode.failure}")
                _blank(episode, self._tokenizer.eos_token_id)
        self._note(episodes, clock, began)
        if self.held:
            vocabulary = self.model.get_output_embeddings().out_features
            self._choices = choices_of(episodes, vocabulary).to(self.accelerator.device)
        pictures = [episode.pictures or None for episode in episodes]
        return (
            [episode.prompt_ids for episode in episodes],
            [episode.completion_ids for episode in episodes],
            [episode.own for episode in episodes],
            [_said(episode) for episode in episodes],
            [episode.logprobs for episode in episodes] if self.use_vllm else None,
            {},
            pictures if any(pictures) else None,
            [shown or [] for shown in pictures],
        )

    def roll_out(
        self, rooms: Sequence[LearningRoom], *, judge: bool, clock: Clock | None = None, group: int | None = None
    ) -> list[Episode]:
        """Trajectories of this process's rooms, in the manner that the trainer samples in now."""
        turn = iter(range(self.settings.turns))

        def write(contexts: Sequence[Context]) -> list[Written]:
            first = next(turn) == 0
            return self._write(
                contexts, (group or self.num_generations) if first and len(contexts) == len(rooms) else 1
            )

        collective = self.accelerator.num_processes > 1 and (
            self.is_fsdp_enabled or self.is_deepspeed_enabled or (self.use_vllm and self.vllm_mode == "server")
        )
        return roll_out(
            rooms,
            write,
            self.encoder,
            World(self.world.scorer, self.world.renderer, self.world.bench if judge else None),
            turns=self.settings.turns,
            longest=min(self.settings.max_length, self.model.config.get_text_config().max_position_embeddings),
            answer=self.settings.max_answer,
            ends=self.eos_token_ids,
            anybody=self._anybody if collective else None,
            clock=clock,
        )

    def _write(self, contexts: Sequence[Context], group: int) -> list[Written]:
        """One turn's answers, by TRL's generation: from ids and pictures, never from text."""
        if self.held:
            model = self.accelerator.unwrap_model(self.model)
            most = self.settings.max_answer
            return write_held(model, self.encoder, contexts, temperature=self._temperature, most=most)
        ids = [context.ids for context in contexts]
        pictures = [context.pictures or None for context in contexts]
        fields: dict[str, Any] = {}
        if any(pictures):
            fields = {
                "pixel_values": torch.cat([each for context in contexts for each in context.pixels]),
                "image_grid_thw": torch.cat([each for context in contexts for each in context.grids]),
                "mm_token_type_ids": [[int(id == self.encoder.image_id) for id in row] for row in ids],
            }
        written, logprobs = self._generate_single_turn(ids, pictures if any(pictures) else None, fields, group)
        if logprobs is None:
            return [Written(list(row)) for row in written]
        return [Written(list(row), list(known)) for row, known in zip(written, logprobs, strict=True)]

    def _anybody(self, mine: bool) -> bool:
        return bool(self.accelerator.gather(torch.tensor([int(mine)], device=self.accelerator.device)).sum())

    # rewards

    def _rewarder(self) -> Callable[..., list[float | None]]:
        def trajectory(
            prompts: Sequence[Any], log_metric: Callable[[str, float], None], **_: Any
        ) -> list[float | None]:
            return self._returns(log_metric)

        return trajectory

    def _returns(self, log: Callable[[str, float], None]) -> list[float | None]:
        """The returns of this process's episodes. Groups may be spread over processes, so all look at all grades."""
        mine, group = self._episodes, self.num_generations
        grades: list[Grades] = gather_object([grades_of(episode) for episode in mine])
        scores = [each.as_scores() for each in grades]
        weights, returns = self.stage.weights, self.settings.returns
        totals = [
            turns for k in range(0, len(scores), group) for turns in totals_of_group(scores[k : k + group], weights)
        ]
        values = [
            value for k in range(0, len(totals), group) for value in returns.of_group(totals[k : k + group])
        ]  # fmt: skip
        scale = self.settings.scale
        by_turn = [
            each
            for k in range(0, len(totals), group)
            for each in advantages_by_turn(totals[k : k + group], returns, scale)
        ]
        unit = batch_unit((value for turns in by_turn for value in turns), scale)
        for name, value in measures_of(grades, totals).items():
            log(name, value)
        log("stage", float(self.stage.stages.index(self.stage.stage)))
        if self.stage.observe([score for turns in scores for score in turns]):
            self._on_line(f"step {self.state.global_step}: the stage “{self.stage.stage.name}” begins")
        for missing in {each.missing for each in grades} - {""}:
            self._tell(f"a picture is not judged: {missing}")
        first = self.accelerator.process_index * len(mine)
        self._values = [[value / unit for value in turns] for turns in by_turn[first : first + len(mine)]]
        if self.settings.credit == "piece":
            worth = [[worth_of_pieces(score, weights) for score in turns] for turns in scores]
            by_piece = [
                each
                for k in range(0, len(worth), group)
                for each in advantages_by_piece(worth[k : k + group], returns, scale)
            ]
            unit = batch_unit((value for turns in by_piece for turn in turns for value in turn.values()), scale)
            self._worth = [
                [{name: value / unit for name, value in turn.items()} for turn in turns]
                for turns in by_piece[first : first + len(mine)]
            ]
        own = values[first : first + len(mine)]
        self._on_episodes(self.state.global_step, mine, own)
        return own

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        out = super()._generate_and_score_completions(inputs)
        if self._choices is not None:
            out["choices"] = self._choices
        if self.settings.credit != "trajectory":
            spread = torch.zeros(out["completion_ids"].shape, device=out["advantages"].device)
            for row, (episode, values) in enumerate(zip(self._episodes, self._values, strict=True)):
                for turn, ((start, end), value) in enumerate(zip(episode.spans, values, strict=False)):
                    own = {} if self.settings.credit == "turn" else self._worth[row][turn]
                    spread[row, start:end] = self._by_piece(episode.completion_ids[start:end], own, value)
            out["advantages"] = spread
        return out

    def _by_piece(self, ids: Sequence[int], worth: Mapping[str, float], value: float) -> torch.Tensor:
        """For each of a turn's tokens the advantage of the piece that it places; the turn's, where it places none."""
        texts = [self._tokenizer.decode([id], skip_special_tokens=True) for id in ids] if worth else [""] * len(ids)
        owners = pieces_of(texts, list(worth))
        return torch.tensor([worth.get(owner, value) for owner in owners], device=self.accelerator.device)

    def _compute_loss(self, model: Any, inputs: dict[str, Any]) -> torch.Tensor:
        self._choices = inputs.get("choices")
        return super()._compute_loss(model, inputs)

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        logits_to_keep: int,
        batch_size: int | None = None,
        compute_entropy: bool = False,
        compute_aux_loss: bool = False,
        **pictures: Any,
    ) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
        if self._choices is None:
            return super()._get_per_token_logps_and_entropies(
                model,
                input_ids,
                attention_mask,
                logits_to_keep,
                batch_size,
                compute_entropy,
                compute_aux_loss,
                **pictures,
            )
        batch = shared.Batch(
            input_ids,
            attention_mask,
            logits_to_keep,
            self.encoder.image_id,
            pictures.get("pixel_values"),
            pictures.get("image_grid_thw"),
            pictures.get("num_images"),
        )
        with self.accelerator.autocast():
            logits = shared.logits_of(model, batch) / self.temperature
        ids = input_ids[:, -logits_to_keep:]
        logprobs, entropies = logprobs_among(logits, ids, self._choices)
        return logprobs, entropies if compute_entropy else None, None

    def _note(self, episodes: Sequence[Episode], clock: Clock, began: float) -> None:
        """The figures of a generation that TRL's own `_generate` would keep, and where the time went."""
        figures = self._metrics["train"]
        device = self.accelerator.device
        lengths = torch.tensor([float(sum(one.own)) for one in episodes], device=device)
        ended = torch.tensor([float(bool(one.ended) and all(one.ended)) for one in episodes], device=device)
        read = torch.tensor([float(len(one.prompt_ids) + len(one.completion_ids)) for one in episodes], device=device)
        lengths, ended, read = (self.accelerator.gather(each) for each in (lengths, ended, read))
        self.state.num_input_tokens_seen += int(read.sum().item())
        figures["num_tokens"] = [self.state.num_input_tokens_seen]
        figures["completions/mean_length"].append(lengths.mean().item())
        figures["completions/min_length"].append(lengths.min().item())
        figures["completions/max_length"].append(lengths.max().item())
        figures["completions/clipped_ratio"].append(1.0 - ended.mean().item())
        figures["seconds/writing"].append(clock.writing)
        figures["seconds/measuring"].append(clock.measuring)
        whole = began - self._began  # from one generation to the next: a step, or several of them
        if self.state.global_step > 0 and whole > 0:
            figures["seconds/measuring_share"].append(clock.measuring / whole)
        self._began = began

    def _tell(self, line: str) -> None:
        """Say it once."""
        if line not in self._told:
            self._told.add(line)
            self._on_line(line)

    # data, measurement

    def _get_train_sampler(self, dataset: Any = None) -> Sampler[int]:
        return RoomSampler(
            rooms=len(self._rooms),
            at_once=self.args.generation_batch_size // self.num_generations,
            group=self.num_generations,
            repeat=self.num_iterations * self.args.steps_per_generation,
            generations=math.ceil(self.args.max_steps / self.num_iterations),
            seed=self.args.seed,
        )

    def evaluate(self, *args: Any, **options: Any) -> dict[str, float]:
        """Greedy trajectories of the validation rooms, each process its share: what they score, collide and leave."""
        was, rank, processes = self.model.training, self.accelerator.process_index, self.accelerator.num_processes
        count = math.ceil(len(self.validation) / processes)  # the same in all: writing may be their common work
        share = [self.validation[(rank + k * processes) % len(self.validation)] for k in range(count)]
        mine: list[Grades] = []
        self.model.eval()
        try:
            with self._greedy():
                for k in range(0, count, self.settings.batch):
                    some = share[k : k + self.settings.batch]
                    mine += [grades_of(one) for one in self.roll_out(some, judge=False, group=1)]
            grades = gather_object(mine[: len(self.validation[rank::processes])])
            totals = [[score.total for score in each.as_scores()] for each in grades]
            figures = {f"validation/{name}": value for name, value in measures_of(grades, totals).items()}
            self.log(dict(figures))
        finally:
            self.model.train(was)
        return figures

    @contextlib.contextmanager
    def _greedy(self) -> Iterator[None]:
        """Write the likeliest answers, and touch no dice."""
        if self.held:
            self._temperature = 0.0
            try:
                yield
            finally:
                self._temperature = self.settings.temperature
            return
        if self.use_vllm:
            engine, was = self.vllm_generation, self.vllm_generation.temperature
            engine.temperature = 0.0
            try:
                yield
            finally:
                engine.temperature = was
            return
        config, options = self.generation_config, self.generation_kwargs
        self.generation_config = copy.deepcopy(config)
        self.generation_config.update(do_sample=False, temperature=1.0, top_p=1.0, top_k=50)
        self.generation_kwargs = {**options, "do_sample": False, "temperature": 1.0, "top_p": 1.0, "top_k": 50}
        try:
            yield
        finally:
            self.generation_config, self.generation_kwargs = config, options


def _dataset(prompts: list[Any]) -> Dataset:
    """Rows as TRL wants them. With a fingerprint, or they would be pickled for one, which fails in Blender 4.3."""
    return Dataset(pyarrow.table({"prompt": prompts}), fingerprint="rooms")


def _feedback() -> str:
    """Stands for the feedback between turns where TRL asks whether there are tools; never shown to a model."""
    return ""


def _blank(episode: Episode, filler: int) -> None:
    """What has been written of a trajectory that came to nothing is not learned from; some tokens there must be."""
    if not episode.completion_ids:
        episode.prompt_ids = episode.prompt_ids or [filler]
        episode.completion_ids, episode.logprobs, episode.choices = [filler], [0.0], [[]]
    episode.own = [0] * len(episode.completion_ids)
    episode.spans, episode.ended = [], []


def _said(episode: Episode) -> list[dict[str, str]]:
    """The trajectory as messages, for TRL's log."""
    if episode.trajectory is None:
        return [{"role": "assistant", "content": ""}]
    turns = episode.trajectory.turns
    said = [{"role": "assistant", "content": turns[0].answer_text}]
    for turn in turns[1:]:
        said.append({"role": "user", "content": turn.messages[-1].text})
        said.append({"role": "assistant", "content": turn.answer_text})
    return said
