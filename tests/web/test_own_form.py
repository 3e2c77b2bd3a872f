"""The form of a dropped case: its own, empty at first, and as strict as the command line."""

from __future__ import annotations

import gzip
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.cases import each_case
from tests.web.served import CRLM, Browser
from tests.web.test_browser import begin_case
from tests.web.test_browser import pytestmark as marks
from tests.web.test_drop import drop, files, plan
from tests.web.viewed import ANSWERED, MS, STATIC, open_at, read_results, text_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

_, needs_browser = marks
nibabel: Any = import_module("nibabel")  # its calls are untyped
MAP = "segments.nii.gz"
TODAY = "2026-11-28"
FIELDS = "#roles-form :is(fieldset input, fieldset select, #scheme)"
READ = f"""() => [...document.querySelectorAll("{FIELDS}")].map((one) =>
  [one.id || one.dataset.fact || one.dataset.dose,
   one.type === "checkbox" ? one.checked : one.value])"""
FILL = f"""() => {{ for (const one of document.querySelectorAll("{FIELDS}")) {{
  if (one.type === "checkbox") one.checked = true;
  else if (one.tagName === "SELECT") one.selectedIndex = 1;
  else one.value = {{ date: "2026-03-01", text: "7" }}[one.type];
}} }}"""


def lits() -> bytes:
    """Write one map of the bundled case: 1 is liver, 2 tumour, as in LiTS."""
    read = {one: nibabel.load(CRLM.parent / f"{one}.nii.gz") for one in ("liver", "tumour")}
    liver, tumour = (np.asarray(read[one].dataobj) > 0 for one in read)
    codes = np.where(tumour, 2, np.where(liver, 1, 0)).astype(np.uint8)
    return gzip.compress(nibabel.Nifti1Image(codes, read["liver"].affine).to_bytes(), 1)


def begin_masks(page: Page) -> None:
    begin_case(page, CRLM.parent / "liver.nii.gz", CRLM.parent / "flr.nii.gz")


def close_second(page: Page) -> None:
    page.get_by_role("button", name="Close case 2").click()
    page.wait_for_selector("#said:has-text('No case is shown.')", state="attached", timeout=MS)


def read_fields(page: Page) -> dict[str, Any]:
    told = page.evaluate(READ)
    assert len(told) == len(dict(told)) == 31
    return dict(told)


def is_empty(fields: dict[str, Any]) -> bool:
    """Whether no field has a value, but for the assessment date: today is proposed."""
    return [one for one in fields.items() if one[1]] == [("as-of", TODAY)]


@pytest.mark.slow
@needs_browser
def test_h11_the_form_of_one_patient_does_not_fill_the_next(page: Page) -> None:
    open_at(page, f"{TODAY}T23:59:59")
    begin_masks(page)
    empty = read_fields(page)
    assert is_empty(empty)
    page.evaluate(FILL)
    filled = read_fields(page)
    assert all(filled.values())
    begin_masks(page)
    assert read_fields(page) == empty
    page.get_by_role("button", name="Case 2", exact=True).click()
    page.wait_for_selector("#roles:not([hidden])", timeout=MS)
    assert read_fields(page) == filled  # what was said of this case
    close_second(page)
    begin_masks(page)
    assert read_fields(page) == empty


@pytest.mark.slow
@needs_browser
def test_h11_what_was_planned_and_closed_does_not_fill_the_next(page: Page) -> None:
    open_at(page, f"{TODAY}T23:59:59")
    begin_masks(page)
    empty = read_fields(page)
    page.check("#no-tumour")
    page.fill("#case-id", "case-001")
    page.fill("#scanned", "2026-03-01")
    page.fill("#closed", "2026-02-01")
    page.select_option("#closed-kind", "PVE")
    page.select_option("#diagnosis", "crlm")
    page.select_option("[data-fact=cirrhosis]", "no")
    page.click("#confirm")
    page.wait_for_selector("#title:has-text('case-001') >> visible=true", timeout=MS)
    page.wait_for_selector(ANSWERED, timeout=MS)
    page.get_by_role("button", name="Close case 2").click()
    page.click("#closing-close")  # it was not exported
    page.locator("#open-cases-told button", has_text="crlm-demo").click()
    page.wait_for_selector("#title:has-text('crlm-demo')", timeout=MS)
    begin_masks(page)
    assert read_fields(page) == empty
    page.check("#no-tumour")
    page.click("#confirm")
    page.wait_for_selector(ANSWERED, timeout=MS)
    assert "case-001" not in page.content()


@pytest.mark.slow
@needs_browser
def test_h13_the_page_gives_no_answer_before_a_scheme_is_chosen(page: Page, tmp_path: Path) -> None:
    (tmp_path / MAP).write_bytes(lits())
    begin_case(page, tmp_path / MAP, CRLM.parent / "flr.nii.gz")
    page.get_by_label(f"Role of {MAP}").select_option("labelmap")
    assert page.locator("#scheme").input_value() == ""
    assert "the label scheme of the label map" in text_of(page.locator("#missing"))
    page.click("#confirm")
    assert page.locator("#scheme").evaluate("one => one === document.activeElement")
    assert page.locator("#roles").is_visible()
    page.select_option("#scheme", "lits")
    page.click("#confirm")
    page.wait_for_selector(ANSWERED, timeout=MS)
    assert "1560 mL" in read_results(page)  # 1 218 367 voxels of 1.28 mm3


@pytest.mark.slow
@each_case(
    "said",
    {
        "a tumour, and that there is none": {"no_tumour": True},
        "neither yes nor no": {"facts": {"cirrhosis": "maybe"}},
        "a list": {"facts": {"cirrhosis": ["yes"]}},
        "of a study": {"decay_corrected": "perhaps", "roles": [("flr.nii.gz", "curves")]},
    },
)
def test_h15_what_is_stated_is_understood_or_refused(
    said: dict[str, Any], browser: Browser
) -> None:
    case = drop(browser, files("liver.nii.gz", "tumour.nii.gz", "flr.nii.gz"))
    roles = [("liver.nii.gz", "liver"), ("tumour.nii.gz", "tumour"), *said.get("roles", ())]
    held = plan(browser, case, **{**said, "roles": roles})
    assert (held["state"], bool(held.get("remedy"))) == ("refused", True)


def test_h11_no_field_of_a_patient_is_in_the_page_before_a_case_has_one() -> None:
    """What a browser fills again after a reload stands in the page from the start."""
    within, found = [0], list[tuple[str, bool]]()

    class Fields(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            within[0] += tag == "template"
            if tag in ("input", "select"):
                found.append((dict(attrs).get("id") or "", within[0] > 0))

        def handle_endtag(self, tag: str) -> None:
            within[0] -= tag == "template"

    Fields().feed((STATIC / "page.html").read_text("utf-8"))
    of_patient = {"case-id", "diagnosis", "no-tumour", "remnant", "scanned", "closed", "scheme"}
    assert of_patient <= {name for name, blank in found if blank}
    assert not of_patient & {name for name, blank in found if not blank}
