# SPDX-License-Identifier: GPL-3.0-or-later
"""Small drawings in SVG: bars with intervals, differences about zero, wins against losses."""

from __future__ import annotations

from ..markup import Markup, tag
from ..statistics import Estimate


def bar(found: Estimate, full: float, *, title: str = "") -> Markup | None:
    """The mean as a bar of a track that ends at `full`, the interval as a whisker on it."""
    if found.mean is None:
        return None
    whisker = None
    if found.low is not None and found.high is not None:
        a, b = _at(found.low, full), _at(found.high, full)
        whisker = tag(
            "g",
            tag("line", x1=a, x2=b, y1=6, y2=6),
            tag("line", x1=a, x2=a, y1=3, y2=9),
            tag("line", x1=b, x2=b, y1=3, y2=9),
            class_="whisker",
        )
    return tag(
        "svg",
        tag("title", title) if title else None,
        tag("rect", class_="track", x=0, y=3, width=100, height=6),
        tag("rect", class_="value", x=0, y=3, width=_at(found.mean, full), height=6),
        whisker,
        class_="bar",
        viewBox="0 0 100 12",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def meter(value: float | None, kind: str = "") -> Markup:
    """A grade 0…1 as a thin bar; an empty track where it is missing."""
    return tag(
        "svg",
        tag("rect", class_="track", x=0, y=0, width=100, height=6),
        None if value is None else tag("rect", class_="value", x=0, y=0, width=_at(value, 1.0), height=6),
        class_=f"meter {kind}".rstrip(),
        viewBox="0 0 100 6",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def difference(found: Estimate, reach: float, verdict: int) -> Markup | None:
    """A difference and its interval about a middle line of zero; `reach` is where the drawing ends on both sides."""
    if found.mean is None:
        return None

    def at(value: float) -> str:
        return _short(50 + 50 * max(-1.0, min(1.0, value / reach))) if reach else "50"

    interval = None
    if found.low is not None and found.high is not None:
        interval = tag("line", class_="span", x1=at(found.low), x2=at(found.high), y1=7, y2=7)
    return tag(
        "svg",
        tag("line", class_="zero", x1=50, x2=50, y1=0, y2=14),
        interval,
        tag("line", class_="point", x1=at(found.mean), x2=at(found.mean), y1=2, y2=12),
        class_=f"difference {('worse', 'same', 'better')[verdict + 1]}",
        viewBox="0 0 100 14",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def contest(wins: int, ties: int, losses: int) -> Markup | None:
    """Wins, ties and losses as shares of one bar."""
    total = wins + ties + losses
    if not total:
        return None
    parts, x = [], 0.0
    for count, kind in ((wins, "wins"), (ties, "ties"), (losses, "losses")):
        width = 100 * count / total
        parts.append(tag("rect", class_=kind, x=_short(x), y=0, width=_short(width), height=8))
        x += width
    return tag("svg", parts, class_="contest", viewBox="0 0 100 8", preserveAspectRatio="none", aria_hidden="true")


def _at(value: float, full: float) -> str:
    return _short(100 * max(0.0, min(1.0, value / full))) if full > 0 else "0"


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
