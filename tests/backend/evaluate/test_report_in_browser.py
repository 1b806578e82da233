# SPDX-License-Identifier: GPL-3.0-or-later
"""The report in a real Chromium: what is there, what it looks like, what its controls do, what it must not do."""

import io

import numpy as np
import pytest
from metaspatial.backend.evaluate.report import write_comparison, write_report
from metaspatial.backend.scene import Pose
from metaspatial.tests.backend.evaluate.records import LAYOUT, record
from metaspatial.tests.browser import Browser, chromium
from PIL import Image

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium() is None, reason="no Chromium here; Debian has it as chromium-headless-shell"),
]
HOSTILE = "</script><script>parent.pwned=1</script><img src=x onerror='parent.pwned=2'><svg onload=parent.pwned=3>"
SCENES = ("kitchen", "hall", "attic", HOSTILE)
TOTALS = {"random": (0.1, 0.2, 0.15, 0.1), "solver": (0.9, 1.0, 0.8, 0.7), "grid": (0.4, 0.5, 0.45, 0.6)}
SECONDS = {"random": 0.001, "solver": 2.5, "grid": 12.0}
ACCENT, RED = (47, 95, 208), (194, 40, 29)
"""Colours of bars and of physics faults in page.css, by day."""


def records():
    return [
        record(policy, scene, total, seconds=SECONDS[policy], answer=f"<think>{HOSTILE}</think>{HOSTILE}")
        for policy, totals in TOTALS.items()
        for scene, total in zip(SCENES, totals, strict=True)
    ]


@pytest.fixture(scope="module")
def browser():
    with Browser(chromium()) as opened:
        yield opened


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    data = io.BytesIO()
    Image.new("RGB", (64, 48), (0, 200, 120)).save(data, "PNG")
    (folder / "a picture.png").write_bytes(data.getvalue())
    more = record("solver", "pictured", 0.95, pictures=("a picture.png",), seconds=2.5)
    return write_report([*records(), more], folder)


@pytest.fixture(autouse=True)
def silent(browser):
    """No test may leave an error in the console, run what a name or an answer says, or load anything else."""
    browser.console.clear()
    browser.requests.clear()
    yield
    assert browser.run("typeof window.pwned") == "undefined"
    assert browser.console == []
    elsewhere = [url for url in browser.requests if not url.startswith(("about:blank", "file:", "data:"))]
    assert elsewhere == []


def pixels(browser, tmp_path, **more):
    return np.asarray(Image.open(browser.picture(tmp_path / "page.png", **more)).convert("RGB")).astype(int)


def count(image, colour, tolerance=40):
    return int(np.sum(np.abs(image - np.array(colour)).max(axis=2) < tolerance))


def rows(browser):
    return browser.run("[...document.querySelectorAll('.summary tbody tr')].map(row => row.cells[0].textContent)")


def test_everything_is_there(browser, report):
    browser.open(report)
    assert rows(browser) == ["random", "solver", "grid"]
    ranked = browser.run("[...document.querySelectorAll('.ranking .name')].map(one => one.textContent)")
    assert ranked == ["solver", "grid", "random"]
    assert browser.run("document.querySelectorAll('#scenes details.scene').length") == 5
    assert browser.run("document.querySelectorAll('#scenes article svg.plan').length") == 13
    assert browser.run("[...document.querySelectorAll('pre')].some(one => one.textContent.includes('parent.pwned'))")


def test_it_is_not_blank_and_has_its_landmarks(browser, report, tmp_path):
    browser.open(report)
    image = pixels(browser, tmp_path)
    assert image.shape == (900, 1280, 3)
    assert count(image, ACCENT) > 5000  # the bars
    assert count(image, (255, 255, 255), 6) > 200_000  # the cards
    assert count(image, (22, 25, 29)) > 2000  # text
    browser.run("document.querySelectorAll('details.scene').forEach(one => one.open = true)")
    browser.run("document.getElementById('scene-1').scrollIntoView({behavior: 'instant'})")
    assert count(pixels(browser, tmp_path), RED) > 500  # faults in the plans


def test_it_is_dark_where_people_like_it_dark(browser, report, tmp_path):
    browser.open(report, dark=True)
    image = pixels(browser, tmp_path)
    assert np.median(image) < 40
    assert count(image, (231, 234, 238)) > 1500  # light text
    contrasts = browser.run(CONTRASTS)
    assert len(contrasts) > 50
    assert min(contrasts) >= 4.5


CONTRASTS = """
(() => {
  const light = (text) => {
    const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (!/, 0\\)$/.test(colour)) return colour;
    }
  };
  return [...document.querySelectorAll('h1, h2, h3, h4, p, small, b, th, td, dt, dd, li, summary, nav a, .name')]
    .filter((one) => one.getClientRects().length && one.textContent.trim())
    .map((one) => [light(getComputedStyle(one).color), light(behind(one))].sort((a, b) => b - a))
    .map(([high, low]) => (high + 0.05) / (low + 0.05));
})()
"""


def test_text_stands_out_by_day(browser, report):
    browser.open(report)
    assert min(browser.run(CONTRASTS)) >= 4.5


@pytest.mark.parametrize("width", [360, 420, 768, 1280])
def test_the_page_never_scrolls_sideways(browser, report, width):
    browser.open(report, width=width)
    browser.run("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert browser.run("document.documentElement.scrollWidth") <= width


def test_a_click_on_a_heading_sorts(browser, report):
    browser.open(report)
    click = "[...document.querySelectorAll('.summary button')].find(one => one.textContent.startsWith('{}')).click()"
    browser.run(click.format("Time"))
    assert rows(browser) == ["grid", "solver", "random"]
    assert browser.run("document.querySelectorAll('.summary [aria-sort=descending]').length") == 1
    browser.run(click.format("Time"))
    assert rows(browser) == ["random", "solver", "grid"]
    browser.run(click.format("Policy"))
    assert rows(browser) == ["grid", "random", "solver"]


def shown_scenes(browser):
    names = "[...document.querySelectorAll('#scene-list > :not([hidden])')].map(one => one.querySelector('.name'))"
    return browser.run(f"{names}.map(one => one.textContent)")


def change(browser, id, value):
    """As a person would: the value, then the events."""
    events = "['input', 'change'].forEach(name => one.dispatchEvent(new Event(name)))"
    browser.run(f"{{ const one = document.getElementById('{id}'); one.value = '{value}'; {events} }}")


def test_scenes_can_be_found_and_ordered(browser, report):
    browser.open(report)
    change(browser, "find", "KITCH")
    assert shown_scenes(browser) == ["kitchen"]
    assert browser.run("document.getElementById('count').textContent") == "1 of 5 scenes"
    change(browser, "find", "")
    change(browser, "order", "worst")
    assert shown_scenes(browser)[-1] == "pictured"
    assert set(shown_scenes(browser)[:2]) == {"kitchen", HOSTILE}
    change(browser, "order", "spread")
    assert shown_scenes(browser)[:2] == ["kitchen", "hall"]  # 0.8 both
    browser.run("document.getElementById('unfold').click()")
    assert browser.run("document.querySelectorAll('#scene-list > [open]').length") == 5


def test_a_link_opens_its_scene(browser, report):
    browser.open(report, hash="#scene-3")
    assert browser.run("document.getElementById('scene-3').open")
    browser.run("document.querySelectorAll('details.scene').forEach(one => one.open = false)")
    browser.run("document.querySelector('.thumbs a').click()")
    browser.run("new Promise(done => setTimeout(done, 100))")
    assert browser.run("document.querySelectorAll('#scene-list > [open]').length") == 1


def first_picture(browser):
    """Its width as the browser decoded it, and where it came from."""
    browser.run("document.images[0].decode()")
    width, source = browser.run("[document.images[0].naturalWidth, document.images[0].src]")
    return width, source.partition(":")[0]


def test_pictures_are_shown(browser, report):
    browser.open(report)
    browser.run("document.querySelectorAll('details.scene').forEach(one => one.open = true)")
    assert first_picture(browser) == (64, "data")


def test_linked_pictures_are_shown_too(browser, report, tmp_path):
    (tmp_path / "a picture.png").write_bytes((report.parent / "a picture.png").read_bytes())
    page = write_report([record(pictures=("a picture.png",))], tmp_path, page_bytes=0)
    browser.open(page)
    assert first_picture(browser) == (64, "file")


def test_it_reads_without_scripts(browser, report, tmp_path):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(report)
        image = pixels(browser, tmp_path)
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
    assert count(image, ACCENT) > 5000
    assert browser.run("getComputedStyle(document.querySelector('.tools')).display") == "none"
    assert browser.run("document.querySelectorAll('.summary tbody tr').length") == 3


def test_it_prints(browser, report, tmp_path):
    browser.open(report, dark=True)
    assert browser.print(tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
    browser.call("Emulation.setEmulatedMedia", media="print")
    try:
        assert browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert browser.run("getComputedStyle(document.querySelector('nav')).display") == "none"
    finally:
        browser.call("Emulation.setEmulatedMedia", media="")


def test_a_comparison_shows_both_sides(browser, tmp_path):
    moved = LAYOUT.moved({"bed_1": Pose(1.0, 1.9, 0.3, 90.0)})
    before = [record("sft", f"s{n}", 0.3) for n in range(8)]
    after = [record("grpo", f"s{n}", 0.4 + n / 20, layout=moved, seconds=0.5) for n in range(8)]
    browser.open(write_comparison(before, after, tmp_path))
    first = "document.querySelector('#pairs .scene[open]').querySelectorAll('h4 .name')"
    heads = browser.run(f"[...{first}].map(one => one.textContent)")
    assert heads == ["before · sft", "after · grpo"]
    assert browser.run("document.querySelectorAll('#pairs .scene').length") == 8
    line = browser.run("[...document.querySelectorAll('.changes tbody tr')[0].cells].map(cell => cell.textContent)")
    assert line[0].startswith("Total")
    assert line[3].startswith("+0.275")
    assert line[8] == "8 / 0 / 0"
    image = pixels(browser, tmp_path)
    assert count(image, (23, 117, 63)) > 500  # what got better is green
    assert count(image, RED) > 100  # slower: red
