# SPDX-License-Identifier: GPL-3.0-or-later
"""Packs MetaSpatial's published room descriptions into backend/curate/llm/room_descriptions.jsonl.xz.

    python tools/room_descriptions.py <generated_room_descriptions.json> <output>

The descriptions (https://github.com/PzySeere/MetaSpatial, Apache-2.0, see NOTICE) stay as they are, the odd ones too:
one record a line, in their order, compressed. `backend.curate.llm.descriptions` leaves out, and counts, what can't be a
room.
"""

from __future__ import annotations

import argparse
import json
import lzma
from pathlib import Path
from typing import Any


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    records = json.loads(arguments.input.read_text(encoding="utf-8"))
    arguments.output.write_bytes(packed(records))
    print(f"{arguments.output}: {len(records)} records, {arguments.output.stat().st_size} bytes")


def packed(records: list[Any]) -> bytes:
    """The same bytes for the same records (and the same liblzma)."""
    lines = (json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n" for record in records)
    return lzma.compress("".join(lines).encode(), preset=9 | lzma.PRESET_EXTREME)


if __name__ == "__main__":
    main()
