# SPDX-License-Identifier: GPL-3.0-or-later
"""Scene by scene: what every policy made of it, why it got its grade; and each policy's best and worst scenes."""

from __future__ import annotations

from collections.abc import Sequence

from ...dialogue import parse_answer
from ...rewards.score import Issue
from ...scene import Scene
from ...scene.geometry import polygon_area
from ..columns import columns_of, policies_of, shown, values_of
from ..markup import Markup, join, tag
from ..plan_svg import plan_svg
from ..record import Record
from .draw import meter
from .page import Section, section
from .pictures import Pictures

_PARTS = ("format", "physics", "function", "render")
_EXTREMES = 3
"""Best and worst scenes shown of each policy."""
_ISSUES = 6
"""Issues shown before the rest is folded."""
_LONGEST_ANSWER = 6000
"""Characters of an answer that are shown."""
_OPEN = 6
"""With no more scenes than this, all are open."""


def extremes_section(records: Sequence[Record]) -> Section | None:
    """Each policy's best and worst scenes by the total."""
    ids = scene_ids(records)
    blocks = []
    for policy in policies_of(records):
        graded = [record for record in records if record.policy == policy and record.score is not None]
        ranked = sorted(graded, key=lambda record: -_total(record))
        if len(ranked) < 2:
            continue
        count = min(_EXTREMES, len(ranked) // 2)
        best = tag("div", tag("h4", "Best"), tag("ul", (_thumb(one, ids) for one in ranked[:count]), class_="thumbs"))
        worst = tag(
            "div",
            tag("h4", "Worst"),
            tag("ul", (_thumb(one, ids) for one in ranked[: -count - 1 : -1]), class_="thumbs"),
        )
        blocks.append(tag("div", tag("h3", policy, class_="name"), tag("div", best, worst, class_="halves")))
    if not blocks:
        return None
    return section("extremes", "Best and worst", *blocks, lead="By the total score. Red: physics. Amber: function.")


def scenes_section(records: Sequence[Record], pictures: Pictures) -> Section:
    """Every scene with all its arrangements side by side."""
    ids = scene_ids(records)
    blocks = []
    for name, id in ids.items():
        mine = [record for record in records if record.scene_name == name]
        blocks.append(_scene(name, id, mine, pictures, opened=len(ids) <= _OPEN))
    find = tag("input", type="search", id="find", placeholder="Find a scene", aria_label="Find a scene")
    orders = (("order", "as evaluated"), ("worst", "lowest total first"), ("spread", "largest spread first"))
    order = tag("select", (tag("option", text, value=key) for key, text in orders), id="order", aria_label="Order")
    only = tag("label", tag("input", type="checkbox", id="faulty"), "only with physics faults")
    unfold = tag("button", "Open all", type="button", id="unfold")
    tools = tag("div", find, order, only, unfold, tag("span", id="count", role="status"), class_="tools")
    lead = "Open a scene to see its arrangements, what lowered each score, and the answers."
    return section("scenes", "Scenes", tools, tag("div", blocks, id="scene-list"), lead=lead)


def scene_ids(records: Sequence[Record]) -> dict[str, str]:
    """The element id of each scene's block, by scene name."""
    return {name: f"scene-{number}" for number, name in enumerate(dict.fromkeys(r.scene_name for r in records), 1)}


def card(record: Record, pictures: Pictures, heading: str) -> Markup:
    """One arrangement: picture or plan, grades, what is wrong, the answer."""
    score = record.score
    issues = () if score is None else score.issues
    plan = plan_svg(record.scene, record.layout, issues)
    images = pictures.of(record)
    figure = join(tag("div", images, class_=f"images n{min(len(images), 2)}"), _fold("Plan", plan)) if images else plan
    grades = (
        [] if score is None else [(part, getattr(score, part)) for part in _PARTS if getattr(score, part) is not None]
    )
    return tag(
        "article",
        tag("h4", tag("span", heading, class_="name"), tag("b", shown(None if score is None else score.total))),
        tag("p", record.error, class_="error") if record.error else None,
        tag("div", figure, class_="figure"),
        tag(
            "ul",
            (tag("li", tag("span", part.capitalize()), meter(grade), tag("b", shown(grade))) for part, grade in grades),
            class_="parts",
        ),
        _issues(issues),
        _verdict(record),
        _answer(record),
        class_="card",
    )


def _scene(name: str, id: str, records: Sequence[Record], pictures: Pictures, *, opened: bool) -> Markup:
    scene = records[0].scene
    several = len({record.seed for record in records}) > 1
    totals = [_total(record) for record in records if record.score is not None]
    faulty = any(issue.part == "physics" for r in records if r.score is not None for issue in r.score.issues)
    summary = tag(
        "summary",
        tag("span", name, class_="name"),
        tag("span", _about(scene), class_="about"),
        tag("span", (_pill(records, policy) for policy in policies_of(records)), class_="pills"),
    )
    cards = [card(r, pictures, f"{r.policy}, seed {r.seed}" if several else r.policy) for r in records]
    return tag(
        "details",
        summary,
        tag("p", scene.preference, class_="preference") if scene.preference else None,
        tag("div", cards, class_="cards"),
        _numbers(records, several),
        class_="scene",
        id=id,
        open=opened,
        data_name=name.lower(),
        data_worst=f"{min(totals, default=0.0):.6f}",
        data_spread=f"{max(totals, default=0.0) - min(totals, default=0.0):.6f}",
        data_faulty="yes" if faulty else None,
    )


def _about(scene: Scene) -> str:
    area = abs(polygon_area(scene.room.floor))
    return f"{len(scene.furniture)} pieces · {len(scene.relations)} relations · {area:.1f} m²"


def _pill(records: Sequence[Record], policy: str) -> Markup:
    """A policy's total in a scene, the mean over its seeds."""
    totals = [record.score.total for record in records if record.policy == policy and record.score is not None]
    mean = sum(totals) / len(totals) if totals else None
    return tag(
        "span", tag("span", policy, class_="name"), tag("b", shown(mean)), meter(mean), class_="pill", title=policy
    )


def _numbers(records: Sequence[Record], several: bool) -> Markup | None:
    columns = [one for one in columns_of(records) if one.name != "score.total"]
    if not columns:
        return None
    heads = [f"{record.policy}, {record.seed}" if several else record.policy for record in records]
    values = [values_of(record) for record in records]
    body = [
        tag(
            "tr", tag("th", one.title, " ", one.arrow, scope="row"), (tag("td", shown(v.get(one.name))) for v in values)
        )
        for one in columns
    ]
    head = tag("thead", tag("tr", tag("th", "Metric"), (tag("th", head) for head in heads)))
    grid = tag("div", tag("table", head, tag("tbody", body), class_="plain"), class_="scroll")
    return _fold(f"All {len(columns)} numbers", grid)


def _issues(issues: Sequence[Issue]) -> Markup | None:
    if not issues:
        return tag("p", "Nothing to find fault with.", class_="fine")
    items = [tag("li", issue.message, class_=_severity(issue)) for issue in issues]
    rest = items[_ISSUES:]
    more = _fold(f"{len(rest)} more", tag("ul", rest, class_="issues")) if rest else None
    return join(tag("ul", items[:_ISSUES], class_="issues"), more)


def _severity(issue: Issue) -> str:
    return "bad" if issue.part in ("physics", "format") else "soft"


def _verdict(record: Record) -> Markup | None:
    verdict = record.verdict
    if verdict is None:
        return None
    if verdict.grade is None:
        return tag("p", f"No judgement: {verdict.missing}", class_="fine")
    marks = [(name.replace("_", " "), mark, verdict.spread.get(name)) for name, mark in verdict.criteria.items()]
    rows = [
        [tag("dt", name), tag("dd", f"{mark:.1f}" + (f" ± {spread:.1f}" if spread else ""))]
        for name, mark, spread in marks
    ]
    words = [tag("p", remark) for remark in verdict.remarks]
    return _fold(f"Judge: {verdict.votes} votes", tag("dl", rows, class_="facts"), words)


def _answer(record: Record) -> Markup | None:
    if not record.answer:
        return None
    think = parse_answer(record.scene, record.answer).think.strip()
    parts = [tag("pre", _cut(think), class_="think")] if think else []
    return _fold("Answer", parts, tag("pre", _cut(record.answer)))


def _cut(text: str) -> str:
    more = len(text) - _LONGEST_ANSWER
    return text if more <= 0 else f"{text[:_LONGEST_ANSWER]}\n… {more:,} more characters"


def _thumb(record: Record, ids: dict[str, str]) -> Markup:
    issues = () if record.score is None else record.score.issues
    faults = sum(issue.part == "physics" for issue in issues)
    words = f"{faults} physics {'fault' if faults == 1 else 'faults'}" if faults else "no physics fault"
    label = tag("span", record.scene_name, class_="name"), tag("b", shown(_total(record))), tag("small", words)
    plan = plan_svg(record.scene, record.layout, issues, labels=False)
    return tag("li", tag("a", plan, label, href=f"#{ids[record.scene_name]}"))


def _total(record: Record) -> float:
    return 0.0 if record.score is None else record.score.total


def _fold(summary: str, *body: Markup | Sequence[Markup]) -> Markup:
    return tag("details", tag("summary", summary), *body, class_="fold")
