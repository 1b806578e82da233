# SPDX-License-Identifier: GPL-3.0-or-later
"""What models answer to one room, by a Python that has torch: for a look at what a training has changed."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ..policies.policy import Cancelled, PolicyError
from ..scene import Scene, scene_to_json

SCRIPTS = Path(__file__).resolve().parents[2] / "blender_scripts"
_RUN = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from bootstrap import use_this_tree; use_this_tree(); "
    "from metaspatial.backend.cli import main; sys.exit(main())"
)
_POLL = 0.1


def answers_of(
    scene: Scene,
    models: Sequence[Path],
    *,
    python: str,
    turns: int = 1,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[str]:
    """The best answer of each model (folders) to this scene, greedily.

    Runs an evaluation of that one scene by `python`, which needs what a training needs. Raises `Cancelled`, and
    `PolicyError` with the reason where a model gives no answer.
    """
    with tempfile.TemporaryDirectory(prefix="metaspatial-") as folder:
        room, out, log = Path(folder, "room.json"), Path(folder, "out"), Path(folder, "log.txt")
        room.write_text(json.dumps(scene_to_json(scene)), encoding="utf-8")
        named = [f"m{number}=model:{model}" for number, model in enumerate(models)]
        command = [python, "-c", _RUN, str(SCRIPTS), "evaluate", "--policies", *named, "--scenes", str(room)]
        command += ["--turns", str(turns), "--out", str(out)]
        around = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
        try:
            with log.open("wb") as told:
                process = subprocess.Popen(  # noqa: S603 - a list, no shell; the interpreter is the user's choice
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=told,
                    stderr=subprocess.STDOUT,
                    env={**around, "PYTHONDONTWRITEBYTECODE": "1", "HF_HUB_OFFLINE": "1"},
                )
        except OSError as error:
            raise PolicyError(f"{python} can't be used ({error.strerror or error}).") from None
        try:
            while process.poll() is None:
                if cancelled():
                    raise Cancelled
                time.sleep(_POLL)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        return [_answer(out / "records.jsonl", log, f"m{number}") for number in range(len(models))]


def _answer(records: Path, log: Path, name: str) -> str:
    rows = [json.loads(line) for line in records.read_text().splitlines()] if records.exists() else []
    row = next((row for row in rows if row.get("policy") == name), None)
    if row is not None and not row.get("error"):
        return row["answer"]
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    why = (row or {}).get("error") or (lines[-1].removeprefix("metaspatial: ") if lines else "it ended without a word")
    raise PolicyError(f"The trained model can't be asked: {why}")
