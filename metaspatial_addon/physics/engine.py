# SPDX-License-Identifier: GPL-3.0-or-later
"""The BVH engine: physics of layouts on the pieces' real meshes.

Oriented boxes find in one sweep what can possibly be wrong; whatever they find is then measured on the meshes, and only
that. Meshes that consist of boxes are their boxes and need no second look. Open meshes, planes, n-gons already cut into
triangles and normals that point the wrong way are all measured; where a mesh encloses nothing, only what it crosses or
lies in counts. A cavity closed on all sides counts as filled. Where there is no mesh, the boxes stand.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from ...backend.rewards.boxes import BoxBatch, BoxScene
from ...backend.rewards.physics import TOLERANCE, PhysicsReport
from ...backend.rewards.places import mounts_in
from ...backend.scene import Furniture, Layout, Part, Pose, Scene
from ...backend.scene.geometry import opening_zone, reflex_vertices, signed_distance
from .contact import depth, in_frame, in_room
from .mesh import Mesh
from .solid import Solid, box_solid, solid_of

Array = NDArray[np.float64]

_LOOKED_AT = 200
_PROBE = 0.02
_ACROSS = ((0.0, 0.0), (0.5, 0.5), (-0.5, 0.5), (-0.5, -0.5), (0.5, -0.5))
_DOWN, _UPWARDS = Vector((0.0, 0.0, -1.0)), Vector((0.0, 0.0, 1.0))


class BvhEngine:
    """Measures layouts on the meshes that `mesh_of` gives for pieces of furniture.

    `mesh_of` is asked once per piece and scene; it may raise KeyError or give an empty mesh for a piece that has none.
    Trees are built once per mesh object, however many pieces share it and however often they move. What was measured
    last of every piece and pair is kept until one of the two moves: after one move, only its own pairs are looked at.
    """

    def __init__(self, mesh_of: Callable[[Furniture], Mesh]) -> None:
        self._mesh_of = mesh_of
        self._solids: dict[int, tuple[Mesh, Solid]] = {}
        self._scenes: dict[int, _MeshScene] = {}

    def measure(self, scene: Scene, layout: Layout) -> PhysicsReport:
        """The faults of one layout."""
        known = self._scenes.get(id(scene))
        if known is None or known.scene is not scene:
            if len(self._scenes) >= 8:
                self._scenes.pop(next(iter(self._scenes)))
            known = self._scenes[id(scene)] = _MeshScene.of(scene, [self._solid(piece) for piece in scene.furniture])
        return known.measure(layout)

    def prepare(self, piece: Furniture) -> None:
        """Build the piece's tree now, if it is not there yet, and not when first it is measured. From any thread."""
        self._solid(piece)

    def forget(self) -> None:
        """Forget what was measured, not the trees."""
        for scene in self._scenes.values():
            scene.kept.clear()

    def _solid(self, piece: Furniture) -> Solid | None:
        try:
            mesh = self._mesh_of(piece)
        except KeyError:
            return None
        kept = self._solids.get(id(mesh))
        if kept is None or kept[0] is not mesh:
            if len(self._solids) >= 1024:
                self._solids.pop(next(iter(self._solids)))
            kept = self._solids[id(mesh)] = mesh, solid_of(mesh)
        return kept[1] if kept[1].tree is not None else None


@dataclass(frozen=True, slots=True, eq=False)
class _MeshScene:
    """A scene with its solids. `meshed` marks the pieces whose boxes are only a first guess.

    `kept` has what was measured last, by what it is of: the poses and the first guess it depends on, and the outcome.
    """

    scene: Scene
    boxes: BoxScene
    solids: Sequence[Solid | None]
    meshed: NDArray[np.bool_]
    zones: Sequence[tuple[Solid, Pose]]
    resting: Sequence[int]
    concave: bool
    kept: dict[Hashable, tuple[Hashable, float]] = field(default_factory=dict)

    @staticmethod
    def of(scene: Scene, solids: Sequence[Solid | None]) -> _MeshScene:
        shaped = []
        for piece, solid in zip(scene.furniture, solids, strict=True):
            whole = Part((0.0, 0.0, 0.0), piece.size)
            shaped.append(piece if solid is None else replace(piece, parts=solid.boxes or (whole,)))
        meshed = np.array([solid is not None and not solid.boxes for solid in solids], bool)
        zones = []
        for opening in scene.room.openings:
            size, pose = opening_zone(scene.room, opening)
            zones.append((box_solid(size), pose))
        mounts = mounts_in(scene)
        resting = [i for i, p in enumerate(scene.furniture) if mounts[p.id] == "on" and not p.fixed]
        concave = len(reflex_vertices(scene.room.floor)) > 0
        boxes = BoxScene(replace(scene, furniture=tuple(shaped)))
        return _MeshScene(scene, boxes, solids, meshed, zones, resting if meshed.any() else (), concave)

    def measure(self, layout: Layout) -> PhysicsReport:
        rows = self.boxes.poses((layout,))
        batch = self.boxes.measure(rows)
        if self.meshed.any():
            poses = [Pose(*row) for row in rows[0].tolist()]
            self._look_at_pairs(batch, poses)
            self._look_at_openings(batch, poses)
            self._look_outside(batch, poses)
            self._look_below(batch, poses)
        return batch.report(0)

    def _look_at_pairs(self, batch: BoxBatch, poses: Sequence[Pose]) -> None:
        found = batch.depth[0]
        for m in np.flatnonzero((found > 0.0) & self.meshed[batch.pairs].any(-1)).tolist():
            i, k = batch.pairs[m].tolist()
            found[m] = self._depth(("pair", i, k), self._solid(i), poses[i], self._solid(k), poses[k], found[m])

    def _look_at_openings(self, batch: BoxBatch, poses: Sequence[Pose]) -> None:
        found = batch.blocked[0]
        for i, k in np.argwhere((found > 0.0) & self.meshed[:, None]).tolist():
            zone, pose = self.zones[k]
            found[i, k] = self._depth(("zone", k, i), zone, pose, self._solid(i), poses[i], found[i, k])

    def _depth(self, of: Hashable, a: Solid, pose_a: Pose, b: Solid, pose_b: Pose, limit: float) -> float:
        """`contact.depth`, unless neither has moved since it was last measured."""
        state, known = (pose_a, pose_b, float(limit)), self.kept.get(of)
        if known is None or known[0] != state:
            known = self.kept[of] = state, _counted(depth(a, pose_a, b, pose_b, limit))
        return known[1]

    def _look_outside(self, batch: BoxBatch, poses: Sequence[Pose]) -> None:
        room = self.scene.room
        pieces = np.flatnonzero((batch.outside[0] > 0.0) & self.meshed).tolist()
        if not pieces:
            return
        rims = []
        for i in pieces:
            rim = self._solid(i).rim
            rims.append(in_room(poses[i], np.column_stack([rim, np.zeros(len(rim))]))[:, :2])
        starts = np.cumsum([0, *map(len, rims[:-1])])
        reaches = -np.minimum.reduceat(signed_distance(room.floor, np.concatenate(rims)), starts)
        for i, beyond_walls in zip(pieces, reaches.tolist(), strict=True):
            solid, pose = self._solid(i), poses[i]
            reach = max(0.0, beyond_walls)
            if self.concave:  # in a convex room the rim tells all
                reach = max(reach, self._wall_inside(solid, pose))
            reach = max(reach, -(pose.z + solid.low[2]), pose.z + solid.high[2] - room.height)
            batch.outside[0, i] = _counted(reach)
            batch.outside_share[0, i] = self._share_outside(batch, i, pose) if reach > TOLERANCE else 0.0

    def _share_outside(self, batch: BoxBatch, index: int, pose: Pose) -> float:
        """The share of points inside the mesh that are outside the room; at most its box's share."""
        room, points = self.scene.room, self._solid(index).points
        points = in_room(pose, points[:: max(1, len(points) // _LOOKED_AT)])
        beyond = signed_distance(room.floor, points[:, :2]) < 0.0
        beyond |= (points[:, 2] < 0.0) | (points[:, 2] > room.height)
        return min(float(beyond.mean()), float(batch.outside_share[0, index]))

    def _wall_inside(self, solid: Solid, pose: Pose) -> float:
        """How deep the room's walls reach into the mesh: points of the walls inside it, to its surface."""
        tree = solid.tree
        if tree is None:
            return 0.0
        floor = np.array(self.scene.room.floor)
        deepest = 0.0
        heights = np.linspace(solid.low[2], solid.high[2], 7)[1:-1]
        for start, end in zip(floor, np.roll(floor, -1, axis=0), strict=True):
            count = max(2, int(np.linalg.norm(end - start) / 0.04))
            line = start + np.linspace(0.0, 1.0, count)[:, None] * (end - start)
            local = in_frame(pose, np.column_stack([line, np.full(count, pose.z)]))[:, :2]
            local = local[((local > solid.low[:2]) & (local < solid.high[:2])).all(1)]
            for x, y in local.tolist():
                for z in heights.tolist():
                    point = Vector((x, y, z))
                    if solid.winding(point):
                        distance = tree.find_nearest(point)[3]
                        deepest = max(deepest, distance or 0.0)
        return deepest

    def _look_below(self, batch: BoxBatch, poses: Sequence[Pose]) -> None:
        """What carries the pieces that stand on others: rays down from their undersides onto the meshes."""
        reach = np.array([0.0 if solid is None else solid.reach for solid in self.solids])
        x, y = np.array([(pose.x, pose.y) for pose in poses]).T
        for i in self.resting:
            if not batch.placed[0, i]:
                continue
            piece, pose = self.scene.furniture[i], poses[i]
            bottom = pose.z - piece.size[2] / 2
            feet = np.array([(u * piece.size[0] / 2, v * piece.size[1] / 2, 0.0) for u, v in _ACROSS])
            feet[:, 2] = _PROBE - piece.size[2] / 2
            feet = in_room(pose, feet)
            gap = max(bottom, 0.0)
            for k in np.flatnonzero(np.hypot(x - x[i], y - y[i]) <= reach).tolist():
                other = self.solids[k]
                if k == i or other is None or other.tree is None or not batch.placed[0, k]:
                    continue
                local = in_frame(poses[k], feet)
                center = local[0]
                if not ((center[:2] >= other.low[:2]) & (center[:2] <= other.high[:2])).all():
                    continue
                for row in local.tolist():
                    point = Vector(row)
                    if inside := other.winding(point):  # as far below the top as others are above it
                        gap = min(gap, _PROBE + other.exit(point, inside, _UPWARDS, bottom))
                    elif (distance := other.tree.ray_cast(point, _DOWN)[3]) is not None:
                        gap = min(gap, abs(distance - _PROBE))
            batch.floating[0, i] = _counted(gap)

    def _solid(self, index: int) -> Solid:
        """The piece's solid; its box where it has no mesh."""
        return self.solids[index] or box_solid(self.scene.furniture[index].size)


def _counted(amount: float) -> float:
    return amount if amount > TOLERANCE else 0.0
