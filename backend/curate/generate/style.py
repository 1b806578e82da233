# SPDX-License-Identifier: GPL-3.0-or-later
"""How a room's pieces look, in words: a style for the room, a material for each piece, now and then another name."""

from __future__ import annotations

from dataclasses import dataclass

from .dice import Dice


@dataclass(frozen=True, slots=True)
class Style:
    name: str
    woods: tuple[str, ...]
    fabrics: tuple[str, ...]
    metals: tuple[str, ...]


STYLES: tuple[Style, ...] = (
    Style("Scandinavian", ("birch", "light oak", "white lacquer"), ("grey wool", "off-white linen"), ("white steel",)),
    Style("industrial", ("reclaimed pine", "dark oak"), ("brown leather", "charcoal canvas"), ("black steel", "iron")),
    Style("mid-century", ("teak", "walnut"), ("mustard wool", "olive velvet"), ("brass",)),
    Style("classic", ("mahogany", "cherry wood"), ("burgundy velvet", "cream damask"), ("brass", "bronze")),
    Style("modern", ("white lacquer", "ash"), ("graphite fabric", "beige bouclé"), ("chrome", "matt black steel")),
    Style("rustic", ("knotty pine", "oak"), ("checked cotton", "undyed wool"), ("wrought iron",)),
    Style("Japandi", ("ash", "bamboo", "black-stained oak"), ("sand linen", "clay cotton"), ("black steel",)),
    Style("coastal", ("whitewashed pine", "driftwood"), ("navy cotton", "white canvas"), ("nickel",)),
    Style("boho", ("rattan", "mango wood"), ("terracotta cotton", "patterned kilim"), ("copper",)),
    Style("minimalist", ("white laminate", "pale ash"), ("light grey felt",), ("aluminium",)),
)

_FABRIC = frozenset({"sofa", "armchair", "ottoman", "rug", "bed", "single_bed", "office_chair"})
_METAL = frozenset({
    "floor_lamp", "table_lamp", "wall_lamp", "ceiling_lamp", "ceiling_fan", "coat_rack", "trash_bin", "stove", "fridge",
    "dishwasher", "washing_machine", "microwave", "clock", "mirror",
})  # fmt: skip
_PLAIN = frozenset({
    "plant", "small_plant", "books", "laptop", "monitor", "tv", "painting", "toilet", "washbasin", "bathtub", "shower",
    "vase", "blackboard",
})  # fmt: skip
NAMES: dict[str, tuple[str, ...]] = {
    "sofa": ("couch", "three-seater sofa"),
    "armchair": ("lounge chair", "easy chair"),
    "dining_table": ("dining table",),
    "dresser": ("chest of drawers", "sideboard"),
    "bookshelf": ("bookcase",),
    "tv_stand": ("media console", "lowboard"),
    "wardrobe": ("armoire",),
    "nightstand": ("bedside table",),
    "plant": ("potted palm", "ficus"),
    "box": ("storage basket", "crate"),
    "painting": ("framed print", "poster"),
    "rug": ("carpet",),
    "blackboard": ("whiteboard",),
    "cabinet": ("cupboard",),
    "side_table": ("end table",),
}
"""Other names, each read back as its category by `infer_category`."""


def looks(dice: Dice, style: Style, category: str) -> tuple[str, str, str]:
    """Label, style and material of a piece; any of them may be empty."""
    if category in _FABRIC:
        material = dice.pick(style.fabrics)
    elif category in _METAL:
        material = dice.pick(style.metals)
    else:
        material = "" if category in _PLAIN else dice.pick(style.woods)
    names = NAMES.get(category, ())
    label = dice.pick(names) if names and dice.chance(0.25) else ""
    return label, style.name if dice.chance(0.4) else "", material if dice.chance(0.7) else ""
