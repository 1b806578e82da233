# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures of a layout: our own columns, and other projects' deterministic ones by their published definitions."""

from __future__ import annotations

from .measure import METRICS, measure
from .metric import Metric

__all__ = ["METRICS", "Metric", "measure"]
