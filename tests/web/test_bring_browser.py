"""Roles of dropped files in headless Chromium: suggested, asked for, confirmed, answered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fl_planner.given.file_roles import list_dose_fields
from fl_planner.web.limits import LIMITS
from tests.formats.nrrd.test_seg_nrrd import LAYERED
from tests.web.served import CRLM, serving
from tests.web.test_browser import barriers, barriers_by_day_and_night
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_over_time import scans as scans  # a fixture
from tests.web.viewed import (
    MS,
    held_back,
    open_drop,
    open_results,
    read_results,
    text_of,
    turn,
    use_date,
    wait_for_case,
    wait_for_entries,
    wait_until,
    wait_until_ready,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = in_chromium
FUNCTION = CRLM.parents[1] / "function"
WATCH_MS = 1000  # as in page.js


@pytest.fixture(autouse=True)
def another(page: Page) -> None:
    """Open another case beside that of the server."""
    open_drop(page)


def drop(page: Page, *paths: Path) -> None:
    page.set_input_files("#files-in", [*paths])
    page.wait_for_selector("#roles:not([hidden])", timeout=MS)


def role(page: Page, file: str) -> str:
    chosen: str = page.locator(f'select[data-file="{file}"]').input_value()
    return chosen


def test_what_is_missing_is_asked_for_in_words(page: Page) -> None:
    masks = [CRLM.parent / f"{name}.nii.gz" for name in ("liver", "tumour", "flr")]
    own = ("gallbladder.nii.gz", "dynamic.dcm", "region_liver.nii.gz")
    drop(page, *masks, *(FUNCTION / name for name in own))
    missing, misfits = page.locator("#missing"), page.locator("#misfits")
    assert text_of(page.locator("#title")) == page.title() == "fl_planner"  # of no other case
    assert text_of(page.locator("#cases [aria-current=true]")) == "Case 2"
    assert text_of(misfits) == ""  # a region lies on the scintigraphy's own matrix
    page.get_by_label("Role of region_liver.nii.gz").select_option("spleen")
    assert "region_liver.nii.gz does not match" in text_of(misfits)
    page.get_by_label("Role of region_liver.nii.gz").select_option("region_liver")
    assert text_of(misfits) == ""
    assert page.get_by_label("Fasting before the study, h").is_visible()
    assert page.get_by_label("Decay correction").is_visible()
    assert role(page, "gallbladder.nii.gz") == "exclude"
    assert role(page, "dynamic.dcm") == "dynamic"
    assert "the liver and heart regions; height and weight" in text_of(missing)
    named = page.get_by_label("Name: gallbladder.nii.gz")
    assert named.input_value() == "gallbladder"
    named.fill("")
    assert "the name of the structure in gallbladder.nii.gz" in text_of(missing)
    page.get_by_label("Height, cm").fill("176")
    page.get_by_label("Weight, kg").fill("74")
    assert "height" not in text_of(missing)
    page.get_by_label("Role of dynamic.dcm").select_option("spect")
    assert page.locator("#registered-row").is_visible()
    assert page.get_by_label("Validated against the site's workstation").is_visible()
    assert not page.locator("#decay-row").is_visible()  # of a SPECT it changes nothing
    assert page.get_by_label("Height, cm").is_visible()  # for the sFLR of any case
    page.get_by_label("Role of flr.nii.gz").select_option("plan_flr")
    assert page.locator("#plan-row").is_visible()
    assert barriers_by_day_and_night(page) == []
    page.click("#confirm")
    page.wait_for_selector("#trouble:not([hidden])", timeout=MS)
    assert "the excluded structure has no name" in text_of(page.locator("#reason"))
    assert text_of(page.locator("#remedy"))
    page.wait_for_selector("#roles:not([hidden])", timeout=MS)


def test_masks_named_in_a_segmentation_are_not_asked_for(page: Page, tmp_path: Path) -> None:
    whole = tmp_path / "planning.seg.nrrd"
    whole.write_bytes(LAYERED)
    drop(page, whole)
    assert role(page, whole.name) == "labelmap"
    later, asked = page.locator("#missing-later"), ("#no-tumour-row", "#segments-row")
    assert text_of(later) == ""
    assert not any(page.locator(one).is_visible() for one in asked)
    page.locator(".thumb").wait_for(timeout=MS)
    whole.write_bytes(LAYERED.replace(b"Name:=FLR", b"Name:=Gut"))
    open_drop(page)
    drop(page, whole)
    flr = "Not given: the FLR, the resected part or the treated area."
    later.filter(has_text=flr).wait_for(timeout=MS)


def test_h16_a_label_map_of_segments_alone_does_not_give_the_tumour(page: Page) -> None:
    later, asked = page.locator("#missing-later"), "a tumour mask, or “No tumour”"
    drop(page, CRLM.parent / "liver.nii.gz", CRLM.parent / "segments.nii.gz")
    assert asked not in text_of(later)  # its labels are not known yet
    page.select_option("#scheme", "couinaud")
    assert asked in text_of(later)
    page.select_option("#scheme", "lits")  # 2 = tumour
    assert asked not in text_of(later)
    page.select_option("#scheme", "couinaud")
    page.check("#no-tumour")
    assert asked not in text_of(later)


def test_h13_files_added_before_the_plan_join_those_that_were_dropped(
    page: Page, tmp_path: Path
) -> None:
    """A file that cannot be used comes first, then the right ones, one by one."""
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"\xff\xd8\xff\xe0 no mask")
    drop(page, photo)
    page.fill("#case-id", "R-7")
    for count, name in enumerate(("liver.nii.gz", "tumour.nii.gz"), start=2):
        page.set_input_files("#files-in", [CRLM.parent / name])
        wait_until(page, "n => document.querySelectorAll('#files-told tr').length === n", count)
    assert (role(page, "liver.nii.gz"), role(page, "tumour.nii.gz")) == ("liver", "tumour")
    assert "a JPEG picture" in text_of(page.locator("#files-told"))
    assert page.input_value("#case-id") == "R-7"
    assert page.locator("#cases li").count() == 2  # no further case


def test_h15_files_that_are_all_refused_begin_no_case_and_the_reason_is_shown(
    page: Page, tmp_path: Path
) -> None:
    letter = tmp_path / "letter.docx"
    letter.write_bytes(b"PK\x03\x04 cut off")
    page.set_input_files("#files-in", [letter])
    page.wait_for_selector("#trouble:not([hidden])", timeout=MS)
    assert text_of(page.locator("#reason")).startswith("letter.docx: ")
    assert page.locator("#cases li").count() == 1  # that of the server
    drop(page, CRLM.parent / "liver.nii.gz")
    assert page.locator("#trouble").is_hidden()
    assert page.locator("#cases li").count() == 2


def open_scan(page: Page, case_file: Path) -> None:
    page.set_input_files("#files-in", [*case_file.parent.iterdir()])
    page.wait_for_selector('#ask[aria-busy="false"]', state="attached", timeout=MS)


def select_earlier(page: Page, scans: dict[str, Path]) -> str:
    """Open two scans, and select the first as the earlier one of the second."""
    open_scan(page, scans["before"])
    open_drop(page)
    open_scan(page, scans["after"])
    open_results(page)
    earlier = page.locator("#earlier option", has_text="Case 2: ").get_attribute("value")
    assert earlier
    page.select_option("#earlier", value=earlier)
    return earlier


def test_a_second_time_point_is_set_next_to_the_first(page: Page, scans: dict[str, Path]) -> None:
    select_earlier(page, scans)
    page.get_by_role("button", name="Compare").click()
    chart = page.locator("#charts img")
    chart.wait_for(timeout=MS)
    wait_until(page, "() => document.querySelector('#charts img').naturalWidth > 0")
    assert "Growth" in (chart.get_attribute("alt") or "")
    wait_for_entries(page, 1)
    assert "325 mL" in read_results(page)  # 2600 voxels of 0.125 mL
    assert barriers(page) == []
    small = chart.bounding_box()
    page.get_by_role("button", name="Growth: the FLR on each scan").press("Enter")
    large = page.locator("#chart-view img").bounding_box()
    assert small
    assert large
    assert large["width"] > 2 * small["width"]  # in the column it is too small to be read
    assert barriers(page) == []
    page.keyboard.press("Escape")
    assert page.locator("#chart-view").is_hidden()
    turn(page, "questions")
    page.click("#undo")
    chart.wait_for(state="detached", timeout=MS)


def test_the_previous_scan_stays_selected_for_its_case_alone(
    page: Page, scans: dict[str, Path]
) -> None:
    chosen = select_earlier(page, scans)
    use_date(page, "2026-06-10")  # the results are shown anew
    wait_for_entries(page, 1)
    wait_until_ready(page)
    open_results(page)
    assert page.input_value("#earlier") == chosen
    page.get_by_role("button", name="Compare").click()
    wait_for_entries(page, 2)
    wait_until_ready(page)
    assert page.input_value("#earlier") == chosen
    tabs = page.locator("#cases button[aria-current]")
    tabs.nth(1).click()
    wait_for_case(page)
    open_results(page)
    assert page.input_value("#earlier") == ""  # of the other case, nothing was selected
    tabs.nth(2).click()
    wait_for_case(page)
    open_results(page)
    assert page.input_value("#earlier") == chosen


CHART = "#charts img"
AS_SENT = f"""async () => {{
  const {{ src }} = document.querySelector("{CHART}"), sent = await (await fetch(src)).text();
  return [src, sent];
}}"""


def test_h15_after_an_answer_the_chart_of_growth_has_the_limit_that_applies(
    page: Page, scans: dict[str, Path]
) -> None:
    """Of 30 and 40 % of the liver, the injury by chemotherapy selects one."""
    select_earlier(page, scans)
    with held_back(page, "**/charts/*"):
        page.get_by_role("button", name="Compare").click()
        page.locator(CHART).wait_for(state="attached", timeout=MS)
        assert text_of(page.locator("#charts")) == "The chart is being drawn."
        page.locator("#charts button").click()
        assert text_of(page.locator("#chart-large")) == "The chart is being drawn."
        page.keyboard.press("Escape")
    wait_until(page, f"() => document.querySelector('{CHART}').complete")
    assert text_of(page.locator("#charts")) == ""
    wait_for_entries(page, 1)
    wait_until_ready(page)
    before = page.evaluate(AS_SENT)
    turn(page, "questions")
    page.fill("#by", "R1")
    form = page.locator('form[data-key="chemo_liver_damage"]')
    page.evaluate(
        "() => { for (const one of document.querySelectorAll('#ask details')) one.open = true; }"
    )
    form.locator("input[value=yes]").check()
    form.get_by_role("button", name="Use this answer").click()
    wait_for_entries(page, 2)
    wait_until_ready(page)
    after = page.evaluate(AS_SENT)
    assert after[0] != before[0]  # otherwise the browser goes on showing the chart that it has
    assert after[1] != before[1]


def test_files_are_sent_in_requests_that_are_not_too_large(page: Page) -> None:
    """Files that may all be dropped are not refused because they were dropped together."""
    sizes = [[300, "b"], [300, ""], [300, "b"], [1100, "b"], [10, ""], [10, "b"], *[[1, "c"]] * 50]
    sent = page.evaluate(
        """async (files) => (await import("/drop.js")).inRequests(files.map(
          ([mib, folder]) => [{ size: mib * 2 ** 20 }, folder])).map(
          ([folder, some]) => [folder, some.map(({ size }) => size / 2 ** 20)])""",
        sizes,
    )
    alone = [["", [300, 10]], ["b", [300]], ["b", [300]], ["b", [1100]], ["b", [10]]]
    assert sent == [*alone, ["c", [1] * 40], ["c", [1] * 10]]


def test_a_file_that_is_too_large_is_named_and_begins_no_case(
    chromium: Browser, tmp_path: Path
) -> None:
    for folder in ("server", "sent"):
        (tmp_path / folder).mkdir()
    large = tmp_path / "sent" / "liver.nii"
    large.write_bytes(bytes(400_000))
    limits = replace(LIMITS, body_bytes=300_000)
    with serving(tmp_path / "server", limits=limits) as server:
        tab = chromium.new_page()
        tab.goto(f"http://127.0.0.1:{server.port}/")
        tab.wait_for_selector("#drop:not([hidden])", timeout=MS)
        tab.set_input_files("#files-in", large)
        tab.wait_for_selector("#trouble:not([hidden])", timeout=MS)
        assert text_of(tab.locator("#reason")).startswith("liver.nii: the request is larger than")
        assert text_of(tab.locator("#said")) == ""
        wait_until(tab, "async () => (await (await fetch('/cases')).json()).length === 0")
        tab.close()


def test_a_drop_without_a_file_is_reported(page: Page) -> None:
    """As of an empty folder."""
    empty = "new DragEvent('drop', { dataTransfer: new DataTransfer() })"
    page.evaluate(f"document.dispatchEvent({empty})")
    page.wait_for_selector("#trouble:not([hidden])", timeout=MS)
    assert text_of(page.locator("#reason")) == "nothing that was dropped contains a file"
    assert page.locator("#cases li").count() == 1


@pytest.mark.parametrize("name", ["tumour.nii.gz", "case.zip"])
def test_a_file_that_was_removed_meanwhile_is_named_and_no_case_begins(
    page: Page, tmp_path: Path, name: str
) -> None:
    """It is not reported as a lost connection, which passes a second later."""
    gone = tmp_path / name
    gone.write_bytes((CRLM.parent / "tumour.nii.gz").read_bytes())
    cases = page.locator("#cases li").count()
    page.evaluate(  # the page is told of its files once this one is no longer there
        """() => document.addEventListener("change", (event) => {
          if (window.removed) return;
          event.stopImmediatePropagation();
          window.again = () => {
            window.removed = true;
            event.target.dispatchEvent(new Event("change", { bubbles: true }));
          };
        }, true)"""
    )
    page.set_input_files("#files-in", [CRLM.parent / "liver.nii.gz", gone])
    gone.unlink()
    page.evaluate("window.again()")
    page.wait_for_selector("#trouble:not([hidden])", timeout=MS)
    page.wait_for_timeout(2 * WATCH_MS)
    assert text_of(page.locator("#trouble-title")) == "Request refused"
    assert text_of(page.locator("#reason")).startswith(f"{name}: the file was moved, deleted or")
    assert page.locator("#cases li").count() == cases


def test_numbers_of_a_dose_are_asked_for_with_a_treated_area(page: Page) -> None:
    """A refused number leads to its field; what was entered stays in sight."""
    hcc = CRLM.parents[1] / "hcc"
    drop(page, *(hcc / f"{name}.nii.gz" for name in ("liver", "tumour", "treated")))
    fields, shunt = page.locator("#dose-row"), page.locator("[data-dose=lung_shunt]")
    way = page.get_by_role("button", name="Radioembolisation")
    assert fields.is_visible()
    page.get_by_label("Role of treated.nii.gz").select_option("flr")
    assert not fields.is_visible()
    assert not way.is_visible()
    page.locator("#diagnosis").select_option("hcc")
    assert fields.is_visible()
    labels = [label for _, label, *_ in list_dose_fields()]
    assert all(fields.get_by_label(one).is_visible() for one in labels)
    way.click()
    assert shunt.evaluate("one => one === document.activeElement")
    shunt.fill("6")
    page.locator("#diagnosis").select_option("crlm")
    assert fields.is_visible()
    assert barriers_by_day_and_night(page) == []
    page.get_by_label("Role of treated.nii.gz").select_option("treated")
    page.locator("#confirm").press("Enter")
    page.wait_for_selector("#trouble:not([hidden])", timeout=MS)
    page.wait_for_selector("#roles:not([hidden])", timeout=MS)
    assert "a fraction is required, not a percentage" in text_of(page.locator("#reason"))
    wait_until(page, "() => document.activeElement.dataset.dose === 'lung_shunt'")
    assert shunt.input_value() == "6"
