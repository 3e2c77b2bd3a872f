"""`plan --fhir`: what it writes for another system, and what it refuses to."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.cli.outside import SMALL, Record, ask, case_toml, refused, told

r4b: Any = import_module("fhir.resources.R4B.bundle")  # untyped

CASE = """
id = "case-001"
label = "Bed 12"
diagnosis = "crlm"
[masks]
liver = "liver.nii"
tumour = "tumour.nii"
flr = "flr.nii"
[imaging]
date = 2026-05-04
"""


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Write a case: 1000 mL, 25 of them tumour, 300 of them remnant."""
    SMALL.write(tmp_path, flr=(0, 2400), tumour=(7800, 8000))
    return case_toml(tmp_path, CASE)


def bundle(path: Path) -> Record:
    text = path.read_text("utf-8")
    assert text.endswith("}\n")
    r4b.Bundle.model_validate_json(text)
    read: Record = json.loads(text)
    return read


def values(path: Path) -> dict[str, float]:
    return {
        one["code"]["coding"][0]["code"]: one["valueQuantity"]["value"]
        for one in (entry["resource"] for entry in bundle(path)["entry"])
        if "valueQuantity" in one
    }


def test_the_bundle_holds_the_numbers_of_the_record(case: Path, tmp_path: Path) -> None:
    to = tmp_path / "plan.fhir.json"
    ran = ask("plan", case, "--fhir", to, "--json", "--quiet")
    assert (ran.status, ran.err) == (0, "")
    found, record = values(to), ran.record
    for part in ("liver", "tumour", "flr"):
        assert found[f"{part}-volume"] == record["volumes_ml"][part]
    assert found["flr-percent"] == record["flr_percent"]
    assert found["liver-volume"] == pytest.approx(1000)
    assert found["flr-percent"] == pytest.approx(100 * 2400 / 7800, rel=1e-8)


def test_a_person_is_reported_the_name_of_the_bundle(case: Path, tmp_path: Path) -> None:
    ran = ask("plan", case, "--fhir", tmp_path / "a.json")
    assert (ran.status, ran.err) == (0, "FHIR bundle: a.json\n")
    assert ask("plan", case, "--fhir", tmp_path / "b.json", "--quiet").err == ""
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_a_bundle_replaces_another_only_by_force(case: Path, tmp_path: Path) -> None:
    to = tmp_path / "plan.json"
    to.write_text("kept", "utf-8")
    assert refused("plan", case, "--fhir", to)["code"] == "output.exists"
    assert to.read_text("utf-8") == "kept"
    told("plan", case, "--fhir", to, "--quiet", "--force")
    assert values(to)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "case.toml", "flr.nii", "liver.nii", "plan.json", "tumour.nii",
    ]  # fmt: skip


def test_places_and_names_that_no_bundle_can_have(case: Path, tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text("{}", "utf-8")
    for to, code in (
        (tmp_path / "liver.nii", "usage.wrong"),
        (facts, "output.is_input"),
        (tmp_path / "none" / "a.json", "output.no_folder"),
    ):
        refusal = refused("plan", case, "--fhir", to, "--facts", facts, "--force")
        assert refusal["code"] == code
    assert facts.read_text("utf-8") == "{}"


def test_h12_numbers_that_are_not_to_be_used_are_withheld_from_a_bundle(tmp_path: Path) -> None:
    SMALL.write(tmp_path, flr=(0, 2400), tumour=(7800, 8000))
    reading = 'reader = "R1"\nstatus = "verified"\n'
    hashes = f'[imaging.sha256]\nflr = "{"0" * 64}"\n'
    case = case_toml(tmp_path, CASE + reading + hashes)
    to = tmp_path / "a.json"
    told("plan", case, "--fhir", to, "--quiet")
    assert "flr-percent" not in values(to)
    assert "flr-volume" not in values(to)
    assert "liver-volume" in values(to)
    assert "error: case.mask_changed" in to.read_text("utf-8")
    to.unlink()
    seen = '[[accepted]]\ncode = "case.mask_changed"\nby = "R1"\nwhy = "drawn again"\n'
    case_toml(tmp_path, CASE + reading + hashes + seen)
    told("plan", case, "--fhir", to, "--quiet")
    assert "error: case.mask_changed, reviewed and accepted by a reader" in to.read_text("utf-8")
    judged = " ".join(ask("trials", "judge", tmp_path / "case.toml").out.split())
    assert ", despite an error accepted by R1 (case.mask_changed)" in judged.partition("Look")[0]


def test_a_transaction_is_written_where_asked(case: Path, tmp_path: Path) -> None:
    plain, asked = tmp_path / "plain.json", tmp_path / "asked.json"
    told("plan", case, "--fhir", plain, "--quiet")
    told("plan", case, "--fhir", asked, "--fhir-as", "transaction", "--quiet")
    assert (bundle(plain)["type"], bundle(asked)["type"]) == ("collection", "transaction")
    assert values(plain) == values(asked)
    alone = refused("plan", case, "--fhir-as", "transaction")
    assert (alone["code"], alone["file"]) == ("usage.wrong", "--fhir-as")
