# SPDX-License-Identifier: GPL-3.0-or-later
"""What the add-on adds to Blender's start: `python benchmarks/startup.py`. Its imports and its registration, each time
in a new process. The goal is 50 ms."""

from __future__ import annotations

import statistics
import subprocess
import sys

ROUNDS = 7
REGISTER = """
import sys, time
import bpy
{before}
start = time.perf_counter()
import metaspatial
metaspatial.register()
print("SECONDS", time.perf_counter() - start, flush=True)
metaspatial.unregister()
"""


def main() -> None:
    for what, before in {"alone": "", "where numpy is loaded already": "import numpy"}.items():
        runs = [seconds(before) * 1000 for _ in range(ROUNDS)]
        print(f"start-up, {what}: median {statistics.median(runs):.0f} ms, fastest {min(runs):.0f} ms of {ROUNDS}")


def seconds(before: str) -> float:
    command = [sys.executable, "-c", REGISTER.format(before=before)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.split("SECONDS ")[1].split()[0])


if __name__ == "__main__":
    main()
