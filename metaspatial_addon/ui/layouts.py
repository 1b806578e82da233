# SPDX-License-Identifier: GPL-3.0-or-later
"""Layouts and scenes as .json files: dropped on a 3D view, imported, exported.

No postponed annotations here: Blender reads them as they are.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import bpy
from bpy.props import BoolProperty, StringProperty

from . import session
from .words import told

if TYPE_CHECKING:
    from ...backend.scene import Layout, Scene

    _Mixin = bpy.types.Operator
else:
    _Mixin = object


class METASPATIAL_FH_layout(bpy.types.FileHandler):
    """A .json file dropped on a 3D view is a layout, or a whole room, to bring in"""

    bl_idname = "METASPATIAL_FH_layout"
    bl_label = "MetaSpatial Layout"
    bl_import_operator = "metaspatial.import_layout"
    bl_file_extensions = ".json"

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        return context.area is not None and context.area.type == "VIEW_3D"


class _File(_Mixin):
    """An operator on a .json file that the user picks, drops, or that a script names."""

    filename_ext = ".json"

    filepath: StringProperty(name="File", subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.scene is None or context.mode != "OBJECT":
            cls.poll_message_set(told("Layouts are brought in and out in Object Mode"))
            return False
        if session.busy():
            cls.poll_message_set(told("An arrangement is on its way"))
            return False
        return True

    @property
    def path(self) -> Path:
        return Path(bpy.path.abspath(self.filepath))

    def _read(self) -> "Layout | Scene":
        """What the file holds. Raises `session.Refused`."""
        from . import layout_files

        if not self.filepath:
            raise session.Refused(told("Choose a file."))
        return layout_files.read(self.path)

    def _refuse(self, message: str) -> set[str]:
        self.report({"ERROR"}, message)
        return {"CANCELLED"}


class METASPATIAL_OT_import_layout(_File, bpy.types.Operator):
    """Put the furniture of this room where a layout file says, as one undo step"""

    bl_idname = "metaspatial.import_layout"
    bl_label = "Import Furniture Layout"
    bl_options = {"REGISTER", "UNDO"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self.filepath:  # dropped
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        from . import layout_files
        from .layout_files import Layout

        try:
            found = self._read()
            if not isinstance(found, Layout):
                return self._offer_to_build()
            seen = session.look(context)
            if seen is None:
                raise session.Refused(session.state(context).problem)
            message = layout_files.put(context, seen, layout_files.fit(seen, found))
        except session.Refused as error:
            return self._refuse(str(error))
        self.report({"WARNING" if session.state(context).alert else "INFO"}, message)
        return {"FINISHED"}

    def _offer_to_build(self) -> set[str]:
        """It is a whole scene: ask, where somebody can answer."""
        if bpy.app.background or not self.options.is_invoke:
            name = self.path.name
            return self._refuse(
                told("{name} is a whole scene, not a layout: bring it in with metaspatial.import_scene.", name=name)
            )
        bpy.ops.metaspatial.import_scene("INVOKE_DEFAULT", filepath=self.filepath)
        return {"CANCELLED"}


class METASPATIAL_OT_import_scene(_File, bpy.types.Operator):
    """Build the room and the furniture that a scene file describes"""

    bl_idname = "metaspatial.import_scene"
    bl_label = "Import Furnished Room"
    bl_options = {"REGISTER", "UNDO"}

    apart: BoolProperty(
        name="In a scene of its own",
        description="Leave this scene as it is and build in a new one. An empty scene is built in at any rate",
        default=True,
    )

    _lines: tuple[str, ...] = ()

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        from .layout_files import Layout

        if not self.filepath:
            context.window_manager.fileselect_add(self)
            return {"RUNNING_MODAL"}
        try:
            found = self._read()
        except session.Refused as error:
            return self._refuse(str(error))
        if isinstance(found, Layout):
            return self._refuse(_no_scene(self.path.name))
        length, width = found.room.extent
        self._lines = (
            told("{name} describes a whole room:", name=self.path.name),
            told(
                "{length:.2f} × {width:.2f} m, {count} pieces of furniture.",
                length=length,
                width=width,
                count=len(found.furniture),
            ),
        )
        return context.window_manager.invoke_props_dialog(self, width=360, title="", confirm_text="Build")

    def draw(self, context: bpy.types.Context) -> None:
        for line in self._lines:
            self.layout.label(text=line, translate=False)
        self.layout.prop(self, "apart")

    def execute(self, context: bpy.types.Context) -> set[str]:
        from . import layout_files
        from .layout_files import Layout

        try:
            found = self._read()
            if isinstance(found, Layout):
                raise session.Refused(_no_scene(self.path.name))
            message = layout_files.build(context, found, apart=self.apart and bool(context.scene.objects))
        except session.Refused as error:
            return self._refuse(str(error))
        self.report({"INFO"}, message)
        return {"FINISHED"}


class METASPATIAL_OT_export_layout(_File, bpy.types.Operator):
    """Write down where the furniture stands now, as a .json file"""

    bl_idname = "metaspatial.export_layout"
    bl_label = "Export Furniture Layout"
    bl_options = {"REGISTER"}

    check_existing: BoolProperty(default=True, options={"HIDDEN"})
    whole: BoolProperty(
        name="Whole scene",
        description="Room, furniture, relations and preference, too: enough to build it elsewhere",
        default=False,
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not self.filepath:
            stem = Path(bpy.data.filepath).stem if bpy.data.filepath else "room"
            self.filepath = str(Path(bpy.data.filepath).parent / f"{stem}.json") if bpy.data.filepath else "room.json"
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def check(self, context: bpy.types.Context) -> bool:
        """Whether the name had to be given its ending."""
        named = bpy.path.ensure_ext(self.filepath, self.filename_ext)
        changed = bool(Path(self.filepath).name) and named != self.filepath
        if changed:
            self.filepath = named
        return changed

    def execute(self, context: bpy.types.Context) -> set[str]:
        from . import layout_files

        if not self.filepath or self.path.is_dir():
            return self._refuse(told("Choose a file."))
        seen = session.look(context)
        if seen is None:
            return self._refuse(session.state(context).problem)
        try:
            layout_files.write(self.path, seen, whole=self.whole)
        except OSError as error:
            why = error.strerror or str(error)
            return self._refuse(told("{name} can't be written: {reason}", name=self.path.name, reason=why))
        count = len(seen.scene.furniture)
        message = told("Wrote {count} pieces to {name}.", count=count, name=self.path.name)
        self.report({"INFO"}, message)
        return {"FINISHED"}


def draw_import_menu(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    self.layout.operator(METASPATIAL_OT_import_layout.bl_idname, text="MetaSpatial Furniture Layout or Room (.json)")


def draw_export_menu(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    self.layout.operator(METASPATIAL_OT_export_layout.bl_idname, text="MetaSpatial Furniture Layout (.json)")


def _no_scene(name: str) -> str:
    return told("{name} is a layout without a room: bring it in with metaspatial.import_layout.", name=name)


CLASSES = (
    METASPATIAL_FH_layout, METASPATIAL_OT_import_layout, METASPATIAL_OT_import_scene, METASPATIAL_OT_export_layout,
)  # fmt: skip
