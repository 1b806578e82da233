# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers: `<think>…</think><answer>[{"new_object_id", "x", "y", "z", "rotation"}, …]</answer>`, written and read.

Reading is strict about meaning and forgiving about wrapping. Every deviation becomes a `Problem`: "harmless" where the
meaning was clear, "fault" where something was lost or can't be trusted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ..scene import Layout, Pose, Scene
from .extract import Found, Problem, find_entries
from .wording import number

MAX_ENTRIES = 2000
"""Entries of one answer that are looked at."""
MAX_COORDINATE = 1000.0
MAX_ROTATION = 36000.0
SAME = 0.005
"""Metres (and degrees) up to which an answered pose of a fixed piece counts as its own."""

_KEYS = ("new_object_id", "x", "y", "z", "rotation")


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer text means: the poses that can be used, what was wrong with it, and the reasoning."""

    layout: Layout
    problems: tuple[Problem, ...] = ()
    think: str = ""

    @property
    def faults(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "fault")


def format_answer(layout: Layout, think: str = "", *, scene: Scene | None = None) -> str:
    """The answer that says this layout, at most three decimals. With a scene, only its movable pieces are answered."""
    wanted = None if scene is None else {piece.id for piece in scene.movable}
    entries = ",".join(_entry(id, pose) for id, pose in layout.poses.items() if wanted is None or id in wanted)
    thought = think.replace("<", "(").replace(">", ")")  # no tags but ours
    return f"<think>{thought}</think><answer>[{entries}]</answer>"


def parse_answer(scene: Scene, text: str) -> Answer:
    """Read an answer to a scene's dialogue; any text gives an `Answer`, none raises.

    The layout has the fixed pieces at their own poses and every movable piece with exactly one sound entry; an id
    answered twice has none. Rotations are brought into [0, 360). An entry without one, as in MetaSpatial's own answers,
    stands at rotation 0 with a harmless problem.
    """
    found = find_entries(text)
    problems = list(found.problems)
    fixed = {piece.id: piece.pose for piece in scene.fixed if piece.pose is not None}
    movable = [piece.id for piece in scene.movable]
    poses: dict[str, Pose] = {}
    if found.entries is not None:
        poses = _read(found, fixed, set(movable), problems)
    layout = Layout({**fixed, **{id: poses[id] for id in movable if id in poses}})
    return Answer(layout, tuple(problems), found.think)


def _read(found: Found, fixed: dict[str, Pose], movable: set[str], problems: list[Problem]) -> dict[str, Pose]:
    entries = found.entries or []
    if len(entries) > MAX_ENTRIES:
        problems.append(Problem("too_many", None, f"{len(entries)} entries; only {MAX_ENTRIES} were read"))
    seen: dict[str, int] = {}
    poses: dict[str, Pose] = {}
    for position, entry in enumerate(entries[:MAX_ENTRIES], 1):
        id = _id(entry, position, problems)
        if id is None:
            continue
        if id in fixed:
            pose = _pose(entry, id, problems)
            if pose is None or not _same(pose, fixed[id]):
                problems.append(Problem("fixed_piece", id, f"{id} is fixed and stays where it is; leave it out"))
        elif id not in movable:
            problems.append(Problem("unknown_id", None, f"there is no piece {_shown(id)} to place"))
        else:
            seen[id] = seen.get(id, 0) + 1
            if seen[id] == 1 and (pose := _pose(entry, id, problems)):
                poses[id] = pose
    for id, count in seen.items():
        if count > 1:
            poses.pop(id, None)
            problems.append(Problem("duplicate_id", id, f"{id} is answered {count} times; none of them is used"))
    for id in sorted(movable - set(seen)):
        problems.append(Problem("missing_id", id, f"{id} is not answered"))
    return poses


def _id(entry: object, position: int, problems: list[Problem]) -> str | None:
    if not isinstance(entry, dict):
        problems.append(Problem("bad_entry", None, f"entry {position} is {_shown(entry)}, not an object"))
        return None
    name = "new_object_id" if "new_object_id" in entry else "id"
    id = entry.get(name)
    if not isinstance(id, str):
        problems.append(Problem("no_id", None, f"entry {position} has no new_object_id"))
        return None
    if name == "id":
        problems.append(Problem("other_key", None, "the key is new_object_id, not id", "harmless"))
    return id


def _pose(entry: dict[str, Any], id: str, problems: list[Problem]) -> Pose | None:
    extra = [key for key in entry if key not in _KEYS and (key != "id" or "new_object_id" in entry)]
    if extra:
        problems.append(Problem("extra_key", id, f"{id} has an extra key {_shown(extra[0])}", "harmless"))
    before = len(problems)
    values: list[float] = []
    for key in ("x", "y", "z", "rotation"):
        if key == "rotation" and key not in entry:
            values.append(0.0)
            continue
        limit = MAX_ROTATION if key == "rotation" else MAX_COORDINATE
        problem = _number_problem(entry, key, id, limit)
        if problem is None:
            values.append(float(entry[key]))
        else:
            problems.append(problem)
    if len(problems) > before:
        return None
    if "rotation" not in entry:
        problems.append(Problem("no_rotation", id, f"{id} has no rotation; it stands at 0", "harmless"))
    x, y, z, rotation = values
    return Pose(x, y, z, rotation % 360.0 % 360.0)  # twice: -1e-17 % 360 is 360


def _number_problem(entry: dict[str, Any], key: str, id: str, limit: float) -> Problem | None:
    if key not in entry:
        return Problem("missing_coordinate", id, f"{id} has no {key}")
    value = entry[key]
    if isinstance(value, str):
        return Problem("number_as_text", id, f"{id}'s {key} is the text {_shown(value)}; give a number without quotes")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Problem("not_a_number", id, f"{id}'s {key} is {_shown(value)}, not a number")
    if isinstance(value, float) and not math.isfinite(value):
        return Problem("not_finite", id, f"{id}'s {key} is not a finite number")
    if abs(value) > limit:
        return Problem("out_of_bounds", id, f"{id}'s {key} is beyond ±{limit:g}")
    return None


def _same(a: Pose, b: Pose) -> bool:
    turn = abs((a.rotation - b.rotation + 180.0) % 360.0 - 180.0)
    return max(abs(a.x - b.x), abs(a.y - b.y), abs(a.z - b.z), turn) <= SAME


def _entry(id: str, pose: Pose) -> str:
    numbers = (("x", pose.x), ("y", pose.y), ("z", pose.z), ("rotation", pose.rotation))
    return f'{{"new_object_id":"{id}",' + ",".join(f'"{key}":{number(value)}' for key, value in numbers) + "}"


def _shown(value: object) -> str:
    """A model's value in a few characters."""
    if isinstance(value, str):
        return repr(value[:40])
    if value is None or isinstance(value, bool | float):
        return str(value)
    return {dict: "an object", list: "a list", int: "a number"}.get(type(value), "something else")
