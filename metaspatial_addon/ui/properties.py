# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel keeps: choices on the scene, settings on objects, and the running state on the window manager.

No postponed annotations here: Blender reads them as they are.
"""

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from . import session

ROLES = (
    ("AUTO", "Automatic", "Decide from the object itself", "RADIOBUT_OFF", 0),
    ("MOVABLE", "Movable", "A piece of furniture that may be moved", "UNLOCKED", 1),
    ("FIXED", "Fixed", "Stays where it is; everything else keeps clear of it", "LOCKED", 2),
    ("IGNORED", "Ignored", "Not seen at all: may be walked through", "HIDE_ON", 3),
    ("ROOM", "Room", "Part of the room's shell: floor, walls, ceiling", "HOME", 4),
    ("DOOR", "Door", "A door: its swing and the way through stay free", "IMPORT", 5),
    ("WINDOW", "Window", "A window: nothing tall stands before it", "MOD_LATTICE", 6),
)
MOUNTS = (
    ("AUTO", "Automatic", "As its category usually stands"),
    ("FLOOR", "Floor", "Stands on the floor"),
    ("WALL", "Wall", "Hangs on a wall"),
    ("CEILING", "Ceiling", "Hangs from the ceiling"),
    ("ON", "On another piece", "Stands on top of another piece"),
)
FRONTS = (
    ("AUTO", "Automatic", "Blender's own front, -Y"),
    ("NEG_Y", "-Y", "The front looks along the object's -Y axis"),
    ("POS_X", "+X", "The front looks along the object's +X axis"),
    ("POS_Y", "+Y", "The front looks along the object's +Y axis"),
    ("NEG_X", "-X", "The front looks along the object's -X axis"),
)
SWINGS = (
    ("AUTO", "Automatic", "Into the room"),
    ("IN", "Into the room", "The leaf sweeps the room's floor"),
    ("OUT", "Outwards", "The leaf sweeps the other side"),
    ("NONE", "None", "A sliding door or an open passage"),
)
ROOMS = (
    ("AUTO", "Found", "Find the room by its name, its role or its shape"),
    ("OBJECT", "Object", "The room is this mesh"),
    ("COLLECTION", "Collection", "The room is what this collection holds"),
)
SOURCES = (
    ("INSIDE", "Everything inside", "All that stands in the room and is furniture"),
    ("SELECTED", "Selected", "Only the selected objects move, all else stays"),
    ("COLLECTION", "Collection", "Only what this collection holds moves, all else stays"),
)
ENGINES = (
    ("SOLVER", "Solver", "Built in: works at once, needs no model and no network", "SNAP_VERTEX", 0),
    (
        "SMALL",
        "Small Model",
        "The small vision language model that comes along, run on this computer: wants a Python with torch, no network",
        "LIGHT",
        2,
    ),
    ("CHAT", "Server", "A vision language model behind an OpenAI-compatible server", "OUTLINER_OB_LIGHT", 1),
)
ENGINE_NUMBERS = {identifier: number for identifier, *_, number in ENGINES}


def _categories(group: bpy.types.PropertyGroup, context: bpy.types.Context, text: str) -> list[str]:
    from ...backend.scene import (
        CATEGORIES,
    )  # not above: numpy comes with it, and Blender's start need not wait for that

    return sorted(CATEGORIES)


def _changed(group: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    session.look_again_soon()


def _engine(group: bpy.types.PropertyGroup) -> int:
    """The engine that this scene chose, or else that of the preferences."""
    from .preferences import preferences  # not above: those import this module

    if not group.is_property_set("chosen_engine"):
        own = preferences(bpy.context)
        return ENGINE_NUMBERS["SOLVER" if own is None else own.engine]
    return ENGINE_NUMBERS[group.chosen_engine]


def _choose_engine(group: bpy.types.PropertyGroup, number: int) -> None:
    group.chosen_engine = next(name for name, each in ENGINE_NUMBERS.items() if each == number)


def _variants(group: bpy.types.PropertyGroup) -> int:
    """How many variants this scene chose, or else the preferences."""
    from .preferences import preferences

    own = preferences(bpy.context)
    return group.chosen_variants if group.is_property_set("chosen_variants") or own is None else own.variants


def _choose_variants(group: bpy.types.PropertyGroup, number: int) -> None:
    group.chosen_variants = number


class MetaSpatialObject(bpy.types.PropertyGroup):
    """What the user says about one object (`object.metaspatial`); `capture.settings` reads it."""

    role: EnumProperty(name="Role", description="What this object is to MetaSpatial", items=ROLES, update=_changed)
    category: StringProperty(
        name="Category",
        description="What it is (bed, chair, desk…); empty: told from its name",
        search=_categories,
        search_options={"SORT", "SUGGESTION"},
        update=_changed,
    )
    mount: EnumProperty(name="Stands on", description="What carries it", items=MOUNTS, update=_changed)
    front: EnumProperty(name="Front", description="Where its front looks", items=FRONTS, update=_changed)
    swing: EnumProperty(name="Swing", description="Where a door's leaf swings", items=SWINGS, update=_changed)


class MetaSpatialScene(bpy.types.PropertyGroup):
    """The choices for arranging this scene (`scene.metaspatial`)."""

    room: EnumProperty(name="Room", description="Where the room comes from", items=ROOMS, update=_changed)
    room_object: PointerProperty(
        name="Room object", description="The mesh that is the room", type=bpy.types.Object, update=_changed
    )
    room_collection: PointerProperty(
        name="Room collection",
        description="The collection that holds floor, walls, doors and windows",
        type=bpy.types.Collection,
        update=_changed,
    )
    source: EnumProperty(name="Furniture", description="Which objects may move", items=SOURCES, update=_changed)
    furniture_collection: PointerProperty(
        name="Furniture collection",
        description="The collection whose objects may move",
        type=bpy.types.Collection,
        update=_changed,
    )
    preference: StringProperty(
        name="Preference",
        description="How the room should feel or be used, in your own words",
        maxlen=2000,
    )
    engine: EnumProperty(
        name="Engine", description="Who arranges", items=ENGINES, get=_engine, set=_choose_engine, options=set()
    )
    chosen_engine: EnumProperty(items=ENGINES, options={"HIDDEN"})
    seed: IntProperty(
        name="Seed", description="Another number, another arrangement; the same number, the same one", min=0, default=0
    )
    seconds: FloatProperty(
        name="Time",
        description="How long the solver may look for a better arrangement, in seconds",
        min=1.0,
        max=120.0,
        default=5.0,
        precision=0,
        step=100,
    )
    turns: IntProperty(
        name="Turns",
        description="How often the model may look at its result and improve it; the best turn is kept",
        min=1,
        max=8,
        default=2,
    )
    variants: IntProperty(
        name="Variants",
        description="How many arrangements to find: the best is placed, the others can be looked at",
        min=1,
        max=8,
        get=_variants,
        set=_choose_variants,
        options=set(),
    )
    chosen_variants: IntProperty(options={"HIDDEN"}, min=1, max=8, default=1)
    settle: BoolProperty(
        name="Settle",
        description="Where what was found is not valid on the real meshes, move pieces the least that makes it so: "
        "out of each other, into the room, off the doors. Says what it moved",
        default=True,
    )

    training_source: EnumProperty(
        name="Rooms",
        description="What to train in",
        items=(
            ("ROOMS", "Rooms", "Generated rooms, or a folder of scenes or of a curation"),
            ("ROOM", "This Room", "The room of this file, turned and mirrored"),
        ),
    )
    training_preset: EnumProperty(
        name="Preset",
        description="What is trained, and how",
        items=(
            ("small-cpu", "Small Model, Processor", "The small model that comes along: an hour or two on two cores"),
            ("qwen-3b-lora", "Qwen2.5-VL 3B, LoRA", "Wants a graphics card with 24 GB, and the model from its hub"),
            ("qwen-7b-lora", "Qwen2.5-VL 7B, LoRA", "Wants a graphics card with 48 GB, and the model from its hub"),
        ),
    )
    training_steps: IntProperty(
        name="Steps", description="How often the model is changed by what was best", min=1, max=100000, default=200
    )
    training_turns: IntProperty(
        name="Turns",
        description="How often, in training, the model sees its own result and answers again",
        min=1,
        max=4,
        default=1,
    )


class MetaSpatialPiece(bpy.types.PropertyGroup):
    """A row of the furniture list: one captured piece and why it is what it is."""

    object: StringProperty()
    library: StringProperty()
    id: StringProperty()
    category: StringProperty()
    size: StringProperty()
    fixed: BoolProperty()
    reason: StringProperty()


class MetaSpatialRemark(bpy.types.PropertyGroup):
    """What capture did with one object and why: left it out, holds it in place, lets it travel with another."""

    object: StringProperty()
    what: StringProperty()
    reason: StringProperty()


class MetaSpatialIssue(bpy.types.PropertyGroup):
    """A row of the score's issues."""

    message: StringProperty()
    part: StringProperty()
    pieces: StringProperty(description="Their ids, as a JSON list")


class MetaSpatialState(bpy.types.PropertyGroup):
    """What the panel shows at the moment (`window_manager.metaspatial`); never saved."""

    pieces: CollectionProperty(type=MetaSpatialPiece)
    piece: IntProperty(name="Piece")
    remarks: CollectionProperty(type=MetaSpatialRemark)
    room: StringProperty()
    looked: BoolProperty(description="The list tells of this file")
    problem: StringProperty(description="Why there is nothing to arrange")

    working: BoolProperty()
    fraction: FloatProperty()
    text: StringProperty()
    stream: StringProperty()

    message: StringProperty(description="How the last arrangement ended")
    alert: BoolProperty()
    offer_solver: BoolProperty()

    variant: IntProperty(description="Which of them stands in the room, from 1")
    variants: IntProperty(description="How many arrangements the last job found; 0 or 1: nothing to choose from")

    scored: BoolProperty()
    stale: BoolProperty(description="The room changed since it was scored")
    total: FloatProperty()
    total_before: FloatProperty(description="-1: unknown")
    physics: FloatProperty()
    function: FloatProperty()
    format: FloatProperty()
    render: FloatProperty()
    issues: CollectionProperty(type=MetaSpatialIssue)
    notes: CollectionProperty(type=MetaSpatialIssue)
    restorable: BoolProperty()

    server: StringProperty(description="What is known of the server")
    server_alert: BoolProperty()

    training: StringProperty(default="none", description="How the training stands")
    training_text: StringProperty()
    training_line: StringProperty(description="What it says, or what is wrong")
    training_alert: BoolProperty()
    training_fraction: FloatProperty()
    training_resumable: BoolProperty()
    training_usable: BoolProperty(description="There is a model, or a checkpoint, to arrange with")
    training_physics: FloatProperty(default=-1.0)
    training_function: FloatProperty(default=-1.0)
    training_pictures: StringProperty(description="Their files, one a line")


CLASSES = (MetaSpatialObject, MetaSpatialScene, MetaSpatialPiece, MetaSpatialRemark, MetaSpatialIssue, MetaSpatialState)


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Object.metaspatial = PointerProperty(type=MetaSpatialObject)
    bpy.types.Scene.metaspatial = PointerProperty(type=MetaSpatialScene)
    bpy.types.WindowManager.metaspatial = PointerProperty(type=MetaSpatialState)


def unregister() -> None:
    del bpy.types.WindowManager.metaspatial
    del bpy.types.Scene.metaspatial
    del bpy.types.Object.metaspatial
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
