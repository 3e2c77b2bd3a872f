"""Boxes that a person must read: roles and fields of the page, no options, keys or codes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.given.file_roles import list_dose_fields
from fl_planner.intake.documents.case_file import read_case_file
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.record.plan import as_draft_cut
from fl_planner.report.plain_words import FIELDS, as_plain_words, plain_tree
from fl_planner.web.desk import as_plain_refusal
from fl_planner.web.dossier.plain_words import plain_draft
from fl_planner.web.draft import FIELDS as FIELDS_OF_ENTRIES
from tests.cases import each_case
from tests.record.planned import made
from tests.record.test_vessels import drafts
from tests.web.served import CRLM, Browser
from tests.web.test_browser import begin_case
from tests.web.test_browser import pytestmark as marks
from tests.web.test_drop import drop, files, plan
from tests.web.viewed import MS, STATIC, open_results, text_of, wait_until_ready

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

_, needs_browser = marks
OPTION = re.compile(r"(?<!\w)--[a-z]")


@each_case(
    "typed, read",
    {
        "an option in brackets": ("give its mask (--tumour)", "give its mask"),
        "several": ("give it (--flr or --resected).", "give it."),
        "a role": ("give it as --resected", "give it as “part to be removed”"),
        "a field": ("or --no-tumour if there is none", "or “No tumour” if there is none"),
        "with its value": ("use --scheme NAME", "use “Label scheme of the label map”"),
        "a key of the case file alone": (
            "use --absent-segment for a segment that the patient does not have",
            "use “absent_segments” in [masks] of a case file for a segment that the patient does "
            "not have",
        ),
        "a command in brackets": (
            "give the mask without it (fl-planner convert FILE --structure A=1 --to NEW.nii.gz).",
            "give the mask without it.",
        ),
        "a field that a case file has too": ("or give --height-cm", "or give “Height, cm”"),
        "a fact": (
            "answer prior_pve_hve first",
            "answer PVE and/or HVE, or ALPPS, before this scan first",
        ),
        "a key": ("give it as imaging.ct", "give it as “CT”"),
        "a key in brackets": ("give it (masks.labelmap.file).", "give it."),
        "a code": ("it is odd (a.odd).", "it is odd."),
        "a file in brackets": ("the mask (flr.nii) is odd", "the mask (flr.nii) is odd"),
        "a file called as a fact": ("prior_pve_hve.nii: odd", "prior_pve_hve.nii: odd"),
        "a file with underscores": ("liver_left_lobe: odd", "liver_left_lobe: odd"),
        "numbers": ("FLR 29.96 % (350 mL), -- 3", "FLR 29.96 % (350 mL), -- 3"),
    },
)
def test_a_text_is_written_in_the_words_of_the_page(typed: str, read: str) -> None:
    assert as_plain_words(typed, ["a.odd"]) == read


def test_each_field_is_on_the_page() -> None:
    """Those of a dose are made from the register; `test_bring_browser` looks at each of them."""
    written = (STATIC / "page.html").read_text("utf-8")
    made = {label for _, label, *_ in list_dose_fields()}
    assert {label for label in FIELDS_OF_ENTRIES.values() if label not in written} == made
    without_option = {
        "Lung shunt used, if there are several",
        "Activity calibrated at",
        "Activity administered at",
    }
    of_options = {label for label in FIELDS.values() if label not in written}
    assert of_options == made - without_option


def test_each_key_named_for_an_option_is_read_from_a_case_file(tmp_path: Path) -> None:
    """The two that findings name most; a case file with them is read as by the options."""
    texts = (as_plain_words(f"--{one}") for one in ("gaps-to-nearest", "absent-segment"))
    assert [*texts] == [
        "“gaps_to_nearest” in [masks] of a case file",
        "“absent_segments” in [masks] of a case file",
    ]
    case = tmp_path / "case.toml"
    keys = 'gaps_to_nearest = true\nabsent_segments = ["4b"]\n'
    case.write_text(f'schema = 1\n[masks]\nliver = "liver.nii"\n{keys}', "utf-8")
    read = read_case_file(case).files
    assert read.gaps_to_nearest
    assert [*read.absent_segments] == ["4b"]


@each_case(
    "key, role",
    {
        "first reader": ("masks.tumour", "tumour"),
        "second reader": ("second_reader.tumour", "second reader's tumour mask"),
        "liver on the CT": ("masks.liver", "liver"),
        "liver on the MAA study": ("dose.regions.liver", "MAA region: liver"),
        "liver on the dynamic study": ("function.regions.liver", "region: liver"),
        "label map": ("masks.labelmap.file", "label map"),
    },
)
def test_h15_a_missing_file_is_named_by_its_own_role(key: str, role: str) -> None:
    """The liver of one study was named as that of another: their keys end alike."""
    assert as_plain_words(f'no such file: {key} = "x.nii"') == f'no such file: “{role}” = "x.nii"'


@each_case(
    "typed, read",
    {
        "one way is left": ("crop the image, or raise --size-limit", "crop the image"),
        "none is left": ("raise --size-limit", "see the details"),
        "all": ("draw it again; or give --flr", "draw it again; or give “FLR”"),
    },
)
def test_a_remedy_that_needs_the_command_line_is_a_detail(typed: str, read: str) -> None:
    assert as_plain_words(typed, remedy=True) == read
    told = as_plain_refusal(InputRefused("limit.size", "--ct", "the file is too large", typed))
    assert (told["file"], told["remedy"]) == ("", read)
    assert told["detail"] == f"limit.size: --ct: the file is too large; {typed}"


def test_every_text_of_a_tree_is_written_so_and_numbers_stay() -> None:
    tree = {"title": "x (a.b)", "lines": [{"value": 3.5}, ("--flr",), None]}
    assert plain_tree(tree, ["a.b"]) == {"title": "x", "lines": [{"value": 3.5}, ["“FLR”"], None]}


def test_warnings_on_a_draft_are_listed_without_options_and_codes() -> None:
    """Numbers that must not be used come first, then the findings of the draft itself."""
    plane = CutPlane((25.0, 0.0, 0.0), (1.0, 0.0, 0.0), "RAS")
    wrong = Finding("ct.elsewhere", Severity.ERROR, "the liver lies outside the CT", None)
    draft = drafts(made(findings=(wrong,))).cut(plane, keep_front=False)
    odd = Finding("a.odd", Severity.WARNING, "it is odd (--flr)", None)
    record = as_draft_cut(replace(draft, findings=(odd,)), ())
    assert json.loads(plain_draft(record, ()))["warnings"] == [
        {
            "severity": "error",
            "says": "Must not be used: most of the liver mask is outside the CT.",
        },
        {"severity": "warning", "says": "it is odd"},
    ]


@pytest.mark.slow
@each_case(
    "names",
    {"no FLR": ("liver.nii.gz", "tumour.nii.gz"), "no tumour": ("liver.nii.gz", "flr.nii.gz")},
)
def test_no_box_of_a_case_has_an_option_or_a_code(names: tuple[str, ...], browser: Browser) -> None:
    case = drop(browser, files(*names))
    roles = [(name, name.partition(".")[0]) for name in names]
    held: Any = plan(browser, case, roles=roles, diagnosis="crlm")
    said = [held.get("reason", ""), held.get("remedy", "")]
    if held["state"] == "ready":
        tree, dossier = (
            browser.get(f"/cases/{case}/{one}").json() for one in ("answer", "dossier")
        )
        codes = tree.pop("codes")
        said = [json.dumps(tree), *(one["message"] for one in dossier["findings"])]
        said += [dossier["pathway"], dossier["route"]]  # stated after each entry
        for one in dossier["questions"][:4]:
            effects = browser.get(f"/cases/{case}/questions/{one['key']}").json()
            said.append(json.dumps(effects["answers"]))
        assert not [one for one in codes if f"({one['code']})" in said[0]]
    assert not [one for one in said if OPTION.search(one)]


@pytest.mark.slow
@needs_browser
def test_codes_are_behind_a_disclosure(page: Page, tmp_path: Path) -> None:
    wait_until_ready(page)
    open_results(page)
    first = text_of(page.locator("#first"))
    assert "461 voxels" in first
    assert "by_a_hair" not in first
    assert not page.locator("#codes-told").is_visible()
    page.locator("#codes summary").click()
    assert "threshold.by_a_hair" in text_of(page.locator("#codes-told"))
    begin_case(page, CRLM.parent / "liver.nii.gz", CRLM.parent / "flr.nii.gz")
    for choice in page.locator("#files-told select[data-file]").all():
        choice.select_option("liver")
    page.click("#confirm")
    page.wait_for_selector("#trouble:not([hidden])", timeout=MS)
    assert not page.locator("#detail").is_visible()
    page.locator("#trouble-more summary").click()
    assert "option.repeated" in text_of(page.locator("#detail"))
