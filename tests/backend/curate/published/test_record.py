# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of MetaSpatial's dataset: what is read, and that what can't be is told and does no harm."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from metaspatial.backend.curate.published.record import found_in
from metaspatial.backend.curate.source import BadRoom, Found
from metaspatial.backend.dialogue import parse_answer
from metaspatial.backend.png import encode_png
from metaspatial.backend.scene import Relation
from PIL import Image

HERE = Path("/nowhere")
PNG = encode_png(np.arange(300, dtype=np.uint8).reshape(10, 10, 3))
SIZE = {"x": 5, "y": 4, "z": 3.2}
ABOUT = {"room_name": "room_7", "user_preference": "A dining room for two.", "size_of_room": SIZE}


def thing(id: str, size: tuple[float, float, float], **more: Any) -> dict[str, Any]:
    return {
        "new_object_id": id,
        "style": "Classic",
        "material": "Oak",
        "size_in_meters": dict(zip(("length", "width", "height"), size, strict=True)),
        "is_on_the_floor": True,
        "facing": "",
        "placement": {"room_layout_elements": [], "objects_in_room": []},
        "rotation": {"z_angle": 180.0},
    } | more


def graph() -> list[dict[str, Any]]:
    on_north = {"room_layout_elements": [{"layout_element_id": "north_wall", "preposition": "on"}]}
    before = {"objects_in_room": [{"object_id": "dining_table_1", "preposition": "in front", "is_adjacent": True}]}
    walls = [("south_wall", 2.5, 0), ("north_wall", 2.5, 4), ("east_wall", 5, 2), ("west_wall", 0, 2)]
    return [
        thing("dining_table_1", (1.6, 0.9, 0.75), rotation={"z_angle": 0.0}),
        thing("dining_chair_1", (0.45, 0.5, 0.95), placement=before, facing="dining_table_1"),
        thing("sideboard_1", (1.4, 0.45, 0.85), placement=on_north),
        *({"new_object_id": n, "itemType": "wall", "position": {"x": x, "y": y, "z": 1.6}} for n, x, y in walls),
        {"new_object_id": "middle of the room", "itemType": "floor", "position": {"x": 2.5, "y": 2, "z": 0}},
        {"new_object_id": "ceiling", "itemType": "ceiling", "position": {"x": 2.5, "y": 2, "z": 3.2}},
    ]


def problem(objects: Any = None, size: str = str(SIZE), wish: str = "A dining room for two.") -> str:
    """Headed, indented and worded as the published ones are."""
    body = json.dumps(graph() if objects is None else objects, indent=2)
    return (
        f"<image>\n    ## Task Description\n    Arrange the objects.\n\n    ## Room Information\n    - Room Dimensions:"
        f" {size} (Length meter × Width meter × Height meter).\n    - Room Layout Elements:  \n    ['south_wall',"
        f" 'north_wall', 'ceiling'].\n\n    ## User Preferences\n    {wish}\n    ## Placement Rules:\n    ### 1. All of"
        ' them.\n\n    ## Expected Output\n    <answer>\n    {"new_object_id": "sofa_1","x": 1.0,"y": 1.8,"z": 0.4}},'
        f' {{"new_object_id": "sofa_2","x": 1.0}}}}\n    </answer>\n    ## Input JSON Data:\n    {body}'
    )


def record(**more: Any) -> dict[str, Any]:
    return {"images": [{"bytes": PNG, "path": None}], "problem": problem(), "answer": json.dumps(ABOUT)} | more


def entry(id: str, x: float, y: float, z: float, **more: Any) -> dict[str, Any]:
    return {"new_object_id": id, "x": x, "y": y, "z": z} | more


ENTRIES = [
    entry("dining_table_1", 2.5, 2.0, 0.375),
    entry("dining_chair_1", 2.5, 2.8, 0.475),
    entry("sideboard_1", 1.5, 3.775, 0.425),
]


def read(**more: Any) -> Found:
    return found_in("train:3", record(**more), HERE)


def test_a_record_is_read_whole() -> None:
    found = read()
    scene = found.scene
    assert (found.key, found.room, found.picture, found.answer) == ("train:3", "room_7", PNG, None)
    assert scene.room.extent == (5.0, 4.0)
    assert scene.room.height == 3.2
    assert (scene.preference, scene.name) == ("A dining room for two.", "room_7")
    assert [piece.category for piece in scene.furniture] == ["dining_table", "chair", "dresser"]
    assert all(piece.pose is None for piece in scene.furniture)
    assert set(scene.relations) == {
        Relation("dining_chair_1", "in_front_of", "dining_table_1", adjacent=True),
        Relation("dining_chair_1", "facing", "dining_table_1"),
        Relation("sideboard_1", "against", "north_wall"),
    }


@pytest.mark.parametrize("size", [str(SIZE), json.dumps(SIZE), "5 x 4 x 3.2", "5 m, 4 m, 3.20 m"])
def test_what_the_answer_leaves_out_is_read_from_the_problem(size: str) -> None:
    found = read(answer=None, problem=problem(size=size, wish="Dinner,\n    by the window."))
    assert found.scene.room.extent == (5.0, 4.0)
    assert found.scene.room.height == 3.2
    assert found.scene.preference == "Dinner,\n    by the window."
    assert found.room == read(answer="", problem=problem(size=size)).room  # the same room, whatever is wished for
    smaller = graph()[1:]
    assert found.room != read(answer=None, problem=problem(smaller)).room


def test_without_any_size_the_walls_tell_it() -> None:
    found = read(answer=None, problem=problem(size="unknown"))
    assert (*found.scene.room.extent, found.scene.room.height) == (5.0, 4.0, 3.2)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ENTRIES),
        f"<think>First the table.</think><answer>{json.dumps(ENTRIES)}</answer>",
        f"<think>…</think>\n<answer>```json\n{json.dumps(ENTRIES, indent=1)}\n```</answer>",
    ],
)
def test_a_layout_in_the_answer_becomes_one_of_ours(text: str) -> None:
    found = read(answer=text)
    answer = parse_answer(found.scene, found.answer or "")
    assert not answer.problems
    assert answer.think == ""  # nobody has checked what was reasoned there
    assert all(piece.pose is None for piece in found.scene.furniture)
    poses = {id: (p.x, p.y, p.z, p.rotation) for id, p in answer.layout.poses.items()}
    assert poses == {  # their angles are clockwise from north, ours counter-clockwise from south
        "dining_table_1": (2.5, 2.0, 0.375, 180.0),
        "dining_chair_1": (2.5, 2.8, 0.475, 0.0),
        "sideboard_1": (1.5, 3.775, 0.425, 0.0),
    }


def test_rotations_in_the_answer_are_kept() -> None:
    entries = [{**each, "rotation": 90} for each in ENTRIES]
    found = read(answer=json.dumps(entries))
    assert {p.rotation for p in parse_answer(found.scene, found.answer or "").layout.poses.values()} == {90.0}


def test_a_reference_layout_beside_the_dataset_is_the_answer(tmp_path: Path) -> None:
    placed = [{**each, "position": {"x": 1 + k, "y": 2, "z": 0.4}} if k < 3 else each for k, each in enumerate(graph())]
    file = tmp_path / "room_7" / "scene_graph-backtracked.json"
    file.parent.mkdir()
    file.write_text(json.dumps(placed))
    found = found_in("k", record(), HERE, tmp_path)
    assert [pose.x for pose in parse_answer(found.scene, found.answer or "").layout.poses.values()] == [1, 2, 3]
    other = json.dumps({**ABOUT, "room_name": "../room_7"})
    assert found_in("k", record(answer=other), HERE, tmp_path / "room_7").answer is None
    file.write_text(json.dumps(graph()))
    with pytest.raises(BadRoom, match=r"^the reference layout has no place for an object: dining_chair_1, "):
        found_in("k", record(), HERE, tmp_path)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"problem": None}, "no problem text"),
        ({"problem": "Find x.", "answer": "B"}, "the answer is neither"),
        ({"problem": "Find x.", "answer": ""}, "no scene graph"),
        ({"problem": problem()[:-40]}, "the scene graph can't be read"),
        ({"problem": problem([])}, "no scene graph"),
        ({"problem": problem([*graph(), graph()[0]])}, "is the id of an earlier object"),
        ({"problem": problem([thing("sofa_1", (1.0, -2.0, 1.0))]), "answer": ""}, "size_in_meters.width"),
        ({"problem": problem([thing("sofa_1", (1.0, 1.0, 1.0)) | {"size_in_meters": "big"}])}, "size_in_meters"),
        ({"problem": problem(size="{'x': 6, 'y': 4, 'z': 3.2}")}, "told twice and differs"),
        ({"answer": json.dumps(ABOUT | {"size_of_room": {"x": "5", "y": 4, "z": 3}})}, "not three numbers"),
        ({"answer": "", "problem": problem(size="0 x 4 x 3")}, "room length"),
        ({"answer": '{"room_name": '}, "the answer can't be read"),
        ({"answer": 7}, "the answer is no text"),
        ({"answer": "__import__('os').abort()"}, "the answer is neither"),
        ({"answer": json.dumps(ENTRIES[:2])}, "has no place for an object: sideboard_1"),
        ({"answer": json.dumps([*ENTRIES, entry("ghost_1", 1, 1, 1)])}, "unknown object: 'ghost_1'"),
        ({"answer": json.dumps([*ENTRIES, ENTRIES[0]])}, "an object twice: 'dining_table_1'"),
        ({"answer": json.dumps([ENTRIES[0] | {"x": "2"}, *ENTRIES[1:]])}, "without numbers: 'dining_table_1'"),
        ({"answer": json.dumps([ENTRIES[0] | {"x": 1e999}, *ENTRIES[1:]])}, "without numbers"),
        ({"images": "../secret.png"}, "not in the dataset's folder"),
        ({"images": [7]}, "the picture is none: int"),
        ({"images": [b"GIF89a"]}, "the picture can't be read"),
        ({"images": [PNG[:-30]]}, "the picture can't be read"),
        ({"images": ["@@@"]}, "neither a path nor base64"),
        ({"images": ["\0" * 20]}, "neither a path nor base64"),
    ],
)  # fmt: skip
def test_a_bad_record_tells_its_reason(more: dict[str, Any], words: str) -> None:
    with pytest.raises(BadRoom) as error:
        read(**more)
    assert words in str(error.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_whatever_a_record_holds_it_is_read_or_told(data: st.DataObject) -> None:
    """Nothing but BadRoom comes out of any record that a table can hold."""
    objects = graph()
    spoilt = data.draw(st.sampled_from(objects[:3]))
    spoilt[data.draw(st.sampled_from(sorted(spoilt)))] = data.draw(JSON)
    answers = JSON.map(json.dumps) | st.text() | JSON | st.just(json.dumps(ENTRIES)) | st.just(json.dumps(ABOUT))
    texts = st.just(problem(objects)) | st.text() | JSON
    pictures = JSON | st.binary(max_size=40) | st.just([{"bytes": PNG}])
    raw = {"images": data.draw(pictures), "problem": data.draw(texts), "answer": data.draw(answers)}
    with contextlib.suppress(BadRoom):
        assert found_in("k", raw, HERE).scene.furniture


@given(st.binary(max_size=200))
@example(PNG)
def test_a_damaged_picture_is_told(damage: bytes) -> None:
    cut = PNG[:40] + damage
    with contextlib.suppress(BadRoom):
        kept = read(images=[cut]).picture
        assert kept is not None
        Image.open(io.BytesIO(kept)).load()


def test_pictures_come_as_bytes_base64_or_paths_and_leave_as_png(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a b.png").write_bytes(PNG)
    jpeg = io.BytesIO()
    Image.open(io.BytesIO(PNG)).save(jpeg, "JPEG")

    def picture(images: Any) -> bytes | None:
        return found_in("k", record(images=images), tmp_path).picture

    coded = base64.b64encode(PNG).decode()
    for same in ([PNG], PNG, [{"bytes": PNG}], "images/a b.png", [{"bytes": None, "path": "images/a b.png"}],
                 coded, f"data:image/png;base64,{coded}", [{"bytes": coded}]):  # fmt: skip
        assert picture(same) == PNG
    assert picture([]) is None
    assert picture(None) is None
    converted = picture([jpeg.getvalue()])
    assert converted is not None
    assert Image.open(io.BytesIO(converted)).format == "PNG"
    (tmp_path / "outside.png").write_bytes(PNG)
    for outside in ("../outside.png", str(tmp_path / "outside.png")):
        with pytest.raises(BadRoom, match="not in the dataset's folder"):
            found_in("k", record(images=outside), tmp_path / "images")


def test_a_picture_that_would_fill_the_memory_is_refused() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    def png(width: int, height: int, size: int) -> bytes:
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        return PNG[:8] + header + chunk(b"IDAT", zlib.compress(bytes(size), 9)) + chunk(b"IEND", b"")

    with pytest.raises(BadRoom, match="too large: 50000 x 50000"):
        read(images=[png(50000, 50000, 10)])
    assert read(images=[png(4, 4, 52)]).picture is not None
    found = read(images=[png(4, 4, 60_000_000)])  # Pillow reads its 16 pixels and no more
    assert found.picture is not None
    assert len(found.picture) < 200
