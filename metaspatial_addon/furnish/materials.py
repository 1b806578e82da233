# SPDX-License-Identifier: GPL-3.0-or-later
"""Finishes as Blender materials: made once per file, found again by their own mark."""

from __future__ import annotations

import bpy

from .finishes import Finish

MARK = "metaspatial_finish"
"""Custom property that names the finish a material was made from."""


def material_of(finish: Finish) -> bpy.types.Material:
    """The file's material for this finish: the one made earlier, edits and all, else a new one."""
    for material in bpy.data.materials:
        if material.library is None and material.get(MARK) == finish.name:
            return material
    return _made(finish)


def _made(finish: Finish) -> bpy.types.Material:
    material = bpy.data.materials.new(finish.name.capitalize())
    material[MARK] = finish.name
    color = (*finish.linear, 1.0)
    material.diffuse_color = (*finish.linear, finish.alpha)  # what Workbench and the solid view show
    material.roughness = finish.roughness
    material.metallic = 0.0  # the solid view has nothing to reflect: metal would turn black
    if material.node_tree is None:  # before 5.0
        material.use_nodes = True
    shader = _shader(material)
    shader.inputs["Base Color"].default_value = color
    shader.inputs["Roughness"].default_value = finish.roughness
    shader.inputs["Metallic"].default_value = finish.metallic
    if finish.emission > 0:
        shader.inputs["Emission Color"].default_value = color
        shader.inputs["Emission Strength"].default_value = finish.emission
    if finish.alpha < 1:
        shader.inputs["Alpha"].default_value = finish.alpha
        shader.inputs["IOR"].default_value = 1.45
        material.surface_render_method = "BLENDED"
    if finish.kind == "wood":
        _grain(material, shader, color)
    return material


def _shader(material: bpy.types.Material) -> bpy.types.ShaderNode:
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = next((node for node in nodes if node.type == "BSDF_PRINCIPLED"), None)
    if shader is None:
        shader = nodes.new("ShaderNodeBsdfPrincipled")
    output = next((node for node in nodes if node.type == "OUTPUT_MATERIAL"), None)
    if output is None:
        output = nodes.new("ShaderNodeOutputMaterial")
    if not output.inputs["Surface"].is_linked:
        links.new(shader.outputs["BSDF"], output.inputs["Surface"])
    return shader


def _grain(material: bpy.types.Material, shader: bpy.types.ShaderNode, color: tuple[float, ...]) -> None:
    """Streaks a little darker than the wood, from the object's own coordinates."""
    nodes, links = material.node_tree.nodes, material.node_tree.links
    place = nodes.new("ShaderNodeTexCoord")
    stretch = nodes.new("ShaderNodeMapping")
    stretch.inputs["Scale"].default_value = (1.2, 18.0, 18.0)
    noise = nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value = 3.0
    noise.inputs["Detail"].default_value = 3.0
    ramp = nodes.new("ShaderNodeValToRGB")
    ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.35, 0.65
    ramp.color_ramp.elements[0].color = (*(0.72 * channel for channel in color[:3]), 1.0)
    ramp.color_ramp.elements[1].color = color
    links.new(place.outputs["Object"], stretch.inputs["Vector"])
    links.new(stretch.outputs["Vector"], noise.inputs["Vector"])
    links.new(noise.outputs[0], ramp.inputs[0])
    links.new(ramp.outputs["Color"], shader.inputs["Base Color"])
    for step, node in enumerate((place, stretch, noise, ramp)):
        node.location = (shader.location.x - 900 + 220 * step, shader.location.y)
