"""Tabs of cases in Chromium: told apart, closed only after a question, never renumbered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.web.served import CRLM
from tests.web.test_browser import barriers, begin_case, pytestmark, wide  # noqa: F401
from tests.web.test_cutter_page import settle
from tests.web.test_sign_browser import says
from tests.web.test_steps_browser import held_back, wait_for
from tests.web.test_tasks import confirm
from tests.web.test_two_tabs import TWO_S
from tests.web.viewed import MS, open_sample, text_of, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

TABS = "#cases button[data-case]"


def open_masks(page: Page) -> None:
    begin_case(page, CRLM.parent / "liver.nii.gz", CRLM.parent / "flr.nii.gz")
    page.check("#no-tumour")
    confirm(page)


def close(page: Page, number: int) -> None:
    page.get_by_role("button", name=f"Close case {number}").click()


def test_h11_a_case_with_entries_is_closed_only_after_a_question(page: Page) -> None:
    open_masks(page)
    close(page, 2)
    asked = page.locator("#closing")
    asked.wait_for(timeout=MS)
    assert (page.locator("#closing-title").text_content() or "").startswith("Close case 2: no ")
    assert [*barriers(page), *wide(page)] == []
    page.click("#closing-back")
    assert page.locator(TABS).count() == 2
    close(page, 2)
    with page.expect_download() as taken:
        page.click("#closing-export")
    assert taken.value.suggested_filename.endswith("_case.toml")
    close(page, 2)  # its entries were exported
    says(page, "said", "Case 2 was closed. No case is shown.")
    assert page.locator(TABS).count() == 1
    assert page.locator("#case").is_hidden()  # no other patient in its place, unasked
    assert page.title() == "fl_planner"
    assert [*barriers(page), *wide(page)] == []
    page.locator("#open-cases-told button", has_text="Case 1: crlm-demo").click()
    page.wait_for_selector("#title:has-text('crlm-demo')", timeout=MS)
    assert asked.is_hidden()
    open_masks(page)  # the number of a closed case is not that of another patient
    tab = page.locator(TABS).nth(1)
    assert (tab.text_content() or "").startswith("Case 3: no pseudonym, opened ")
    close(page, 3)
    page.click("#closing-close")
    wait_until(page, f"() => document.querySelectorAll('{TABS}').length === 1")


SHOWN = """tab => [...tab.children].filter((one) => one.offsetTop - tab.firstChild.offsetTop < 5)
  .map((one) => [
    one.innerText.replace(/\u00a0/g, ' ').replace(/\\n/g, ''), // parts of a long name are boxes
    [one, ...one.querySelectorAll('.tab-begins')].every(
      ({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth + 1),
  ])"""


def test_h11_of_a_narrow_tab_the_flr_is_left_out_before_the_name_is_cut(page: Page) -> None:
    """What is left out is left out whole: a number that is cut reads as another one."""
    open_masks(page)
    begin_case(page, CRLM.parent / "liver.nii.gz", CRLM.parent / "flr.nii.gz")
    page.check("#no-tumour")
    page.fill("#case-id", "PATIENT-2026-0017")
    page.fill("#scanned", "2026-11-20")
    confirm(page)
    flr = " · FLR 448 mL = 28.7 %"
    for width, least in ((1440, 0), (1280, 0), (390, 2)):  # a phone shows the case that is open
        page.set_viewport_size({"width": width, "height": 900})
        tabs = page.locator(TABS).all()
        for tab, whose in zip(tabs, ("crlm-demo", "opened ", "PATIENT-2026-0017"), strict=True):
            shown = tab.evaluate(SHOWN)
            assert whose in shown[0][0], (width, shown)
            assert all(whole for _, whole in shown), (width, shown)
            assert "not given" not in text_of(tab)
            full = tab.get_attribute("title") or ""
            assert (" · scan date not given · " in full) == (tab is not tabs[2])
        left, right = tabs[least].bounding_box(), page.locator("#cases").bounding_box()
        assert left is not None
        assert right is not None
        assert left["x"] + left["width"] <= right["x"] + right["width"] + 1
    page.set_viewport_size({"width": 3840, "height": 900})
    assert page.locator(TABS).nth(2).evaluate(SHOWN)[-1][0].startswith(flr)


def test_h11_scans_of_one_patient_are_told_apart_by_their_dates(page: Page) -> None:
    """Two cases of one scan are told apart by the time at which they were opened."""
    for day in ("2026-05-04", "2026-06-01", "2026-06-01"):
        begin_case(page, CRLM.parent / "liver.nii.gz", CRLM.parent / "flr.nii.gz")
        page.check("#no-tumour")
        page.fill("#case-id", "SAME-7")
        page.fill("#scanned", day)
        confirm(page)
    (first, *twins) = page.locator(TABS).all()[1:]
    for width in (1440, 1280):  # in a narrow tab, the words before the date are left out
        page.set_viewport_size({"width": width, "height": 900})
        shown = first.evaluate(SHOWN)
        assert "".join(text for text, _ in shown[:2]) == "Case 2: SAME-7 · 2026-05-04"
        assert all(whole for _, whole in shown)
        for tab in twins:
            named = tab.evaluate(SHOWN)
            assert re.fullmatch(
                r"Case \d: SAME-7, (opened )?[\d:]+", "".join(text for text, _ in named[:2])
            )
            assert all(whole for _, whole in named)
    full = [tab.get_attribute("title") or "" for tab in (first, *twins)]
    assert full[0] == "Case 2: SAME-7 · scan of 2026-05-04 · FLR 448 mL = 28.7 %"
    assert all(", opened " in one for one in full[1:])


def test_views_and_their_choice_are_those_of_each_case(page: Page) -> None:
    open_masks(page)
    page.locator("#layouts button[data-view=axial]").click()
    views = page.locator("#views")
    page.locator(TABS).first.click()
    page.wait_for_selector("#title:has-text('crlm-demo')", timeout=MS)
    assert views.get_attribute("data-full") == "all"
    assert page.locator("#scene").is_visible()
    page.locator(TABS).nth(1).click()
    page.wait_for_selector("#title:has-text('no pseudonym')", timeout=MS)
    assert views.get_attribute("data-full") == "axial"


def test_a_draft_stays_where_another_case_is_closed(page: Page) -> None:
    open_sample(page)
    page.locator(TABS).first.click()
    page.wait_for_selector("#scene[aria-busy=false]", state="attached", timeout=MS)
    page.locator("#cutting > summary").click()
    page.select_option("#cut-row", "2 3")
    settle(page)
    close(page, 2)
    says(page, "said", "Case 2 was closed.")
    assert page.input_value("#cut-row") == "2 3"
    assert page.evaluate("document.activeElement.id") == "another"  # its own button is gone


def test_a_case_closed_while_it_is_worked_on_is_no_refusal(page: Page) -> None:
    with held_back(page, re.compile(r"/cases/[0-9a-f]{32}$")) as came:
        page.click("#another")
        page.click("#sample")
        wait_for(page, came)  # its state is asked for
        close(page, 2)
        says(page, "said", "Case 2 was closed. No case is shown.")
    page.wait_for_timeout(TWO_S)
    assert page.locator("#trouble").is_hidden()


@pytest.mark.parametrize("what", ["files", "check"])
def test_files_on_their_way_to_a_case_that_is_closed_are_no_refusal(page: Page, what: str) -> None:
    begin_case(page, CRLM.parent / "liver.nii.gz")
    page.check("#no-tumour")
    with held_back(page, f"**/{what}") as came:
        page.set_input_files("#files-in", [CRLM.parent / "flr.nii.gz"])
        wait_for(page, came)
        close(page, 2)
        page.click("#closing-close")
        says(page, "said", "Case 2 was closed. No case is shown.")
    page.wait_for_timeout(TWO_S)
    assert page.locator("#trouble").is_hidden()
    assert page.locator("#drop-new").is_visible()  # files of another case can be dropped


def test_a_change_by_this_tab_is_not_reported_as_that_of_another(page: Page) -> None:
    page.wait_for_selector("#scene[aria-busy=false]", state="attached", timeout=MS)
    with held_back(page, "**/answer") as came:
        page.evaluate("""() => { import("/page.js").then(({ places }) => places.cuts.recorded(
          { mm: "48.0", by: "R1", on: "2026-11-25" }, () => null)); }""")
        wait_for(page, came)
        page.wait_for_timeout(TWO_S)
        assert len(came) == 1  # the results are not asked for again as those of another tab
    page.locator("#steps li").wait_for(state="attached", timeout=MS)
    assert "another tab" not in text_of(page.locator("#said"))
