# SPDX-License-Identifier: GPL-3.0-or-later
"""Placement: writes a layout into the open file, wholly or not at all, and takes it back exactly."""

from .placing import Placement, PlacementError, Skipped, place, restore, restore_to
from .transform import Transform, transform_of

__all__ = [
    "Placement", "PlacementError", "Skipped", "Transform", "place", "restore", "restore_to", "transform_of",
]  # fmt: skip
