# SPDX-License-Identifier: GPL-3.0-or-later
"""The server process: takes the lock, binds a port of 127.0.0.1, puts the guard in front, serves the model.

Runs in the Python that has torch and transformers, or vLLM. Three servers are behind one guard: our own (`metaspatial`)
for small models, which writes several answers side by side, vLLM on GPUs, `transformers serve` for all else. That one
knows no token and answers anybody who reaches its port, so it runs inside this process, with its web server made to let
every request pass the guard first.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from ..weights import NAME, is_shipped
from .guard import Guard, Rules
from .state import State, remove_state, take_lock, write_state

BACKENDS = ("auto", "metaspatial", "transformers", "vllm")
TOKEN_VARIABLE = "METASPATIAL_SERVE_TOKEN"  # noqa: S105 - the name of the variable
PACKAGES = 'torch "transformers[serving]>=5.23" pillow'
"""What pip is to install where a server is to run."""
SMALL = 1_000_000_000
"""Bytes of weights up to which our own server is the better one: it holds them in float32."""
COMPLAINT = "metaspatial: "
"""What a line of the log begins with that is meant for people."""


class InstalledGuard(Guard):
    """The guard of this process; a class of its own because vLLM wants its middleware by name."""


class Trouble(Exception):
    """The server can't run; the message says why and how to mend it."""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="metaspatial-server")
    parser.add_argument("--model", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--backend", choices=BACKENDS, default="auto")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--tied", action="store_true", help="end when standard input ends")
    arguments = parser.parse_args(argv)
    token = os.environ.pop(TOKEN_VARIABLE, "")
    try:
        if len(token) < 16:
            raise Trouble("The server is started by `metaspatial serve`, which gives it its token.")
        _run(arguments, token)
    except Trouble as trouble:
        print(f"{COMPLAINT}{trouble}", file=sys.stderr, flush=True)
        return 2
    except Exception as error:  # whoever started this server is told why, whatever it was
        traceback.print_exc()
        reason = " ".join(str(error).split())[:400] or type(error).__name__
        print(f"{COMPLAINT}{arguments.model} could not be served: {reason}", file=sys.stderr, flush=True)
        return 1
    return 0


def _run(arguments: argparse.Namespace, token: str) -> None:
    lock = take_lock(arguments.folder, patience=2.0)
    if lock is None:
        raise Trouble("Another server is running already; stop it first.")
    remove_state(arguments.folder)
    if arguments.tied:
        threading.Thread(target=_end_with_starter, daemon=True).start()
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if Path(arguments.model).is_dir():
        os.environ["HF_HUB_OFFLINE"] = "1"  # else a file that the folder lacks is asked of the hub
    backend = _choose(arguments.backend, arguments.model)
    name = NAME if backend == "metaspatial" and is_shipped(arguments.model) else arguments.model
    listener = _bind(arguments.port)
    port = listener.getsockname()[1]
    InstalledGuard.rules = Rules(token, port, name)
    state = State(f"http://127.0.0.1:{port}/v1", token, os.getpid(), name, backend)
    write_state(arguments.folder, state)
    print(f"Starting {backend} on 127.0.0.1:{port}", flush=True)
    try:
        if backend == "vllm":
            listener.close()  # vLLM binds for itself
            _serve_vllm(arguments.model, port)
        elif backend == "metaspatial":
            _serve_own(arguments.model, name, listener)
        else:
            _serve_transformers(arguments.model, listener)
    finally:
        remove_state(arguments.folder)
        lock.close()


def _choose(backend: str, model: str) -> str:
    """The backend to use for a model; raises Trouble where it is not installed."""
    if backend == "auto":
        on_gpu = _installed("vllm") and shutil.which("nvidia-smi") is not None
        backend = "metaspatial" if is_small(model) else "vllm" if on_gpu else "transformers"
    if backend == "vllm":
        if not _installed("vllm"):
            raise Trouble(f'vLLM is not installed in this Python: run  "{sys.executable}" -m pip install vllm')
        return backend
    needed = ["transformers", "torch", "uvicorn", "PIL", *(["fastapi", "openai"] if backend == "transformers" else [])]
    if not all(_installed(name) for name in needed):
        raise Trouble(
            "transformers (or what it serves with) is not installed in this Python: run  "
            f'"{sys.executable}" -m pip install {PACKAGES}'
        )
    return backend


def is_small(model: str) -> bool:
    """Whether this is the folder of a Qwen2.5-VL of at most `SMALL` bytes."""
    folder = Path(model)
    try:
        kind = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type")
        size = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    except (OSError, ValueError, AttributeError):
        return False
    return kind == "qwen2_5_vl" and 0 < size <= SMALL


def _installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _bind(port: int) -> socket.socket:
    """A socket bound but not listening: until the model is loaded, connections are refused, not left hanging."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":  # there it would let two servers share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise Trouble(f"Port {port} can't be used ({error.strerror}); choose another, or 0 for any.") from None
    return listener


def _serve_own(model: str, name: str, listener: socket.socket) -> None:
    from ..learn.inprocess import InProcessPolicy
    from .app import ChatApp
    from .batches import Batches

    uvicorn: Any = importlib.import_module("uvicorn")
    batches = Batches(InProcessPolicy.load(model))
    app = InstalledGuard(ChatApp(batches, name))
    config = uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=2)
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        batches.close()


def _serve_transformers(model: str, listener: socket.socket) -> None:
    from ..learn.processor import see_without_torchvision

    uvicorn: Any = importlib.import_module("uvicorn")

    class GuardedServer(uvicorn.Server):
        def __init__(self, config: Any) -> None:
            config.app = InstalledGuard(config.app)
            config.timeout_graceful_shutdown = 2
            super().__init__(config)

        def run(self, sockets: Any = None) -> None:
            super().run(sockets=[listener])

    uvicorn.Server = GuardedServer
    see_without_torchvision()
    try:
        command = importlib.import_module("transformers.cli.transformers").app
    except ModuleNotFoundError as error:
        raise Trouble(
            f"This transformers has no server that is understood here ({error}): run  "
            f'"{sys.executable}" -m pip install -U "transformers[serving]>=5.23"'
        ) from None
    options = ["--host", "127.0.0.1", "--port", str(listener.getsockname()[1])]
    if is_small(model):
        options += ["--dtype", "float32"]  # the bfloat16 that weights are kept in is only emulated by many processors
    command(["serve", model, *options], standalone_mode=False)


def _serve_vllm(model: str, port: int) -> None:
    sys.argv = [
        *("vllm", "serve", model, "--host", "127.0.0.1", "--port", str(port)),
        *("--middleware", f"{InstalledGuard.__module__}.{InstalledGuard.__qualname__}", "--allowed-origins", "[]"),
    ]
    importlib.import_module("vllm.entrypoints.cli.main").main()


def _end_with_starter() -> None:
    """End this process once whoever started it has ended: standard input, a pipe from there, closes then."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)
    os._exit(1)
