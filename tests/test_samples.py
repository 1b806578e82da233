# SPDX-License-Identifier: GPL-3.0-or-later
import importlib.util
import json
from pathlib import Path

import pytest
from metaspatial.backend.scene import CATEGORIES, scene_from_json
from metaspatial.backend.scene.geometry import polygon_area, reflex_vertices

ROOT = Path(__file__).parents[1]
SAMPLES = sorted((ROOT / "samples").glob("*.json"))
SIZES = json.loads((ROOT / "backend" / "scene" / "procthor_sizes.json").read_text())


def load(path):
    return scene_from_json(path.read_text())


def test_the_promised_rooms_are_there():
    names = {path.stem for path in SAMPLES}
    assert len(names) >= 8
    assert names >= {
        "bedroom",
        "living_room",
        "dining_kitchen",
        "study",
        "studio_l",
        "bathroom",
        "classroom",
        "too_small",
    }
    assert len(load(ROOT / "samples" / "classroom.json").furniture) >= 40
    assert len(reflex_vertices(load(ROOT / "samples" / "studio_l.json").room.floor)) == 1


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_a_furnished_room(path):
    scene = load(path)
    assert scene.name == path.stem
    assert len(scene.preference) > 30
    assert any(opening.kind == "door" for opening in scene.room.openings)
    assert any(opening.kind == "window" for opening in scene.room.openings)
    assert scene.relations
    assert all(piece.category in CATEGORIES for piece in scene.furniture)
    assert all(piece.mount == CATEGORIES[piece.category].mount for piece in scene.furniture)
    standing = [p for p in scene.furniture if p.mount == "floor" and not CATEGORIES[p.category].walkable]
    cover = sum(p.size[0] * p.size[1] for p in standing) / polygon_area(scene.room.floor)
    assert cover > 1.0 if path.stem == "too_small" else cover <= 0.45


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_large_furniture_has_sizes_of_real_assets(path):
    for piece in load(path).furniture:
        if piece.category in ("bed", "sofa", "armchair", "desk", "dining_table", "coffee_table", "fridge", "bookshelf"):
            assert list(piece.size) in SIZES[piece.category], piece.id


def test_size_table_follows_from_the_database_by_the_stated_mapping():
    spec = importlib.util.spec_from_file_location("procthor_sizes", ROOT / "tools" / "procthor_sizes.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    database = {kind: [] for kind in tool.CATEGORIES}
    database["Bed"] = [
        {"boundingBox": {"x": 1.604, "y": 0.9, "z": 2.1}},
        {"boundingBox": {"x": 1.6, "y": 0.9, "z": 2.1}},
        {"boundingBox": {"x": 0.9, "y": 0.8, "z": 2.0}},
    ]
    database["CounterTop"] = [{"boundingBox": {"x": 2.4, "y": 0.9, "z": 1.8}}]
    assert tool.sizes_by_category(database) == {"bed": [[1.6, 2.1, 0.9]], "single_bed": [[0.9, 2.0, 0.8]]}
    assert set(SIZES) <= set(CATEGORIES)
