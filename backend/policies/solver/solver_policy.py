# SPDX-License-Identifier: GPL-3.0-or-later
"""The solver as a policy: answers a dialogue in the very format a model would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...dialogue import Dialogue, format_answer, parse_answer
from ...scene.preference import with_preferences
from .solve import Unplaced, improve, solve


@dataclass(frozen=True, slots=True)
class SolverPolicy:
    """Arranges the dialogue's scene with the embedded solver. `seconds` None: as `solve` allows by default. A dialogue
    that has an answer already is answered with that layout improved.

    `on_progress` is told the share done, 0…1, and `on_unplaced` each piece that found no place.
    """

    seed: int = 0
    seconds: float | None = None
    name: str = "solver"
    on_progress: Callable[[float], None] = lambda share: None
    on_unplaced: Callable[[Unplaced], None] = lambda unplaced: None

    def answer(
        self,
        dialogue: Dialogue,
        *,
        cancelled: Callable[[], bool] = lambda: False,
        on_text: Callable[[str], None] = lambda text: None,
    ) -> str:
        """The best layout found; what found no place is left out and named in the thought."""

        def report(share: float) -> None:
            self.on_progress(share)
            on_text(f"Arranging… {100 * share:.0f} %")

        scene = with_preferences(dialogue.scene)
        answers = [message.text for message in dialogue.messages if message.role == "assistant"]
        start = parse_answer(scene, answers[-1]).layout if answers else None
        if start is not None and start.poses:
            best = improve(scene, start, seed=self.seed, seconds=self.seconds, cancelled=cancelled, on_progress=report)
        else:
            found = solve(scene, seed=self.seed, seconds=self.seconds, cancelled=cancelled, on_progress=report)
            best = found[0]
        for unplaced in best.unplaced:
            self.on_unplaced(unplaced)
        thought = " ".join(unplaced.reason for unplaced in best.unplaced) or "Everything has a place."
        return format_answer(best.layout, thought)
