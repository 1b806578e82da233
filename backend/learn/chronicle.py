# SPDX-License-Identifier: GPL-3.0-or-later
"""Trajectories written down: a JSON line each, pictures beside them as PNG, a file for each step that is recorded.

A step that is done again, after a training was killed, replaces its file. A line: `step`, `room`, `return`, `failure`,
and `turns`, each with `picture` (a path in the folder, or null), `answer`, `feedback` (what was said before it, of
later turns), `layout`, `score` (total and grades by part), `issues` and `verdict`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..refine import Turn
from ..rewards.score import Renderer, Score
from ..scene import layout_to_json
from .checkpoints import write_whole
from .rollout import Episode

FOLDER = "trajectories"
PICTURES = "pictures"
SAMPLE = "sample.png"
"""In a run's folder: the best layout of the last step that was written down."""


class Chronicle:
    """Writes the trajectories of every `every`th step into a run's folder; `rank` is this process's number.

    `renderer` shows what came out of each; the best of a step is the run's sample, too. What can't be written or shown
    is said once, to `on_line`, and the training goes on without it.
    """

    def __init__(
        self,
        out: Path,
        every: int,
        *,
        rank: int = 0,
        renderer: Renderer | None = None,
        on_line: Callable[[str], None] = print,
    ) -> None:
        self.folder, self.sample = out / FOLDER, out / SAMPLE
        self.every, self.rank, self.on_line = every, rank, on_line
        self.renderer = renderer
        self._failed = False

    def __call__(self, step: int, episodes: Sequence[Episode], returns: Sequence[float | None]) -> None:
        if not self.every or step % self.every:
            return
        try:
            (self.folder / PICTURES).mkdir(parents=True, exist_ok=True)
            lines = [
                json.dumps(self._line(step, *each), ensure_ascii=False, separators=(",", ":"))
                for each in zip(episodes, returns, strict=True)
            ]
            write_whole(self.folder / f"step_{step:06d}_{self.rank}.jsonl", "\n".join(lines) + "\n")
            best = max((one for one in episodes if one.scores), key=lambda one: one.scores[-1].total, default=None)
            if self.rank == 0 and best is not None and (picture := self._after(best)):
                growing = self.sample.with_name(f".{self.sample.name}.part")
                growing.write_bytes(picture)
                growing.replace(self.sample)
        except OSError as error:
            if not self._failed:
                self._failed = True
                self.on_line(f"trajectories can't be written down ({error.strerror or error}); the training goes on")

    def _line(self, step: int, episode: Episode, worth: float | None) -> dict[str, Any]:
        turns = episode.trajectory.turns if episode.trajectory else ()
        return {
            "step": step,
            "room": episode.room.key,
            "return": worth,
            "failure": episode.failure,
            "picture": None if (picture := self._after(episode)) is None else self._keep(picture),
            "turns": [self._turn(k, *each) for k, each in enumerate(zip(turns, episode.scores, strict=True))],
        }

    def _turn(self, number: int, turn: Turn, score: Score) -> dict[str, Any]:
        return {
            "picture": None if turn.picture is None else self._keep(turn.picture),
            "feedback": turn.messages[-1].text if number else None,
            "answer": turn.answer_text,
            "layout": layout_to_json(turn.layout),
            "score": {"total": score.total, **score.parts},
            "issues": [issue.message for issue in score.issues],
            "verdict": None
            if score.verdict is None
            else {"grade": score.verdict.grade, "missing": score.verdict.missing},
        }

    def _after(self, episode: Episode) -> bytes | None:
        """What the last layout looks like."""
        if self.renderer is None or episode.trajectory is None:
            return None
        try:
            return self.renderer.render(episode.room.scene, episode.trajectory.turns[-1].layout)
        except Exception as error:  # whatever a renderer raises, a training is worth more than a picture
            if not self._failed:
                self._failed = True
                self.on_line(f"a result can't be pictured ({error}); the training goes on")
            return None

    def _keep(self, picture: bytes) -> str:
        name = f"{PICTURES}/{hashlib.sha256(picture).hexdigest()[:24]}.png"
        if not (self.folder / name).exists():
            growing = self.folder / f".{self.rank}.part"
            growing.write_bytes(picture)
            growing.replace(self.folder / name)
        return name
