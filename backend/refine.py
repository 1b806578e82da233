# SPDX-License-Identifier: GPL-3.0-or-later
"""The turns of one arrangement: answer, read, score, show, answer again. The panel and the training run this loop."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from .dialogue import Answer, Dialogue, Message, Problem, format_answer, open_dialogue, parse_answer, with_feedback
from .policies.policy import Cancelled, Policy, PolicyError
from .rewards.score import Renderer, Score
from .scene import Layout, Scene, current_layout

PERFECT = 1.0 - 1e-6
"""Total from which there is nothing left to refine."""


class LayoutScorer(Protocol):
    """Grades layouts; `problems` are those of the answer that the layout was read from."""

    def score(self, scene: Scene, layout: Layout, problems: tuple[Problem, ...] = ()) -> Score: ...


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: the newest picture shown (PNG) and all messages sent, the answer as given, what it means, its score."""

    picture: bytes | None
    messages: tuple[Message, ...]
    answer_text: str
    layout: Layout
    problems: tuple[Problem, ...]
    score: Score


@dataclass(frozen=True, slots=True)
class Trajectory:
    """The turns of one episode, the best of them, and why it ended early if a later turn failed."""

    turns: tuple[Turn, ...]
    best: Turn
    failure: str = ""


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """Turn `number` of `turns` (from 1) asks the policy."""

    number: int
    turns: int


@dataclass(frozen=True, slots=True)
class TextReceived:
    """The policy's answer so far, or a line of its progress."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class TurnScored:
    number: int
    turn: Turn


@dataclass(frozen=True, slots=True)
class TurnFailed:
    """A turn after the first got no answer; the earlier turns stand."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class PictureFailed:
    """The picture for turn `number` could not be made; the turn goes on without it."""

    number: int
    reason: str


Event = TurnStarted | TextReceived | TurnScored | TurnFailed | PictureFailed


def refine(
    scene: Scene,
    policy: Policy,
    scorer: LayoutScorer,
    *,
    turns: int = 1,
    start: Layout | None = None,
    picture: bytes | None = None,
    renderer: Renderer | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    on_event: Callable[[Event], None] = lambda event: None,
) -> Trajectory:
    """Let the policy answer up to `turns` times, each time shown its last layout and what is wrong with it.

    `picture` (PNG) shows the room before the first turn; without one, `renderer` makes it. With `start`, the first turn
    is that very layout, as if the policy had answered it, so what comes of it is no worse. The best turn has the most
    points, of equals the earlier. Ends early at a perfect score, or when a later turn fails (the trajectory says why).

    Raises `PolicyError` when the first turn fails, `Cancelled` as soon as `cancelled` returns True, `SceneError` for an
    unsound scene, ValueError for less than one turn.
    """
    talk = converse(
        scene,
        scorer,
        turns=turns,
        start=start,
        picture=picture,
        renderer=renderer,
        cancelled=cancelled,
        on_event=on_event,
    )
    step, number = partial(next, talk), int(bool(start))
    while True:
        try:
            dialogue = step()
        except StopIteration as end:
            return end.value
        number += 1
        try:
            text = policy.answer(dialogue, cancelled=cancelled, on_text=partial(_tell, on_event, number))
        except PolicyError as error:
            step = partial(talk.throw, error)
        else:
            step = partial(talk.send, text)


def converse(
    scene: Scene,
    scorer: LayoutScorer,
    *,
    turns: int = 1,
    start: Layout | None = None,
    picture: bytes | None = None,
    renderer: Renderer | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    on_event: Callable[[Event], None] = lambda event: None,
) -> Generator[Dialogue, str, Trajectory]:
    """The turns of `refine` for who brings the answers: yields each dialogue, is sent its answer, returns the end.

    So that a training can have many rooms answered side by side. That there is no answer is thrown in as `PolicyError`.
    Raises what `refine` raises.
    """
    if turns < 1:
        raise ValueError(f"turns is {turns}; at least one is needed")
    _stop_if(cancelled)
    if picture is None:
        picture = _picture(renderer, scene, current_layout(scene), 1, on_event)
    dialogue = open_dialogue(scene, picture)
    done: list[Turn] = []
    failure = ""
    for number in range(1, turns + 1):
        _stop_if(cancelled)
        on_event(TurnStarted(number, turns))
        try:
            text = format_answer(start, scene=scene) if start and number == 1 else (yield dialogue)
        except PolicyError as error:
            if not done:
                raise
            failure = str(error)
            on_event(TurnFailed(number, failure))
            break
        _stop_if(cancelled)
        answer = Answer(start) if start and number == 1 else parse_answer(scene, text)
        score = scorer.score(scene, answer.layout, answer.problems)
        turn = Turn(picture, dialogue.messages, text, answer.layout, answer.problems, score)
        done.append(turn)
        on_event(TurnScored(number, turn))
        _stop_if(cancelled)
        if number == turns or score.total >= PERFECT:
            break
        picture = _picture(renderer, scene, turn.layout, number + 1, on_event)
        dialogue = with_feedback(dialogue, turn.answer_text, turn.layout, turn.score, picture)
    best = max(done, key=lambda turn: turn.score.total)  # max keeps the first of equals
    return Trajectory(tuple(done), best, failure)


def _tell(on_event: Callable[[Event], None], number: int, text: str) -> None:
    on_event(TextReceived(number, text))


def _picture(
    renderer: Renderer | None, scene: Scene, layout: Layout, number: int, on_event: Callable[[Event], None]
) -> bytes | None:
    if renderer is None:
        return None
    try:
        return renderer.render(scene, layout)
    except Cancelled:
        raise
    except Exception as error:  # whatever goes wrong in a renderer, the coordinates are worth more than the picture
        on_event(PictureFailed(number, str(error) or type(error).__name__))
        return None


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled
