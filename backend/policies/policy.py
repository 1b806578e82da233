# SPDX-License-Identifier: GPL-3.0-or-later
"""What every policy is: something that turns a dialogue into an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..dialogue import Dialogue


class Cancelled(Exception):
    """The user asked to stop."""


class PolicyError(Exception):
    """The policy could not answer. The message says what is wrong and how to mend it, in a sentence for users."""


class Policy(Protocol):
    """Turns a dialogue into an answer text (`<think>…</think><answer>[…]</answer>`).

    `cancelled` is polled; once it returns True the policy raises `Cancelled` at once. `on_text` receives the answer as
    it grows, or a line of progress.
    """

    @property
    def name(self) -> str: ...

    def answer(
        self,
        dialogue: Dialogue,
        *,
        cancelled: Callable[[], bool] = lambda: False,
        on_text: Callable[[str], None] = lambda text: None,
    ) -> str: ...
