# SPDX-License-Identifier: GPL-3.0-or-later
"""The relations that are asked for ("desk · against · north wall"): kept on the scene, edited in a list, suggested.

No postponed annotations here: Blender reads them as they are.
"""

from typing import TYPE_CHECKING, Any

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
from .panel import METASPATIAL_PT_furniture, write
from .relation_words import (
    DISTANT,
    ORIGINS,
    PREDICATES,
    TOUCHING,
    anchor_words,
    place_words,
    predicate_words,
    relation_words,
    subject_words,
)
from .words import told

if TYPE_CHECKING:
    from ...backend.scene import Scene
    from ..capture import Capture


def _changed(group: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    session.look_again_soon()


class MetaSpatialRelation(bpy.types.PropertyGroup):
    """One relation. It is to `anchor`, or to the room's `place` where that is not empty."""

    enabled: BoolProperty(
        name="Enabled", description="Ask for it when the room is arranged and scored", default=True, update=_changed
    )
    subject: PointerProperty(
        name="Piece", description="The piece that is to stand so", type=bpy.types.Object, update=_changed
    )
    predicate: EnumProperty(name="Relation", description="How it is to stand", items=PREDICATES, update=_changed)
    place: StringProperty(name="Place", description="A place of the room; empty: the other piece", update=_changed)
    anchor: PointerProperty(
        name="Other piece", description="What the relation refers to", type=bpy.types.Object, update=_changed
    )
    adjacent: BoolProperty(
        name="Next to each other", description="With no more than 0.3 m between them", update=_changed
    )
    distance: FloatProperty(
        name="Metres",
        description="Near: the largest gap; far from: the smallest. 0 leaves it at the usual",
        min=0.0,
        soft_max=10.0,
        max=1000.0,
        step=10,
        precision=2,
        update=_changed,
    )
    suggested: BoolProperty(
        name="Suggested", description="Not asked for yet: accept it or take it out", update=_changed
    )
    origin: EnumProperty(name="From", description="Where it comes from", items=ORIGINS)


class MetaSpatialRelations(bpy.types.PropertyGroup):
    """The scene's relations (`scene.metaspatial_relations`); `capture.relations` reads them."""

    rows: CollectionProperty(type=MetaSpatialRelation)
    active: IntProperty(name="Relation")


class MetaSpatialRelationNote(bpy.types.PropertyGroup):
    """What is to be said of the relation at the same place of the list."""

    text: StringProperty()


class MetaSpatialPlace(bpy.types.PropertyGroup):
    """A place of the captured room: `name` as in relations, or an object that is one of several doors or windows."""

    label: StringProperty()
    object: StringProperty()
    library: StringProperty()


class MetaSpatialRelationState(bpy.types.PropertyGroup):
    """What the last look at the room tells of relations (`window_manager.metaspatial_relations`); never saved."""

    notes: CollectionProperty(type=MetaSpatialRelationNote)
    places: CollectionProperty(type=MetaSpatialPlace)


def kept(scene: bpy.types.Scene) -> MetaSpatialRelations:
    return scene.metaspatial_relations  # type: ignore[attr-defined]


def show(context: bpy.types.Context, seen: "Capture | None") -> None:
    """Put aside what the list draws: why a relation isn't asked now, and which places the room has."""
    shown = state(context)
    shown.notes.clear()
    shown.places.clear()
    if seen is None:
        return
    from ...backend.scene.preference import preferred_relations
    from ..capture.relations import asked_of

    rows = kept(context.scene).rows
    wished: set[tuple[Any, ...]] = set()
    if any(not row.enabled for row in rows):
        wished = {key_of(seen, relation) for relation in preferred_relations(seen.scene)}
    for row in rows:
        note = shown.notes.add()
        if row.enabled and not row.suggested:
            reason = seen.left_out.get(asked_of(row))
            if reason is not None:
                note.text = told(reason.sentence, **reason.values)
        elif not row.suggested and key(row) in wished:
            note.text = told("The preference asks for it all the same.")
    _show_places(shown, seen)


def _show_places(shown: MetaSpatialRelationState, seen: "Capture") -> None:
    from ...backend.scene.geometry import walls

    room = seen.scene.room
    every = walls(room)
    sides = [wall.name for wall in every]
    names = ["wall", *(side for side in ("north_wall", "east_wall", "south_wall", "west_wall") if side in sides)]
    single = [
        wall for wall in every if sides.count(wall.name) > 1 or min(abs(wall.inward[0]), abs(wall.inward[1])) > 1e-6
    ]
    kinds = [opening.kind for opening in room.openings]
    names += [f"wall_{wall.index}" for wall in single]
    names += ["corner", *(kind for kind in ("door", "window") if kind in kinds), "middle", "ceiling"]
    details = {f"wall_{wall.index}": f"{place_words(wall.name)}, {wall.length:.2f} m" for wall in single}
    for name in names:
        place = shown.places.add()
        place.name = name
        place.label = f"{place_words(name)} ({details[name]})" if name in details else place_words(name)
    for opening in room.openings:
        if kinds.count(opening.kind) > 1:
            reference = seen.openings[opening.id]
            place = shown.places.add()
            place.name, place.label = opening.kind, reference.name
            place.object, place.library = reference.name, reference.library


def keep(scene: bpy.types.Scene, described: "Scene", objects: dict[str, bpy.types.Object]) -> None:
    """Ask of these objects what `described` asks of its pieces and openings by the same ids."""
    for relation in described.relations:
        subject, anchor = objects.get(relation.subject), objects.get(relation.anchor)
        if subject is not None:
            add(scene, subject, relation.predicate.upper(), "" if anchor else relation.anchor, anchor,
                 adjacent=relation.adjacent, distance=relation.distance or 0.0)  # fmt: skip


# The list


class METASPATIAL_UL_relations(bpy.types.UIList):
    """One relation a row: asked or not, or suggested, and what it says."""

    def draw_item(
        self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0
    ):  # fmt: skip
        notes = state(context).notes
        noted = index < len(notes) and bool(notes[index].text)
        row = layout.row(align=True)
        if item.suggested:
            row.operator("metaspatial.accept_relation", text="", icon="CHECKMARK", emboss=False).index = index
            row.operator("metaspatial.remove_relation", text="", icon="X", emboss=False).index = index
        else:
            row.prop(item, "enabled", text="", emboss=False, icon=_box(item))
        text = row.row()
        text.active = item.enabled and not item.suggested and not noted
        text.label(text=relation_words(item), icon="INFO" if noted and not item.suggested else "NONE", translate=False)

    def filter_items(self, context, data, property):
        """By the words that the list shows."""
        rows = getattr(data, property)
        wanted = self.filter_name.lower()
        shown = [self.bitflag_filter_item if wanted in relation_words(row).lower() else 0 for row in rows]
        return shown, []


class METASPATIAL_PT_relations(bpy.types.Panel):
    bl_idname = "METASPATIAL_PT_relations"
    bl_label = "Relations"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "MetaSpatial"
    bl_parent_id = METASPATIAL_PT_furniture.bl_idname
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        own, layout = kept(context.scene), self.layout
        layout.enabled = not session.state(context).working
        row = layout.row()
        row.template_list("METASPATIAL_UL_relations", "", own, "rows", own, "active", rows=4, maxrows=10)
        column = row.column(align=True)
        column.operator("metaspatial.add_relation", text="", icon="ADD")
        column.operator("metaspatial.remove_relation", text="", icon="REMOVE").index = -1
        column.separator()
        column.operator("metaspatial.select_relation", text="", icon="RESTRICT_SELECT_OFF")
        row = layout.row(align=True)
        row.operator("metaspatial.suggest_relations", text="Suggest", icon="LIGHT")
        if any(row.suggested for row in own.rows):
            row.operator("metaspatial.accept_relation", text="Accept All", icon="CHECKMARK").index = -1
            row.operator("metaspatial.drop_suggestions", text="", icon="X")
        if 0 <= own.active < len(own.rows):
            self._draw_row(context, own.rows[own.active])

    def _draw_row(self, context: bpy.types.Context, row: MetaSpatialRelation) -> None:
        notes, index = state(context).notes, kept(context.scene).active
        if index < len(notes) and notes[index].text:
            write(context, self.layout, notes[index].text, icon="INFO")
        if row.suggested:
            icon = "TEXT" if row.origin == "PREFERENCE" else "LIGHT"
            write(context, self.layout, told(_SUGGESTED[row.origin]), icon=icon)
        column = self.layout.column(align=True)
        column.operator_menu_enum("metaspatial.relation_subject", "choice", text=subject_words(row), translate=False)
        column.operator_menu_enum(
            "metaspatial.relation_predicate", "choice", text=predicate_words(row.predicate), translate=False
        )
        column.operator_menu_enum("metaspatial.relation_anchor", "choice", text=anchor_words(row), translate=False)
        if row.predicate in TOUCHING:
            self.layout.prop(row, "adjacent")
        if row.predicate in DISTANT and not row.adjacent:
            self.layout.prop(row, "distance")


_SUGGESTED = {
    "USER": "Suggested",
    "PREFERENCE": "Suggested: the preference asks for it",
    "HABIT": "Suggested: usual with such furniture",
}


def _box(row: MetaSpatialRelation) -> str:
    return "CHECKBOX_HLT" if row.enabled else "CHECKBOX_DEHLT"


def state(context: bpy.types.Context) -> MetaSpatialRelationState:
    return context.window_manager.metaspatial_relations  # type: ignore[attr-defined]


def add(
    scene: bpy.types.Scene,
    subject: bpy.types.Object,
    predicate: str,
    place: str,
    anchor: bpy.types.Object | None,
    *,
    adjacent: bool = False,
    distance: float = 0.0,
) -> MetaSpatialRelation:
    """A new last row, the active one."""
    own = kept(scene)
    row = own.rows.add()
    row.subject, row.predicate, row.place, row.anchor = subject, predicate, place, anchor
    row.adjacent, row.distance = adjacent, distance
    own.active = len(own.rows) - 1
    return row


def key(row: MetaSpatialRelation) -> tuple[Any, ...]:
    """What two rows share that say the same."""
    anchor = row.place or (None if row.anchor is None else row.anchor.session_uid)
    return (None if row.subject is None else row.subject.session_uid), row.predicate, anchor


def key_of(seen: "Capture", relation: Any) -> tuple[Any, ...]:
    """The key of the row that would say this relation."""
    subject, place, anchor = in_file(seen, relation)
    uid = None if anchor is None else anchor.session_uid
    return (None if subject is None else subject.session_uid), relation.predicate.upper(), place or uid


def in_file(seen: "Capture", relation: Any) -> tuple[bpy.types.Object | None, str, bpy.types.Object | None]:
    """A captured relation's subject, place and anchor in the file."""
    anchor = seen.objects.get(relation.anchor) or seen.openings.get(relation.anchor)
    return (
        seen.objects[relation.subject].get(),
        "" if anchor is not None else relation.anchor,
        None if anchor is None else anchor.get(),
    )


GROUPS = (
    MetaSpatialRelation, MetaSpatialRelations, MetaSpatialRelationNote, MetaSpatialPlace, MetaSpatialRelationState,
)  # fmt: skip
CLASSES = (METASPATIAL_UL_relations, METASPATIAL_PT_relations)
KEPT = (
    (bpy.types.Scene, "metaspatial_relations", MetaSpatialRelations),
    (bpy.types.WindowManager, "metaspatial_relations", MetaSpatialRelationState),
)


def register() -> None:
    """What is kept where, and by whom it is put aside."""
    for group in GROUPS:
        bpy.utils.register_class(group)
    for owner, name, group in KEPT:
        setattr(owner, name, PointerProperty(type=group))
    session.listeners.append(show)


def unregister() -> None:
    session.listeners.remove(show)
    for owner, name, _ in KEPT:
        delattr(owner, name)
    for group in reversed(GROUPS):
        bpy.utils.unregister_class(group)
