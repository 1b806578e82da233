# SPDX-License-Identifier: GPL-3.0-or-later
"""What every test shares: the hypothesis profiles, and which tests can run in this environment at all."""

from __future__ import annotations

import importlib.util
import os

from hypothesis import HealthCheck, settings

# Slow machines are not failures, and what CI finds everyone can find again.
settings.register_profile(
    "ci", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("dev", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

HAS_BPY = importlib.util.find_spec("bpy") is not None
collect_ignore = [] if HAS_BPY else ["addon"]


def pytest_report_header() -> str:
    return "bpy: here" if HAS_BPY else "bpy: not in this environment, so tests/addon is left out"
