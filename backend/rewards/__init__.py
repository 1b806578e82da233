# SPDX-License-Identifier: GPL-3.0-or-later
"""Scorers: what is good and bad about a layout."""
