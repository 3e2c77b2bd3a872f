"""What a draft is composed of, and what the box, the menu, the boxes and the table state of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_cutter_page import RIGHT_IN_TABLE, open_drafts, settle, table
from tests.web.viewed import MS, script_of, text_of, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = in_chromium
WEDGE = "wedge resection of lesion 4 with a margin of 10 mm"
EVERY = ["1", "2", "3", "4", "5", "6", "7", "8"]


@pytest.fixture
def cutter(page: Page) -> Page:
    """Open the drafts."""
    return open_drafts(page)


def boxes(page: Page) -> tuple[list[str], list[str]]:
    """List the segments ticked, and those that are mixed."""
    told = page.locator("#cut-segments input").evaluate_all(
        "(all) => all.map((one) => [one.value, one.checked, one.indeterminate])"
    )
    return [n for n, on, _ in told if on], [n for n, _, mixed in told if mixed]


def wait_for_boxes(page: Page) -> None:
    """Wait until it is known what the draft leaves of each segment."""
    page.wait_for_selector("#cut-segments[aria-busy=false]", timeout=MS)


def chosen(page: Page) -> str:
    """Read what the menu of resections shows."""
    return str(page.locator("#cut-row").evaluate("one => one.selectedOptions[0].textContent"))


def lay_hepatectomy(page: Page) -> None:
    """Choose a right hepatectomy with a wedge around lesion 4."""
    page.select_option("#cut-row", "1 2 3 4")
    settle(page)
    page.locator("#cut-wedges input[type=checkbox]").nth(3).check()
    settle(page)


def test_a_new_plane_is_a_draft_of_its_own_unless_cuts_are_combined(cutter: Page) -> None:
    lay_hepatectomy(cutter)
    assert table(cutter)["Origin"] == f"segments I, II, III, IV, cut by a {WEDGE}"
    assert chosen(cutter) == "right hepatectomy + wedge around L4 (10 mm)"
    cutter.click("#cut-plane")
    settle(cutter)
    assert table(cutter, RIGHT_IN_TABLE)["Origin"] == "plane"
    assert not cutter.is_checked("#cut-together")
    assert chosen(cutter) == "plane"
    assert not cutter.locator("#cut-wedges input:checked").count()
    cutter.click("#cut-undo")
    cutter.check("input[name=draft][value='0']")  # the draft of before was kept
    assert chosen(cutter) == "right hepatectomy + wedge around L4 (10 mm)"
    cutter.check("#cut-together")
    assert text_of(cutter.locator("#draft-next")) == "A new cut is added to draft A."
    cutter.click("#cut-plane")
    settle(cutter)
    assert table(cutter)["Origin"] == f"segments I, II, III, IV, cut by a plane and a {WEDGE}"
    assert chosen(cutter) == "right hepatectomy + plane + wedge around L4 (10 mm)"
    assert text_of(cutter.locator("#cut-composed")).endswith(chosen(cutter))
    assert cutter.locator("#cut-wedges input:checked").count() == 1
    cutter.uncheck("#cut-together")  # the last cut stays
    settle(cutter)
    assert table(cutter)["Origin"] == f"a plane and a {WEDGE}"


def test_undo_of_combined_cuts_ticks_the_box(cutter: Page) -> None:
    cutter.select_option("#cut-row", "2 3 4")
    settle(cutter)
    cutter.check("#cut-together")
    cutter.click("#cut-plane")
    settle(cutter)
    cutter.uncheck("#cut-together")
    settle(cutter)
    assert table(cutter)["Origin"] == "plane"
    cutter.click("#cut-undo")
    settle(cutter)
    assert cutter.is_checked("#cut-together")
    assert table(cutter)["Origin"] == "segments II, III, IV, cut by a plane"


def test_a_chosen_resection_has_the_flr_of_its_line_in_the_menu(cutter: Page) -> None:
    lay_hepatectomy(cutter)
    cutter.select_option("#cut-row", "2 3")
    settle(cutter)
    name, _, rest = chosen(cutter).partition(": FLR ")
    assert name == "right trisectionectomy and segment 1"
    assert table(cutter)["FLR share"] == f"{rest.split(' %')[0]} %"
    assert not cutter.locator("#cut-wedges input:checked").count()


def test_segments_are_ticked_where_they_remain_and_mixed_where_they_are_cut(cutter: Page) -> None:
    assert boxes(cutter) == (["2", "3"], [])  # those of the plan
    cutter.click("#cut-plane")
    settle(cutter)
    wait_for_boxes(cutter)
    ticked, mixed = boxes(cutter)
    assert not {*ticked} & {*mixed}
    before = cutter.locator("#cut-segments input:indeterminate").first
    name = before.input_value()
    cutter.locator(f"#cut-segments input[value='{name}']").click()
    settle(cutter)
    assert boxes(cutter) == (sorted([*ticked, name]), [])  # it remains, entirely


def test_two_segments_are_kept_by_three_clicks(cutter: Page) -> None:
    cutter.select_option("#cut-row", "1 2 3 4")
    settle(cutter)
    cutter.get_by_role("button", name="Untick all").click()
    assert boxes(cutter) == ([], [])
    assert table(cutter)["Origin"] == "segments I, II, III, IV"
    cutter.get_by_label("II", exact=True).check()
    settle(cutter)
    cutter.get_by_label("III", exact=True).check()
    settle(cutter)
    assert table(cutter)["Origin"] == "segments II, III"
    assert table(cutter)["FLR share"] == "29.96 %"  # 349 738 of 1 167 331 voxels


def test_a_segment_cut_by_a_wedge_still_remains_when_another_is_removed(cutter: Page) -> None:
    cutter.locator("#cut-wedges input[type=checkbox]").nth(3).check()
    settle(cutter)
    wait_for_boxes(cutter)
    ticked, mixed = boxes(cutter)
    assert sorted([*ticked, *mixed]) == EVERY
    assert "4" in mixed  # lesion 4 is in segment IV
    cutter.get_by_label("VI", exact=True).uncheck()
    settle(cutter)
    kept = "segments I, II, III, IV, V, VII, VIII"
    assert table(cutter)["Origin"] == f"{kept}, cut by a {WEDGE}"


def test_the_largest_resection_that_removes_all_lesions_is_begun_by_one_button(
    cutter: Page,
) -> None:
    button = cutter.locator("#cut-largest")
    largest = "Removes all lesions, largest FLR of the named resections"
    told = f"{largest}: right trisectionectomy, 31.9 %, margin 3.2 mm (L4)"
    stated = f"(told) => {script_of('#cut-largest')} === told"
    wait_until(cutter, stated, f"{told}, below 10 mm")
    safety = cutter.locator(".tools3d input[aria-label^=Safety]")
    for mm, below in (3, ""), (4, ", below 4 mm"), (10, ", below 10 mm"):
        move = f"(one) => {{ one.value = {mm}; one.dispatchEvent(new Event('change')); }}"
        safety.evaluate(move)
        wait_until(cutter, stated, f"{told}{below}")
    button.click()
    settle(cutter)
    assert table(cutter)["FLR share"] == "31.9 %"  # 372 902 of 1 167 331 voxels
    assert table(cutter)["Lesions remaining"] == "none"
    assert table(cutter)["Margin around the removed lesions"] == "3.2 mm (L4), below 10 mm"
    assert chosen(cutter).startswith("right trisectionectomy")
    assert "wedges" in text_of(cutter.locator("#cutting"))
    cutter.wait_for_selector("#cutter[data-state=shown]", timeout=MS)


def test_the_two_margins_have_different_names(cutter: Page) -> None:
    names = [
        cutter.locator(one).evaluate("one => one.closest('label').textContent.split(' ')[0]")
        for one in (".tools3d input[aria-label^=Safety]", "#wedge-margin")
    ]
    assert names == ["Safety", "Wedge"]


def test_boxes_are_used_once_it_is_known_what_the_plane_leaves(cutter: Page) -> None:
    held: list[Any] = []
    cutter.route("**/draft-details?*", lambda one: held.append(one))
    cutter.click("#cut-plane")
    settle(cutter)
    fields = cutter.locator("#cut-segments")
    assert fields.get_attribute("aria-busy") == "true"
    assert not any(cutter.locator("[data-more=tilt]").all_inner_texts())
    cutter.locator("#cut-segments input[value='4']").click()
    assert table(cutter)["Origin"] == "plane"  # no other segment is removed by mistake
    held[0].continue_()
    wait_for_boxes(cutter)
    cutter.unroute("**/draft-details?*")
    ticked, mixed = boxes(cutter)
    assert mixed
    assert "4" not in (*ticked, *mixed)


def test_no_resection_is_said_to_remove_all_lesions_where_there_are_none(page: Page) -> None:
    hidden = page.evaluate(
        "import('/cutter.js').then(({ Cutter }) => { const made = {};"
        " const row = { clears: true, percent: '95.4', kept: ['1'], name: 'left hepatectomy' };"
        " Cutter.prototype.offerLargest.call({ $: (id) => (made[id] ??= {}) },"
        " { rows: [row], lesions: 0 }); return ['cut-largest', 'cut-no-largest'].map((id) =>"
        " made[id].hidden); })"
    )
    assert hidden == [True, True]
