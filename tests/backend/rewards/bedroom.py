# SPDX-License-Identifier: GPL-3.0-or-later
"""A bedroom of ten pieces and an honest layout of it with every relation met."""

from __future__ import annotations

from metaspatial.backend.scene import Furniture, Layout, Opening, Pose, Relation, Room, Scene

ROOM = Room(
    ((0, 0), (5, 0), (5, 4), (0, 4)),
    2.7,
    (Opening("door_1", "door", 0, 0.3, 0.9, 2.0, swing="in"), Opening("window_1", "window", 1, 1.0, 1.4, 1.2, 0.9)),
)
FURNITURE = (
    Furniture("bed_1", "bed", (1.6, 2.0, 0.5)),
    Furniture("nightstand_1", "nightstand", (0.45, 0.4, 0.5)),
    Furniture("nightstand_2", "nightstand", (0.45, 0.4, 0.5)),
    Furniture("lamp_1", "table_lamp", (0.2, 0.2, 0.4), "on"),
    Furniture("wardrobe_1", "wardrobe", (1.5, 0.6, 2.1)),
    Furniture("desk_1", "desk", (1.2, 0.6, 0.75)),
    Furniture("chair_1", "office_chair", (0.6, 0.6, 0.95)),
    Furniture("painting_1", "painting", (1.2, 0.04, 0.6), "wall"),
    Furniture("plant_1", "plant", (0.4, 0.4, 1.1)),
    Furniture("rug_1", "rug", (2.0, 1.4, 0.01)),
)
RELATIONS = (
    Relation("bed_1", "against", "north_wall"),
    Relation("nightstand_1", "left_of", "bed_1", adjacent=True),
    Relation("nightstand_2", "right_of", "bed_1", adjacent=True),
    Relation("lamp_1", "on", "nightstand_1"),
    Relation("wardrobe_1", "against", "west_wall"),
    Relation("desk_1", "near", "window_1"),
    Relation("chair_1", "facing", "desk_1"),
    Relation("painting_1", "above", "bed_1"),
    Relation("plant_1", "in_corner", "corner"),
)
SCENE = Scene(ROOM, FURNITURE, RELATIONS)
HONEST = Layout(
    {
        "bed_1": Pose(2.2, 3.0, 0.25, 0),
        "nightstand_1": Pose(3.3, 3.75, 0.25, 0),
        "nightstand_2": Pose(1.1, 3.75, 0.25, 0),
        "lamp_1": Pose(3.3, 3.75, 0.7, 0),
        "wardrobe_1": Pose(0.31, 2.1, 1.05, 90),
        "desk_1": Pose(4.65, 1.7, 0.375, 270),
        "chair_1": Pose(4.2, 1.7, 0.475, 90),
        "painting_1": Pose(2.2, 3.98, 1.5, 0),
        "plant_1": Pose(4.75, 3.75, 0.55, 0),
        "rug_1": Pose(2.4, 1.6, 0.005, 0),
    }
)
