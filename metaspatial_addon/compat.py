# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between the Blender versions this extension runs on (4.2 to 5.2), and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy


def eevee_engine() -> str:
    """The id of EEVEE in this Blender: BLENDER_EEVEE_NEXT up to 4.5, BLENDER_EEVEE from 5.0 on."""
    return "BLENDER_EEVEE" if bpy.app.version >= (5, 0, 0) else "BLENDER_EEVEE_NEXT"


def set_image_format(image_settings: Any, file_format: str) -> None:
    """Set a still picture's file format; from 5.0 on the media type has to be a picture's first."""
    if hasattr(image_settings, "media_type"):
        image_settings.media_type = "IMAGE"
    image_settings.file_format = file_format


def animated_paths(datablock: Any) -> set[str]:
    """Data paths ("location", "rotation_euler"…) that actions, NLA strips or drivers write on a datablock."""
    animation = datablock.animation_data
    if animation is None:
        return set()
    curves = list(animation.drivers)
    if animation.action is not None:
        curves += _curves(animation.action, getattr(animation, "action_slot_handle", 0))
    for track in animation.nla_tracks:
        if not track.mute:
            for strip in track.strips:
                if strip.action is not None and not strip.mute:
                    curves += _curves(strip.action, getattr(strip, "action_slot_handle", 0))
    return {curve.data_path for curve in curves}


def _curves(action: Any, slot_handle: int) -> Iterator[Any]:
    """The curves of an action that move one datablock: all of them before slots came with 4.4."""
    if not hasattr(action, "slots"):
        yield from action.fcurves
        return
    for layer in action.layers:
        for strip in layer.strips:
            for bag in strip.channelbags:
                if bag.slot_handle == slot_handle:
                    yield from bag.fcurves
