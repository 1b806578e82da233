# SPDX-License-Identifier: GPL-3.0-or-later
"""From the panel's choices to the policy, the scorer and the renderer that a job gets."""

from __future__ import annotations

import bpy

from ...backend.policies.chat import ChatPolicy
from ...backend.policies.policy import Policy, PolicyError
from ...backend.policies.solver import SolverPolicy
from ...backend.rewards.scorer import Scorer
from ..capture import Capture, mesh_of
from ..jobs import Job, arranging
from ..physics import BvhEngine
from ..render import BlenderRenderer
from . import session
from .preferences import chat_settings, refusal


def policy_for(context: bpy.types.Context) -> Policy:
    """The chosen engine. Raises `PolicyError` where Blender's settings forbid it."""
    own = context.scene.metaspatial  # type: ignore[attr-defined]
    if own.engine == "SOLVER":
        return SolverPolicy(seed=own.seed, seconds=own.seconds)
    if reason := refusal(context):
        raise PolicyError(reason)
    return ChatPolicy(chat_settings(context))


def begin(context: bpy.types.Context, seen: Capture) -> None:
    """Start the session's job on what was captured, as the panel's choices ask. Raises `PolicyError`."""
    own = context.scene.metaspatial  # type: ignore[attr-defined]
    chat = own.engine == "CHAT"
    policy = policy_for(context)
    session.close_renderer()
    pictures = chat and chat_settings(context).pictures
    session.now.renderer = BlenderRenderer() if pictures else None
    work = arranging(
        seen.scene,
        policy,
        Scorer(BvhEngine(mesh_of(seen))),
        turns=own.turns if chat else 1,
        renderer=session.now.renderer,
        settle=own.settle and chat,
    )
    session.now.capture = seen
    session.now.job = Job("arrangement", work).start()
