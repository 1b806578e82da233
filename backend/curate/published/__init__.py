# SPDX-License-Identifier: GPL-3.0-or-later
"""MetaSpatial's published form of data, in and out: a table with the columns `images`, `problem` and `answer`."""

from __future__ import annotations

from .export import Exported, export_published
from .source import PublishedSource, add_arguments, source_from

__all__ = ["Exported", "PublishedSource", "add_arguments", "export_published", "source_from"]
