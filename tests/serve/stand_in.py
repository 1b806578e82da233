# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""Build a model of the same files as the shipped one, of random weights: any change of the picture moves its answers.

    python tests/serve/stand_in.py FOLDER

Run by its path, with a Python that has torch and transformers.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def build(folder: Path) -> None:
    import torch
    from metaspatial.backend.dialogue import format_answer, open_dialogue
    from metaspatial.backend.learn import small_model
    from metaspatial.backend.learn.export import export
    from metaspatial.backend.learn.tokenizer import train_tokenizer
    from metaspatial.backend.scene import Furniture, Layout, Pose, Room, Scene
    from transformers import AutoModelForImageTextToText

    texts = []
    for k in range(30):
        length, width = 3 + k % 7 * 0.35, 3 + k % 5 * 0.45
        room = Room(((0, 0), (length, 0), (length, width), (0, width)), 2.5)
        pieces = (Furniture("bed_1", "bed", (1.4, 2.0, 0.5)), Furniture("desk_1", "desk", (1.2, 0.6, 0.75)))
        layout = Layout({"bed_1": Pose(length - 0.7, 1.0, 0.25), "desk_1": Pose(0.6, width - 0.3, 0.375, 180.0)})
        texts += [message.text for message in open_dialogue(Scene(room, pieces, (), "calm")).messages]
        texts.append(format_answer(layout, f"bed_1: east, {length:.2f} - 0.70."))
    tokenizer = train_tokenizer(texts, vocabulary=900)
    with tempfile.TemporaryDirectory() as scratch:
        raw = Path(scratch) / "raw"
        small_model.build(raw, tokenizer, small_model.SIZES["tiny"])
        model = AutoModelForImageTextToText.from_pretrained(raw, dtype=torch.float32)
        torch.manual_seed(1)
        with torch.no_grad():
            for weight in model.parameters():
                if weight.dim() > 1:
                    weight.normal_(0, 0.25)  # large, so that what goes in makes a difference in what comes out
            silent = [*tokenizer.all_special_ids, *tokenizer.convert_tokens_to_ids(["<|image_pad|>", "<|video_pad|>"])]
            model.get_input_embeddings().weight[silent] *= 0.01
        model.save_pretrained(raw)
        export(raw, folder)


if __name__ == "__main__":
    if importlib.util.find_spec("metaspatial") is None:
        spec = importlib.util.spec_from_file_location(
            "metaspatial", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
        )
        assert spec is not None
        assert spec.loader is not None
        sys.modules["metaspatial"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["metaspatial"])
    build(Path(sys.argv[1]))
