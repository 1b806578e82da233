# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies: the embedded solver, and chat models behind an OpenAI-compatible server."""
