# SPDX-License-Identifier: GPL-3.0-or-later
"""What a judge sees and says: pictures that are pictures enough, and answers in the form asked for."""

from __future__ import annotations

import json
from typing import Any

KEYS = ("realism", "functionality", "layout", "color_and_material", "aesthetic")


def picture(content: bytes = b"") -> bytes:
    return b"\x89PNG\r\n\x1a\n" + content


PICTURES = (picture(b"perspective"), picture(b"top"))


def marks(*given: Any, remark: Any = "The desk blocks the door.", **other: Any) -> str:
    """An answer with these five marks; one mark stands for five."""
    five = given * 5 if len(given) == 1 else given
    return json.dumps({"remark": remark, **dict(zip(KEYS, five, strict=True)), **other})
