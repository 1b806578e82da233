# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes from room descriptions, furnished by any language model behind an OpenAI-compatible server."""
