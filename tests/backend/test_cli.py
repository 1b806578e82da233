# SPDX-License-Identifier: GPL-3.0-or-later
"""The `metaspatial` command: what it writes, what it says, how it ends."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from metaspatial.backend import serve
from metaspatial.backend.cli import main
from metaspatial.backend.dialogue import format_answer
from metaspatial.backend.evaluate.record import read_records
from metaspatial.backend.policies import small
from metaspatial.backend.policies.solver import solve
from metaspatial.backend.rewards.boxes import BoxEngine
from metaspatial.backend.scene import Layout, Pose, layout_from_json, scene_from_json
from metaspatial.backend.serve import Server
from metaspatial.backend.serve.state import FOLDER_VARIABLE
from metaspatial.tests import chat_server as fake
from metaspatial.tests.backend.evaluate.small import GOOD, HEAP, answers_of, folder_of
from metaspatial.tests.chat_server import MODEL, ChatServer

ROOM: dict[str, Any] = {
    "format": "metaspatial-scene",
    "version": 1,
    "name": "small",
    "room": {"floor": [[0, 0], [4, 0], [4, 3], [0, 3]], "height": 2.6, "openings": []},
    "furniture": [
        {"id": "bed_1", "category": "bed", "size": [1.6, 2.0, 0.5]},
        {"id": "wardrobe_1", "category": "wardrobe", "size": [1.2, 0.6, 2.0]},
    ],
}
SCENE = scene_from_json(ROOM)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "state"))


@pytest.fixture
def room(tmp_path: Path) -> str:
    return written(tmp_path / "room.json", ROOM)


def written(path: Path, document: object) -> str:
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return str(path)


def test_arrange_writes_a_sound_layout(room: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, score = tmp_path / "layout.json", tmp_path / "score.json"
    assert main(["arrange", room, "--out", str(out), "--score", str(score), "--seconds", "1"]) == 0
    layout = layout_from_json(out.read_text(), SCENE)
    assert BoxEngine().measure(SCENE, layout).valid
    assert json.loads(score.read_text())["physics"] == 1.0
    said = capsys.readouterr()
    assert said.out == ""
    assert "2 of 2 pieces placed" in said.err


def test_the_layout_goes_to_standard_output(room: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["arrange", room, "--seconds", "1"]) == 0
    assert len(layout_from_json(capsys.readouterr().out, SCENE)) == 2


def test_what_does_not_fit_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    big = {"id": "piano_1", "category": "piano", "size": [3.9, 3.9, 1.0]}
    room = written(tmp_path / "room.json", {**ROOM, "furniture": [*ROOM["furniture"], big]})
    assert main(["arrange", room, "--seconds", "1"]) == 3
    said = capsys.readouterr()
    assert "piano_1" in said.err
    assert len(layout_from_json(said.out)) == 2


def test_arrange_asks_a_model(room: str, capsys: pytest.CaptureFixture[str]) -> None:
    with ChatServer() as server:
        server.script(fake.says(format_answer(solve(SCENE, seconds=1)[0].layout)))
        assert main(["arrange", room, "--engine", "chat", "--base-url", server.base_url, "--preference", "cosy"]) == 0
        assert "cosy" in json.dumps(server.chats[0].body)
    assert len(layout_from_json(capsys.readouterr().out, SCENE)) == 2


def test_a_models_overlap_is_settled_unless_told_not_to(room: str, capsys: pytest.CaptureFixture[str]) -> None:
    overlapping = Layout({"bed_1": Pose(1.0, 1.2, 0.25), "wardrobe_1": Pose(1.0, 1.8, 1.0)})
    ask = ["arrange", room, "--engine", "chat", "--turns", "1", "--base-url"]
    with ChatServer() as server:
        server.script(fake.says(format_answer(overlapping)))
        assert main([*ask, server.base_url]) == 0
        said = capsys.readouterr()
        assert "settled wardrobe_1" in said.err
        assert BoxEngine().measure(SCENE, layout_from_json(said.out)).valid
        assert main([*ask, server.base_url, "--no-settle"]) == 3
        assert layout_from_json(capsys.readouterr().out) == overlapping


def test_a_chat_goes_to_the_local_server_by_default(
    room: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer(key="the-token") as server:
        own = Server(server.base_url, "the-token", 1, MODEL, "vllm", Path("log"))
        monkeypatch.setattr(serve, "status", lambda: own)
        server.script(fake.says(format_answer(solve(SCENE, seconds=1)[0].layout)))
        assert main(["arrange", room, "--engine", "chat", "--turns", "1"]) == 0


def test_the_small_model_arranges_by_its_server(
    room: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer() as server:
        own = Server(server.base_url, "the-token", 1, "metaspatial-small", "metaspatial", Path("log"))
        monkeypatch.setattr(small, "small_server", lambda python, **options: own)
        server.script(fake.says(format_answer(solve(SCENE, seconds=1)[0].layout)))
        assert main(["arrange", room, "--engine", "small", "--turns", "1"]) == 0
    assert server.chats[0].body["model"] == "metaspatial-small"
    assert "2 of 2 pieces placed" in capsys.readouterr().err


def test_the_small_model_without_a_python_is_status_4(
    room: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small, "find_python", lambda preferred: "")
    assert main(["arrange", room, "--engine", "small"]) == 4
    assert "pip install torch" in capsys.readouterr().err


def test_an_absent_server_is_status_4(room: str, capsys: pytest.CaptureFixture[str]) -> None:
    with ChatServer() as server:
        address = server.base_url
    assert main(["arrange", room, "--engine", "chat", "--base-url", address]) == 4
    said = capsys.readouterr()
    assert "Nothing listens" in said.err
    assert said.out == ""


@pytest.mark.parametrize("address", ["127.0.0.1:8000", "https://models.example/v1"])
def test_an_unusable_address_is_bad_input(room: str, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["arrange", room, "--engine", "chat", "--base-url", address]) == 2


def test_validate_names_the_field_and_the_reason(room: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = json.loads(json.dumps(ROOM))
    bad["furniture"][1]["size"][0] = -1
    broken = written(tmp_path / "broken.json", bad)
    half = written(tmp_path / "half.json", '{"format": ')
    assert main(["validate", room, broken, half]) == 2
    good, wrong, unread = capsys.readouterr().out.splitlines()
    assert good == f"{room}: a scene of 2 pieces, 2 of them movable"
    assert wrong.startswith(f"{broken}: furniture[1].size[0]")
    assert unread.startswith(half)
    assert main(["validate", room]) == 0


def test_validate_reads_layouts_too(room: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    poses = [{"id": "sofa_9", "x": 1, "y": 1, "z": 0.2}]
    layout = written(tmp_path / "layout.json", {"format": "metaspatial-layout", "version": 1, "poses": poses})
    assert main(["validate", layout]) == 0
    assert "a layout of 1 pieces" in capsys.readouterr().out
    assert main(["validate", "--scene", room, layout]) == 2
    assert "sofa_9" in capsys.readouterr().out


def test_import_reads_a_scene_graph(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bed = {
        "new_object_id": "bed_1",
        "style": "modern",
        "material": "oak",
        "size_in_meters": {"length": 2.0, "width": 1.6, "height": 0.5},
        "placement": {"room_layout_elements": [], "objects_in_room": []},
    }
    graph = written(tmp_path / "graph.json", [bed])
    assert main(["import-idesign", graph, "--room", "4", "3", "2.5", "--preference", "quiet"]) == 0
    scene = scene_from_json(capsys.readouterr().out)
    assert [piece.id for piece in scene.furniture] == ["bed_1"]
    assert (scene.room.extent, scene.preference, scene.name) == ((4.0, 3.0), "quiet", "graph")
    assert main(["import-idesign", graph, "--room", "4", "nan", "2.5"]) == 2
    assert main(["import-idesign", written(tmp_path / "no.json", "{}")]) == 2


def test_files_that_cannot_be_used_are_named(room: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "missing.json")
    assert main(["arrange", missing]) == 2
    assert f"{missing}: can't be read" in capsys.readouterr().err
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe\x00")
    assert main(["validate", str(binary)]) == 2
    assert "UTF-8" in capsys.readouterr().err
    assert main(["arrange", room, "--seconds", "1", "--out", str(tmp_path / "no" / "layout.json")]) == 2
    assert "can't be written" in capsys.readouterr().err


def test_a_room_with_nothing_to_move(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["arrange", written(tmp_path / "empty.json", {**ROOM, "furniture": []})]) == 2
    assert "nothing to arrange" in capsys.readouterr().err


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(ROOM).encode())))
    assert main(["validate", "-"]) == 0


def test_serve_tells_and_stops_what_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--status"]) == 4
    assert main(["serve", "--stop"]) == 0
    assert "no server" in capsys.readouterr().err


def test_serve_says_what_it_started(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: dict[str, Any] = {}

    def start(model: str, **options: Any) -> Server:
        asked.update(options, model=model)
        return Server("http://127.0.0.1:7/v1", "tok", 42, model, "vllm", Path("serve.log"))

    monkeypatch.setattr(serve, "start", start)
    assert main(["serve", "--model", "some/model", "--detach", "--port", "7", "--python", "py"]) == 0
    assert (asked["model"], asked["port"], asked["python"], asked["tied"]) == ("some/model", 7, "py", False)
    shown = capsys.readouterr().out
    for part in ("http://127.0.0.1:7/v1", "tok", "some/model", "ready"):
        assert part in shown


def test_a_server_that_cannot_start_is_status_4(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--model", "m", "--python", "/nowhere/python"]) == 4
    assert "/nowhere/python" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [[], ["arrange"], ["validate"], ["import-idesign"], ["serve"], ["generate"], ["evaluate"], ["report"], ["judge"]],
)
def test_every_help_tells_the_exit_statuses(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert ended.value.code == 0
    assert "exit status" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong", [[], ["dance"], ["arrange"], ["arrange", "x", "--turns", "0"], ["arrange", "x", "--seconds", "nan"]]
)
def test_wrong_usage_is_status_2(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(wrong)
    assert ended.value.code == 2


def evaluated(folder: Path, out: Path, *options: str) -> int:
    return main(["evaluate", "--scenes", str(folder), "--out", str(out), *options])


def test_evaluate_prints_a_table_and_writes_the_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rooms, out = folder_of(tmp_path / "rooms", 3), tmp_path / "out"
    mine = "mine=" + answers_of(tmp_path / "answers.jsonl", {f"room{k}": GOOD for k in range(3)})
    options = ("--policies", "random", mine, "--compare", "random", "mine", "--report")
    assert evaluated(rooms, out, *options) == 0
    said = capsys.readouterr()
    assert "Total" in said.out
    assert "random → mine" in said.out
    assert {path.name for path in out.iterdir()} >= {"records.jsonl", "table.json", "comparison.json", "report.html"}
    assert "| random |" in (out / "table.md").read_text()
    assert "| p (Holm) |" in (out / "comparison.md").read_text()
    table = json.loads((out / "table.json").read_text())
    assert [row["policy"] for row in table["rows"]] == ["random", "mine"]
    assert evaluated(rooms, out, *options[:3]) == 0
    assert "6 of 6 are done already" in capsys.readouterr().err
    assert main(["report", str(out), "--compare", "random", "mine"]) == 0
    assert "random → mine" in capsys.readouterr().out


def test_two_folders_of_results_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rooms = folder_of(tmp_path / "rooms", 2)
    for name in ("before", "after"):
        assert evaluated(rooms, tmp_path / name, "--policies", "random", "--seeds", "0,1") == 0
    capsys.readouterr()
    before, after = str(tmp_path / "before"), str(tmp_path / "after")
    assert main(["report", after, "--compare", before, after]) == 0
    assert "random" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--policies", "randon"], "'randon' names no policy"),
        (["--scenes", "nowhere.json"], "nowhere.json: there is no such file"),
        (["--scenes", "generated:0-x"], "generated:0-x"),
        (["--compare", "random", "nobody"], "--compare nobody"),
        (["--judge-url", "http://127.0.0.1:9/v1", "--judge-model", "m"], "blender_scripts/evaluate.py"),
        (["--judge-model", "gpt-4o"], "--judge-allow-remote"),
    ],
)
def test_evaluate_refuses_before_it_begins(
    tmp_path: Path, options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["evaluate", "--policies", "random", "--out", str(out), *options]) == 2
    assert words in capsys.readouterr().err
    assert not (out / "records.jsonl").exists()


def test_evaluate_asks_for_no_more_pieces_than_can_be_had(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["evaluate", "--scenes", "generated:0", "--pieces", "99", "--out", str(tmp_path)])
    assert "99 pieces can't be had; give 3 to 25" in capsys.readouterr().err


def test_evaluate_without_any_answer_is_status_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rooms = folder_of(tmp_path / "rooms", 2)
    nothing = answers_of(tmp_path / "answers.jsonl", {})
    assert evaluated(rooms, tmp_path / "out", "--policies", nothing) == 4
    said = capsys.readouterr()
    assert "2 of 2 gave no answer and count as nothing placed" in said.err
    with ChatServer() as server:
        address = server.base_url
    assert evaluated(rooms, tmp_path / "chat", "--policies", f"chat:base_url={address}") == 4
    assert "Nothing listens" in capsys.readouterr().err
    assert not (tmp_path / "chat" / "records.jsonl").exists()


def test_evaluate_asks_a_model_over_turns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rooms = folder_of(tmp_path / "rooms", 1)
    with ChatServer() as server:
        server.script(fake.says(HEAP), fake.says(GOOD))
        assert (
            evaluated(rooms, tmp_path / "out", "--policies", f"mine=chat:base_url={server.base_url}", "--turns", "2")
            == 0
        )
    (record,) = read_records(tmp_path / "out" / "records.jsonl")
    assert [turn.answer for turn in record.turns] == [HEAP, GOOD]
    assert record.answer == GOOD
    assert record.turns[0].grades["physics"] < record.turns[1].grades["physics"] == 1.0


def test_evaluate_names_the_extra_that_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "fcl", None)
    assert main(["evaluate", "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "scipy, fcl" in said
    assert 'pip install "metaspatial[evaluate]"' in said


def test_report_of_what_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path)]) == 2
    assert "can't be read" in capsys.readouterr().err
    (tmp_path / "records.jsonl").write_text("{}\n{}\n")
    assert main(["report", str(tmp_path)]) == 2
    assert "line 1" in capsys.readouterr().err
