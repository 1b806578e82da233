# SPDX-License-Identifier: GPL-3.0-or-later
"""Start, find and stop the local model server. The only part of it that starts another program."""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from ..weights import NAME, WeightsMissing, is_shipped, shipped_model
from .runner import COMPLAINT, PACKAGES, TOKEN_VARIABLE
from .state import is_alive, log_file, open_private, read_state, remove_state, state_folder

PYTHON_VARIABLE = "METASPATIAL_SERVE_PYTHON"
"""The environment variable that names the Python to serve with."""
_WINDOWS = sys.platform == "win32"
_VENV = "%USERPROFILE%\\metaspatial-model" if _WINDOWS else "~/metaspatial-model"
_BIN = f"{_VENV}\\Scripts\\" if _WINDOWS else f"{_VENV}/bin/"
_MAKE, _FILL = f"{'py' if _WINDOWS else 'python3'} -m venv {_VENV}", f"{_BIN}pip install {PACKAGES}"
MAKE_PYTHON = f"{_MAKE} && {_FILL}"
"""The line that makes a Python which `find_python` finds."""
NO_PYTHON = (
    f"The model needs a Python with torch, and none is here. Run  {_MAKE}  and  {_FILL}  or name another Python in "
    f"MetaSpatial's preferences, as --python, or in the environment variable {PYTHON_VARIABLE}."
)
"""What to tell people where `find_python` finds none."""

Backend = Literal["auto", "metaspatial", "transformers", "vllm"]


class ServeError(Exception):
    """The server could not be started or stopped. The message says why and how to mend it, in a sentence for users."""


class ServeCancelled(ServeError):
    """The user asked to stop before the server was ready."""


@dataclass(frozen=True)
class Server:
    """A server of ours: its OpenAI base URL, the token it wants as key, its process. `ready`: the model is loaded."""

    url: str
    token: str = field(repr=False)
    pid: int
    model: str
    backend: str
    log: Path
    ready: bool = True


def find_python(preferred: str = "") -> str:
    """The Python to serve with: the preferred one, the environment variable's, this one if it has what serving takes,
    that of a checkout's `.venv-serve`, else that which `MAKE_PYTHON` makes. "" where there is none."""
    if chosen := preferred.strip() or os.environ.get(PYTHON_VARIABLE, "").strip():
        return _written_out(chosen)
    if all(importlib.util.find_spec(name) for name in ("torch", "transformers", "uvicorn", "PIL")):
        return sys.executable
    inside = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
    own = Path(__file__).resolve().parents[2].joinpath(".venv-serve", *inside)
    made = Path(_written_out(_VENV)).joinpath(*inside)
    return next((str(each) for each in (own, made) if each.is_file()), "")


def _written_out(program: str) -> str:
    """A program's path from the root, as the server starts elsewhere; without the `~` and variables of `NO_PYTHON`."""
    program = os.path.expanduser(os.path.expandvars(program))
    return os.path.abspath(program) if os.path.dirname(program) else program


def start(
    model: str = "",
    *,
    port: int = 0,
    backend: Backend = "auto",
    python: str | Path = "",
    tied: bool = True,
    timeout: float = 1800.0,
    on_progress: Callable[[str], None] = lambda text: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Server:
    """Start a server with `python` (an interpreter that has transformers or vLLM; "" is this one), wait for its model.

    `model` is a folder, or a hub id, which is downloaded when used first; "" is the small one that comes along. Port 0
    takes a free one. A `tied` server ends with the calling process, however that ends. `on_progress` hears about once a
    second what the server does.
    Raises ServeError, ServeCancelled; no process is left behind then.
    """
    folder = state_folder()
    running = status()
    if running is not None:
        raise ServeError(f"A server with {running.model} is running already ({running.url}); stop it first.")
    try:
        model = model or str(shipped_model())
    except WeightsMissing as error:
        raise ServeError(f"{error}; or name another model.") from None
    if Path(model).expanduser().is_dir():
        model = str(Path(model).expanduser().resolve())
    token = secrets.token_urlsafe(32)
    process = _spawn(str(python or sys.executable), model, port, backend, tied, token, folder)
    begun = time.monotonic()
    told, name = "", NAME if is_shipped(model) else model
    try:
        while True:
            if process.poll() is not None:
                raise ServeError(_last_words(folder, process.returncode))
            if cancelled():
                raise ServeCancelled("Starting the server was cancelled.")
            waited = time.monotonic() - begun
            if waited > timeout:
                raise ServeError(f"The server was not ready within {timeout:g} s. Its log: {log_file(folder)}")
            state = read_state(folder)
            if state is not None and state.token == token and _answers(state.url, token) == 200:
                if _answers(state.url, "") != 401:
                    raise ServeError("The server answers without its token: this version of it is not supported.")
                return Server(state.url, token, state.pid, state.model, state.backend, log_file(folder))
            line = f"Loading {name} ({waited:.0f} s): {_last_line(folder)}".rstrip(": ")
            if line != told:
                told = line
                on_progress(line)
            _pause(1.0, process, cancelled)
    except BaseException:
        _end(process)
        state = read_state(folder)
        if state is not None and state.token == token:  # and not that of a server started at the same moment
            remove_state(folder)
        raise


def status() -> Server | None:
    """The server that runs or is starting (then it is not `ready`), whoever started it; None if there is none."""
    _reap()
    folder = state_folder()
    state = read_state(folder) if is_alive(folder) else None
    if state is None:
        return None
    ready = _answers(state.url, state.token) == 200
    return Server(state.url, state.token, state.pid, state.model, state.backend, log_file(folder), ready)


def stop(timeout: float = 8.0) -> bool:
    """End the server: ask, then kill. False if none was running. Raises ServeError if it would not end."""
    folder = state_folder()
    state = read_state(folder)
    if state is None or not is_alive(folder):
        remove_state(folder)
        return False
    for sign in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        _signal(state.pid, sign)
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            _reap()
            if not is_alive(folder):
                remove_state(folder)
                return True
            time.sleep(0.05)
    raise ServeError(f"The server (process {state.pid}) does not end; end it by hand.")


_started: list[subprocess.Popen[bytes]] = []
"""The servers this process started: their standard input must stay open, and ended ones are to be collected."""


def _spawn(
    python: str, model: str, port: int, backend: str, tied: bool, token: str, folder: Path
) -> subprocess.Popen[bytes]:
    command = [python, str(Path(__file__).with_name("__main__.py")), f"--model={model}", f"--port={port}"]
    command += [f"--backend={backend}", f"--folder={folder}", *(["--tied"] if tied else [])]
    # Another interpreter's search paths are not this one's; Blender sets some for its own.
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    environment |= {TOKEN_VARIABLE: token, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    windows = sys.platform == "win32"
    flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)
    with open_private(log_file(folder)) as log:
        try:
            process = subprocess.Popen(  # noqa: S603 - a list, no shell; the interpreter is the user's choice
                command,
                stdin=subprocess.PIPE if tied else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=folder,
                start_new_session=not windows,
                creationflags=flags if windows else 0,
            )
        except OSError as error:
            raise ServeError(f"The Python {python} can't be started ({error.strerror}); choose another.") from None
    _started.append(process)
    return process


def _answers(url: str, token: str) -> int:
    """The status with which the server lists its models; 0 while nothing listens."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=5)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", address.path + "/models", headers={"Authorization": f"Bearer {token}"})
        return connection.getresponse().status
    return 0


def _pause(seconds: float, process: subprocess.Popen[bytes], cancelled: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None and not cancelled():
        time.sleep(0.05)


def _last_words(folder: Path, status: int | None) -> str:
    """Why the server ended, by its own last words."""
    complaints = [line for line in _log_lines(folder) if line.startswith(COMPLAINT)]
    if complaints:
        return complaints[-1].removeprefix(COMPLAINT)
    return (
        f"The server ended (exit status {status}): {_last_line(folder) or 'no word why'}. Its log: {log_file(folder)}"
    )


def _last_line(folder: Path) -> str:
    lines = [line.strip() for line in _log_lines(folder) if line.strip()]
    return lines[-1][-200:] if lines else ""


def _log_lines(folder: Path) -> list[str]:
    """The end of the log; progress bars overwrite their line, so only their last state counts."""
    try:
        with log_file(folder).open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 20_000))
            text = log.read().decode("utf-8", "replace")
    except OSError:
        return []
    lines = [line.rpartition("\r")[2] or line for line in text.split("\n")]
    return ["".join(c for c in line if c.isprintable()) for line in lines]


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a server that is not ready: it has nothing to finish."""
    if process.poll() is None:
        _signal(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    process.wait()
    _reap()


def _signal(pid: int, sign: int) -> None:
    """Send to the server and the processes it started, which share its group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg") and os.getpgid(pid) == pid:
            os.killpg(pid, sign)
        else:
            os.kill(pid, sign)


def _reap() -> None:
    """Collect the ended processes, so that none stays as a zombie, and close their pipes."""
    for process in [one for one in _started if one.poll() is not None]:
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        _started.remove(process)
