# SPDX-License-Identifier: GPL-3.0-or-later
"""The installed extension arranges its own samples, headless; undo takes it back bit for bit."""

from __future__ import annotations

import bpy
import pytest


def matrices() -> dict[str, tuple[float, ...]]:
    bpy.context.view_layer.update()
    return {obj.name: tuple(x for row in obj.matrix_world for x in row) for obj in bpy.data.objects}


@pytest.mark.parametrize("sample", ["bedroom", "studio_l"])
def test_a_sample_room_is_arranged_and_undone(sample: str) -> None:
    assert bpy.ops.metaspatial.add_sample(sample=sample) == {"FINISHED"}
    bpy.ops.ed.undo_push(message="sample")
    before = matrices()
    assert bpy.ops.metaspatial.arrange("EXEC_DEFAULT", True) == {"FINISHED"}
    after = matrices()
    shown = bpy.context.window_manager.metaspatial
    moved = {name for name in before if before[name] != after[name]}
    assert len(moved) >= 5
    assert moved <= {row.object for row in shown.pieces}
    assert not [line.message for line in (*shown.issues, *shown.notes) if line.part in ("physics", "unplaced")]
    bpy.ops.ed.undo()
    assert matrices() == before


def test_restore_works_without_undo() -> None:
    bpy.ops.metaspatial.add_sample(sample="study")
    before = matrices()
    bpy.ops.metaspatial.arrange()
    assert matrices() != before
    bpy.ops.metaspatial.restore()
    assert matrices() == before


def test_an_empty_file_is_told_about_and_left_alone() -> None:
    assert bpy.ops.metaspatial.arrange() == {"CANCELLED"}
    assert bpy.context.window_manager.metaspatial.problem
    assert len(bpy.data.objects) == 0
