# SPDX-License-Identifier: GPL-3.0-or-later
"""`metaspatial curate descriptions`, from the command line to the dataset, with a server that does as told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from metaspatial.backend import cli
from metaspatial.backend.console import BAD_INPUT, NO_ENGINE, OK
from metaspatial.backend.curate.llm import LlmSettings, LlmSource
from metaspatial.backend.curate.llm.descriptions import read_descriptions
from metaspatial.backend.curate.making import Wanted
from metaspatial.backend.curate.pipeline import Curation, SourceGone, curate
from metaspatial.backend.curate.rooms import read_rooms
from metaspatial.backend.policies.chat import ChatSettings
from metaspatial.tests import chat_server as fake
from metaspatial.tests.backend.curate.llm.answers_of_models import EASY, answer
from metaspatial.tests.chat_server import MODEL, ChatServer

EASILY = answer(**EASY)
ROOMS = [f"A quiet {colour} study with a desk and a small window." for colour in ("red", "blue", "green", "white")]


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as running:
        yield running


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Four studies, and one that can't be."""
    records = [{"description": text, "size": {"x": 5, "y": 4, "z": 2.8}} for text in ROOMS]
    records.insert(2, {"description": "A study of three millimetres.", "size": {"x": 0.003, "y": 4, "z": 2.8}})
    file = tmp_path / "own.json"
    file.write_text(json.dumps(records))
    return file


def run(server: ChatServer, own: Path, *more: str) -> int:
    return cli.main([
        "curate", "descriptions", "--base-url", server.base_url, "--model", MODEL, "--from", str(own),
        "--answers", str(own.parent / "answers"), "--out", str(own.parent / "out"), "--targets", "none", *more,
    ])  # fmt: skip


@pytest.mark.slow
def test_descriptions_become_a_dataset(server: ChatServer, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = answer(preference="")
    server.script(fake.says(wrong), fake.says(wrong), fake.says(EASILY))
    assert run(server, own, "--threads", "1", "--tries", "2", "--targets", "lessons") == OK
    rooms = list(read_rooms(own.parent / "out"))
    assert len(rooms) == 3
    assert {len(room.scene.furniture) for room in rooms} == {3}
    (dropped,) = map(json.loads, (own.parent / "out" / "dropped.jsonl").read_text().splitlines())
    assert dropped["reason"].startswith("no usable answer, no preference: ")
    said = capsys.readouterr().err
    assert "4 descriptions, 1 left out: 1 sizes that can't be metres" in said
    assert "5 calls to http://127.0.0.1" in said
    assert "3 accepted, 2 refused; 100 prompt and 25 completion tokens" in said
    card = (own.parent / "out" / "README.md").read_text()
    assert "arXiv:2503.18470" in card
    assert server.base_url not in card


def test_only_so_many(server: ChatServer, own: Path) -> None:
    server.script(fake.says(EASILY))
    assert run(server, own, "--limit", "2") == OK
    assert len(server.chats) == 2


@pytest.mark.slow
def test_what_is_asked_is_told_whoever_makes_the_rooms(
    server: ChatServer, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.script(fake.says(EASILY))
    assert run(server, own, "--threads", "1", "--workers", "2") == OK
    assert "4 calls to http://127.0.0.1" in capsys.readouterr().err


def test_whoever_may_not_ask_gets_no_dataset(server: ChatServer, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server.script(fake.fails(401, "who are you"))
    assert run(server, own, "--limit", "2", "--threads", "1") == NO_ENGINE
    assert "2 rooms could not be had this time" in capsys.readouterr().err
    assert len(server.chats) == 1


def test_where_files_lie_is_not_published(server: ChatServer, own: Path) -> None:
    server.script(fake.says(EASILY))
    assert run(server, own, "--limit", "1") == OK
    out = own.parent / "out"
    assert "--from own.json" in (out / "README.md").read_text()
    assert str(own.parent) not in "".join(file.read_text() for file in out.iterdir())
    elsewhere = own.parent / "elsewhere" / own.name
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(own.read_bytes())
    assert run(server, elsewhere, "--limit", "1", "--out", str(out)) == BAD_INPUT


@pytest.mark.slow
def test_a_dead_server_ends_the_work_and_nothing_is_lost(
    server: ChatServer, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = json.loads(own.read_text())
    more = [{**records[0], "description": f"{ROOMS[0]} It is number {k}."} for k in range(10)]
    own.write_text(json.dumps([*records, *more]))
    server.script(fake.says(EASILY), fake.says(EASILY), fake.fails(500, "out of memory"))
    assert run(server, own, "--threads", "2", "--give-up", "2") == NO_ENGINE
    assert "out of memory" in capsys.readouterr().err
    assert len(server.chats) < 2 + 3 * 4
    server.script(fake.says(EASILY))
    assert run(server, own, "--threads", "2", "--give-up", "2") == OK
    assert "12 calls" in capsys.readouterr().err  # 14 rooms, of which 2 were answered before
    assert len(list(read_rooms(own.parent / "out"))) == 14


def test_interrupted_it_goes_on_where_it_was(server: ChatServer, own: Path) -> None:
    server.script(fake.says(EASILY))
    settings = LlmSettings(ChatSettings(server.base_url, MODEL), threads=2, folder=own.parent / "answers")

    def stop(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    def source() -> LlmSource:
        return LlmSource(read_descriptions(own).kept, settings)

    out = own.parent / "out"
    with pytest.raises(KeyboardInterrupt):
        curate(Curation(source(), Wanted("none")), out, on_found=stop)
    second = source()
    counts = curate(Curation(second, Wanted("none")), out).counts
    assert sum(counts.rooms.values()) == 4
    assert second.usage.calls <= 2  # what was answered already is not asked again


def test_a_server_that_has_gone_is_no_fault_of_the_rooms(own: Path) -> None:
    with ChatServer() as gone:
        url = gone.base_url
    settings = LlmSettings(ChatSettings(url, MODEL), tries=1, failures=2, threads=1, folder=own.parent / "answers")
    records = [{"description": f"{ROOMS[0]} {k}", "size": {"x": 5, "y": 4, "z": 2.8}} for k in range(12)]
    own.write_text(json.dumps(records))
    with pytest.raises(SourceGone, match="Nothing listens"):
        curate(Curation(LlmSource(read_descriptions(own).kept, settings), Wanted("none")), own.parent / "out")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--base-url", "http://192.0.2.1:8000/v1"], "--allow-remote"),
        (["--base-url", "ftp://127.0.0.1"], "must start with http"),
        (["--from", "/nowhere/at/all.json"], "can't be read"),
    ],
)
def test_what_can_not_be_is_said_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    base = ["--base-url", "http://127.0.0.1:9/v1", "--answers", str(tmp_path / "answers"), "--out", str(tmp_path / "o")]
    assert cli.main(["curate", "descriptions", *base, *options]) == BAD_INPUT
    assert told in capsys.readouterr().err
    assert not (tmp_path / "o").exists()
