# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies compared on many scenes: runs, tables with confidence intervals, reports."""
