# SPDX-License-Identifier: GPL-3.0-or-later
import base64
import hashlib
import io
import re
from html.parser import HTMLParser

import pytest
from metaspatial.backend.evaluate.record import Header
from metaspatial.backend.evaluate.report import write_comparison, write_report
from metaspatial.backend.rewards.score import Score, Verdict
from metaspatial.backend.scene import Layout
from metaspatial.tests.backend.evaluate.records import record
from PIL import Image

HOSTILE = "</script><script>parent.pwned=1</script><img src=x onerror=alert(1)>\"'&--><!--"


class Page(HTMLParser):
    """What there is on a page: elements with their attributes, and the text of each kind of element."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self._open = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "input", "br"):
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data):
        self.texts.append((self._open[-1] if self._open else "", data))

    def all(self, name):
        return [attributes for tag, attributes in self.elements if tag == name]

    def text(self, name):
        return [data for tag, data in self.texts if tag == name]


def report(tmp_path, records, **more):
    return Page(write_report(records, tmp_path, **more).read_text("utf-8"))


def three_by_two():
    return [
        record(policy, scene, total)
        for policy, totals in (("random", (0.1, 0.2)), ("grid", (0.4, 0.5)), ("solver", (0.9, 1.0)))
        for scene, total in zip(("kitchen", "hall"), totals, strict=True)
    ]


def png(size=(8, 8), noise=False):
    data = io.BytesIO()
    image = Image.effect_noise(size, 90).convert("RGB") if noise else Image.new("RGB", size, "red")
    image.save(data, "PNG")
    return data.getvalue()


def test_the_page_shows_every_policy_and_every_scene(tmp_path):
    page = report(tmp_path, three_by_two())
    words = " ".join(data for kind, data in page.texts if kind not in ("style", "script"))
    for name in ("random", "grid", "solver", "kitchen", "hall", "0.950", "0.450", "0.150"):
        assert name in words
    assert len([one for one in page.all("details") if one.get("class") == "scene"]) == 2
    assert len(page.all("article")) == 6
    assert words.index("solver") < words.index("grid") < words.index("random")  # ranked by total


def test_hostile_names_and_answers_stay_text(tmp_path):
    records = [
        record(HOSTILE, HOSTILE, 0.5, answer=HOSTILE, error=HOSTILE, spec=HOSTILE),
        record("solver", HOSTILE, 0.7, answer=f"<think>{HOSTILE}</think>{HOSTILE}"),
    ]
    headers = [Header({HOSTILE: HOSTILE}, {HOSTILE: HOSTILE}, HOSTILE)]
    page = report(tmp_path, records, headers=headers, title=HOSTILE, compared=([records[0]], [records[1]]))
    assert len(page.all("script")) == 1
    assert page.all("img") == []
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert HOSTILE in "".join(page.text("pre"))
    assert HOSTILE in "".join(page.text("h1"))


def test_a_page_loads_nothing(tmp_path):
    text = write_report(three_by_two(), tmp_path).read_text("utf-8")
    page = Page(text)
    assert not [one for name in ("link", "iframe", "object", "embed", "base") for one in page.all(name)]
    assert not [one for one in page.all("script") if "src" in one]
    for _, attributes in page.elements:
        assert "style" not in attributes
        for key in ("href", "src"):
            assert attributes.get(key, "#").startswith(("#", "data:image/"))
    style = "".join(page.text("style"))
    assert "url(" not in style
    assert "@import" not in style
    assert "http" not in style


def test_only_the_pages_own_style_and_script_may_run(tmp_path):
    page = report(tmp_path, three_by_two())
    policy = next(one["content"] for one in page.all("meta") if one.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    for kind in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256("".join(page.text(kind)).encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'"


def body_bytes(tmp_path, scenes):
    """The length of what `scenes` records without pictures make between head and script."""
    text = write_report([record(scene_name=f"{n}") for n in range(scenes)], tmp_path).read_text("utf-8")
    return len(text[text.index("<main>") : text.index("</main>")].encode())


def data_bytes(file):
    return file.stat().st_size * 4 // 3 + 30


def test_pictures_are_embedded(tmp_path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(png())
    page = report(tmp_path, [record(pictures=("pictures/a.png",))])
    (image,) = page.all("img")
    kind, data = image["src"].split(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(data) == png()
    assert any(one.get("class") == "fold" for one in page.all("details"))  # the plan is still there, folded


def test_pictures_beyond_the_limit_are_linked(tmp_path):
    for name in ("a.png", "b c.png"):
        (tmp_path / name).write_bytes(png((100, 100), noise=True))
    records = [record(scene_name="a", pictures=("a.png",)), record(scene_name="b", pictures=("b c.png",))]
    page = report(tmp_path, records, page_bytes=body_bytes(tmp_path, 2) + 4000 + data_bytes(tmp_path / "a.png"))
    assert [one["src"][:10] for one in page.all("img")] == ["data:image", "b%20c.png"]
    policy = next(one["content"] for one in page.all("meta") if one.get("http-equiv") == "Content-Security-Policy")
    assert "'self'" in policy


def test_everyones_first_picture_comes_before_second_ones(tmp_path):
    for name in "abcd":
        (tmp_path / f"{name}.png").write_bytes(png((100, 100), noise=True))
    size = max(data_bytes(tmp_path / f"{name}.png") for name in "abcd")
    records = [record(scene_name="1", pictures=("a.png", "b.png")), record(scene_name="2", pictures=("c.png", "d.png"))]
    page = report(tmp_path, records, page_bytes=body_bytes(tmp_path, 2) + 4000 + 2 * size)
    assert [one["src"].startswith("data:") for one in page.all("img")] == [True, False, True, False]


@pytest.mark.parametrize(
    "name", ["../secret.png", "/etc/passwd", "note.txt", "evil.svg", "missing.png", "\0", "a" * 5000]
)
def test_only_pictures_in_the_folder_are_pictures(tmp_path, name):
    folder = tmp_path / "run"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(png())
    (folder / "note.txt").write_text("not a picture")
    (folder / "evil.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    assert report(folder, [record(pictures=(name,))]).all("img") == []


def test_a_record_of_another_folder_never_borrows_a_picture(tmp_path):
    (tmp_path / "a.png").write_bytes(png())
    here, elsewhere = record(total=0.9, pictures=("a.png",)), record(total=0.1, pictures=("a.png",))
    assert len(report(tmp_path, [here], compared=([elsewhere], [here])).all("img")) == 2  # in both sections, not thrice


def test_failures_missing_grades_and_empty_layouts_are_shown(tmp_path):
    records = [
        record("chat", error="the server said no", layout=Layout(), score=None),
        record("solver", total=1.0),
        record("bare", score=Score(0.4, format=1.0), seconds=None, answer=""),
    ]
    page = report(tmp_path, records)
    assert "the server said no" in page.text("p")
    words = " ".join(data for _, data in page.texts)
    assert "no answer in 1 of 1" in words
    assert "Nothing to find fault with." in words


def test_a_judges_words_and_marks_are_shown(tmp_path):
    verdict = Verdict(0.7, {"realism": 7.5}, {"realism": 0.5}, 3, ("The bed blocks the view.",))
    score = Score(0.7, 1.0, 1.0, 1.0, 0.7, verdict=verdict)
    page = report(tmp_path, [record(score=score)])
    assert "The bed blocks the view." in page.text("p")
    assert "7.5 ± 0.5" in page.text("dd")
    assert "Judge" in "".join(page.text("button"))  # its column in the main table


def test_endless_answers_are_cut(tmp_path):
    page = report(tmp_path, [record(answer="x" * 100_000)])
    (text,) = page.text("pre")
    assert len(text) < 7000
    assert "94,000 more characters" in text


def test_unpaired_surrogates_can_be_written(tmp_path):
    assert "a�b" in "".join(report(tmp_path, [record(answer="a\ud800b")]).text("pre"))


def test_the_run_is_told(tmp_path):
    headers = [
        Header({"policies": ["solver"], "seconds": 2}, {"metaspatial": "0.1.0", "commit": ""}, "2026-01-02T03:04:05Z")
    ]
    page = report(tmp_path, [record(seed=7, spec="solver:seconds=2")], headers=headers)
    facts = dict(zip(page.text("dt"), page.text("dd"), strict=True))
    assert facts["Seeds"] == "7"
    assert facts["Started"] == "2026-01-02T03:04:05Z"
    assert facts["metaspatial"] == "0.1.0"
    assert facts["policies"] == '["solver"]'
    assert facts["Policy solver"] == "solver:seconds=2"
    assert "commit" not in facts


def test_metrics_are_defined_with_their_sources(tmp_path):
    page = report(tmp_path, [record(metrics={"sceneeval.col": 0.5, "own.format": 1.0})])
    words = " ".join(data for _, data in page.texts)
    assert "sceneeval.col" in words
    assert "SceneEval" in words


def test_the_same_records_make_the_same_page(tmp_path):
    first = write_report(three_by_two(), tmp_path).read_bytes()
    assert write_report(three_by_two(), tmp_path).read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_comparison_has_its_own_page(tmp_path):
    before = [record("sft", f"s{n}", 0.3) for n in range(6)]
    after = [record("grpo", f"s{n}", 0.3 + n / 10) for n in range(6)]
    path = write_comparison(before, after, tmp_path)
    assert path.name == "comparison.html"
    page = Page(path.read_text("utf-8"))
    words = " ".join(data for _, data in page.texts)
    assert "sft → grpo" in words
    assert "+0.250" in words
    pairs = [one for one in page.all("details") if one.get("class") == "scene"]
    assert len(pairs) == 6
    assert [data for data in page.text("b") if data.startswith("+0.5")]  # the largest change, in the first pair
    assert page.text("span").index("s5") < page.text("span").index("s0")


def test_nothing_to_report_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="no records"):
        write_report([], tmp_path)
    with pytest.raises(ValueError, match="nothing to compare"):
        write_comparison([record("a", "x")], [record("b", "y")], tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_large_evaluation_stays_below_25_megabytes(tmp_path):
    picture = png((160, 160), noise=True)
    records = []
    for policy in "abcde":
        for number in range(200):
            name = f"{policy}{number}.png"
            (tmp_path / name).write_bytes(picture)
            metrics = {f"other.m{n}": n / 50 for n in range(45)}
            records.append(record(policy, f"scene {number}", number / 200, pictures=(name,), metrics=metrics))
    path = write_report(records, tmp_path)
    assert path.stat().st_size < 25e6
    text = path.read_text("utf-8")
    linked = re.findall(r'<img src="(?!data:)', text)
    embedded = re.findall(r'<img src="data:', text)
    assert len(linked) + len(embedded) == 1000
    assert len(embedded) > 100
