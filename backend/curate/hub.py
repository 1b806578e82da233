# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""A curated folder as Hugging Face datasets: on disk, and on the hub."""

from __future__ import annotations

import importlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..console import BAD_INPUT, NO_ENGINE, Stop
from ..learn.examples import FILE as EXAMPLES
from ..learn.examples import read_examples

FOLDER = "hf"
PIP = "pip install datasets pillow"
LOGIN = "`hf auth login` logs you in, as does the environment variable HF_TOKEN"


def check_packages() -> None:
    """Refuse at the start what would lack a package at the end. Raises Stop."""
    for name in ("datasets", "PIL", "huggingface_hub"):
        try:
            importlib.import_module(name)
        except ImportError:
            raise Stop(
                BAD_INPUT, f"Hugging Face datasets need the package “{name}”, which this Python lacks: {PIP}"
            ) from None


def check_hub(repo: str) -> str:
    """Who is logged in to the hub. Raises Stop where nobody is, or the name is none for a dataset."""
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repo):
        raise Stop(BAD_INPUT, f"--push-to-hub {repo}: give USER/NAME, such as somebody/rooms")
    from huggingface_hub import HfApi

    try:
        return str(HfApi().whoami()["name"])
    except Exception as error:  # no token, a wrong one, no network: the reason is the library's to tell
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise Stop(NO_ENGINE, f"the Hugging Face hub can't be used ({said[0]}); {LOGIN}") from error


def save(out: Path) -> list[Path]:
    """Save the folder's rooms and examples as datasets that `datasets.load_from_disk` reads; where they are."""
    growing, folder = out / f".{FOLDER}", out / FOLDER
    shutil.rmtree(growing, ignore_errors=True)
    names = []
    for name, data in _datasets(out):
        data.save_to_disk(growing / name)
        names.append(name)
    shutil.rmtree(folder, ignore_errors=True)
    growing.rename(folder)
    return [folder / name for name in names]


def push(out: Path, repo: str, *, private: bool = False) -> str:
    """Upload the folder with its card, and the datasets as configurations "rooms" and "examples"; the address.

    Raises Stop when that fails; what is on disk stays.
    """
    from huggingface_hub import HfApi

    try:
        api: Any = HfApi()
        api.create_repo(repo, repo_type="dataset", private=private, exist_ok=True)
        hidden = [".*", f"{FOLDER}/*", "*.log"]
        api.upload_folder(repo_id=repo, repo_type="dataset", folder_path=str(out), ignore_patterns=hidden)
        for name, data in _datasets(out):  # after the card, whose head each adds itself to
            data.push_to_hub(repo, config_name=name)
    except Exception as error:  # network, rights, quota: nothing of it is ours to tell apart
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise Stop(
            NO_ENGINE, f"{out} could not be pushed to {repo}: {said[0]}; the same command tries again"
        ) from error
    return f"https://huggingface.co/datasets/{repo}"


def _datasets(out: Path) -> Iterator[tuple[str, Any]]:
    from ..learn.dataset import rooms_to_dataset, to_dataset

    rooms = rooms_to_dataset(out)
    if rooms:
        yield "rooms", rooms
    if (out / EXAMPLES).exists():
        examples = to_dataset(read_examples(out))
        if examples:
            yield "examples", examples
