# SPDX-License-Identifier: GPL-3.0-or-later
"""What one does with relations: add, take out, suggest, accept, and change what they say.

No postponed annotations here: Blender reads them as they are.
"""

import bpy
from bpy.props import EnumProperty, IntProperty

from . import relations, session
from .relation_words import KINDS, PREDICATES, TOUCHING, kind_of
from .words import counted, told


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
            relations.add(context.scene, subject, predicate, place, anchor)
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
        own = relations.kept(context.scene)
        index = own.active if self.index < 0 else self.index
        if not 0 <= index < len(own.rows):
            return {"CANCELLED"}
        own.rows.remove(index)
        notes = relations.state(context).notes
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
        known = {relations.key(row) for row in relations.kept(context.scene).rows}
        count = 0
        for suggestion in suggested_relations(seen.scene):
            relation = suggestion.relation
            subject, place, anchor = relations.in_file(seen, relation)
            if subject is None or relations.key_of(seen, relation) in known:
                continue
            row = relations.add(context.scene, subject, relation.predicate.upper(), place, anchor,
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
        rows = relations.kept(context.scene).rows
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
        kinds = {kind_of(place.name) for place in relations.state(context).places}
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
            for place in relations.state(context).places
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


def _ready(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    if context.scene is None or context.mode != "OBJECT":
        cls.poll_message_set(told("Relations are changed in Object Mode"))
        return False
    if session.busy():
        cls.poll_message_set(told("An arrangement is on its way"))
        return False
    return True


def _any(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    if not relations.kept(context.scene).rows:
        cls.poll_message_set(told("There is no relation yet"))
        return False
    return True


def _active(context: bpy.types.Context) -> relations.MetaSpatialRelation | None:
    own = relations.kept(context.scene)
    return own.rows[own.active] if 0 <= own.active < len(own.rows) else None


def _drop_suggested(scene: bpy.types.Scene) -> None:
    own = relations.kept(scene)
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
    places = [place.name for place in relations.state(context).places if not place.object]
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


def _object(place: relations.MetaSpatialPlace) -> bpy.types.Object | None:
    return bpy.data.objects.get((place.object, place.library or None)) if place.object else None


CLASSES = (
    METASPATIAL_OT_add_relation, METASPATIAL_OT_remove_relation,
    METASPATIAL_OT_suggest_relations, METASPATIAL_OT_accept_relation, METASPATIAL_OT_drop_suggestions,
    METASPATIAL_OT_select_relation, METASPATIAL_OT_relation_subject, METASPATIAL_OT_relation_predicate,
    METASPATIAL_OT_relation_anchor,
)  # fmt: skip
