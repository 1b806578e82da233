# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding the entries in a model's text: tags, code fences, prose around, and what is left of broken JSON.

Works on bounded text in linear time, and never evaluates anything.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

MAX_ANSWER = 256_000
"""Characters of a text that are looked at: its end, where the answer is."""

Severity = Literal["harmless", "fault"]
ProblemKind = Literal[
    # wrapping
    "too_long", "no_think", "no_answer_tags", "unclosed_answer", "text_around", "code_fence", "trailing_comma",
    "no_brackets", "several_answers",
    # broken
    "no_answer", "bad_json", "truncated", "not_a_list", "too_many",
    # entries
    "bad_entry", "no_id", "other_key", "extra_key", "unknown_id", "fixed_piece", "duplicate_id", "missing_id",
    "missing_coordinate", "number_as_text", "not_a_number", "not_finite", "out_of_bounds", "no_rotation",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """One deviation of an answer from its form: the piece concerned, if any, and a sentence for people and models."""

    kind: ProblemKind
    piece: str | None
    message: str
    severity: Severity = "fault"


@dataclass(frozen=True, slots=True)
class Found:
    """The raw entries of an answer, or None where there is no answer at all."""

    entries: list[Any] | None
    problems: tuple[Problem, ...]
    think: str


def find_entries(text: str) -> Found:
    """The answer's entries as parsed JSON values, unchecked, with the problems of its wrapping and its syntax."""
    problems: list[Problem] = []
    if len(text) > MAX_ANSWER:
        problems.append(Problem("too_long", None, f"only the last {MAX_ANSWER} characters were read"))
        text = text[-MAX_ANSWER:]
    think, rest = _split_think(text, problems)
    body = _answer_part(rest, problems)
    entries = None if body is None else _entries(body, problems)
    if entries is None and not any(problem.severity == "fault" for problem in problems):
        problems.append(Problem("no_answer", None, "there is no list of poses in the answer"))
    return Found(entries, tuple(problems), think)


def _split_think(text: str, problems: list[Problem]) -> tuple[str, str]:
    """The reasoning and what follows it. Chat templates may have swallowed the opening tag."""
    head, close, tail = text.partition("</think>")
    before, opened, thought = head.partition("<think>")
    if close:
        return (thought if opened else before).strip(), tail if not opened else before + tail
    problems.append(Problem("no_think", None, "the reasoning is not inside <think></think>", "harmless"))
    if opened:  # never closed: it ends where the answer begins
        thought, answer, tail = thought.partition("<answer>")
        return thought.strip(), before + answer + tail
    return "", text


def _answer_part(text: str, problems: list[Problem]) -> str | None:
    parts = re.split(r"<answer>", text, flags=re.IGNORECASE)
    if len(parts) == 1:
        body = _last_list(text)
        if body is not None:
            problems.append(Problem("no_answer_tags", None, "the answer is not inside <answer></answer>", "harmless"))
        return body
    if len(parts) > 2:
        problems.append(Problem("several_answers", None, f"{len(parts) - 1} answers were given; the last one counts"))
    body, closed, after = _cut(parts[-1], "</answer>")
    if not closed:
        problems.append(Problem("unclosed_answer", None, "</answer> is missing", "harmless"))
    if parts[0].strip() or after.strip():
        problems.append(Problem("text_around", None, "there is text outside the tags", "harmless"))
    return _unwrapped(body, problems)


def _unwrapped(body: str, problems: list[Problem]) -> str:
    """The JSON without a code fence or prose around it."""
    pieces = body.split("```")
    if len(pieces) > 1:
        problems.append(Problem("code_fence", None, "the answer is in a code fence", "harmless"))
        around, fenced = "".join(pieces[::2]), [inside for inside in pieces[1::2] if "{" in inside] or pieces[1:2]
        if len(fenced) > 1 or "{" in around:
            message = "the answer has lists in several places; the one in the last code fence counts"
            problems.append(Problem("several_answers", None, message))
        body = fenced[-1].removeprefix("json")
    start = re.search(r"[\[{]", body)
    if start and body[: start.start()].strip():
        problems.append(Problem("text_around", None, "there is text before the list", "harmless"))
    body = body[start.start() :] if start else ""
    end = max(body.rfind("]"), body.rfind("}"))
    after = body[end + 1 :]
    if end >= 0 and "{" not in after:
        if after.strip(" \t\r\n,"):
            problems.append(Problem("text_around", None, "there is text after the list", "harmless"))
        body = body[: end + 1]
    return body.strip()


def _last_list(text: str) -> str | None:
    """The last thing that looks like a list of objects, or else the first object on."""
    starts = [match.start() for match in re.finditer(r"\[\s{0,100}\{", text)] or [
        match.start() for match in re.finditer(r"\{\s{0,100}\"", text)
    ][:1]
    if not starts:
        return None
    body = text[starts[-1] :]
    end = max(body.rfind("]"), body.rfind("}"))
    return body[: end + 1] if end >= 0 and "{" not in body[end + 1 :] else body


def _entries(body: str, problems: list[Problem]) -> list[Any] | None:
    try:
        data = _load(body)
    except (ValueError, RecursionError):
        return _salvage(body, problems)
    if isinstance(data, list):
        return data
    problems.append(Problem("not_a_list", None, "the answer must be a list of objects"))
    if not isinstance(data, dict):
        return None
    if "new_object_id" in data or "id" in data:
        return [data]
    lists = [value for value in data.values() if isinstance(value, list)]
    if len(lists) == 1 and len(data) == 1:
        return lists[0]
    if data and all(isinstance(value, dict) for value in data.values()):
        return [{**value, "new_object_id": id} for id, value in data.items()]
    return None


def _salvage(body: str, problems: list[Problem]) -> list[Any] | None:
    """The whole flat objects in broken JSON, and what the rest says about how it broke."""
    entries: list[Any] = []
    broken = False
    rest: list[str] = []
    end = 0
    trailing = False
    for match in re.finditer(r"\{[^{}\[\]]*\}", body):
        rest.append(body[end : match.start()])
        end = match.end()
        try:
            entries.append(_load(match[0]))
        except (ValueError, RecursionError):
            try:
                entries.append(_load(re.sub(r",\s{0,100}\}$", "}", match[0])))
                trailing = True
            except (ValueError, RecursionError):
                broken = True
    rest.append(body[end:])
    between = [re.sub(r"\s+", "", part) for part in rest]
    head, tail = between[0], between[-1]
    if not entries:
        cut = "{" in body and "}" not in body
        problems.append(_truncated() if cut else Problem("bad_json", None, "the answer is not valid JSON"))
        return None
    if head not in ("", "[") or any(part != "," for part in between[1:-1]) or broken:
        problems.append(Problem("bad_json", None, "the answer is not valid JSON; only its whole objects were read"))
    if tail.startswith(",") and "{" not in tail and tail in (",", ",]"):
        trailing = True
    if tail in ("]", ",]"):
        if head == "":
            problems.append(Problem("no_brackets", None, "the list has no opening bracket", "harmless"))
    elif head == "" and tail in ("", ","):
        problems.append(Problem("no_brackets", None, "the objects are not in a list", "harmless"))
    elif "]" in tail and "{" not in tail:
        problems.append(Problem("bad_json", None, "there is something after the last object"))
    else:
        problems.append(_truncated())
    if trailing:
        problems.append(Problem("trailing_comma", None, "there is a comma after the last item", "harmless"))
    return entries


def _truncated() -> Problem:
    return Problem("truncated", None, "the answer breaks off; only its whole objects were read")


def _load(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_unrepeated)


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("a key is repeated")
    return result


def _cut(text: str, tag: str) -> tuple[str, bool, str]:
    match = re.search(re.escape(tag), text, flags=re.IGNORECASE)
    return (text[: match.start()], True, text[match.end() :]) if match else (text, False, "")
