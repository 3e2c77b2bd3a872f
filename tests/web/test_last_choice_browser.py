"""The case that was selected last stays where an earlier answer comes late, in Chromium."""

from __future__ import annotations

import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.web.served import CRLM
from tests.web.test_browser import begin_case
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_unsent_browser import fill_number
from tests.web.viewed import (
    MS,
    TABS,
    close,
    held_back,
    hold_first,
    open_drop,
    open_files,
    open_sample,
    rest,
    text_of,
    turn,
    use_date,
    wait_for,
    wait_for_case,
    wait_for_entries,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page, Route

pytestmark = in_chromium
CASES = "**/cases"
LIVER, FLR, TUMOUR = (CRLM.parent / f"{name}.nii.gz" for name in ("liver", "flr", "tumour"))
DROPPED = """() => {
  const event = new DragEvent("drop", { dataTransfer: new DataTransfer(), bubbles: true });
  event.dataTransfer.items.add(new File(["x"], "notes.nii"));
  document.body.dispatchEvent(event);
}"""
SLOW_ZIP = """() => {  // a large zip on a slow disk, until `window.read` is called
  const { arrayBuffer } = Blob.prototype, slow = new Promise((done) => { window.read = done; });
  Blob.prototype.arrayBuffer = async function () { await slow; return arrayBuffer.call(this); };
}"""


@contextmanager
def late_list(page: Page) -> Iterator[list[Route]]:
    """Hold back the list of cases that is asked for next; those asked for after it come first.

    The first one held back is that of each second, which is not asked for again until it has come.
    """
    held: list[Route] = []

    def hold(asked: Route) -> None:
        if asked.request.method == "GET" and len(held) < 2:
            held.append(asked)
        else:
            asked.continue_()

    page.route(CASES, hold)
    wait_for(page, held)
    yield held
    held[0].continue_()
    page.unroute(CASES)


def release(page: Page, late: Route) -> None:
    """Let an answer come, and give the page time to follow it."""
    with page.expect_event("requestfinished", lambda one: one == late.request, timeout=MS):
        late.continue_()
    page.wait_for_timeout(500)


def shown_case(page: Page) -> str:
    """Give the case that is shown; nothing if none is."""
    case: str = page.evaluate(
        "document.querySelector('#case').hidden ? '' :"
        " document.querySelector('#cases [aria-current=true]').dataset.case"
    )
    return case


def test_h11_a_case_selected_after_another_was_asked_for_stays(page: Page) -> None:
    """The list for the drop area, or for the case before it, comes once a tab was selected."""
    open_sample(page)
    rest(page)
    tab = page.locator(TABS).last
    for way in ("document.querySelector('#another').click()", "history.go(-2)"):
        with late_list(page) as held:
            page.evaluate(way)
            wait_for(page, held, 2)
            tab.click()
            wait_for_case(page)
            release(page, held[1])
            assert shown_case(page) == tab.get_attribute("data-case")
        rest(page)


def test_the_drop_area_stays_where_the_first_list_of_cases_comes_late(page: Page) -> None:
    rest(page)
    with held_back(page, CASES) as held:
        page.reload()
        wait_for(page, held)
        first = held.pop(0)
        page.click("#another")
        wait_for(page, held)
        held.pop(0).continue_()
        page.wait_for_selector("#drop:not([hidden])", timeout=MS)
        release(page, first)
        assert (shown_case(page), page.locator("#drop").is_visible()) == ("", True)


def test_the_drop_area_is_shown_where_a_case_was_first_opened_meanwhile(page: Page) -> None:
    rest(page)
    other = page.context.new_page()
    with held_back(other, CASES) as held:
        other.goto(page.url)
        wait_for(other, held)
        first = held.pop(0)
        first.continue_()
        other.wait_for_selector("#work:not([hidden]), #case:not([hidden])", timeout=MS)
        other.click("#another")
    other.wait_for_selector("#drop:not([hidden])", timeout=MS)
    other.close()


@contextmanager
def sample_held(page: Page) -> Iterator[list[Route]]:
    """Hold back the opening of the sample while the first case is selected."""

    def post(asked: Route) -> None:
        if asked.request.method == "POST":
            sent.append(asked)
        else:
            asked.continue_()

    sent: list[Route] = []
    open_drop(page)
    page.route(CASES, post)
    page.click("#sample")
    wait_for(page, sent)
    page.locator(TABS).first.click()
    wait_for_case(page)
    yield sent
    page.unroute(CASES)


def test_a_case_selected_while_the_sample_is_opened_stays(page: Page) -> None:
    tabs = page.locator(TABS)
    with sample_held(page) as sent:
        sent[0].continue_()
        tabs.nth(1).wait_for(timeout=MS)
        page.wait_for_timeout(500)
        assert shown_case(page) == tabs.first.get_attribute("data-case")


def test_a_case_selected_while_another_is_closed_stays(page: Page) -> None:
    open_sample(page)
    rest(page)
    tabs = page.locator(TABS)
    with held_back(page, "**/close") as sent:
        close(page, 2)
        wait_for(page, sent)
        tabs.first.click()
        rest(page)
    page.wait_for_selector("#said:has-text('Case 2 was closed.')", state="attached", timeout=MS)
    wait_until(page, f"() => document.querySelectorAll('{TABS}').length === 1")
    assert text_of(page.locator("#said")) == "Case 2 was closed."
    assert shown_case(page) == tabs.first.get_attribute("data-case")


def test_h11_the_question_before_a_case_is_closed_is_of_the_last_one_asked_for(page: Page) -> None:
    """It does not become that of another patient just before its button is pressed."""
    open_sample(page)
    for tab in (page.locator(TABS).last, page.locator(TABS).first):
        tab.click()
        rest(page)
        turn(page, "questions")
        fill_number(page)
    asked = page.locator("#closing-title")
    with late_list(page) as held:
        close(page, 2)
        wait_for(page, held, 2)
        close(page, 1)
        asked.wait_for(timeout=MS)
        assert text_of(asked).startswith("Close case 1: ")
        release(page, held[1])
        assert text_of(asked).startswith("Close case 1: ")
        page.click("#closing-back")
    with held_back(page, CASES) as lists:
        for number in (2, 1, 2):
            close(page, number)
        wait_for(page, lists, 2)
    asked.filter(has_text="Close case 2: ").wait_for(timeout=MS)
    page.click("#closing-back")


def test_h11_files_chosen_after_another_case_was_asked_for_are_not_of_the_case_before(
    page: Page,
) -> None:
    begin_case(page, LIVER)
    with held_back(page, CASES) as lists:
        page.click("#another")
        wait_for(page, lists)
        page.set_input_files("#files-in", [FLR])
    page.locator(TABS).nth(2).wait_for(timeout=MS)
    row = page.locator("#files-told th")
    row.filter(has_text="flr.nii.gz").wait_for(timeout=MS)
    assert row.count() == 1
    page.locator(TABS).nth(1).click()
    row.filter(has_text="liver.nii.gz").wait_for(timeout=MS)
    assert row.count() == 1


def test_a_question_before_closing_stays_while_another_case_is_closed(page: Page) -> None:
    rest(page)
    turn(page, "questions")
    fill_number(page)
    open_sample(page)
    rest(page)
    with held_back(page, CASES) as lists:
        close(page, 2)
        close(page, 1)
        wait_for(page, lists, 2)
    wait_until(page, f"() => document.querySelectorAll('{TABS}').length === 1")
    page.locator("#drop:not([hidden])").wait_for(timeout=MS)
    assert text_of(page.locator("#closing-title")).startswith("Close case 1: ")
    page.click("#closing-back")


def test_entries_in_the_files_of_two_cases_are_kept_while_both_are_read_again(page: Page) -> None:
    open_sample(page)
    tabs = page.locator(TABS)
    for number in (1, 0):
        tabs.nth(number).click()
        rest(page)
        open_files(page)
        page.fill("#case-id", f"KEPT-{number}")
        use_date(page, "2026-11-25")
        wait_for_entries(page, 1)
        rest(page)
    with held_back(page, "**/check") as held:
        for number in (0, 1):
            tabs.nth(number).click()
            rest(page)
            turn(page, "files")
            wait_for(page, held, number + 1)
            assert page.locator("#unsent").is_visible()
    for number in (0, 1):
        tabs.nth(number).click()
        rest(page)
        open_files(page)
        assert page.input_value("#case-id") == f"KEPT-{number}"


def test_two_cases_are_closed_where_the_list_for_the_first_comes_late(page: Page) -> None:
    """A click on the second one does not undo the click on the first."""
    open_sample(page)
    open_sample(page)
    rest(page)
    tabs = page.locator(TABS)
    with late_list(page) as held:
        close(page, 2)
        wait_for(page, held, 2)
        close(page, 3)
        wait_until(page, f"() => document.querySelectorAll('{TABS}').length === 2")
        held[1].continue_()
        wait_until(page, f"() => document.querySelectorAll('{TABS}').length === 1")
    assert (tabs.count(), page.locator("#trouble").is_visible()) == (1, False)


def test_h11_a_case_shown_again_by_its_address_stays_where_the_list_for_another_is_late(
    page: Page,
) -> None:
    open_sample(page)
    rest(page)
    first, second = (tab.get_attribute("data-case") for tab in page.locator(TABS).all())
    with late_list(page) as held:
        page.evaluate(f"location.hash = '{first}'")
        wait_for(page, held, 2)
        page.evaluate(f"location.hash = '{second}'")
        release(page, held[1])
    assert shown_case(page) == second


def test_h11_of_two_cases_selected_while_the_connection_is_lost_the_last_is_shown(
    page: Page,
) -> None:
    open_sample(page)
    open_sample(page)
    rest(page)
    ids = [tab.get_attribute("data-case") for tab in page.locator(TABS).all()]
    page.route(CASES, lambda asked: asked.abort())
    page.locator("#reason").filter(has_text="Connection lost").wait_for(timeout=MS)
    address = f"**/cases/{ids[0]}"
    held = hold_first(page, address)
    page.locator(TABS).nth(0).click()
    wait_for(page, held)
    page.locator(TABS).nth(1).click()
    wait_until(page, f"() => location.hash.slice(1) === '{ids[1]}'")
    page.unroute(CASES)
    held[0].continue_()  # its content is not read
    page.wait_for_timeout(1000)
    page.unroute(address)
    assert page.evaluate("location.hash.slice(1)") == ids[1]
    wait_for_case(page)
    rest(page)
    assert shown_case(page) == ids[1]


def test_the_sample_is_shown_where_it_is_asked_for_again_while_it_is_opened(page: Page) -> None:
    tabs = page.locator(TABS)
    with sample_held(page) as sent:
        open_drop(page)
        page.click("#sample")
        page.wait_for_timeout(300)
        assert len(sent) == 1
        sent[0].continue_()
        wait_for_case(page)
        assert tabs.count() == 2
        assert shown_case(page) == tabs.last.get_attribute("data-case")


def test_files_refused_while_the_case_shown_is_closed_leave_the_drop_area(page: Page) -> None:
    """What is left is no empty case."""
    open_sample(page)
    rest(page)
    two = [{"name": f"{name}.toml", "mimeType": "text/plain", "buffer": b"x"} for name in "ab"]
    with held_back(page, "**/close") as sent:
        close(page, 2)
        wait_for(page, sent)
        page.set_input_files("#files-in", two)  # type: ignore[arg-type]
        page.locator("#reason").filter(has_text="several case files").wait_for(timeout=MS)
    page.locator("#drop").wait_for(timeout=MS)
    assert (page.locator("#case").is_visible(), page.locator(TABS).count()) == (False, 1)


def test_h11_a_zip_reaches_the_case_to_which_it_was_added_though_another_is_shown(
    page: Page, tmp_path: Path
) -> None:
    ids = []
    for name in ("FIRST", "SECOND"):
        begin_case(page, LIVER)
        page.fill("#case-id", name)
        ids.append(page.evaluate("location.hash.slice(1)"))
    tabs, files = page.locator(TABS), page.locator("#files-told th[scope=row]")
    tabs.nth(1).click()
    wait_until(page, "() => document.querySelector('#case-id')?.value === 'FIRST'")
    packed = tmp_path / "tumour.zip"
    with zipfile.ZipFile(packed, "w") as one:
        one.write(TUMOUR, TUMOUR.name)
    page.evaluate(SLOW_ZIP)
    page.set_input_files("#files-in", [packed])
    tabs.nth(2).click()
    wait_until(page, "() => document.querySelector('#case-id')?.value === 'SECOND'")
    with page.expect_response("**/check", timeout=MS) as checked:
        page.evaluate("window.read()")
    assert checked.value.url.endswith(f"/cases/{ids[0]}/check")
    tabs.nth(1).click()
    files.nth(1).wait_for(timeout=MS)
    assert page.input_value("#case-id") == "FIRST"
    assert sorted(files.all_inner_texts()) == [LIVER.name, TUMOUR.name]
    tabs.nth(2).click()
    wait_until(page, "() => document.querySelector('#case-id')?.value === 'SECOND'")
    assert files.all_inner_texts() == [LIVER.name]


def test_what_is_entered_while_a_file_is_added_is_kept(page: Page) -> None:
    begin_case(page, LIVER)
    page.fill("#case-id", "BEFORE")
    with held_back(page, "**/files") as sent:
        page.set_input_files("#files-in", [FLR])
        wait_for(page, sent)
        page.fill("#case-id", "MEANWHILE")
    page.locator(f"select[data-file='{FLR.name}']").wait_for(timeout=MS)
    assert page.input_value("#case-id") == "MEANWHILE"


def test_the_case_shown_again_while_files_of_another_are_read_stays(page: Page) -> None:
    open_sample(page)
    rest(page)
    first, second = (page.locator(TABS).nth(n) for n in (0, 1))
    with held_back(page, "**/check") as sent:
        page.evaluate(DROPPED)
        wait_for(page, sent)
        first.click()
        wait_for_case(page)
        second.click()
        rest(page)
    page.locator(TABS).nth(2).wait_for(timeout=MS)
    page.wait_for_timeout(500)
    assert shown_case(page) == second.get_attribute("data-case")


def test_a_case_closed_by_two_clicks_before_another_is_closed_once(page: Page) -> None:
    open_sample(page)
    open_sample(page)
    rest(page)
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if one.url.endswith("/close") else None)
    with held_back(page, CASES) as held:
        for number in (2, 2, 3):
            close(page, number)
        wait_for(page, held, 3)
    wait_until(page, f"() => document.querySelectorAll('{TABS}').length === 1")
    page.locator("#said").filter(has_text="was closed.").wait_for(state="attached", timeout=MS)
    assert len(sent) == 2
    assert page.locator("#trouble").is_hidden()


@pytest.mark.parametrize("before", [0, 1])
def test_a_case_selected_while_it_is_closed_is_not_left_on_the_screen(
    page: Page, before: int
) -> None:
    """The user closed it: no other tab, and no lapse of time, did."""
    open_sample(page)
    rest(page)
    tabs = page.locator(TABS)
    tabs.nth(before).click()
    rest(page)
    with held_back(page, "**/close") as sent:
        close(page, 2)
        wait_for(page, sent)
        tabs.nth(1).click()
        wait_for_case(page)
    page.locator("#said").filter(has_text="Case 2 was closed. No case is shown.").wait_for(
        state="attached", timeout=MS
    )
    assert (page.locator("#case").is_visible(), page.locator("#drop").is_visible()) == (False, True)
    page.locator("#trouble").wait_for(state="hidden", timeout=MS)


def test_a_case_that_could_not_be_closed_leaves_no_empty_case_and_is_closed_by_a_second_try(
    page: Page,
) -> None:
    open_sample(page)
    rest(page)
    page.route("**/close", lambda asked: asked.abort())
    close(page, 2)
    interrupted = page.locator("#trouble-title").filter(has_text="Connection interrupted")
    interrupted.wait_for(timeout=MS)
    shown = page.locator("#case").is_visible(), page.locator("#drop").is_visible()
    assert (*shown, page.locator(TABS).count()) == (False, True, 2)
    page.unroute("**/close")
    page.click("#retry")
    wait_until(page, f"() => document.querySelectorAll('{TABS}').length === 1")
    page.locator("#trouble").wait_for(state="hidden", timeout=MS)
    assert text_of(page.locator("#said")) == "Case 2 was closed. No case is shown."
