# SPDX-License-Identifier: GPL-3.0-or-later
"""What a small model is taught: layouts by one simple rule, the reasoning that leads to them, and repairs."""

from __future__ import annotations



from .teacher import Lesson, teach



