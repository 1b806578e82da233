# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables scenes are drawn from: room types, ProcTHOR's groups and sizes, and the dice that draw."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from metaspatial.backend.curate.generate import ROOM_TYPES
from metaspatial.backend.curate.generate.dice import Dice
from metaspatial.backend.curate.generate.pieces import furnish
from metaspatial.backend.curate.generate.rooms import SHAPES, build_room, main_rectangle, shape_of_floor, wall_runs
from metaspatial.backend.curate.generate.sizes import TRADE, pick_size, procthor_groups, procthor_sizes
from metaspatial.backend.scene import CATEGORIES, Opening, Room, Scene, validate
from metaspatial.backend.scene.anchors import PLACES
from metaspatial.backend.scene.geometry import walls
from metaspatial.backend.scene.model import PREDICATES

TOOLS = Path(__file__).parents[4] / "tools"
MACROS = {"beside", "at", "around", "row"}


def test_room_types_speak_of_known_things():
    assert len(ROOM_TYPES) >= 12
    for room in ROOM_TYPES.values():
        own = {item.category for item in (*room.core, *room.extras)}
        assert own <= set(CATEGORIES)
        assert room.long[0] >= room.short[0]
        for item in (*room.core, *room.extras):
            assert item.category in TRADE or procthor_sizes()[item.category]
            for tie in item.ties:
                predicate, anchors, *_ = tie.rpartition(">")[2].split()
                assert predicate in PREDICATES or predicate in MACROS, tie
                assert all(a in CATEGORIES or a in PLACES or a == "it" for a in anchors.split("|")), tie
                hosts = [a for a in anchors.split("|") if a in CATEGORIES]
                assert not hosts or tie.endswith("?") or own & set(hosts), f"{room.name}: {item.category} {tie}"


@pytest.mark.parametrize("shape", SHAPES)
def test_rooms_have_the_shape_asked_for(shape):
    for number in range(40):
        dice = Dice(f"{shape} {number}")
        room = build_room(dice, ROOM_TYPES["living_room"], shape, dice.between(4.4, 7.0), dice.between(3.6, 5.4), 2.7)
        validate(Scene(room, ()))
        assert shape_of_floor(room.floor) == shape
        assert all(abs(value * 20 - round(value * 20)) < 1e-6 for point in room.floor for value in point)
        long, short = sorted(main_rectangle(room), reverse=True)
        assert short >= 1.79
        assert long <= max(room.extent) + 1e-9


def test_the_main_rectangle_of_an_l_is_its_larger_arm():
    room = Room(((0.0, 0.0), (5.0, 0.0), (5.0, 2.0), (3.0, 2.0), (3.0, 6.0), (0.0, 6.0)), 2.5)
    assert main_rectangle(room) == (3.0, 6.0)


def test_runs_end_at_doors_and_for_tall_pieces_at_windows():
    floor = ((0.0, 0.0), (5.0, 0.0), (5.0, 4.0), (0.0, 4.0))
    openings = (
        Opening("door_1", "door", 0, 4.0, 0.9, 2.0, 0.0, "in"),
        Opening("window_1", "window", 0, 1.0, 1.0, 1.0, 0.9),
    )
    room = Room(floor, 2.5, openings)
    south, east, *_ = walls(room)
    assert wall_runs(room, south, low=True) == [(0.0, 4.0), (4.9, 5.0)]
    assert wall_runs(room, south) == [(0.0, 1.0), (2.0, 4.0), (4.9, 5.0)]
    assert wall_runs(room, east) == [(0.9, 4.0)]  # the door's leaf sweeps what is nearest to its corner


def test_sizes_keep_their_limits():
    dice = Dice("sizes")
    for category in (*TRADE, *procthor_sizes()):
        for _ in range(20):
            size = pick_size(dice, category, (2.0, 2.0, 2.0))
            assert size is None or (max(size) <= 2.0 and min(size) > 0)
    assert pick_size(dice, "bed", (1.0, 1.0, 1.0)) is None
    sofas = {pick_size(dice, "sofa", (9.0, 9.0, 9.0)) for _ in range(100)}
    assert sofas <= set(procthor_sizes()["sofa"])
    assert len(sofas) > 10


def test_seats_go_round_tables_as_far_as_they_take_them():
    for number in range(60):
        drafts, bonds = furnish(Dice(f"dining {number}"), ROOM_TYPES["dining_room"], 12, 2.6)
        tables = {draft.id: draft.seats for draft in drafts if draft.category == "dining_table"}
        for id, seats in tables.items():
            taken = [b.relation.subject for b in bonds if b.relation.anchor == id and b.relation.predicate == "facing"]
            assert 1 <= len(taken) <= seats


def test_dice_are_fair_and_repeatable():
    assert [Dice("a").between(0, 1) for _ in range(2)] == [Dice("a").between(0, 1)] * 2
    dice = Dice("b")
    rolls = [dice.whole(1, 6) for _ in range(6000)]
    assert {rolls.count(face) // 200 for face in range(1, 7)} <= {4, 5}
    assert sorted(dice.shuffled(range(9))) == list(range(9))
    picks = [dice.weighted("ab", (1.0, 3.0)) for _ in range(4000)]
    assert 0.7 < picks.count("b") / 4000 < 0.8
    assert dice.weighted("ab", (1.0, 0.0)) == "a"
    assert Dice("c").between(0.0, 1.0, 0.05) in [round(k * 0.05, 4) for k in range(21)]


def tool(name: str):
    sys.path.insert(0, str(TOOLS))
    try:
        spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(TOOLS))


def test_groups_follow_from_procthor_by_the_stated_mapping():
    made = tool("procthor_groups")
    box = {"x": 1.404, "y": 0.75, "z": 0.8}
    database = {"DiningTable": [{"assetId": "t1", "boundingBox": box}], "Window": [{"boundingBox": box}]}
    chair = {"assetIds": {"Chair": ["c"]}}
    group = {"assetMetadata": {"1": {"assetIds": {"DiningTable": ["t1"]}}, "2": chair, "3": chair}}
    assert made.seats(database, [group]) == [[[1.4, 0.8, 0.75], [2]]]
    assert made.windows(database) == [[1.4, 0.75]]
    rows = {host: {} for host in made.HOSTS} | {"Desk": {"Laptop": {"count": 3, "p": 0.25}, "Apple": {"p": 0.5}}}
    assert made.carried(rows)["desk"] == {"laptop": 0.25}


def test_shipped_groups_are_in_known_categories():
    groups = procthor_groups()
    for host, carried in groups["carried"].items():
        assert {host, *carried} <= set(CATEGORIES)
        assert all(0 < share <= 1 for share in carried.values())
    assert len(groups["windows"]) > 10
    assert all(numbers for _, numbers in groups["seats"])
