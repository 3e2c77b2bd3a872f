"""Files, roles and facts of a planned case are changed: planned again, and nothing is lost."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from fl_planner.web.dossier.dossier import Dossier
from fl_planner.web.dossier.planned import CaseText, PlannedCase
from tests.cli.outside import SMALL, ask, case_toml
from tests.intake.documents.test_protocols import OWN
from tests.intake.reading.test_segmentation_set import every, folder_of
from tests.refusals import refuses
from tests.web.served import CRLM, Browser
from tests.web.test_drop import MASKS, ROLES, drop, files, plan, put

pytestmark = pytest.mark.slow

ANSWER = {"key": "portal_hypertension", "typed": "no", "by": "R1", "on": "2026-11-25"}


def answers(*names: str, **more: Any) -> dict[str, str]:
    roles = [{"file": name, "role": ROLES[name]} for name in names]
    told = {"files": [*names], "roles": roles, "id": "R-7", **more}
    return {"answers": json.dumps(told)}


def change(browser: Browser, case: str, *names: str, **more: Any) -> Any:
    before = json.dumps(browser.get(f"/cases/{case}/check").json()["given"])
    return browser.post(f"/cases/{case}/change", {**answers(*names, **more), "before": before})


def record(browser: Browser, case: str) -> Any:
    return browser.get(f"/cases/{case}/files/plan.json").json()


def planned(browser: Browser, *names: str, **more: Any) -> str:
    case = drop(browser, files(*names))
    browser.post(f"/cases/{case}/check")
    browser.wait(case)
    assert browser.post(f"/cases/{case}/plan", answers(*names, **more)).status == 202
    held = browser.wait(case)
    assert held["state"] == "ready", held
    return case


def test_h11_a_mask_is_added_and_a_diagnosis_corrected_and_answers_stay(
    browser: Browser, tmp_path: Path
) -> None:
    case = planned(browser, *MASKS[:2], diagnosis="hcc")
    assert "flr_percent" not in record(browser, case)
    assert browser.post(f"/cases/{case}/answer", ANSWER).status == 200
    assert browser.post(f"/cases/{case}/files", {}, files("flr.nii.gz")).status == 200
    assert browser.post(f"/cases/{case}/check").status == 200
    told = browser.get(f"/cases/{case}/check").json()
    assert [one["file"] for one in told["told"]["files"]] == sorted(MASKS)
    assert (told["given"]["diagnosis"], told["given"]["id"]) == ("hcc", "R-7")
    assert told["given"]["facts"] == {"portal_hypertension": "no"}
    facts = told["given"]["facts"]
    dossier = change(browser, case, *MASKS, diagnosis="crlm", facts=facts).json()
    assert [one["says"] for one in dossier["steps"]][1] == "files, roles or facts changed"
    now = record(browser, case)
    assert now["flr_percent_shown"] == "29.96"
    assert now["case"]["diagnosis"] == "crlm"
    text = browser.get(f"/cases/{case}/files/case.toml").body
    assert b"portal_hypertension = false  # entered on the page by R1" in text
    put(tmp_path, *MASKS)
    (tmp_path / "case.toml").write_bytes(text)
    printed = ask("plan", tmp_path / "case.toml", "--json").stdout
    assert browser.get(f"/cases/{case}/files/plan.json").body == printed
    browser.post(f"/cases/{case}/undo")
    before = record(browser, case)
    assert "flr_percent" not in before
    assert before["case"]["diagnosis"] == "hcc"
    assert browser.get(f"/cases/{case}/check").json()["given"]["diagnosis"] == "hcc"


def test_an_answer_that_is_taken_back_in_the_form_is_gone(browser: Browser) -> None:
    case = planned(browser, *MASKS, diagnosis="hcc")
    browser.post(f"/cases/{case}/answer", ANSWER)
    assert change(browser, case, *MASKS, diagnosis="hcc", facts={}).status == 200
    assert b"portal_hypertension" not in browser.get(f"/cases/{case}/files/case.toml").body


def test_a_change_that_is_refused_leaves_the_case_as_it_was(browser: Browser) -> None:
    case = planned(browser, *MASKS, diagnosis="crlm")
    before = browser.get(f"/cases/{case}/files/plan.json").body
    told = change(browser, case, "tumour.nii.gz", diagnosis="crlm")
    assert told.status == 422
    assert told.json()["reason"]
    assert browser.get(f"/cases/{case}").json()["state"] == "ready"
    assert browser.get(f"/cases/{case}/files/plan.json").body == before


@pytest.mark.parametrize(
    ("more", "field", "says"),
    [
        ({"date": "2026-13-45"}, "Scan date", "2026-13-45 is not a date"),
        ({"height_cm": "170", "weight_kg": "900"}, "Weight, kg", "900 is outside the range"),
        ({"height_cm": "tall"}, "Height, cm", "'tall' is not a number"),
        ({"remnant_segments": "9"}, "Remaining segments", "not a Couinaud segment"),
    ],
)
def test_h15_a_change_is_refused_by_the_field_of_the_form(
    browser: Browser, more: dict[str, str], field: str, says: str
) -> None:
    case = planned(browser, *MASKS, diagnosis="crlm")
    told = change(browser, case, *MASKS, diagnosis="crlm", **more).json()
    assert told["file"] == field
    assert says in told["reason"]
    assert not any(word in f"{told['reason']} {told['remedy']}" for word in ("line ", "_kg", "--"))


def test_h12_a_sign_off_does_not_cover_changed_files(browser: Browser) -> None:
    case = planned(browser, *MASKS, diagnosis="crlm")
    seen = browser.get(f"/cases/{case}/sheet").headers["x-fl-planner-sheet"]
    codes = " ".join(one["code"] for one in record(browser, case)["findings"])
    words = {"status": "verified", "seen": seen, "despite": codes, "by": "R1", "on": "2026-11-25"}
    assert browser.post(f"/cases/{case}/sign", words).json()["reading"]["status"] == "verified"
    told = change(browser, case, *MASKS, diagnosis="hcc").json()
    assert told["reading"]["status"] == "draft"
    assert b"sha256" not in browser.get(f"/cases/{case}/files/case.toml").body


def given(browser: Browser, case: str) -> Any:
    assert browser.get(f"/cases/{case}/dossier").json()["checked"] is False
    assert browser.post(f"/cases/{case}/check").status == 200
    return browser.get(f"/cases/{case}/check").json()["given"]


def test_h11_a_dropped_case_file_is_changed_by_the_form_and_keeps_all_else(
    browser: Browser, tmp_path: Path
) -> None:
    text = (
        'schema = 1  # of March\ndiagnosis = "hcc"\nid = "R-7"\n\n[masks]\n'
        'liver = "liver.nii.gz"  # by R1\ntumour = ["tumour.nii.gz"]\n\n'
        "[facts]\necog = 1  # of March\n"
    )
    case = drop(browser, [*files(*MASKS), ("case.toml", text.encode())])
    browser.post(f"/cases/{case}/plan", {"case_file": "case.toml"})
    assert browser.wait(case)["state"] == "ready"
    shown = given(browser, case)
    assert [one["role"] for one in shown["roles"]] == ["liver", "tumour"]
    assert (shown["diagnosis"], shown["id"]) == ("hcc", "R-7")
    sent = {**shown, "diagnosis": "crlm", "facts": {"cirrhosis": "no"}}
    sent["roles"] = [*shown["roles"], {"file": "flr.nii.gz", "role": "flr"}]
    words = {"before": json.dumps(shown), "answers": json.dumps(sent)}
    told = browser.post(f"/cases/{case}/change", words)
    assert told.status == 200, told.body
    now = record(browser, case)
    assert (now["flr_percent_shown"], now["case"]["diagnosis"]) == ("29.96", "crlm")
    made = browser.get(f"/cases/{case}/files/case.toml").body.decode()
    kept = [line for line in text.splitlines() if "diagnosis" not in line and line]
    assert [line for line in made.splitlines() if line in kept] == kept
    for name, content in (*files(*MASKS), ("case.toml", made.encode())):
        (tmp_path / name).write_bytes(content)
    printed = ask("plan", tmp_path / "case.toml", "--json").stdout
    assert browser.get(f"/cases/{case}/files/plan.json").body == printed
    browser.post(f"/cases/{case}/undo")
    assert browser.get(f"/cases/{case}/files/case.toml").body == text.encode()


def test_a_case_file_elsewhere_is_changed_among_its_files(browser: Browser) -> None:
    case = browser.open_sample()
    browser.wait(case)
    shown = given(browser, case)
    assert {one["role"] for one in shown["roles"]} >= {"liver", "tumour", "flr"}
    words = {"before": json.dumps(shown), "answers": json.dumps({**shown, "diagnosis": "other"})}
    assert browser.post(f"/cases/{case}/change", words).status == 200
    assert record(browser, case)["case"]["diagnosis"] == "other"
    assert browser.post(f"/cases/{case}/files", {}, files("flr.nii.gz")).status == 404
    browser.post(f"/cases/{case}/close")


def test_the_strip_has_the_numbers_of_the_command_line(browser: Browser) -> None:
    case = drop(browser, files(*ROLES))
    browser.post(f"/cases/{case}/check")
    browser.wait(case)
    assert plan(browser, case, diagnosis="crlm")["state"] == "ready"
    strip, shown = browser.get(f"/cases/{case}/answer").json()["strip"], record(browser, case)
    assert strip["share"]["percent"] == f"{shown['flr_percent_shown']} %" == "29.96 %"
    assert strip["share"]["ml"] == "448 mL"  # 349 738 voxels of 1.28 mm3
    assert strip["share"]["interval"].endswith("25.48 to 34.44 %")
    assert [one["percent"] for one in strip["share"]["limits"]] == [30.0, 40.0]
    assert strip["volumes"] == {"liver": "1560 mL", "tumour": "65.3 mL", "remnant": "448 mL"}
    margins = [float(one["margin"].split()[0]) for one in strip["lesions"]]
    assert min(margins) == shown["case"]["plan"]["margin_mm"] == 3.2
    assert [one["cm"] for one in strip["lesions"]] == ["4.8", "3.2", "2.5", "2.3", "1.4"]


# ---- files that change on disk while their case is open

DATED = "schema = 1\n[imaging]\ndate = {}\n"


def empty_layer(mask: Path) -> None:
    """Compress a mask in another way: another file with the same voxels."""
    mask.write_bytes(gzip.compress(gzip.decompress(mask.read_bytes()), 1))


def test_h15_an_entry_names_the_masks_that_were_changed_since_the_case_was_planned(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "case"
    copytree(CRLM.parent, folder)
    text = CaseText(folder / "case.toml", CRLM.read_bytes())
    dossier = Dossier(PlannedCase.of(text, {}, print))
    dossier.change_form("schema = 1\n", DATED.format("2026-10-01"), None)
    assert dossier.describe()["steps"][-1]["changed"] == ()
    empty_layer(folder / "flr.nii.gz")
    dossier.change_form(DATED.format("2026-10-01"), DATED.format("2026-10-02"), None)
    step = dossier.describe()["steps"][-1]
    assert step["changed"] == ("flr.nii.gz",)
    assert step["says"].endswith("; changed since the case was planned before: flr.nii.gz")


def test_an_answer_in_words_or_with_a_unit_reads_no_image_again(tmp_path: Path) -> None:
    """As a yes or no does: it is applied although a mask was removed meanwhile."""
    copytree(CRLM.parent, tmp_path / "case")
    text = CaseText(tmp_path / "case" / "case.toml", CRLM.read_bytes())
    dossier = Dossier(PlannedCase.of(text, {}, print))
    (tmp_path / "case" / "flr.nii.gz").unlink()
    for key, typed, shown in (
        ("prior_pve_hve", "no", "no"),
        ("recist_response_after_chemo", "partial_response", "partial response"),
        ("flr_function", "3.1 %/min/m2", "3.1 %/min/m²"),
    ):
        dossier.answer(key, typed, "R1", "2026-11-21")
        assert dossier.describe()["steps"][-1]["says"].endswith(f": {shown}")
    assert [one["key"] for one in dossier.describe()["questions"]].count("flr_function") == 0
    with refuses("file.missing", says="flr.nii.gz"):
        dossier.assess("2026-11-25")


CODE = "contradiction.largest_lesion"  # 48 mm on the mask, 20 mm by calliper
ACCEPT = (CODE, "measured obliquely", "R1", "2026-11-21")


def test_h15_results_are_neither_signed_off_nor_accepted_for_masks_that_were_changed(
    tmp_path: Path,
) -> None:
    """Only what was reviewed is confirmed: a mask changed after the sheet was drawn is refused."""
    copytree(CRLM.parent, tmp_path / "case")
    text = CaseText(tmp_path / "case" / "case.toml", CRLM.read_bytes())
    dossier = Dossier(PlannedCase.of(text, {}, print))
    dossier.measure("20.0", "R1", "2026-11-21")
    dossier.accept(*ACCEPT)
    every = " ".join(one["code"] for one in dossier.describe()["findings"])
    signing = ("verified", dossier.sheet().digest, every, "R1", "2026-11-21")
    empty_layer(tmp_path / "case" / "flr.nii.gz")
    before = dossier.case
    with refuses("page.changed_file", says="planned: flr.nii.gz"):
        dossier.sign(*signing)
    with refuses("page.changed_file", says="planned: flr.nii.gz"):
        dossier.accept(every.split()[0], "reviewed", "R1", "2026-11-21")
    assert dossier.case is before
    dossier.assess("2026-11-25")
    state = dossier.describe()
    assert state["accepted"] == []
    assert [one.partition(": the")[0] for one in state["steps"][-1]["notes"]] == [
        "removed: acceptance of"
    ]
    dossier.sign(*signing[:1], dossier.sheet().digest, f"{every} {CODE}", *signing[3:])
    assert dossier.describe()["reading"] == {"reader": "R1", "status": "verified"}


def test_h15_a_change_of_one_of_two_files_with_the_same_role_and_name_refuses_a_sign_off(
    tmp_path: Path,
) -> None:
    """As tumour masks of two readers' folders, each with the name of the lesion only."""
    dossier = open_two(tmp_path)
    SMALL.file(tmp_path / "a" / "met.nii", SMALL.mask(7800, 7899))
    with refuses("page.changed_file", says="planned: met.nii"):
        dossier.sign("draft", "", "", "R1", "2026-11-21")


def test_a_second_file_of_the_same_name_that_the_form_adds_is_not_a_change(tmp_path: Path) -> None:
    dossier = open_two(tmp_path, given='"a/met.nii"')
    before, after = (
        f"schema = 1\n[masks]\ntumour = [{given}]\n"
        for given in ('"a/met.nii"', '"a/met.nii", "b/met.nii"')
    )
    dossier.change_form(before, after, None)
    assert dossier.describe()["steps"][-1]["changed"] == ()
    SMALL.file(tmp_path / "b" / "met.nii", SMALL.mask(7400, 7499))
    dossier.change_form("schema = 1\n", DATED.format("2026-10-01"), None)
    assert dossier.describe()["steps"][-1]["changed"] == ("met.nii",)


CENTRE = """schema = 1
name = "Site 7"
as_of = 2026-11-01
[trials]
[reading_error]
cv = {}
cases = 20
df = 20
origin = "drawn"
source = "two readers"
"""


@pytest.fixture
def ruled(tmp_path: Path) -> Dossier:
    """Open the bundled case with a centre file and a trial file; then change the centre file.

    Its readers differed by 2 %, and now by 15 %: the interval of the FLR is wider.
    """
    centre, trials = tmp_path / "centre.toml", tmp_path / "trials"
    trials.mkdir()
    (trials / "own.toml").write_text(OWN, "utf-8")
    centre.write_text(CENTRE.format(0.02), "utf-8")
    options = {"centre": centre, "trials": trials}
    dossier = Dossier(PlannedCase.of(CaseText.of(CRLM), options, print))
    centre.write_text(CENTRE.format(0.15), "utf-8")
    return dossier


def test_h15_results_are_not_signed_off_for_a_centre_file_that_was_changed(ruled: Dossier) -> None:
    every = " ".join(one["code"] for one in ruled.describe()["findings"])
    before = ruled.case
    with refuses("page.changed_file", says="planned: centre.toml"):
        ruled.sign("verified", ruled.sheet().digest, every, "R1", "2026-11-21")
    assert ruled.case is before


def test_h15_an_answer_after_a_changed_centre_file_has_all_its_numbers_and_names_it(
    ruled: Dossier, tmp_path: Path
) -> None:
    ruled.answer("staging_ct_done", "yes", "R1", "2026-11-21")
    assert ruled.describe()["steps"][-1]["changed"] == ("centre.toml",)
    words = {"centre": tmp_path / "centre.toml", "trials": tmp_path / "trials"}
    planned = PlannedCase.of(ruled.case.text, words, print)
    assert ruled.case.as_json() == planned.as_json()


def test_h15_results_are_not_signed_off_for_a_trial_file_that_was_changed(
    ruled: Dossier, tmp_path: Path
) -> None:
    (tmp_path / "centre.toml").write_text(CENTRE.format(0.02), "utf-8")
    ruled.sign("draft", "", "", "R1", "2026-11-21")  # it is again the file that was read
    (tmp_path / "trials" / "own.toml").write_text(f"{OWN}\n", "utf-8")
    with refuses("page.changed_file", says="planned: own.toml"):
        ruled.sign("draft", "", "", "R1", "2026-11-21")


def open_two(folder: Path, given: str = '"a/met.nii", "b/met.nii"') -> Dossier:
    """Open a case with tumour masks of one name in two folders."""
    SMALL.write(folder, flr=(0, 2100))
    for name, layers in {"a": (7800, 7900), "b": (7400, 7500)}.items():
        (folder / name).mkdir()
        SMALL.file(folder / name / "met.nii", SMALL.mask(*layers))
    case = case_toml(folder, f'[masks]\nliver = "liver.nii"\nflr = "flr.nii"\ntumour = [{given}]\n')
    return Dossier(PlannedCase.of(CaseText.of(case), {}, print))


def test_h15_a_file_missing_in_a_folder_of_segmentations_is_named_and_refuses_a_sign_off(
    tmp_path: Path,
) -> None:
    folder = folder_of(tmp_path, every())
    case = case_toml(tmp_path, f'[masks]\nlabelmap = "{folder.name}"\n')
    dossier = Dossier(PlannedCase.of(CaseText.of(case), {}, print))
    read = [one.file for one in dossier.case.plan.case.inputs if one.role == "labelmap"]
    assert len(read) == 4
    (lesion,) = folder.rglob(read[2])
    lesion.unlink()
    with refuses("page.changed_file", says=f"planned: {lesion.name}"):
        dossier.sign("draft", "", "", "R1", "2026-11-21")
    dossier.assess("2026-11-25")
    assert dossier.describe()["steps"][-1]["changed"] == (lesion.name,)
