# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may look at whom, and what no file may do. Read from the syntax trees: nothing is imported to find out."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ("__init__.py", "backend", "metaspatial_addon", "blender_scripts")
BLENDER = {"bpy", "bmesh", "mathutils", "gpu", "gpu_extras", "blf", "bpy_extras", "addon_utils", "idprop", "imbuf"}
EVERYWHERE = set(sys.stdlib_module_names) | {"numpy", "requests"}
BEYOND_BLENDER = ("backend/learn/", "backend/evaluate/", "backend/curate/", "backend/rewards/judge/")
"""What needs more than Blender brings, by the extras of pyproject.toml; the panel does without."""
SPAWNING = {
    *("backend/learn/compared.py", "backend/learn/runs.py", "backend/packages.py"),
    *("backend/serve/server.py", "backend/workers.py"),
    "metaspatial_addon/render/probe.py",
}
"""The only shipped files that may start other programs."""


class Import(NamedTuple):
    target: str  # "numpy.linalg", or "metaspatial.backend.scene" for the project's own, relative ones too
    line: int
    deferred: bool  # inside a function, or for type checkers only


def test_every_python_file_names_its_licence() -> None:
    without = [
        path
        for path in python_files("tests", "tools", *SHIPPED)
        if not (ROOT / path).read_text().startswith("# SPDX-License-Identifier: GPL-3.0-or-later\n")
    ]
    assert not without, "\n".join(without)


def test_the_backend_never_looks_at_blender() -> None:
    wrong = [
        f"{path}:{one.line} imports {one.target}"
        for path, one in imports("backend")
        if root_of(one) in BLENDER or within(one, "metaspatial.metaspatial_addon", "metaspatial.blender_scripts")
    ]
    assert not wrong, "\n".join(wrong)


def test_blender_work_never_looks_at_the_panel() -> None:
    wrong = [
        f"{path}:{one.line} imports {one.target}"
        for path, one in imports("metaspatial_addon")
        if not path.startswith("metaspatial_addon/ui/") and within(one, "metaspatial.metaspatial_addon.ui")
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_looks_at_the_scripts() -> None:
    wrong = [
        f"{path}:{one.line} imports {one.target}"
        for path, one in imports("__init__.py", "backend", "metaspatial_addon")
        if within(one, "metaspatial.blender_scripts")
    ]
    assert not wrong, "\n".join(wrong)


def test_torch_stays_in_the_learning_room() -> None:
    family = {"torch", "transformers", "trl", "peft", "datasets", "accelerate", "vllm"}
    wrong = [
        f"{path}:{one.line} imports {one.target}"
        for path, one in imports("__init__.py", "backend", "metaspatial_addon")
        if root_of(one) in family and not path.startswith("backend/learn/")
    ]
    assert not wrong, "\n".join(wrong)


def test_clusters_are_asked_for_in_one_place_and_only_when_wanted() -> None:
    found = [(path, one.deferred) for path, one in imports("__init__.py", "backend", "metaspatial_addon")
             if root_of(one) == "ray"]  # fmt: skip
    assert found
    assert set(found) == {("backend/cluster.py", True)}


def test_the_extension_needs_nothing_that_blender_does_not_bring() -> None:
    allowed = EVERYWHERE | BLENDER | {"metaspatial"}
    wrong = [
        f"{path}:{one.line} imports {one.target}"
        for path, one in imports("__init__.py", "backend", "metaspatial_addon")
        if not one.deferred and root_of(one) not in allowed and not path.startswith(BEYOND_BLENDER)
    ]
    assert not wrong, "\n".join(wrong)


def test_what_the_extension_runs_never_needs_more_than_blender_brings() -> None:
    """Rooms that need other packages are looked at from inside functions only, or the panel would not load."""
    rooms = tuple("metaspatial." + room.rstrip("/").replace("/", ".") for room in BEYOND_BLENDER)
    wrong = [
        f"{path}:{one.line} imports {one.target}"
        for path, one in imports("__init__.py", "backend", "metaspatial_addon")
        if not one.deferred and within(one, *rooms) and not path.startswith((*BEYOND_BLENDER, "backend/serve/"))
    ]
    assert not wrong, "\n".join(wrong)


def test_the_package_imports_itself_relatively() -> None:
    """In Blender it is `bl_ext.<repository>.metaspatial`: importing `metaspatial` fails, or finds another copy."""
    wrong = []
    for path in python_files("__init__.py", "backend", "metaspatial_addon"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            else:
                continue
            own = ("metaspatial", "backend", "metaspatial_addon")
            wrong += [f"{path}:{node.lineno} imports {name}" for name in names if name.split(".")[0] in own]
    assert not wrong, "\n".join(wrong)


def test_nothing_executes_what_it_is_told() -> None:
    """No eval, exec, pickle, shell; other programs are started in the files named above and nowhere else."""
    wrong = []
    for path in python_files(*SHIPPED):
        for node in ast.walk(tree_of(path)):
            reason = dangerous(node) if isinstance(node, ast.Call) else None
            if reason:
                wrong.append(f"{path}:{getattr(node, 'lineno', 0)} {reason}")
        wrong += [
            f"{path}:{one.line} imports {one.target}"
            for one in imports_in(path)
            if root_of(one) in {"pickle", "marshal", "shelve", "dill", "pty", "code"}
            or (root_of(one) in {"subprocess", "multiprocessing"} and path not in SPAWNING)
        ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("eval('1')", "calls eval"),
        ("builtins.exec(text)", "calls exec"),
        ("os.system('ls')", "calls os.system"),
        ("subprocess.run('ls', shell=True)", "runs a shell"),
        ("requests.get(url, verify=False)", "does not verify TLS"),
        ("re.compile('x')", None),
        ("self.exec_(1)", None),
    ],
)
def test_the_dangers_are_recognised(source: str, reason: str | None) -> None:
    assert dangerous(ast.parse(source, mode="eval").body) == reason


def test_relative_imports_are_resolved() -> None:
    (found,) = imports_of(ast.parse("from ..scene import Scene"), "backend/rewards/x.py")
    assert (found.target, found.deferred) == ("metaspatial.backend.scene", False)
    (found,) = imports_of(ast.parse("def f():\n from . import ui"), "metaspatial_addon/x.py")
    assert (found.target, found.deferred) == ("metaspatial.metaspatial_addon.ui", True)


def dangerous(node: ast.AST) -> str | None:
    """What is wrong with a call, or None."""
    assert isinstance(node, ast.Call)
    name = ast.unparse(node.func)
    for keyword in node.keywords:
        if keyword.arg == "shell" and not is_constant(keyword.value, False):
            return "runs a shell"
        if keyword.arg == "verify" and is_constant(keyword.value, False):
            return "does not verify TLS"
    if name in {"eval", "exec", "compile", "__import__", "builtins.eval", "builtins.exec"}:
        return f"calls {name.split('.')[-1]}"
    if name.startswith(("os.exec", "os.spawn")) or name in {"os.system", "os.popen", "os.startfile"}:
        return f"calls {name}"
    return None


def is_constant(node: ast.AST, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def python_files(*places: str) -> list[str]:
    """Paths relative to the root, of the files and of all files in the folders named."""
    found = []
    for place in places:
        path = ROOT / place
        files = [path] if path.is_file() else sorted(path.rglob("*.py"))
        found += [file.relative_to(ROOT).as_posix() for file in files if "__pycache__" not in file.parts]
    return found


@cache
def tree_of(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(), filename=path)


def imports(*places: str) -> Iterator[tuple[str, Import]]:
    for path in python_files(*places):
        for one in imports_in(path):
            yield path, one


@cache
def imports_in(path: str) -> list[Import]:
    return imports_of(tree_of(path), path)


def imports_of(tree: ast.Module, path: str) -> list[Import]:
    package = ("metaspatial", *Path(path).parent.parts)
    found: list[Import] = []

    def visit(node: ast.AST, deferred: bool) -> None:
        if isinstance(node, ast.Import):
            found.extend(Import(alias.name, node.lineno, deferred) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join((*package[: len(package) + 1 - node.level],)) if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            # `from . import ui` names modules, `from .ui import draw` things in one
            targets = [module] if node.module else [f"{module}.{alias.name}" for alias in node.names]
            found.extend(Import(target, node.lineno, deferred) for target in targets)
        inside = deferred or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            for child in node.body:
                visit(child, True)
            for child in node.orelse:
                visit(child, deferred)
            return
        for child in ast.iter_child_nodes(node):
            visit(child, inside)

    visit(tree, False)
    return found


def root_of(one: Import) -> str:
    return one.target.split(".")[0]


def within(one: Import, *packages: str) -> bool:
    return any(one.target == package or one.target.startswith(package + ".") for package in packages)
