# SPDX-License-Identifier: GPL-3.0-or-later
"""Entry of the server process; run by its path, with an interpreter that may know no package named `metaspatial`."""

import importlib
import importlib.util
import sys
from pathlib import Path

NAME = "metaspatial"


def make_importable(root: Path) -> None:
    """Let `import metaspatial` find the package at `root`, whatever the folder is called."""
    spec = importlib.util.spec_from_file_location(NAME, root / "__init__.py", submodule_search_locations=[str(root)])
    if spec is None or spec.loader is None:
        raise ImportError(f"no package at {root}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    here = Path(__file__).resolve()
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != here.parent]
    make_importable(here.parents[2])
    raise SystemExit(importlib.import_module(f"{NAME}.backend.serve.runner").main())
