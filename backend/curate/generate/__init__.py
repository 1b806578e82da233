# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes made up by chance: unlimited, seeded, varied, feasible."""

from .consistency import contradictions
from .feasible import checked_scene, is_feasible
from .generate import FEWEST, MOST, Drawn, draw_scene, generate_scene
from .room_types import ROOM_TYPES, RoomType
from .wishes import Wish

__all__ = [
    "FEWEST", "MOST", "ROOM_TYPES", "Drawn", "RoomType", "Wish", "checked_scene", "contradictions", "draw_scene",
    "generate_scene", "is_feasible",
]  # fmt: skip
