# SPDX-License-Identifier: GPL-3.0-or-later
"""Physics of layouts on the real meshes, with Blender's BVH trees."""

from .engine import BvhEngine
from .mesh import Mesh

__all__ = ["BvhEngine", "Mesh"]
