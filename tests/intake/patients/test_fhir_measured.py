"""Volumes of an exported plan in a record: used although preliminary, with a finding."""

import json
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis.clinical_codes import LOINC
from fl_planner.workup.judge import JudgedFile, judge_file
from tests.cli.outside import BUNDLED, ask
from tests.intake.patients.fhir_records import (
    Resource,
    observation,
    procedure,
    quantity,
    stated,
    write_bundle,
)

PERSON: Resource = {"resourceType": "Patient", "id": "p1"}
LOCAL = "urn:uuid:7b2bacc0-2088-51f6-aaec-fb73b27872a6"
AS_OF = date(2026, 11, 20)


def measured(code: str, ml: float, **more: Any) -> Resource:
    """Write a volume as a plan is exported."""
    return observation(LOCAL, code, **{"status": "preliminary", **more}, **of_ml(ml))


def of_ml(ml: float) -> Resource:
    return {"valueQuantity": quantity(ml, "mL")}


def volumes(**more: Any) -> list[Resource]:
    of_liver = {"liver-volume": 1600, "tumour-volume": 100, "flr-volume": 390}
    return [measured(code, ml, **more) for code, ml in of_liver.items()]


def judge(path: Path, *resources: Resource) -> JudgedFile:
    return judge_file(write_bundle(path / "r.json", PERSON, *resources), as_of=AS_OF)


def found(judged: JudgedFile, code: str) -> list[str]:
    return [one.message for one in judged.findings if one.code == code]


def test_h16_preliminary_volumes_are_used_and_named(tmp_path: Path) -> None:
    """390 of 1600 - 100 mL are 26 %."""
    judged = judge(tmp_path, *volumes())
    assert judged.judged.facts["flr_fraction"] == Fraction(26, 100)
    (message,) = found(judged, "fhir.preliminary")
    assert message.endswith(": flr_volume, total_liver_volume, tumour_volume")
    assert found(judged, "fhir.not_used") == []
    final = judge(tmp_path, *volumes(status="final"))
    assert final.judged.facts["flr_fraction"] == Fraction(26, 100)
    assert found(final, "fhir.preliminary") == []


def test_h16_other_preliminary_values_are_not_used(tmp_path: Path) -> None:
    albumin = observation(
        LOINC.uri, "1751-7", status="preliminary", valueQuantity=quantity(40, "g/L")
    )
    typed = stated("flr_volume", status="preliminary", **of_ml(390))
    judged = judge(tmp_path, albumin, typed)
    assert found(judged, "fhir.not_used") == ["resources not used: 2 not final"]
    assert found(judged, "fhir.preliminary") == []
    assert "flr_volume_ml" not in judged.judged.facts
    wrong = judge(tmp_path, *volumes(status="entered-in-error"))
    assert found(wrong, "fhir.not_used") == ["resources not used: 3 not final"]


def test_a_mapping_may_use_them_or_not(tmp_path: Path) -> None:
    text = 'schema = 1\n[systems]\nours = "http://ours"\n[[observation]]\ncodes = ["ours|FLR"]\n'
    path = write_bundle(
        tmp_path / "r.json", PERSON, observation("http://ours", "FLR", status="preliminary",
        **of_ml(390))
    )  # fmt: skip
    mapping = tmp_path / "map.toml"
    for line, used in (("preliminary = true", True), ("", False)):
        mapping.write_text(f'{text}key = "flr_volume"\n{line}\n', "utf-8")
        judged = judge_file(path, as_of=AS_OF, fhir_map=mapping)
        assert ("flr_volume_ml" in judged.judged.facts) is used


def test_h04_volumes_of_different_days_are_a_finding(tmp_path: Path) -> None:
    whole, tumour, flr = volumes(effectiveDateTime="2026-10-01")
    later = {**flr, "effectiveDateTime": "2026-11-01"}
    (message,) = found(judge(tmp_path, whole, tumour, later), "fhir.days_differ")
    assert (
        message
        == "volumes recorded on different dates: total_liver_volume, tumour_volume, flr_volume"
    )
    assert found(judge(tmp_path, whole, tumour, flr), "fhir.days_differ") == []
    undated = {key: part for key, part in flr.items() if key != "effectiveDateTime"}
    assert found(judge(tmp_path, whole, tumour, undated), "fhir.days_differ") == []


def test_h04_a_normalisation_of_another_day_is_a_finding(tmp_path: Path) -> None:
    """The software of one study may not be that of another."""
    normalised = {"coding": [{"system": LOCAL, "code": "extrahepatic"}]}
    function = stated("flr_function", valueQuantity=quantity(2.9, "%/min/m2"))
    function |= {"effectiveDateTime": "2026-10-01"}
    for day, named in (("2026-10-01", []), ("2025-01-01", ["function and its normalisation"])):
        code = "flr_function_normalisation"
        other = stated(code, valueCodeableConcept=normalised, effectiveDateTime=day)
        messages = found(judge(tmp_path, function, other), "fhir.days_differ")
        assert [one.partition(" recorded")[0] for one in messages] == named


@pytest.mark.parametrize(
    ("value", "doubt"),
    [
        ({"valueString": "total_field"}, "function.not_comparable"),
        ({"valueCodeableConcept": {"text": "total_field"}}, "function.not_comparable"),
        ({"valueString": "extrahepatic"}, None),
        ({"valueCodeableConcept": {"text": "extrahepatic"}}, None),
        ({"valueString": "whole field"}, "function.normalisation_unknown"),  # not the exact word
        (
            {"valueCodeableConcept": {"coding": [{"code": "x"}], "text": "extrahepatic"}},
            "function.normalisation_unknown",  # the code may differ from the text
        ),
    ],
)
def test_h09_a_normalisation_without_a_code_is_read_by_its_exact_word(
    value: dict[str, Any], doubt: str | None, tmp_path: Path
) -> None:
    function = stated("flr_function", valueQuantity=quantity(2.9, "%/min/m2"))
    judged = judge(tmp_path, function, stated("flr_function_normalisation", **value))
    for code in ("function.not_comparable", "function.normalisation_unknown"):
        assert bool(found(judged, code)) is (code == doubt), code
    assert bool(found(judged, "fhir.not_used")) is (doubt == "function.normalisation_unknown")


@pytest.mark.essential
@pytest.mark.slow
def test_h08_an_exported_plan_has_the_flr_of_the_plan(tmp_path: Path) -> None:
    """Exported by the command, put into a record, and judged as a record."""
    case, out = BUNDLED / "crlm" / "case.toml", tmp_path / "plan.fhir.json"
    plan = ask("plan", case, "--fhir", out, "--json").record
    bundle = json.loads(out.read_text("utf-8"))
    kinds = ("Patient", "Observation")
    kept = [one for one in bundle["entry"] if one["resource"]["resourceType"] in kinds]
    path = tmp_path / "record.json"
    path.write_text(json.dumps({**bundle, "entry": kept}), "utf-8")
    judged = judge_file(path, as_of=AS_OF)
    share = judged.judged.facts["flr_fraction"]
    assert isinstance(share, Fraction)
    assert 100 * float(share) == pytest.approx(plan["flr_percent"], abs=1e-6)
    assert 29.96 < plan["flr_percent"] < 29.97  # 447.66 of 1494.18 mL
    assert found(judged, "fhir.preliminary")


def test_h04_a_function_in_a_record_has_the_date_of_its_resource(tmp_path: Path) -> None:
    """PVE on 20 October; a function of 5 November is after it, one of 5 October before."""
    pve = procedure("http://www.cms.gov/Medicare/Coding/ICD10", "06L83DZ")
    pve |= {"performedDateTime": "2026-10-20"}
    value = {"valueQuantity": quantity(2.9, "%/min/m2")}

    def doubts(on: str | None, scan: str | None = None, **dated: str) -> list[str]:
        given = {} if on is None else {"effectiveDateTime": on}
        more = () if scan is None else (stated("scan_date", valueDateTime=scan),)
        patient = ({**pve, **dated}, stated("flr_function", **value, **given), *more)
        return found(judge(tmp_path, *patient), "function.embolised_between")

    unknown = "the FLR function may have been measured before PVE"
    assert doubts("2026-11-05") == doubts("2026-11-05", "2026-11-06") == []
    assert doubts("2026-10-05") == ["the FLR function was measured before PVE"]
    assert doubts("2026-10-05", "2026-11-06") == ["the FLR function was measured before PVE"]
    same = "the scintigraphy has the same date as PVE"
    assert doubts("2026-10-20") == [f"{same}: {unknown}"]
    assert doubts(None) == [f"the date of the scintigraphy is not given: {unknown}"]
    assert doubts("2026-11-05", performedDateTime="2026") == [
        f"the date of PVE is not given: {unknown}"
    ]
