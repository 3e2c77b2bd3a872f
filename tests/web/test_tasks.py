"""Tasks of a person at the page, from the empty page to the end, in Chromium."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.cli.outside import ask
from tests.web.served import CRLM
from tests.web.test_browser import begin_case, pytestmark, wait_for_cuts  # noqa: F401
from tests.web.test_cutter_page import open_plane, settle, table
from tests.web.viewed import (
    ANSWERED,
    MS,
    choose_theme,
    open_files,
    read_results,
    text_of,
    turn,
    wait_for_case,
    wait_until,
    wait_until_ready,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

MASKS = ("liver.nii.gz", "segments.nii.gz", "tumour.nii.gz")


def confirm(page: Page) -> None:
    page.click("#confirm")
    wait_for_case(page)


def open_masks(page: Page, *more: str, diagnosis: str = "crlm") -> None:
    """Drop masks of the bundled case, name their scheme and diagnosis, and plan them."""
    begin_case(page, *(CRLM.parent / name for name in (*MASKS, *more)))
    page.select_option("#scheme", "couinaud")
    page.select_option("#diagnosis", diagnosis)
    confirm(page)


@pytest.fixture
def options() -> list[str]:
    """Give the same masks to the command line."""
    roles = ("liver", "labelmap", "tumour")
    named = [f"--{role}={CRLM.parent / name}" for role, name in zip(roles, MASKS, strict=True)]
    return ["plan", *named, "--scheme=couinaud", "--diagnosis=crlm", "--json"]


def test_the_flr_of_a_right_hepatectomy_is_read_beside_its_limits(
    page: Page, options: list[str]
) -> None:
    open_masks(page)
    page.locator("#cutting > summary").click()
    page.select_option("#cut-row", "1 2 3 4")
    settle(page)
    (row,) = (one for one in ask(*options).record["resections"] if one["code"] == "H5678")
    told = table(page)
    assert told["FLR share"] == f"{row['flr_percent_shown']} %"
    limits = [text for name, text in told.items() if name.startswith("Limit of 30 %")]
    assert limits
    assert all(re.match(r"\d+ mL above, crossing chance \d+ %; after", one) for one in limits)
    assert page.locator("#cut-numbers").is_visible()  # in the strip, beside the plan


def test_the_smallest_operation_that_removes_all_lesions_has_its_margin(
    page: Page, options: list[str]
) -> None:
    open_masks(page)
    told = ask(*options).record
    least = told["resections_for_discussion"]["leaves_no_lesion"]
    (row,) = (one for one in told["resections"] if one["code"] == least["code"])
    page.locator("#cutting > summary").click()
    chosen = page.locator("#cut-row optgroup[label='Removes all lesions'] option").first
    assert chosen.get_attribute("value") == " ".join(row["kept"])
    page.select_option("#cut-row", " ".join(row["kept"]))
    settle(page)
    assert table(page)["Lesions remaining"] == "none"
    margin = f"{row['margin_mm']:.1f} mm (L"
    assert table(page)["Margin around the removed lesions"].startswith(margin)
    read_results(page)
    listed = page.locator("#second table", has_text="Resections by whole segments")
    shown = text_of(listed.locator("tr", has_text=least["name"]).first)
    assert f"{least['flr_percent_shown']}" in shown
    assert f"{row['margin_mm']:.1f}" in shown


def test_an_embolisation_is_added_to_a_planned_case_and_the_trial_says_why(page: Page) -> None:
    open_masks(page, "flr.nii.gz")
    before = text_of(page.locator("#pathway-told"))
    open_files(page)
    assert page.input_value("#diagnosis") == "crlm"
    page.select_option("#closed-kind", "PVE")
    page.fill("#closed", "2026-01-10")
    page.fill("#scanned", "2026-02-01")
    page.click("#confirm")
    page.wait_for_selector("#title:has-text('scan of 2026-02-01')", timeout=MS)
    wait_until_ready(page)
    after = text_of(page.locator("#pathway-told"))
    assert after != before
    assert "PVE" in after
    turn(page, "trials")
    assert "DRAGON 2" in text_of(page.locator("#trials-told"))
    assert text_of(page.locator("#share-percent")) == "29.96 %"


def test_a_forgotten_mask_is_added_and_what_was_entered_stays(page: Page) -> None:
    begin_case(page, CRLM.parent / "liver.nii.gz", CRLM.parent / "tumour.nii.gz")
    page.fill("#case-id", "R-7")
    confirm(page)
    assert text_of(page.locator("#share-percent")) == "not given"
    open_files(page)
    page.select_option("#diagnosis", "hcc")
    page.set_input_files("#files-in", [CRLM.parent / "flr.nii.gz"])
    rows = "() => document.querySelectorAll('#files-told tr').length"
    wait_until(page, f"() => ({rows})() === 3")
    assert (page.input_value("#case-id"), page.input_value("#diagnosis")) == ("R-7", "hcc")
    page.click("#confirm")
    page.wait_for_selector("#share-percent:has-text('29.96 %')", timeout=MS)
    assert page.locator("#cases li").count() == 2  # no further case
    assert "R-7" in text_of(page.locator("#title"))


def test_the_next_question_is_answered_from_the_strip(page: Page) -> None:
    wait_until_ready(page)
    said = text_of(page.locator("#next-told"))
    page.locator("#next-answers button").last.click()
    details = page.locator("#questions details", has_text=said).first
    assert details.get_attribute("open") is not None
    wait_until(page, "() => Boolean(document.activeElement.closest('#questions'))")


def test_nothing_of_one_patient_is_in_the_strip_of_the_next(page: Page) -> None:
    assert text_of(page.locator("#share-percent")) == "29.96 %"
    begin_case(page, CRLM.parent / "liver.nii.gz")
    assert page.locator("#strip").is_hidden()
    page.check("#no-tumour")
    confirm(page)
    strip = text_of(page.locator("#strip"))
    assert "29.96" not in strip
    assert "crlm-demo" not in strip
    assert page.locator("#lesions").is_hidden()


def test_a_step_that_is_off_says_why(page: Page) -> None:
    begin_case(page, CRLM.parent / "liver.nii.gz")
    button = page.locator("button[data-step=sign]")
    assert button.get_attribute("aria-disabled") == "true"
    button.click(force=True)  # it stays reachable, and its reason is read
    assert text_of(page.locator("#said")) == "Sign: the case has not been planned yet."


def test_one_view_is_full_at_a_double_click_and_all_come_back(page: Page) -> None:
    wait_for_cuts(page)
    shown = "() => [...document.querySelectorAll('.view')].filter(one => one.offsetWidth).length"
    assert page.evaluate(shown) == 4
    page.locator(".view.cut").nth(1).dblclick()
    wait_until(page, f"() => ({shown})() === 1")
    assert page.locator("#views").get_attribute("data-full") == "coronal"
    page.keyboard.press("Escape")
    wait_until(page, f"() => ({shown})() === 4")


def test_the_light_page_is_remembered(page: Page) -> None:
    assert page.locator("html").get_attribute("data-theme") == "dark"
    choose_theme(page, "light")
    page.reload()
    page.wait_for_selector(ANSWERED, timeout=MS)
    assert page.locator("html").get_attribute("data-theme") == "light"


def test_the_button_of_the_theme_names_the_theme_to_which_it_changes(page: Page) -> None:
    button = page.locator("#theme")
    for theme, other in (("dark", "Light"), ("light", "Dark"), ("dark", "Light")):
        choose_theme(page, theme)
        assert text_of(button) == other
        assert button.get_attribute("aria-label") == f"Change to the {other.lower()} theme"
        assert button.get_attribute("aria-pressed") is None


@pytest.fixture
def tablet(page: Page) -> Page:
    page.set_viewport_size({"width": 820, "height": 1180})
    return page


def test_on_a_tablet_the_flr_is_in_sight_while_a_plane_is_moved(tablet: Page) -> None:
    wait_until_ready(tablet)
    tablet.locator("#structures > summary").click()
    open_plane(tablet)
    before = table(tablet)["FLR share"]
    tablet.locator("#plane-move").press("PageUp")  # a tenth of the way; an arrow moves 0.1 mm
    settle(tablet)
    assert table(tablet)["FLR share"] != before
    for shown in ("#share-percent", "#plane-move", "#views", "#scene"):
        box = tablet.locator(shown).bounding_box()
        assert box
        assert 0 <= box["y"] < box["y"] + box["height"] <= 1180, shown
