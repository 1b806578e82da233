# SPDX-License-Identifier: GPL-3.0-or-later
"""All that runs without Blender: the domain, scores, policies, data, training. Never imports ``bpy``."""
