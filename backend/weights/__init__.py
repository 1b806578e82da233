# SPDX-License-Identifier: GPL-3.0-or-later
"""The small Qwen2.5-VL that comes along: where it is. Its card, `small/README.md`, says how it was made."""

from __future__ import annotations

from pathlib import Path

SHIPPED = Path(__file__).resolve().with_name("small")
"""The folder of the model that comes with MetaSpatial, in the form of the hub's folders."""
NAME = "metaspatial-small"
"""By what name it is served."""
_NEEDED = (
    *("config.json", "model.safetensors", "preprocessor_config.json"),
    *("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"),
)


class WeightsMissing(FileNotFoundError):
    """The model did not come along. The message says what is missing and how to mend it."""


def shipped_model() -> Path:
    """The folder of the model that comes along. Raises `WeightsMissing`."""
    missing = [name for name in _NEEDED if not (SHIPPED / name).is_file()]
    if missing:
        raise WeightsMissing(
            f"the small model is not in {SHIPPED} ({', '.join(missing)} missing): install MetaSpatial again, or make "
            "the model with `metaspatial small-model --from-scratch`"
        )
    return SHIPPED


def is_shipped(model: str | Path) -> bool:
    """Whether a folder is that of the model that comes along."""
    return Path(model).expanduser().resolve() == SHIPPED
