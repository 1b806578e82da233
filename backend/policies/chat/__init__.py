# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers from any OpenAI-compatible `/v1/chat/completions` server that reads pictures."""

from .check import Check, Step, check
from .faults import Refusal
from .policy import ChatPolicy
from .reply import Reply
from .settings import KEY_VARIABLE, ChatSettings, is_loopback

__all__ = ["KEY_VARIABLE", "ChatPolicy", "ChatSettings", "Check", "Refusal", "Reply", "Step", "check", "is_loopback"]
