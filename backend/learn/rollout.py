# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""Trajectories: rooms answered side by side, turn by turn, with every token kept as it was written.

The turns are those of `refine.converse`, as the panel has them. What is added is the bookkeeping of a training: the ids
of the first prompt; behind it the answers and, between them, the feedback, each in its own tokens; which of these the
model wrote itself; the pictures in their order. A later turn is never tokenized anew from its text: what the model
wrote stays the ids that it wrote, or their probabilities would be those of other tokens.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import torch
from PIL import Image

from ..dialogue import Dialogue, Message
from ..policies.policy import Cancelled, PolicyError
from ..refine import Event, LayoutScorer, Trajectory, TurnScored, converse
from ..rewards.score import Renderer, Score, Verdict
from ..rewards.scorer import judged
from ..scene import Layout, Scene
from .album import Bench
from .encode import Encoder, opened
from .examples import chat_messages


@dataclass(frozen=True, slots=True)
class LearningRoom:
    """A room to learn in. `picture` (PNG) shows it before the first turn where there is no renderer."""

    key: str
    scene: Scene
    picture: bytes | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What the model reads before it goes on: messages, their ids, and all pictures, as they are and as it sees them.

    `pixels` (patches, values of a patch) and `grids` (pictures, 3) are one tensor a message.
    """

    messages: list[dict[str, Any]]
    ids: list[int]
    pictures: list[Image.Image]
    pixels: list[torch.Tensor]
    grids: list[torch.Tensor]


@dataclass(frozen=True, slots=True)
class Written:
    """What the model wrote: ids, the one that ends it included, and their log-probabilities where they are known.

    Of a model that is held to a form (`guide`): what each id was chosen among, nothing standing for all there are; and
    `rest`, what its answer says further, as it follows from what it wrote.
    """

    ids: list[int]
    logprobs: list[float | None] | None = None
    choices: list[list[int]] | None = None
    rest: str = ""


Writer = Callable[[Sequence[Context]], Sequence[Written]]
"""Goes on with several contexts at once."""


@dataclass(slots=True)
class Episode:
    """A room's trajectory and its tokens: `prompt_ids`, then `completion_ids`, of which `own` are the model's (1 or 0).

    A token that the model could not but write, as it is held to a form, is not its own. `choices` as in `Written`.
    `spans` are the turns' own tokens in the completion, [from, to). `scores` are the turns', with verdicts where there
    was a judge. Without a trajectory, `failure` says why; with one, why it ended early, if it did.
    """

    room: LearningRoom
    prompt_ids: list[int] = field(default_factory=list)
    completion_ids: list[int] = field(default_factory=list)
    own: list[int] = field(default_factory=list)
    logprobs: list[float | None] = field(default_factory=list)
    choices: list[list[int]] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    ended: list[bool] = field(default_factory=list)
    pictures: list[Image.Image] = field(default_factory=list)
    trajectory: Trajectory | None = None
    scores: list[Score] = field(default_factory=list)
    failure: str = ""


@dataclass(slots=True)
class Clock:
    """Seconds spent in writing answers, and in reading, measuring and picturing what they mean."""

    writing: float = 0.0
    measuring: float = 0.0


@dataclass(frozen=True, slots=True)
class World:
    """What answers are shown to: the scorer of the turns, a renderer, and who judges pictures, if anybody does."""

    scorer: LayoutScorer
    renderer: Renderer | None = None
    bench: Bench | None = None


def roll_out(
    rooms: Sequence[LearningRoom],
    write: Writer,
    encoder: Encoder,
    world: World,
    *,
    turns: int,
    longest: int,
    answer: int,
    ends: Sequence[int],
    anybody: Callable[[bool], bool] | None = None,
    clock: Clock | None = None,
) -> list[Episode]:
    """An episode for each of the rooms, in their order; a room may be there several times.

    A trajectory has at most `longest` tokens: one with no room left for an answer of `answer` tokens ends where it is.
    `ends` are the ids that end an answer; one that was cut off is ended for the model, as a chat template would.

    Where generation is a collective of several processes, give `anybody`: whether any process has an episode that goes
    on. All then ask for the same number of turns and rows; what is written for episodes that are over is dropped.
    """
    clock = clock or Clock()
    talks = [_Talk(room, encoder, world, turns, longest - answer, ends) for room in rooms]
    _timed(clock, [talk.open for talk in talks])
    while True:
        asking = [talk for talk in talks if talk.live]
        if not (anybody(bool(asking)) if anybody else asking):
            break
        if anybody:
            asking = talks
        began = time.perf_counter()
        written = write([talk.context() for talk in asking])
        clock.writing += time.perf_counter() - began
        _timed(clock, [_taking(talk, one) for talk, one in zip(asking, written, strict=True) if talk.live])
    _timed(clock, [talk.close for talk in talks])
    return [talk.episode for talk in talks]


def followup(encoder: Encoder, message: Message) -> tuple[list[int], Any]:
    """The ids between the end of an answer and the next one, and the pictures in them as the model sees them, or None.

    They are the chat template's own: what it writes after the assistant's end token for this message of the user.
    """
    before = chat_messages([Message("system", ""), Message("user", ""), Message("assistant", "")])
    write, end = encoder.tokenizer.apply_chat_template, encoder.tokenizer.eos_token
    said = write(before, tokenize=False)
    whole = write([*before, *chat_messages([message])], tokenize=False, add_generation_prompt=True)
    cut = said.rindex(end) + len(end)
    if whole[:cut] != said[:cut]:
        raise ValueError("this model's chat template does not write a dialogue message by message")
    ids = encoder.tokenizer(whole[cut:], add_special_tokens=False)["input_ids"]
    if not message.pictures:
        return ids, None
    processor = encoder.processor.image_processor
    seen = processor([opened(picture) for picture in message.pictures], return_tensors="pt")
    counts = iter([int(grid.prod()) // processor.merge_size**2 for grid in seen["image_grid_thw"]])
    return [id for one in ids for id in ([one] * next(counts) if one == encoder.image_id else [one])], seen


class _Talk:
    """One episode while it goes on."""

    def __init__(
        self, room: LearningRoom, encoder: Encoder, world: World, turns: int, longest: int, ends: Sequence[int]
    ) -> None:
        self.episode = Episode(room)
        self.live = False
        self._encoder, self._longest, self._ends = encoder, longest, frozenset(ends)
        self._bench = world.bench
        self._verdicts: list[Future[Verdict] | None] = []
        self._pixels: list[torch.Tensor] = []
        self._grids: list[torch.Tensor] = []
        self._messages: list[dict[str, Any]] = []
        self._rest: list[int] = []
        self._talk = converse(
            room.scene,
            world.scorer,
            turns=turns,
            picture=None if world.renderer else room.picture,
            renderer=world.renderer,
            on_event=self._hear,
        )

    def open(self) -> None:
        self._go(lambda: next(self._talk))

    def context(self) -> Context:
        episode = self.episode
        ids = episode.prompt_ids + episode.completion_ids or [self._encoder.tokenizer.eos_token_id]
        return Context(self._messages, ids, list(episode.pictures), list(self._pixels), list(self._grids))

    def take(self, written: Written) -> None:
        """Have the next answer read, and the dialogue gone on with."""
        ids, choices = written.ids, written.choices or [[] for _ in written.ids]
        episode, start = self.episode, len(self.episode.completion_ids)
        self._add(ids, [int(len(among) != 1) for among in choices], written.logprobs, choices)
        episode.spans.append((start, start + len(ids)))
        episode.ended.append(bool(written.rest) or (bool(ids) and ids[-1] in self._ends))
        self._rest = self._encoder.tokenizer(written.rest, add_special_tokens=False)["input_ids"]
        text = self._encoder.tokenizer.decode(ids, skip_special_tokens=True) + written.rest
        self._go(lambda: self._talk.send(text))

    def close(self) -> None:
        """Fold in what the judge says, once all is written."""
        episode = self.episode
        if episode.trajectory is None:
            return
        for turn, verdict in zip(episode.trajectory.turns, self._verdicts, strict=True):
            # the total is worked out again, under the stage's weights, when the group is together
            episode.scores.append(turn.score if verdict is None else judged(turn.score, verdict.result()))

    def _go(self, step: Callable[[], Dialogue]) -> None:
        """Take a step of the conversation and write down what it asks; whatever fails ends this episode alone."""
        try:
            dialogue = step()
            if not self._ask(dialogue):
                full = PolicyError(f"the dialogue leaves no room for an answer in {self._longest} tokens")
                self._talk.throw(full)
            self.live = True
        except StopIteration as end:
            self.live, self.episode.trajectory, self.episode.failure = False, end.value, end.value.failure
        except Cancelled:
            raise
        except Exception as error:  # a bad room, or an engine that fails on it, costs that episode, not the run
            self.live, self.episode.failure = False, str(error) or type(error).__name__

    def _ask(self, dialogue: Dialogue) -> bool:
        """Add the newest message of the dialogue, if it fits."""
        episode, message = self.episode, dialogue.messages[-1]
        self._messages = chat_messages(dialogue.messages)
        if not episode.prompt_ids:
            shown = [picture for each in dialogue.messages for picture in each.pictures]
            first = self._encoder.encode(self._messages, shown, answer=True)
            if len(first.ids) > self._longest:
                return False
            episode.prompt_ids = list(first.ids)
            self._see(shown, first.pixels, first.grids)
            return True
        ids, seen = followup(self._encoder, message)
        said = [*episode.completion_ids, *self._rest]
        if not said or said[-1] != self._encoder.tokenizer.eos_token_id:
            ids = [self._encoder.tokenizer.eos_token_id, *ids]
        ids = [*self._rest, *ids]
        if len(episode.prompt_ids) + len(episode.completion_ids) + len(ids) > self._longest:
            return False
        self._add(ids, [0] * len(ids))
        if seen is not None:
            self._see(message.pictures, seen["pixel_values"], seen["image_grid_thw"])
        return True

    def _add(
        self,
        ids: Sequence[int],
        own: Sequence[int],
        logprobs: Sequence[float | None] | None = None,
        choices: Sequence[list[int]] | None = None,
    ) -> None:
        episode = self.episode
        episode.completion_ids += ids
        episode.own += own
        episode.logprobs += logprobs or [0.0] * len(ids)
        episode.choices += choices or [[] for _ in ids]

    def _see(self, pictures: Sequence[bytes], pixels: Any, grids: Any) -> None:
        self.episode.pictures += [opened(picture).convert("RGB") for picture in pictures]
        if pixels is not None:
            self._pixels.append(pixels)
            self._grids.append(grids)

    def _hear(self, event: Event) -> None:
        if isinstance(event, TurnScored):
            layout: Layout = event.turn.layout
            bench = self._bench
            self._verdicts.append(None if bench is None else bench.submit(self.episode.room.scene, layout))


def _taking(talk: _Talk, written: Written) -> Callable[[], None]:
    return lambda: talk.take(written)


def _timed(clock: Clock, steps: Sequence[Callable[[], None]]) -> None:
    began = time.perf_counter()
    for step in steps:
        step()
    clock.measuring += time.perf_counter() - began
