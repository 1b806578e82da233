# SPDX-License-Identifier: GPL-3.0-or-later
"""The staged schedule: which weights the score has while a model learns. The stages themselves: `weights.STAGES`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .score import Part, Score
from .weights import STAGES, Stage

__all__ = ["Schedule", "Stage"]


class Schedule:
    """Goes from stage to stage as the scores it is shown reach each stage's goals. Never goes back, nothing is random.

    Each stage looks only at scores seen since it began. A part that no score has can't be asked for: it holds nothing
    up. Totals of different stages are all weighted means, 0…1; to compare layouts of different stages, give their
    scores the same weights (`total.reweighed`).
    """

    def __init__(self, stages: Sequence[Stage] = STAGES) -> None:
        if not stages:
            raise ValueError("a schedule needs at least one stage")
        if names := [stage.name for stage in stages if stage.window < 1]:
            raise ValueError(f"the window of stage {names[0]!r} must be at least one score")
        if names := [stage.name for stage in stages if min(stage.weights.values(), default=0.0) < 0.0]:
            raise ValueError(f"stage {names[0]!r} has a negative weight")
        self.stages = tuple(stages)
        self._index = 0
        self._seen = 0
        self._recent = self._empty()

    @property
    def stage(self) -> Stage:
        """The stage that holds now."""
        return self.stages[self._index]

    @property
    def weights(self) -> Mapping[Part, float]:
        """How much each part counts now."""
        return self.stage.weights

    @property
    def judges(self) -> bool:
        """Whether a rendered grade counts now: until then no picture has to be made or judged."""
        return self.weights.get("render", 0.0) > 0.0

    @property
    def means(self) -> dict[Part, float]:
        """The mean grades, over the window, of the parts that this stage's goals concern."""
        return {part: sum(grades) / len(grades) for part, grades in self._recent.items() if grades}

    def observe(self, scores: Iterable[Score]) -> bool:
        """Take note of a batch of scores, all made under the present weights. Whether a new stage began."""
        for score in scores:
            self._seen += 1
            for part, grades in self._recent.items():
                if (grade := score.parts[part]) is not None:
                    grades.append(grade)
        if not self._reached():
            return False
        self._index += 1
        self._seen, self._recent = 0, self._empty()
        return True

    def state_dict(self) -> dict[str, Any]:
        """Where the schedule stands, as plain JSON values."""
        recent = {part: list(grades) for part, grades in self._recent.items()}
        return {"stage": self.stage.name, "seen": self._seen, "recent": recent}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state_dict` was taken. Raises ValueError for a state of other stages."""
        names = [stage.name for stage in self.stages]
        if state.get("stage") not in names:
            raise ValueError(f"the schedule has no stage {state.get('stage')!r}; its stages are {', '.join(names)}")
        self._index = names.index(state["stage"])
        self._seen, self._recent = int(state.get("seen", 0)), self._empty()
        for part, grades in self._recent.items():
            grades.extend(float(grade) for grade in state.get("recent", {}).get(part, ()))

    def _reached(self) -> bool:
        stage = self.stage
        if not stage.until or self._index + 1 == len(self.stages) or self._seen < stage.window:
            return False
        means = self.means
        return all(means.get(part, 1.0) >= goal for part, goal in stage.until.items())

    def _empty(self) -> dict[Part, deque[float]]:
        return {part: deque(maxlen=self.stage.window) for part in self.stage.until}
