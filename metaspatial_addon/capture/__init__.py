# SPDX-License-Identifier: GPL-3.0-or-later
"""Capture: from the open .blend to a `Scene`, and the way back to its objects."""

from .capturing import Capture, capture, is_stale, state_of
from .following import Following
from .note import CaptureError, Note
from .reference import ObjectRef, refer
from .relations import AskedRelation, LeftOut
from .settings import FRONTS, MOUNT_CHOICES, ROLES, CaptureSettings, ObjectProperties, ObjectSettings

__all__ = [
    "FRONTS", "MOUNT_CHOICES", "ROLES", "AskedRelation", "Capture", "CaptureError", "CaptureSettings", "Following",
    "LeftOut", "Note", "ObjectProperties", "ObjectRef", "ObjectSettings", "capture", "is_stale", "refer", "state_of",
]  # fmt: skip
