# SPDX-License-Identifier: GPL-3.0-or-later
"""Records for tests: a small room, a layout of it, grades as told."""

from metaspatial.backend.dialogue import format_answer
from metaspatial.backend.evaluate.record import Record
from metaspatial.backend.rewards.score import Issue, Score
from metaspatial.backend.scene import Layout, Pose, Relation, Scene
from metaspatial.backend.scene.model import Furniture, Opening, Room

ROOM = Room(
    ((0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0)),
    2.6,
    (Opening("door_1", "door", 0, 0.4, 0.9, 2.0, swing="in"), Opening("window_1", "window", 2, 1.0, 1.2, 1.2, 0.9)),
)
SCENE = Scene(
    ROOM,
    (
        Furniture("bed_1", "bed", (1.4, 2.0, 0.6)),
        Furniture("lamp_1", "table_lamp", (0.3, 0.3, 0.5), "on"),
        Furniture("table_1", "side_table", (0.5, 0.5, 0.6)),
        Furniture("shelf_1", "bookshelf", (0.9, 0.35, 1.8), fixed=True, pose=Pose(3.5, 0.2, 0.9, 180.0)),
    ),
    (Relation("lamp_1", "on", "table_1"),),
    "a calm room",
    "room",
)
LAYOUT = Layout(
    {
        "bed_1": Pose(2.0, 1.9, 0.3, 0.0),
        "lamp_1": Pose(3.0, 2.5, 0.85, 0.0),
        "table_1": Pose(3.0, 2.5, 0.3, 30.0),
        "shelf_1": Pose(3.5, 0.2, 0.9, 180.0),
    }
)


def record(policy="solver", scene_name="room", total=0.5, *, seed=0, scene=SCENE, layout=LAYOUT, **more):
    """One record with this total; its parts all equal it."""
    issues = (Issue("physics", "overlap", ("bed_1", "table_1"), 0.1, "bed_1 and table_1 overlap by 0.10 m"),)
    score = Score(total, total, total, total, None, issues if total < 1 else ())
    told = {
        "score": score,
        "metrics": {},
        "seconds": 0.25,
        "answer": format_answer(layout, "first the bed", scene=scene),
        **more,
    }
    return Record(policy, scene_name, scene, seed, layout, **told)
