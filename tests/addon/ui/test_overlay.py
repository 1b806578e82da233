# SPDX-License-Identifier: GPL-3.0-or-later
"""The overlay and the live score: on and off without traces, and always of the present layout."""

from __future__ import annotations

import math
from collections.abc import Iterator

import bpy
import metaspatial
import numpy as np
import pytest
from mathutils import Matrix
from metaspatial.metaspatial_addon.overlay import Label
from metaspatial.metaspatial_addon.ui import live, overlay, session


@pytest.fixture
def on(room: dict[str, bpy.types.Object]) -> Iterator[dict[str, bpy.types.Object]]:
    """A room of a bed, a nightstand and a desk in each other, with overlay and live score."""
    own = bpy.context.scene.metaspatial_overlay
    own.show = own.score = True
    live.finish()
    yield room
    assert not live.now.trees or not live.now.trees.working


def update() -> None:
    """What the event loop would do after a change."""
    bpy.context.view_layer.update()
    live.tick()


def issues() -> set[str]:
    return {row.message for row in session.state(bpy.context).issues}


def left_behind() -> list[object]:
    return [*overlay._handles, *(f for f in bpy.app.handlers.depsgraph_update_post if f is live._changed)]


def test_it_is_off_at_first_and_costs_nothing(room: dict[str, bpy.types.Object]) -> None:
    assert not left_behind()
    room["Bed"].location.x += 1.0
    update()
    assert not live.now.dirty
    assert live.now.figure is None


def test_switched_off_it_leaves_nothing(on: dict[str, bpy.types.Object]) -> None:
    assert len(left_behind()) == 3
    bpy.context.scene.metaspatial_overlay.show = False
    assert len(left_behind()) == 1  # the live score is still on
    bpy.context.scene.metaspatial_overlay.score = False
    assert not left_behind()
    assert live.now.capture is None


def test_the_add_on_can_go_while_it_is_on(on: dict[str, bpy.types.Object]) -> None:
    for _ in range(2):
        metaspatial.unregister()
        assert not left_behind()
        assert live._looked not in session.listeners
        assert not hasattr(bpy.types.Scene, "metaspatial_overlay")
        metaspatial.register()
        assert len([f for f in bpy.app.handlers.load_post if f is live._after_load]) == 1


def test_a_moved_piece_is_measured_at_once(on: dict[str, bpy.types.Object]) -> None:
    shown = session.state(bpy.context)
    assert shown.scored
    assert not shown.stale
    heaped, before = shown.total, issues()
    assert any("inside" in message for message in before)
    seen = live.now.capture
    on["Nightstand"].location = (0.4, 3.2, 0.0)
    update()
    assert shown.total > heaped
    assert live.now.capture is seen  # nothing was captured anew
    on["Nightstand"].location = (2.2, 1.9, 0.0)
    update()
    assert shown.total == pytest.approx(heaped, abs=1e-6)
    assert {label.kind for label in live.now.figure.labels} >= {"overlap"}


def test_selecting_measures_nothing(on: dict[str, bpy.types.Object]) -> None:
    version = live.now.version
    on["Bed"].select_set(True)
    update()
    assert live.now.version == version


def test_a_deleted_piece_is_gone_from_it(on: dict[str, bpy.types.Object]) -> None:
    bpy.data.objects.remove(on["Bed"])
    bpy.context.view_layer.update()
    assert live.tick() is not None  # it waits until the user pauses
    live.finish()
    assert {row.object for row in session.state(bpy.context).pieces} == {"Nightstand", "Desk"}
    assert not any("bed_1" in shape.pieces for shape in live.now.figure.shapes)


def test_without_a_room_there_is_nothing_to_see(on: dict[str, bpy.types.Object]) -> None:
    bpy.data.objects.remove(on["Room"])
    bpy.context.view_layer.update()
    live.finish()
    assert live.now.figure is None
    assert session.state(bpy.context).problem


def test_another_file_starts_anew(on: dict[str, bpy.types.Object], tmp_path) -> None:
    path = str(tmp_path / "room.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.read_homefile(use_empty=True)
    assert not left_behind()
    assert live.now.figure is None
    bpy.ops.wm.open_mainfile(filepath=path)
    assert len(left_behind()) == 3
    live.finish()
    assert session.state(bpy.context).scored
    assert live.now.figure is not None


def test_undo_is_followed(on: dict[str, bpy.types.Object]) -> None:
    bpy.ops.ed.undo_push(message="before")
    heaped = session.state(bpy.context).total
    on["Nightstand"].location = (0.4, 3.2, 0.0)
    bpy.ops.ed.undo_push(message="moved")
    update()
    assert session.state(bpy.context).total > heaped
    bpy.ops.ed.undo()
    live.finish()
    assert session.state(bpy.context).total == pytest.approx(heaped, abs=1e-6)
    assert not session.state(bpy.context).stale


def test_nothing_is_measured_while_a_job_is_on_its_way(
    on: dict[str, bpy.types.Object], monkeypatch: pytest.MonkeyPatch
) -> None:
    version = live.now.version
    monkeypatch.setattr(session, "busy", lambda: True)
    on["Bed"].location.x += 0.1
    update()
    assert live.now.version == version
    monkeypatch.undo()
    live.finish()
    assert live.now.version > version


@pytest.mark.parametrize(("unit", "turn"), [(0.01, 0), (1.0, 30), (0.01, -120)])
def test_it_is_drawn_where_the_pieces_are(room: dict[str, bpy.types.Object], unit: float, turn: int) -> None:
    bpy.context.scene.unit_settings.scale_length = unit
    world = Matrix.Rotation(math.radians(turn), 4, "Z") @ Matrix.Scale(1.0 / unit, 4)
    for obj in room.values():
        obj.matrix_world = world @ obj.matrix_world
    bpy.context.view_layer.update()
    bpy.context.scene.metaspatial_overlay.show = True
    live.finish()
    figure = live.now.figure
    assert figure is not None
    (overlap,) = (shape for shape in figure.shapes if set(shape.pieces) == {"bed_1", "nightstand_1"})
    local = (np.array(room["Nightstand"].matrix_world.inverted()) @ np.c_[
        overlap.triangles.reshape(-1, 3), np.ones(len(overlap.triangles) * 3)
    ].T)[:3].T  # fmt: skip
    assert np.abs(local[:, :2]).max() == pytest.approx(0.2, abs=1e-3)  # all of it is in the bed
    assert (local[:, 2].min(), local[:, 2].max()) == pytest.approx((0.0, 0.5), abs=1e-3)


@pytest.mark.parametrize(
    ("kind", "metres", "words"),
    [
        ("overlap", 0.124, "12 cm"),
        ("overlap", 0.0061, "0.6 cm"),
        ("outside", 1.0, "100 cm outside"),
        ("unreachable", 0.0, "Out of reach"),
        ("shut", 0.0, "No way in"),
    ],
)
def test_labels_say_how_much(kind: str, metres: float, words: str) -> None:
    assert overlay.words_of(Label(kind, (), metres, np.zeros(3))) == words


def test_an_issue_can_be_clicked_without_a_window(on: dict[str, bpy.types.Object]) -> None:
    row = next(row for row in session.state(bpy.context).issues if "inside" in row.message)
    assert bpy.ops.metaspatial.select_pieces(pieces=row.pieces) == {"FINISHED"}
    assert len(bpy.context.selected_objects) == 2


def test_a_view_shows_nothing_of_pieces_that_it_does_not_show(on: dict[str, bpy.types.Object]) -> None:
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    with bpy.context.temp_override(window=window, area=area):
        assert overlay._hidden(bpy.context) == frozenset()
        on["Bed"].hide_set(True)
        assert overlay._hidden(bpy.context) == {"bed_1"}
        on["Room"].hide_set(True)
        assert overlay._hidden(bpy.context) == {"bed_1", ""}
    assert overlay._goes(frozenset({"bed_1"}), ("desk_1", "bed_1"))
    assert not overlay._goes(frozenset({"bed_1"}), ())


def test_three_hundred_objects_are_followed(addon: None) -> None:
    """A hall full of chairs: one that is pushed into the next is said, and only while it is."""
    floor = bpy.data.meshes.new("Floor")
    floor.from_pydata([(0, 0, 0), (30, 0, 0), (30, 30, 0), (0, 30, 0)], [], [(0, 1, 2, 3)])
    seat = bpy.data.meshes.new("Seat")
    corners = [(x, y, z) for x in (-0.25, 0.25) for y in (-0.25, 0.25) for z in (0, 0.9)]
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    seat.from_pydata(corners, [], faces)
    chairs = [bpy.data.objects.new(f"Chair.{number:03}", seat) for number in range(300)]
    for obj in (bpy.data.objects.new("Floor", floor), *chairs):
        bpy.context.scene.collection.objects.link(obj)
    for number, chair in enumerate(chairs):
        chair.location = (1.0 + 1.6 * (number % 18), 1.0 + 1.6 * (number // 18), 0.0)
    own = bpy.context.scene.metaspatial_overlay
    own.show = own.score = True
    live.finish()
    assert len(session.state(bpy.context).pieces) == 300
    assert not {text for text in issues() if " inside " in text}
    chairs[7].location.x += 1.3
    bpy.context.view_layer.update()
    live.finish()
    assert {text for text in issues() if " inside " in text} == {"Chair.007 is 0.20 m inside Chair.008"}
    chairs[7].location.x -= 1.3
    bpy.context.view_layer.update()
    live.finish()
    assert not {text for text in issues() if " inside " in text}
