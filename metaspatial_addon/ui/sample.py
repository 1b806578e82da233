# SPDX-License-Identifier: GPL-3.0-or-later
"""A furnished room to try things on."""

from pathlib import Path
from typing import TYPE_CHECKING

import bpy
from bpy.props import EnumProperty
from mathutils import Euler, Vector

from . import relations, session
from .words import told

if TYPE_CHECKING:
    from ...backend.scene import Room

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
SHOWN = (
    ("bedroom", "Bedroom"),
    ("living_room", "Living Room"),
    ("kids_room", "Children's Room"),
    ("study", "Study"),
    ("studio_l", "L-shaped Studio"),
    ("dining_kitchen", "Kitchen with a Dining Table"),
    ("bathroom", "Bathroom"),
    ("office", "Office"),
    ("classroom", "Classroom"),
)
"""The samples that are offered, by their files: the simplest first."""
_CUBE = {(x, y, z) for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)}

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
            self.report({"ERROR"}, told("The sample {name} can't be read: {reason}", name=path.name, reason=error))
            return {"CANCELLED"}
        hidden = _hide_default_cube(context)
        built = build_scene(scene, moving_day(scene), target=context.scene)
        relations.keep(context.scene, scene, {**built.room.openings, **built.pieces})
        if not context.scene.metaspatial.preference:
            context.scene.metaspatial.preference = scene.preference
        _look_at(context, scene.room)
        session.look_again_soon()
        if hidden:
            self.report({"INFO"}, told("The default cube stood in the room: it is hidden now."))
        return {"FINISHED"}


class METASPATIAL_MT_samples(bpy.types.Menu):
    bl_idname = "METASPATIAL_MT_samples"
    bl_label = "Add a Sample Room"

    def draw(self, context: bpy.types.Context) -> None:
        for name, label in SHOWN:
            self.layout.operator("metaspatial.add_sample", text=told(label), translate=False).sample = name


def _hide_default_cube(context: bpy.types.Context) -> bool:
    """Blender's own cube, if nobody touched it, stands in the middle of every sample and is no furniture."""
    cube = context.view_layer.objects.get("Cube")
    if cube is None or cube.type != "MESH" or cube.hide_get() or cube.modifiers or cube.parent is not None:
        return False
    if cube.matrix_world != type(cube.matrix_world)() or {tuple(each.co) for each in cube.data.vertices} != _CUBE:
        return False
    cube.hide_set(True)
    return True


def _look_at(context: bpy.types.Context, room: "Room") -> None:
    """In the 3D view where this was asked for: the whole room from above, without the ceiling that hides it."""
    if context.area is None or context.area.type != "VIEW_3D":
        return
    space = context.space_data
    space.shading.show_backface_culling = True
    view = space.region_3d
    if view.view_perspective != "CAMERA":
        length, width = room.extent
        turn, distance = Euler((0.55, 0.0, 0.4)), 2.4 * max(length, width)
        aside = Vector((0.12 * distance, 0.0, 0.0))  # the sidebar covers what is right of the middle
        aside.rotate(turn)
        view.view_perspective = "PERSP"
        view.view_rotation, view.view_distance = turn.to_quaternion(), distance
        view.view_location = Vector((length / 2, width / 2, room.height / 4)) + aside


CLASSES = (METASPATIAL_OT_add_sample, METASPATIAL_MT_samples)
