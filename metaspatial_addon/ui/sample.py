# SPDX-License-Identifier: GPL-3.0-or-later
"""A furnished room to try things on."""

from pathlib import Path

import bpy
from bpy.props import EnumProperty

from . import relations, session

SAMPLES = Path(__file__).resolve().parents[2] / "samples"

_items: list[tuple[str, str, str]] = []


def _samples(operator: object, context: bpy.types.Context | None) -> list[tuple[str, str, str]]:
    """The rooms that came along. Kept here, because Blender does not keep the strings itself."""
    if not _items:
        _items.extend(
            (path.stem, path.stem.replace("_", " ").capitalize(), "") for path in sorted(SAMPLES.glob("*.json"))
        )
    return _items


class METASPATIAL_OT_add_sample(bpy.types.Operator):
    """Add a furnished sample room to this file"""

    bl_idname = "metaspatial.add_sample"
    bl_label = "Add Sample Room"
    bl_options = {"REGISTER", "UNDO"}

    sample: EnumProperty(name="Room", items=_samples)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.mode == "OBJECT" and not session.busy()

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ...backend.scene import scene_from_json  # not above: numpy comes with it
        from ..furnish.scene import build_scene, moving_day

        path = SAMPLES / f"{self.sample}.json"
        try:
            scene = scene_from_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            self.report({"ERROR"}, f"The sample {path.name} can't be read: {error}")
            return {"CANCELLED"}
        built = build_scene(scene, moving_day(scene), target=context.scene)
        relations.keep(context.scene, scene, {**built.room.openings, **built.pieces})
        if not context.scene.metaspatial.preference:
            context.scene.metaspatial.preference = scene.preference
        session.look_again_soon()
        return {"FINISHED"}


CLASSES = (METASPATIAL_OT_add_sample,)
