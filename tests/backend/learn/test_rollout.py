# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""Trajectories: which tokens there are, whose they are, and what happens when something goes wrong."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from metaspatial.backend.dialogue import Message
from metaspatial.backend.learn.album import Album, Bench
from metaspatial.backend.learn.encode import Encoder
from metaspatial.backend.learn.examples import Example, chat_messages
from metaspatial.backend.learn.processor import load_processor
from metaspatial.backend.learn.rollout import Context, Episode, LearningRoom, World, Written, followup, roll_out
from metaspatial.backend.refine import refine
from metaspatial.backend.rewards.score import Verdict
from metaspatial.backend.rewards.scorer import Scorer
from PIL import Image

pytestmark = pytest.mark.learn


class Camera:
    """Pictures of a colour that depends on the layout."""

    def __init__(self) -> None:
        self.taken = 0

    def render(self, scene: Any, layout: Any, size: tuple[int, int] = (56, 56)) -> bytes:
        self.taken += 1
        shade = sum(int(100 * (pose.x + pose.y)) for pose in layout.poses.values()) % 256
        out = io.BytesIO()
        Image.new("RGB", size, (shade, 255 - shade, 128)).save(out, "PNG")
        return out.getvalue()


class Script:
    """Writes prepared texts, one a turn and row; a policy of the panel, too."""

    name = "script"

    def __init__(self, encoder: Encoder, texts: Sequence[Sequence[str]], *, cut: bool = False) -> None:
        self.encoder, self.texts, self.cut = encoder, texts, cut
        self.turn = -1
        self.asked: list[list[Context]] = []

    def __call__(self, contexts: Sequence[Context]) -> list[Written]:
        self.turn += 1
        self.asked.append(list(contexts))
        ends = [] if self.cut else [self.encoder.tokenizer.eos_token_id]
        return [
            Written(self.encoder.tokenizer(text, add_special_tokens=False)["input_ids"] + ends)
            for text in self.texts[self.turn][: len(contexts)]
        ]

    def answer(self, dialogue: Any, *, cancelled: Any = None, on_text: Any = None) -> str:
        self.turn += 1
        return self.texts[self.turn][0]


@pytest.fixture(scope="module")
def encoder(model: Path) -> Encoder:
    return Encoder(load_processor(model))


@pytest.fixture(scope="module")
def room(examples: list[Example]) -> LearningRoom:
    return LearningRoom("room 0", examples[0].scene)


def rolled(encoder: Encoder, rooms: Sequence[LearningRoom], write: Any, **more: Any) -> list[Episode]:
    world = more.pop("world", None) or World(Scorer(), Album(Camera(), 56))
    chosen = {"turns": 2, "longest": 8000, "answer": 500, "ends": [encoder.tokenizer.eos_token_id], **more}
    return roll_out(rooms, write, encoder, world, **chosen)


def test_the_tokens_are_those_of_the_whole_dialogue(
    encoder: Encoder, room: LearningRoom, examples: list[Example]
) -> None:
    """What the template writes of it all at once, and nothing else."""
    texts = [[examples[1].answer], [examples[0].answer]]
    (episode,) = rolled(encoder, [room], Script(encoder, texts))
    assert episode.trajectory is not None
    last = episode.trajectory.turns[-1]
    messages = [*last.messages, Message("assistant", last.answer_text)]
    shown = [picture for message in messages for picture in message.pictures]
    assert len(shown) == len(episode.pictures) == 2
    whole = encoder.encode(chat_messages(messages), shown).ids
    mine = episode.prompt_ids + episode.completion_ids
    assert mine == whole[: len(mine)]
    assert encoder.tokenizer.decode(whole[len(mine) :]).strip() == ""


def test_own_are_the_answers_and_their_ends_only(encoder: Encoder, room: LearningRoom, examples: list[Example]) -> None:
    texts = [[examples[1].answer], [examples[0].answer]]
    (episode,) = rolled(encoder, [room], Script(encoder, texts))
    decode, end = encoder.tokenizer.decode, encoder.tokenizer.eos_token
    told = [decode(episode.completion_ids[start:stop]) for start, stop in episode.spans]
    assert told == [texts[0][0] + end, texts[1][0] + end]
    assert sum(episode.own) == sum(stop - start for start, stop in episode.spans)
    assert all(episode.own[k] for start, stop in episode.spans for k in range(start, stop))
    assert encoder.image_id in [id for id, own in zip(episode.completion_ids, episode.own, strict=True) if not own]


def test_it_is_what_the_panel_does(encoder: Encoder, room: LearningRoom, examples: list[Example]) -> None:
    texts = [[examples[1].answer], [examples[2].answer], [examples[0].answer]]
    (episode,) = rolled(encoder, [room], Script(encoder, texts), turns=3)
    same = refine(room.scene, Script(encoder, texts), Scorer(), turns=3, renderer=Album(Camera(), 56))
    assert episode.trajectory == same


def test_the_next_turn_reads_all_that_was_written(
    encoder: Encoder, room: LearningRoom, examples: list[Example]
) -> None:
    script = Script(encoder, [[examples[1].answer], [examples[0].answer]])
    (episode,) = rolled(encoder, [room], script)
    first, second = script.asked[0][0], script.asked[1][0]
    assert first.ids == episode.prompt_ids
    assert second.ids == episode.prompt_ids + episode.completion_ids[: episode.spans[1][0]]
    for context, count in ((first, 1), (second, 2)):
        assert len(context.pictures) == sum(len(grid) for grid in context.grids) == count
        patches = sum(int(grid.prod(-1).sum()) for grid in context.grids)
        assert patches == sum(len(each) for each in context.pixels)
        assert context.ids.count(encoder.image_id) == patches // encoder.processor.image_processor.merge_size**2


def test_an_answer_that_was_cut_off_is_ended_for_the_model(
    encoder: Encoder, room: LearningRoom, examples: list[Example]
) -> None:
    (episode,) = rolled(encoder, [room], Script(encoder, [["<think>so"], ["and so"]], cut=True))
    after = episode.spans[0][1]
    assert episode.ended == [False, False]
    assert episode.completion_ids[after] == encoder.tokenizer.eos_token_id
    assert episode.own[after] == 0
    assert len(episode.spans) == 2


def test_a_trajectory_without_room_for_another_turn_ends(
    encoder: Encoder, room: LearningRoom, examples: list[Example]
) -> None:
    script = Script(encoder, [[examples[1].answer], [examples[0].answer]])
    (full,) = rolled(encoder, [room], script)
    longest = len(full.prompt_ids) + full.spans[1][0] + 500
    (fits,) = rolled(encoder, [room], Script(encoder, script.texts), longest=longest)
    assert len(fits.spans) == 2
    (short,) = rolled(encoder, [room], Script(encoder, script.texts), longest=longest - 1)
    assert len(short.spans) == 1
    assert "no room" in short.failure
    assert short.trajectory is not None
    assert short.completion_ids == full.completion_ids[: full.spans[0][1]]
    assert len(short.pictures) == 1


def test_a_prompt_that_is_too_long_is_no_trajectory(encoder: Encoder, room: LearningRoom) -> None:
    (episode,) = rolled(encoder, [room], Script(encoder, []), longest=600)
    assert episode.trajectory is None
    assert "no room" in episode.failure


def test_a_bad_room_costs_its_own_trajectory(encoder: Encoder, examples: list[Example]) -> None:
    class Picky:
        def score(self, scene: Any, layout: Any, problems: Any = ()) -> Any:
            if scene == examples[1].scene:
                raise ArithmeticError("a mesh without faces")
            return Scorer().score(scene, layout, problems)

    rooms = [LearningRoom(f"room {k}", examples[k].scene) for k in range(3)]
    answers = [one.answer for one in examples[:3]]
    made = rolled(encoder, rooms, Script(encoder, [answers, [answers[1]] * 2]), world=World(Picky(), None))
    assert [episode.trajectory is None for episode in made] == [False, True, False]
    assert made[1].failure == "a mesh without faces"


def test_processes_that_write_together_ask_alike(encoder: Encoder, room: LearningRoom, examples: list[Example]) -> None:
    """Another process still has a trajectory that goes on: this one takes part, and nothing is added to its own."""
    others = iter([True, True, True, False])
    script = Script(encoder, [[examples[1].answer] * 2] * 3)
    made = rolled(encoder, [room, room], script, turns=1, anybody=lambda mine: next(others) or mine)
    assert [len(contexts) for contexts in script.asked] == [2, 2, 2]
    assert all(len(episode.spans) == 1 for episode in made)


def test_equal_layouts_are_pictured_and_judged_once(
    encoder: Encoder, room: LearningRoom, examples: list[Example]
) -> None:
    class Judge:
        def __init__(self) -> None:
            self.seen = 0

        def judge(self, scene: Any, pictures: Any) -> Verdict:
            self.seen += 1
            return Verdict(0.5)

    camera, judge = Camera(), Judge()
    album = Album(camera, 56)
    bench = Bench(judge, album)
    script = Script(encoder, [[examples[1].answer] * 3])
    made = rolled(encoder, [room] * 3, script, turns=1, world=World(Scorer(), album, bench))
    bench.close()
    assert judge.seen == 1
    assert camera.taken == 2, "the room before the first turn, and the one layout"
    assert [score.render for episode in made for score in episode.scores] == [0.5] * 3


def test_a_dead_judge_is_missing_not_a_number(encoder: Encoder, room: LearningRoom, examples: list[Example]) -> None:
    class Dead:
        def judge(self, scene: Any, pictures: Any) -> Verdict:
            raise ConnectionError("nobody is there")

    album = Album(Camera(), 56)
    bench = Bench(Dead(), album)
    (episode,) = rolled(encoder, [room], Script(encoder, [[examples[1].answer]]), turns=1,
                        world=World(Scorer(), album, bench))  # fmt: skip
    bench.close()
    assert episode.scores[0].render is None
    assert episode.scores[0].verdict == Verdict(None, missing="nobody is there")


def test_feedback_without_a_picture_is_text_alone(encoder: Encoder) -> None:
    ids, seen = followup(encoder, Message("user", "Issues: none."))
    assert seen is None
    assert encoder.image_id not in ids
    text = encoder.tokenizer.decode(ids)
    assert "Issues: none." in text
    assert text.rstrip().endswith("assistant")
