"""The form of a dropped case: its own, empty at first, and as strict as the command line."""

from __future__ import annotations

import gzip
import json
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest

from fl_planner.basis.shown import as_ml
from fl_planner.liver.names.exclusions import parse_labels
from fl_planner.web.dossier.case_form import change_case, fill_form
from fl_planner.web.dossier.planned import CaseText
from fl_planner.web.dossier.roles import list_structures
from fl_planner.web.draft import compose_case
from tests.cases import each_case
from tests.cli.outside import ask
from tests.refusals import refuses
from tests.web.served import CRLM, Browser, open_here
from tests.web.test_browser import barriers, begin_case, wide
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_browser import pytestmark as marks
from tests.web.test_drop import drop, files, plan, put
from tests.web.test_tasks import confirm
from tests.web.viewed import ANSWERED, MS, STATIC, open_at, read_results, text_of, texts_of, turn

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


# ---- names of labels


MASKS = ("liver.nii.gz", "segments.nii.gz", "tumour.nii.gz")
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")
NAMED = {str(n): name for n, name in enumerate(ROMAN, start=1)}


def roles() -> list[dict[str, str]]:
    return [
        {"file": name, "role": role}
        for name, role in zip(MASKS, ("liver", "labelmap", "tumour"), strict=True)
    ]


def planned(browser: Browser, **told: Any) -> dict[str, Any]:
    case = drop(browser, files(*MASKS))
    answers = {"roles": roles(), "diagnosis": "crlm", "remnant_segments": "2,3", **told}
    browser.post(f"/cases/{case}/plan", {"answers": json.dumps(answers)})
    return {**browser.wait(case), "id": case}


@pytest.mark.slow
def test_h13_own_labels_are_those_of_a_case_file_and_of_the_same_scheme(
    browser: Browser, tmp_path: Path
) -> None:
    held = planned(browser, labels=NAMED)
    assert held["state"] == "ready", held
    ours = browser.get(f"/cases/{held['id']}/files/plan.json").body
    put(tmp_path, *MASKS)
    written = browser.get(f"/cases/{held['id']}/files/case.toml").body
    assert b'labels = { "1" = "I", ' in written
    (tmp_path / "case.toml").write_bytes(written)
    assert ours == ask("plan", str(tmp_path / "case.toml"), "--json").stdout
    by_scheme = planned(browser, scheme="couinaud")
    other = json.loads(browser.get(f"/cases/{by_scheme['id']}/files/plan.json").body)
    for key in ("volumes_ml", "voxels", "segments", "ratios"):
        assert json.loads(ours)[key] == other[key], key


@pytest.mark.slow
@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"labels": {"1": "I", "2": "tumuor"}}, "did you mean tumour"),
        ({"labels": {"0": "I"}}, "0 is the background"),
        ({"labels": NAMED, "scheme": "couinaud"}, "give either labels or scheme"),
        ({"labels": {"1": "exclude quartz"}}, "is not a known structure"),
        ({"labels": {"1": "FLR left", "2": "FLR right"}}, "both mean flr"),
    ],
)
def test_h13_labels_that_a_case_file_refuses_the_page_refuses(
    browser: Browser, tmp_path: Path, told: dict[str, Any], says: str
) -> None:
    held = planned(browser, remnant_segments="", **told)
    text = compose_case(
        json.dumps({"roles": roles(), "diagnosis": "crlm", **told}), {one: [one] for one in MASKS}
    )
    put(tmp_path, *MASKS)
    (tmp_path / "case.toml").write_text(text, "utf-8")
    refusal = ask("plan", str(tmp_path / "case.toml"), "--json").record["refusal"]
    assert says in refusal["reason"]
    assert (held["state"], held["code"]) == ("refused", refusal["code"])
    assert says in held["reason"]


@each_case("labels", [["I"], {"1": 1}, {"1": "x" * 201}, {"1" * 201: "I"}])
def test_labels_that_are_no_table_of_names_are_refused(labels: Any) -> None:
    answers = json.dumps({"roles": roles(), "labels": labels})
    with refuses("page.answers"):
        compose_case(answers, {one: [one] for one in MASKS})


OFFERED = [value for _, some in list_structures() for value, _ in some]


def test_each_structure_is_offered_once() -> None:
    assert len(OFFERED) == len({*OFFERED}) >= 30


@each_case("value", OFFERED)
def test_h13_every_structure_offered_is_one_of_a_case_file_under_its_own_name(value: str) -> None:
    labels, errors = parse_labels({"1": value}, ())
    assert errors == ()
    assert labels[1].removeprefix("exclude ") in (value, f"segment_{as_digit(value)}")


def as_digit(roman: str) -> str:
    number = roman.rstrip("ab")
    return f"{ROMAN.index(number) + 1}{roman[len(number) :]}" if number in ROMAN else ""


@pytest.mark.slow
def test_labels_of_a_case_file_are_in_the_form_and_only_the_changed_one_is_written(
    tmp_path: Path,
) -> None:
    put(tmp_path, *MASKS)
    text = f"""schema = 1
[masks]
tumour = "tumour.nii.gz"
[masks.labelmap]
file = "segments.nii.gz"
labels = {{ {", ".join(f'{n} = "S{n}"' for n in NAMED)} }} # by R1
"""
    (tmp_path / "case.toml").write_text(text, "utf-8")
    case = open_here(tmp_path / "case.toml")
    opened = case._planned()
    form = fill_form(opened)
    assert form["labels"] == {n: f"S{n}" for n in NAMED}
    places = {name: [name] for name in MASKS}
    before, after = (
        CaseText(tmp_path / "case.toml", compose_case(json.dumps(one), places).encode()).table
        for one in (form, {**form, "labels": {**form["labels"], "1": "cyst"}})
    )
    labels = change_case(opened, before, after).table["masks"]["labelmap"]["labels"]
    assert labels == {**form["labels"], "1": "cyst"}


@in_chromium[0]
@in_chromium[1]
def test_h13_each_label_is_named_on_the_page_with_its_volume(page: Page) -> None:
    begin_case(page, *(CRLM.parent / name for name in MASKS))
    rows, scheme = page.locator("#labels tbody tr"), page.locator("#scheme")
    image = nib.loadsave.load(CRLM.parent / "segments.nii.gz")
    voxels = np.bincount(np.asanyarray(image.dataobj).ravel().astype(int))  # type: ignore[attr-defined]
    told = [texts_of(row.locator("th, td"))[:2] for row in rows.all()]
    assert told == [[str(n), as_ml(float(voxels[n]) * 1.28 / 1000)] for n in range(1, 9)]
    missing = page.locator("#missing")
    assert text_of(missing) == "Missing: the label scheme of the label map."
    scheme.select_option("couinaud")
    assert text_of(rows.nth(3).locator("td").last) == "segment IV"
    scheme.select_option("")
    for number, name in NAMED.items():
        page.get_by_label(f"Structure for label {number}").select_option(name)
    assert text_of(missing) == ""
    assert [*barriers(page), *wide(page)] == []
    page.fill("#remnant", "2,3")
    page.select_option("#diagnosis", "crlm")
    confirm(page)
    assert text_of(page.locator("#share-percent")) == "29.96 %"  # 349 738 of 1 167 331 voxels
    turn(page, "files")
    page.locator("#roles:not([hidden]) #labels").wait_for(timeout=MS)
    assert page.get_by_label("Structure for label 4").input_value() == "IV"
    page.get_by_label("Structure for label 4").select_option("flr")
    page.fill("#remnant", "")
    assert "the FLR" not in text_of(page.locator("#missing-later"))
