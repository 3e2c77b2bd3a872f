"""The frame of the page in headless Chromium: nothing but a panel scrolls, and no view is empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.niftis import write_nifti
from tests.web.served import CRLM
from tests.web.test_browser import barriers, begin_case, wait_for_cuts
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_cutter_page import open_plane
from tests.web.test_layout_browser import PHONE, TABLET, box_of, resize
from tests.web.viewed import MS, open_sheet, text_of, turn, wait_until_ready

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = in_chromium
SMALL = (1024, 768)
SCROLLED = """() => [...document.querySelectorAll("html, body, main, #case")]
  .map((one) => one.scrollTop)"""


@pytest.mark.parametrize("size", [(1280, 800), PHONE])
def test_going_to_the_results_scrolls_the_panel_and_not_the_page(
    page: Page, size: tuple[int, int]
) -> None:
    """Headings for screen readers lay below the window, so that the page scrolled as well."""
    wait_until_ready(page)
    resize(page, size)
    page.evaluate("document.querySelector('#warnings-more').click()")
    page.wait_for_selector("#results[open]", timeout=MS)
    page.wait_for_timeout(200)
    assert page.evaluate("document.querySelector('#panel').scrollTop") > 0
    assert page.evaluate(SCROLLED) == [0, 0, 0, 0]
    assert box_of(page.locator("header"))[1] == 0
    assert page.evaluate("document.documentElement.scrollHeight - innerHeight") == 0


def test_a_phone_shows_one_section_of_dropped_files_in_a_size_to_read(page: Page) -> None:
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    begin_case(page, CRLM.parent / "liver.nii.gz")
    page.wait_for_selector("#views[aria-busy=false]", timeout=MS)
    resize(page, PHONE)
    shown = [one for one in page.locator(".cut canvas").all() if one.is_visible()]
    assert len(shown) == 1
    left, top, right, low = box_of(shown[0])
    assert right - left >= 300
    assert low - top >= 90
    page.locator("#layouts button[data-view=coronal]").click()
    resize(page, PHONE)
    shown = [one for one in page.locator(".cut canvas").all() if one.is_visible()]
    assert len(shown) == 1
    assert barriers(page) == []


@pytest.mark.parametrize(("size", "wide", "tall"), [(TABLET, 480, 300), (PHONE, 300, 180)])
def test_a_ct_without_masks_is_shown_in_a_size_to_read(
    page: Page, tmp_path: Path, size: tuple[int, int], wide: int, tall: int
) -> None:
    """By hand: a body of 30 cm by 20 cm in a field of 40 cm by 40 cm fills most of the section."""
    field = np.full((40, 40, 20), -1000, dtype=np.int16)
    field[5:35, 5:25] = 40
    ct = write_nifti(tmp_path / "ct.nii.gz", field, (10.0, 10.0, 10.0))
    page.set_viewport_size({"width": size[0], "height": size[1]})
    begin_case(page, ct)
    page.wait_for_selector("#views[aria-busy=false]", timeout=MS)
    resize(page, size)
    section = page.locator(".cut canvas").first
    left, top, right, low = box_of(section)
    assert right - left >= wide
    assert low - top >= tall
    script = (
        "import('/page.js').then(({ places }) => places.cuts.views[0].scale().y / devicePixelRatio)"
    )
    assert 20 * page.evaluate(script) > 0.7 * (low - top)  # 20 layers of 10 mm
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert barriers(page) == []


@pytest.mark.parametrize("size", [SMALL, TABLET, (1280, 800), PHONE])
def test_tools_have_their_words(page: Page, size: tuple[int, int]) -> None:
    wait_for_cuts(page)
    resize(page, size)
    buttons = [one for one in page.locator(".tools2d button").all() if one.is_visible()]
    assert len({round(box_of(one)[1] / 10) for one in buttons}) <= 2
    for name in ("Voxels", "Measure"):
        word = page.locator(".tools2d > [data-sign]", has_text=name)
        assert word.evaluate("(one) => getComputedStyle(one, '::before').content") == "none"
        assert float(word.evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)")) >= 9


def test_names_of_measures_have_almost_half_of_the_table_of_one_draft(page: Page) -> None:
    open_plane(page)
    left, _, right, _ = box_of(page.locator("#cut-numbers"))
    named = box_of(page.locator("#cut-numbers tbody th").first)
    assert (named[2] - named[0]) / (right - left) >= 0.4


def test_the_structure_of_each_label_is_in_sight(page: Page) -> None:
    begin_case(page, *(CRLM.parent / name for name in ("liver.nii.gz", "segments.nii.gz")))
    for scheme in ("", "couinaud"):
        page.select_option("#scheme", scheme)
        for size in ((1280, 800), SMALL, TABLET, PHONE):
            resize(page, size)
            table = page.locator("#labels-row")
            over = table.evaluate("(one) => one.scrollWidth - one.clientWidth")
            assert over <= 0, (scheme, size)
            cell = page.locator("#labels tbody tr").first.locator("td").last
            assert box_of(cell)[2] <= box_of(table)[2] + 1


@pytest.mark.parametrize("size", [(1280, 800), (768, 1024), PHONE])
def test_h12_no_column_of_the_contact_sheet_is_out_of_sight_unnoticed(
    page: Page, size: tuple[int, int]
) -> None:
    """On a tablet every fourth slice was exactly beyond the edge."""
    wait_until_ready(page)
    turn(page, "sign")
    resize(page, size)
    open_sheet(page)
    over = page.locator("#sheet-view .table").evaluate("(one) => one.scrollWidth - one.clientWidth")
    hint = page.locator("#sheet-scroll")
    sideways = " and to the right" if size == PHONE else ""
    assert text_of(hint) == f"Scroll down{sideways} to see every slice."
    assert (over > 0) == (size == PHONE)
    left, top, right, low = box_of(hint)
    assert left >= 0 and top >= 0 and right <= size[0] and low <= size[1]  # noqa: PT018
    assert barriers(page) == []


def test_the_link_to_the_embolisation_is_one_line(page: Page) -> None:
    wait_until_ready(page)
    for size in ((1280, 800), SMALL, TABLET, PHONE):
        resize(page, size)
        _, top, _, low = box_of(page.locator("#to-embolisation"))
        assert low - top < 24, size


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
def test_the_name_of_a_refused_file_is_one_line(
    page: Page, tmp_path: Path, size: tuple[int, int]
) -> None:
    """A long finding left no room for it."""
    (tmp_path / "README.md").write_text("# A case\n", "utf-8")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    begin_case(page, tmp_path / "README.md")
    page.get_by_text("not usable").wait_for()
    lines = "(one) => { const r = document.createRange(); r.selectNodeContents(one);"
    lines += " return r.getClientRects().length; }"
    assert page.locator("#files-told tr th").first.evaluate(lines) == 1
