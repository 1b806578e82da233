# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of layouts."""

from .picture import side_by_side
from .renderer import BlenderRenderer, RenderBusy, RenderError

__all__ = ["BlenderRenderer", "RenderBusy", "RenderError", "side_by_side"]
