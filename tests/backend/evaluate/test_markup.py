# SPDX-License-Identifier: GPL-3.0-or-later
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend.evaluate.markup import Markup, join, tag


def test_text_and_attributes_are_escaped_and_markup_is_not_twice():
    made = tag("p", "a < b & c", tag("b", '"'), title='x" onload="y', data_name="it's")
    assert made == '<p title="x&quot; onload=&quot;y" data-name="it&#x27;s">a &lt; b &amp; c<b>"</b></p>'


def test_none_and_false_are_left_out_and_true_stands_alone():
    assert (
        tag("details", None, [None, "x", ("y", 1)], open=True, hidden=False, id=None) == "<details open>xy1</details>"
    )
    assert tag("input", type="search") == '<input type="search">'


def test_joining_text_to_markup_by_hand_is_no_markup():
    assert not isinstance(tag("b", "x") + "<i>", Markup)
    assert join(tag("b", "x") + "<i>") == "&lt;b&gt;x&lt;/b&gt;&lt;i&gt;"


@pytest.mark.parametrize("bad", ["\x00", "\x1b", "\ud800", "\ufffe"])
def test_what_no_page_can_show_becomes_a_replacement(bad):
    assert tag("p", f"a{bad}b").encode("utf-8") == "<p>a�b</p>".encode()


@given(st.text(), st.text())
def test_no_text_breaks_out(text, attribute):
    seen = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            seen.append((tag, [name for name, _ in attrs]))

    reader = Reader()
    reader.feed(tag("p", text, title=attribute))
    reader.close()
    assert seen == [("p", ["title"])]
