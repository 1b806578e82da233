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
    KINDS,
    ORIGINS,
    PREDICATES,
    TOUCHING,
    anchor_words,
    kind_of,
    place_words,
    predicate_words,
    relation_words,
    subject_words,
)
from .words import counted, told

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
    state = _state(context)
    state.notes.clear()
    state.places.clear()
    if seen is None:
        return
    from ...backend.scene.preference import preferred_relations
    from ..capture.relations import asked_of

    wished = {_key_of(seen, relation) for relation in preferred_relations(seen.scene)}
    for row in kept(context.scene).rows:
        note = state.notes.add()
        if row.enabled and not row.suggested:
            reason = seen.left_out.get(asked_of(row))
            if reason is not None:
                note.text = told(reason.sentence, **reason.values)
        elif not row.suggested and _key(row) in wished:
            note.text = told("The preference asks for it all the same.")
    _show_places(state, seen)


def _show_places(state: MetaSpatialRelationState, seen: "Capture") -> None:
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
        place = state.places.add()
        place.name = name
        place.label = f"{place_words(name)} ({details[name]})" if name in details else place_words(name)
    for opening in room.openings:
        if kinds.count(opening.kind) > 1:
            reference = seen.openings[opening.id]
            place = state.places.add()
            place.name, place.label = opening.kind, reference.name
            place.object, place.library = reference.name, reference.library


def keep(scene: bpy.types.Scene, described: "Scene", objects: dict[str, bpy.types.Object]) -> None:
    """Ask of these objects what `described` asks of its pieces and openings by the same ids."""
    for relation in described.relations:
        subject, anchor = objects.get(relation.subject), objects.get(relation.anchor)
        if subject is not None:
            _add(scene, subject, relation.predicate.upper(), "" if anchor else relation.anchor, anchor,
                 adjacent=relation.adjacent, distance=relation.distance or 0.0)  # fmt: skip


# The list


class METASPATIAL_UL_relations(bpy.types.UIList):
    """One relation a row: asked or not, or suggested, and what it says."""

    def draw_item(
        self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0
    ):  # fmt: skip
        notes = _state(context).notes
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
        notes, index = _state(context).notes, kept(context.scene).active
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


# Changing it


class METASPATIAL_OT_add_relation(bpy.types.Operator):
    """Ask that the other selected pieces stand so to the active one. With one piece selected, ask it of a wall"""

    bl_idname = "metaspatial.add_relation"
    bl_label = "Add Relation"
    bl_options = {"REGISTER", "UNDO"}

    predicate: EnumProperty(
        name="Relation",
        description="How they are to stand",
        items=(("AUTO", "usual", "Near the active piece; a single piece against a wall"), *PREDICATES),
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _ready(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not session.state(context).pieces:
            session.look(context)
        subjects, anchor = _meant(context)
        if not subjects:
            self.report({"WARNING"}, told("There is no piece that a relation could be about."))
            return {"CANCELLED"}
        predicate = self.predicate
        if predicate == "AUTO":
            predicate = "NEAR" if anchor is not None else "AGAINST"
        place = ""
        if anchor is None or "piece" not in KINDS[predicate]:
            place, anchor = _usual_anchor(context, predicate, subjects[0])
        for subject in subjects:
            _add(context.scene, subject, predicate, place, anchor)
        session.look_again_soon()
        return {"FINISHED"}


class METASPATIAL_OT_remove_relation(bpy.types.Operator):
    """Take this relation out of the list"""

    bl_idname = "metaspatial.remove_relation"
    bl_label = "Remove Relation"
    bl_options = {"REGISTER", "UNDO"}

    index: IntProperty(name="Number", description="-1: the active one", default=-1, min=-1, options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _ready(cls, context) and _any(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        own = kept(context.scene)
        index = own.active if self.index < 0 else self.index
        if not 0 <= index < len(own.rows):
            return {"CANCELLED"}
        own.rows.remove(index)
        notes = _state(context).notes
        if index < len(notes):
            notes.remove(index)
        if own.active > index or own.active == len(own.rows):
            own.active = max(own.active - 1, 0)
        session.look_again_soon()
        return {"FINISHED"}


class METASPATIAL_OT_suggest_relations(bpy.types.Operator):
    """Suggest relations from the words of the preference and from what is usual with this furniture"""

    bl_idname = "metaspatial.suggest_relations"
    bl_label = "Suggest Relations"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _ready(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ...backend.policies.suggest import suggested_relations

        seen = session.look(context)
        if seen is None:
            self.report({"WARNING"}, session.state(context).problem)
            return {"CANCELLED"}
        _drop_suggested(context.scene)
        known = {_key(row) for row in kept(context.scene).rows}
        count = 0
        for suggestion in suggested_relations(seen.scene):
            relation = suggestion.relation
            subject, place, anchor = _in_file(seen, relation)
            if subject is None or _key_of(seen, relation) in known:
                continue
            row = _add(context.scene, subject, relation.predicate.upper(), place, anchor,
                       adjacent=relation.adjacent, distance=relation.distance or 0.0)  # fmt: skip
            row.suggested, row.origin = True, suggestion.source.upper()
            count += 1
        session.look_again_soon()
        message = counted(count, "{count} relation suggested", "{count} relations suggested")
        self.report({"INFO"}, message if count else told("Nothing to suggest"))
        return {"FINISHED"}


class METASPATIAL_OT_accept_relation(bpy.types.Operator):
    """Ask for this suggested relation from now on"""

    bl_idname = "metaspatial.accept_relation"
    bl_label = "Accept Suggested Relations"
    bl_options = {"REGISTER", "UNDO"}

    index: IntProperty(name="Number", description="-1: all of them", default=-1, min=-1, options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _ready(cls, context) and _any(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        rows = kept(context.scene).rows
        if self.index >= len(rows):
            return {"CANCELLED"}
        for row in rows if self.index < 0 else [rows[self.index]]:
            if row.suggested:
                row.suggested, row.enabled = False, True
        session.look_again_soon()
        return {"FINISHED"}


class METASPATIAL_OT_drop_suggestions(bpy.types.Operator):
    """Take out all suggestions that were not accepted"""

    bl_idname = "metaspatial.drop_suggestions"
    bl_label = "Remove Suggested Relations"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _ready(cls, context) and _any(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        _drop_suggested(context.scene)
        session.look_again_soon()
        return {"FINISHED"}


class METASPATIAL_OT_select_relation(bpy.types.Operator):
    """Select the pieces that the active relation is about"""

    bl_idname = "metaspatial.select_relation"
    bl_label = "Select Related Pieces"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.mode == "OBJECT" and _any(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        row = _active(context)
        objects = [] if row is None else [obj for obj in (row.anchor, row.subject) if obj is not None]
        objects = [obj for obj in objects if obj.name in context.view_layer.objects]
        if not session.select_objects(context, objects):
            self.report({"WARNING"}, told("Those pieces are gone or hidden."))
            return {"CANCELLED"}
        return {"FINISHED"}


# Changing one


_subjects: list[tuple[str, str, str]] = []
_predicates: list[tuple[str, str, str]] = []
_anchors: list[tuple[str, str, str]] = []
"""The last menus' entries. Kept here, because Blender does not keep the strings itself."""


def _subject_items(operator: object, context: bpy.types.Context | None) -> list[tuple[str, str, str]]:
    if context is not None:
        rows = [row for row in session.state(context).pieces if not row.fixed]
        _subjects[:] = [_entry(obj) for row in rows if (obj := session.object_of(row)) is not None]
    return _subjects


def _predicate_items(operator: object, context: bpy.types.Context | None) -> list[tuple[str, str, str]]:
    """Those that something in the room goes with."""
    if context is not None:
        kinds = {kind_of(place.name) for place in _state(context).places}
        kinds |= {"piece"} if len(session.state(context).pieces) > 1 else set()
        _predicates[:] = [entry for entry in PREDICATES if kinds & set(KINDS[entry[0]])]
    return _predicates


def _anchor_items(operator: object, context: bpy.types.Context | None) -> list[tuple[str, str, str]]:
    """Places first, then pieces; only what goes with the active relation's predicate."""
    row = None if context is None else _active(context)
    if context is not None and row is not None:
        kinds = KINDS[row.predicate]
        _anchors[:] = [
            _entry(obj) if (obj := _object(place)) is not None else (place.name, place.label, "")
            for place in _state(context).places
            if kind_of(place.name) in kinds
        ]
        if "piece" in kinds:
            _anchors.extend(_entry(obj) for obj in _possible_anchors(context, row.predicate) if obj != row.subject)
    return _anchors


class METASPATIAL_OT_relation_subject(bpy.types.Operator):
    """Choose the piece that the active relation is about"""

    bl_idname = "metaspatial.relation_subject"
    bl_label = "Relation's Piece"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}
    bl_property = "choice"

    choice: EnumProperty(name="Piece", items=_subject_items)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _ready(cls, context) and _any(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        row, subject = _active(context), _chosen(self.choice)
        if row is None or subject is None:
            return {"CANCELLED"}
        row.subject = subject
        if row.anchor == subject:
            row.place, row.anchor = _usual_anchor(context, row.predicate, subject)
        row.suggested = False
        session.look_again_soon()
        return {"FINISHED"}


class METASPATIAL_OT_relation_predicate(bpy.types.Operator):
    """Choose how the active relation's piece is to stand"""

    bl_idname = "metaspatial.relation_predicate"
    bl_label = "Relation's Kind"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}
    bl_property = "choice"

    choice: EnumProperty(name="Relation", items=_predicate_items)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _ready(cls, context) and _any(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        row = _active(context)
        if row is None:
            return {"CANCELLED"}
        row.predicate = self.choice
        kind = kind_of(row.place) if row.place else "piece"
        if kind not in KINDS[self.choice]:
            row.place, row.anchor = _usual_anchor(context, self.choice, row.subject)
        row.adjacent = row.adjacent and self.choice in TOUCHING
        row.suggested = False
        session.look_again_soon()
        return {"FINISHED"}


class METASPATIAL_OT_relation_anchor(bpy.types.Operator):
    """Choose the piece or place that the active relation refers to"""

    bl_idname = "metaspatial.relation_anchor"
    bl_label = "Relation's Other Side"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}
    bl_property = "choice"

    choice: EnumProperty(name="Piece or place", items=_anchor_items)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _ready(cls, context) and _any(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        row = _active(context)
        if row is None or not self.choice:
            return {"CANCELLED"}
        obj = _chosen(self.choice)
        row.place, row.anchor = ("", obj) if obj is not None else (self.choice, None)
        row.suggested = False
        session.look_again_soon()
        return {"FINISHED"}


def _state(context: bpy.types.Context) -> MetaSpatialRelationState:
    return context.window_manager.metaspatial_relations  # type: ignore[attr-defined]


def _ready(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    if context.scene is None or context.mode != "OBJECT":
        cls.poll_message_set(told("Relations are changed in Object Mode"))
        return False
    if session.busy():
        cls.poll_message_set(told("An arrangement is on its way"))
        return False
    return True


def _any(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    if not kept(context.scene).rows:
        cls.poll_message_set(told("There is no relation yet"))
        return False
    return True


def _active(context: bpy.types.Context) -> MetaSpatialRelation | None:
    own = kept(context.scene)
    return own.rows[own.active] if 0 <= own.active < len(own.rows) else None


def _add(
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


def _drop_suggested(scene: bpy.types.Scene) -> None:
    own = kept(scene)
    for index in reversed(range(len(own.rows))):
        if own.rows[index].suggested:
            own.rows.remove(index)
    own.active = min(own.active, max(len(own.rows) - 1, 0))


def _meant(context: bpy.types.Context) -> tuple[list[bpy.types.Object], bpy.types.Object | None]:
    """The pieces to say something of, and the piece to say it in relation to: by selection, else the list's row."""
    shown = session.state(context)
    pieces = {obj: row.fixed for row in shown.pieces if (obj := session.object_of(row)) is not None}
    active = context.view_layer.objects.active
    selected = [obj for obj in pieces if obj.select_get()]
    if len(selected) > 1 and active in selected:
        return [obj for obj in selected if obj != active], active
    if selected:
        return selected, None
    listed = session.object_of(shown.pieces[shown.piece]) if 0 <= shown.piece < len(shown.pieces) else None
    movable = [obj for obj, fixed in pieces.items() if not fixed]
    return [listed] if listed in movable else movable[:1], None


def _usual_anchor(
    context: bpy.types.Context, predicate: str, subject: bpy.types.Object | None
) -> tuple[str, bpy.types.Object | None]:
    """A place or else a piece that goes with the predicate; ("", None) where the room has neither."""
    places = [place.name for place in _state(context).places if not place.object]
    for kind in KINDS[predicate]:
        if kind != "piece":
            found = next((place for place in places if kind_of(place) == kind), "")
            if found:
                return found, None
    others = (obj for obj in _possible_anchors(context, predicate) if obj != subject)
    return "", next(others, None)


def _possible_anchors(context: bpy.types.Context, predicate: str) -> list[bpy.types.Object]:
    """The pieces a relation may refer to; to stand on, those that things are put on."""
    from ...backend.scene import category_of  # not above: numpy comes with it

    rows = list(session.state(context).pieces)
    if predicate == "ON":
        known = [(row, category_of(row.category)) for row in rows]
        rows = [row for row, kind in known if kind.surface or kind.walkable or kind.name == "unknown"]
    return [obj for row in rows if (obj := session.object_of(row)) is not None]


def _entry(obj: bpy.types.Object) -> tuple[str, str, str]:
    return f"object {obj.session_uid}", obj.name, ""


def _chosen(choice: str) -> bpy.types.Object | None:
    """The object behind a menu's entry, None for a place."""
    kind, _, uid = choice.partition(" ")
    if kind != "object" or not uid.isdecimal():
        return None
    return next((obj for obj in bpy.data.objects if obj.session_uid == int(uid)), None)


def _object(place: MetaSpatialPlace) -> bpy.types.Object | None:
    return bpy.data.objects.get((place.object, place.library or None)) if place.object else None


def _key(row: MetaSpatialRelation) -> tuple[Any, ...]:
    """What two rows share that say the same."""
    anchor = row.place or (None if row.anchor is None else row.anchor.session_uid)
    return (None if row.subject is None else row.subject.session_uid), row.predicate, anchor


def _key_of(seen: "Capture", relation: Any) -> tuple[Any, ...]:
    """The key of the row that would say this relation."""
    subject, place, anchor = _in_file(seen, relation)
    uid = None if anchor is None else anchor.session_uid
    return (None if subject is None else subject.session_uid), relation.predicate.upper(), place or uid


def _in_file(seen: "Capture", relation: Any) -> tuple[bpy.types.Object | None, str, bpy.types.Object | None]:
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
CLASSES = (
    METASPATIAL_UL_relations, METASPATIAL_PT_relations, METASPATIAL_OT_add_relation, METASPATIAL_OT_remove_relation,
    METASPATIAL_OT_suggest_relations, METASPATIAL_OT_accept_relation, METASPATIAL_OT_drop_suggestions,
    METASPATIAL_OT_select_relation, METASPATIAL_OT_relation_subject, METASPATIAL_OT_relation_predicate,
    METASPATIAL_OT_relation_anchor,
)  # fmt: skip
KEPT = (
    (bpy.types.Scene, "metaspatial_relations", MetaSpatialRelations),
    (bpy.types.WindowManager, "metaspatial_relations", MetaSpatialRelationState),
)


def register() -> None:
    """What is kept where. `CLASSES` are registered with all others."""
    for group in GROUPS:
        bpy.utils.register_class(group)
    for owner, name, group in KEPT:
        setattr(owner, name, PointerProperty(type=group))
    session.on_look.append(show)


def unregister() -> None:
    session.on_look.remove(show)
    for owner, name, _ in KEPT:
        delattr(owner, name)
    for group in reversed(GROUPS):
        bpy.utils.unregister_class(group)
