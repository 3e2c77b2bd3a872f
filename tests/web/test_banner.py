"""Whose case it is: pseudonym, scan and FLR in tab, banner and the name of every export."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from fl_planner.web.addresses import DRAFT_FILES
from fl_planner.web.dossier.banner import CaseBanner, name_export, state_same
from fl_planner.web.dossier.roles import KINDS
from tests.cases import of_many
from tests.web.served import CRLM, Browser, link_case, serving
from tests.web.test_browser import pytestmark as marks
from tests.web.test_cutter import PLANE
from tests.web.test_drop import check, drop, files, plan
from tests.web.test_study_folder import slices_of
from tests.web.viewed import ANSWERED, MS, open_drop, plain, text_of, turn, wait_until_ready
from tests.workup.test_plan_dicom import fill

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

_, needs_browser = marks
MASKS = ("liver.nii.gz", "tumour.nii.gz", "flr.nii.gz")
ROLES = [(name, name.partition(".")[0]) for name in MASKS]
FLR = "FLR 448 mL = 29.96 %"  # 349 738 of 1 167 331 voxels of 1.28 mm3 [truth.json]
NO_CT = ("dicom.zip", "draft-cut.dcm")  # refused without a DICOM CT


def test_h11_cases_whose_pseudonym_is_one_are_named_unless_their_scans_differ() -> None:
    def told(pseudonym: str, scanned: str = "") -> dict[str, str]:
        return {"pseudonym": pseudonym, "scanned": scanned}

    others = [(2, told("R-7", "2026-03-01")), (3, told("R-8")), (4, told("R-7")), (5, {})]
    after = ". An entry is recorded only in the case in which it was made."
    for of, named in (
        (told("R-7", "2026-03-01"), "Same pseudonym: case 2, case 4"),
        (told("R-7", "2026-04-01"), "Same pseudonym: case 4"),
        (told("R-7"), "Same pseudonym: case 2, case 4"),
    ):
        assert state_same(of, others) == f"{named}{after}"
    dated = "Same pseudonym and scan date: case 2"
    assert state_same(told("R-7", "2026-03-01"), others[:2]) == f"{dated}{after}"
    for of in (told("R-9"), told(""), {}):
        assert state_same(of, [*others, (6, told(""))]) == ""


def open_dropped(browser: Browser, **said: Any) -> str:
    case = drop(browser, files(*MASKS))
    assert plan(browser, case, roles=ROLES, **said)["state"] == "ready"
    return case


def name_of(headers: Any) -> str:
    told: str = headers["content-disposition"]
    plain, _, whole = told.partition("; filename*=UTF-8''")
    return unquote(whole) or plain.removeprefix('attachment; filename="').removesuffix('"')


def exported(browser: Browser, case: str) -> dict[str, str]:
    """Names of all files that a case exports, by kind."""
    places = {name: f"files/{name}" for name in KINDS}
    draft = json.dumps(PLANE)
    places |= {name: f"drafts/{name}?cut={draft.replace(' ', '')}" for name in DRAFT_FILES}
    found = {}
    for name, place in places.items():
        told = browser.get(f"/cases/{case}/{place}")
        assert told.status == (422 if name in NO_CT else 200), (name, told.body)
        if told.status == 200:
            found[name] = name_of(told.headers)
    return found


def test_h11_two_cases_never_export_one_name(browser: Browser) -> None:
    """Every kind of file, of two cases with one pseudonym and, at night, of two with none."""
    named = {"id": "R-7", "date": "2026-03-01"}
    said: Sequence[dict[str, Any]] = of_many([named, named], [named, named, {}, {}])
    names = list[str]()
    for one in said:
        case = open_dropped(browser, **one)
        found = exported(browser, case)
        assert not {*names} & {*found.values()}
        names += found.values()
        for name, told in found.items():
            assert told.startswith(f"{one.get('id', 'no-pseudonym')}_")
            assert told.endswith(f"_{name}")
            assert ("_FLR-29.96-percent_" in told) == (not name.startswith("draft-cut"))
            # a shareable file has no date, also not in its name; a case file has the date within
            dated = name in ("case.toml", "draft-cut.zip") and "date" in one
            assert ("2026-03-01" in told) == dated
        browser.post(f"/cases/{case}/close")
    assert len({*names}) == len(names) == len(said) * (len(KINDS) + len(DRAFT_FILES) - len(NO_CT))


def test_h11_keys_of_two_cases_name_two_files() -> None:
    """Cases of one pseudonym, one scan and one FLR."""
    told = CaseBanner("R-7", "2026-03-01", "", FLR, "FLR-29.96-percent").describe()
    keys = ("0a1b2c3d4e", "9f8e7d6c5b")
    names = {name_export("plan.json", told, key) for key in keys}
    assert names == {f"R-7_FLR-29.96-percent_{key}_plan.json" for key in ("0a1b2c3d", "9f8e7d6c")}
    nobody = CaseBanner("", "", "", FLR, "FLR-29.96-percent").describe()
    names = {name_export("plan.json", nobody, key) for key in keys}
    assert len(names) == 2
    assert all(name.startswith("no-pseudonym_") for name in names)


def test_h11_a_draft_bears_its_own_flr(browser: Browser) -> None:
    case = open_dropped(browser, id="R-7")
    cut = json.dumps(PLANE).replace(" ", "")
    told = json.loads(browser.get(f"/cases/{case}/draft?cut={cut}").body)["plan"]
    name = name_of(browser.get(f"/cases/{case}/drafts/draft-cut.nii.gz?cut={cut}").headers)
    assert f"_FLR-{told['flr_percent_shown']}-percent_" in name
    assert told["flr_percent_shown"] != "29.96"


def test_h12_a_file_exported_during_an_entry_is_named_after_its_own_flr(browser: Browser) -> None:
    """It waits for the entry, and contains the new plan: of a plane instead of segments 2 and 3."""
    case = open_dropped(browser)
    with ThreadPoolExecutor(1) as pool:
        cut = json.dumps({"cuts": {"planes": [PLANE]}})
        adopted = pool.submit(browser.post, f"/cases/{case}/adopt", {"cut": cut})
        shares = []
        while not adopted.done():
            told = browser.get(f"/cases/{case}/files/plan.json")
            shares.append(told.json()["case"]["plan"]["flr_percent_shown"])
            assert f"_FLR-{shares[-1]}-percent_" in name_of(told.headers)
    assert adopted.result().status == 200
    assert shares[-1] != "29.96"


@pytest.mark.essential
def test_h11_a_clinical_export_bears_the_day_of_the_scan(tmp_path: Path) -> None:
    text = CRLM.read_text("utf-8").replace("[imaging]", "[imaging]\ndate = 2026-03-01", 1)
    path = link_case(tmp_path, text, name="Doe_Jane.toml")
    with serving(tmp_path, path, profile="clinical") as server:
        visitor = server.browser()
        case = visitor.first()
        for name in ("plan.json", "case.toml", "masks.zip"):
            told = name_of(visitor.get(f"/cases/{case}/files/{name}").headers)
            assert told.startswith("crlm-demo_2026-03-01_FLR-29.96-percent_")
            assert told.endswith(f"_{name}")
            assert "Doe" not in told  # of the name of a file nothing is taken over


@pytest.mark.essential
def test_h05_an_flr_that_must_not_be_used_is_in_no_name(browser: Browser) -> None:
    case = drop(browser, files("liver.nii.gz", "tumour.nii.gz"))
    assert plan(browser, case, roles=ROLES[:2], id="R-7")["banner"].endswith("FLR not given")
    told = name_of(browser.get(f"/cases/{case}/files/plan.json").headers)
    assert told.startswith("R-7_no-FLR_")


def test_h03_a_share_of_the_whole_liver_is_named_so(browser: Browser) -> None:
    case = drop(browser, files("liver.nii.gz", "flr.nii.gz"))
    held = plan(browser, case, roles=[("liver.nii.gz", "liver"), ("flr.nii.gz", "flr")])
    line = "FLR 448 mL = 28.7 % of the whole liver"  # 349 738 of 1 218 367 voxels [truth.json]
    assert line in held["banner"]
    told = name_of(browser.get(f"/cases/{case}/files/plan.json").headers)
    assert "_FLR-28.7-percent-of-whole-liver_" in told
    cut = json.dumps(PLANE).replace(" ", "")
    told = name_of(browser.get(f"/cases/{case}/drafts/draft-cut.nii.gz?cut={cut}").headers)
    assert "-percent-of-whole-liver_" in told


def test_h03_an_untreated_share_of_the_whole_liver_is_named_so(browser: Browser) -> None:
    case = drop(browser, files("liver.nii.gz", "flr.nii.gz"))
    held = plan(browser, case, roles=[("liver.nii.gz", "liver"), ("flr.nii.gz", "treated")])
    # 1 218 367 less 349 738 voxels of 0.00128 mL, of 1 218 367 [truth.json]
    line = "untreated liver 1112 mL = 71.3 % of the whole liver"
    assert line in held["banner"]


def test_a_pseudonym_becomes_no_path(browser: Browser) -> None:
    case = open_dropped(browser, id="../../Übung \n<b>" + "x" * 60)
    told = name_of(browser.get(f"/cases/{case}/files/plan.json").headers)
    assert "/" not in told
    assert told.startswith("Übung__n_b_xxx")
    assert told.endswith("_plan.json")
    assert len(told) <= 100


@needs_browser
def test_h11_tab_banner_and_list_state_whose_case_it_is(page: Page) -> None:
    open_drop(page)
    page.set_input_files("#files-in", [CRLM.parent / name for name in MASKS])
    page.wait_for_selector("#roles:not([hidden])", timeout=MS)
    page.fill("#case-id", "R-7")
    page.fill("#scanned", "2026-03-01")
    page.click("#confirm")
    page.wait_for_selector(ANSWERED, timeout=MS)
    line = f"R-7 · scan of 2026-03-01 · {FLR}"
    assert text_of(page.locator("#title")) == line
    assert page.title() == f"{line} · fl_planner"
    tab = page.locator("#cases [aria-current=true]").text_content() or ""
    assert plain(tab) == f"Case 2: {line}"
    page.get_by_role("button", name="Case 1: crlm-demo").first.click()
    page.wait_for_selector("#title:has-text('crlm-demo')", timeout=MS)
    assert "scan date not given" in page.title()
    assert "R-7" not in page.title()


# ---- exports that cannot be made


def test_a_case_of_one_structure_on_slices_is_exported_as_dicom(
    browser: Browser, tmp_path: Path
) -> None:
    fill(tmp_path)
    case = drop(browser, slices_of(tmp_path), "ct")
    liver = [("liver.nii", (tmp_path / "liver.nii").read_bytes())]
    browser.post(f"/cases/{case}/files", {}, liver)
    check(browser, case)
    held = plan(browser, case, roles=[("ct", "ct"), ("liver.nii", "liver")], no_tumour=True)
    assert held["state"] == "ready"
    assert browser.get(f"/cases/{case}/dossier").json()["hindrances"] == {}
    packed = browser.get(f"/cases/{case}/files/dicom.zip")
    assert (packed.status, packed.body[:2]) == (200, b"PK")


def test_without_slices_the_dossier_names_what_cannot_be_exported(browser: Browser) -> None:
    case = browser.open_sample()  # its CT is NIfTI
    browser.wait(case)
    told = browser.get(f"/cases/{case}/dossier").json()["hindrances"]
    assert told.keys() == {"dicom.zip", "draft-cut.dcm"}
    assert told["dicom.zip"] == browser.get(f"/cases/{case}/files/dicom.zip").json()["reason"]
    assert "NIfTI" in told["dicom.zip"]
    assert browser.get(f"/cases/{case}/drafts").json()["no_dicom"] == told["draft-cut.dcm"]
    browser.post(f"/cases/{case}/close")


@needs_browser
def test_a_button_that_cannot_work_is_off_and_states_why(page: Page) -> None:
    wait_until_ready(page)
    turn(page, "export")
    button = page.get_by_role("button", name="DICOM result set")
    assert button.is_disabled()
    assert "refer to the slices of a DICOM series" in text_of(page.locator("#files"))
    page.locator("#no-draft-dicom").filter(has_text="not available").wait_for(state="attached")
