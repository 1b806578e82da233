# SPDX-License-Identifier: GPL-3.0-or-later
"""A physics report as issues in words: which pieces, what, by how many metres, and where to."""

from __future__ import annotations

from ..scene import Furniture, Layout, Pose, Room, Scene
from ..scene.geometry import footprint, signed_distance, walls
from .physics import PhysicsReport
from .places import mounts_in, places_in
from .score import Issue


def physics_issues(scene: Scene, layout: Layout, report: PhysicsReport) -> tuple[Issue, ...]:
    """One issue per fault: what is missing first, then the largest faults."""
    mounts, places = mounts_in(scene), places_in(scene)
    issues = []
    for fault in report.penetrations:
        message = f"{fault.a} is {fault.depth:.2f} m inside {fault.b}"
        issues.append(Issue("physics", "overlap", (fault.a, fault.b), fault.depth, message))
    for id, amount in report.outside.items():
        if id in report.sunk and report.sunk[id] >= amount:
            continue  # below the floor: said once, as sunk
        pose = places.pose(layout, id)
        way = "out of the room" if pose is None else _way_out(scene.room, places.pieces[id], pose, amount)
        issues.append(Issue("physics", "outside", (id,), amount, f"{id} reaches {amount:.2f} m {way}"))
    for id, amount in report.floating.items():
        message = {
            "wall": f"{id} hangs {amount:.2f} m away from the nearest wall; its back belongs on it",
            "ceiling": f"{id} hangs {amount:.2f} m below the ceiling",
            "on": f"{id} is {amount:.2f} m off the top of what could carry it",
        }.get(mounts[id], f"{id} floats {amount:.2f} m above what could carry it")
        issues.append(Issue("physics", "floating", (id,), amount, message))
    for id, amount in report.sunk.items():
        issues.append(Issue("physics", "sunk", (id,), amount, f"{id} is sunk {amount:.2f} m into the floor"))
    for fault in report.blocked:
        message = f"{fault.opening} is blocked by {fault.depth:.2f} m of {fault.piece}"
        issues.append(Issue("physics", "blocked", (fault.piece,), fault.depth, message))
    missing = [Issue("physics", "unplaced", (id,), 0.0, f"{id} is not placed") for id in report.unplaced]
    return (*missing, *sorted(issues, key=lambda issue: -issue.amount))


def _way_out(room: Room, piece: Furniture, pose: Pose, amount: float) -> str:
    """In which direction a piece leaves the room."""
    above = pose.z + piece.size[2] / 2 - room.height
    if above >= amount - 1e-6:
        return "through the ceiling"
    corners = footprint(piece.size, pose)
    inside = signed_distance(room.floor, corners)
    x, y = corners[inside.argmin()] if inside.min() < 0 else (pose.x, pose.y)

    def off(wall) -> float:
        along = (x - wall.start[0]) * wall.along[0] + (y - wall.start[1]) * wall.along[1]
        px, py = wall.point(min(max(along, 0.0), wall.length))
        return (x - px) ** 2 + (y - py) ** 2

    return f"out through the {min(walls(room), key=off).name.replace('_', ' ')}"
