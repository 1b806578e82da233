# SPDX-License-Identifier: GPL-3.0-or-later
"""The conversation with a model about a scene: what it is told, and how its answers are read."""

from .answer import Answer, Problem, format_answer, parse_answer
from .message import Dialogue, Message, openai_messages
from .prompt import example_answer, open_dialogue, with_feedback

__all__ = [
    "Answer", "Dialogue", "Message", "Problem", "example_answer", "format_answer", "open_dialogue", "openai_messages",
    "parse_answer", "with_feedback",
]  # fmt: skip
