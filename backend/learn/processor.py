# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""Qwen2.5-VL's processor where torchvision is missing.

The stock processor also prepares videos, and its video half needs torchvision: without it `AutoProcessor` raises
ImportError for any Qwen2.5-VL folder, or, for a folder saved by a processor class it does not know, silently returns
the tokenizer alone, and the model never sees a picture again. Rooms are pictures, so the video half can stay away.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from transformers import AutoConfig, AutoImageProcessor, AutoProcessor, AutoTokenizer, Qwen2_5_VLProcessor
from transformers.processing_utils import ProcessorMixin


class ImageOnlyQwen25VLProcessor(Qwen2_5_VLProcessor):
    """Qwen2.5-VL's processor for text and pictures, without videos."""

    def __init__(self, image_processor: Any = None, tokenizer: Any = None, chat_template: Any = None, **_: Any) -> None:
        self.image_token, self.video_token = "<|image_pad|>", "<|video_pad|>"
        self.image_token_id = tokenizer.convert_tokens_to_ids(self.image_token)
        self.video_token_id = tokenizer.convert_tokens_to_ids(self.video_token)
        ProcessorMixin.__init__(self, image_processor, tokenizer, chat_template=chat_template)


def load_image_processor(model: str | Path, **options: Any) -> ImageOnlyQwen25VLProcessor:
    """The image-only processor of a Qwen2.5-VL folder or hub id. `options` go to each `from_pretrained`."""
    tokenizer = AutoTokenizer.from_pretrained(model, padding_side="left", truncation_side="left", **options)
    pictures = AutoImageProcessor.from_pretrained(model, backend="pil", **options)
    return ImageOnlyQwen25VLProcessor(pictures, tokenizer, chat_template=tokenizer.chat_template)


def load_processor(model: str | Path, **options: Any) -> Any:
    """The stock processor if it sees pictures, else, for Qwen2.5-VL, the image-only one. Other models stay stock."""
    stock: Any = None
    try:
        stock = _stock(model, **options)
        if getattr(stock, "image_processor", None) is not None:
            return stock
    except ImportError:
        if not _is_qwen25vl(model, options):
            raise
        return load_image_processor(model, **options)
    return load_image_processor(model, **options) if _is_qwen25vl(model, options) else stock


def copy_processor(model: str | Path, folder: str | Path) -> None:
    """Copy a model's processor files into the folder of its descendant, in place of what was saved there.

    What the image-only processor saves names a class that other programs don't know, and they then see no pictures.
    """
    source, folder = Path(model), Path(folder)
    if not source.is_dir():
        from huggingface_hub import snapshot_download

        source = Path(snapshot_download(str(model), allow_patterns=list(_FILES)))
    for name in _FILES:
        (folder / name).unlink(missing_ok=True)
        if (source / name).exists():
            shutil.copyfile(source / name, folder / name)


def see_without_torchvision() -> None:
    """From here on `AutoProcessor.from_pretrained` is `load_processor`, for programs that call it themselves."""
    AutoProcessor.from_pretrained = staticmethod(load_processor)


_FILES = (
    *("preprocessor_config.json", "video_preprocessor_config.json", "processor_config.json"),
    *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
    *("vocab.json", "merges.txt", "chat_template.json", "chat_template.jinja"),
)
_stock = AutoProcessor.from_pretrained


def _is_qwen25vl(model: str | Path, options: dict[str, Any]) -> bool:
    return AutoConfig.from_pretrained(model, **options).model_type == "qwen2_5_vl"
