# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""A trained model as it is given to others: bfloat16 safetensors and the processor's files, nothing else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import torch
from transformers import AutoModelForImageTextToText

from .processor import copy_processor

CARD = "README.md"


def export(model: str | Path, folder: str | Path) -> int:
    """Write a model folder in bfloat16 to `folder`, in which nothing but its card stays; the weights' size in bytes."""
    folder = Path(folder)
    growing = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(growing, ignore_errors=True)
    growing.parent.mkdir(parents=True, exist_ok=True)
    loaded = AutoModelForImageTextToText.from_pretrained(model, dtype=torch.bfloat16)
    loaded.save_pretrained(growing)
    copy_processor(model, growing)
    if (card := folder / CARD).exists():
        shutil.copyfile(card, growing / CARD)
    for file in growing.iterdir():
        file.chmod(0o644)  # safetensors lets only its writer read what it writes
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(growing, folder)
    return sum(file.stat().st_size for file in folder.glob("*.safetensors"))
