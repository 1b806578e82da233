# SPDX-License-Identifier: GPL-3.0-or-later
"""What a small model is taught: layouts by one simple rule, the reasoning that leads to them, and repairs."""

from __future__ import annotations

from .account import lesson_from
from .augment import symmetries
from .lessons import Course, lesson_of, lessons
from .teacher import Lesson, teach
from .think import derived
from .turns import Repair, repair, spoilt

__all__ = [
    "Course", "Lesson", "Repair", "derived", "lesson_from", "lesson_of", "lessons", "repair", "spoilt", "symmetries",
    "teach",
]  # fmt: skip
