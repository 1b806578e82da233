# SPDX-License-Identifier: GPL-3.0-or-later
"""The reasoning that goes with any layout, such as the solver's: a clause a piece as in `think`, and nothing untrue.

The words are those of a relation that the layout meets; a wall is named where the piece has its back to it; the numbers
are those of the answer.
"""

from __future__ import annotations

from ...dialogue.wording import number
from ...rewards.places import mounts_in
from ...rewards.relations import TOLERANCES, satisfaction
from ...scene import Furniture, Layout, Pose, Relation, Scene, category_of
from ...scene.anchors import anchor_kind
from ...scene.geometry import Wall, angle_between, walls
from .teacher import Lesson
from .think import span, taken

_DECIMALS = 3
_SQUARE = 0.05
_BESIDE = ("near", "against", "aligned_with")
_SAID = ("left_of", "right_of", "in_front_of", "behind", "on", "under", "above", "facing", "far_from", "centered_on")
_LEVELS = {"floor": 0, "on": 2, "wall": 3, "ceiling": 4}


def lesson_from(scene: Scene, layout: Layout) -> Lesson:
    """A layout as a lesson: rounded as answers are, its pieces in order, hosts before what stands on them."""
    rounded = {piece.id: piece.pose for piece in scene.fixed if piece.pose is not None}
    for piece in _ordered(scene):
        pose = layout.get(piece.id)
        if pose is not None and not piece.fixed:
            rounded[piece.id] = _rounded(pose)
    lines = Layout(rounded)
    unmet = tuple(r for r in scene.relations if satisfaction(scene, lines, r).grade < 1.0)
    return Lesson(scene, lines, account(scene, lines), unmet=unmet)


def account(scene: Scene, layout: Layout) -> str:
    """The clauses of the layout's movable pieces, one a line, in the layout's order."""
    mounts = mounts_in(scene)
    lines = []
    for id, pose in layout.poses.items():
        piece = scene.piece(id)
        if piece.fixed:
            continue
        words, wall = _reason(scene, layout, piece), _wall_behind(scene, piece, pose)
        head = [id, *([words] if words else [])]
        head.append(f"at {wall.name}" if wall else f"rotation {number(pose.rotation)}")
        lines.append(", ".join([" ".join(head), *_where(piece, pose, mounts[id], wall)]))
    return "\n".join(lines)


def _rounded(pose: Pose) -> Pose:
    x, y, z, rotation = (round(value, _DECIMALS) for value in (pose.x, pose.y, pose.z, pose.rotation))
    return Pose(x, y, z, rotation % 360.0)


def _ordered(scene: Scene) -> list[Furniture]:
    """What stands on the floor first, larger kinds before smaller ones; what stands on it after it; what hangs last."""
    mounts = mounts_in(scene)

    def key(piece: Furniture) -> tuple[float, float]:
        category = category_of(piece.category)
        level = 1 if category.walkable else _LEVELS[mounts[piece.id]]
        return level, -category.size[0] * category.size[1]

    return sorted(scene.movable, key=key)


def _reason(scene: Scene, layout: Layout, piece: Furniture) -> str:
    """The words of the first relation that says where the piece is and that the layout meets."""
    own = [relation for relation in scene.relations if relation.subject == piece.id]
    for relation in sorted(own, key=lambda relation: relation.predicate in ("facing", "far_from", "aligned_with")):
        words = _words(scene, relation)
        if words and satisfaction(scene, layout, relation).grade >= 1.0:
            return words
    return ""


def _words(scene: Scene, relation: Relation) -> str:
    predicate, anchor = relation.predicate, relation.anchor
    kind = anchor_kind(scene, anchor)
    if predicate == "in_corner" or (kind == "corner" and predicate != "far_from"):
        return "in a corner"
    if kind in ("wall", "ceiling", "floor", None):
        return ""  # the clause names the wall, and what hangs from a ceiling can't be elsewhere
    said = predicate.replace("_", " ")
    if kind == "middle":
        return {"far_from": "far from the middle", "facing": "facing the middle"}.get(predicate, "in the middle")
    if kind == "object":
        return f"beside {anchor}" if predicate in _BESIDE else f"{said} {anchor}" if predicate in _SAID else ""
    opening = next((o.kind for o in scene.room.openings if o.id == anchor), anchor)
    if opening not in ("door", "window"):
        return ""
    return f"{said} a {opening}" if predicate in ("under", "far_from", "facing") else f"at a {opening}"


def _wall_behind(scene: Scene, piece: Furniture, pose: Pose) -> Wall | None:
    """The wall, square to the axes, that the piece has its back to."""
    for wall in walls(scene.room):
        if abs(wall.inward[0] * wall.inward[1]) > 1e-6 or angle_between(pose.rotation, wall.facing) > _SQUARE:
            continue
        dx, dy = pose.x - wall.start[0], pose.y - wall.start[1]
        away = dx * wall.inward[0] + dy * wall.inward[1] - piece.size[1] / 2
        along = dx * wall.along[0] + dy * wall.along[1]
        if away <= TOLERANCES.against and 0.0 <= along <= wall.length:
            return wall
    return None


def _where(piece: Furniture, pose: Pose, mount: str, wall: Wall | None) -> list[str]:
    turn = pose.rotation % 90.0
    square = min(turn, 90.0 - turn) <= _SQUARE
    if mount in ("wall", "on") or not square:
        where = [f"{axis} {number(value)}" for axis, value in (("x", pose.x), ("y", pose.y))]
        if mount == "wall":
            return [*where, f"z {number(pose.z)}"]
        return [*where, f"top {number(pose.z - piece.size[2] / 2)}"] if mount == "on" else where
    half = piece.size[0] / 2, piece.size[1] / 2
    if round(pose.rotation / 90.0) % 2:
        half = half[1], half[0]
    spans = [(middle - side, middle + side) for middle, side in zip((pose.x, pose.y), half, strict=True)]
    return [taken(spans), *(span(axis, *own, wall) for axis, own in zip("xy", spans, strict=True))]
