"""Sections and cuts of the page in Chromium: fills, names, window, calliper, cuts, the plan."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from tests.web.served import CRLM, Server
from tests.web.test_browser import barriers, begin_case, drop, head, wait_for_cuts
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_close_browser import open_masks
from tests.web.test_cutter_page import find_handles, open_drafts, open_plane, settle, table, told
from tests.web.test_layout_browser import box_of
from tests.web.test_tasks import open_masks as open_segments
from tests.web.viewed import (
    ANSWERED,
    MS,
    TABS,
    held_back,
    open_page,
    read_results,
    text_of,
    turn,
    wait_for,
    wait_until,
    wait_until_ready,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = in_chromium
OWNER = "import('/page.js').then(({ places }) => places.cuts"


@pytest.fixture
def drafts(chromium: Browser, server: Server) -> Iterator[Page]:
    """Open the drafts of a page that is left as it was."""
    with open_page(chromium, server) as tab:
        yield open_drafts(tab)


def masks(*names: str) -> Any:
    upright: Any = nib.funcs.as_closest_canonical
    return [
        np.asanyarray(upright(nib.loadsave.load(CRLM.parent / f"{n}.nii.gz")).dataobj) > 0
        for n in names
    ]


def test_h02_fills_are_where_the_masks_are(page: Page) -> None:
    """In an axial section the remnant is blue, and what is removed is not, voxel by voxel."""
    wait_for_cuts(page)
    page.evaluate(f"{OWNER}.showVoxels(true))")
    layer = page.evaluate(f"{OWNER}.views[0].layer)")
    liver, flr, tumour = (one[:, :, layer] for one in masks("liver", "flr", "tumour"))
    shot = page.locator(".cut canvas").first.screenshot()
    seen = np.asarray(Image.open(BytesIO(shot)).convert("RGB")).astype(int)
    rng = np.random.default_rng(7)
    right, wrong = 0, 0
    for i, j in rng.permutation(np.argwhere(liver & ~tumour))[:500]:
        around = np.s_[i - 4 : i + 5, j - 4 : j + 5]
        if (
            flr[around].any() != flr[around].all()
            or not liver[around].all()
            or tumour[around].any()
        ):
            continue  # at a border
        x, y = page.evaluate(
            f"([i, j]) => {OWNER}.views[0].canvasOf(places.cuts.views[0].scale(),"
            " places.cuts.mm([i, j, places.cuts.views[0].layer])))",
            [int(i), int(j)],
        )
        if not (0 <= x < seen.shape[1] and 0 <= y < seen.shape[0]):
            continue
        red, _, blue = seen[int(y), int(x)]
        as_filled = (blue - red > 12) == bool(flr[i, j])
        right, wrong = right + as_filled, wrong + (not as_filled)
    assert right > 60
    assert wrong <= 0.06 * right  # names and lines of the view


def test_names_stand_within_their_parts_and_over_no_other(page: Page) -> None:
    wait_for_cuts(page)
    for number in range(3):
        canvas = page.locator(".cut canvas").nth(number)
        names = json.loads(canvas.get_attribute("data-names") or "[]")
        assert len(names) >= 3
        for n, (text, x, y) in enumerate(names):
            for _, a, b in names[:n]:
                assert abs(a - x) > 14 or abs(b - y) > 11
            within = page.evaluate(
                f"([n, x, y]) => {OWNER}.views[n]).then((view) => {{ const to = view.scale();"
                " return view.names([(x * view.ratio - to.left) / to.x - 0.5,"
                " (y * view.ratio - to.top) / to.y - 0.5]); })",
                [number, x, y],
            )
            if not text.startswith("L"):  # a small lesion has its name next to it
                assert f"segment {text}" in within, text


def drag(page: Page, number: int, start: tuple[float, float], end: tuple[float, float]) -> None:
    canvas = page.locator(".cut canvas").nth(number)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + start[0], box["y"] + start[1])
    page.mouse.down()
    page.mouse.move(box["x"] + end[0], box["y"] + end[1], steps=4)
    page.mouse.up()


def test_a_drag_changes_level_and_width(page: Page) -> None:
    wait_for_cuts(page)
    drag(page, 0, (60, 60), (110, 90))
    # 1.2 HU a pixel: to the right wider, down darker
    assert page.locator("#width").input_value() == str(400 + 60)
    assert page.locator("#level").input_value() == str(60 - 36)
    assert page.locator("#window").input_value() == ""


def test_a_length_is_measured_in_mm_and_recorded(page: Page, tmp_path: Path) -> None:
    wait_until(page, "() => document.querySelector('#cut-row').options.length > 1")
    wait_for_cuts(page)
    page.get_by_role("button", name="Measure").click()
    scale = page.evaluate(f"{OWNER}.views[0]).then((view) => view.scale().x / view.ratio)")
    drag(page, 0, (80, 70), (140, 70))  # afterwards the toolbar may have a second row
    mm = 60 / scale * 0.8  # voxels of 0.8 mm
    said = text_of(page.locator(".tools2d output"))
    assert said.endswith(" cm")  # as sizes of lesions elsewhere
    assert 10 * float(said.split()[0]) == pytest.approx(mm, abs=0.1)
    record = page.get_by_role("button", name="Record as largest diameter")
    initials = page.locator("#by")
    assert initials.is_hidden()
    record.click()  # without initials: they are asked for here, in the step of the plan
    initials.wait_for(timeout=MS)
    wait_until(page, "() => document.activeElement.id === 'by'")
    assert "not recorded: " in text_of(page.locator(".tools2d output"))
    page.keyboard.type("R1")
    record.click()
    page.locator("#steps li").filter(has_text="mm").wait_for(state="attached", timeout=MS)
    wait_until(page, "() => document.querySelector('#by').offsetParent === null")
    turn(page, "questions")
    assert page.locator("#steps li").filter(has_text="mm").is_visible()
    turn(page, "export")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Case file").first.click()
    written = Path(taken.value.path()).read_text("utf-8")
    assert f"largest_lesion = {{ value = {10 * float(said.split()[0]):.1f}" in written


@pytest.mark.essential
def test_a_bent_surface_is_cut_through_points_and_numbers_are_those_of_the_server(
    drafts: Page, server: Server
) -> None:
    drafts.get_by_role("button", name="Curved cut").click()
    boxes = [drafts.locator(".cut canvas").nth(n).bounding_box() for n in range(2)]
    for n, x, y in ((0, 0.45, 0.35), (0, 0.42, 0.6), (1, 0.5, 0.3), (1, 0.44, 0.55)):
        drafts.locator(".cut canvas").nth(n).scroll_into_view_if_needed()
        box = drafts.locator(".cut canvas").nth(n).bounding_box()
        assert box
        drafts.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
    assert boxes
    settle(drafts)
    wish = drafts.evaluate(f"{OWNER}.overlay.owner.wish)")
    assert len(wish["cuts"]["surfaces"][0]["points_mm"]) == 4
    answer = told(drafts, server, wish)["plan"]
    assert table(drafts)["FLR share"] == f"{answer['flr_percent_shown']} %"
    assert table(drafts)["Origin"] == "a curved surface"
    assert barriers(drafts) == []


@pytest.mark.essential
def test_segments_plane_and_wedge_together_become_the_plan_and_are_undone(drafts: Page) -> None:
    before = json_of(drafts)["flr_percent_shown"]
    turn(drafts, "plan")
    drafts.select_option("#cut-row", "2 3 4")
    settle(drafts)
    drafts.check("#cut-together")
    drafts.click("#cut-plane")
    settle(drafts)
    drafts.locator("#cut-wedges input[type=checkbox]").nth(3).check()
    settle(drafts)
    assert table(drafts)["Origin"].startswith("segments II, III, IV, cut by a plane and a wedge")
    assert drafts.locator("#plane-move-said").input_value() == "0.0"
    assert drafts.locator("#plane-turn-said").input_value() == "0"
    share = table(drafts)["FLR share"]
    use_draft(drafts)
    assert f"{json_of(drafts)['flr_percent_shown']} %" == share
    turn(drafts, "plan")
    wait_until(drafts, "() => !document.querySelector('#cut-unadopt').hidden")
    drafts.get_by_role("button", name="Restore the previous plan").click()
    wait_until(drafts, "() => !document.querySelector('#steps li')")
    drafts.wait_for_selector(ANSWERED, timeout=MS)
    assert json_of(drafts)["flr_percent_shown"] == before


def use_draft(page: Page) -> None:
    page.get_by_role("button", name="Use draft A as the plan").click()
    said = page.locator("#steps li").filter(has_text="draft cut used as the plan")
    said.wait_for(state="attached", timeout=MS)
    turn(page, "questions")
    assert said.is_visible()


def json_of(page: Page) -> Any:
    turn(page, "export")
    with page.expect_download() as taken:
        page.get_by_role("link", name="JSON", exact=True).click()
    return json.loads(Path(taken.value.path()).read_bytes())


def test_masks_are_seen_before_their_roles_are_confirmed(page: Page) -> None:
    names = ("liver", "tumour", "flr", "ct")
    begin_case(page, *(CRLM.parent / f"{name}.nii.gz" for name in names))
    page.wait_for_selector("#stage:not([hidden])", timeout=MS)
    wait_for_cuts(page)
    assert page.locator("#roles").is_visible()
    assert page.locator("#answer").is_hidden()
    wait_until(page, "() => document.querySelectorAll('.thumb[data-filled=true]').length === 3")
    parts = text_of(page.locator("#parts"))
    assert all(f"{name}.nii.gz" in parts for name in names[:3])
    notes = page.locator("#first-notes")  # those of the structures are hidden with them
    assert notes.is_visible()
    assert text_of(notes) == "Masks as added: their roles have not been confirmed."
    assert barriers(page) == []


TARGETS = "['no-tumour', 'diagnosis', 'scanned'].map((id) => document.getElementById(id))"
PLACES = f"{TARGETS}.map((one) => one.getBoundingClientRect()).map(({{ x, y }}) => [x, y])"


@pytest.mark.parametrize("size", [(1280, 800), (820, 1180), (390, 844)])
def test_no_field_moves_below_the_pointer_while_pictures_of_dropped_files_arrive(
    page: Page, size: tuple[int, int]
) -> None:
    """A click is of the field that was aimed at, and is not lost between press and release."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    with held_back(page, re.compile(r"/(scan|thumbnail\?.*)$")) as came:
        begin_case(page, *(CRLM.parent / f"{name}.nii.gz" for name in ("liver", "flr", "ct")))
        wait_for(page, came, 3)
        assert page.locator(".view.cut").first.is_hidden()  # those of the case before
        assert page.locator("#stage-wait").is_visible()
        box = page.locator("#no-tumour")
        box.scroll_into_view_if_needed()
        before, at = page.evaluate(PLACES), box.bounding_box()
        assert at
        page.mouse.move(at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
        page.mouse.down()
    page.wait_for_selector("#stage:not([hidden])", timeout=MS)
    wait_until(page, "() => document.querySelectorAll('.thumb[data-filled=true]').length === 2")
    assert page.evaluate(PLACES) == before
    assert page.locator("#stage-wait").is_hidden()
    page.mouse.up()
    assert box.is_checked()


def test_a_refusal_of_the_plan_stays_once_the_sections_are_answered(page: Page) -> None:
    """The page went back to the roles without a reason, as if nothing had been confirmed."""
    begin_case(page, CRLM.parent / "liver.nii.gz", CRLM.parent / "flr.nii.gz")
    page.wait_for_selector("#stage:not([hidden])", timeout=MS)
    page.locator("#files-told select[data-file]").first.select_option("liver")
    with held_back(page, "**/scan") as came:
        page.click("#confirm")
        wait_for(page, came)
        page.wait_for_selector("#trouble:not([hidden])", timeout=MS)
    wait_until(page, "() => document.getElementById('case').hidden")
    assert page.locator("#trouble").is_visible()
    assert text_of(page.locator("#reason"))


def test_without_a_picture_the_form_of_dropped_files_has_the_whole_page(
    page: Page, tmp_path: Path
) -> None:
    refused = {"reason": "no mask can be shown", "remedy": "confirm the roles"}
    page.route("**/scan", lambda one: one.fulfill(status=422, json=refused))
    begin_case(page, CRLM.parent / "liver.nii.gz")
    wait_until(page, "() => document.getElementById('case').hidden")
    assert page.locator("#confirm").is_visible()
    assert page.locator("#trouble").is_hidden()
    page.unroute("**/scan")
    broken = tmp_path / "flr.nii.gz"
    broken.write_bytes((CRLM.parent / "flr.nii.gz").read_bytes()[:-9])
    page.set_input_files("#files-in", [broken])
    page.wait_for_selector("#stage:not([hidden])", timeout=MS)


def test_an_exported_zip_is_opened_as_its_files(drafts: Page, tmp_path: Path) -> None:
    drafts.click("#cut-plane")
    settle(drafts)
    share = table(drafts)["FLR share"]
    with drafts.expect_download() as taken:
        drafts.get_by_role("button", name="Case file with this plan").click()
    path = tmp_path / "export.zip"
    taken.value.save_as(path)
    assert "case.toml" in ZipFile(path).namelist()
    given = [CRLM.parent / f"{n}.nii.gz" for n in ("liver", "tumour", "flr", "ct", "segments")]
    drop(drafts, path, *given)
    drafts.wait_for_selector(ANSWERED, timeout=MS)
    assert share in read_results(drafts) or share in ask_plans(drafts)


def ask_plans(page: Page) -> str:
    plans = json_of(page)["case"]["other_plans"]
    return " ".join(f"{one['flr_percent_shown']} %" for one in plans)


@pytest.mark.parametrize("is_moved", [False, True])
def test_sections_of_a_plan_begin_in_the_liver_unless_they_were_moved(
    page: Page, tmp_path: Path, *, is_moved: bool
) -> None:
    """Those of dropped masks begin in the largest mask, such as one of the lungs."""
    liver: Any = nib.loadsave.load(CRLM.parent / "liver.nii.gz")
    filled = np.asanyarray(liver.dataobj) > 0
    layers = np.flatnonzero(filled.any(axis=(0, 1)))
    beyond = filled.shape[2] - 1 if layers[-1] < filled.shape[2] - 2 else 0
    large = np.zeros(filled.shape, np.uint8)
    large[:, :, beyond] = 1
    assert not filled[:, :, beyond].any()
    nib.loadsave.save(liver.__class__(large, liver.affine), tmp_path / "large.nii.gz")
    begin_case(page, CRLM.parent / "liver.nii.gz", tmp_path / "large.nii.gz")
    wait_for_cuts(page)
    axial, slider = page.locator(".cut canvas").first, page.locator(".cut input").first
    assert "large.nii.gz" in (axial.get_attribute("aria-label") or "")
    if is_moved:
        slider.press("ArrowLeft" if beyond else "ArrowRight")
        wait_for_cuts(page)
    chosen = slider.input_value()
    page.select_option("#files-told select[data-file='large.nii.gz']", "")
    page.check("#no-tumour")
    page.click("#confirm")
    page.wait_for_selector(ANSWERED, timeout=MS)
    wait_for_cuts(page)
    if is_moved:
        assert slider.input_value() == chosen
    else:
        assert "no structure" not in (axial.get_attribute("aria-label") or "")


# ---- measuring a length

PRESSED = "#cut-curve[aria-pressed=true]"


def measure(page: Page) -> None:
    page.get_by_role("button", name="Measure").click()


def is_measuring(page: Page) -> bool:
    return page.get_by_role("button", name="Measure").get_attribute("aria-pressed") == "true"


def test_points_of_a_curve_are_set_after_a_measurement_and_vice_versa(page: Page) -> None:
    """Clicks set no point as long as they measured lengths, and nothing stated why."""
    open_drafts(page)
    measure(page)
    page.click("#cut-tools button[data-cut=curve]")
    assert not is_measuring(page)
    x, y, right, lower = box_of(page.locator(".cut canvas").first)
    page.mouse.click((x + right) / 2, (y + lower) / 2)
    page.locator("#cut-more").get_by_text("Points: 1").wait_for()
    measure(page)
    assert is_measuring(page)
    assert not page.locator(PRESSED).count()
    drag(page, 0, (80, 70), (140, 70))
    assert text_of(page.locator(".tools2d output")).endswith(" cm")
    assert "Points: 1" in text_of(page.locator("#cut-more"))


def test_a_length_is_measured_by_keyboard(page: Page) -> None:
    """Ten voxels of 0.8 mm across; the ends of a length are on one slice."""
    wait_for_cuts(page)
    said = page.locator(".tools2d output")
    page.locator(".cut canvas").first.focus()
    page.keyboard.press("Enter")  # nothing is measured yet
    assert said.is_hidden()
    for key in ("m", "Enter", *["ArrowRight"] * 4, "ArrowUp", "Enter", *["ArrowRight"] * 10):
        page.keyboard.press(key)
        wait_for_cuts(page)
    assert text_of(said) == "press Enter at the other end"
    page.keyboard.press("Enter")
    assert text_of(said) == "0.80 cm"
    for key in ("ArrowRight", "ArrowRight", "Enter"):  # another begins; it continues no other
        page.keyboard.press(key)
        wait_for_cuts(page)
    assert text_of(said) == "press Enter at the other end"
    for key in (*["ArrowRight"] * 3, "Enter", "m"):
        page.keyboard.press(key)
        wait_for_cuts(page)
    assert text_of(said) == "0.24 cm"


def count_marked(page: Page) -> int:
    """Count the pixels of the first section in the colour of measurements, #7dffb2."""
    count: int = page.locator(".cut canvas").first.evaluate("""(one) => {
      const { data } = one.getContext("2d").getImageData(0, 0, one.width, one.height);
      let found = 0;
      for (let at = 0; at < data.length; at += 4)
        if (data[at] === 0x7d && data[at + 1] === 0xff && data[at + 2] === 0xb2) found += 1;
      return found;
    }""")
    return count


def test_the_first_end_of_a_length_set_by_keyboard_is_marked_on_its_slice(page: Page) -> None:
    """It was reported in words only, and its place was lost once the crosshair had moved."""
    wait_for_cuts(page)
    page.locator(".cut canvas").first.focus()
    marked = []
    for keys in (["m"], ["Enter", *["ArrowRight"] * 10], ["ArrowUp"], ["ArrowDown"], ["m"]):
        for key in keys:
            page.keyboard.press(key)
            wait_for_cuts(page)
        marked.append(count_marked(page) > 0)
    assert marked == [False, True, False, True, False]


def test_escape_ends_a_measurement_before_it_shows_all_views(page: Page) -> None:
    wait_for_cuts(page)
    page.click("#layouts button[data-view=axial]")
    measure(page)
    page.keyboard.press("Escape")
    assert not is_measuring(page)
    assert page.locator("#views").get_attribute("data-full") == "axial"
    page.keyboard.press("Escape")
    assert page.locator("#views").get_attribute("data-full") == "all"


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
def test_a_measurement_covers_no_name_of_a_colour(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_drafts(page)
    measure(page)
    drag(page, 0, (80, 70), (140, 70))
    _, _, right, lower = box_of(page.locator(".measuring"))
    left, top, _, _ = box_of(page.locator(".legend3d"))
    assert left >= right or top >= lower


def test_a_measurement_covers_no_view_of_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    wait_for_cuts(page)
    measure(page)
    _, _, _, lower = box_of(page.locator(".measuring"))
    assert lower <= box_of(page.locator("#views"))[1]


def press(page: Page, x: float, y: float) -> None:
    """Press the button of the mouse at a place, and begin to drag."""
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 50, y, steps=3)


def test_h11_a_length_that_is_dragged_is_not_shown_with_another_case(page: Page) -> None:
    open_masks(page)
    wait_for_cuts(page)
    measure(page)
    left, top, _, lower = box_of(page.locator(".cut canvas").first)
    press(page, left + 60, (top + lower) / 2)
    page.locator(TABS).first.dispatch_event("click")  # by the keyboard, or from another window
    wait_until_ready(page)
    page.mouse.up()
    assert page.locator(".measuring").is_hidden()
    assert page.locator(".tools2d output").text_content() == ""


def test_a_plane_that_is_dragged_takes_no_click_of_another_case(page: Page) -> None:
    open_segments(page)
    open_plane(page)
    press(page, *find_handles(page)["middle"])
    page.locator(TABS).first.dispatch_event("click")
    wait_until_ready(page)
    wait_for_cuts(page)
    page.wait_for_selector("#cutter:not([hidden])", timeout=MS)
    page.mouse.move(1, 1)  # off the sections, which would end the drag themselves
    page.mouse.up()
    before = [head(page, number) for number in (1, 2)]
    left, top, right, lower = box_of(page.locator(".cut canvas").first)
    page.mouse.click(left + (right - left) * 0.3, top + (lower - top) * 0.4)
    wait_for_cuts(page)
    assert all(head(page, n) != told for n, told in zip((1, 2), before, strict=True))
