# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel in the 3D view's sidebar. Drawing reads what the session has put aside, and computes nothing."""

from __future__ import annotations

import textwrap

import bpy

from . import overlay, session
from .preferences import ADDON, DEFAULT_ADDRESS, is_loopback, preferences
from .variants import draw_variants
from .words import counted, told

BAR_NAMES = {"physics": "Physics", "function": "Function", "format": "Format", "render": "Looks"}
PART_ICONS = {"physics": "MOD_PHYSICS", "function": "TOOL_SETTINGS", "format": "TEXT", "render": "RENDER_STILL"}
NOTE_ICONS = {"unplaced": "ERROR", "moved": "EMPTY_ARROWS", "failed": "INFO"}
REMARK_ICONS = {
    "ignored": "HIDE_ON", "fixed": "LOCKED", "carried": "LINKED", "room": "HOME", "opening": "IMPORT", "info": "INFO",
}  # fmt: skip
_MOST_LINES = 12
_MOST_REMARKS = 40


class _Sidebar:
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "MetaSpatial"


class METASPATIAL_PT_room(_Sidebar, bpy.types.Panel):
    bl_idname = "METASPATIAL_PT_room"
    bl_label = "Room"
    bl_order = 0

    def draw(self, context: bpy.types.Context) -> None:
        own, shown = context.scene.metaspatial, session.state(context)
        own_preferences = preferences(context)
        layout = self.layout
        layout.enabled = not shown.working
        if not shown.looked:
            session.look_again_soon()
        column = layout.column(align=True)
        row = column.row(align=True)
        row.prop(own, "room", text="")
        row.operator("metaspatial.look", text="", icon="FILE_REFRESH")
        if own.room == "OBJECT":
            column.prop(own, "room_object", text="")
        elif own.room == "COLLECTION":
            column.prop(own, "room_collection", text="")
        if shown.problem:
            write(context, layout, shown.problem, icon="ERROR", alert=True)
            layout.operator("metaspatial.draw_room", icon="GREASEPENCIL")
            layout.operator("metaspatial.room_from_selection", icon="HOME")
        elif shown.room:
            write(context, layout, shown.room, icon="HOME")
        if shown.looked and not shown.pieces and (own_preferences is None or own_preferences.welcomed):
            layout.menu("METASPATIAL_MT_samples", icon="ADD")  # before that, the first steps offer them


class METASPATIAL_PT_furniture(_Sidebar, bpy.types.Panel):
    bl_idname = "METASPATIAL_PT_furniture"
    bl_label = "Furniture"
    bl_order = 1

    def draw(self, context: bpy.types.Context) -> None:
        own, shown = context.scene.metaspatial, session.state(context)
        layout = self.layout
        layout.enabled = not shown.working
        if not shown.looked:
            session.look_again_soon()
        column = layout.column(align=True)
        column.prop(own, "source", text="")
        if own.source == "COLLECTION":
            column.prop(own, "furniture_collection", text="")
        row = layout.row()
        row.template_list("METASPATIAL_UL_pieces", "", shown, "pieces", shown, "piece", rows=4, maxrows=8)
        row.menu("METASPATIAL_MT_list", text="", icon="DOWNARROW_HLT")
        if 0 <= shown.piece < len(shown.pieces):
            self._draw_piece(context, shown.pieces[shown.piece])
        if shown.remarks:
            self._draw_remarks(shown.remarks)

    def _draw_piece(self, context: bpy.types.Context, row) -> None:
        obj = session.object_of(row)
        if obj is None:
            return
        if row.reason:
            write(context, self.layout, row.reason, icon="INFO")
        header, body = self.layout.panel("metaspatial_piece", default_closed=True)
        header.label(text=f"{row.object}, {row.size} m" if row.size else row.object, translate=False)
        if body is None:
            return
        column = body.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(obj.metaspatial, "role")
        column.prop(obj.metaspatial, "category", placeholder=row.category)
        column.prop(obj.metaspatial, "mount")
        column.prop(obj.metaspatial, "front")

    def _draw_remarks(self, remarks) -> None:
        """What is left out or stays, and why: closed until somebody wonders."""
        header, body = self.layout.panel("metaspatial_remarks", default_closed=True)
        kinds = [remark.what for remark in remarks]
        counts = [
            text
            for what, text in (
                ("ignored", told("{count} ignored", count=kinds.count("ignored"))),
                ("fixed", told("{count} fixed", count=kinds.count("fixed"))),
                ("carried", told("{count} carried", count=kinds.count("carried"))),
            )
            if what in kinds
        ]
        if others := sum(what not in ("ignored", "fixed", "carried") for what in kinds):
            counts.append(counted(others, "{count} remark", "{count} remarks"))
        header.label(text=", ".join(counts), translate=False)
        if body is None:
            return
        column = body.column(align=True)
        for remark in remarks[:_MOST_REMARKS]:
            row = column.row()
            row.alignment = "LEFT"
            text = f"{remark.object}: {remark.reason}" if remark.object else remark.reason
            pick = row.operator(
                "metaspatial.select_object", text=text, icon=REMARK_ICONS[remark.what], emboss=False, translate=False
            )
            pick.object, pick.message = remark.object, text
        if len(remarks) > _MOST_REMARKS:
            column.label(text=told("and {count} more", count=len(remarks) - _MOST_REMARKS), translate=False)


class METASPATIAL_PT_arrange(_Sidebar, bpy.types.Panel):
    bl_idname = "METASPATIAL_PT_arrange"
    bl_label = "Arrange"
    bl_order = 2

    def draw(self, context: bpy.types.Context) -> None:
        own, shown = context.scene.metaspatial, session.state(context)
        choices = self.layout.column()
        choices.enabled = not shown.working
        choices.prop(own, "preference", text="", icon="TEXT", placeholder="A preference, in your words")
        choices.row(align=True).prop(own, "engine", expand=True)
        if own.engine == "SOLVER":
            row = choices.row(align=True)
            row.prop(own, "seed")
            row.prop(own, "seconds")
        elif own.engine == "SMALL":
            self._draw_small(context, choices)
        else:
            self._draw_server(context, choices)
        choices.prop(own, "variants")
        choices.prop(own, "settle")
        if shown.working:
            self._draw_progress(context)
        else:
            row = self.layout.row()
            row.scale_y = 1.6
            row.operator("metaspatial.arrange", icon="PLAY")
            row = self.layout.row(align=True)
            row.operator("metaspatial.refine", icon="GREASEPENCIL")
            row.operator("metaspatial.arrange_selected", text="Only Selected", icon="RESTRICT_SELECT_OFF")
            draw_variants(context, self.layout)
            if shown.message:
                icon = "ERROR" if shown.alert else "CHECKMARK"
                write(context, self.layout, shown.message, icon=icon, alert=shown.alert)
            if shown.offer_solver:
                self.layout.operator("metaspatial.arrange_with_solver", icon="SNAP_VERTEX")
        self.layout.operator("metaspatial.restore", icon="LOOP_BACK")

    def _draw_small(self, context: bpy.types.Context, layout: bpy.types.UILayout) -> None:
        own, set_up = context.scene.metaspatial, preferences(context)
        row = layout.box().row(align=True)
        running = session.now.small is not None
        row.label(text="Runs on this computer" if running else "Starts when it is asked", icon="LIGHT")
        if running:
            row.operator("metaspatial.server_stop", text="Stop")
        elif set_up is not None:
            row.operator("preferences.addon_show", text="", icon="PREFERENCES", emboss=False).module = ADDON
        layout.prop(own, "turns")

    def _draw_server(self, context: bpy.types.Context, layout: bpy.types.UILayout) -> None:
        own, shown, server = context.scene.metaspatial, session.state(context), preferences(context)
        box = layout.box().column()
        address = DEFAULT_ADDRESS if server is None else server.address
        if session.now.server is not None:
            address = session.now.server.url
        row = box.row(align=True)
        row.label(text=address.split("://")[-1], icon="INTERNET", translate=False)
        if server is not None:
            row.operator("preferences.addon_show", text="", icon="PREFERENCES", emboss=False).module = ADDON
            box.prop(server, "model", text="Model")
        row = box.row(align=True)
        row.operator("metaspatial.server_start", text="Start")
        row.operator("metaspatial.server_stop", text="Stop")
        row.operator("metaspatial.server_test", text="Test")
        if shown.server:
            icon = "ERROR" if shown.server_alert else "CHECKMARK"
            write(context, box, shown.server, icon=icon, alert=shown.server_alert)
        if not is_loopback(address):
            text = told("Sends a picture of the room and the names and sizes of its furniture.")
            write(context, box, text, icon="INFO")
        layout.prop(own, "turns")

    def _draw_progress(self, context: bpy.types.Context) -> None:
        shown = session.state(context)
        column = self.layout.column(align=True)
        column.progress(factor=shown.fraction, text=shown.text, type="BAR")
        row = column.row()
        row.scale_y = 1.6
        row.alert = True
        row.operator("metaspatial.cancel", icon="X")
        if shown.stream:
            thinking = shown.stream[-300:]
            write(context, self.layout, thinking, icon="NONE", most=5)


class METASPATIAL_PT_score(_Sidebar, bpy.types.Panel):
    bl_idname = "METASPATIAL_PT_score"
    bl_label = "Score"
    bl_order = 3

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        shown = session.state(context)
        return shown.scored or bool(shown.room)

    def draw(self, context: bpy.types.Context) -> None:
        shown, layout = session.state(context), self.layout
        overlay.draw_choices(layout, context)
        if not shown.scored:
            return
        if shown.stale:
            write(context, layout, told("Of the last arrangement; the room has changed since."), icon="INFO")
        bars = layout.column(align=True)
        bars.active = not shown.stale
        total = told("Total {percent} %", percent=round(100 * shown.total))
        if shown.total_before >= 0:
            total += " " + told("(was {percent} %)", percent=round(100 * shown.total_before))
        row = bars.row()
        row.scale_y = 1.2
        row.progress(factor=shown.total, text=total, type="BAR")
        for part, name in BAR_NAMES.items():
            grade = getattr(shown, part)
            if grade >= 0:
                bars.progress(factor=grade, text=f"{told(name)} {100 * grade:.0f} %", type="BAR")
        self._draw_lines(shown.notes, NOTE_ICONS)
        if shown.issues:
            layout.label(text=counted(len(shown.issues), "{count} issue", "{count} issues"), translate=False)
            self._draw_lines(shown.issues, PART_ICONS)

    def _draw_lines(self, lines, icons: dict[str, str]) -> None:
        column = self.layout.column(align=True)
        for line in lines[:_MOST_LINES]:
            row = column.row()
            row.alignment = "LEFT"
            row.alert = line.part == "unplaced"
            pick = row.operator(
                "metaspatial.select_pieces", text=line.message, icon=icons.get(line.part, "DOT"), emboss=False,
                translate=False,
            )  # fmt: skip
            pick.pieces = line.pieces
            pick.message = line.message
        if len(lines) > _MOST_LINES:
            column.label(text=told("and {count} more", count=len(lines) - _MOST_LINES), translate=False)


def write(
    context: bpy.types.Context,
    layout: bpy.types.UILayout,
    text: str,
    *,
    icon: str = "NONE",
    alert: bool = False,
    most: int = 16,
) -> None:
    """A text in as many lines as the sidebar's width asks for."""
    scale = context.preferences.system.ui_scale
    width = context.region.width if context.region is not None else 220
    letters = max(int((width / scale - 60) / 6.2), 16)
    column = layout.column(align=True)
    column.scale_y = 0.8
    column.alert = alert
    for number, line in enumerate(textwrap.wrap(text, letters)[:most]):
        column.label(text=line, icon=icon if number == 0 else "BLANK1" if icon != "NONE" else "NONE", translate=False)


CLASSES = (METASPATIAL_PT_room, METASPATIAL_PT_furniture, METASPATIAL_PT_arrange, METASPATIAL_PT_score)
