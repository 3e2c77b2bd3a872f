"""The form of files and facts in Chromium: nothing is asked twice, schemes are in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nibabel as nib
import pytest

from tests.cli.outside import ask
from tests.vessel_liver import MASKS, write_masks
from tests.web.served import CRLM
from tests.web.test_begins_browser import PLAN
from tests.web.test_browser import (  # noqa: F401
    barriers,
    begin_case,
    drop,
    look,
    pytestmark,
    wide,
)
from tests.web.test_own_form import MAP, lits
from tests.web.test_tasks import open_masks
from tests.web.viewed import (
    MS,
    open_case_page,
    open_files,
    script_of,
    text_of,
    turn,
    wait_for_case,
    wait_for_entries,
    wait_until,
    wait_until_ready,
)

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page


PRIOR = "[data-fact=prior_embolisation]"


def test_an_embolisation_with_both_dates_is_asked_for_once(page: Page) -> None:
    begin_case(page, CRLM.parent / "liver.nii.gz")
    prior, told = page.locator(PRIOR), page.locator("#prior-told")
    page.select_option("#closed-kind", "PVE")
    page.fill("#closed", "2026-11-19")
    assert prior.is_visible()
    page.fill("#scanned", "2026-11-20")
    assert prior.is_hidden()
    assert text_of(told) == "From the dates: PVE before, or on the day of, this scan."
    page.select_option("#closed-kind", "Y90")  # another fact
    assert prior.is_visible()
    page.select_option("#closed-kind", "PVE")
    page.fill("#scanned", "2026-11-18")
    assert prior.is_visible()
    assert "PVE after this scan: the scan is a baseline" in text_of(told)


def test_the_plan_leads_to_the_field_of_an_embolisation(page: Page) -> None:
    wait_until_ready(page)
    page.click("#to-embolisation")
    wait_until(page, "() => document.activeElement.id === 'closed-kind'")
    assert page.locator("main").get_attribute("data-step") == "files"
    box, panel = (page.locator(one).bounding_box() for one in ("#closed-kind", "#files-step"))
    assert box is not None
    assert panel is not None
    assert panel["y"] <= box["y"] <= panel["y"] + panel["height"] - box["height"]
    turn(page, "plan")
    assert page.locator("#to-embolisation").is_visible()


def test_the_plan_names_the_embolisation_that_was_entered(page: Page) -> None:
    open_masks(page, "flr.nii.gz")
    wait_until_ready(page)
    page.click("#to-embolisation")
    page.select_option("#closed-kind", "PVE")
    page.fill("#closed", "2026-09-01")
    page.click("#confirm")
    entered = "() => document.getElementById('to-embolisation').textContent.startsWith('Change')"
    wait_until(page, entered)
    told = text_of(page.locator("#to-embolisation"))
    assert told == "Change the recorded embolisation (PVE, 2026-09-01)"


def test_schemes_state_what_they_call_the_labels_of_the_file(page: Page, tmp_path: Path) -> None:
    (tmp_path / MAP).write_bytes(lits())
    begin_case(page, tmp_path / MAP)
    page.get_by_label(f"Role of {MAP}").select_option("labelmap")
    first, second = page.locator("#scheme optgroup").all()
    fitting = " | ".join(first.locator("option").all_text_contents())
    assert "msd task08" in fitting
    assert "here 1 = liver vessels, 2 = tumour" in fitting
    assert "lits" in fitting
    assert "here 1 = liver, 2 = tumour" in fitting
    assert "couinaud: Couinaud segments I-VIII as 1-8" in fitting
    assert second.get_attribute("label") == "Other schemes"
    assert page.input_value("#scheme") == ""
    unclear = page.locator("[data-code='labels.which_scheme']")
    assert unclear.is_visible()
    page.select_option("#scheme", "lits")
    assert unclear.is_hidden()
    second_label = page.locator("#labels tbody tr").nth(1).locator("td").last
    page.select_option("#scheme", "btcv")  # 2 is the right kidney there: defined, but not used
    assert text_of(second_label) == "not used here: not counted"
    page.select_option("#scheme", "totalsegmentator_lesions")  # its only label is 1
    assert text_of(second_label) == "not defined by this scheme"


@pytest.mark.parametrize("size", [(1280, 800), (1440, 900), (1920, 1080), (390, 844)])
def test_a_required_scheme_is_marked_reached_by_a_link_and_never_preselected(
    page: Page, tmp_path: Path, size: tuple[int, int]
) -> None:
    """The role is suggested from the labels; what they mean is the user's to say."""
    (tmp_path / MAP).write_bytes(lits())
    (tmp_path / "liver.nii.gz").write_bytes((CRLM.parent / "liver.nii.gz").read_bytes())
    page.set_viewport_size({"width": size[0], "height": size[1]})
    begin_case(page, tmp_path / "liver.nii.gz", tmp_path / MAP)
    scheme = page.locator("#scheme")
    assert page.get_by_label(f"Role of {MAP}").input_value() == "labelmap"
    assert page.input_value("#scheme") == ""
    assert scheme.get_attribute("aria-invalid") == "true"
    page.locator("#missing").get_by_role("button", name="the label scheme of the label map").click()
    wait_until(page, "() => document.activeElement.id === 'scheme'")
    box = scheme.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < box["y"] + box["height"] <= size[1]
    for cell in page.locator("#files-told tr > :nth-child(2)").all():
        assert cell.evaluate("one => one.clientWidth") >= 230  # not one word a line
    assert wide(page) == []
    page.select_option("#scheme", "lits")
    assert scheme.get_attribute("aria-invalid") == "false"
    assert text_of(page.locator("#missing")) == ""


def test_dates_have_one_form_in_every_browser(page: Page) -> None:
    begin_case(page, CRLM.parent / "liver.nii.gz")
    for field in page.locator("input[data-day]").all():
        assert field.get_attribute("placeholder") == "yyyy-mm-dd"
        assert field.evaluate("one => one.type") == "text"
    assert page.locator("input[type=date]").count() == 0
    page.check("#no-tumour")
    page.fill("#scanned", "11/20/2026")
    page.click("#confirm")
    assert page.locator("#scanned").evaluate("one => one.validity.patternMismatch")
    assert page.locator("#roles").is_visible()  # nothing was sent
    page.fill("#scanned", "2026-11-20")
    page.click("#confirm")
    page.wait_for_selector("#title:has-text('scan of 2026-11-20')", timeout=MS)


def test_exports_state_their_content_and_marks_state_their_meaning(page: Page) -> None:
    wait_until_ready(page)
    turn(page, "export")
    told = text_of(page.locator("#files"))
    assert page.locator("#files h3").all_inner_texts() == [
        "For the tumour board", "For other programs", "To continue later",
    ]  # fmt: skip
    first, others, later = page.locator("#files ul").all()
    assert text_of(first.locator("li a").first) == "Report, PDF"
    assert (first.locator("li").count(), others.locator("li").count()) == (3, 6)
    assert later.locator("li a").all_inner_texts() == ["Case file"]
    assert "contains no masks: keep it in the same folder as the mask files" in told
    assert len(page.locator("#files .beside").all()) == page.locator("#files li").count()
    marks = {one: page.locator(f"button[data-step={one}]") for one in ("files", "sign", "export")}
    titles = {name: one.get_attribute("title") or "" for name, one in marks.items()}
    assert titles["files"] == "done: files and facts can be changed"
    assert titles["sign"].startswith("needs attention: draft, not signed off")
    assert "✓" not in text_of(marks["export"])


def test_files_without_a_role_are_named_above_the_button(page: Page, tmp_path: Path) -> None:
    """A scan that no value or name tells to be a CT would else be left out unnoticed."""
    (tmp_path / "second.nii.gz").write_bytes((CRLM.parent / "flr.nii.gz").read_bytes())
    begin_case(page, CRLM.parent / "liver.nii.gz", tmp_path / "second.nii.gz")
    later = page.locator("#missing-later")
    assert "Not used, because no role was selected: second.nii.gz." in text_of(later)
    page.get_by_label("Role of second.nii.gz").select_option("flr")
    assert "Not used" not in text_of(later)
    page.get_by_label("Role of liver.nii.gz").select_option("")
    assert "selected: liver.nii.gz." in text_of(later)


def test_h11_files_that_are_not_used_are_named_with_the_result(page: Page, tmp_path: Path) -> None:
    """A liver left out next to the segments of another patient was named in the form alone."""
    name = f"{'second' * 9}.nii.gz"  # without a place for a break
    (tmp_path / name).write_bytes((CRLM.parent / "flr.nii.gz").read_bytes())
    begin_case(page, CRLM.parent / "liver.nii.gz", tmp_path / name)
    page.check("#no-tumour")
    page.click("#confirm")
    wait_for_case(page)
    left = page.locator("#strip").get_by_text("Files of this case that are not used:")
    assert text_of(left) == f"Files of this case that are not used: {name}"
    assert left.evaluate("one => one.scrollWidth <= one.clientWidth")  # nor is its end cut off
    open_files(page)
    page.get_by_label(f"Role of {name}").select_option("flr")
    page.click("#confirm")
    wait_for_entries(page, 1)
    assert left.is_hidden()
    turn(page, "questions")
    page.click("#undo")
    wait_for_entries(page, 0)
    assert left.is_visible()


def test_h15_a_refused_change_of_a_planned_case_names_its_field_or_file(page: Page) -> None:
    """A tumour outside what was called the liver is refused with its file, a day with its field."""
    open_masks(page, "flr.nii.gz")
    open_files(page)
    wrong = page.locator("#roles-wrong")
    page.fill("#scanned", "2026-02-30")
    page.click("#confirm")
    page.wait_for_selector("#roles-wrong:not(:empty)", timeout=MS)
    told = "2026-02-30 is not a date of the calendar"
    assert text_of(wrong) == f"Scan date: {told}; enter it as yyyy-mm-dd."
    assert text_of(page.locator("#said")).endswith(f"nothing changed. Scan date: {told}.")
    page.fill("#scanned", "")
    for file, role in (("flr.nii.gz", "liver"), ("liver.nii.gz", ""), ("segments.nii.gz", "")):
        page.get_by_label(f"Role of {file}").select_option(role)
    page.click("#confirm")
    wait_until(page, f"() => {script_of('#roles-wrong')}.startsWith('tumour.nii.gz: 65.3 mL')")
    page.get_by_label("Role of liver.nii.gz").select_option("liver")
    page.click("#confirm")
    wait_until(page, f"() => {script_of('#roles-wrong')}.startsWith('liver: 2 files have')")


# ---- a refusal leads to its field


MARKED = """() => {
  const held = document.activeElement, message = held.getAttribute("aria-describedby");
  return message && document.getElementById(message)?.textContent
}"""


def refuse(page: Page, button: Locator, words: str) -> str:
    """Press a button by key, and return the name or id of the field that has the focus then."""
    button.focus()
    button.press("Enter")
    wait_until(page, f"() => (({MARKED})() ?? '').includes({words!r})")
    return str(page.evaluate("document.activeElement.id || document.activeElement.name"))


def test_each_refusal_has_the_focus_at_its_field_which_is_read_with_it(page: Page) -> None:
    wait_until_ready(page)
    turn(page, "questions")
    form = page.locator("#questions form:has(input[type=radio])").first
    use = form.get_by_role("button", name="Use this answer")
    assert refuse(page, use, "No answer was entered") == "typed"
    form.locator("input[type=radio]").first.check()
    assert refuse(page, use, "Your initials: nothing was entered") == "by"
    assert page.get_attribute("#by", "aria-invalid") == "true"
    page.fill("#by", "R1")
    assert page.get_attribute("#by", "aria-invalid") is None
    assert page.get_attribute("#by", "aria-describedby") is None
    page.fill("#assess-day", "2026-02-30")
    use = page.get_by_role("button", name="Use this date")
    assert refuse(page, use, "date is invalid") == "assess-day"
    assert text_of(page.locator("#assess-wrong")).startswith("Assessment date: the date is invalid")
    assert page.get_attribute("#assess-day", "aria-invalid") == "true"
    assert barriers(page) == []
    turn(page, "sign")
    accept = page.locator("#findings form").first.get_by_role("button", name="Accept")
    assert refuse(page, accept, "Reason: nothing was entered") == "why"
    sign = page.get_by_role("button", name="Sign off", exact=True)
    assert refuse(page, sign, "Not signed: select") == "status"
    assert barriers(page) == []
    page.select_option("#status", "verified")
    sign.press("Enter")
    page.click("#despite-sign")
    wait_until(page, "() => document.activeElement.id === 'look'")


def test_a_refused_date_of_the_files_has_the_focus(page: Page) -> None:
    wait_until_ready(page)
    turn(page, "files")
    page.wait_for_selector("#roles-form", timeout=MS)
    page.fill("#scanned", "2026-02-31")
    assert refuse(page, page.locator("#confirm"), "not a date of the calendar") == "scanned"
    page.fill("#scanned", "")


def test_a_refused_first_plan_has_the_focus_at_its_field(page: Page) -> None:
    begin_case(page, CRLM.parent / "liver.nii.gz", CRLM.parent / "flr.nii.gz")
    page.check("#no-tumour")
    page.fill("#scanned", "2026-02-31")
    assert refuse(page, page.locator("#confirm"), "not a date of the calendar") == "scanned"
    assert page.locator("#reason").is_visible()
    page.fill("#scanned", "2026-02-28")
    assert page.get_attribute("#scanned", "aria-describedby") is None
    row = page.locator("#files-told tr", has_text="flr.nii.gz")
    row.locator("select[data-file]").select_option("vessel")
    row.locator("[data-named]").fill("V9")
    page.locator("#confirm").press("Enter")
    named = "() => document.activeElement.dataset.named === 'flr.nii.gz'"
    wait_until(page, named)
    assert "unknown vessel" in page.evaluate(MARKED)


def test_a_plan_without_a_role_has_the_focus_at_the_first_role(page: Page) -> None:
    begin_case(page, CRLM.parent / "liver.nii.gz", CRLM.parent / "flr.nii.gz")
    roles = page.locator("#files-told select[data-file]")
    for role in roles.all():
        role.select_option("")
    page.locator("#confirm").press("Enter")
    first = roles.first.get_attribute("data-file")
    wait_until(page, f"() => document.activeElement.dataset.file === {first!r}")
    assert "no roles were chosen" in page.evaluate(MARKED)


# ---- files and facts of a case file are changed

TEXT = """schema = 1  # of March
diagnosis = "hcc"

[masks]
liver = "liver.nii.gz"
tumour = "tumour.nii.gz"

[facts]
ecog = 1
"""
FORM = "#roles:not([hidden]) #roles-form"
AXIAL = ".cut[data-view=axial] input[type=range]"


def write_case(folder: Path) -> list[Path]:
    write_masks(folder)
    (folder / "case.toml").write_text(TEXT, "utf-8")
    return [folder / name for name in ("case.toml", "liver.nii.gz", "tumour.nii.gz")]


def confirm(page: Page) -> None:
    with page.expect_response("**/change"):
        page.click("#confirm")
    wait_until_ready(page)


@pytest.mark.essential
def test_a_mask_is_added_to_a_dropped_case_file_and_its_diagnosis_corrected(
    page: Page, tmp_path: Path
) -> None:
    drop(page, *write_case(tmp_path))
    wait_for_case(page)
    open_files(page)
    assert page.locator("#diagnosis").input_value() == "hcc"
    assert look(page, (390, 1280)) == {}
    page.select_option("#diagnosis", "crlm")
    page.set_input_files("#files-in", [tmp_path / "flr.nii.gz"])
    page.wait_for_selector("#files-told select[data-file='flr.nii.gz']", timeout=MS)
    roles = [one.input_value() for one in page.locator("#files-told select[data-file]").all()]
    assert roles == ["flr", "liver", "tumour"]
    assert page.locator("#diagnosis").input_value() == "crlm"
    confirm(page)
    shown = page.evaluate(PLAN)
    masks = [f"--{name}={tmp_path / name}.nii.gz" for name in MASKS]
    asked = ask("plan", *masks, "--diagnosis=crlm", "--json").record
    assert shown["volumes_ml"] == asked["volumes_ml"]
    assert shown["case"]["diagnosis"] == "crlm"
    text = page.evaluate(PLAN.replace("plan.json", "case.toml").replace("one.json", "one.text"))
    assert text == TEXT.replace('"hcc"', '"crlm"').replace(
        'tumour = "tumour.nii.gz"\n', 'tumour = "tumour.nii.gz"\nflr = "flr.nii.gz"\n'
    )


def test_sections_follow_masks_that_were_replaced_by_those_of_a_smaller_grid(
    page: Page, tmp_path: Path
) -> None:
    """The slice shown before does not exist any more."""
    case, liver, tumour = write_case(tmp_path)
    drop(page, case, liver, tumour)
    wait_for_case(page)
    read: Any = nib.loadsave.load(liver)
    layers = read.shape[2]
    for slider in page.locator(".cut input[type=range]").all():
        slider.press("End")
    nib.loadsave.save(read.slicer[:, :, : layers // 2], tmp_path / "half.nii.gz")
    open_files(page)
    page.set_input_files("#files-in", [tmp_path / "half.nii.gz"])
    for file, role in (("half", "liver"), ("liver", ""), ("tumour", "")):
        page.select_option(f"#files-told select[data-file='{file}.nii.gz']", role)
    page.check("#no-tumour")
    confirm(page)
    page.wait_for_selector("#views[aria-busy=false]", timeout=MS)
    assert page.locator("#trouble").is_hidden()
    (at,) = {int(one.get_attribute("max") or 0) for one in page.locator(AXIAL).all()}
    assert at == layers // 2 - 1
    assert int(page.locator(AXIAL).input_value()) <= at


def test_a_case_file_elsewhere_is_changed_without_further_files(
    chromium: Browser, tmp_path: Path
) -> None:
    case, *_ = write_case(tmp_path)
    with open_case_page(chromium, case) as page:
        open_files(page)
        assert page.locator("#drop").is_hidden()
        assert "To add a file" in text_of(page.locator("#roles-elsewhere"))
        page.fill("#case-id", "R-7")
        confirm(page)
        page.wait_for_selector("#title:has-text('R-7')", timeout=MS)
        assert page.evaluate(PLAN)["case"]["id"] == "R-7"
        assert case.read_text("utf-8") == TEXT  # the file itself is never written
        open_files(page)
        assert page.locator("#case-id").input_value() == "R-7"


def test_h15_the_form_shows_what_holds_after_its_change_was_undone(page: Page) -> None:
    wait_until_ready(page)
    open_files(page)
    assert page.input_value("#diagnosis") == "crlm"
    page.select_option("#diagnosis", "other")
    confirm(page)
    turn(page, "questions")
    page.click("#undo")
    page.locator("#steps li").wait_for(state="detached", timeout=MS)
    wait_until_ready(page)
    open_files(page)
    assert page.input_value("#diagnosis") == "crlm"
