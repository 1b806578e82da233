# SPDX-License-Identifier: GPL-3.0-or-later
"""Where torch lives: models, their processors, training. Imported by nothing that Blender loads."""
