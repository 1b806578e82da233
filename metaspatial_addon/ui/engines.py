# SPDX-License-Identifier: GPL-3.0-or-later
"""What arranging takes, put together from the panel's choices: policy, scorer, renderer, placement.

Imported when first something is arranged, not when Blender starts.
"""

from __future__ import annotations

import bpy

from ...backend.policies.chat import ChatPolicy
from ...backend.policies.policy import Policy
from ...backend.policies.small import SmallPolicy
from ...backend.policies.solver import SolverPolicy
from ...backend.rewards.scorer import Scorer
from ...backend.serve import Server
from ..capture import Capture, is_stale
from ..jobs import Job, arranging
from ..physics import BvhEngine
from ..placement import PlacementError, place, restore
from ..render import BlenderRenderer
from ..render.lookalike import lookalikes
from . import session
from .preferences import chat_settings, preferences, refusal

CHANGED = "The room changed while it was being arranged, so nothing was moved. Arrange again."


def begin(context: bpy.types.Context, seen: Capture) -> None:
    """Start the session's job on what was captured, as the panel's choices ask. Raises `session.Refused`."""
    own = context.scene.metaspatial  # type: ignore[attr-defined]
    by_model = own.engine != "SOLVER"
    policy = _policy(context)
    session.close_renderer()
    pictures = own.engine == "SMALL" or (own.engine == "CHAT" and chat_settings(context).pictures)
    session.now.renderer = BlenderRenderer(make_piece=lookalikes(seen)) if pictures else None
    work = arranging(
        seen.scene,
        policy,
        Scorer(BvhEngine(seen.mesh_of)),
        turns=own.turns if by_model else 1,
        renderer=session.now.renderer,
        settle=own.settle,
    )
    session.now.capture, session.now.by_model = seen, by_model
    session.now.job = Job("arrangement", work).start()


def put(context: bpy.types.Context) -> None:
    """Place the job's result and remember where everything stood. Raises `session.Refused`, and nothing has moved."""
    now = session.now
    done = session.current_job().result
    if now.capture is None or is_stale(now.capture, context):
        raise session.Refused(CHANGED)
    try:
        placement = place(context, now.capture, done.layout)
    except PlacementError as error:
        raise session.Refused(str(error)) from error
    now.before = placement.before
    now.arrangement = done


def put_back(context: bpy.types.Context) -> tuple[str, bool]:
    """Everything where it stood before `put`. A sentence about it, and whether it is a warning."""
    if session.now.before is None:
        return "Nothing was arranged yet.", True
    missing = restore(context, session.now.before)
    if missing:
        return f"Back where it stood, except what is gone: {', '.join(missing)}.", True
    return "Everything is back where it stood.", False


def _policy(context: bpy.types.Context) -> Policy:
    own = context.scene.metaspatial  # type: ignore[attr-defined]
    if own.engine == "SOLVER":
        return SolverPolicy(seed=own.seed, seconds=own.seconds)
    if own.engine == "SMALL":
        return _small(context)
    if reason := refusal(context):
        raise session.Refused(reason)
    return ChatPolicy(chat_settings(context))


def _small(context: bpy.types.Context) -> Policy:
    """The small model, whose server is started by the job if need be."""
    set_up = preferences(context)
    if set_up is None:
        return SmallPolicy(on_server=_keep)
    return SmallPolicy(bpy.path.abspath(set_up.python.strip()), set_up.timeout, on_server=_keep)


def _keep(server: Server) -> None:
    session.now.small = server
