# SPDX-License-Identifier: GPL-3.0-or-later
"""Derives backend/curate/generate/procthor_groups.json from ProcTHOR's asset groups, receptacles and windows.

    python tools/procthor_groups.py <folder with asset_groups/, receptacles.json, asset-database.json> <output>

Three tables (https://github.com/allenai/procthor, Apache-2.0, see NOTICE), in this project's categories:
`seats`: per size of dining table, the numbers of chairs ProcTHOR's groups put round it; `carried`: how often a piece
of one category carries one of another; `windows`: widths and heights of its windows. Sizes as in `procthor_sizes.py`,
whose mapping this uses.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from procthor_sizes import CATEGORIES

HOSTS = ("CoffeeTable", "CounterTop", "Desk", "DiningTable", "Dresser", "ShelvingUnit", "SideTable", "TVStand")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    database = json.loads((folder / "asset-database.json").read_text())
    groups = [json.loads(path.read_text()) for path in sorted((folder / "asset_groups").glob("*.json"))]
    tables = {
        "seats": seats(database, groups),
        "carried": carried(json.loads((folder / "receptacles.json").read_text())),
        "windows": windows(database),
    }
    lines = [f'  "{name}": {json.dumps(table)}' for name, table in tables.items()]
    arguments.output.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def seats(database: dict[str, list[dict[str, Any]]], groups: list[dict[str, Any]]) -> list[list[Any]]:
    """Rows [[length, width, height], [numbers of chairs]], smallest table first."""
    sizes = {asset["assetId"]: _size(asset) for asset in database["DiningTable"]}
    found: dict[tuple[float, float, float], set[int]] = {}
    for group in groups:
        members = [asset for entry in group["assetMetadata"].values() for asset in entry.get("assetIds", {})]
        if "DiningTable" in members:
            for entry in group["assetMetadata"].values():
                for asset in entry["assetIds"].get("DiningTable", ()):
                    found.setdefault(sizes[asset], set()).add(members.count("Chair"))
    return [[list(size), sorted(found[size])] for size in sorted(found, key=lambda s: (s[0] * s[1], s))]


def carried(receptacles: dict[str, dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """How often a host carries at least one piece of a category, 0…1, as counted in ProcTHOR's own scenes."""
    result: dict[str, dict[str, float]] = {}
    for host in HOSTS:
        row = result.setdefault(CATEGORIES[host], {})
        for kind, count in sorted(receptacles[host].items()):
            category = {"HousePlant": "small_plant", "Toaster": "microwave"}.get(kind) or CATEGORIES.get(kind)
            if category and category != "box":
                row[category] = round(max(row.get(category, 0.0), count["p"]), 3)
    return result


def windows(database: dict[str, list[dict[str, Any]]]) -> list[list[float]]:
    """Widths and heights, metres, narrowest first."""
    boxes = (asset["boundingBox"] for asset in database["Window"])
    return [list(size) for size in sorted({(round(box["x"], 2), round(box["y"], 2)) for box in boxes})]


def _size(asset: dict[str, Any]) -> tuple[float, float, float]:
    box = asset["boundingBox"]
    return round(box["x"], 2), round(box["z"], 2), round(box["y"], 2)


if __name__ == "__main__":
    main()
