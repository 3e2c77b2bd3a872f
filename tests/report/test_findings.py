"""Findings for a person: errors first, and what is alike once."""

from msgspec.structs import replace

from fl_planner.record.head import AcceptedRecord, FindingRecord
from fl_planner.report.findings import group_findings


def finding(
    message: str,
    file: str | None = None,
    severity: str = "warning",
    accepted: AcceptedRecord | None = None,
) -> FindingRecord:
    """Give a warning."""
    return FindingRecord(
        code="a.b", severity=severity, message=message, file=file, accepted=accepted
    )


def messages(*findings: FindingRecord) -> list[str]:
    """Give what a person reads."""
    return [one.message for one in group_findings(findings)]


def test_one_cause_of_several_files_is_reported_once_with_the_files() -> None:
    files = ("liver.nii", "flr.nii", "tumour.nii")
    assert messages(*(finding(f"{name}: no place is coded", name) for name in files)) == [
        "liver.nii, flr.nii, tumour.nii: no place is coded"
    ]


def test_eight_segments_are_reported_once_with_their_numbers() -> None:
    each = [finding(f"s.nii: segment {n} has {10 + n}.5 mL", "s.nii") for n in range(1, 9)]
    assert messages(*each) == ["s.nii: segment 1 has 11.5 mL (and 7 similar: 2, 3, 4, 5, 6, 7, 8)"]


def test_segments_in_roman_numerals_are_reported_once_too() -> None:
    each = [finding(f"s.nii: segment {n} has 9.5 mL", "s.nii") for n in ("III", "IV", "VI", "VII")]
    assert messages(*each) == ["s.nii: segment III has 9.5 mL (and 3 similar: IV, VI, VII)"]


def test_two_with_other_figures_are_both_reported() -> None:
    two = [finding(f"s.nii: segment {n} has {n}.5 mL", "s.nii") for n in (1, 2)]
    assert messages(*two) == [one.message for one in two]


def test_other_causes_under_one_code_stay_apart() -> None:
    told = ("liver.nii: 3 parts", "liver.nii: has a hole", "flr.nii: has a hole of air")
    assert messages(*(finding(one, one.partition(":")[0]) for one in told)) == [*told]


def test_what_was_accepted_stays_apart_from_what_was_not() -> None:
    seen = AcceptedRecord(by="R1", why="known")
    one, other = finding("x", "a.nii"), finding("x", "b.nii", accepted=seen)
    assert group_findings([one, other]) == [one, other]


def test_h16_errors_come_first_then_warnings_each_in_their_order() -> None:
    told = [
        finding("one"),
        finding("two", severity="info"),
        finding("three", severity="error"),
        finding("four"),
        finding("five", severity="error"),
    ]
    assert messages(*told) == ["three", "five", "one", "four", "two"]


def test_h16_an_error_is_not_gathered_with_a_warning() -> None:
    both = [finding("a.nii: x", "a.nii"), finding("b.nii: x", "b.nii", severity="error")]
    assert messages(*both) == ["b.nii: x", "a.nii: x"]


def test_h16_a_baseline_is_the_first_warning_wherever_findings_are_grouped() -> None:
    """The scan before an embolisation affects every answer; a lesion that stays, the FLR."""
    codes = ("lesions.unknown", "flr.lesions_stay", "date.embolised_later")
    told = [finding(code) for code in codes]
    named = [replace(one, code=code) for one, code in zip(told, codes, strict=True)]
    error = finding("which grid?", severity="error")
    assert messages(*named, error) == ["which grid?", *reversed(codes)]


def test_what_is_for_information_only_is_read_after_every_other_warning() -> None:
    codes = ("background.flr_body_weight", "growth.cases_differ", "flr.lesions_stay")
    told = [FindingRecord(code=code, severity="warning", message=code, file=None) for code in codes]
    assert [one.code for one in group_findings(told)] == [codes[2], codes[1], codes[0]]


def test_h16_what_a_plan_takes_is_read_before_how_vessels_were_drawn() -> None:
    """A list of three, as on page 1, must not lose the vein that drains the remnant."""
    codes = (
        "vessels.sparse", "overlap.veins", "vessels.cut_untold", "background.flr_body_weight",
        "vessels.vein_needed", "vessels.supply_lost", "overlap.flr_tumour",
    )  # fmt: skip
    told = [FindingRecord(code=code, severity="warning", message=code, file=None) for code in codes]
    assert [one.code for one in group_findings(told)] == [
        "overlap.flr_tumour", "vessels.vein_needed", "vessels.supply_lost",
        "overlap.veins", "vessels.sparse", "vessels.cut_untold", "background.flr_body_weight",
    ]  # fmt: skip


def test_h16_what_decides_by_the_vessels_comes_before_other_warnings() -> None:
    """A part of the FLR without its vessels may take it below a limit."""
    codes = ("ct.no_border", "vessels.near", "vessels.supply_decides")
    named = [replace(finding(code), code=code) for code in codes]
    assert messages(*named) == ["vessels.supply_decides", "ct.no_border", "vessels.near"]
