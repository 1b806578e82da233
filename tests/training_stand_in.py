# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that behaves as `blender_scripts/train.py` does to those who watch it, and learns nothing.

Five steps; with `--wait` each lasts until it is told to stop, with `--fail` it ends before the first.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLAY = """
import json, os, sys, time
from pathlib import Path
sys.path.insert(0, {scripts!r})
from bootstrap import use_this_tree
use_this_tree()
from metaspatial.backend.lock import held
out = Path(sys.argv[sys.argv.index("--out") + 1])
if "--fail" in sys.argv:
    sys.exit("metaspatial: training needs the package “trl”, which this Python lacks")
def tell(state, step):
    told = {{"state": state, "step": step, "steps": 5, "reward": 0.1 * step, "process": os.getpid()}}
    (out / "status.part").write_text(json.dumps(told))
    os.replace(out / "status.part", out / "status.json")
with held(out, "training"):
    step = int("--resume" in sys.argv)
    while step < 5 and not (out / "stop").exists():
        step += 1
        tell("running", step)
        print(f"metaspatial: step {{step}}", flush=True)
        (out / f"checkpoint-{{step}}").mkdir(exist_ok=True)
        (out / f"checkpoint-{{step}}" / "trainer_state.json").write_text("{{}}")
        while "--wait" in sys.argv and not (out / "stop").exists():
            time.sleep(0.02)
    if step == 5:
        (out / "model").mkdir()
        (out / "model" / "config.json").write_text("{{}}")
    (out / "stop").unlink(missing_ok=True)
    tell("done" if step == 5 else "stopped", step)
"""


def stand_in(folder: Path) -> Path:
    """The program's file, in this folder."""
    script = folder / "train.py"
    script.write_text(PLAY.format(scripts=str(ROOT / "blender_scripts")), encoding="utf-8")
    return script
