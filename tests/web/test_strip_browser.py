"""The column at the right: what stays in sight, short lines, and what an entry changed."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.web.test_ask_browser import barriers_by_day_and_night
from tests.web.test_browser import barriers
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_cutter_page import open_plane, settle
from tests.web.test_layout_browser import box_of
from tests.web.viewed import text_of, texts_of, turn, wait_until, wait_until_ready

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = in_chromium
SIZES = [(1280, 800), (1440, 900)]
LONGEST = 120  # letters of a line


def is_in_sight(page: Page, selector: str) -> bool:
    """Check whether the middle of an element can be clicked, within the column."""
    return bool(
        page.locator(selector).first.evaluate(
            """(one) => {
              const { x, y, width, height } = one.getBoundingClientRect();
              const seen = document.elementFromPoint(x + width / 2, y + height / 2);
              return height > 0 && (one === seen || one.contains(seen));
            }"""
        )
    )


@pytest.mark.parametrize("size", [*SIZES, (820, 1180), (390, 844)])
def test_the_flr_stays_in_sight_while_the_column_is_scrolled(
    page: Page, size: tuple[int, int]
) -> None:
    """In windows of a computer, its bar and interval as well, in one card."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    if size in SIZES:
        card = [box_of(page.locator(f"#hero-{part}")) for part in ("number", "bar", "measures")]
        assert all(abs(one[3] - other[1]) < 1 for one, other in pairwise(card))
    open_plane(page)
    script = "(one) => { one.scrollTop = 9999; return one.scrollTop; }"
    moved = page.locator("#strip").evaluate(script)
    assert moved > 40
    for selector in ("#share-percent", "#share-drafts strong"):
        assert is_in_sight(page, selector), selector
    if size in SIZES:
        for selector in ("#bar .bar-interval", "#bar .bar-limit", "#share-interval"):
            _, top, _, bottom = box_of(page.locator(selector).first)
            assert 0 <= top < bottom <= size[1], selector
        assert is_in_sight(page, "#bar")


@pytest.mark.parametrize("size", SIZES)
def test_the_next_question_and_the_use_of_a_draft_are_above_the_fold(
    page: Page, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    assert is_in_sight(page, "#next-answers button")
    open_plane(page)
    assert is_in_sight(page, "#next-answers button")
    assert is_in_sight(page, "#cut-adopt")


def test_no_room_is_left_empty_between_the_parts_of_the_column(page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 1400})
    gaps = page.evaluate(
        """() => {
          const all = document.querySelectorAll("#hero-measures, #warned, #pathway, #drafts");
          const parts = [...all].filter((one) => !one.hidden);
          const boxes = parts.map((one) => one.getBoundingClientRect());
          const inner = document.querySelector("#no-draft").getBoundingClientRect();
          const of = boxes.slice(1).map((box, n) => box.top - boxes[n].bottom);
          return [...of, boxes.at(-1).bottom - inner.bottom];
        }"""
    )
    assert max(gaps) <= 16


def test_the_pathway_is_written_in_short_lines(page: Page) -> None:
    lines = texts_of(page.locator("#pathway-told li"))
    assert "Borderline, 49 % chance of crossing" in lines
    assert max(map(len, lines)) <= LONGEST
    script = "(text) => import('/strip.js').then(({ asLines }) => asLines(text))"
    sentence = "a (x; y: z), b; short: c; that which is long enough: what follows it is long too"
    told = [
        "A (x; y: z), b",
        "Short: c",
        "That which is long enough",
        "What follows it is long too",
    ]
    assert page.evaluate(script, sentence) == told


def test_an_entry_that_changes_the_pathway_is_not_said_to_change_nothing(page: Page) -> None:
    turn(page, "questions")
    page.fill("#by", "R1")
    before = text_of(page.locator("#pathway-answer"))
    form = page.locator("#questions > li").first
    form.locator("input[value=PVE]").check()
    form.get_by_role("button", name="Use this answer").click()
    wait_until(page, "() => Boolean(document.querySelector('#steps li'))")
    wait_until(page, "() => document.querySelector('#ask').getAttribute('aria-busy') === 'false'")
    said = text_of(page.locator("#said"))
    assert text_of(page.locator("#pathway-answer")) != before
    assert "unchanged" not in said
    assert said.startswith(("New route: ", "New pathway: "))


def test_two_drafts_are_compared_over_the_whole_width(page: Page) -> None:
    open_plane(page)
    page.check("input[name=draft][value='1']")
    page.select_option("#cut-row", "1 2 3 4")
    settle(page)
    rows = page.locator("#cut-numbers tbody tr").all()
    assert len(rows) > 6
    assert barriers_by_day_and_night(page) == []
    page.locator("#strip").evaluate("(one) => { one.scrollTop = 0; }")
    fold = box_of(page.locator("#next"))[1]
    assert fold < 800
    assert sum(box_of(one)[3] <= fold for one in rows) >= 4  # below a warning
    wide = page.locator("#strip").evaluate("(one) => one.clientWidth")
    heads = [box_of(one) for one in page.locator("#cut-numbers thead th").all()[1:]]
    for row in rows:
        cells = [one for one in row.locator("td").all() if one.is_visible()]
        name, boxes = box_of(row.locator("th")), [box_of(one) for one in cells]
        assert name[2] - name[0] > 0.85 * wide
        assert name[3] <= boxes[0][1] + 1  # above the values
        assert len(cells) == 2 + (row.locator("td").last.text_content() != "-")
        for (left, _, right, _), (from_left, _, _, _) in zip(boxes, heads, strict=False):
            assert left == pytest.approx(from_left, abs=1)
            assert right - left > 0.27 * wide
        assert boxes[-1][2] > 0.9 * box_of(row)[2]


@pytest.mark.parametrize("size", [(400, 844), (720, 450), (820, 1180)])
def test_a_low_strip_counts_its_warnings_next_to_the_number(
    page: Page, size: tuple[int, int]
) -> None:
    """On a phone, or at 200 % zoom, the warning itself may be below the edge of the strip."""
    wait_until_ready(page)
    mark = page.locator("#warned-mark")
    assert mark.is_hidden()  # the warning itself is in sight
    assert is_in_sight(page, "#warning")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    assert text_of(mark) == "1 warning"
    for selector in ("#warned-mark", "#share-percent"):
        assert is_in_sight(page, selector), selector
    assert barriers(page) == []
    mark.click()
    assert is_in_sight(page, "#warning")
