"""Tabs of cases in Chromium: told apart, closed only after a question, never renumbered."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.web.served import CRLM
from tests.web.test_browser import barriers, begin_case, head, pytestmark, wait_for_cuts, wide  # noqa: F401
from tests.web.test_cutter_page import open_drafts, settle
from tests.web.test_tasks import confirm
from tests.web.test_two_tabs import TWO_S
from tests.web.viewed import (
    MS,
    TABS,
    close,
    held_back,
    open_drop,
    open_sample,
    plain,
    says,
    script_of,
    show_case,
    text_of,
    turn,
    use_date,
    visitor_of,
    wait_for,
    wait_until,
    wait_until_ready,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.web.served import Server


def open_masks(page: Page) -> None:
    begin_case(page, CRLM.parent / "liver.nii.gz", CRLM.parent / "flr.nii.gz")
    page.check("#no-tumour")
    confirm(page)


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
    says(page, "said", "The case file of case 2 was exported.")
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


@pytest.mark.parametrize("what", ["files", "check"])
def test_files_of_a_new_case_that_is_closed_meanwhile_are_no_refusal(page: Page, what: str) -> None:
    open_drop(page)
    with held_back(page, f"**/{what}") as came:
        page.set_input_files("#files-in", [CRLM.parent / "liver.nii.gz"])
        wait_for(page, came)
        page.locator(TABS).nth(1).wait_for(timeout=MS)
        close(page, 2)
        says(page, "said", "Case 2 was closed. No case is shown.")
    page.wait_for_timeout(TWO_S)
    assert page.locator("#trouble").is_hidden()
    assert page.locator("#drop-new").is_visible()


def test_files_that_are_refused_before_the_closing_of_their_case_is_answered_are_no_refusal(
    page: Page,
) -> None:
    begin_case(page, CRLM.parent / "liver.nii.gz")
    page.check("#no-tumour")
    closed = list[Callable[[], None]]()
    page.route("**/close", lambda one: closed.append(partial(one.fulfill, response=one.fetch())))
    with held_back(page, "**/files") as came:
        page.set_input_files("#files-in", [CRLM.parent / "flr.nii.gz"])
        wait_for(page, came)
        close(page, 2)
        page.click("#closing-close")
        wait_for(page, closed)
    page.wait_for_timeout(TWO_S)
    assert page.locator("#trouble").is_hidden()
    closed[0]()
    says(page, "said", "Case 2 was closed. No case is shown.")


def test_a_new_case_that_is_closed_after_its_files_were_checked_is_not_shown(page: Page) -> None:
    open_drop(page)
    checked = list[Callable[[], None]]()
    page.route("**/check", lambda one: checked.append(partial(one.fulfill, response=one.fetch())))
    page.set_input_files("#files-in", [CRLM.parent / "liver.nii.gz"])
    wait_for(page, checked)
    page.locator(TABS).nth(1).wait_for(timeout=MS)
    close(page, 2)
    says(page, "said", "Case 2 was closed. No case is shown.")
    checked[0]()
    page.wait_for_timeout(TWO_S)
    assert page.locator("#trouble").is_hidden()
    assert page.locator("#drop-new").is_visible()
    assert page.evaluate("location.hash") == ""


def test_files_refused_while_their_case_could_not_be_closed_are_refused(page: Page) -> None:
    begin_case(page, CRLM.parent / "liver.nii.gz")
    page.route("**/close", lambda one: one.abort())
    close(page, 2)
    page.wait_for_selector("#trouble:not([hidden])", timeout=MS)
    page.locator(TABS).nth(1).click()
    page.wait_for_selector("#roles:not([hidden])", timeout=MS)
    refused = {"file": "flr.nii.gz", "reason": "the disk is full", "remedy": "empty it"}
    page.route("**/files", lambda one: one.fulfill(status=422, json=refused))
    page.set_input_files("#files-in", [CRLM.parent / "flr.nii.gz"])
    says(page, "reason", "flr.nii.gz: the disk is full")
    page.unroute("**/close")


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


# ---- text of one case does not stay with another


HINT = "Point at a section"
TEXTS = "#first, #second, #chapters, #trials-told, #lesions-told, #steps, #questions, #findings"


def point(page: Page) -> str:
    """Point at the liver in the first section, and give what is stated of that position."""
    wait_for_cuts(page)
    box = page.locator("#views canvas").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5)
    told = text_of(page.locator("#pointer"))
    assert "liver" in told
    return told


def test_h11_the_position_of_one_patient_is_not_stated_with_another(page: Page) -> None:
    point(page)
    begin_case(page, CRLM.parent / "liver.nii.gz")
    told = page.locator("#pointer")
    assert (told.text_content() or "").startswith(HINT)
    page.locator("#cases button[data-case]").first.click()
    wait_until_ready(page)
    assert (told.text_content() or "").startswith(HINT)


def test_h11_nothing_written_of_one_patient_stays_with_another(page: Page) -> None:
    wait_until_ready(page)
    assert "29.96 %" in plain(page.locator("#first").text_content() or "")
    open_drop(page)
    assert page.locator(TEXTS).all_text_contents() == [""] * len(TEXTS.split(", "))


def test_a_position_follows_the_wheel_and_ends_with_its_step(page: Page) -> None:
    wait_until_ready(page)
    before, told = point(page), head(page, 0)
    page.mouse.wheel(0, 100)
    wait_until(page, "b => document.querySelector('.view h3').textContent !== b", arg=told)
    place = head(page, 0).partition(", ")[2]
    wait_until(page, f"p => {script_of('#pointer')}.includes(p)", arg=place)
    assert place not in before
    turn(page, "trials")
    assert (page.locator("#pointer").text_content() or "").startswith(HINT)


def test_h11_a_draft_becomes_the_plan_of_the_case_shown_not_of_the_next_address(page: Page) -> None:
    open_masks(page)
    second = page.url.partition("#")[2]
    show_case(page, 1)
    first = page.url.partition("#")[2]
    open_drafts(page)
    page.select_option("#cut-row", "2 3")
    settle(page)
    with held_back(page, "**/cases") as came:  # the case of the address is not shown yet
        page.evaluate("history.back()")
        wait_until(page, "id => location.hash === `#${id}`", second)
        wait_for(page, came)
        with page.expect_request("**/adopt") as sent:
            page.get_by_role("button", name="Use draft A as the plan").first.click()
    assert f"/cases/{first}/" in sent.value.url


def test_h11_an_entry_that_is_applied_late_is_not_shown_with_the_next_case(page: Page) -> None:
    open_masks(page)
    show_case(page, 1)
    with held_back(page, "**/cases/*/answer") as awaited:  # the results of the next case
        with held_back(page, "**/assess") as sent:
            use_date(page, "2026-11-21")
            wait_for(page, sent)
            page.get_by_role("button", name="Case 2").first.click()
            wait_for(page, awaited)
        page.wait_for_timeout(1000)
        assert page.locator("#steps").text_content() == ""
        assert page.locator("#next-told").text_content() == ""
    show_case(page, 2)
    assert page.locator("#steps").text_content() == ""


def test_h15_a_change_is_noticed_after_an_entry_of_another_case(page: Page, server: Server) -> None:
    open_masks(page)
    show_case(page, 1)
    with held_back(page, "**/assess") as sent:
        use_date(page, "2026-11-21")
        wait_for(page, sent)
        show_case(page, 2)
    other = visitor_of(page, server)
    page.wait_for_timeout(1000)
    second = page.url.partition("#")[2]
    told = other.post(f"/cases/{second}/assess", {"day": "2026-11-22", "by": "", "on": ""})
    assert told.status == 200
    page.locator("#steps li").filter(has_text="2026-11-22").wait_for(state="attached", timeout=MS)


def test_h11_a_printed_page_names_no_other_patient(page: Page) -> None:
    open_masks(page)
    tabs = page.locator("#cases li")
    assert tabs.count() == 2
    shown = page.locator("#cases [aria-current=true]")
    page.emulate_media(media="print")
    assert [one.is_visible() for one in tabs.all()] == [False, True]
    assert shown.is_visible()
    page.emulate_media(media="screen")


def test_h11_a_file_of_one_case_that_is_refused_late_is_not_reported_with_another(
    page: Page,
) -> None:
    open_masks(page)
    turn(page, "export")
    refusal = {"reason": "no longer on disk", "remedy": "restore it", "file": "liver.nii.gz"}
    page.route("**/plan.json", lambda one: one.fulfill(status=422, json=refusal))
    page.get_by_role("link", name="JSON", exact=True).click()
    wait_until(page, "() => document.getElementById('away-wrong').textContent !== ''")
    with held_back(page, "**/plan.csv") as came:
        page.get_by_role("link", name="CSV", exact=True).click()
        wait_for(page, came)
        show_case(page, 1)
        turn(page, "export")
        came.pop().fulfill(status=422, json=refusal)
    page.wait_for_timeout(500)
    assert page.locator("#away-wrong").text_content() == ""


def test_h11_a_safety_margin_set_with_one_case_marks_no_lesion_of_another(page: Page) -> None:
    wait_until_ready(page)
    margin = page.get_by_label("Safety margin shown, mm")
    below = page.locator("#lesions-told .below")
    assert [text_of(one) for one in below.all()] == ["below 10 mm"]  # L4 at 3.2 mm
    margin.fill("3")
    wait_until(page, "() => !document.querySelector('#lesions-told .below')")
    open_masks(page)
    assert margin.input_value() == "10"
    show_case(page, 1)
    assert margin.input_value() == "3"
    assert below.count() == 0


@pytest.mark.parametrize("more", [False, True])
def test_h11_files_that_arrive_late_turn_to_no_other_case(page: Page, more: bool) -> None:
    """A case that was selected meanwhile stays: it may be about to be signed."""
    wait_until_ready(page)
    begin_case(page, CRLM.parent / "liver.nii.gz")
    if not more:
        page.click("#another")
        page.wait_for_selector("#roles", state="hidden", timeout=MS)
    with held_back(page, "**/cases/*/files") as came:
        page.set_input_files("#files-in", CRLM.parent / "flr.nii.gz")
        wait_for(page, came)
        show_case(page, 1)
    tabs = page.locator("#cases button[data-case]")
    wait_until(
        page, "n => document.querySelectorAll('#cases button[data-case]').length === n", 3 - more
    )
    page.wait_for_timeout(2000)
    assert tabs.first.get_attribute("aria-current") == "true"
    assert page.locator("#roles").is_hidden()
    tabs.last.click()
    page.wait_for_selector("#roles:not([hidden])", timeout=MS)
    assert "flr.nii.gz" in text_of(page.locator("#files-told"))
