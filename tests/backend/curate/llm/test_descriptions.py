# SPDX-License-Identifier: GPL-3.0-or-later
"""The descriptions that ship, those of one's own, and what can't be a room."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend.curate import llm
from metaspatial.backend.curate.llm import clean, descriptions, read_descriptions, shipped
from metaspatial.backend.curate.llm.descriptions import Description
from metaspatial.backend.curate.llm.shell import room_of, room_type_of
from metaspatial.backend.scene import Room
from metaspatial.backend.scene.check import check_room
from metaspatial.tests.backend.curate.llm.answers_of_models import json_values

TEXT = "A cosy room with a sofa and a rug."


def record(text: object = TEXT, x: object = 4, y: object = 3, z: object = 2.6) -> dict[str, object]:
    return {"description": text, "size": {"x": x, "y": y, "z": z}}


def test_all_that_ships_is_kept_or_counted() -> None:
    with lzma.open(Path(llm.__file__).with_name("room_descriptions.jsonl.xz"), "rt", encoding="utf-8") as file:
        records = sum(1 for _ in file)
    assert records == 9744
    assert len(descriptions()) + sum(shipped().dropped.values()) == records
    assert len(descriptions()) == 9576


def test_what_ships_and_can_not_be_a_room_is_left_out_for_its_reason() -> None:
    assert shipped().dropped == {
        "out of doors": 58,
        "said before, in the same words": 56,
        "over 150 m² or 25 m long": 29,
        "under 4 m²": 19,
        "a size of zero or less": 3,
        "narrower than 1.5 m": 2,
        "lower than 2 m": 1,
    }


def test_each_has_its_own_key_and_is_its_own_room() -> None:
    assert len({one.key for one in descriptions()}) == len(descriptions())
    assert len({one.room for one in descriptions()}) == len(descriptions())


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (record(x=-4), "zero or less"),
        (record(z=0), "zero or less"),
        (record(x=0.003, y=0.004, z=0.003), "can't be metres"),
        (record(x=300), "can't be metres"),
        (record(x=4000, y=3000, z=2600), "can't be metres"),
        (record(x="four"), "no number"),
        (record(x="4"), "no number"),
        (record(y=None), "no number"),
        (record(y=True), "no number"),
        (record(y=float("nan")), "no number"),
        (record(y=float("inf")), "no number"),
        (record(y=10**400), "no number"),
        (record(x=1), "narrower"),
        (record(z=1.7), "lower"),
        (record(z=9), "higher"),
        (record(x=2, y=1.5), "under 4 m²"),
        (record(x=20, y=30), "over 150 m²"),
        (record(text=7), "no text"),
        (record(text=""), "no text"),
        (record(text="x" * 5000), "no text"),
        (record(text="A room with half a letter \ud800 in it."), "no text"),
        (record(text="A romantic balcony with a small table for two."), "out of doors"),
        ({"description": TEXT}, "no description with a size"),
        ({"description": TEXT, "size": [4, 3, 2.6]}, "no description with a size"),
        ({"size": {"x": 4, "y": 3, "z": 3}}, "no description with a size"),
        (None, "no description with a size"),
        (record(text="a cosy room - with a SOFA, and a rug"), "said before"),
    ],
)
def test_a_bad_record_is_counted_and_the_others_are_kept(bad: object, reason: str) -> None:
    cleaned = clean([record(), bad, record(text="An airy kitchen with an island.")])
    assert [one.size for one in cleaned.kept] == [(4.0, 3.0, 2.6)] * 2
    ((told, count),) = cleaned.dropped.items()
    assert reason in told
    assert count == 1


def test_the_same_words_in_another_size_are_the_same_room() -> None:
    cleaned = clean([record(), record(x=5)])
    assert len(cleaned.kept) == 1
    assert cleaned.kept[0].size[0] == 4.0


@given(
    st.lists(st.one_of(json_values, st.builds(record, json_values, json_values, json_values, json_values)), max_size=5)
)
def test_no_record_breaks_the_cleaning(records: list[object]) -> None:
    cleaned = clean(records)
    assert len(cleaned.kept) + sum(cleaned.dropped.values()) == len(records)


@pytest.mark.parametrize("form", ["a list", "lines"])
def test_descriptions_of_ones_own_are_read(tmp_path: Path, form: str) -> None:
    records = [record(), record(text="An airy kitchen with an island.")]
    file = tmp_path / "own.json"
    file.write_text(json.dumps(records) if form == "a list" else "\n".join(map(json.dumps, records)))
    assert [one.text for one in read_descriptions(file).kept] == [TEXT, "An airy kitchen with an island."]


def test_a_broken_line_is_a_bad_record(tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    file.write_text(json.dumps(record()) + "\n{oh\n")
    assert (len(read_descriptions(file).kept), sum(read_descriptions(file).dropped.values())) == (1, 1)


def test_a_file_that_is_none_is_said_to_be_none(tmp_path: Path) -> None:
    file = tmp_path / "picture.png"
    file.write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(ValueError, match=r"picture\.png is no list"):
        read_descriptions(file)


def room(text: str, size: tuple[float, float, float] = (4.0, 5.0, 2.8)) -> Room:
    return room_of(Description("description_1", text, size))


def openings(text: str, kind: str) -> list[float]:
    return [opening.width for opening in room(text).openings if opening.kind == kind]


def test_rooms_have_the_described_size_and_a_door_and_are_the_same_every_time() -> None:
    for one in descriptions()[::400]:
        shell = room_of(one)
        check_room(shell)
        assert (*shell.extent, shell.height) == one.size
        assert any(opening.kind == "door" for opening in shell.openings)
        assert room_of(one) == shell


def test_windows_and_doors_are_as_described() -> None:
    assert openings("A study without windows, lit by a lamp.", "window") == []
    assert len(openings("A study with a window above the desk.", "window")) == 1
    assert len(openings("A study with large windows.", "window")) >= 2
    large = room("A study with floor-to-ceiling windows.")
    small = room("A study with a small window.")
    assert all(opening.sill <= 0.5 for opening in large.openings if opening.kind == "window")
    assert all(opening.sill >= 1.1 for opening in small.openings if opening.kind == "window")
    assert max(openings("A bedroom with French doors to the garden.", "door")) >= 1.4


def test_described_rooms_have_their_type() -> None:
    assert room_type_of("A cozy library with a reading nook.").name == "library"
    assert room_type_of("A spacious kitchen with a dining table.").name == "kitchen"
    assert room_type_of("A bustling newsroom.").name == "workshop"
    assert room_type_of("Something else.").name == "living_room"
