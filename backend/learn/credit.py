# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of an answer's words speak of which piece, so that a piece's own grade can be credited to them."""

from __future__ import annotations

import re
from collections.abc import Sequence

_CLAUSE = re.compile(r"(?:<think>|\n)[ \t]*(?:[-*] )?(\S+?)[:,]? [^\n<]*")
"""A line of a thought that begins with a piece's name."""
_ENTRY = re.compile(r'\{[^{}]*"new_object_id"\s*:\s*"([^"]*)"[^{}]*\}')


def pieces_of(texts: Sequence[str], names: Sequence[str]) -> list[str]:
    """For each token, given by what it adds to the text, the piece that it places; "" for none.

    A token belongs to the clause or the entry in which its first character lies.
    """
    whole, known = "".join(texts), set(names)
    owners = [""] * len(whole)
    for pattern in (_CLAUSE, _ENTRY):
        for found in pattern.finditer(whole):
            if found[1] in known:
                start = found.start() if pattern is _ENTRY else found.start(1)
                owners[start : found.end()] = [found[1]] * (found.end() - start)
    out, at = [], 0
    for text in texts:
        out.append(owners[at] if text else "")
        at += len(text)
    return out
