"""One file in two roles: told, refused where nothing is left, and never where it is meant."""

from dataclasses import replace
from typing import Any

import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.planning.assessment.assess import find_same_files
from fl_planner.planning.given.case import InputFile
from fl_planner.space.mask import Mask
from tests.masks import bar
from tests.refusals import refuses

LIVER = bar("liver", 10, 100)
LEFT = bar("flr", 10, 40)


def inputs(**hashes: str) -> tuple[InputFile, ...]:
    return tuple(
        InputFile(role.replace("_", " "), f"{role}.nii", "nifti1", sha)
        for role, text in hashes.items()
        for sha in text.split()
    )


def of(**masks: Mask) -> Anatomy:
    given: dict[str, Any] = {"liver": LIVER, **masks}
    return Anatomy(**given)


def test_different_files_are_different() -> None:
    assert find_same_files(inputs(liver="a", flr="b"), of(flr=LEFT)) == ()


@pytest.mark.parametrize("role", ["flr", "treated"])
def test_h04_the_liver_given_again_is_told(role: str) -> None:
    again = bar(role, 10, 100)
    assert find_same_files(inputs(liver="a", **{role: "a"}), of(**{role: again})) == (
        Finding(
            "input.same_file",
            Severity.WARNING,
            f"{role}.nii and liver.nii: the same file was given as liver and as {role}; check "
            "which one is missing, or accept it if it is meant",
            f"{role}.nii",
        ),
    )


def test_a_file_of_one_name_is_named_once() -> None:
    again = replace(bar("flr", 10, 100), file="liver.nii")
    (finding,) = find_same_files(inputs(liver="a", flr="a"), of(flr=again))
    assert finding.message.startswith("liver.nii: the same file was given as liver and as flr;")


@pytest.mark.parametrize(
    ("one", "other"), [("liver", "tumour"), ("liver", "resected"), ("tumour", "flr")]
)
def test_h04_nothing_is_left_of_a_liver_that_is_all_tumour(one: str, other: str) -> None:
    masks = {one: bar(one, 10, 100), other: bar(other, 10, 100)}
    with refuses("input.same_file") as refusal:
        find_same_files(inputs(**{one: "a", other: "a"}), of(**masks))
    assert str(refusal.value) == (
        f"{other}.nii and {one}.nii: the same file was given as {one} and as {other}; check which "
        "one is missing"
    )


def test_an_excluded_part_is_a_role_too() -> None:
    cyst = replace(bar("cyst", 10, 40), file="flr.nii")
    anatomy = replace(of(flr=LEFT), excluded=(cyst,))
    (finding,) = find_same_files(inputs(flr="b", exclude_cyst="b"), anatomy)
    assert "given as flr and as exclude cyst" in finding.message


def test_segments_of_one_file_are_not_the_same() -> None:
    # a .seg.nrrd or DICOM SEG holds the liver and its remnant
    assert find_same_files(inputs(liver="a", flr="a"), of(flr=LEFT)) == ()
    shifted = bar("flr", 11, 101)
    assert find_same_files(inputs(liver="a", flr="a"), of(flr=shifted)) == ()


def test_the_same_voxels_of_two_files_are_no_slip_of_the_hand() -> None:
    again = bar("treated", 10, 100)
    assert find_same_files(inputs(liver="a", treated="b"), of(treated=again)) == ()


def test_pairs_are_the_same_when_both_files_are() -> None:
    # the headers of two masks on one grid are often equal
    again = bar("treated", 10, 100)
    assert find_same_files(inputs(liver="h a", treated="h b"), of(treated=again)) == ()
    assert find_same_files(inputs(liver="h a", treated="a h"), of(treated=again))


def test_label_maps_and_cts_are_no_masks() -> None:
    assert find_same_files(inputs(liver="a", labelmap="a", ct="a"), of()) == ()


def test_masks_without_files_and_empty_ones_are_not_compared() -> None:
    assert find_same_files((), of(flr=bar("flr", 10, 100))) == ()
    empty = bar("tumour", 0, 0)
    assert find_same_files(inputs(liver="a", tumour="a"), of(tumour=empty)) == ()
