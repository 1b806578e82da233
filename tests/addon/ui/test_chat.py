# SPDX-License-Identifier: GPL-3.0-or-later
"""Arranging with a model behind a real server on loopback: what it is sent, what is placed, what is refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import bpy
import pytest
from metaspatial.backend.dialogue import format_answer
from metaspatial.backend.policies.chat import ChatSettings
from metaspatial.backend.policies.solver import solve
from metaspatial.backend.scene import Layout, Pose
from metaspatial.metaspatial_addon.capture import capture
from metaspatial.metaspatial_addon.ui import engines
from metaspatial.tests.chat_server import MODEL, NO_ANSWER, Behaviour, ChatServer, fails, says

Objects = dict[str, bpy.types.Object]
PIECES = {"bed_1": "Bed", "nightstand_1": "Nightstand", "desk_1": "Desk"}


def matrices() -> dict[str, tuple[float, ...]]:
    """Every object's world matrix, bit for bit, by name."""
    bpy.context.view_layer.update()
    return {obj.name: tuple(x for row in obj.matrix_world for x in row) for obj in bpy.data.objects}


def blocks() -> list[int]:
    """How many data-blocks of the kinds that rendering needs are in the file, but for Blender's own render result."""
    data = bpy.data
    images = [image for image in data.images if image.type != "RENDER_RESULT"]
    return [len(each) for each in (data.objects, data.scenes, data.meshes, data.cameras, data.materials, images)]


def shown() -> bpy.types.PropertyGroup:
    return bpy.context.window_manager.metaspatial


def use(monkeypatch: pytest.MonkeyPatch, url: str, **choices: object) -> None:
    """Let the panel ask the server at `url`."""
    settings = ChatSettings(base_url=url, model=MODEL)
    settings = dataclasses.replace(settings, **{k: v for k, v in choices.items() if k in ("timeout", "pictures")})
    monkeypatch.setattr(engines, "chat_settings", lambda context: settings)
    own = bpy.context.scene.metaspatial
    own.engine, own.turns, own.settle = "CHAT", choices.get("turns", 1), choices.get("settle", True)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@pytest.fixture
def good(room: Objects) -> Layout:
    """A sound layout of the room."""
    return solve(capture(bpy.context).scene, seconds=1)[0].layout


def stands_at(obj: bpy.types.Object, pose: Pose) -> bool:
    place = obj.matrix_world.translation
    return (place.x, place.y) == pytest.approx((pose.x, pose.y), abs=2e-3)


def test_an_answer_is_placed_as_one_undo_step(
    room: Objects, server: ChatServer, good: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.script(says(format_answer(good, "the bed first")))
    use(monkeypatch, server.base_url)
    bpy.ops.ed.undo_push(message="before")
    before, data = matrices(), blocks()
    assert bpy.ops.metaspatial.arrange("EXEC_DEFAULT", True) == {"FINISHED"}
    after = matrices()
    assert all(stands_at(bpy.data.objects[name], good[id]) for id, name in PIECES.items())
    assert {name for name in before if before[name] != after[name]} == set(PIECES.values())
    assert blocks() == data
    assert server.chats[0].pictures == 1
    assert shown().physics == 1.0
    assert shown().format == 1.0
    bpy.ops.ed.undo()
    assert matrices() == before


def test_a_second_turn_gets_the_picture_and_the_faults_of_the_first(
    room: Objects, server: ChatServer, good: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    heap = Layout({id: dataclasses.replace(good[id], x=2.0, y=1.75) for id in PIECES})
    server.script(says(format_answer(heap)), says(format_answer(good)))
    use(monkeypatch, server.base_url, turns=2)
    assert bpy.ops.metaspatial.arrange() == {"FINISHED"}
    first, second = server.chats
    assert (first.pictures, second.pictures) == (1, 2)
    messages = second.body["messages"]
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
    assert messages[2]["content"] == format_answer(heap)
    told = " ".join(part.get("text", "") for part in messages[3]["content"])
    assert "Score" in told
    assert "bed_1" in told
    assert [line for line in told.splitlines() if "bed_1" in line and "desk_1" in line], told
    pictures = [part["image_url"]["url"] for each in messages[1::2] for part in each["content"] if "image_url" in part]
    assert len(set(pictures)) == 2
    assert all(stands_at(bpy.data.objects[name], good[id]) for id, name in PIECES.items())


def test_a_failed_second_turn_leaves_the_first_and_says_so(
    room: Objects, server: ChatServer, good: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    poor = good.moved({"desk_1": good["bed_1"]})
    server.script(says(format_answer(poor)), fails(500, "out of memory"))
    use(monkeypatch, server.base_url, turns=2, settle=False, pictures=False)
    assert bpy.ops.metaspatial.arrange() == {"FINISHED"}
    assert stands_at(room["Desk"], good["bed_1"])
    (note,) = [note.message for note in shown().notes if note.part == "failed"]
    assert "out of memory" in note


def test_what_was_answered_can_stand_unsettled_and_is_scored_so(
    room: Objects, server: ChatServer, good: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The choice in the redo panel: the score, and what is told to have moved, are those of what stands there."""
    poor = good.moved({"desk_1": good["bed_1"]})
    server.script(says(format_answer(poor)))
    use(monkeypatch, server.base_url, pictures=False)
    assert bpy.ops.metaspatial.arrange() == {"FINISHED"}
    settled = shown().total
    assert "moved" in {note.part for note in shown().notes}
    assert bpy.ops.metaspatial.apply_layout(settle=False) == {"FINISHED"}
    bpy.context.view_layer.update()
    assert stands_at(room["Desk"], good["bed_1"])
    assert shown().total < settled
    assert "moved" not in {note.part for note in shown().notes}
    assert bpy.ops.metaspatial.apply_layout(settle=True) == {"FINISHED"}
    assert shown().total == pytest.approx(settled)
    assert "moved" in {note.part for note in shown().notes}


@pytest.mark.parametrize(("behaviour", "words"), NO_ANSWER.values(), ids=NO_ANSWER)
def test_what_is_no_answer_is_told_and_nothing_is_touched(
    room: Objects, server: ChatServer, monkeypatch: pytest.MonkeyPatch, behaviour: Behaviour, words: str
) -> None:
    server.script(behaviour)
    use(monkeypatch, server.base_url, timeout=2.0 if "time-out" in words else 30.0, pictures=False)
    before, data = matrices(), blocks()
    assert bpy.ops.metaspatial.arrange() == {"CANCELLED"}
    assert words in shown().message
    assert shown().alert
    assert shown().offer_solver
    assert not shown().working
    assert matrices() == before
    assert blocks() == data
    server.script(says('[{"new_object_id":"bed_1","x":1,"y":1.1,"z":0.25,"rotation":0}]'))
    assert bpy.ops.metaspatial.arrange() == {"FINISHED"}  # and the next one works


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ('{"new_object_id":"desk_1","x":NaN,"y":1,"z":0.375,"rotation":0}', "not a finite number"),
        ('{"new_object_id":"desk_1","x":1e999,"y":1,"z":0.375,"rotation":0}', "not a finite number"),
        ('{"new_object_id":"desk_1","x":2', "not answered"),
        ('{"new_object_id":"Desk","x":2,"y":1,"z":0.375,"rotation":0}', "not answered"),
    ],
)
def test_of_an_answer_with_faults_the_sound_poses_are_placed(
    room: Objects, server: ChatServer, good: Layout, monkeypatch: pytest.MonkeyPatch, entry: str, words: str
) -> None:
    """The desk's entry is no good: the desk stays, the others go where the answer says, and the panel says why."""
    sound = format_answer(Layout({id: good[id] for id in ("bed_1", "nightstand_1")})).removesuffix("]</answer>")
    server.script(says(f"{sound},{entry}{']</answer>' if entry.endswith('}') else ''}"))
    use(monkeypatch, server.base_url, pictures=False)
    before = matrices()
    assert bpy.ops.metaspatial.arrange() == {"FINISHED"}
    assert matrices()["Desk"] == before["Desk"]
    assert stands_at(room["Bed"], good["bed_1"])
    assert stands_at(room["Nightstand"], good["nightstand_1"])
    (note,) = [note.message for note in shown().notes if note.part == "unplaced"]
    assert note.startswith("Desk stays where it was: ")
    assert words in note
    assert [issue for issue in shown().issues if issue.part == "format"]
    assert shown().alert


def test_a_strange_id_beside_a_full_answer_is_an_issue_and_no_more(
    room: Objects, server: ChatServer, good: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = format_answer(good.moved({"../../etc/passwd": Pose(1, 1, 1)}))
    server.script(says(answer))
    use(monkeypatch, server.base_url, pictures=False)
    assert bpy.ops.metaspatial.arrange() == {"FINISHED"}
    assert all(stands_at(bpy.data.objects[name], good[id]) for id, name in PIECES.items())
    assert ["etc/passwd" in issue.message for issue in shown().issues if issue.part == "format"] == [True]
    assert shown().format < 1.0
