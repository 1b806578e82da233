# SPDX-License-Identifier: GPL-3.0-or-later
"""A journal has what was added, whole, wherever its file was cut."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend.curate.journal import Journal


def test_lines_are_there_again(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.add({"key": "a", "n": 1})
        assert journal["a"] == {"key": "a", "n": 1}
        journal.add({"key": "ü", "n": 2})
    with Journal(tmp_path / "j") as journal:
        assert list(journal) == ["a", "ü"]
        journal.add({"key": "c", "n": 3})
        assert [journal[key]["n"] for key in ("ü", "c", "a")] == [2, 3, 1]
        assert "b" not in journal


@given(st.lists(st.text(), unique=True, min_size=1, max_size=5), st.data())
def test_a_file_cut_anywhere_keeps_its_whole_lines_and_takes_more(keys: list[str], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "j")
        with Journal(file) as journal:
            for key in keys:
                journal.add({"key": key})
        text = file.read_bytes()
        cut = data.draw(st.integers(0, len(text)))
        file.write_bytes(text[:cut])
        whole = text[:cut].count(b"\n")
        with Journal(file) as journal:
            assert list(journal) == keys[:whole]
            journal.add({"key": "more"})
        with Journal(file) as journal:
            assert list(journal) == list(dict.fromkeys([*keys[:whole], "more"]))
