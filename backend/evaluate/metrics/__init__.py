# SPDX-License-Identifier: GPL-3.0-or-later
"""Other projects' deterministic measures of a layout, by their published definitions."""

from __future__ import annotations

from .metric import Metric

METRICS: dict[str, Metric] = {}
"""Every metric by name."""
