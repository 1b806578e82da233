# SPDX-License-Identifier: GPL-3.0-or-later
"""The materials of a room: one look for Workbench (viewport colour) and for Cycles (nodes), made once per file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import bpy

from ...backend.scene import Scene

Flooring = Literal["wood", "tiles", "plain"]


@dataclass(frozen=True, slots=True)
class Surface:
    """A look: linear RGB, roughness, metallic, opacity, and whether it has wood grain."""

    colour: tuple[float, float, float]
    roughness: float = 0.6
    metallic: float = 0.0
    alpha: float = 1.0
    grain: bool = False


SURFACES = {
    "Room Wall": Surface((0.96, 0.935, 0.885), 0.9),
    "Room Skirting": Surface((0.95, 0.94, 0.92), 0.5),
    "Room Wall Cut": Surface((0.33, 0.34, 0.36), 0.9),
    "Room Ceiling": Surface((0.93, 0.93, 0.92), 0.95),
    "Room Slab": Surface((0.55, 0.53, 0.5), 0.9),
    "Room Plank 1": Surface((0.455, 0.295, 0.165), 0.45, grain=True),
    "Room Plank 2": Surface((0.475, 0.31, 0.176), 0.45, grain=True),
    "Room Plank 3": Surface((0.43, 0.277, 0.153), 0.45, grain=True),
    "Room Plank 4": Surface((0.443, 0.287, 0.159), 0.45, grain=True),
    "Room Tile 1": Surface((0.60, 0.64, 0.655), 0.25),
    "Room Tile 2": Surface((0.52, 0.565, 0.585), 0.25),
    "Room Plain": Surface((0.52, 0.53, 0.52), 0.7),
    "Room Door": Surface((0.78, 0.70, 0.58), 0.5),
    "Room Door Frame": Surface((0.90, 0.88, 0.84), 0.5),
    "Room Metal": Surface((0.55, 0.54, 0.52), 0.3, metallic=1.0),
    "Room Window Frame": Surface((0.94, 0.94, 0.93), 0.4),
    "Room Glass": Surface((0.62, 0.80, 0.92), 0.05, alpha=0.45),
    "Room Door Mark": Surface((0.62, 0.36, 0.16), 0.6),
    "Room Window Mark": Surface((0.36, 0.66, 0.90), 0.3),
}
FLOOR_SURFACES: dict[Flooring, tuple[str, ...]] = {
    "wood": ("Room Plank 1", "Room Plank 2", "Room Plank 3", "Room Plank 4"),
    "tiles": ("Room Tile 1", "Room Tile 2"),
    "plain": ("Room Plain",),
}
_WET = {"toilet", "bathtub", "shower", "washbasin"}
_TAUGHT = {"school_desk"}


def flooring_for(scene: Scene) -> Flooring:
    """Tiles where one bathes, a plain floor where one is taught, else wood."""
    categories = {piece.category for piece in scene.furniture}
    if len(categories & _WET) >= 2:
        return "tiles"
    return "plain" if categories & _TAUGHT else "wood"


def surface(name: str) -> bpy.types.Material:
    """The file's material of that name, made when there is none. Raises KeyError for a name not in `SURFACES`."""
    look = SURFACES[name]
    found = next((m for m in bpy.data.materials if m.name == name and m.library is None), None)
    if found is not None:
        return found
    material = bpy.data.materials.new(name)
    material.diffuse_color = (*look.colour, look.alpha)
    material.roughness, material.metallic = look.roughness, look.metallic
    if material.node_tree is None:
        material.use_nodes = True
    tree: Any = material.node_tree
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (*look.colour, 1.0)
    shader.inputs["Roughness"].default_value = look.roughness
    shader.inputs["Metallic"].default_value = look.metallic
    shader.inputs["Alpha"].default_value = look.alpha
    if look.grain:
        _add_grain(tree, shader, look.colour)
    return material


def _add_grain(tree: bpy.types.NodeTree, shader: bpy.types.Node, colour: tuple[float, float, float]) -> None:
    """Long streaks along x: stretched noise between a darker and a lighter tone."""
    place = tree.nodes.new("ShaderNodeTexCoord")
    stretch = tree.nodes.new("ShaderNodeMapping")
    noise = tree.nodes.new("ShaderNodeTexNoise")
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    stretch.inputs["Scale"].default_value = (1.5, 24.0, 1.0)
    noise.inputs["Scale"].default_value = 2.0
    noise.inputs["Detail"].default_value = 6.0
    ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.3, 0.7
    ramp.color_ramp.elements[0].color = (*(0.78 * c for c in colour), 1.0)
    ramp.color_ramp.elements[1].color = (*(1.12 * c for c in colour), 1.0)
    tree.links.new(place.outputs["Object"], stretch.inputs["Vector"])
    tree.links.new(stretch.outputs["Vector"], noise.inputs["Vector"])
    tree.links.new(noise.outputs[0], ramp.inputs["Fac"])
    tree.links.new(ramp.outputs["Color"], shader.inputs["Base Color"])
