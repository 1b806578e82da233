# SPDX-License-Identifier: GPL-3.0-or-later
"""How an evaluation scales over processes: `python benchmarks/evaluate.py`. The same layouts by one worker and by two.

Each layout is a random one of a generated scene: scored with the BVH engine on the drawn meshes, measured by all
metrics, rendered twice. Figures are layouts per second of wall-clock time from the start of the first worker to the
last record, with the time that workers take to start. The machine must have as many idle processors as workers.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SCRIPTS = Path(__file__).parents[1] / "blender_scripts"
GOAL = 1.7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layouts", type=int, default=120, help="how many (default: 120)")
    parser.add_argument("--size", type=int, default=256, help="pixels of the pictures (default: 256)")
    parser.add_argument("--workers", type=int, default=2, help="processes to compare with one (default: 2)")
    given = parser.parse_args()
    rates = {}
    with tempfile.TemporaryDirectory() as folder:
        for workers in (1, given.workers):
            out = Path(folder, str(workers))
            rates[workers] = rate(given, workers, out)
            print(f"{workers} {'worker ' if workers == 1 else 'workers'} {rates[workers]:8.2f} layouts/s", flush=True)
    ratio = rates[given.workers] / rates[1]
    goal = GOAL / 2 * given.workers
    print(f"ratio     {ratio:8.2f}    goal {goal:g}, {'met' if ratio >= goal else 'missed'}")


def rate(given: argparse.Namespace, workers: int, out: Path) -> float:
    """Layouts per second."""
    options = ["--policies", "random", "--scenes", f"generated:0-{given.layouts - 1}", "--pieces", "8-12"]
    options += ["--size", str(given.size), "--workers", str(workers), "--out", str(out)]
    start = time.perf_counter()
    script = str(SCRIPTS / "evaluate.py")
    done = subprocess.run([sys.executable, script, *options], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return given.layouts / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
