# SPDX-License-Identifier: GPL-3.0-or-later
"""MetaSpatial's defects D1 to D25 (`docs/rewards.md` lists them): what the published score pays, and what ours does.

One test per defect that a score can have; each compares the two on the same layouts. The published score is computed by
`rewards.metaspatial` with an indifferent judge (five fives) unless said otherwise: a correct layout gets 1.0, of 1.5.
The others are no matter of scoring and are tested where the thing itself is:

| defect | where |
|---|---|
| D11 stale pictures are scored | tests/addon/render/test_renderer.py: an earlier picture is never taken for this one |
| D17 room shell of 6 x 4 x 3 m | tests/addon/furnish/test_room.py: the floor is the polygon exactly |
| D18 camera that misses the floor | tests/addon/render/test_camera.py: the whole floor is in the picture, up to 40 m |
| D19 material property of another version | the pictures' tests, on every supported bpy (`make test-matrix`) |
| D21 one sample after another | benchmarks/render.py, benchmarks/score.py: measured, as time is no test |
| D22 a baseline that crashes | concerns training algorithms, not scores |
| D24 the last six entries are walls | tests/backend/scene/test_idesign.py: elements are found wherever they stand |
| D25 paths and a token in the source | nothing reads a path: scores are functions of a scene and a layout |
"""

import importlib.util
import json
import sys
from pathlib import Path

import pytest
from metaspatial.backend.dialogue import format_answer, parse_answer
from metaspatial.backend.rewards.metaspatial import collision_ratio, constraint_ratio, metaspatial_score
from metaspatial.backend.rewards.relations import satisfaction
from metaspatial.backend.rewards.score import Verdict
from metaspatial.backend.rewards.scorer import Scorer, judged
from metaspatial.backend.scene import Furniture, Layout, Part, Pose, Relation, Scene


def loaded(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


ROOT = Path(__file__).parents[3]
exploits = loaded(ROOT / "benchmarks" / "exploits.py")
SCENE, GOOD, HALL = exploits.BEDROOM, exploits.GOOD, exploits.HALL
ROOM, RELATIONS = SCENE.room, SCENE.relations
FIVES = (5, 5, 5, 5, 5)


def published(layout, scene=SCENE, text=None, grades=FIVES):
    total = metaspatial_score(scene, layout, text, grades).total
    assert total is not None
    return total


def ours(layout, scene=SCENE, problems=()):
    return Scorer().score(scene, layout, problems)


def total(layout, scene=SCENE):
    return ours(layout, scene).total


def answered(text, scene=SCENE):
    """The published score of a text, and ours."""
    answer = parse_answer(scene, text)
    return published(answer.layout, scene, text), ours(answer.layout, scene, answer.problems).total


def said(answer):
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return f"<think>so</think><answer>{text}</answer>"


def entries(layout=GOOD):
    return [
        {"new_object_id": id, "x": pose.x, "y": pose.y, "z": pose.z, "rotation": pose.rotation}
        for id, pose in layout.poses.items()
    ]


def at(**poses):
    return GOOD.moved(poses)


def shifted(layout, dx, dy=0.0):
    return Layout({id: Pose(pose.x + dx, pose.y + dy, pose.z, pose.rotation) for id, pose in layout.poses.items()})


def rounded(layout, digits):
    return Layout(
        {
            id: Pose(round(pose.x, digits), round(pose.y, digits), round(pose.z, digits), pose.rotation)
            for id, pose in layout.poses.items()
        }
    )


def test_both_call_a_correct_layout_correct():
    assert published(GOOD) == 1.0
    assert total(GOOD) > 0.98, ours(GOOD).issues


def test_d01_pairs_with_walls_do_not_dilute_overlaps():
    heap = Layout({piece.id: Pose(3.0, 2.5, piece.size[2] / 2) for piece in SCENE.furniture})
    boxes = tuple(Furniture(f"box_{k}", "cabinet", (0.6, 0.6, 0.6)) for k in range(12))
    scene = Scene(HALL, boxes, tuple(Relation(box.id, "on", "middle") for box in boxes))
    point = Layout({box.id: Pose(3.0, 2.5, 0.3) for box in boxes})
    assert collision_ratio(scene, point) == pytest.approx(66 / 153)  # every pair there is, and yet not half of 1
    assert published(point, scene) > 0.9
    assert total(point, scene) < 0.4
    assert ours(point, scene).physics < 0.1
    assert published(heap) > 0.6 > 0.3 > total(heap)


def test_d02_one_bad_pair_among_twelve_matters():
    into = at(desk_1=Pose(5.7, 1.0, 0.375, 270), plant_1=Pose(5.8, 0.6, 0.5))
    clean = at(desk_1=Pose(5.7, 1.0, 0.375, 270))
    assert 0.2 * (collision_ratio(SCENE, into) - collision_ratio(SCENE, clean)) == pytest.approx(0.0013, abs=5e-5)
    assert total(clean) - total(into) > 0.03


def test_d03_leaving_the_room_never_pays():
    crowd = tuple(Furniture(f"cabinet_{k}", "cabinet", (0.9, 0.6, 0.8)) for k in range(4))
    scene = Scene(HALL, crowd, tuple(Relation(one.id, "near", "wall") for one in crowd))
    inside = Layout({one.id: Pose(3.0 + 0.2 * k, 2.5, 0.4) for k, one in enumerate(crowd)})
    for step in range(1, 5):
        fewer = inside.moved({f"cabinet_{k}": Pose(30.0 + 9 * k, 2.5, 0.4) for k in range(step)})
        assert published(fewer, scene) >= published(inside, scene)
        assert total(fewer, scene) <= total(inside, scene)
    assert published(fewer, scene) > published(inside, scene)
    away = shifted(GOOD, 100)
    assert published(away) == pytest.approx(0.8)
    assert total(away) < 0.25


def test_d04_overlap_counts_by_depth_beyond_a_tolerance():
    pair = (Furniture("cabinet_1", "cabinet", (1.0, 0.6, 0.8)), Furniture("cabinet_2", "cabinet", (1.0, 0.6, 0.8)))
    scene = Scene(HALL, pair, tuple(Relation(one.id, "on", "middle") for one in pair))

    def deep(depth):
        return Layout({"cabinet_1": Pose(2.0, 2.5, 0.4), "cabinet_2": Pose(3.0 - depth, 2.5, 0.4)})

    theirs = [published(deep(depth), scene) for depth in (0.002, 0.02, 0.1, 0.4)]
    mine = [ours(deep(depth), scene).physics for depth in (0.002, 0.02, 0.1, 0.4)]
    assert len(set(theirs)) == 1 < len({*theirs, published(deep(0), scene)})  # 2 mm cost what 400 mm cost
    assert mine == sorted(mine, reverse=True)
    assert len(set(mine)) == 4
    assert mine[0] == 1.0


def test_d05_boxes_turn_with_the_furniture():
    pair = (Furniture("bench_1", "cabinet", (2.0, 0.3, 0.5)), Furniture("bench_2", "cabinet", (2.0, 0.3, 0.5)))
    scene = Scene(HALL, pair, tuple(Relation(one.id, "on", "middle") for one in pair))
    crossing = Layout({"bench_1": Pose(3.0, 2.5, 0.25, 45), "bench_2": Pose(3.0, 3.0, 0.25, -45)})
    assert published(crossing, scene) == 1.0  # both are taken as unturned
    assert ours(crossing, scene).physics < 0.5


def test_d06_shapes_not_boxes_and_rugs_are_for_standing_on():
    top = Part((0.0, 0.0, 0.355), (1.2, 0.6, 0.04))
    legs = tuple(Part((x, 0.0, -0.02), (0.04, 0.56, 0.71)) for x in (-0.58, 0.58))
    desk = Furniture("desk_1", "desk", (1.2, 0.6, 0.75), parts=(top, *legs))
    chair = Furniture("chair_1", "stool", (0.45, 0.45, 0.45))
    rug = Furniture("rug_1", "rug", (3.0, 2.0, 0.1))
    scene = Scene(
        HALL, (desk, chair, rug), tuple(Relation(id, "on", "middle") for id in ("desk_1", "chair_1", "rug_1"))
    )
    tucked = Layout({"desk_1": Pose(3, 2.5, 0.375), "chair_1": Pose(3, 2.3, 0.225, 180), "rug_1": Pose(3, 2.2, 0.05)})
    assert collision_ratio(scene, tucked) == pytest.approx(3 / 36)  # chair and desk, and both with the rug
    assert ours(tucked, scene).physics == 1.0
    mirror = Furniture("mirror_1", "mirror", (1.6, 0.04, 0.8), "wall")
    wardrobe = Furniture("wardrobe_1", "wardrobe", (1.5, 0.6, 2.1))
    scene = Scene(
        HALL,
        (mirror, wardrobe),
        (Relation("mirror_1", "on", "north_wall"), Relation("wardrobe_1", "against", "north_wall")),
    )
    inside = Layout({"mirror_1": Pose(3, 4.98, 1.4), "wardrobe_1": Pose(3, 4.7, 1.05)})
    assert published(inside, scene) == 1.0  # 40 times as long as thick: never tested
    assert ours(inside, scene).physics < 0.65


def test_d07_rounding_a_layout_costs_nothing():
    sizes = {"bed_1": (1.473, 2.087, 0.515), "desk_1": (1.207, 0.593, 0.745), "chair_1": (0.613, 0.587, 0.955)}
    pieces = tuple(Furniture(p.id, p.category, sizes.get(p.id, p.size), p.mount) for p in SCENE.furniture)
    scene = Scene(ROOM, pieces, RELATIONS)
    bed, desk, chair = (sizes[id] for id in ("bed_1", "desk_1", "chair_1"))
    exact = at(
        bed_1=Pose(3.0, 5 - bed[1] / 2, bed[2] / 2),
        nightstand_1=Pose(3.0 + bed[0] / 2 + 0.225, 4.8, 0.25),
        nightstand_2=Pose(3.0 - bed[0] / 2 - 0.225, 4.8, 0.25),
        desk_1=Pose(6 - desk[1] / 2, 2.0, desk[2] / 2, 270),
        chair_1=Pose(6 - desk[1] / 2 - desk[1] / 2 - chair[1] / 2, 2.0, chair[2] / 2, 90),
    )
    assert (constraint_ratio(scene, exact), collision_ratio(scene, exact)) == (0.0, 0.0)
    violated = [constraint_ratio(scene, rounded(exact, digits)) for digits in (4, 3, 2, 1)]
    assert violated == sorted(violated)
    assert violated[2] >= 0.4  # at centimetres, and all that are flush with odd sizes are lost
    assert collision_ratio(scene, rounded(exact, 2)) > 0.01
    assert published(rounded(exact, 2), scene) < 0.92
    assert total(rounded(exact, 2), scene) == pytest.approx(total(exact, scene), abs=0.02)
    closer = [total(exact.moved({"chair_1": Pose(4.8 - d, 2.0, chair[2] / 2, 90)}), scene) for d in (0.3, 0.6, 0.9)]
    assert closer == sorted(closer, reverse=True)


def test_d08_every_relation_counts():
    desk, chair = Furniture("desk_1", "desk", (1.2, 0.6, 0.75)), Furniture("chair_1", "chair", (0.5, 0.5, 0.9))
    wishes = (Relation("chair_1", "in_front_of", "desk_1", adjacent=True), Relation("chair_1", "against", "south_wall"))
    scene = Scene(HALL, (desk, chair), (Relation("desk_1", "on", "middle"), *wishes))
    both = Layout({"desk_1": Pose(3, 0.5 + 0.25 + 0.3, 0.375), "chair_1": Pose(3, 0.25, 0.45, 180)})
    one = Layout({"desk_1": Pose(3, 3.3, 0.375), "chair_1": Pose(3, 0.25, 0.45, 180)})
    assert published(one, scene) == published(both, scene) == 1.0
    assert ours(one, scene).function < 0.6 < 0.9 < ours(both, scene).function
    assert {issue.kind for issue in ours(one, scene).issues} >= {"in_front_of"}


def test_d09_no_number_means_something_else():
    keyed = said({entry["new_object_id"]: {"x": 99, "y": 99, "z": 99} for entry in entries()})
    theirs, mine = answered(keyed)
    assert theirs == pytest.approx(0.7)
    assert mine < 0.2
    away = shifted(GOOD, 100)
    assert published(away, grades=(2, 2, 2, 2, 2)) == pytest.approx(0.7)  # 10 in all: physics is skipped
    assert published(away, grades=(2, 2, 2, 2, 3)) == pytest.approx(0.52)


def test_d10_a_failed_judge_is_no_grade():
    bad = shifted(GOOD, 100)
    assert published(bad, grades=()) == 0.5 > published(bad, grades=(1, 1, 1, 1, 1)) == pytest.approx(0.4)
    score = ours(bad)
    failed = judged(score, Verdict(None, missing="no answer"))
    assert (failed.render, failed.total) == (None, score.total)
    assert (
        failed.total < judged(ours(GOOD), Verdict(0.0)).total
    )  # no outage lifts it over an honest layout badly judged


def test_d12_missing_and_repeated_pieces_are_missing():
    pieces = tuple(Furniture(p.id, p.category, p.size, p.mount, pose=GOOD[p.id]) for p in SCENE.furniture)
    scene = Scene(ROOM, pieces, RELATIONS)  # where everything belongs is in the data
    copies = said([entries()[0]] * 12)
    theirs, mine = answered(copies, scene)
    assert theirs == 1.0
    assert mine < 0.1
    eleven = [*entries()[:-1], entries()[0]]
    theirs, mine = answered(said(eleven), scene)
    assert theirs == 1.0
    assert mine < total(GOOD) - 0.1


def test_d13_which_way_things_face_matters():
    backwards = GOOD.moved(
        {
            id: Pose(GOOD[id].x, GOOD[id].y, GOOD[id].z, GOOD[id].rotation + 180)
            for id in ("chair_1", "wardrobe_1", "dresser_1", "bookshelf_1")
        }
    )
    assert published(backwards) == published(GOOD)
    assert total(backwards) < total(GOOD) - 0.1
    assert "facing" in {issue.kind for issue in ours(backwards).issues}


def test_d14_a_corner_has_two_walls():
    along = at(plant_1=Pose(5.8, 3.6, 0.5))
    assert published(along) == published(GOOD)
    assert total(along) < total(GOOD) - 0.02
    assert "in_corner" in {issue.kind for issue in ours(along).issues}


@pytest.mark.parametrize(
    ("layout", "kind", "least"),
    [
        (at(dresser_1=Pose(0.8, 0.2, 0.35, 180)), "blocked", 0.1),
        (at(wardrobe_1=Pose(0.3, 0.75, 1.05, 90)), "blocked", 0.1),
        (at(wardrobe_1=Pose(0.3, 3.94, 1.05, 90)), "clearance", 0.005),
    ],
    ids=["dresser before the door", "wardrobe in the door's way", "wardrobe before the books"],
)
def test_d15_doors_and_room_to_use_things_matter(layout, kind, least):
    lost = published(GOOD) - published(layout)
    assert lost == 0.0
    assert total(layout) < total(GOOD) - least
    assert kind in {issue.kind for issue in ours(layout).issues}


def test_d15_nothing_may_hang_in_the_air():
    shelf = Furniture("vase_1", "vase", (0.2, 0.2, 0.3), "on")
    desk = Furniture("desk_1", "desk", (1.2, 0.6, 0.75))
    scene = Scene(
        HALL,
        (shelf, desk),
        (Relation("vase_1", "left_of", "desk_1", adjacent=True), Relation("desk_1", "on", "middle")),
    )
    aloft = Layout({"desk_1": Pose(3, 2.5, 0.375), "vase_1": Pose(3 + 0.6 + 0.1, 2.5, 1.9)})
    assert published(aloft, scene) == 1.0
    assert ours(aloft, scene).physics < 0.6
    assert "floating" in {issue.kind for issue in ours(aloft, scene).issues}


def test_d16_a_bad_anchor_does_not_damn_its_dependants():
    table = Furniture("dining_table_1", "dining_table", (1.6, 0.9, 0.75))
    chairs = tuple(Furniture(f"chair_{k}", "chair", (0.45, 0.5, 0.95)) for k in range(1, 5))
    sides = ("in_front_of", "behind", "left_of", "right_of")
    around = tuple(Relation(chair.id, side, table.id, True) for chair, side in zip(chairs, sides, strict=True))
    scene = Scene(HALL, (table, *chairs), (Relation(table.id, "on", "middle"), *around))
    good = Layout(
        {
            "dining_table_1": Pose(3, 2.5, 0.375),
            "chair_1": Pose(3, 2.5 - 0.45 - 0.25, 0.475, 180),
            "chair_2": Pose(3, 2.5 + 0.45 + 0.25, 0.475, 0),
            "chair_3": Pose(3 + 0.8 + 0.25, 2.5, 0.475, 270),
            "chair_4": Pose(3 - 0.8 - 0.25, 2.5, 0.475, 90),
        }
    )
    nudged = good.moved({"dining_table_1": Pose(3.01, 2.51, 0.375)})
    assert (
        published(good, scene) - published(nudged, scene) >= 0.2 * 4 / 5
    )  # a centimetre, and all four chairs are lost
    assert total(nudged, scene) > total(good, scene) - 0.02
    lifted = good.moved({"dining_table_1": Pose(3, 2.5, 1.375)})
    for relation in around:
        assert satisfaction(scene, lifted, relation).grade == 1.0  # whose fault it is, is known
    assert {issue.pieces for issue in ours(lifted, scene).issues if issue.part == "physics"} == {("dining_table_1",)}


def test_d20_a_judges_decimals_count():
    assert published(GOOD, grades=(5.9,) * 5) == published(GOOD, grades=(5.0,) * 5)
    assert judged(ours(GOOD), Verdict(0.54)).total > judged(ours(GOOD), Verdict(0.44)).total


def test_d23_wrapping_costs_little():
    text = format_answer(GOOD, "so")
    fenced = text.replace("<answer>", "<answer>```json\n").replace("</answer>", "\n```</answer>")
    comma = text.replace("]</answer>", ",]</answer>")
    after = text + "\nI hope you like it."
    assert answered(text)[0] > 0.95
    for wrapped in (fenced, comma, after):
        theirs, mine = answered(wrapped)
        assert theirs <= 0.05
        assert mine > 0.95 * answered(text)[1]


def test_the_documented_table_is_the_one_that_is_printed():
    page = (ROOT / "docs" / "rewards.md").read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if line.startswith(("| D", "|  | **"))]
    again = "run `python benchmarks/exploits.py` and paste what it prints"
    for said_there, printed in zip(lines, exploits.table()[2:], strict=True):
        *words, published, mine = said_there.strip("| ").split(" | ")
        *wanted, published_now, mine_now = printed.strip("| ").split(" | ")
        assert (words, published) == (wanted, published_now), again
        assert float(mine) == pytest.approx(float(mine_now), abs=0.02), again


@pytest.mark.parametrize("row", exploits.rows(), ids=lambda row: row.words)
def test_a_row_of_the_table_shows_what_it_says(row):
    published, mine = exploits.scores(row)
    if row.words.startswith(("*harmless", "**a correct", "two boxes 2 mm")):
        assert mine > 0.97 >= published - 0.03
    else:
        assert mine < published
        assert mine < 0.98
