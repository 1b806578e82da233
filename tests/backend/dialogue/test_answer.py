# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading answers: strict about meaning, forgiving about wrapping, never raising."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend.dialogue import format_answer, parse_answer
from metaspatial.backend.scene import Furniture, Layout, Pose, Room, Scene
from metaspatial.tests.strategies import layouts, scenes

ROOM = Room(((0, 0), (5, 0), (5, 4), (0, 4)), 2.6)
WARDROBE = Pose(0.75, 3.7, 1.05, 0.0)
SCENE = Scene(
    ROOM,
    (
        Furniture("bed_1", "bed", (1.6, 2.0, 0.5)),
        Furniture("lamp_1", "table_lamp", (0.3, 0.3, 0.4), "on"),
        Furniture("wardrobe_1", "wardrobe", (1.5, 0.6, 2.1), fixed=True, pose=WARDROBE),
    ),
)
BED = '{"new_object_id":"bed_1","x":1,"y":1.5,"z":0.25,"rotation":90}'
LAMP = '{"new_object_id":"lamp_1","x":2,"y":2,"z":0.2,"rotation":0}'
GOOD = Layout({"wardrobe_1": WARDROBE, "bed_1": Pose(1.0, 1.5, 0.25, 90.0), "lamp_1": Pose(2.0, 2.0, 0.2, 0.0)})
LIST = f"[{BED},{LAMP}]"
TAGGED = f"<think>why</think><answer>{LIST}</answer>"


def bed(**fields):
    """An answer whose bed has these fields changed (or, if None is given as `...`, removed)."""
    entry = {"new_object_id": "bed_1", "x": 1, "y": 1.5, "z": 0.25, "rotation": 90} | fields
    entry = {key: value for key, value in entry.items() if value is not ...}
    return f"<think></think><answer>[{json.dumps(entry)},{LAMP}]</answer>"


def kinds(answer, severity=None):
    return sorted({problem.kind for problem in answer.problems if severity in (None, problem.severity)})


def test_a_clean_answer_has_no_problems():
    answer = parse_answer(SCENE, TAGGED)
    assert answer.layout == GOOD
    assert answer.problems == ()
    assert answer.think == "why"


@given(st.data())
def test_written_answers_read_back(data):
    scene = data.draw(scenes())
    layout = data.draw(layouts(scene, complete=False))
    answer = parse_answer(scene, format_answer(layout, data.draw(st.text()), scene=scene))
    assert answer.layout == layout
    assert {problem.piece for problem in answer.problems} == {p.id for p in scene.movable if p.id not in layout}
    assert set(kinds(answer)) <= {"missing_id"}


def test_fixed_pieces_may_be_repeated_where_they_are():
    assert parse_answer(SCENE, format_answer(GOOD)).problems == ()
    assert "wardrobe_1" in format_answer(GOOD)
    assert "wardrobe_1" not in format_answer(GOOD, scene=SCENE)


HARMLESS = [
    (f"<think>why</think>\n\n<answer>\n{LIST}\n</answer>\n", []),
    (f"<think>why</think><answer>```json\n{LIST}\n```</answer>", ["code_fence"]),
    (f"<think>why</think><answer>Here you are:\n```\n{LIST}\n```\nEnjoy!</answer>", ["code_fence"]),
    (f"<think>why</think><answer>The layout: {LIST} as asked.</answer>", ["text_around"]),
    (f"<think>why</think><answer>{LIST}.</answer>", ["text_around"]),
    (f"Sure! {TAGGED} Anything else?", ["text_around"]),
    (f"<answer>{LIST}</answer>", ["no_think"]),
    (f"I put [the bed] in {{}} the west.</think><answer>{LIST}</answer>", []),
    (f"<think>why <answer>{LIST}</answer>", ["no_think"]),
    (f"<think>why</think>{LIST}", ["no_answer_tags"]),
    (f"<think>why</think>Here:\n```json\n{LIST}\n```\nDone.", ["no_answer_tags"]),
    (LIST, ["no_answer_tags", "no_think"]),
    (f"<think>why</think><answer>{LIST}", ["unclosed_answer"]),
    (f"<think>why</think><ANSWER>{LIST}</ANSWER>", []),
    (f"<think>why</think><answer>[{BED},{LAMP},]</answer>", ["trailing_comma"]),
    (f"<think>why</think><answer>[{BED[:-1]},}},{LAMP}]</answer>", ["trailing_comma"]),
    (f"<think>why</think><answer>{BED},{LAMP}</answer>", ["no_brackets"]),
    (TAGGED.replace("}", ',"style":"oak"}', 1), ["extra_key"]),
    (TAGGED.replace("new_object_id", "id"), ["other_key"]),
    (TAGGED.replace('"rotation":90', '"rotation":-270'), []),
    (TAGGED.replace('"rotation":90', '"rotation":4.5e2'), []),
]


@pytest.mark.parametrize(("text", "expected"), HARMLESS)
def test_harmless_wrapping_loses_nothing(text, expected):
    answer = parse_answer(SCENE, text)
    assert answer.layout == GOOD
    assert kinds(answer) == expected
    assert answer.faults == ()


def test_four_keys_as_in_metaspatial_stand_at_rotation_zero():
    answer = parse_answer(SCENE, bed(rotation=...))
    assert answer.layout["bed_1"] == Pose(1.0, 1.5, 0.25, 0.0)
    assert kinds(answer) == ["no_rotation"]
    assert answer.faults == ()


UNUSABLE = [
    (bed(x=True), "not_a_number"),
    (bed(x=None), "not_a_number"),
    (bed(x=[1]), "not_a_number"),
    (bed(x="1.0"), "number_as_text"),
    (bed(z=...), "missing_coordinate"),
    (bed(x=math.nan), "not_finite"),
    (bed(y=-math.inf), "not_finite"),
    (bed(y=1e300), "out_of_bounds"),
    (bed(y=10**300), "out_of_bounds"),
    (bed(x=-1001), "out_of_bounds"),
    (bed(rotation=1e9), "out_of_bounds"),
    (bed(rotation="90"), "number_as_text"),
]


@pytest.mark.parametrize(("text", "kind"), UNUSABLE)
def test_an_unusable_number_unplaces_its_piece_only(text, kind):
    answer = parse_answer(SCENE, text)
    assert "bed_1" not in answer.layout
    assert answer.layout["lamp_1"] == GOOD["lamp_1"]
    assert [(problem.kind, problem.piece) for problem in answer.faults] == [(kind, "bed_1")]


def test_of_two_entries_for_a_piece_neither_is_used():
    answer = parse_answer(SCENE, f"<think></think><answer>[{BED},{LAMP},{BED}]</answer>")
    assert "bed_1" not in answer.layout
    assert [(problem.kind, problem.piece) for problem in answer.problems] == [("duplicate_id", "bed_1")]


def test_a_repeated_key_makes_its_entry_unreadable():
    twice = BED.replace('"y"', '"x":9,"y"')
    answer = parse_answer(SCENE, f"<think></think><answer>[{twice},{LAMP}]</answer>")
    assert "bed_1" not in answer.layout
    assert "lamp_1" in answer.layout
    assert "bad_json" in kinds(answer, "fault")


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        ('{"new_object_id":"sofa_7","x":1,"y":1,"z":1,"rotation":0}', "unknown_id"),
        ('{"new_object_id":"Bed_1","x":1,"y":1,"z":1,"rotation":0}', "unknown_id"),
        ('{"new_object_id":"wardrobe_1","x":1,"y":1,"z":1,"rotation":0}', "fixed_piece"),
        ('{"x":1,"y":1,"z":1,"rotation":0}', "no_id"),
        ('{"new_object_id":7,"x":1,"y":1,"z":1,"rotation":0}', "no_id"),
        ("7", "bad_entry"),
        ("[1,2,3]", "bad_entry"),
        ("null", "bad_entry"),
    ],
)
def test_a_foreign_entry_is_a_fault_and_harms_no_other(entry, kind):
    answer = parse_answer(SCENE, f"<think></think><answer>[{BED},{entry},{LAMP}]</answer>")
    assert answer.layout == GOOD
    assert kinds(answer) == [kind]
    assert answer.faults


def test_missing_pieces_are_named():
    answer = parse_answer(SCENE, f"<think></think><answer>[{LAMP}]</answer>")
    assert [(problem.kind, problem.piece) for problem in answer.problems] == [("missing_id", "bed_1")]
    assert set(parse_answer(SCENE, "<think></think><answer>[]</answer>").layout) == {"wardrobe_1"}


@pytest.mark.parametrize("cut", range(1, len(LAMP) - 1))
def test_of_a_truncated_answer_the_whole_objects_are_kept(cut):
    answer = parse_answer(SCENE, f"<think>why</think><answer>[{BED},{LAMP[:-cut]}")
    assert answer.layout == Layout({"wardrobe_1": WARDROBE, "bed_1": GOOD["bed_1"]})
    assert kinds(answer, "fault") == ["missing_id", "truncated"]


@pytest.mark.parametrize(
    "text", [f'{{"layout":{LIST}}}', f'{{"bed_1":{BED},"lamp_1":{LAMP}}}', BED], ids=["nested", "keyed", "single"]
)
def test_an_object_instead_of_a_list_is_a_fault_but_read(text):
    answer = parse_answer(SCENE, f"<think></think><answer>{text}</answer>")
    assert "not_a_list" in kinds(answer, "fault")
    assert answer.layout["bed_1"] == GOOD["bed_1"]


def test_the_last_of_several_answers_counts():
    other = TAGGED.replace('"x":1', '"x":3')
    answer = parse_answer(SCENE, other + f"<answer>{LIST}</answer>")
    assert answer.layout == GOOD
    assert "several_answers" in kinds(answer, "fault")


def test_an_example_in_the_reasoning_is_not_the_answer():
    text = f"<think>maybe [{LAMP}] or <answer>[]</answer>?</think><answer>{LIST}</answer>"
    assert parse_answer(SCENE, text).layout == GOOD


@pytest.mark.parametrize(
    "text",
    [
        "", "no", "<think>", "<answer>", "</answer><answer>", "<answer></answer>", "<answer>[</answer>",
        "<answer>{}</answer>", "<answer>null</answer>", "<answer>7</answer>", '<answer>"[]"</answer>',
        "<answer>__import__('os')</answer>", "[" * 100_000, "<answer>" + "[" * 100_000, "<answer>" + '{"a":' * 40_000,
        "<answer>" + "9" * 10_000 + "</answer>", "<answer>" * 30_000, "</think>" * 30_000, "{" * 200_000,
        "[{" * 100_000, "```" * 80_000, "[ " * 100_000, "<answer>" + '{"' * 100_000, "<answer>[" + "{}," * 80_000,
        "<answer>```" + " " * 240_000 + "`x", "<answer>```" + "a" * 240_000 + "`x", "[" + " " * 240_000 + "x",
    ],
    ids=lambda text: f"{text[:24]} ({len(text)})",
)  # fmt: skip
def test_nothing_readable_places_nothing_and_is_a_fault(text):
    answer = parse_answer(SCENE, text)
    assert answer.layout == Layout({"wardrobe_1": WARDROBE})
    assert answer.faults
    assert len(answer.problems) < 3000


def test_only_the_end_of_a_huge_answer_is_read():
    answer = parse_answer(SCENE, "x" * 10_000_000 + TAGGED)
    assert answer.layout == GOOD
    assert "too_long" in kinds(answer, "fault")


_fragments = st.sampled_from(
    ["<think>", "</think>", "<answer>", "</answer>", "```", "json", "[", "]", "{", "}", ",", ":", '"', BED, LAMP, LIST,
     "\n", '"x"', "1e999", "NaN", "-", "\\u0000", "new_object_id"]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(st.one_of(_fragments, st.text(max_size=3)), max_size=40).map("".join)))
def test_any_text_gives_an_answer(text):
    answer = parse_answer(SCENE, text)
    assert answer.layout["wardrobe_1"] == WARDROBE
    assert set(answer.layout) <= {"bed_1", "lamp_1", "wardrobe_1"}
    for pose in answer.layout.poses.values():
        assert all(math.isfinite(value) for value in (pose.x, pose.y, pose.z))
        assert 0 <= pose.rotation < 360
    missing = {"bed_1", "lamp_1"} - set(answer.layout)
    assert not missing or answer.faults


prose = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="<>[]{}`"), max_size=200)


@given(prose, prose, prose)
def test_prose_around_an_answer_changes_nothing(before, between, after):
    text = f"{before}<think>why</think>{between}<answer>{LIST}</answer>{after}"
    answer = parse_answer(SCENE, text)
    assert answer.layout == GOOD
    assert answer.faults == ()


def test_what_is_answered_twice_within_the_tags_is_said():
    draft = '[{"new_object_id":"bed_1","x":9,"y":9,"z":9,"rotation":0}]'
    final = format_answer(GOOD).partition("<answer>")[2].removesuffix("</answer>")
    for body in (f"```json\n{draft}\n```\nno:\n```json\n{final}\n```", f"{draft} or rather ```{final}```"):
        answer = parse_answer(SCENE, f"<think>why</think><answer>{body}</answer>")
        assert answer.layout == GOOD
        assert kinds(answer) == ["code_fence", "several_answers"]


def test_a_second_name_of_an_entry_is_said():
    text = format_answer(GOOD, "why").replace('"new_object_id":"bed_1"', '"id":"lamp_1","new_object_id":"bed_1"')
    assert kinds(parse_answer(SCENE, text)) == ["extra_key"]
