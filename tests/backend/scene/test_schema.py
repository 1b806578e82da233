# SPDX-License-Identifier: GPL-3.0-or-later
"""The published JSON Schemas and the readers agree, as far as a schema can express."""

import json
from importlib import resources

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend import scene as package
from metaspatial.backend.scene import (
    SceneError,
    layout_from_json,
    layout_to_json,
    scene_from_json,
    scene_to_json,
)
from metaspatial.backend.scene.model import MOUNTS, OPENING_KINDS, PREDICATES, SWINGS
from metaspatial.tests.strategies import layouts, scenes


def read_schema(name):
    return json.loads(resources.files(package).joinpath(f"{name}.schema.json").read_text("utf-8"))


SCENE, LAYOUT = (jsonschema.Draft202012Validator(read_schema(name)) for name in ("scene", "layout"))

JUNK = st.sampled_from(
    [None, True, 0, -1, 0.5, 7, 101, 1001, 1e9, "", "bed_1", "<b>", "x" * 2001, [], [1], {}, {"x": 1}]
)


@pytest.mark.parametrize("validator", [SCENE, LAYOUT])
def test_the_schemas_are_sound(validator):
    validator.check_schema(validator.schema)


@given(st.data())
def test_every_document_we_write_is_valid(data):
    scene = data.draw(scenes())
    SCENE.validate(json.loads(json.dumps(scene_to_json(scene))))
    LAYOUT.validate(json.loads(json.dumps(layout_to_json(data.draw(layouts(scene))))))


@given(st.data())
def test_what_the_scene_schema_refuses_the_reader_refuses(data):
    document = _spoilt(data, scene_to_json(data.draw(scenes(max_pieces=3))))
    if not SCENE.is_valid(document):
        with pytest.raises(SceneError):
            scene_from_json(document)


@given(st.data())
def test_what_the_layout_schema_refuses_the_reader_refuses(data):
    document = _spoilt(data, layout_to_json(data.draw(layouts(data.draw(scenes(max_pieces=3))))))
    if not LAYOUT.is_valid(document):
        with pytest.raises(SceneError):
            layout_from_json(document)


MEANING = (
    "repeats vertex", "crosses", "area is under", "the origin is", "there is no wall", "wider than", "beyond the end",
    "above the room's height", "overlaps", "names a place", "already the id", "there is no piece", "to itself",
    "is unknown: ", "out of the piece's box", "in a circle", "has a pose already",
)  # fmt: skip
"""Reasons that need more than a schema: they compare fields."""


@given(st.data())
def test_what_the_readers_refuse_by_shape_the_schemas_refuse(data):
    scene = data.draw(scenes(max_pieces=3))
    for read, validator, document in (
        (scene_from_json, SCENE, scene_to_json(scene)),
        (layout_from_json, LAYOUT, layout_to_json(data.draw(layouts(scene)))),
    ):
        spoilt = _spoilt(data, document)
        reason = _refusal(read, spoilt)
        assert any(part in reason for part in MEANING) or validator.is_valid(spoilt) == (not reason)


def test_the_schema_lists_the_same_words_as_the_model():
    defs = read_schema("scene")["$defs"]
    assert defs["relation"]["properties"]["predicate"]["enum"] == list(PREDICATES)
    assert defs["furniture"]["properties"]["mount"]["enum"] == list(MOUNTS)
    assert defs["opening"]["properties"]["kind"]["enum"] == list(OPENING_KINDS)
    assert defs["opening"]["properties"]["swing"]["enum"] == list(SWINGS)


def _refusal(read, document):
    """Why the reader refuses the document; "" when it doesn't."""
    try:
        read(document)
    except SceneError as error:
        return error.reason
    return ""


def _spoilt(data, document):
    """The document with one field replaced by junk, removed, or added."""
    places = list(_containers(document))
    container = data.draw(st.sampled_from(places))
    keys = list(container) if isinstance(container, dict) else list(range(len(container)))
    action = data.draw(st.sampled_from(("replace", "remove", "add")))
    if action == "add" and isinstance(container, dict):
        container[data.draw(st.sampled_from(("extra", "Id", "distance", "fixed", "pose")))] = data.draw(JUNK)
    elif action == "add" and isinstance(container, list):
        container.append(data.draw(JUNK))
    elif keys and action == "replace":
        container[data.draw(st.sampled_from(keys))] = data.draw(JUNK)
    elif keys:
        del container[data.draw(st.sampled_from(keys))]
    return document


def _containers(value):
    if isinstance(value, dict | list):
        yield value
        for item in value.values() if isinstance(value, dict) else value:
            yield from _containers(item)
