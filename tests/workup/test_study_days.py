"""Days between CT and scintigraphy: told in every output, while the dates themselves stay away."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.outside import SMALL, ask, case_toml, codes, told
from tests.record.schemas import require_valid
from tests.workup.asked import function_text

HEAD = """id = "a"
diagnosis = "crlm"
[masks]
liver = "liver.nii"
tumour = "tumour.nii"
flr = "flr.nii"
[facts]
flr_function = { value = 2.9, unit = "%/min/m2" }
"""
CT, STUDY, BETWEEN = "2026-05-29", "2026-06-02", "2026-06-01"  # 30, 31 May, 1, 2 June
DAYS = "ct_to_scintigraphy_days"
EMBOLISED = f'[embolisation]\ndate = {BETWEEN}\nkind = "PVE"\n'


def dated(folder: Path, ct: str | None = CT, study: str | None = STUDY, more: str = "") -> Path:
    SMALL.write(folder, tumour=(7000, 7400), flr=(0, 2000))
    imaging = f"[imaging]\ndate = {ct}\n" if ct else ""
    function = f"[function]\ndate = {study}\n" if study else ""
    return case_toml(folder, HEAD + imaging + function + more)


@pytest.mark.slow
def test_an_entered_function_has_its_day_without_a_file(tmp_path: Path) -> None:
    record = require_valid(told("plan", dated(tmp_path)))
    assert record["function"] == {
        "flr_function_pct_per_min_per_m2": 2.9, "shown": "2.9", "origin": "given", DAYS: 4,
    }  # fmt: skip
    assert (
        "CT and scintigraphy: 4 days apart, CT first"
        in ask("plan", tmp_path / "case.toml", "-v").out
    )


@pytest.mark.slow
@pytest.mark.parametrize(("ct", "study"), [(None, STUDY), (CT, None)], ids=["ct", "study"])
def test_h16_days_are_unknown_where_one_day_was_not_given(
    tmp_path: Path, ct: str | None, study: str | None
) -> None:
    case = dated(tmp_path, ct, study)
    assert DAYS not in require_valid(told("plan", case))["function"]
    shown = ask("plan", case, "-v").out
    assert "Days between CT and scintigraphy: unknown; both dates are required" in shown
    (cells,) = csv.DictReader(io.StringIO(ask("plan", case, "--csv").out))
    assert cells["ct_to_hbs_d"] == ""


def test_no_day_is_reported_without_a_function(tmp_path: Path) -> None:
    case = dated(tmp_path)
    case.write_text(case.read_text("utf-8").replace("flr_function", "# flr_function"), "utf-8")
    assert "function" not in told("plan", case)


@pytest.mark.essential
@pytest.mark.slow
def test_the_days_go_to_tables_and_other_systems_and_no_date_does(tmp_path: Path) -> None:
    case = dated(tmp_path, STUDY, CT)  # the scintigraphy first
    (cells,) = csv.DictReader(io.StringIO(ask("plan", case, "--csv").out))
    assert cells["ct_to_hbs_d"] == "-4"
    ask("plan", case, "--fhir", tmp_path / "plan.fhir.json")
    bundle = (tmp_path / "plan.fhir.json").read_text("utf-8")
    (days,) = (
        one["resource"]
        for one in json.loads(bundle)["entry"]
        if "ct-to-scintigraphy-days" in json.dumps(one["resource"].get("code", {}))
    )
    assert days["valueQuantity"]["value"] == -4
    assert days["valueQuantity"]["code"] == "d"
    outputs = [ask("plan", case, *more).out for more in ((), ("--json",), ("--csv",))]
    for text in (*outputs, bundle):
        assert CT not in text
        assert STUDY not in text


@pytest.mark.slow
def test_dates_are_in_the_clinical_profile_alone(tmp_path: Path) -> None:
    case = dated(tmp_path, more=EMBOLISED)
    shareable, clinical = (
        ask("plan", case, "--json").out,
        told("plan", case, "--profile", "clinical"),
    )
    assert not any(day in shareable for day in (CT, STUDY, BETWEEN))
    assert clinical["case"]["reading"]["date"] == CT
    assert clinical["case"]["embolisation"] == {
        "kind": "PVE", "segments": [], "date": BETWEEN, "to_ct_days": -3,
    }  # fmt: skip


def test_h04_an_embolisation_between_both_is_reported(tmp_path: Path) -> None:
    split = told("plan", dated(tmp_path, more=EMBOLISED))
    assert "function.embolised_between" in codes(split)
    (message,) = (
        one["message"] for one in split["findings"] if one["code"] == "function.embolised_between"
    )
    assert BETWEEN not in message


@pytest.mark.parametrize("study", [None, "2026-06-05"])
def test_h04_function_by_itself_asks_for_its_day_after_an_embolisation(
    tmp_path: Path, study: str | None
) -> None:
    """As `plan` does: it may be of the liver before the embolisation."""
    text = function_text()
    if study is not None:
        text = text.replace("[function]\n", f"[function]\ndate = {study}\n")
    text += '\n[imaging]\ndate = 2026-06-04\n[embolisation]\ndate = 2026-05-07\nkind = "PVE"\n'
    case = tmp_path / "case.toml"
    case.write_text(text, "utf-8")
    found = [one["message"] for one in told("function", case)["findings"]
             if one["code"] == "function.embolised_between"]  # fmt: skip
    assert len(found) == (study is None)
    assert all("before PVE" in one for one in found)


@pytest.mark.slow
@pytest.mark.parametrize("masks", [True, False], ids=["spect", "curves"])
def test_function_by_itself_states_the_days(tmp_path: Path, masks: bool) -> None:
    text = function_text()
    text = text.replace("[function]\n", f"[imaging]\ndate = {CT}\n\n[function]\ndate = {STUDY}\n")
    if not masks:
        text = "\n".join(line for line in text.splitlines() if not line.startswith("spect ="))
    case = tmp_path / "case.toml"
    case.write_text(text + f"\n{EMBOLISED}", "utf-8")
    record = require_valid(told("function", case))
    assert record[DAYS] == 4
    assert "function.embolised_between" in codes(record)
    assert "4 days apart" in ask("function", case).out
    later = "function.date_after_assessment"
    assert later not in codes(record)
    assert later in codes(told("function", case, "--as-of", BETWEEN))
    case.write_text(text.replace(f"date = {STUDY}", ""), "utf-8")
    assert DAYS not in require_valid(told("function", case))
