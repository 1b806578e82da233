# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""What a training says while it runs: lines, curves, a status for whoever watches it from another program; and how it
is asked to stop: by a file called `stop` in its folder."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from accelerate.utils import gather_object
from transformers import TrainerCallback

from .checkpoints import write_whole
from .curves import draw_curves

STATUS = "status.json"
STOP = "stop"
PLOTS = "plots"
_DRAW_EVERY = 60.0
"""Seconds between two drawings of the curves."""


class Watch(TrainerCallback):
    """Tells of each logged step: reward and its parts, the time it took, the time left. Of the first process only."""

    def __init__(self, out: Path, on_line: Callable[[str], None]) -> None:
        self.out, self.on_line = out, on_line
        self._start = (time.monotonic(), 0)
        self._drawn = 0.0
        self._failed = False

    def on_train_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        self._start = (time.monotonic(), state.global_step)
        if state.is_world_process_zero:
            self._write(state, "running", {})

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **more: Any) -> None:
        if not state.is_world_process_zero or not logs:
            return
        if any(name.startswith("validation/") for name in logs):
            self.on_line(f"step {state.global_step}: {_validation(logs)}")
        elif "reward" in logs:
            began, first = self._start
            each = (time.monotonic() - began) / max(1, state.global_step - first)
            left = each * (state.max_steps - state.global_step)
            self.on_line(f"step {state.global_step} of {state.max_steps}: {_training(logs)}, {duration(left)} left")
            self._write(state, "running", {**_figures(logs), "seconds_left": left})
        if time.monotonic() - self._drawn > _DRAW_EVERY:
            self._draw(state)

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        if state.global_step % args.num_iterations:  # in the midst of what was generated at once
            return
        if any(gather_object([(self.out / STOP).exists()])):  # one may see it a moment before the others
            control.should_save = control.should_training_stop = True

    def on_train_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        if state.is_world_process_zero:
            (self.out / STOP).unlink(missing_ok=True)
            self._write(state, "done" if state.global_step >= state.max_steps else "stopped", {})
            self._draw(state)

    def _write(self, state: Any, what: str, figures: dict[str, Any]) -> None:
        told = {"state": what, "step": state.global_step, "steps": state.max_steps, "process": os.getpid(), **figures}
        self._try(lambda: write_whole(self.out / STATUS, json.dumps(told) + "\n"))

    def _draw(self, state: Any) -> None:
        self._drawn = time.monotonic()
        self._try(lambda: draw_curves(state.log_history, self.out / PLOTS))

    def _try(self, write: Callable[[], object]) -> None:
        try:
            write()
        except OSError as error:
            if not self._failed:
                self._failed = True
                self.on_line(f"status and curves can't be written ({error.strerror or error}); the training goes on")


class Until(TrainerCallback):
    """Ends a run at a step, with a checkpoint, as if it had been stopped there."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        if state.global_step >= self.step and not state.global_step % args.num_iterations:
            control.should_save = control.should_training_stop = True


def duration(seconds: float) -> str:
    """ "2 h 05 min"."""
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min" if minutes else "< 1 min"


_PARTS = ("format", "physics", "function", "render")


def _training(logs: dict[str, Any]) -> str:
    parts = ", ".join(f"{part} {logs[f'parts/{part}']:.2f}" for part in _PARTS if f"parts/{part}" in logs)
    first, last = logs.get("turns/first"), logs.get("turns/last")
    turns = f", turns {first:.3f} to {last:.3f}" if first is not None and last is not None else ""
    share = logs.get("seconds/measuring_share")
    spent = f", {logs['step_time']:.1f} s" if "step_time" in logs else ""
    measuring = f" ({100 * share:.0f} % measuring)" if share is not None else ""
    reward = logs["reward"]
    return f"return {'none' if reward is None else f'{reward:.3f}'} ({parts}){turns}{spent}{measuring}"


def _validation(logs: dict[str, Any]) -> str:
    def figure(name: str) -> float:
        return logs.get(f"validation/{name}", float("nan"))

    return (
        f"validation: score {figure('turns/first'):.3f} at first, {figure('turns/last'):.3f} at last; "
        f"{100 * figure('layouts/collide'):.0f} % of layouts collide, {100 * figure('layouts/leave_room'):.0f} % leave "
        "the room"
    )


def _figures(logs: dict[str, Any]) -> dict[str, Any]:
    names = ("reward", *(f"parts/{part}" for part in _PARTS), "turns/first", "turns/last", "step_time")
    return {name: logs[name] for name in names if name in logs}
