# SPDX-License-Identifier: GPL-3.0-or-later
import dataclasses
import xml.etree.ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from metaspatial.backend.evaluate.plan_svg import plan_svg
from metaspatial.backend.rewards.score import Issue
from metaspatial.backend.scene import Layout, Pose
from metaspatial.tests.backend.evaluate.records import LAYOUT, ROOM, SCENE
from metaspatial.tests.strategies import layouts, scenes

OVERLAP = Issue("physics", "overlap", ("bed_1", "table_1"), 0.1, "")


def drawn(scene=SCENE, layout=LAYOUT, issues=(), **more):
    return ET.fromstring(plan_svg(scene, layout, issues, **more))


def classes(root):
    return [set(element.get("class", "").split()) for element in root.iter()]


def group(root, id):
    return next(g for g in root.iter("g") if (g.findtext("title") or "").startswith(f"{id}"))


def corners(polygon):
    return [tuple(float(number) for number in point.split(",")) for point in polygon.get("points").split()]


def test_the_floor_is_drawn_in_centimetres_north_up():
    floor = next(e for e in drawn().iter("polygon") if e.get("class") == "floor")
    assert corners(floor) == [(0, 0), (400, 0), (400, -300), (0, -300)]


def test_the_drawing_holds_the_room_with_a_margin():
    x, y, width, height = (float(number) for number in drawn().get("viewBox").split())
    assert (x, y, width, height) == (-45, -345, 490, 390)


def test_a_piece_is_its_box_where_it_stands():
    box = next(e for e in group(drawn(), "bed_1") if e.get("class") == "box")
    assert corners(box) == [(130, -90), (270, -90), (270, -290), (130, -290)]


def test_the_arrow_points_to_the_front():
    front = next(e for e in group(drawn(), "bed_1") if e.get("class") == "front")
    *base, tip = corners(front)
    assert tip[0] == 200
    assert tip[1] == pytest.approx(-95, abs=1)  # just inside the south edge: the front at rotation 0
    assert all(point[1] < tip[1] for point in base)  # the base lies north of it


def test_an_inward_door_sweeps_the_room_and_a_window_has_a_pane():
    root = drawn()
    assert {"sweep"} in classes(root)
    assert {"pane"} in classes(root)
    leaf = next(path for path in group(root, "door_1").iter("path") if not path.get("class"))
    assert leaf.get("d") == "M40 0L40 -90"  # from the hinge 0.9 m northwards, into the room
    sliding = dataclasses.replace(ROOM.openings[0], swing="none")
    other = dataclasses.replace(SCENE, room=dataclasses.replace(ROOM, openings=(sliding,)))
    assert {"passage"} in classes(drawn(other))
    assert {"sweep"} not in classes(drawn(other))


def test_an_outward_door_stays_out():
    opening = dataclasses.replace(ROOM.openings[0], swing="out")
    root = drawn(dataclasses.replace(SCENE, room=dataclasses.replace(ROOM, openings=(opening,))))
    leaf = next(path for path in group(root, "door_1").iter("path") if not path.get("class"))
    assert leaf.get("d") == "M40 0L40 90"


def test_faults_are_red_and_wishes_amber():
    wish = Issue("function", "on", ("lamp_1", "table_1"), 0.1, "")
    root = drawn(issues=(OVERLAP, wish))
    assert "bad" in group(root, "bed_1").get("class").split()
    assert "bad" in group(root, "table_1").get("class").split()
    assert "soft" in group(root, "lamp_1").get("class").split()
    assert not {"bad", "soft"} & set(group(root, "shelf_1").get("class").split())
    assert not any({"bad"} <= one or {"soft"} <= one for one in classes(drawn()))


def test_an_overlap_is_filled_where_the_boxes_meet():
    layout = LAYOUT.moved({"table_1": Pose(2.8, 1.9, 0.3, 0.0)})
    fault = next(e for e in drawn(layout=layout, issues=(OVERLAP,)).iter("polygon") if e.get("class") == "fault")
    xs, ys = zip(*corners(fault), strict=True)
    assert (min(xs), max(xs), min(ys), max(ys)) == (255, 270, -215, -165)


def test_what_reaches_out_is_filled():
    layout = LAYOUT.moved({"table_1": Pose(4.1, 1.5, 0.3, 0.0)})
    issue = Issue("physics", "outside", ("table_1",), 0.35, "")
    fault = next(e for e in drawn(layout=layout, issues=(issue,)).iter("polygon") if e.get("class") == "fault")
    xs, _ = zip(*corners(fault), strict=True)
    assert (min(xs), max(xs)) == (400, 435)


def test_a_piece_far_away_is_a_mark_on_the_edge():
    layout = LAYOUT.moved({"table_1": Pose(100.0, 1.5, 0.3, 0.0)})
    root = drawn(layout=layout)
    away = next(g for g in root.iter("g") if g.get("class") == "away")
    assert away.findtext("title").startswith("table_1: 95.")
    assert all(x <= 445.1 for x, _ in corners(away.find("polygon")))


def test_the_fixed_piece_is_drawn_as_fixed():
    assert "locked" in group(drawn(), "shelf_1").get("class").split()


def test_unplaced_pieces_are_not_drawn_and_counted():
    root = drawn(layout=Layout({"bed_1": LAYOUT["bed_1"]}))
    assert root.get("aria-label") == "Floor plan with 1 of 4 pieces"
    assert [text.text for text in root.iter("text")] == ["bed_1"]


def test_labels_can_be_left_out():
    assert [text.text for text in drawn().iter("text")]
    assert not list(drawn(labels=False).iter("text"))


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_scene_can_be_drawn(data):
    scene = data.draw(scenes())
    layout = data.draw(layouts(scene, complete=False))
    ids = [piece.id for piece in scene.furniture]
    kinds = st.sampled_from(("overlap", "outside", "floating", "unplaced"))
    pairs = st.lists(st.tuples(kinds, st.lists(st.sampled_from(ids), min_size=1, max_size=2)), max_size=4)
    issues = [Issue("physics", kind, tuple(pieces), 0.1, "") for kind, pieces in data.draw(pairs)]
    root = drawn(scene, layout, issues)
    shown = [g for g in root.iter("g") if g.get("class", "").split()[0] in ("piece", "away")]
    assert len(shown) == len(layout)
