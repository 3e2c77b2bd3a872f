"""A case holds what was given, and what was not is absent."""

from dataclasses import FrozenInstanceError, fields, replace

import pytest

from fl_planner.liver.anatomy import Anatomy
from fl_planner.planning.given.case import Accepted, Case, InputFile, Operation, Reading, role_of
from fl_planner.planning.given.identity import Identity
from tests.masks import small_liver
from tests.refusals import refuses

LIVER = InputFile("liver", "liver.nii.gz", "nifti1", "00" * 32)


def test_a_case_of_masks_alone_says_nothing_else() -> None:
    case = Case(small_liver(), (LIVER,))
    assert case.inputs == (LIVER,)
    assert (case.id, case.label, case.diagnosis, case.label_map, case.as_of) == (None,) * 5
    assert (case.findings, case.accepted) == ((), ())
    assert case.operations == (Operation(name=None, remnant_segments=()),)
    assert case.reading == Reading(reader=None, status=None, phase=None, scanned_on=None)
    assert not case.stated.values
    assert not case.resampled


def test_marks_of_whose_a_file_is_are_neither_shown_nor_compared() -> None:
    marked = replace(LIVER, identity=Identity(patient=b"mark"))
    assert marked.identity is not None
    assert repr(marked) == repr(LIVER)
    assert marked == LIVER


def test_two_cases_share_nothing_that_could_be_changed() -> None:
    one, other = Case(small_liver(), ()), Case(small_liver(), ())
    assert one.stated is not other.stated
    assert one.anatomy.segments is not other.anatomy.segments


@pytest.mark.parametrize(
    "noun",
    [Case(small_liver(), ()), LIVER, Operation(), Reading(), Accepted("edge.cut", "R1", "seen"),
     Anatomy(small_liver().liver)],
)  # fmt: skip
def test_nothing_given_can_be_changed(noun: object) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(noun, fields(noun)[0].name, None)  # type: ignore[arg-type]  # each has fields


def test_a_plan_has_one_mask_of_its_own_at_most() -> None:
    mask = small_liver().liver
    assert Operation(flr=mask).resected is None
    assert Operation(resected=mask).flr is None
    with refuses("remnant.two_masks"):
        Operation(flr=mask, resected=mask)


def test_the_first_plan_s_mask_has_the_case_s_role() -> None:
    assert [role_of(n, "resected") for n in range(3)] == [
        "resected", "plan 2 resected", "plan 3 resected",
    ]  # fmt: skip
