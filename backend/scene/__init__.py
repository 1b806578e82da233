# SPDX-License-Identifier: GPL-3.0-or-later
"""The domain: scenes and layouts as data, their geometry, their documents."""

from .category import CATEGORIES, Category, category_of, infer_category
from .check import validate
from .document import SceneError, layout_from_json, layout_to_json, scene_from_json, scene_to_json
from .model import (
    Furniture,
    Layout,
    Mount,
    Opening,
    Part,
    Pose,
    Predicate,
    Relation,
    Room,
    Scene,
    current_layout,
)

__all__ = [
    "CATEGORIES", "Category", "Furniture", "Layout", "Mount", "Opening", "Part", "Pose", "Predicate",
    "Relation", "Room", "Scene", "SceneError", "category_of", "current_layout", "infer_category",
    "layout_from_json", "layout_to_json", "scene_from_json", "scene_to_json", "validate",
]  # fmt: skip
