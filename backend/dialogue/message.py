# SPDX-License-Identifier: GPL-3.0-or-later
"""What a conversation with a model is, and its form for OpenAI-compatible chat servers."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Literal

from ..scene import Scene

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message; `pictures` are PNG files that come before the text."""

    role: Role
    text: str
    pictures: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The messages so far about a scene, which rides along for policies that look at it directly."""

    scene: Scene
    messages: tuple[Message, ...]


def openai_messages(dialogue: Dialogue) -> list[dict[str, Any]]:
    """The `messages` of a /v1/chat/completions request; pictures become PNG data URLs."""
    return [{"role": message.role, "content": _content(message)} for message in dialogue.messages]


def _content(message: Message) -> str | list[dict[str, Any]]:
    if not message.pictures:
        return message.text
    urls = ("data:image/png;base64," + base64.b64encode(picture).decode("ascii") for picture in message.pictures)
    return [*({"type": "image_url", "image_url": {"url": url}} for url in urls), {"type": "text", "text": message.text}]
