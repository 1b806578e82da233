# SPDX-License-Identifier: GPL-3.0-or-later
"""A curation: the same whatever interrupts it; what can't be used is told; what fails is tried again."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from metaspatial.backend.curate.generated import GeneratedSource
from metaspatial.backend.curate.making import Made, Tools, Wanted
from metaspatial.backend.curate.pipeline import IN_A_ROW, Curated, CurateError, Curation, SourceGone, curate
from metaspatial.backend.curate.rooms import read_rooms
from metaspatial.backend.curate.source import BadRoom, Found
from metaspatial.backend.learn.examples import read_examples
from metaspatial.backend.scene import Layout
from metaspatial.tests.backend.curate.rooms import CRASH, Painter, Rooms, contents, good, lines_of, room

PAINTED = functools.partial(Tools, renderer=Painter())


def run(
    out: Path, source: object, *, tools: Callable[[], Tools] = Tools, repairs: float = 0.5, **more: object
) -> Curated:
    return curate(Curation(source, Wanted("lessons", repairs, 32), tools=tools), out, **more)


def test_rooms_and_lessons_are_there_and_can_be_read(tmp_path: Path) -> None:
    curated = run(tmp_path, Rooms(good(8)), tools=PAINTED, repairs=1.0)
    rooms, examples = list(read_rooms(tmp_path)), list(read_examples(tmp_path))
    assert [one.key for one in rooms] == [f"r{k}" for k in range(8)]
    assert sum(curated.counts.rooms.values()) == curated.counts.pictured == 8
    assert sum(curated.counts.examples.values()) == len(examples) > 8
    split = {one.room: one.split for one in rooms}
    assert all(split[example.room] == example.split for example in examples)
    assert {one.picture for one in rooms} <= {f"pictures/{file.name}" for file in (tmp_path / "pictures").iterdir()}
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        ".lock", "README.md", "counts.json", "dropped.jsonl", "examples.jsonl", "pictures", "rooms.jsonl",
        "settings.json",
    ]  # fmt: skip


def test_without_a_renderer_there_is_text_alone(tmp_path: Path) -> None:
    curated = run(tmp_path, Rooms(good(2)))
    assert curated.counts.pictured == 0
    assert not (tmp_path / "pictures").exists()
    assert all(not message.pictures for example in read_examples(tmp_path) for message in example.messages)


def test_bad_rooms_are_dropped_with_their_reasons_and_the_rest_stays(tmp_path: Path) -> None:
    rooms = good(3)
    rooms["gone"] = BadRoom("the record is no JSON: line 7")
    rooms["worse"] = BadRoom("the record is no JSON: line 9")
    seen: list[Made] = []
    curated = run(tmp_path, Rooms(rooms), on_made=seen.append)
    assert [line["key"] for line in lines_of(tmp_path / "dropped.jsonl")] == ["gone", "worse"]
    assert lines_of(tmp_path / "dropped.jsonl")[0]["reason"] == "the record is no JSON: line 7"
    assert curated.counts.dropped == {"the record is no JSON": 2}
    assert len(seen) == 5
    text = (tmp_path / "README.md").read_text()
    assert "2 rooms were dropped" in text
    assert "| the record is no JSON | 2 |" in text


@pytest.mark.parametrize("threads", [0, 2])
def test_halves_of_characters_cost_only_their_room(tmp_path: Path, threads: int) -> None:
    half = "\ud800"
    rooms = {
        **good(3),
        "wish": replace(room(4), preference=f"A {half} room."),
        "same": Found("same", room(5), half),
        "said": BadRoom(f"unknown: {half}"),
    }
    curated = run(tmp_path, Rooms(rooms, threads))
    assert [one.key for one in read_rooms(tmp_path)] == ["r0", "r1", "r2"]
    assert sum(curated.counts.dropped.values()) == 3
    assert lines_of(tmp_path / "dropped.jsonl")[2]["reason"] == r"unknown: \ud800"


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_what_fails_is_tried_again_and_the_end_is_the_same(tmp_path: Path, threads: int) -> None:
    rooms = good(5)
    run(tmp_path / "whole", Rooms(rooms, threads))
    broken = {**rooms, "r1": ConnectionError("no answer"), "r3": TimeoutError("too slow")}
    first = run(tmp_path / "twice", Rooms(broken, threads))
    assert set(first.failed) == {"r1", "r3"}
    assert "no answer" in first.failed["r1"]
    assert [one.key for one in read_rooms(tmp_path / "twice")] == ["r0", "r2", "r4"]
    assert "2 rooms are still missing" in (tmp_path / "twice" / "README.md").read_text()
    second = Rooms(rooms, threads)
    assert not run(tmp_path / "twice", second).failed
    assert sorted(second.asked) == ["r1", "r3"]
    assert contents(tmp_path / "twice") == contents(tmp_path / "whole")


@pytest.mark.parametrize("threads", [0, 1, 4])
def test_a_source_that_is_gone_ends_the_work_soon_and_nothing_is_dropped(tmp_path: Path, threads: int) -> None:
    dead = Rooms({f"r{k}": ConnectionError("connection refused") for k in range(24)}, threads)
    with pytest.raises(SourceGone, match=r"connection refused.*the same command goes on"):
        run(tmp_path, dead)
    assert len(dead.asked) <= IN_A_ROW + 2 * threads
    curated = run(tmp_path, Rooms({key: room(0) for key in dead.rooms}, threads), repairs=0.5)
    assert not curated.counts.dropped
    assert sum(curated.counts.rooms.values()) == 24


@pytest.mark.parametrize("after", [1, 3, 6])
def test_interrupted_and_gone_on_with_it_is_the_same(tmp_path: Path, after: int) -> None:
    run(tmp_path / "whole", Rooms(good(6)), tools=PAINTED)
    seen: list[Made] = []

    def stop(made: Made) -> None:
        seen.append(made)
        if len(seen) == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "parts", Rooms(good(6)), tools=PAINTED, on_made=stop)
    journal = tmp_path / "parts" / ".made.jsonl"
    with journal.open("ab") as file:
        file.write(b'{"key":"r5","dropped":"half a li')
    (tmp_path / "parts" / "pictures" / "stray.png").write_bytes(b"of a room that was interrupted")
    second = Rooms(good(6))
    run(tmp_path / "parts", second, tools=PAINTED)
    assert len(second.asked) == 6 - after
    assert contents(tmp_path / "parts") == contents(tmp_path / "whole")


def test_what_threads_have_found_is_not_sought_again(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        told.append((done, total))
        if done == 4:
            raise KeyboardInterrupt

    first = Rooms(good(6), threads=2)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, first, on_found=stop)
    second = Rooms(good(6), threads=2)
    assert sum(run(tmp_path, second).counts.rooms.values()) == 6
    assert told[-1] == (4, 6)
    assert len(second.asked) == 2


def test_whoever_interrupts_a_slow_source_does_not_wait_for_it(tmp_path: Path) -> None:
    class Slow(Rooms):
        def find(self, key: str) -> Found:
            if key != "r0":
                time.sleep(30)
            return super().find(key)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, Slow(good(3), threads=3), on_found=stop)
    assert time.monotonic() - began < 25


def test_what_is_done_is_done(tmp_path: Path) -> None:
    whole = run(tmp_path, Rooms(good(3)))
    before = contents(tmp_path)
    again = Rooms(good(3))
    assert run(tmp_path, again).counts == whole.counts
    assert not again.asked
    assert contents(tmp_path) == before


def test_the_versions_are_those_that_it_was_begun_with(tmp_path: Path) -> None:
    rooms = {**good(2), "r1": ConnectionError("no answer")}
    curate(Curation(Rooms(rooms), Wanted("none"), made_with={"metaspatial": "9.1"}), tmp_path)
    told: list[str] = []
    later = Curation(Rooms(good(2)), Wanted("none"), made_with={"metaspatial": "9.2"})
    curate(later, tmp_path, on_notice=told.append)
    assert "begun with another version" in told[0]
    assert "metaspatial 9.1" in (tmp_path / "README.md").read_text()


def test_another_commands_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    run(tmp_path, Rooms(good(2)))
    before = contents(tmp_path)
    with pytest.raises(CurateError, match=r"repairs was 0\.5 and is now 0\.75.*another --out"):
        run(tmp_path, Rooms(good(2)), repairs=0.75)
    with pytest.raises(CurateError, match="source was 'fake' and is now 'generated'"):
        run(tmp_path, GeneratedSource(2))
    with pytest.raises(CurateError, match=r"keys was '2, .* and is now '3, "):
        run(tmp_path, Rooms(good(3)))
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["README.md", "rooms.jsonl", "pictures"])
def test_a_folder_of_something_else_is_refused_and_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(CurateError, match="was not curated here"):
        run(tmp_path, Rooms(good(1)))
    assert (tmp_path / name).read_text() == "mine"
    assert not (tmp_path / "settings.json").exists()


def test_two_curations_at_once_don_t_mix(tmp_path: Path) -> None:
    def twice(made: Made) -> None:
        run(tmp_path, Rooms(good(2)))

    with pytest.raises(CurateError, match="another curation is writing"):
        run(tmp_path, Rooms(good(2)), on_made=twice)


def test_a_key_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    class Twice(Rooms):
        def keys(self) -> list[str]:
            return ["r0", "r0"]

    with pytest.raises(CurateError, match="more than once"):
        run(tmp_path, Twice(good(1)))


def test_the_card_is_one_that_the_hub_reads_and_counts_right(tmp_path: Path) -> None:
    more = {"command": "metaspatial curate fake --out DIR", "made_with": {"metaspatial": "9.9"}}
    curate(Curation(Rooms(good(4)), Wanted("lessons", 1.0), **more), tmp_path)
    text = (tmp_path / "README.md").read_text()
    head = text.split("---")[1]
    assert "license: cc0-1.0" in head
    assert "- n<1K" in head
    assert "- text-generation" in head
    counts = json.loads((tmp_path / "counts.json").read_text())
    for split in ("train", "validation", "test"):
        assert f"| {split} | {counts['rooms'][split]} | {counts['examples'][split]} |" in text
    assert "| bedroom | 4 |" in text
    assert "| 3 | 4 |" in text
    for words in (more["command"], "metaspatial 9.9", "Nobody: Nothing.", "text only"):
        assert words in text


@pytest.mark.parametrize(("size", "told"), [(32, "of the room as it is"), (None, "as their source has it")])
def test_the_card_tells_whose_the_pictures_are(tmp_path: Path, size: int | None, told: str) -> None:
    own = Found("r0", room(0), "r0", picture=Painter().render(room(0), Layout(), (32, 32)))
    tools = PAINTED if size else Tools
    curate(Curation(Rooms({"r0": own}), Wanted("none"), settings={"pictures": size}, tools=tools), tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert f"1 rooms have a picture, {told}" in text
    assert "- `pictures/`" in text
    assert "- `examples.jsonl`" not in text


@pytest.mark.slow
def test_a_room_that_crashes_whoever_opens_it_costs_nothing_else(tmp_path: Path) -> None:
    rooms = Rooms({**good(2), "r1": CRASH, "r2": room(2)}, perilous=True)
    for _ in range(2):  # the second time it is the only one left
        curated = curate(Curation(rooms, Wanted("none")), tmp_path)
        assert "died" in curated.failed["r1"]
        assert [one.key for one in read_rooms(tmp_path)] == ["r0", "r2"]


@pytest.mark.slow
def test_processes_make_no_difference(tmp_path: Path) -> None:
    source = GeneratedSource(5, seed=30, pieces=(3, 4))
    run(tmp_path / "one", source, workers=0)
    run(tmp_path / "two", source, workers=2)
    assert contents(tmp_path / "two") == contents(tmp_path / "one")
