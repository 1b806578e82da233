# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from metaspatial.backend.lock import Held, held

HOLD = """
import sys
from pathlib import Path
from metaspatial.backend.lock import held
with held(Path(sys.argv[1]), "training"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_folder_that_another_process_writes_into_is_refused_until_that_ends(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "run"
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdin is not None
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    said = r"another training is writing into .*: wait for it, or give another --out"
    with pytest.raises(Held, match=said), held(folder, "training"):
        pass
    other.kill()  # whoever is killed holds nothing
    other.wait()
    with held(folder, "training"):
        pass


def test_the_same_folder_can_be_had_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="inside"), held(tmp_path, "training"):
        raise RuntimeError("inside")
    with held(tmp_path, "training"):
        pass
