# SPDX-License-Identifier: GPL-3.0-or-later
"""Our rooms in MetaSpatial's form: as their training code wants them, and the same rooms when read back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend.cli import main
from metaspatial.backend.console import BAD_INPUT, OK, Stop
from metaspatial.backend.curate.generate import generate_scene
from metaspatial.backend.curate.published import PublishedSource, export_published
from metaspatial.backend.curate.published.graph import CannotHold, graph_of, problem_of
from metaspatial.backend.curate.published.record import found_in
from metaspatial.backend.curate.rooms import CuratedRoom, write_rooms
from metaspatial.backend.dialogue import format_answer, open_dialogue, parse_answer
from metaspatial.backend.learn.examples import Example, write_examples
from metaspatial.backend.png import encode_png
from metaspatial.backend.rewards.boxes import BoxEngine
from metaspatial.backend.rewards.metaspatial import metaspatial_score
from metaspatial.backend.scene import Furniture, Layout, Opening, Pose, Relation, Room, Scene, current_layout

NAMED = ("south_wall", "north_wall", "east_wall", "west_wall")
ROOM = Room(
    ((0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0)), 2.6, (Opening("door_1", "door", 0, 2.9, 0.9, 2.0, swing="in"),)
)
SCENE = Scene(
    ROOM,
    (
        Furniture("bed_1", "bed", (1.4, 2.0, 0.9), style="Nordic <image>", material="Pine"),
        Furniture("nightstand_1", "nightstand", (0.45, 0.4, 0.55), label="mine"),
        Furniture("table_lamp_1", "table_lamp", (0.28, 0.28, 0.45), "on"),
        Furniture("ceiling_lamp_1", "ceiling_lamp", (0.5, 0.5, 0.35), "ceiling"),
        Furniture("painting_1", "painting", (0.8, 0.04, 0.6), "wall"),
    ),
    (
        Relation("bed_1", "against", "north_wall"),
        Relation("bed_1", "far_from", "door", distance=1.0),
        Relation("nightstand_1", "right_of", "bed_1", adjacent=True),
        Relation("nightstand_1", "against", "wall"),
        Relation("table_lamp_1", "on", "nightstand_1"),
        Relation("ceiling_lamp_1", "on", "ceiling"),
        Relation("painting_1", "on", "wall_0"),
        Relation("painting_1", "facing", "bed_1"),
    ),
    'A "quiet" <image> room.\n## Input JSON Data: []',
    "bedroom",
)
LAYOUT = Layout(
    {
        "bed_1": Pose(0.72, 1.98, 0.45, 0.0),
        "nightstand_1": Pose(1.66, 2.79, 0.275, 0.0),
        "table_lamp_1": Pose(1.66, 2.79, 0.775, 90.0),
        "ceiling_lamp_1": Pose(2.0, 1.5, 2.425, 0.0),
        "painting_1": Pose(2.0, 0.02, 1.5, 180.0),
    }
)


def picture(shade: int) -> bytes:
    return encode_png(np.full((8, 8, 3), shade, np.uint8))


def curated(folder: Path, *scenes: Scene, split: str = "train") -> Path:
    """A folder as `metaspatial curate` leaves it, without examples."""
    (folder / "pictures").mkdir(parents=True)
    rooms = []
    for number, scene in enumerate(scenes):
        (folder / f"pictures/{number}.png").write_bytes(picture(number))
        rooms.append(CuratedRoom(f"k{number}", scene, f"same{number}", split, "test", "", f"pictures/{number}.png"))
    write_rooms(folder, rooms)
    return folder


def held(scene: Scene) -> list[Relation]:
    """What the form holds of a scene's relations, as it is read back: the table of the module, once more."""
    kept: list[Relation] = []
    ids = {piece.id: piece for piece in scene.furniture}
    for piece in scene.furniture:
        walls, objects, facing = [], [], []
        for relation in scene.relations:
            if relation.subject != piece.id:
                continue
            predicate, anchor, beside = relation.predicate, relation.anchor, relation.adjacent
            anchor = "south_wall" if anchor == "wall_0" else anchor
            if anchor in ids and predicate in ("left_of", "right_of", "in_front_of", "behind"):
                objects.append(Relation(piece.id, predicate, anchor, beside))
            elif anchor in ids and predicate in ("on", "under", "above"):
                objects.append(Relation(piece.id, predicate, anchor))
            elif anchor in NAMED and predicate in ("on", "against"):
                walls.append(Relation(piece.id, "against" if piece.mount == "floor" else "on", anchor))
            elif anchor in NAMED and predicate == "in_corner":
                walls.append(Relation(piece.id, "in_corner", anchor))
            elif (predicate, anchor) == ("on", "ceiling"):
                walls.append(Relation(piece.id, "on", "ceiling"))
            elif anchor in ("middle", "floor") and predicate in ("on", "centered_on"):
                walls.append(Relation(piece.id, "on", "middle"))
            elif predicate == "facing" and (anchor in ids or anchor in (*NAMED, "middle")) and not facing:
                facing.append(Relation(piece.id, "facing", anchor))
        kept += dict.fromkeys([*walls, *objects, *facing])
    return kept


def standing(scene: Scene, turn: float = 0.0) -> Layout:
    """Some layout, sound or not."""
    half = scene.room.extent[0] / 2, scene.room.extent[1] / 2
    return Layout({p.id: Pose(half[0], half[1] + k / 100, p.size[2] / 2, turn) for k, p in enumerate(scene.furniture)})


@given(st.integers(0, 400), st.sampled_from([0.0, 90.0, 180.0, 270.0]))
def test_a_scene_out_and_in_is_the_same_up_to_what_the_form_holds(seed: int, turn: float) -> None:
    scene = generate_scene(seed, pieces=(3, 8))
    layout = standing(scene, turn)
    if len(scene.room.floor) != 4:
        with pytest.raises(CannotHold, match="the floor is no rectangle"):
            graph_of(scene, layout)
        scene = replace(scene, room=replace(ROOM, openings=()), relations=tuple(
            r for r in scene.relations if r.anchor not in ("door", "window") and "wall_" not in r.anchor))  # fmt: skip
    written = graph_of(scene, layout)
    answer = {"room_name": "r", "user_preference": scene.preference}
    record = {"problem": problem_of(scene, written.graph), "answer": json.dumps(answer), "images": None}
    back = found_in("k", record, Path()).scene
    assert back.room.extent == pytest.approx(scene.room.extent)
    assert back.room.height == scene.room.height
    assert back.preference == scene.preference
    plain = [replace(piece, label="", parts=(), pose=None) for piece in scene.furniture]
    assert list(back.furniture) == plain
    assert sorted(map(repr, back.relations)) == sorted(map(repr, held(scene)))
    assert len(back.relations) + len(written.left_out) == len(scene.relations)
    entries = [{"new_object_id": e["new_object_id"], **e["position"]} for e in written.graph if "is_on_the_floor" in e]
    placed = found_in("k", {**record, "answer": json.dumps(entries)}, Path())
    poses = parse_answer(placed.scene, placed.answer or "").layout.poses
    for id, pose in layout.poses.items():
        assert (poses[id].x, poses[id].y, poses[id].z, poses[id].rotation) == pytest.approx(
            (pose.x, pose.y, pose.z, pose.rotation), abs=6e-4
        )


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_folder_out_and_in_is_the_same_rooms(tmp_path: Path, form: str) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow")
    small = replace(SCENE, furniture=SCENE.furniture[:1], relations=SCENE.relations[:1], name="small")
    folder = curated(tmp_path / "in", SCENE, small)
    write_examples(folder, [Example(open_dialogue(SCENE), format_answer(LAYOUT, "so"), "same0")])
    out = tmp_path / "out"
    assert main(["export-published", str(folder), "--out", str(out), "--form", form]) == OK
    source = PublishedSource(out, out / "curated_data")
    assert list(source.keys()) == ["train:0", "train:1"]
    first, second = map(source.find, source.keys())
    assert list(first.scene.relations) == held(SCENE)
    assert first.scene.preference == SCENE.preference
    assert (first.room, second.room) == ("same0", "same1")
    assert (first.picture, second.picture) == (picture(0), picture(1))
    assert parse_answer(first.scene, first.answer or "").layout == LAYOUT
    taught = parse_answer(second.scene, second.answer or "").layout
    assert BoxEngine().measure(second.scene, taught).valid


def test_what_their_training_code_wants_of_it_is_there(tmp_path: Path) -> None:
    """A picture for each `<image>`; the room by name, size and preference; the graph with the six elements last, each
    object with a position to be overwritten, which the problem doesn't tell; angles that their checker knows."""
    folder = curated(tmp_path / "in", replace(SCENE, furniture=tuple(
        replace(piece, pose=LAYOUT[piece.id]) for piece in SCENE.furniture)))  # fmt: skip
    export_published(folder, tmp_path / "out", form="jsonl")
    (row,) = map(json.loads, (tmp_path / "out" / "train.jsonl").read_text().splitlines())
    assert set(row) == {"images", "problem", "answer"}
    assert row["problem"].startswith("<image>\n")
    assert row["problem"].count("<image>") == len(row["images"]) == 1
    about = json.loads(row["answer"])
    assert about["user_preference"] == SCENE.preference
    assert about["size_of_room"] == {"x": 4.0, "y": 3.0, "z": 2.6}
    graph = json.loads(
        (tmp_path / "out" / "curated_data" / about["room_name"] / "scene_graph-backtracked.json").read_text()
    )
    assert {e["new_object_id"] for e in graph[-6:]} == {*NAMED, "middle of the room", "ceiling"}
    assert [e["new_object_id"] for e in graph[:-6]] == [piece.id for piece in SCENE.furniture]
    told = json.loads(row["problem"].partition("## Input JSON Data:\n")[2])
    assert all("position" not in e for e in told[:-6])
    assert all(0 < len(e["position"]) == 3 for e in graph)
    assert {e["rotation"]["z_angle"] for e in graph} <= {0.0, 90.0, 180.0, 270.0}
    read = found_in("k", {"problem": json.dumps(graph), "answer": None}, Path()).scene
    theirs = metaspatial_score(read, current_layout(read), grades=[5.0] * 5)
    assert theirs.format == 1.0
    assert theirs.constraint_ratio is not None


@pytest.mark.learn
def test_hugging_faces_datasets_reads_it_as_their_loader_does_and_what_it_saves_is_read_back(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    folder = curated(tmp_path / "in", replace(SCENE, relations=()), replace(SCENE, relations=(), name="again"))
    write_examples(folder, [Example(open_dialogue(replace(SCENE, relations=())), format_answer(LAYOUT), "same0")])
    out = tmp_path / "out"
    export_published(folder, out)
    cache = str(tmp_path / "cache")
    by_file = datasets.load_dataset("parquet", data_files=str(out / "train.parquet"), split="train", cache_dir=cache)
    by_folder = datasets.load_dataset("parquet", data_dir=str(out), split="train", cache_dir=cache)
    for loaded in (by_file, by_folder):
        assert len(loaded) == 2
        assert loaded[0]["images"][0].size == (8, 8)
        assert json.loads(loaded[1]["answer"])["room_name"] == "room_1"
    datasets.DatasetDict({"train": by_file}).save_to_disk(tmp_path / "saved")
    source = PublishedSource(tmp_path / "saved")
    assert len(source.keys()) == 2
    for key, expected in zip(source.keys(), PublishedSource(out).keys(), strict=True):
        assert replace(source.find(key), key="") == replace(PublishedSource(out).find(expected), key="")


def test_what_the_form_cannot_hold_is_left_out_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bed = replace(SCENE.furniture[0], pose=LAYOUT["bed_1"])
    angular = Room(((0.0, 0.0), (4.0, 0.0), (4.0, 2.0), (3.0, 2.0), (3.0, 4.0), (0.0, 4.0)), 2.6)
    plain = Scene(ROOM, (replace(bed, pose=None),))
    folder = curated(
        tmp_path / "in",
        replace(plain, room=angular),
        replace(plain, furniture=(replace(bed, fixed=True),)),
        replace(plain, furniture=(replace(bed, pose=Pose(2.0, 1.5, 0.45, 45.0)),)),
        replace(plain, furniture=(replace(bed, size=(5.0, 5.0, 1.0), pose=None),)),
        SCENE,
    )
    rows = [json.loads(line) for line in (folder / "rooms.jsonl").read_text().splitlines()]
    rows += [{**rows[4], "key": "bare", "picture": None}, {**rows[4], "key": "odd", "split": "../up"}]
    (folder / "rooms.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    write_examples(folder, [Example(open_dialogue(SCENE), format_answer(LAYOUT), "same4")])
    done = export_published(folder, tmp_path / "out", form="jsonl")
    assert done.rooms == {"train": 1}
    assert done.left_out == {
        "the floor is no rectangle": 1,
        "a piece is fixed": 1,
        "a piece stands between quarter turns": 1,
        "no layout was found": 1,
        "it has no picture": 1,
        "its split is unknown": 1,
    }
    assert done.relations == 2
    assert main(["export-published", str(folder), "--out", str(tmp_path / "again"), "--form", "jsonl"]) == OK
    told = capsys.readouterr().err
    assert "1 rooms written (1 train)" in told
    assert "1 left out: a piece is fixed" in told
    assert "2 relations left out" in told


def test_a_full_folder_is_refused_and_an_interruption_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = curated(tmp_path / "in", replace(SCENE, relations=())), tmp_path / "out"
    write_examples(folder, [Example(open_dialogue(replace(SCENE, relations=())), format_answer(LAYOUT), "same0")])

    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("metaspatial.backend.curate.published.export.problem_of", interrupted)
        with pytest.raises(KeyboardInterrupt):
            export_published(folder, out, form="jsonl")
    assert list(out.iterdir()) == []
    export_published(folder, out, form="jsonl")
    assert sorted(path.name for path in out.iterdir()) == ["curated_data", "images", "train.jsonl"]
    with pytest.raises(Stop, match="is not empty"):
        export_published(folder, out, form="jsonl")
    assert main(["export-published", str(tmp_path), "--out", str(tmp_path / "x")]) == BAD_INPUT


def test_ids_that_do_not_tell_the_category_become_such() -> None:
    pieces = tuple(
        Furniture(id, category, (0.5, 0.4, 0.9))
        for id, category in (("bed", "chair"), ("thing", "sofa"), ("sofa_1", "desk"), ("floor-lamp", "floor_lamp"))
    )
    scene = Scene(ROOM, pieces, (Relation("bed", "facing", "thing"),))
    written = graph_of(scene, standing(scene))
    back = found_in("k", {"problem": problem_of(scene, written.graph), "answer": None}, Path()).scene
    assert [piece.category for piece in back.furniture] == ["chair", "sofa", "desk", "floor_lamp"]
    (facing,) = back.relations
    assert (back.piece(facing.subject).category, back.piece(facing.anchor).category) == ("chair", "sofa")
