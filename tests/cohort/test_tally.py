"""Counts of a cohort run, by hand: what was planned, kept, refused, failed and planned again."""

from fl_planner.cohort.case import CaseAnswer, CohortCase
from fl_planner.cohort.result import CaseState, Refusal, Status
from fl_planner.cohort.tally import CohortTally

REFUSED = Refusal(code="gzip.crc", source="liver.nii.gz", reason="cut off", remedy="export it")


def add(
    tally: CohortTally,
    number: int,
    status: Status,
    answer: CaseAnswer,
    why: tuple[str, ...] = (),
    refusal: Refusal | None = None,
    failure: str | None = None,
) -> None:
    case = CohortCase(number, f"case {number}", "", "", "case.toml")
    state = CaseState(id=case.id, status=status, key={}, refusal=refusal, failure=failure)
    tally.add(case, state, answer, why)


def test_each_case_is_counted_once_and_each_without_a_plan_is_named() -> None:
    tally = CohortTally(total=6, left=2)
    add(tally, 6, "failed", CaseAnswer("failed", {}), failure="was killed")
    add(tally, 1, "planned", CaseAnswer("planned", {}), ("files", "settings"))
    add(tally, 2, "planned", CaseAnswer(None, {}, hashed=True))
    add(tally, 3, "planned", CaseAnswer(None, {}, hashed=False))
    add(tally, 4, "refused", CaseAnswer("refused", {}), refusal=REFUSED)
    add(tally, 5, "planned", CaseAnswer("planned", {}), ("files", "settings"))
    assert tally.summarise().startswith("1 failed, 4 planned, 1 refused; ")
    assert tally.summarise().endswith("; 0 s left")
    record = tally.as_record()
    counts = record.counts
    assert counts is not None
    assert (counts.cases, counts.planned, counts.refused, counts.failed) == (6, 4, 1, 1)
    assert (counts.held, counts.held_by_hash, counts.left_out) == (2, 1, 2)
    assert [(one.changed, one.cases) for one in record.planned_again] == [("files and settings", 2)]
    refused, failed = record.without_plan  # in the order of the source
    assert (refused.id, refused.status, refused.code) == ("case 4", "refused", "gzip.crc")
    assert (refused.file, refused.reason, refused.remedy) == (
        "liver.nii.gz",
        "cut off",
        "export it",
    )
    assert (failed.id, failed.status, failed.code) == ("case 6", "failed", "cohort.failed")
    assert (failed.file, failed.reason, failed.remedy) == (None, "was killed", None)
