"""What a person is told of a cohort: counts, and the first of the cases without a plan."""

from datetime import date

from msgspec import structs

from fl_planner.planning.judgement import Grounds, judge_stated
from fl_planner.record.over_time.new_case import (
    MOST_SHOWN,
    as_new_case,
    as_new_centre,
    format_new_case,
    format_new_centre,
)
from fl_planner.record.over_time.worklist import (
    MOST_FAULTS,
    MOST_SAID,
    CaseLeftRecord,
    CohortCountKeys,
    CohortRecord,
    FaultRecord,
    FaultRowRecord,
    MergedTableRecord,
    MergeRecord,
    PlannedAgainRecord,
    format_cohort,
    format_merge,
)
from fl_planner.trials.criterion import Centre, Offer
from fl_planner.trials.statements import Stated
from tests.cases import each_case
from tests.record.planned import PROTOCOLS, TRIALS


def record_of(refused: int) -> CohortRecord:
    counts = CohortCountKeys(
        cases=refused + 1, planned=1, refused=refused, failed=0, held=0, held_by_hash=0, left_out=0
    )
    left = tuple(
        CaseLeftRecord(id=f"p{n}", number=n, status="refused", reason="is empty")
        for n in range(1, refused + 1)
    )
    return CohortRecord(refusal=None, counts=counts, planned_again=(), without_plan=left)


def test_one_case_is_one() -> None:
    assert [*format_cohort(record_of(0))] == ["1 case: 1 planned, 0 refused, 0 failed"]


def test_of_many_without_a_plan_the_rest_is_counted() -> None:
    said = [*format_cohort(record_of(MOST_SAID))]
    assert said[-1] == f"  p{MOST_SAID}: refused: is empty"
    said = [*format_cohort(record_of(MOST_SAID + 1003))]
    assert said[0] == "1,024 cases: 1 planned, 1,023 refused, 0 failed"
    assert said[-1] == "  and 1,003 more; cases.csv lists all"
    assert len(said) == MOST_SAID + 2


def test_of_a_cohort_that_goes_on_what_held_and_what_did_not_be_counted() -> None:
    counts = CohortCountKeys(
        cases=2000, planned=1999, refused=0, failed=1, held=1990, held_by_hash=3, left_out=1
    )
    again = (
        PlannedAgainRecord(changed="the program", cases=8),
        PlannedAgainRecord(changed="its files", cases=1),
    )
    left = CaseLeftRecord(
        id="p3", number=3, status="refused", file="flr.nii", reason="is empty", remedy="draw it"
    )
    record = CohortRecord(refusal=None, counts=counts, planned_again=again, without_plan=(left,))
    assert [*format_cohort(record)][1:] == [
        "  1,990 of these have results from a previous run that are still valid",
        "    the files of 1,987 were compared by size, time stamp and first bytes; --rehash "
        "compares all bytes",
        "  8 planned again because of changes in the program",
        "  1 planned again because of changes in its files",
        "  cases from a previous run that are not in this source, left unchanged: 1",
        "  p3: refused: flr.nii: is empty; draw it",
    ]


def test_how_unchanged_files_were_identified_is_told() -> None:
    for hashed, said in (
        (0, "    their files were compared by size, time stamp and first bytes; --rehash compares "
            "all bytes"),
        (9, "    their files were hashed again"),
    ):  # fmt: skip
        counts = CohortCountKeys(
            cases=9, planned=9, refused=0, failed=0, held=9, held_by_hash=hashed, left_out=0
        )
        record = CohortRecord(refusal=None, counts=counts, planned_again=(), without_plan=())
        assert [*format_cohort(record)][2:] == [said]


def test_a_merge_counts_shards_cases_and_the_rows_of_each_table() -> None:
    record = MergeRecord(
        refusal=None, shards=8, cases=10000, planned=9990, refused=9, failed=1,
        tables=(MergedTableRecord(name="cases", rows=9990),),
    )  # fmt: skip
    assert [*format_merge(record)] == [
        "8 shards merged, 10,000 cases: 9,990 planned, 9 refused, 1 failed",
        "  cases: 9,990 rows",
    ]
    assert next(format_merge(structs.replace(record, shards=1))).startswith("1 shard merged, ")


def test_faults_of_rows_are_told_by_kind() -> None:
    """Their rows are not listed one by one as well; other cases without a plan are."""
    faults = tuple(
        FaultRecord(
            fault=f"key{n}: give a number",
            remedy="correct the row",
            rows=tuple(FaultRowRecord(row=row, id=None if row == 2 else "p") for row in rows),
            count=len(rows),
            judged=n == MOST_FAULTS + 1,
        )
        for n, rows in enumerate([range(2, 12), *([[2]] * MOST_FAULTS), [3]])
    )
    others = FaultRecord(fault="other faults", remedy="correct", rows=(), count=9, judged=True)
    row = CaseLeftRecord(
        id="p", number=2, status="refused", code="cohort.row", file="p", reason="row 3: key1"
    )
    left = CaseLeftRecord(id="q", number=3, status="refused", code="file.missing", reason="none")
    record = structs.replace(record_of(0), without_plan=(row, left), faults=(*faults, others))
    assert [*format_cohort(record)][1:] == [
        "  q: refused: none",
        "Rows that were not read:",
        "  key0: give a number: rows 2, 3 (p), 4 (p), 5 (p), 6 (p), 7 (p), 8 (p), 9 (p) and 2 more",
        *(f"  key{n}: give a number: row 2" for n in range(1, MOST_FAULTS)),
        "  further kinds of fault: 1, listed with --json",
        "  Remedy: correct the row",
        "Invalid cells, treated as unknown",
        f"  key{MOST_FAULTS + 1}: give a number: row 3 (p)",
        "  other faults: 9",
        "  Remedy: correct the row",
        "  Remedy: correct",
    ]


# ---- a case file or centre file that was begun


@each_case("count, last", {"few": (MOST_SHOWN, None), "many": (MOST_SHOWN + 2, "  and 2 more")})
def test_questions_beyond_the_first_are_counted(count: int, last: str | None) -> None:
    judged = judge_stated(Stated({"crlm_present": True}), Grounds(TRIALS, PROTOCOLS))
    questions = judged.route.questions[:count]
    told = as_new_case("new.toml", judged, questions, asked=1)
    first, *said = [line for line in format_new_case(told) if not line.startswith("evidence.")]
    assert first == f"new.toml: written; {count} questions not yet answered"
    assert [line.split()[0] for line in said[:MOST_SHOWN]] == [
        f"{one.key}:" for one in questions[:MOST_SHOWN]
    ]
    words = "  hcc_present: hepatocellular carcinoma (tumour board)"
    assert (words in said) is ("hcc_present" in [one.key for one in questions[:MOST_SHOWN]])
    assert len(said) == min(count, MOST_SHOWN + 1)
    assert last is None or said[-1].startswith(last)


def test_trials_of_a_centre_are_reported_by_how_a_patient_reaches_them() -> None:
    offers = {"NCT05428735": Offer("open"), "NCT06178198": Offer("closed")}
    centre = Centre("Site 7", date(2026, 11, 1), offers)
    first, *said = format_new_centre(as_new_centre("centre.toml", centre, TRIALS))
    assert first == f"centre.toml: written; answers for 2 of {len(TRIALS)} trials"
    assert [line.rpartition(": ")[2] for line in said[:-1]] == ["recruiting here", "closed here"]
    assert said[0].startswith("  DRAGON 2 (NCT05428735)")
    assert said[-1] == (
        "  other trials (comments in the file): assumed to be available by referral"
    )
    every = Centre("Site 7", date(2026, 11, 1), {one.id: Offer("referral") for one in TRIALS})
    assert len([*format_new_centre(as_new_centre("centre.toml", every, TRIALS))]) == 1 + len(TRIALS)
