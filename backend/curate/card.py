# SPDX-License-Identifier: GPL-3.0-or-later
"""The dataset card of a curated folder, in the form that the Hugging Face hub reads: a README with a YAML head."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ..learn.examples import SPLITS
from .source import Source

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


@dataclass(slots=True)
class Counts:
    """How many: rooms and examples by split, rooms by type and by number of pieces, `pictured` rooms; rooms `dropped`
    and `untaught` (kept without an example, or without one that was asked for) by reason."""

    rooms: Counter[str] = field(default_factory=Counter)
    examples: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    pieces: Counter[int] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    untaught: Counter[str] = field(default_factory=Counter)
    pictured: int = 0

    def to_json(self) -> dict[str, Any]:
        """As plain values, in a fixed order."""
        plain: dict[str, Any] = {
            "rooms": {split: self.rooms[split] for split in SPLITS},
            "examples": {split: self.examples[split] for split in SPLITS},
            "kinds": dict(sorted(self.kinds.items())),
            "pieces": {str(number): self.pieces[number] for number in sorted(self.pieces)},
            "dropped": dict(sorted(self.dropped.items())),
            "untaught": dict(sorted(self.untaught.items())),
        }
        return {**plain, "pictured": self.pictured}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Counts:
        """The counts of plain values. Raises KeyError."""
        read = {one.name: Counter(data[one.name]) for one in fields(Counts) if one.name != "pictured"}
        read["pieces"] = Counter({int(number): count for number, count in data["pieces"].items()})
        return Counts(**read, pictured=data["pictured"])


def card(
    source: Source,
    counts: Counts,
    settings: Mapping[str, Any],
    command: str,
    made_with: Mapping[str, str],
    missing: int = 0,
) -> str:
    """The card's text. `missing` rooms are still to come."""
    rooms, examples = sum(counts.rooms.values()), sum(counts.examples.values())
    return "\n\n".join(
        part
        for part in (
            _head(source, counts, rooms),
            f"# Rooms to arrange: {source.name}",
            f"{rooms} rooms with furniture to arrange in them, {examples} dialogues with answers to learn from; "
            + _pictures(counts, settings),
            f"**{missing} rooms are still missing**: the command below, given again, asks for them." if missing else "",
            _FILES + (_EXAMPLES if examples else "") + (_PICTURES if counts.pictured else ""),
            "## How many\n\n" + _table(("split", "rooms", "examples"), [
                (split, counts.rooms[split], counts.examples[split]) for split in SPLITS
            ]),
            _SPLIT.format(**settings),
            _table(("type of room", "rooms"), sorted(counts.kinds.items())) if rooms else "",
            _table(("pieces", "rooms"), sorted(counts.pieces.items())) if rooms else "",
            "## Left out\n\n" + _reasons(counts),
            "## How it was made\n\n" + _how(settings, command, made_with),
            "## Licence and sources\n\n" + _licence(source),
        )
        if part
    ) + "\n"  # fmt: skip


def _head(source: Source, counts: Counts, rooms: int) -> str:
    size = next((name for limit, name in _SIZES if rooms < limit), "1M<n<10M")
    tasks = ["image-text-to-text"] if counts.pictured else ["text-generation"]
    lines = [
        f"license: {_yaml(source.licence.lower() or 'other')}",
        f"pretty_name: {_yaml(f'MetaSpatial rooms, {source.name}')}",
        "language:\n- en",
        "task_categories:\n" + "\n".join(f"- {task}" for task in tasks),
        f"size_categories:\n- {size}",
        "tags:\n- metaspatial\n- 3d\n- layout\n- spatial-reasoning",
    ]
    return "\n".join(["---", *lines, "---"])


def _pictures(counts: Counts, settings: Mapping[str, Any]) -> str:
    if not counts.pictured:
        return "text only, without pictures."
    shown = "of the room as it is: its size, its doors and windows, what is fixed in it"
    return f"{counts.pictured} rooms have a picture, {shown if settings.get('pictures') else 'as their source has it'}."


def _yaml(text: str) -> str:
    """A plain word as it is, anything else quoted: JSON's strings are YAML's."""
    return text if text.replace("-", "").replace(".", "").isalnum() else json.dumps(text, ensure_ascii=False)


def _reasons(counts: Counts) -> str:
    dropped = sorted(counts.dropped.items(), key=lambda item: (-item[1], item[0]))
    untaught = sorted(counts.untaught.items(), key=lambda item: (-item[1], item[0]))
    parts = [
        f"{sum(counts.dropped.values())} rooms were dropped, each with its reason in `dropped.jsonl`."
        if dropped
        else "No room was dropped.",
        _table(("dropped because", "rooms"), dropped) if dropped else "",
        "Rooms without an example, or without a repair that was asked for; they are there as rooms:"
        if untaught
        else "",
        _table(("no example because", "rooms"), untaught) if untaught else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _how(settings: Mapping[str, Any], command: str, made_with: Mapping[str, str]) -> str:
    told = [
        f"```\n{command}\n```" if command else "",
        "Targets: " + _TARGETS[settings["targets"]].format(repairs=f"{settings['repairs']:.0%}"),
        "Made with " + ", ".join(f"{name} {value}" for name, value in made_with.items() if value) + "."
        if made_with
        else "",
    ]
    return "\n\n".join(part for part in told if part)


def _licence(source: Source) -> str:
    return f"Licence: {source.licence}." + (f"\n\n{source.citation}" if source.citation else "")


def _table(head: tuple[str, ...], rows: list[tuple[Any, ...]] | list[tuple[str, int]] | list[tuple[int, int]]) -> str:
    lines = [head, ("---", *("---:" for _ in head[1:])), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


_FILES = """\
- `rooms.jsonl`: a room a line: its scene (room, furniture, relations, preference; metres, +x east, +y north, +z up),
  the name of its picture, its split
- `dropped.jsonl`: what could not be used, and why
- `counts.json`, `settings.json`: the numbers below, and what decided them"""
_EXAMPLES = """
- `examples.jsonl`: dialogues in the form of chat templates, the answer last, with scene and layout"""
_PICTURES = """
- `pictures/`: PNG files, named after their contents"""
_SPLIT = """\
The split goes by the room: its floor, openings and furniture, whichever way it is turned and whatever it is called.
About {validation:.0%} of rooms are for validation and {test:.0%} for testing. A room is in the same split of every
dataset made with these shares, unless its source holds it and others for one."""
_TARGETS = {
    "lessons": "layouts by one fixed rule and the reasoning whose numbers they are; {repairs} of the rooms also have a "
    "first answer with faults, the feedback to it, and the repair.",
    "solver": "layouts of MetaSpatial's solver and reasoning that is true of them; {repairs} of the rooms also "
    "have a first answer with faults, the feedback to it, and the repair.",
    "none": "none, only rooms.",
}
