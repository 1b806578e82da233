# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets a script import `metaspatial` from the tree it lies in: a checkout of any name, the installed extension, or pip.

A script begins so, because `blender -P` doesn't put the script's folder on the path:

    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from bootstrap import arguments, use_this_tree
    use_this_tree()
    from metaspatial.backend.scene import scene_from_json
"""

from __future__ import annotations

import faulthandler
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
NAME = "metaspatial"


def use_this_tree() -> ModuleType:
    """Makes `import metaspatial` mean the tree around this file; returns the package.

    Where Blender has loaded this tree as an extension already (`bl_ext.….metaspatial`), the very same modules are used,
    so that there is one of each class.
    """
    loaded = _loaded_package()
    if loaded is not None and loaded.__name__ != NAME:
        sys.meta_path.insert(0, _SameModules(loaded.__name__))
        _forget()
        return importlib.import_module(NAME)
    if loaded is not None:
        return loaded
    _forget()
    spec = importlib.util.spec_from_file_location(NAME, ROOT / "__init__.py", submodule_search_locations=[str(ROOT)])
    if spec is None or spec.loader is None:
        raise ImportError(f"{ROOT} is no MetaSpatial tree: it has no __init__.py")
    package = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = package
    spec.loader.exec_module(package)
    return package


def arguments() -> list[str]:
    """The script's own arguments: those after `--`, or all of them when Python runs the script itself."""
    if "--" in sys.argv:
        return sys.argv[sys.argv.index("--") + 1 :]
    return [] if application() else sys.argv[1:]


def application() -> str:
    """Blender's program where this runs in it; "" in Python, with the bpy package or without."""
    bpy = sys.modules.get("bpy")  # Blender itself has imported it before any script
    return "" if bpy is None else bpy.app.binary_path


def leave(status: int) -> NoReturn:
    """End with this exit status. The bpy wheel of Blender 4.2 crashes on its way out once a property was registered."""
    bpy = sys.modules["bpy"]
    if application() or bpy.app.version >= (4, 5, 0):
        sys.exit(status)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def keep_chatter(log: Path) -> None:
    """From now on what Blender itself prints (a line per picture, drivers' remarks) goes to `log`; Python's stay.

    Should Blender crash, what Python was doing is still printed. Raises OSError when `log` can't be written.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for number, name in ((1, "stdout"), (2, "stderr")):
        setattr(sys, name, os.fdopen(os.dup(number), "w", buffering=1, encoding="utf-8", errors="replace"))
        os.dup2(target, number)
    os.close(target)
    faulthandler.enable(sys.stderr)


def quietly() -> AbstractContextManager[object]:
    """Within, an operator's report ("Saved …") is Blender's own chatter, too; Blender prints it by way of Python."""
    return redirect_stdout(None)


def _loaded_package() -> ModuleType | None:
    """The package of this tree if some name for it has been imported, an extension's before our own."""
    found = [
        module
        for name, module in list(sys.modules.items())
        if name.rpartition(".")[2] == NAME and any(Path(p).resolve() == ROOT for p in getattr(module, "__path__", ()))
    ]
    return max(found, key=lambda module: len(module.__name__), default=None)


def _forget() -> None:
    """Drops another tree's `metaspatial`, such as an older one from pip."""
    for name in [name for name in sys.modules if name == NAME or name.startswith(f"{NAME}.")]:
        del sys.modules[name]


class _SameModules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers `metaspatial.x` with the extension's module `bl_ext.….metaspatial.x`."""

    def __init__(self, real_name: str) -> None:
        self._real_name = real_name
        self._specs: dict[str, importlib.machinery.ModuleSpec | None] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != NAME and not fullname.startswith(f"{NAME}."):
            return None
        return importlib.machinery.ModuleSpec(fullname, self)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._real_name + spec.name[len(NAME) :])
        self._specs[spec.name] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """The module has run already; importing it by another name must not leave it another spec."""
        assert module.__spec__ is not None  # noqa: S101
        module.__spec__ = self._specs[module.__spec__.name]
