# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""Curated folders as Hugging Face datasets: on disk they come back as they were; the hub gets what it should."""

from __future__ import annotations

import functools
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from metaspatial.backend.console import Stop
from metaspatial.backend.curate import hub
from metaspatial.backend.curate.making import Tools, Wanted
from metaspatial.backend.curate.pipeline import Curation, curate
from metaspatial.backend.curate.rooms import read_rooms
from metaspatial.backend.learn.examples import read_examples
from metaspatial.tests.backend.curate.rooms import Painter, Rooms, contents, good

PAINTED = functools.partial(Tools, renderer=Painter())


class Api:
    """A hub that writes down what is asked of it."""

    calls: list[tuple[str, dict[str, Any]]] = []
    who: dict[str, str] | Exception = {"name": "somebody"}

    def whoami(self) -> dict[str, str]:
        if isinstance(self.who, Exception):
            raise self.who
        return self.who

    def create_repo(self, repo: str, **more: Any) -> None:
        self.calls.append(("create", {"repo": repo, **more}))

    def upload_folder(self, **more: Any) -> None:
        self.calls.append(("upload", more))


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> type[Api]:
    Api.calls, Api.who = [], {"name": "somebody"}
    module = types.ModuleType("huggingface_hub")
    module.HfApi = Api  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    return Api


class Data:
    """A dataset that writes down where it is pushed."""

    def __init__(self, name: str, log: list[Any]) -> None:
        self.name, self.log = name, log

    def push_to_hub(self, repo: str, **more: Any) -> None:
        self.log.append(("push", {"repo": repo, **more}))


def test_who_is_not_logged_in_is_told_how(api: type[Api]) -> None:
    api.who = OSError("Token is required, but no token found.\nmore")
    with pytest.raises(Stop, match=r"no token found\.\).*hf auth login"):
        hub.check_hub("somebody/rooms")
    api.who = {"name": "somebody"}
    assert hub.check_hub("somebody/rooms") == "somebody"


@pytest.mark.parametrize("name", ["rooms", "a/b/c", "a b/c", "/c", ""])
def test_a_name_that_is_none_is_refused(api: type[Api], name: str) -> None:
    with pytest.raises(Stop, match="USER/NAME"):
        hub.check_hub(name)


def test_the_card_goes_first_and_then_the_datasets(
    api: type[Api], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "_datasets", lambda out: [(name, Data(name, api.calls)) for name in ("rooms", "examples")])
    address = hub.push(tmp_path, "somebody/rooms", private=True)
    assert address == "https://huggingface.co/datasets/somebody/rooms"
    assert [name for name, _ in api.calls] == ["create", "upload", "push", "push"]
    assert api.calls[0][1]["private"]
    assert api.calls[1][1]["folder_path"] == str(tmp_path)
    assert ".*" in api.calls[1][1]["ignore_patterns"]
    assert [more["config_name"] for name, more in api.calls if name == "push"] == ["rooms", "examples"]


def test_a_push_that_fails_says_so_and_keeps_the_folder(
    api: type[Api], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    curate(Curation(Rooms(good(1)), Wanted("none")), tmp_path)
    before = contents(tmp_path)

    def fail(self: Api, **more: Any) -> None:
        raise OSError("403 Forbidden")

    monkeypatch.setattr(Api, "upload_folder", fail)
    with pytest.raises(Stop, match="403 Forbidden; the same command tries again"):
        hub.push(tmp_path, "somebody/rooms")
    assert contents(tmp_path) == before


@pytest.mark.learn
@pytest.mark.parametrize("tools", [Tools, PAINTED])
def test_datasets_on_disk_come_back_as_they_were(tmp_path: Path, tools: Any) -> None:
    datasets = pytest.importorskip("datasets")
    from metaspatial.backend.learn.dataset import from_dataset, load_examples

    curation = Curation(Rooms(good(8)), Wanted("lessons", 0.5, 32), validation=0.3, test=0.3, tools=tools)
    curate(curation, tmp_path)
    assert hub.save(tmp_path) == hub.save(tmp_path) == [tmp_path / "hf" / "rooms", tmp_path / "hf" / "examples"]
    rooms = datasets.load_from_disk(str(tmp_path / "hf" / "rooms"))
    assert {(row["key"], split) for split in rooms for row in rooms[split]} == {
        (one.key, one.split) for one in read_rooms(tmp_path)
    }
    examples = list(read_examples(tmp_path))
    for split in rooms:
        wanted = [one for one in examples if one.split == split]
        assert wanted
        assert from_dataset(load_examples(tmp_path / "hf" / "examples", split)) == wanted
