# SPDX-License-Identifier: GPL-3.0-or-later
import json

import pytest
from metaspatial.backend.evaluate.columns import column, shown
from metaspatial.backend.evaluate.statistics import estimate
from metaspatial.backend.evaluate.table import summarise, table_to_json, table_to_markdown, table_to_text
from metaspatial.backend.rewards.score import Score
from metaspatial.tests.backend.evaluate.records import record


def two_policies():
    return [
        *(record("solver", f"s{n}", total) for n, total in enumerate((0.8, 0.9, 1.0))),
        *(record("random", f"s{n}", total) for n, total in enumerate((0.2, 0.1, 0.3))),
    ]


def test_a_cell_is_the_mean_over_scenes_with_its_interval():
    table = summarise(two_policies())
    assert [row.policy for row in table.rows] == ["solver", "random"]
    cell = table.rows[0].cells["score.total"]
    assert cell == estimate({"s0": [0.8], "s1": [0.9], "s2": [1.0]})
    assert cell.mean == pytest.approx(0.9)
    assert (table.rows[0].runs, table.rows[0].scenes, table.rows[0].failed) == (3, 3, 0)


def test_seeds_are_averaged_before_scenes():
    rows = summarise([record(total=0.2, seed=0), record(total=0.4, seed=1), record(scene_name="b", total=0.9)]).rows
    assert rows[0].cells["score.total"].mean == pytest.approx(0.6)
    assert (rows[0].runs, rows[0].scenes) == (3, 2)


def test_columns_stand_in_their_order_and_without_values_not_at_all():
    metrics = {"sceneeval.col": 1.0, "own.collision_rate": 0.1, "own.format": 1.0, "own.support": None}
    table = summarise([record(metrics=metrics)])
    assert [one.name for one in table.group("main")] == ["score.total", "own.format", "own.collision_rate", "seconds"]
    assert [one.name for one in table.group("others")] == ["sceneeval.col"]
    assert [one.name for one in table.group("details")] == ["score.format", "score.physics", "score.function"]


def test_the_best_is_the_lowest_where_lower_is_better():
    table = summarise([record("quick", seconds=0.1), record("slow", seconds=9.0)])
    assert table.best(column("seconds")) == {"quick"}
    assert table.best(column("score.total")) == frozenset()  # equal: nobody is better


def test_missing_values_are_left_out_and_said():
    records = [record(scene_name=name, metrics={"own.facing": value}) for name, value in (("a", 0.4), ("b", None))]
    table = summarise(records)
    cell = table.rows[0].cells["own.facing"]
    assert (cell.mean, cell.scenes, cell.missing) == (0.4, 1, 1)
    assert "0.400 (n=1)" in table_to_markdown(table)


def test_a_policy_without_answers_is_said_so():
    table = summarise([record("chat", error="no server"), record("chat", "b")])
    assert table.rows[0].failed == 1
    failed = table.rows[0].cells["failed"]
    assert failed.mean == 0.5
    assert failed.low < 0.1  # Wilson's interval of one in two
    assert "chat: no answer in 1 of 2 runs; they count as nothing placed." in table.notes


def test_policies_on_other_scenes_are_not_to_be_compared():
    assert any("same scenes" in note for note in summarise([record("a", "x"), record("b", "y")]).notes)
    assert not any("same scenes" in note for note in summarise([record("a", "x"), record("b", "x")]).notes)


def test_no_records_are_refused():
    with pytest.raises(ValueError, match="no records"):
        summarise([])


def test_the_document_says_what_the_columns_mean():
    document = json.loads(json.dumps(table_to_json(summarise(two_policies()))))
    assert document["format"] == "metaspatial-table"
    named = {one["name"]: one for one in document["columns"]}
    assert named["seconds"]["better"] == "lower"
    assert named["seconds"]["unit"] == "s"
    row = document["rows"][0]
    assert row["policy"] == "solver"
    assert row["cells"]["score.total"].keys() == {"mean", "low", "high", "scenes", "n", "missing"}


def test_markdown_has_a_line_for_each_metric_and_marks_the_best():
    text = table_to_markdown(summarise(two_policies()))
    assert "| | solver | random |" in text
    line = next(line for line in text.splitlines() if line.startswith("| Total ↑"))
    assert line.startswith("| Total ↑ | **0.900** [")
    assert "| 0.200 [" in line


def test_names_stay_names_in_markdown():
    text = table_to_markdown(summarise([record("a|b\n<script>*x*")]))
    assert r"| | a\|b \<script\>\*x\* |" in text


def test_names_stay_names_in_the_terminal():
    text = table_to_text(summarise([record("[bold]x[/bold]"), record("[/]")]), width=100)
    assert "[bold]x[/bold]" in text
    assert "\x1b" not in text


def test_the_terminal_marks_the_best():
    lines = table_to_text(summarise(two_policies()), width=100).splitlines()
    assert "* 0.900" in next(line for line in lines if line.strip().startswith("Total"))
    assert "\x1b[" in table_to_text(summarise(two_policies()), width=100, color=True)


@pytest.mark.parametrize(
    ("value", "signed", "text"),
    [
        (None, False, "–"),
        (0.0, False, "0.000"),
        (0.12345, False, "0.123"),
        (0.0001, False, "<0.001"),
        (-0.0001, True, "0"),
        (-0.25, False, "−0.250"),
        (0.25, True, "+0.250"),
        (12.34, False, "12.3"),
        (12345.6, False, "12,346"),
    ],
)
def test_numbers_for_people(value, signed, text):
    assert shown(value, signed=signed) == text


def test_the_published_reward_of_faulty_answers_alone_is_no_column():
    """Without a judge it is known of answers that it never shows to one; with a judge, of all."""
    known = {"metaspatial.total": 0.25, "metaspatial.total_without_render": 0.25}
    for render in (None, 0.5):
        made = record(score=Score(0.5, 0.5, 0.5, 0.5, render), metrics=known)
        names = [column.name for column in summarise([made]).columns]
        assert ("metaspatial.total" in names) == (render is not None)
        assert "metaspatial.total_without_render" in names
