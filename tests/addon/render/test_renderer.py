# SPDX-License-Identifier: GPL-3.0-or-later
import resource
import tempfile
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from metaspatial.backend.scene import Furniture, Layout, Opening, Pose, Room, Scene  # noqa: E402
from metaspatial.metaspatial_addon.render import BlenderRenderer, RenderError  # noqa: E402
from metaspatial.metaspatial_addon.render.picture import decode_png  # noqa: E402
from metaspatial.metaspatial_addon.render.probe import CYCLES, best_engine  # noqa: E402
from metaspatial.metaspatial_addon.render.renderer import SCENE_NAME, sweep  # noqa: E402

SIZE = (160, 120)
ROOM = Room(
    ((0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0)),
    2.5,
    (Opening("door_1", "door", 0, 0.3, 0.9, 2.05, 0.0, "in"), Opening("window_1", "window", 2, 1.0, 1.5, 1.2, 0.9)),
)
SCENE = Scene(
    ROOM,
    (
        Furniture("bed_1", "bed", (1.6, 2.1, 0.9)),
        Furniture("plant_1", "plant", (0.4, 0.4, 1.0)),
        Furniture("painting_1", "painting", (0.8, 0.04, 0.6), "wall"),
    ),
)
LAYOUT = Layout({"bed_1": Pose(1.0, 1.9, 0.45, 0.0), "plant_1": Pose(3.5, 2.6, 0.5), "painting_1": Pose(2, 2.98, 1.6)})
KINDS = (
    "scenes", "objects", "meshes", "materials", "worlds", "cameras", "lights", "collections", "node_groups", "curves",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _default_file():
    bpy.ops.wm.read_factory_settings(use_empty=False)


@pytest.fixture
def renderer():
    with BlenderRenderer(engine=best_engine(), quality="fast") as made:
        yield made


def blocks():
    return {kind: sorted(block.name for block in getattr(bpy.data, kind)) for kind in KINDS}


PASSED_OVER = {"rna_type", "name_full", "session_uid", "use_nodes"}
if bpy.app.version < (4, 5, 0):
    PASSED_OVER.add("uv_sculpt")  # Blender 4.2 looks at the wrong memory for it, and crashes


def state(thing, depth=0):
    """All that can be read of a data-block's plain properties, nested settings included."""
    found = {}
    for prop in thing.bl_rna.properties:
        if prop.identifier in PASSED_OVER:
            continue
        value = getattr(thing, prop.identifier)
        if prop.type == "POINTER":
            if value is not None and not isinstance(value, bpy.types.ID) and depth < 2:
                found[prop.identifier] = state(value, depth + 1)
            elif isinstance(value, bpy.types.ID):
                found[prop.identifier] = value.name  # pyright: ignore[reportOptionalMemberAccess]
        elif prop.type != "COLLECTION":
            found[prop.identifier] = tuple(value) if getattr(prop, "is_array", False) else value
    return repr(found)


def watch():
    """The data-blocks of the user's file, to be looked at again later."""
    scene = bpy.context.scene
    watched = [scene, scene.render, scene.view_settings, scene.display.shading, bpy.context.view_layer]
    kinds = (scene.objects, bpy.data.cameras, bpy.data.meshes, bpy.data.materials, bpy.data.worlds)
    return [*watched, *(block for kind in kinds for block in kind)]


def test_the_users_file_is_as_before():
    scene = bpy.context.scene
    scene.frame_set(17)
    scene.render.resolution_x, scene.render.engine = 333, "CYCLES"
    scene.render.filepath = "/tmp/mine_"
    bpy.data.objects["Cube"].hide_render = True
    watched = watch()
    before, before_blocks = [state(each) for each in watched], blocks()
    with BlenderRenderer(engine=best_engine(), quality="fast", view="both") as renderer:
        renderer.render(SCENE, LAYOUT, SIZE)
        assert bpy.context.scene == scene
        assert [state(each) for each in watched] == before
    assert blocks() == before_blocks
    assert [state(each) for each in watched] == before


def test_the_users_scene_does_not_show(renderer):
    one = renderer.render(SCENE, LAYOUT, SIZE)
    bpy.data.objects["Cube"].scale = (9, 9, 9)
    bpy.context.scene.render.resolution_percentage = 10
    bpy.context.scene.render.use_border = True
    bpy.context.scene.view_settings.exposure = 4.0
    bpy.context.scene.world.color = (0, 0, 0)
    assert renderer.render(SCENE, LAYOUT, SIZE) == one


def test_same_layout_same_picture_and_another_another(renderer):
    one = renderer.render(SCENE, LAYOUT, SIZE)
    moved = renderer.render(SCENE, LAYOUT.moved({"plant_1": Pose(3.5, 0.5, 0.5)}), SIZE)
    assert moved != one
    assert renderer.render(SCENE, LAYOUT, SIZE) == one
    with BlenderRenderer(engine=best_engine(), quality="fast") as other:
        assert other.render(SCENE, LAYOUT, SIZE) == one


def test_size_and_unplaced_pieces(renderer):
    empty = decode_png(renderer.render(SCENE, Layout(), (130, 70)))
    assert empty.shape == (70, 130, 3)
    full = decode_png(renderer.render(SCENE, LAYOUT, (130, 70)))
    share = np.mean(np.abs(full.astype(int) - empty).max(-1) > 20)
    assert 0.03 < share < 0.6
    assert np.median(empty[0]) > 200  # a light background
    with pytest.raises(ValueError, match="pixels"):
        renderer.render(SCENE, LAYOUT, (0, 70))


def test_top_view_shows_a_piece_where_it_stands():
    with BlenderRenderer(engine=best_engine(), quality="fast", view="top") as renderer:
        empty = decode_png(renderer.render(SCENE, Layout(), (320, 240))).astype(int)
        layout = Layout({"plant_1": Pose(3.5, 0.5, 0.5)})
        changed = np.abs(decode_png(renderer.render(SCENE, layout, (320, 240))).astype(int) - empty).max(-1) > 12
    y, x = np.nonzero(changed)
    assert x.mean() > 320 * 0.7  # east is right
    assert y.mean() > 240 * 0.65  # south is down


def test_wall_pieces_of_cut_walls_do_not_float_before_the_room(renderer):
    bare = renderer.render(SCENE, Layout(), SIZE)
    assert renderer.render(SCENE, Layout({"painting_1": Pose(2.0, 0.02, 1.6, 180.0)}), SIZE) == bare
    assert renderer.render(SCENE, Layout({"painting_1": Pose(2.0, 2.98, 1.6, 0.0)}), SIZE) != bare


def test_nothing_grows_over_many_layouts(renderer):
    renderer.render(SCENE, LAYOUT, SIZE)
    before = blocks()
    memory = []
    for i in range(30):
        renderer.render(SCENE, LAYOUT.moved({"plant_1": Pose(0.5 + i * 0.1, 0.5, 0.5)}), SIZE)
        memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    assert blocks() == before
    assert memory[-1] - memory[9] < 20_000  # KiB


def test_nothing_grows_over_many_scenes(renderer):
    counts = []
    for i in range(12):
        room = Room(((0.0, 0.0), (4.0 + i / 10, 0.0), (4.0 + i / 10, 3.0), (0.0, 3.0)), 2.5)
        renderer.render(Scene(room, SCENE.furniture[:2]), LAYOUT, (32, 32))
        counts.append({kind: len(names) for kind, names in blocks().items()})
    assert counts[-1] == counts[-4]


def test_an_earlier_picture_is_never_taken_for_this_one(renderer, monkeypatch):
    renderer.render(SCENE, LAYOUT, SIZE)
    monkeypatch.setattr("metaspatial.metaspatial_addon.render.renderer._save", lambda target: None)
    with pytest.raises(RenderError):
        renderer.render(SCENE, LAYOUT, SIZE)


def test_no_file_is_left(renderer, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    renderer.render(SCENE, LAYOUT, SIZE)
    assert not list(Path(tmp_path).iterdir())


def test_goes_on_after_a_new_file_was_opened(renderer):
    one = renderer.render(SCENE, LAYOUT, SIZE)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert renderer.render(SCENE, LAYOUT, SIZE) == one


def test_a_forgotten_render_scene_is_swept_away(tmp_path):
    before = blocks()
    renderer = BlenderRenderer(engine=best_engine(), quality="fast")
    renderer.render(SCENE, LAYOUT, SIZE)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"))
    renderer.close()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "saved.blend"))
    assert any(scene.name.startswith(SCENE_NAME) for scene in bpy.data.scenes)
    sweep()
    after = blocks()
    assert after["scenes"] == before["scenes"]
    assert after["objects"] == before["objects"]
    assert after["collections"] == before["collections"]


def test_objects_can_be_the_users_own():
    cube = bpy.data.objects["Cube"]

    def copy_of_cube(piece, collection):
        copy = cube.copy()
        copy.location = (0, 0, 0)
        collection.objects.link(copy)
        return copy

    users = cube.data.users
    with BlenderRenderer(engine=best_engine(), quality="fast", make_piece=copy_of_cube) as renderer:
        assert renderer.render(SCENE, LAYOUT, SIZE) != renderer.render(SCENE, Layout(), SIZE)
    assert cube.data.users == users
    assert cube.name in bpy.data.objects


@pytest.mark.slow
def test_cycles_pictures_are_repeatable():
    with BlenderRenderer(engine=CYCLES, quality="fast") as renderer:
        one = renderer.render(SCENE, LAYOUT, (64, 48))
        assert renderer.render(SCENE, LAYOUT, (64, 48)) == one
        assert renderer.render(SCENE, Layout(), (64, 48)) != one


def test_a_judges_pictures_are_the_perspective_and_the_plan():
    with BlenderRenderer(engine=best_engine(), quality="fast", view="both") as renderer:
        pictures = renderer.pictures(SCENE, LAYOUT, SIZE)
    for view, picture in zip(("perspective", "top"), pictures, strict=True):
        with BlenderRenderer(engine=best_engine(), quality="fast", view=view) as one:
            assert one.render(SCENE, LAYOUT, SIZE) == picture
