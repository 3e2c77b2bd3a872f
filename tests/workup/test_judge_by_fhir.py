"""Every patient of the book, as resources of a record: the same verdicts as by a file of facts."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fl_planner.workup.judge import JudgedFile, judge_file
from tests.intake.patients.fhir_records import as_resources, write_bundle, write_lines
from tests.patients import facts_text, limits, patients

LATER = "P80"
BOOK = {**patients(), **limits()}


def by_file(path: Path, case: dict[str, Any], as_of: date | None) -> JudgedFile:
    path.write_text(facts_text(case), "utf-8")
    return judge_file(path, as_of=as_of)


def seen(judged: JudgedFile) -> list[object]:
    """Tell what a person would read of a judgement, without its inputs."""
    told = judged.judged
    verdicts = [
        (one.trial.id, one.verdict, one.failed, one.unknown, one.only_human_open)
        for one in told.judgements
    ]
    codes = {finding.code for finding in judged.findings if not finding.code.startswith("fhir.")}
    return [verdicts, told.pathway, told.route.name, told.route.row, dict(told.facts), codes]


@pytest.mark.parametrize("name", BOOK)
def test_h11_the_record_of_a_patient_gives_the_verdicts_of_the_file(
    name: str, tmp_path: Path
) -> None:
    case = BOOK[name]
    as_of = date.fromisoformat(case["as_of"]) if "as_of" in case else None
    wanted = by_file(tmp_path / "facts.json", case, as_of)
    resources = as_resources(json.loads(facts_text(case)), as_of)
    judged = judge_file(write_bundle(tmp_path / "bundle.json", *resources), as_of=as_of)
    odd = {finding.code for finding in judged.findings if finding.code.startswith("fhir.")}
    if name == LATER:  # its embolisation is after the assessment date: not used, not implausible
        assert odd == {"fhir.not_used"}
        assert seen(judged)[:4] == seen(wanted)[:4]
        return
    assert seen(judged) == seen(wanted)
    # the facts of a hepatectomy include those of the last four weeks, from an assessment date
    assert odd == ({"fhir.not_used"} if as_of is None and had_hepatectomy(case) else set())
    assert {source.key for source in judged.sources} == stated_keys(case)


def had_hepatectomy(case: dict[str, Any]) -> bool:
    return json.loads(facts_text(case)).get("prior_hepatectomy") is True


def stated_keys(case: dict[str, Any]) -> set[str]:
    facts = {key: value for key, value in json.loads(facts_text(case)).items() if value is not None}
    more = {"anticoagulant_use"} if facts.get("coumarin_use") is True else set()
    return {*facts} | more


def test_lines_give_the_verdicts_of_the_bundle(tmp_path: Path) -> None:
    resources = as_resources(json.loads(facts_text(BOOK["P01"])))
    bundle = judge_file(write_bundle(tmp_path / "bundle.json", *resources))
    addressed = [
        {**one, "subject": {"reference": "Patient/p1"}} if "subject" in one else one
        for one in resources
    ]
    lines = judge_file(write_lines(tmp_path / "lines.ndjson", addressed[::-1]))
    assert seen(lines) == seen(bundle)
