# SPDX-License-Identifier: GPL-3.0-or-later
"""What every test shares: the hypothesis profiles."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Slow machines are not failures, and what CI finds everyone can find again.
settings.register_profile(
    "ci", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("dev", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")
