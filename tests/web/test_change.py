"""Files, roles and facts of a planned case are changed: planned again, and nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.outside import ask
from tests.web.served import Browser
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
