# SPDX-License-Identifier: GPL-3.0-or-later
"""What every test shares: the hypothesis profiles, and which tests can run in this environment at all."""

from __future__ import annotations

import atexit
import importlib.util
import os
import sys

import pytest
from hypothesis import HealthCheck, settings

# Slow machines are not failures, and what CI finds everyone can find again.
settings.register_profile(
    "ci", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("dev", deadline=None)
for profile in ("ci", "dev"):
    settings.register_profile(f"{profile}-quick", settings.get_profile(profile), max_examples=25)

HAS_BPY = importlib.util.find_spec("bpy") is not None
HAS_TRL = importlib.util.find_spec("trl") is not None
CAN_EVALUATE = all(importlib.util.find_spec(name) for name in ("scipy", "shapely", "rich", "trimesh", "openai"))
collect_ignore = [
    *([] if HAS_BPY else ["addon"]),
    *([] if HAS_TRL else ["backend/learn"]),
    *([] if CAN_EVALUATE else ["backend/evaluate"]),
]


def pytest_configure(config: pytest.Config) -> None:
    """Properties get fewer examples where the slow tests are left out."""
    profile = "ci" if os.environ.get("CI") else "dev"
    settings.load_profile(profile + ("-quick" if "not slow" in config.option.markexpr else ""))


def pytest_report_header() -> list[str]:
    """What is left out here, and why."""
    return [
        "bpy: here" if HAS_BPY else "bpy: not in this environment, so tests/addon is left out",
        *([] if HAS_TRL else ["TRL: not in this environment, so tests/backend/learn is left out"]),
        *([] if CAN_EVALUATE else ["evaluation's packages: not here, so tests/backend/evaluate is left out"]),
    ]


def pytest_sessionstart(session: pytest.Session) -> None:
    atexit.register(_leave, session)  # registered before bpy is imported, so it runs last


def _leave(session: pytest.Session) -> None:
    """End here where Blender's own end would turn a finished run into a crash or an endless wait.

    As a Python module, Blender 4.2 crashes at its end once a class with property callbacks was registered, and 4.5 may
    wait for one of its threads for ever.
    """
    bpy = sys.modules.get("bpy")
    if bpy is not None and bpy.app.version < (5, 0, 0):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(session.exitstatus))
