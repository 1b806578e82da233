# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting, finding and stopping the server's process, with a stand-in for vLLM that needs no torch."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from metaspatial.backend.policies.chat import ChatPolicy, ChatSettings, check
from metaspatial.backend.policies.policy import PolicyError
from metaspatial.backend.serve import ServeCancelled, ServeError, start, status, stop
from metaspatial.backend.serve.state import FOLDER_VARIABLE, State, is_alive, read_state, take_lock, write_state

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in's interpreter is a shell script")

ROOT = Path(__file__).resolve().parents[3]

# What `vllm serve` does here: binds the port, puts the middleware in front, answers chats. {odd} makes it misbehave.
STAND_IN = """
import asyncio, importlib, json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

async def app(scope, receive, send):
    json.loads((await receive())["body"])
    text = json.dumps({"choices": [{"message": {"content": "hello"}, "finish_reason": "stop"}]}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": text})

def main():
    arguments = dict(zip(sys.argv[3::2], sys.argv[4::2]))
    print("stand-in for", sys.argv[2])
    ODD
    module, _, name = arguments["--middleware"].rpartition(".")
    guarded = getattr(importlib.import_module(module), name)(app)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            async def receive():
                return {"type": "http.request", "body": body, "more_body": False}
            async def send(message):
                if message["type"] == "http.response.start":
                    self.send_response(message["status"])
                    for key, value in message["headers"]:
                        self.send_header(key.decode(), value.decode())
                    self.end_headers()
                else:
                    self.wfile.write(message["body"])
            headers = [(k.lower().encode(), v.encode()) for k, v in self.headers.items()]
            scope = {"type": "http", "method": self.command, "path": self.path, "headers": headers}
            asyncio.run(guarded(scope, receive, send))
        do_POST = do_GET

    HTTPServer((arguments["--host"], int(arguments["--port"])), Handler).serve_forever()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    state = tmp_path / "state"
    monkeypatch.setenv(FOLDER_VARIABLE, str(state))
    yield state
    stop(timeout=3)
    assert not is_alive(state)


def interpreter(tmp_path: Path, odd: str = "pass") -> str:
    """A Python that has the stand-in."""
    package = tmp_path / "site" / "vllm" / "entrypoints" / "cli"
    package.mkdir(parents=True, exist_ok=True)
    for part in (package, package.parent, package.parent.parent):
        (part / "__init__.py").touch()
    (package / "main.py").write_text(STAND_IN.replace("ODD", odd))
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\nPYTHONPATH="{tmp_path / "site"}" exec "{sys.executable}" "$@"\n')
    script.chmod(0o755)
    return str(script)


def test_a_server_is_started_used_found_and_stopped(folder: Path, tmp_path: Path) -> None:
    told: list[str] = []
    server = start("some/model", backend="vllm", python=interpreter(tmp_path), on_progress=told.append)
    assert told
    assert "some/model" in told[0]
    assert server == status()
    assert server.url.startswith("http://127.0.0.1:")
    assert server.token not in repr(server)
    assert server.token not in server.log.read_text()
    settings = ChatSettings(server.url, server.model, api_key=server.token)
    assert ChatPolicy(settings).ask([{"role": "user", "content": "hi"}]).text == "hello"
    assert check(settings).ok
    with pytest.raises(PolicyError, match="refused the key"):
        ChatPolicy(ChatSettings(server.url, server.model, api_key="wrong")).ask([{"role": "user", "content": "hi"}])
    assert stop() is True
    assert status() is None
    assert ended(server.pid)
    assert stop() is False


def test_a_server_is_told_by_the_name_that_it_answers_to(folder: Path, tmp_path: Path) -> None:
    """The small model's is not its folder."""
    odd = (
        'state = sys.modules["metaspatial.backend.serve.state"]; import dataclasses, pathlib; '
        'state.write_state(pathlib.Path(), dataclasses.replace(state.read_state(pathlib.Path()), model="small"))'
    )
    server = start("m", backend="vllm", python=interpreter(tmp_path, odd))
    assert server == status()
    assert server.model == "small"


def test_the_token_is_for_the_user_alone(folder: Path, tmp_path: Path) -> None:
    first = start("m", backend="vllm", python=interpreter(tmp_path))
    for file in (folder / "serve.json", folder / "serve.log"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    command = Path(f"/proc/{first.pid}/cmdline")
    assert not command.exists() or first.token.encode() not in command.read_bytes()
    stop()
    assert start("m", backend="vllm", python=interpreter(tmp_path)).token != first.token


def test_there_is_one_server_at_a_time(folder: Path, tmp_path: Path) -> None:
    start("m", backend="vllm", python=interpreter(tmp_path))
    with pytest.raises(ServeError, match="running already"):
        start("m", backend="vllm", python=interpreter(tmp_path))


def test_it_ends_with_the_process_that_started_it(folder: Path, tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom metaspatial.backend.serve import start\n"
        f"start('m', backend='vllm', python={interpreter(tmp_path)!r})\nprint('up', flush=True)\ntime.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    starter = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment)
    assert starter.stdout is not None
    assert starter.stdout.readline() == b"up\n"
    assert status() is not None
    starter.send_signal(signal.SIGKILL)
    starter.communicate()
    assert within(10, lambda: not is_alive(folder))


def test_a_server_that_dies_is_not_found(folder: Path, tmp_path: Path) -> None:
    server = start("m", backend="vllm", python=interpreter(tmp_path))
    os.kill(server.pid, signal.SIGKILL)
    assert within(10, lambda: status() is None)
    assert start("m", backend="vllm", python=interpreter(tmp_path)).pid != server.pid


def test_a_stale_file_is_no_server_and_its_process_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        write_state(folder, State("http://127.0.0.1:9/v1", "t" * 20, bystander.pid, "m", "vllm"))
        assert status() is None
        assert stop() is False
        assert bystander.poll() is None
        assert read_state(folder) is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_broken_state_file_is_no_server(folder: Path) -> None:
    folder.mkdir()
    for text in ("", "{", "[]", '{"url": 1}'):
        (folder / "serve.json").write_text(text)
        assert status() is None


def test_an_unguarded_server_is_refused(folder: Path, tmp_path: Path) -> None:
    """As of a version that ignores the middleware."""
    odd = 'sys.modules["metaspatial.backend.serve.runner"].InstalledGuard._refusal = lambda *_: None'
    with pytest.raises(ServeError, match="without its token"):
        start("m", backend="vllm", python=interpreter(tmp_path, odd))
    assert not is_alive(folder)


def test_a_failing_model_says_why(folder: Path, tmp_path: Path) -> None:
    odd = 'raise OSError("m is not a local folder\\nand not a model on the hub")'
    with pytest.raises(ServeError, match="m could not be served: m is not a local folder and not a model on the hub"):
        start("m", backend="vllm", python=interpreter(tmp_path, odd))
    assert not is_alive(folder)
    assert status() is None


def test_a_silent_death_quotes_the_log(folder: Path, tmp_path: Path) -> None:
    odd = 'import os; print("Segfault in kernel", flush=True); os._exit(139)'
    with pytest.raises(ServeError, match=r"exit status 139\): Segfault in kernel"):
        start("m", backend="vllm", python=interpreter(tmp_path, odd))


def test_waiting_for_the_model_can_be_cancelled_and_ends(folder: Path, tmp_path: Path) -> None:
    sleeps = interpreter(tmp_path, "import time; time.sleep(60)")
    told: list[str] = []
    with pytest.raises(ServeCancelled):
        start("m", backend="vllm", python=sleeps, on_progress=told.append, cancelled=lambda: len(told) > 1)
    assert not is_alive(folder)
    with pytest.raises(ServeError, match="not ready within 1 s"):
        start("m", backend="vllm", python=sleeps, timeout=1)
    assert not is_alive(folder)


def test_what_is_missing_is_named_with_the_command(folder: Path) -> None:
    if importlib.util.find_spec("transformers") or importlib.util.find_spec("vllm"):
        pytest.skip("this Python has a server to run")
    with pytest.raises(ServeError, match=r"transformers .* not installed .* -m pip install .*transformers\[serving\]"):
        start("m")
    with pytest.raises(ServeError, match="vLLM is not installed"):
        start("m", backend="vllm")
    with pytest.raises(ServeError, match="can't be started"):
        start("m", python="/nowhere/python")


def test_a_taken_port_is_named(folder: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ServeError, match=f"Port {port} can't be used"):
            start("m", port=port, backend="vllm", python=interpreter(tmp_path))


def test_the_lock_is_exclusive(folder: Path) -> None:
    folder.mkdir()
    lock = take_lock(folder)
    assert lock is not None
    assert take_lock(folder) is None
    assert is_alive(folder)
    lock.close()
    assert not is_alive(folder)


def test_the_process_does_not_start_without_a_token(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "backend" / "serve" / "__main__.py"), "--model=m", f"--folder={tmp_path}"]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert finished.returncode == 2
    assert "metaspatial serve" in finished.stderr


def within(seconds: float, condition: object) -> bool:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
