# SPDX-License-Identifier: GPL-3.0-or-later
"""Which chat server to ask, and whether it may be asked."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from ..policy import PolicyError

KEY_VARIABLE = "METASPATIAL_API_KEY"
"""The environment variable that holds the server's key where the settings have none."""


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """A chat server and how to talk to it. All times in seconds.

    `base_url` is what OpenAI clients call the base URL (`http://127.0.0.1:8000/v1`); a bare host gets `/v1`. An empty
    `model` means the server's only one. `timeout` bounds a whole answer, `idle_timeout` a silence in it (and a server
    that does not stream is silent until it is done). `temperature` None leaves the choice to the server.
    `pictures` False sends text only, for models that can't see. `allow_remote` permits servers that are not on this
    computer: pictures, names and sizes go there.
    """

    base_url: str = "http://127.0.0.1:8000/v1"
    model: str = ""
    api_key: str = field(default="", repr=False)
    timeout: float = 600.0
    idle_timeout: float = 180.0
    connect_timeout: float = 5.0
    max_tokens: int = 4096
    temperature: float | None = None
    pictures: bool = True
    allow_remote: bool = False

    @property
    def key(self) -> str:
        """The key to send: the settings' own, else the environment's; may be empty."""
        return (self.api_key or os.environ.get(KEY_VARIABLE, "")).strip()

    @property
    def server(self) -> str:
        """Scheme, host and port, for messages to people."""
        parts = _split(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    def endpoint(self, path: str) -> str:
        """The full URL of e.g. `models`. Raises PolicyError for an address that can't or mayn't be used."""
        parts = _split(self.base_url)
        if not (self.allow_remote or is_loopback(self.base_url)):
            raise PolicyError(
                f"{parts.hostname} is not this computer, and other computers are not allowed yet: turn on "
                "“Allow other computers” in MetaSpatial's preferences (and Blender's online access) to send it the "
                "picture of the room and the names and sizes of the furniture."
            )
        if not _is_header_text(self.key):
            raise PolicyError("The server's key has characters that no key has; copy it again.")
        base = parts.path.rstrip("/").removesuffix("/chat/completions") or "/v1"
        return f"{parts.scheme}://{parts.netloc}{base}/{path}"


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this computer, by its literal address or the name `localhost`."""
    try:
        host = urlsplit(url.strip()).hostname or ""
    except ValueError:
        return False
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        raise PolicyError(f"The server address {_shown(url)} can't be read; {_EXAMPLE}") from None
    if parts.scheme not in ("http", "https") or not usable:
        raise PolicyError(f"The server address {_shown(url)} must start with http:// or https://; {_EXAMPLE}")
    if parts.username is not None or parts.password is not None:
        raise PolicyError("The server address holds a user name or password; put the key in the key's own field.")
    if parts.query or parts.fragment:
        raise PolicyError(f"The server address must end before the “?” or “#”; {_EXAMPLE}")
    return parts


_EXAMPLE = "it should look like http://127.0.0.1:8000/v1."


def _shown(url: str) -> str:
    """The address for a message, without what may be a password."""
    return "“" + url.strip().rpartition("@")[2][:100] + "”"


def _is_header_text(key: str) -> bool:
    return key.isascii() and (key == "" or key.isprintable())
