"""Tasks of a person at the page, from the empty page to the end, in Chromium."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.cli.outside import ask
from tests.web.served import CRLM
from tests.web.test_browser import begin_case, pytestmark, wait_for_cuts  # noqa: F401
from tests.web.test_cutter_page import settle, table
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
    limits = [text for name, text in table(page).items() if name.startswith("Limit of 30 %")]
    assert limits
    assert all(re.match(r"[\d.]+ mL (above|below), crossing chance ", one) for one in limits), (
        limits
    )
    assert page.locator("#cut-numbers").is_visible()  # in the strip, beside the plan
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
