# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluations as self-contained HTML pages: one file, no network, readable without scripts."""

from __future__ import annotations

from .report import write_comparison, write_report

__all__ = ["write_comparison", "write_report"]
