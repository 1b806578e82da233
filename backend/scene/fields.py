# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading JSON with errors that name the field: bounded text, then values of the type that is needed.

Every function raises `SceneError` with the path it was given.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from .check import SceneError, suggest

MAX_TEXT = 8_000_000
"""Longest document that is read, in characters."""


def load_json(text: str | bytes) -> object:
    """Parsed JSON of bounded size. Raises `SceneError` for broken, oversized or bottomless text and repeated keys."""
    if len(text) > MAX_TEXT:
        raise SceneError("", f"the document has {len(text)} characters; {MAX_TEXT} at most are read")
    try:
        return json.loads(text, object_pairs_hook=_unrepeated)
    except RecursionError:
        raise SceneError("", "the document nests too deeply to be one of ours") from None
    except json.JSONDecodeError as error:
        raise SceneError("", f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except UnicodeDecodeError:
        raise SceneError("", "not text: save the document as UTF-8") from None
    except SceneError:
        raise
    except ValueError as error:  # integers with thousands of digits
        raise SceneError("", f"not JSON that can be read: {error}") from None


def fields_of(data: object, path: str, keys: Sequence[str], required: Sequence[str]) -> Mapping[str, Any]:
    """An object that has only `keys` and all of `required`."""
    if not isinstance(data, Mapping):
        raise SceneError(path, f"must be an object with {', '.join(required)}, not {shown(data)}")
    for key in data:
        if key not in keys:
            name = str(key)[:80]
            raise SceneError(
                f"{path}.{name}" if path else name, f"unknown key{suggest(name, keys)}; remove or correct it"
            )
    for key in required:
        if key not in data:
            raise SceneError(f"{path}.{key}" if path else key, "is missing; add it")
    return data


def items_of(data: object, path: str) -> list[tuple[object, str]]:
    """A list's items, each with its own path."""
    if not isinstance(data, list | tuple):
        raise SceneError(path, f"must be a list, not {shown(data)}")
    return [(item, f"{path}[{index}]") for index, item in enumerate(data)]


def vector_of(data: object, path: str, length: int) -> tuple[float, ...]:
    items = items_of(data, path)
    if len(items) != length:
        raise SceneError(path, f"must have {length} numbers, not {len(items)}")
    return tuple(number_of(item, here) for item, here in items)


def number_of(data: object, path: str) -> float:
    """A number, not yet checked for range: NaN and infinity pass."""
    if isinstance(data, bool) or not isinstance(data, int | float):
        raise SceneError(path, f"must be a number, not {shown(data)}")
    try:
        return float(data)
    except OverflowError:
        return math.inf


def text_of(data: object, path: str) -> str:
    if not isinstance(data, str):
        raise SceneError(path, f"must be a text, not {shown(data)}")
    return data


def flag_of(data: object, path: str) -> bool:
    if not isinstance(data, bool):
        raise SceneError(path, f"must be true or false, not {shown(data)}")
    return data


def shown(data: object) -> str:
    """A value in a few characters, for error messages."""
    if data is None or isinstance(data, bool):
        return json.dumps(data)
    if isinstance(data, Mapping):
        return "an object"
    if isinstance(data, list | tuple):
        return f"a list of {len(data)}"
    if isinstance(data, int) and abs(data) > 10**40:
        return "a huge number"
    text = repr(data)
    return text if len(text) <= 60 else text[:57] + "…"


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise SceneError(twice[:80], "this key appears twice in one object; keep one")
    return result
