# SPDX-License-Identifier: GPL-3.0-or-later
"""Long work beside a live Blender: a worker thread on plain data, and the main thread's part of it. No ``bpy`` here."""

from .arrangement import Arrangement, arrange, arranging, arranging_variants
from .job import Desk, Job, Stage

__all__ = ["Arrangement", "Desk", "Job", "Stage", "arrange", "arranging", "arranging_variants"]
