# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that needs Blender: capture, placement, physics, rendering, furniture meshes, jobs, and the panel."""
