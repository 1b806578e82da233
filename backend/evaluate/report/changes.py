# SPDX-License-Identifier: GPL-3.0-or-later
"""Before and after on a page: each metric's difference with its interval, then the scenes side by side."""

from __future__ import annotations

from collections.abc import Sequence

from ..columns import GROUPS, shown, shown_interval
from ..compare import Change, Comparison, PolicyChange, notes_of, verdict
from ..markup import Markup, join, tag
from ..record import Record
from .draw import contest, difference
from .page import Section, section
from .pictures import Pictures
from .scenes import card

_WORDS = ("worse", "undecided", "better")
_HEADS = ("Metric", "Before", "After", "Difference", "", "Effect", "p", "p (Holm)", "Better / same / worse", "")
_OPEN = 3
"""Largest gains and losses that are open from the start."""
MOST = 60
"""Pairs of scenes drawn for each policy: those that changed most."""


def comparison_section(comparison: Comparison) -> Section:
    """Tables of what changed."""
    parts = []
    for policy in comparison.policies:
        parts.append(tag("h3", _title(policy), class_="name"))
        parts.append(tag("p", _sentence(policy), class_="verdict"))
        for group in GROUPS:
            changes = policy.group(group)
            if not changes:
                continue
            body = [_row(change) for change in changes]
            grid = tag("table", tag("thead", tag("tr", map(_head, _HEADS))), tag("tbody", body), class_="changes")
            scroll = tag("div", grid, class_="scroll", tabindex=0, role="region", aria_label=GROUPS[group])
            if group == "main":
                parts.append(scroll)
            else:
                parts.append(tag("details", tag("summary", GROUPS[group]), scroll, class_="fold"))
    notes = tag("ul", (tag("li", note) for note in notes_of(comparison)), class_="notes")
    return section("comparison", "Comparison", *parts, notes)


def pair_section(
    comparison: Comparison,
    before: Sequence[Record],
    after: Sequence[Record],
    pictures: Pictures,
) -> Section:
    """The scenes before and after, those that changed most first."""
    parts = []
    for policy in comparison.policies:
        mine = {(r.scene_name, r.seed): r for r in before if r.policy == policy.before}
        theirs = {(r.scene_name, r.seed): r for r in after if r.policy == policy.after}
        pairs = sorted(((mine[key], theirs[key]) for key in policy.keys), key=lambda pair: -abs(_gain(*pair)))
        parts.append(tag("h3", _title(policy), class_="name") if len(comparison.policies) > 1 else None)
        parts += [_pair(*pair, pictures, number < _OPEN) for number, pair in enumerate(pairs[:MOST])]
        if len(pairs) > MOST:
            parts.append(tag("p", f"{len(pairs) - MOST} more scenes changed less.", class_="lead"))
    return section("pairs", "Before and after", *parts, lead="Scenes by how much their total changed.")


def _pair(one: Record, other: Record, pictures: Pictures, opened: bool) -> Markup:
    gain = _gain(one, other)
    kind = "better" if gain > 1e-9 else "worse" if gain < -1e-9 else "same"
    summary = tag(
        "summary",
        tag("span", one.scene_name, class_="name"),
        tag("span", f"seed {one.seed}", class_="about") if one.seed else None,
        tag("span", f"{shown(_total(one))} → {shown(_total(other))}", class_="about"),
        tag("b", shown(gain, signed=True), class_=f"gain {kind}"),
    )
    cards = card(one, pictures, f"before · {one.policy}"), card(other, pictures, f"after · {other.policy}")
    return tag("details", summary, tag("div", *cards, class_="cards two"), class_="scene", open=opened)


def _row(change: Change) -> Markup:
    one, found = change.column, change.paired
    decided = verdict(change)
    kind = ("worse", "same", "better")[decided + 1]
    reach = max(
        (abs(v) for v in (found.difference.low, found.difference.high, found.difference.mean) if v is not None),
        default=0.0,
    )
    unit = tag("small", f"{one.arrow} {one.unit}".strip())
    effect = shown(found.effect, signed=True)
    spread = (
        tag("small", f"[{shown(found.effect_low)}, {shown(found.effect_high)}]") if found.effect is not None else None
    )
    return tag(
        "tr",
        tag("th", one.title, unit, scope="row", title=one.definition or one.source or None),
        tag("td", shown(found.before.mean)),
        tag("td", shown(found.after.mean)),
        tag(
            "td",
            tag("b", shown(found.difference.mean, signed=True), class_=kind),
            tag("small", shown_interval(found.difference)),
        ),
        tag("td", difference(found.difference, max(reach * 1.1, 1e-12), decided), class_="drawn"),
        tag("td", effect, spread),
        tag("td", shown(found.p)),
        tag("td", shown(change.adjusted)),
        tag("td", f"{found.wins} / {found.ties} / {found.losses}"),
        tag("td", contest(found.wins, found.ties, found.losses), class_="drawn"),
    )


def _head(text: str) -> Markup:
    tip = {"Effect": "Cohen's d_z: the mean difference by its standard deviation over scenes"}.get(text)
    return tag("th", text, scope="col", title=tip)


def _sentence(policy: PolicyChange) -> Markup:
    total = next((change for change in policy.changes if change.column.name == "score.total"), None)
    if total is None or total.paired.difference.mean is None:
        return join(f"{policy.scenes} scenes in common.")
    found, decided = total.paired, verdict(total)
    return join(
        f"Over {policy.scenes} {'scene' if policy.scenes == 1 else 'scenes'} the total went from "
        f"{shown(found.before.mean)} to {shown(found.after.mean)}, ",
        tag("b", shown(found.difference.mean, signed=True), class_=("worse", "same", "better")[decided + 1]),
        f" {shown_interval(found.difference)}: {_WORDS[decided + 1]} (p = {shown(total.adjusted)} after Holm).",
    )


def _gain(one: Record, other: Record) -> float:
    return _total(other) - _total(one)


def _total(record: Record) -> float:
    return 0.0 if record.score is None else record.score.total


def _title(policy: PolicyChange) -> str:
    return policy.before if policy.before == policy.after else f"{policy.before} → {policy.after}"
