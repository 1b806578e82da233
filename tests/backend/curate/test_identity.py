# SPDX-License-Identifier: GPL-3.0-or-later
"""The same room is recognised however it is disguised, and no disguise gets it into another split."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend.curate.generate import generate_scene
from metaspatial.backend.curate.identity import content_key, same_rooms, split_of
from metaspatial.backend.curate.making import Wanted
from metaspatial.backend.curate.pipeline import Curation, curate
from metaspatial.backend.curate.source import Found
from metaspatial.backend.curate.targets import symmetries
from metaspatial.backend.scene import Scene
from metaspatial.tests.backend.curate.rooms import Rooms, lines_of, room

SEEDS = range(12)


def renamed(scene: Scene, chance: random.Random) -> Scene:
    """Other ids and names, another order, other looks, no relations, another wish."""
    pieces = [
        replace(piece, id=f"thing_{k}", label="an heirloom", style="baroque", material="gold")
        for k, piece in enumerate(scene.furniture)
    ]
    chance.shuffle(pieces)
    openings = [replace(opening, id=f"hole_{k}") for k, opening in enumerate(scene.room.openings)]
    chance.shuffle(openings)
    changed = replace(scene.room, openings=tuple(openings))
    return Scene(changed, tuple(pieces), (), "Something quite different.", "elsewhere")


def copies(scene: Scene, seed: int) -> list[Scene]:
    chance = random.Random(seed)
    return [renamed(turned, chance) for turned in symmetries(scene)] + list(symmetries(scene))


@pytest.mark.parametrize("seed", SEEDS)
def test_copies_have_the_rooms_key(seed: int) -> None:
    scene = generate_scene(seed)
    assert {content_key(copy) for copy in copies(scene, seed)} == {content_key(scene)}


@given(st.integers(2000, 8000), st.integers(2000, 8000), st.integers(0, 900), st.integers(0, 7))
def test_copies_of_rooms_to_the_millimetre_have_its_key(wide: int, deep: int, along: int, turn: int) -> None:
    plain = room()
    w, d = wide / 1000, deep / 1000
    opening = replace(plain.room.openings[0], offset=along / 1000)
    scene = replace(plain, room=replace(plain.room, floor=((0, 0), (w, 0), (w, d), (0, d)), openings=(opening,)))
    assert content_key(symmetries(scene)[turn]) == content_key(scene)


def test_other_rooms_have_other_keys() -> None:
    scene = generate_scene(3)
    first, *rest = scene.furniture
    opening, *others = scene.room.openings
    different = [
        *(generate_scene(seed) for seed in SEEDS if seed != 3),
        replace(scene, furniture=tuple(rest)),
        replace(scene, furniture=(replace(first, size=(first.size[0] + 0.1, *first.size[1:])), *rest)),
        replace(scene, room=replace(scene.room, height=scene.room.height + 0.1)),
        replace(scene, room=replace(scene.room, openings=(replace(opening, width=opening.width - 0.1), *others))),
    ]
    keys = [content_key(one) for one in (scene, *different)]
    assert len(set(keys)) == len(keys)


def test_no_disguise_gets_a_room_into_another_split(tmp_path: Path) -> None:
    rooms: dict[str, Found] = {}
    for seed in SEEDS:
        scene = room(seed)
        for k, copy in enumerate(copies(scene, seed)[::3]):
            rooms[f"{seed} {k}"] = Found(f"{seed} {k}", copy, f"{seed} {k}")
    curate(Curation(Rooms(rooms), Wanted("none"), validation=0.3, test=0.3), tmp_path)
    split: dict[str, set[str]] = {}
    for line in lines_of(tmp_path / "rooms.jsonl"):
        split.setdefault(line["key"].split()[0], set()).add(line["split"])
    assert len(split) == len(SEEDS)
    assert all(len(places) == 1 for places in split.values())
    assert set().union(*split.values()) == {"train", "validation", "test"}


def test_what_the_source_calls_one_room_stays_together(tmp_path: Path) -> None:
    rooms = {f"{k}": Found(f"{k}", room(k), "flat" if k % 2 else f"{k}") for k in range(12)}
    curate(Curation(Rooms(rooms), Wanted("none"), validation=0.3, test=0.3), tmp_path)
    lines = lines_of(tmp_path / "rooms.jsonl")
    flat = {(line["room"], line["split"]) for line in lines if int(line["key"]) % 2}
    assert len(flat) == 1
    assert len({line["room"] for line in lines}) == 7


def test_belonging_together_is_passed_on_and_has_no_order() -> None:
    items = [("c", "x"), ("b", "y"), ("a", "x", "y"), ("d",)]
    assert same_rooms(items) == ["a", "a", "a", "d"]
    assert same_rooms(reversed(items)) == ["d", "a", "a", "a"]


def test_shares_are_reached_on_average_and_a_rooms_split_is_its_own() -> None:
    found = Counter(split_of(str(k), 0.2, 0.1) for k in range(5000))
    assert 900 < found["validation"] < 1100
    assert 400 < found["test"] < 600
    assert all(split_of(str(k), 0.0, 0.0) == "train" for k in range(50))
    tested = {k for k in range(500) if split_of(str(k), 0.2, 0.1) == "test"}
    assert tested <= {k for k in range(500) if split_of(str(k), 0.0, 0.2) == "test"}
