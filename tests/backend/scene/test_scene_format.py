# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of docs/scene-format.md work and print what the page says."""

import contextlib
import io
import json
import re
from pathlib import Path

from metaspatial.backend.scene import Scene, layout_from_json, scene_from_json, scene_to_json
from metaspatial.backend.scene.anchors import PLACES
from metaspatial.backend.scene.model import PREDICATES

PAGE = (Path(__file__).parents[3] / "docs" / "scene-format.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
SCENE, LAYOUT = (code for language, code in BLOCKS if language == "json")


def test_the_documents_are_read():
    scene = scene_from_json(SCENE)
    assert isinstance(scene, Scene)
    assert scene_from_json(json.dumps(scene_to_json(scene))) == scene
    assert set(layout_from_json(LAYOUT, scene)) == {"bed_1", "nightstand_1"}


def test_the_program_prints_what_the_page_shows():
    (program,) = (code for language, code in BLOCKS if language == "python")
    (expected,) = (code for language, code in BLOCKS if language == "text")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(program, {"text": SCENE})
    assert printed.getvalue() == expected


def test_the_page_names_every_predicate_and_place():
    for word in (*PREDICATES, *(place for place in PLACES if not place.endswith("_wall"))):
        assert f"`{word}`" in PAGE
