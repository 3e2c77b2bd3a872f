"""A sixth, invented trial with a row of its own, added by one file and seen in every output."""

import csv
import json
import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from fl_planner.intake.documents import protocols
from tests.cli.outside import BUNDLED, ask, told

ID, NAME = "NCT09999999", "HARBOUR"
SIXTH_CASE = BUNDLED / "crlm" / "case.toml"
FILE = """
schema = 1
id = "NCT09999999"
name = "HARBOUR"
short = "harbour"
diagnosis = "crlm"
source = "registry entry NCT09999999"
notes = ["invented, for a test"]

[[criterion]]
id = "I1"
kind = "inclusion"
says = "Liver metastases of colorectal cancer, and an FLR below 50 %"
source = "inclusion 1"
asked_of = "radiologist"
changes = "can_change"
by = ["facts"]
when = { crlm_present = "is_true", flr_fraction = { less_than = 0.50 } }

[plan]
order = 6

[plan.window]
criterion = "I1"
closes = "before the harbour freezes"

[[plan.route]]
row = "C5a"
route = "trial_harbour"
csv = 12
when = ["eligible_and_open"]
headline = "{eligible} for {trial}, where the ships come in"
reasons = ["The remnant is small, and the sea is near.", "{notes}", "{flr}"]
next_steps = ["Ask the harbour master.", "{propose}", "{near}", "{ask}"]
"""
READ = ("heads", "bundled", "bundled_trials", "protocol", "route_rows")


def forget() -> None:
    for name in READ:
        getattr(protocols, f"read_{name}").cache_clear()


@pytest.fixture(autouse=True)
def _sixth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lay the file beside those of the package, and change nothing else."""
    folder = tmp_path / "data"
    shutil.copytree(protocols.PROTOCOLS, folder)
    (folder / "nct09999999.toml").write_text(FILE, "utf-8")
    monkeypatch.setattr(protocols, "PROTOCOLS", folder)
    forget()
    yield
    forget()


@pytest.mark.essential
@pytest.mark.slow
def test_it_is_judged_after_the_others_and_its_row_is_the_route() -> None:
    record = told("plan", SIXTH_CASE)
    assert [trial["id"] for trial in record["trials"]][-1] == ID
    assert record["trials"][-1]["verdict"] == "eligible"
    route = record["route"]
    assert (route["name"], route["row"]) == ("trial_harbour", "C5a")
    assert route["headline"].endswith("eligible for HARBOUR (NCT09999999), where the ships come in")
    assert route["reasons"][:2] == [
        "The remnant is small, and the sea is near.",
        "Invented, for a test.",
    ]
    assert route["next_steps"][0] == "Ask the harbour master."
    assert (
        "Registration in the trial is possible only before the harbour freezes."
        in route["next_steps"]
    )
    assert route["pending"] == ["NCT05428735"]
    assert route["questions"]
    assert ID in {rule["id"] for rule in record["rules"]}


@pytest.mark.slow
def test_the_schema_knows_the_row() -> None:
    schema: dict[str, Any] = json.loads(ask("schema", "plan").out)
    rows = schema["oneOf"][0]["properties"]["route"]["properties"]["row"]["enum"]
    assert rows[rows.index("C5") + 1] == "C5a"
    Draft202012Validator(schema).validate(told("plan", SIXTH_CASE))


@pytest.mark.slow
def test_the_terminal_and_the_list_of_trials_name_it() -> None:
    assert "HARBOUR (NCT09999999), where the ships come in" in " ".join(
        ask("plan", SIXTH_CASE).out.split()
    )
    assert [one["id"] for one in told("trials", "list")["trials"]][-1] == ID
    assert told("trials", "show", "harbour")["trials"][0]["name"] == NAME


@pytest.mark.slow
def test_a_study_row_has_its_columns_and_the_code_of_its_route() -> None:
    header, cells = csv.reader(StringIO(ask("plan", SIXTH_CASE, "--csv").out))
    row = dict(zip(header, cells, strict=True))
    assert (row["route"], row["route_row"]) == ("12", "C5a")
    assert (row["nct09999999_verdict"], row["nct09999999_human_open"]) == ("1", "0")
    book = {row["column"]: row for row in csv.DictReader(StringIO(ask("schema", "codebook").out))}
    assert book["route"]["choices"].endswith("11, resection_after_augmentation | 12, trial_harbour")


def test_a_worklist_states_its_window(tmp_path: Path) -> None:
    table = tmp_path / "patients.csv"
    volumes = "total_liver_volume [mL],tumour_volume [mL],flr_volume [mL]"
    table.write_text(f"id,crlm_present,hcc_present,{volumes}\np1,yes,no,1600,100,500\n", "utf-8")
    (row,) = told("screen", table, "--as-of", "2026-11-20")["rows"]
    assert (row["route"], row["route_row"]) == ("trial_harbour", "C5a")
    assert row["verdicts"][ID] == "eligible"
    window = {"trial": ID, "criterion": "I1", "says": "before the harbour freezes"}
    assert row["urgency"] == "window"
    assert window in row["deadlines"]
    assert NAME in ask("screen", table, "--as-of", "2026-11-20").out


@pytest.mark.slow
def test_the_bundle_and_the_report_state_of_it(tmp_path: Path) -> None:
    bundle, page = tmp_path / "bundle.json", tmp_path / "page.html"
    assert ask("plan", SIXTH_CASE, "--fhir", bundle).status == 0
    entries = [one["resource"] for one in json.loads(bundle.read_text("utf-8"))["entry"]]
    observed = [one for one in entries if one["resourceType"] == "Observation"]
    (verdict,) = (one for one in observed if one.get("focus", [{}])[0].get("display") == NAME)
    assert verdict["valueCodeableConcept"]["text"].endswith("eligible")
    assert ask("report", SIXTH_CASE, "--out", page).status == 0
    text = " ".join(page.read_text("utf-8").split())
    assert "HARBOUR (NCT09999999), where the ships come in" in text
    assert "The remnant is small, and the sea is near." in text
