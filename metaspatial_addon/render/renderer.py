# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of layouts, made in this very Blender process in a scene of their own.

The user's scene is never touched: not its engine, resolution, camera, frame or visibility. Objects are built once per
scene and only moved between layouts; memory stays flat; each picture goes through a fresh file of its own.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import tempfile
import uuid
from collections import OrderedDict
from pathlib import Path
from typing import Any, Literal

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ...backend.scene import Layout, Scene
from ..compat import set_image_format
from . import camera as cameras
from .picture import Pixels, decode_bmp, encode_png
from .probe import CYCLES, WORKBENCH, best_engine
from .stage import PieceMaker, Stage

View = Literal["perspective", "top", "both"]
Quality = Literal["fast", "normal", "high"]

SCENE_NAME = "MetaSpatial Render"
_MARK = "metaspatial_render"
_KEPT_STAGES = 4
_SAMPLES: dict[Quality, int] = {"fast": 1, "normal": 8, "high": 96}
_ANTI_ALIASING: dict[Quality, str] = {"fast": "OFF", "normal": "5", "high": "16"}
_live: set[str] = set()


class RenderError(RuntimeError):
    """No picture could be made."""


class RenderBusy(RenderError):
    """Blender is rendering something else; try again when that is done."""


class BlenderRenderer:
    """Satisfies `backend.rewards.score.Renderer`. Close it, or use it as a context manager, to leave no trace.

    `view` is "perspective" (the room as a doll's house), "top" (the plan, north up) or "both" (the picture's left and
    right half). `quality` is "fast" for training, "normal", or "high": Cycles, for print. `engine` overrides the choice
    of Workbench where OpenGL works, else Cycles. `make_piece` may supply other objects than the parametric furniture,
    such as copies of the user's own.
    """

    def __init__(
        self,
        *,
        view: View = "perspective",
        quality: Quality = "normal",
        engine: str | None = None,
        make_piece: PieceMaker | None = None,
    ) -> None:
        self.view: View = view
        self.quality: Quality = quality
        self._engine = engine
        self._make_piece = make_piece
        self._token = uuid.uuid4().hex
        self._stages: OrderedDict[Scene, Stage] = OrderedDict()
        self._target: Any = None

    def render(self, scene: Scene, layout: Layout, size: tuple[int, int] = (512, 512)) -> bytes:
        """A PNG of `size` (width, height) pixels; unplaced pieces are left out.

        Raises `RenderBusy` while Blender renders for somebody else, and `RenderError` when no picture came out.
        """
        stage = self._ready(scene, size)
        width, height = size
        if self.view == "both":
            left = self._picture(stage, layout, "perspective", (width // 2, height))
            right = self._picture(stage, layout, "top", (width - width // 2, height))
            return encode_png(np.concatenate([left, right], axis=1))
        return encode_png(self._picture(stage, layout, self.view, size))

    def pictures(self, scene: Scene, layout: Layout, size: tuple[int, int] = (512, 512)) -> tuple[bytes, bytes]:
        """What a judge looks at: PNGs of perspective view and plan, whatever `view` is; raises as `render`."""
        stage = self._ready(scene, size)
        perspective, top = (self._picture(stage, layout, view, size) for view in ("perspective", "top"))
        return encode_png(perspective), encode_png(top)

    def close(self) -> None:
        """Removes everything this renderer has put into the file. It may be used again afterwards."""
        for stage in self._stages.values():
            stage.remove()
        self._stages.clear()
        _live.discard(self._token)
        sweep()
        self._target = None

    def __enter__(self) -> BlenderRenderer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def engine(self) -> str:
        """The render engine in use. Asking for it the first time may try Workbench in a child process."""
        if self._engine is None:
            self._engine = CYCLES if self.quality == "high" else best_engine()
        return self._engine

    def _ready(self, scene: Scene, size: tuple[int, int]) -> Stage:
        width, height = size
        if min(size) < 16 or max(size) > 8192:
            raise ValueError(f"a picture of {width} x {height} pixels: each side must be 16 to 8192")
        if bpy.app.is_job_running("RENDER"):
            raise RenderBusy("Blender is rendering; a picture can be made when that is done")
        return self._stage(scene)

    def _picture(self, stage: Stage, layout: Layout, view: View, size: tuple[int, int]) -> Pixels:
        room, aspect = stage.scene.room, size[0] / size[1]
        target = self._target
        if view == "top":
            eye = cameras.top(room, aspect)
            standing: set[int] = set()
        else:
            eye = cameras.perspective(room, aspect)
            standing = {wall.index for wall in cameras.standing_walls(room, eye.position)}
        stage.pose(layout, standing, plan=view == "top")
        _aim(target, eye)
        # A plan shows what stands where, not what falls where; and shadows take longer than all else together.
        target.display.shading.show_shadows = view != "top" and self.quality != "fast"
        target.render.resolution_x, target.render.resolution_y = size
        target.frame_set(1)
        return _render_to_pixels(target)

    def _stage(self, scene: Scene) -> Stage:
        """The stage of this scene, shown in the render scene and alone there."""
        if not (self._target_alive() and all(stage.alive for stage in self._stages.values())):
            self.close()
            self._target = self._build_target()
        key = _without_poses(scene)
        stage = self._stages.get(key)
        if stage is None:
            stage = Stage(key, self._make_piece or _parametric_piece)
            self._stages[key] = stage
            if len(self._stages) > _KEPT_STAGES:
                self._stages.popitem(last=False)[1].remove()
        self._stages.move_to_end(key)
        children = self._target.collection.children
        for other in list(children):
            if other != stage.collection:
                children.unlink(other)
        if stage.collection.name not in children:
            children.link(stage.collection)
        return stage

    def _target_alive(self) -> bool:
        try:
            return self._target is not None and self._target.camera.name is not None
        except (ReferenceError, AttributeError):
            return False

    def _build_target(self) -> Any:
        sweep()
        _live.add(self._token)
        target = bpy.data.scenes.new(SCENE_NAME)
        target[_MARK] = self._token
        eye = bpy.data.objects.new(SCENE_NAME, bpy.data.cameras.new(SCENE_NAME))
        sun = bpy.data.objects.new(SCENE_NAME, bpy.data.lights.new(SCENE_NAME, "SUN"))
        for each in (eye, sun):
            target.collection.objects.link(each)
        target.camera = eye
        target.world = bpy.data.worlds.new(SCENE_NAME)
        _set_output(target)
        _set_light(target, sun)
        _set_engine(target, self.engine, self.quality)
        return target


def sweep() -> None:
    """Removes render scenes that no renderer of this process owns: left by undo, by a crash, or in a saved file."""
    for scene in list(bpy.data.scenes):
        if scene.get(_MARK) is None or scene[_MARK] in _live or scene.library is not None:
            continue
        own = [*scene.collection.objects, *(each.data for each in scene.collection.objects), scene.world]
        stages = [*scene.collection.children]
        objects = [each for stage in stages for each in stage.objects]
        data = {each.data for each in objects if each.data is not None}
        bpy.data.scenes.remove(scene)
        bpy.data.batch_remove([*(block for block in own if block is not None), *stages, *objects])
        bpy.data.batch_remove([block for block in data if block.users == 0])


def _without_poses(scene: Scene) -> Scene:
    """What a stage depends on: the same for all layouts, relations and preferences of one room and furniture."""
    pieces = tuple(dataclasses.replace(piece, pose=None, fixed=False) for piece in scene.furniture)
    return Scene(scene.room, pieces)


def _parametric_piece(piece: Any, collection: bpy.types.Collection) -> bpy.types.Object:
    from ..furnish import build_piece

    return build_piece(piece, collection)


def _aim(target: bpy.types.Scene, eye: cameras.Camera) -> None:
    """Points the camera; Workbench's shadows fall away from someone looking through it, whichever side that is."""
    lens = target.camera.data
    target.camera.matrix_world = Matrix(eye.matrix.tolist())
    x, y, z = 0.25 * eye.axes[2] - 0.4 * eye.axes[0] + np.array([0.0, 0.0, 1.0])
    target.display.light_direction = Vector((x, z, -y)).normalized()  # Workbench has its own order and sign of axes
    lens.sensor_fit = "AUTO"
    lens.clip_start, lens.clip_end = 0.05, 1000.0
    if eye.ortho_scale is None:
        lens.type, lens.angle = "PERSP", eye.field_of_view
    else:
        lens.type, lens.ortho_scale = "ORTHO", eye.ortho_scale


def _render_to_pixels(target: bpy.types.Scene) -> Pixels:
    """Renders into a folder of its own, so that no earlier picture can be taken for this one."""
    with tempfile.TemporaryDirectory(prefix="metaspatial_") as folder:
        path = Path(folder, "picture.bmp")
        target.render.filepath = str(path)
        try:
            _save(target)
        except RuntimeError as error:
            raise RenderError(f"Blender could not render: {error}") from None
        finally:
            target.render.filepath = ""
        try:
            return decode_bmp(path.read_bytes())
        except (OSError, ValueError) as error:
            raise RenderError(f"Blender rendered no picture: {error}") from None


def _save(target: bpy.types.Scene) -> None:
    """Renders a scene to its own file path."""
    bpy.ops.render.render(write_still=True, scene=target.name)


def _set_output(target: bpy.types.Scene) -> None:
    render = target.render
    render.resolution_percentage = 100
    render.use_file_extension = render.use_overwrite = True
    render.use_compositing = render.use_sequencer = render.use_stamp = False
    render.use_persistent_data = False
    render.dither_intensity = 0.0
    set_image_format(render.image_settings, "BMP")
    render.image_settings.color_mode = "RGB"
    target.display_settings.display_device = "sRGB"
    target.view_settings.view_transform = "Standard"
    target.view_settings.look = "None"


def _set_light(target: bpy.types.Scene, sun: bpy.types.Object) -> None:
    sun.data.energy, sun.data.angle = 2.1, math.radians(12.0)
    sun.rotation_euler = (math.radians(38.0), math.radians(-14.0), math.radians(20.0))
    world = target.world
    world.color = (0.93, 0.935, 0.94)
    if world.node_tree is None:
        world.use_nodes = True
    tree: Any = world.node_tree
    tree.nodes.clear()
    output, mix = tree.nodes.new("ShaderNodeOutputWorld"), tree.nodes.new("ShaderNodeMixShader")
    sky, backdrop = tree.nodes.new("ShaderNodeBackground"), tree.nodes.new("ShaderNodeBackground")
    sky.inputs["Color"].default_value, sky.inputs["Strength"].default_value = (0.93, 0.95, 1.0, 1.0), 0.75
    backdrop.inputs["Color"].default_value, backdrop.inputs["Strength"].default_value = (1.0, 1.0, 1.0, 1.0), 3.0
    seen = tree.nodes.new("ShaderNodeLightPath").outputs["Is Camera Ray"]
    tree.links.new(seen, mix.inputs[0])
    tree.links.new(sky.outputs[0], mix.inputs[1])
    tree.links.new(backdrop.outputs[0], mix.inputs[2])
    tree.links.new(mix.outputs[0], output.inputs["Surface"])


def _set_engine(target: bpy.types.Scene, engine: str, quality: Quality) -> None:
    target.render.engine = engine
    if engine == WORKBENCH:
        target.display.render_aa = _ANTI_ALIASING[quality]
        target.display.matcap_ssao_samples = 32
        target.view_settings.exposure = 0.3
        shading = target.display.shading
        shading.light, shading.color_type = "STUDIO", "MATERIAL"
        with contextlib.suppress(TypeError):  # a Blender without its data files has but one studio light
            shading.studio_light = "paint.sl"
        shading.shadow_intensity = 0.25
        shading.show_cavity, shading.cavity_type = True, "SCREEN" if quality == "fast" else "BOTH"
        shading.curvature_ridge_factor, shading.curvature_valley_factor = 0.6, 0.8
        shading.cavity_ridge_factor, shading.cavity_valley_factor = 0.2, 1.0
        shading.show_object_outline, shading.show_specular_highlight = False, False
    elif engine == CYCLES:
        cycles = target.cycles
        cycles.samples = _SAMPLES[quality]
        cycles.use_adaptive_sampling = quality == "high"
        cycles.use_denoising = quality == "high" and _denoiser_there()
        cycles.seed = 0
        cycles.max_bounces = 6 if quality == "high" else 2
        cycles.device = "CPU"
        if quality == "high":
            target.view_settings.view_transform = "AgX"


def _denoiser_there() -> bool:
    """Whether this Blender was built with Open Image Denoise; Debian's, for one, is not."""
    try:
        import _cycles
    except ImportError:
        return False
    return bool(getattr(_cycles, "with_openimagedenoise", False))
