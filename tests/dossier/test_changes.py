"""Answers of an earlier record compared with those of now; each expected change by hand."""

import json
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from fl_planner.dossier.book import as_book_record, make_book
from fl_planner.dossier.changes import compare_earlier, read_earlier
from fl_planner.intake.documents.protocols import read_grounds
from fl_planner.planning.judgement import Grounds
from fl_planner.record.declaration.part import as_dict
from fl_planner.record.files.dossier import AnswerChangeRecord, BookPatientRecord
from fl_planner.trials.condition import Compare
from tests.cases import each_case
from tests.dossier.dossiers import case, file
from tests.refusals import refuses

# a woman of 17: below the age of every trial, by their files
CHILD = {
    "id": "local_plus_systemic: age_years = 17",
    "facts": {"crlm_present": ["yes"], "age_years": ["17"]},
    "answers": {"NCT06449937 I1": "not_met"},
}


@cache
def grounds() -> Grounds:
    return read_grounds(None, None, None)[0]


def earlier(folder: Path, **keys: Any) -> Path:
    path = folder / "acceptance.json"
    given: dict[str, Any] = {
        "schema": "fl-planner/dossier/1", "version": "0.0.9", "as_of": None, "cases": [],
        "book": [], "build": {"commit": "ab12", "changed": False, "source": "git"},
    }  # fmt: skip
    path.write_text(json.dumps(given | keys), "utf-8")
    return path


def was(id_: str, digit: str = "a", **answers: str) -> dict[str, Any]:
    inputs = [{"role": "flr", "file": "flr.nii", "format": "nifti1", "sha256": digit * 64}]
    return {"id": id_, "group": "own", "answers": answers, "inputs": inputs}


def found(path: Path, *cases: Any, book: Any = ()) -> Any:
    return compare_earlier(read_earlier(path, None)[0], cases, book, grounds())


def test_h12_every_answer_that_differs_is_listed_with_both_values(tmp_path: Path) -> None:
    path = earlier(
        tmp_path,
        cases=[
            was("p1", flr_ml="300", route="needs_data"),
            was("p2", flr_ml="301", route="needs_data", lesions="3"),
            was("p3", "b", flr_ml="300", route="resection"),
            was("p4"),
        ],
    )
    now = [case(id_, "passed", inputs=(file("a"),)) for id_ in ("p1", "p2", "p3", "p5")]
    made = found(path, *now)
    assert [
        (one.id, one.name, one.before, one.after, one.files_changed) for one in made.changes
    ] == [
        ("p2", "flr_ml", "301", "300", False),
        ("p2", "lesions", "3", None, False),
        ("p3", "route", "resection", "needs_data", True),
    ]
    assert (made.compared, made.not_compared, made.added) == (3, ("p4",), 1)


def test_h12_a_case_that_is_refused_now_has_lost_its_answers(tmp_path: Path) -> None:
    path = earlier(tmp_path, cases=[was("p1", flr_ml="300")])
    (change,) = found(path, case("p1", "refused", answers={})).changes
    assert (change.before, change.after, change.files_changed) == ("300", None, False)


def test_h12_invented_patients_are_judged_by_the_facts_recorded_then(tmp_path: Path) -> None:
    """The book of now has a patient of this id with other facts, which are not those of then."""
    verdicts = dict.fromkeys(("NCT06449937", "NCT06857773", "NCT04562727"), "not_eligible")
    aged = {**CHILD, "answers": {**CHILD["answers"], **verdicts}}  # type: ignore[dict-item]
    other = BookPatientRecord(id=str(CHILD["id"]), facts={"age_years": ("50",)}, answers={})
    made = found(earlier(tmp_path, book=[aged]), book=(other,))
    told = {one.name: (one.before, one.after) for one in made.changes}
    # answers that the earlier record has, and that hold still, are no change
    assert not told.keys() & {"NCT06449937", "NCT06857773", "NCT04562727"}
    assert (made.compared, made.added) == (1, 0)
    assert all(before is None for before, _ in told.values())


def test_h15_a_moved_limit_changes_the_answer_of_the_patient_next_to_it(tmp_path: Path) -> None:
    met = {**CHILD, "answers": {"NCT06449937 I1": "met"}}
    made = found(earlier(tmp_path, book=[met]))
    changes = {one.name: one for one in made.changes}
    change = changes["NCT06449937 I1"]
    assert isinstance(change, AnswerChangeRecord)
    assert (change.group, change.before, change.after) == ("book", "met", "not_met")


def test_h15_a_limit_that_an_earlier_version_had_elsewhere_is_found(tmp_path: Path) -> None:
    """At least 21 years then, at least 18 now: only who is between has another answer."""
    rules = {trial.short: trial for trial in grounds().rules}
    trial = rules["local_plus_systemic"]
    first, *others = trial.criteria
    when = Compare("age_years", "at_least", Fraction(21))
    stricter = structs.replace(first, parts=(structs.replace(first.parts[0], when=when),))
    then = replace(trial, criteria=(stricter, *others))
    old = structs.replace(grounds(), trials=(then,))
    book = [one for one in make_book([then]) if ": age_years = " in one.id]
    recorded = [as_dict(as_book_record(one, old)) for one in book]
    made = found(earlier(tmp_path, book=recorded))
    of_trial = {(one.id, one.before, one.after) for one in made.changes if one.name == trial.id}
    between = "local_plus_systemic: age_years = 20.999"
    assert of_trial == {(between, "not_eligible", "eligible")}
    assert {one.id for one in made.changes if one.name == f"{trial.id} I1"} == {between}
    assert made.compared == len(book) == 3


def test_h15_a_patient_whose_fact_is_gone_is_not_judged(tmp_path: Path) -> None:
    gone = {**CHILD, "facts": {"no_fact": ["yes"]}}
    made = found(earlier(tmp_path, book=[gone]))
    assert [(one.name, one.before, one.after) for one in made.changes] == [
        ("NCT06449937 I1", "not_met", None),
        ("all answers", None, "not judged: the fact no_fact no longer exists"),
    ]


@each_case(
    "keys, says",
    {
        "another record": (
            {"schema": "fl-planner/plan/2"},
            "is a record with the schema fl-planner/plan/2",
        ),
        "no book": (
            {"book": None},
            "is not an acceptance record of this program: keys are missing",
        ),
        "a number": (
            {"cases": [{"id": 1}]},
            "is not an acceptance record of this program: keys are missing",
        ),
        "no schema": ({"schema": None}, "is not an acceptance record of this program"),
    },
)
def test_another_file_is_refused(tmp_path: Path, keys: dict[str, Any], says: str) -> None:
    with refuses("dossier.before", "acceptance.json", says=says) as refused:
        read_earlier(earlier(tmp_path, **keys), None)
    assert "`" not in refused.value.reason  # as in the sentences of a library


def test_a_plan_is_refused_by_its_schema(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text('{"schema": "fl-planner/plan/2", "version": "0.1.0"}', "utf-8")
    with refuses("dossier.before", "plan.json", says="with the schema fl-planner/plan/2, not"):
        read_earlier(path, None)


def test_no_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "acceptance.json"
    path.write_text("id;flr\n", "utf-8")
    with refuses("dossier.before", says="is not an acceptance record"):
        read_earlier(path, None)


@pytest.mark.parametrize(("then", "now"), [("2026-11-20", None), (None, "2026-11-20")])
def test_h12_another_assessment_date_is_refused(
    tmp_path: Path, then: str | None, now: str | None
) -> None:
    path = earlier(tmp_path, as_of=then)
    with refuses("dossier.as_of", "acceptance.json", says="was made with the assessment date"):
        read_earlier(path, now)
    assert read_earlier(path, then)[0].as_of == then
