# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made of one room: it is checked, pictured, and taught. This is what runs in each worker."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ..dialogue import Dialogue, format_answer, open_dialogue, parse_answer
from ..learn.examples import Example, ExampleError, check, picture_name
from ..learn.examples import to_row as example_row
from ..png import decode_png
from ..policies.solver import Solution, place_all, solve
from ..rewards.boxes import BoxEngine
from ..rewards.physics import PhysicsEngine
from ..rewards.score import Renderer
from ..rewards.scorer import Scorer
from ..scene import Layout, Scene, SceneError, scene_to_json, validate
from .generate.dice import Dice
from .identity import content_key
from .source import BadRoom, Found, Source
from .targets import Lesson, lesson_from, repair, spoilt, teach

Targets = Literal["lessons", "solver", "none"]
TARGETS: tuple[Targets, ...] = ("lessons", "solver", "none")
SECONDS = 120.0
"""Limit of the solver's time for a room, far beyond what it takes: no machine's speed decides what comes out."""
PLAIN = 2
"""Steps of 256 by which the colours of a picture differ where it counts as one flat colour."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What rooms are looked at with; without Blender boxes, and no pictures."""

    engine: PhysicsEngine | None = None
    renderer: Renderer | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be made: the targets, the share of rooms that get a repair, the side of pictures in pixels.

    `prepare` completes each scene with what only the caller knows of its furniture.
    """

    targets: Targets = "lessons"
    repairs: float = 0.0
    size: int = 224
    prepare: Callable[[Scene], Scene] | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a key: a room, its examples and their pictures by name, or why it was `dropped`.

    `room` and `examples` are rows without their split. `untaught` says why there is no example, or not every one asked
    for: reasons, each with how often.
    """

    key: str
    dropped: str = ""
    room: Mapping[str, Any] = field(default_factory=dict)
    examples: tuple[Mapping[str, Any], ...] = ()
    untaught: tuple[str, ...] = ()
    pictures: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class Making:
    """Makes rooms: `making(key)`, or `making(found)` of what was found elsewhere. Travels to workers as it is.

    `tools` builds the tools, once in each process. Only what is worth another try raises.
    """

    source: Source
    wanted: Wanted = field(default_factory=Wanted)
    tools: Callable[[], Tools] = Tools
    _built: Tools | None = None

    def __call__(self, sought: str | Found) -> Made:
        key = sought if isinstance(sought, str) else sought.key
        try:
            return self._made(self.source.find(sought) if isinstance(sought, str) else sought)
        except BadRoom as error:
            return dropped(key, error)

    def _made(self, found: Found) -> Made:
        if self._built is None:
            self._built = self.tools()
        prepare = self.wanted.prepare
        scene = sound(found)
        scene = scene if prepare is None else prepare(scene)
        lesson, failing = self._lesson(scene)
        picture = self._picture(scene, found.picture)
        room = {
            "key": found.key,
            "source": self.source.name,
            "kind": found.kind,
            "room": content_key(scene),
            "same": found.room,
            "picture": None if picture is None else picture_name(picture),
            "scene": scene_to_json(scene),
        }
        made = _Examples(room["room"], {} if picture is None else {picture_name(picture): picture})
        if self.wanted.targets != "none":
            self._teach(made, scene, lesson, failing, picture)
            if found.answer is not None:
                engine = None if self._authentic else self._built.engine or BoxEngine()
                _add_own_answer(made, scene, found.answer, picture, engine)
        return Made(found.key, "", room, tuple(made.rows), tuple(made.untaught), made.pictures)

    @property
    def _authentic(self) -> bool:
        return bool(getattr(self.source, "authentic", False))

    def _lesson(self, scene: Scene) -> tuple[Lesson | None, str]:
        """The lesson to give, or why there is none. Raises BadRoom where its furniture has no place in the room."""
        taught = None if self.wanted.targets == "solver" else teach(scene)
        if taught is not None:
            if taught.unmet:
                return None, f"the teacher's layout misses a relation: {taught.unmet[0].predicate.replace('_', ' ')}"
            return taught, ""
        if self.wanted.targets == "solver":
            return lesson_from(scene, _layout(scene, solve(scene, seed=0, seconds=SECONDS)[0])), ""
        _layout(scene, place_all(scene))
        return None, "the teacher has no layout"

    def _picture(self, scene: Scene, own: bytes | None) -> bytes | None:
        """The picture of the room as it is: rendered, or the source's own. Raises BadRoom."""
        fault = "" if own is None else _fault_of(own)
        good = None if fault else own
        if good is not None and self._authentic:
            return good
        empty = replace(scene, furniture=scene.fixed, relations=())  # what isn't seen needn't be built
        rendered = self._rendered(empty, _fixed(scene)) or good
        if rendered is None and fault:
            raise BadRoom(f"its picture can't be used: {fault}")
        return rendered

    def _rendered(self, scene: Scene, layout: Layout) -> bytes | None:
        renderer = self._built.renderer if self._built is not None else None
        if renderer is None:
            return None
        picture = renderer.render(scene, layout, (self.wanted.size, self.wanted.size))
        fault = _fault_of(picture)
        if fault:
            raise BadRoom(f"its rendered picture can't be used: {fault}")
        return picture

    def _teach(self, made: _Examples, scene: Scene, lesson: Lesson | None, failing: str, picture: bytes | None) -> None:
        if lesson is None:
            made.untaught.append(failing)
            return
        made.add(open_dialogue(scene, picture), format_answer(lesson.layout, lesson.think, scene=scene))
        if not Dice(f"metaspatial repair {made.room}").chance(self.wanted.repairs):
            return
        seed = int(hashlib.sha256(made.room.encode()).hexdigest()[:8], 16)
        scorer = Scorer(self._built.engine if self._built is not None else None)
        try:
            first = spoilt(lesson, seed, scorer=scorer)
            shown = None if first is None or picture is None else self._rendered(scene, first[1])
            both = None if picture is None or shown is None else (picture, shown)
            repaired = None if first is None else repair(lesson, seed, pictures=both, scorer=scorer)
        except ValueError as error:  # ids that the reasoning's form has no room for
            made.untaught.append(f"no repair: {error}")
            return
        if repaired is None:
            made.untaught.append("no repair: nothing done to the layout made it worse")
        else:
            made.add(repaired.dialogue, repaired.answer)


@dataclass(slots=True)
class _Examples:
    """The examples of a room as they gather, with the pictures that they show."""

    room: str
    pictures: dict[str, bytes]
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    untaught: list[str] = field(default_factory=list)

    def add(self, dialogue: Dialogue, answer: str) -> None:
        example = Example(dialogue, answer, self.room)
        try:
            check(example)
        except ExampleError as error:
            self.untaught.append(str(error).partition(": ")[2])
            return
        shown = [picture for message in example.messages for picture in message.pictures]
        self.pictures |= {picture_name(picture): picture for picture in shown}
        self.rows.append(example_row(example, [picture_name(picture) for picture in shown]))


def dropped(key: str, why: BadRoom) -> Made:
    """What becomes of a room that can't be used."""
    return Made(key, dropped=str(why).encode("utf-8", "backslashreplace").decode() or "no reason given")


def sound(found: Found) -> Scene:
    """The scene, if it can be worked with and the rest can be written down. Raises BadRoom."""
    scene = found.scene
    try:
        validate(scene)
    except SceneError as error:
        raise BadRoom(f"the room is not sound: {error}") from error
    try:
        f"{found.room}{found.answer}{found.kind}".encode()
    except UnicodeEncodeError:  # halves of characters, which JSON can smuggle in
        raise BadRoom("a text that comes with it is not valid Unicode") from None
    if not scene.movable:
        raise BadRoom("there is nothing to arrange")
    return scene


def _layout(scene: Scene, solution: Solution) -> Layout:
    """The solver's layout of all pieces. Raises BadRoom where some have no place."""
    if solution.unplaced:
        raise BadRoom(f"a piece has no place: {solution.unplaced[0].reason}")
    if not BoxEngine().measure(scene, solution.layout).valid:
        raise BadRoom("what is fixed in the room is not valid: it overlaps, floats or leaves the room")
    return solution.layout


def _add_own_answer(
    made: _Examples, scene: Scene, text: str, picture: bytes | None, engine: PhysicsEngine | None
) -> None:
    """The source's own answer as an example, if it is one to learn from."""
    answer = parse_answer(scene, text)
    if answer.faults:
        made.untaught.append(f"the source's own answer has a fault: {answer.faults[0].message}")
    elif engine is not None and not engine.measure(scene, answer.layout).valid:
        made.untaught.append("the source's own answer has physical faults")
    else:
        made.add(open_dialogue(scene, picture), text)


def _fixed(scene: Scene) -> Layout:
    return Layout({piece.id: piece.pose for piece in scene.fixed if piece.pose is not None})


def _fault_of(picture: bytes) -> str:
    """What is wrong with a picture, or ""."""
    try:
        pixels = decode_png(picture)
    except ValueError as error:
        return str(error)
    if not pixels.size:
        return "it has no pixels"
    flat = pixels.reshape(-1, pixels.shape[-1])
    return "it is of one flat colour" if int((flat.max(0) - flat.min(0)).max()) <= PLAIN else ""
