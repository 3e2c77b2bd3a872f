"""Next to the FLR in Chromium: lesions left, margins, limits, entered values, and kept drafts."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.web.served import CRLM
from tests.web.test_browser import barriers, barriers_by_day_and_night, begin_case
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_cutter_page import RIGHT_IN_TABLE, open_drafts, open_plane, settle, table
from tests.web.test_layout_browser import box_of
from tests.web.test_tasks import confirm, open_masks
from tests.web.viewed import MS, script_of, text_of, texts_of, turn, wait_until, wait_until_ready

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = in_chromium
RIGHT_HEPATECTOMY, TRISECTIONECTOMY = "1 2 3 4", "2 3"
MARGIN = "Margin around the removed lesions"


def choose(page: Page, kept: str) -> None:
    page.select_option("#cut-row", kept)
    settle(page)


def test_h15_a_lesion_left_is_named_next_to_the_number_of_a_draft(page: Page) -> None:
    open_masks(page)
    open_drafts(page)
    choose(page, RIGHT_HEPATECTOMY)
    assert texts_of(page.locator("#share-drafts .refused")) == ["leaves L4"]


def test_h15_a_warning_on_a_draft_is_above_the_results_as_long_as_it_applies(page: Page) -> None:
    """461 voxels below 30 % are a draft's own; with segments I and IV it is far above 40 %."""
    open_masks(page)
    open_drafts(page)
    assert page.locator("#warned").is_hidden()
    choose(page, TRISECTIONECTOMY)
    warned = text_of(page.locator("#warning"))
    assert warned.startswith("WARNING: Draft A: DRAGON 2")  # a colour alone is no level
    assert "461 voxels" in warned
    assert page.locator("#warned").get_attribute("data-severity") == "warning"
    assert barriers(page) == []
    choose(page, RIGHT_HEPATECTOMY)
    assert page.locator("#warned").is_hidden()


def test_h15_a_lesion_left_is_named_next_to_the_number_of_a_plan(page: Page) -> None:
    open_masks(page)
    open_drafts(page)
    choose(page, RIGHT_HEPATECTOMY)
    rows = texts_of(page.locator("#share-limits tbody tr"))
    assert [one.split("\t")[0] for one in rows] == ["30 %", "40 %"]
    page.click("#cut-adopt")
    page.locator("#said").filter(has_text="Draft A is now the plan. The results").wait_for(
        timeout=MS
    )
    page.wait_for_selector("#cut-unadopt:not([hidden])", timeout=MS)
    wait_until_ready(page)
    assert text_of(page.locator("#share-fates")) == "leaves L4"
    step = page.locator("button[data-step=plan]")
    assert step.get_attribute("data-state") == "needs"
    assert text_of(step.locator(".mark")) == "1"
    assert "leaves L4" in (step.get_attribute("aria-label") or "")
    assert page.locator("#no-plan").is_hidden()
    assert barriers_by_day_and_night(page) == []


def test_h15_a_draft_is_stated_not_to_be_the_plan(page: Page) -> None:
    """Without a plan, the bar is that of the draft."""
    begin_case(page, CRLM.parent / "liver.nii.gz")
    page.check("#no-tumour")
    confirm(page)
    assert page.locator("#bar").is_hidden()
    page.locator("#cut-tools button[data-cut=plane]").click()
    settle(page)
    assert text_of(page.locator("#share-percent")) == "No plan yet; draft A is shown"
    assert page.locator("#no-plan").is_visible()
    shown = table(page)
    assert text_of(page.locator("#share-interval")).endswith(shown["95 % inter-reader interval"])
    assert text_of(page.locator("#bar .bar-draft")) == "A"
    assert not page.locator("#bar .bar-value").count()
    ends = [float(one) for one in re.findall(r"[\d.]+", shown["95 % inter-reader interval"])]
    drawn = page.locator("#bar .bar-interval")
    left, _, right, _ = box_of(drawn)
    assert [in_percent(page, left), in_percent(page, right)] == pytest.approx(ends, abs=0.5)
    share = float(shown["FLR share"].split()[0])
    assert in_percent(page, box_of(page.locator("#bar .bar-draft"))[0]) == pytest.approx(
        share, abs=0.5
    )
    assert f"Draft A {shown['FLR share']}" in (page.get_attribute("#bar", "aria-label") or "")
    assert barriers_by_day_and_night(page) == []
    page.click("#cut-undo")  # no draft any more
    wait_until(page, "() => document.querySelector('#bar').hidden")
    assert page.inner_text("#share-interval") == ""


def in_percent(page: Page, x: float) -> float:
    """Read a position off the scale below the bar."""
    ticks = page.locator("#bar .bar-tick").all()
    (first, low), (last, high) = (
        ((left + right) / 2, float(text_of(one)))
        for one in (ticks[0], ticks[-1])
        for left, _, right, _ in [box_of(one)]
    )
    return low + (high - low) * (x - first) / (last - first)


def test_a_margin_below_the_safety_margin_is_marked(page: Page) -> None:
    open_masks(page)
    open_drafts(page)
    choose(page, TRISECTIONECTOMY)
    assert table(page)[MARGIN] == "3.2 mm (L4), below 10 mm"
    cell = page.locator("#cut-numbers td", has_text="below 10 mm")
    assert "refused" in (cell.first.get_attribute("class") or "")
    safety = page.locator(".tools3d input[aria-label^=Safety]")
    safety.evaluate("(one) => { one.value = 3; one.dispatchEvent(new Event('change')); }")
    assert table(page)[MARGIN] == "3.2 mm (L4)"
    page.click("#cut-adopt")
    page.wait_for_selector("#cut-unadopt:not([hidden])", timeout=MS)
    margins = page.locator("#lesions-told tr:nth-child(4) td:last-child")
    assert text_of(margins) == "3.2 mm"
    safety.evaluate("(one) => { one.value = 4; one.dispatchEvent(new Event('change')); }")
    assert text_of(margins).split() == ["3.2", "mm", "below", "4", "mm"]
    assert margins.get_attribute("class") == "refused"


def test_a_new_kind_of_cut_keeps_the_draft_before(page: Page) -> None:
    open_drafts(page)
    assert page.locator("#draft-next").is_hidden()
    choose(page, RIGHT_HEPATECTOMY)
    stated = "A cut of a different kind starts draft B; draft A is kept."
    assert text_of(page.locator("#draft-next")) == stated
    assert text_of(page.locator("#cut-next")) == stated
    page.click("#cut-tools button[data-cut=plane]")
    settle(page)
    assert text_of(page.locator("#said")) == "Draft A is kept; the new cut is draft B."
    assert page.is_checked("input[name=draft][value='1']")
    assert text_of(page.locator("#cut-adopt")) == "Use draft B as the plan"
    page.check("input[name=draft][value='0']")
    assert text_of(page.locator("#cut-adopt")) == "Use draft A as the plan"
    page.check("input[name=draft][value='1']")
    assert table(page)["Origin"] == "segments I, II, III, IV"
    assert table(page, RIGHT_IN_TABLE)["Origin"] == "plane"
    stated = "A new cut replaces draft B; Undo restores it."
    assert text_of(page.locator("#draft-next")) == stated
    choose(page, TRISECTIONECTOMY)
    assert table(page, RIGHT_IN_TABLE)["Origin"] == "segments II, III"
    page.click("#cut-undo")
    settle(page)
    assert table(page, RIGHT_IN_TABLE)["Origin"] == "plane"


def test_without_a_tumour_a_draft_has_no_rows_of_lesions(page: Page) -> None:
    begin_case(page, *(CRLM.parent / name for name in ("liver.nii.gz", "segments.nii.gz")))
    page.select_option("#scheme", "couinaud")
    confirm(page)
    open_drafts(page)
    choose(page, RIGHT_HEPATECTOMY)
    told = table(page)
    assert told["Limits"] == "not compared: no tumour mask was given"
    assert not [name for name in told if "esion" in name]


def test_one_draft_has_its_own_column(page: Page) -> None:
    open_drafts(page)
    page.check("input[name=draft][value='1']")
    choose(page, RIGHT_HEPATECTOMY)
    heads = page.locator("#cut-numbers thead th")
    assert [one.is_visible() for one in heads.all()] == [True, False, True, False]


def test_the_first_limit_of_a_draft_is_above_the_next_question(page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 757})
    open_plane(page)
    row = page.locator("#cut-numbers tr", has_text="Limit of 30 %").first
    low, top = (
        page.evaluate("(s) => document.querySelector(s).getBoundingClientRect().top", "#next"),
        row.evaluate("(one) => one.getBoundingClientRect().bottom"),
    )
    assert top <= low
    assert is_in_sight(page, "#next-answers button")
    assert is_in_sight(page, "#cut-adopt")


def test_limits_in_the_card_neither_wrap_nor_touch(page: Page) -> None:
    for width in (1280, 1440, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        rows = page.locator("#share-limits tbody tr:not(.after)")
        for row in rows.all():
            ends = row.evaluate(
                """(one) => [...one.cells].map((cell) => {
                  const text = document.createRange();
                  text.selectNodeContents(cell);
                  const { left, right, height } = text.getBoundingClientRect();
                  return [left, right, height]; })"""
            )
            assert all(height < 20 for _, _, height in ends)
            assert all(b[0] - a[1] >= 4 for a, b in pairwise(ends))


def test_h16_a_draft_becomes_the_plan_at_the_question_for_the_flr(page: Page) -> None:
    open_masks(page)
    turn(page, "questions")
    page.evaluate("document.querySelector('#more').open = true")
    form = page.locator("form[data-key=flr_volume]")
    form.evaluate("(one) => { one.closest('details').open = true; }")
    use = form.get_by_role("button", name="Use draft A as the plan")
    assert use.is_hidden()  # no draft
    turn(page, "plan")
    open_drafts(page)
    choose(page, RIGHT_HEPATECTOMY)
    share = table(page)["FLR share"]
    turn(page, "questions")
    volume = table(page)["FLR"]
    told = f"No volume needs to be entered for draft A: FLR {share}, {volume}, leaves L4."
    assert text_of(form.locator(".drafted span")) == told
    assert page.locator(".drafted").count() == 1
    assert barriers_by_day_and_night(page) == []
    use.click()
    wait_until(page, f"(told) => {script_of('#share-percent')} === told", share)
    wait_until_ready(page)
    assert text_of(page.locator("#share-note")) != "as entered"
    assert text_of(page.locator("#share-fates")) == "leaves L4"
    assert form.count() == 0  # it is answered
    assert text_of(page.locator("#steps")) == "draft cut used as the plan"


def test_h16_with_a_plan_no_draft_is_offered_at_a_question(page: Page) -> None:
    """The plan of this case is drawn: the question for the volume is not asked."""
    open_drafts(page)
    choose(page, RIGHT_HEPATECTOMY)
    turn(page, "questions")
    assert page.locator("#ask .drafted").count() == 0


def test_h16_an_entered_volume_is_in_card_and_tab_and_raises_its_question(page: Page) -> None:
    open_masks(page)
    turn(page, "questions")
    page.fill("#by", "R1")
    page.evaluate("document.querySelector('#more').open = true")
    form = page.locator("form[data-key=flr_volume]")
    form.evaluate("(one) => { one.closest('details').open = true; }")
    form.locator("input[name=typed]").fill("477")
    form.locator("select[name=unit]").select_option("mL")
    form.get_by_role("button", name="Use this answer").click()
    wait_until(page, f"() => {script_of('#share-percent')} === '31.9 %'")
    assert text_of(page.locator("#share-ml")) == "477 mL"
    assert text_of(page.locator("#share-note")) == "as entered"
    assert "hand-drawn remnant (7 %)" in text_of(page.locator("#share-chance-note"))
    tab = f"{script_of('#cases [aria-current=true]')}"
    wait_until(page, f"() => {tab}.includes('FLR 477 mL = 31.9 %, as entered')")
    told = text_of(page.locator("#questions-told"))
    assert "Questions raised by the last answer: FLR function" in told
    assert barriers(page) == []


# ---- the column at the right

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
