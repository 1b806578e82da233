# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's preferences: how a new scene begins, the model server and who may be talked to, the models' Python.

No postponed annotations here: Blender reads them as they are.
"""

import os
from typing import TYPE_CHECKING

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, FloatVectorProperty, IntProperty, StringProperty

from ... import __package__ as ADDON
from . import python_check, session
from .properties import ENGINES
from .words import told

if TYPE_CHECKING:
    from ...backend.policies.chat import ChatSettings

DEFAULT_ADDRESS = "http://127.0.0.1:8000/v1"
DEFAULT_TIMEOUT = 600.0
KEY_VARIABLE = "METASPATIAL_API_KEY"


def _look_at_training(own: "MetaSpatialPreferences", context: bpy.types.Context) -> None:
    from . import training  # not above: that module looks at this one

    training.look(context)


class MetaSpatialPreferences(bpy.types.AddonPreferences):
    bl_idname = ADDON

    engine: EnumProperty(name="Engine", description="Who arranges in a scene that has not chosen yet", items=ENGINES)
    variants: IntProperty(
        name="Variants",
        description="How many arrangements to make for you to choose from",
        min=1,
        max=8,
        default=1,
    )
    welcomed: BoolProperty(
        name="Hide First Steps", description="Leave out what the sidebar says to those who are new to it"
    )
    address: StringProperty(
        name="Server",
        description="Address of an OpenAI-compatible server, up to and including /v1",
        default=DEFAULT_ADDRESS,
    )
    model: StringProperty(
        name="Model", description="The model's name on the server; empty: the first one the server offers"
    )
    key: StringProperty(
        name="API key",
        description=f"Sent to the server as a bearer token. The environment variable {KEY_VARIABLE} goes first",
        subtype="PASSWORD",
    )
    timeout: FloatProperty(
        name="Time-out",
        description="Seconds to wait for an answer",
        default=DEFAULT_TIMEOUT,
        min=5.0,
        max=3600.0,
        precision=0,
    )
    pictures: BoolProperty(
        name="Send picture", description="Off for models that cannot see: they get the room in words only", default=True
    )
    allow_remote: BoolProperty(
        name="Allow other computers",
        description="Let the room's picture and the names and sizes of its furniture leave this computer",
    )
    python: StringProperty(
        name="Python",
        description="A Python that has torch and transformers, to run the small model or another on this computer, "
        "and to train; empty: one is looked for",
        subtype="FILE_PATH",
    )
    checkpoint: StringProperty(
        name="Checkpoint",
        description="Model to serve: a folder, or a name on the Hugging Face hub; empty: the small one",
    )
    training_folder: StringProperty(
        name="Folder",
        description="Where a training keeps its files; empty: a folder of its own",
        subtype="DIR_PATH",
        update=_look_at_training,
    )
    training_rooms: StringProperty(
        name="Rooms",
        description="Rooms to train on: generated:0-49, or a folder of scenes or of a curation",
        default="generated:0-49",
    )

    overlay_conflict: FloatVectorProperty(
        name="Conflicts",
        description="Colour of what is inside something else, outside the room or blocked",
        subtype="COLOR_GAMMA",
        default=(1.0, 0.24, 0.2),
        min=0.0,
        max=1.0,
    )
    overlay_clearance: FloatVectorProperty(
        name="Clearances",
        description="Colour of the floor that pieces need, and of walkways",
        subtype="COLOR_GAMMA",
        default=(0.2, 0.68, 1.0),
        min=0.0,
        max=1.0,
    )
    overlay_front: FloatVectorProperty(
        name="Fronts",
        description="Colour of the arrows where pieces' fronts look",
        subtype="COLOR_GAMMA",
        default=(1.0, 0.75, 0.15),
        min=0.0,
        max=1.0,
    )
    overlay_fill: FloatProperty(
        name="Fill",
        description="How opaque the overlay's surfaces are",
        default=0.25,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        for name, title, closed, draw in (
            ("arranging", "Arranging", False, self._draw_arranging),
            ("server", "Model Server", False, self._draw_server),
            ("python", "Models on This Computer", False, self._draw_python),
            ("overlay", "Overlay", True, self._draw_overlay),
            ("training", "Training", True, self._draw_training),
        ):
            header, body = layout.panel(f"metaspatial_preferences_{name}", default_closed=closed)
            header.label(text=title)
            if body is not None:
                draw(body.column())

    def _draw_arranging(self, column: bpy.types.UILayout) -> None:
        column.prop(self, "engine")
        column.prop(self, "variants")
        column.prop(self, "welcomed")

    def _draw_server(self, column: bpy.types.UILayout) -> None:
        column.prop(self, "address")
        column.prop(self, "model")
        row = column.row()
        row.enabled = KEY_VARIABLE not in os.environ
        row.prop(self, "key")
        if KEY_VARIABLE in os.environ:
            column.label(text=told("The key comes from {variable}", variable=KEY_VARIABLE), icon="INFO")
        elif self.key:
            text = told("Saved readable in your preferences; {variable} is safer", variable=KEY_VARIABLE)
            column.label(text=text, icon="INFO")
        column.prop(self, "timeout")
        column.prop(self, "pictures")
        if not is_loopback(self.address):
            column.prop(self, "allow_remote")
            column.label(text="Sends: a picture of the room, names and sizes of its furniture", icon="INFO")
            if not bpy.app.online_access:
                column.label(text="Blender's online access is off (Preferences > System > Network)", icon="ERROR")

    def _draw_python(self, column: bpy.types.UILayout) -> None:
        column.prop(self, "python")
        python_check.draw(bpy.context, column)
        column.prop(self, "checkpoint")

    def _draw_overlay(self, column: bpy.types.UILayout) -> None:
        for name in ("overlay_conflict", "overlay_clearance", "overlay_front", "overlay_fill"):
            column.prop(self, name)

    def _draw_training(self, column: bpy.types.UILayout) -> None:
        column.prop(self, "training_rooms")
        column.prop(self, "training_folder")


def chat_settings(context: bpy.types.Context) -> "ChatSettings":
    """The server that was started here, or else the one that the user set, the environment's key first.

    Other computers are allowed only if both the preference and Blender's online access say so.
    """
    from ...backend.policies.chat import ChatSettings  # not above: an HTTP client comes with it

    key = os.environ.get(KEY_VARIABLE, "").strip()
    own = preferences(context)
    server = session.now.server
    if server is not None:
        timeout, pictures = (DEFAULT_TIMEOUT, True) if own is None else (own.timeout, own.pictures)
        return ChatSettings(base_url=server.url, api_key=server.token, timeout=timeout, pictures=pictures)
    if own is None:
        return ChatSettings(api_key=key)
    return ChatSettings(
        base_url=own.address.strip(),
        model=own.model.strip(),
        api_key=key or own.key.strip(),
        timeout=own.timeout,
        pictures=own.pictures,
        allow_remote=own.allow_remote and bpy.app.online_access,
    )


def preferences(context: bpy.types.Context) -> MetaSpatialPreferences | None:
    """The add-on's preferences, None where the package runs without being installed as an extension."""
    addon = context.preferences.addons.get(ADDON)
    return None if addon is None else addon.preferences


def refusal(context: bpy.types.Context) -> str:
    """What Blender itself has against talking to the server, or "": its online access, asked for all but loopback."""
    own = preferences(context)
    if (
        own is None
        or session.now.server is not None
        or is_loopback(own.address)
        or not own.allow_remote
        or bpy.app.online_access
    ):
        return ""
    return "Blender's online access is off: turn it on in Preferences > System > Network to reach other computers."


def is_loopback(address: str) -> bool:
    """Whether the address is this computer's own."""
    from ...backend.policies.chat import is_loopback as decides

    return decides(address)
