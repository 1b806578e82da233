# SPDX-License-Identifier: GPL-3.0-or-later
"""Votes kept on disk: asked once, kept apart, never wrong."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from metaspatial.backend.rewards.judge import RenderJudge, rubric
from metaspatial.backend.rewards.judge import judge as judge_module
from metaspatial.backend.rewards.judge.cache import VoteCache, key_of
from metaspatial.backend.rewards.judge.rubric import Vote
from metaspatial.backend.scene import Scene
from metaspatial.tests.backend.rewards.judge.answers import KEYS, PICTURES, marks, picture
from metaspatial.tests.chat_server import ChatServer, fails, says

MakeJudge = Callable[..., RenderJudge]
VOTE = Vote(dict.fromkeys(KEYS, 6.5), "Fine.")


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_what_was_judged_is_not_asked_again(server: ChatServer, make_judge: MakeJudge, scene: Scene) -> None:
    server.script(says(marks(4)), says(marks(6)), says(marks(8)), fails(500, "must not be asked"))
    first = make_judge(cache=True, votes=3).judge(scene, PICTURES)
    judge = make_judge(cache=True, votes=3)
    assert judge.judge(scene, PICTURES) == first
    assert len(server.chats) == 3
    assert (judge.usage.calls, judge.usage.cache_hits, judge.usage.prompt_tokens) == (0, 3, 0)


def test_more_votes_ask_only_for_the_new_ones(server: ChatServer, make_judge: MakeJudge, scene: Scene) -> None:
    server.script(says(marks(4)))
    make_judge(cache=True, votes=2).judge(scene, PICTURES)
    make_judge(cache=True, votes=3).judge(scene, PICTURES)
    assert len(server.chats) == 3


@pytest.mark.parametrize("change", ["picture", "order", "model", "temperature", "rubric", "preference", "server"])
def test_whatever_a_vote_depends_on_makes_it_another(
    server: ChatServer, make_judge: MakeJudge, scene: Scene, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.script(says(marks(4)))
    make_judge(cache=True).judge(scene, PICTURES)
    settings, pictures = {}, PICTURES
    if change == "picture":
        pictures = (PICTURES[0], picture(b"another"))
    elif change == "order":
        pictures = PICTURES[::-1]
    elif change == "model":
        settings = {"model": "another"}
    elif change == "temperature":
        settings = {"temperature": 0.1}
    elif change == "rubric":
        monkeypatch.setattr(judge_module, "RUBRIC_VERSION", rubric.RUBRIC_VERSION + "b")
    elif change == "preference":
        scene = dataclasses.replace(scene, preference="A loud place.")
    else:
        settings = {"base_url": server.url + "/v1/"}
    make_judge(cache=True, **settings).judge(scene, pictures)
    assert len(server.chats) == (1 if change == "server" else 2), "only spelling the address otherwise is the same"


@pytest.mark.parametrize("failure", [fails(500, "oops"), says("Lovely."), says(marks("8"))])
def test_failures_are_not_kept(
    server: ChatServer, make_judge: MakeJudge, scene: Scene, tmp_path: Path, failure: Callable
) -> None:
    server.script(failure, says(marks(8)))
    judge = make_judge(cache=True)
    assert judge.judge(scene, PICTURES).grade is None
    assert not files_in(tmp_path / "cache")
    assert judge.judge(scene, PICTURES).grade is not None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[" * 50_000,
        lambda text: "null",
        lambda text: text.replace("8.0", "80"),
        lambda text: text.replace("8.0", '"8"'),
        lambda text: text.replace("layout", "lay"),
        lambda text: text.replace('"key": "', '"key": "0'),
    ],
)
def test_a_spoilt_entry_is_asked_for_anew_and_mended(
    server: ChatServer, make_judge: MakeJudge, scene: Scene, tmp_path: Path, spoil: Callable[[str], str]
) -> None:
    server.script(says(marks(8)))
    make_judge(cache=True).judge(scene, PICTURES)
    (path,) = files_in(tmp_path / "cache")
    good = path.read_text()
    path.write_text(spoil(good))
    assert make_judge(cache=True).judge(scene, PICTURES).grade is not None
    assert len(server.chats) == 2
    assert path.read_text() == good


def test_nothing_secret_is_written(server: ChatServer, make_judge: MakeJudge, scene: Scene, tmp_path: Path) -> None:
    server.script(says(marks(8)))
    make_judge(cache=True, api_key="sk-secret").judge(scene, PICTURES)
    (path,) = files_in(tmp_path / "cache")
    assert "sk-secret" not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0 or os.name == "nt"


def test_the_cache_can_be_off(server: ChatServer, make_judge: MakeJudge, scene: Scene, tmp_path: Path) -> None:
    server.script(says(marks(8)))
    judge = make_judge(cache=False)
    judge.judge(scene, PICTURES)
    judge.judge(scene, PICTURES)
    assert len(server.chats) == 2
    assert not (tmp_path / "cache").exists()


def test_a_folder_that_cannot_be_written_fails_nothing(
    server: ChatServer, make_judge: MakeJudge, scene: Scene, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    server.script(says(marks(8)))
    assert make_judge(cache=True, cache_dir=tmp_path / "file").judge(scene, PICTURES).grade is not None


def test_the_default_folder_is_the_users(
    server: ChatServer, make_judge: MakeJudge, scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    server.script(says(marks(8)))
    make_judge(cache=True, cache_dir=None).judge(scene, PICTURES)
    assert len(files_in(tmp_path / "user_cache" / "metaspatial" / "judge")) == 1


def test_the_longest_unused_go_first(tmp_path: Path) -> None:
    cache = VoteCache(tmp_path, max_entries=10)
    keys = [key_of(number) for number in range(10)]
    for age, key in enumerate(keys):
        cache.put(key, VOTE)
        (path,) = tmp_path.glob(f"??/{key}.json")
        os.utime(path, (1_000_000 + age, 1_000_000 + age))
    assert cache.get(keys[0]) == VOTE  # used again: young now
    cache.put(key_of("one more"), VOTE)
    kept = [key for key in keys if cache.get(key)]
    assert kept == [keys[0], *keys[3:]]


def test_the_bytes_are_bounded(tmp_path: Path) -> None:
    cache = VoteCache(tmp_path, max_entries=20, max_bytes=2000)
    for number in range(40):
        cache.put(key_of(number), VOTE)
        assert sum(path.stat().st_size for path in files_in(tmp_path)) < 3000


def test_files_left_unfinished_go_once_they_are_old(tmp_path: Path) -> None:
    cache = VoteCache(tmp_path)
    cache.put(key_of(1), VOTE)
    old, new = (tmp_path / "ab" / f"{name}.new" for name in ("old", "new"))
    old.parent.mkdir(exist_ok=True)
    old.touch()
    new.touch()
    os.utime(old, (1_000_000, 1_000_000))
    cache.prune()
    assert not old.exists()
    assert new.exists()


@pytest.mark.slow
def test_several_processes_share_a_folder(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from metaspatial.backend.rewards.judge.cache import VoteCache, key_of\n"
        "from metaspatial.backend.rewards.judge.rubric import CRITERIA, Vote\n"
        "vote = Vote({one.key: 6.5 for one in CRITERIA}, 'Fine.' * 100)\n"
        "cache = VoteCache(Path(sys.argv[1]), max_entries=20)\n"
        "for n in range(120):\n"
        "    cache.put(key_of(n % 30), vote)\n"
        "    found = cache.get(key_of((n * 7) % 30))\n"
        "    assert found is None or found == vote\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    for process in running:
        assert process.communicate(timeout=60)[1] == ""
        assert process.returncode == 0
    assert not list(tmp_path.rglob("*.new"))
    assert 0 < len(files_in(tmp_path)) <= 30


def test_many_writers_and_readers_of_one_entry(tmp_path: Path) -> None:
    caches = [VoteCache(tmp_path, max_entries=5) for _ in range(4)]
    wrong: list[object] = []

    def work(cache: VoteCache, seed: int) -> None:
        for number in range(60):
            key = key_of((number * (seed + 1)) % 12)
            cache.put(key, VOTE)
            if cache.get(key) not in (VOTE, None):
                wrong.append(key)

    threads = [threading.Thread(target=work, args=(cache, seed)) for seed, cache in enumerate(caches)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert not list(tmp_path.rglob("*.new"))
