# SPDX-License-Identifier: GPL-3.0-or-later
"""Arranging from the panel: what moves, what is shown, what undo and Restore bring back, what stops it."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

import bpy
import pytest
from metaspatial.metaspatial_addon.ui import arrange, session

Objects = dict[str, bpy.types.Object]
FURNITURE = ("Bed", "Nightstand", "Desk")


def matrices() -> dict[str, tuple[float, ...]]:
    """Every object's world matrix, bit for bit, by name."""
    bpy.context.view_layer.update()
    return {obj.name: tuple(x for row in obj.matrix_world for x in row) for obj in bpy.data.objects}


def shown() -> bpy.types.PropertyGroup:
    return bpy.context.window_manager.metaspatial


def choose(**choices: object) -> None:
    for name, value in choices.items():
        setattr(bpy.context.scene.metaspatial, name, value)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_arranging_moves_the_furniture_and_nothing_else(room: Objects) -> None:
    before = matrices()
    assert bpy.ops.metaspatial.arrange() == {"FINISHED"}
    after = matrices()
    assert after.keys() == before.keys()
    assert {name for name in before if before[name] != after[name]} == set(FURNITURE)
    assert shown().message == "Arranged 3 pieces."
    assert not shown().alert


def test_the_score_is_shown_with_that_of_before(room: Objects) -> None:
    bpy.ops.metaspatial.arrange()
    assert shown().scored
    assert shown().physics == 1.0
    assert shown().total > shown().total_before >= 0
    assert not [issue.message for issue in shown().issues if issue.part == "physics"]


def test_one_undo_brings_everything_back_bit_for_bit(room: Objects) -> None:
    bpy.ops.ed.undo_push(message="before")
    before = matrices()
    bpy.ops.metaspatial.arrange("EXEC_DEFAULT", True)
    arranged = matrices()
    assert arranged != before
    bpy.ops.ed.undo()
    assert matrices() == before
    assert shown().stale
    bpy.ops.ed.redo()
    assert matrices() == arranged


def test_restore_brings_everything_back_bit_for_bit(room: Objects) -> None:
    before = matrices()
    bpy.ops.metaspatial.arrange()
    assert bpy.ops.metaspatial.restore() == {"FINISHED"}
    assert matrices() == before
    assert shown().message == "Everything is back where it stood."


def test_restore_names_what_is_gone(room: Objects) -> None:
    bpy.ops.metaspatial.arrange()
    bpy.data.objects.remove(room["Desk"])
    bpy.ops.metaspatial.restore()
    assert "Desk" in shown().message
    assert shown().alert


def test_the_same_seed_gives_the_same_room_and_another_seed_another(room: Objects) -> None:
    choose(seed=3, seconds=60)
    start = {name: room[name].matrix_world.copy() for name in FURNITURE}
    results = []
    for seed in (3, 3, 4):
        choose(seed=seed)
        for name, matrix in start.items():
            bpy.data.objects[name].matrix_world = matrix
        bpy.ops.metaspatial.arrange()
        results.append(matrices())
    assert results[0] == results[1]
    assert results[0] != results[2]


def test_a_room_that_changes_meanwhile_is_left_alone(room: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    from metaspatial.metaspatial_addon.ui import engines

    scorer = engines.Scorer

    class Meddler(scorer):  # somebody drags the bed while the solver is at it
        def score(self, *args: object, **kwargs: object) -> object:
            room["Bed"].location.x += 0.5
            return super().score(*args, **kwargs)

    monkeypatch.setattr(engines, "Scorer", Meddler)
    desk = tuple(room["Desk"].location)
    assert bpy.ops.metaspatial.arrange() == {"CANCELLED"}
    assert "changed" in shown().message
    assert tuple(room["Desk"].location) == desk
    assert not shown().working


def test_pieces_locked_by_role_stay_and_say_why(room: Objects) -> None:
    room["Desk"].metaspatial.role = "FIXED"
    before = matrices()
    bpy.ops.metaspatial.look()
    (desk,) = [row for row in shown().pieces if row.object == "Desk"]
    assert desk.fixed
    assert desk.reason
    bpy.ops.metaspatial.arrange()
    after = matrices()
    assert after["Desk"] == before["Desk"]
    assert after["Bed"] != before["Bed"]


def test_a_piece_that_fits_nowhere_stays_where_it_was_and_says_why(room: Objects) -> None:
    room["Bed"].scale, room["Bed"].location = (2.5, 1.7, 1.0), (2.0, 1.75, 0.0)  # nearly the room: in the door's way
    before = matrices()
    bpy.ops.metaspatial.arrange()
    after = matrices()
    assert after["Bed"] == before["Bed"]
    assert after["Desk"] != before["Desk"]
    notes = [note.message for note in shown().notes if note.part == "unplaced"]
    assert len(notes) == 1
    assert notes[0].startswith("Bed stays where it was: ")
    assert " m)" in notes[0]
    assert shown().alert


def test_without_a_room_it_says_so(addon: None) -> None:
    assert bpy.ops.metaspatial.arrange() == {"CANCELLED"}
    assert shown().problem
    assert shown().message == shown().problem
    assert shown().alert


def test_a_room_must_be_picked_where_one_is_to_be_picked(room: Objects) -> None:
    choose(room="OBJECT")
    assert bpy.ops.metaspatial.arrange() == {"CANCELLED"}
    assert shown().message.startswith("Pick the room's")
    choose(room_object=room["Room"])
    assert bpy.ops.metaspatial.arrange() == {"FINISHED"}


def test_an_unreachable_model_is_named_and_the_solver_offered_not_taken(
    room: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    from metaspatial.backend.policies.chat import ChatSettings
    from metaspatial.metaspatial_addon.ui import engines

    port = free_port()
    nobody = ChatSettings(base_url=f"http://127.0.0.1:{port}/v1", model="any", pictures=False)
    monkeypatch.setattr(engines, "chat_settings", lambda context: nobody)
    choose(engine="CHAT")
    before = matrices()
    data = [len(block) for block in (bpy.data.objects, bpy.data.scenes, bpy.data.meshes)]
    assert bpy.ops.metaspatial.arrange() == {"CANCELLED"}
    assert str(port) in shown().message
    assert shown().offer_solver
    assert matrices() == before
    assert [len(block) for block in (bpy.data.objects, bpy.data.scenes, bpy.data.meshes)] == data
    assert bpy.ops.metaspatial.arrange_with_solver() == {"FINISHED"}
    assert bpy.context.scene.metaspatial.engine == "SOLVER"
    assert matrices() != before


def test_loading_another_file_forgets_what_was_captured(room: Objects) -> None:
    bpy.ops.metaspatial.arrange()
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert session.now.capture is None
    assert not shown().scored
    assert len(shown().pieces) == 0
    assert not bpy.ops.metaspatial.restore.poll()


class ModalRun:
    """Runs the operator's modal shell by hand, as the window's event loop does."""

    def __init__(self) -> None:
        self.removed: list[object] = []
        manager = SimpleNamespace(event_timer_remove=self.removed.append, windows=(), metaspatial=shown())
        scene, view_layer, mode = bpy.context.scene, bpy.context.view_layer, bpy.context.mode
        self.context = SimpleNamespace(window_manager=manager, scene=scene, view_layer=view_layer, mode=mode)
        self.operator = SimpleNamespace(_timer="timer", report=lambda kind, text: None, only_selected=False)
        shell = arrange.METASPATIAL_OT_arrange
        for name in ("modal", "cancel", "_end", "_remove_timer"):
            setattr(self.operator, name, getattr(shell, name).__get__(self.operator))

    def event(self, kind: str, value: str = "PRESS") -> set[str]:
        return self.operator.modal(self.context, SimpleNamespace(type=kind, value=value))


@pytest.fixture
def slow_job(room: Objects) -> ModalRun:
    """A modal run whose job only ends when it is told to."""
    from metaspatial.metaspatial_addon.jobs import Desk, Job

    def work(desk: Desk) -> Any:
        while not desk.cancelled():
            desk.tell("asking", 0.5, "Thinking")
        desk.check()

    session.now.job = Job("slow", work).start()
    return ModalRun()


def test_escape_stops_at_once_and_everything_else_passes_through(slow_job: ModalRun) -> None:
    before = matrices()
    assert slow_job.event("MOUSEMOVE") == {"PASS_THROUGH"}
    assert slow_job.event("G") == {"PASS_THROUGH"}
    assert slow_job.event("TIMER") == {"PASS_THROUGH"}
    assert shown().working
    assert slow_job.event("ESC", "RELEASE") != {"CANCELLED"}
    assert slow_job.event("ESC") == {"CANCELLED"}
    assert slow_job.removed == ["timer"]
    assert not shown().working
    assert shown().message == "Stopped; nothing was moved."
    assert session.now.job.join(5)
    assert matrices() == before


def test_the_cancel_button_stops_it_at_the_next_tick(slow_job: ModalRun) -> None:
    assert bpy.ops.metaspatial.cancel() == {"FINISHED"}
    assert slow_job.event("TIMER") == {"CANCELLED"}
    assert slow_job.removed == ["timer"]
    assert session.now.job.join(5)


def test_undo_in_mid_job_stops_it(slow_job: ModalRun) -> None:
    bpy.ops.ed.undo_push(message="one")
    bpy.context.scene.metaspatial.seed = 7
    bpy.ops.ed.undo_push(message="two")
    bpy.ops.ed.undo()
    assert session.now.job.stage == "failed"
    assert "Undo" in session.now.job.error
    assert slow_job.event("TIMER") == {"CANCELLED"}
    assert slow_job.removed == ["timer"]


def test_another_file_in_mid_job_stops_it(slow_job: ModalRun) -> None:
    job = session.now.job
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert job.join(5)
    slow_job.context.window_manager.metaspatial = shown()
    assert slow_job.event("TIMER") == {"CANCELLED"}
    assert slow_job.removed == ["timer"]


def test_blender_taking_the_operator_away_stops_the_job(slow_job: ModalRun) -> None:
    slow_job.operator.cancel(slow_job.context)
    assert slow_job.removed == ["timer"]
    assert session.now.job.join(5)
    assert not shown().working


def test_only_one_arrangement_at_a_time(slow_job: ModalRun) -> None:
    assert not bpy.ops.metaspatial.arrange.poll()
    assert not bpy.ops.metaspatial.restore.poll()
    session.abort()
    assert bpy.ops.metaspatial.arrange.poll()
