"""A hospital's own trial in `plan` and `report`: beside the five, and beside the route."""

import json
import re
from pathlib import Path

import pytest

from fl_planner.workup.api import judge, plan
from tests.cli.outside import BUNDLED, SMALL, Record, ask, case_toml, refused, told
from tests.record.schemas import require_valid

TRIAL = """schema = 1
id = "HARBOUR-1"
name = "HARBOUR"
short = "harbour"
diagnosis = "crlm"
source = "protocol of the invented Harbour Hospital, version 2"

[[criterion]]
id = "I1"
kind = "inclusion"
says = "Adult of at most 75 years"
source = "section 4.1"
asked_of = "chart"
changes = "on_date"
by = ["facts"]
when = { age_years = { at_least = 18, at_most = 75 } }

[[criterion]]
id = "I2"
kind = "inclusion"
says = "A remnant of 20 to below 35 %"
source = "section 4.1"
asked_of = "radiologist"
changes = "can_change"
by = ["imaging"]
when = { flr_fraction = { at_least = 0.20, less_than = 0.35 } }
"""
HARBOUR = "HARBOUR-1"
BUNDLED_IDS = ["NCT05428735", "NCT06449937", "NCT04562727", "NCT06857773", "NCT06178198"]
CASE = """\
id = "case-001"
diagnosis = "crlm"
[masks]
liver = "liver.nii"
tumour = "tumour.nii"
flr = "flr.nii"
[facts]
age = { value = 75, unit = "a" }
"""


@pytest.fixture
def trials(tmp_path: Path) -> Path:
    folder = tmp_path / "ours"
    folder.mkdir()
    (folder / "harbour.toml").write_text(TRIAL, "utf-8")
    return folder


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Write a case that fits it: 1900 of 7600 voxels are 25 %."""
    SMALL.write(tmp_path, flr=(0, 1900), tumour=(7600, 8000))
    return case_toml(tmp_path, CASE)


def own(record: Record) -> Record:
    """Give what is told of the hospital's own trial, which stands behind the five."""
    assert [one["id"] for one in record["trials"]] == [*BUNDLED_IDS, HARBOUR]
    last: Record = record["trials"][-1]
    return last


def test_h15_facts_in_python_are_judged_by_it_as_well(trials: Path) -> None:
    """The trial of the hospital is for patients below 76 years."""
    for years, failed in ((75, []), (76, ["I1"])):
        record = judge({"age": {"value": years, "unit": "a"}}, trials=trials).as_record()
        assert own(record).get("failed", []) == failed


@pytest.mark.slow
def test_h15_it_is_answered_next_to_the_five_and_nothing_else_changes(
    case: Path, trials: Path
) -> None:
    record, without = require_valid(told("plan", case, "--trials", trials)), told("plan", case)
    assert own(record)["verdict"] == "eligible"
    assert record["trials"][:-1] == without["trials"]
    assert record["pathway"] == without["pathway"]
    for key in ("name", "row", "headline"):
        assert record["route"][key] == without["route"][key]
    assert [one["role"] for one in record["inputs"]].count("trial") == 1
    assert record["rules"][len(BUNDLED_IDS)]["id"] == HARBOUR


@pytest.mark.essential
@pytest.mark.slow
def test_one_that_fits_is_with_the_route(case: Path, trials: Path) -> None:
    record = told("plan", case, "--trials", trials)
    (other,) = (one for one in record["route"]["alternatives"] if one["name"] == "trial_harbour")
    said = "potentially eligible: recruiting here"
    assert (other["why"], record["route"]["name"] != "trial_harbour") == (said, True)
    shown = " ".join(ask("plan", case, "--trials", trials).out.split())
    assert f"also: HARBOUR (HARBOUR-1): {said}" in shown
    assert "also: " not in ask("plan", case).out


@pytest.mark.slow
def test_one_that_does_not_fit_is_answered_all_the_same(case: Path, trials: Path) -> None:
    older = case.read_text("utf-8").replace("value = 75", "value = 76")
    case.write_text(older, "utf-8")
    record = told("plan", case, "--trials", trials)
    assert (own(record)["verdict"], own(record)["failed"]) == ("not_eligible", ["I1"])
    assert "also: " not in ask("plan", case, "--trials", trials).out


@pytest.mark.slow
def test_a_report_shows_it_next_to_the_route(case: Path, trials: Path) -> None:
    out = case.with_name("report.html")
    ran = ask("report", case, "--trials", trials, "--out", out)
    assert ran.status == 0, ran.err
    page = " ".join(re.sub(r"<[^>]+>", " ", out.read_text("utf-8")).split())
    assert "also: HARBOUR (HARBOUR-1): potentially eligible: recruiting here" in page
    assert HARBOUR in page


@pytest.mark.essential
@pytest.mark.slow
def test_command_and_python_give_the_same_bytes(case: Path, trials: Path) -> None:
    said = ask("plan", case, "--trials", trials, "--json").stdout
    assert plan(case, trials=trials).as_json().encode() == said.rstrip(b"\n")


@pytest.mark.slow
def test_h12_verify_wants_the_folder_and_sees_its_changes(case: Path, trials: Path) -> None:
    made = case.with_name("plan.json")
    made.write_bytes(ask("plan", case, "--trials", trials, "--json").stdout)
    assert refused("verify", made)["code"] == "verify.files_missing"
    record = require_valid(told("verify", made, "--trials", trials))
    assert (record["holds"], record["recomputed"]) == (True, True)
    text = (trials / "harbour.toml").read_text("utf-8")
    (trials / "harbour.toml").write_text(text.replace("at_most = 75", "at_most = 70"), "utf-8")
    kinds = {one["kind"] for one in told("verify", made, "--trials", trials)["changes"]}
    assert {"file", "rule", "answer"} <= kinds


def test_other_exports_hold_it(case: Path, trials: Path) -> None:
    out = case.with_name("plan.fhir.json")
    assert ask("plan", case, "--trials", trials, "--fhir", out).status == 0
    entries = json.loads(out.read_text("utf-8"))["entry"]
    about = [
        one["resource"]["focus"][0].get("display")
        for one in entries
        if one["resource"]["resourceType"] == "Observation" and "focus" in one["resource"]
    ]
    assert "HARBOUR" in about


def test_a_folder_without_trials_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    case = BUNDLED / "crlm" / "case.toml"
    assert refused("plan", case, "--trials", empty)["code"] == "trial.no_folder"
