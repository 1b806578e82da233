# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes from room descriptions, furnished by any language model behind an OpenAI-compatible server."""

from .command import INCIDENTAL, add_arguments, source_from
from .descriptions import Description, Descriptions, clean, descriptions, read_descriptions, shipped
from .source import LlmSettings, LlmSource, NoAnswer, Usage

__all__ = [
    "INCIDENTAL", "Description", "Descriptions", "LlmSettings", "LlmSource", "NoAnswer", "Usage", "add_arguments",
    "clean", "descriptions", "read_descriptions", "shipped", "source_from",
]  # fmt: skip
