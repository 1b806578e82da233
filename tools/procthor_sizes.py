# SPDX-License-Identifier: GPL-3.0-or-later
"""Derives backend/scene/procthor_sizes.json from ProcTHOR's asset database.

    python tools/procthor_sizes.py asset-database.json backend/scene/procthor_sizes.json

The database (https://github.com/allenai/procthor, Apache-2.0, see NOTICE) has y up and assets facing +z, so an asset's
length, width and height are its bounding box's x, z and y. Sizes are rounded to whole centimetres, doubles left out.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

CATEGORIES: dict[str, str] = {
    "ArmChair": "armchair",
    "Bed": "bed",
    "Book": "books",
    "Box": "box",
    "Chair": "chair",
    "ClothesDryer": "washing_machine",
    "CoffeeMachine": "microwave",
    "CoffeeTable": "coffee_table",
    "CounterTop": "kitchen_counter",
    "Desk": "desk",
    "DeskLamp": "table_lamp",
    "Desktop": "monitor",
    "DiningTable": "dining_table",
    "Dresser": "dresser",
    "FloorLamp": "floor_lamp",
    "Fridge": "fridge",
    "GarbageCan": "trash_bin",
    "HousePlant": "plant",
    "Laptop": "laptop",
    "LaundryHamper": "box",
    "Microwave": "microwave",
    "Ottoman": "ottoman",
    "Footstool": "ottoman",
    "Painting": "painting",
    "ShelvingUnit": "bookshelf",
    "SideTable": "side_table",
    "Sofa": "sofa",
    "Stool": "stool",
    "TVStand": "tv_stand",
    "Television": "tv",
    "Toilet": "toilet",
    "Vase": "vase",
    "WashingMachine": "washing_machine",
}
"""ProcTHOR's object types and the category each becomes; where one category is too wide, `refined` splits it."""
DEEPEST_COUNTER = 0.75
"""Deeper worktops are L-shaped ones, whose box says little about them."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    database = json.loads(arguments.database.read_text())
    sizes = sizes_by_category(database)
    lines = [f'  "{name}": {json.dumps(each)}' for name, each in sorted(sizes.items())]
    arguments.output.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def sizes_by_category(database: dict[str, list[dict[str, Any]]]) -> dict[str, list[list[float]]]:
    """Each category's sizes (length, width, height), metres, smallest plan first."""
    found: dict[str, set[tuple[float, float, float]]] = {}
    for kind, category in CATEGORIES.items():
        for asset in database[kind]:
            box = asset["boundingBox"]
            size = (round(box["x"], 2), round(box["z"], 2), round(box["y"], 2))
            if min(size) > 0 and not (category == "kitchen_counter" and size[1] > DEEPEST_COUNTER):
                found.setdefault(refined(category, size), set()).add(size)
    return {name: [list(size) for size in sorted(each, key=lambda s: (s[0] * s[1], s))] for name, each in found.items()}


def refined(category: str, size: tuple[float, float, float]) -> str:
    """Splits what ProcTHOR calls by one name: narrow beds, low shelves, nightstands, plants and paintings by size."""
    length, width, height = size
    if category == "bed" and length < 1.15:
        return "single_bed"
    if category == "bookshelf" and height < 1.3:
        return "shelf"
    if category == "side_table" and max(length, width) <= 0.6 and 0.4 <= height <= 0.7:
        return "nightstand"
    if category == "plant" and height < 0.5:
        return "small_plant"
    return category


if __name__ == "__main__":
    main()
