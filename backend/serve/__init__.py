# SPDX-License-Identifier: GPL-3.0-or-later
"""A model server of our own on this computer: on loopback only, behind a random token, started and stopped from here.

`start` runs our own server, `transformers serve` or vLLM in another Python, chosen by its interpreter, because a model
server needs torch and the caller, Blender for one, has none. This package itself needs nothing but the standard
library.
"""

from .server import MAKE_PYTHON, NO_PYTHON, ServeCancelled, ServeError, Server, find_python, start, status, stop

__all__ = [
    "MAKE_PYTHON",
    "NO_PYTHON",
    "ServeCancelled",
    "ServeError",
    "Server",
    "find_python",
    "start",
    "status",
    "stop",
]
