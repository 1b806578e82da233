# SPDX-License-Identifier: GPL-3.0-or-later
"""What arranging takes, put together from the panel's choices: policy, scorer, renderer, placement.

Imported when first something is arranged, not when Blender starts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import bpy

from ...backend.dialogue import Dialogue
from ...backend.policies.chat import ChatPolicy
from ...backend.policies.policy import Policy
from ...backend.policies.small import SmallPolicy
from ...backend.policies.solver import SolverPolicy
from ...backend.rewards.scorer import Scorer
from ...backend.scene import current_layout
from ...backend.scene.preference import with_preferences
from ...backend.serve import Server
from ..capture import Capture, state_of
from ..jobs import Arrangement, Desk, Job, arrange, arranging_variants
from ..physics import BvhEngine
from ..placement import PlacementError, place, restore, restore_to
from ..render import BlenderRenderer
from ..render.lookalike import lookalikes
from . import session
from .preferences import chat_settings, preferences, refusal
from .words import told

_DRAWN = 1.0
"""The temperature of a model's variants after the first."""


def begin(context: bpy.types.Context, seen: Capture, *, refining: bool = False) -> None:
    """Start the session's job on what was captured, as the panel's choices ask; `refining` begins from how it stands.

    Raises `session.Refused`.
    """
    own = context.scene.metaspatial  # type: ignore[attr-defined]
    start = current_layout(seen.scene) if refining else None
    if start is not None and len(start) < len(seen.scene.furniture):
        raise session.Refused(told("Not every piece stands somewhere yet: arrange the room first."))
    by_model = own.engine != "SOLVER"
    policies = [_policy(context, k) for k in range(1 if refining else own.variants)]
    session.close_renderer()
    pictures = own.engine == "SMALL" or (own.engine == "CHAT" and chat_settings(context).pictures)
    session.now.renderer = BlenderRenderer(make_piece=lookalikes(seen)) if pictures else None
    work = arranging_variants(
        seen.scene,
        policies,
        Scorer(BvhEngine(seen.mesh_of)),
        turns=(own.turns if by_model else 1) + int(refining),
        renderer=session.now.renderer,
        settle=own.settle,
        start=start,
    )
    _start("arrangement", context, seen, work, by_model=by_model, refining=refining)


def begin_comparison(context: bpy.types.Context, seen: Capture, models: Sequence[Path], python: str) -> None:
    """Start a job whose variants are what each of these models makes of the room, in their order, as answered."""
    from ...backend.learn import compared  # not above: nothing else here looks at learning

    scorer = Scorer(BvhEngine(seen.mesh_of))

    def work(desk: Desk) -> tuple[Arrangement, ...]:
        desk.tell("asking", 0.05, told("Asking both models"))
        answers = compared.answers_of(with_preferences(seen.scene), models, python=python, cancelled=desk.cancelled)
        return tuple(arrange(desk, seen.scene, _Told(answer), scorer, settle=False) for answer in answers)

    _start(session.COMPARISON, context, seen, work, by_model=False)


def begin_known(context: bpy.types.Context, seen: Capture, done: Arrangement) -> None:
    """Start a job whose result is known already, such as one from a file, so that it is placed as any other."""
    _start("layout", context, seen, lambda desk: (done,), by_model=False)


def _start(
    name: str,
    context: bpy.types.Context,
    seen: Capture,
    work: Callable[[Desk], tuple[Arrangement, ...]],
    *,
    by_model: bool,
    refining: bool = False,
) -> None:
    now = session.now
    now.capture, now.by_model, now.refining = seen, by_model, refining
    now.stands, now.arrangement = {}, None
    now.job = Job(name, work).start()


@dataclass(frozen=True, slots=True)
class _Told:
    """Says an answer that is known already."""

    text: str
    name: str = "told"

    def answer(
        self,
        dialogue: Dialogue,
        *,
        cancelled: Callable[[], bool] = lambda: False,
        on_text: Callable[[str], None] = lambda text: None,
    ) -> str:
        return self.text


def put(context: bpy.types.Context, variant: int = 0, *, settled: bool = True) -> None:
    """Place one of the job's results instead of how it stands, and remember where everything stood before the first.

    `settled` False places the answer as it was given. Raises `session.Refused`, and nothing has moved.
    """
    now, seen = session.now, session.now.capture
    done = session.current_job().result[variant]
    state = "" if seen is None else state_of(seen, context)
    if seen is None or (state != seen.fingerprint and state not in now.stands):
        raise session.Refused(told("The room changed meanwhile, so nothing was moved. Arrange again."))
    there = restore_to(context, now.stands[state][1]) if state in now.stands else {}
    try:
        placement = place(context, seen, done.layout if settled else done.unsettled)
    except PlacementError as error:
        restore(context, there)
        raise session.Refused(str(error)) from error
    now.stands[state_of(seen, context)] = variant, placement.before
    shown = done if settled else replace(done, layout=done.unsettled, score=done.answered, moved={})
    now.before, now.arrangement, now.variant = placement.before, shown, variant


def standing(context: bpy.types.Context) -> int | None:
    """Which of the job's results stands in the room as it was placed; None if none does."""
    seen = session.now.capture
    known = None if seen is None else session.now.stands.get(state_of(seen, context))
    return None if known is None else known[0]


def put_back(context: bpy.types.Context) -> tuple[str, bool]:
    """Everything where it stood before `put`. A sentence about it, and whether it is a warning."""
    if session.now.before is None:
        return told("Nothing was arranged yet"), True
    missing = restore(context, session.now.before)
    if missing:
        return told("Back where it stood, except what is gone: {names}.", names=", ".join(missing)), True
    return told("Everything is back where it stood."), False


def _policy(context: bpy.types.Context, variant: int) -> Policy:
    """Who arranges: another seed for each variant of the solver, a model's own choice and then what it draws."""
    own = context.scene.metaspatial  # type: ignore[attr-defined]
    if own.engine == "SOLVER":
        return SolverPolicy(seed=own.seed + variant, seconds=own.seconds)
    if own.engine == "SMALL":
        return _small(context, variant)
    if reason := refusal(context):
        raise session.Refused(reason)
    settings = chat_settings(context)
    return ChatPolicy(replace(settings, temperature=_DRAWN) if variant else settings)


def _small(context: bpy.types.Context, variant: int) -> Policy:
    """The small model, whose server is started by the job if need be."""
    set_up, temperature = preferences(context), _DRAWN if variant else 0.0
    if set_up is None:
        return SmallPolicy(on_server=_keep, temperature=temperature)
    python = bpy.path.abspath(set_up.python.strip())
    return SmallPolicy(python, set_up.timeout, on_server=_keep, temperature=temperature)


def _keep(server: Server) -> None:
    session.now.small = server
