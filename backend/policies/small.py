# SPDX-License-Identifier: GPL-3.0-or-later
"""The small model that comes along, as a policy: its server on this computer is started where it does not run yet."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ..dialogue import Dialogue
from ..serve import NO_PYTHON, ServeCancelled, ServeError, Server, find_python, start, status
from ..weights import NAME, SHIPPED, WeightsMissing, shipped_model
from .chat import ChatPolicy, ChatSettings
from .policy import Cancelled, PolicyError

_MOST_TOKENS = 2048
"""Of an answer. The model has learned none as long as that: what grows longer goes round in circles."""
_PATIENCE = 300.0
"""Seconds that the server gets to be ready, whoever is starting it: it takes ten where torch has been read before."""


@dataclass(frozen=True, slots=True)
class SmallPolicy:
    """Asks the small model; at `temperature` 0 greedily. `python` is the one to start its server with ("": found),
    `timeout` the seconds an answer may take; `on_server` hears which server it is."""

    python: str = ""
    timeout: float = 600.0
    pictures: bool = True
    on_server: Callable[[Server], None] = lambda server: None
    temperature: float = 0.0
    name: str = NAME

    def answer(
        self,
        dialogue: Dialogue,
        *,
        cancelled: Callable[[], bool] = lambda: False,
        on_text: Callable[[str], None] = lambda text: None,
    ) -> str:
        server = small_server(self.python, cancelled=cancelled, on_progress=on_text)
        self.on_server(server)
        settings = ChatSettings(
            server.url,
            server.model,
            server.token,
            self.timeout,
            max_tokens=_MOST_TOKENS,
            temperature=self.temperature,
            pictures=self.pictures,
        )
        return ChatPolicy(settings).answer(dialogue, cancelled=cancelled, on_text=on_text)


def small_server(
    python: str = "",
    *,
    cancelled: Callable[[], bool] = lambda: False,
    on_progress: Callable[[str], None] = lambda text: None,
) -> Server:
    """The server of the small model, which ends with this process if it is started here.

    Raises `Cancelled`, and `PolicyError` where it can't be started or another model is being served.
    """
    deadline = time.monotonic() + _PATIENCE
    while (running := status()) is not None:
        if running.model not in (NAME, str(SHIPPED)):
            raise PolicyError(
                f"A server with {running.model} runs on this computer: stop it (with *Stop* under the engine *Server*, "
                "or metaspatial serve --stop), or have the room arranged by it."
            )
        if running.ready:
            return running
        if cancelled():
            raise Cancelled
        if time.monotonic() > deadline:
            raise PolicyError(f"The server that is starting is not ready. Its log: {running.log}")
        on_progress(f"Waiting for {NAME} to be ready")
        time.sleep(0.5)
    try:
        shipped_model()
    except WeightsMissing as error:  # before a Python is asked for, which would be of no use
        raise PolicyError(str(error)) from error
    found = find_python(python)
    if not found:
        raise PolicyError(NO_PYTHON)
    try:
        return start(python=found, timeout=_PATIENCE, on_progress=on_progress, cancelled=cancelled)
    except ServeCancelled:
        raise Cancelled from None
    except ServeError as error:
        raise PolicyError(str(error)) from error
