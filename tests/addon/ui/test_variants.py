# SPDX-License-Identifier: GPL-3.0-or-later
"""Several arrangements to choose from, bettering the one that stands, arranging only what is selected."""

from __future__ import annotations

import bpy
import pytest
from metaspatial.metaspatial_addon.ui import session
from metaspatial.tests.addon.ui.test_arrange import FURNITURE, Objects, choose, matrices, shown


@pytest.fixture
def three(room: Objects) -> Objects:
    """A room arranged in three ways."""
    bpy.ops.ed.undo_push(message="before")
    choose(variants=3, seconds=60)
    assert bpy.ops.metaspatial.arrange("EXEC_DEFAULT", True) == {"FINISHED"}
    return room


def test_the_best_is_placed_and_the_others_are_a_click_away(three: Objects) -> None:
    count = shown().variants
    assert count >= 2
    assert shown().variant == 1
    seen, totals = [matrices()], [shown().total]
    for number in range(2, count + 1):
        assert bpy.ops.metaspatial.show_variant() == {"FINISHED"}
        assert shown().variant == number
        seen.append(matrices())
        totals.append(shown().total)
    assert all(one != other for k, one in enumerate(seen) for other in seen[:k])
    assert totals == sorted(totals, reverse=True)
    bpy.ops.metaspatial.show_variant()
    assert matrices() == seen[0], "after the last comes the first, bit for bit"
    bpy.ops.metaspatial.show_variant(step=-1)
    assert matrices() == seen[-1]


def test_restore_goes_back_to_before_all_of_them(room: Objects) -> None:
    before = matrices()
    choose(variants=2, seconds=60)
    bpy.ops.metaspatial.arrange()
    bpy.ops.metaspatial.show_variant()
    assert matrices() != before
    bpy.ops.metaspatial.restore()
    assert matrices() == before
    bpy.ops.metaspatial.show_variant()
    assert shown().variant == 1, "from where nothing stands as arranged, the first is next"


def test_each_step_can_be_undone_and_gone_on_from(three: Objects) -> None:
    first = matrices()
    bpy.ops.metaspatial.show_variant("EXEC_DEFAULT", True)
    second = matrices()
    bpy.ops.ed.undo()
    assert matrices() == first
    bpy.ops.metaspatial.show_variant("EXEC_DEFAULT", True)
    assert matrices() == second


def test_what_was_moved_by_hand_meanwhile_is_not_lost(three: Objects) -> None:
    three = {name: bpy.data.objects[name] for name in FURNITURE}
    three["Desk"].location.x += 0.2
    before = matrices()
    assert bpy.ops.metaspatial.show_variant() == {"CANCELLED"}
    assert matrices() == before
    assert "changed" in shown().message


def test_keep_forgets_the_others(three: Objects) -> None:
    placed = matrices()
    assert bpy.ops.metaspatial.keep() == {"FINISHED"}
    assert matrices() == placed
    assert not bpy.ops.metaspatial.show_variant.poll()


def test_the_redo_panel_changes_variant_and_settling(three: Objects) -> None:
    """What F9 does: the step is taken back and done again with another choice."""
    first = matrices()
    bpy.ops.ed.undo()
    assert bpy.ops.metaspatial.apply_layout("EXEC_DEFAULT", True, variant=2) == {"FINISHED"}
    assert shown().variant == 2
    assert matrices() != first
    bpy.ops.ed.undo()
    assert bpy.ops.metaspatial.apply_layout("EXEC_DEFAULT", True, variant=99) == {"FINISHED"}
    assert shown().variant == shown().variants


def test_refine_betters_what_stands_and_keeps_what_is_good(room: Objects) -> None:
    choose(seconds=60)
    bpy.ops.metaspatial.arrange()
    good = {name: room[name].matrix_world.copy() for name in FURNITURE}
    room["Nightstand"].location.xy = room["Bed"].location.xy
    bpy.context.view_layer.update()
    assert bpy.ops.metaspatial.refine() == {"FINISHED"}
    assert shown().total > shown().total_before
    assert shown().message == "Refined: 1 piece moved."
    bpy.context.view_layer.update()
    assert room["Bed"].matrix_world == good["Bed"]
    assert room["Desk"].matrix_world == good["Desk"]


def test_refine_leaves_a_perfect_room_alone(room: Objects) -> None:
    choose(seconds=60)
    bpy.ops.metaspatial.arrange()
    while shown().total < 1 and bpy.ops.metaspatial.refine() == {"FINISHED"} and "moved" in shown().message:
        pass
    before = matrices()
    bpy.ops.metaspatial.refine()
    assert matrices() == before
    assert shown().message == "Nothing better was found."


def test_only_what_is_selected_moves(room: Objects) -> None:
    bpy.ops.object.select_all(action="DESELECT")
    room["Nightstand"].select_set(True)
    before = matrices()
    assert bpy.ops.metaspatial.arrange_selected() == {"FINISHED"}
    after = matrices()
    assert {name for name in before if before[name] != after[name]} == {"Nightstand"}
    assert bpy.context.scene.metaspatial.source == "INSIDE", "for this once only"


def test_nothing_selected_says_so(room: Objects) -> None:
    bpy.ops.object.select_all(action="DESELECT")
    assert bpy.ops.metaspatial.arrange_selected() == {"CANCELLED"}
    assert "selected" in shown().message
    bpy.data.objects["Room"].select_set(True)
    assert bpy.ops.metaspatial.arrange_selected() == {"CANCELLED"}
    assert "selected" in shown().message


def test_another_file_forgets_them(three: Objects) -> None:
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert not bpy.ops.metaspatial.show_variant.poll()
    assert session.now.stands == {}
