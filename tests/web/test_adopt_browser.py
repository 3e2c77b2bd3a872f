"""A draft that becomes the plan and is a draft again, in all views of the page, in Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.served import CRLM
from tests.web.test_browser import barriers, begin_case, wait_for_cuts
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_cutter_page import open_drafts, open_plane, settle, table
from tests.web.test_tasks import open_masks
from tests.web.viewed import (
    MS,
    open_page,
    text_of,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.web.served import Server

pytestmark = in_chromium
AT_REST = "#views[aria-busy=false] #scene[aria-busy=false] #liver[data-painted=true]"
SURFACES = "import('/page.js').then(({ places }) => [...places.scene.view.parts.keys()])"


@pytest.fixture
def solid(chromium: Browser, server: Server) -> Iterator[Page]:
    with open_page(chromium, server, solid=True) as tab:
        yield tab


def test_a_draft_used_as_the_plan_of_a_case_without_one_is_shown_in_three_dimensions(
    solid: Page,
) -> None:
    """The list of surfaces changes: it had no remnant before."""
    open_masks(solid)
    solid.wait_for_selector(AT_REST, timeout=MS)
    assert "remnant" not in solid.evaluate(SURFACES)
    open_drafts(solid)
    solid.select_option("#cut-row", "2 3")
    settle(solid)
    share = table(solid)["FLR share"]
    solid.get_by_role("button", name="Use this draft as the plan").click()
    solid.wait_for_selector("#cut-unadopt:not([hidden])", timeout=MS)
    wait_until(solid, f"() => {SURFACES}.then((parts) => parts.includes('remnant'))")
    solid.wait_for_selector(AT_REST, timeout=MS)
    assert {"rest", "remnant"} <= {*solid.evaluate(SURFACES)}
    assert text_of(solid.locator("#share-percent")) == share
    solid.get_by_role("button", name="Restore the previous plan").click()
    wait_until(solid, "() => document.querySelector('#share-drafts').textContent !== ''")
    settle(solid)  # the draft is one again
    assert table(solid)["FLR share"] == share
    assert text_of(solid.locator("#share-percent")) == "No plan yet; draft A is shown"
    assert "another tab" not in text_of(solid.locator("#said"))


def test_a_plane_is_set_by_numbers_within_its_bounds(page: Page) -> None:
    open_plane(page)
    for name, typed, shown in (("tilt", "10", "10"), ("turn", "-500", "-180"), ("move", "7", "7")):
        field = page.locator(f"#plane-{name}-said")
        field.fill(typed)
        field.press("Tab")
        settle(page)
        assert float(field.input_value()) == float(shown)
    assert float(page.locator("#plane-tilt-said").input_value()) == 10
    assert page.locator("#plane-tilt").input_value() == "10"
    field = page.locator("#plane-tilt-said")
    field.fill("")
    field.press("Tab")  # no number: the plane stays
    assert field.input_value() == "10"
    assert barriers(page) == []


def test_files_state_what_is_needed_apart_from_what_can_follow(page: Page) -> None:
    begin_case(page, *(CRLM.parent / name for name in ("liver.nii.gz", "segments.nii.gz")))
    missing, later = page.locator("#missing"), page.locator("#missing-later")
    assert text_of(missing) == "Missing: the label scheme of the label map."
    assert "a tumour mask" not in text_of(later)  # a label map may have it
    assert "the FLR" in text_of(later)
    schemes = page.locator("#scheme option").all_inner_texts()
    assert "couinaud: Couinaud segments I-VIII as 1-8" in schemes
    page.select_option("#scheme", "couinaud")
    assert text_of(missing) == ""
    edge = page.locator("#confirm").bounding_box()
    assert edge is not None
    assert edge["y"] + edge["height"] <= 800  # in sight, whatever is scrolled


def test_a_plane_paints_nothing_in_a_slice_without_liver(page: Page) -> None:
    open_plane(page)
    page.evaluate(
        "import('/page.js').then(({ places: { cuts } }) => cuts.move(2, cuts.scan.shape[2] - 1))"
    )
    wait_for_cuts(page)
    page.wait_for_timeout(200)
    told = page.evaluate(
        "import('/page.js').then(({ places: { cuts } }) => {"
        " const [{ canvas, held }] = cuts.views;"
        " const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);"
        " let blue = 0; for (let n = 0; n < data.length; n += 4)"
        " if (data[n + 2] > data[n] + 60 && data[n + 2] > data[n + 1] + 20) blue += 1;"
        " return [held.groups.parts.length, blue]; })"
    )
    assert told == [0, 0]
